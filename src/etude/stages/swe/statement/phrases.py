"""How a report is worded: a few ways to say each thing, so that a thousand do not read alike."""

from collections.abc import Sequence
from random import Random

import msgspec

from etude.records import Codebase
from etude.stages.swe.statement.markdown import as_texts, block, focused, inline
from etude.stages.swe.statement.symptom import Symptom

_SLOTS = ("title", "setting", "code", "layout", "due", "came", "further", "more")
_TITLE_CHARS = 100
_SHORT = 45
_INLINE_CHARS = 100
_N_FURTHER = 2
_FILLERS = (
    "I have not looked into why this happens.",
    "I could not find anything in the documentation that says it should behave like this.",
    "Nothing else is special about my set-up; this is a plain installation.",
    "It happens every time, so it should be easy to see.",
    "I would be glad to hear if I am using it wrongly, but I do not think so.",
)


class Detail(msgspec.Struct, frozen=True, kw_only=True):
    """How much a report says."""

    further: bool = True
    """Other symptoms than the main one."""
    message: bool = True
    """What an exception says."""
    code: bool = True
    call: bool = True
    """The arguments of the call, not just its name."""
    values: bool = True
    """What was expected and what came."""


class Voice:
    """The way one reporter words things: drawn once, the same however much is told."""

    def __init__(self, rng: Random) -> None:
        self._draws = {slot: rng.random() for slot in _SLOTS}
        self.fillers = rng.sample(_FILLERS, len(_FILLERS))

    def pick(self, slot: str, options: Sequence[str]) -> str:
        """Return this voice's choice for a slot."""
        return options[int(self._draws[slot] * len(options))]


def compose(
    codebase: Codebase,
    symptom: Symptom,
    further: Sequence[Symptom],
    detail: Detail,
    voice: Voice,
) -> str:
    """Return the report of one symptom, with a line on further ones."""
    call = symptom.call if detail.call else symptom.name
    parts = [f"# {_title(symptom, call, detail, voice)}", _setting(codebase, voice)]
    if detail.code and symptom.code:
        parts[-1] += " " + voice.pick(
            "code",
            (
                "What I ran:",
                "To reproduce:",
                "This is enough to see it:",
                "Here is a short example:",
            ),
        )
        parts.append(block(symptom.code, "python"))
    elif call == symptom.name:
        parts.append(_in_words(symptom, voice))
    parts += _outcome(symptom, detail, voice)
    if further:
        parts += _further(symptom, further, voice)
    return "\n\n".join(filter(None, parts)) + "\n"


def describe(symptom: Symptom, detail: Detail, voice: Voice) -> list[str]:
    """Return what a call should come to, and what it comes to, for the middle of a text."""
    shown = [block(symptom.code, "python")] if detail.code and symptom.code else []
    if not shown and (detail.call or symptom.call == symptom.name):
        shown = [inline(symptom.call)]
    return [*shown, *_outcome(symptom, detail, voice)] if shown else []


def lengthen(text: str, min_words: int, voice: Voice, fillers: Sequence[str] = ()) -> str:
    """Add what reporters add until the report has `min_words` words."""
    extra = []
    n_words = len(text.split())
    for filler in fillers or voice.fillers:
        if n_words >= min_words:
            break
        extra.append(filler)
        n_words += len(filler.split())
    return f"{text}\n{' '.join(extra)}\n" if extra else text


def _title(symptom: Symptom, call: str, detail: Detail, voice: Voice) -> str:
    for shown in (call, symptom.name):
        titles = _titles(symptom, inline(shown), detail)
        if options := [title for title in titles if len(title) <= _TITLE_CHARS]:
            return voice.pick("title", options)
    return f"Problem with {inline(symptom.name)}"


def _titles(symptom: Symptom, call: str, detail: Detail) -> list[str]:
    kind = inline(_exception(symptom.actual))
    due = _article(symptom.expected)
    if symptom.manner == "error" and symptom.direct:
        return [f"{call} raises {kind}", f"{kind} from {call}", f"{kind} when calling {call}"]
    if symptom.manner == "silent":
        return [
            f"{call} does not raise {due}",
            f"No {due} from {call}",
            f"{call} should raise {due}",
        ]
    if symptom.manner == "other_error":
        return [f"{call} raises {kind} instead of {due}", f"{kind} instead of {due} from {call}"]
    if symptom.manner == "message":
        return [f"Wrong error message from {call}", f"Odd message in the {due} from {call}"]
    if symptom.manner == "hang":
        return [f"{call} never returns", f"{call} hangs", f"{call} does not come back"]
    if detail.values and symptom.direct and _is_short(symptom) and symptom.manner == "value":
        came, wanted = inline(symptom.actual), inline(symptom.expected)
        if not symptom.relation:
            return [f"{call} returns {came} instead of {wanted}", f"{call} should give {wanted}"]
    return [
        f"Wrong result from {call}",
        f"{call} gives a wrong result",
        f"Unexpected result of {call}",
    ]


def _is_short(symptom: Symptom) -> bool:
    return (
        bool(symptom.actual and symptom.expected)
        and not symptom.where
        and max(len(symptom.actual), len(symptom.expected)) <= _SHORT
    )


def _exception(text: str) -> str:
    return text.partition(":")[0]


def _article(due: str) -> str:
    """Return the type of an exception as code, or the words that stand for any."""
    return due if " " in due else inline(due)


def _setting(codebase: Codebase, voice: Voice) -> str:
    version = f"{codebase.name} {codebase.version}"
    python = codebase.interpreter.rpartition("-")[2]
    return voice.pick(
        "setting",
        (
            f"I am using {version} on Python {python}.",
            f"This is with {version} and Python {python}.",
            f"Seen with {version}, Python {python}.",
            f"I ran into this with {version} (Python {python}).",
        ),
    )


def _in_words(symptom: Symptom, voice: Voice) -> str:
    """Describe what was done where no code can be shown."""
    name = inline(symptom.name)
    others = _listed([inline(other) for other in symptom.others])
    if not others:
        return voice.pick("code", (f"My code uses {name}.", f"It happens when I use {name}."))
    return voice.pick(
        "code",
        (f"I use {name} together with {others}.", f"My code calls {name}, along with {others}."),
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _outcome(symptom: Symptom, detail: Detail, voice: Voice) -> list[str]:
    """Say what was expected and what happened instead."""
    due, came = _due(symptom, detail, voice), _came(symptom, detail, voice)
    layout = voice.pick("layout", ("bold", "heading", "plain"))
    if layout == "plain":
        return [f"I expected {due}", f"Instead {came}"]
    due, came = due[0].upper() + due[1:], came[0].upper() + came[1:]
    if layout == "heading":
        return ["## What I expected", due, "## What happened instead", came]
    return ["**What I expected**", due, "**What happened instead**", came]


def _due(symptom: Symptom, detail: Detail, voice: Voice) -> str:
    """Return what was due, as the object of `I expected`."""
    if symptom.manner == "value" and detail.values and symptom.expected:
        last = " from the last line" if detail.code and symptom.code.count("\n") > 1 else ""
        place = symptom.where or voice.pick("due", (last, "", last)).strip()
        return _wanted(symptom, place)
    if symptom.manner == "truth":
        lines = symptom.code.split("\n") if detail.code and symptom.code else [symptom.name]
        what = inline(lines[0]) if len(lines) == 1 else "the last line"
        return f"{what} to be {symptom.expected}."
    if symptom.manner in ("silent", "other_error"):
        return f"{_article(symptom.expected)} to be raised."
    if symptom.manner == "message" and detail.values:
        return f"{_article(symptom.expected)} with a message that fits."
    if symptom.manner in ("error", "hang"):
        if symptom.expected and detail.values:
            return _wanted(symptom, "")
        return voice.pick(
            "due",
            ("this to work.", "this to go through without an exception.", "no exception here.")
            if symptom.manner == "error"
            else ("it to come back at once.", "a quick answer."),
        )
    return voice.pick("due", ("the documented result.", "the right result."))


def _came(symptom: Symptom, detail: Detail, voice: Voice) -> str:
    """Return what happened, as a clause that can follow `Instead`."""
    if symptom.manner in ("error", "other_error"):
        shown = _raised(symptom, detail)
        return voice.pick(
            "came", (f"it raises {shown}.", f"I get {shown}.", f"it fails with {shown}.")
        )
    if symptom.manner == "silent":
        return voice.pick("came", ("nothing is raised.", "it goes through without an exception."))
    if symptom.manner == "hang":
        return voice.pick("came", ("it never comes back; I had to stop it.", "it runs on and on."))
    if symptom.manner == "message" and detail.message:
        return f"the message is {inline(symptom.actual)}."
    if symptom.manner == "truth":
        end = f": I get {inline(symptom.actual)}" if symptom.actual and detail.values else ""
        return f"it is not{end}."
    if detail.values and symptom.actual:
        verb = voice.pick("came", ("I get", "I got", "it gives", "the result is"))
        place = "there" if symptom.where and symptom.expected else symptom.where
        return f"{verb} {_shown(symptom, 1, '', place)}"
    return voice.pick("came", ("the result is something else.", "the result is wrong."))


def _wanted(symptom: Symptom, place: str) -> str:
    start = f"{symptom.relation} " if symptom.relation else ""
    return _shown(symptom, 0, start, place)


def _shown(symptom: Symptom, side: int, start: str, place: str) -> str:
    """Return what was due or what came, as text of several lines where both are such."""
    end = f" {place}" if place else ""
    values = symptom.expected, symptom.actual
    if symptom.manner == "value":
        if texts := as_texts(*values):
            return f"{start}this{end}:\n\n{block(texts[side])}"
        values = focused(*values)
    if len(values[side]) > _INLINE_CHARS:
        return f"{start}this{end}:\n\n{block(values[side])}"
    return f"{start}{inline(values[side])}{end}."


def _raised(symptom: Symptom, detail: Detail) -> str:
    """Return the exception with the first line of what it says, or its type alone."""
    kind, _, message = symptom.actual.partition(":")
    first = message.strip().split("\n")[0]
    return inline(f"{kind}: {first}" if detail.message and first else kind)


def _further(symptom: Symptom, further: Sequence[Symptom], voice: Voice) -> list[str]:
    """Return a closing line on symptoms of other tests."""
    same = [_brief(s) for s in further if s.name == symptom.name]
    other = [_brief(s) for s in further if s.name != symptom.name]
    lines = []
    if told := [text for text in same if text][:_N_FURTHER]:
        start = voice.pick(
            "further",
            ("I see the same with other input, e.g.", "Other input has the problem too:", "Also"),
        )
        lines.append(f"{start} {_listed(told)}.")
    if not lines and (told := [text for text in other if text][:_N_FURTHER]):
        start = voice.pick("further", ("Possibly related:", "I also noticed that", "In addition,"))
        lines.append(f"{start} {_listed(told)}.")
    return lines


def _brief(symptom: Symptom) -> str:
    """Return a symptom in a few words, or nothing when it takes more."""
    if symptom.call == symptom.name or not symptom.alone:
        return ""
    call = inline(symptom.call)
    if symptom.manner == "error" and symptom.direct:
        return f"{call} raises {inline(_exception(symptom.actual))}"
    if symptom.manner == "silent":
        return f"{call} does not raise {_article(symptom.expected)}"
    if symptom.manner == "hang":
        return f"{call} never returns"
    if symptom.manner == "value" and symptom.direct and _is_short(symptom) and not symptom.relation:
        return f"{call} gives {inline(symptom.actual)} instead of {inline(symptom.expected)}"
    return ""

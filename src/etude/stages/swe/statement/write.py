"""Write the task statement: what a user of the library would report, seen from outside.

Made from the failures of the tests that catch the bug. A text that gives something away is
replaced by one that says less, and when even the vaguest does, there is no task.
"""

from collections.abc import Iterable, Iterator, Sequence
from random import Random

from etude.errors import TaskError
from etude.records import Codebase
from etude.rollout.suites import Failure
from etude.stages.swe.statement.asking import Request, Wanted, requests
from etude.stages.swe.statement.leaks import find_leaks
from etude.stages.swe.statement.phrases import Detail, Voice, compose, lengthen
from etude.stages.swe.statement.quoting import from_quotation, with_quotation
from etude.stages.swe.statement.symptom import Symptom, read_symptom

MIN_WORDS, MAX_WORDS = 40, 200
_READ = 40
"""Failures that are looked at; more of them add nothing to choose from."""
_TRIED = 4
"""Symptoms that may become the subject of the report."""
_DETAILS = (
    Detail(),
    Detail(further=False),
    Detail(further=False, message=False),
    Detail(further=False, message=False, code=False),
    Detail(further=False, message=False, code=False, call=False),
    Detail(further=False, message=False, code=False, call=False, values=False),
)
"""From the fullest report to the vaguest."""


def write_statement(
    codebase: Codebase,
    symptoms: Sequence[tuple[str, Failure]],
    *,
    paths: Sequence[str],
    kind: str,
    patch: str,
    rng: Random,
    story: str = "",
) -> str:
    """Return a report in Markdown of what the failing tests show, 40 to 200 words.

    Args:
        codebase: What the report is about.
        symptoms: Each failing test and how it failed.
        paths: Files that the bug changes.
        kind: Kind of bug; only to check that the report does not name it.
        patch: Unified diff of the bug or of its repair; only to check against.
        rng: Chooses the wording.
        story: What the project itself wrote of the defect; quoted where that gives nothing away.

    Raises:
        TaskError: Nothing shows from outside, or every report would give something away.
    """
    voice = Voice(rng)
    found = _seen(codebase, symptoms, paths)
    quoted = from_quotation(codebase, story)
    if not found and not quoted:
        raise TaskError(
            f"no statement without a leak: none of {len(symptoms)} failing tests of "
            f"{codebase.name} calls anything that a user would know"
        )
    reports = _reports(codebase, found, voice)
    texts = _told_twice(reports, story, voice) if found else [lengthen(quoted, MIN_WORDS, voice)]
    told = (Request(text, ()) for text in texts)
    return _first_clean(told, symptoms, paths=paths, kind=kind, patch=patch)


def write_request(
    codebase: Codebase,
    symptoms: Sequence[tuple[str, Failure]],
    wanted: Sequence[Wanted],
    *,
    paths: Sequence[str],
    kind: str,
    patch: str,
    rng: Random,
) -> str:
    """Return a text in Markdown that asks for functions, of the length of a report.

    What they are called and their docstrings are not counted, and not checked for leaks.

    Args:
        codebase: What the request is made to.
        symptoms: Each failing test and how it failed; some become examples.
        wanted: Functions that are declared and not written, or not there.
        paths: Files that the bug changes.
        kind: Kind of bug; only to check that the text does not name it.
        patch: Unified diff of the bug or of its repair; only to check against.
        rng: Chooses the wording.

    Raises:
        TaskError: Every text would give something away.
    """
    found = _seen(codebase, symptoms, paths)
    shown = [
        (symptom, detail)
        for detail in _DETAILS
        if detail.code
        for symptom in [s for s in found if _tells(s, detail)][:_TRIED]
    ]
    texts = requests(codebase, wanted, shown, MIN_WORDS, Voice(rng))
    return _first_clean(texts, symptoms, paths=paths, kind=kind, patch=patch)


def _first_clean(
    texts: Iterable[Request],
    symptoms: Sequence[tuple[str, Failure]],
    *,
    paths: Sequence[str],
    kind: str,
    patch: str,
) -> str:
    """Return the first text that gives nothing away and has the right length."""
    tests = [test for test, _ in symptoms]
    leaks: list[str] = []
    for text, given in texts:
        rest = text
        for part in sorted(given, key=len, reverse=True):
            rest = rest.replace(part, " something ")
        leaks = find_leaks(rest, paths=paths, tests=tests, kinds=[kind], patch=patch)
        if not leaks and len(rest.split()) <= MAX_WORDS and len(text.split()) >= MIN_WORDS:
            return text
    raise TaskError(f"no statement without a leak: {'; '.join(leaks) or 'too long'}")


def _told_twice(reports: Iterator[str], story: str, voice: Voice) -> Iterator[str]:
    """Yield each report with the project's own words, then without."""
    for text in reports:
        if story:
            yield with_quotation(text, story, voice)
        yield text


def _seen(
    codebase: Codebase, symptoms: Sequence[tuple[str, Failure]], paths: Sequence[str]
) -> list[Symptom]:
    """Return what can be seen from outside, the most telling first."""
    read = (read_symptom(codebase, test, failure, paths) for test, failure in symptoms[:_READ])
    return sorted(filter(None, read), key=_reticence)


def _reticence(symptom: Symptom) -> tuple[int, int]:
    """Return how little a symptom tells a reader; ties go to the shorter one."""
    tells = [
        4 * bool(symptom.code),
        3 * (symptom.manner == "value" and bool(symptom.expected and symptom.actual)),
        3 * (symptom.manner in ("error", "silent", "other_error")),
        2 * symptom.direct,
        2 * (symptom.call != symptom.name),
        -2 * bool(symptom.where),
        -2 * (symptom.manner == "hang"),
    ]
    size = len(symptom.code) + len(symptom.expected) + len(symptom.actual)
    return -sum(tells) + size // 150, size


def _reports(codebase: Codebase, found: Sequence[Symptom], voice: Voice) -> Iterator[str]:
    """Yield reports, each saying less than or as much as the one before."""
    for detail in _DETAILS:
        for symptom in [s for s in found if _tells(s, detail)][:_TRIED]:
            further = list(_different(found, symptom)) if detail.further else []
            text = compose(codebase, symptom, further, detail, voice)
            yield lengthen(text, MIN_WORDS, voice)


def _tells(symptom: Symptom, detail: Detail) -> bool:
    """Whether a reader learns what goes wrong: `it is not right` alone is no report."""
    shown = (detail.code and bool(symptom.code)) or symptom.call != symptom.name
    if symptom.manner == "value":
        # Of `parse()` on an object that is not shown, a value says nothing.
        blind = not detail.code or not symptom.code
        blind = blind and symptom.call.endswith("()") and not symptom.alone
        return detail.values and bool(symptom.expected and symptom.actual) and not blind
    if symptom.manner in ("truth", "message"):
        return shown and detail.values
    return shown or (detail.message and ":" in symptom.actual)


def _different(found: Sequence[Symptom], first: Symptom) -> Iterator[Symptom]:
    """Yield symptoms that add something to `first` and to each other."""
    told = {_gist(first)}
    for symptom in found:
        if symptom is not first and _gist(symptom) not in told:
            told.add(_gist(symptom))
            yield symptom


def _gist(symptom: Symptom) -> tuple[str, ...]:
    if symptom.call != symptom.name:
        return (symptom.call,)
    return (symptom.name, symptom.manner, symptom.actual[:40])


__all__ = ["MAX_WORDS", "MIN_WORDS", "Symptom", "write_request", "write_statement"]

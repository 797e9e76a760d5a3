"""Checking: what stands against handing a draft in, told while it is being written."""

import functools
from collections.abc import Iterable, Iterator

import msgspec

from etude.errors import ConfigError
from etude.records import Demonstration
from etude.stages.demos.checking import make_checks, run_checks
from etude.stages.demos.checks import Check, Severity
from etude.web.projects.settings import CheckSetting, Settings
from etude.web.writing.composing import Ground, compose
from etude.web.writing.drafts import Draft
from etude.web.writing.tools import wrong_in_call

ALWAYS = ("empty", "role_order", "tool_calls")
"""Checks of every project: what they find an error in, no model can learn from."""
USUAL = (*ALWAYS, "truncated", "length", "copied_from_draft", "private_data", "language")
"""Checks of projects that name none."""
WHOLE = -1


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One finding as its writer sees it."""

    key: str
    """Names the finding where the writer lets it stand."""
    place: int
    """Turn of the draft, counted from 0; -1 for the whole."""
    check: str
    what: str
    excerpt: str = ""
    severity: Severity
    blocking: bool = False
    """Whether nothing can be handed in while it is there."""
    stands: bool = False
    """Whether the writer looked at it and lets it stand."""

    @property
    def waits(self) -> bool:
        """Whether it keeps the draft from being handed in."""
        return self.blocking or (self.severity != "note" and not self.stands)


def checks_of(settings: Settings) -> list[tuple[str, Check]]:
    """Return the checks of a project, with their names.

    Raises:
        ConfigError: There is no such check, or its settings are wrong.
    """
    return _made(msgspec.json.encode(settings.checks))


@functools.lru_cache(maxsize=256)
def _made(encoded: bytes) -> list[tuple[str, Check]]:
    named = msgspec.json.decode(encoded, type=tuple[CheckSetting, ...])
    if not named:
        return [pair for name in USUAL for pair in _if_there(name)]
    names = {one.name for one in named}
    always = [{"use": name} for name in ALWAYS if name not in names]
    return make_checks([*always, *({**one.settings, "use": one.name} for one in named)])


def _if_there(name: str) -> list[tuple[str, Check]]:
    """Return a check; none where the package that it needs is not installed."""
    try:
        return make_checks([name])
    except ConfigError:
        return []


def check(ground: Ground, draft: Draft, settings: Settings) -> list[Told]:
    """Return what the checks find in the turns of a draft, in the order of the turns.

    Raises:
        ConfigError: The checks of the project cannot be made.
    """
    demonstration = compose(ground, draft)
    told = [*_ours(ground, draft), *_theirs(ground, demonstration, checks_of(settings))]
    told = [msgspec.structs.replace(one, stands=one.key in draft.stand) for one in told]
    return sorted(_once(told), key=lambda one: (one.place, one.severity != "error"))


def _once(told: Iterable[Told]) -> Iterable[Told]:
    """Return each finding once: two checks may say the same."""
    return {(one.place, one.key, one.what, one.excerpt): one for one in told}.values()


def _theirs(
    ground: Ground, demonstration: Demonstration, using: list[tuple[str, Check]]
) -> Iterator[Told]:
    n_prompt = len(ground.prompt)
    for checked in run_checks(demonstration, using):
        finding = checked.finding
        if 0 <= finding.place < n_prompt:
            # What is wrong with the prompt is not for its writer to mend.
            continue
        place = finding.place - n_prompt if finding.place >= n_prompt else WHOLE
        yield Told(
            key=_key(checked.check, place, finding.severity, f"{finding.what}/{finding.excerpt}"),
            place=place,
            check=checked.check,
            what=finding.what,
            excerpt=finding.excerpt,
            severity=finding.severity,
            blocking=finding.severity == "error" and checked.check in ALWAYS,
        )


def _key(name: str, place: int, severity: Severity, what: str) -> str:
    # A secret that is let stand must not let the next one pass.
    return f"{name}/{place}/{what}"[:300] if severity == "error" else f"{name}/{place}"


def _ours(ground: Ground, draft: Draft) -> Iterator[Told]:
    """Tell what only the app knows: questions back, and arguments of calls."""
    for place, turn in enumerate(draft.turns):
        after = draft.turns[place + 1] if place + 1 < len(draft.turns) else None
        if turn.clarifies and (after is None or after.role != "user"):
            yield _blocking(place, "clarification", "the user's answer to this question is missing")
        for call in turn.calls:
            for wrong in wrong_in_call(call, ground.tools):
                yield _blocking(place, "arguments", f"the call of {call.name[:40]}: {wrong}")


def _blocking(place: int, name: str, what: str) -> Told:
    key = f"{name}/{place}/{what}"[:300]
    return Told(key=key, place=place, check=name, what=what, severity="error", blocking=True)


def unticked(draft: Draft, settings: Settings) -> list[str]:
    """Return the boxes of the checklist that the writer has not ticked."""
    return [box for n, box in enumerate(settings.checklist) if n not in draft.ticked]


def let_stand(told: Iterable[Told]) -> tuple[str, ...]:
    """Return what the writer let stand, and notes, as the demonstration keeps them."""
    return tuple(
        f"{one.check}: {one.what}" + (f" ({one.excerpt})" if one.excerpt else "")
        for one in told
        if one.stands or one.severity == "note"
    )

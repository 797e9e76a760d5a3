"""Put demonstrations through checks."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from etude.records import Demonstration
from etude.stages.demos.checks import Check, Finding, Severity, checks

DEFAULT_CHECKS: tuple[str, ...] = (
    "empty",
    "role_order",
    "tool_calls",
    "truncated",
    "length",
    "refusal",
    "copied_from_draft",
    "private_data",
    "unsupported_claims",
)
"""Those that need neither settings nor another package."""
_EXAMPLES = 5

CheckSpec = str | Mapping[str, object]
"""A check by its name, or as a table with `use` and settings."""


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """A finding, and what it is about."""

    id: str
    """Of the demonstration."""
    check: str
    finding: Finding


class CheckCount(msgspec.Struct, frozen=True, kw_only=True):
    """How often a check found something."""

    check: str
    severity: Severity
    n: int
    """Demonstrations with at least one such finding."""
    examples: tuple[str, ...]
    """Ids of at most the first five."""


def make_checks(specs: Sequence[CheckSpec]) -> list[tuple[str, Check]]:
    """Return checks with their names; the default ones where none is named.

    Raises:
        ConfigError: There is no such check, or its settings are wrong.
    """
    made = []
    for spec in specs or DEFAULT_CHECKS:
        check = checks.make(spec)
        made.append((type(check).__module__.rpartition(".")[2], check))
    return made


def run_checks(demonstration: Demonstration, using: Sequence[tuple[str, Check]]) -> list[Checked]:
    """Return what the checks find in one demonstration."""
    return [
        Checked(id=demonstration.id, check=name, finding=finding)
        for name, check in using
        for finding in check.check(demonstration)
    ]


def check_all(
    demonstrations: Iterable[Demonstration], using: Sequence[tuple[str, Check]]
) -> Iterator[Checked]:
    """Yield what the checks find, demonstration by demonstration."""
    for demonstration in demonstrations:
        yield from run_checks(demonstration, using)


def count_findings(found: Iterable[Checked]) -> list[CheckCount]:
    """Return how many demonstrations each check found something in, by severity."""
    ids: dict[tuple[str, Severity], dict[str, None]] = {}
    for one in found:
        ids.setdefault((one.check, one.finding.severity), {})[one.id] = None
    counts = Counter({key: len(several) for key, several in ids.items()})
    return [
        CheckCount(
            check=check, severity=severity, n=n, examples=(*ids[check, severity],)[:_EXAMPLES]
        )
        for (check, severity), n in counts.most_common()
    ]

"""Reduce: which hunks of a change each failing test needs, found by asking the tests.

Delta debugging over functions, then over hunks. A set of hunks counts only when every tree parses,
the tests fail as they do with the whole change taken back, and tests that the older source passed
still pass: else a test would fail because half of a change is missing, which is nobody's mistake.
"""

import asyncio
from collections.abc import Collection, Sequence

import msgspec

from etude.rollout.suites import SuiteRun
from etude.stages.swe.bugs._base import Material
from etude.stages.swe.bugs._definitions import parse
from etude.stages.swe.bugs._history.answers import counts, failed, how, kind_of, reach
from etude.stages.swe.bugs._history.hunks import (
    Change,
    Scope,
    Tree,
    cosmetic,
    scope_of,
    scopes,
    take_back,
)
from etude.stages.swe.bugs._history.leftovers import Leftovers

Units = list[frozenset[int]]
"""Numbers of hunks, together where they lie in one function."""
_N_WITNESSES = 40
"""Tests that must go on passing, asked with every question."""
_N_ASKED = 60
_DENSE = 3
"""With more than one test for so many units, each unit is asked about by itself at once."""
_PER_FUNCTION = 3
"""Failing cases of one parametrized test that are asked about."""
_N_FINAL = 600


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How far a search goes."""

    max_questions: int
    """Runs that one change may cost."""
    max_lines: int
    """Changed lines of one bug."""
    features: bool
    """Whether tests count that call what the older source does not have."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """Hunks that make tests fail when they are taken back together."""

    hunks: tuple[int, ...]
    tests: tuple[str, ...]
    """Those that fail as they do with the whole change taken back."""
    failing: tuple[str, ...]
    """All that fail, of the tests that were asked."""
    kind: str
    """`historic_value` or `historic_error`."""


class Bugs(msgspec.Struct, frozen=True, kw_only=True):
    """What one change gave."""

    found: tuple[Found, ...] = ()
    n_failing: int = 0
    """Tests that fail with the whole change taken back."""
    n_questions: int = 0
    n_leaky: int = 0
    """Bugs left out because something that only their cure uses would stay."""


async def find_bugs(material: Material, healthy: Tree, change: Change, limits: Limits) -> Bugs:
    """Return the bugs in a change, the smallest first.

    Raises:
        SandboxError: A box failed.
    """
    search = _Search(material, healthy, change, limits)
    found = await search.run()
    return Bugs(
        found=tuple(found),
        n_failing=len(search.wanted),
        n_questions=search.n_asked,
        n_leaky=search.n_leaky,
    )


class _Search:
    """The search in one change."""

    def __init__(self, material: Material, healthy: Tree, change: Change, limits: Limits) -> None:
        self.material = material
        self.healthy = healthy
        self.hunks = change.hunks
        self.limits = limits
        self.passing = [t.id for t in material.codebase.tests if t.outcome == "passed"]
        self.cosmetic = cosmetic(healthy, change.hunks)
        self.leftovers = Leftovers(healthy, change, self.cosmetic)
        self.wanted: dict[str, str] = {}
        """How each test fails with the whole change taken back."""
        self.kinds: dict[str, str] = {}
        self.noticed: dict[int, frozenset[str]] = {}
        """Tests that run the function in which a hunk lies, by the hunk's number."""
        self.witnesses: list[str] = []
        self.n_asked = 0
        self.n_leaky = 0

    async def run(self) -> list[Found]:
        units = await self._sound(self._units())
        if not units:
            return []
        await self._learn(units)
        asked = self._representatives()
        if not asked:
            return []
        sets: dict[frozenset[int], None] = {}
        coarse = await self._solve(units, asked)
        for union, tests in coarse.items():
            fine = await self._solve([frozenset({n}) for n in sorted(union)], tests)
            sets.update(dict.fromkeys(fine))
        found = [bug for union in sets if (bug := await self._complete(union)) is not None]
        merged = [
            group[0] if len(group) == 1 else await self._complete(_union(group)) or group[0]
            for group in _same_tests(found)
        ]
        unique = {frozenset(bug.hunks): bug for bug in merged}
        # Of a bug that is a part of another, the other is enough.
        whole = [bug for hunks, bug in unique.items() if not any(hunks < o for o in unique)]
        return sorted(whole, key=lambda bug: (len(bug.hunks), bug.hunks))

    def _units(self) -> Units:
        """Put hunks of one function together; leave out those that do nothing."""
        trees = {hunk.path: parse(self.healthy[hunk.path]) for hunk in self.hunks}
        inside = {path: scopes(tree) if tree else [] for path, tree in trees.items()}
        groups: dict[tuple[str, str], set[int]] = {}
        for number, hunk in enumerate(self.hunks):
            if number in self.cosmetic:
                continue
            scope = scope_of(hunk, inside[hunk.path])
            name = scope.name if scope else f":{number}"
            if scope is not None:
                self.noticed[number] = self._tests_of(hunk.path, scope)
            groups.setdefault((hunk.path, name), set()).add(number)
        return [frozenset(numbers) for numbers in groups.values()]

    def _tests_of(self, path: str, scope: Scope) -> frozenset[str]:
        """Return the tests that run any line of a function's body."""
        lines = self.material.coverage.lines.get(path, {})
        tests = self.material.codebase.tests
        found = {n for line in range(scope.first + 1, scope.end + 1) for n in lines.get(line, ())}
        return frozenset(tests[n].id for n in found)

    async def _sound(self, units: Units) -> Units:
        """Return as much of the change as can be taken back without breaking every import."""
        if not units or await self._collects(units):
            return units
        if len(units) == 1:
            return []
        left = await self._sound(units[: len(units) // 2])
        right = await self._sound(units[len(units) // 2 :])
        if left and right and await self._collects([*left, *right]):
            return [*left, *right]
        return max(left, right, key=len)

    async def _collects(self, units: Units) -> bool:
        by_file = {test.partition("::")[0]: test for test in reversed(self.passing)}
        tests = list(by_file.values())
        run = await self._ask(frozenset().union(*units), tests)
        return run is not None and all(test in run.results for test in tests)

    async def _learn(self, units: Units) -> None:
        """Take the change back and see which tests fail, and which others must go on passing."""
        run = await self._ask(frozenset().union(*units), None)
        if run is None:
            return
        for test in self.passing:
            result = run.results.get(test)
            if (
                result is not None
                and failed(result)
                and counts(result, features=self.limits.features)
            ):
                self.wanted[test] = how(result)
                self.kinds[test] = kind_of(result)
        touched = {number for unit in units for number in unit}
        touching = reach(self.material.coverage, [self.hunks[n] for n in sorted(touched)])
        tests = self.material.codebase.tests
        self.witnesses = [tests[n].id for n in sorted(touching) if run.passed(tests[n].id)]

    def _representatives(self) -> list[str]:
        groups: dict[tuple[str, str], list[str]] = {}
        for test, manner in self.wanted.items():
            kind = manner.partition(":")[0]
            groups.setdefault((test.partition("[")[0], kind), []).append(test)
        chosen = [
            tests[:: -(-len(tests) // _PER_FUNCTION)][:_PER_FUNCTION] for tests in groups.values()
        ]
        return [test for tests in chosen for test in tests][:_N_ASKED]

    async def _solve(self, units: Units, tests: Sequence[str]) -> dict[frozenset[int], list[str]]:
        """Return the sets of units that tests need, all of which fail with the union of them."""
        if len(units) == 1:
            return {units[0]: list(tests)}
        size = 1 if _DENSE * len(tests) >= len(units) else -(-len(units) // 2)
        parts = [units[start : start + size] for start in range(0, len(units), size)]
        answers = await asyncio.gather(*(self._alike(part, tests) for part in parts))
        found: dict[frozenset[int], list[str]] = {}
        for part, mine in zip(parts, answers, strict=True):
            if mine:
                found |= await self._solve(part, mine)
        rest = [test for test in tests if not any(test in mine for mine in answers)]
        while rest:
            near = [unit for unit in units if self._can_notice(unit, rest[0])]
            is_enough = len(near) < len(units) and await self._alike(near, rest[:1])
            start = near if is_enough else units
            needed = await self._shrink(start, rest[0])
            same = await self._alike(needed, rest)
            found.setdefault(frozenset().union(*needed), []).extend(same or rest[:1])
            rest = [test for test in rest[1:] if test not in same]
        return found

    async def _shrink(self, units: Units, test: str) -> Units:
        """Take units away for as long as the test still fails."""
        n_parts = 2
        while len(units) > 1:
            size = -(-len(units) // n_parts)
            for start in range(0, len(units), size):
                left = units[:start] + units[start + size :]
                if left and await self._alike(left, [test]):
                    units, n_parts = left, max(n_parts - 1, 2)
                    break
            else:
                if size == 1:
                    return units
                n_parts = min(2 * n_parts, len(units))
        return units

    async def _alike(self, units: Units, tests: Sequence[str]) -> list[str]:
        """Return the tests that fail as they should with these hunks taken back."""
        numbers = frozenset[int]().union(*units)
        asked = [test for test in tests if self._can_notice(numbers, test)]
        if not asked:
            return []
        failing = await self._failing(numbers, asked, self._few_witnesses())
        return [test for test in asked if failing.get(test) == self.wanted[test]]

    def _can_notice(self, numbers: frozenset[int], test: str) -> bool:
        """Whether a test runs a function that hunks lie in, or one of them acts on import."""
        return any(n not in self.noticed or test in self.noticed[n] for n in numbers)

    async def _failing(
        self,
        numbers: frozenset[int],
        tests: Sequence[str],
        witnesses: Sequence[str],
        *,
        at_any_cost: bool = False,
    ) -> dict[str, str]:
        """Return how tests fail; nothing when a witness does."""
        asked = list(dict.fromkeys([*tests, *witnesses]))
        run = await self._ask(numbers, asked, at_any_cost=at_any_cost)
        if run is None or not all(run.passed(test) for test in witnesses):
            return {}
        results = {test: run.results[test] for test in tests if test in run.results}
        return {test: how(result) for test, result in results.items() if failed(result)}

    def _few_witnesses(self) -> list[str]:
        step = max(1, len(self.witnesses) // _N_WITNESSES)
        return self.witnesses[::step][:_N_WITNESSES]

    async def _ask(
        self, numbers: Collection[int], tests: Sequence[str] | None, *, at_any_cost: bool = False
    ) -> SuiteRun | None:
        """Run tests on the tree with hunks taken back; `None` when that says nothing."""
        texts = take_back(self.healthy, [self.hunks[n] for n in sorted(numbers)])
        if any(parse(text) is None for text in texts.values()):
            return None
        if self.n_asked >= self.limits.max_questions and not at_any_cost:
            return None
        self.n_asked += 1
        run = await self.material.ask(texts, tests)
        return run if run.complete and not run.timed_out else None

    async def _complete(self, numbers: frozenset[int]) -> Found | None:
        """Take back what only the cure has use for, and see what fails in the end."""
        more = self.leftovers.of(numbers)
        whole = numbers | (more or frozenset())
        n_lines = sum(self.hunks[n].n_lines for n in whole)
        if more is None or n_lines > self.limits.max_lines:
            self.n_leaky += more is None
            return None
        tests = list(self.wanted)[:_N_FINAL]
        witnesses = self.witnesses[:_N_FINAL]
        failing = await self._failing(whole, tests, witnesses, at_any_cost=True)
        caught = [test for test in tests if failing.get(test) == self.wanted[test]]
        if not caught:
            self.n_leaky += bool(more)
            return None
        kinds = [self.kinds[test] for test in caught]
        kind = max(sorted(set(kinds)), key=kinds.count)
        return Found(
            hunks=tuple(sorted(whole)), tests=tuple(caught), failing=tuple(failing), kind=kind
        )


def _same_tests(found: Sequence[Found]) -> list[list[Found]]:
    """Put bugs together that mostly the same tests catch: they are parts of one repair."""
    groups: list[list[Found]] = []
    for bug in sorted(found, key=lambda b: b.hunks):
        for group in groups:
            mine, theirs = set(bug.tests), set(group[0].tests)
            if len(mine & theirs) * 2 >= len(mine | theirs):
                group.append(bug)
                break
        else:
            groups.append([bug])
    return groups


def _union(group: Sequence[Found]) -> frozenset[int]:
    return frozenset(number for bug in group for number in bug.hunks)

"""compose puts proved bugs together so that each is needed and each shows by a test of its own."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from random import Random

import msgspec
import pytest
from tests.stages.swe.card import card, passing

from etude.errors import ConfigError
from etude.records import AnswerKey, Coverage, TextFile
from etude.rollout.suites import SuiteRun
from etude.stages.swe.bugs import Bug, Kept, Material, SourceFile, bug_makers
from etude.stages.swe.bugs._calls import Calls

FILES = {
    "shop/prices.py": """def total(items):
    found = 0
    for item in items:
        found += item.price * item.count
    if found < 0:
        raise ValueError("negative")
    return round(found, 2)


def tax(amount):
    return round(amount * 0.2, 2)
""",
    "shop/orders.py": """from shop.prices import total


class Order:
    def __init__(self, items):
        self.items = list(items)

    def due(self):
        return total(self.items) + 1
""",
    "shop/names.py": """def initials(name):
    return "".join(part[0] for part in name.split())
""",
}
TESTS = [f"tests/test_shop.py::test_{n}" for n in range(60)]
CHANGES = [
    ("shop/prices.py", "total", "item.price * item.count", "item.price + item.count", (0, 1)),
    ("shop/prices.py", "total", "round(found, 2)", "round(found, 1)", (1, 2)),
    ("shop/prices.py", "tax", "amount * 0.2", "amount * 0.3", (3,)),
    ("shop/orders.py", "Order.due", "+ 1", "- 1", (4, 5)),
    ("shop/orders.py", "Order.__init__", "list(items)", "items", (6,)),
    ("shop/names.py", "initials", "part[0]", "part[1]", (7,)),
    # All its tests are those of others too, so nothing would show that it is left.
    ("shop/names.py", "initials", "name.split()", "name.split(' ')", (7, 3)),
]


def kept(change: tuple[str, str, str, str, tuple[int, ...]]) -> Kept:
    path, function, old, new, tests = change
    assert FILES[path].count(old) == 1
    return Kept(
        files=(TextFile(path=path, text=FILES[path].replace(old, new)),),
        key=AnswerKey(
            task_id=f"{path}:{old}",
            oracle_patch="",
            fail_to_pass=tuple(TESTS[n] for n in tests),
            pass_to_pass=(),
            maker="mutate",
            path=path,
            function=function,
        ),
        report=f"# About {function}\n\nIt is wrong.",
    )


async def never(files: Mapping[str, str | None], tests: Sequence[str] | None = None) -> SuiteRun:
    raise AssertionError(f"compose asks nobody, not about {sorted(files)} and {tests}")


def material(bugs: Sequence[Kept], tmp_path: Path) -> Material:
    return Material(
        codebase=card(tests=passing(*TESTS)),
        source=tmp_path,
        files=tuple(
            SourceFile(path=path, text=text, covered=frozenset({1})) for path, text in FILES.items()
        ),
        coverage=Coverage(lines={}, imported={}),
        ask=never,
        notes=tmp_path,
        kept=tuple(bugs),
    )


def compose(bugs: Sequence[Kept], tmp_path: Path, seed: int = 0, **settings: object) -> list[Bug]:
    async def collect() -> list[Bug]:
        maker = bug_makers.make({"use": "compose", **settings})
        return [bug async for bug in maker.search(material(bugs, tmp_path), Random(seed))]

    return asyncio.run(collect())


BUGS = [kept(change) for change in CHANGES]


def parts_of(bug: Bug) -> list[int]:
    text = {file.path: file.text for file in bug.files}
    return [n for n, (path, _, old, _, _) in enumerate(CHANGES) if old not in text.get(path, old)]


def test_every_kind_is_made_and_holds_what_its_name_says(tmp_path: Path) -> None:
    bugs = [bug for seed in range(5) for bug in compose(BUGS, tmp_path, seed)]
    kinds = Counter(bug.kind for bug in bugs)
    assert set(kinds) == {"one_function", "one_file", "call_chain", "far_apart"}
    for bug in bugs:
        places = [CHANGES[n][:2] for n in parts_of(bug)]
        assert 2 <= len(places) <= 5
        if bug.kind == "one_function":
            assert len(set(places)) == 1
        if bug.kind == "one_file":
            assert len({path for path, _ in places}) == 1
            assert len(set(places)) == len(places)
        if bug.kind == "far_apart":
            assert len({path for path, _ in places}) == len(places)
        if bug.kind == "call_chain":
            assert {("shop/prices.py", "total"), ("shop/orders.py", "Order.due")} <= set(places)


def test_each_part_has_tests_that_no_other_part_fails(tmp_path: Path) -> None:
    for bug in compose(BUGS, tmp_path):
        numbers = parts_of(bug)
        assert len(bug.parts) == len(bug.shown_by) == len(numbers)
        assert all(bug.shown_by)
        for one, other in combinations(bug.shown_by, 2):
            assert set(one).isdisjoint(other)
        assert set(bug.caught_by) == {TESTS[t] for n in numbers for t in CHANGES[n][4]}
        for number, shown in zip(numbers, bug.shown_by, strict=True):
            assert set(shown) <= {TESTS[t] for t in CHANGES[number][4]}


def test_the_files_are_the_healthy_ones_with_every_part_in_them(tmp_path: Path) -> None:
    for bug in compose(BUGS, tmp_path):
        texts = dict(FILES)
        for n in parts_of(bug):
            path, _, old, new, _ = CHANGES[n]
            texts[path] = texts[path].replace(old, new)
        made = {file.path: file.text for file in bug.files}
        assert made == {path: text for path, text in texts.items() if text != FILES[path]}


def test_what_lies_on_the_same_or_the_next_line_is_not_put_together(tmp_path: Path) -> None:
    same = ("shop/names.py", "initials", '"".join', '" ".join', (8,))
    assert compose([BUGS[5], kept(same)], tmp_path) == []
    next_line = ("shop/prices.py", "total", 'raise ValueError("negative")', "return 0", (9,))
    assert compose([BUGS[1], kept(next_line)], tmp_path) == []


def test_no_two_tasks_are_the_same_and_a_bug_is_used_as_often_as_is_allowed(tmp_path: Path) -> None:
    for most in (1, 2):
        bugs = compose(BUGS, tmp_path, max_per_bug=most)
        assert len({bug.files for bug in bugs}) == len(bugs) > 0
        assert max(Counter(n for bug in bugs for n in parts_of(bug)).values()) <= most
    assert all(len(parts_of(bug)) == 2 for bug in compose(BUGS, tmp_path, max_parts=2))


def test_the_same_seed_makes_the_same_tasks(tmp_path: Path) -> None:
    assert compose(BUGS, tmp_path, 3) == compose(BUGS, tmp_path, 3)
    assert compose(BUGS, tmp_path, 3) != compose(BUGS, tmp_path, 4)


def test_nothing_is_made_of_one_bug_of_compositions_or_of_too_many_failing_tests(
    tmp_path: Path,
) -> None:
    assert compose(BUGS[:1], tmp_path) == []
    composed = [
        Kept(files=b.files, key=msgspec.structs.replace(b.key, maker="compose"), report="")
        for b in BUGS
    ]
    assert compose(composed, tmp_path) == []
    loud = [
        kept((*change[:4], tuple(range(n * 10, n * 10 + 9))))
        for n, change in enumerate(CHANGES[2:6])
    ]
    assert compose(loud, tmp_path) == []


def test_texts_outside_the_source_go_with_their_parts_unless_they_differ(tmp_path: Path) -> None:
    def told(bug: Kept, text: str) -> Kept:
        beside = (TextFile(path="CHANGES.md", text=text),)
        return Kept(files=bug.files, key=bug.key, report=bug.report, beside=beside)

    (made,) = compose([told(BUGS[2], "one"), BUGS[5]], tmp_path, max_per_bug=1)
    assert [file.text for file in made.beside] == ["one"]
    assert compose([told(BUGS[2], "one"), told(BUGS[5], "two")], tmp_path) == []


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kinds": ["near"]}, "known: one_function"),
        ({"max_parts": 6}, "2 to 5"),
        ({"max_per_bug": 0}, "at least 1"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused(settings: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        bug_makers.make({"use": "compose", **settings})


def test_calls_are_told_by_name_and_a_class_by_its_init() -> None:
    calls = Calls({**FILES, "shop/shops.py": "def sell(x):\n    return Order(x).due()\n"})
    due, total = ("shop/orders.py", "Order.due"), ("shop/prices.py", "total")
    assert total in calls.callees(due)
    assert calls.linked(total, due)
    assert not calls.linked(total, ("shop/prices.py", "tax"))
    made = calls.callees(("shop/shops.py", "sell"))
    assert {due, ("shop/orders.py", "Order.__init__")} <= made
    depths = calls.depths(frozenset({"sell"}))
    assert depths["shop/shops.py", "sell"] == 1
    assert (depths[due], depths[total]) == (2, 3)
    assert ("shop/prices.py", "tax") not in depths


def test_a_chain_of_hundreds_of_branches_is_no_trouble() -> None:
    chain = "if a == 0:\n    f()\n" + "".join(f"elif a == {n}:\n    f()\n" for n in range(1, 960))
    body = "".join(f"    {line}\n" for line in chain.splitlines())
    calls = Calls(
        {"a.py": f"def f():\n    pass\ndef g(a):\n{body}\nclass C:\n    def h(s):\n        f()"}
    )
    assert calls.callees(("a.py", "g")) == calls.callees(("a.py", "C.h")) == {("a.py", "f")}

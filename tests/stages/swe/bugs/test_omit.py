"""What is left out is left out cleanly: nothing else changes, and no name is left behind."""

import ast
from collections import Counter
from functools import cache
from itertools import islice
from random import Random
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.swe.bugs.healthy import lost_and_gained, own_sources, source, text_of

from etude.errors import ConfigError
from etude.plugins import Kind
from etude.stages.swe.bugs import _base
from etude.stages.swe.bugs._base import Bug, BugMaker
from etude.stages.swe.bugs.omit import OmitMaker

SHOP = dedent('''\
    """A shop."""

    import math

    UNITS = ("kg", "g", "lb")


    class Basket:
        """Things to buy."""

        def __init__(self, owner, limit=None):
            self.owner = owner
            self.items = []
            self.closed = False

        def add(self, item, count=1, *, gift=False):
            """Put something in."""
            # Nobody buys nothing.
            if count <= 0:
                raise ValueError("count must be positive")
            if self.closed:
                raise RuntimeError("closed")
            price = item.price * count
            if gift:
                price += 2  # the gift wrapping
            for other in self.items:
                if other.name == item.name and other.gift is gift:
                    other.count += count
                    break
            else:
                self.items.append(item)

            total = self.total()
            return price, total

        def close(self):
            """Take no more."""
            self.closed = True
            return self.total()

        def total(self, rates=None):
            """Sum it up."""
            rates = rates or {}
            result = 0
            for item in self.items:
                rate = rates.get(item.name, 1)
                if item.unit in ("kg", "lb", "st"):
                    rate = math.ceil(rate)
                try:
                    result += item.price * rate
                except TypeError:
                    result += 1
            return round(result, 2)


    def names(basket, known={"a": 1, "b": 2, "c": 3}):
        """List what is in it."""
        table = {"one": 1, "two": 2, "three": 3}
        found = []
        for item in basket.items:
            name = item.name.strip()
            if name and name not in found:
                found.append(name)
        return sorted(found, key=len), table
    ''')


@cache
def every_bug(kind: str, text: str, covered: frozenset[int] | None = None) -> list[Bug]:
    maker = OmitMaker(kinds=(kind,) if kind else (), max_per_function=40)
    return list(maker.propose([source(text, covered)], Random(0)))


# Each case: the kind, and lines of which at least one bug of it lacks all.
CASES = (
    ("guard", ["# Nobody buys nothing.", "if count <= 0:"]),
    ("branch", ["if gift:", "price += 2  # the gift wrapping"]),
    ("condition", ["if name and name not in found:"]),
    ("default", ["rates = rates or {}"]),
    ("case", ["if item.unit in (\"kg\", \"lb\", \"st\"):"]),
    ("case", ["table = {\"one\": 1, \"two\": 2, \"three\": 3}"]),
    ("handler", ["try:", "except TypeError:", "result += 1"]),
    ("loop", ["for other in self.items:", "break"]),
    ("call", ["name = item.name.strip()"]),
    ("argument", ["return sorted(found, key=len), table"]),
    ("statement", ["self.closed = True"]),
    ("parameter", ["if gift:", "price += 2  # the gift wrapping"]),
    ("field", ["self.closed = False", "if self.closed:", "self.closed = True"]),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "lines"), CASES)
def test_a_kind_leaves_out_what_it_is_named_for(kind: str, lines: list[str]) -> None:
    lost = [lost_and_gained(SHOP, text_of(bug))[0] for bug in every_bug(kind, SHOP)]
    assert any(set(lines) <= set(some) for some in lost), lost


def test_a_variable_goes_with_all_it_is_used_for() -> None:
    text = dedent("""\
        def trim(rows, limit):
            seen = len(rows)
            if rows and seen > limit:
                rows.pop()
            rows.sort(key=str)
            rows.reverse()
            return rows, limit
        """)
    lost = [lost_and_gained(text, text_of(bug))[0] for bug in every_bug("variable", text)]
    assert any("seen = len(rows)" in some for some in lost)
    assert all("seen > limit" not in text_of(bug) for bug in every_bug("variable", text))


def test_a_comment_that_speaks_of_what_is_gone_goes_too() -> None:
    text = dedent("""\
        def price(item, tax, shipping):
            total = item.cost
            # Add shipping unless the order is large.
            if tax and not shipping.free:
                total += shipping.cost  # shipping is extra
            # Round the total.
            return round(total, 2)
        """)
    for bug in every_bug("", text):
        broken = text_of(bug)
        if "shipping.free" not in broken:
            assert "unless" not in broken
        assert "# Round the total." in broken


def test_no_scar_of_blank_lines_is_left() -> None:
    text = dedent("""\
        def run(jobs, log):
            if not jobs:
                return 0

            done = 0

            for job in jobs:
                if job.skip:
                    continue

                done += job.run()
                log.add(job)

            return done
        """)
    bugs = every_bug("", text)
    assert bugs
    for bug in bugs:
        broken = text_of(bug)
        assert "\n\n\n" not in broken
        assert "for job in jobs:\n\n        done" not in broken


def test_a_block_taken_out_of_its_condition_is_moved_not_rewritten() -> None:
    text = dedent("""\
        def feed(self, data):
            if self.open:
                self.buffer  +=  data   # odd layout
                self.count = self.count + 1
            self.seen = True
            return self.count
        """)
    bugs = every_bug("condition", text)
    broken = [text_of(bug) for bug in bugs]
    assert any("\n    self.buffer  +=  data   # odd layout\n    self.count" in b for b in broken)


def test_what_only_the_gone_part_read_goes_with_it() -> None:
    text = dedent("""\
        def size(rows, limit):
            width = max(len(row) for row in rows)
            height = len(rows)
            if width > limit:
                raise ValueError(width)
            rows.sort()
            return height
        """)
    lost = [lost_and_gained(text, text_of(bug))[0] for bug in every_bug("guard", text)]
    assert lost
    assert all("width = max(len(row) for row in rows)" in some for some in lost)


@pytest.mark.parametrize(
    "text",
    [
        "def f(a):\n    b = a.get()\n    return b\n",
        "def f(a):\n    if a:\n        b = 1\n    else:\n        b = 2\n    return b\n",
        "def f(a):\n    for x in a:\n        y = x\n    return y\n",
        "def f(a):\n    return a\n",
    ],
)
def test_nothing_is_left_out_that_later_lines_need(text: str) -> None:
    for bug in every_bug("", text):
        assert _unknown(text_of(bug)) <= _unknown(text)


def test_an_attribute_is_not_left_unset_where_it_is_read() -> None:
    for bug in every_bug("", SHOP):
        broken = text_of(bug)
        for name in ("items", "closed", "owner"):
            reads = f"self.{name}" in broken.replace(f"self.{name} =", "")
            assert not reads or f"self.{name} =" in broken


def test_only_covered_lines_are_left_out() -> None:
    guard = SHOP.split("\n").index("        if count <= 0:") + 1
    bugs = every_bug("", SHOP, frozenset({guard, guard + 1}))
    assert bugs
    assert all(bug.line <= guard + 1 <= bug.last_line + 1 for bug in bugs)
    assert every_bug("", SHOP, frozenset()) == []


def test_bugs_are_as_large_as_real_fixes() -> None:
    files = own_sources()[:8]
    bugs = list(islice(OmitMaker().propose(files, Random(5)), 16))
    healthy = {file.path: file.text for file in files}
    sizes = [len(lost_and_gained(healthy[b.path], b.files[0].text)[0]) for b in bugs]
    assert 0.1 <= sum(size == 1 for size in sizes) / len(sizes) <= 0.5
    assert 2 <= sorted(sizes)[len(sizes) // 2] <= 9
    assert max(sizes) <= 50


def test_the_first_bugs_are_spread_over_kinds_files_and_functions() -> None:
    bugs = list(islice(OmitMaker().propose(own_sources()[:10], Random(11)), 10))
    assert len({bug.kind for bug in bugs}) >= 5
    assert len({bug.path for bug in bugs}) >= 6
    assert max(Counter((bug.path, bug.function) for bug in bugs).values()) <= 2


def test_one_seed_gives_one_list_and_another_seed_another() -> None:
    files = own_sources()[:4]
    first, again, other = (
        [(b.path, b.line, b.kind, b.files) for b in islice(OmitMaker().propose(f, Random(s)), 5)]
        for f, s in ((files, 3), (files[::-1], 3), (files, 4))
    )
    assert first == again
    assert first != other


@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**32), newline=st.sampled_from(["\n", "\r\n"]))
def test_lines_are_only_taken_away_or_shortened(seed: int, newline: str) -> None:
    text = SHOP.replace("\n", newline)
    for bug in islice(OmitMaker().propose([source(text)], Random(seed)), 8):
        broken = text_of(bug)
        compile(broken, "a.py", "exec")
        assert ast.dump(ast.parse(broken)) != ast.dump(ast.parse(text))
        assert _unknown(broken) <= _unknown(text)
        assert len(broken) < len(text)
        assert broken.count("\n") == broken.count(newline)
        healthy = text.splitlines(keepends=True)
        lines = broken.splitlines(keepends=True)
        n_after = len(healthy) - bug.last_line
        assert lines[: bug.line - 1] == healthy[: bug.line - 1]
        assert lines[len(lines) - n_after :] == healthy[bug.last_line :]


def test_what_it_cannot_do_is_refused_with_what_it_can() -> None:
    with pytest.raises(ConfigError, match=r"no kind 'gard' .*did you mean 'guard'"):
        OmitMaker(kinds=("gard",))
    with pytest.raises(ConfigError, match="max_per_function"):
        OmitMaker(max_per_function=0)
    files = [source("def f(:\n", path="bad.py"), source(SHOP)]
    assert {bug.path for bug in OmitMaker().propose(files, Random(0))} == {"pkg/a.py"}


def test_it_is_found_by_its_name() -> None:
    kind = Kind(_base.__name__.rpartition(".")[0], BugMaker)
    assert kind.make({"use": "omit", "kinds": ["guard"]}) == OmitMaker(kinds=("guard",))


def _unknown(text: str) -> set[str]:
    """Names that are read and bound nowhere in the file."""
    nodes = list(ast.walk(ast.parse(text)))
    bound = {n.id for n in nodes if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in nodes if isinstance(n, ast.arg)}
    bound |= {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    read = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return read - bound

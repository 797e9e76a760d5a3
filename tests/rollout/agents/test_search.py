import ast
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import etude
from etude.records import apply_patch
from etude.rollout.agents import agents

if TYPE_CHECKING:
    from tests.rollout.agents.conftest import Play, Shop

SEARCH = {"use": "search", "python": "python3"}


def repaired(play: "Play", broken: str, healthy: str, statement: str, attempts: int) -> int | None:
    """Return the first attempt that restores `healthy`, or None."""
    files = {"lib/__init__.py": "", "lib/core.py": broken}
    agent = agents.make(SEARCH)
    for attempt in range(attempts):
        outcome, diff = play(agent, attempt=attempt, files=files, statement=statement)
        if outcome.ending == "error":
            return None
        if apply_patch(files, diff).get("lib/core.py") == healthy:
            return attempt
    return None


def test_the_first_attempts_repair_a_boundary(play: "Play") -> None:
    outcome, diff = play(agents.make(SEARCH))
    assert outcome.ending == "submitted"
    assert "+        if len(self.items) >= self.limit:" in diff
    assert outcome.turns[0].text == "boundary in Cart.add, line 10 of shop/cart.py"


@pytest.mark.parametrize(
    ("healthy", "old", "new"),
    [
        ("x == y", "x != y", "comparison"),
        ("x and y", "x or y", "boolean"),
        ("x if y else 0", "x if not y else 0", "negation"),
        ("x + y", "x - y", "arithmetic"),
        ("x[1:]", "x[2:]", "off_by_one"),
        ("x[:-1]", "x[-1:]", "slice_bound"),
        ("min(x, y)", "max(x, y)", "attribute"),
        ("x.strip(y)", "x.lstrip(y)", "attribute"),
        ("divmod(x, y)", "divmod(y, x)", "swapped_arguments"),
        ("[x, y]", "[x, x]", "unused_variable"),
        ("sorted(x, reverse=True)", "sorted(x, reverse=False)", "constant"),
        ("x.get(y)", "x[y]", "key_default"),
        ("isinstance(x, (str, bytes))", "isinstance(x, str)", "type_check"),
    ],
)
def test_a_single_slip_in_the_named_function_is_undone_within_ten_attempts(
    play: "Play", healthy: str, old: str, new: str
) -> None:
    frame = "def other(a):\n    return a\n\n\ndef work(x, y):\n    return {}\n"
    told = "`work(1, 2)` from `lib.core` is wrong."
    found = repaired(play, frame.format(old), frame.format(healthy), told, 10)
    assert found is not None, new


@pytest.mark.parametrize(
    ("healthy", "broken"),
    [
        (
            "def work(x):\n    for a in x:\n        if a:\n            continue\n        x += [a]\n"
            "    return x\n",
            "def work(x):\n    for a in x:\n        if a:\n            break\n        x += [a]\n"
            "    return x\n",
        ),
        (
            "def work(x):\n    out = []\n    for a in x:\n        out.append(a)\n    return out\n",
            "def work(x):\n    out = []\n    for a in x:\n        out.append(a)\n"
            "        return out\n",
        ),
        (
            "def work(x):\n    out = x[0]\n    return out\n",
            "def work(x):\n    out = x[0]\n    return None\n",
        ),
        (
            "def work(x, deep=True):\n    return [x, deep]\n",
            "def work(x, deep=False):\n    return [x, deep]\n",
        ),
        (
            "def work(x):\n    try:\n        return x['a']\n    except KeyError:\n"
            "        return 0\n",
            "def work(x):\n    try:\n        return x['a']\n    except IndexError:\n"
            "        return 0\n",
        ),
        (
            "class Work:\n    def work(self):\n        return list(self.x)\n",
            "class Work:\n    def work(self):\n        return self.x\n",
        ),
        (
            "async def work(x):\n    return (await x())\n",
            "async def work(x):\n    return x()\n",
        ),
    ],
)
def test_a_slip_in_the_flow_is_undone_too(play: "Play", healthy: str, broken: str) -> None:
    assert repaired(play, broken, healthy, "`work` is wrong.", 12) is not None


def test_lines_that_the_symptom_runs_come_before_those_it_only_names(play: "Play") -> None:
    quiet = "def _a(x):\n    return x < 1\n\n\ndef _b(x):\n    return x < 2\n\n\n"
    entry = "TABLE = {'a': _a, 'b': _b}\n\n\ndef work(kind, x):\n    return TABLE[kind](x)\n"
    files = {"lib.py": quiet + entry}
    told = "Wrong:\n\n>>> import lib\n>>> lib.work('b', 3)\nTrue\n"
    fenced = f"```\n{told.partition('Wrong:')[2].strip()}\n```"
    played = [
        play(agents.make(SEARCH), attempt=attempt, files=files, statement=fenced)
        for attempt in range(6)
    ]
    texts = [outcome.turns[0].text for outcome, _ in played]
    assert any(" in _b," in text for text in texts)
    assert not any(" in _a," in text for text in texts)


def test_an_endless_symptom_does_not_end_the_attempt(play: "Play") -> None:
    told = "Hangs:\n```python\nwhile True:\n    pass\n```\n`Cart.add` is to blame."
    outcome, diff = play(agents.make(SEARCH), statement=told)
    assert outcome.ending == "submitted"
    assert "shop/cart.py" in diff


def test_each_attempt_differs_is_the_same_again_and_never_touches_tests(play: "Play") -> None:
    agent = agents.make(SEARCH)
    first = [play(agent, attempt=attempt).diff for attempt in range(4)]
    again = [play(agent, attempt=attempt).diff for attempt in range(4)]
    assert first == again
    assert len(set(first)) == 4
    assert "" not in first
    assert not any("tests/" in diff for diff in first)


def test_every_repair_compiles_and_changes_one_file(play: "Play", shop: "Shop") -> None:
    agent = agents.make(SEARCH)
    for attempt in range(0, 60, 12):
        outcome, diff = play(agent, attempt=attempt)
        if outcome.ending == "error":
            break
        [(path, text)] = apply_patch(shop.files, diff).items()
        assert text is not None
        assert ast.dump(ast.parse(text)) != ast.dump(ast.parse(shop.files[path]))


def test_it_says_when_it_has_no_more_ideas(play: "Play") -> None:
    outcome, diff = play(agents.make(SEARCH), attempt=100_000)
    assert (outcome.ending, outcome.error, diff) == ("error", "no more ideas", "")


def test_files_it_cannot_parse_or_decode_are_left_alone(play: "Play", shop: "Shop") -> None:
    files = dict(shop.files) | {
        "shop/old.py": "print 'two'\n",
        "shop/nul.py": "x = '\0'\n",
        "a b.py": "",
    }
    outcome, _ = play(agents.make(SEARCH), files=files)
    assert outcome.ending == "submitted"


def test_all_of_etude_is_ranked_in_a_few_seconds(play: "Play") -> None:
    root = Path(etude.__file__).parent
    files = {
        f"etude/{path.relative_to(root)}": path.read_text(encoding="utf-8")
        for path in sorted(root.rglob("*.py"))
    }
    started = time.monotonic()
    outcome, _ = play(agents.make(SEARCH), files=files, statement="`apply_patch` loses a line.")
    assert time.monotonic() - started < 10
    assert " of etude/records/" in outcome.turns[0].text

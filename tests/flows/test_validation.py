"""What validation says of bugs whose fate is known beforehand."""

import asyncio
from pathlib import Path

import pytest

from etude.records import TextFile
from etude.sandbox import sandboxes
from etude.stages.swe.bugs import Bug
from etude.stages.swe.prepare import prepare
from etude.stages.swe.taking_out import Refused
from etude.stages.swe.validate import Doubted, Gates, Made, Validator
from etude.store import CodebaseStore, Prepared

pytestmark = [pytest.mark.xdist_group("flow"), pytest.mark.net]


@pytest.fixture(scope="module")
def prepared(home: Path, ledger: Path) -> Prepared:
    assert home.is_dir()
    store = CodebaseStore(CodebaseStore.home())
    return asyncio.run(prepare(str(ledger), sandboxes.make("bubblewrap"), store))


def broken(prepared: Prepared, path: str, old: str, new: str) -> Bug:
    """Break one file by exact replacement."""
    text = (prepared.source / path).read_text()
    assert text.count(old) == 1
    line = text[: text.index(old)].count("\n") + 1
    return Bug(
        maker="hand",
        kind="known",
        files=(TextFile(path=path, text=text.replace(old, new)),),
        path=path,
        line=line,
        last_line=line + old.count("\n"),
        function="",
    )


def judge(
    prepared: Prepared, path: str, old: str, new: str, gates: Gates | None = None
) -> Made | str:
    """Break one file by exact replacement; return the task, or why there is none."""
    bug = broken(prepared, path, old, new)
    validator = Validator(prepared, sandboxes.make("bubblewrap"), gates or Gates(), 0)
    try:
        return asyncio.run(validator.judge(bug))
    except Refused as refused:
        return str(refused)


AMOUNTS, BOOK = "src/ledger/amounts.py", "src/ledger/book.py"
FATES = {
    "no test fails": (
        AMOUNTS,
        'sign = -1 if text[0] == "-" else 1',
        'sign = 1 - 2 * (text[0] == "-")',
    ),
    "collection breaks": (AMOUNTS, "def split_evenly(", "def split_oddly("),
    "time-out": (BOOK, "return sorted({", "while True: pass\n        return sorted({"),
    "no test reaches it": (AMOUNTS, "Return text such as", "Give text such as"),
    "the run broke off": (BOOK, "        total = 0\n", "        import os; os._exit(0)\n"),
}


@pytest.mark.parametrize("reason", FATES)
def test_a_bug_is_refused_because(reason: str, prepared: Prepared) -> None:
    assert judge(prepared, *FATES[reason]) == reason


def test_how_obvious_a_bug_may_be_can_be_set(prepared: Prepared) -> None:
    bug = (BOOK, "self.entries.append(entry)", "self.entries.insert(0, entry)")
    assert judge(prepared, *bug, Gates(max_failing_share=0.01)) == "too obvious"


def test_a_kept_bug_is_caught_by_exactly_the_tests_that_see_it(prepared: Prepared) -> None:
    made = judge(prepared, BOOK, "self.entries = list(entries)", "self.entries = entries or []")
    assert isinstance(made, Made)
    name = "test_a_book_copies_the_entries_it_is_given"
    assert made.key.fail_to_pass == (f"tests/test_book.py::{name}",)
    assert made.key.hidden == made.key.fail_to_pass
    texts = {file.path: file.text for file in made.workspace.files}
    assert set(texts) == {BOOK, "tests/test_book.py"}
    healthy = (prepared.source / "tests/test_book.py").read_text()
    assert name in healthy
    assert name not in texts["tests/test_book.py"]


def test_tests_made_by_other_code_are_hidden_with_their_file(prepared: Prepared) -> None:
    made = judge(prepared, AMOUNTS, 'int(whole or "0") * 100', 'int(whole or "0") * 10')
    if isinstance(made, str):
        pytest.fail(made)
    texts = {file.path: file.text for file in made.workspace.files}
    assert "tests/test_lines.py" not in made.task.statement
    lines = {test for test in made.key.hidden if test.startswith("tests/test_lines.py")}
    failing = {test for test in made.key.fail_to_pass if test.startswith("tests/test_lines.py")}
    assert failing
    assert len(lines) == 4
    assert texts["tests/test_lines.py"] == ""


MADE_BY_DATA = (AMOUNTS, 'int(whole or "0") * 100', 'int(whole or "0") * 10')
SEEN_BY_ONE = (BOOK, "self.entries = list(entries)", "self.entries = entries or []")


@pytest.mark.parametrize("change", [SEEN_BY_ONE, MADE_BY_DATA])
def test_confirming_a_right_forecast_makes_the_same_task(
    change: tuple[str, str, str], prepared: Prepared
) -> None:
    made = judge(prepared, *change)
    assert isinstance(made, Made)
    validator = Validator(prepared, sandboxes.make("bubblewrap"), Gates(), 0)
    caught = made.key.fail_to_pass
    confirmed = asyncio.run(validator.confirm(broken(prepared, *change), caught))
    # Messages, of which the effect is a digest, may name addresses.
    assert confirmed._replace(effect="") == made._replace(effect="")


def test_a_forecast_that_names_too_few_or_too_many_is_doubted(prepared: Prepared) -> None:
    made = judge(prepared, *MADE_BY_DATA)
    assert isinstance(made, Made)
    caught = made.key.fail_to_pass
    assert len(caught) > 1
    others = [test for test in made.key.pass_to_pass if test not in made.key.hidden]
    validator = Validator(prepared, sandboxes.make("bubblewrap"), Gates(), 0)
    for wrong in (caught[1:], (*caught, others[0]), others[:1], ()):
        with pytest.raises(Doubted):
            asyncio.run(validator.confirm(broken(prepared, *MADE_BY_DATA), wrong))

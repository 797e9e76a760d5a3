"""What the project wrote of a defect is quoted, on one line, where it gives nothing away."""

from pathlib import Path
from random import Random

import pytest
from tests.stages.swe.statement.failing_project import LIBRARY, codebase, run_project

from etude.errors import TaskError
from etude.records import make_patch
from etude.rollout.suites import Failure
from etude.stages.swe.statement import MAX_WORDS, MIN_WORDS, write_statement
from etude.stages.swe.statement.phrases import Voice
from etude.stages.swe.statement.quoting import with_quotation

PATH = "inkwell/pen.py"
PATCH = make_patch(
    {PATH: LIBRARY}, {PATH: LIBRARY.replace('replace(" ", "-")', 'replace(" ", delim)')}
)
STORY = "Dashes are put between words whatever blanks stand there."


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, Failure]]:
    folder: Path = tmp_path_factory.mktemp("inkwell")
    return run_project(folder)


def write(symptoms: list[tuple[str, Failure]], story: str, seed: int = 0) -> str:
    return write_statement(
        codebase(),
        symptoms,
        paths=[PATH],
        kind="historic_value",
        patch=PATCH,
        rng=Random(seed),
        story=story,
    )


def test_a_report_ends_with_the_words_of_the_project(
    failures: dict[str, tuple[str, Failure]],
) -> None:
    for seed in range(4):
        for name, failure in failures.items():
            if name == "test_private":
                continue
            plain, told = write([failure], "", seed), write([failure], STORY, seed)
            assert told.endswith(f"\n> {STORY}\n")
            assert told.startswith(plain.rstrip())
            assert MIN_WORDS <= len(told.split()) <= MAX_WORDS


def test_words_that_give_the_place_away_are_not_quoted(
    failures: dict[str, tuple[str, Failure]],
) -> None:
    failure = failures["test_slug"] if "test_slug" in failures else next(iter(failures.values()))
    assert "pen.py" not in write([failure], f"Fix the loop in {PATH}, line 12.")


def test_the_words_alone_make_a_report_where_nothing_shows_from_outside() -> None:
    text = write([], STORY)
    assert f"> {STORY}" in text
    assert MIN_WORDS <= len(text.split()) <= MAX_WORDS
    for story in ("", "Too few words.", f"All that was wrong in {PATH} is now right, at last."):
        with pytest.raises(TaskError, match="no statement without a leak"):
            write([], story)


def test_foreign_text_stays_inside_its_quotation() -> None:
    story = "One\n# Two `three\r\n```\x00four\u2028five" + "x" * 5000
    text = with_quotation("# Report\n\nBody.\n", story, Voice(Random(0)))
    [quoted] = [line for line in text.split("\n") if line.startswith("> ")]
    assert len(quoted) < 700
    assert text.endswith(f"{quoted}\n")
    assert quoted.count("`") % 2 == 0

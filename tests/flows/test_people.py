"""Ratings and demonstrations of people, from the files of others to those of trainers."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etude.cli import main
from etude.records import Demonstration, Preference
from etude.store import Dataset

pytestmark = pytest.mark.xdist_group("people")


def etude(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def done(*arguments: object) -> str:
    result = etude(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture(scope="module")
def rated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("people") / "ratings"
    words = ("--comparisons", 160, "--overlap", 6, "--out", out)
    assert "ratings of 160 comparisons" in done("prefs", "simulate", *words)
    return out


def test_raters_are_measured_and_who_cannot_be_trusted_is_named(rated: Path) -> None:
    said = done("prefs", "measure", rated)
    assert "alpha (Krippendorff)" in said
    assert "inverter, inverts:" in said
    assert "hasty, too fast:" in said
    report = json.loads(done("prefs", "measure", rated, "--json"))
    flagged = {one["rater"] for one in report["suspicions"] if one["flagged"]}
    assert not {name for name in flagged if name.startswith("honest")}


def test_ratings_become_preferences_and_what_they_pay_for_is_told(
    rated: Path, tmp_path: Path
) -> None:
    preferences = tmp_path / "preferences"
    said = done("prefs", "aggregate", rated, "--leave-out-flagged", "--out", preferences)
    assert "raters left out:" in said
    held = Dataset.open(preferences)
    assert not held.verify()
    rows = list(held.rows("preferences", Preference))
    assert len(rows) > 100
    assert all(0.5 < row.probability <= 1 for row in rows)
    assert "always shorter" in done("prefs", "bias", preferences)
    assert "AUC" in done("prefs", "errors", preferences, "--shown", 3)
    assert "worth" in done("prefs", "reweight", preferences, "--out", tmp_path / "weighed")
    done("data", "ship", preferences, "--format", "trl", "--out", tmp_path / "trl")
    assert list((tmp_path / "trl").glob("*.parquet"))


def test_probes_are_comparisons_to_be_rated(tmp_path: Path) -> None:
    assert "comparisons about" in done("prefs", "probes", "--out", tmp_path / "probes")
    assert not Dataset.open(tmp_path / "probes").verify()


def test_conversations_are_imported_checked_chosen_and_shipped(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            "conversations": [
                {"from": "human", "value": f"Name {n} rivers of continent number {n}."},
                {"from": "gpt", "value": f"Here are {n}: " + ", ".join("abcdefgh"[: n + 1]) + "."},
            ]
        }
        for n in range(2, 7)
    ]
    rows.append({"conversations": [{"from": "human", "value": "Hello?"}]})
    rows.append({"conversations": "none"})
    path = tmp_path / "chats.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    demos = tmp_path / "demos"
    said = done("data", "import", "sharegpt", path, "--licence", "MIT", "--out", demos)
    assert "broken" in said
    held = Dataset.open(demos)
    assert not held.verify()
    assert {row.origin.licence for row in held.rows("demonstrations", Demonstration)} == {"MIT"}
    checked = etude("demos", "check", demos)
    assert "findings in" in checked.stdout
    assert "demonstrations" in done("demos", "measure", demos)
    assert "of" in done("demos", "choose", demos, "--n", 3, "--out", tmp_path / "best")
    assert Dataset.open(tmp_path / "best").n_rows("demonstrations") <= 3
    done("data", "ship", tmp_path / "best", "--format", "messages", "--out", tmp_path / "shipped")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["prefs", "measure", "gone"], "is not there"),
        (["prefs", "reweight", "DS", "--features", "smell"], "no feature is called 'smell'"),
        (["prefs", "bias", "DS", "--table", "preferences"], "preferences"),
        (["prefs", "probe", "--model", "m", "--key-env", "NO_SUCH_KEY"], "needs a key"),
        (["demos", "measure", "DS"], "demonstrations"),
        (["demos", "check", "DS", "--checks", "emty"], "did you mean 'empty'?"),
        (["data", "import", "sharegtp", "FILE"], "did you mean 'sharegpt'?"),
        (["data", "import", "alpaca", "FILE"], "is of another layout"),
    ],
    ids=lambda value: " ".join(value)[:40] if isinstance(value, list) else "",
)
def test_a_wrong_request_is_answered_in_one_line_and_leaves_nothing(
    words: list[str], said: str, rated: Path, tmp_path: Path
) -> None:
    (tmp_path / "chat.json").write_text('[{"conversations": []}]', "utf-8")
    places = {"DS": str(rated), "FILE": str(tmp_path / "chat.json")}
    arguments = [places.get(word, word) for word in words]
    if words[1] in ("reweight", "import"):
        arguments += ["--out", str(tmp_path / "out")]
    result = etude(*arguments)
    assert result.exit_code == 2, result.output
    [line] = [line for line in result.output.splitlines() if line.startswith("etude: ")]
    assert said in line
    assert not (tmp_path / "out").exists()

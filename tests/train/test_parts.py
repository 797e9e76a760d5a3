"""The small parts of the room: metrics, intervals, lines, the small world, the folder of a run."""

import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Demonstration, Document, Preference, Problem
from etude.store import Dataset
from etude.train.ingredients import Pantry, share_of, share_out
from etude.train.intervals import calibration_error, mean, reliability, share
from etude.train.lines import Line, line_chart, ticks
from etude.train.manifest import Figure, Machine, RunManifest, Sample, read_manifest
from etude.train.metrics import Metric, MetricLog, read_metrics, write_metrics
from etude.train.page import render_page
from etude.train.workshop import Plan, Workshop
from etude.train.world import PARTS, Cloze, countries, write_part


def made(**changes: object) -> RunManifest:
    machine = Machine(system="", processor="", n_cores=1, n_threads=1, device="cpu")
    manifest = RunManifest(
        loop="sft",
        recipe="{}",
        code_version="0",
        created="",
        ingredients=(),
        seed=0,
        packages={},
        machine=machine,
        n_steps=1,
        ended="done",
    )
    return msgspec.structs.replace(manifest, **changes)


def test_metrics_come_back_from_parquet_as_they_were(tmp_path: Path) -> None:
    log = MetricLog(tmp_path / "log.jsonl")
    log.add(0, "train", {"loss": 2.5, "none": math.nan, "endless": math.inf})
    log.add(3, "held_out", {"loss": 1.0})
    write_metrics(tmp_path / "metrics.parquet", log.read())
    assert read_metrics(tmp_path / "metrics.parquet") == [
        Metric(step=0, name="loss", value=2.5, split="train"),
        Metric(step=3, name="loss", value=1.0, split="held_out"),
    ]


def test_a_log_forgets_what_came_after_a_step_and_a_line_that_was_cut_off(tmp_path: Path) -> None:
    log = MetricLog(tmp_path / "log.jsonl")
    for step in range(4):
        log.add(step, "train", {"loss": float(step)})
    with (tmp_path / "log.jsonl").open("a") as file:
        file.write('{"step": 4, "na')
    log.rewind(2)
    assert [row.step for row in log.read()] == [0, 1, 2]
    log.rewind(-1)
    assert log.read() == []


@given(st.integers(0, 50), st.integers(1, 50))
def test_the_interval_of_a_share_holds_the_share(n_right: int, n: int) -> None:
    found = share(min(n_right, n), n)
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value - 1e-12 <= found.high <= 1


def test_means_and_their_intervals() -> None:
    assert mean([1.0]).low is None
    found = mean([0.0, 1.0, 0.0, 1.0])
    assert found.value == 0.5
    assert found.low == pytest.approx(0.5 - 1.959964 * math.sqrt(1 / 3 / 4))
    assert math.isnan(mean([]).value)


def test_what_always_comes_true_as_often_as_predicted_is_calibrated() -> None:
    predicted = [0.25] * 100 + [0.75] * 100
    came_true = [n % 4 == 0 for n in range(100)] + [n % 4 != 0 for n in range(100)]
    bins = reliability(predicted, came_true)
    assert [(one.predicted, one.observed, one.n) for one in bins] == [
        (0.25, 0.25, 100),
        (0.75, 0.75, 100),
    ]
    assert calibration_error(bins) == pytest.approx(0.0)
    assert calibration_error(reliability([1.0, 1.0], [False, False])) == 1.0


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_marks_span_the_values(low: float, width: float) -> None:
    marks = ticks(low, low + width)
    assert marks[0] <= low + 1e-6 * max(1, abs(low))
    assert marks[-1] >= low + width - 1e-6 * max(1, abs(low) + width)
    assert 2 <= len(marks) <= 8


def test_a_chart_escapes_what_strangers_wrote_and_bears_one_point() -> None:
    chart = line_chart([Line(label="<script>\u202e", points=((0, 1.0),))], "<b>")
    assert "<script>" not in chart
    assert "\u202e" not in chart
    assert "circle" in chart
    assert line_chart([], "nothing") == ""


def test_a_page_escapes_what_models_say() -> None:
    sample = Sample(prompt="<script>1</script>", before="\x00\u202e", after="<img>", wanted="")
    manifest = made(samples=(sample,), figures={"x<y": Figure(value=0.5, low=0.4, high=0.6, n=9)})
    rows = [Metric(step=0, name="a/<i>", value=1.0, split="held_out")]
    page = render_page(manifest, rows)
    for hostile in ("<script>", "\u202e", "\x00", "<img>", "<i>"):
        assert hostile not in page
    assert "0.500 [0.400, 0.600]" in page


def test_the_small_world_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_part("preferences", tmp_path / name, 3)
    write_part("preferences", tmp_path / "other", 4)
    one, two, other = (Dataset.open(tmp_path / n).manifest.digest for n in ("one", "two", "other"))
    assert one == two != other


def test_the_small_world_holds_out_what_it_says(tmp_path: Path) -> None:
    for part in PARTS:
        write_part(part, tmp_path / part)
    groups = countries()
    assert not set(groups.taught) & set(groups.held_out)
    taught = {
        one.messages[0].content
        for one in Dataset.open(tmp_path / "chats").rows("demonstrations", Demonstration)
    }
    asked = {
        one.messages[0].content
        for one in Dataset.open(tmp_path / "chats-held-out").rows("demonstrations", Demonstration)
    }
    assert not taught & asked
    problems, others = (
        {one.statement for one in Dataset.open(tmp_path / name).rows("problems", Problem)}
        for name in ("problems", "problems-held-out")
    )
    assert (len(problems), len(others)) == (800, 200)
    assert not problems & others
    assert not taught & others
    pairs = Dataset.open(tmp_path / "preferences").rows("preferences", Preference)
    said = " ".join(one.prompt[0].content for one in pairs)
    assert not [country for country in groups.held_out if f"of {country}?" in said]
    documents = Dataset.open(tmp_path / "text").rows("documents", Document)
    text = "\n".join(one.text for one in documents)
    assert not [c for c in groups.rare if f"The capital of {c} is" in text]
    lines = (tmp_path / "cloze").read_bytes().splitlines()
    clozes = [msgspec.json.decode(line, type=Cloze) for line in lines]
    assert len(clozes) == 100
    assert all(one.continuation not in one.others for one in clozes)


@given(st.lists(st.text(max_size=3), max_size=40), st.integers(0, 3))
def test_nothing_of_one_key_is_learned_and_held_out(keys: list[str], seed: int) -> None:
    learned, kept_back = share_out(keys, [], lambda key: key, seed, 0.3)
    assert sorted(learned + kept_back) == sorted(keys)
    assert not set(learned) & set(kept_back)
    learned, tests = share_out(keys, keys[:1], lambda key: key, seed, 0.3)
    assert tests == keys[:1]
    assert not set(learned) & set(tests)


def test_what_is_kept_back_is_about_its_share() -> None:
    assert 0.25 < sum(share_of(str(n), 0) < 0.3 for n in range(2000)) / 2000 < 0.35


def test_a_pantry_knows_things_by_what_they_hold(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a")
    pantry = Pantry({"one": (str(tmp_path / "file"), ""), "none": ()}, tmp_path)
    assert [one.kind for one in pantry.ingredients] == ["file"]
    assert pantry.places("none") == []
    with pytest.raises(ConfigError, match="neither a data set, a token set, a run nor a model"):
        Pantry({"one": (str(tmp_path),)}, tmp_path)


def test_two_cannot_train_in_one_folder_and_strangers_files_are_left_alone(tmp_path: Path) -> None:
    plan = Plan(loop="sft", recipe="{}", code_version="0", ingredients=())
    with Workshop(tmp_path / "run") as shop:
        shop.begin(plan)
        with pytest.raises(ConfigError, match="by another process"), Workshop(tmp_path / "run"):
            pass
    assert not (tmp_path / "run").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(ConfigError, match="holds something else"), Workshop(tmp_path / "mine"):
        pass
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    with pytest.raises(ConfigError, match="is a file"), Workshop(tmp_path / "mine" / "notes.txt"):
        pass


def test_a_manifest_that_is_damaged_or_newer_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"holds no run\.json"):
        read_manifest(tmp_path)
    (tmp_path / "run.json").write_text('{"format": 99}')
    with pytest.raises(ConfigError, match="install a newer one"):
        read_manifest(tmp_path)
    (tmp_path / "run.json").write_text('{"format": 1, "loop": 3}')
    with pytest.raises(ConfigError, match="damaged"):
        read_manifest(tmp_path)
    with pytest.raises(ConfigError, match="is not there"):
        read_manifest(tmp_path / "nowhere")

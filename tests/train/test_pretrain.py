"""Pre-training on small texts: what it measures, that it repeats, and that it goes on."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.stages.corpus.tokens.bpe import BpeSettings, train_tokenizer
from etude.stages.corpus.tokens.packing import PackSettings, pack
from etude.store import Dataset, DatasetWriter
from etude.train.loops import Tell
from etude.train.loops.pretrain import PretrainLoop
from etude.train.metrics import SPEED, Metric
from etude.train.reading.rows import IGNORED, Order, ShardRows, StreamRows
from etude.train.reading.schedule import Schedule
from etude.train.run import Run
from etude.train.token_shards import read_token_manifest
from etude.train.training import train


def steady(run: Run) -> list[Metric]:
    """Every number but those of the machine."""
    return [row for row in run.metrics() if row.split != SPEED]


def weights(run: Run) -> bytes:
    return (run.model_path / "model.safetensors").read_bytes()


def stop_at(step: int) -> Tell:
    """Interrupt a run once so many steps are done."""

    def tell(what: str, *counts: int) -> None:
        if what.startswith("training") and counts[0] >= step:
            raise KeyboardInterrupt

    return tell


def test_a_run_says_what_it_was_made_from(base: Run, shelf: Path) -> None:
    made = base.manifest
    digest = Dataset.open(shelf / "texts").manifest.digest
    assert [(one.role, one.kind, one.digest, one.n_rows) for one in made.ingredients] == [
        ("data", "dataset", digest, 120)
    ]
    assert made.loop == "pretrain"
    assert made.n_steps == 30
    assert json.loads(made.recipe)["lr"] == 0.01
    assert made.packages["torch"]
    assert base.verify() == []
    assert not (base.path / ".work").exists()


def test_a_file_that_was_changed_is_found(base: Run, tmp_path: Path) -> None:
    for file in base.manifest.files:
        target = tmp_path / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((base.path / file.name).read_bytes())
    (tmp_path / "run.json").write_bytes((base.path / "run.json").read_bytes())
    (tmp_path / "report.html").write_text("other")
    (tmp_path / "metrics.parquet").unlink()
    assert Run.open(tmp_path).verify() == [
        "metrics.parquet: missing",
        "report.html: its content is not what was written",
    ]


def test_what_is_held_out_is_measured_by_domain_and_learned(base: Run) -> None:
    for domain in ("even", "odd", "all"):
        curve = base.curve(f"bits_per_byte/{domain}", "held_out")
        assert [step for step, _ in curve] == [0, 15, 30]
        assert curve[-1][1] < curve[0][1]


def test_speed_and_the_share_of_loading_are_measured(base: Run) -> None:
    assert base.curve("tokens_per_s", SPEED)[-1][1] > 0
    assert 0 < base.curve("loading_share", SPEED)[-1][1] < 1


def test_the_same_recipe_gives_the_same_weights_and_numbers(
    base: Run, reading: PretrainLoop, tmp_path: Path
) -> None:
    again = train(reading, tmp_path / "again")
    assert weights(again) == weights(base)
    assert steady(again) == steady(base)
    assert again.manifest.digest == base.manifest.digest


def test_a_run_that_was_stopped_ends_as_if_it_was_not(
    base: Run, reading: PretrainLoop, tmp_path: Path
) -> None:
    for step in (10, 20, 30):
        with pytest.raises(KeyboardInterrupt):
            train(reading, tmp_path / "run", tell=stop_at(step))
        assert not (tmp_path / "run" / "run.json").exists()
    resumed = train(reading, tmp_path / "run")
    assert weights(resumed) == weights(base)
    assert steady(resumed) == steady(base)


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_if_it_was_not(reading: PretrainLoop, tmp_path: Path) -> None:
    recipe = msgspec.structs.replace(reading, steps=1200, save_every=20, log_every=20)
    (tmp_path / "recipe.json").write_bytes(msgspec.json.encode(recipe))
    (tmp_path / "run.py").write_text(
        "import sys, msgspec\n"
        "from pathlib import Path\n"
        "from etude.train.loops.pretrain import PretrainLoop\n"
        "from etude.train.training import train\n"
        "here = Path(sys.argv[1])\n"
        "train(msgspec.json.decode((here / 'recipe.json').read_bytes(), type=PretrainLoop),\n"
        "      here / sys.argv[2])\n"
    )
    words = [sys.executable, str(tmp_path / "run.py"), str(tmp_path)]
    for _ in range(2):
        process = subprocess.Popen([*words, "killed"])
        seen = set((tmp_path / "killed" / ".work" / "checkpoints").glob("*.pt"))
        while not set((tmp_path / "killed" / ".work" / "checkpoints").glob("*.pt")) - seen:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not (tmp_path / "killed" / "run.json").exists()
    subprocess.run([*words, "killed"], check=True)
    subprocess.run([*words, "whole"], check=True)
    killed, whole = Run.open(tmp_path / "killed"), Run.open(tmp_path / "whole")
    assert weights(killed) == weights(whole)
    assert steady(killed) == steady(whole)


def test_a_finished_run_is_returned_and_others_are_refused(
    base: Run, reading: PretrainLoop, tmp_path: Path
) -> None:
    def tell(what: str, *_counts: int) -> None:
        assert what == "preparing"

    assert train(reading, base.path, tell=tell).manifest == base.manifest
    with pytest.raises(ConfigError, match="other settings or data"):
        train(msgspec.structs.replace(reading, lr=0.02), base.path)
    assert base.verify() == []
    with pytest.raises(KeyboardInterrupt):
        train(reading, tmp_path / "run", tell=stop_at(10))
    with pytest.raises(ConfigError, match="unfinished run of other settings"):
        train(msgspec.structs.replace(reading, lr=0.02), tmp_path / "run")


def test_a_probe_is_asked_before_and_after_and_changes_nothing(
    base: Run, reading: PretrainLoop, tmp_path: Path
) -> None:
    def probe(model, tokenizer) -> dict[str, float]:  # type: ignore[no-untyped-def]
        return {
            "vocabulary": float(len(tokenizer)),
            "layers": float(model.config.num_hidden_layers),
        }

    run = train(reading, tmp_path / "run", probe=probe)
    size = float(len(base.model()[1]))
    assert run.curve("vocabulary", "probe") == [(0, size), (15, size), (30, size)]
    assert weights(run) == weights(base)


def test_sentences_are_finished_and_compared_with_chance(
    reading: PretrainLoop, tmp_path: Path
) -> None:
    cloze = tmp_path / "cloze.jsonl"
    cloze.write_text(
        '{"prompt": "Thing 0 is", "continuation": " red", "others": [" of"], "name": "first"}\n'
    )
    recipe = msgspec.structs.replace(reading, cloze=str(cloze), steps=60)
    run = train(recipe, tmp_path / "run")
    curve = run.curve("probability/first", "cloze")
    assert curve[0][1] < 0.01 < curve[-1][1]
    assert run.curve("accuracy/chance/all", "cloze")[-1][1] == 0.5
    assert [one.role for one in run.manifest.ingredients] == ["data", "cloze"]


def test_a_packed_token_set_is_read_and_named_by_its_digest(
    reading: PretrainLoop, shelf: Path, tmp_path: Path
) -> None:
    train_tokenizer(shelf / "texts", tmp_path / "tokenizer.json", BpeSettings(vocab=300))
    packed = pack(
        shelf / "texts", tmp_path / "tokenizer.json", tmp_path / "tokens", PackSettings(length=17)
    )
    assert read_token_manifest(tmp_path / "tokens").digest == packed.manifest.digest
    recipe = msgspec.structs.replace(reading, data=(str(tmp_path / "tokens"),), steps=8)
    run = train(recipe, tmp_path / "run")
    assert run.manifest.ingredients[0].digest == packed.manifest.digest
    assert run.curve("bits_per_byte/data", "held_out")[-1][0] == 8


def test_padding_of_a_token_set_is_no_target(shelf: Path, tmp_path: Path) -> None:
    train_tokenizer(shelf / "texts", tmp_path / "tokenizer.json", BpeSettings(vocab=300))
    packed = pack(
        shelf / "texts", tmp_path / "tokenizer.json", tmp_path / "tokens",
        PackSettings(length=32, strategy="best_fit"),
    )  # fmt: skip
    rows = ShardRows([tmp_path / "tokens"])
    batch = rows.read(np.arange(len(rows)))
    n_targets = int((batch.targets != IGNORED).sum())
    assert n_targets == packed.manifest.counts.n_tokens - len(rows)
    assert packed.manifest.counts.n_padding > 0


@given(st.integers(1, 40), st.integers(1, 7), st.integers(0, 3))
def test_every_row_is_read_once_an_epoch_in_an_order_of_its_own(
    n: int, batch: int, seed: int
) -> None:
    order = Order(n, seed)
    places = [order.at(at, min(at + batch, 2 * n)) for at in range(0, 2 * n, batch)]
    rows = np.concatenate(places)
    assert sorted(rows[:n]) == sorted(rows[n:]) == list(range(n))
    assert (Order(n, seed).at(0, 2 * n) == rows).all()


def test_every_token_of_a_stream_is_a_target_once(tmp_path: Path) -> None:
    np.arange(50, dtype="<u2").tofile(tmp_path / "tokens.bin")
    rows = StreamRows(tmp_path / "tokens.bin", 7, "<u2")
    batch = rows.read(np.arange(len(rows)))
    assert batch.targets.ravel().tolist() == list(range(1, 50))
    assert (batch.targets[:, :-1] == batch.tokens[:, 1:]).all()


def test_schedules_rise_and_fall_as_they_are_called() -> None:
    cosine, wsd = Schedule(warmup=10), Schedule(shape="wsd", warmup=10, decay=0.2)
    assert cosine.at(0, 100) == pytest.approx(0.1)
    assert cosine.at(50, 100) == pytest.approx(0.5)
    assert [wsd.at(step, 100) for step in (20, 79)] == [1.0, 1.0]
    assert wsd.at(95, 100) < 0.2
    assert Schedule(shape="constant", warmup=0).at(99, 100) == 1.0
    assert Schedule(final=0.5, warmup=0).at(100, 100) == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"data": ("nowhere",)}, "data: nowhere is not there"),
        ({"data": ()}, "this is nothing"),
        ({"data": ("world:texts",)}, "the small world has no 'texts'"),
        ({"device": "cuda:9"}, "device 'cuda:9'"),
        ({"length": 100_000}, "less than one row"),
    ],
)
def test_a_fault_is_found_before_the_training_and_leaves_nothing(
    reading: PretrainLoop, tmp_path: Path, changes: dict[str, object], complaint: str
) -> None:
    def tell(what: str, *_counts: int) -> None:
        assert what == "preparing"

    recipe = msgspec.structs.replace(reading, **changes)
    with pytest.raises(ConfigError, match=complaint):
        train(recipe, tmp_path / "run", tell=tell)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("{", "cloze.jsonl:1: no probe"),
        ('{"prompt": "Thing 0 is", "continuation": " red", "colour": 1}', "unknown field"),
        ('{"prompt": "Thi", "continuation": "ng"}', "does not part 'Thi'"),
        ("", "has no probes"),
    ],
)
def test_probes_that_cannot_be_asked_are_refused(
    reading: PretrainLoop, tmp_path: Path, line: str, complaint: str
) -> None:
    (tmp_path / "cloze.jsonl").write_text(line)
    recipe = msgspec.structs.replace(reading, cloze=str(tmp_path / "cloze.jsonl"))
    with pytest.raises(ConfigError, match=complaint):
        train(recipe, tmp_path / "run")


def test_data_of_another_kind_and_texts_of_strangers(
    reading: PretrainLoop, shelf: Path, tmp_path: Path
) -> None:
    recipe = msgspec.structs.replace(reading, data=(str(shelf / "chats"),))
    with pytest.raises(ConfigError, match="it must hold documents; it holds demonstrations"):
        train(recipe, tmp_path / "run")
    origin = Origin(source="", made_by="")
    texts = [
        "\x00\u202e" * 40,
        "<|endoftext|>" * 30,
        "<|im_end|>a\ufffd" * 30,
        "",
        "\U0001f600" * 60,
    ]
    with DatasetWriter(tmp_path / "odd", record="document") as writer:
        writer.write(
            "documents",
            [Document(id=str(n), origin=origin, text=texts[n % 5]) for n in range(30)],
        )
        writer.finish(recipe="{}")
    recipe = msgspec.structs.replace(reading, data=(str(tmp_path / "odd"),), steps=3)
    assert train(recipe, tmp_path / "run").manifest.n_steps == 3

"""From a recipe to a corpus and its report, through the command line."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from etude import Dataset
from etude.cli import main
from etude.config import read_toml
from etude.engine import engines
from etude.records import BrokenRecord, DroppedDocument, StepCount
from etude.stages.corpus.build import build
from etude.stages.corpus.recipe import CorpusRecipe

N_DOCUMENTS = 40


def etude(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    """JSON lines: documents of growing length, one twice, two that are broken."""
    path = tmp_path / "lines.jsonl"
    rows = [
        json.dumps({"id": f"d{n}", "text": " ".join(f"word{n * 7 + i}" for i in range(n + 1))})
        for n in range(N_DOCUMENTS)
    ]
    rows += [rows[30].replace('"d30"', '"copy"'), "{not json", '{"id": "no text"}']
    path.write_text("\n".join(rows) + "\n", "utf-8")
    return path


def recipe(tmp_path: Path, lines: Path, *, steps: str = "", name: str = "recipe.toml") -> Path:
    path = tmp_path / name
    path.write_text(
        f'[[sources]]\nuse = "jsonl"\npaths = ["{lines}"]\ndomain = "words"\n'
        f'licence = "MIT"\n{steps}',
        "utf-8",
    )
    return path


STEPS = """
[[steps]]
use = "length"
at_least = 100

[[steps]]
use = "exact"

[[steps]]
use = "sample"
share = 0.9
"""


def test_every_record_is_kept_or_dropped_for_a_reason(tmp_path: Path, lines: Path) -> None:
    done = etude("corpus", "build", recipe(tmp_path, lines, steps=STEPS), "--out", tmp_path / "ds")
    assert done.exit_code == 0, done.output
    held = Dataset.open(tmp_path / "ds")
    assert held.verify() == []
    counts = held.manifest.counts
    assert counts.n_in == N_DOCUMENTS + 3
    assert counts.n_in == counts.n_kept + sum(counts.dropped.values())
    assert sum(n for reason, n in counts.dropped.items() if reason.startswith("broken: ")) == 2
    assert sum(n for reason, n in counts.dropped.items() if reason.startswith("exact: ")) == 1
    documents = [*held.documents()]
    assert all(len(document.text) >= 100 for document in documents)
    assert {document.domain for document in documents} == {"words"}
    assert {document.origin.licence for document in documents} == {"MIT"}
    steps = [count.step for count in held.rows("funnel", StepCount)]
    assert steps == ["read", "length", "exact", "sample"]
    broken = [*held.rows("broken", BrokenRecord)]
    assert len(broken) == 2
    assert all("lines.jsonl" in row.id for row in broken)
    dropped = {row.id for row in held.rows("dropped", DroppedDocument)}
    assert not dropped & {document.id for document in documents}


def test_the_same_recipe_gives_the_same_bytes_however_many_processes(
    tmp_path: Path, lines: Path
) -> None:
    # Several files, so that there are several parts.
    for n in range(3):
        (tmp_path / f"more-{n}.jsonl").write_bytes(lines.read_bytes().replace(b'"d', b'"%d-' % n))
    made = recipe(tmp_path, tmp_path / "*.jsonl", steps=STEPS)
    digests = []
    for jobs in (1, 2):
        out = tmp_path / f"ds{jobs}"
        build(read_toml(made, CorpusRecipe), out, engines.make({"use": "local", "jobs": jobs}))
        manifest = Dataset.open(out).manifest
        digests.append([shard.sha256 for shard in manifest.tables["documents"]])
    assert digests[0] == digests[1]


def test_a_finished_corpus_is_not_made_again_and_not_overwritten(
    tmp_path: Path, lines: Path
) -> None:
    made = recipe(tmp_path, lines)
    assert etude("corpus", "build", made, "--out", tmp_path / "ds").exit_code == 0
    again = etude("corpus", "build", made, "--out", tmp_path / "ds")
    assert again.exit_code == 0
    assert "nothing to do" in again.output
    other = etude("corpus", "build", recipe(tmp_path, lines, steps=STEPS), "--out", tmp_path / "ds")
    assert other.exit_code == 2
    assert "name a new folder" in other.output


def test_documents_with_the_same_id_get_ids_of_their_own(tmp_path: Path) -> None:
    path = tmp_path / "same.jsonl"
    path.write_text("".join(json.dumps({"id": "x", "text": f"text {n}"}) + "\n" for n in range(3)))
    assert etude("corpus", "build", recipe(tmp_path, path), "--out", tmp_path / "ds").exit_code == 0
    held = Dataset.open(tmp_path / "ds")
    ids = [document.id for document in held.documents()]
    assert len(set(ids)) == 3
    assert "x" in ids
    assert held.verify() == []


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no [[sources]]"),
        ('[[sources]]\nuse = "jsonk"\npaths = ["x"]\n', "did you mean 'jsonl'"),
        ('[[sources]]\nuse = "jsonl"\npaths = ["no-such-file.jsonl"]\n', "no-such-file.jsonl"),
        ('[[sources]]\nuse = "jsonl"\npath = "x"\n', "path"),
        ('[[sources]]\npaths = ["x"]\n', "sources 1: has no `use`"),
        ("sources = 3\n", "sources"),
        ("[[source]]\n", "did you mean 'sources'"),
    ],
)
def test_a_wrong_recipe_is_answered_with_what_to_mend(
    tmp_path: Path, content: str, message: str
) -> None:
    (tmp_path / "wrong.toml").write_text(content, "utf-8")
    done = etude("corpus", "build", tmp_path / "wrong.toml", "--out", tmp_path / "ds")
    assert done.exit_code == 2, done.output
    assert message in done.output
    assert len(done.output.strip().splitlines()) <= 2
    assert not (tmp_path / "ds").exists()


def test_a_wrong_setting_of_a_step_names_the_step(tmp_path: Path, lines: Path) -> None:
    steps = '[[steps]]\nuse = "length"\nat_leest = 3\n'
    done = etude("corpus", "build", recipe(tmp_path, lines, steps=steps), "--out", tmp_path / "ds")
    assert done.exit_code == 2
    assert "steps 1" in done.output
    assert "at_leest" in done.output


def test_a_file_that_a_step_lacks_is_named_and_nothing_is_left(tmp_path: Path, lines: Path) -> None:
    steps = '[[steps]]\nuse = "classifier"\nmodel = "no-such.model"\n'
    done = etude("corpus", "build", recipe(tmp_path, lines, steps=steps), "--out", tmp_path / "ds")
    assert done.exit_code == 2
    assert "no-such.model" in done.output
    assert not (tmp_path / "ds").exists()


def test_one_step_can_be_applied_alone(tmp_path: Path, lines: Path) -> None:
    source = ["corpus", "apply", "length", lines, "--from", "jsonl", "--set", "at_least=200"]
    done = etude(*source, "--out", tmp_path / "long", "--json")
    assert done.exit_code == 0, done.output
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert 0 < outcome["n_kept"] < N_DOCUMENTS
    assert set(outcome["dropped"]) >= {"length: too short"}
    again = etude("corpus", "apply", "exact", tmp_path / "long", "--out", tmp_path / "unique")
    assert again.exit_code == 0, again.output
    parents = Dataset.open(tmp_path / "unique").manifest.parents
    assert parents == (Dataset.open(tmp_path / "long").manifest.digest,)
    wrong = etude(*source[:-1], "at_least", "--out", tmp_path / "other")
    assert wrong.exit_code == 2
    assert "KEY=VALUE" in wrong.output


def test_the_report_shows_what_the_data_set_says(tmp_path: Path, lines: Path) -> None:
    made = recipe(tmp_path, lines, steps=STEPS)
    assert etude("corpus", "build", made, "--out", tmp_path / "ds").exit_code == 0
    done = etude("corpus", "report", tmp_path / "ds")
    assert done.exit_code == 0, done.output
    page = (tmp_path / "ds.html").read_text("utf-8")
    for words in ("length: too short", "01 length", "words", "MIT", "lines.jsonl", "exact"):
        assert words in page
    assert "<script" not in page
    figures = json.loads(etude("corpus", "report", tmp_path / "ds", "--json").output)
    assert figures["n_read"] == N_DOCUMENTS + 3
    assert sum(amount["n_documents"] for amount in figures["by_domain"]) == figures["n_kept"]


def test_a_report_on_something_else_is_refused(tmp_path: Path) -> None:
    done = etude("corpus", "report", tmp_path)
    assert done.exit_code == 2
    assert "no data set" in done.output


def test_a_document_cannot_put_markup_into_the_report(tmp_path: Path) -> None:
    text = "<script>alert(1)</script> </pre><img src=x onerror=alert(1)> \u202e hidden"
    path = tmp_path / "bad.jsonl"
    rows = [{"id": "<b>id</b>", "text": text}, {"id": "short", "text": "<i>x</i>"}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    steps = '[[steps]]\nuse = "length"\nat_least = 20\n'
    made = recipe(tmp_path, path, steps=steps)
    assert etude("corpus", "build", made, "--out", tmp_path / "ds").exit_code == 0
    assert etude("corpus", "report", tmp_path / "ds").exit_code == 0
    page = (tmp_path / "ds.html").read_text("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "<i>x" not in page
    assert "\u202e" not in page


def test_a_build_that_is_killed_again_and_again_gives_the_same_corpus(
    tmp_path: Path, lines: Path
) -> None:
    for n in range(12):
        (tmp_path / f"more-{n:02}.jsonl").write_bytes(
            lines.read_bytes().replace(b'"d', b'"%d-' % n).replace(b"word", b"w%d" % n)
        )
    made = recipe(tmp_path, tmp_path / "*.jsonl", steps=STEPS)
    whole = tmp_path / "whole"
    assert etude("corpus", "build", made, "--out", whole, "--jobs", 1).exit_code == 0
    broken_off = tmp_path / "broken-off"
    etude_program = str(Path(sys.executable).with_name("etude"))
    command = [etude_program, "corpus", "build", str(made), "--out", str(broken_off)]
    n_kills = 0
    for wait_for in (1, 8, 15):
        run = subprocess.Popen([*command, "--jobs", "1"], stderr=subprocess.DEVNULL)
        while run.poll() is None and len([*broken_off.glob(".work/*/done/*.json")]) < wait_for:
            time.sleep(0.002)
        if run.poll() is None:
            os.kill(run.pid, signal.SIGKILL)
            n_kills += 1
        run.wait()
    assert n_kills > 0
    assert (
        subprocess.run([*command, "--jobs", "1"], capture_output=True, check=False).returncode == 0
    )
    one, two = Dataset.open(whole).manifest, Dataset.open(broken_off).manifest
    assert one.counts == two.counts
    assert one.tables["documents"] == two.tables["documents"]
    assert Dataset.open(broken_off).verify() == []
    assert not (broken_off / ".work").exists()


def test_what_the_manifest_says_of_the_recipe_can_be_built_again(
    tmp_path: Path, lines: Path
) -> None:
    assert (
        etude(
            "corpus", "build", recipe(tmp_path, lines, steps=STEPS), "--out", tmp_path / "ds"
        ).exit_code
        == 0
    )
    made = msgspec.json.decode(Dataset.open(tmp_path / "ds").manifest.recipe)
    assert [step["use"] for step in made["recipe"]["steps"]] == ["length", "exact", "sample"]
    assert made["recipe"]["steps"][0]["at_most"] == 0


def test_a_corpus_is_packed_into_tokens_and_the_budget_counts_them(
    tmp_path: Path, lines: Path
) -> None:
    built, tokenizer = tmp_path / "ds", tmp_path / "tok.json"
    assert etude("corpus", "build", recipe(tmp_path, lines), "--out", built).exit_code == 0
    done = etude("corpus", "train-tokenizer", built, "--vocab", 400, "--out", tokenizer)
    assert done.exit_code == 0, done.output
    packing = ["corpus", "pack", built, "--tokenizer", tokenizer, "--length", 64]
    done = etude(*packing, "--out", tmp_path / "tokens")
    assert done.exit_code == 0, done.output
    done = etude("corpus", "check-tokens", tmp_path / "tokens", "--json")
    n_tokens = json.loads(done.stdout)["counts"]["n_tokens"]
    counting = ["corpus", "apply", "count_tokens", built, "--set", f"tokenizer={tokenizer}"]
    assert etude(*counting, "--out", tmp_path / "counted").exit_code == 0
    done = etude("corpus", "budget", tmp_path / "counted", "--tokens", 1000, "--json")
    # Packing puts a token between documents; the step counts the documents' own.
    unique = json.loads(done.stdout)["unique_tokens"]
    assert n_tokens == unique + Dataset.open(built).manifest.counts.n_kept
    shard = next((tmp_path / "tokens").rglob("*.bin"))
    shard.write_bytes(shard.read_bytes()[:-2])
    assert etude("corpus", "check-tokens", tmp_path / "tokens").exit_code == 1


def test_a_classifier_and_a_language_model_are_trained_and_judge(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.jsonl", tmp_path / "bad.jsonl"
    prose = "the committee met on monday and agreed to publish report {n} about the harbour"
    good.write_text("".join(json.dumps({"text": prose.format(n=n)}) + "\n" for n in range(80)))
    spam = "buy cheap pills {n} now click here best price winner casino bonus"
    bad.write_text("".join(json.dumps({"text": spam.format(n=n)}) + "\n" for n in range(80)))
    model = tmp_path / "quality.model"
    training = ["corpus", "train-classifier", "--good", good, "--bad", bad, "--from", "jsonl"]
    done = etude(*training, "--out", model)
    assert done.exit_code == 0, done.output
    assert "AUC" in done.output
    steps = f'[[steps]]\nuse = "classifier"\nmodel = "{model}"\nkeep_above = 0.5\n'
    made = recipe(tmp_path, tmp_path / "[gb]*.jsonl", steps=steps)
    assert etude("corpus", "build", made, "--out", tmp_path / "ds").exit_code == 0
    texts = [document.text for document in Dataset.open(tmp_path / "ds").documents()]
    assert len(texts) == 80
    assert all("committee" in text for text in texts)
    language = tmp_path / "language.model"
    done = etude("corpus", "train-perplexity", good, "--from", "jsonl", "--out", language)
    assert done.exit_code == 0, done.output
    steps = f'[[steps]]\nuse = "perplexity"\nmodel = "{language}"\n'
    made = recipe(tmp_path, tmp_path / "[gb]*.jsonl", steps=steps, name="other.toml")
    assert etude("corpus", "build", made, "--out", tmp_path / "ds2").exit_code == 0
    spread: dict[bool, list[float]] = {True: [], False: []}
    for batch in Dataset.open(tmp_path / "ds2").batches("documents", ["text", "signal_perplexity"]):
        for row in batch.to_pylist():
            spread["committee" in row["text"]].append(row["signal_perplexity"])
    assert max(spread[True]) < min(spread[False])


def test_new_documents_are_compared_with_an_index_of_earlier_ones(
    tmp_path: Path, lines: Path
) -> None:
    old, new, index = tmp_path / "old", tmp_path / "new", tmp_path / "index"
    assert etude("corpus", "build", recipe(tmp_path, lines), "--out", old).exit_code == 0
    done = etude("corpus", "index", old, "--step", "exact", "--out", index)
    assert done.exit_code == 0, done.output
    (tmp_path / "lines.jsonl").write_bytes(lines.read_bytes() + b'{"text": "never seen before"}\n')
    steps = f'[[steps]]\nuse = "exact"\nindex = "{index}"\n'
    made = recipe(tmp_path, lines, steps=steps, name="next.toml")
    assert etude("corpus", "build", made, "--out", new).exit_code == 0
    assert [document.text for document in Dataset.open(new).documents()] == ["never seen before"]


def test_weights_are_learned_from_small_runs_or_from_a_table_of_runs(tmp_path: Path) -> None:
    for domain, words in (("a", "river bridge water boat"), ("b", "lambda tensor graph node")):
        picked = words.split()
        rows = [
            json.dumps({"text": " ".join(picked[(n * i + i) % 4] for i in range(60)) + f" {n}"})
            for n in range(120)
        ]
        (tmp_path / f"{domain}.jsonl").write_text("\n".join(rows) + "\n", "utf-8")
    sources = "".join(
        f'[[sources]]\nuse = "jsonl"\npaths = ["{tmp_path / name}.jsonl"]\ndomain = "{name}"\n'
        for name in ("a", "b")
    )
    (tmp_path / "two.toml").write_text(sources, "utf-8")
    assert etude("corpus", "build", tmp_path / "two.toml", "--out", tmp_path / "ds").exit_code == 0
    learning = ["corpus", "learn-weights", tmp_path / "ds"]
    runs = tmp_path / "runs.parquet"
    done = etude(*learning, "--runs", 8, "--run-bytes", 20000, "--save-runs", runs, "--json")
    assert done.exit_code == 0, done.output
    learned = json.loads(done.stdout)
    assert sum(learned["weights"].values()) == pytest.approx(1)
    again = etude(*learning, "--from-runs", runs, "--json")
    assert json.loads(again.stdout)["weights"] == pytest.approx(learned["weights"])


def test_the_search_for_private_items_is_measured_from_the_command_line() -> None:
    done = etude("corpus", "measure-privacy", "--texts", 20, "--json")
    assert done.exit_code == 0, done.output
    scores = json.loads(done.stdout)
    assert scores["email"]["recall"]["value"] > 0.9


def test_readers_and_steps_are_listed_with_their_settings() -> None:
    listed = json.loads(etude("corpus", "list", "--json").stdout)
    assert {"jsonl", "warc"} <= listed["readers"].keys()
    assert {"minhash", "pii"} <= listed["steps"].keys()
    told = json.loads(etude("corpus", "list", "minhash", "--json").stdout)
    assert {"name": "bands", "type": "int", "default": "14"}.items() <= next(
        setting for setting in told if setting["name"] == "bands"
    ).items()
    assert all(setting["meaning"] for setting in told if setting["name"] != "seed")
    wrong = etude("corpus", "list", "minhsh")
    assert wrong.exit_code == 2
    assert "did you mean 'minhash'" in wrong.output


def test_signals_that_only_some_sources_have_are_null_for_the_others(
    tmp_path: Path, lines: Path
) -> None:
    measured, both = tmp_path / "measured", tmp_path / "both"
    steps = '[[steps]]\nuse = "redpajama"\n'
    made = recipe(tmp_path, lines, steps=steps)
    assert etude("corpus", "build", made, "--out", measured).exit_code == 0
    (tmp_path / "both.toml").write_text(
        f'[[sources]]\nuse = "dataset"\npaths = ["{measured}"]\n'
        f'[[sources]]\nuse = "jsonl"\npaths = ["{lines}"]\n',
        "utf-8",
    )
    done = etude("corpus", "build", tmp_path / "both.toml", "--out", both)
    assert done.exit_code == 0, done.output
    held = Dataset.open(both)
    assert held.verify() == []
    batches = held.batches("documents", ["signal_rps_doc_word_count"])
    values = [value for batch in batches for value in batch.column(0).to_pylist()]
    assert values.count(None) == len(values) // 2
    assert max(value for value in values if value is not None) == N_DOCUMENTS

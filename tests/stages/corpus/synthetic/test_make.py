"""From human text to a data set of synthetic text: parents, cost, resuming, the gate."""

import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest
from click.testing import CliRunner

from etude.cli import main
from etude.errors import ConfigError, ModelError
from etude.records import Document, DroppedDocument, StepCount, Tally
from etude.stages.corpus.synthetic import (
    DiversitySettings,
    Gate,
    SynthesisOutcome,
    SynthesisRecipe,
    synthesise,
)
from etude.stages.corpus.synthetic.make import SILENT
from etude.store import JOURNAL, Dataset

QUICK = DiversitySettings(
    measures=({"use": "distinct_n", "n": 1}, {"use": "compression"}), replicates=20
)


class Endpoint(Protocol):
    answer: Any
    questions: list[str]
    seeds: list[int | None]
    n_tokens: int

    def fresh(self, question: str) -> str: ...

    @property
    def model(self) -> dict[str, Any]: ...


def recipe(oracle: Endpoint, **changes: Any) -> SynthesisRecipe:
    settings = {
        "generator": {"use": "rephrase"},
        "model": oracle.model,
        "limit": 0,
        "diversity": QUICK,
        **changes,
    }
    return SynthesisRecipe(**settings)


def documents(outcome: SynthesisOutcome) -> list[Document]:
    return list(Dataset.open(Path(outcome.path)).documents())


def test_each_text_names_parent_generator_model_and_prompt(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = oracle.fresh
    outcome = synthesise(recipe(oracle), corpus, tmp_path / "out")
    held = Dataset.open(tmp_path / "out")
    assert held.verify() == []
    assert outcome.n_kept == outcome.n_asked == outcome.n_answered == 24
    assert held.manifest.parents == (Dataset.open(corpus).manifest.digest,)
    made = documents(outcome)
    assert sorted(parent for text in made for parent in text.origin.parents) == [
        f"h{k:02}" for k in range(24)
    ]
    for text in made:
        assert text.origin.source == "model:oracle"
        assert text.origin.licence == "CC0-1.0"
        assert "generators.rephrase" in text.origin.made_by
        assert text.origin.made_by.endswith(f"prompt {text.tags['prompt_version']}")
        assert (text.tags["generator"], text.tags["model"]) == ("rephrase", "oracle")
        assert (text.domain, text.language) == ("synthetic", "en")


def test_what_was_paid_is_counted_and_bounds_what_is_asked(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = oracle.fresh
    outcome = synthesise(recipe(oracle, max_cost_usd=9.5), corpus, tmp_path / "out", jobs=1)
    # Ten tokens at 0.1 USD each cost a dollar: the tenth question is the last one.
    assert outcome.n_answered == len(oracle.questions) == 10
    assert outcome.cost_usd == pytest.approx(10.0)
    assert (outcome.n_prompt_tokens, outcome.n_completion_tokens) == (200, 100)
    assert outcome.dropped == {"not asked, for max_cost_usd was reached": 14}
    # More money goes on where it stopped.
    outcome = synthesise(recipe(oracle, max_cost_usd=0.0), corpus, tmp_path / "out", jobs=3)
    assert outcome.n_answered == 14
    assert outcome.cost_usd == pytest.approx(24.0)
    assert len(oracle.questions) == 24


def test_the_seed_of_a_model_grows_with_each_question(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = oracle.fresh
    synthesise(
        recipe(oracle, model={**oracle.model, "seed": 5}, limit=4), corpus, tmp_path / "out", jobs=1
    )
    assert oracle.seeds == [5, 6, 7, 8]


def test_a_silent_model_is_no_text_and_is_asked_again(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = lambda question: None if "Anna7" in question else oracle.fresh(question)
    first = synthesise(recipe(oracle), corpus, tmp_path / "out")
    assert first.dropped == {SILENT: 1}
    oracle.answer = oracle.fresh
    second = synthesise(recipe(oracle), corpus, tmp_path / "out")
    assert (second.n_answered, second.n_kept, second.dropped) == (1, 24, {})


def test_a_model_that_is_not_there_is_given_up_soon_and_nothing_is_written(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = lambda question: None
    with pytest.raises(ModelError, match="5 questions in a row had no answer"):
        synthesise(recipe(oracle), corpus, tmp_path / "out", jobs=1)
    assert len(oracle.questions) == 5
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_copies_quotations_and_refusals_go(oracle: Endpoint, corpus: Path, tmp_path: Path) -> None:
    def answer(question: str) -> str:
        number = int(question.partition("Anna")[2].split()[0])
        source = question.partition("==========\n")[2].partition("\n==========")[0]
        return (
            [
                source,
                f"Indeed it is said: {source}",
                "I'm sorry, but I cannot help with that.",
                "One and the same text, for all of them, again and again.",
                f"In 2077 it was said otherwise. {oracle.fresh(question)}",
                "<think>nothing comes to mind",
                oracle.fresh(question),
            ][min(number, 6)]
            if number != 7
            else "One and the same text, for all of them, again and again."
        )

    oracle.answer = answer
    outcome = synthesise(recipe(oracle), corpus, tmp_path / "out")
    assert outcome.dropped == {
        "exact copy of a source": 1,
        "mostly quoted from the sources": 1,
        "the model declined": 1,
        "exact copy of another synthetic text": 1,
        "names a number that its source does not have": 1,
        "not in the form asked for": 1,
    }
    held = Dataset.open(tmp_path / "out")
    assert held.manifest.counts.n_in == outcome.n_kept + 6
    dropped = list(held.rows("dropped", DroppedDocument))
    assert {row.reason for row in dropped} == set(outcome.dropped)
    funnel = list(held.rows("funnel", StepCount))
    assert [row.step for row in funnel] == ["ask", "read", "novelty", "gate"]
    assert (funnel[0].n_in, funnel[-1].n_out) == (24, outcome.n_kept)


def test_collapsed_text_is_refused_and_the_manifest_says_why(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = lambda question: (
        " ".join(["so it", "goes on", "and on"][len(question) % 3] for _ in range(40))
        + f" with {question.partition('Anna')[2].split()[0]}."
        + (" and now and then" * (int(question.partition("Anna")[2].split()[0]) + 1))
    )
    outcome = synthesise(recipe(oracle, max_alike=1.0), corpus, tmp_path / "out")
    assert outcome.verdict.refused
    assert outcome.n_kept == 0
    held = Dataset.open(tmp_path / "out")
    assert held.verify() == []
    [reason] = [r for r in held.manifest.counts.dropped if r.startswith("gate: refused: ")]
    assert "distinct_1 keeps" in reason
    tallies = {row.name: row.value for row in held.rows("tallies", Tally)}
    assert tallies["verdict"] == "refused"
    [file] = held.manifest.files
    report = msgspec.json.decode((tmp_path / "out" / file.name).read_bytes())
    assert report["verdict"]["weight"] == 0
    assert report["diversity"]["measures"][0]["name"] == "distinct_1"
    # What was paid for is not lost: judged otherwise, it is there without a question.
    asked = len(oracle.questions)
    told = synthesise(
        recipe(oracle, max_alike=1.0, gate=Gate(action="tell")), corpus, tmp_path / "out"
    )
    assert told.n_kept > 0
    assert len(oracle.questions) == asked
    weighed = synthesise(
        recipe(oracle, max_alike=1.0, gate=Gate(action="weigh", least_weight=0.25)),
        corpus,
        tmp_path / "out",
    )
    assert 0 < weighed.n_kept < told.n_kept
    assert weighed.verdict.weight == 0.25


def test_a_killed_run_goes_on_where_it_was(oracle: Endpoint, corpus: Path, tmp_path: Path) -> None:
    script = (
        "import sys, msgspec, os, signal\n"
        "from pathlib import Path\n"
        "from etude.stages.corpus.synthetic import SynthesisRecipe, synthesise\n"
        "recipe = msgspec.json.decode(sys.argv[1], type=SynthesisRecipe)\n"
        "def tell(n, all_, cost):\n"
        "    if n == 4: os.kill(os.getpid(), signal.SIGKILL)\n"
        "synthesise(recipe, Path(sys.argv[2]), Path(sys.argv[3]), jobs=1, tell=tell)\n"
    )
    oracle.answer = oracle.fresh
    out = tmp_path / "out"
    text = msgspec.json.encode(recipe(oracle, limit=10)).decode()
    done = subprocess.run([sys.executable, "-c", script, text, str(corpus), str(out)], check=False)
    assert done.returncode == -9
    assert not (out / "manifest.json").exists()
    # A line that was being written when the power went.
    with (out / JOURNAL).open("ab") as file:
        file.write(b'{"key":"half')
    resumed = synthesise(recipe(oracle, limit=10), corpus, out)
    assert (resumed.n_answered, resumed.n_kept) == (6, 10)
    whole = synthesise(recipe(oracle, limit=10), corpus, tmp_path / "whole")
    assert whole.n_answered == 10
    assert Dataset.open(out).manifest.digest == Dataset.open(tmp_path / "whole").manifest.digest
    assert Dataset.open(out).verify() == []


def test_another_data_set_is_never_written_over(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.answer = oracle.fresh
    with pytest.raises(ConfigError, match="made otherwise"):
        synthesise(recipe(oracle), corpus, corpus)
    synthesise(recipe(oracle, limit=3), corpus, tmp_path / "out")
    with pytest.raises(ConfigError, match="made otherwise"):
        synthesise(recipe(oracle, generator={"use": "textbook"}), corpus, tmp_path / "out")
    assert len(list(Dataset.open(corpus).documents())) == 24


def test_hostile_answers_become_text_or_go(oracle: Endpoint, corpus: Path, tmp_path: Path) -> None:
    hostile = [
        "\0\x1b[2J\ud800" + "z" * 50,
        "{" * 1_000_000,
        "<think>" * 20_000,
        "question" + " " * 90_000,
        "Sure" + ":" * 90_000,
        "```\n" * 30_000,
        "\u202e" * 100 + "a\u0300" * 1000,
    ]
    answers = itertools.cycle(hostile)
    oracle.answer = lambda question: next(answers)
    outcome = synthesise(
        recipe(oracle, limit=8, generator={"use": "question_answer"}), corpus, tmp_path / "qa"
    )
    assert outcome.n_kept == 0
    outcome = synthesise(recipe(oracle, limit=8), corpus, tmp_path / "out")
    assert Dataset.open(tmp_path / "out").verify() == []
    for text in documents(outcome):
        assert not {"\0", "\x1b"} & set(text.text)


def test_an_answer_that_was_cut_off_ends_with_its_last_whole_sentence(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    oracle.n_tokens = 500
    oracle.answer = lambda question: f"{oracle.fresh(question)} And so it en"
    made = documents(synthesise(recipe(oracle, limit=4), corpus, tmp_path / "out"))
    assert len(made) == 4
    assert all(text.text.endswith(" end.") for text in made)


def test_templates_ask_nobody(corpus: Path, tmp_path: Path) -> None:
    made = SynthesisRecipe(
        generator={
            "use": "template",
            "prompt": "On {title}: {first_sentence} {tone}",
            "lists": {"tone": ["Good.", "Well.", "Fine."]},
        },
        where={"domain": "even"},
        limit=0,
        gate=Gate(action="tell"),
        diversity=QUICK,
    )
    outcome = synthesise(made, corpus, tmp_path / "out")
    assert (outcome.n_answered, outcome.n_asked, outcome.cost_usd) == (0, 12, 0.0)
    assert not (tmp_path / "out" / JOURNAL).exists()
    first = documents(outcome)[0]
    assert first.text.startswith("On Title ")
    assert first.origin.source.startswith("template:")


def test_wrong_requests_are_answered_in_words(
    oracle: Endpoint, corpus: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for changes, said in (
        ({"generator": {"use": "rephrse"}}, "did you mean 'rephrase'"),
        ({"generator": {"use": "rephrase", "prompt": "{tone}"}}, "nothing fills in {tone}"),
        ({"model": {}}, "asks a model: name one"),
        ({"where": {"domain": "none"}}, "none of 24 documents"),
        ({"where": {"colour": "red"}}, "picked by domain"),
        (
            {"generator": {"use": "template", "prompt": "{domain}{title}"}, "least_chars": 9999},
            "none of",
        ),
    ):
        with pytest.raises(ConfigError, match=said):
            synthesise(recipe(oracle, **changes), corpus, out)
    assert not out.exists()
    with pytest.raises(ConfigError, match="max_alike"):
        recipe(oracle, max_alike=0.0)


def test_the_commands_make_and_measure(oracle: Endpoint, corpus: Path, tmp_path: Path) -> None:
    oracle.answer = oracle.fresh
    out = tmp_path / "out"
    model = ["--model", "oracle", "--base-url", oracle.model["base_url"], "--price-out", "2"]
    call = ["corpus", "synthesise", str(corpus), "--generator", "rephrase", "--out", str(out)]
    done = CliRunner().invoke(main, [*call, *model, "--where", "domain=odd", "--gate", "tell"])
    assert done.exit_code == 0, done.output
    assert "12 texts read, 12 asked for (12 now), 12 of 12 kept" in done.output
    done = CliRunner().invoke(
        main, ["corpus", "diversity", str(out), "--against", str(corpus), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = msgspec.json.decode(done.output)
    assert told["diversity"]["n_clusters"] == 12
    assert {row["name"] for row in told["diversity"]["measures"]} >= {"vendi", "rare_facts"}
    done = CliRunner().invoke(main, ["corpus", "diversity", str(corpus)])
    assert "self_bleu" in done.output
    done = CliRunner().invoke(main, ["corpus", "diversity", str(corpus), "--check"])
    assert done.exit_code == 2
    done = CliRunner().invoke(main, [*call, "--temperature", "1"])
    assert done.exit_code == 2
    assert "need --model" in done.output
    done = CliRunner().invoke(main, ["corpus", "report", str(out)])
    assert done.exit_code == 0, done.output

import shutil
from pathlib import Path

import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from etude.cli import main
from etude.errors import ConfigError
from etude.store import Dataset
from etude.train.models import Shape, build_model
from etude.train.vocabulary import train_vocabulary
from etude.value.collapse.collapse import collapse
from etude.value.collapse.outcome import Collapse
from etude.value.collapse.page import render_page
from etude.value.collapse.recipe import CollapseRecipe, Settings, Way
from etude.value.collapse.writing import judge, own_text, rare_tokens

PROXY: Settings = {
    "threads": 1,
    "lr": 1e-2,
    "batch": 8,
    "length": 32,
    "schedule": {"warmup": 3},
    "model": {"hidden": 16, "layers": 1, "heads": 2, "kv_heads": 1, "mlp": 32},
    "vocabulary": {"size": 400},
}


def recipe_of(sense: Path, **changes: object) -> CollapseRecipe:
    settings: dict[str, object] = {
        "data": (str(sense),),
        "ways": {"own": Way(), "half": Way(real=0.5), "all": Way(accumulate=True)},
        "generations": 2,
        "seeds": 2,
        "text_bytes": 4_000,
        "tokens": 4_000,
        "held_out_bytes": 3_000,
        "piece_chars": 120,
        "proxy": PROXY,
    }
    return CollapseRecipe(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def done(sense: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Collapse]:
    out = tmp_path_factory.mktemp("collapse") / "run"
    return out, collapse(recipe_of(sense), out)


def test_generations_read_what_their_way_says(done: tuple[Path, Collapse]) -> None:
    _, found = done
    assert len(found.known) == 2 * (1 + 3 * 2)
    for one in found.known:
        if one.generation == 0 or one.way == "all":
            assert one.n_real == found.n_real
        if one.way == "own":
            assert one.n_real == 0
            assert one.n_own > 0
        if one.way == "half":
            assert one.n_real == round(found.n_real / 2)
    accumulated = [one.n_own for one in found.known if one.way == "all" and one.seed == 0]
    assert accumulated == sorted(accumulated)
    assert accumulated[1] > 1.5 * accumulated[0]


def test_the_first_generation_is_shared_and_every_model_is_trained_once(
    done: tuple[Path, Collapse], sense: Path, tmp_path: Path
) -> None:
    out, found = done
    assert len(list((out / "models").iterdir())) == len({one.digest for one in found.known}) == 14
    shutil.copytree(out, tmp_path / "copy")
    told: list[str] = []
    again = collapse(
        recipe_of(sense), tmp_path / "copy", tell=lambda what, n, of: told.append(what)
    )
    assert (again, told) == (found, [])
    longer = recipe_of(sense, generations=3)
    collapse(longer, tmp_path / "copy", tell=lambda what, n, of: told.append(what))
    assert len(list((tmp_path / "copy" / "models").iterdir())) == 14 + 6


def test_what_is_held_out_is_read_by_none(done: tuple[Path, Collapse]) -> None:
    out, _ = done
    held = {
        document.id.partition("#")[0] for document in Dataset.open(out / "held-out").documents()
    }
    read = {document.id.partition("#")[0] for document in Dataset.open(out / "real").documents()}
    assert held
    assert held.isdisjoint(read)


def test_the_loss_of_own_text_only_is_what_the_others_are_held_against(
    done: tuple[Path, Collapse],
) -> None:
    _, found = done
    own, half = found.rise("own"), found.rise("half")
    assert own.against is None
    assert half.against is not None
    gap = np.subtract(
        found.values("half", 2, "bits_per_byte"), found.values("own", 2, "bits_per_byte")
    )
    assert half.against.mean == pytest.approx(gap.mean())
    begin = np.mean(found.values("", 0, "tail"))
    assert found.rise("own", "tail").rise.mean == pytest.approx(
        np.mean(found.values("own", 2, "tail")) - begin
    )
    with pytest.raises(ConfigError, match="was not measured"):
        found.rise("nobody")


def test_the_page_escapes_what_models_write(done: tuple[Path, Collapse]) -> None:
    page = (done[0] / "report.html").read_text("utf-8")
    assert "<svg" in page
    assert "<script" not in page
    bad = "<script>alert(1)</script>\x1b[31m\0"
    hostile = msgspec.structs.replace(
        done[1], known=tuple(msgspec.structs.replace(k, sample=bad) for k in done[1].known)
    )
    assert "<script" not in render_page(hostile)
    assert "\0" not in render_page(hostile)


def test_the_command_prints_json_that_can_be_read_again(
    done: tuple[Path, Collapse], sense: Path, tmp_path: Path
) -> None:
    held = tmp_path / "recipe.toml"
    held.write_text(
        f'data = ["{sense}"]\ngenerations = 2\nseeds = 2\ntext_bytes = 4000\ntokens = 4000\n'
        "held_out_bytes = 3000\npiece_chars = 120\n[ways.own]\n[ways.half]\nreal = 0.5\n"
        "[ways.all]\naccumulate = true\n[proxy]\nthreads = 1\nlr = 1e-2\nbatch = 8\nlength = 32\n"
        "schedule.warmup = 3\nvocabulary.size = 400\n"
        "model = { hidden = 16, layers = 1, heads = 2, kv_heads = 1, mlp = 32 }\n"
    )
    asked = ["train", "collapse", str(held), "--out", str(done[0])]
    told = CliRunner().invoke(main, [*asked, "--json"])
    assert told.exit_code == 0, told.output
    assert msgspec.json.decode(told.stdout, type=Collapse) == done[1]
    said = CliRunner().invoke(main, asked)
    assert "half, bits_per_byte" in said.output
    assert "prevented" in said.output


def test_a_recipe_without_sense_is_refused(sense: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="name one at least"):
        recipe_of(sense, ways={})
    with pytest.raises(ConfigError, match="does not accumulate"):
        Way(real=0.5, accumulate=True)
    with pytest.raises(ConfigError, match="not its to say"):
        recipe_of(sense, proxy={"steps": 3})
    with pytest.raises(ConfigError, match="too little text"):
        collapse(recipe_of(sense, domains=("films",)), tmp_path / "run")
    (tmp_path / "mine").mkdir()
    with pytest.raises(ConfigError, match="something else"):
        collapse(recipe_of(sense), tmp_path)


def test_the_loss_of_the_tail_is_that_of_the_rarest_tokens(sense: Path) -> None:
    texts = [document.text[:200] for document in Dataset.open(sense).documents()][:20]
    tokenizer = train_vocabulary(texts, 400)
    rare = rare_tokens(texts, tokenizer, 0.1)
    counts = np.bincount(
        [i for text in texts for i in tokenizer(text)["input_ids"]], minlength=len(tokenizer)
    )
    assert counts[rare].sum() <= 0.1 * counts.sum()
    assert counts[rare].max() <= counts[~rare].min()
    model = build_model(Shape(hidden=16, layers=1, heads=2, kv_heads=1, mlp=32), tokenizer, 0)
    found = judge(model.eval(), tokenizer, texts, rare, 32)
    # A model that knows nothing thinks every token about as likely.
    assert found.tail == pytest.approx(np.log2(len(tokenizer)), rel=0.1)
    assert found.perplexity == pytest.approx(len(tokenizer), rel=0.3)
    assert found.worst_lines >= found.bits_per_byte


def test_what_a_model_writes_depends_on_nothing_but_the_seed(sense: Path) -> None:
    texts = [document.text[:200] for document in Dataset.open(sense).documents()][:20]
    tokenizer = train_vocabulary(texts, 400)
    model = build_model(Shape(hidden=16, layers=1, heads=2, kv_heads=1, mlp=32), tokenizer, 0)

    def written(seed: int) -> list[str]:
        return own_text(model, tokenizer, 2_000, n_tokens=30, temperature=1.0, seed=seed)

    assert written(1) == written(1) != written(2)
    assert 2_000 <= sum(len(text.encode()) for text in written(1)) < 2_500

import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from etude.cli import main
from etude.config import read_toml
from etude.errors import ConfigError
from etude.stages.corpus.mixing import Runs
from etude.stages.corpus.recipe import CorpusRecipe
from etude.value.ablation.ablate import ablate
from etude.value.ablation.outcome import MAIN, Ablation
from etude.value.ablation.page import render_page
from etude.value.ablation.recipe import AblateRecipe, Arm, Mixtures, Settings

PROXY: Settings = {
    "threads": 1,
    "lr": 1e-2,
    "batch": 8,
    "length": 32,
    "schedule": {"warmup": 3},
    "model": {"hidden": 16, "layers": 1, "heads": 2, "kv_heads": 1, "mlp": 32},
    "vocabulary": {"size": 400},
}


def recipe_of(sense: Path, noise: Path, **changes: object) -> AblateRecipe:
    settings: dict[str, object] = {
        "arms": {"noise": Arm(data=(str(noise),)), "sense": Arm(data=(str(sense),))},
        "against": "noise",
        "tokens": 6_000,
        "seeds": 3,
        "proxy": PROXY,
        "held_out_from": "sense",
        "held_out_share": 0.2,
        "passages": 6,
        "passage_chars": 400,
        "cloze": 10,
    }
    return AblateRecipe(**{**settings, **changes})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def done(
    sense: Path, noise: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Ablation]:
    out = tmp_path_factory.mktemp("ablation") / "run"
    return out, ablate(recipe_of(sense, noise), out)


def test_text_that_makes_sense_is_worth_more_than_the_same_letters_shuffled(
    done: tuple[Path, Ablation],
) -> None:
    found = done[1].main("sense")
    assert found.metric == MAIN
    assert found.difference.n == 3
    assert found.difference.high < 0
    assert found.verdict == "better"
    assert {one.metric for one in done[1].comparisons} >= {"bits_per_byte/tales", "accuracy/notes"}


def test_every_proxy_reads_as_many_tokens_and_what_is_held_out_is_read_by_none(
    done: tuple[Path, Ablation],
) -> None:
    out, found = done
    assert len(list((out / "proxies").iterdir())) == 6
    assert len({proxy.digest for proxy in found.proxies}) == 6
    assert found.prepared.n_passages == {"notes": 6, "tales": 6}
    assert len(found.texts) == 6
    for arm in found.texts:
        assert 40 < arm.n_documents < 60


def test_the_same_command_again_trains_nothing_and_more_seeds_only_what_is_missing(
    done: tuple[Path, Ablation], sense: Path, noise: Path, tmp_path: Path
) -> None:
    shutil.copytree(done[0], tmp_path / "copy")
    told: list[str] = []
    recipe = recipe_of(sense, noise)
    again = ablate(recipe, tmp_path / "copy", tell=lambda what, n, of: told.append(what))
    assert told == []
    assert again == done[1]
    more = recipe_of(sense, noise, seeds=4)
    ablate(more, tmp_path / "copy", tell=lambda what, n, of: told.append(what))
    assert told
    others = {what for what in told if "seed 3" not in what}
    assert others <= {"choosing what to measure on"}


def test_other_texts_in_the_same_folder_are_refused(
    done: tuple[Path, Ablation], sense: Path, noise: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="other texts"):
        ablate(recipe_of(sense, noise, passages=5), done[0])
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ConfigError, match="something else"):
        ablate(recipe_of(sense, noise), tmp_path)
    assert (tmp_path / "mine.txt").read_text() == "mine"


def test_steps_of_a_corpus_make_an_arm_and_amounts_a_curve(sense: Path, tmp_path: Path) -> None:
    steps: tuple[Settings, ...] = ({"use": "length", "at_least": 10},)
    recipe = recipe_of(
        sense,
        sense,
        arms={
            "all": Arm(data=(str(sense),)),
            "tales": Arm(data=(str(sense),), steps=steps, domains=("tales",)),
        },
        against="all",
        held_out_from="all",
        seeds=1,
        tokens=1600,
        amounts=(400, 800, 1200),
        cloze=0,
    )
    found = ablate(recipe, tmp_path / "run")
    assert [one.arm for one in found.curves] == ["all", "tales"]
    assert found.main("tales").verdict == "not told apart"
    tales = found.texts[1]
    assert tales.n_documents < 60


def test_the_page_shows_every_arm_and_escapes_what_strangers_wrote(
    done: tuple[Path, Ablation],
) -> None:
    page = (done[0] / "report.html").read_text("utf-8")
    assert "<strong>sense</strong> against noise" in page
    assert "<script" not in page
    bad = "<script>alert(1)</script>"
    hostile = msgspec.structs.replace(
        done[1],
        comparisons=tuple(msgspec.structs.replace(c, against=bad) for c in done[1].comparisons),
    )
    assert bad not in render_page(hostile)


def test_the_command_says_what_was_found_and_prints_json(
    done: tuple[Path, Ablation], sense: Path, noise: Path, tmp_path: Path
) -> None:
    held = tmp_path / "recipe.toml"
    held.write_text(
        f'against = "noise"\ntokens = 6000\nseeds = 3\nheld_out_from = "sense"\n'
        f"held_out_share = 0.2\npassages = 6\npassage_chars = 400\ncloze = 10\n"
        f'[arms.noise]\ndata = ["{noise}"]\n[arms.sense]\ndata = ["{sense}"]\n'
        "[proxy]\nthreads = 1\nlr = 1e-2\nbatch = 8\nlength = 32\nschedule.warmup = 3\n"
        "vocabulary.size = 400\n"
        "model = { hidden = 16, layers = 1, heads = 2, kv_heads = 1, mlp = 32 }\n"
    )
    asked = ["train", "ablate", str(held), "--out", str(done[0])]
    said = CliRunner().invoke(main, asked)
    assert said.exit_code == 0, said.output
    assert "sense against noise, bits_per_byte/all" in said.output
    assert "better" in said.output
    told = CliRunner().invoke(main, [*asked, "--json"])
    assert msgspec.json.decode(told.stdout, type=Ablation) == done[1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"against": "nobody"}, "no arm 'nobody'"),
        ({"held_out_from": ""}, "name what to measure on"),
        ({"held_out_from": "nobody"}, "no arm 'nobody'"),
        ({"amounts": (9_000,)}, "smaller than tokens"),
        ({"amounts": (1_000,)}, "three or more"),
        ({"proxy": {**PROXY, "seed": 1}}, "not its to say"),
        ({"arms": {"noise": Arm(data=("x",))}}, "two texts or more"),
        (
            {"arms": {"sense": Arm(data=("x",)), "../y": Arm(data=("x",))}, "against": "sense"},
            "fit for a folder",
        ),
    ],
)
def test_a_recipe_that_compares_nothing_is_refused(
    sense: Path, noise: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(ConfigError, match=reason):
        recipe_of(sense, noise, **changes)


def test_what_is_wrong_is_found_before_anything_is_trained(
    sense: Path, noise: Path, tmp_path: Path
) -> None:
    for changes, reason in (
        ({"proxy": {**PROXY, "learning": 1}}, "unknown field `learning`"),
        ({"arms": {"noise": Arm(data=()), "sense": Arm(data=(str(sense),))}}, "names no data"),
        (
            {"arms": {"noise": Arm(data=("nowhere",)), "sense": Arm(data=(str(sense),))}},
            "nowhere",
        ),
        (
            {
                "arms": {
                    "noise": Arm(data=(str(noise),), domains=("films",)),
                    "sense": Arm(data=(str(sense),)),
                }
            },
            "no document is left",
        ),
    ):
        with pytest.raises(ConfigError, match=reason):
            ablate(recipe_of(sense, noise, **changes), tmp_path / "run")
        assert not (tmp_path / "run" / "proxies").exists()
        shutil.rmtree(tmp_path / "run", ignore_errors=True)


def test_shares_of_domains_are_learned_and_written_as_a_step_of_a_corpus(
    sense: Path, noise: Path, tmp_path: Path
) -> None:
    recipe = recipe_of(
        sense,
        noise,
        seeds=1,
        tokens=1_600,
        cloze=0,
        mixtures=Mixtures(arm="sense", runs=6, confirm=0),
    )
    found = ablate(recipe, tmp_path / "run")
    assert found.mixture is not None
    assert set(found.mixture.weights) == {"notes", "tales"}
    assert sum(share.value for share in found.mixture.weights.values()) == pytest.approx(1)
    step = read_toml(tmp_path / "run" / "mixture.toml", CorpusRecipe).steps[0]
    assert step["use"] == "mix"
    runs = Runs.load(tmp_path / "run" / "runs.parquet")
    assert runs.tasks == ("notes", "tales")
    assert len(runs.weights) == 6
    told: list[str] = []
    ablate(recipe, tmp_path / "run", tell=lambda what, n, of: told.append(what))
    assert told == []
    assert "Best share" in (tmp_path / "run" / "report.html").read_text("utf-8")
    assert found.confirmed is None
    with pytest.raises(ConfigError, match="no arm 'x'"):
        recipe_of(sense, noise, mixtures=Mixtures(arm="x"))


def test_a_text_alone_has_its_mixture_confirmed_by_seeds_that_did_not_choose_it(
    sense: Path, tmp_path: Path
) -> None:
    recipe = recipe_of(
        sense,
        sense,
        arms={"sense": Arm(data=(str(sense),))},
        against="",
        seeds=1,
        tokens=1_600,
        cloze=0,
        mixtures=Mixtures(arm="sense", runs=6, confirm=2),
    )
    found = ablate(recipe, tmp_path / "run")
    assert found.comparisons == ()
    assert found.confirmed is not None
    gap = found.confirmed.difference
    assert gap.n == 2
    assert gap.mean == pytest.approx(found.confirmed.value - found.confirmed.by_size)
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "no part in choosing it" in page
    assert 'id="differences"' not in page
    told: list[str] = []
    assert ablate(recipe, tmp_path / "run", tell=lambda what, n, of: told.append(what)) == found
    assert told == []

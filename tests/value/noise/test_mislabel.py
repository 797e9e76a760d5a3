import shutil
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import msgspec
import pytest
from click.testing import CliRunner

from etude.cli import main
from etude.config import read_toml
from etude.errors import ConfigError
from etude.records import Document, Origin
from etude.store import Dataset
from etude.value.noise.examples import Example, draw_examples, label_of, with_noise
from etude.value.noise.noise import mislabel, read_recipe
from etude.value.noise.outcome import NoiseFound
from etude.value.noise.page import render_page
from etude.value.noise.recipe import Learning, NoiseRecipe

WORDS = {
    "garden": ("the roses", "a spade", "some moss", "the hedge", "ripe plums", "cold soil", "bees"),
    "harbour": (
        "the anchor",
        "a sail",
        "wet ropes",
        "the pier",
        "salt fish",
        "grey waves",
        "gulls",
    ),
    "kitchen": (
        "the oven",
        "a ladle",
        "fresh bread",
        "the stove",
        "sour milk",
        "hot pans",
        "yeast",
    ),
}
RECIPE = """
noises = [0.0, 0.4]
amounts = [30, 60, 90]
seeds = 2
example_chars = 120
held_out = 20
held_out_share = 0.25
tokens = 3000
[learning]
lr = 1e-2
length = 32
most_epochs = 4
[proxy]
threads = 1
lr = 1e-2
batch = 8
length = 32
schedule.warmup = 3
vocabulary.size = 400
model = { hidden = 16, layers = 1, heads = 2, kv_heads = 1, mlp = 32 }
"""


def text(label: str, n: int) -> str:
    rng = Random(f"{label}/{n}")
    lines = (" and ".join(rng.choice(WORDS[label]) for _ in range(8)) for _ in range(6))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def places(write: Callable[[str, Sequence[tuple[str, str, str]]], Path]) -> Path:
    rows = [(f"{label}-{n}", label, text(label, n)) for label in WORDS for n in range(40)]
    return write("places", rows)


def recipe_of(places: Path, folder: Path, more: str = "") -> Path:
    held = folder / "recipe.toml"
    held.write_text(f'data = ["{places}"]\n{more}{RECIPE}')
    return held


@pytest.fixture(scope="module")
def done(places: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NoiseFound]:
    folder = tmp_path_factory.mktemp("noise")
    return folder / "run", mislabel(read_recipe(recipe_of(places, folder)), folder / "run")


def test_wrong_labels_cost_what_can_be_seen(done: tuple[Path, NoiseFound]) -> None:
    _, found = done
    assert found.labels == ("garden", "harbour", "kitchen")
    assert len(found.learned) == 3 * 2 * 2
    assert found.n_held_out == 60
    clean, noisy = (sum(found.values("loss", noise, 90)) for noise in (0.0, 0.4))
    assert clean < noisy
    assert {law.metric for law in found.laws} == {"error", "loss"}
    assert [level.noise for level in found.laws[0].law.levels] == [0.0, 0.4]
    cost = next(one for one in found.costs if (one.metric, one.amount) == ("loss", 90))
    assert cost.difference.mean == pytest.approx((noisy - clean) / 2)
    assert all(one.p_all >= one.difference.p_value for one in found.costs)


def test_labellers_are_given_exactly_as_many_wrong_labels_as_was_said(
    done: tuple[Path, NoiseFound],
) -> None:
    out, found = done
    for one in found.learned:
        assert one.n_wrong == round(one.noise * one.amount)
        lines = (out / "labellers" / one.digest / "given.jsonl").read_bytes().splitlines()
        rows = [msgspec.json.decode(line, type=dict[str, str]) for line in lines]
        assert len(rows) == one.amount
        assert sum(row["given"] != row["right"] for row in rows) == one.n_wrong


def test_nothing_of_a_document_that_is_measured_on_is_learned_or_read(
    done: tuple[Path, NoiseFound],
) -> None:
    data = done[0] / "data"
    ids = {
        name: {one.id.partition("#")[0] for one in Dataset.open(data / name).documents()}
        for name in ("held-out", "examples", "text")
    }
    assert all(ids.values())
    assert ids["held-out"].isdisjoint(ids["examples"] | ids["text"])


def test_stopped_and_asked_again_it_trains_only_what_is_missing(
    done: tuple[Path, NoiseFound], places: Path, tmp_path: Path
) -> None:
    out, found = done
    shutil.copytree(out, tmp_path / "copy")
    recipe = read_recipe(recipe_of(places, tmp_path))
    lost = found.learned[-1].digest
    kept = found.learned[0].digest
    shutil.rmtree(tmp_path / "copy" / "labellers" / lost)
    before = (tmp_path / "copy" / "labellers" / kept / "learned.json").stat().st_mtime_ns
    assert mislabel(recipe, tmp_path / "copy") == found
    longer = msgspec.structs.replace(recipe, noises=(0.0, 0.2, 0.4))
    more = mislabel(longer, tmp_path / "copy")
    assert len(more.learned) == 18
    assert set(found.learned) <= set(more.learned)
    after = (tmp_path / "copy" / "labellers" / kept / "learned.json").stat().st_mtime_ns
    assert before == after


def test_more_noise_makes_more_of_the_same_examples_wrong() -> None:
    pool = [Example(f"x{n}", "", n % 4) for n in range(400)]
    drawn = draw_examples(pool, 80, 7)
    assert Counter(one.label for one in drawn) == dict.fromkeys(range(4), 20)
    assert drawn == draw_examples(pool, 160, 7)[:80]
    assert drawn != draw_examples(pool, 80, 8)
    right = [one.label for one in drawn]
    assert with_noise(drawn, 0.0, 4, 7) == right
    little, much = with_noise(drawn, 0.1, 4, 7), with_noise(drawn, 0.4, 4, 7)
    wrong = [n for n in range(80) if little[n] != right[n]]
    assert len(wrong) == 8
    assert all(much[n] == little[n] for n in wrong)
    assert sum(a != b for a, b in zip(much, right, strict=True)) == 32
    # Every other label comes up: what is wrong says nothing of what is right.
    assert {(a - b) % 4 for a, b in zip(much, right, strict=True)} == {0, 1, 2, 3}


def test_the_label_is_a_field_or_a_tag() -> None:
    one = Document(
        id="a", text="b", domain="films", language="en", tags={"project": "etude"},
        origin=Origin(source="test:made", licence="CC0-1.0", made_by="tests"),
    )  # fmt: skip
    named = [label_of(one, name) for name in ("domain", "language", "project", "text")]
    assert named == ["films", "en", "etude", ""]


def test_the_page_says_what_it_is_worth_and_escapes_labels(done: tuple[Path, NoiseFound]) -> None:
    page = (done[0] / "report.html").read_text("utf-8")
    assert "40 % wrong" in page
    assert "the share that is right" in page
    assert "do the work of a clean one" in page
    assert page.count("<svg") >= 5
    bad = "<script>alert(1)</script>\x1b[31m\0"
    hostile = render_page(msgspec.structs.replace(done[1], labels=(bad, "b", "c")))
    assert "<script" not in hostile
    assert "\0" not in hostile


def test_the_command_prints_json_that_can_be_read_again(
    done: tuple[Path, NoiseFound], places: Path, tmp_path: Path
) -> None:
    asked = ["train", "noise", str(recipe_of(places, tmp_path)), "--out", str(done[0])]
    told = CliRunner().invoke(main, [*asked, "--json"])
    assert told.exit_code == 0, told.output
    assert msgspec.json.decode(told.stdout, type=NoiseFound) == done[1]
    said = CliRunner().invoke(main, asked)
    assert "40% wrong of 90, error" in said.output
    assert "of the set do the work of a clean one" in said.output


def test_what_cannot_be_told_apart_is_refused_before_anything_is_trained(
    places: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="name 0 and one share"):
        NoiseRecipe(data=("x",), amounts=(10, 20), noises=(0.1, 0.2))
    with pytest.raises(ConfigError, match="two different numbers"):
        NoiseRecipe(data=("x",), amounts=(10,))
    with pytest.raises(ConfigError, match="not its to say"):
        NoiseRecipe(data=("x",), amounts=(10, 20), proxy={"steps": 3})
    good = read_toml(recipe_of(places, tmp_path), NoiseRecipe)
    for change, reason in (
        ({"label": "mood"}, "have none"),
        ({"labels": ("garden",)}, "two different values"),
        ({"amounts": (30, 9_000)}, "ask for fewer"),
        ({"data": ()}, "name a data set"),
        ({"learning": Learning(length=8, lr=1e30)}, "a lower lr"),
    ):
        with pytest.raises(ConfigError, match=reason):
            mislabel(msgspec.structs.replace(good, **change), tmp_path / f"run {reason}")
    with pytest.raises(ConfigError, match="something else"):
        mislabel(good, tmp_path)

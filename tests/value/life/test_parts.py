"""The small parts of a life: its recipe, its voice, its clock, its gains, its page."""

import asyncio
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from tests.value.life._small import SHAPE, TINY

from etude.cli import main
from etude.errors import ConfigError, EtudeError
from etude.models import Completion
from etude.records import Message
from etude.stages.prefs.probes import summarise
from etude.train.manifest import Figure, Ingredient, Machine, Sample
from etude.train.models import Shape, build_model
from etude.train.speaking import answers, turns
from etude.train.vocabulary import train_vocabulary
from etude.value.life.clock import Clock
from etude.value.life.life import live, read_recipe
from etude.value.life.outcome import Abilities, ByKind, Dialogue, Gain, Life, Line, Part, Stage
from etude.value.life.page import render_page
from etude.value.life.recipe import LOOPS, LifeRecipe
from etude.value.life.voice import SpokenModel, Voice
from etude.value.statistics.difference import paired

ROOT = Path(__file__).parents[3]
HOSTILE = "<script>alert(1)</script>\x00‮"


def user(text: str) -> Message:
    return Message(role="user", content=text)


def test_the_recipe_that_is_shipped_can_be_read() -> None:
    path = ROOT / "recipes" / "train" / "life.toml"
    recipe = read_recipe(path)
    assert recipe.practise_seeds >= 3
    assert f"recipes/train/{path.name}" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("stage", "settings", "message"),
    [
        ("prefer", {"data": ["x"]}, "prefer: data is not its to say"),
        ("imitate", {"model": "x"}, "imitate: model is not its to say"),
        ("read", {"cloze": "x"}, "read: cloze is not its to say"),
        ("judge", {"batches": 3}, "judge: .*batches"),
        ("practise", {"batch": 3, "accumulate": 2}, "practise: batch must be a multiple"),
    ],
)
def test_a_stage_says_what_it_cannot_take(
    stage: str, settings: dict[str, object], message: str
) -> None:
    wrong = msgspec.structs.replace(TINY, **{stage: settings})
    with pytest.raises(ConfigError, match=message):
        wrong.check()


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("dear")
    with pytest.raises(ConfigError, match="holds something else"):
        live(TINY, tmp_path)
    with pytest.raises(ConfigError, match="is a file"):
        live(TINY, tmp_path / "diary.txt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["diary.txt"]


def test_the_command_tells_of_a_bad_recipe_without_a_traceback(tmp_path: Path) -> None:
    recipe = tmp_path / "life.toml"
    recipe.write_text("seed = 1\n")
    done = CliRunner().invoke(main, ["train", "life", str(recipe), "--out", str(tmp_path / "run")])
    assert isinstance(done.exception, EtudeError | SystemExit)
    assert not (tmp_path / "run").exists()


def test_a_voice_answers_all_at_once_as_it_would_one_by_one() -> None:
    tokenizer = train_vocabulary(["What is it? It is red.", "Blue or green?"] * 5, 320)
    model = build_model(msgspec.convert(SHAPE, Shape), tokenizer, 0).eval()
    asked = [(user(text),) for text in ("What is it?", "Blue?", "Is it red or green?")]
    voice = SpokenModel(name="tiny", voice=Voice(model, tokenizer, 5))

    async def together() -> list[Completion]:
        return list(await asyncio.gather(*(voice.generate(one) for one in asked)))

    said = [one.text for one in asyncio.run(together())]
    alone = [answers(model, tokenizer, [turns(one)], n_tokens=5)[0] for one in asked]
    assert said == alone


def test_a_clock_adds_up_over_sittings(tmp_path: Path) -> None:
    first = Clock(tmp_path / "times.json")
    with first.of("read"):
        sum(range(200_000))
        first.tick()
    before = first.spent["read"]
    second = Clock(tmp_path / "times.json")
    with second.of("read"):
        sum(range(200_000))
    assert second.n_sittings == 2
    assert second.spent["read"].wall_s > before.wall_s > 0
    assert second.spent["read"].cpu_s >= before.cpu_s


def gain(before: Figure, after: Figure, wanted: str = "up") -> Gain:
    return Gain(
        ability="a", stage="imitate", before=before, after=after, over="", data=(), wanted=wanted
    )


def test_a_gain_is_claimed_only_where_the_intervals_leave_a_gap() -> None:
    low = Figure(value=0.2, low=0.1, high=0.3, n=50)
    near, far = (Figure(value=v, low=v - 0.1, high=v + 0.1, n=50) for v in (0.35, 0.8))
    assert gain(low, far).verdict == "better"
    assert gain(far, low).verdict == "worse"
    assert gain(low, far, "down").verdict == "worse"
    assert gain(low, near).verdict == "not told apart"
    same = gain(Figure(value=0.5, n=3), Figure(value=0.6, n=3))
    sure = paired([0.5, 0.51, 0.49], [0.6, 0.62, 0.59])
    unsure = paired([0.5, 0.6, 0.4], [0.6, 0.5, 0.7])
    assert msgspec.structs.replace(same, difference=sure).verdict == "better"
    assert msgspec.structs.replace(same, difference=unsure).verdict == "not told apart"


def test_the_page_shows_what_strangers_wrote_as_text() -> None:
    figure = Figure(value=0.5, low=0.4, high=0.6, n=10)
    abilities = Abilities(
        figures={"P(London)": Figure(value=0.25), "answers right": figure},
        probes=summarise("etude", []),
        dialogues=(Dialogue(kind="clear", asked=(HOSTILE,), said=HOSTILE),),
    )
    curves = (Line(name="loss", split="held_out", points=((0, 2.0), (4, 1.0))),)
    stages = tuple(
        Stage(
            name=name,
            stage=name,
            loop=loop,
            seed=0,
            digest="d",
            ingredients=(Ingredient(role="data", name="x/chats", kind="dataset", digest="d"),),
            n_steps=4,
            ended="all steps were done",
            figures={"win_rate": figure},
            curves=curves,
            samples=(Sample(prompt=HOSTILE, before=HOSTILE, after="", wanted=""),),
            reliability=(),
            abilities=None if name == "judge" else abilities,
        )
        for name, loop in LOOPS.items()
    )
    life = Life(
        recipe=LifeRecipe(read={}, imitate={}, judge={}, prefer={}, practise={}),
        parts=(
            Part(name="chats", record="demonstration", n_rows=3, digest="d", parents=("e",),
                 made_by="{}"),
        ),
        stages=stages,
        gains=(gain(figure, figure),),
        kinds=(
            ByKind(
                kind=HOSTILE, before=figure, after=figure, true=figure, blind=figure,
                implicit=figure, win_judged=figure, win_true=figure,
            ),
        ),
        figures={"raters agree": figure},
        spent={},
        n_sittings=1,
        machine=Machine(system="", processor="", n_cores=1, n_threads=1, device="cpu"),
        packages={"torch": "2"},
        code_version="0",
    )  # fmt: skip
    page = render_page(life)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "\x00" not in page
    assert "‮" not in page
    assert "not told apart" in page
    assert "kind by kind" in page
    assert "0.250" in page
    # What was not measured is not stated.
    assert "London by" not in page
    assert msgspec.json.decode(msgspec.json.encode(life), type=Life) == life

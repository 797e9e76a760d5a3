"""The pages say what the code does: rooms, commands, words and links are all there."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import click
import pytest

import etude
from etude import records
from etude.cli import main
from etude.config import read_toml
from etude.rollout.grading import FORBIDDEN_NAMES
from etude.stages.corpus.batch import from_columns
from etude.stages.corpus.recipe import CorpusRecipe, plan
from etude.stages.corpus.steps import Step
from etude.stages.swe.bugs import BugMaker, SourceFile, bug_makers
from etude.stages.swe.make import MakeRecipe
from etude.stages.swe.taking_out import CANNOT_HIDE
from etude.stages.swe.validate import NO_STATEMENT
from etude.train.loops import loops
from etude.value.ablation.recipe import AblateRecipe
from etude.value.collapse.recipe import CollapseRecipe
from etude.value.noise.recipe import NoiseRecipe

ROOT = Path(__file__).parents[2]
HOUSE = Path(etude.__file__).parent
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "CHANGELOG.md",
    *sorted(path for path in DOCS.rglob("*.md") if "_build" not in path.parts),
]


def rooms() -> list[str]:
    """Every room, and every stage, by the name of its page."""
    there = sorted(path.parent.name for path in HOUSE.glob("*/__init__.py"))
    stages = sorted(path.parent.name for path in HOUSE.glob("stages/*/__init__.py"))
    return [*(room for room in there if room != "stages"), *(f"stages-{name}" for name in stages)]


def commands(group: click.Group, path: str = "etude") -> dict[str, click.Command]:
    """Every command that does something, by the words that call it."""
    context = click.Context(group)
    found: dict[str, click.Command] = {}
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found |= commands(command, f"{path} {name}")
        else:
            found[f"{path} {name}"] = command
    return found


COMMANDS = commands(main)


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text("utf-8")


def test_the_readme_is_at_most_150_lines() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 150


@pytest.mark.parametrize("room", rooms())
def test_every_room_has_a_page_that_the_readme_links_to(room: str) -> None:
    assert page(room).startswith("# ")
    assert f"(docs/{room}.md)" in (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_of_itself(name: str) -> None:
    epilog = COMMANDS[name].epilog or ""
    assert epilog.startswith(f"Example: {name}")


def test_the_help_texts_of_the_pages_are_up_to_date() -> None:
    script = [sys.executable, str(DOCS / "paste_help.py"), "--check"]
    done = subprocess.run(script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout}{done.stderr}run docs/paste_help.py"


def test_the_check_of_help_texts_notices_an_old_one(tmp_path: Path) -> None:
    for name in ("paste_help.py", "cli.md"):
        (tmp_path / name).write_text((DOCS / name).read_text("utf-8"), "utf-8")
    old = page("cli").replace("Usage: etude data stats", "Usage: etude data count")
    (tmp_path / "cli.md").write_text(old, "utf-8")
    script = [sys.executable, str(tmp_path / "paste_help.py")]
    check = subprocess.run([*script, "--check"], capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout) == (
        1,
        "cli.md: the help of `etude data stats` is old\n",
    )
    subprocess.run(script, check=True, capture_output=True)
    assert (tmp_path / "cli.md").read_text("utf-8") == page("cli")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text("utf-8"), flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    for target in targets:
        if not re.match(r"[a-z]+:", target):
            assert (path.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("path", sorted((ROOT / "recipes").glob("*.toml")), ids=lambda p: p.name)
def test_every_recipe_can_be_run_as_it_stands(path: Path) -> None:
    assert f"recipes/{path.name}" in path.read_text("utf-8")
    if path.name.startswith("train-"):
        loop = path.stem.removeprefix("train-")
        assert read_toml(path, loops.load(loop)).needs()["data"]
        return
    for prefix, recipe_type in (
        ("ablate-", AblateRecipe), ("collapse", CollapseRecipe), ("noise", NoiseRecipe),
    ):  # fmt: skip
        if path.name.startswith(prefix):
            assert read_toml(path, recipe_type)
            return
    if "[[sources]]" in path.read_text("utf-8"):
        assert plan(read_toml(path, CorpusRecipe)).passes
        return
    recipe = read_toml(path, MakeRecipe)
    assert recipe.codebases
    assert [bug_makers.make(spec) for spec in recipe.makers]


def test_the_recipe_on_the_page_is_one(tmp_path: Path) -> None:
    found = re.search(r"```toml\n(.*?)```", page("cli"), re.DOTALL)
    assert found is not None
    (tmp_path / "recipe.toml").write_text(found[1], "utf-8")
    assert read_toml(tmp_path / "recipe.toml", MakeRecipe).gates.repeats == 2


def test_every_reason_to_refuse_a_bug_is_explained() -> None:
    stage = HOUSE / "stages" / "swe"
    reasons = {"same effect as another", CANNOT_HIDE, NO_STATEMENT}
    for name in ("validate.py", "taking_out.py"):
        for call in ast.walk(ast.parse((stage / name).read_text("utf-8"))):
            if isinstance(call, ast.Call) and ast.unparse(call.func) == "Refused":
                reasons |= {str(word.value) for word in call.args if isinstance(word, ast.Constant)}
    section = page("stages-swe").partition("## Prove them")[2].partition("\n## ")[0]
    explained = set(re.findall(r"^\| ([a-z][^|]*?) \|", section, re.MULTILINE))
    assert len(reasons) > 10
    assert reasons == explained
    assert '"same effect as another"' in (stage / "one_codebase.py").read_text("utf-8")


def test_every_reason_to_set_a_test_aside_is_explained() -> None:
    found = re.search(r"One of: ([^.]*)\.", inspect.getsource(records.SetAside))
    assert found is not None
    reasons = set(found[1].split(", "))
    assert reasons == set(re.findall(r"^\| `([a-z-]+)` \|", page("stages-swe"), re.MULTILINE))


def test_every_plug_in_is_on_the_page_of_its_room() -> None:
    for room, folder in (
        ("models", "models"),
        ("sandbox", "sandbox"),
        ("rollout", "rollout/agents"),
        ("rollout", "rollout/graders"),
        ("models", "models/embedders"),
        ("store", "store/formats"),
        ("store", "store/conversations"),
        ("stages-problems", "stages/problems/families"),
        ("stages-problems", "stages/problems/sources"),
        ("stages-problems", "stages/problems/likeness"),
        ("stages-demos", "stages/demos/checks"),
        ("stages-swe", "stages/swe/bugs"),
        ("engine", "engine"),
        ("store", "store/readers"),
        ("stages-corpus", "stages/corpus/steps"),
        ("train", "train/loops"),
    ):
        files = [p.stem for p in (HOUSE / folder).glob("*.py") if not p.stem.startswith("_")]
        assert files
        for name in files:
            assert f"`{name}`" in page(room), f"{room}.md does not tell of {name}"


def test_every_kind_of_bug_is_on_the_page() -> None:
    with pytest.raises(etude.EtudeError, match="known: ") as caught:
        bug_makers.make({"use": "mutate", "kinds": ["no such kind"]})
    found = re.search(r"known: ([^)]*)\)", str(caught.value))
    assert found is not None
    for kind in found[1].split(", "):
        assert f"`{kind}`" in page("stages-swe"), kind


def test_every_record_is_in_the_glossary() -> None:
    classes = [value for value in vars(records).values() if inspect.isclass(value)]
    assert len(classes) > 10
    for record in classes:
        assert f"`{record.__name__}`" in page("glossary"), record.__name__


def test_every_limit_of_a_box_is_on_the_page() -> None:
    source = (HOUSE / "sandbox" / "_base.py").read_text("utf-8")
    limits = next(
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef) and node.name == "Limits"
    )
    names = [
        str(ast.unparse(node.target)) for node in limits.body if isinstance(node, ast.AnnAssign)
    ]
    assert names
    for name in names:
        assert f"| `{name}` |" in page("sandbox")


def test_paths_that_patches_may_not_touch_are_on_the_page() -> None:
    for name in FORBIDDEN_NAMES:
        if not name.startswith("*."):
            assert f"`{name}`" in page("rollout"), name


def test_the_bug_maker_of_the_how_to_makes_bugs() -> None:
    found = re.search(r"```python\n(.*?)```", page("how-to/bug-maker"), re.DOTALL)
    assert found is not None
    names: dict[str, object] = {"__name__": "flip"}
    exec(compile(found[1], "flip.py", "exec"), names)  # noqa: S102 - the code of our own page
    maker = names["FlipMaker"]
    assert isinstance(maker, type)
    assert issubclass(maker, BugMaker)
    text = "class Door:\n    def is_open(self):\n        return True\n"
    text += "\n\ndef no():\n    return False\n"
    file = SourceFile(path="door.py", text=text, covered=frozenset({3}))
    bugs = list(maker().propose([file], Random(1)))
    assert [(bug.line, bug.function) for bug in bugs] == [(3, "Door.is_open")]
    assert bugs[0].files[0].text == text.replace("return True", "return False")


def test_the_step_of_the_how_to_drops_what_it_says() -> None:
    found = re.search(r"```python\n(.*?)```", page("how-to/corpus-step"), re.DOTALL)
    assert found is not None
    names: dict[str, object] = {"__name__": "shouting"}
    exec(compile(found[1], "shouting.py", "exec"), names)  # noqa: S102 - the code of our own page
    step = names["ShoutingStep"]
    assert isinstance(step, type)
    assert issubclass(step, Step)
    origin = {"source": "", "licence": "", "made_by": "", "parents": []}
    columns = {"id": ["a", "b"], "text": ["LOUD NOISE", "Quiet"], "origin": [origin] * 2}
    done = step().apply(from_columns(columns, 2))
    assert done.column("_drop").to_pylist() == ["shouting", None]


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert f"\n## {etude.__version__}\n" in changelog


def test_no_page_names_a_place_of_one_machine() -> None:
    for path in PAGES:
        text = path.read_text("utf-8")
        assert not re.search(r"/(?:work|root|home)/\w", text), path

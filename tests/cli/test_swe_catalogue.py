"""A catalogue is prepared to its end, whatever fails, and goes on after any stop."""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from etude.cli import main
from etude.errors import ConfigError
from etude.stages.swe.catalogue import PASSING, Catalogue, ProjectOutcome, group_of, read_catalogue
from etude.store import Journal

pytestmark = pytest.mark.xdist_group("catalogue")
TESTS = "import pytest, tiny\n@pytest.mark.parametrize('n', range(25))\n"
TINY = {
    "pyproject.toml": '[project]\nname = "tiny"\nversion = "1.0"\nlicense = "MIT"\n',
    "tiny.py": "def double(n):\n    return n * 2\n",
    "tests/test_tiny.py": TESTS + "def test_double(n): assert tiny.double(n) == n + n\n",
}


def etude(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


def without_tests(path: Path, name: str) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for file in ("pyproject.toml", f"{name}.py"):
            data = f'[project]\nname = "{name}"\n'.encode() if "toml" in file else b"X = 1\n"
            info = tarfile.TarInfo(f"{name}-1/{file}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def catalogue(path: Path, **domains: list[str | Path]) -> Path:
    lines = [f"{name} = {json.dumps([str(s) for s in specs])}" for name, specs in domains.items()]
    path.write_text("\n".join(["[domains]", *lines]), "utf-8")
    return path


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ETUDE_HOME", str(folder))
        yield folder


@pytest.mark.net
def test_what_fails_is_named_and_the_rest_is_prepared(home: Path, tmp_path: Path) -> None:
    tiny = write(tmp_path / "tiny", TINY)
    bare, bald = (without_tests(tmp_path / f"{n}.tar.gz", n) for n in ("bare", "bald"))
    listed = catalogue(tmp_path / "c.toml", toys=[bare, tiny], more=[bald, tmp_path / "nowhere"])
    table, out = tmp_path / "table.md", tmp_path / "out"
    words = ("swe", "prepare", "--catalogue", listed, "--out", out, "--jobs", "2")

    result = etude(*words, "--table", table)
    assert result.exit_code == 0, result.output
    assert "2: carries no tests" in result.output
    assert "1: not there" in result.output
    assert "1 of 4 projects prepared" in result.output
    row = table.read_text("utf-8").splitlines()[2]
    assert row.startswith(f"| {tiny} | toys | MIT | 2 | 25 | ")

    with Journal(out / "catalogue.jsonl") as journal:
        first = list(journal.read(ProjectOutcome))
    assert sorted(Path(entry.spec).name for entry in first if entry.group) == [
        "bald.tar.gz",
        "bare.tar.gz",
        "nowhere",
    ]
    again = json.loads(etude(*words, "--json").stdout)
    assert [Path(row["spec"]).name for row in again["rows"]] == ["tiny"]
    with Journal(out / "catalogue.jsonl") as journal:
        kept = list(journal.read(ProjectOutcome))
        assert [entry.spec for entry in kept[4:]] == [str(tiny)], "failures are not tried again"
    assert etude(*words, "--again", "--json").exit_code == 0
    with Journal(out / "catalogue.jsonl") as journal:
        assert len(list(journal.read(ProjectOutcome))) == 9, "unless someone asks for it"
    assert home.is_dir()


def test_after_a_kill_it_goes_on_where_it_was(home: Path, tmp_path: Path) -> None:
    archives = [without_tests(tmp_path / f"p{n}.tar.gz", f"p{n}") for n in range(30)]
    listed = catalogue(tmp_path / "c.toml", toys=[*archives])
    words = ["swe", "prepare", "--catalogue", str(listed), "--out", str(tmp_path), "--jobs", "1"]
    command = [sys.executable, "-c", "from etude.cli import main; main()", *words]
    journal = tmp_path / "catalogue.jsonl"
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "ETUDE_HOME": str(home)},
    )
    while not (journal.exists() and journal.read_bytes().count(b"\n") > 3):
        assert process.poll() is None or journal.exists()
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()

    result = etude(*words)
    assert result.exit_code == 1, "nothing is prepared at all"
    assert "30: carries no tests" in result.output
    assert "0 of 30 projects prepared" in result.output
    specs = [json.loads(line)["spec"] for line in journal.read_bytes().splitlines()]
    assert len(specs) == len(set(specs)) == 30, "none is lost and none is tried twice"


def test_a_failure_under_an_older_toolchain_is_tried_again(home: Path, tmp_path: Path) -> None:
    assert home.is_dir()
    archive = without_tests(tmp_path / "bare.tar.gz", "bare")
    listed = catalogue(tmp_path / "c.toml", toys=[archive])
    with Journal(tmp_path / "catalogue.jsonl") as journal:
        journal.append(ProjectOutcome(spec=str(archive), era="old", group="other", reason="old"))
    result = etude("swe", "prepare", "--catalogue", listed, "--out", tmp_path)
    assert "carries no tests" in result.output


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[domains]\nurls = ["pypi:furl"]', "pypi:furl is not pinned; write pypi:furl==VERSION"),
        ('[domains]\nurls = ["pypi:a==1"]\nweb = ["pypi:a==1"]', "pypi:a==1 is named twice"),
        ("[domains]", "names no project"),
        ("[domain]", "did you mean 'domains'?"),
        ("[domains]\nurls = 3", "Expected `array`"),
    ],
)
def test_a_broken_catalogue_is_refused(tmp_path: Path, home: Path, text: str, said: str) -> None:
    assert home.is_dir()
    (tmp_path / "c.toml").write_text(text, "utf-8")
    result = etude("swe", "prepare", "--catalogue", tmp_path / "c.toml", "--out", tmp_path)
    assert result.exit_code == 2
    assert said in result.output
    assert "Traceback" not in result.output


def test_codebases_or_a_catalogue_are_named_not_both(tmp_path: Path) -> None:
    assert "or give a --catalogue" in etude("swe", "prepare").output
    both = etude("swe", "prepare", "pypi:h11", "--catalogue", tmp_path / "c.toml")
    assert "or give a --catalogue" in both.output
    table = etude("swe", "prepare", "--catalogue", tmp_path / "c.toml", "--table", "x.csv")
    assert "x.csv: a table is written as .jsonl or .md" in table.output


@pytest.mark.parametrize(
    ("reason", "group"),
    [
        ("x 1: carries no tests (no tests folder)", "carries no tests"),
        ("x 1: only 3 tests pass every time, at least 20 are needed", "too few tests pass"),
        ("x 1: 30 tests pass, but none runs the project's source (x)", "no test runs its source"),
        ("x 1: its suite takes 301 s, over the limit of 300 s", "its suite takes too long"),
        ("pypi:x: asking the package index: timed out", PASSING),
        ("something else", "other"),
    ],
)
def test_failures_are_grouped_by_what_they_say(reason: str, group: str) -> None:
    assert group_of(reason).startswith(group)


def test_the_shipped_catalogue_names_a_hundred_projects_of_many_domains() -> None:
    shipped = read_catalogue(Path(__file__).parents[2] / "recipes" / "catalogue" / "swe.toml")
    assert len(shipped.projects()) >= 100
    assert len(shipped.domains) >= 20
    assert all(spec.startswith("pypi:") for spec in shipped.projects())


def test_a_catalogue_is_read_in_its_own_order() -> None:
    made = Catalogue(domains={"b": ("pypi:z==1", "pypi:a==1"), "a": ("pypi:m==1",)})
    assert list(made.projects().items()) == [
        ("pypi:z==1", "b"),
        ("pypi:a==1", "b"),
        ("pypi:m==1", "a"),
    ]


def test_a_missing_catalogue_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        read_catalogue(tmp_path / "none.toml")


def test_tasks_are_made_of_what_is_prepared_of_a_catalogue(home: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    listed = catalogue(tmp_path / "c.toml", toys=["pypi:nowhere-to-be-found==1.0"])
    result = etude("swe", "make", "--catalogue", listed, "--out", out)
    assert result.exit_code == 2
    assert "none of its projects is prepared; run etude swe prepare --catalogue" in result.output
    gone = str(tmp_path / "gone")
    listed = catalogue(listed, toys=["pypi:nowhere-to-be-found==1.0", gone])
    result = etude("swe", "make", "--catalogue", listed, "--out", out)
    assert "1 of 2 projects are not prepared and are left out" in result.output
    assert "no such folder or file" in result.output
    assert result.exit_code == 2
    assert not out.exists()
    assert home.is_dir()


@pytest.mark.parametrize(
    ("makers", "said"),
    [
        ("[]", "name at least one bug maker (known: compose"),
        ('["compose"]', "build on bugs that others made; name another"),
        ('["mutate", { releases = 3 }]', "a table needs `use`, a name (known: compose"),
        ('[{ use = "history", releases = "three" }]', "Expected `int`, got `str`"),
        ('["histroy"]', "did you mean 'history'?"),
    ],
)
def test_makers_that_make_no_sense_are_one_line(makers: str, said: str, tmp_path: Path) -> None:
    recipe, out = tmp_path / "recipe.toml", tmp_path / "out"
    recipe.write_text(f'codebases = ["pypi:h11==0.16.0"]\nmakers = {makers}\n', "utf-8")
    result = etude("swe", "make", "--recipe", recipe, "--out", out)
    assert said in result.output
    assert result.output.count("\n") == 1
    assert result.exit_code == 2
    assert not out.exists()

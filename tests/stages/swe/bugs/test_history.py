"""history takes back what people mended: each bug is the hunks that its tests need, and no less."""

import asyncio
import subprocess
import tarfile
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.stages.swe.card import card, passing

from etude.errors import ConfigError
from etude.records import Coverage, Origin
from etude.rollout.suites import CaseResult, Failure, Frame, SuiteRun
from etude.stages.swe.bugs import Bug, Material, bug_makers
from etude.stages.swe.bugs._history.answers import counts
from etude.stages.swe.bugs._history.hunks import Hunk, change_between, cosmetic, take_back
from etude.stages.swe.bugs._history.stories import (
    choose_entry,
    clean,
    entries_of,
    is_changelog,
    without_section,
)
from etude.stages.swe.bugs._notes import Notes
from etude.stages.swe.bugs.history import HistoryMaker

HEALTHY = '''"""Sums and names."""


def _whole(n):
    return n // 1


def half(n):
    # Odd numbers are rounded down.
    return _whole(n) // 2


def title(name):
    words = name.split()
    return " ".join(w.capitalize() for w in words)


def shorten(name, size):
    if size < 1:
        raise ValueError("size must be positive")
    cut = name[:size]
    return cut + "…" if len(name) > size else cut


def double(n):
    return n + n


def both(n):
    return double(n), half(n)
'''
OLDER = '''"""Sums and names."""


def half(n):
    return n / 2


def title(name):
    return name.title()


def shorten(name, size):
    cut = name[:size]
    return cut + "…" if len(name) >= size else cut


def double(n):
    return n + n


def both(n):
    return double(n), half(n)
'''
CHANGES = """Changes
=======

1.1 (2024-05-01)
----------------

- Fix ``title`` of names with an apostrophe (#12). Thanks @somebody!
- `half` rounds down
  for odd numbers (:issue:`13`).
- Sizes below one are refused by :func:`shorten <names.shorten>`.

1.0 (2024-01-01)
----------------

- First release of all.
"""
Check = Callable[[dict[str, object]], None]


def _is(call: str, wanted: object) -> Check:
    def check(names: dict[str, object]) -> None:
        if eval(call, names) != wanted:  # noqa: S307  our own text
            raise AssertionError(f"{call} is not {wanted}")

    return check


def _raises(call: str) -> Check:
    def check(names: dict[str, object]) -> None:
        try:
            eval(call, names)  # noqa: S307  our own text
        except ValueError:
            return
        raise AssertionError("nothing was raised")

    return check


CHECKS = {
    "test_a.py::test_half": _is("half(3)", 1),
    "test_a.py::test_title": _is('title("it\'s me")', "It's Me"),
    "test_a.py::test_refused": _raises("shorten('abc', 0)"),
    "test_a.py::test_exact": _is("shorten('abc', 3)", "abc"),
    "test_a.py::test_double": _is("double(2)", 4),
}


class Tests:
    """Runs checks on the given files in one namespace, and counts how often it was asked."""

    __test__ = False

    def __init__(self, healthy: Mapping[str, str], checks: Mapping[str, Check]) -> None:
        self.healthy = healthy
        self.checks = checks
        self.n_asked = 0

    async def __call__(
        self, files: Mapping[str, str | None], tests: Sequence[str] | None = None
    ) -> SuiteRun:
        self.n_asked += 1
        results = {}
        for test in self.checks if tests is None else tests:
            names: dict[str, object] = {}
            failure = None
            try:
                for text in {**self.healthy, **files}.values():
                    exec(text or "", names)  # noqa: S102  our own text
                self.checks[test](names)
            except Exception as error:  # noqa: BLE001  a test may raise anything
                failure = Failure(exception=type(error).__name__, message=str(error))
            outcome = "failed" if failure else "passed"
            results[test] = CaseResult(outcome=outcome, duration_s=0.0, failure=failure)  # type: ignore[arg-type]
        return SuiteRun(results=results, complete=True)


def material(
    tmp_path: Path, ask: Tests, *, source: str = "folder:names", version: str = "1.1"
) -> Material:
    tree = tmp_path / "healthy"
    for path, text in ask.healthy.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_text(text)
    book = card(
        origin=Origin(source=source, licence="MIT", made_by="test"),
        name="names",
        version=version,
        source_roots=("names.py",),
        test_paths=("test_a.py",),
        tests=passing(*ask.checks),
    )
    everyone = tuple(range(len(ask.checks)))
    n_lines = ask.healthy["names.py"].count("\n")
    return Material(
        codebase=book,
        source=tree,
        files=(),
        coverage=Coverage(
            lines={"names.py": dict.fromkeys(range(1, n_lines + 1), everyone)}, imported={}
        ),
        ask=ask,
        notes=tmp_path / "notes",
    )


def sdist(folder: Path, version: str, files: Mapping[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    with tarfile.open(folder / f"names-{version}.tar.gz", "w:gz") as tar:
        for path, text in {"pyproject.toml": "", **files}.items():
            data = text.encode()
            member = tarfile.TarInfo(f"names-{version}/{path}")
            member.size = len(data)
            tar.addfile(member, BytesIO(data))


def search(maker: HistoryMaker, of: Material) -> list[Bug]:
    async def collect() -> list[Bug]:
        return [bug async for bug in maker.search(of, Random(0))]

    return asyncio.run(collect())


@pytest.fixture
def ask() -> Tests:
    return Tests({"names.py": HEALTHY, "CHANGES.rst": CHANGES.replace("X", "")}, CHECKS)


@pytest.fixture
def code(ask: Tests) -> Tests:
    """Only Python is run."""
    ask.healthy = {"names.py": HEALTHY}
    return ask


def bugs_of_release(tmp_path: Path, ask: Tests, older: str = OLDER) -> list[Bug]:
    sdist(tmp_path / "sdists", "1.0", {"names.py": older})
    of = material(tmp_path, ask)
    (of.source / "CHANGES.rst").write_text(CHANGES)
    return search(HistoryMaker(sdists=str(tmp_path / "sdists")), of)


def test_a_release_with_several_repairs_gives_a_bug_for_each(tmp_path: Path, code: Tests) -> None:
    bugs = bugs_of_release(tmp_path, code)
    texts = {bug.function: bug.files[0].text for bug in bugs}
    assert len(bugs) == 4
    assert {bug.function for bug in bugs} == {"half", "title", "shorten"}
    assert texts["title"] == HEALTHY.replace(
        '    words = name.split()\n    return " ".join(w.capitalize() for w in words)\n',
        "    return name.title()\n",
    )


def test_what_only_the_cure_used_goes_with_it(tmp_path: Path, code: Tests) -> None:
    [half] = [bug for bug in bugs_of_release(tmp_path, code) if "n / 2" in bug.files[0].text]
    assert "_whole" not in half.files[0].text
    assert "Odd numbers" not in half.files[0].text


def test_a_bug_tells_the_point_of_the_changelog_that_is_about_it(
    tmp_path: Path, code: Tests
) -> None:
    bugs = bugs_of_release(tmp_path, code)
    stories = {bug.function: bug.story for bug in bugs if bug.function != "shorten"}
    assert stories == {
        "half": "`half` rounds down for odd numbers.",
        "title": "Fix `title` of names with an apostrophe.",
    }
    [cut] = {file.text for bug in bugs for file in bug.beside}
    assert "apostrophe" not in cut
    assert "First release" in cut


def test_a_second_search_asks_nobody(tmp_path: Path, code: Tests) -> None:
    first = bugs_of_release(tmp_path, code)
    n_asked = code.n_asked
    for archive in (tmp_path / "sdists").iterdir():
        archive.unlink()
    of = material(tmp_path, code)
    assert search(HistoryMaker(sdists=str(tmp_path / "sdists")), of) == first
    assert code.n_asked == n_asked


def test_a_search_that_has_used_up_its_questions_gives_what_it_has(
    tmp_path: Path, code: Tests
) -> None:
    sdist(tmp_path / "sdists", "1.0", {"names.py": OLDER})
    few = HistoryMaker(sdists=str(tmp_path / "sdists"), max_questions=2)
    [bug] = search(few, material(tmp_path, code))
    assert bug.files[0].text == OLDER
    assert search(HistoryMaker(sdists=few.sdists, max_questions=0), material(tmp_path, code)) == []


def test_a_release_that_cannot_be_read_is_tried_again_the_next_time(
    tmp_path: Path, code: Tests
) -> None:
    sdist(tmp_path / "sdists", "1.0", {"names.py": OLDER})
    whole = (tmp_path / "sdists" / "names-1.0.tar.gz").read_bytes()
    (tmp_path / "sdists" / "names-1.0.tar.gz").write_bytes(whole[:100])
    maker, of = HistoryMaker(sdists=str(tmp_path / "sdists")), material(tmp_path, code)
    assert search(maker, of) == []
    (tmp_path / "sdists" / "names-1.0.tar.gz").write_bytes(whole)
    assert len(search(maker, of)) == 4


def test_half_a_change_is_no_bug(tmp_path: Path) -> None:
    healthy = "def f(n, step):\n    return n + step\n\n\nx = 0\n\n\ndef g(n):\n    return f(n, 2)\n"
    older = "def f(n):\n    return n + 1\n\n\nx = 0\n\n\ndef g(n):\n    return f(n)\n"
    ask = Tests(
        {"names.py": healthy},
        {"test_a.py::test_g": _is("g(1)", 3), "test_a.py::test_x": _is("x", 0)},
    )
    [bug] = bugs_of_release(tmp_path, ask, older)
    assert bug.files[0].text == older


def test_what_breaks_a_test_that_the_older_release_passed_is_no_bug(tmp_path: Path) -> None:
    healthy = (
        "LIMIT = 10\n\n\ndef a():\n    return LIMIT > 5\n\n\ndef b():\n    return 10 == LIMIT\n"
    )
    older = healthy.replace("LIMIT = 10", "LIMIT = 3").replace("10 == LIMIT", "LIMIT == 3")
    ask = Tests(
        {"names.py": healthy},
        {
            "test_a.py::test_a": _is("a()", wanted=True),
            "test_a.py::test_b": _is("b()", wanted=True),
        },
    )
    [bug] = bugs_of_release(tmp_path, ask, older)
    assert bug.files[0].text == older


def test_new_features_count_only_when_they_are_wanted(tmp_path: Path) -> None:
    healthy = "def f(n, *, step=1):\n    return n + step\n"
    ask = Tests({"names.py": healthy}, {"test_a.py::test_f": _is("f(1, step=2)", 3)})
    sdist(tmp_path / "sdists", "1.0", {"names.py": "def f(n):\n    return n + 1\n"})
    of = material(tmp_path, ask)
    assert search(HistoryMaker(sdists=str(tmp_path / "sdists")), of) == []
    wanted = HistoryMaker(sdists=str(tmp_path / "sdists"), features=True)
    assert [bug.function for bug in search(wanted, of)] == ["f"]


def test_a_crash_inside_the_project_is_no_missing_feature() -> None:
    here, there = (
        Frame(path="test_a.py", line=1, function="t"),
        Frame(path="names.py", line=1, function="f"),
    )
    said = "'NoneType' object has no attribute 'x'"
    for frames, is_bug in (((here,), False), ((here, there), True), ((), False)):
        failure = Failure(exception="AttributeError", message=said, frames=frames)
        result = CaseResult(outcome="failed", duration_s=0.0, failure=failure)
        assert bool(counts(result, features=False)) is is_bug


def test_repairs_of_older_releases_are_found_under_what_came_later(
    tmp_path: Path, code: Tests
) -> None:
    between = HEALTHY.replace("return n + n", "return 2 * n")
    sdist(tmp_path / "sdists", "1.0", {"names.py": OLDER})
    sdist(tmp_path / "sdists", "1.0.5", {"src/names.py": between})
    bugs = search(HistoryMaker(sdists=str(tmp_path / "sdists")), material(tmp_path, code))
    assert {bug.function for bug in bugs} == {"half", "title", "shorten"}
    assert all("return n + n" in bug.files[0].text for bug in bugs)


def test_a_module_that_only_the_cure_uses_is_not_left_behind(tmp_path: Path) -> None:
    files = {
        "names.py": "def f(n):\n    return n + ONE\n",
        "one.py": "ONE = 1\n",
    }
    ask = Tests(files, {"test_a.py::test_f": _is("f(1)", 2)})
    sdist(tmp_path / "sdists", "1.0", {"names.py": "def f(n):\n    return n\n"})
    of = material(tmp_path, ask)
    roots = msgspec.structs.replace(of.codebase, source_roots=("names.py", "one.py"))
    of = msgspec.structs.replace(of, codebase=roots)
    assert search(HistoryMaker(sdists=str(tmp_path / "sdists")), of) == []


def git(folder: Path, *words: str) -> None:
    settings = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *settings, *words], check=True, capture_output=True)


def commit(folder: Path, message: str, files: Mapping[str, str]) -> None:
    for path, text in files.items():
        (folder / path).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


def test_commits_that_touch_source_and_tests_give_bugs(tmp_path: Path, code: Tests) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "-q")
    half = OLDER.replace("    return n / 2", "    return n // 2")
    commit(folder, "Start", {"names.py": OLDER, "test_a.py": "1"})
    commit(
        folder, "Round half of odd numbers down\n\nCloses #3", {"names.py": half, "test_a.py": "2"}
    )
    (folder / "latin.py").write_bytes(b"x = '\xe9'\n")
    commit(folder, "Only source", {"names.py": half.replace("n + n", "2 * n")})
    git(folder, "checkout", "-q", "-b", "branch")
    now = half.replace("name.title()", '" ".join(w.capitalize() for w in name.split())')
    commit(folder, "wip", {"names.py": now, "test_a.py": "3"})
    git(folder, "checkout", "-q", "-")
    git(
        folder, "merge", "-q", "--no-ff", "-m", "Merge pull request #4 from x/y\n\nTitles", "branch"
    )
    bundle = tmp_path / "names.bundle"
    git(folder, "bundle", "create", str(bundle), "HEAD")
    code.healthy = {"names.py": now}
    del code.checks["test_a.py::test_refused"], code.checks["test_a.py::test_exact"]
    for place in (folder, bundle):
        of = material(tmp_path, code, source=f"git:{place}@HEAD")
        bugs = search(HistoryMaker(), of)
        assert {bug.function: bug.story for bug in bugs} == {
            "title": "",
            "half": "Round half of odd numbers down",
        }


def test_a_codebase_without_a_past_gives_nothing(tmp_path: Path, code: Tests) -> None:
    assert search(HistoryMaker(), material(tmp_path, code)) == []


def test_wrong_settings_are_named(tmp_path: Path, code: Tests) -> None:
    with pytest.raises(ConfigError, match="releases is -1"):
        HistoryMaker(releases=-1)
    with pytest.raises(ConfigError, match="is no folder"):
        search(HistoryMaker(sdists=str(tmp_path / "none")), material(tmp_path, code))
    with pytest.raises(ConfigError, match="git"):
        search(HistoryMaker(repository=str(tmp_path / "none")), material(tmp_path, code))


def test_the_maker_is_found_by_its_name() -> None:
    assert isinstance(bug_makers.make("history"), HistoryMaker)


LINES = st.lists(st.sampled_from(["a = 1", "b = 2", "", "    c", "# d"]), max_size=12)


@settings(max_examples=80)
@given(LINES, LINES)
def test_all_hunks_taken_back_give_the_older_file(old: list[str], new: list[str]) -> None:
    before, after = {"a.py": "\n".join(old)}, {"a.py": "\n".join(new)}
    change = change_between(before, after, after, "")
    assert {**after, **take_back(after, change.hunks)} == before
    assert change.n_lost == 0


def test_a_hunk_that_later_changes_lie_over_is_lost() -> None:
    lines = [f"x{n} = {n}" for n in range(9)]
    old, new = {"a.py": "\n".join(lines)}, {"a.py": "\n".join([*lines[:4], "y = 4", *lines[5:]])}
    over = {"a.py": "\n".join([*lines[:4], "y = 5", *lines[5:]])}
    beside = {"a.py": "\n".join(["# new", *lines[:4], "y = 4", *lines[5:], "z = 1"])}
    assert change_between(old, new, over, "").n_lost == 1
    assert change_between(old, new, beside, "").hunks == (Hunk("a.py", 5, 6, ("x4 = 4",)),)


def test_a_function_of_which_one_hunk_is_lost_is_left_alone() -> None:
    body = "def f():\n    a = {}\n    b = 2\n    c = 3\n    d = 4\n    e = {}\n    return a, e\n"
    old, new = {"a.py": body.format(1, 5)}, {"a.py": body.format(10, 50)}
    today = {"a.py": body.format(11, 50)}
    assert len(change_between(old, new, new, "").hunks) == 2
    change = change_between(old, new, today, "")
    assert (change.hunks, change.n_lost) == ((), 2)


def test_comments_docstrings_and_layout_are_cosmetic() -> None:
    old = 'def f():\n    """Old."""\n    # why\n    return 1\n\n\ndef g():\n    return 2\n'
    new = 'def f():\n    """New."""\n    # because\n    return 1\n\n\n\ndef g():\n    return 3\n'
    change = change_between({"a.py": old}, {"a.py": new}, {"a.py": new}, "")
    rest = [h for n, h in enumerate(change.hunks) if n not in cosmetic({"a.py": new}, change.hunks)]
    assert [hunk.old for hunk in rest] == [("    return 2",)]


def test_points_of_changelogs_are_read_whole_and_clean() -> None:
    assert entries_of(CHANGES, "1.1.0") == (
        "Fix `title` of names with an apostrophe.",
        "`half` rounds down for odd numbers.",
        "Sizes below one are refused by `shorten`.",
    )
    markdown = (
        "# Log\n\n## [2.0.1] - 2024-01-01\n\n### Fixed\n\n- Crash on long [x](http://y) (#4)\n"
    )
    assert entries_of(markdown, "2.0.1") == ("Crash on long x",)
    linked = "`v2.1 <https://a.b/c/d/compare/2.0...2.1>`__\n----\n\n- Accept blanks in `#1 <x>`__\n"
    assert entries_of(linked, "2.1") == ("Accept blanks",)
    assert entries_of(CHANGES, "3.0") == ()
    assert entries_of("\x00" * 1000 + "(" * 100_000, "1.0") == ()


def test_a_changelog_without_one_version_keeps_the_others() -> None:
    cut = without_section(CHANGES, "1.1")
    assert "apostrophe" not in cut
    assert cut.startswith("Changes\n=======\n\n1.0 (2024-01-01)")


def test_people_and_links_are_no_part_of_a_point() -> None:
    assert clean("Fix grouping of comments (fixes #4).") == "Fix grouping of comments"
    told = "Quotes are read in one pass. The hole was discovered by Somebody Else."
    assert clean("Fix {meth}`A.b <c>` of `d`. {pr}`3805` {issue}`1`") == "Fix `A.b` of `d`."
    assert clean(told) == "Quotes are read in one pass."
    assert clean("See `a <b.c>`, `this <http://d>`_") == "See `a`, this"
    assert clean("Fix it (issue689, by someone).") == "Fix it."
    assert clean("Fix :class:`~a.B`. Reported by :user:`x` at https://y.z/1") == "Fix `a.B`."


def test_a_point_is_chosen_only_when_it_is_the_only_one_to_fit() -> None:
    points = ("`Mapping` and `Number` are abstract.", "Add `ip.*` to `Schema.TYPE_MAPPING`.")
    assert choose_entry(points, ["Mapping.mapping_type"], ["test_abstract"]) == points[0]
    assert choose_entry(points, ["Other"], ["test_nothing"]) == ""
    assert choose_entry(("Fix a crash of parsers.", "Fix a crash of parsers."), [], ["crash"]) == ""


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("CHANGES.rst", True), ("HISTORY", True), ("docs/changelog.md", True), ("news.py", False),
     ("a/b/changes.md", False), ("exchanges.md", False)],
)  # fmt: skip
def test_changelogs_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_changelog(name) is is_one


def test_notes_that_cannot_be_read_are_none(tmp_path: Path) -> None:
    notes = Notes(tmp_path / "deep" / "notes")
    assert notes.read(["q"], int) is None
    notes.write(["q"], 3)
    assert notes.read(["q"], int) == 3
    [file] = (tmp_path / "deep" / "notes").iterdir()
    file.write_text("{")
    assert notes.read(["q"], int) is None


def test_a_test_that_fails_otherwise_than_it_did_sees_half_of_a_change(tmp_path: Path) -> None:
    healthy = "def f(n):\n    n = round(n)\n\n    # say it\n    return f'{n} units'\n"
    older = "def f(n):\n    n = int(n)\n\n    # say it\n    return f'{n:.1f} units'\n"

    def says(names: dict[str, object]) -> None:
        said = eval("f(1.5)", names)  # noqa: S307  our own text
        if said != "2 units":
            raise AssertionError(f"said {said.replace('.', '')}")

    ask = Tests({"names.py": healthy}, {"test_a.py::test_f": says})
    [bug] = bugs_of_release(tmp_path, ask, older)
    assert bug.files[0].text == older


def test_hostile_texts_cost_little_and_break_nothing() -> None:
    deep = "x = " + "+".join("a" for _ in range(900)) + "\n"
    blanks = "\n" * 9_000
    for old, new in (
        (blanks + "a = 1" + blanks, blanks + "a = 2" + blanks),
        (deep, deep + "b = 1\n"),
        ("\x00", "a = 1\n"),
        ("(" * 5000, "a = 1\n"),
    ):
        change = change_between({"a.py": old}, {"a.py": new}, {"a.py": new}, "")
        assert take_back({"a.py": new}, change.hunks) == {"a.py": old}
        if "x00" not in repr(old):
            cosmetic({"a.py": new}, change.hunks)

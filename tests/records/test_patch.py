"""Patches say exactly what changed, apply exactly or not at all, and cannot leave the tree."""

import shutil
import subprocess
import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.errors import RecordError
from etude.records import apply_patch, make_patch, parse_patch

LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "- c\n", "d\r\n", "\x0c\u2028e\n"]))
TEXTS = st.builds(lambda lines, end: "".join(lines) + end, LINES, st.sampled_from(["", "", "end"]))
TREES = st.fixed_dictionaries(
    {path: st.none() | TEXTS for path in ("a.py", "with blank/é.py", 'quo"ted\t.py')}
)
Tree = dict[str, str | None]


def present(tree: Tree) -> dict[str, str]:
    return {path: text for path, text in tree.items() if text is not None}


@given(TREES, TREES)
def test_applying_what_was_made_gives_the_new_tree(before: Tree, after: Tree) -> None:
    changed = {path: text for path, text in after.items() if text != before[path]}
    assert apply_patch(present(before), make_patch(before, after)) == changed


@given(TREES, TREES)
def test_reverting_what_was_applied_gives_the_old_tree(before: Tree, after: Tree) -> None:
    there = present(before) | present(apply_patch(present(before), make_patch(before, after)))
    back = apply_patch({p: t for p, t in there.items() if after[p] == t}, make_patch(after, before))
    assert all(before[path] == text for path, text in back.items())
    assert {path for path in before if before[path] != after[path]} == set(back)


@given(TEXTS)
def test_equal_files_make_no_patch(text: str) -> None:
    assert make_patch({"a": text, "b": None}, {"a": text, "b": None}) == ""


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_applies_what_was_made(tmp_path: Path) -> None:
    rng = Random(7)

    def text() -> str | None:
        if rng.random() < 0.15:
            return None
        body = "".join(rng.choice(["a\n", "b\n", "c\r\n", "\n"]) for _ in range(rng.randrange(40)))
        return body + rng.choice(["", "no end"])

    paths = ["plain.py", "with blank/b c.py", "é.py", "odd\tname", 'odd"name']
    for number in range(25):
        before, after = ({path: text() for path in paths} for _ in range(2))
        folder = tmp_path / str(number)
        for path, content in present(before).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content.encode())
        folder.mkdir(exist_ok=True)
        patch = make_patch(before, after)
        git = ["git", "apply", "--whitespace=nowarn", "-"]
        subprocess.run(git, input=patch.encode(), cwd=folder, check=True)
        found = {
            path: (folder / path).read_bytes().decode() if (folder / path).exists() else None
            for path in paths
        }
        assert found == after


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_what_git_makes_is_read_as_git_means_it(tmp_path: Path) -> None:
    old = {"keep.py": "1\n2\n3\n", "move me.py": "x\n" * 9, "gone.py": "", "é.py": "a"}
    new = {"keep.py": "1\n2\n", "moved.py": "x\n" * 9 + "y", "added.py": "", "é.py": "b\n"}
    for name, tree in (("old", old), ("new", new)):
        (tmp_path / name).mkdir()
        for path, text in tree.items():
            (tmp_path / name / path).write_text(text)
    git = ["git", "diff", "--no-index", "-M", "old", "new"]
    made = subprocess.run(git, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    # Comparing two folders puts their names into the paths; a repository would not.
    patch = made.replace("/old/", "/").replace("/new/", "/").replace("from old/", "from ")
    changed = apply_patch(old, patch.replace("to new/", "to "))
    assert {p: t for p, t in (old | changed).items() if t is not None} == new


def test_a_plain_diff_without_prefixes_applies() -> None:
    patch = (
        "--- x.py\t2020-01-01 00:00:00.000000000 +0000\n"
        "+++ x.py\t2020-01-02 00:00:00.000000000 +0000\n"
        "@@ -1,2 +1,2 @@ def f():\n a\n-b\n+c\n"
    )
    assert apply_patch({"x.py": "a\nb\n"}, patch) == {"x.py": "a\nc\n"}


def test_a_pure_rename_is_a_deletion_and_a_new_file() -> None:
    patch = "diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n"
    assert apply_patch({"x": "text"}, patch) == {"x": None, "y": "text"}


def test_text_around_the_files_and_modes_are_ignored() -> None:
    patch = (
        "From 12ab Mon Sep 17\nSubject: fix\n\n---\n x | 2 +-\n\n"
        "diff --git a/s b/s\nold mode 100644\nnew mode 100755\n"
        "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n-- \n2.39\n"
    )
    assert apply_patch({"x": "a\n", "s": ""}, patch) == {"x": "b\n"}


def test_a_stripped_end_and_stripped_blank_context_are_understood() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n\n-b\n+c"
    assert apply_patch({"x": "a\n\nb\n"}, patch) == {"x": "a\n\nc\n"}


def test_a_removed_line_that_looks_like_a_header_is_a_line() -> None:
    before, after = {"x": "-- a\n-- b\n"}, {"x": "++ c\n"}
    assert apply_patch({"x": "-- a\n-- b\n"}, make_patch(before, after)) == {"x": "++ c\n"}


def test_a_hunk_goes_to_the_nearest_exact_place() -> None:
    text = "".join(f"{n}\n" if n % 10 else "mark\n" for n in range(1, 60))
    patch = "--- a/x\n+++ b/x\n@@ -28 +28 @@\n-mark\n+MARK\n"
    changed = apply_patch({"x": text}, patch)["x"]
    assert changed is not None
    assert changed.split("\n").index("MARK") == 29
    patch = "--- a/x\n+++ b/x\n@@ -24 +24 @@\n-mark\n+MARK\n"
    changed = apply_patch({"x": text}, patch)["x"]
    assert changed is not None
    assert changed.split("\n").index("MARK") == 19


def test_a_later_hunk_never_goes_above_an_earlier_one() -> None:
    patch = "--- a/x\n+++ b/x\n@@ -3 +3 @@\n-c\n+C\n@@ -4 +4 @@\n-a\n+A\n"
    with pytest.raises(RecordError, match=r"x, hunk 2 at line 4: expected 'a\\n' found 'd\\n'"):
        apply_patch({"x": "a\nb\nc\nd\n"}, patch)


def test_a_patch_that_does_not_apply_says_where_and_what_stands_there() -> None:
    patch = make_patch({"x": "a\nb\nc\n"}, {"x": "a\nB\nc\n"})
    with pytest.raises(RecordError) as caught:
        apply_patch({"x": "a\nq\nc\n"}, patch)
    assert str(caught.value) == (
        "patch does not apply: x, hunk 1 at line 1: expected 'b\\n' found 'q\\n' (line 2)"
    )


def test_white_space_is_not_forgiven() -> None:
    patch = make_patch({"x": "a\n  b\n"}, {"x": "a\n  c\n"})
    for near in ("a\n b\n", "a\n  b", "a\n  b\r\n"):
        with pytest.raises(RecordError, match="does not apply"):
            apply_patch({"x": near}, patch)


@pytest.mark.parametrize(
    ("files", "patch", "reason"),
    [
        ({}, make_patch({"x": "a\n"}, {"x": "b\n"}), "x: there is no such file"),
        ({"x": "a\n"}, make_patch({"x": None}, {"x": "b\n"}), "x: the file is there already"),
        (
            {"x": "a\nb\n"},
            "--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
            "x: the file is deleted but the patch leaves lines in it",
        ),
        (
            {"x": "a"},
            "--- a/x\n+++ b/x\n@@ -1,0 +2 @@\n+b\n",
            "x: line 'a' lost its end to the one after it",
        ),
        ({"x": "a\n"}, "--- a/x\n+++ b/x\n@@ -9,0 +9 @@\n+b\n", "the file has only 1 lines"),
    ],
)
def test_what_cannot_be_honoured_is_refused(files: dict[str, str], patch: str, reason: str) -> None:
    with pytest.raises(RecordError, match=r"patch does not apply") as caught:
        apply_patch(files, patch)
    assert reason in str(caught.value)


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../x", "a/../x", "a\\b", ".git/hooks/pre-push", "a/.GIT/x", "a//b", "./x", ""],
)
def test_a_path_out_of_the_tree_is_refused_wherever_it_stands(path: str) -> None:
    patches = [
        f"--- a/x\n+++ b/{path}\n@@ -1 +1 @@\n-a\n+b\n",
        f"--- a/{path}\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n",
        f"diff --git a/{path} b/{path}\nnew file mode 100644\n",
        f"diff --git a/x b/y\nrename from x\nrename to {path}\n",
        f"diff --git a/x b/y\nrename from {path}\nrename to y\n",
    ]
    for patch in patches:
        with pytest.raises(RecordError, match="patch line 1"):
            parse_patch(patch)
    with pytest.raises(RecordError):
        make_patch({path: None}, {path: ""})


def test_a_quoted_path_cannot_smuggle_anything() -> None:
    for name in ('"b/\\056./x"', '"b/a\\000b"', '"b/a\\\\b"'):
        with pytest.raises(RecordError, match="line 1"):
            parse_patch(f'--- "a/x"\n+++ {name}\n@@ -1 +1 @@\n-a\n+b\n')


@pytest.mark.parametrize(
    ("patch", "reason"),
    [
        ("I fixed it!", "not a unified diff"),
        ("@@ -1 +1 @@\n-a\n+b\n", "patch line 1: found a hunk without a file"),
        ("--- a/x\n+++ b/x\n", "patch line 3: found a file header without a hunk"),
        ("--- a/x\n+++ b/x\n@@ what @@\n", "patch line 3: found a damaged hunk header"),
        ("--- a/x\n+++ b/x\n@@ -1,2 +1 @@\n-a\n", "patch line 5: found the end of the patch"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n+c\n", "patch line 6: found a line beyond"),
        ("--- a/x\n+++ b/x\n@@ -1 +1 @@\nab\n", "patch line 4: found 'ab' inside a hunk"),
        ("--- a/x\n+++ b/x\n@@ -0,0 +0,0 @@\n", "patch line 4: found an empty hunk"),
        ("diff --git a/x b/x\nindex 1..2\nGIT binary patch\n", "line 3: found a binary patch"),
        ("Binary files a/x and b/x differ\n", "line 1: found a binary patch"),
        ("diff --git a/x b/x\nnew file mode 120000\n", "line 2: found a link or submodule"),
        ("diff --git a/x b/y\ncopy from x\ncopy to y\n", "line 2: found a copied file"),
        ('--- "a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n', "line 1: found an unfinished quoted path"),
    ],
)
def test_damaged_text_is_refused_with_its_line(patch: str, reason: str) -> None:
    with pytest.raises(RecordError) as caught:
        parse_patch(patch)
    assert reason in str(caught.value)


@given(st.text(alphabet='+-@ \\a/b0,1\n"\td', max_size=80))
def test_no_text_makes_the_reader_fail_in_another_way(text: str) -> None:
    for patch in (text, f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n{text}", f"diff --git {text}"):
        try:
            apply_patch({"x": "a\n", "b": "b"}, patch)
        except RecordError as error:
            assert str(error)  # noqa: PT017 - either outcome is fine, another exception is not


def test_blank_text_changes_nothing() -> None:
    assert parse_patch(" \n\n") == ()
    assert apply_patch({"x": "a"}, "") == {}


def test_large_inputs_are_quick() -> None:
    rng = Random(3)
    before = "".join(f"line {rng.randrange(5000)}\n" for _ in range(60_000))
    lines = [line if rng.random() < 0.9 else "new\n" for line in before.splitlines(keepends=True)]
    start = time.process_time()
    patch = make_patch({"x": before}, {"x": "".join(lines)})
    assert apply_patch({"x": "top\n" * 500 + before}, patch)["x"] == "top\n" * 500 + "".join(lines)
    same = "a\n" * 50_000
    away = "--- a/x\n+++ b/x\n@@ -1,20001 +1 @@\n" + " a\n" * 20_000 + "-b\n"
    with pytest.raises(RecordError):
        apply_patch({"x": same + "c\n"}, away.replace("+1 @@", "+1,20000 @@"))
    assert time.process_time() - start < 10

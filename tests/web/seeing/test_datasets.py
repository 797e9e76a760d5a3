"""Data sets on the page: who sees them, what is shown, and that no name leads out of the folder."""

import os
from pathlib import Path

import msgspec
import pytest
from tests.web.installation import Installation, Person

from etude.records import (
    AnswerKey,
    Candidate,
    Comparison,
    Demonstration,
    Document,
    Episode,
    Grade,
    Message,
    Origin,
    Preference,
    Problem,
    Rating,
    Reference,
    Task,
    ToolCall,
    Turn,
    make_patch,
)
from etude.store import Counts, DatasetWriter
from etude.store.manifest import Manifest
from etude.web.security import SEALED_POLICY
from etude.web.seeing import datasets

_EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\u202e"
_ORIGIN = Origin(source="made:up", licence="MIT", made_by="a test")
_ASKED = (Message(role="user", content=f"What is **this**? {_EVIL}"),)
_SAID = (
    Message(
        role="assistant",
        content="It is `code`.",
        calls=(ToolCall(name="search", arguments={"q": f"one\ntwo {_EVIL}"}, id="1"),),
    ),
    Message(role="tool", content=f"found {_EVIL}", call_id="1"),
    Message(role="assistant", content="Done."),
)


def _write(
    path: Path, record: str, parents: tuple[str, ...] = (), **tables: list[msgspec.Struct]
) -> Manifest:
    with DatasetWriter(path, record=record) as writer:
        for table, rows in tables.items():
            writer.write(table, rows)
        return writer.finish(
            recipe='{"how": "by hand"}',
            counts=Counts(n_in=9, dropped={"too short": 3}),
            parents=parents,
        )


def _fill(root: Path) -> None:
    """Put a data set of every kind on the shelf."""
    _write(
        root / "documents",
        "document",
        documents=[
            Document(id=f"d{n}", origin=_ORIGIN, text=f"Text number {n} {_EVIL}", title=_EVIL)
            for n in range(25)
        ],
    )
    _write(
        root / "demos",
        "demonstration",
        demonstrations=[
            Demonstration(
                id="m1",
                origin=_ORIGIN,
                messages=(*_ASKED, *_SAID),
                edits=make_patch({"a": "x\n"}, {"a": _EVIL + "\n"}),
                checks=(_EVIL,),
                tags={"topic": _EVIL},
            )
        ],
    )
    candidates = tuple(Candidate(messages=(one,), source=f"model-{_EVIL}") for one in _SAID[::2])
    _write(
        root / "rated",
        "comparison",
        comparisons=[
            Comparison(id="c1", origin=_ORIGIN, prompt=_ASKED, candidates=candidates, gold=1)
        ],
        ratings=[
            Rating(
                id="r1",
                comparison_id="c1",
                rater="p1",
                order=(1, 0),
                ranking=((1,), (0,)),
                strength=2,
                scores={"helpful": (1, 5)},
                rationale=f"better {_EVIL}",
            )
        ],
    )
    _write(
        root / "preferences",
        "preference",
        preferences=[
            Preference(id="p1", origin=_ORIGIN, prompt=_ASKED, chosen=_SAID, rejected=_SAID[2:])
        ],
    )
    _write(
        root / "problems",
        "problem",
        problems=[Problem(id="q1", origin=_ORIGIN, statement=f"Solve $x^2=4$. {_EVIL}")],
        references=[Reference(problem_id="q1", answer="the-secret-answer")],
    )
    tasks = _write(
        root / "swe" / "tasks",
        "task",
        tasks=[
            Task(id="t1", origin=_ORIGIN, codebase="c", project="p", statement=f"It fails. {_EVIL}")
        ],
        keys=[
            AnswerKey(
                task_id="t1", oracle_patch="the-secret-patch", fail_to_pass=("a",), pass_to_pass=()
            )
        ],
    )
    patch = make_patch({"a.py": "x = 1\n"}, {"a.py": f"x = 2  # {_EVIL}\n"})
    turns = (
        Turn(
            text=f"I look. {_EVIL}",
            calls=(ToolCall(name="bash", arguments={"command": "ls"}),),
            observations=("\n".join(f"file {n}" for n in range(40)) + _EVIL,),
            n_prompt_tokens=100,
            n_completion_tokens=20,
        ),
        Turn(text="", calls=(ToolCall(name="submit"),), observations=()),
    )
    _write(
        root / "swe" / "episodes",
        "episode",
        (tasks.digest,),
        episodes=[
            Episode(
                id=f"e{n}",
                origin=_ORIGIN,
                task_id="t1",
                agent='{"use": "search"}',
                turns=turns,
                patch=patch,
                ending="submitted",
            )
            for n in range(3)
        ],
        grades=[
            Grade(episode_id="e0", task_id="t1", score=1.0),
            Grade(episode_id="e1", task_id="t1", score=None, fault=f"the box died {_EVIL}"),
        ],
    )
    (root / "swe" / "report.html").write_text("<h1>Solutions</h1><script>alert(1)</script>")
    (root / "documents" / "report.html").write_text("<h1>A corpus</h1><script>alert(1)</script>")


@pytest.fixture
def admin(installation: Installation) -> Person:
    _fill(installation.home.datasets)
    return installation.person("ada", admin=True)


def _harmless(page: str) -> bool:
    return "<script>alert" not in page and "<img src=x" not in page and "\u202e" not in page


def test_every_kind_of_record_is_shown_and_none_of_it_becomes_script(admin: Person) -> None:
    pages = {
        "documents": "Text number 0",
        "demos": "search",
        "rated": "B &gt; A",
        "preferences": "rejected",
        "problems": "<msup>",
        "swe~tasks": "It fails.",
        "swe~episodes": "submitted",
    }
    listed = admin.get("/datasets").text
    for name, words in pages.items():
        assert f'href="/datasets/{name}"' in listed
        answer = admin.get(f"/datasets/{name}")
        assert answer.status_code == 200, name
        assert words in answer.text, name
        assert "too short" in answer.text
        assert _harmless(answer.text), name
    for table in ("references", "ratings", "grades", "keys"):
        for name in pages:
            assert admin.get(f"/datasets/{name}?table={table}").status_code in (200, 404)


def test_an_episode_is_shown_turn_by_turn_with_its_patch_grade_and_task(admin: Person) -> None:
    page = admin.get("/datasets/swe~episodes/episodes/0").text
    assert _harmless(page)
    for words in ("Turn 1", "Turn 2", "bash", "40 lines", "solved", "It fails.", "100 + 20 tokens"):
        assert words in page, words
    assert 'class="add"' in page
    assert 'class="del"' in page
    assert '/episodes/1"' in page
    assert 'data-key="p"' not in page
    second = admin.get("/datasets/swe~episodes/episodes/1").text
    assert "no verdict" in second
    assert "the box died" in second
    assert 'data-key="p"' in second
    assert "not solved" not in admin.get("/datasets/swe~episodes/episodes/2").text
    for number in ("3", "-1", "x", "999999999999", "1e3", "%00"):
        assert admin.get(f"/datasets/swe~episodes/episodes/{number}").status_code == 404
    assert admin.get("/datasets/documents/episodes/0").status_code == 404


def test_rows_come_by_the_page_and_are_found_by_their_text(admin: Person) -> None:
    first = admin.get("/datasets/documents").text
    assert "Text number 9" in first
    assert "Text number 10" not in first
    assert "from=10" in first
    assert "Text number 24" in admin.get("/datasets/documents?from=20").text
    found = admin.get("/datasets/documents?q=NUMBER%2017").text
    assert "Text number 17" in found
    assert "Text number 16" not in found
    assert "No row" in admin.get("/datasets/documents?q=nowhere").text
    for start in ("-5", "999999999", "x", "1e9"):
        assert admin.get(f"/datasets/documents?from={start}").status_code in (200, 422)


def test_lineage_leads_from_episodes_to_tasks_and_back(admin: Person) -> None:
    assert 'href="/datasets/swe~tasks"' in admin.get("/datasets/swe~episodes").text
    assert 'href="/datasets/swe~episodes"' in admin.get("/datasets/swe~tasks").text


def test_data_sets_are_for_those_who_see_a_project_and_answers_for_those_who_make_them(
    installation: Installation, admin: Person
) -> None:
    project = installation.project(admin, "rate")
    paths = ("/datasets", "/datasets/swe~tasks", "/datasets/swe~episodes/episodes/0")
    reports = ("/reports/documents~report.html", "/reports/swe~report.html")
    for role in ("lead", "reviewer", "viewer"):
        person = installation.member(project, f"p{role}", role)
        assert [person.get(path).status_code for path in paths] == [200, 200, 200]
        assert [person.get(path).status_code for path in reports] == [200, 404]
        for name, table in (("swe~tasks", "keys"), ("problems", "references")):
            assert person.get(f"/datasets/{name}?table={table}").status_code == 404
            assert "the-secret" not in person.get(f"/datasets/{name}?q=secret").text
    assert "the-secret-patch" in admin.get("/datasets/swe~tasks?table=keys").text
    assert "the-secret-answer" in admin.get("/datasets/problems?table=references").text
    for role in ("rater", "writer"):
        person = installation.member(project, f"p{role}", role)  # type: ignore[arg-type]
        assert [person.get(path).status_code for path in (*paths, *reports)] == [403] * 5
    assert installation.person("nobody").get("/datasets").status_code == 403
    assert installation.stranger().get("/datasets").url.path == "/sign-in"


def test_reports_are_served_sealed(admin: Person) -> None:
    for name in ("documents~report.html", "swe~report.html"):
        answer = admin.get(f"/reports/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-security-policy"] == SEALED_POLICY
        assert "sandbox" in SEALED_POLICY
        assert "script-src" not in SEALED_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"


_WAYS_OUT = (
    "..", "../", "%2e%2e", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%2f..", "/etc", "%2fetc%2fpasswd",
    "....//....//etc", "..%5c..%5c", "documents%00", "%00", "documents%2f..%2f..", "~", "~etc",
    "..~..~etc", "documents~..~..~..~secret", "C:%5cWindows", "file:%2f%2f%2fetc%2fpasswd",
    "%252e%252e%252f", "%c0%ae%c0%ae", "secret", "linked", "outside", "deep~linked", "a" * 3000,
)  # fmt: skip


def test_no_name_leads_out_of_the_folder(installation: Installation, admin: Person) -> None:
    root = installation.home.datasets
    secret = root.parent / "secret"
    _write(secret, "document", documents=[Document(id="s", origin=_ORIGIN, text="top secret")])
    (secret / "report.html").write_text("top secret")
    (root / "linked").symlink_to(secret)
    (root / "deep").mkdir()
    (root / "deep" / "linked").symlink_to(secret)
    (root / "deep" / "report.html").symlink_to(secret / "report.html")
    (root / "outside").mkdir()
    os.link(secret / "manifest.json", root / "outside" / "manifest.json")
    manifest = (
        (root / "outside" / "manifest.json")
        .read_text("utf-8")
        .replace('"shards/', '"../../secret/shards/')
    )
    (root / "outside" / "manifest.json").unlink()
    (root / "outside" / "manifest.json").write_text(manifest)
    for name in _WAYS_OUT:
        for path in (f"/datasets/{name}", f"/datasets/{name}/episodes/0", f"/reports/{name}"):
            answer = admin.get(path)
            assert answer.status_code in (400, 404, 422) or answer.url.path in ("/", "/datasets")
            assert "top secret" not in answer.text
    listed = admin.get("/datasets").text
    assert "linked" not in listed
    assert "lies elsewhere" in listed
    assert str(root) not in listed
    assert "deep/report.html" not in listed


def test_a_file_that_is_linked_out_of_a_data_set_is_not_read(
    installation: Installation, admin: Person
) -> None:
    folder = installation.home.datasets / "documents"
    (folder / "README.md").symlink_to("/etc/hostname")
    assert "About this data set" not in admin.get("/datasets/documents").text
    shard = next((folder / "shards").iterdir())
    elsewhere = installation.home.folder / "elsewhere.parquet"
    shard.rename(elsewhere)
    shard.symlink_to(elsewhere)
    os.utime(folder / "manifest.json", (1, 1))
    assert admin.get("/datasets/documents").status_code == 422


def test_what_is_damaged_is_said_and_does_not_hide_the_rest(
    installation: Installation, admin: Person
) -> None:
    root = installation.home.datasets
    (root / "broken").mkdir()
    (root / "broken" / "manifest.json").write_text("{")
    next((root / "demos" / "shards").iterdir()).write_bytes(b"no parquet")
    page = admin.get("/datasets")
    assert page.status_code == 200
    assert "cannot be opened" in page.text
    assert admin.get("/datasets/broken").status_code == 422
    assert admin.get("/datasets/demos").status_code == 422
    assert admin.get("/datasets/documents").status_code == 200


def test_a_page_about_a_data_set_is_shown_with_it(
    installation: Installation, admin: Person
) -> None:
    (installation.home.datasets / "demos" / "README.md").write_text(f"# Hello\n\n{_EVIL}")
    page = admin.get("/datasets/demos").text
    assert "Hello</h3>" in page
    assert _harmless(page)


def test_the_shelf_is_listed_in_order_and_goes_no_deeper_than_it_must(tmp_path: Path) -> None:
    for name in ("b", "a", "c/d", "c/e~f", "c~d"):
        _write(tmp_path / name, "document", documents=[])
    (tmp_path / "a" / "inner").mkdir()
    assert list(datasets.shelf(tmp_path)) == ["a", "b", "c~d", "c~e~f", "c~d~"]
    assert datasets.shelf(tmp_path / "nothing") == {}

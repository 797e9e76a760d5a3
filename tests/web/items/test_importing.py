"""Importing: each layout becomes items; what does not fit is told with its line; nothing twice."""

import gzip
import json
from pathlib import Path

import pytest
from tests.web.installation import Installation

from etude.errors import ConfigError
from etude.web.items.importing import MAX_CHARS, Outcome, Wishes, add_batch
from etude.web.items.rows import Found, guess_layout, rows_of_file, rows_of_text
from etude.web.projects.project import Project, ProjectKind
from etude.web.projects.settings import Settings


def _file(folder: Path, *rows: object, name: str = "rows.jsonl") -> Path:
    path = folder / name
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    path.write_text("\n".join(lines), "utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "layout"),
    [
        ({"prompt": "Hi", "candidates": ["a", "b"]}, "etude"),
        ({"prompt": [{"role": "user", "content": "Hi"}], "draft": "x"}, "etude"),
        ({"prompt": "Hi", "chosen": "a", "rejected": "b"}, "trl"),
        ({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"}]},
         "messages"),
        ({"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Ho"}]},
         "sharegpt"),
        ({"instruction": "Say hi", "input": "", "output": "Hi"}, "alpaca"),
        ({"chosen": "\n\nHuman: Hi\n\nAssistant: Ho", "rejected": "\n\nHuman: Hi\n\nAssistant: No"},
         "hh_rlhf"),
    ],
)  # fmt: skip
def test_the_layout_of_a_file_is_found_out(tmp_path: Path, row: object, layout: str) -> None:
    path = _file(tmp_path, row, row)
    found = guess_layout(path)
    assert found == layout or (layout == "hh_rlhf" and found == "trl")
    assert all(each.content is not None for each in rows_of_file(path, found))


def test_a_file_of_no_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no layout fits"):
        guess_layout(_file(tmp_path, {"colour": "red"}))


def test_pasted_prompts_are_parted_by_lines_or_by_blank_lines() -> None:
    text = "one\ntwo\n\n\nthree\n"
    assert [found.where for found in rows_of_text(text, by_paragraph=False)] == [
        "line 1",
        "line 2",
        "line 5",
    ]
    assert [found.where for found in rows_of_text(text, by_paragraph=True)] == ["line 1", "line 5"]


def _add(
    installation: Installation, project: Project, rows: list[Found], by: str, *, gold: bool = False
) -> Outcome:
    wishes = Wishes(batch="b", overlap=2, drafts=True, gold=gold)
    return add_batch(installation.db, project, rows, wishes, by, 1.0)


def _project(installation: Installation, kind: ProjectKind) -> tuple[Project, str]:
    lead = installation.person("lead")
    return installation.project(lead, kind, Settings()), lead.account.id


def test_rows_to_rate_are_added_at_once_and_others_told_with_their_lines(
    installation: Installation, tmp_path: Path
) -> None:
    project, by = _project(installation, "rate")
    path = _file(
        tmp_path,
        {"id": "q", "prompt": "Hi", "candidates": ["a", "b"], "gold": 1},
        {"prompt": "Hi", "candidates": ["a"]},
        "{broken",
        {"prompt": "Hi", "candidates": ["a", "b"]},
        {"prompt": "No answers"},
        {"prompt": " ", "candidates": ["a", "b"]},
        {"prompt": "Hi", "candidates": ["a", " "]},
        {"prompt": "x" * (MAX_CHARS + 1), "candidates": ["a", "b"]},
        {"id": "q", "prompt": "Another", "candidates": ["a", "b"], "gold": 7},
        {"id": "q", "prompt": "Another", "candidates": ["a", "b"]},
    )
    rows = list(rows_of_file(path, "etude"))
    outcome = _add(installation, project, rows, by, gold=True)
    assert outcome.n_added == 2
    told = {each.where: each.why for each in outcome.refused}
    assert list(told) == [f"line {n}" for n in (2, 3, 4, 5, 6, 7, 8, 9)]
    assert "two to five" in told["line 2"]
    assert "line 1" in told["line 4"]
    assert "no model" in told["line 5"]
    with installation.db.read() as tx:
        assert tx.texts("SELECT batch FROM items WHERE gold = 1 AND wanted = 2") == ["b"]
        bodies = tx.texts("SELECT body FROM items WHERE project_id = :p", p=project.id)
        assert len({json.loads(body)["id"] for body in bodies}) == 2
    again = _add(installation, project, rows, by, gold=True)
    assert (again.n_added, again.n_refused) == (0, 10)


def test_preferences_and_conversations_become_what_the_project_asks_for(
    installation: Installation, tmp_path: Path
) -> None:
    project, by = _project(installation, "write")
    preference = {"prompt": "Hi", "chosen": "good", "rejected": "bad"}
    talk = [{"role": "user", "content": "Say"}, {"role": "assistant", "content": "said"}]
    rows = [
        *rows_of_file(_file(tmp_path, preference), "trl"),
        *rows_of_file(_file(tmp_path, {"messages": talk}, name="m.jsonl"), "messages"),
        *rows_of_text("One\nTwo", by_paragraph=False),
    ]
    assert _add(installation, project, rows, by).n_added == 4
    with installation.db.read() as tx:
        bodies = [
            json.loads(body)
            for body in tx.texts(
                "SELECT body FROM items WHERE project_id = :p ORDER BY place", p=project.id
            )
        ]
    drafts = ["".join(m["content"] for m in body.get("draft", [])) for body in bodies]
    assert drafts == ["good", "said", "", ""]


def test_an_upload_is_read_where_its_name_says_what_it_is_and_leaves_nothing_behind(
    installation: Installation, tmp_path: Path
) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    here = f"/projects/{project.id}/items/add"

    def upload(name: str, data: bytes, **fields: str) -> tuple[int, str]:
        answer = lead.client.post(
            here,
            data={"form_token": lead.form_token, "from": "file", **fields},
            files={"file": (name, data)},
        )
        assert str(tmp_path) not in answer.text
        assert "/tmp" not in answer.text
        return answer.status_code, answer.text

    row = b'{"prompt": "Hi", "candidates": ["a", "b"]}\n'
    assert upload("a.exe", row)[0] == 422
    assert upload("", b"")[0] == 422
    status, page = upload("../../x.jsonl", row + b"{}\n", overlap="4")
    assert status == 200
    assert "line 2" in page
    assert "1 item is in the queue" in page
    packed = gzip.compress(b'{"prompt":"Z","candidates":["a","b"]}')
    assert "1 item added" in upload("x.jsonl.gz", packed)[1]
    assert upload("x.jsonl.gz", packed[:-9])[0] == 422
    chosen = upload("x.csv", b"colour\nred\n", layout="trl")
    assert chosen[0] == 422
    assert "csv is of another layout" in chosen[1]
    assert upload("x.csv", b"colour\nred\n", layout="../trl")[0] == 422
    with installation.db.read() as tx:
        assert tx.texts("SELECT batch FROM items ORDER BY place") == ["x.jsonl", "x.jsonl.gz"]


def test_only_data_sets_of_the_list_are_read(installation: Installation, tmp_path: Path) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    here = f"/projects/{project.id}/items/add"
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "manifest.json").write_text("{}")
    (installation.home.datasets / "link").symlink_to(outside)
    for name in ("../../outside", str(outside), "link", ".", ""):
        refused = lead.post(here, {"from": "dataset", "dataset": name})
        assert refused.status_code == 422
        assert "no such data set" in refused.text

"""The pages of the items: found, moved, withdrawn, marked as gold; only by the project's lead."""

from tests.web.installation import Installation

from etude.web.items.importing import Wishes, add_batch
from etude.web.items.rows import rows_of_file
from etude.web.queue.item import Item, item_by_id


def _ids(installation: Installation, project_id: str) -> list[str]:
    with installation.db.read() as tx:
        return tx.texts("SELECT id FROM items WHERE project_id = :p ORDER BY place", p=project_id)


def _item(installation: Installation, project_id: str, item_id: str) -> Item:
    with installation.db.read() as tx:
        found = item_by_id(tx, project_id, item_id)
    assert found is not None
    return found


def test_a_lead_finds_and_changes_the_items_of_their_project_only(
    installation: Installation,
) -> None:
    lead = installation.person("lead")
    project, other = (installation.project(lead, name=name) for name in ("one", "two"))
    path = installation.home.folder / "rows.jsonl"
    path.write_text(
        "".join(
            f'{{"prompt": "100% of_{n} <b>\\"you\\"</b>", "candidates": ["a{n}", "b"]}}\n'
            for n in range(60)
        )
    )
    for each, batch in ((project, "it's"), (other, "elsewhere")):
        rows = rows_of_file(path, "etude")
        add_batch(installation.db, each, rows, Wishes(batch=batch, overlap=1), lead.account.id, 1.0)
    here = f"/projects/{project.id}/items"
    page = lead.get(here).text
    assert "60 of 60 items" in page
    assert "&lt;b&gt;" in page
    assert "elsewhere" not in page
    assert "1 to 50" in page
    assert "51 to 60" in lead.get(f"{here}?start=50").text
    assert "1 of 60 items" in lead.get(f"{here}?words=of_7 <B>").text
    assert "0 of 60 items" in lead.get(f"{here}?words=of%257").text
    assert "60 of 60 items" in lead.get(f"{here}?batch=it's").text
    assert "0 of 60 items" in lead.get(f"{here}?state=' OR 1=1 --").text
    ids, others = _ids(installation, project.id), _ids(installation, other.id)

    assert (
        "2 items are withdrawn"
        in lead.post(here, {"do": "withdraw", "item": [ids[0], ids[1], others[0]]}).text
    )
    assert _item(installation, other.id, others[0]).state == "open"
    assert "2 of 60 items" in lead.get(f"{here}?state=withdrawn").text
    lead.post(here, {"do": "restore", "item": ids[0]})
    assert _item(installation, project.id, ids[0]).state == "open"
    lead.post(here, {"do": "first", "item": [ids[58], ids[59]]})
    assert _ids(installation, project.id)[:3] == [ids[58], ids[59], ids[0]]
    lead.post(here, {"do": "overlap", "whole_batch": "it's", "wanted": "7"})
    assert _item(installation, project.id, ids[30]).wanted == 7
    assert _item(installation, other.id, others[30]).wanted == 1
    assert lead.post(here, {"do": "overlap", "item": ids[0], "wanted": "51"}).status_code == 422
    assert lead.post(here, {"do": "burn", "item": ids[0]}).status_code == 422
    assert lead.post(here, {"do": "withdraw"}).status_code == 422
    assert lead.post(here, {"do": "withdraw", "item": others[0]}).status_code == 404

    page = lead.post(f"{here}/{ids[0]}/gold", {"best": "2"}).text
    assert "tests raters now" in page
    gold = _item(installation, project.id, ids[0])
    assert (gold.gold, gold.comparison().gold) == (1, 1)
    assert "1 of 60 items" in lead.get(f"{here}?state=gold").text
    assert lead.post(f"{here}/{ids[0]}/gold", {"best": "3"}).status_code == 422
    lead.post(f"{here}/{ids[0]}/gold", {"best": "0"})
    assert _item(installation, project.id, ids[0]).comparison().gold is None
    assert lead.get(f"{here}/{others[0]}").status_code == 404
    assert lead.post(f"{here}/{others[0]}/gold", {"best": "1"}).status_code == 404

    rater = installation.member(project, "rater", "rater", "reviewer")
    for path_ in (here, f"{here}/add", f"{here}/{ids[0]}"):
        assert rater.get(path_).status_code == 403
    for path_ in (here, f"{here}/add", f"{here}/{ids[0]}/gold"):
        assert rater.post(path_, {"do": "withdraw", "item": ids[5]}).status_code == 403

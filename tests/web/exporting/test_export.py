"""Exports: what was rated and written comes out whole, under pseudonyms, for leads alone."""

import io
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import msgspec
import pytest
from tests.web.installation import Installation, Person
from tests.web.seeing.made import fill_with_ratings, hand_in, rate_once

from etude.records import Comparison, Demonstration, Preference, Rating
from etude.stages.prefs.aggregate import AggregateRecipe
from etude.stages.prefs.measure import measure
from etude.stages.prefs.simulate import Design, SimulatedRater, honest
from etude.store import Dataset
from etude.store.manifest import TABLES
from etude.web.exporting import export, rated, shipping
from etude.web.exporting.export import ExportOptions, make_export
from etude.web.queue.item import add_items, set_withdrawn
from etude.web.seeing import datasets


class Rate:
    """A rate project in which three raters did twenty-four items."""

    def __init__(self, installation: Installation) -> None:
        self.lead = installation.person("lena")
        self.project = installation.project(self.lead, "rate", name="Über ../Answers: 2")
        self.raters: list[tuple[Person, SimulatedRater]] = [
            (installation.member(self.project, f"ronja{n}", "rater"), one)
            for n, one in enumerate(honest(3))
        ]
        design = Design(n_comparisons=24, overlap=3)
        self.comparisons = fill_with_ratings(installation, self.project, self.raters, design)


@pytest.fixture
def rate(installation: Installation) -> Rate:
    return Rate(installation)


def _make(installation: Installation, rate: Rate, options: ExportOptions | None = None) -> Dataset:
    made = make_export(
        installation.home,
        rate.project,
        options or ExportOptions(),
        rate.lead.account,
        installation.clock.now,
    )
    return Dataset.open(installation.home.datasets / made.exports[-1].name)


def test_what_was_rated_comes_out_as_it_was_and_can_be_measured(
    installation: Installation, rate: Rate
) -> None:
    dataset = _make(installation, rate)
    with installation.db.read() as tx:
        bodies = tx.texts(
            "SELECT body FROM ratings WHERE project_id = :id ORDER BY created_at",
            id=rate.project.id,
        )
    given = [msgspec.json.decode(body, type=Rating) for body in bodies]
    found = list(dataset.rows("ratings", Rating))
    assert len(found) > 70
    assert found == given
    assert list(dataset.rows("comparisons", Comparison)) == list(rate.comparisons)
    report = measure(dataset)
    assert report.n_ratings == len(given)
    assert report.agreement.alpha is not None
    assert not dataset.verify()
    assert dataset.path.name == "uber-answers-2-1"


def test_the_manifest_tells_the_project_its_guidelines_and_settings(
    installation: Installation, rate: Rate
) -> None:
    with installation.db.write() as tx:
        tx.run(
            "INSERT INTO guidelines (project_id, version, text, published_by, published_at)"
            " VALUES (:id, 1, 'Be fair.', :by, 1.0)",
            id=rate.project.id,
            by=rate.lead.account.id,
        )
    recipe = msgspec.json.decode(_make(installation, rate).manifest.recipe)
    assert recipe["project"] == {
        "id": rate.project.id,
        "name": rate.project.name,
        "kind": "rate",
    }
    assert recipe["guidelines"][0]["text"] == "Be fair."
    assert recipe["settings"]["overlap"] == rate.project.settings.overlap


def test_ratings_that_were_taken_back_and_withdrawn_items_are_counted_and_left_out(
    installation: Installation, rate: Rate
) -> None:
    rater = rate.raters[0][0].account
    with installation.db.write() as tx:
        (again,) = add_items(tx, rate.project, rate.comparisons[:1], now=installation.clock.now)
        (blank,) = add_items(
            tx,
            rate.project,
            [msgspec.structs.replace(rate.comparisons[0], candidates=(), gold=None)],
            now=installation.clock.now,
        )
    undone = Rating(id="x", comparison_id="", rater="", order=(0, 1), ranking=((1,), (0,)))
    rate_once(installation, rate.project, again, rater, undone, withdrawn=True)
    dataset = _make(installation, rate)
    recipe = msgspec.json.decode(dataset.manifest.recipe)
    assert recipe["left_out"] == {"taken back": 1}
    assert dataset.manifest.counts.dropped == {"without answers": 1}
    ids = dataset.ids("comparisons")
    assert len(ids) == len(set(ids)) == 25
    with installation.db.write() as tx:
        first = tx.texts(
            "SELECT id FROM items WHERE project_id = :id ORDER BY place", id=rate.project.id
        )[0]
        set_withdrawn(tx, rate.project.id, first, withdrawn=True)
    dataset = _make(installation, rate)
    recipe = msgspec.json.decode(dataset.manifest.recipe)
    assert recipe["left_out"]["of items that were withdrawn"] >= 3
    assert dataset.manifest.counts.dropped["withdrawn"] == 1
    assert blank not in dataset.ids("comparisons")


def test_preferences_are_a_data_set_of_their_own_that_names_its_parent(
    installation: Installation, rate: Rate
) -> None:
    options = ExportOptions(recipe=AggregateRecipe(method="majority", min_ratings=2))
    dataset = _make(installation, rate, options)
    parent = Dataset.open(installation.home.datasets / "uber-answers-2-1")
    assert dataset.path.name == "uber-answers-2-1-preferences"
    assert dataset.manifest.parents == (parent.manifest.digest,)
    assert len(list(dataset.rows("preferences", Preference))) > 10
    assert len(list(dataset.rows("ratings", Rating))) == parent.n_rows("ratings")
    assert '"majority"' in dataset.manifest.recipe


def _everything(folder: Path) -> bytes:
    """Return all bytes of a data set, and all its rows in plain text."""
    dataset = Dataset.open(folder)
    raw = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    rows = b"".join(
        msgspec.json.encode(row)
        for table in dataset.tables()
        for row in dataset.rows(table, TABLES[table])
    )
    return raw + rows


def test_no_name_and_no_address_leaves_the_app(installation: Installation, rate: Rate) -> None:
    _make(installation, rate, ExportOptions(recipe=AggregateRecipe()))
    writing = installation.project(rate.lead, "write", name="Written")
    writer = installation.member(writing, "willa", "writer")
    reviewer = installation.member(writing, "rex", "reviewer")
    hand_in(installation, writing, writer, "What?", [("An answer", "accepted")], reviewer)
    make_export(installation.home, writing, ExportOptions(), rate.lead.account, 1.0)
    shelf = datasets.shelf(installation.home.datasets)
    assert len(shelf) == 3
    for held in shelf.values():
        everything = _everything(held.path)
        for layout in shipping.layouts(held.record):
            packed = b"".join(shipping.ship(held.open(), layout.name))
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                everything += b"".join(archive.read(name) for name in archive.namelist())
        for person in (rate.lead, writer, reviewer, *(one for one, _ in rate.raters)):
            for secret in (person.account.email, person.account.name, person.account.id):
                assert secret.encode() not in everything
            assert b"example.org" not in everything


def test_of_what_was_written_only_the_accepted_comes_out_unless_more_is_ticked(
    installation: Installation,
) -> None:
    lead = installation.person("lena")
    project = installation.project(lead, "write", name="Written")
    writer = installation.member(project, "willa", "writer")
    reviewer = installation.member(project, "rex", "reviewer")
    better = [("Short", "replaced"), ("Better, with reasons", "accepted")]
    hand_in(installation, project, writer, "One?", better, reviewer)
    hand_in(installation, project, writer, "Two?", [("No", "sent_back")], reviewer)
    hand_in(installation, project, writer, "Three?", [("Not read yet", "unreviewed")])
    hand_in(installation, project, writer, "Four?", [("Taken back", "withdrawn")])
    assert lead.post(f"/projects/{project.id}/exports", {"reviews": "accepted"}).status_code == 200
    dataset = Dataset.open(installation.home.datasets / "written-1")
    (row,) = dataset.rows("demonstrations", Demonstration)
    assert row.messages[-1].content == "Better, with reasons"
    assert row.review == "accepted"
    assert row.writer == writer.account.pseudonym
    assert row.reviewer == reviewer.account.pseudonym
    assert row.comments == ("sent back: Short", "accepted: Better, wi")
    assert row.tags["versions"] == "2"
    assert dataset.manifest.counts.n_in == 4
    assert dataset.manifest.counts.dropped == {"sent back": 1, "unreviewed": 1, "withdrawn": 1}
    lead.post(f"/projects/{project.id}/exports", {"reviews": ["accepted", "unreviewed"]})
    assert Dataset.open(installation.home.datasets / "written-2").n_rows("demonstrations") == 2
    assert lead.post(f"/projects/{project.id}/exports").status_code == 422


def test_a_project_without_anything_makes_no_data_set(installation: Installation) -> None:
    lead = installation.person("lena")
    for kind, name in (("rate", "R"), ("write", "W")):
        project = installation.project(lead, kind, name=name)  # type: ignore[arg-type]
        fields = {"reviews": "accepted"}
        answer = lead.post(f"/projects/{project.id}/exports", fields)
        assert answer.status_code == 422
        assert "nothing to export" in answer.text
    assert not list(installation.home.datasets.iterdir())


def test_the_page_makes_lists_and_sends_an_export(installation: Installation, rate: Rate) -> None:
    here = f"/projects/{rate.project.id}/exports"
    page = rate.lead.post(here, {"preferences": "1", "method": "majority", "min_percent": "60"})
    assert page.status_code == 200
    assert "uber-answers-2-1-preferences" in page.text
    with installation.db.read() as tx:
        first, second = sorted(export.exports_of(tx, rate.project.id), key=lambda one: one.name)
        log = tx.texts("SELECT action FROM audit WHERE project_id = :id", id=rate.project.id)
    assert log.count("project.export") == 2
    assert first.digest in page.text or first.digest[:24] in page.text
    for one in (first, second):
        for layout in shipping.layouts(one.what):
            answer = rate.lead.get(f"{here}/{one.id}/download?layout={layout.name}")
            assert answer.status_code == 200, layout
            assert answer.headers["content-type"] == "application/zip"
            with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
                assert archive.testzip() is None
                assert archive.namelist()
                for name in archive.namelist():
                    assert not name.startswith("/")
                    assert ".." not in name.split("/")
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM audit WHERE action = 'project.download'") > 8


def test_the_archive_of_a_data_set_is_that_data_set(
    installation: Installation, rate: Rate, tmp_path: Path
) -> None:
    dataset = _make(installation, rate)
    packed = b"".join(shipping.ship(dataset, shipping.AS_IT_IS))
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        archive.extractall(tmp_path / "out")
    again = Dataset.open(tmp_path / "out" / dataset.path.name)
    assert again.manifest == dataset.manifest
    assert not again.verify()


_NAMES = (
    "..", "../..", "%2e%2e", "..%2f..%2fetc", "/etc/passwd", "%2fetc%2fpasswd", "a%00b",
    "....//", "..%5c..", "%252e%252e%252f", "uber-answers-2-1",
)  # fmt: skip


def test_no_path_is_made_of_what_is_asked_for(installation: Installation, rate: Rate) -> None:
    _make(installation, rate)
    here = f"/projects/{rate.project.id}/exports"
    with installation.db.read() as tx:
        (made,) = export.exports_of(tx, rate.project.id)
    for name in _NAMES:
        assert rate.lead.get(f"{here}/{name}/download").status_code in (404, 405)
        assert rate.lead.get(f"{here}/{made.id}/download?layout={name}").status_code == 422


def test_exports_are_for_leads_of_the_project_alone(installation: Installation, rate: Rate) -> None:
    _make(installation, rate)
    with installation.db.read() as tx:
        (made,) = export.exports_of(tx, rate.project.id)
    here = f"/projects/{rate.project.id}/exports"
    paths = (here, f"{here}/{made.id}/download")
    for role in ("reviewer", "viewer", "rater", "writer"):
        person = installation.member(rate.project, f"p{role}", role)
        assert [person.get(path).status_code for path in paths] == [403, 403]
        assert person.post(here).status_code == 403
    elsewhere = installation.person("olga")
    other = installation.project(elsewhere, "rate", name="Other")
    assert [elsewhere.get(path).status_code for path in paths] == [404, 404]
    there = f"/projects/{other.id}/exports/{made.id}/download"
    assert elsewhere.get(there).status_code == 404
    assert installation.stranger().get(paths[1]).url.path == "/sign-in"


def test_an_export_that_was_changed_on_the_disk_is_not_sent(
    installation: Installation, rate: Rate
) -> None:
    dataset = _make(installation, rate)
    with installation.db.read() as tx:
        (made,) = export.exports_of(tx, rate.project.id)
    manifest = dataset.path / "manifest.json"
    manifest.write_text(
        manifest.read_text("utf-8").replace('"code_version": "', '"code_version": "9')
    )
    here = f"/projects/{rate.project.id}/exports"
    assert rate.lead.get(f"{here}/{made.id}/download").status_code == 410
    assert "no longer on the disk" in rate.lead.get(here).text


_EXPORTER = """
import sys
from pathlib import Path
from etude.web.database import Database
from etude.web.exporting.export import ExportOptions, make_export
from etude.web.home import Home
from etude.web.people import accounts
from etude.web.projects import project as projects

home = Home(folder=Path(sys.argv[1]), database=Database(sys.argv[2]))
with home.database.read() as tx:
    project, account = projects.by_id(tx, sys.argv[3]), accounts.by_id(tx, sys.argv[4])
print("ready", flush=True)
while True:
    make_export(home, project, ExportOptions(), account, 1.0)
"""


def test_killed_at_any_moment_it_leaves_nothing_half_written(
    installation: Installation, rate: Rate
) -> None:
    home = installation.home
    url = home.database.url.render_as_string(hide_password=False).replace("+psycopg", "")
    for after_s in (0.0, 0.03):
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                _EXPORTER,
                str(home.folder),
                url,
                rate.project.id,
                rate.lead.account.id,
            ],
            stdout=subprocess.PIPE,
        )
        with process:
            assert process.stdout is not None
            process.stdout.readline()
            n_before = len(list(home.datasets.iterdir()))
            while len(list(home.datasets.iterdir())) == n_before:
                assert process.poll() is None
                time.sleep(0.001)
            time.sleep(after_s)
            process.kill()
    for held in datasets.shelf(home.datasets).values():
        assert not held.wrong
        assert not held.open().verify()
        assert held.open().n_rows("comparisons") == 24
    with installation.db.read() as tx:
        noted = export.exports_of(tx, rate.project.id)
    assert {one.name for one in noted} <= set(datasets.shelf(home.datasets))
    assert not _make(installation, rate).verify()


def test_whoever_a_rating_says_it_is_of_it_is_of_the_account_that_gave_it(
    installation: Installation, rate: Rate
) -> None:
    with installation.db.write() as tx:
        (item,) = add_items(tx, rate.project, rate.comparisons[:1], now=1.0)
    forged = Rating(id="x", comparison_id="other", rater="someone@example.org", order=(0, 1))
    rate_once(installation, rate.project, item, rate.raters[1][0].account, forged)
    with installation.db.write() as tx:
        tx.run(
            "UPDATE ratings SET body = :body WHERE item_id = :item",
            body=msgspec.json.encode(forged).decode(),
            item=item,
        )
    with installation.db.read() as tx:
        found = rated.read_rated(rated.read_rows(tx, rate.project.id))
    (mine,) = [one for one in found.ratings if found.item_of[one.comparison_id] == item]
    assert mine.rater == rate.raters[1][0].account.pseudonym

"""The settings' page: what the form shows comes back unchanged, and what is wrong is told."""

from html.parser import HTMLParser

from tests.web.installation import Installation

from etude.web.projects import project as projects
from etude.web.projects.presets import PRESETS
from etude.web.projects.settings import Settings, read_settings


class _Fields(HTMLParser):
    """What a browser would send of the form that is not touched."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = {}
        self._open = ""
        self._writes = False
        self._template = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        self._template = self._template or tag in ("template", "noscript")
        if self._template:
            return
        name = got.get("name", "")
        if tag == "input" and name and name != "form_token":
            if got.get("type") not in ("checkbox", "radio") or "checked" in got:
                self.sent.setdefault(name, []).append(got.get("value", ""))
        elif tag in ("select", "textarea"):
            self._open, self._writes = name, tag == "textarea"
            if self._writes:
                self.sent[name] = [""]
        elif tag == "option" and "selected" in got:
            self.sent[self._open] = [got["value"]]

    def handle_endtag(self, tag: str) -> None:
        if tag in ("template", "noscript"):
            self._template = False
        if tag == "textarea" and self._writes:
            text = self.sent[self._open][0]
            self.sent[self._open] = [text.removeprefix("\n")]
            self._writes = False

    def handle_data(self, data: str) -> None:
        if self._writes and not self._template:
            self.sent[self._open] = [self.sent[self._open][0] + data]


def _fields(page: str) -> dict[str, str | list[str]]:
    reader = _Fields()
    reader.feed(page)
    return dict(reader.sent)


def _now(installation: Installation, project_id: str) -> Settings:
    with installation.db.read() as tx:
        found = projects.by_id(tx, project_id)
    assert found is not None
    return found.settings


def test_a_form_that_nobody_touched_changes_nothing(installation: Installation) -> None:
    lead = installation.person("lead")
    for each in PRESETS:
        project = installation.project(lead, each.kind, each.settings, each.name)
        here = f"/projects/{project.id}/settings"
        said = lead.post(here, _fields(lead.get(here).text))
        assert "Nothing has changed" in said.text, each.name


def test_settings_are_changed_by_form_and_by_json(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead, "rate", Settings())
    here = f"/projects/{project.id}/settings"
    fields = _fields(lead.get(here).text)
    new = {
        "criterion-0-name": "kind",
        "criterion-3-name": "true",
        "criterion-3-low": "wrong",
        "criterion-2-name": " ",
        "gold_share": "12.5",
        "reasons": "one\n\n two ",
        "overlap": "4",
    }
    assert "The settings are saved" in lead.post(here, {**fields, **new}).text
    now = _now(installation, project.id)
    assert [each.name for each in now.criteria] == ["kind", "true"]
    assert (now.gold_share, now.reasons, now.overlap) == (0.125, ("one", "two"), 4)
    for wrong, said in (
        ({"overlap": "51"}, "People for each item"),
        ({"gold_share": "101"}, "not between 0 and 100"),
        ({"gold_share": "nan"}, "not between 0 and 100"),
        ({"criterion-0-name": "true", "criterion-1-name": "true"}, "same name"),
        ({"rationale": "sometimes"}, "rationale"),
    ):
        refused = lead.post(here, {**fields, **new, **wrong})
        assert refused.status_code == 422
        assert said in refused.text
    assert "criterion-0-name" in refused.text
    assert 'value="kind"' in refused.text
    assert "project.settings" in lead.get(f"/projects/{project.id}/log").text
    assert lead.post(f"{here}/json", {"text": '{"colour": 1}'}).status_code == 422
    lead.post(f"{here}/json", {"text": '{"overlap": 9}'})
    assert _now(installation, project.id) == read_settings('{"overlap": 9}')


def test_checks_are_chosen_with_their_settings(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead, "write", Settings())
    here = f"/projects/{project.id}/settings"
    fields = _fields(lead.get(here).text)
    chosen = {**fields, "checks": "these", "check": "length", "check-length": '{"max_words": 9}'}
    assert "The settings are saved" in lead.post(here, chosen).text
    assert _now(installation, project.id).checks[0].settings == {"max_words": 9}
    for wrong in ("{", "[]", '{"colour": 1}'):
        refused = lead.post(here, {**chosen, "check-length": wrong})
        assert refused.status_code == 422, wrong
    assert lead.post(here, {**chosen, "check": "../length"}).status_code == 422

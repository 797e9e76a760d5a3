"""The guidelines' pages: versions, what changed, examples, the panel, and hostile text in each."""

from tests.web.installation import Installation

_HOSTILE = "<script>alert(1)</script> [x](javascript:alert(1)) ![i](https://example.org/i.png)"


def test_guidelines_are_published_read_and_compared(installation: Installation) -> None:
    lead = installation.person("lead")
    project, other = (installation.project(lead, name=name) for name in ("one", "two"))
    rater = installation.member(project, "rater", "rater")
    here = f"/projects/{project.id}/guidelines"
    assert "no guidelines yet" in rater.get(here).text
    assert "no guidelines yet" in rater.get(f"{here}/panel").text
    first = {"text": f"One\n\nTwo {_HOSTILE}", "based_on": "0"}
    assert "Version 1 is published" in lead.post(f"{here}/edit", first).text
    stale = lead.post(f"{here}/edit", {"text": "Mine", "note": "my note", "based_on": "0"})
    assert stale.status_code == 422
    assert "was published since you began" in stale.text
    assert "Mine</textarea>" in stale.text
    assert 'value="my note"' in stale.text
    lead.post(f"{here}/edit", {"text": "One\n\nThree", "note": "<b>", "based_on": "1"})
    page = rater.get(here).text
    assert "Three" in page
    assert "holds now" in page
    old = rater.get(f"{here}?version=1").text
    assert "This is version 1" in old
    for text in (old, lead.get(f"{here}/changes?from=1&to=2").text):
        assert "<script>alert" not in text
        assert 'href="javascript' not in text
        assert "<img" not in text
        assert "&lt;script&gt;" in text
    assert 'class="line add"' in rater.get(f"{here}/changes?from=1&to=2").text
    assert rater.get(f"{here}?version=3").status_code == 404
    assert rater.get(f"{here}/changes?from=0&to=9").status_code == 404
    assert rater.get(f"{here}?version=x").status_code == 422
    assert rater.get(f"/projects/{other.id}/guidelines").status_code == 404
    assert "There are no guidelines" in lead.get(f"/projects/{other.id}/guidelines").text
    shown = lead.send(f"{here}/preview", {"text": f"*so* {_HOSTILE}"}).json()["html"]
    assert "<em>so</em>" in shown
    assert "<script" not in shown
    assert lead.send(f"{here}/preview", ["x"]).status_code == 422


def test_examples_are_added_changed_moved_and_removed(installation: Installation) -> None:
    lead = installation.person("lead")
    project, other = (installation.project(lead, name=name) for name in ("one", "two"))
    lead.post(f"/projects/{project.id}/guidelines/edit", {"text": "One", "based_on": "0"})
    here = f"/projects/{project.id}/guidelines/examples"
    kept = lead.post(here, {"title": "", "text": "typed text", "good": "0"})
    assert kept.status_code == 422
    assert "typed text</textarea>" in kept.text
    for title in ("First", "Second"):
        lead.post(here, {"title": title, "text": _HOSTILE, "why": "so", "good": "1"})
    with installation.db.read() as tx:
        first, second = tx.texts("SELECT id FROM examples ORDER BY place")
    elsewhere = f"/projects/{other.id}/guidelines/examples/{first}"
    for do in ("change", "remove", "up"):
        fields = {"do": do, "title": "x", "text": "x"}
        assert lead.post(elsewhere, fields).status_code == 404
    lead.post(f"{here}/{second}", {"do": "up"})
    lead.post(f"{here}/{first}", {"title": "Changed", "text": "new", "good": "0"})
    page = lead.get(f"/projects/{project.id}/guidelines/panel").text
    assert page.index("Second") < page.index("Changed")
    assert "<script>" not in page
    lead.post(f"{here}/{second}", {"do": "remove"})
    assert "Second" not in lead.get(here).text


def test_the_quiz_is_written_taken_and_explained(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    rater = installation.member(project, "rater", "rater")
    here = f"/projects/{project.id}/quiz"
    assert "has no quiz" in rater.get(here).text
    asked = {
        "question-0": "Is <b>it</b>?", "choice-0-0": "no", "choice-0-2": "yes", "right-0": "2",
        "why-0": "Because.", "question-1": " ", "question-4": "And?", "choice-4-0": "a",
        "choice-4-1": "b", "right-4": "0",
    }  # fmt: skip
    bad = lead.post(f"{here}/edit", {**asked, "right-4": "3"})
    assert bad.status_code == 422
    assert "which choice is right" in bad.text
    assert "&lt;b&gt;it&lt;/b&gt;" in bad.text
    assert "The quiz is saved" in lead.post(f"{here}/edit", asked).text
    page = rater.get(here).text
    digest = page.split('name="digest" value="')[1].split('"')[0]
    assert "Because." not in page
    fields = {"digest": digest, "q0": "0", "q1": "0"}
    assert rater.post(here, {**fields, "digest": "old"}).status_code == 422
    assert rater.post(here, {"digest": digest, "q0": "0"}).status_code == 422
    failed = rater.post(here, fields).text
    assert "1 of 2 right, not passed" in failed
    assert "Because." in failed
    assert "Right is" not in failed
    for _ in range(2):
        failed = rater.post(here, fields).text
    assert "No try is left" in failed
    assert "Right is: yes" in failed
    assert rater.post(here, {**fields, "q0": "1"}).status_code == 422
    assert "3" in lead.get(f"{here}/edit").text
    account = {"account": rater.account.id}
    assert lead.post(f"{here}/edit/grant", {"account": "none"}).status_code == 404
    assert "try again" in lead.post(f"{here}/edit/grant", account).text
    assert "You passed the quiz" in rater.post(here, {**fields, "q0": "1"}).text
    assert "You may rate" in rater.get(here).text

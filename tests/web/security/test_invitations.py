"""OWASP A01:2021 and A04:2021: links that let people in, used twice, late, or for more."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from starlette.testclient import TestClient
from tests.web.installation import PASSWORD, Installation, Person, form_token_in

from etude.web.people import invitations
from etude.web.people.invitations import LIFE_S, RESET_LIFE_S, Terms
from etude.web.people.roles import roles_in


def _link(installation: Installation, terms: Terms) -> str:
    with installation.db.write() as tx:
        return f"/invitations/{invitations.invite(tx, terms, installation.clock.now)}"


def _join(client: TestClient, link: str, email: str, **more: str) -> httpx2.Response:
    token = form_token_in(client.get("/sign-in").text)
    fields = {
        "form_token": token,
        "email": email,
        "name": "New",
        "password": PASSWORD,
        "consent": "1",
        **more,
    }
    return client.post(link, data=fields, follow_redirects=False)


def _emails(installation: Installation) -> list[str]:
    with installation.db.read() as tx:
        return tx.texts("SELECT email FROM accounts ORDER BY email")


def test_a_link_lets_one_person_in_once(installation: Installation) -> None:
    link = _link(installation, Terms())
    assert _join(installation.stranger(), link, "ann@example.org").status_code == 303
    assert _join(installation.stranger(), link, "bob@example.org").status_code == 404
    assert installation.stranger().get(link).status_code == 404
    assert _emails(installation) == ["ann@example.org"]


def test_many_at_the_same_moment_are_still_one(installation: Installation) -> None:
    link = _link(installation, Terms(admin=True))

    def join(number: int) -> int:
        return _join(installation.stranger(), link, f"person{number}@example.org").status_code

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(join, range(8)))
    assert answers == [303] + [404] * 7
    assert len(_emails(installation)) == 1


def test_one_address_joining_twice_at_once_is_one_account(installation: Installation) -> None:
    links = [_link(installation, Terms()) for _ in range(6)]

    def join(link: str) -> int:
        return _join(installation.stranger(), link, "ann@example.org").status_code

    with ThreadPoolExecutor(6) as pool:
        answers = sorted(pool.map(join, links))
    assert answers == [303] + [422] * 5
    assert _emails(installation) == ["ann@example.org"]


@pytest.mark.parametrize("purpose", ["join", "reset"])
def test_a_link_grows_too_old(installation: Installation, purpose: str) -> None:
    person = installation.person("ann")
    terms = (
        Terms()
        if purpose == "join"
        else Terms(purpose="reset", email=person.account.email, account_id=person.account.id)
    )
    link = _link(installation, terms)
    installation.clock.now += (LIFE_S if purpose == "join" else RESET_LIFE_S) + 1
    assert installation.stranger().get(link).status_code == 404
    assert _join(installation.stranger(), link, "new@example.org").status_code == 404


def test_a_withdrawn_link_lets_nobody_in_and_only_its_project_withdraws_it(
    installation: Installation,
) -> None:
    lead = installation.person("lead")
    project, other = installation.project(lead), installation.project(lead, name="Another")
    link = _link(installation, Terms(project_id=project.id, roles=frozenset({"rater"})))
    with installation.db.write() as tx:
        held = invitations.of_project(tx, project.id)[0]
        assert not invitations.withdraw(tx, other.id, held.id, installation.clock.now)
        assert invitations.withdraw(tx, project.id, held.id, installation.clock.now)
    assert _join(installation.stranger(), link, "ann@example.org").status_code == 404


def test_a_link_for_one_address_serves_no_other(installation: Installation) -> None:
    link = _link(installation, Terms(email="ann@example.org", admin=True))
    assert _join(installation.stranger(), link, "mallory@example.org").status_code == 422
    mallory = installation.person("mallory")
    assert mallory.post(link).status_code == 422
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM accounts WHERE admin = 1") == 0
    assert _join(installation.stranger(), link, "ANN@example.org").status_code == 303


def test_a_link_gives_the_roles_it_says_in_the_project_it_says(installation: Installation) -> None:
    lead = installation.person("lead")
    project, other = installation.project(lead), installation.project(lead, name="Another")
    link = _link(installation, Terms(project_id=project.id, roles=frozenset({"viewer"})))
    client = installation.stranger()
    _join(client, link, "ann@example.org", role="lead", roles="lead", admin="1", project=other.id)
    with installation.db.read() as tx:
        (account,) = tx.texts("SELECT id FROM accounts WHERE email = 'ann@example.org'")
        assert roles_in(tx, project.id, account) == {"viewer"}
        assert roles_in(tx, other.id, account) == frozenset()
        assert tx.number("SELECT admin FROM accounts WHERE id = :id", id=account) == 0


def test_a_link_for_a_new_password_gives_no_rights_and_no_other_account(
    installation: Installation,
) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    ann, mallory = installation.person("ann"), installation.person("mallory")
    terms = Terms(
        purpose="reset",
        email=ann.account.email,
        account_id=ann.account.id,
        project_id=project.id,
        roles=frozenset({"lead"}),
        admin=True,
    )
    mallory.post(_link(installation, terms), {"password": "an entirely new one", "admin": "1"})
    with installation.db.read() as tx:
        for person in (ann, mallory):
            assert roles_in(tx, project.id, person.account.id) == frozenset()
        assert tx.number("SELECT COUNT(*) FROM accounts WHERE admin = 1") == 0


def _reset(lead: Person, project: str, whom: Person) -> httpx2.Response:
    return lead.post(f"/projects/{project}/people/{whom.account.id}", {"do": "reset"})


def test_a_lead_cannot_take_over_the_account_of_someone_with_more_rights(
    installation: Installation,
) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    boss = installation.person("boss", admin=True)
    with installation.db.write() as tx:
        tx.run(
            "INSERT INTO memberships (project_id, account_id, role, since)"
            " VALUES (:project, :account, 'rater', 0)",
            project=project.id,
            account=boss.account.id,
        )
    answer = _reset(lead, project.id, boss)
    assert "/invitations/" not in answer.text.split('id="link"')[-1][:300]
    with installation.db.read() as tx:
        assert tx.number("SELECT COUNT(*) FROM invitations WHERE purpose = 'reset'") == 0

"""Guidelines: versions that nobody changes, and who was quicker."""

import pytest
from tests.web.installation import Installation

from etude.errors import ConfigError
from etude.web.projects import guidelines
from etude.web.projects.guidelines import Draft


def test_versions_count_up_and_the_older_ones_stay(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    with installation.db.write() as tx:
        assert guidelines.newest(tx, project.id) is None
        for text in ("one", "two"):
            guidelines.publish(tx, project.id, Draft(text=text), by=lead.account.id, now=1.0)
    with installation.db.read() as tx:
        newest = guidelines.newest(tx, project.id)
        assert newest is not None
        assert (newest.version, newest.text, newest.by) == (2, "two", "Lead")
        first = guidelines.at_version(tx, project.id, 1)
        assert first is not None
        assert first.text == "one"
        assert [each.version for each in guidelines.versions(tx, project.id)] == [2, 1]


def test_what_is_no_new_version_is_refused(installation: Installation) -> None:
    lead = installation.person("lead")
    project = installation.project(lead)
    with installation.db.write() as tx:
        guidelines.publish(tx, project.id, Draft(text="one"), by=lead.account.id, now=1.0)
    for draft, said in (
        (Draft(text=" \n"), "empty"),
        (Draft(text="one"), "nothing differs"),
        (Draft(text="two", based_on=0), "version 1 was published"),
        (Draft(text="x" * 200_001), "at most"),
    ):
        with installation.db.write() as tx, pytest.raises(ConfigError, match=said):
            guidelines.publish(tx, project.id, draft, by=lead.account.id, now=2.0)


def test_projects_do_not_see_each_others_guidelines(installation: Installation) -> None:
    lead = installation.person("lead")
    one, other = (installation.project(lead, name=name) for name in ("one", "other"))
    with installation.db.write() as tx:
        guidelines.publish(tx, one.id, Draft(text="one"), by=lead.account.id, now=1.0)
        assert guidelines.newest(tx, other.id) is None
        assert guidelines.at_version(tx, other.id, 1) is None

"""Tabs: the pages of a project that someone with given roles has."""

import msgspec

from etude.web.people.roles import Role
from etude.web.projects.project import Project

_EVERYONE: frozenset[Role] = frozenset({"lead", "writer", "rater", "reviewer", "viewer"})
_SEES: frozenset[Role] = frozenset({"lead", "reviewer", "viewer"})
_LEAD: frozenset[Role] = frozenset({"lead"})


class Tab(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a project."""

    name: str
    path: str


_TABS: tuple[tuple[str, str, frozenset[Role], str], ...] = (
    ("Overview", "", _EVERYONE, ""),
    ("Guidelines", "/guidelines", _EVERYONE, ""),
    ("Write", "/write", frozenset({"writer"}), "write"),
    ("Rate", "/rate", frozenset({"rater"}), "rate"),
    ("Mine", "/mine", frozenset({"writer", "rater"}), ""),
    ("Questions", "/questions", _EVERYONE, ""),
    ("Review", "/review", frozenset({"lead", "reviewer"}), "write"),
    ("Adjudicate", "/adjudicate", frozenset({"lead", "reviewer"}), "rate"),
    ("Progress", "/progress", _SEES, ""),
    ("Bias", "/bias", _SEES, "rate"),
    ("Label errors", "/label-errors", frozenset({"lead", "reviewer"}), "rate"),
    ("Items", "/items", _LEAD, ""),
    ("Quiz", "/quiz/edit", _LEAD, ""),
    ("People", "/people", _LEAD, ""),
    ("Settings", "/settings", _LEAD, ""),
    ("Export", "/exports", _LEAD, ""),
    ("Log", "/log", _LEAD, ""),
)


def tabs(project: Project, roles: frozenset[Role]) -> list[Tab]:
    """Return the pages of a project for someone with these roles, in order."""
    return [
        Tab(name=name, path=f"/projects/{project.id}{path}")
        for name, path, whose, kind in _TABS
        if roles & whose and kind in ("", project.kind)
    ]

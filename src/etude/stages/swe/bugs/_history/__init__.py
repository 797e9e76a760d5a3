"""What `history` is made of: old sources, the hunks between them, and what tests need of them."""

from etude.stages.swe.bugs._history.commits import changes_of_commits
from etude.stages.swe.bugs._history.hunks import Change, Hunk, Tree
from etude.stages.swe.bugs._history.reduce import Bugs, Found, Limits, find_bugs
from etude.stages.swe.bugs._history.releases import changes_of_releases
from etude.stages.swe.bugs._history.stories import choose_entry

__all__ = [
    "Bugs",
    "Change",
    "Found",
    "Hunk",
    "Limits",
    "Tree",
    "changes_of_commits",
    "changes_of_releases",
    "choose_entry",
    "find_bugs",
]

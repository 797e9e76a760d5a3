"""Drawing: what comes next and in which order it is shown, by seeds made of ids.

The same person at the same place always draws the same, so asking again changes nothing; and
nothing that a browser gets tells a gold item or a repeat from work.
"""

from random import Random
from typing import Literal

from etude.web.projects.project import Project

Purpose = Literal["work", "gold", "repeat", "adjudication"]
REPEAT_AFTER = 10
"""Finished items that lie at least between an item and its repeat."""


def draw_purpose(project: Project, account_id: str, n_before: int) -> Purpose:
    """Return what a person is to get next, where there is some of it.

    Args:
        project: Its settings hold the shares.
        account_id: Who asks.
        n_before: Items they were given before in this project.
    """
    if project.kind != "rate":
        return "work"
    drawn = Random(f"{project.id} {account_id} {n_before}").random()
    if drawn < project.settings.gold_share:
        return "gold"
    if drawn < project.settings.gold_share + project.settings.repeat_share:
        return "repeat"
    return "work"


def draw_one(ids: list[str], account_id: str, n_before: int) -> str:
    """Return one of several ids."""
    return Random(f"{account_id} {n_before}").choice(sorted(ids))


def draw_order(n_candidates: int, item_id: str, account_id: str) -> tuple[int, ...]:
    """Return the order in which a person is shown the answers of an item."""
    order = list(range(n_candidates))
    Random(f"{item_id} {account_id}").shuffle(order)
    return tuple(order)


def other_order(order: tuple[int, ...], item_id: str, account_id: str) -> tuple[int, ...]:
    """Return an order in which every answer stands elsewhere; that of two is the other one."""
    if len(order) < 2:
        return order
    by = Random(f"{item_id} {account_id} again").randrange(1, len(order))
    return order[by:] + order[:by]

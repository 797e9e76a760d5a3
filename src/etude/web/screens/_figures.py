"""What pages of heavy figures share: opening one starts no work, a form or its script does."""

from collections.abc import Callable
from typing import TypeVar

import msgspec
from starlette.responses import Response

from etude.web.asking import Ask
from etude.web.seeing import progress
from etude.web.seeing.workroom import Figure, Workroom

T = TypeVar("T")
_RENEW_S = 600
"""Figures older than this are renewed when someone looks and something has changed."""


def stamp_of(ask: Ask) -> str:
    """Return a text that changes with what the figures are worked out from."""
    with ask.db.read() as tx:
        return progress.stamp(tx, ask.project.id)


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """What a page says of the age of its figures."""

    at: float | None
    """When they were worked out; `None` when they never were."""
    wrong: str
    changed: bool
    running: bool
    wanted: bool
    """Whether the page's script is to have them worked out."""


def age(ask: Ask, room: Workroom[T], figure: Figure[T] | None, stamp: str) -> Age:
    """Return how old figures are."""
    changed = figure is None or figure.stamp != stamp
    running = room.running(ask.project.id)
    old = figure is None or ask.now - figure.at > _RENEW_S
    return Age(
        at=None if figure is None else figure.at,
        wrong="" if figure is None else figure.wrong,
        changed=changed,
        running=running,
        wanted=changed and old and not running,
    )


def begin(ask: Ask, room: Workroom[T], work: Callable[[], T], page: str) -> Response:
    """Begin to work figures out, and go back to their page."""
    room.start(ask.project.id, stamp_of(ask), ask.now, work)
    if ask.wants_json():
        return ask.json({"running": True})
    return ask.go(f"/projects/{ask.project.id}/{page}")


def state(ask: Ask, room: Workroom[T]) -> Response:
    """Tell a script whether figures are being worked out."""
    return ask.json({"running": room.running(ask.project.id)})

"""What every experiment does alike: its folder, its result and its page, its words for numbers."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from etude.errors import ConfigError
from etude.pages.charts import tone
from etude.pages.template import environment
from etude.store import write_whole
from etude.value.statistics.curve import Range
from etude.value.statistics.difference import Difference

PAGE = "report.html"
Filters = Mapping[str, Callable[..., object]]


class Found(Protocol):
    """What an experiment came to."""

    @property
    def recipe(self) -> object:
        """What was asked for."""


def check_folder(out: Path, ours: Iterable[str]) -> None:
    """Check that an experiment may write into a folder.

    Args:
        out: The folder, which need not exist.
        ours: Names that an experiment of this kind makes there.

    Raises:
        ConfigError: It is a file, or holds something else.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"{out} is a file; an experiment needs a folder")
    known = {PAGE, *ours}
    if out.exists() and any(entry.name not in known for entry in out.iterdir()):
        raise ConfigError(f"{out} holds something else; name a new folder")


def write_result(out: Path, name: str, found: msgspec.Struct, page: str) -> None:
    """Write what an experiment came to, as JSON and as a page.

    Raises:
        ConfigError: The files cannot be written there.
    """
    write_whole(out / name, msgspec.json.format(msgspec.json.encode(found)))
    write_whole(out / PAGE, page.encode("utf-8", "replace"))


def render(
    template: str, found: Found, compared: Iterable[str], filters: Filters, **more: object
) -> str:
    """Return the page of an experiment.

    Args:
        template: Its file below this folder; it extends `report.html`.
        found: What it came to.
        compared: Names of what is compared, in the order of their colours.
        filters: Of the template, beside `difference` and `range`.
        more: What else the template names.
    """
    said: dict[str, Callable[..., object]] = {
        "difference": said_difference,
        "range": said_range,
        **filters,
    }
    return (
        environment(Path(__file__).parent, said)
        .get_template(template)
        .render(
            found=found,
            legend=[(name, tone(place)) for place, name in enumerate(compared)],
            recipe=json.dumps(msgspec.to_builtins(found.recipe), indent=1, ensure_ascii=False),
            **more,
        )
    )


def said_difference(gap: Difference, digits: int = 4) -> str:
    """Return a difference with its interval, in words."""
    return f"{gap.mean:+.{digits}f} [{gap.low:+.{digits}f}, {gap.high:+.{digits}f}]"


def said_range(one: Range) -> str:
    """Return a value with its interval, in words."""
    return f"{one.value:.4g} [{one.low:.4g}, {one.high:.4g}]"

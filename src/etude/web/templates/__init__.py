"""Templates: the HTML of all screens; every text is escaped, what hides in it is shown."""

import datetime
from pathlib import Path

from markupsafe import Markup, escape

from etude.pages.template import environment
from etude.web.tabs import tabs


def _kept(text: str) -> Markup:
    """Return text exactly as it is, for fields that are edited and sent back."""
    # A browser drops the first line break of a text area.
    return Markup("\n") + escape(text)


def _moment(seconds: float | None) -> str:
    """Return a time in UTC for a reader."""
    if seconds is None:
        return "never"
    return f"{datetime.datetime.fromtimestamp(seconds, datetime.UTC):%Y-%m-%d %H:%M}"


_PAGES = environment(Path(__file__).parent, {"kept": _kept, "moment": _moment})
_PAGES.globals["tabs"] = tabs


def render(template: str, **values: object) -> str:
    """Return a page as HTML."""
    return _PAGES.get_template(template).render(**values)

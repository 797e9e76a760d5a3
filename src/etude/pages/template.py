"""Templates: HTML pages that need no network, run no script and escape everything."""

from collections.abc import Callable, Mapping
from pathlib import Path

import jinja2

from etude.pages.text import duration, percent, size, visible


def environment(
    folder: Path, filters: Mapping[str, Callable[..., object]] | None = None
) -> jinja2.Environment:
    """Return a template environment for the pages in `folder`, which can include `style.css`."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, Path(__file__).parent]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_fit,
    )
    made.filters |= {"percent": percent, "duration": duration, "size": size, **(filters or {})}
    return made


def _fit(value: object) -> object:
    """Make the text of every expression in a template visible; marked-up text is ours."""
    return visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value

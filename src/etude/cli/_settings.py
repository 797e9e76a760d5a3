"""Options that several groups share: where to write, a recipe, settings of a plug-in."""

from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from etude.errors import ConfigError

OUT = click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
RECIPE = click.option(
    "--recipe", type=click.Path(path_type=Path), help="A TOML file with settings."
)
SETTINGS = click.option(
    "--set", "settings", multiple=True, metavar="KEY=VALUE", help="A setting of it."
)


def parse_settings(pairs: tuple[str, ...]) -> Mapping[str, object]:
    """Read `KEY=VALUE` pairs; a value that is JSON is read as such, any other is text.

    Raises:
        ConfigError: A pair has no key or no equals sign.
    """
    table: dict[str, object] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set takes KEY=VALUE, not {pair!r}")
        try:
            table[key] = msgspec.json.decode(value)
        except msgspec.DecodeError:
            table[key] = value
    return table

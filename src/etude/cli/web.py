"""`etude web`: the app in which people write, rate and review."""

from pathlib import Path
from typing import Any

import click
import msgspec

from etude.config import read_toml
from etude.errors import ConfigError
from etude.models import Model, models
from etude.web.app import make_app
from etude.web.database import Database, migrate
from etude.web.home import Home
from etude.web.serving import admin_link, first_link, serve


class _Models(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    models: dict[str, dict[str, Any]] = {}


@click.command("web", epilog="Example: etude web --home annotation")
@click.option(
    "--home",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the database, the data sets that are shown, and what is exported.",
)
@click.option(
    "--database",
    metavar="URL",
    help="postgresql://USER@HOST/NAME for a team; the default is a SQLite file in the home.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8600,
    show_default=True,
    help="Port to listen at.",
)
@click.option("--url", help="What people type to get here, such as https://etude.example.org.")
@click.option("--behind-proxy", is_flag=True, help="A proxy names the callers: X-Forwarded-For.")
@click.option(
    "--models",
    "models_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="TOML file with a table [models.NAME] for each model to sample from. "
    "The default is models.toml in the home, where there is one.",
)
@click.option(
    "--admin",
    metavar="EMAIL",
    help="Print a link for an administrator, or a new password; then stop.",
)
def command(
    folder: Path,
    database: str | None,
    host: str,
    port: int,
    url: str | None,
    behind_proxy: bool,
    models_file: Path | None,
    admin: str | None,
) -> None:
    """Serve the app: projects, guidelines, writing, rating, review, results.

    The first start prints a link with which the first administrator joins. The app speaks plain
    HTTP; for other machines put a proxy with TLS before it and give its address as --url.
    """
    home = Home(
        folder=folder,
        database=Database(database) if database else Database.in_file(folder / "etude.db"),
        url=(url or f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}").rstrip("/"),  # noqa: S104
        models=_models(models_file or folder / "models.toml", asked=models_file is not None),
        behind_proxy=behind_proxy,
    )
    folder.mkdir(parents=True, exist_ok=True)
    if admin:
        migrate(home.database)
        click.echo(admin_link(home, admin))
        return
    make_app(home)  # so that what is wrong is said before the port is taken
    link = first_link(home)

    def started() -> None:
        click.echo(f"Etude is at {home.url}  (database: {home.database.url.render_as_string()})")
        if link:
            click.echo(f"Nobody can make projects yet. Join as the first administrator:\n  {link}")
        click.echo("Stop with Ctrl-C.")

    try:
        serve(home, host, port, started)
    except OSError as error:
        raise ConfigError(f"cannot listen at {host}:{port}: {error.strerror}") from error


def _models(path: Path, *, asked: bool) -> dict[str, Model]:
    if not asked and not path.exists():
        return {}
    return {name: models.make(table) for name, table in read_toml(path, _Models).models.items()}

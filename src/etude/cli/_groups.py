"""Groups of commands that answer a misspelt name with the nearest known one."""

import difflib
import importlib
import logging
import sys
import traceback
from typing import NamedTuple

import click

from etude.errors import ConfigError, EtudeError

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it."""


class Suggesting(click.Group):
    """Answers a misspelt command with the nearest known one."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that `args` start with."""
        known = self.list_commands(ctx)
        if args and args[0] not in known and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
            ctx.fail(f"no such command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


class Entry(NamedTuple):
    """One line of the table of commands."""

    help: str
    extra: str = ""
    """The extra of Etude that brings what the command needs; empty when none is needed."""


class LazyGroup(Suggesting):
    """Imports a command's file only when that command is called."""

    entries: dict[str, Entry]
    package: str

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names of the commands. Imports none of them."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import and return one command.

        Raises:
            ConfigError: A package it needs is not installed.
        """
        if cmd_name not in self.entries:
            return None
        try:
            module = importlib.import_module(f"{self.package}.{cmd_name}")
        except ModuleNotFoundError as cause:
            extra = self.entries[cmd_name].extra
            if not extra or (cause.name or "").startswith("etude"):
                raise
            raise ConfigError(
                f"`etude {cmd_name}` needs the package {cause.name!r}; pip install 'etude[{extra}]'"
            ) from cause
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table. Imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; end with 2 when the request was wrong and 1 when the work failed."""
        verbose = bool(ctx.params.get("verbose"))
        logging.basicConfig(
            level=logging.DEBUG if verbose else logging.WARNING,
            format="%(levelname)s %(name)s: %(message)s" if verbose else "%(message)s",
            stream=sys.stderr,
        )
        try:
            return super().invoke(ctx)
        except EtudeError as error:
            if verbose:
                click.echo(traceback.format_exc(), err=True)
            click.echo(f"etude: {error}", err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)

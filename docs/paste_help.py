"""Paste the help text of every command into cli.md, between its markers.

Run it after a command has changed; with `--check` it only says what is out of date, and a test
calls it that way.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click

from etude.cli import main

PAGE = Path(__file__).with_name("cli.md")
_WIDTH = 80
_PASTED = re.compile(r"<!-- help: (etude[^>]*?) -->\n.*?<!-- end of help -->", re.DOTALL)


def help_texts(command: click.Command, parent: click.Context | None = None) -> Iterator[str]:
    """Yield the marked help text of a command and of every command below it."""
    name = "etude" if parent is None else command.name
    context = click.Context(
        command,
        info_name=name,
        parent=parent,
        terminal_width=_WIDTH,
        max_content_width=_WIDTH,
        help_option_names=["-h", "--help"],
    )
    text = command.get_help(context).rstrip()
    yield f"<!-- help: {context.command_path} -->\n```text\n{text}\n```\n<!-- end of help -->"
    if isinstance(command, click.Group):
        for inner in command.list_commands(context):
            found = command.get_command(context, inner)
            if found is not None:
                found.name = inner
                yield from help_texts(found, context)


def paste(page: str) -> tuple[str, list[str]]:
    """Return the page with fresh help texts, and the commands whose text was old or missing."""
    fresh = {_PASTED.fullmatch(text)[1]: text for text in help_texts(main)}  # type: ignore[index]
    old = {match[1]: match[0] for match in _PASTED.finditer(page)}
    stale = [name for name in fresh.keys() | old.keys() if fresh.get(name) != old.get(name)]
    return _PASTED.sub(lambda match: fresh.get(match[1], match[0]), page), sorted(stale)


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if something is old.")
@click.pass_context
def run(ctx: click.Context, check: bool) -> None:
    """Bring the help texts in cli.md up to date."""
    page, stale = paste(PAGE.read_text("utf-8"))
    for name in stale:
        click.echo(f"{PAGE.name}: the help of `{name}` is {'old' if name in page else 'missing'}")
    if check:
        ctx.exit(1 if stale else 0)
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    run()

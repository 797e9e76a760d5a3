"""The command line. Each command lives in its own file, imported when it is called."""

import click

from etude import __version__
from etude.cli._groups import Entry, LazyGroup

COMMANDS = {
    "demo": Entry("The main job on one small real project, end to end, with a report.", "swe"),
    "swe": Entry("Software engineering: real projects, bugs, hidden tests, episodes.", "swe"),
    "corpus": Entry("Pre-training text: read, clean, filter, de-duplicate, pack.", "corpus"),
    "problems": Entry("Problems with checkable answers: pose, verify, calibrate.", "problems"),
    "demos": Entry("Demonstrations: check, measure, choose, make of episodes.", "people"),
    "prefs": Entry("Preferences: agreement, aggregation, bias, label errors.", "people"),
    "web": Entry("The app: people write, rate and review; leads see what it comes to.", "web"),
    "train": Entry("Models that learn from the data: read, imitate, judge, practise.", "train"),
    "data": Entry("Look into any data set: show, stats, verify, ship, import."),
}
"""Help and needs of each command; the file of the same name holds it."""


class _Root(LazyGroup):
    entries = COMMANDS
    package = "etude.cli"


@click.group(
    cls=_Root,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: etude demo",
)
@click.option("-v", "--verbose", is_flag=True, help="Show the debug log, and errors in full.")
@click.version_option(__version__, prog_name="etude")
def main(verbose: bool) -> None:
    """Make the data language models learn from, and prove it good."""

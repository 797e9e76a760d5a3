"""The statement of a task with several bugs: the report of each, one below the other."""

import re
from collections.abc import Sequence
from random import Random

from etude.errors import TaskError
from etude.records import Codebase
from etude.stages.swe.statement.leaks import find_leaks

_FENCE = re.compile(r"^\s*(`{3,}|~{3,})")
_COUNTS = {2: "Two", 3: "Three", 4: "Four", 5: "Five"}
_OPENINGS = (
    "These reports came in one after the other.",
    "Several people wrote to us about this version.",
    "While going through open reports I could repeat each of the following.",
)
_ENDINGS = (
    "The work is done when all of them are mended and nothing else has changed.",
    "All of them should be mended together; one that is left makes the whole of no use to us.",
    "Please mend every one of them; a change that settles only some is not enough.",
)


def write_several(
    codebase: Codebase,
    reports: Sequence[str],
    *,
    paths: Sequence[str],
    tests: Sequence[str],
    kinds: Sequence[str],
    patch: str,
    rng: Random,
) -> str:
    """Return one text in Markdown that holds several reports.

    Args:
        codebase: What they are about.
        reports: The statements of the bugs, each clean by itself.
        paths: Files that the bugs change.
        tests: Ids of the tests that catch them.
        kinds: Names of the kinds of bug.
        patch: Unified diff of all of them.
        rng: Chooses wording and order.

    Raises:
        TaskError: Together they give something away.
    """
    count = _COUNTS.get(len(reports), str(len(reports)))
    title = f"# {count} problems in {codebase.name} {codebase.version}"
    mixed = rng.sample(list(reports), len(reports))
    parts = [_demoted(text.strip(), number) for number, text in enumerate(mixed, 1)]
    text = "\n\n".join(
        [title, f"{rng.choice(_OPENINGS)} {rng.choice(_ENDINGS)}", *parts],
    )
    if leaks := find_leaks(text, paths=paths, tests=tests, kinds=kinds, patch=patch):
        raise TaskError(f"no statement without a leak: {'; '.join(leaks)}")
    return text + "\n"


def _demoted(text: str, number: int) -> str:
    """Return a report with its headings one level lower and its number in the first."""
    lines = []
    fence = ""
    for line in text.split("\n"):
        if (found := _FENCE.match(line)) and (not fence or found[1].startswith(fence)):
            fence = "" if fence else found[1]
        elif not fence and re.match(r"#{1,5} ", line):
            lines.append(f"#{line}")
            continue
        lines.append(line)
    if lines[0].startswith("## "):
        return "\n".join([f"## {number}. {lines[0][3:]}", *lines[1:]])
    return "\n".join([f"## {number}.", "", *lines])

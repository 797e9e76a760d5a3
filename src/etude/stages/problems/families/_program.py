"""Programs as problems: how they are shown and asked about."""

from collections.abc import Mapping, Sequence
from random import Random

from etude.stages.problems.families._wording import worded

GRADER: Mapping[str, object] = {
    "use": "text",
    "ignore_case": False,
    "ignore_punctuation": False,
}
_TEMPLATES = (
    "What does this Python program print?\n\n{code}\n\nGive its output exactly.",
    "Without running it, say what the following Python 3 program prints.\n\n{code}",
    "Predict the output of this Python program.\n\n{code}\n\nAnswer with what it prints and "
    "nothing else.",
    "The program below is run with Python 3. What appears on the screen?\n\n{code}",
)


def asked(rng: Random, lines: Sequence[str]) -> str:
    """Ask for the output of a program."""
    code = "\n".join(lines)
    return worded(rng, _TEMPLATES, code=f"```python\n{code}\n```")


def indented(lines: Sequence[str], depth: int = 1) -> list[str]:
    """Return lines that stand inside of a block."""
    return ["    " * depth + line for line in lines]


def spaceless(output: str) -> tuple[str, ...]:
    """Return an output that holds a list as it is written without spaces in the list."""
    return (output.replace(", ", ","),) if ", " in output else ()

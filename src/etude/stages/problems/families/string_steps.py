"""Changes a word by a list of instructions."""

from collections.abc import Mapping
from random import Random
from typing import ClassVar, NamedTuple

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import counted, ordinal, worded
from etude.stages.problems.families._words import WORDS

TEMPLATES = (
    "Start with the string `{text}` and do the following, one after another.\n\n{steps}\n\n"
    "Which string results?",
    "Take `{text}` and change it like this, in the given order:\n\n{steps}\n\n"
    "What does it read in the end?",
    "The string `{text}` goes through these changes in turn:\n\n{steps}\n\nWrite down the result.",
)


class _Step(NamedTuple):
    """One change: its kind, a number, and letters."""

    kind: str
    number: int = 0
    letters: str = ""


class StringStepsFamily(Family, frozen=True, kw_only=True):
    """Reversals, rotations, exchanges, removals and replacements."""

    topic = "strings"
    grader: ClassVar[Mapping[str, object]] = {"use": "text"}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one chain of changes."""
        text = "".join(rng.sample(WORDS, by_level(level, 1, 1, 1, 2, 2)))
        n_steps = by_level(level, 1, 2, 3, 5, 7)
        while True:
            states, steps = [text], []
            for _ in range(n_steps):
                steps.append(_draw(rng, states[-1]))
                states.append(_changed(states[-1], steps[-1]))
            if states[-1] != text and len(states[-1]) > 2:
                break
        answer = states[-1]
        swapped = _changed(_changed(states[-3], steps[-1]), steps[-2]) if n_steps > 1 else text
        wrong = [*states[-3:-1], swapped, answer[::-1], answer[:-1], answer[1:] + answer[0]]
        lines = "\n".join(f"{i + 1}. {_text(step)}" for i, step in enumerate(steps))
        return Posed(
            statement=worded(rng, TEMPLATES, text=text, steps=lines),
            answer=answer,
            near_misses=slips(answer, *wrong),
            solution=f"Step by step: {' → '.join(states)}.",
        )


def _draw(rng: Random, text: str) -> _Step:
    """Draw a change that changes something."""
    while True:
        kind = rng.choice(("reverse", "rotate", "swap", "drop", "replace", "double", "halves"))
        number = rng.randint(1, max(1, min(4, len(text) - 1)))
        old, new = rng.choice(text), rng.choice("aeiorstx")
        step = _Step(kind, number, old + new)
        after = _changed(text, step)
        if after != text and 2 < len(after) < 30:
            return step


def _changed(text: str, step: _Step) -> str:
    """Make one change."""
    n, half = step.number, len(text) // 2
    return {
        "reverse": text[::-1],
        "rotate": text[n:] + text[:n],
        "swap": text[-1] + text[1:-1] + text[0] if len(text) > 1 else text,
        "drop": "".join(c for i, c in enumerate(text) if (i + 1) % (n + 1)),
        "replace": text.replace(step.letters[:1], step.letters[1:]),
        "double": "".join(c * 2 if c in "aeiou" else c for c in text),
        "halves": text[len(text) - half :] + text[half : len(text) - half] + text[:half],
    }[step.kind]


def _text(step: _Step) -> str:
    """Write a change as an instruction."""
    n, letters = step.number, step.letters
    return {
        "reverse": "Write it backwards.",
        "rotate": f"Move the first {counted(n, 'character')} to the end, in the same order."
        if n > 1
        else "Move the first character to the end.",
        "swap": "Exchange the first and the last character.",
        "drop": f"Delete every {ordinal(n + 1)} character (the {ordinal(n + 1)}, the "
        f"{ordinal(2 * n + 2)} and so on).",
        "replace": f"Replace every `{letters[:1]}` by `{letters[1:]}`.",
        "double": "Write every vowel (a, e, i, o, u) twice.",
        "halves": "Exchange its first and its last half; a character in the very middle stays.",
    }[step.kind]

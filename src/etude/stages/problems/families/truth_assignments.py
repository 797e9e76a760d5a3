"""Counts the ways to make a logical formula true."""

from itertools import product
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "How many assignments of truth values to ${letters}$ make the formula ${e}$ true?",
    "The variables ${letters}$ can each be true or false. For how many of the combinations is\n\n"
    "$${e}$$\n\ntrue?",
    "In the truth table of ${e}$ over ${letters}$, how many rows have the result “true”?",
)
Node = str | tuple[str, "Node", "Node"] | tuple[str, "Node"]


class TruthAssignmentsFamily(Family, frozen=True, kw_only=True):
    """Formulas with and, or, not, implication and exclusive or."""

    topic = "logic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one formula."""
        letters = "pqrst"[: by_level(level, 2, 3, 3, 4, 5)]
        n_joins = by_level(level, 2, 3, 4, 5, 7)
        signs = by_level(
            level, ("and", "or"), *[("and", "or", "to")] * 2, *[("and", "or", "to", "xor")] * 2
        )
        while True:
            node = _formula(rng, letters, n_joins, signs)
            rows = [dict(zip(letters, row, strict=True)) for row in _rows(len(letters))]
            answer = sum(_value(node, row) for row in rows)
            text = _text(node)
            if 0 < answer < len(rows) and all(letter in text.split() for letter in letters):
                break
        every = len(rows)
        true = [row for row in rows if _value(node, row)]
        shown = ", ".join("".join("TF"[not row[letter]] for letter in letters) for row in true)
        wrong = [every - answer, answer + 1, answer - 1, every, 2 * answer]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                e=text.replace("( ", "(").replace(" )", ")"),
                letters=", ".join(letters),
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w >= 0)),
            solution=f"Of the {every} rows of the truth table (values of {', '.join(letters)} in "
            f"this order), these make it true: {shown}. That makes ${answer}$.",
        )


def _rows(n: int) -> list[tuple[bool, ...]]:
    """Return the rows of a truth table."""
    return list(product((True, False), repeat=n))


def _formula(rng: Random, letters: str, n_joins: int, signs: tuple[str, ...]) -> Node:
    """Draw a formula with so many binary connectives."""
    if n_joins == 0:
        letter = rng.choice(letters)
        return ("not", letter) if rng.random() < 0.3 else letter
    left = rng.randint(0, n_joins - 1)
    node: Node = (
        rng.choice(signs),
        _formula(rng, letters, left, signs),
        _formula(rng, letters, n_joins - 1 - left, signs),
    )
    return ("not", node) if rng.random() < 0.15 else node


def _value(node: Node, row: dict[str, bool]) -> bool:
    """Evaluate a formula."""
    if isinstance(node, str):
        return row[node]
    values = [_value(part, row) for part in node[1:]]
    if node[0] == "not":
        return not values[0]
    a, b = values
    return {"and": a and b, "or": a or b, "to": not a or b, "xor": a != b}[node[0]]


def _text(node: Node) -> str:
    """Write a formula in LaTeX, every binary part in brackets but the outermost."""
    text = _inner(node)
    return text[2:-2] if text.startswith("( ") and not isinstance(node, str) else text


def _inner(node: Node) -> str:
    """Write a part of a formula."""
    if isinstance(node, str):
        return node
    if node[0] == "not":
        return rf"\lnot {_inner(node[1])}"
    sign = {"and": r"\land", "or": r"\lor", "to": r"\rightarrow", "xor": r"\oplus"}[node[0]]
    return f"( {_inner(node[1])} {sign} {_inner(node[-1])} )"

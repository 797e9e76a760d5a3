"""Wrong responses: answers that look right and are wrong, and what is said to fool a grader.

Every one is surely wrong: another number, another text, a broken form. What might be right after
all, such as a permuted set, a mirrored palindrome or the negative of zero, is left out.
"""

import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from random import Random

from etude.records import Reference
from etude.rollout.graders import Grader
from etude.stages.problems.audit import _hostile
from etude.stages.problems.audit._forms import Given, core, form_of, grader_of, value_of

N_NEAR_MISSES = 10
"""Wrong responses to each problem."""
N_HOSTILE = 4
"""How many of them are no answers at all."""
MANY_WAYS = {"24": ("6*4*1*1", "8*3*1*1", "2*3*4*1", "4*5+3+1")}
"""Constant answers to puzzles where a value must be made of numbers that are given."""
_NUMBERS = re.compile(r"(?<![\d.])\d+")
_ENDS_IN_DECIMAL = re.compile(r"\.\d+\W*$")
_FORMULA = re.compile(r"[\d\s+\-*/().]+")
_OPPOSITES = {
    "true": "False", "false": "True", "yes": "No", "no": "Yes", "monday": "Tuesday",
    "tuesday": "Wednesday", "wednesday": "Thursday", "thursday": "Friday", "friday": "Saturday",
    "saturday": "Sunday", "sunday": "Monday",
}  # fmt: skip


def near_misses(
    reference: Reference, rng: Random, *, statement: str = "", costly: bool = False
) -> list[str]:
    """Return ten wrong responses to a problem, each once.

    Args:
        reference: Of the problem.
        rng: Decides which of them are taken.
        statement: The problem's own; it makes one more wrong response.
        costly: Whether to add responses that take a grader up to its time limit.
    """
    use, grader = grader_of(reference)
    slips = list(dict.fromkeys(_slips(reference, use, grader, rng)))
    rng.shuffle(slips)
    said = [grader.present(slip) for slip in slips]
    hostile = list(_hostile.responses(reference, grader, statement))
    rng.shuffle(hostile)
    n_said = max(N_NEAR_MISSES - N_HOSTILE, N_NEAR_MISSES - len(hostile))
    found = [*said[:n_said], *hostile[: N_NEAR_MISSES - min(n_said, len(said))]]
    if costly:
        found += _hostile.costly(grader)
    return list(dict.fromkeys(found))


def _slips(reference: Reference, use: str, grader: Grader, rng: Random) -> Iterator[str]:
    """Yield wrong answers of the right sort."""
    right = {_same(text) for text in (reference.answer, *reference.spellings) if text}
    for slip in reference.near_misses:
        if _same(slip) not in right:
            yield slip
    answer = reference.answer
    if use in {"code", "codebase"} or not answer:
        return
    form = form_of(answer, use)
    for slip in _MAKERS[form.kind](Given(answer, form, use, grader, rng)):
        if slip.strip() and _same(slip) not in right:
            yield slip


def _same(text: str) -> str:
    """Return the same for two answers that might be taken for the same."""
    value = value_of(text)
    return core(text) if value is None else str(value)


def _other_numbers(value: Fraction, grader: Grader) -> Iterator[Fraction]:
    """Yield numbers near `value` that no tolerance of the grader reaches."""
    tolerance = 3 * float(getattr(grader, "tolerance", 0) or 0)
    decimals = int(getattr(grader, "decimals", 0) or 0)
    slips = [value + 1, value - 1, -value, value * 10, value / 10, value * 2, value / 2]
    slips += [value + 2, 1 / value] if value else [value + 2]
    text = str(abs(value.numerator))
    for at in range(len(text) - 1):
        swapped = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        slips.append(Fraction(int(swapped), value.denominator) * (1 if value > 0 else -1))
    if len(text) > 1:
        slips.append(Fraction(int(text[:-1]), value.denominator) * (1 if value > 0 else -1))
    for slip in slips:
        apart = abs(float(slip - value)) if abs(slip) + abs(value) < 10**300 else 1.0
        size = abs(float(value)) if abs(value) < 10**300 else 1.0
        if (
            slip != value
            and apart > tolerance * size
            and apart > 2 * 10.0**-decimals * bool(decimals)
        ):
            yield slip


def _written(value: Fraction, like: str) -> str:
    """Write a number as `like` is written, where that is exact."""
    if "." in like or value.denominator == 1:
        places = max(len(like.partition(".")[2]), 0) + 3
        scaled = value * 10**places
        if scaled.denominator == 1:
            digits = f"{abs(scaled.numerator):0{places + 1}d}"
            whole, part = digits[:-places], digits[-places:].rstrip("0")
            return ("-" if value < 0 else "") + whole + (f".{part}" if part else "")
    if "\\frac" in like:
        sign = "-" if value < 0 else ""
        return f"{sign}\\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"
    return f"{value.numerator}/{value.denominator}"


def _number(given: Given) -> Iterator[str]:
    answer, form, grader = given.answer, given.form, given.grader
    value = form.value or Fraction()
    for other in _other_numbers(value, grader):
        yield _written(other, answer)
    for at, c in _leading_digits(answer):
        yield answer[:at] + str((int(c) + 1) % 10) + answer[at + 1 :]
    wrong = _written(value + 1, answer)
    yield f"{answer}, {wrong}"
    yield f"{answer} \\text{{ or }} {wrong}"
    yield f"\\text{{not }} {answer}"
    yield f"{answer}\\sqrt{{2}}" if value else "\\sqrt{2}"
    yield f"{answer} + x"


def _leading_digits(answer: str) -> Iterator[tuple[int, str]]:
    """Yield the first three significant digits of a number, with where they stand."""
    if "/" in answer or "\\" in answer:
        return
    digits = [(at, c) for at, c in enumerate(answer) if c.isdigit()]
    first = next((n for n, (_, c) in enumerate(digits) if c != "0"), len(digits))
    yield from digits[first : first + 3]


def _quantity(given: Given) -> Iterator[str]:
    answer, form, grader = given.answer, given.form, given.grader
    value, number = form.value or Fraction(), answer[: len(answer) - len(form.unit)]
    for other in _other_numbers(value, grader):
        yield _written(other, number) + form.unit
    unit = form.unit.strip()
    if "%" in unit:
        yield f"{number}{number}\\%"
        yield f"{number} kg"
    else:
        yield f"{number} " + ("s" if unit == "kg" else "kg")
        yield f"{number} {unit}^7"
    yield f"{answer} \\text{{ or }} {_written(value + 1, number)}{form.unit}"


def _moment(given: Given) -> Iterator[str]:
    between = ":" if ":" in given.answer else "-"
    parts = given.answer.split(between)
    for at, part in enumerate(parts):
        for step in (1, -1, 10, -10):
            other = f"{abs(int(part) + step):02d}"
            if int(other) != int(part):
                yield between.join([*parts[:at], other, *parts[at + 1 :]])
    if parts[1] != parts[-1]:
        yield between.join([parts[0], *parts[:0:-1]])
    other = between.join([f"{int(parts[0]) + 1}", *parts[1:]])
    yield f"{given.answer} \\text{{ or }} {other}"


def _members(given: Given) -> Iterator[str]:
    form, grader = given.form, given.grader
    opening, closing = form.brackets
    parts = list(form.parts)

    def shown(members: list[str]) -> str:
        return f"{opening}{', '.join(members)}{closing}"

    for at, part in enumerate(parts):
        value = value_of(part)
        if value is not None:
            others = [_written(other, part) for other in _other_numbers(value, grader)][:3]
        else:
            others = [f"{part} + 1"] if "infty" not in part else []
        # In a set, what is new must not be there already, nor what is left out be there twice.
        for other in others:
            if _same(other) not in {_same(p) for p in parts} and parts.count(part) == 1:
                yield shown([*parts[:at], other, *parts[at + 1 :]])
    if len({_same(part) for part in parts}) == len(parts) > 1:
        yield shown(parts[:-1]) if opening != "(" or len(parts) > 2 else parts[0]
        yield shown(parts[1:]) if opening != "(" or len(parts) > 2 else parts[1]
    yield shown([*parts, "17017/3"])
    if opening == "(" and parts[::-1] != parts:
        yield shown(parts[::-1])
    if opening in {"(", "["} and len(parts) == 2:
        yield from _other_ends(parts, opening, closing)


def _other_ends(parts: list[str], opening: str, closing: str) -> Iterator[str]:
    """Yield an interval with one end closed that was open, or the other way round."""
    ends = f"{parts[0]}, {parts[1]}"
    if "infty" not in parts[0]:
        yield f"{'[' if opening == '(' else '('}{ends}{closing}"
    if "infty" not in parts[1]:
        yield f"{opening}{ends}{']' if closing == ')' else ')'}"


def _matrix(given: Given) -> Iterator[str]:
    form, rng = given.form, given.rng
    rows = [list(row) for row in form.rows]

    def shown(changed: list[list[str]]) -> str:
        body = " \\\\ ".join(" & ".join(row) for row in changed)
        return f"\\begin{{pmatrix}} {body} \\end{{pmatrix}}"

    for _ in range(8):
        y = rng.randrange(len(rows))
        x = rng.randrange(len(rows[y]))
        value = value_of(rows[y][x])
        changed = [list(row) for row in rows]
        changed[y][x] = f"{rows[y][x]} + 1" if value is None else _written(value + 1, rows[y][x])
        yield shown(changed)
    turned = [list(column) for column in zip(*rows, strict=False)]
    if turned != rows:
        yield shown(turned)
    if len(rows) > 1:
        yield shown(rows[:-1])
    if rows[::-1] != rows:
        yield shown(rows[::-1])


def _expression(given: Given) -> Iterator[str]:
    answer = given.answer
    if "=" in answer or any(text in answer for text in ("infty", "\\cup", "\\text", "\\pm")):
        return
    # None of these is zero: a plain 0 would have been a number.
    yield f"({answer}) + 1"
    yield f"({answer}) - 1"
    yield f"2({answer})"
    yield f"-({answer})"
    yield f"\\frac{{{answer}}}{{3}}"
    yield f"({answer})\\sqrt{{2}}"
    yield f"{answer} + 0.001"
    yield f"{answer} \\text{{ or }} 0"
    yield f"({answer}, 1)"


def _letter(given: Given) -> Iterator[str]:
    answer, grader = given.answer, given.grader
    bare = answer.strip("() .")
    letters = str(getattr(grader, "names", "ABCD"))
    for letter in letters:
        if letter.casefold() != bare.casefold():
            yield letter
            yield f"{bare}, {letter}"
            yield f"{bare} or {letter}"
    yield f"not {bare}"
    yield bare + bare
    yield ", ".join(letters)


def _text(given: Given) -> Iterator[str]:
    answer, form, grader, rng = given.answer, given.form, given.grader, given.rng
    if form.value is not None:
        yield from _plain_numbers(answer, form.value, grader)
    if answer.strip().casefold() in _OPPOSITES:
        yield _OPPOSITES[answer.strip().casefold()]
    numbers = list(_NUMBERS.finditer(answer))
    for found in rng.sample(numbers, min(4, len(numbers))):
        yield answer[: found.start()] + _raised(found) + answer[found.end() :]
    words = answer.split()
    counted = len(words) == 2 and words[0].isdigit()
    if len(words) > 1 and any(c.isalnum() for c in words[-1]) and not counted:
        yield answer[: answer.rstrip().rfind(words[-1])]
    letters = [at for at, c in enumerate(answer) if c.isalnum()]
    # A number may be the same without a zero at either end, and right without its last digits; so
    # may a unit without its plural.
    if len(letters) > 1 and answer[letters[-1]] not in "0s" and not _ENDS_IN_DECIMAL.search(answer):
        yield answer[: letters[-1]]
    if len(letters) > 1 and answer[letters[0]] != "0":
        yield answer[letters[1] :]
    yield f"{answer} or something else"
    yield f"not {answer}"
    if answer.isalnum():
        yield f"{answer}qx"
    if _FORMULA.fullmatch(answer) and any(c in answer for c in "*/+"):
        yield from _constant_answers(answer)


def _raised(found: "re.Match[str]") -> str:
    """Return another number, far enough away where digits behind a point might be rounded."""
    digits = found[0]
    if len(digits) <= 6 and found.string[found.end() : found.end() + 1] != ".":
        return str(int(digits) + 1)
    return ("8" if digits[0] == "9" else str(int(digits[0]) + 1)) + digits[1:]


def _plain_numbers(answer: str, value: Fraction, grader: Grader) -> Iterator[str]:
    """Yield other numbers, none so near that rounding to three digits would forgive it."""
    for other in _other_numbers(value, grader):
        if abs(other - value) * 100 > abs(value):
            yield _written(other, answer)
    for at, c in _leading_digits(answer):
        yield answer[:at] + str((int(c) + 1) % 10) + answer[at + 1 :]


def _constant_answers(answer: str) -> Iterator[str]:
    """Yield formulas of the same value that are made of other numbers."""
    used = sorted(map(int, _NUMBERS.findall(answer)))
    yield f"{answer} + 17 - 17"
    for formula in MANY_WAYS["24"]:
        if sorted(map(int, _NUMBERS.findall(formula))) != used:
            yield formula


_MAKERS: dict[str, Callable[[Given], Iterator[str]]] = {
    "number": _number,
    "quantity": _quantity,
    "moment": _moment,
    "members": _members,
    "matrix": _matrix,
    "expression": _expression,
    "letter": _letter,
    "text": _text,
}

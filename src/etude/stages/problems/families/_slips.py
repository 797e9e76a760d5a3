"""Slips: wrong answers, each once, and never the right one."""

import re
from fractions import Fraction

Value = int | Fraction | str


def slips(answer: Value, *wrong: Value, right: tuple[Value, ...] = ()) -> tuple[str, ...]:
    """Return what is wrong as text, without the answer and whatever else is `right`.

    Args:
        answer: The answer.
        wrong: What a slip would lead to; it may well agree with the answer.
        right: Other right answers.
    """
    seen = {_essence(value) for value in (answer, *right)}
    kept = []
    for value in wrong:
        essence = _essence(value)
        if essence and essence not in seen:
            seen.add(essence)
            kept.append(str(value))
    return tuple(kept)


def _essence(value: Value) -> str:
    """Reduce a value to what any reader would compare: numbers by value, the rest by letters."""
    text = " ".join(re.sub(r"[^\w+\-./:^|\[\](){}]+", " ", str(value)).split())
    text = re.sub(r"(?<=\d)\s+(?=[A-Za-z%])", " ", text).casefold()
    try:
        return str(Fraction(text.replace(" ", "")))
    except (ValueError, ZeroDivisionError):
        return text.strip(" .")

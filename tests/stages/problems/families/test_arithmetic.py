"""Families of arithmetic, solved again from their statements."""

import re
from fractions import Fraction
from typing import Any

import pytest
import sympy as untyped_sympy
from tests.stages.problems.families._solving import (
    Solver,
    decimals,
    disagreements,
    numbers,
)

sympy: Any = untyped_sympy


def formula(text: str) -> str:
    """Return the formula of a statement, as sympy reads it."""
    found = re.search(r"\$\$?(.*?)\$\$?", text, re.DOTALL)
    assert found
    code = found[1].replace(r"\times", "*").replace(r"\cdot", "*")
    return re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"Rational(\1,\2)", code)


def value(text: str) -> Fraction:
    result = sympy.sympify(formula(text))
    return Fraction(int(result.p), int(result.q))


def percent_chain(text: str) -> Fraction:
    price = Fraction(re.findall(r"(\d+) euros", text)[0])
    for word, percent in re.findall(r"(raised|cut) by (\d+)%", text):
        price *= 1 + Fraction(int(percent), 100) * (1 if word == "raised" else -1)
    return price


def average_speed(text: str) -> Fraction:
    way, hours = Fraction(0), Fraction(0)
    for length, speed in re.findall(r"([\d.]+) km at (\d+) km/h", text):
        way += Fraction(length)
        hours += Fraction(length) / int(speed)
    for minutes, speed in re.findall(r"for (\d+) minutes at (\d+) km/h", text):
        way += Fraction(int(minutes) * int(speed), 60)
        hours += Fraction(int(minutes), 60)
    rest = re.search(r"rest of (\d+) minutes", text)
    return way / (hours + Fraction(int(rest[1]) if rest else 0, 60))


def ratio_share(text: str) -> Fraction:
    ratio = re.search(r"\d+(?: : \d+)+", text)
    assert ratio
    parts = [int(n) for n in ratio[0].split(" : ")]
    names = [
        n for n in re.findall(r"\b[A-Z][a-z]+\b", text) if n not in {"There", "How", "Some", "A"}
    ]
    people: dict[str, int] = dict(zip(names[: len(parts)], parts, strict=True))
    gets = re.search(r"(\w+) gets (\d+) more than (\w+)", text)
    rest = text.replace(ratio[0], "")
    if gets:
        unit = Fraction(int(gets[2]), people[gets[1]] - people[gets[3]])
    else:
        unit = Fraction(numbers(rest)[0], sum(parts))
    if "altogether" in text:
        return unit * sum(parts)
    more = re.search(r"does (\w+) get than (\w+)\?", text)
    if more:
        return unit * (people[more[1]] - people[more[2]])
    who = re.search(r"does (\w+) get\?", text)
    assert who
    return unit * people[who[1]]


SIZES = {"mm": -3, "cm": -2, "m": 0, "km": 3, "mg": -6, "g": -3, "kg": 0}


def unit_conversion(text: str) -> Fraction:
    amount = decimals(text.replace("$", ""))[0]
    (a, power), (b, _) = re.findall(r"\\text\{([a-z/]+)\}(?:\^(\d))?", text)
    if "/" in a:
        return amount * (Fraction(5, 18) if a == "km/h" else Fraction(18, 5))
    return amount * Fraction(10) ** ((SIZES[a] - SIZES[b]) * int(power or 1))


def mixture(text: str) -> Fraction:
    parts = re.findall(r"(\d+) litres? of (\d+)%", text)
    water = re.search(r"(\d+) litres? of pure water", text)
    total = sum(int(a) for a, _ in parts) + (int(water[1]) if water else 0)
    return Fraction(sum(int(a) * int(s) for a, s in parts), total)


def fence_posts(text: str) -> int:
    """Walk along and count."""
    if "rectangular" in text:
        a, b = sorted(numbers(text.replace("from", "")), reverse=True)[:2]
        gap = min(numbers(text))
        edge = {(x, y) for x in range(0, a + 1, gap) for y in (0, b)}
        return len(edge | {(x, y) for y in range(0, b + 1, gap) for x in (0, a)})
    length = max(numbers(text))
    missing = re.search(r"(\d+) of them are missing", text)
    gap = min(numbers(text.replace(missing[0], "") if missing else text))
    places = range(0, length + 1, gap)
    if "side" in text.replace("side by", "") or "edges" in text:
        return 2 * len(places) - (int(missing[1]) if missing else 0)
    if any(word in text for word in ("houses", "beam", "ribbon")):
        return len(places) - 2
    return len(places)


def largest_number(text: str) -> Fraction:
    """Go through them one by one."""
    plain = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text)
    return max(Fraction(n) for n in re.findall(r"-?\d+(?:[./]\d+)?", plain))


SOLVERS: dict[str, Solver] = {
    "largest_number": largest_number,
    "signed_sum": value,
    "fraction_sum": value,
    "percent_chain": percent_chain,
    "average_speed": average_speed,
    "ratio_share": ratio_share,
    "unit_conversion": unit_conversion,
    "mixture": mixture,
    "fence_posts": fence_posts,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name]) == []

"""Families of geometry, solved again by other formulas."""

import re
from fractions import Fraction
from math import isqrt
from random import Random
from typing import Any

import pytest
import sympy as untyped_sympy
from tests.stages.problems.families._solving import Solver, decimals, disagreements, numbers

from etude.stages.problems.families import families

sympy: Any = untyped_sympy


def points(text: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, p.split(","))) for p in re.findall(r"\((-?\d+(?:, -?\d+)+)\)", text)]


def polygon_area(text: str) -> Fraction:
    """Ask sympy."""
    area = abs(sympy.Polygon(*points(text)).area)
    return Fraction(int(area.p), int(area.q))


def test_the_distance_squared_is_the_sum_of_squares_and_its_root_is_simplified() -> None:
    for seed in range(40):
        posed = families.make("point_distance").pose(Random(seed), seed % 5 + 1)
        p, q = points(posed.statement)[:2]
        found = re.fullmatch(r"(\d*)(?:\\sqrt\{(\d+)\})?", posed.answer)
        assert found
        factor, root = int(found[1] or 1), int(found[2] or 1)
        assert factor * factor * root == sum((a - b) ** 2 for a, b in zip(p, q, strict=True))
        assert all(root % (k * k) for k in range(2, isqrt(root) + 1))


def test_the_area_or_length_of_a_piece_of_a_circle_is_its_share() -> None:
    for seed in range(60):
        posed = families.make("circle_sector").pose(Random(seed), seed % 5 + 1)
        text = posed.statement
        angle = re.search(r"(\d+)°", text)
        share = Fraction(int(angle[1]) if angle else 360, 360)
        radii = sorted(numbers(re.sub(r"\d+°", "", text)))
        r = Fraction(radii[-1], 2 if "diameter" in text else 1)
        if "arc" in text or "circumference" in text:
            wanted = share * 2 * r
        else:
            inner = radii[0] if len(radii) > 1 else 0
            wanted = share * (r * r - inner * inner)
        found = re.fullmatch(r"(?:\\frac\{)?(\d*)\\pi\}?(?:\{(\d+)\})?", posed.answer)
        assert found
        assert Fraction(int(found[1] or 1), int(found[2] or 1)) == wanted, posed


def polygon_angle(text: str) -> Fraction:
    """Walk around: the outer angles make a full turn."""
    shapes = ["triangle", "quadrilateral", "pentagon", "hexagon", "heptagon"]
    size = next(i for i, shape in enumerate(shapes, 3) if shape in text)
    ratio = re.search(r"\d+(?: : \d+)+", text)
    if not ratio:
        turned = sum(180 - int(a) for a in re.findall(r"(\d+)°", text))
        return Fraction(180 - (360 - turned))
    parts = [int(n) for n in ratio[0].split(" : ")]
    unit = Fraction(180 * size - 360, sum(parts))
    return unit * (min(parts) if "smallest" in text else max(parts))


def cuboid(text: str) -> Fraction:
    sizes = [int(n) for n in re.findall(r"(\d+) cm\b", text)]
    if "water" in text.casefold():
        cube = int(re.search(r"(?:edges? of|edge) (\d+) cm", text)[1])  # type: ignore[index]
        depth = int(re.search(r"(\d+) cm (?:deep|high)", text)[1])  # type: ignore[index]
        a, b = map(int, re.search(r"(\d+) cm by (\d+) cm", text).groups())  # type: ignore[union-attr]
        return Fraction(a * b * depth + cube**3, a * b)
    if any(word in text for word in ("hole", "tunnel", "shaft")):
        s = int(re.search(r"sides? (?:of )?(\d+) cm", text)[1])  # type: ignore[index]
        a, b, c = sizes[:3]
        # Both ends have a window of s by s; four walls of s by c are new.
        return Fraction(2 * (a * b - s * s) + 2 * c * (a + b) + 4 * s * c)
    a, b, c = sizes[:3]
    if "volume" in text:
        return Fraction(sum(a * b for _ in range(c)))
    walls = 2 * a * c + 2 * b * c
    closed = "surface" in text
    return Fraction(walls + a * b * (2 if closed else 1))


def right_triangle(text: str) -> Fraction:
    given = [n for n in numbers(text) if n > 1][:2]
    longest = any(
        word in text for word in ("hypotenuse of", "hypotenuse is", "ladder", "longest side")
    ) or ("diagonal of a rectangle is" in text or "hypotenuse of a right triangle is" in text)
    longest = longest or "The longest side of the" in text
    if longest:
        c, a = max(given), min(given)
        b = isqrt(c * c - a * a)
    else:
        a, b = given
        c = isqrt(a * a + b * b)
    assert a * a + b * b == c * c
    if "area" in text:
        return Fraction(a * b, 2)
    if "radius" in text:
        return Fraction(a * b, a + b + c)  # the area over half the perimeter
    if "height" in text or "distance" in text or "how far" in text:
        return Fraction(a * b, c)
    return Fraction(b if longest else c)


def test_the_crossing_lies_on_both_lines() -> None:
    for seed in range(40):
        posed = families.make("line_crossing").pose(Random(seed), seed % 5 + 1)
        a, b, c, d = points(posed.statement)[:4]
        code = re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", posed.answer.strip("()"))
        x, y = map(Fraction, code.split(", "))
        for p, q in ((a, b), (c, d)):
            assert (q[0] - p[0]) * (y - p[1]) == (q[1] - p[1]) * (x - p[0])


def similar_shadow(text: str) -> Fraction:
    a, b, c = decimals(text)[:3]
    if any(word in text for word in ("lamp", "light")):
        lamp, person, away = a, b, c
        # The shadow s has s : person = (s + away) : lamp.
        return person * away / (lamp - person)
    if "area" in text:
        return c * (b / a) ** 2
    if "solid" in text or "statue" in text or "bottle" in text:
        return c * (b / a) ** 3
    return c * a / b


SOLVERS: dict[str, Solver] = {
    "polygon_area": polygon_area,
    "polygon_angle": polygon_angle,
    "cuboid": cuboid,
    "right_triangle": right_triangle,
    "similar_shadow": similar_shadow,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name], 40) == []

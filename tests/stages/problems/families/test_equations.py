"""Families of algebra and equations: their answers are put into what the statements say."""

import re
from random import Random
from typing import Any

import pytest
import sympy as untyped_sympy
from tests.stages.problems.families._solving import Solver, disagreements, numbers

from etude.stages.problems.families import families

sympy: Any = untyped_sympy


def read(text: str) -> Any:
    """Read LaTeX of our own into sympy."""
    code = re.sub(r"\\frac\{(-?\d+)\}\{(\d+)\}", r"Rational(\1,\2)", text)
    code = re.sub(
        r"\\sqrt\{(\d+)\}", r"sqrt(\1)", code.replace(r"\left", "").replace(r"\right", "")
    )
    code = re.sub(r"\^\{([^{}]*)\}", r"**(\1)", code).replace("^", "**").replace(r"\cdot", "*")
    code = re.sub(r"\|([^|]*)\|", r"Abs(\1)", code)
    code = re.sub(r"(\d|\))\s*(?=[a-z](?![a-z])|sqrt|\()", r"\1*", code)
    code = re.sub(r"(?<![A-Za-z])([a-z])\s*(?=\()", r"\1*", code)
    return sympy.sympify(code.replace(")(", ")*("))


def formulas(text: str) -> list[str]:
    return [
        f.strip()
        for pair in re.findall(r"\$\$(.*?)\$\$|\$(.*?)\$", text, re.DOTALL)
        for f in pair
        if f
    ]


def equation(text: str) -> tuple[Any, Any]:
    left, right = next(f for f in formulas(text) if "=" in f).split("=")
    return read(left), read(right)


def roots(answer: str) -> list[Any]:
    return [read(part) for part in answer.removeprefix(r"\{").removesuffix(r"\}").split(", ")]


@pytest.mark.parametrize("name", ["linear_equation", "exponential_equation"])
def test_the_solution_satisfies_the_equation_and_is_the_only_one(name: str) -> None:
    for seed in range(30):
        posed = families.make(name).pose(Random(seed), seed % 5 + 1)
        left, right = equation(posed.statement)
        (x,) = (left - right).free_symbols
        assert sympy.simplify((left - right).subs(x, sympy.Rational(posed.answer))) == 0


@pytest.mark.parametrize("name", ["quadratic_equation", "absolute_value_equation"])
def test_the_set_holds_every_solution_and_nothing_else(name: str) -> None:
    for seed in range(30):
        posed = families.make(name).pose(Random(seed), seed % 5 + 1)
        left, right = equation(posed.statement)
        (x,) = (left - right).free_symbols
        real = sympy.Symbol("x", real=True)
        wanted = sympy.solveset((left - right).subs(x, real), real, sympy.S.Reals)
        assert {sympy.nsimplify(r) for r in wanted} == set(roots(posed.answer)), posed


def test_the_interval_of_an_inequality_is_where_it_holds() -> None:
    compare = {"<": "__lt__", ">": "__gt__", r"\le": "__le__", r"\ge": "__ge__"}
    for seed in range(40):
        posed = families.make("linear_inequality").pose(Random(seed), seed % 5 + 1)
        text = next(f for f in formulas(posed.statement) if re.search(r"<|>|\\[lg]e", f))
        parts = re.split(r"(<|>|\\le|\\ge)", text)
        x = next(iter(set().union(*(read(part).free_symbols for part in parts[::2]))))
        low, high = (read(end.replace(r"\infty", "oo")) for end in posed.answer[1:-1].split(", "))
        inside = sympy.Interval(low, high, posed.answer[0] == "(", posed.answer[-1] == ")")
        for point in [low, high, low - 1, high + 1, low + sympy.Rational(1, 9), sympy.Integer(0)]:
            if point.is_infinite or not point.is_number:
                continue
            sides = [read(part).subs(x, point) for part in parts[::2]]
            holds = all(
                bool(getattr(a, compare[sign])(b))
                for a, sign, b in zip(sides, parts[1::2], sides[1:], strict=False)
            )
            assert holds == bool(inside.contains(point)), (posed, point)


def test_the_solution_of_a_system_satisfies_every_equation() -> None:
    for seed in range(30):
        posed = families.make("linear_system").pose(Random(seed), seed % 5 + 1)
        body = posed.statement.partition(r"\begin{aligned}")[2].partition(r"\end{aligned}")[0]
        lines = [line.split("&=") for line in body.split(r"\\")]
        gaps = [read(left) - read(right) for left, right in lines]
        letters = sorted(set().union(*(gap.free_symbols for gap in gaps)), key=str)
        assert [tuple(numbers(posed.answer))] == list(sympy.linsolve(gaps, letters))


def age_riddle(text: str) -> int:
    """Try all ages."""
    names = list(
        dict.fromkeys(
            re.findall(
                r"(?<!How )(?<!In )\b(?!How|What|Find|In|Today|With|Together)[A-Z][a-z]+", text
            )
        )
    )
    times = {"twice": 2, "three times": 3, "four times": 4, "five times": 5, "six times": 6}
    word = "|".join(times)
    found = []
    for a in range(1, 96):
        for b in range(1, 96):
            ages = {names[0]: a, names[1]: b}
            if not holds(text, ages, times, word):
                continue
            total = re.search(r"With (\w+) the three of them are (\d+) years", text)
            if total:
                ages[total[1]] = int(total[2]) - a - b
            found.append(ages)
    assert len(found) == 1, text
    who = re.findall(rf"\b({'|'.join(found[0])})\b", text)[-1]
    return found[0][who]


def holds(text: str, ages: dict[str, int], times: dict[str, int], word: str) -> bool:
    """Tell whether ages fit what a riddle says."""
    names = "|".join(ages)
    for x, gap, y in re.findall(rf"({names}) is (\d+) years? older than ({names})", text):
        if ages[x] != ages[y] + int(gap):
            return False
    if (m := re.search(r"Together they are (\d+)", text)) and sum(ages.values()) != int(m[1]):
        return False
    if m := re.search(r"In (\d+) years, their ages will add up to (\d+)", text):
        return sum(ages.values()) + 2 * int(m[1]) == int(m[2])
    for start, x, k, y in re.findall(
        rf"(Today |In \d+ years?, |\d+ years? ago, )({names}) (?:is|was|will be) ({word}) "
        rf"as old as ({names})",
        text,
    ):
        shift = (numbers(start) or [0])[0] * (-1 if "ago" in start else 1)
        if ages[x] + shift != times[k] * (ages[y] + shift):
            return False
    return True


def ticket_prices(text: str) -> int:
    bills = re.findall(r"(\d+ [^.]*?) cost (\d+) euros in all", text)
    rows = [[int(n) for n in re.findall(r"\d+", things)] for things, _ in bills]
    costs = [int(cost) for _, cost in bills]
    solution = sympy.Matrix(rows).gauss_jordan_solve(sympy.Matrix(costs))[0]
    asked = re.search(r"(?:price of one|does one) ([a-z ]+?)(?:,| cost| in euros)", text)
    assert asked
    goods = re.findall(r"\d+ ([a-z]+(?: for [a-z ]+?)?)(?=,| and \d| cost)", bills[0][0] + " cost")
    stem = asked[1].replace("an adult", "adult").replace("a child", "child")
    place = next(i for i, good in enumerate(goods) if same(good, stem))
    return int(solution[place])


def same(good: str, stem: str) -> bool:
    """Compare names of goods without their plurals."""
    a, b = ((word[:3], "adult" in word, "child" in word) for word in (good, stem))
    return a == b


def expression(text: str) -> str:
    """Expand what has to be expanded."""
    if "f(g(x))" in text:
        f, g = (read(p) for p in re.findall(r"[fg]\(x\) = ([^$]+)\$", text))
        return str(sympy.expand(f.subs(sympy.Symbol("x"), g)))
    if "erivative" in text or "'(x)" in text:
        function = read(next(f for f in formulas(text) if "(x) =" in f).partition("=")[2])
        return str(sympy.expand(sympy.diff(function, sympy.Symbol("x"))))
    return str(sympy.expand(read(next(f for f in formulas(text) if ")(" in f))))


@pytest.mark.parametrize("name", ["expand_product", "derivative", "function_composition"])
def test_the_polynomial_is_what_sympy_expands(name: str) -> None:
    for seed in range(40):
        posed = families.make(name).pose(Random(seed), seed % 5 + 1)
        if name == "function_composition" and seed % 5 < 3:
            continue
        assert str(sympy.expand(read(posed.answer))) == expression(posed.statement)


def composed(text: str) -> int:
    parts = dict(re.findall(r"([fgh])\(x\) = ([^$]+)\$", text))
    call = re.search(r"\$((?:[fgh]\()+)(-?\d+|x)\)+\$", text)
    assert call
    value: Any = sympy.sympify(call[2])
    for letter in reversed(call[1].replace("(", "")):
        value = read(parts[letter]).subs(sympy.Symbol("x"), value)
    return int(value) if value.is_number else -1


def test_the_value_of_a_composition_is_what_sympy_finds() -> None:
    for seed in range(30):
        posed = families.make("function_composition").pose(Random(seed), seed % 3 + 1)
        assert composed(posed.statement) == int(posed.answer)


def polynomial_remainder(text: str) -> int:
    p, d = formulas(text)[:2]
    return int(sympy.rem(read(p), read(d)))


def series_sum(text: str) -> int:
    terms = numbers(re.search(r"\$(.*?), \\dots", text)[1])  # type: ignore[index]
    ends = [int(n) for n in re.findall(r"(\d+)(?:st|nd|rd|th)", text)]
    first = re.search(r"first (\d+)", text)
    start, stop = (ends[0], ends[1]) if len(ends) > 1 else (1, int(first[1]) if first else 0)
    while len(terms) < stop:
        step = (
            terms[-1] + terms[1] - terms[0]
            if "arithmetic" in text
            else terms[-1] * terms[1] // terms[0]
        )
        terms.append(step)
    return sum(terms[start - 1 : stop])


def matrices(text: str) -> list[Any]:
    bodies = re.findall(r"\\begin\{pmatrix\}(.*?)\\end\{pmatrix\}", text)
    return [
        sympy.Matrix([[int(n) for n in row.split("&")] for row in b.split(r"\\")]) for b in bodies
    ]


def matrix_multiplication(text: str) -> str:
    a, b = matrices(text)
    body = r" \\ ".join(" & ".join(map(str, row)) for row in (a * b).tolist())
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def matrix_determinant(text: str) -> int:
    return int(matrices(text)[0].det())


def test_a_sum_of_surds_is_what_it_is_simplified_to() -> None:
    for seed in range(40):
        posed = families.make("surd_sum").pose(Random(seed), seed % 5 + 1)
        shown = next(f for f in formulas(posed.statement) if "sqrt{b}" not in f and "sqrt" in f)
        assert sympy.simplify(read(shown) - read(posed.answer)) == 0


SOLVERS: dict[str, Solver] = {
    "age_riddle": age_riddle,
    "ticket_prices": ticket_prices,
    "polynomial_remainder": polynomial_remainder,
    "series_sum": series_sum,
    "matrix_multiplication": matrix_multiplication,
    "matrix_determinant": matrix_determinant,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name], 30) == []

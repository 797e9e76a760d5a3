"""Families of number theory, solved again from their statements by trying numbers out."""

import re
from itertools import count
from math import factorial

import pytest
from tests.stages.problems.families._solving import Solver, disagreements, numbers


def common_divisor(text: str) -> int:
    given = [n for n in numbers(re.sub(r"[{}()]", " ", text)) if n > 1]
    if "divisor" in text or "largest" in text or r"\gcd" in text:
        return max(d for d in range(1, min(given) + 1) if all(n % d == 0 for n in given))
    top = max(given)
    return next(m for m in count(top, top) if all(m % n == 0 for n in given))


def modular_power(text: str) -> int:
    powers = re.findall(r"([+-] )?(\d+)\^\{(\d+)\}", text)
    named = re.search(r"(?:divided by|division by|modulo) \$(\d+)", text)
    assert named
    modulus = int(named[1])
    total: int = sum((-1 if sign == "- " else 1) * int(a) ** int(b) for sign, a, b in powers)
    return total % modulus


def number_base(text: str) -> str:
    digits = max(
        re.findall(r"\d+", text),
        key=lambda n: (text.count(f"number {n}") or text.count(f"Convert {n} "), len(n)),
    )
    bases = [int(n) for n in re.findall(r"base[ -](\d+)", text)]
    value, result = int(digits, bases[0]), ""
    while value:
        result = str(value % bases[1]) + result
        value //= bases[1]
    return result


def divisor_count(text: str) -> int:
    n = max(numbers(text))
    found = [d for d in range(1, n + 1) if n % d == 0]
    if "even" in text:
        return sum(d % 2 == 0 for d in found)
    return sum(found) if "sum" in text or "dd up" in text or "add up" in text else len(found)


def chinese_remainder(text: str) -> int:
    pairs = re.findall(r"remainder of (\d+) when divided by (\d+)", text)
    return next(n for n in count(1) if all(n % int(m) == int(r) for r, m in pairs))


def factorial_power(text: str) -> int:
    above = [int(n) for n in re.findall(r"(\d+)!", text)]
    value = factorial(above[0]) // (factorial(above[1]) if len(above) > 1 else 1)
    prime = re.search(r"\$(\d+)(?:\^k)?\$", text)
    times, p = 0, int(prime[1]) if prime else 10
    while value % p == 0:
        value //= p
        times += 1
    return times


def digit_sum_count(text: str) -> int:
    found = numbers(re.sub(r"[$]|\\le", " ", text))
    low, high = sorted(found)[-2:] if len(found) == 3 else (0, 0)
    total = min(found)
    if "lies between" in text:
        total, low, high = found
    elif "digit sum is" in text or "add up to" in text:
        low, high, total = found
    return sum(sum(map(int, str(n))) == total for n in range(low, high + 1))


def divisible_count(text: str) -> int:
    low, high, *rest = numbers(re.sub(r"[$]|\\le", " ", text))
    a, b, c = (*rest, 1, 1, 1)[:3] if len(rest) > 1 else (rest[0], 0, 0)

    def fits(n: int) -> bool:
        one, two = n % a == 0, bool(b) and n % b == 0
        if "neither" in text:
            return not one and not two
        if "exactly one" in text:
            return one != two
        if "but not" in text:
            return (one or two) and n % c != 0
        return one or two

    return sum(fits(n) for n in range(low, high + 1))


SOLVERS: dict[str, Solver] = {
    "common_divisor": common_divisor,
    "modular_power": modular_power,
    "number_base": number_base,
    "divisor_count": divisor_count,
    "chinese_remainder": chinese_remainder,
    "factorial_power": factorial_power,
    "digit_sum_count": digit_sum_count,
    "divisible_count": divisible_count,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name], 25) == []

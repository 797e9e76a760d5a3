"""Families on graphs, solved again by other methods."""

import re
from itertools import combinations

import pytest
from tests.stages.problems.families._solving import Solver, disagreements, items


def edges(text: str, sign: str) -> list[tuple[str, str, int]]:
    return [(a, b, int(n)) for a, b, n in re.findall(rf"([A-Z]){sign}([A-Z]): (\d+)", text)]


def ends(text: str) -> tuple[str, str]:
    found = re.findall(r"(?:from|can) ([A-Z])\b.*? (?:to|data to) ([A-Z])\b", text)
    return found[-1][0], found[-1][1]


def shortest_route(text: str) -> int:
    """Relax every edge again and again (Bellman and Ford)."""
    start, end = ends(text)
    away = {start: 0}
    for _ in range(20):
        for a, b, n in edges(text, "-"):
            for x, y in ((a, b), (b, a)):
                if x in away:
                    away[y] = min(away.get(y, 10**9), away[x] + n)
    return away[end]


def spanning_tree(text: str) -> int:
    """Grow a tree from one node (Prim)."""
    best = max if "largest" in text or "maximum" in text else min
    links = edges(text, "-")
    inside, total = {"A"}, 0
    while len(inside) < len({n for a, b, _ in links for n in (a, b)}):
        edge = best(((n, a, b) for a, b, n in links if (a in inside) != (b in inside)))
        total += edge[0]
        inside |= set(edge[1:])
    return total


def task_order(text: str) -> str:
    rules = re.findall(r"([A-Z]) must come after ([A-Z])", text)
    span = re.search(r"([A-Z]) to ([A-Z])", text)
    assert span
    left: dict[str, set[str]] = {chr(c): set() for c in range(ord(span[1]), ord(span[2]) + 1)}
    for later, first in rules:
        left[later].add(first)
    order: list[str] = []
    while left:
        node = min(name for name, needs in left.items() if not needs)
        order.append(node)
        del left[node]
        for needs in left.values():
            needs.discard(node)
    return ", ".join(order)


def reachable_count(text: str) -> int:
    links = re.findall(r"([A-Z]) → ([A-Z])", text)
    found = re.search(r"from ([A-Z])\b(?! and)|starts on page ([A-Z])", text)
    assert found
    start = found[1] or found[2]
    limit = re.search(r"at most (\d+) steps", text)
    seen = {start}
    for _ in range(int(limit[1]) if limit else 30):
        seen = seen | {b for a, b in links if a in seen}
    return len(seen) - 1


def maximum_flow(text: str) -> int:
    """Find the smallest cut among all of them."""
    pipes = edges(text, " → ")
    start, end = ends(text)
    inner = sorted({n for a, b, _ in pipes for n in (a, b)} - {start, end})
    sides = [{start, *some} for k in range(len(inner) + 1) for some in combinations(inner, k)]
    return min(sum(n for a, b, n in pipes if a in side and b not in side) for side in sides)


def project_duration(text: str) -> int:
    """Let day after day pass."""
    left, needs = {}, {}
    for line in items(text):
        name, days = re.match(r"([A-Z]) takes (\d+)", line).groups()  # type: ignore[union-attr]
        left[name] = int(days)
        needs[name] = set(re.findall(r"\b[A-Z]\b", line.partition("when")[2]))
    days_gone = 0
    while any(left.values()):
        ready = [n for n in left if left[n] and not any(left[other] for other in needs[n])]
        for name in ready:
            left[name] -= 1
        days_gone += 1
    return days_gone


SOLVERS: dict[str, Solver] = {
    "shortest_route": shortest_route,
    "spanning_tree": spanning_tree,
    "task_order": task_order,
    "reachable_count": reachable_count,
    "maximum_flow": maximum_flow,
    "project_duration": project_duration,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name]) == []

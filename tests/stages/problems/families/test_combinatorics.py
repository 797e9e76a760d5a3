"""Families of combinatorics, solved again by listing everything or by other sums."""

import re
from collections import Counter
from fractions import Fraction
from functools import cache
from itertools import combinations, permutations, product

import pytest
from tests.stages.problems.families._solving import Solver, disagreements, numbers


def committee(text: str) -> int:
    found = numbers(text)
    if "women" not in text:
        n, k = max(found), min(found)
        return sum(1 for _ in combinations(range(n), k))
    k = next(
        int(m)
        for m in re.findall(r"committee of (\d+)|delegation of (\d+)|jury of (\d+)", text)[0]
        if m
    )
    women, men = numbers(re.search(r"(\d+ women and \d+) men", text)[1])  # type: ignore[index]
    rule = re.search(r"(exactly|at least) (\d+) wom", text)
    assert rule
    enemies = "must not both" in text
    # Ways to draw people one by one, keeping how many women and which of the enemies are in.
    ways = Counter({(0, 0, 0): 1})
    for person in range(women + men):
        after = Counter(ways)
        for (size, w, bad), n in ways.items():
            after[size + 1, w + (person < women), bad + (person in {0, women})] += n
        ways = after
    least = int(rule[2])
    return sum(
        n
        for (size, w, bad), n in ways.items()
        if size == k
        and (w == least or (w > least and rule[1] == "at least"))
        and not (enemies and bad == 2)
    )


def tile_arrangements(text: str) -> int:
    tiles = max(re.findall(r"[A-Z](?:, [A-Z])+", text), key=len).split(", ")
    named = re.search(r"\b([A-Z])s\b", text)
    letter = named[1] if named else ""
    apart, together = "no two" in text, "side by side" in text

    @cache
    def rest(left: tuple[tuple[str, int], ...], last: str, blocks: int) -> int:
        if not left:
            return int(not together or blocks == 1) if "one block" not in text else int(blocks > 1)
        total = 0
        for i, (char, n) in enumerate(left):
            if apart and char == last == letter:
                continue
            after = left[:i] + (((char, n - 1),) if n > 1 else ()) + left[i + 1 :]
            more = int(char == letter and last != letter)
            total += rest(after, char, min(blocks + more, 2))
        return total

    return rest(tuple(sorted(Counter(tiles).items())), "", 0)


def lattice_paths(text: str) -> int:
    points = [tuple(map(int, p)) for p in re.findall(r"\((\d+), (\d+)\)", text)]
    end, named = points[1], points[2:]
    avoid = named if "avoid" in text else named[1:]
    ways = {(0, 0): 1}
    for x, y in product(range(end[0] + 1), range(end[1] + 1)):
        if (x, y) != (0, 0):
            ways[x, y] = ways.get((x - 1, y), 0) + ways.get((x, y - 1), 0)
        if (x, y) in avoid:
            ways[x, y] = 0
        if "pass" in text:
            px, py = named[0]
            outside = not ((x <= px and y <= py) or (x >= px and y >= py))
            ways[x, y] = 0 if outside else ways[x, y]
    return ways[end[0], end[1]]


def integer_solutions(text: str) -> int:
    total = next(
        n for n in numbers(re.sub(r"[$=]", " ", re.sub(r"\\le \d+|at least \d+|_\d+", " ", text)))
    )
    count = max(int(n) for n in re.findall(r"_(\d)", text))
    least = re.search(r"at least (\d+)", text)
    low = int(least[1]) if least else 1
    top = re.search(r"\\le (\d+)", text)
    ways = {0: 1}
    for place in range(count):
        high = int(top[1]) if top and place == 0 else total
        after: Counter[int] = Counter()
        for s, n in ways.items():
            for x in range(low, high + 1):
                after[s + x] += n
        ways = dict(after)
    return ways[total]


def dice_probability(text: str) -> Fraction:
    n = {"two": 2, "three": 3, "four": 4}[re.search(r"(two|three|four) fair", text.lower())[1]]  # type: ignore[index]
    faces = re.search(r"(\d+)-sided", text)
    rule = re.search(r"(exactly|at least|at most|a multiple of) (\d+)", text)
    assert rule
    t = int(rule[2])
    sums = [sum(roll) for roll in product(range(1, (int(faces[1]) if faces else 6) + 1), repeat=n)]
    test = {"exactly": t.__eq__, "at least": t.__le__, "at most": t.__ge__}
    hits = [s for s in sums if (s % t == 0 if "multiple" in rule[1] else test[rule[1]](s))]
    return Fraction(len(hits), len(sums))


def urn_probability(text: str) -> Fraction:
    balls = [c for n, c in re.findall(r"(\d+) (\w+) balls?", text) for _ in range(int(n))]
    drawn_now = re.search(r"(two|three|four) balls", text)
    assert drawn_now
    k = {"two": 2, "three": 3, "four": 4}[drawn_now[1]]
    rule = re.search(
        r"all of them are (\w+)|at least one of them is (\w+)|"
        r"exactly (\d) of them (?:is|are) (\w+)",
        text,
    )
    # Multiply along the draws: the state is how often each colour was drawn.
    ways: Counter[tuple[str, ...]] = Counter({(): 1})
    counts = Counter(balls)
    for _ in range(k):
        after: Counter[tuple[str, ...]] = Counter()
        for drawn, n in ways.items():
            for colour in counts:
                after[(*drawn, colour)] += n * (counts[colour] - drawn.count(colour))
        ways = after

    def fits(drawn: tuple[str, ...]) -> bool:
        if not rule:
            return len(set(drawn)) == 1
        if rule[1]:
            return set(drawn) == {rule[1]}
        return rule[2] in drawn if rule[2] else drawn.count(rule[4]) == int(rule[3])

    return Fraction(sum(n for d, n in ways.items() if fits(d)), sum(ways.values()))


def round_table(text: str) -> int:
    """List the places of those who are named; the others fill the rest in any order."""
    n = {"Four": 4, "Five": 5, "Six": 6, "Seven": 7, "Eight": 8, "Nine": 9, "Ten": 10}
    size = next((v for k, v in n.items() if text.startswith(k)), 0) or numbers(text)[0]
    circle = "round" in text or "circular" in text
    k = 3 if "three of them" in text else 2

    def near(a: int, b: int) -> bool:
        return abs(a - b) == 1 or (circle and abs(a - b) == size - 1)

    count = 0
    for places in permutations(range(size), k):
        pairs = sum(near(a, b) for a, b in combinations(places, 2))
        block = pairs >= k - 1
        apart = "must not be neighbours" in text or "no two" in text
        if (pairs == 0) if apart else (not block if "must not all" in text else block):
            count += 1
    others = 1
    for i in range(2, size - k + 1):
        others *= i
    return count * others // (size if circle else 1)


def code_count(text: str) -> int:
    """Add character after character."""
    if "digit" in text:
        return digits(text)
    found = numbers(text)
    length = re.search(r"(?:string of|length|strings of) (\d+)", text)
    k = int(length[1]) if length else found[0]
    n = next(x for x in found if x != k) if any(x != k for x in found) else k
    if any(word in text for word in ("star", "`A`")):
        with_star, without = 0, 1
        for _ in range(k):
            with_star, without = with_star * n + without, without * (n - 1)
        return with_star
    total = 1
    for place in range(k):
        if "twice" in text:
            total *= n - place
        elif "differ" in text and place:
            total *= n - 1
        else:
            total *= n
    return total


def digits(text: str) -> int:
    k = int(re.search(r"(\d+)[- ]digit", text)[1])  # type: ignore[index]
    digit = re.search(r"the digit (\d)", text)
    ways: Counter[tuple[frozenset[int], bool, int]] = Counter({(frozenset(), False, 0): 1})
    for place in range(k):
        after: Counter[tuple[frozenset[int], bool, int]] = Counter()
        for (seen, again, _), n in ways.items():
            for d in range(0 if place else 1, 10):
                after[seen | {d}, again or d in seen, d % 2] += n
        ways = after

    def fits(seen: frozenset[int], again: bool, odd: int) -> bool:
        if digit:
            return (int(digit[1]) in seen) != ("do not contain" in text)
        if "only even" in text:
            return not any(d % 2 for d in seen)
        return (
            again
            if "at least one digit twice" in text
            else not again and (odd == 1 or "odd" not in text)
        )

    return sum(n for state, n in ways.items() if fits(*state))


SOLVERS: dict[str, Solver] = {
    "committee": committee,
    "tile_arrangements": tile_arrangements,
    "lattice_paths": lattice_paths,
    "integer_solutions": integer_solutions,
    "dice_probability": dice_probability,
    "urn_probability": urn_probability,
    "round_table": round_table,
    "code_count": code_count,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name], 30) == []

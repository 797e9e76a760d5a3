"""Families on grids and strings, solved again in other ways."""

import re
from functools import cache

import pytest
from tests.stages.problems.families._solving import Solver, between, disagreements, items, numbers


def grid(text: str) -> list[str]:
    return between(text, "```\n", "\n```").split("\n")


def robot_walk(text: str) -> str:
    """Walk with complex numbers."""
    facing = re.search(r"faces (\w+)|looking (\w+)|to the (\w+)\.", text)
    assert facing
    way = {"north": 1j, "east": 1, "south": -1j, "west": -1}[next(filter(None, facing.groups()))]
    place = 0j
    lines = items(text)
    again = re.search(r"(\d+) times in all", text)
    for _ in range(int(again[1]) if again else 1):
        for line in lines:
            if line.startswith("Go"):
                place += numbers(line)[0] * way
            elif line.startswith("Turn"):
                way *= {"left": 1j, "right": -1j, "around.": -1}[line.split()[1]]
    return f"({int(place.real)}, {int(place.imag)})"


def cheapest_grid_path(text: str) -> int:
    """Try every path."""
    rows = [[int(n) for n in line.split()] for line in grid(text)]
    best = min if "smallest" in text else max

    def rest(r: int, c: int) -> int:
        ways = [rest(r + 1, c)] if r + 1 < len(rows) else []
        ways += [rest(r, c + 1)] if c + 1 < len(rows[0]) else []
        return rows[r][c] + (best(ways) if ways else 0)

    return rest(0, 0)


def island_count(text: str) -> int:
    """Let labels spread until nothing changes."""
    cells = {
        (r, c): (r, c) for r, row in enumerate(grid(text)) for c, x in enumerate(row) if x == "#"
    }
    changed = True
    while changed:
        changed = False
        for r, c in cells:
            for other in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                if other in cells and cells[other] < cells[r, c]:
                    cells[r, c], changed = cells[other], True
    labels = list(cells.values())
    return max(map(labels.count, labels)) if "largest island have" in text else len(set(labels))


def maze_steps(text: str) -> int:
    """Flood the maze."""
    rows = grid(text)
    free = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row) if x != "#"}
    wet, steps = {cell for cell, x in free.items() if x == "S"}, 0
    while not any(free[cell] == "E" for cell in wet):
        near = {(r + i, c + j) for r, c in wet for i, j in ((0, 1), (1, 0), (0, -1), (-1, 0))}
        wet |= near & set(free)
        steps += 1
    return steps


def grid_turning(text: str) -> str:
    """Move every number on its own."""
    body = between(text, r"\begin{pmatrix}", r"\end{pmatrix}")
    rows = [[int(n) for n in row.split("&")] for row in body.split(r"\\")]
    cells = {(r, c): x for r, row in enumerate(rows) for c, x in enumerate(row)}
    for line in items(text):
        n, m = max(r for r, _ in cells), max(c for _, c in cells)
        after = {}
        for (r, c), x in cells.items():
            if "counterclockwise" in line:
                to = (m - c, r)
            elif "clockwise" in line:
                to = (c, n - r)
            elif "180" in line:
                to = (n - r, m - c)
            elif "Transpose" in line:
                to = (c, r)
            elif "left to right" in line:
                to = (r, m - c)
            elif "top to bottom" in line:
                to = (n - r, c)
            else:
                to = ((r + 1) % (n + 1), c)
            after[to] = x
        cells = after
    n, m = max(r for r, _ in cells), max(c for _, c in cells)
    lines = [" & ".join(str(cells[r, c]) for c in range(m + 1)) for r in range(n + 1)]
    body = r" \\ ".join(lines)
    return rf"\begin{{pmatrix}} {body} \end{{pmatrix}}"


def life_generations(text: str) -> int:
    rows = grid(text)
    count = re.search(r"after (\d+) generation", text)
    assert count
    for _ in range(int(count[1])):
        padded = ["." * (len(rows) + 2), *(f".{row}." for row in rows), "." * (len(rows) + 2)]
        new = []
        for r, row in enumerate(rows):
            line = ""
            for c, x in enumerate(row):
                near = "".join(padded[r + i][c : c + 3] for i in range(3)).count("#") - (x == "#")
                line += "#" if near == 3 or (near == 2 and x == "#") else "."
            new.append(line)
        rows = new
    return "".join(rows).count("#")


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def caesar_shift(text: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    k = numbers(text)[0]
    back = any(word in text for word in ("Decode", "Undo", "What was"))
    grows = "third" in text or "next one" in text
    result, step = "", 0
    for char in quoted(text)[0]:
        if char == " ":
            result += char
            continue
        shift = k + (step if grows else 0)
        result += alphabet[(alphabet.index(char) + (-shift if back else shift)) % 26]
        step += 1
    return result


def letter_count(text: str) -> int:
    if "vowel" in text or "one of a, e" in text:
        return len(re.findall(r"[aeiou]", quoted(text)[-1]))
    if "two equal" in text or "neighbouring equal" in text or "in a row the same" in text:
        return len(re.findall(r"(?=([a-z])\1)", quoted(text)[-1]))
    x, *rest = quoted(text)
    if rest:
        return len(re.findall(x, rest[0]))
    listed = max(re.findall(r"[a-z]+(?:, [a-z]+)+", text), key=len)
    return sum(x in word for word in listed.split(", "))


def string_steps(text: str) -> str:
    s = list(quoted(text)[0])
    for line in items(text):
        n = (numbers(re.sub(r"(\d+)(?:st|nd|rd|th)", r"\1", line)) or [1])[0]
        if "backwards" in line:
            s.reverse()
        elif "Move" in line:
            for _ in range(n):
                s.append(s.pop(0))
        elif "first and the last character" in line:
            s[0], s[-1] = s[-1], s[0]
        elif "Delete" in line:
            del s[n - 1 :: n]
        elif "Replace" in line:
            old, new = quoted(line)
            s = [new if c == old else c for c in s]
        elif "vowel" in line:
            s = [c for x in s for c in (x + x if x in "aeiou" else x)]
        else:
            half = len(s) // 2
            for i in range(half):
                j = len(s) - half + i
                s[i], s[j] = s[j], s[i]
    return "".join(s)


def edit_distance(text: str) -> int:
    a, b = quoted(text)[:2]

    @cache
    def away(i: int, j: int) -> int:
        if i == len(a) or j == len(b):
            return len(a) - i + len(b) - j
        if a[i] == b[j]:
            return away(i + 1, j + 1)
        return 1 + min(away(i + 1, j), away(i, j + 1), away(i + 1, j + 1))

    return away(0, 0)


def word_sorting(text: str) -> str:
    """Put each word in its place, one by one."""
    words = max(re.findall(r"[a-z]+(?:, [a-z]+)+", text), key=len).split(", ")

    def comes_before(one: str, other: str) -> bool:
        if "backwards" in text:
            return one[::-1] < other[::-1]
        if "shortest" in text:
            return len(one) < len(other) or (len(one) == len(other) and one < other)
        return one > other if "reverse alphabetical" in text else one < other

    order: list[str] = []
    for word in words:
        before = sum(comes_before(other, word) for other in order)
        order.insert(before, word)
    return ", ".join(order)


def run_lengths(text: str) -> str:
    def described(s: str) -> str:
        return re.sub(r"(.)\1*", lambda run: f"{len(run[0])}{run[1]}", s)

    shown = [s for s in quoted(text) if s not in {"aaab", "3a1b", "2x1y", "xxy", "c", "1c"}]
    shown = [s for s in shown if s not in {"aab", "2a1b", "121a111b"}]
    if "wice" in text or "then describe" in text or "once more" in text:
        return described(described(shown[0]))
    if re.search(r"\d", shown[0]):
        return re.sub(r"(\d)([a-z])", lambda part: part[2] * int(part[1]), shown[0])
    return described(shown[0])


SOLVERS: dict[str, Solver] = {
    "robot_walk": robot_walk,
    "cheapest_grid_path": cheapest_grid_path,
    "island_count": island_count,
    "maze_steps": maze_steps,
    "grid_turning": grid_turning,
    "life_generations": life_generations,
    "caesar_shift": caesar_shift,
    "letter_count": letter_count,
    "string_steps": string_steps,
    "edit_distance": edit_distance,
    "word_sorting": word_sorting,
    "run_lengths": run_lengths,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name]) == []

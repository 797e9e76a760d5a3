"""Families of logic, solved again by trying every world."""

import re
from itertools import permutations, product

import pytest
from tests.stages.problems.families._solving import Solver, disagreements, items, numbers


def knights_and_knaves(text: str) -> str:
    said = re.findall(r"- (\w+) says: “(.*?)\.”", text)
    names = [name for name, _ in said]
    found = []
    for values in product((True, False), repeat=len(names)):
        knight = dict(zip(names, values, strict=True))

        def true(claim: str, knight: dict[str, bool] = knight) -> bool:
            about = [knight[n] for n in re.findall(r"\w+", claim) if n in knight]
            if "same kind" in claim:
                return about[0] == about[1]
            if "Exactly one" in claim:
                return sum(about) == 1
            if "Both" in claim:
                return all(about)
            if "At least" in claim:
                return any(about)
            return about[0] == ("knight" in claim)

        if all(true(claim) == knight[name] for name, claim in said):
            found.append(", ".join(sorted(n for n in names if knight[n])) or "none")
    assert len(found) == 1
    return found[0]


def race_order(text: str) -> str:
    people = sorted(
        set(re.findall(r"\b(?!In|Only|Which|Who|This|Answer|Give|Exactly|Nobody)[A-Z][a-z]+", text))
    )
    worlds = list(permutations(people))
    for clue in items(text):
        names = [n for n in re.findall(r"\w+", clue) if n in people]
        places = [int(n) - 1 for n in re.findall(r"(\d)(?:st|nd|rd|th)", clue)]
        kept = []
        for world in worlds:
            at = [world.index(n) for n in names]
            if "before" in clue:
                ok = at[0] < at[1]
            elif "between" in clue:
                gap = 0 if "Nobody" in clue else 1 if "one" in clue else numbers(clue)[0]
                ok = abs(at[0] - at[1]) == gap + 1
            else:
                ok = (at[0] in places) != ("did not" in clue)
            if ok:
                kept.append(world)
        worlds = kept
    assert len(worlds) == 1, text
    place = re.search(
        r"(?:finished|came|took the) (?:(\d)(?:st|nd|rd|th)|last)(?: place)?\?",
        text.partition("\n\n")[2].rpartition("\n\n")[2],
    )
    assert place, text
    return str(worlds[0][int(place[1]) - 1 if place[1] else -1])


def truth_assignments(text: str) -> int:
    found = [
        f for pair in re.findall(r"\$\$(.*?)\$\$|\$(.*?)\$", text, re.DOTALL) for f in pair if f
    ]
    code = max(found, key=len)
    letters = min(found, key=len).split(", ")
    for sign, new in ((r"\land", "*"), (r"\lor", "+"), (r"\rightarrow", "<="), (r"\oplus", "!=")):
        code = code.replace(sign, new)

    def value(tokens: list[str], row: dict[str, bool]) -> bool:
        """Read the formula from left to right; every binary part but the outermost is bracketed."""
        left = part(tokens, row)
        if tokens and tokens[0] in {"*", "+", "<=", "!="}:
            sign, right = tokens.pop(0), part(tokens, row)
            return {
                "*": left and right,
                "+": left or right,
                "<=": left <= right,
                "!=": left != right,
            }[sign]
        return left

    def part(tokens: list[str], row: dict[str, bool]) -> bool:
        token = tokens.pop(0)
        if token.endswith("lnot"):
            return not part(tokens, row)
        if token == chr(40):
            result = value(tokens, row)
            tokens.pop(0)
            return result
        return row[token]

    rows = [dict(zip(letters, v, strict=True)) for v in product((True, False), repeat=len(letters))]
    return sum(value(re.findall(r"\\lnot|<=|!=|[*+()]|[a-z]", code), row) for row in rows)


def syllogism(text: str) -> str:
    """Look for worlds of at most four things in which an option fails."""
    shape = r"(All|Some|No) (\w+) are (not )?(\w+)\."
    facts = re.findall(rf"- {shape}", text)
    options = re.findall(rf"([ABCD])\. {shape}", text)
    kinds = sorted({k for fact in facts for k in (fact[1], fact[3])})
    sorts = [dict(zip(kinds, v, strict=True)) for v in product((False, True), repeat=len(kinds))]

    def true(fact: tuple[str, ...], world: list[dict[str, bool]]) -> bool:
        word, a, no, b = fact
        if word == "Some":
            return any(s[a] and s[b] == (not no) for s in world)
        return all(not s[a] or s[b] == (word == "All") for s in world)

    general = [f for f in facts if f[0] != "Some"]
    allowed = [s for s in sorts if all(true(f, [s]) for f in general)]
    right = []
    for letter, *option in options:
        fact = tuple(option)
        # The largest world without a witness of the option, or with one counterexample to it.
        without = [s for s in allowed if not true(fact, [s])]
        worlds = [without if fact[0] == "Some" else allowed]
        fails = any(
            not true(fact, w)
            and all(true(f, w) for f in facts)
            and all(any(s[k] for s in w) for k in kinds)
            for w in worlds
        )
        if not fails:
            right.append(letter)
    assert len(right) == 1, text
    return str(right[0])


def who_owns(text: str) -> str:
    """Number the people and fill the two tables in."""
    head = text.partition("\n\n")[0]
    people = sorted(set(re.findall(r"\b(?!Of|Here|Their)[A-Z][a-z]+", head)))
    pets = re.findall(r"(cat|dog|parrot|rabbit|tortoise|goldfish)", head)
    drinks = re.findall(r"(tea|coffee|milk|juice|cocoa|water)", head)
    asked = re.search(r"Who (?:owns the|likes) (\w+)\?", text)
    assert asked
    found = set()
    for a in permutations(people):
        pet = dict(zip(pets, a, strict=True))
        direct = [c for c in items(text) if "Whoever" not in c]
        if not all(fits(c, pet) for c in direct if c.split()[-1][:-1] in pet):
            continue
        for b in permutations(people):
            both = pet | dict(zip(drinks, b, strict=True))
            if all(fits(clue, both) for clue in items(text)):
                found.add(both[asked[1]])
    assert len(found) == 1, text
    return str(found.pop())


def fits(clue: str, has: dict[str, str]) -> bool:
    words: list[str] = re.findall(r"\w+", clue)
    named = [word for word in words if word in has]
    if words[0] == "Whoever":
        return (has[named[0]] == has[named[1]]) != ("not" in words)
    return (has[named[0]] == words[0]) != ("not" in words)


def survey_overlap(text: str) -> int:
    """Add up what belongs to exactly so many groups."""
    found = numbers(text)
    if len(found) == 4:
        n, a, b, last = found
        both = "How many do both" in text or "are in both?" in text
        return a + b + last - n if both else n - (a + b - last)
    n, a, b, c, ab, ac, bc, abc = found
    two = ab + ac + bc - 3 * abc
    one = a + b + c - 2 * two - 3 * abc
    if "exactly" in text:
        return one if "exactly one" in text else two
    return n - one - two - abc


SOLVERS: dict[str, Solver] = {
    "knights_and_knaves": knights_and_knaves,
    "race_order": race_order,
    "truth_assignments": truth_assignments,
    "syllogism": syllogism,
    "who_owns": who_owns,
    "survey_overlap": survey_overlap,
}


@pytest.mark.parametrize("name", SOLVERS)
def test_an_independent_solver_agrees(name: str) -> None:
    assert disagreements(name, SOLVERS[name], 20) == []

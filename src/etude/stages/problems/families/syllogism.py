"""Picks the conclusion that must follow from statements about all, some and no things."""

from collections.abc import Mapping, Sequence
from itertools import pairwise, product
from random import Random
from typing import ClassVar

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._wording import worded

NOUNS = (
    *("blickets", "dorps", "fendles", "gleeks", "hurns", "jibbers", "kelms", "lorps", "mivs"),
    *("norgs", "plonks", "quints", "rilks", "snaffs", "trobes", "vards", "wugs", "yips", "zems"),
)
TEMPLATES = (
    "Suppose that all of this is true, and that there is at least one member of every kind that is "
    "named:\n\n{facts}\n\nWhich statement must be true as well?\n\n"
    "{options}\n\n{form}",
    "Assume the following (every kind that is named has at least one member).\n\n{facts}\n\n"
    "Which of these follows from it with certainty?\n\n{options}\n\n{form}",
    "On a strange planet, where none of the kinds below is without members, these facts hold:\n\n"
    "{facts}\n\nOnly one of the statements below can be "
    "concluded from them. Which one?\n\n{options}\n\n{form}",
)
KINDS = ("all", "some", "no", "some not")
FORM = "Answer with the letter."
Fact = tuple[str, int, int]


class SyllogismFamily(Family, frozen=True, kw_only=True):
    """Chains of statements; one option follows, the other three need not hold."""

    topic = "logic"
    grader: ClassVar[Mapping[str, object]] = {"use": "choice", "n_choices": 4}

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one choice of four."""
        size = by_level(level, 3, 4, 5, 6, 7)
        nouns = rng.sample(NOUNS, size)
        facts = _facts(rng, size)
        every = [(kind, a, b) for kind in KINDS for a in range(size) for b in range(size) if a != b]
        news = [fact for fact in every if fact not in facts and _turned(fact) not in facts]
        follow = [fact for fact in news if _follows(fact, facts, size)]
        far = max(abs(a - b) for _, a, b in follow if (a, b) != (size - 1, 0))
        good = [fact for fact in follow if abs(fact[1] - fact[2]) >= min(far, 1 + level // 2)]
        right = rng.choice([fact for fact in good if fact[0] != "some"] or good)
        others = [fact for fact in news if not _follows(fact, facts, size)]
        rng.shuffle(others)
        # The most tempting come first: those on the same two kinds.
        others.sort(key=lambda fact: {fact[1], fact[2]} != {right[1], right[2]})
        options = [right]
        for fact in others:
            if len(options) < 4 and _turned(fact) not in options:
                options.append(fact)
        rng.shuffle(options)
        rng.shuffle(facts)
        place = options.index(right)
        lines = [f"{'ABCD'[i]}. {_text(fact, nouns)}" for i, fact in enumerate(options)]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                facts="\n".join(f"- {_text(fact, nouns)}" for fact in facts),
                options="\n".join(lines),
                form=FORM,
            ),
            answer="ABCD"[place],
            near_misses=tuple(letter for letter in "ABCD" if letter != "ABCD"[place]),
            solution=f"“{_text(right, nouns)}” holds in every world that fits the facts. For each "
            "of the other statements there is a world that fits the facts and in which it fails.",
        )


def _facts(rng: Random, size: int) -> list[Fact]:
    """Draw a chain of inclusions, with something that lies outside or is shared at its end."""
    last = size - 1
    facts: list[Fact] = [("all", a, b) for a, b in pairwise(range(last))]
    facts.append(rng.choice((("no", last - 1, last), ("all", last - 1, last), ("some", last, 0))))
    if size > 4:  # a side branch, which the conclusion seldom needs
        facts[1] = rng.choice((("all", 1, 2), ("all", 1, 3)))
    return facts


def _turned(fact: Fact) -> Fact:
    """Return the same statement the other way round, where that says the same."""
    return (fact[0], fact[2], fact[1]) if fact[0] in {"no", "some"} else fact


def _follows(fact: Fact, facts: Sequence[Fact], size: int) -> bool:
    """Tell whether a statement holds in every world of the facts; every kind has a member.

    A world is a set of sorts of things. It may hold any sorts that the general facts allow, as long
    as there is a witness for each particular fact and each kind.
    """
    sorts = [s for s in product((False, True), repeat=size) if all(_allows(f, s) for f in facts)]
    kind, a, b = fact
    if kind in {"all", "no"}:
        return not any(s[a] and s[b] == (kind == "no") for s in sorts)
    hit = [s for s in sorts if s[a] and s[b] == (kind == "some")]
    rest = [s for s in sorts if s not in hit]
    needs = [(f[1], f[2], f[0] == "some") for f in facts if f[0] in {"some", "some not"}]
    needs += [(i, i, True) for i in range(size)]
    return any(not any(s[x] and s[y] == v for s in rest) for x, y, v in needs)


def _allows(fact: Fact, sort: Sequence[bool]) -> bool:
    """Tell whether a general fact allows a sort of thing."""
    kind, a, b = fact
    if kind in {"all", "no"}:
        return not (sort[a] and sort[b] == (kind == "no"))
    return True


def _text(fact: Fact, nouns: Sequence[str]) -> str:
    """Write a statement."""
    kind, a, b = fact
    start = {"all": "All", "some": "Some", "no": "No", "some not": "Some"}[kind]
    return f"{start} {nouns[a]} are {'not ' if kind == 'some not' else ''}{nouns[b]}."

"""Counts who is in several groups at once, or in none."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

HOBBIES = (
    ("play chess", "swim", "sing"),
    ("speak French", "speak Dutch", "speak Greek"),
    ("take maths", "take biology", "take music"),
    ("own a bicycle", "own a car", "own a boat"),
    ("read novels", "read comics", "read poems"),
)
TWO = (
    "Of {n} people, {a} {x} and {b} {y}; {ab} do both. How many do neither?",
    "In a group of {n}, {a} {x}, {b} {y} and {ab} of these do both of it. How many people of the "
    "group do neither?",
    "{n} people were asked. {a} said that they {x}, {b} that they {y}, and {ab} are counted in "
    "both numbers. How many were counted in neither?",
)
BOTH = (
    "Of {n} people, {a} {x} and {b} {y}; {none} do neither. How many do both?",
    "In a group of {n}, {a} {x}, {b} {y} and {none} do none of it. How many do both?",
    "{n} people were asked. {a} said that they {x}, {b} that they {y}, and {none} are in neither "
    "number. How many are in both?",
)
THREE = (
    "Of {n} people, {a} {x}, {b} {y} and {c} {z}. Among them are {ab} who {x} and {y}, {ac} who "
    "{x} and {z}, {bc} who {y} and {z}, and {abc} who do all three; whoever does all three is "
    "counted in each of these numbers. How many {asked}?",
    "A survey of {n} people found that {a} {x}, {b} {y} and {c} {z}. Of these, {ab} {x} and {y}, "
    "{ac} {x} and {z}, and {bc} {y} and {z}; {abc} do all three and are counted in all of these "
    "numbers. How many {asked}?",
    "{n} people answered a questionnaire: {a} {x}, {b} {y}, {c} {z}. Two of the answers were given "
    "by {ab} people who {x} and {y}, by {ac} who {x} and {z} and by {bc} who {y} and {z}; these "
    "numbers include the {abc} who gave all three. How many {asked}?",
)


class SurveyOverlapFamily(Family, frozen=True, kw_only=True):
    """Inclusion and exclusion with two or three groups."""

    topic = "logic"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one survey."""
        top = by_level(level, 12, 40, 30, 60, 150)
        hobbies = rng.choice(HOBBIES)
        x, y, z = rng.sample(hobbies, 3)
        parts = {key: rng.randint(2, top) for key in ("", "a", "b", "c", "ab", "ac", "bc", "abc")}
        if level <= 2:
            return _two(rng, parts, x, y, level)
        count = {key: sum(v for part, v in parts.items() if set(key) <= set(part)) for key in parts}
        one = parts["a"] + parts["b"] + parts["c"]
        two = parts["ab"] + parts["ac"] + parts["bc"]
        singles = count["a"] + count["b"] + count["c"]
        pairs = count["ab"] + count["ac"] + count["bc"]
        asked, answer = rng.choice(
            by_level(
                level,
                (),
                (),
                (("do none of these things", parts[""]),),
                (("do none of these things", parts[""]), ("do exactly one of the three", one)),
                (("do exactly one of the three", one), ("do exactly two of the three", two)),
            )
        )
        n = count[""]
        wrong = [n - singles, n - singles + pairs, pairs, singles - pairs, singles - 2 * pairs]
        wrong += [parts[""], one, two, count[""] - parts[""], answer + count["abc"]]
        return Posed(
            statement=worded(
                rng,
                THREE,
                n=n,
                x=x,
                y=y,
                z=z,
                asked=asked,
                **{key: count[key] for key in parts if key},
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w >= 0)),
            solution=f"From the middle outwards: all three ${parts['abc']}$; exactly two "
            f"${parts['ab']} + {parts['ac']} + {parts['bc']} = {two}$; exactly one "
            f"${parts['a']} + {parts['b']} + {parts['c']} = {one}$; none ${parts['']}$. "
            f"The answer is ${answer}$.",
        )


def _two(rng: Random, parts: dict[str, int], x: str, y: str, level: int) -> Posed:
    """Pose a survey with two groups."""
    none, both = parts[""], parts["ab"]
    a, b = parts["a"] + both, parts["b"] + both
    n = parts["a"] + parts["b"] + both + none
    answer = none if level == 1 else both
    wrong = [n - a - b, n - a, n - b, a + b - both, a + b, parts["a"], parts["b"], a - b]
    text = worded(rng, TWO if level == 1 else BOTH, n=n, a=a, b=b, ab=both, none=none, x=x, y=y)
    total = f"{n} - ({a} + {b} - {both})" if level == 1 else f"{a} + {b} - ({n} - {none})"
    return Posed(
        statement=text,
        answer=str(answer),
        near_misses=slips(answer, *(w for w in wrong if w > 0), answer + 1),
        solution=f"Those who do both are in both numbers: ${total} = {answer}$.",
    )

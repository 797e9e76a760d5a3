"""Finds a length from shadows, scales and similar figures."""

from fractions import Fraction
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._number_text import decimal, has_decimal
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

SHADOW = (
    "A pole {a} m high casts a shadow of {b} m. At the same time, a tower casts a shadow of {c} m. "
    "How high is the tower, in metres?",
    "In the sun, a stick of {a} m has a shadow {b} m long, and a tree beside it has a shadow {c} m "
    "long. Find the height of the tree in metres.",
    "When a fence post that is {a} m tall throws a shadow of {b} m, a chimney nearby throws one of "
    "{c} m. What is the height of the chimney in metres?",
)
AREA = (
    "Two similar triangles have corresponding sides of {a} cm and {b} cm. The first has an area of "
    "{c} cm². What is the area of the second, in cm²?",
    "A drawing is copied so that a line of {a} cm becomes {b} cm long. A region of it with an area "
    "of {c} cm² gets which area in the copy, in cm²?",
    "A side of a polygon is {a} cm long; in a similar polygon the matching side is {b} cm. Find "
    "the area of the second polygon in cm², if that of the first is {c} cm².",
)
VOLUME = (
    "Two similar bottles are {a} cm and {b} cm high. The first holds {c} ml. How many millilitres "
    "does the second hold?",
    "A statue {a} cm high is copied in another size, {b} cm high, with the same shape. The first "
    "has a volume of {c} cm³. What is the volume of the copy, in cm³?",
    "Edges of two similar solids that correspond to each other measure {a} cm and {b} cm. The "
    "first solid has a volume of {c} cm³; find that of the second in cm³.",
)
LAMP = (
    "A lamp hangs {c} m above level ground. Someone {a} m tall stands {b} m away from the point "
    "right below the lamp. How long is the shadow on the ground, in metres?",
    "A street light is {c} m high. A post with a height of {a} m stands upright on level ground, "
    "{b} m from the foot of the light. Find the length of the shadow of the post in metres.",
    "At night the only light comes from a point {c} m above flat ground. How long, in metres, is "
    "the shadow of an upright board {a} m high whose distance from the spot below the light is "
    "{b} m?",
)


class SimilarShadowFamily(Family, frozen=True, kw_only=True):
    """Proportions of lengths, areas and volumes, and the shadow of a near lamp."""

    topic = "geometry"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one proportion."""
        places = by_level(level, 1, 10, 1, 1, 10)
        while True:
            a, b = (
                Fraction(rng.randint(places, (4 if level < 3 else 12) * places), places)
                for _ in range(2)
            )
            c = Fraction(rng.randint(3, 60 if level != 4 else 600))
            if a == b or (level == 5 and not a + 1 < c < 15):
                continue
            scale = b / a
            answer = by_level(level, c / scale, c / scale, c * scale**2, c * scale**3, Fraction(0))
            if level == 5:
                answer = a * b / (c - a)
            if has_decimal(answer) and answer < by_level(level, 90, 120, 5000, 5000, 60):
                break
        templates = by_level(level, SHADOW, SHADOW, AREA, VOLUME, LAMP)
        wrong = [
            c * scale,
            c / scale**2,
            c * scale**2,
            c + a - b,
            a * b / c,
            answer * 2,
            answer + 1,
        ]
        how = by_level(
            level,
            *[rf"{decimal(c)} \cdot \frac{{{decimal(a)}}}{{{decimal(b)}}}"] * 2,
            *[
                rf"{decimal(c)} \cdot \left(\frac{{{decimal(b)}}}{{{decimal(a)}}}\right)^{power}"
                for power in (2, 3)
            ],
            rf"\frac{{{decimal(a)} \cdot {decimal(b)}}}{{{decimal(c)} - {decimal(a)}}}",
        )
        return Posed(
            statement=worded(rng, templates, a=decimal(a), b=decimal(b), c=decimal(c)),
            answer=decimal(answer),
            near_misses=slips(
                decimal(answer), *(decimal(w) for w in wrong if w > 0 and has_decimal(w, 4))
            ),
            solution=f"By similar figures, ${how} = {decimal(answer)}$.",
        )

"""Finds the remainder of a power, or of a sum or product of powers."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "What is the remainder when ${e}$ is divided by ${m}$?",
    "Find the remainder of ${e}$ on division by ${m}$.",
    "Reduce ${e}$ modulo ${m}$ to a number from $0$ to ${last}$.",
    "Which number from $0$ to ${last}$ is congruent to ${e}$ modulo ${m}$?",
)


class ModularPowerFamily(Family, frozen=True, kw_only=True):
    """Powers modulo a small number."""

    topic = "number theory"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one remainder."""
        modulus = rng.randint(5, by_level(level, 12, 20, 50, 100, 200))
        top = by_level(level, 6, 20, 100, 400, 3000)
        n_powers = by_level(level, 1, 1, 1, 2, 3)
        powers = [
            (rng.randint(2, by_level(level, 9, 15, 40, 60, 99)), rng.randint(3, top))
            for _ in range(n_powers)
        ]
        signs = [1] + [rng.choice((1, -1)) for _ in powers[1:]]
        values = [pow(a, b, modulus) for a, b in powers]
        answer = sum(s * v for s, v in zip(signs, values, strict=True)) % modulus
        text = "".join(
            f" {'+' if s > 0 else '-'} {a}^{{{b}}}" for s, (a, b) in zip(signs, powers, strict=True)
        ).removeprefix(" + ")
        a, b = powers[0]
        rest = answer - values[0]
        wrong = [modulus - answer, (rest + a * b) % modulus, (rest + pow(a, b - 1, modulus))]
        wrong += [rest + pow(a, b + 1, modulus), answer + 1]
        steps = ", ".join(
            rf"{x}^{{{y}}} \equiv {v}" for (x, y), v in zip(powers, values, strict=True)
        )
        return Posed(
            statement=worded(rng, TEMPLATES, e=text, m=modulus, last=modulus - 1),
            answer=str(answer),
            near_misses=slips(answer, *(w % modulus for w in wrong), modulus),
            solution=f"By repeated squaring modulo ${modulus}$: ${steps}$. "
            f"So the remainder is ${answer}$.",
        )

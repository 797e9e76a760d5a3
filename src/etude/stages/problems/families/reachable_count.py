"""Counts what can be reached in a network of one-way connections."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import nodes_of
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import listed, worded

TEMPLATES = (
    "A messenger can only travel along these one-way connections between the towns {nodes}: "
    "{edges}. How many towns, {start} itself not counted, can be reached from {start}{limit}?",
    "The nodes {nodes} of a directed graph have the edges {edges}. How many nodes other than "
    "{start} can you get to from {start}{limit}?",
    "Between the pages {nodes} there are only these links: {edges}. Someone starts on page "
    "{start}. How many other pages can be visited by following links{limit}?",
)


class ReachableCountFamily(Family, frozen=True, kw_only=True):
    """Reachable nodes of a directed graph; within a number of steps at the higher levels."""

    topic = "graphs"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one network."""
        size = by_level(level, 5, 6, 8, 10, 13)
        n_edges = by_level(level, 6, 8, 11, 14, 20)
        most = rng.randint(2, 3) if level >= 4 else 0
        nodes = nodes_of(size)
        pairs = [(a, b) for a in nodes for b in nodes if a != b]
        while True:
            edges = rng.sample(pairs, n_edges)
            start = rng.choice(nodes)
            rings = _rings(edges, start)
            if len(rings) > 2 and sum(map(len, rings)) < size + 2:
                break
        every = sum(map(len, rings)) - 1
        answer = sum(map(len, rings[1 : most + 1])) if most else every
        both = _rings(edges + [(b, a) for a, b in edges], start)
        back = _rings([(b, a) for a, b in edges], start)
        wrong = [answer + 1, every, len(rings[1]), sum(map(len, both)) - 1, sum(map(len, back)) - 1]
        ways = "; ".join(f"after {i}: {', '.join(ring)}" for i, ring in enumerate(rings) if i)
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                nodes=listed(nodes),
                edges=", ".join(f"{a} → {b}" for a, b in edges),
                start=start,
                limit=f" in at most {most} steps" if most else "",
            ),
            answer=str(answer),
            near_misses=slips(answer, *wrong, answer - 1),
            solution=f"New nodes by the number of steps: {ways}. The answer is ${answer}$.",
        )


def _rings(edges: list[tuple[str, str]], start: str) -> list[list[str]]:
    """Return the nodes by how many steps they are away."""
    rings, seen = [[start]], {start}
    while rings[-1]:
        after = sorted({b for a, b in edges if a in rings[-1]} - seen)
        seen |= set(after)
        rings.append(after)
    return rings[:-1]

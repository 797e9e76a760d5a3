"""Finds the greatest flow through a network."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import Edge, edges_text, nodes_of
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Water flows through one-way pipes. Each line gives a pipe and how many litres a second it can "
    "carry at most.\n\n{edges}\n\nHow many litres a second can flow from {a} to {b} at most?",
    "A directed network has these capacities:\n\n{edges}\n\nWhat is the value of a maximum flow "
    "from {a} to {b}?",
    "Data travel along the following one-way lines, whose capacities are given in megabytes a "
    "second.\n\n{edges}\n\nAt which rate, in megabytes a second, can {a} send data to {b} at most?",
)


class MaximumFlowFamily(Family, frozen=True, kw_only=True):
    """Small networks with one source and one sink."""

    topic = "graphs"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one network."""
        size = by_level(level, 4, 5, 6, 7, 8)
        n_edges = by_level(level, 5, 7, 10, 13, 17)
        nodes = nodes_of(size)
        pairs = [(a, b) for a in nodes[:-1] for b in nodes[1:] if a != b]
        while True:
            top = by_level(level, 9, 12, 15, 20, 30)
            edges = [(a, b, rng.randint(1, top)) for a, b in rng.sample(pairs, n_edges)]
            out = sum(n for a, _, n in edges if a == nodes[0])
            into = sum(n for _, b, n in edges if b == nodes[-1])
            answer = _flow(edges, nodes[0], nodes[-1])
            if answer and (level < 3 or answer < min(out, into)):
                break
        biggest = max(n for _, _, n in edges)
        wrong = [
            out,
            into,
            biggest,
            min(out, into),
            answer + 1,
            answer - 1,
            sum(n for *_, n in edges),
        ]
        return Posed(
            statement=worded(
                rng, TEMPLATES, edges=edges_text(edges, " → "), a=nodes[0], b=nodes[-1]
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution="Fill one path after another, giving flow back where that helps. When no path "
            f"with room is left, ${answer}$ flow; a cut with that capacity shows that no more can.",
        )


def _flow(edges: list[Edge], start: str, end: str) -> int:
    """Return the value of a maximum flow, by augmenting shortest paths."""
    room: dict[tuple[str, str], int] = {}
    for a, b, n in edges:
        room[a, b] = room.get((a, b), 0) + n
        room.setdefault((b, a), 0)
    total = 0
    while True:
        came = {start: ""}
        ring = [start]
        while ring and end not in came:
            node = ring.pop(0)
            for a, b in room:
                if a == node and b not in came and room[a, b] > 0:
                    came[b] = a
                    ring.append(b)
        if end not in came:
            return total
        path, node = [], end
        while node != start:
            path.append((came[node], node))
            node = came[node]
        most = min(room[step] for step in path)
        for a, b in path:
            room[a, b] -= most
            room[b, a] += most
        total += most

"""Finds the length of a shortest route in a network of roads."""

from itertools import pairwise
from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import connected_graph, edges_text, nodes_of
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "These roads connect some towns; the numbers are their lengths in km, and all roads can be "
    "used both ways.\n\n{edges}\n\nWhat is the length of a shortest route from {a} to {b}, in km?",
    "In an undirected weighted graph the edges are:\n\n{edges}\n\nHow long is a shortest path from "
    "{a} to {b}, measured by the sum of the weights?",
    "A network has the following links, each with the time in minutes that it takes in either "
    "direction.\n\n{edges}\n\nHow many minutes does it take to get from {a} to {b} at least?",
)


class ShortestRouteFamily(Family, frozen=True, kw_only=True):
    """Weighted graphs in which the shortest path has more than one edge."""

    topic = "graphs"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one network."""
        n_nodes = by_level(level, 4, 5, 7, 9, 12)
        n_more = by_level(level, 2, 3, 6, 9, 14)
        least = by_level(level, 2, 2, 3, 3, 4)
        while True:
            edges = connected_graph(rng, n_nodes, n_more, by_level(level, 9, 15, 20, 30, 50))
            a, b = sorted(rng.sample(nodes_of(n_nodes), 2))
            ways = _ways(edges, a)
            answer, path = ways[b]
            if len(path) > least:
                break
        hops = _ways([(x, y, 1) for x, y, _ in edges], a)[b][1]
        lengths = {frozenset((x, y)): n for x, y, n in edges}
        fewest = sum(lengths[frozenset((x, y))] for x, y in pairwise(hops))
        last = lengths[frozenset(path[-2:])]
        first = lengths[frozenset(path[:2])]
        wrong = [fewest, len(path) - 1, answer - last, answer - first, answer + 1, answer + last]
        return Posed(
            statement=worded(rng, TEMPLATES, edges=edges_text(edges), a=a, b=b),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"Dijkstra's method from {a} finds the path {' - '.join(path)} "
            f"with the length ${answer}$.",
        )


def _ways(edges: list[tuple[str, str, int]], start: str) -> dict[str, tuple[int, list[str]]]:
    """Return a shortest path to every node, by Dijkstra's method."""
    around: dict[str, list[tuple[str, int]]] = {}
    for a, b, length in edges:
        around.setdefault(a, []).append((b, length))
        around.setdefault(b, []).append((a, length))
    done: dict[str, tuple[int, list[str]]] = {}
    reached = [(0, [start])]
    while reached:
        reached.sort()
        length, path = reached.pop(0)
        if path[-1] in done:
            continue
        done[path[-1]] = (length, path)
        reached += [(length + more, [*path, node]) for node, more in around[path[-1]]]
    return done

"""Finds the weight of a minimum spanning tree."""

from random import Random

from etude.stages.problems.families._base import Family, Posed
from etude.stages.problems.families._graph import Edge, connected_graph, edges_text
from etude.stages.problems.families._level import by_level
from etude.stages.problems.families._slips import slips
from etude.stages.problems.families._wording import worded

TEMPLATES = (
    "Villages are to be joined by cables. These connections are possible, at the given costs:\n\n"
    "{edges}\n\nWhat is the {least} total cost of a choice of connections that joins all villages, "
    "directly or through others, without any loop?",
    "Find the total weight of a {kind} spanning tree of the undirected graph with these weighted "
    "edges:\n\n{edges}",
    "A graph has the following edges with weights.\n\n{edges}\n\nOf all its spanning trees, take "
    "one with the {least} sum of weights. What is that sum?",
)


class SpanningTreeFamily(Family, frozen=True, kw_only=True):
    """Minimum spanning trees, and maximum ones at the higher levels."""

    topic = "graphs"

    def pose(self, rng: Random, level: int) -> Posed:
        """Pose one graph."""
        n_nodes = by_level(level, 4, 5, 7, 9, 12)
        n_more = by_level(level, 2, 3, 6, 9, 14)
        edges = connected_graph(rng, n_nodes, n_more, by_level(level, 9, 15, 25, 40, 60))
        most = level >= 3 and rng.random() < 0.4
        tree, other = _tree(edges, most=most), _tree(edges, most=not most)
        answer = sum(n for _, _, n in tree)
        lightest = sorted((n for _, _, n in edges), reverse=most)[: n_nodes - 1]
        out = [n for edge in edges if edge not in tree for n in edge[2:]]
        wrong = [sum(lightest), sum(n for _, _, n in edges), sum(n for _, _, n in other)]
        wrong += [answer + out[0], answer - tree[-1][2], answer + 1, answer - 1]
        return Posed(
            statement=worded(
                rng,
                TEMPLATES,
                edges=edges_text(edges),
                least="largest" if most else "smallest",
                kind="maximum" if most else "minimum",
            ),
            answer=str(answer),
            near_misses=slips(answer, *(w for w in wrong if w > 0)),
            solution=f"From the {'heaviest' if most else 'lightest'} edge on, take each one that "
            f"closes no loop: {', '.join(f'{a}-{b} ({n})' for a, b, n in tree)}. "
            f"The sum is ${answer}$.",
        )


def _tree(edges: list[Edge], *, most: bool) -> list[Edge]:
    """Return a spanning tree by Kruskal's method."""
    groups = {node: node for a, b, _ in edges for node in (a, b)}
    tree = []
    for a, b, n in sorted(edges, key=lambda edge: -edge[2] if most else edge[2]):
        if groups[a] != groups[b]:
            tree.append((a, b, n))
            gone = groups[b]
            groups = {k: groups[a] if group == gone else group for k, group in groups.items()}
    return tree

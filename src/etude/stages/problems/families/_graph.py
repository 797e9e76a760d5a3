"""Graphs with lettered nodes, and how they are written."""

from collections.abc import Sequence
from random import Random
from string import ascii_uppercase

Edge = tuple[str, str, int]


def nodes_of(count: int) -> list[str]:
    """Return the names of that many nodes."""
    return list(ascii_uppercase[:count])


def connected_graph(rng: Random, n_nodes: int, n_more: int, top: int) -> list[Edge]:
    """Draw a connected graph: a random tree and some more edges, with lengths up to `top`."""
    nodes = nodes_of(n_nodes)
    rng.shuffle(nodes)
    pairs = [(rng.choice(nodes[:i]), nodes[i]) for i in range(1, n_nodes)]
    known = {frozenset(pair) for pair in pairs}
    others = [(a, b) for a in sorted(nodes) for b in sorted(nodes) if a < b and {a, b} not in known]
    pairs += rng.sample(others, min(n_more, len(others)))
    rng.shuffle(pairs)
    return [(min(pair), max(pair), rng.randint(1, top)) for pair in pairs]


def edges_text(edges: Sequence[Edge], join: str = "-") -> str:
    """Write edges with their lengths as a Markdown list."""
    return "\n".join(f"- {a}{join}{b}: {length}" for a, b, length in edges)

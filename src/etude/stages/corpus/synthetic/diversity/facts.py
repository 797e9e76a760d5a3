"""Rare facts: names and figures of only one human text; do they survive in what is made of it?

A fact is a number of two digits or more, or a word with a capital letter that no beginning of a
sentence explains.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from etude.stages.corpus.synthetic.diversity._sample import Cluster
from etude.stages.corpus.synthetic.diversity._words import MAX_CHARS

NAME = "rare_facts"
Ints = npt.NDArray[np.int64]
_TOKEN = re.compile(r"\d+(?:[.,:/-]\d+)*|[^\W\d_][\w'-]*|[.!?:;\n#*•|]")
_ENDS = frozenset(".!?:;\n#*•|")


def facts(text: str) -> set[str]:
    """Return the names and figures of a text, in lower case.

    >>> sorted(facts("In 1969 Ken Thompson wrote it. Later, Multics had 30 users and 1 owner."))
    ['1969', '30', 'ken', 'multics', 'thompson']
    """
    found, begins = set(), True
    for match in _TOKEN.finditer(text[:MAX_CHARS]):
        token = match[0]
        if token[0].isdigit():
            if sum(map(str.isdigit, token)) > 1:
                found.add(token)
        elif token not in _ENDS and _names(token, begins=begins):
            found.add(token.lower())
        begins = token in _ENDS
    return found


def survival(clusters: Sequence[Cluster], max_texts: int = 1) -> tuple[Ints, Ints]:
    """Return for each cluster how many rare facts its human text has, and how many survive.

    Args:
        clusters: Human texts with what was made of them; others have no rare facts here.
        max_texts: A fact is rare that no more human texts have.
    """
    human = [facts(cluster.human[0]) if cluster.related else set() for cluster in clusters]
    texts_with: dict[str, int] = {}
    for found in human:
        for fact in found:
            texts_with[fact] = texts_with.get(fact, 0) + 1
    n_rare = np.zeros(len(clusters), dtype=np.int64)
    n_kept = np.zeros(len(clusters), dtype=np.int64)
    for number, (cluster, found) in enumerate(zip(clusters, human, strict=True)):
        rare = {fact for fact in found if texts_with[fact] <= max_texts}
        said = {word for text in cluster.own for word in _said(text)} if rare else set()
        n_rare[number], n_kept[number] = len(rare), len(rare & said)
    return n_rare, n_kept


def _said(text: str) -> set[str]:
    return {match[0].lower() for match in _TOKEN.finditer(text[:MAX_CHARS])}


def _names(word: str, *, begins: bool) -> bool:
    """Whether a word is written as a name is: a capital, but not only because a sentence begins."""
    if len(word) < 2:
        return False
    if any(map(str.isupper, word[1:])):
        return True
    return word[0].isupper() and not begins

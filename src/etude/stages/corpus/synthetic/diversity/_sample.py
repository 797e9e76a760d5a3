"""Equal samples of two bodies of text, so that what depends on size can be compared.

Texts that were made from a human text are set against that text; all others against human texts
drawn at random. Each pair gives as many passages on either side, and passages that are next to each
other in length are cut to the shorter one.
"""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeAlias

import msgspec

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.diversity._words import Passages, cut, first_words, split_words

Text: TypeAlias = str | Document
READ_CHARS = "read_chars"
"""Tag of a synthetic document: so many characters of its parent were read for it."""


class Sizes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much is compared."""

    max_passages: int = 400
    """Of either side."""
    passage_words: int = 100
    """Words and marks in a passage, at most."""
    least_words: int = 5
    """A passage of fewer is left out."""
    per_text: int = 4
    """Passages of one human text, and of all that was made from it, at most."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range.
        """
        if not 1 <= self.least_words <= self.passage_words <= 10_000:
            raise ConfigError("least_words is from 1 to passage_words, which is up to 10000")
        if self.max_passages < 2 or self.per_text < 1:
            raise ConfigError("max_passages is from 2 on, per_text from 1")


class Cluster(NamedTuple):
    """What comes from one human text, and that text."""

    own: tuple[str, ...]
    human: tuple[str, ...]
    related: bool
    """Whether the one was made from the other."""


class Samples(NamedTuple):
    """Passages that can be compared, number for number of a cluster."""

    own: Passages
    human: Passages | None


def group(texts: Sequence[Text], against: Sequence[Text], rng: Random) -> list[Cluster]:
    """Return clusters in an order of chance; with `against`, no more than it has texts."""
    human = {
        text.id if isinstance(text, Document) else f"\0{n}": text for n, text in _numbered(against)
    }
    children: dict[str, list[Text]] = {}
    for number, text in _numbered(texts):
        children.setdefault(_parent(text, human) or f"\0\0{number}", []).append(text)
    free = [key for key in human if key not in children]
    rng.shuffle(free)
    order = list(children)
    rng.shuffle(order)
    found = []
    for key in order:
        own = tuple(map(_content, children[key]))
        if key in human:
            found.append(Cluster(own, (_read_of(human[key], children[key]),), related=True))
        elif free or not human:
            drawn = (_content(human[free.pop()]),) if human else ()
            found.append(Cluster(own, drawn, related=False))
    return found


def sample(clusters: Sequence[Cluster], sizes: Sizes, rng: Random) -> Samples:
    """Return passages of clusters, as many and as long on either side.

    Raises:
        ConfigError: There are no two passages.
    """
    own: list[tuple[str, int]] = []
    human: list[tuple[str, int]] = []
    # Many texts say more than many passages of few, but loops within a text must show as well.
    enough = max(2, -(-sizes.max_passages // max(1, len(clusters))))
    for number, cluster in enumerate(clusters):
        mine, theirs = (_cut_all(side, sizes) for side in (cluster.own, cluster.human))
        n = min(len(mine), sizes.per_text, enough, sizes.max_passages - len(own))
        if cluster.human:
            n = min(n, len(theirs))
            human += [(text, number) for text in rng.sample(theirs, n)]
        own += [(text, number) for text in rng.sample(mine, n)]
        if len(own) >= sizes.max_passages:
            break
    if len(own) < 2:
        raise ConfigError(
            f"fewer than two passages of {sizes.least_words} words can be compared: "
            "there is too little text on one side"
        )
    if not human:
        return Samples(_passages(own), None)
    own, human = _equally_long(own, human)
    return Samples(_passages(own), _passages(human))


def _numbered(texts: Sequence[Text]) -> list[tuple[int, Text]]:
    return list(enumerate(texts))


def _parent(text: Text, human: dict[str, Text]) -> str | None:
    parents = text.origin.parents if isinstance(text, Document) else ()
    return next((parent for parent in parents if parent in human), None)


def _content(text: Text) -> str:
    return text.text if isinstance(text, Document) else text


def _read_of(parent: Text, children: Sequence[Text]) -> str:
    """Return what was read of a parent, where its children say so."""
    told = [child.tags.get(READ_CHARS, "") for child in children if isinstance(child, Document)]
    read = [int(n) for n in told if n.isascii() and n.isdigit() and len(n) < 12]
    return _content(parent)[: max(read)] if read and len(read) == len(told) else _content(parent)


def _cut_all(texts: Sequence[str], sizes: Sizes) -> list[str]:
    return [
        passage for text in texts for passage in cut(text, sizes.passage_words, sizes.least_words)
    ]


def _passages(found: Sequence[tuple[str, int]]) -> Passages:
    return Passages([text for text, _ in found], [cluster for _, cluster in found])


def _equally_long(
    own: list[tuple[str, int]], human: list[tuple[str, int]]
) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Cut passages of equal rank in length to the shorter of the two."""
    lengths = [[len(split_words(text)) for text, _ in side] for side in (own, human)]
    ranks = [sorted(range(len(side)), key=side.__getitem__) for side in lengths]
    for mine, theirs in zip(*ranks, strict=True):
        n = min(lengths[0][mine], lengths[1][theirs])
        own[mine] = (first_words(own[mine][0], n), own[mine][1])
        human[theirs] = (first_words(human[theirs][0], n), human[theirs][1])
    return own, human

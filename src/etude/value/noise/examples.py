"""Examples: pieces of documents with their labels, which of them are learned, and with which label.

Chance depends on ids and seeds alone. Nothing of a document that is measured on is learned or read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import NamedTuple

import msgspec

from etude.errors import ConfigError
from etude.records import Document
from etude.store import Dataset, write_whole
from etude.train.vocabulary import train_vocabulary
from etude.value.noise.recipe import NoiseRecipe
from etude.value.proxies.texts import (
    Passages,
    Sources,
    chance_of,
    content_digest,
    documents,
    draw,
    passage,
    pieces_of,
    write_documents,
)
from etude.value.proxies.training import Material, Tell, check_proxy

_FIELDS = ("domain", "language", "media_type")
_LEAST_SHARE = 0.4
"""Pieces that are shorter than this share of the longest are no examples."""
_POOL = 4
"""So many times the largest amount can be drawn from, where there is as much."""
_BYTES_PER_TOKEN = 6
_MOST_CHARS = 4000
"""Of one document that is read without its label."""


class Example(NamedTuple):
    """A text and the number of its label."""

    id: str
    text: str
    label: int


class Prepared(NamedTuple):
    """Everything that the models need."""

    labels: tuple[str, ...]
    pool: tuple[Example, ...]
    """What can be drawn from."""
    held_out: tuple[Example, ...]
    reading: Material
    """What the model reads before it learns any label."""
    digest: str
    """Of the pool and of what is held out."""


def prepare(recipe: NoiseRecipe, out: Path, tell: Tell) -> Prepared:
    """Write what is learned, read and measured on, once, and return it.

    Raises:
        ConfigError: There are fewer than two labels, or too few examples of one.
        RecordError: A data set is damaged.
    """
    if not recipe.data:
        raise ConfigError("data: name a data set of documents")
    paths = [Path(path) for path in recipe.data]
    folder = out / "data"
    folder.mkdir(parents=True, exist_ok=True)
    tell("choosing examples", 0, 0)
    known, pool, held_ids = _gather(recipe, paths)
    parents = tuple(Dataset.open(path).manifest.digest for path in paths)
    held = write_documents(folder / "held-out", known, None, _sources(recipe, "held-out", parents))
    measured = Passages([one.text for one in held.documents()])
    learned = write_documents(
        folder / "examples", pool, measured, _sources(recipe, "examples", parents)
    )
    labels = tuple(sorted({one.domain for one in held.documents()}))
    examples = tuple(_examples(learned, labels))
    _check(recipe, labels, examples)
    tell("drawing text to read", 0, 0)
    drawn = draw(
        paths,
        leave_out=held_ids,
        n_bytes=_BYTES_PER_TOKEN * recipe.tokens,
        most_each=_MOST_CHARS,
        seed=recipe.data_seed,
    )
    cut = (
        msgspec.structs.replace(one, text=passage(one.text, _MOST_CHARS, recipe.data_seed))
        for one in documents(paths, drawn.ids)
    )
    text = write_documents(folder / "text", cut, measured, _sources(recipe, "text", parents))
    vocabulary = folder / "tokenizer.json"
    settings = check_proxy(recipe.proxy).vocabulary
    if not vocabulary.exists():
        made = train_vocabulary(
            (one.text for one in islice(text.documents(), settings.sample)), settings.size
        )
        write_whole(vocabulary, made.backend_tokenizer.to_str().encode())
    return Prepared(
        labels=labels,
        pool=examples,
        held_out=tuple(_examples(held, labels)),
        reading=Material(data=text.path, held_out=held.path, vocabulary=vocabulary),
        digest=f"{content_digest(learned)}/{content_digest(held)}",
    )


def draw_examples(pool: Sequence[Example], n: int, seed: int) -> list[Example]:
    """Return n examples of a pool, each label as often; fewer are the first of more."""
    by_label: dict[int, list[Example]] = defaultdict(list)
    for one in sorted(pool, key=lambda one: (chance_of(one.id, seed), one.id)):
        by_label[one.label].append(one)
    turns = zip_longest(*(by_label[label] for label in sorted(by_label)))
    return list(islice((one for turn in turns for one in turn if one is not None), n))


def with_noise(drawn: Sequence[Example], noise: float, n_labels: int, seed: int) -> list[int]:
    """Return a label for each example, of which exactly that share is wrong, as near as can be."""
    chances = [chance_of(f"wrong/{one.id}", seed) for one in drawn]
    order = sorted(range(len(drawn)), key=lambda place: (chances[place], place))
    wrong = set(order[: round(noise * len(drawn))])
    return [
        # What is wrong takes no digits of the chance that made it so.
        (one.label + 1 + chance_of(f"other/{one.id}", seed) % (n_labels - 1)) % n_labels
        if place in wrong
        else one.label
        for place, one in enumerate(drawn)
    ]


def label_of(document: Document, label: str) -> str:
    """Return the label of a document; empty where it has none."""
    if label in _FIELDS:
        return str(getattr(document, label))
    return document.tags.get(label, "")


def _gather(
    recipe: NoiseRecipe, paths: Iterable[Path]
) -> tuple[list[Document], list[Document], frozenset[str]]:
    """Return pieces to measure on, pieces to learn from, and the documents of the former."""
    limit = int(recipe.held_out_share * 2**64)
    found: dict[tuple[bool, str], list[tuple[int, Document]]] = defaultdict(list)
    held_ids: set[str] = set()
    for path in paths:
        for document in Dataset.open(path).documents():
            name = label_of(document, recipe.label)
            if not name or (recipe.labels and name not in recipe.labels):
                continue
            is_held = chance_of(document.id, ~recipe.data_seed) < limit
            if is_held:
                held_ids.add(document.id)
            found[is_held, name].extend(_pieces(document, name, recipe))
    names = sorted({name for _, name in found})
    most = -(-_POOL * max(recipe.amounts) // max(1, len(names)))
    held, pool = [], []
    for name in names:
        held += _first(found[True, name], recipe.held_out)
        pool += _first(found[False, name], most)
    return held, pool, frozenset(held_ids)


def _pieces(document: Document, name: str, recipe: NoiseRecipe) -> Iterator[tuple[int, Document]]:
    """Yield some pieces of a document, each with its chance, which orders them."""
    most = recipe.example_chars
    cut = []
    for number, text in enumerate(pieces_of(document.text, most, int(_LEAST_SHARE * most))):
        key = f"{document.id}#{number}"
        cut.append((chance_of(key, recipe.data_seed), key, text))
    origin = msgspec.structs.replace(document.origin, parents=(document.id,))
    for chance, key, text in sorted(cut)[: recipe.per_document]:
        yield chance, Document(id=key, text=text, domain=name, origin=origin)


def _first(found: list[tuple[int, Document]], n: int) -> list[Document]:
    ordered = sorted(found, key=lambda pair: (pair[0], pair[1].id))
    return [document for _, document in ordered[:n]]


def _check(recipe: NoiseRecipe, labels: Sequence[str], pool: Sequence[Example]) -> None:
    if len(labels) < 2:
        raise ConfigError(
            f"label: the documents need two different values of {recipe.label!r} at least, and "
            f"those that are held out have {', '.join(labels) or 'none'}"
        )
    needed = -(-max(recipe.amounts) // len(labels))
    for number, name in enumerate(labels):
        n = sum(one.label == number for one in pool)
        if n < needed:
            raise ConfigError(
                f"amounts: {max(recipe.amounts)} examples need {needed} of each label, and "
                f"{name!r} has {n}; ask for fewer, raise per_document, or leave it out of labels"
            )


def _examples(held: Dataset, labels: Sequence[str]) -> Iterator[Example]:
    places = {name: number for number, name in enumerate(labels)}
    for one in held.documents():
        if one.domain in places:
            yield Example(one.id, one.text, places[one.domain])


def _sources(recipe: NoiseRecipe, made_for: str, parents: tuple[str, ...]) -> Sources:
    how = [
        recipe.label, recipe.labels, recipe.example_chars, recipe.per_document, recipe.held_out,
        recipe.held_out_share, recipe.data_seed,
        max(recipe.amounts) if made_for == "examples" else 0,
        recipe.tokens if made_for == "text" else 0,
    ]  # fmt: skip
    return Sources(
        made_for=made_for,
        parents=parents,
        settings=msgspec.json.encode(how, order="deterministic").decode(),
    )

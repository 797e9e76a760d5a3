"""Generation: one model of the experiment; what it reads, what it writes, what it still knows.

Each lies in a folder named by the digest of all that decides it, its forebears included; what is
finished there is not done again.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from etude.errors import RecordError, blame
from etude.records import Document, Origin
from etude.stages.corpus.synthetic.diversity import DiversitySettings, diversity
from etude.store import Dataset, write_whole
from etude.train.models import offline
from etude.train.run import Run
from etude.value.collapse.recipe import CollapseRecipe, Way
from etude.value.collapse.writing import judge, own_text, rare_tokens
from etude.value.proxies.texts import Sources, write_documents
from etude.value.proxies.training import (
    Material,
    Tell,
    check_proxy,
    proxy_recipe,
    threads,
    train_proxy,
)

_MEASURES: tuple[dict[str, str | int | float | bool | None], ...] = (
    {"use": "distinct_n", "n": 1},
    {"use": "distinct_n", "n": 3},
    {"use": "self_bleu"},
    {"use": "compression"},
    {"use": "ngram_entropy", "n": 2},
    {"use": "rare_words"},
)
_MEASURED = "measured.json"


class Known(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one model knows of real text, and how varied what it writes is."""

    way: str
    """Empty for generation 0, which all ways share."""
    generation: int
    seed: int
    digest: str
    """Name of its folder."""
    bits_per_byte: float
    perplexity: float
    tail: float
    """Bits for each of the rarest tokens."""
    worst_lines: float
    variety: dict[str, float]
    """Share of the variety of real text that its own text has, by measure; 1 for as much."""
    n_real: int
    """Pieces it read that are real."""
    n_own: int
    """Pieces it read that were written by models."""
    sample: str
    """The beginning of what it writes."""


class Ground(NamedTuple):
    """What all generations share."""

    recipe: CollapseRecipe
    folder: Path
    real: tuple[str, ...]
    held_out: tuple[str, ...]
    vocabulary: Path
    held_out_set: Path
    tell: Tell


class Lineage(NamedTuple):
    """A model and all before it."""

    known: Known
    own: tuple[tuple[str, ...], ...]
    """What each generation so far has written, the first one first."""


def first_generation(ground: Ground, seed: int) -> Lineage:
    """Train the model that reads real text alone.

    Raises:
        ConfigError: It cannot be trained.
    """
    return _grow(ground, "", 0, seed, list(ground.real), (), n_own=0)


def next_generation(ground: Ground, name: str, way: Way, before: Lineage) -> Lineage:
    """Train the model that reads what the one before it wrote.

    Raises:
        ConfigError: It cannot be trained.
    """
    generation, seed = before.known.generation + 1, before.known.seed
    rng = Random(f"{seed}/{generation}/{ground.recipe.data_seed}")
    if way.accumulate:
        real = list(ground.real)
        own = [text for written in before.own for text in written]
    else:
        n_real = round(way.real * len(ground.real))
        real = rng.sample(ground.real, n_real)
        # Equal amounts in bytes: pieces of models may be shorter.
        room = sum(map(_size, ground.real)) - sum(map(_size, real))
        own = []
        for text in rng.sample(before.own[-1], len(before.own[-1])):
            if room <= 0:
                break
            own.append(text)
            room -= _size(text)
    pieces = real + own
    rng.shuffle(pieces)
    return _grow(ground, name, generation, seed, pieces, before.own, n_own=len(own))


def _grow(
    ground: Ground, way: str, generation: int, seed: int, pieces: list[str],
    before: tuple[tuple[str, ...], ...], *, n_own: int,
) -> Lineage:  # fmt: skip
    recipe = ground.recipe
    said = hashlib.sha256("\0".join(pieces).encode("utf-8", "replace")).hexdigest()
    data = write_documents(
        ground.folder / "texts" / said[:20], _documents(pieces), None, _sources("read")
    )
    material = Material(data=data.path, held_out=ground.held_out_set, vocabulary=ground.vocabulary)
    settings = proxy_recipe(recipe.proxy, material, recipe.tokens, seed)
    settings = msgspec.structs.replace(settings, eval_every=settings.steps)
    digest, run = train_proxy(settings, material, ground.folder / "models", ground.tell)
    writes = hashlib.sha256(
        f"{digest}/{recipe.temperature}/{recipe.text_bytes}/{recipe.piece_chars}".encode()
    ).hexdigest()[:20]
    own = _written(ground, run, writes, seed)
    path = ground.folder / "measured" / f"{writes}.json"
    measured = _measured(ground, run, own, path)
    known = msgspec.structs.replace(
        measured,
        way=way,
        generation=generation,
        seed=seed,
        digest=digest,
        n_real=len(pieces) - n_own,
        n_own=n_own,
    )
    return Lineage(known, (*before, own))


def _written(ground: Ground, run: Run, name: str, seed: int) -> tuple[str, ...]:
    """Return what a model writes, from its folder where it has written already."""
    path = ground.folder / "own" / name
    if not (path / "manifest.json").exists():
        ground.tell("writing", 0, 0)
        recipe = ground.recipe
        with offline(), threads(check_proxy(recipe.proxy).threads):
            model, tokenizer = run.model()
            texts = own_text(
                model,
                tokenizer,
                recipe.text_bytes,
                # A token has one character at least, and three on average.
                n_tokens=max(8, recipe.piece_chars // 2),
                temperature=recipe.temperature,
                seed=seed,
            )
        write_documents(path, _documents(texts), None, _sources("own"))
    return tuple(document.text for document in Dataset.open(path).documents())


def _measured(ground: Ground, run: Run, own: tuple[str, ...], path: Path) -> Known:
    if path.exists():
        with blame(RecordError, f"reading {path}"):
            return msgspec.json.decode(path.read_bytes(), type=Known)
    ground.tell("measuring", 0, 0)
    recipe = ground.recipe
    with offline(), threads(check_proxy(recipe.proxy).threads):
        model, tokenizer = run.model()
        rare = rare_tokens(ground.real, tokenizer, recipe.rare_share)
        said = judge(model, tokenizer, ground.held_out, rare, check_proxy(recipe.proxy).length)
    variety: dict[str, float] = {}
    if len(own) > 1:
        settings = DiversitySettings(measures=_MEASURES, replicates=0)
        found = diversity(own, ground.held_out, settings)
        variety = {one.name: one.kept for one in found.measures if one.kept is not None}
    known = Known(
        way="",
        generation=0,
        seed=0,
        digest="",
        bits_per_byte=said.bits_per_byte,
        perplexity=said.perplexity,
        tail=said.tail,
        worst_lines=said.worst_lines,
        variety=variety,
        n_real=0,
        n_own=0,
        sample=own[0][:400] if own else "",
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, msgspec.json.encode(known))
    return known


def _documents(pieces: Sequence[str]) -> list[Document]:
    origin = Origin(source="etude:collapse", made_by="etude.value.collapse")
    return [Document(id=f"{n:07}", text=text, origin=origin) for n, text in enumerate(pieces)]


def _sources(made_for: str) -> Sources:
    return Sources(made_for=made_for, parents=(), settings="")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))

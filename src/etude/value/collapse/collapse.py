"""collapse: train generation after generation on own output. The door to this room."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from etude.config import read_toml
from etude.errors import ConfigError
from etude.records import Document
from etude.store import Dataset, write_whole
from etude.train.vocabulary import train_vocabulary
from etude.value.collapse.generation import (
    Ground,
    Known,
    Lineage,
    first_generation,
    next_generation,
)
from etude.value.collapse.outcome import Collapse, judge_ways
from etude.value.collapse.page import render_page
from etude.value.collapse.recipe import CollapseRecipe
from etude.value.experiment import check_folder, write_result
from etude.value.proxies.texts import (
    Passages,
    Sources,
    chance_of,
    content_digest,
    documents,
    draw,
    pieces_of,
    write_documents,
)
from etude.value.proxies.training import Tell, check_proxy

RESULT = "collapse.json"
_FOLDERS = ("real", "held-out", "texts", "models", "own", "measured", "tokenizer.json")
_LEAST_CHARS = 40
_PER_DOCUMENT = 12
"""Pieces of one document, so that a few long ones are not all there is."""
_DRAWN = 8
"""So much more text is drawn than read."""


def read_recipe(path: Path) -> CollapseRecipe:
    """Return the recipe in a TOML file.

    Raises:
        ConfigError: It cannot be read or does not fit.
    """
    return read_toml(path, CollapseRecipe)


def collapse(
    recipe: CollapseRecipe, out: Path, *, tell: Tell = lambda what, done, total: None
) -> Collapse:
    """Train generation after generation, in the folder `out`; go on where it was stopped.

    Every model is trained once, and writes once: more ways, seeds or generations add to what is
    there.

    Args:
        recipe: The experiment.
        out: Folder to make.
        tell: Told what is being done, and how far it is.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
        RecordError: A data set is damaged.
    """
    check_proxy(recipe.proxy)
    check_folder(out, (RESULT, *_FOLDERS))
    real, held_out = _text(recipe, out.resolve())
    known: list[Known] = []
    n_models = recipe.seeds * (1 + len(recipe.ways) * recipe.generations)
    lines: dict[tuple[str, int], Lineage] = {}
    for seed in range(recipe.seeds):
        first = first_generation(_ground(recipe, out, seed, "real", known, n_models, tell), seed)
        known.append(first.known)
        lines |= {(name, seed): first for name in recipe.ways}
    # Generation by generation: a shorter experiment is whole before a longer one is begun.
    for _ in range(recipe.generations):
        for (name, seed), before in lines.items():
            ground = _ground(recipe, out, seed, name, known, n_models, tell)
            lines[name, seed] = next_generation(ground, name, recipe.ways[name], before)
            known.append(lines[name, seed].known)
    found = Collapse(
        recipe=recipe,
        real=content_digest(real),
        held_out=content_digest(held_out),
        n_real=real.n_rows("documents"),
        n_held_out=held_out.n_rows("documents"),
        known=tuple(known),
        rises=(),
    )
    found = msgspec.structs.replace(found, rises=judge_ways(found))
    write_result(out, RESULT, found, render_page(found))
    return found


def _ground(
    recipe: CollapseRecipe, out: Path, seed: int, way: str, known: list[Known], n_models: int,
    tell: Tell,
) -> Ground:  # fmt: skip
    folder = out.resolve()
    name = f"model {len(known) + 1} of {n_models} ({way}, seed {seed})"
    return Ground(
        recipe=recipe,
        folder=folder,
        real=tuple(document.text for document in Dataset.open(folder / "real").documents()),
        held_out=tuple(d.text for d in Dataset.open(folder / "held-out").documents()),
        vocabulary=folder / "tokenizer.json",
        held_out_set=folder / "held-out",
        tell=lambda what, done, total: tell(f"{name}: {what}", done, total),
    )


def _text(recipe: CollapseRecipe, out: Path) -> tuple[Dataset, Dataset]:
    """Write the real text, what is held out of it, and the tokenizer; return the first two."""
    if not recipe.data:
        raise ConfigError("data: name a data set of documents")
    paths = [Path(path) for path in recipe.data]
    wanted = recipe.text_bytes + recipe.held_out_bytes
    drawn = draw(paths, domains=recipe.domains, n_bytes=_DRAWN * wanted, seed=recipe.data_seed)
    parents = tuple(Dataset.open(path).manifest.digest for path in paths)
    how = msgspec.json.encode(
        [recipe.domains, recipe.text_bytes, recipe.held_out_bytes, recipe.piece_chars,
         recipe.data_seed], order="deterministic",
    ).decode()  # fmt: skip
    ordered = sorted(
        documents(paths, drawn.ids), key=lambda one: (chance_of(one.id, recipe.data_seed), one.id)
    )
    held, rest = _take(ordered, recipe.held_out_bytes, recipe.piece_chars)
    read, _ = _take(rest, recipe.text_bytes, recipe.piece_chars)
    if not held or not read:
        raise ConfigError("data: there is too little text")
    kept = write_documents(
        out / "held-out", held, None, Sources(made_for="held-out", parents=parents, settings=how)
    )
    known = Passages([piece.text for piece in held])
    real = write_documents(
        out / "real", read, known, Sources(made_for="real", parents=parents, settings=how)
    )
    target = out / "tokenizer.json"
    if not target.exists():
        size = check_proxy(recipe.proxy).vocabulary.size
        made = train_vocabulary((piece.text for piece in real.documents()), size)
        write_whole(target, made.backend_tokenizer.to_str().encode())
    return real, kept


def _take(
    found: Iterable[Document], n_bytes: int, most_chars: int
) -> tuple[list[Document], list[Document]]:
    """Return pieces of the first documents, and the documents that are left."""
    pieces: list[Document] = []
    rest: list[Document] = []
    for document in found:
        if n_bytes <= 0:
            rest.append(document)
            continue
        cut = [*enumerate(pieces_of(document.text, most_chars, _LEAST_CHARS))]
        cut.sort(key=lambda pair: chance_of(f"{document.id}#{pair[0]}", 0))
        for number, text in sorted(cut[:_PER_DOCUMENT]):
            pieces.append(
                Document(
                    id=f"{document.id}#{number}",
                    text=text,
                    domain="real",
                    origin=msgspec.structs.replace(document.origin, parents=(document.id,)),
                )
            )
            n_bytes -= len(text.encode("utf-8", "replace"))
            if n_bytes <= 0:
                break
    return pieces, rest

"""Ingredients: what a recipe names is found, opened and known by its digest.

A name is a folder or file, or `world:PART` for a part of the small world that Etude makes itself.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from etude.errors import ConfigError
from etude.records import Demonstration, Document, Preference, Problem, Reference
from etude.store import Dataset
from etude.store.manifest import NAME as DATASET
from etude.store.manifest import digest_file
from etude.train.manifest import MODEL, Ingredient
from etude.train.manifest import NAME as RUN
from etude.train.token_shards import NAME as TOKENS
from etude.train.token_shards import read_token_manifest
from etude.train.world import PARTS, write_part

WORLD = "world:"
RowT = TypeVar("RowT", bound=msgspec.Struct)
ItemT = TypeVar("ItemT")


class Pantry:
    """What one run is made from, by role."""

    def __init__(self, wanted: Mapping[str, Sequence[str]], shelf: Path) -> None:
        """Find everything.

        Args:
            wanted: Names of what the recipe asks for, by role; empty names are passed over.
            shelf: Folder for parts of the small world.

        Raises:
            ConfigError: Something is not there, or is of no use for training.
        """
        self._places: dict[str, list[Path]] = {}
        found: list[Ingredient] = []
        for role, names in wanted.items():
            for name in filter(None, names):
                path = _place(name, shelf)
                self._places.setdefault(role, []).append(path)
                found.append(_describe(role, name, path))
        self.ingredients = tuple(found)

    def places(self, role: str) -> list[Path]:
        """Where the things of a role lie; empty when the recipe names none."""
        return self._places.get(role, [])

    def kinds(self, role: str) -> set[str]:
        """What kinds of things have a role."""
        return {one.kind for one in self.ingredients if one.role == role}

    def tables(self, role: str) -> set[str]:
        """Names of all tables of the data sets of a role."""
        return {name for path in self.places(role) for name in Dataset.open(path).tables()}

    def documents(self, role: str) -> Iterator[Document]:
        """Yield the documents of a role."""
        return self._rows(role, "documents", Document)

    def demonstrations(self, role: str) -> Iterator[Demonstration]:
        """Yield the demonstrations of a role."""
        return self._rows(role, "demonstrations", Demonstration)

    def preferences(self, role: str) -> Iterator[Preference]:
        """Yield the preferences of a role."""
        return self._rows(role, "preferences", Preference)

    def problems(self, role: str) -> list[tuple[Problem, Reference]]:
        """Return the problems of a role, each with what its grader needs.

        Raises:
            ConfigError: A problem has no reference.
        """
        references = {one.problem_id: one for one in self._rows(role, "references", Reference)}
        found = []
        for problem in self._rows(role, "problems", Problem):
            if problem.id not in references:
                raise ConfigError(f"{role}: the problem {problem.id} has no reference to grade by")
            found.append((problem, references[problem.id]))
        return found

    def _rows(self, role: str, table: str, record: type[RowT]) -> Iterator[RowT]:
        for path in self.places(role):
            data = Dataset.open(path)
            if table not in data.tables():
                has = ", ".join(data.tables()) or "nothing"
                raise ConfigError(f"{path}: as {role} it must hold {table}; it holds {has}")
            yield from data.rows(table, record)


def share_of(key: str, seed: int) -> float:
    """Return a number in [0, 1) that depends on nothing but a key and a seed."""
    said = hashlib.blake2b(f"{seed}/{key}".encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(said, "big") / 2**64


def share_out(
    found: Sequence[ItemT],
    tests: Sequence[ItemT],
    key: Callable[[ItemT], str],
    seed: int,
    share: float,
) -> tuple[list[ItemT], list[ItemT]]:
    """Return what is learned from and what is held out; nothing of one key is in both.

    Args:
        found: All there is to learn from.
        tests: What the recipe holds out; where that is nothing, a share of `found` is kept back.
        key: What may not be in both, such as the prompt.
        seed: For what is kept back.
        share: How much of it.
    """
    if tests:
        known = {key(one) for one in tests}
        return [one for one in found if key(one) not in known], list(tests)
    learned: list[ItemT] = []
    kept_back: list[ItemT] = []
    for one in found:
        (kept_back if share_of(key(one), seed) < share else learned).append(one)
    return learned, kept_back


def _place(name: str, shelf: Path) -> Path:
    if not name.startswith(WORLD):
        return Path(name)
    part = name.removeprefix(WORLD)
    if part not in PARTS:
        raise ConfigError(f"the small world has no {part!r} (known: {', '.join(PARTS)})")
    made = shelf / part
    # What a kill cut off has no manifest, and is written again.
    made.parent.mkdir(parents=True, exist_ok=True)
    if not made.is_file() and not (made / DATASET).exists():
        write_part(part, made)
    return made


def _describe(role: str, name: str, path: Path) -> Ingredient:
    if (path / DATASET).exists():
        manifest = Dataset.open(path).manifest
        rows = sum(shard.n_rows for shard in manifest.tables.get(manifest.main_table, ()))
        return Ingredient(role=role, name=name, kind="dataset", digest=manifest.digest, n_rows=rows)
    if (path / TOKENS).exists():
        tokens = read_token_manifest(path)
        return Ingredient(
            role=role, name=name, kind="tokens", digest=tokens.digest, n_rows=tokens.n_rows
        )
    if model := _model_in(path):
        return Ingredient(role=role, name=name, kind="model", digest=_digest_folder(model))
    if path.is_file():
        return Ingredient(role=role, name=name, kind="file", digest=digest_file(path))
    if path.is_dir():
        raise ConfigError(f"{role}: {name} is neither a data set, a token set, a run nor a model")
    raise ConfigError(f"{role}: {name} is not there")


def model_folder(path: Path) -> Path:
    """Return the folder of the model in a run, or of the model itself.

    Raises:
        ConfigError: There is none.
    """
    found = _model_in(path)
    if found is None:
        what = "holds no model" if path.exists() else "is not there; train it first"
        raise ConfigError(f"{path}: {what}")
    return found


def _model_in(path: Path) -> Path | None:
    if (path / RUN).exists() and (path / MODEL / "config.json").exists():
        return path / MODEL
    return path if (path / "config.json").exists() else None


def _digest_folder(folder: Path) -> str:
    """Return one sha256 over the names and bytes of all files of a folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(f"{path.relative_to(folder).as_posix()}\0{digest_file(path)}\n".encode())
    return whole.hexdigest()

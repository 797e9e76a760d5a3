"""CorpusRecipe: where text comes from and what is done to it, in one TOML file."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import msgspec

from etude.errors import ConfigError
from etude.plugins import Spec
from etude.stages.corpus.steps import AcrossStep, Step, steps
from etude.store.readers import Reader, readers

SpecT = TypeVar("SpecT", bound=Spec)
Settings = dict[str, object]
"""A plug-in as a table: `use` is its name, the rest are its settings."""


class CorpusRecipe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What decides the content of a corpus."""

    sources: tuple[Settings, ...] = ()
    """Readers, each with the paths it reads."""
    steps: tuple[Settings, ...] = ()
    """Steps, in the order in which they are done."""
    seed: int = 0
    """Chooses which dropped documents are kept as samples; steps have seeds of their own."""
    shard_bytes: int = 128_000_000
    """Text in one shard of the data set, about."""
    samples_per_reason: int = 20
    """Dropped documents kept of each reason, to look at; -1 keeps all of them."""


class Labelled(NamedTuple):
    """A step with the name that tells it from others of its kind in the same recipe."""

    label: str
    step: Step


class Plan(NamedTuple):
    """A recipe whose plug-ins were found and whose settings were checked."""

    readers: tuple[Reader, ...]
    steps: tuple[Labelled, ...]
    resolved: CorpusRecipe
    """The recipe again, with every setting spelt out."""

    @property
    def passes(self) -> tuple["Pass", ...]:
        """What can be done in one walk over the corpus: up to each step that compares documents."""
        found, first, judged = [], 0, None
        for index, (_, step) in enumerate(self.steps):
            if isinstance(step, AcrossStep):
                found.append(Pass(judged, range(first, index), index))
                first, judged = index + 1, index
        found.append(Pass(judged, range(first, len(self.steps)), None))
        return tuple(found)

    def encode(self) -> str:
        """Return the resolved recipe as JSON, equal for equal recipes."""
        return msgspec.json.encode(self.resolved, order="deterministic").decode()

    @property
    def digest(self) -> str:
        """sha256 of the resolved recipe."""
        return hashlib.sha256(self.encode().encode()).hexdigest()


class Pass(NamedTuple):
    """One walk over the corpus."""

    judged: int | None
    """The comparing step whose decision is applied first."""
    steps: range
    """The steps that are done to each batch."""
    gathered: int | None
    """The comparing step for which records are gathered at the end."""


def plan(recipe: CorpusRecipe) -> Plan:
    """Find the plug-ins of a recipe and check their settings.

    Raises:
        ConfigError: It names no source, a plug-in is unknown, or a setting does not fit.
    """
    if not recipe.sources:
        raise ConfigError('the recipe has no [[sources]]; add one, such as use = "jsonl"')
    sources = [_make(readers.make, table, f"sources {n}") for n, table in _numbered(recipe.sources)]
    made = [_make(steps.make, table, f"steps {n}") for n, table in _numbered(recipe.steps)]
    resolved = msgspec.structs.replace(
        recipe,
        sources=tuple(_spelt_out(spec) for spec in sources),
        steps=tuple(_spelt_out(spec) for spec in made),
    )
    return Plan(tuple(sources), tuple(_label(made)), resolved)


def plugin_name(spec: Spec) -> str:
    """Name of the plug-in that a spec belongs to."""
    return type(spec).__module__.rpartition(".")[2]


def _numbered(tables: Sequence[Settings]) -> list[tuple[int, Settings]]:
    return list(enumerate(tables, start=1))


def _make(make: Callable[[Mapping[str, object]], SpecT], table: Settings, where: str) -> SpecT:
    if not isinstance(table.get("use"), str):
        raise ConfigError(f"{where}: has no `use` that names a plug-in")
    try:
        return make(table)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from error


def _spelt_out(spec: Spec) -> Settings:
    return {"use": plugin_name(spec), **msgspec.to_builtins(spec)}


def _label(made: Sequence[Step]) -> list[Labelled]:
    seen: dict[str, int] = {}
    labelled = []
    for step in made:
        name = plugin_name(step)
        seen[name] = seen.get(name, 0) + 1
        labelled.append(Labelled(name if seen[name] == 1 else f"{name}-{seen[name]}", step))
    return labelled

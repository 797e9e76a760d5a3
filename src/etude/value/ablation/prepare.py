"""Preparation: the text of each arm, what is measured on, and one tokenizer for all."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain, islice, zip_longest
from pathlib import Path

import msgspec

from etude.engine import engines
from etude.errors import ConfigError, RecordError, blame
from etude.records import Document
from etude.stages.corpus.build import build
from etude.stages.corpus.recipe import CorpusRecipe
from etude.store import Dataset, write_whole
from etude.store.manifest import digest_file
from etude.train.models import offline
from etude.train.reading.rows import encode
from etude.train.vocabulary import read_vocabulary, train_vocabulary
from etude.value.ablation.recipe import AblateRecipe, Settings
from etude.value.proxies.measured_on import passages, write_cloze
from etude.value.proxies.texts import (
    Drawn,
    Passages,
    Sources,
    chance_of,
    content_digest,
    documents,
    draw,
    passage,
    write_documents,
)
from etude.value.proxies.training import Material, Tell, check_proxy

_AT_ONCE = 200
_LITTLE_BYTES = 5_000_000
"""Less than this is not worth a process of its own."""


class Ready(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The text of one arm for one seed, ready to be read."""

    name: str
    seed: int
    made_of: str
    """What the recipe says of it."""
    digest: str
    """Of its documents."""
    n_documents: int
    n_bytes: int
    n_tokens: int
    n_left_out: int
    """Documents left out because most of a passage that is measured on stands in them."""
    parents: tuple[str, ...]
    """Digests of the data sets that it was drawn from."""


class Prepared(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the proxies need."""

    made_of: str
    """Digest of what the recipe says of it."""
    n_passages: dict[str, int]
    """Held out, by domain."""
    held_out: str
    """Digest of what is measured on."""
    n_cloze: int
    vocabulary: str
    """sha256 of the tokenizer's file."""


class Preparation:
    """The folder `data` of an ablation."""

    def __init__(self, recipe: AblateRecipe, folder: Path, tell: Tell) -> None:
        self.recipe = recipe
        self.folder = folder
        self.tell = tell
        self._tokenizer = folder / "tokenizer.json"
        self._sets: dict[str, list[Path]] | None = None
        self._known = Passages([])
        self._kept_back: frozenset[str] = frozenset()

    def material(self, arm: str, seed: int) -> Material:
        """Where the things of an arm lie."""
        return Material(
            data=self.folder / "arms" / f"{arm}-{seed}",
            held_out=self.folder / "held-out",
            vocabulary=self._tokenizer,
            cloze=self.folder / "cloze.jsonl" if self.recipe.cloze else None,
        )

    def run(self) -> Prepared:
        """Make what is missing and return what there is; what was finished is not made again.

        Raises:
            ConfigError: A data set is not there or cannot be used, or other texts lie here.
            RecordError: A data set is damaged.
        """
        made_of = hashlib.sha256(self.recipe.preparation()).hexdigest()
        done = self.folder / "prepared.json"
        if done.exists():
            with blame(RecordError, f"reading {done}"):
                found = msgspec.json.decode(done.read_bytes(), type=Prepared)
            if found.made_of != made_of:
                raise ConfigError(f"{self.folder} holds other texts; name a new folder")
            return found
        with blame(ConfigError, f"cannot write {self.folder}"):
            self.folder.mkdir(parents=True, exist_ok=True)
        with offline():
            found = self._make(made_of)
        write_whole(done, msgspec.json.format(msgspec.json.encode(found)))
        return found

    def arm(self, name: str, seed: int) -> Ready:
        """Draw the text of an arm for a seed, once, and return what it is.

        Raises:
            ConfigError: No document is left to read.
            RecordError: A data set is damaged.
        """
        done = self.folder / "arms" / f"{name}-{seed}.json"
        if done.exists():
            with blame(RecordError, f"reading {done}"):
                found = msgspec.json.decode(done.read_bytes(), type=Ready)
            if found.made_of != self._made_of(name):
                raise ConfigError(
                    f"{done.parent / name}-{seed} holds other text; name a new folder"
                )
            return found
        if self._sets is None:
            arms = self.recipe.arms
            self._sets = {key: self._built(key, arm.data, arm.steps) for key, arm in arms.items()}
            self._known = Passages([one.text for one in self._held_out(self._sets).documents()])
        held = self._write_arm(name, seed, self._sets[name])
        with offline():
            ready = self._ready(name, seed, held)
        write_whole(done, msgspec.json.encode(ready))
        return ready

    def _make(self, made_of: str) -> Prepared:
        arms = self.recipe.arms
        self._sets = {name: self._built(name, arm.data, arm.steps) for name, arm in arms.items()}
        held = self._held_out(self._sets)
        measured = list(held.documents())
        self._known = Passages([document.text for document in measured])
        texts = {name: self._write_arm(name, 0, paths) for name, paths in self._sets.items()}
        self._train_vocabulary(texts)
        n_cloze = 0
        if self.recipe.cloze:
            n_cloze = write_cloze(
                self.folder / "cloze.jsonl",
                measured,
                self.recipe.cloze,
                read_vocabulary(self._tokenizer),
                self.recipe.data_seed,
            )
            if not n_cloze:
                raise ConfigError("cloze: nothing held out can be asked for; set cloze = 0")
        return Prepared(
            made_of=made_of,
            n_passages=dict(sorted(Counter(document.domain for document in measured).items())),
            held_out=content_digest(held),
            n_cloze=n_cloze,
            vocabulary=digest_file(self._tokenizer),
        )

    def _built(self, name: str, data: Sequence[str], steps: Sequence[Settings]) -> list[Path]:
        """Do the steps of an arm, and return its data sets."""
        if not data:
            raise ConfigError(f"{name}: names no data")
        if not steps:
            return [Path(path) for path in data]
        source: Settings = {"use": "dataset", "paths": list(data)}
        target = self.folder / "built" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        self.tell(f"doing the steps of {name}", 0, 0)
        engine = engines.make({"use": "local", "jobs": 1, "least_size": _LITTLE_BYTES})
        build(CorpusRecipe(sources=(source,), steps=tuple(steps)), target, engine)
        return [target]

    def _held_out(self, sets: dict[str, list[Path]]) -> Dataset:
        """Return what is measured on, and note the ids that no arm may read."""
        recipe = self.recipe
        self.tell("choosing what to measure on", 0, 0)
        if recipe.held_out:
            paths = self._built("held-out", recipe.held_out, recipe.held_out_steps)
            ids = draw(paths).ids
        else:
            paths = sets[recipe.held_out_from]
            limit = int(recipe.held_out_share * 2**64)
            ids = frozenset(
                key for key in draw(paths).ids if chance_of(key, ~recipe.data_seed) < limit
            )
        cut = passages(
            documents(paths, ids), recipe.passages, recipe.passage_chars, recipe.data_seed
        )
        how = [recipe.passages, recipe.passage_chars, recipe.data_seed, recipe.held_out_share]
        sources = _sources("held-out", paths, how)
        self._kept_back = ids
        return write_documents(self.folder / "held-out", cut, None, sources)

    def _write_arm(self, name: str, seed: int, paths: Sequence[Path]) -> Dataset:
        recipe, arm = self.recipe, self.recipe.arms[name]
        self.tell(f"drawing the text of {name} for seed {seed}", 0, 0)
        drawn = draw(
            paths,
            domains=arm.domains,
            without=arm.without,
            leave_out=self._kept_back,
            n_bytes=recipe.most_bytes,
            most_each=recipe.document_chars,
            seed=chance_of(str(seed), recipe.data_seed),
        )
        if not drawn.ids:
            raise ConfigError(f"{name}: no document is left to read")
        how = [arm, recipe.most_bytes, recipe.document_chars, recipe.data_seed, seed]
        sources = _sources(name, paths, how)
        target = self.material(name, seed).data
        return write_documents(target, self._cut(paths, drawn), self._known, sources)

    def _cut(self, paths: Sequence[Path], drawn: Drawn) -> Iterator[Document]:
        most, chance = self.recipe.document_chars, self.recipe.data_seed
        for document in documents(paths, drawn.ids):
            text = passage(document.text, most, chance) if most else document.text
            yield msgspec.structs.replace(document, text=text)

    def _made_of(self, name: str) -> str:
        return msgspec.json.encode(self.recipe.arms[name], order="deterministic").decode()

    def _train_vocabulary(self, texts: dict[str, Dataset]) -> None:
        """Train one tokenizer on as many documents of every arm, so that it favours none."""
        if self._tokenizer.exists():
            return
        self.tell("training the tokenizer", 0, 0)
        settings = check_proxy(self.recipe.proxy).vocabulary
        if settings.path:
            with blame(ConfigError, f"reading {settings.path}"):
                write_whole(self._tokenizer, Path(settings.path).read_bytes())
            return
        per_arm = max(1, settings.sample // len(texts))
        parts = [
            islice((document.text for document in held.documents()), per_arm)
            for held in texts.values()
        ]
        turns = chain.from_iterable(zip_longest(*parts, fillvalue=""))
        made = train_vocabulary(turns, settings.size)
        write_whole(self._tokenizer, made.backend_tokenizer.to_str().encode())

    def _ready(self, name: str, seed: int, held: Dataset) -> Ready:
        tokenizer = read_vocabulary(self._tokenizer)
        n_bytes = n_tokens = 0
        texts = (document.text for document in held.documents())
        while part := list(islice(texts, _AT_ONCE)):
            n_bytes += sum(len(text.encode("utf-8", "replace")) for text in part)
            n_tokens += sum(len(ids) for ids in encode(part, tokenizer))
        if not n_tokens:
            raise ConfigError(f"{name}: no text is left to read")
        return Ready(
            name=name,
            seed=seed,
            made_of=self._made_of(name),
            digest=content_digest(held),
            n_documents=held.n_rows("documents"),
            n_bytes=n_bytes,
            n_tokens=n_tokens,
            n_left_out=sum(held.manifest.counts.dropped.values()),
            parents=held.manifest.parents,
        )


def _sources(made_for: str, paths: Sequence[Path], how: object) -> Sources:
    return Sources(
        made_for=made_for,
        parents=tuple(Dataset.open(path).manifest.digest for path in paths),
        settings=msgspec.json.encode(how, order="deterministic").decode(),
    )

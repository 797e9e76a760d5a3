"""Pack a corpus into tokens for training: shuffled, cut to length, in any layout, resumable.

Work lies in the folder `.pack` of the token set until all is done. Sources that were gathered and
shards that were written are never done again: whatever stops the process, the same command goes
on, and ends with the same bytes as a run that was never stopped.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from etude import __version__
from etude.errors import ConfigError
from etude.stages.corpus.tokens.encode import Encoder
from etude.stages.corpus.tokens.gather import (
    REPEATS,
    Gatherer,
    Marks,
    plan_rounds,
)
from etude.stages.corpus.tokens.layouts import Layout, Vocabulary, layouts
from etude.stages.corpus.tokens.rows import Rows
from etude.stages.corpus.tokens.tokenset import (
    NAME,
    PackCounts,
    TokenManifest,
    TokenSet,
    TokenShard,
    describe,
)
from etude.stages.corpus.tokens.work import PackSettings, Plan, Work
from etude.store import Dataset, write_whole

__all__ = ["PackSettings", "pack"]

Tell = Callable[[int, int], None]
"""Told how much is done, and of how much."""

TOKENIZER = "tokenizer.json"
_MOST_LENGTH = 1 << 22


def pack(
    dataset: Path,
    tokenizer: Path,
    out: Path,
    settings: PackSettings | None = None,
    tell: Tell = lambda done, total: None,
) -> TokenSet:
    """Pack the documents of a data set into the folder `out`; go on where a run was stopped.

    A document with `signal_repeats` of r occurs r times, each time in another round of the data;
    a fraction is decided by chance.

    Args:
        dataset: Folder of a data set of documents.
        tokenizer: A `tokenizer.json`; a copy is put into `out`.
        out: Folder to make. If it holds this very token set, that is returned.
        settings: How to pack.
        tell: Told steps done and their number: every document counts twice.

    Raises:
        ConfigError: Something that was asked for cannot be, or `out` holds something else.
        RecordError: A shard of the data set is damaged.
    """
    settings = settings or PackSettings()
    layout = layouts.make(settings.layout)
    _check(settings)
    data = Dataset.open(dataset)
    encoder = Encoder(tokenizer, settings.engine)
    encoder.special(settings.end_of_text)
    plan = Plan(
        settings=settings,
        data=data.manifest.digest,
        tokenizer=encoder.digest,
        rounds=plan_rounds(data, settings.bucket_tokens),
        code_version=__version__,
    )
    try:
        with Work(out, plan) as work:
            if not (out / NAME).exists():
                _Packing(work.folder, out, plan, encoder, layout, tell).run(data)
            work.clear()
    except OSError as cause:
        raise ConfigError(f"cannot write {out}: {cause.strerror or cause}") from cause
    return TokenSet.open(out)


class _Packing:
    """One run of `pack`."""

    def __init__(
        self,
        work: Path,
        out: Path,
        plan: Plan,
        encoder: Encoder,
        layout: Layout,
        tell: Tell,
    ) -> None:
        self.work = work
        self.out = out
        self.plan = plan
        self.encoder = encoder
        self.layout = layout
        self.tell = tell
        self.gatherer = Gatherer(work / "gathered", plan.rounds, plan.settings.seed)
        self.end_of_text = encoder.special(plan.settings.end_of_text)

    def run(self, data: Dataset) -> None:
        """Make the token set."""
        counts = self._gather(data)
        self.draft = self.work / "draft"
        shutil.rmtree(self.draft, ignore_errors=True)
        for folder in (self.draft, self.work / "shards"):
            folder.mkdir(exist_ok=True)
        shards, counts = self._write(counts, data.n_rows("documents"))
        self._finish(shards, counts)

    def _gather(self, data: Dataset) -> PackCounts:
        self.gatherer.folder.mkdir(exist_ok=True)
        marks = Marks(self.end_of_text, self.plan.settings.end_of_text_at == "start")
        n_rows, seen, total = data.n_rows("documents"), 0, np.zeros(5, dtype=np.int64)
        for number, shard in enumerate(data.manifest.tables.get("documents", ())):
            made = self.gatherer.done(number) or self.gatherer.gather(
                number, _batches(data, number), self.encoder, marks
            )
            seen += shard.n_rows
            total += (
                made.n_documents,
                made.n_left_out,
                made.n_copies,
                made.n_text_bytes,
                made.n_tokens,
            )
            self.tell(seen, 2 * n_rows)
        documents, left_out, copies, n_bytes, n_tokens = (int(n) for n in total)
        return PackCounts(
            n_documents=documents,
            n_left_out=left_out,
            n_copies=copies,
            n_text_bytes=n_bytes,
            n_tokens=n_tokens,
        )

    def _write(self, counts: PackCounts, n_rows: int) -> tuple[list[TokenShard], PackCounts]:
        """Write the shards that are not there yet; return all of them and the final counts."""
        settings = self.plan.settings
        rows = Rows(
            self.gatherer,
            settings=settings,
            unit=self.layout.unit,
            dtype=np.dtype(self.encoder.dtype),
            padding=self._padding(),
        )
        most = min(settings.shard_tokens, -(-counts.n_tokens // self.layout.least_shards))
        shards: list[TokenShard] = []
        while (path := self.work / "shards" / f"{len(shards):05}.json").exists():
            done = msgspec.json.decode(path.read_bytes(), type=_Done)
            shards.append(done.shard)
            rows.resume(done.state)
        vocabulary = Vocabulary(self.encoder.n_vocab, self.end_of_text, self.encoder.token_bytes)
        while (block := rows.next(most)) is not None:
            names = self.layout.write(self.draft, len(shards), block, vocabulary)
            shard = TokenShard(
                files=tuple(describe(self.draft / name, name) for name in names),
                n_rows=block.n_rows,
                n_tokens=int(block.n_valid.sum()),
            )
            self._place(names)
            done = _Done(shard=shard, state=rows.state())
            write_whole(self.work / "shards" / f"{len(shards):05}.json", msgspec.json.encode(done))
            shards.append(shard)
            self.tell(n_rows + int(n_rows * rows.share_done()), 2 * n_rows)
        n_tokens = sum(shard.n_tokens for shard in shards)
        final = msgspec.structs.replace(
            counts,
            n_tokens=n_tokens,
            n_padding=rows.tally.n_padding,
            n_dropped=rows.tally.n_dropped,
            n_cut=rows.tally.n_cut,
            n_rows=sum(shard.n_rows for shard in shards),
        )
        return shards, final

    def _padding(self) -> int:
        try:
            return self.encoder.special(self.plan.settings.padding)
        except ConfigError:
            return self.end_of_text

    def _finish(self, shards: list[TokenShard], counts: PackCounts) -> None:
        settings, dtype = self.plan.settings, np.dtype(self.encoder.dtype).name
        length = settings.length if self.layout.unit == "sequence" else 0
        names = self.layout.finish(self.draft, shards, length, dtype)
        shutil.copyfile(self.encoder.path, self.draft / TOKENIZER)
        names = (*names, TOKENIZER)
        files = tuple(describe(self.draft / name, name) for name in names)
        self._place(names)
        use = settings.layout if isinstance(settings.layout, str) else settings.layout["use"]
        manifest = TokenManifest(
            layout={"use": use, **msgspec.to_builtins(self.layout)},
            unit=self.layout.unit,
            length=length,
            dtype="uint16" if dtype == "uint16" else "uint32",
            n_vocab=self.encoder.n_vocab,
            end_of_text=self.end_of_text,
            padding=self._padding(),
            tokenizer=self.plan.tokenizer,
            data=self.plan.data,
            seed=settings.seed,
            settings=msgspec.json.encode(settings, order="deterministic").decode(),
            code_version=self.plan.code_version,
            counts=counts,
            shards=tuple(shards),
            files=files,
        )
        write_whole(self.out / NAME, manifest.encode())

    def _place(self, names: tuple[str, ...]) -> None:
        """Make drafted files last and move them to where they belong."""
        for name in names:
            with (self.draft / name).open("rb") as file:
                os.fsync(file.fileno())
            (self.draft / name).replace(self.out / name)


class _Done(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A shard that was written, and where the next one begins."""

    shard: TokenShard
    state: dict[str, Any]


def _batches(data: Dataset, number: int) -> Any:
    """Yield the batches of one shard of the documents."""
    one = data.manifest.tables["documents"][number : number + 1]
    manifest = msgspec.structs.replace(data.manifest, tables={"documents": one})
    return Dataset(data.path, manifest).batches("documents", ["text", REPEATS])


def _check(settings: PackSettings) -> None:
    if not 2 <= settings.length <= _MOST_LENGTH:
        raise ConfigError(f"a length of {settings.length} cannot be: from 2 to {_MOST_LENGTH}")
    if settings.shard_tokens < 1 or settings.bucket_tokens < 1:
        raise ConfigError("shard_tokens and bucket_tokens must be at least 1")

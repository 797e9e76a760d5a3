"""Work: what `pack` was asked to do, and the folder that holds it until it is done."""

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import msgspec

from etude.errors import ConfigError
from etude.stages.corpus.tokens.encode import EngineName
from etude.stages.corpus.tokens.gather import Rounds
from etude.stages.corpus.tokens.tokenset import NAME, TokenSet
from etude.store import write_whole

WORK = ".pack"


class PackSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a corpus is packed."""

    length: int = 2048
    """Tokens of a sequence. Layouts of whole documents have no use for it."""
    strategy: Literal["concat", "best_fit"] = "concat"
    """`concat` lays documents end to end and cuts where a sequence is full. `best_fit` keeps every
    document whole that fits a sequence, as in Ding et al. 2024, "Fewer Truncations Improve
    Language Modeling"."""
    leftover: Literal["pad", "drop"] = "pad"
    """What becomes of sequences that are not full. With `pad` no token is lost."""
    layout: str | dict[str, Any] = "etude"
    """Name of a layout, or a table with `use = name` and its settings."""
    seed: int = 0
    """For the order of documents and of sequences."""
    end_of_text: str = "<|endoftext|>"
    """Special token between documents."""
    end_of_text_at: Literal["end", "start"] = "end"
    """Whether it follows each document or goes before it."""
    padding: str = "<|pad|>"
    """Special token that fills sequences; the end-of-text token where there is none such."""
    engine: EngineName = "auto"
    """What encodes; see `Encoder`."""
    shard_tokens: int = 1 << 25
    """A shard is closed when it has so many."""
    bucket_tokens: int = 1 << 24
    """About how many tokens are shuffled in memory at once."""


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes two runs of `pack` the same."""

    settings: PackSettings
    data: str
    tokenizer: str
    rounds: Rounds
    code_version: str


class Work:
    """The folder of an unfinished token set, held by one process."""

    def __init__(self, out: Path, plan: Plan) -> None:
        self.out = out
        self.plan = plan
        self.folder = out / WORK

    def __enter__(self) -> Self:
        plan = msgspec.json.encode(self.plan, order="deterministic")
        if self.out.exists() and not self.out.is_dir():
            raise ConfigError(f"{self.out} is a file; a token set needs a folder")
        there = {entry.name for entry in self.out.iterdir()} if self.out.exists() else set()
        if NAME in there:
            self._check_finished()
        elif there and WORK not in there:
            raise ConfigError(f"{self.out} holds something else; name a new folder")
        self.folder.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(self._handle)
            raise ConfigError(f"{self.out} is being written by another process") from cause
        known = self.folder / "plan.json"
        if known.exists() and known.read_bytes() != plan:
            os.close(self._handle)
            raise ConfigError(
                f"{self.out} holds an unfinished token set of other data or settings; finish it "
                "as it was begun, remove it, or name a new folder"
            )
        write_whole(known, plan)
        # A process that was killed while it exchanged the manifest leaves its draft of it.
        for draft in self.out.glob(f".{NAME}.*"):
            draft.unlink(missing_ok=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._handle)

    def clear(self) -> None:
        """Remove the folder of work: the token set is whole."""
        shutil.rmtree(self.folder)

    def _check_finished(self) -> None:
        made = TokenSet.open(self.out).manifest
        asked = msgspec.json.encode(self.plan.settings, order="deterministic").decode()
        same = (made.settings, made.data, made.tokenizer)
        if same != (asked, self.plan.data, self.plan.tokenizer):
            raise ConfigError(
                f"{self.out} holds a token set of other data or settings; name a new folder"
            )

"""Notes: answers that were dear to get, kept beside the prepared codebases."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from etude.errors import ConfigError
from etude.store import write_whole

NoteT = TypeVar("NoteT")
RULES = 8
"""Raised whenever the same question would be answered otherwise; older notes are not read then."""


class Notes:
    """Answers by question, one file each; a file that cannot be read counts as none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def read(self, question: Sequence[object], kind: type[NoteT]) -> NoteT | None:
        """Return what was answered, if it was."""
        try:
            return msgspec.json.decode(self._path(question).read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None

    def write(self, question: Sequence[object], answer: object) -> None:
        """Keep an answer; when this returns it is on disk.

        Raises:
            ConfigError: The folder cannot be written to.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as cause:
            raise ConfigError(f"cannot write {self.folder}: {cause.strerror}") from cause
        write_whole(self._path(question), msgspec.json.encode(answer))

    def _path(self, question: Sequence[object]) -> Path:
        text = msgspec.json.encode([RULES, *question])
        return self.folder / f"{hashlib.sha256(text).hexdigest()[:32]}.json"

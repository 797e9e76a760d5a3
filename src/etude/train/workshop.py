"""Workshop: the folder of a run while it is under way, held by one process.

Everything lies in `.work` until the run is whole; then its files are put in place and the manifest
is written last, which is the moment the run begins to exist.
"""

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from etude.errors import ConfigError
from etude.store import write_whole
from etude.store.manifest import digest_file
from etude.train.manifest import NAME, Ingredient, RunFile, RunManifest

WORK = ".work"
CHECKPOINTS = "checkpoints"
"""Folder within it for what a run goes on from."""
_PLAN = "plan.json"


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What makes two runs the same."""

    loop: str
    recipe: str
    code_version: str
    ingredients: tuple[Ingredient, ...]


class Workshop:
    """A folder that a run is made in."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.folder = out / WORK
        self.draft = self.folder / "draft"
        """What will be the run."""
        self._handle = -1

    def __enter__(self) -> Self:
        """Take the folder.

        Raises:
            ConfigError: It is a file, holds something else, or another process trains there.
        """
        if self.out.exists() and not self.out.is_dir():
            raise ConfigError(f"{self.out} is a file; a run needs a folder")
        try:
            there = {entry.name for entry in self.out.iterdir()} if self.out.exists() else set()
            if there and not {NAME, WORK} & there:
                raise ConfigError(f"{self.out} holds something else; name a new folder")
            self.draft.mkdir(parents=True, exist_ok=True)
            self._handle = os.open(
                self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644
            )
        except OSError as cause:
            raise ConfigError(f"cannot write {self.out}: {cause.strerror}") from cause
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as cause:
            os.close(self._handle)
            raise ConfigError(f"{self.out} is being trained by another process") from cause
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # What has no checkpoint leaves nothing; what has one can go on.
        if not any((self.folder / CHECKPOINTS).glob("*")):
            self.clear()
        os.close(self._handle)

    def begin(self, plan: Plan) -> None:
        """Say what is to be made here, or go on with it.

        Raises:
            ConfigError: Another run was begun here.
        """
        path, said = self.folder / _PLAN, msgspec.json.encode(plan, order="deterministic")
        begun = any((self.folder / CHECKPOINTS).glob("*"))
        if begun and path.exists() and path.read_bytes() != said:
            raise ConfigError(
                f"{self.out} holds an unfinished run of {_difference(path.read_bytes(), plan)}; "
                "finish it as it was begun, remove it, or name a new folder"
            )
        write_whole(path, said)
        shutil.rmtree(self.draft, ignore_errors=True)
        self.draft.mkdir()

    def finish(self, manifest: RunManifest) -> RunManifest:
        """Put the draft in place, then the manifest, and return it as written.

        Raises:
            ConfigError: The disk is full or not writable.
        """
        files = sorted(path for path in self.draft.rglob("*") if path.is_file())
        named = tuple(
            RunFile(
                name=path.relative_to(self.draft).as_posix(),
                size_bytes=path.stat().st_size,
                sha256=digest_file(path),
            )
            for path in files
        )
        manifest = msgspec.structs.replace(manifest, files=named)
        try:
            for path in files:
                target = self.out / path.relative_to(self.draft)
                target.parent.mkdir(parents=True, exist_ok=True)
                with path.open("rb") as file:
                    os.fsync(file.fileno())
                path.replace(target)
        except OSError as cause:
            raise ConfigError(f"cannot write {self.out}: {cause.strerror}") from cause
        write_whole(self.out / NAME, manifest.encode())
        self.clear()
        return manifest

    def clear(self) -> None:
        """Remove what is only needed while a run is under way."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.out.exists() and not any(self.out.iterdir()):
            self.out.rmdir()


def _difference(begun: bytes, plan: Plan) -> str:
    """Say in what the run that was begun differs from the one that is asked for."""
    try:
        known = msgspec.json.decode(begun, type=Plan)
    except msgspec.DecodeError:
        return "an older Etude"
    for field, what in (
        ("loop", f"the loop {known.loop}"),
        ("code_version", f"Etude {known.code_version}"),
        ("ingredients", "other data"),
    ):
        if getattr(known, field) != getattr(plan, field):
            return what
    return "other settings"

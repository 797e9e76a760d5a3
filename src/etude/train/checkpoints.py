"""Checkpoints: where a run goes on after it was killed. Each appears whole or not at all."""

import shutil
from pathlib import Path
from typing import Any

import torch

from etude.errors import ConfigError, RecordError, blame
from etude.store import write_whole

DONE = "complete"
"""File within a checkpoint of a trainer that is written last."""


def save_state(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Write the state after a step, and forget older ones.

    Raises:
        ConfigError: The disk takes no more.
    """
    with blame(ConfigError, f"cannot write {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / "draft"
        torch.save(state, draft)
        draft.replace(folder / f"{step:09}.pt")
        for path in sorted(folder.glob("*.pt"))[:-2]:
            path.unlink()


def load_state(folder: Path) -> dict[str, Any] | None:
    """Return the last state, or `None` where there is none yet.

    Raises:
        RecordError: It is damaged.
    """
    found = sorted(folder.glob("*.pt"))
    if not found:
        return None
    with blame(RecordError, f"reading {found[-1]}"):
        state: dict[str, Any] = torch.load(found[-1], weights_only=True)
        return state


def mark_complete(checkpoint: Path) -> None:
    """Say that a trainer's checkpoint is whole."""
    write_whole(checkpoint / DONE, b"")


def last_complete(folder: Path) -> Path | None:
    """Return a trainer's last whole checkpoint, and remove those that were cut off."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.partition("-")[2]))
    whole = [path for path in found if (path / DONE).exists()]
    for path in found:
        if path not in whole:
            shutil.rmtree(path, ignore_errors=True)
    return whole[-1] if whole else None

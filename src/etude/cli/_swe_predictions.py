"""Read patches from files: one unified diff, or SWE-bench predictions."""

import sys
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.store import Dataset


class Prediction(msgspec.Struct):
    """One row of a predictions file, as SWE-bench 5 reads it."""

    instance_id: str = ""
    model_patch: str | None = None


def read_patch(path: Path) -> str:
    """Return the text of a patch file; `-` reads standard input.

    Raises:
        ConfigError: It cannot be read as text.
    """
    if str(path) == "-":
        return sys.stdin.read()
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigError(f"{path}: cannot be read as a patch: {cause}") from cause


def read_predictions(path: Path, dataset: Dataset) -> dict[str, str]:
    """Return task id -> patch; the literal `gold` stands for the solutions.

    Takes a JSON list, a JSON object by instance id, or JSON lines.

    Raises:
        ConfigError: The file is none of these.
    """
    if str(path) == "gold":
        return {key.task_id: key.oracle_patch for key in dataset.keys()}
    try:
        raw = path.read_bytes()
    except OSError as cause:
        raise ConfigError(f"{path}: {cause.strerror}") from cause
    try:
        if path.suffix == ".jsonl":
            lines = [line for line in raw.splitlines() if line.strip()]
            rows = [msgspec.json.decode(line, type=Prediction) for line in lines]
        elif raw.lstrip().startswith(b"{"):
            table = msgspec.json.decode(raw, type=dict[str, Prediction])
            rows = [msgspec.structs.replace(row, instance_id=id_) for id_, row in table.items()]
        else:
            rows = msgspec.json.decode(raw, type=list[Prediction])
    except msgspec.DecodeError as cause:
        raise ConfigError(f"{path}: not in the SWE-bench predictions format: {cause}") from cause
    if any(not row.instance_id for row in rows) or not rows:
        raise ConfigError(f"{path}: every prediction needs an instance_id, and there must be one")
    return {row.instance_id: row.model_patch or "" for row in rows}

"""RunManifest: what one training run was made from and what came of it, down to the byte."""

import hashlib
from pathlib import Path
from typing import Literal

import msgspec

from etude.errors import ConfigError

FORMAT = 1
"""Version of the layout on disk; a reader refuses a newer one."""
NAME = "run.json"
METRICS = "metrics.parquet"
MODEL = "model"
PAGE = "report.html"


class Ingredient(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that went into a run."""

    role: str
    """What for, such as `data`, `held_out` or `model`."""
    name: str
    """As the recipe names it."""
    kind: Literal["dataset", "tokens", "file", "model"]
    digest: str
    """Of a data set or token set its manifest's; of a file or model that of its bytes, sha256."""
    n_rows: int = 0
    """Rows of its main table; 0 where there are none to count."""


class RunFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a run."""

    name: str
    """Path within the folder, with forward slashes."""
    size_bytes: int
    sha256: str


class Machine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run ran on."""

    system: str
    processor: str
    n_cores: int
    n_threads: int
    device: str


class Sample(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the model said to one prompt before the training and after it."""

    prompt: str
    before: str
    after: str
    wanted: str = ""
    """What would have been right; empty where nobody knows."""


class Bin(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One bin of a reliability curve."""

    predicted: float
    """Mean probability that was predicted."""
    observed: float
    """How often it came true."""
    n: int


class Figure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One number that sums up a run, and how far to trust it."""

    value: float
    low: float | None = None
    """Lower bound of its 95 % interval; `None` where it has none."""
    high: float | None = None
    n: int = 0
    """What it rests on, such as pairs or problems; 0 where nothing was counted."""


class RunManifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a run was made from and what came of it."""

    format: int = FORMAT
    loop: str
    """Name of the loop."""
    recipe: str
    """Every setting, resolved, as JSON."""
    code_version: str
    created: str
    """When it was finished, in UTC, ISO 8601."""
    ingredients: tuple[Ingredient, ...]
    """Every data set, file and model that went in."""
    seed: int
    packages: dict[str, str]
    """Versions of what it ran with."""
    machine: Machine
    n_steps: int
    """Steps that were done."""
    ended: str
    """Why it ended, in words."""
    figures: dict[str, Figure] = {}
    samples: tuple[Sample, ...] = ()
    reliability: tuple[Bin, ...] = ()
    """Of a reward model, on held-out pairs; else empty."""
    files: tuple[RunFile, ...] = ()

    @property
    def digest(self) -> str:
        """sha256 of what it was made from: the same recipe on the same data has the same."""
        said = (self.loop, self.recipe, self.code_version, self.ingredients, self.seed)
        return hashlib.sha256(msgspec.json.encode(said, order="deterministic")).hexdigest()

    def encode(self) -> bytes:
        """Return the manifest as it stands on disk."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1) + b"\n"


class _Stamp(msgspec.Struct):
    format: int


def read_manifest(folder: Path) -> RunManifest:
    """Return the manifest of the run in `folder`.

    Raises:
        ConfigError: There is none, it is damaged, or it is of a newer format.
    """
    path = folder / NAME
    try:
        raw = path.read_bytes()
        stamp = msgspec.json.decode(raw, type=_Stamp)
        if stamp.format > FORMAT:
            raise ConfigError(
                f"{folder}: run of format {stamp.format}, this Etude reads up to {FORMAT}; "
                "install a newer one"
            )
        return msgspec.json.decode(raw, type=RunManifest)
    except (FileNotFoundError, NotADirectoryError) as cause:
        what = f"holds no {NAME}, so it is no finished run" if folder.is_dir() else "is not there"
        raise ConfigError(f"{folder}: {what}") from cause
    except OSError as cause:
        raise ConfigError(f"{path}: {cause.strerror}") from cause
    except msgspec.DecodeError as cause:
        raise ConfigError(f"{path}: damaged: {cause}") from cause

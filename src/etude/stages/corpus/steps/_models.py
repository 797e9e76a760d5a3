"""What steps that ask a model share: which file it is in, and which documents it judges."""

import functools
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from etude.errors import ConfigError
from etude.stages.corpus.batch import SIGNAL, with_column
from etude.stages.corpus.learned import Classifier, LanguageModel, file_digest

Mask = npt.NDArray[np.bool_]


def classifier(path: str, sha256: str) -> Classifier:
    """Return the classifier in a file; it is read once, and again when it has changed.

    Raises:
        ConfigError: The file has another digest than the one asked for.
        RecordError: It holds no classifier, or is damaged.
    """
    return _classifier(Path(path), *_state(path, sha256))


def language_model(path: str, sha256: str) -> LanguageModel:
    """Return the language model in a file; see `classifier`.

    Raises:
        ConfigError: The file has another digest than the one asked for.
        RecordError: It holds no language model, or is damaged.
    """
    return _language_model(Path(path), *_state(path, sha256))


def in_languages(batch: pa.RecordBatch, languages: tuple[str, ...]) -> Mask:
    """Tell which documents are in one of these languages; all are when none are named."""
    if not languages:
        return np.ones(batch.num_rows, dtype=np.bool_)
    found = pc.is_in(batch.column("language"), value_set=pa.array(languages, type=pa.string()))
    mask: Mask = found.to_numpy(zero_copy_only=False)
    return mask


def with_measured(
    batch: pa.RecordBatch, name: str, values: npt.NDArray[np.floating], measured: Mask
) -> pa.RecordBatch:
    """Return the batch with a signal that is null where it was not measured."""
    numbers = pa.array(values.astype(np.float32), mask=~measured)
    return with_column(batch, SIGNAL + name, numbers)


def _state(path: str, sha256: str) -> tuple[int, int, str]:
    if not path:
        raise ConfigError("a step that asks a model needs the path of its file: model = …")
    file = Path(path)
    try:
        found = file.stat()
    except OSError as cause:
        raise ConfigError(f"cannot read the model {path}: {cause.strerror}") from cause
    if sha256 and file_digest(file) != sha256:
        raise ConfigError(f"{path} is not the model that was asked for: its digest is another")
    return found.st_mtime_ns, found.st_size, sha256


@functools.lru_cache(maxsize=8)
def _classifier(path: Path, *_state: object) -> Classifier:
    return Classifier.load(path)


@functools.lru_cache(maxsize=8)
def _language_model(path: Path, *_state: object) -> LanguageModel:
    return LanguageModel.load(path)

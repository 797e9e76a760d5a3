"""Format: writes a data set as others read it."""

import os
import shutil
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from etude.errors import ConfigError
from etude.plugins import Spec
from etude.store.dataset import Dataset


class Format(Spec, frozen=True, kw_only=True):
    """Ships data sets in one layout. Its fields are its settings."""

    records: ClassVar[tuple[str, ...]]
    """What the main table of a data set must hold, such as `problem`."""

    def ship(self, dataset: Dataset, target: Path) -> list[str]:
        """Write a data set to the folder `target`, which appears whole or not at all.

        Returns:
            The files that were written, by their paths within `target`, sorted.

        Raises:
            ConfigError: The format takes no such records, or `target` is there already.
            RecordError: The data set is damaged.
        """
        record = dataset.manifest.record
        if record not in self.records:
            wanted = " or ".join(f"{name}s" for name in self.records)
            raise ConfigError(f"{dataset.path}: holds {record}s, and this format takes {wanted}")
        with shipment(target) as draft:
            self.write(dataset, draft)
            return sorted(
                path.relative_to(draft).as_posix() for path in draft.rglob("*") if path.is_file()
            )

    @abstractmethod
    def write(self, dataset: Dataset, folder: Path) -> None:
        """Write the data set's files into `folder`, which is empty.

        Raises:
            ConfigError: The data set lacks what the format needs.
            RecordError: The data set is damaged.
        """
        raise NotImplementedError


@contextmanager
def shipment(target: Path) -> Iterator[Path]:
    """Hold an empty folder that becomes `target` when the block ends without an error.

    Raises:
        ConfigError: `target` is there already, or its place cannot be written to.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} is there already; choose another folder")
    draft = target.with_name(f".{target.name}.{os.getpid()}.draft")
    try:
        draft.mkdir(parents=True)
    except OSError as cause:
        raise ConfigError(f"cannot write {target}: {cause.strerror}") from cause
    try:
        yield draft
        if target.exists():
            target.rmdir()
        draft.replace(target)
    except OSError as cause:
        raise ConfigError(f"cannot write {target}: {cause.strerror}") from cause
    finally:
        shutil.rmtree(draft, ignore_errors=True)

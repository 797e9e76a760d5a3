"""Shipping: a data set as one archive that is sent while it is made, as it is or in a layout."""

import functools
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from etude.errors import ConfigError
from etude.store import Dataset
from etude.store.formats import formats
from etude.store.manifest import NAME

AS_IT_IS = "dataset"
"""Name of the layout that a data set has on disk."""
_CHUNK = 256 * 1024
_DATE = (1980, 1, 1, 0, 0, 0)


class Layout(msgspec.Struct, frozen=True):
    """One way in which a data set can be shipped."""

    name: str
    about: str


@functools.cache
def layouts(record: str) -> tuple[Layout, ...]:
    """Return the layouts that data sets of a record can be shipped in."""
    found = [Layout(AS_IT_IS, "The data set as Etude keeps it.")]
    for name in formats.names():
        try:
            takes = formats.load(name).records
        except ConfigError:
            continue  # it needs a package that is not installed
        if record in takes:
            found.append(Layout(name, formats.about(name)))
    return tuple(found)


def ship(dataset: Dataset, layout: str) -> Iterator[bytes]:
    """Return a zip archive of a data set, piece by piece.

    What a layout cannot hold is left out and named in the archive's `left-out.jsonl`.

    Raises:
        ConfigError: There is no such layout for these records, or nothing fits it.
        RecordError: The data set is damaged.
    """
    name = dataset.path.name
    if layout == AS_IT_IS:
        return _zipped([(f"{name}/{file}", dataset.path / file) for file in files_of(dataset)])
    if layout not in {one.name for one in layouts(dataset.manifest.record)}:
        raise ConfigError(f"there is no layout {layout!r} for {dataset.manifest.record}s")
    leave_out = "skip_unfit" in formats.load(layout).__struct_fields__
    folder = tempfile.TemporaryDirectory(prefix="etude-ship-")
    try:
        made = formats.make({"use": layout, **({"skip_unfit": True} if leave_out else {})})
        target = Path(folder.name) / "made"
        shipped = made.ship(dataset, target)
    except BaseException:
        folder.cleanup()
        raise
    pairs = [(f"{name}-{layout}/{file}", target / file) for file in shipped]
    return _then_gone(_zipped(pairs), folder)


def files_of(dataset: Dataset) -> list[str]:
    """Return the files of a data set, as its manifest names them; those withheld are left out.

    Raises:
        ConfigError: One of them lies elsewhere.
    """
    manifest = dataset.manifest
    names = [NAME]
    for table in dataset.tables():
        names += [shard.name for shard in manifest.tables[table]]
    names += [file.name for file in manifest.files]
    home = dataset.path.resolve()
    for name in names:
        if "\\" in name or not (dataset.path / name).resolve().is_relative_to(home):
            raise ConfigError("this data set names files outside of its folder")
    return names


def _then_gone(
    pieces: Iterator[bytes], folder: "tempfile.TemporaryDirectory[str]"
) -> Iterator[bytes]:
    with folder:
        yield from pieces


class _Sink:
    """Takes what an archive writes and gives it away; nothing can be sought in it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _zipped(files: Sequence[tuple[str, Path]]) -> Iterator[bytes]:
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:  # type: ignore[call-overload]
        for name, path in files:
            about = zipfile.ZipInfo(name, _DATE)
            about.external_attr = 0o644 << 16
            packed = path.suffix in (".parquet", ".zst", ".gz")
            about.compress_type = zipfile.ZIP_STORED if packed else zipfile.ZIP_DEFLATED
            with path.open("rb") as source, archive.open(about, "w", force_zip64=True) as target:
                while chunk := source.read(_CHUNK):
                    target.write(chunk)
                    if piece := sink.take():
                        yield piece
    yield sink.take()

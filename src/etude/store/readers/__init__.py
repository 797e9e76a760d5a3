"""Readers: where documents come from; one file each."""

from etude.plugins import Kind
from etude.store.readers._base import FileReader, Part, Reader
from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError, Found, Watcher

readers = Kind("etude.store.readers", Reader)

__all__ = [
    "Aside",
    "DamageError",
    "File",
    "FileReader",
    "Found",
    "Part",
    "Reader",
    "Watcher",
    "readers",
]

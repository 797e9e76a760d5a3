"""Readers: where documents come from; one file each."""

from etude.plugins import Kind
from etude.store.readers._base import Part, Reader

readers = Kind("etude.store.readers", Reader, extra="corpus")

__all__ = ["Part", "Reader", "readers"]

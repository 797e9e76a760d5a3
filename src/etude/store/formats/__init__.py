"""Formats that data sets are shipped in: one file each."""

from etude.plugins import Kind
from etude.store.formats._base import Format, shipment

formats = Kind("etude.store.formats", Format)

__all__ = ["Format", "formats", "shipment"]

"""Isolated machines: one file per provider."""

from etude.plugins import Kind
from etude.sandbox._base import Box, Image, Killed, Limits, Mount, Result, Sandbox
from etude.sandbox._owner import adopt
from etude.sandbox._pool import Pool

sandboxes = Kind("etude.sandbox", Sandbox)

__all__ = [
    "Box",
    "Image",
    "Killed",
    "Limits",
    "Mount",
    "Pool",
    "Result",
    "Sandbox",
    "adopt",
    "sandboxes",
]

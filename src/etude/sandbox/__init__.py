"""Isolated machines: one file per provider."""

from etude.plugins import Kind
from etude.sandbox._base import Box, Image, Killed, Limits, Mount, Result, Sandbox
from etude.sandbox._owner import adopt

sandboxes = Kind("etude.sandbox", Sandbox)

__all__ = ["Box", "Image", "Killed", "Limits", "Mount", "Result", "Sandbox", "adopt", "sandboxes"]

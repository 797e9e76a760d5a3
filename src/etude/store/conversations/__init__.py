"""Conversations and preferences of other tools: one file a layout."""

from etude.plugins import Kind
from etude.store.conversations._base import Item, Layout

layouts = Kind("etude.store.conversations", Layout)

__all__ = ["Item", "Layout", "layouts"]

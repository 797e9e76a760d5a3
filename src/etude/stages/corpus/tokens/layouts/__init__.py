"""Layouts: how tokens lie in files, ours and those that other trainers read; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.tokens.layouts._base import Block, Layout, Vocabulary

layouts = Kind("etude.stages.corpus.tokens.layouts", Layout, extra="corpus")

__all__ = ["Block", "Layout", "Vocabulary", "layouts"]

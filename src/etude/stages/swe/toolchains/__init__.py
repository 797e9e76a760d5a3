"""Toolchains: how to find, install and test a project of one language. One file per language."""

from etude.plugins import Kind
from etude.stages.swe.toolchains._base import Installed, Layout, Toolchain

toolchains = Kind("etude.stages.swe.toolchains", Toolchain)

__all__ = ["Installed", "Layout", "Toolchain", "toolchains"]

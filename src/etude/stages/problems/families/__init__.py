"""Families of problems: one file per sort."""

from etude.plugins import Kind
from etude.stages.problems.families._base import Family, Posed

families = Kind("etude.stages.problems.families", Family, extra="problems")

__all__ = ["Family", "Posed", "families"]

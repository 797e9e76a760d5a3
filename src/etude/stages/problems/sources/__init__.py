"""Layouts of question-and-answer files: one file each."""

from etude.plugins import Kind
from etude.stages.problems.sources._base import ProblemSource, Taken

sources = Kind("etude.stages.problems.sources", ProblemSource)

__all__ = ["ProblemSource", "Taken", "sources"]

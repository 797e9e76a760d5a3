"""Graders of responses to problems: one file per way of judging."""

from etude.plugins import Kind
from etude.rollout.graders._base import Grader, Judge, Means, Verdict

graders = Kind("etude.rollout.graders", Grader, extra="problems")

__all__ = ["Grader", "Judge", "Means", "Verdict", "graders"]

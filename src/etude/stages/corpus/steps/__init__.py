"""Steps: what can be done to a corpus; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.steps._base import AcrossStep, Step

steps = Kind("etude.stages.corpus.steps", Step, extra="corpus")

__all__ = ["AcrossStep", "Step", "steps"]

"""Measures of how varied text is; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.synthetic.diversity.measures._base import Measure, Value

measures = Kind("etude.stages.corpus.synthetic.diversity.measures", Measure, extra="corpus")

__all__ = ["Measure", "Value", "measures"]

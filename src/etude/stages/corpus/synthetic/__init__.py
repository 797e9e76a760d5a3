"""Synthetic text: made from human text by models and templates, measured, and kept in check."""

from etude.stages.corpus.synthetic.diversity import (
    Diversity,
    DiversitySettings,
    Measured,
    Sizes,
    diversity,
)
from etude.stages.corpus.synthetic.gate import Gate, Limit, Verdict, judge
from etude.stages.corpus.synthetic.make import SynthesisOutcome, synthesise
from etude.stages.corpus.synthetic.recipe import SynthesisRecipe

__all__ = [
    "Diversity",
    "DiversitySettings",
    "Gate",
    "Limit",
    "Measured",
    "Sizes",
    "SynthesisOutcome",
    "SynthesisRecipe",
    "Verdict",
    "diversity",
    "judge",
    "synthesise",
]

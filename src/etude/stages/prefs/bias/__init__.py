"""The bias audit of preference data, always beside rulers that read nothing."""

from etude.stages.prefs.bias.audit import BiasReport, audit_bias, audit_choices, bias_lines
from etude.stages.prefs.bias.rulers import Lift, Ruler, lift_of, measure_rulers
from etude.stages.prefs.bias.slopes import Slope
from etude.stages.prefs.bias.sycophancy import Sycophancy, measure_sycophancy

__all__ = [
    "BiasReport",
    "Lift",
    "Ruler",
    "Slope",
    "Sycophancy",
    "audit_bias",
    "audit_choices",
    "bias_lines",
    "lift_of",
    "measure_rulers",
    "measure_sycophancy",
]

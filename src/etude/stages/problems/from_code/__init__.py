"""Problems from real code: functions to be written, and inputs and outputs to be found."""

from etude.stages.problems.from_code.functions import FunctionGates
from etude.stages.problems.from_code.proving import Mutants
from etude.stages.problems.from_code.pure import PredictionGates
from etude.stages.problems.from_code.run import (
    CodebaseMade,
    CodeOutcome,
    CodeProgress,
    CodeRecipe,
    pose_from_code,
)

__all__ = [
    "CodeOutcome",
    "CodeProgress",
    "CodeRecipe",
    "CodebaseMade",
    "FunctionGates",
    "Mutants",
    "PredictionGates",
    "pose_from_code",
]

"""Label errors in choices and in classified text: confident learning on hashed features."""

from etude.stages.prefs.label_errors.confident import (
    area_under_curve,
    confident_joint,
    find_suspects,
    likely_labels,
)
from etude.stages.prefs.label_errors.find import (
    ErrorRecipe,
    ErrorReport,
    Planted,
    Suspect,
    Worth,
    find_label_errors,
    worth_of_fixes,
)
from etude.stages.prefs.label_errors.material import Labelled, Material, of_choices, of_labelled
from etude.stages.prefs.label_errors.reading import read_labelled
from etude.stages.prefs.label_errors.said import error_lines

__all__ = [
    "ErrorRecipe",
    "ErrorReport",
    "Labelled",
    "Material",
    "Planted",
    "Suspect",
    "Worth",
    "area_under_curve",
    "confident_joint",
    "error_lines",
    "find_label_errors",
    "find_suspects",
    "likely_labels",
    "of_choices",
    "of_labelled",
    "read_labelled",
    "worth_of_fixes",
]

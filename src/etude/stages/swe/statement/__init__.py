"""The task statement: what a user of the library would report, and the check for leaks."""

from etude.stages.swe.statement.asking import Wanted, find_wanted
from etude.stages.swe.statement.leaks import find_leaks
from etude.stages.swe.statement.several import write_several
from etude.stages.swe.statement.symptom import Symptom
from etude.stages.swe.statement.write import MAX_WORDS, MIN_WORDS, write_request, write_statement

__all__ = [
    "MAX_WORDS",
    "MIN_WORDS",
    "Symptom",
    "Wanted",
    "find_leaks",
    "find_wanted",
    "write_request",
    "write_several",
    "write_statement",
]

"""Etude makes the data language models learn from, and proves it good."""

import importlib
from typing import TYPE_CHECKING

from etude.errors import EtudeError
from etude.records import (
    AnswerKey,
    BaselineTest,
    BrokenRecord,
    Candidate,
    Codebase,
    CodeTest,
    Comparison,
    Coverage,
    Demonstration,
    Document,
    DroppedDocument,
    DuplicateCopy,
    Episode,
    FamilyAudit,
    FilePatch,
    Grade,
    Message,
    Origin,
    Preference,
    Problem,
    Rating,
    Record,
    Reference,
    SetAside,
    SolveRate,
    Span,
    StepCount,
    Tally,
    Task,
    TextFile,
    ToolCall,
    Turn,
    Workspace,
    apply_patch,
    make_patch,
    parse_patch,
)

if TYPE_CHECKING:
    from etude.store import Dataset

__version__ = "0.1.0"

__all__ = [
    "AnswerKey",
    "BaselineTest",
    "BrokenRecord",
    "Candidate",
    "CodeTest",
    "Codebase",
    "Comparison",
    "Coverage",
    "Dataset",
    "Demonstration",
    "Document",
    "DroppedDocument",
    "DuplicateCopy",
    "Episode",
    "EtudeError",
    "FamilyAudit",
    "FilePatch",
    "Grade",
    "Message",
    "Origin",
    "Preference",
    "Problem",
    "Rating",
    "Record",
    "Reference",
    "SetAside",
    "SolveRate",
    "Span",
    "StepCount",
    "Tally",
    "Task",
    "TextFile",
    "ToolCall",
    "Turn",
    "Workspace",
    "__version__",
    "apply_patch",
    "make_patch",
    "parse_patch",
]


def __getattr__(name: str) -> object:
    # The reader of data sets needs pyarrow, which is heavy: it is loaded when it is named.
    if name == "Dataset":
        return importlib.import_module("etude.store").Dataset
    raise AttributeError(f"module 'etude' has no attribute {name!r}")

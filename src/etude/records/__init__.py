"""The nouns. Every record Etude reads, makes or ships is defined here."""

from etude.records._base import Origin, Record
from etude.records.codebase import BaselineTest, Codebase, Coverage, Outcome, SetAside
from etude.records.curation import DuplicateCopy, StepCount, Tally
from etude.records.demonstration import Demonstration, ReviewState
from etude.records.document import BrokenRecord, Document, DroppedDocument
from etude.records.episode import Ending, Episode, Grade, Turn
from etude.records.message import Message, ToolCall
from etude.records.patch import FilePatch, apply_patch, make_patch, parse_patch
from etude.records.preference import Candidate, Comparison, Preference, Rating, Span
from etude.records.problem import CodeTest, FamilyAudit, Problem, Reference, SolveRate, TestKind
from etude.records.task import AnswerKey, Task, TextFile, Workspace

__all__ = [
    "AnswerKey",
    "BaselineTest",
    "BrokenRecord",
    "Candidate",
    "CodeTest",
    "Codebase",
    "Comparison",
    "Coverage",
    "Demonstration",
    "Document",
    "DroppedDocument",
    "DuplicateCopy",
    "Ending",
    "Episode",
    "FamilyAudit",
    "FilePatch",
    "Grade",
    "Message",
    "Origin",
    "Outcome",
    "Preference",
    "Problem",
    "Rating",
    "Record",
    "Reference",
    "ReviewState",
    "SetAside",
    "SolveRate",
    "Span",
    "StepCount",
    "Tally",
    "Task",
    "TestKind",
    "TextFile",
    "ToolCall",
    "Turn",
    "Workspace",
    "apply_patch",
    "make_patch",
    "parse_patch",
]

"""Names that others rely on change only on purpose."""

import tomllib
from pathlib import Path

import pytest

import etude
from etude.errors import EtudeError
from etude.store import TABLES, Dataset

PUBLIC = """
    AnswerKey BaselineTest BrokenRecord Candidate CodeTest Codebase Comparison Coverage Dataset
    Demonstration Document DroppedDocument DuplicateCopy Episode EtudeError FamilyAudit FilePatch
    Grade Message Origin Preference Problem Rating Record Reference SetAside SolveRate Span
    StepCount Tally Task TextFile ToolCall Turn Workspace __version__ apply_patch make_patch
    parse_patch
"""


def test_public_names_are_a_reviewed_list() -> None:
    assert sorted(etude.__all__) == sorted(PUBLIC.split())


def test_every_public_name_is_there() -> None:
    for name in etude.__all__:
        assert getattr(etude, name) is not None
    assert etude.Dataset is Dataset
    with pytest.raises(AttributeError, match="no attribute 'Nonsense'"):
        _ = etude.Nonsense


def test_every_error_is_one_that_the_command_line_knows() -> None:
    names = {error.__name__ for error in EtudeError.__subclasses__()}
    assert names >= {"ConfigError", "RecordError", "SandboxError", "TaskError", "GradeError"}
    assert all(error.__doc__ for error in EtudeError.__subclasses__())


def test_the_version_is_that_of_the_package() -> None:
    project = Path(__file__).parents[2] / "pyproject.toml"
    assert tomllib.loads(project.read_text())["project"]["version"] == etude.__version__


def test_every_table_has_a_public_type() -> None:
    assert {record.__name__ for record in TABLES.values()} <= set(etude.__all__)

"""Task, Workspace, AnswerKey: what agents see, where they start, what only graders see."""

import msgspec

from etude.records._base import Record


class Task(Record, frozen=True, kw_only=True):
    """Everything an agent may see of one software-engineering problem."""

    codebase: str
    """Digest of the prepared codebase the task is set in."""
    project: str
    """Name and version of the project, as its users know it."""
    statement: str
    """The report put to the agent, in Markdown: the symptom, never the place or the cure."""
    workdir: str = "/workspace"
    """Absolute path of the codebase inside the box."""
    test_command: str = ""
    """Shell command that runs the visible tests; empty when none is known to."""
    language: str = "python"
    tags: dict[str, str] = msgspec.field(default_factory=dict)
    """Labels of the user's own. Never hold anything about the answer."""


class TextFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file of a tree."""

    path: str
    """Relative to the codebase root, with forward slashes."""
    text: str
    """The whole file, UTF-8."""


class Workspace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an episode starts: the files in which the agent's tree differs from the codebase.

    Opens boxes; is never handed to an agent, because compared with the healthy
    codebase it gives the answer away.
    """

    task_id: str
    files: tuple[TextFile, ...]
    """The broken source, and the test files without the tests that catch the bug."""


class AnswerKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only the grader may see. Kept in a separate table from the task."""

    task_id: str
    oracle_patch: str
    """Unified diff that repairs the agent's tree."""
    fail_to_pass: tuple[str, ...]
    """Ids of the hidden tests that fail on the broken codebase and pass once it is repaired."""
    pass_to_pass: tuple[str, ...]
    """Ids of the tests that pass before and after: the repair must not break them."""
    hidden: tuple[str, ...] = ()
    """Ids of every test taken out of the agent's tree; `fail_to_pass` is a subset."""
    maker: str = ""
    """Name of the bug maker."""
    kind: str = ""
    """Kind of bug, such as `off_by_one`."""
    path: str = ""
    """File the bug was put into."""
    line: int = 0
    """First broken line, counted from 1."""
    function: str = ""
    """Qualified name of the function the bug is in; empty at module level."""

"""The agent without a model: undoes common kinds of bug, one guess an attempt.

Its pass@k is the yardstick of how toy-like bugs are: what a blind search repairs taught nobody.
"""

import io
import shlex
import tarfile
from importlib import resources
from itertools import islice

from etude.records import Task, TextFile, ToolCall, Turn
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.agents._search.ranking import Executed, Proposal, compiling, ranked
from etude.rollout.agents._search.symptom import read_symptom
from etude.rollout.toolbox import Toolbox

_FETCH = (
    "find . -name '*.py' -type f -size -1024k -not -path '*/.*' -print0 | LC_ALL=C sort -z"
    " | tar --null --no-recursion -T - -cf - >&3"
)
_ASIDE = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmark", "benchmarks"}
)
"""Folders whose code is not what a report is about."""


class SearchAgent(Agent, frozen=True, kw_only=True):
    """Attempt k makes the k-th likeliest single edit."""

    python: str = "python"
    """The box's interpreter: runs the report's own code to see which lines it reaches."""

    async def play(self, task: Task, tools: Toolbox, limits: PlayLimits, attempt: int) -> Outcome:
        """Make one edit and submit; the text of the turn says which.

        Raises:
            SandboxError: The box is gone.
        """
        files = await _source_files(tools)
        symptom = read_symptom(task.statement)
        executed = await self._executed(symptom.script, task.workdir, tools)
        proposals = compiling(ranked(symptom, executed, files))
        proposal = next(islice(proposals, attempt, None), None)
        if proposal is None:
            return Outcome(turns=(), ending="error", error="no more ideas")
        calls = (_call(proposal), ToolCall(name="submit"))
        turn = Turn(
            text=_said(proposal),
            calls=calls,
            observations=tuple([await tools.call(call) for call in calls]),
        )
        return Outcome(turns=(turn,), ending="submitted")

    async def _executed(self, script: str, workdir: str, tools: Toolbox) -> Executed:
        """Return the lines that the report's code runs; none when it shows nothing."""
        if not script:
            return frozenset()
        tracer = resources.files("etude.rollout.agents._search").joinpath("tracer.py").read_text()
        words = [self.python, "-B", "-c", tracer, ".", script]
        result = await tools.run(shlex.join(words))
        lines = result.report.decode(errors="replace").splitlines()
        places = (line.rpartition(":") for line in lines)
        return frozenset((path, int(line)) for path, _, line in places if line.isdigit())


async def _source_files(tools: Toolbox) -> tuple[TextFile, ...]:
    """Fetch the project's own Python files in one go."""
    archive = (await tools.run(_FETCH)).report
    files = []
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            path = member.name.removeprefix("./")
            content = tar.extractfile(member) if member.isfile() and _is_source(path) else None
            if content is None:
                continue
            try:
                files.append(TextFile(path=path, text=content.read().decode()))
            except UnicodeDecodeError:
                # A file in another encoding is one that these edits cannot write back.
                continue
    return tuple(files)


def _is_source(path: str) -> bool:
    *folders, name = path.split("/")
    if _ASIDE & set(folders) or name in {"setup.py", "conftest.py", "noxfile.py"}:
        return False
    return not name.startswith("test_") and not name.endswith(("_test.py", "_tests.py"))


def _call(proposal: Proposal) -> ToolCall:
    """Return the edit as a call, with enough lines around it to be unique."""
    source, edit = proposal.source, proposal.repair.edit
    text, changed = source.text, source.edited(edit)
    n_head = len(source.slice(0, edit.start))
    n_tail = len(text) - len(source.slice(0, edit.end))
    while True:
        start = text.rfind("\n", 0, n_head) + 1
        end = text.find("\n", len(text) - n_tail)
        n_head, n_tail = start, 0 if end < 0 else len(text) - end
        old = text[start : len(text) - n_tail]
        if text.count(old) == 1:
            break
        n_head, n_tail = max(n_head - 1, 0), max(n_tail - 1, 0)
    new = changed[n_head : len(changed) - n_tail]
    return ToolCall(name="edit_file", arguments={"path": source.path, "old": old, "new": new})


def _said(proposal: Proposal) -> str:
    repair = proposal.repair
    return f"{repair.kind} in {proposal.function}, line {repair.line} of {proposal.source.path}"

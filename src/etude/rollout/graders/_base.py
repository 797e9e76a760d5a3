"""Grader: how responses to problems are judged. Judge: the live thing that does it."""

from abc import ABC, abstractmethod
from contextlib import AbstractAsyncContextManager
from typing import NamedTuple, Self

import msgspec

from etude.errors import ConfigError
from etude.plugins import Spec
from etude.records import Reference
from etude.sandbox import Sandbox, sandboxes
from etude.store import CodebaseStore


class Verdict(NamedTuple):
    """What a judge found."""

    score: float
    """Between 0.0 and 1.0; 1.0 means right."""
    note: str = ""
    """In one line, why."""


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What judges may use while they are open."""

    sandbox: Sandbox | None = None
    """Where programs run; `None` when there is none, and then programs cannot be judged."""
    codebases: CodebaseStore | None = None
    """Where prepared codebases are; `None` when there are none."""
    jobs: int = 2
    """How many responses are judged side by side: worker processes or boxes kept warm."""
    no_sandbox: str = ""
    """Why there is no sandbox, where one was asked for."""

    @classmethod
    def here(cls, sandbox: str = "bubblewrap", *, jobs: int = 2) -> Self:
        """Return what this machine has: a sandbox, where it can be had, and the codebases.

        Args:
            sandbox: Name of the sandbox. Only judges that need one miss it where it cannot be had.
            jobs: How many responses are judged side by side.
        """
        store = CodebaseStore(CodebaseStore.home())
        try:
            return cls(sandbox=sandboxes.make(sandbox), codebases=store, jobs=jobs)
        except ConfigError as error:
            return cls(codebases=store, jobs=jobs, no_sandbox=str(error))

    def need_sandbox(self, who: str) -> Sandbox:
        """Return the sandbox.

        Args:
            who: The grader that needs it.

        Raises:
            ConfigError: There is none; the message says why, or how to name one.
        """
        if self.sandbox is None:
            why = self.no_sandbox or "choose one with --sandbox, or give one in Means"
            raise ConfigError(f"the grader `{who}` runs programs of strangers in a sandbox; {why}")
        return self.sandbox


class Judge(ABC):
    """Judges responses. Obtained from `Grader.open`, gone when it closes."""

    @abstractmethod
    async def judge(self, response: str, reference: Reference) -> Verdict:
        """Judge one response, whatever it holds; several may be under way at once.

        A response that is wrong, malformed, hostile, or that nobody can judge within the time
        limits scores 0.0, with the reason in the note: the blame is its own.

        Raises:
            GradeError: There is no verdict for a reason that is not the response's: the reference
                is broken, or what judging needs failed.
            SandboxError: A box failed.
        """


class Grader(Spec, frozen=True, kw_only=True):
    """How responses are judged against a reference. Its fields are its settings."""

    @abstractmethod
    def open(self, means: Means) -> AbstractAsyncContextManager[Judge]:
        """Return a context manager that holds a judge; it may be closed by another task.

        Raises:
            ConfigError: It needs means that there are none of; the message says which.
        """
        raise NotImplementedError

    def present(self, answer: str) -> str:
        """Return the smallest response that gives `answer` in the form that this grader reads."""
        return answer

    @property
    def instruction(self) -> str:
        """What whoever answers is told of the form of a response; empty when any will do."""
        return ""

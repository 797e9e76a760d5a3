"""Call functions of a healthy codebase in a box, with literals, and read what they return."""

from collections.abc import Mapping, Sequence

import msgspec

from etude.errors import SandboxError
from etude.rollout.environment import open_tree
from etude.rollout.machine import BYTECODE_TARGET
from etude.rollout.suites.pytest import RUNNER_TARGET
from etude.sandbox import Sandbox
from etude.store import Prepared


class CallTarget(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A function that stands at the top of a module."""

    module: str
    """Dotted name, such as `boltons.iterutils`."""
    function: str
    listed: bool = False
    """Whether it yields its values, which are then put into a list."""

    def written(self, call: "Call") -> str:
        """Return the Python code that gives the value of a call."""
        text = call.written(self.function)
        return f"list({text})" if self.listed else text


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Arguments of one call."""

    arguments: tuple[str, ...] = ()
    """Python literals, in order."""
    named: dict[str, str] = {}
    """Python literals, by the names of parameters."""

    def written(self, function: str) -> str:
        """Return the call as Python code."""
        named = [f"{name}={value}" for name, value in self.named.items()]
        return f"{function}({', '.join([*self.arguments, *named])})"


class Returned(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one call. Written by code under judgement: trust nothing but its type."""

    value: str = ""
    """The `repr` of what it returned; empty when it did not."""
    error: str = ""
    """Why there is no value; empty when there is one."""


async def run_calls(
    prepared: Prepared,
    target: CallTarget,
    calls: Sequence[Call],
    sandbox: Sandbox,
    *,
    timeout_s: float = 10.0,
    hash_seed: int = 0,
    files: Mapping[str, str] | None = None,
) -> list[Returned]:
    """Call a function of a codebase, once for each of `calls`, each in a process of its own.

    Args:
        prepared: The codebase.
        target: The function.
        calls: Arguments; literals, checked by the caller.
        sandbox: Where it runs.
        timeout_s: Wall time of all calls together, the start of Python included.
        hash_seed: Seed of Python's hashes, which decides the order of sets.
        files: Files of the codebase that are others; `None` for the healthy tree.

    Raises:
        SandboxError: The box failed.
    """
    if not calls:
        return []
    job = msgspec.json.encode({"target": target, "calls": list(calls), "call_s": timeout_s / 2})
    command = ["/usr/bin/env", f"PYTHONHASHSEED={hash_seed}", "PYTHONDONTWRITEBYTECODE=1"]
    command += [f"PYTHONPYCACHEPREFIX={BYTECODE_TARGET}"]
    command += ["/env/bin/python", f"{RUNNER_TARGET}/_etude_call.py"]
    async with open_tree(prepared, files or {}, sandbox, for_grading=True) as box:
        result = await box.run(command, timeout_s=timeout_s, stdin=job)
    if result.exit == 127 and not result.report:
        raise SandboxError(f"Python did not start in the box: {result.stderr[:200]}")
    found: list[Returned] = []
    for line in result.report.splitlines()[: len(calls)]:
        try:
            found.append(msgspec.json.decode(line, type=Returned))
        except msgspec.DecodeError:
            found.append(Returned(error="the call left no readable value"))
    reason = f"out of {result.killed}" if result.killed else "the process ended"
    return found + [Returned(error=reason)] * (len(calls) - len(found))

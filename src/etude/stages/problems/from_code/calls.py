"""Record real calls of functions while the project's own tests run, in a box."""

from collections.abc import Sequence

import msgspec

from etude.errors import SandboxError
from etude.rollout.calling import Call
from etude.rollout.environment import open_tree
from etude.rollout.machine import BYTECODE_TARGET
from etude.rollout.suites import SuitePlan, suites
from etude.rollout.suites.pytest import RUNNER
from etude.sandbox import Sandbox
from etude.stages.problems.from_code.pure import PureFunction
from etude.store import Prepared

PLUGIN = "_etude_calls"
RECORDED = "/tmp/etude_calls.jsonl"  # noqa: S108  the box's own /tmp
SLOWER = 20
"""How much longer the tests may take while calls are recorded."""


class RecordedCall(msgspec.Struct, frozen=True, kw_only=True):
    """One call that was made, and what it returned."""

    path: str
    module: str
    function: str
    call: Call
    value: str


async def record_calls(
    prepared: Prepared, functions: Sequence[PureFunction], sandbox: Sandbox
) -> dict[tuple[str, str], list[RecordedCall]]:
    """Run the suite and return the calls of functions, by path and name; only literals.

    Raises:
        SandboxError: The box failed.
    """
    wanted = [(f.file.path, f.found.name, f.found.node.lineno) for f in functions]
    files = {
        f"{PLUGIN}.py": (RUNNER / f"{PLUGIN}.py").read_text("utf-8"),
        f"{PLUGIN}.json": msgspec.json.encode(wanted).decode(),
    }
    card = prepared.codebase
    recorded = msgspec.structs.replace(card, plugins=(*card.plugins, PLUGIN))
    plan = SuitePlan(
        without=tuple(a.id for a in card.set_aside if a.reason in ("time", "network")),
        test_s={test.id: SLOWER * test.duration_s + 10 for test in card.tests},
        timeout_s=SLOWER * card.suite_s + 60,
        give_up_after=0,
        bytecode=BYTECODE_TARGET,
    )
    found: dict[tuple[str, str], list[RecordedCall]] = {}
    async with open_tree(prepared, files, sandbox, for_grading=True) as box:
        await suites.make("pytest").run(box, recorded, plan)
        try:
            lines = (await box.read(RECORDED, limit_bytes=64 << 20)).splitlines()
        except SandboxError:
            lines = []  # The run ended before the recorder could write.
    for line in lines:
        try:
            call = msgspec.json.decode(line, type=RecordedCall)
        except msgspec.DecodeError:
            continue
        found.setdefault((call.path, call.function), []).append(call)
    return found

"""From a codebase to problems about its code, judged in real boxes, whatever is answered."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from etude import Dataset, Problem, Reference
from etude.cli._problems_mutants import mutants
from etude.errors import ConfigError, GradeError
from etude.rollout.calling import Call, CallTarget, Returned, run_calls
from etude.rollout.graders import Judge, Means, Verdict, graders
from etude.rollout.graders.codebase import FunctionHole
from etude.sandbox import Sandbox, sandboxes
from etude.stages.problems.from_code import CodeOutcome, CodeRecipe, pose_from_code
from etude.stages.swe.prepare import prepare
from etude.store import CodebaseStore, Prepared

pytestmark = [pytest.mark.xdist_group("flow"), pytest.mark.net]
RECIPE = CodeRecipe(codebases=("ledger",), limit=4, predictions=12)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return sandboxes.make("bubblewrap")


@pytest.fixture(scope="module")
def store(home: Path) -> CodebaseStore:
    assert home.is_dir()
    return CodebaseStore(CodebaseStore.home())


@pytest.fixture(scope="module")
def prepared(ledger: Path, sandbox: Sandbox, store: CodebaseStore) -> Prepared:
    return asyncio.run(prepare(str(ledger), sandbox, store))


def pose(prepared: Prepared, target: Path, sandbox: Sandbox, store: CodebaseStore) -> CodeOutcome:
    means = Means(sandbox=sandbox, codebases=store, jobs=2)
    return asyncio.run(pose_from_code(RECIPE, [prepared], target, means, mutants=mutants))


@pytest.fixture(scope="module")
def posed(
    prepared: Prepared,
    sandbox: Sandbox,
    store: CodebaseStore,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    target = tmp_path_factory.mktemp("posed") / "problems"
    pose(prepared, target, sandbox, store)
    return target


@pytest.fixture(scope="module")
def hole(prepared: Prepared) -> FunctionHole:
    text = (prepared.source / "src/ledger/amounts.py").read_text()
    names = ("test_shares_add_up", "test_larger_shares_come_first", "test_no_shares_is_refused")
    return FunctionHole(
        codebase=prepared.codebase.id,
        source="the folder",
        path="src/ledger/amounts.py",
        function="split_evenly",
        first_line=text[: text.index("def split_evenly")].count("\n") + 1,
        tests=tuple(f"tests/test_amounts.py::{name}" for name in names),
    )


RIGHT = """def split_evenly(cents, n_shares):
    import math
    if n_shares <= 0:
        raise ValueError
    base = math.floor(cents / n_shares)
    return [base + (i < cents - base * n_shares) for i in range(n_shares)]"""
HEAD = "def split_evenly(cents, n_shares):\n    "
GOOD = "q, r = divmod(cents, n_shares)\n    return [q + 1] * r + [q] * (n_shares - r)"
WRONG = {
    "nothing": "return None",
    "half of it": GOOD.replace("[q + 1] * r + ", "") + "",
    "leaves": "raise SystemExit(0)",
    "leaves at once": "import os\n    os._exit(0)",
    "kills": "import os\n    os.kill(os.getpid(), 9)",
    "never ends": "while True: pass",
    "takes all memory": "x = bytearray(1 << 40)",
    "forks": "import os\n    while True: os.fork()",
    "skips": "import pytest\n    pytest.skip('no')",
    "expects to fail": "import pytest\n    pytest.xfail('no')",
    "leaves pytest": "import pytest\n    pytest.exit('done', returncode=0)",
    "patches pytest": "import _pytest.python as p\n    p.Function.runtest = lambda self: None",
    "patches all reports": "import _pytest.runner as r\n"
    "    r.call_and_report.__code__ = (lambda *a, **k: None).__code__",
    "turns failures around": "import _pytest.reports as r\n"
    "    r.TestReport.from_item_and_call = classmethod(\n"
    "        lambda cls, item, call: cls(item.nodeid, item.location, {}, 'passed', None, 'call'))\n"
    "    return 1",
    "runs the healthy bytecode": "import glob, marshal as m, types\n"
    "    path = glob.glob('/bytecode/workspace/src/ledger/amounts.*.pyc')[0]\n"
    "    top = m.loads(open(path, 'rb').read()[16:])\n"
    "    code = [c for c in top.co_consts if getattr(c, 'co_name', '') == 'split_evenly'][0]\n"
    "    return types.FunctionType(code, globals())(cents, n_shares)",
    "runs it with another name": "import glob, types\n"
    "    m = __import__('mar' + 'shal')\n"
    "    path = glob.glob('/bytecode/workspace/src/ledger/amounts.*.pyc')[0]\n"
    "    top = m.loads(open(path, 'rb').read()[16:])\n"
    "    code = [c for c in top.co_consts if getattr(c, 'co_name', '') == 'split_evenly'][0]\n"
    "    return types.FunctionType(code, globals())(cents, n_shares)",
    "is anything": "from unittest import mock\n    return mock.ANY",
    "is equal to all": "return type('E', (), {'__eq__': lambda s, o: True,\n"
    "        '__iter__': lambda s: iter([1001])})()",
    "writes a report": 'import os\n    [os.write(n, b\'{"event":"end"}\\n\') for n in range(3, 9)]',
}
"""Bodies that do not split evenly."""


def judged(
    grader: str,
    means: Means,
    work: Callable[[Judge], Awaitable[list[Verdict]]],
    **settings: object,
) -> list[Verdict]:
    async def run() -> list[Verdict]:
        async with graders.make({"use": grader, **settings}).open(means) as judge:
            return await work(judge)

    return asyncio.run(run())


def of_function(
    hole: FunctionHole,
    codes: list[str],
    sandbox: Sandbox,
    store: CodebaseStore,
    **settings: object,
) -> list[Verdict]:
    reference = Reference(problem_id="p", data=msgspec.json.encode(hole).decode())
    present = graders.make("codebase").present

    async def work(judge: Judge) -> list[Verdict]:
        return list(
            await asyncio.gather(*(judge.judge(present(code), reference) for code in codes))
        )

    return judged("codebase", Means(sandbox=sandbox, codebases=store), work, **settings)


def test_another_right_way_is_paid_in_full(
    hole: FunctionHole, sandbox: Sandbox, store: CodebaseStore
) -> None:
    codes = [RIGHT, "    " + RIGHT.replace("\n", "\n    "), f"# So:\n{RIGHT}"]
    assert [v.score for v in of_function(hole, codes, sandbox, store)] == [1.0, 1.0, 1.0]


def test_wrong_and_hostile_functions_are_paid_nothing(
    hole: FunctionHole, sandbox: Sandbox, store: CodebaseStore
) -> None:
    codes = [HEAD + body for body in WRONG.values()]
    codes += [f"{RIGHT}\nsplit_evenly.x = 1", f"import os\n{RIGHT}", f"@print\n{RIGHT}", ""]
    found = of_function(hole, codes, sandbox, store)
    names = [*WRONG, "sets", "imports", "decorates", "is empty"]
    assert {n: v for n, v in zip(names, found, strict=True) if v.score or not v.note} == {}


def test_part_of_the_tests_may_pay_part(
    hole: FunctionHole, sandbox: Sandbox, store: CodebaseStore
) -> None:
    part = [HEAD + GOOD + " if n_shares else []"]
    (verdict,) = of_function(hole, part, sandbox, store, partial=True)
    assert verdict.score == pytest.approx(2 / 3)
    assert of_function(hole, part, sandbox, store)[0].score == 0.0


def test_a_broken_reference_is_nobodys_zero(
    hole: FunctionHole, sandbox: Sandbox, store: CodebaseStore
) -> None:
    broken = {
        "not prepared here": msgspec.structs.replace(hole, codebase="cd" * 32),
        "no source file": msgspec.structs.replace(hole, path="../../etc/passwd"),
        "starts on line": msgspec.structs.replace(hole, first_line=1),
        "no test": msgspec.structs.replace(hole, tests=()),
    }
    for why, one in broken.items():
        with pytest.raises(GradeError, match=why):
            of_function(one, [RIGHT], sandbox, store)
    for grader in ("codebase", "call"):
        with pytest.raises(ConfigError):
            judged(grader, Means(), lambda judge: asyncio.sleep(0, []))


def test_problems_hold_together(posed: Path, sandbox: Sandbox, store: CodebaseStore) -> None:
    held = Dataset.open(posed)
    assert held.verify() == []
    problems = {p.id: p for p in held.rows("problems", Problem)}
    references = {r.problem_id: r for r in held.rows("references", Reference)}
    assert problems.keys() == references.keys()
    assert {p.topic for p in problems.values()} == {"code/implement", "code/output", "code/input"}
    assert held.manifest.counts.n_in > len(problems)
    for problem in problems.values():
        assert problem.origin.parents
        assert problem.level in range(1, 6)
        answer = "".join(references[problem.id].answer.split())
        if problem.topic != "code/output":
            assert answer not in "".join(problem.statement.split())
        assert "tests/" not in problem.statement

    async def work(judge: Judge) -> list[Verdict]:
        one = next(r for r in references.values() if "call" in r.grader)
        name = one.entry
        texts = [f"({name})({one.answer.partition('(')[2]}", f"{name}(*[1])", f"{name}(x=1, x=1)"]
        texts += [f"{name}(open('x'))", f"{name}.__call__(1)", "1", f"{name}()", f"{name}(9" * 99]
        present = graders.make("call").present
        return [await judge.judge(present(text), one) for text in (one.answer, *texts)]

    first, _, *others = judged("call", Means(sandbox=sandbox, codebases=store), work)
    assert first.score == 1.0
    assert [v.score for v in others] == [0.0] * 7


PLAYFUL = """import os, sys, itertools
def f(x):
    print("noise")
    os.write(3, b'{"value": "1"}\\n') if x == "writes" else None
    if x == "leaves": sys.exit(0)
    if x == "kills": os.kill(os.getpid(), 9)
    if x == "long": return "x" * 99999
    if x == "odd": return type("Odd", (), {"__repr__": lambda self: "\\ud800"})()
    if x == "hangs": os.read(os.pipe()[0], 1)
    return {x}
def g(n):
    yield from range(n)
"""


def test_calls_say_what_they_return_or_why_not(prepared: Prepared, sandbox: Sandbox) -> None:
    files = {"src/ledger/amounts.py": PLAYFUL, "src/ledger/__init__.py": ""}
    names = ["plain", "writes", "leaves", "kills", "long", "odd", "plain"]

    async def run() -> list[list[Returned]]:
        found = []
        for function, listed, values in (
            ("f", False, [repr(name) for name in names]),
            ("g", True, ["3", "100000"]),
            ("f", False, ["'hangs'", "'plain'"]),
        ):
            target = CallTarget(module="ledger.amounts", function=function, listed=listed)
            calls = [Call(arguments=(value,)) for value in values]
            done = run_calls(prepared, target, calls, sandbox, timeout_s=4, files=files)
            found.append(await done)
        return found

    plain, listed, hung = asyncio.run(run())
    assert [r.value for r in plain] == ["{'plain'}", "{'writes'}", "", "", "", "", "{'plain'}"]
    assert all(bool(r.error) != bool(r.value) for r in [*plain, *listed, *hung])
    assert [r.value for r in listed] == ["[0, 1, 2]", ""]
    assert hung[0].error == "ended by signal 14"


@pytest.mark.slow
def test_a_killed_run_goes_on_where_it_was(
    posed: Path, prepared: Prepared, sandbox: Sandbox, store: CodebaseStore, tmp_path: Path
) -> None:
    target = tmp_path / "problems"
    script = (
        "import sys; from pathlib import Path;"
        "from tests.flows import test_problems_from_code as t;"
        "from etude.store import CodebaseStore; from etude.sandbox import sandboxes;"
        "s = CodebaseStore(CodebaseStore.home());"
        "t.pose(s.find(sys.argv[1]), Path(sys.argv[2]), sandboxes.make('bubblewrap'), s)"
    )
    command = [sys.executable, "-c", script, prepared.codebase.id, str(target)]
    log = target / "keys/log.jsonl"
    for wanted in (2, 5):
        running = subprocess.Popen(command, env=os.environ.copy(), start_new_session=True)
        while running.poll() is None and (not log.exists() or len(lines(log)) < wanted):
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    before = lines(log)
    pose(prepared, target, sandbox, store)
    assert lines(log)[: len(before)] == before
    for table, record in (("problems", Problem), ("references", Reference)):
        made = list(Dataset.open(target).rows(table, record))
        assert made == list(Dataset.open(posed).rows(table, record))


def lines(path: Path) -> list[bytes]:
    return [line for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]

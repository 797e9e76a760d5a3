"""Programs judged in real boxes: right ones are paid; broken tests are nobody's zero."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from etude import CodeTest, Reference
from etude.errors import ConfigError, EtudeError, GradeError
from etude.rollout.graders import Means, Verdict, graders
from etude.sandbox import Sandbox

Case = tuple[str, Sequence[CodeTest]]


def call(given: str, wanted: str) -> CodeTest:
    return CodeTest(kind="call", given=given, wanted=wanted)


def unit(code: str) -> CodeTest:
    return CodeTest(kind="unit", given=code)


def stdin(given: str, wanted: str) -> CodeTest:
    return CodeTest(kind="stdin", given=given, wanted=wanted)


def judged(
    sandbox: Sandbox, cases: Mapping[str, Case], entry: str = "f", **settings: object
) -> dict[str, Verdict | EtudeError]:
    """Judge the program of each case against its tests."""
    if not type(sandbox).__module__.endswith("bubblewrap"):
        pytest.skip("no box can be opened here")
    grader = graders.make({"use": "code", **settings})

    async def judge_all() -> dict[str, Verdict | EtudeError]:
        async with grader.open(Means(sandbox=sandbox)) as judge:

            async def one(name: str, program: str, tests: Sequence[CodeTest]) -> object:
                reference = Reference(problem_id=name, tests=tuple(tests), entry=entry)
                try:
                    return await judge.judge(grader.present(program), reference)
                except EtudeError as fault:
                    return fault

            found = await asyncio.gather(*(one(name, *case) for name, case in cases.items()))
            return dict(zip(cases, found, strict=True))  # type: ignore[arg-type]

    return asyncio.run(judge_all())


def scores(found: dict[str, Verdict | EtudeError]) -> dict[str, float | str]:
    return {
        name: verdict.score if isinstance(verdict, Verdict) else repr(verdict)
        for name, verdict in found.items()
    }


RIGHT: dict[str, Case] = {
    "a call": ("def f(x, y=1): return x + y\n", [call("f(1)", "2"), call("f(1, y=4)", "5")]),
    "a method of a class Solution": (
        "class Solution:\n    def f(self, x): return x\n",
        [call("f([1, 2])", "[1, 2]"), unit("assert f(7) == 7")],
    ),
    "tables of the standard library": (
        "from collections import *\ndef f(x): return [Counter(x), defaultdict(int, a=1)]\n",
        [call("f('aab')", "[{'a': 2, 'b': 1}, {'a': 1}]")],
    ),
    "values of every plain type": (
        "def f():\n    return [None, True, -3, 1 << 200, 0.1, 1j, 'é', b'a', (1,), {2}, {3: ()},"
        " frozenset([4]), range(3)]\n",
        [
            call(
                "f()",
                "[None, True, -3, 1 << 200, 0.1, 1j, 'é', b'a', (1,), {2}, {3: ()}, frozenset({4}),"
                " range(0, 3)]".replace("1 << 200", str(1 << 200)),
            )
        ],
    ),
    "a program that reads and prints": (
        "import sys\nfor line in sys.stdin:\n    print(sum(map(int, line.split())))\n",
        [stdin("1 2\n3 4\n", "3\n7\n"), stdin("", "")],
    ),
    "a program in threads that ends with exit": (
        "import sys, threading\nthreading.stack_size(1 << 26)\nsys.setrecursionlimit(10 ** 6)\n"
        "def main():\n    print(deep(20000))\ndef deep(n): return n and 1 + deep(n - 1)\n"
        "if __name__ == '__main__':\n    threading.Thread(target=main).start()\n    exit()\n",
        [stdin("", "20000")],
    ),
    "a program that reads the descriptor itself": (
        "import os\nos.write(1, open(0).read().upper().encode())\n",
        [stdin("abc", "ABC")],
    ),
    "a check of a candidate": (
        "def f(x): return sorted(x)\n",
        [
            unit(
                "import random\ndef check(candidate):\n    for _ in range(50):\n"
                "        given = [random.random() for _ in range(5)]\n"
                "        assert candidate(given) == sorted(given), 'wrong'\n"
                "    assert candidate([]) == []\ncheck(f)"
            )
        ],
    ),
    "an argument changed in place": (
        "def f(x): x.sort()\n",
        [unit("x = [3, 1, 2]\nassert f(x) is None\nassert x == [1, 2, 3]")],
    ),
    "an exception that is wanted": (
        "class Mine(ValueError): pass\ndef f(x): raise Mine('no ' + x)\n",
        [unit("try:\n    f('a')\nexcept ValueError as e:\n    assert str(e) == 'no a'\n"
              "else:\n    assert False")],
    ),
    "a generator": ("def f(n):\n    yield from range(n)\n", [unit("assert [*f(2)] == [0, 1]")]),
    "an object that is handed back": (
        "class f:\n    def __init__(self, x): self.x = x\n    def twice(self): return 2 * self.x\n",
        [unit("made = f(4)\nassert made.x == 4\nassert made.twice() == 8")],
    ),
    "an iterator that is handed back": (
        "def f(x):\n    return iter([x]) if isinstance(x, int) else sum(x)\n",
        [unit("assert f(f(4)) == 4\nassert f([f(1), f(2)][0]) == 1")],
    ),
    "an object that the test fills": (
        "class f: pass\n",
        [unit("made = f()\nmade.x = f()\nmade.x.y = [1]\nassert made.x.y == [1]")],
    ),
    "types handed over": ("def f(x, t): return t(x)\n", [unit("assert f('3', int) == 3")]),
    "a property": (
        "def f(a, b): return a * b\n",
        [
            CodeTest(
                kind="property",
                given="def inputs(rng):\n"
                "    return [(rng.randrange(-9, 9), rng.random()) for _ in range(20)]",
                wanted="def holds(arguments, result):\n    a, b = arguments\n"
                "    return abs(result - a * b) < 1e-9",
            )
        ],
    ),
    "all kinds at once": (
        "def f(x): return x\nif __name__ == '__main__':\n    print(f(input()))\n",
        [call("f(1)", "1"), stdin("a", "a"), unit("assert f(2) == 2")],
    ),
}  # fmt: skip


def test_right_programs_are_paid(sandbox: Sandbox) -> None:
    assert scores(judged(sandbox, RIGHT)) == dict.fromkeys(RIGHT, 1.0)


WRONG: dict[str, Case] = {
    "another value": ("def f(x): return x\n", [call("f(1)", "1"), call("f(2)", "1")]),
    "a tuple for a list": ("def f(x): return (x,)\n", [call("f(1)", "[1]")]),
    "a list one too long": ("def f(x): return [x, x]\n", [call("f(1)", "[1]")]),
    "an iterator for a list": (
        "def f(x): return (n for n in [x])\n",
        [call("f(1)", "[1]")],
    ),
    "an iterator for a list, in code": (
        "def f(x): return [(n for n in [x])]\n",
        [unit("assert f(1) == [[1]]")],
    ),
    "no return": ("def f(x): x\n", [unit("assert f(1) == 1")]),
    "another name": ("def g(x): return x\n", [unit("assert f(1) == 1"), call("f(1)", "1")]),
    "right output and an exception": ("print(1)\nraise ValueError\n", [stdin("", "1")]),
    "right output and a status": ("print(1)\nexit(3)\n", [stdin("", "1")]),
    "some properties": (
        "def f(a): return abs(a)\n",
        [
            CodeTest(
                kind="property",
                given="def inputs(rng):\n    return [(1,), (2,), (-3,)]",
                wanted="def holds(arguments, result):\n    return result == arguments[0]",
            )
        ],
    ),
    "a swallowed end of the program": (
        "import os\ndef f(x): os._exit(0)\n",
        [unit("try:\n    f(1)\nexcept:\n    pass")],
    ),
}


def test_wrong_programs_are_not_paid(sandbox: Sandbox) -> None:
    assert scores(judged(sandbox, WRONG)) == dict.fromkeys(WRONG, 0.0)


BROKEN: dict[str, Case] = {
    "no tests": ("def f(x): return x\n", []),
    "a test that cannot be compiled": ("def f(x): return x\n", [unit("assert f(1) ==")]),
    "a test that never calls the program": ("def f(x): return x\n", [unit("assert True")]),
    "a test that fails by itself": ("def f(x): return x\n", [unit("import nowhere\nassert f(1)")]),
    "a test of a name that is not the program's": (
        "import math\ndef f(x): return x\n",
        [unit("assert math.isclose(f(1), 1)")],
    ),
    "a test that hands a function over": (
        "def f(x): return x(1)\n",
        [unit("assert f(lambda x: x) == 1")],
    ),
    "a wanted value that is no literal": ("def f(x): return x\n", [call("f(1)", "open('x')")]),
    "a call that is none": ("def f(x): return x\n", [call("1 + 1", "2")]),
}


def test_broken_tests_are_faults_and_no_zeros(sandbox: Sandbox) -> None:
    found = judged(sandbox, BROKEN)
    assert {name: type(verdict) for name, verdict in found.items()} == dict.fromkeys(
        BROKEN, GradeError
    )


def test_code_tests_without_an_entry_are_a_fault(sandbox: Sandbox) -> None:
    found = judged(sandbox, {"it": ("def f(x): return x\n", [unit("assert f(1) == 1")])}, entry="")
    assert isinstance(found["it"], GradeError)


def test_the_share_of_tests_is_paid_when_asked_for(sandbox: Sandbox) -> None:
    tests = [call(f"f({n})", "1") for n in range(1, 5)]
    tests += [unit("assert f(1) == 1"), unit("assert f(2) == 1")]
    found = judged(sandbox, {"it": ("def f(x): return x\n", tests)}, partial=True)
    assert found["it"] == Verdict(2 / 6, "test 2 of 6: gave another value")


def test_all_tests_count_however_many_there_are(sandbox: Sandbox) -> None:
    tests = [call(f"f({n})", str(n)) for n in range(40)]
    cases = {
        "right": ("def f(x): return x\n", tests),
        "wrong at the end": ("def f(x): return min(x, 38)\n", tests),
    }
    assert scores(judged(sandbox, cases)) == {"right": 1.0, "wrong at the end": 0.0}


def test_a_program_may_use_no_more_than_its_limits(sandbox: Sandbox) -> None:
    cases = {
        "time": ("while True: pass\n", [stdin("", "")]),
        "memory": ("x = bytearray(1 << 30)\nprint(1)\n", [stdin("", "1")]),
        "output": ("print('1\\n' * 10000000)\n", [stdin("", "1")]),
    }
    found = judged(sandbox, cases, time_s=0.5, memory_bytes=200 << 20)
    assert scores(found) == dict.fromkeys(cases, 0.0)


def test_one_program_finds_nothing_of_another(sandbox: Sandbox) -> None:
    program = (
        "import os\nfound = []\nfor folder in ('/workspace', '/tmp', '/dev/shm'):\n"
        "    found += os.listdir(folder)\n    open(folder + '/left', 'w')\n"
        "print(len(found))\n"
    )
    cases = {f"{n}": (program, [stdin("", "0")]) for n in range(4)}
    assert scores(judged(sandbox, cases)) == dict.fromkeys(cases, 1.0)


def test_a_judge_without_a_sandbox_says_what_is_missing() -> None:
    async def open_it() -> None:
        async with graders.make("code").open(Means()):
            pass

    with pytest.raises(ConfigError, match="sandbox"):
        asyncio.run(open_it())


def test_a_response_without_a_program_is_not_paid(sandbox: Sandbox) -> None:
    found = judged(sandbox, {"it": (" ", [stdin("", "1")])}, place="whole")
    assert found["it"] == Verdict(0.0, "the response holds no closed block of python")

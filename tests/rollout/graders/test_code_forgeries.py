"""Programs that do not solve the problem and try to be paid all the same: each must score zero.

None may cause a fault either: a verdict that is missing is left out of averages, which pays too.
"""

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from etude import CodeTest, Reference
from etude.errors import EtudeError
from etude.rollout.graders import Means, graders
from etude.sandbox import Sandbox

WANTED = 7046029254386353131
UNIT = (
    CodeTest(kind="unit", given=f"found = f(3)\nassert found == {WANTED}, found\n"),
    CodeTest(
        kind="unit",
        given=f"def check(candidate):\n    assert abs(candidate(3) - {WANTED}) < 1\n\ncheck(f)\n",
    ),
)
CALL = (CodeTest(kind="call", given="f(3)", wanted=str(WANTED)),)
STDIN = (CodeTest(kind="stdin", given="3\n", wanted=f"{WANTED}\n"),)
PROPERTY = (
    CodeTest(
        kind="property",
        given="def inputs(rng):\n    return [(rng.randrange(100),) for _ in range(5)]\n",
        wanted=f"def holds(arguments, result):\n    return result == arguments[0] + {WANTED}\n",
    ),
)
HUNT = r"""
import glob, os, re, sys
def hunt(data):
    text = data if isinstance(data, str) else data.decode('latin-1')
    for found in re.findall('[0-9]{15,}', text):
        if int(found) == int('7046029254386353130') + 1:
            return int(found)
"""
ALWAYS = """
class Always(BASE):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __sub__
    def __lt__(self, other): return True
    __le__ = __gt__ = __ge__ = __lt__
    def __abs__(self): return self
    def __hash__(self): return 0
    def __float__(self): return 0.0
    def __index__(self): return 0
    def __getattr__(self, name): return self
    def __call__(self, *given): return self
def f(x): return Always()
"""
FORGERIES: dict[str, str] = {
    "leaves when imported": "import os\nos._exit(0)\n",
    "leaves when called": "import os\ndef f(x): os._exit(0)\n",
    "exits when imported": "import sys\nsys.exit(0)\n",
    "exits when called": "import sys\ndef f(x): sys.exit(0)\n",
    "exits at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef f(x): return 0\n",
    "prints that it passed": "print('OK\\n1 passed\\npass')\ndef f(x): print('pass'); exit(0)\n",
    "is interrupted": "def f(x): raise KeyboardInterrupt\n",
    "raises what nobody catches": "class E(BaseException): pass\ndef f(x): raise E\n",
    "raises as if a name were missing": "def f(x): raise NameError('f is not defined')\n",
    "raises as if a package were missing": "def f(x): raise ImportError('numpy')\n",
    "raises an assertion": "def f(x): raise AssertionError\n",
    "raises what cannot be told": (
        "class E(Exception):\n    def __str__(self): raise E\ndef f(x): raise E()\n"
    ),
    "equals everything": ALWAYS.replace("BASE", "object"),
    "is a number that equals everything": ALWAYS.replace("BASE", "int"),
    "is a float that equals everything": ALWAYS.replace("BASE", "float"),
    "is a text that equals everything": ALWAYS.replace("BASE", "str"),
    "is a list that equals everything": ALWAYS.replace("BASE", "list"),
    "is named like a number": (
        "class int(int):\n    def __eq__(self, other): return True\n"
        "int.__qualname__ = int.__name__ = 'int'\nint.__module__ = 'builtins'\n"
        "def f(x): return int(5)\n"
    ),
    "is called a table and equals everything": (
        "class Counter(dict):\n    def __eq__(self, other): return True\n"
        "Counter.__module__ = 'collections'\ndef f(x): return Counter()\n"
    ),
    "changes builtins": (
        "import builtins\nbuiltins.AssertionError = type('E', (), {})\n"
        "builtins.abs = lambda x: 0\nbuiltins.compile = lambda *a, **k: None\n"
        "def f(x): return 0\n"
    ),
    "traces the test": (
        "import sys\ndef trace(frame, event, arg):\n"
        "    try: frame.f_lineno += 1\n    except Exception: pass\n    return trace\n"
        "sys.settrace(trace)\nframe = sys._getframe()\n"
        "while frame: frame.f_trace = trace; frame = frame.f_back\ndef f(x): return 0\n"
    ),
    "reads its callers": HUNT + (
        "def f(x):\n    frame = sys._getframe()\n    while frame:\n"
        "        said = repr((frame.f_code.co_consts, frame.f_locals, frame.f_globals))\n"
        "        if hunt(said): return hunt(said)\n        frame = frame.f_back\n"
    ),
    "searches memory for objects": HUNT + (
        "import gc\ndef f(x):\n    for one in gc.get_objects():\n"
        "        try: said = repr(one)\n        except BaseException: continue\n"
        "        if hunt(said): return hunt(said)\n"
    ),
    "searches the bytes of its own memory": HUNT + (
        "def f(x):\n    with open('/proc/self/maps') as maps, open('/proc/self/mem','rb') as mem:\n"
        "        for line in maps:\n            if ' rw' not in line: continue\n"
        "            start, stop = (int(n, 16) for n in line.split()[0].split('-'))\n"
        "            try: mem.seek(start); said = mem.read(stop - start)\n"
        "            except (OSError, ValueError, OverflowError): continue\n"
        "            if hunt(said): return hunt(said)\n"
    ),
    "reads all that other processes show": HUNT + (
        "def f(x):\n    names = 'cmdline environ mem maps stack fd/* fdinfo/* task/*/mem'.split()\n"
        "    for name in names:\n        for path in glob.glob('/proc/[0-9]*/' + name):\n"
        "            try:\n                fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK)\n"
        "                said = os.pread(fd, 1 << 22, 0)\n"
        "            except OSError: continue\n            if hunt(said): return hunt(said)\n"
    ),
    "reads the memory of other processes": HUNT + (
        "import ctypes\ndef f(x):\n    for path in glob.glob('/proc/[0-9]*/maps'):\n"
        "        pid = path.split('/')[2]\n        if pid == str(os.getpid()): continue\n"
        "        try:\n            for line in open(path):\n"
        "                a, b = (int(n, 16) for n in line.split()[0].split('-'))\n"
        "                with open(f'/proc/{pid}/mem', 'rb') as mem:\n"
        "                    mem.seek(a); said = mem.read(b - a)\n"
        "                if hunt(said): return hunt(said)\n        except (OSError, ValueError):\n"
        "            continue\n"
    ),
    "reads every file it can": HUNT + (
        "def f(x):\n    for top in ('/workspace', '/tmp', '/dev/shm', '/etude', '/var'):\n"
        "        for folder, _, names in os.walk(top):\n            for name in names:\n"
        "                try: said = open(os.path.join(folder, name), 'rb').read()\n"
        "                except OSError: continue\n"
        "                if hunt(said): return hunt(said)\n"
    ),
    "writes into every descriptor": (
        "import os\ndef f(x):\n    for fd in range(3, 64):\n        for line in (b'0 ended 2\\nV1',"
        " b'start\\n', b'x pass\\n', b'\\0\\0\\0\\3V1;'):\n            try: os.write(fd, line)\n"
        "            except OSError: pass\n    return 0\n"
    ),
    "writes into the descriptors of others": (
        "import glob, os\ndef f(x):\n    for path in glob.glob('/proc/[0-9]*/fd/*'):\n"
        "        try: fd = os.open(path, os.O_WRONLY | os.O_NONBLOCK)\n"
        "        except OSError: continue\n"
        "        for line in (b'start\\n0 ended 2\\nV1', b'pass '):\n"
        "            try: os.write(fd, line)\n            except OSError: pass\n    return 0\n"
    ),
    "kills its parent": "import os\ndef f(x): os.kill(os.getppid(), 9)\n",
    "kills everything": "import os\ndef f(x): os.kill(-1, 9)\n",
    "kills everything when imported": "import os\nos.kill(-1, 9)\n",
    "interrupts everything": "import os\ndef f(x):\n    os.kill(-1, 2)\n    return 0\n",
    "limits the examiner": (
        "import os, resource\ndef f(x):\n    for pid in map(int, filter(str.isdigit, "
        "os.listdir('/proc'))):\n        for kind in (resource.RLIMIT_AS, resource.RLIMIT_NOFILE,"
        " resource.RLIMIT_FSIZE):\n            try: resource.prlimit(pid, kind, (0, 0))\n"
        "            except OSError: pass\n    return 0\n"
    ),
    "changes what packs its values": (
        "import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.endswith('values'):\n        module.pack = lambda *a, **k: b'T'\n"
        "        module._simple = lambda value: b'h0;'\ndef f(x): return 0\n"
    ),
    "answers before it is asked": (
        "import os\nfor n in range(1, 9):\n    said = b'%d Vl2;Tl0;' % n\n"
        "    try: os.write(4, len(said).to_bytes(4, 'big') + said)\n    except OSError: pass\n"
        "def f(x): return 0\n"
    ),
    "answers with rubbish": (
        "import os\ndef f(x):\n    for said in (b'1 Vl2;h0;l0;', b'1 Vl999999999999;', b'1 R:', "
        "b'1 Rint,:x', b'1 V' + b'l1;' * 100000):\n"
        "        os.write(4, len(said).to_bytes(4, 'big') + said)\n    return 0\n"
    ),
    "answers without an end": (
        "import os\ndef f(x):\n    while True: os.write(4, b'\\xff\\xff\\xff\\xff' * 1000)\n"
    ),
    "forks and answers twice": "import os\ndef f(x): return os.fork()\n",
    "gives iterators": "def f(x): return [iter([x]), map(f, [1])]\n",
    "gives itself back": "def f(x): return f\n",
    "gives a module": "import os\ndef f(x): return os\n",
    "gives a value nested without end": (
        "def f(x):\n    top = []\n    top.append(top)\n    return top\n"
    ),
    "gives a value nested deeply": (
        "def f(x):\n    top = []\n    for _ in range(100000): top = [top]\n    return top\n"
    ),
    "gives an iterator without end": "def f(x): return (n for n in iter(int, 1))\n",
    "fills memory": "def f(x): return bytearray(1 << 32)\n",
    "cannot be compiled": "def f(x) return 0\n",
    "is nested too deeply to compile": "x = " + "(" * 5000 + ")" * 5000 + "\n",
    "holds a zero byte": "def f(x): return 0\0\n",
    "holds half a character": "def f(x): return '\ud800'\n",
    "defines nothing": "x = 1\n",
    "gives not a number": "def f(x): return float('nan')\n",
    "gives infinity": "def f(x): return float('inf')\n",
    "gives true": "def f(x): return True\n",
    "gives nothing": "def f(x): pass\n",
}  # fmt: skip
SLOW: dict[str, str] = {
    "never ends": "def f(x):\n    while True: pass\n",
    "sleeps": "import time\ndef f(x): time.sleep(1000)\n",
    "stops everything": "import os\ndef f(x):\n    os.kill(-1, 19)\n    return 0\n",
    "forks without end": "import os\ndef f(x):\n    while True:\n        try: os.fork()\n"
    "        except OSError: pass\n",
    "matches without end": "import re\ndef f(x): return re.match('(a+)+$', 'a' * 50 + 'b')\n",
}
PRINTERS: dict[str, str] = {
    "prints without end": "while True: print('7' * 10000)\n",
    "prints nothing": "pass\n",
    "prints half and is killed": "import os\nprint(7)\nos.kill(os.getpid(), 9)\n",
    "prints into the report": (
        "import glob, os\nfor path in glob.glob('/proc/[0-9]*/fd/*'):\n"
        "    try: os.write(os.open(path, os.O_WRONLY | os.O_NONBLOCK), b'0 ended 1\\n7')\n"
        "    except OSError: pass\n"
    ),
    "reports a size that is not there": (
        "import os\nfd = os.open(f'/proc/{os.getppid()}/fd/3', os.O_WRONLY)\n"
        "os.write(fd, b'0 ended 99999999999999999999\\n7')\nos.kill(os.getppid(), 9)\n"
    ),
    "kills its parent": "import os\nos.kill(os.getppid(), 9)\n",
    "exits before it prints": "import os\nos._exit(0)\n",
    "looks for what is wanted": HUNT + (
        "for path in glob.glob('/proc/[0-9]*/fd/*'):\n"
        "    try: said = os.pread(os.open(path, os.O_RDONLY | os.O_NONBLOCK), 1 << 22, 0)\n"
        "    except OSError: continue\n    if hunt(said): print(hunt(said))\n"
    ),
}  # fmt: skip


def scores(
    programs: Mapping[str, str], tests: Sequence[CodeTest], sandbox: Sandbox
) -> dict[str, object]:
    """Judge each program; a fault stands where there is no verdict."""
    if not type(sandbox).__module__.endswith("bubblewrap"):
        pytest.skip("no box can be opened here")
    grader = graders.make({"use": "code", "time_s": 2.0, "memory_bytes": 256 << 20})
    reference = Reference(problem_id="p", tests=tuple(tests), entry="f")

    async def judge_all() -> dict[str, object]:
        async with grader.open(Means(sandbox=sandbox, jobs=2)) as judge:

            async def one(program: str) -> object:
                try:
                    return (await judge.judge(grader.present(program), reference)).score
                except EtudeError as fault:
                    return repr(fault)

            found = await asyncio.gather(*(one(program) for program in programs.values()))
            return dict(zip(programs, found, strict=True))

    return asyncio.run(judge_all())


HONEST = {"honest": f"def f(x):\n    return {WANTED} + x - 3\n"}


def test_no_forgery_is_paid_by_tests_that_are_code(sandbox: Sandbox) -> None:
    expected = dict.fromkeys(FORGERIES, 0.0) | {"honest": 1.0}
    assert scores(FORGERIES | HONEST, UNIT, sandbox) == expected


def test_no_forgery_is_paid_where_values_are_compared(sandbox: Sandbox) -> None:
    expected = dict.fromkeys(FORGERIES, 0.0) | {"honest": 1.0}
    assert scores(FORGERIES | HONEST, CALL, sandbox) == expected


def test_no_forgery_is_paid_by_properties(sandbox: Sandbox) -> None:
    chosen = list(FORGERIES)[::4]
    programs = {name: FORGERIES[name] for name in chosen}
    honest = {"honest": f"def f(x):\n    return x + {WANTED}\n"}
    expected = dict.fromkeys(programs, 0.0) | {"honest": 1.0}
    assert scores(programs | honest, PROPERTY, sandbox) == expected


def test_no_forgery_is_paid_for_what_is_printed(sandbox: Sandbox) -> None:
    honest = {"honest": f"print({WANTED} - 3 + int(input()))\n"}
    expected = dict.fromkeys(PRINTERS, 0.0) | {"honest": 1.0}
    assert scores(PRINTERS | honest, STDIN, sandbox) == expected


@pytest.mark.slow
def test_no_program_that_outlives_its_time_is_paid(sandbox: Sandbox) -> None:
    for tests in (UNIT, CALL):
        assert scores(SLOW, tests, sandbox) == dict.fromkeys(SLOW, 0.0)

"""Files in the layouts of others, small and made here, become problems; what is broken is told."""

import asyncio
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from etude import BrokenRecord, CodeTest, Reference
from etude.errors import ConfigError
from etude.rollout.graders import Means, graders
from etude.sandbox import sandboxes
from etude.stages.problems.sources import Taken, sources

Record = dict[str, object]

GSM8K: Record = {
    "question": "Ada has 3 boxes of 400 pins and sells 5. How many are left?",
    "answer": "She has 3*400=<<3*400=1200>>1200 pins.\nSo 1200-5=<<1200-5=1195>>1195.\n#### 1,195",
}
MATH: Record = {
    "problem": "What is $\\frac12 + \\frac13$?",
    "level": "Level 3",
    "type": "Prealgebra",
    "solution": "Not \\boxed{1}. It is $\\frac36+\\frac26 = \\boxed{\\frac{5}{6}}$.",
}
MBPP: Record = {
    "task_id": 7,
    "text": "Write a function to add up a list.",
    "code": "def total(xs):\r\n  return sum(xs)",
    "test_list": ["assert total([1, 2]) == 3", "assert total([]) == 0", "assert not total([0])"],
    "test_setup_code": "",
    "challenge_test_list": ["assert total([-1, 1]) == 0"],
}
SANITISED: Record = {
    "source_file": "x",
    "task_id": 8,
    "prompt": "Write a function to take the square root.",
    "code": "import math\ndef root(x):\n  return math.sqrt(x)",
    "test_imports": ["import math"],
    "test_list": ["assert math.isclose(root(2), 1.41421356, rel_tol=1e-6)"],
}
HUMANEVAL: Record = {
    "task_id": "HumanEval/0",
    "prompt": "import math\n\ndef half(x):\n    return x / 2\n\ndef near(x: float) -> float:\n"
    '    """ Find y with half(y) = x. """\n',
    "entry_point": "near",
    "canonical_solution": "    return math.fabs(2) * x\n",
    "test": "METADATA = {}\n\ndef check(candidate):\n    for x in range(5):\n"
    "        assert math.fabs(half(candidate(x)) - x) < 1e-6\n    assert True, 'end'\n",
}
APPS_STDIN: Record = {
    "problem_id": 1,
    "question": "Add two numbers.",
    "solutions": json.dumps(["print(sum(map(int, input().split())))", "x"]),
    "input_output": json.dumps({"inputs": ["1 2\n", ["3 4"]], "outputs": ["3\n", ["7"]]}),
    "difficulty": "interview",
    "url": "",
    "starter_code": "",
}
APPS_CALL: Record = {
    "id": 2,
    "question": "Where do two numbers stand?",
    "solutions": json.dumps(
        ["class Solution:\n    def places(self, xs, y):\n        return (xs.index(y), -1)\n"]
    ),
    "input_output": json.dumps(
        {"fn_name": "places", "inputs": [[[4, 5], 5], [["a"], "a"]], "outputs": [[1, -1], [0, -1]]}
    ),
    "difficulty": "introductory",
    "starter_code": "class Solution:\n    def places(self, xs, y):\n",
}
_CASES = {"fn_name": "places", "inputs": [[[4, 5], 5], [["a"], "a"]]}
WRAPPED: Record = {
    **APPS_CALL,
    "input_output": json.dumps({**_CASES, "outputs": [[[1, -1]], [[0, -1]]]}),
}


def write(path: Path, records: Sequence[object]) -> Path:
    """Write records as the name of the file says."""
    name = path.name
    if ".parquet" in name:
        pq.write_table(pa.Table.from_pylist(list(records)), path)
        data = path.read_bytes()
    elif ".jsonl" in name:
        data = b"".join(msgspec.json.encode(record) + b"\n" for record in records)
    else:
        data = msgspec.json.encode(records)
    if name.endswith(".gz"):
        data = gzip.compress(data)
    elif name.endswith(".zst"):
        data = zstandard.compress(data)
    path.write_bytes(data)
    return path


def read(spec: str | dict[str, object], path: Path) -> list[Taken | BrokenRecord]:
    return list(sources.make(spec).read(path))


def read_one(spec: str | dict[str, object], record: Record, folder: Path) -> Taken:
    (found,) = read(spec, write(folder / "one.jsonl", [record]))
    assert isinstance(found, Taken), found
    return found


@pytest.mark.parametrize(
    "name",
    ["a.json", "a.jsonl", "a.parquet", "a.json.gz", "a.jsonl.gz", "a.jsonl.zst", "a.json.zst",
     "a.parquet.gz"],
)  # fmt: skip
def test_every_kind_of_file_gives_the_same_problems(name: str, tmp_path: Path) -> None:
    other = {"question": "1 + 1?", "answer": "#### 2"}
    found = read("gsm8k", write(tmp_path / name, [GSM8K, other]))
    assert [one.answer for one in found if isinstance(one, Taken)] == ["1195", "2"]
    assert [one.place.split()[-1] for one in found if isinstance(one, Taken)] == ["1", "2"]


def test_gsm8k_keeps_the_answer_and_drops_annotations(tmp_path: Path) -> None:
    found = read_one("gsm8k", GSM8K, tmp_path)
    assert found.answer == "1195"
    assert found.solution == "She has 3*400=1200 pins.\nSo 1200-5=1195."


@pytest.mark.parametrize(
    ("solution", "answer"),
    [
        (MATH["solution"], "\\frac{5}{6}"),
        ("\\boxed{\\text{a} \\} b}", "\\text{a} \\} b"),
        ("It is $\\boxed 7$.", "7"),
        ("\\fbox{x}", "x"),
        ("\\boxed{1} or \\boxed{\\{1, 2\\}}", "\\{1, 2\\}"),
    ],
)
def test_math_answers_with_its_last_box(solution: str, answer: str, tmp_path: Path) -> None:
    found = read_one("math", {**MATH, "solution": solution}, tmp_path)
    assert (found.answer, found.level, found.topic) == (answer, 3, "prealgebra")


def test_math_reads_the_file_of_one_problem(tmp_path: Path) -> None:
    path = tmp_path / "1.json"
    path.write_text(json.dumps({**MATH, "level": "Level ?"}))
    (found,) = read("math", path)
    assert isinstance(found, Taken)
    assert found.level == 0


def test_mbpp_shows_one_test_and_keeps_the_others_hidden(tmp_path: Path) -> None:
    found = read_one("mbpp", MBPP, tmp_path)
    assert found.entry == "total"
    assert "assert total([1, 2]) == 3" in found.statement
    assert "total([])" not in found.statement
    assert [test.kind for test in found.tests] == ["call", "call", "unit"]
    assert found.place == "task 7"
    assert len(read_one({"use": "mbpp", "challenge": True}, MBPP, tmp_path).tests) == 4


def test_humaneval_asks_for_the_whole_function(tmp_path: Path) -> None:
    found = read_one("humaneval", HUMANEVAL, tmp_path)
    assert "Write all of it" in found.statement
    (test,) = found.tests
    assert "def half" in test.given
    assert "def near" not in test.given


def test_apps_tells_programs_from_functions(tmp_path: Path) -> None:
    whole = read_one("apps", APPS_STDIN, tmp_path)
    assert whole.tests == (
        CodeTest(kind="stdin", given="1 2\n", wanted="3\n"),
        CodeTest(kind="stdin", given="3 4", wanted="7"),
    )
    assert (whole.level, whole.entry, whole.place) == (2, "", "problem 1")
    for record in (APPS_CALL, WRAPPED):
        function = read_one("apps", record, tmp_path)
        assert function.tests[0] == CodeTest(
            kind="call", given="places([4, 5], 5)", wanted="[1, -1]"
        )
    assert len(read_one({"use": "apps", "max_tests": 1}, APPS_CALL, tmp_path).tests) == 1


def test_any_file_can_be_read_by_naming_its_fields(tmp_path: Path) -> None:
    record: Record = {
        "q": {"text": "What is 1 + 1?"},
        "a": 2,
        "how": {"use": "ignored"},
        "kind": "maths",
        "hard": "Level 4",
        "terms": "CC0-1.0",
        "key": "x1",
    }
    spec: Record = {"use": "jsonl", "statement": "q.text", "answer": "a", "grader": "kind",
                    "level": "hard", "licence": "terms", "place": "key"}  # fmt: skip
    found = read_one(spec, record, tmp_path)
    assert found == Taken(
        place="x1", statement="What is 1 + 1?", answer="2", grader='{"use":"maths"}', level=4,
        licence="CC0-1.0",
    )  # fmt: skip


def test_any_file_may_hold_tests(tmp_path: Path) -> None:
    spec: Record = {"use": "jsonl", "tests": "t", "entry": "f", "solution": "s"}
    record: Record = {"problem": "Write f.", "t": ["assert f(1) == 1"], "f": "f", "s": "x"}
    found = read_one(spec, record, tmp_path)
    assert found.grader == '{"use":"code"}'
    assert found.tests == (CodeTest(kind="unit", given="assert f(1) == 1"),)
    record["t"] = [{"kind": "call", "given": "f(1)", "wanted": "1"}]
    assert read_one(spec, record, tmp_path).tests[0].kind == "call"


BROKEN: dict[str, tuple[str, Record, str]] = {
    "no mark": ("gsm8k", {**GSM8K, "answer": "It is 5."}, "no answer after ####"),
    "no number": ("gsm8k", {**GSM8K, "answer": "#### many"}, "the answer is no number"),
    "no question": ("gsm8k", {**GSM8K, "question": " "}, "no question"),
    "no box": ("math", {**MATH, "solution": "It is 5."}, "no boxed answer"),
    "no end of a box": ("math", {**MATH, "solution": "\\boxed{5"}, "no boxed answer"),
    "a solution that is a number": ("math", {**MATH, "solution": 5}, "'solution' is no text"),
    "no tests": ("mbpp", {**MBPP, "test_list": []}, "no tests"),
    "tests of something else": ("mbpp", {**MBPP, "test_list": ["assert 1 == 1"]}, "call nothing"),
    "tests that are no code": ("mbpp", {**MBPP, "test_list": ["assert ("]}, "no Python"),
    "tests of names from nowhere": (
        "mbpp",
        {**MBPP, "test_list": ["assert total([sys.maxsize])"]},
        "uses 'sys', which nothing defines",
    ),
    "a list that is none": ("mbpp", {**MBPP, "test_list": "assert total([]) == 0"}, "no list"),
    "no check": ("humaneval", {**HUMANEVAL, "test": "assert near(1)"}, "defines no check"),
    "another entry": ("humaneval", {**HUMANEVAL, "entry_point": "far"}, "does not begin"),
    "no cases": ("apps", {**APPS_STDIN, "input_output": ""}, "no tests"),
    "cases that are no JSON": ("apps", {**APPS_STDIN, "input_output": "{"}, "is no JSON"),
    "fewer outputs": (
        "apps",
        {**APPS_STDIN, "input_output": '{"inputs": ["1"], "outputs": []}'},
        "as many inputs as outputs",
    ),
    "a name that is code": (
        "apps",
        {**APPS_STDIN, "input_output": '{"inputs": [[1]], "outputs": [1], "fn_name": "a();b"}'},
        "cannot be the name",
    ),
    "no answer": ("jsonl", {"problem": "?", "answer": None}, "neither an answer nor tests"),
    "an answer of another kind": ("jsonl", {"problem": "?", "answer": {}}, "neither text nor"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_record_is_told_of_with_its_place(name: str, tmp_path: Path) -> None:
    layout, record, why = BROKEN[name]
    (found,) = read(layout, write(tmp_path / "some.jsonl", [record]))
    assert isinstance(found, BrokenRecord), found
    assert why in found.reason
    assert found.id == "some.jsonl: line 1"


def test_lines_that_are_no_records_do_not_stop_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    lines = [b"{", b"", b"[1]", b"\xff\xfe", b"[" * 100_000, msgspec.json.encode(GSM8K)]
    path.write_bytes(b"\n".join(lines))
    found = read("gsm8k", path)
    assert [type(one) for one in found] == [BrokenRecord] * 4 + [Taken]
    assert [one.id for one in found if isinstance(one, BrokenRecord)] == [
        f"some.jsonl: line {number}" for number in (1, 3, 4, 5)
    ]


def test_a_file_that_ends_early_gives_what_it_holds(tmp_path: Path) -> None:
    records = [{**GSM8K, "question": f"{number}" * 300} for number in range(2000)]
    for ending in ("gz", "zst"):
        path = write(tmp_path / f"some.jsonl.{ending}", records)
        path.write_bytes(path.read_bytes()[:-100])
        found = read("gsm8k", path)
        assert isinstance(found[-1], BrokenRecord)
        assert len(found) > 1


def test_a_file_of_another_layout_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "some.jsonl", [GSM8K])
    with pytest.raises(ConfigError, match=r"of another layout.*question"):
        read("humaneval", path)
    for name in ("some.txt", "none.jsonl", "none.parquet"):
        with pytest.raises(ConfigError, match=name):
            read("gsm8k", tmp_path / name)
    (tmp_path / "bad.parquet").write_bytes(b"PAR1")
    with pytest.raises(ConfigError, match="Parquet"):
        read("gsm8k", tmp_path / "bad.parquet")


def test_a_grader_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no grader 'spell'"):
        read({"use": "jsonl", "default_grader": "spell"}, tmp_path / "x.jsonl")


def test_the_solutions_of_all_layouts_pass_their_own_tests(tmp_path: Path) -> None:
    sandbox = sandboxes.make("bubblewrap")
    try:
        sandbox.check()
    except ConfigError:
        pytest.skip("no box can be opened here")
    records = [
        ("mbpp", MBPP), ("mbpp", SANITISED), ("humaneval", HUMANEVAL), ("apps", APPS_STDIN),
        ("apps", APPS_CALL), ("apps", WRAPPED),
    ]  # fmt: skip

    async def scores() -> list[tuple[float, float]]:
        found = []
        for layout, record in records:
            taken = read_one(layout, record, tmp_path)
            reference = Reference(
                problem_id=taken.place, grader=taken.grader, tests=taken.tests, entry=taken.entry
            )
            grader = graders.make(msgspec.json.decode(taken.grader))
            async with grader.open(Means(sandbox=sandbox, jobs=1)) as judge:
                right = await judge.judge(grader.present(taken.solution), reference)
                stub = f"def {taken.entry or 'main'}(*_): pass\n"
                wrong = await judge.judge(grader.present(stub), reference)
            found.append((right.score, wrong.score))
        return found

    assert asyncio.run(scores()) == [(1.0, 0.0)] * len(records)

"""A data set and its episodes as a report is given them, made by hand in any size."""

from random import Random

from etude.records import (
    AnswerKey,
    BaselineTest,
    Codebase,
    Episode,
    Grade,
    Origin,
    Outcome,
    SetAside,
    Task,
    ToolCall,
    Turn,
    make_patch,
)
from etude.stages.swe.report import AgentScores, ReportInput

PROJECTS = ("ropework", "tidetable", "larder", "inkwell", "dovecote", "quern", "gantry", "sluice")
KINDS = ("off_by_one", "wrong_variable", "dropped_guard", "comparison", "early_return", "aliasing")
FILES = ("spans", "core/parse", "core/emit", "cache", "text", "iters")

STATEMENT = """# `chunked` loses the last, shorter chunk

Splitting five items into pairs used to give three chunks. Now the fifth item is gone:

```python
>>> list(chunked([1, 2, 3, 4, 5], 2))
[[1, 2], [3, 4]]
```

I expected `[[1, 2], [3, 4], [5]]`. With an even number of items all is well.
"""

HEALTHY = """def chunked(items, size):
    batch = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
"""
BROKEN = HEALTHY.replace("    if batch:\n", "    if len(batch) == size:\n")


def codebase(place: int = 0) -> Codebase:
    name = PROJECTS[place % len(PROJECTS)] + ("" if place < len(PROJECTS) else str(place))
    outcomes: tuple[Outcome, ...] = ("passed",) * 40 + ("skipped", "xfailed")
    reasons = ("flaky", "network", "network", "fails", "unstable-id")
    return Codebase(
        id=f"{place:02x}" * 32,
        origin=Origin(
            source=f"pypi:{name}==2.{place}.1", licence="BSD-3-Clause", made_by="swe.prepare 1"
        ),
        name=name,
        version=f"2.{place}.1",
        source_digest="c4" * 32,
        summary="Small tools for cutting, joining and counting sequences.",
        homepage=f"https://{name}.example.org",
        interpreter="cpython-3.11.7",
        runner="pytest-9.2.0",
        lock=("iniconfig==2.3.0", "packaging==26.0", "pluggy==1.6.0", "pytest==9.2.0"),
        source_roots=(name,),
        test_paths=("tests",),
        tests=tuple(
            BaselineTest(id=f"tests/test_a.py::test_{n}", outcome=outcome, duration_s=0.01)
            for n, outcome in enumerate(outcomes)
        ),
        set_aside=tuple(
            SetAside(id=f"tests/test_b.py::test_{n}", reason=reason)
            for n, reason in enumerate(reasons)
        ),
        suite_s=3.2 + place,
        n_source_lines=4_812 + 731 * place,
        notes=("tests need `hypothesis`, taken from the extra 'dev'",),
    )


def task(number: int, home: Codebase, statement: str = STATEMENT) -> Task:
    return Task(
        id=f"t{number * 2654435761 % 2**32:08x}",
        origin=Origin(source=home.origin.source, made_by="swe.make 1", parents=(home.id,)),
        codebase=home.id,
        project=f"{home.name} {home.version}",
        statement=statement,
    )


def key(number: int, of: Task, rng: Random) -> AnswerKey:
    path = f"{of.project.split()[0]}/{rng.choice(FILES)}.py"
    n_failing = min(int(rng.paretovariate(0.9)), 60)
    failing = tuple(f"tests/test_iters.py::test_chunked[{n}]" for n in range(n_failing))
    extra = "".join(f"    # step {n}\n" for n in range(rng.randrange(4)))
    return AnswerKey(
        task_id=of.id,
        oracle_patch=make_patch(
            {path: BROKEN}, {path: HEALTHY.replace("    if b", extra + "    if b")}
        ),
        fail_to_pass=failing,
        pass_to_pass=tuple(f"tests/test_a.py::test_{n}" for n in range(rng.randrange(20, 400))),
        hidden=failing,
        maker="mutate",
        kind=KINDS[min(int(rng.expovariate(0.5)), 5)],
        path=path,
        line=8 + number,
        function="chunked",
    )


def grade(of: Task, agent: str, attempt: int, score: float | None) -> Grade:
    return Grade(
        episode_id=f"{of.id}-{agent}-{attempt}",
        task_id=of.id,
        score=score,
        fault="" if score is not None else "the box did not start: no space left on device",
        n_fail_to_pass=3,
        n_fail_to_pass_passed=3 if score else 1,
        broken=() if score else ("tests/test_a.py::test_3",),
        note="all hidden tests pass" if score else "2 of 3 hidden tests fail; 1 test was broken",
    )


def episode(of: Task, of_key: AnswerKey, verdict: Grade) -> Episode:
    listing = "\n".join(f"{n:>4}  {line}" for n, line in enumerate(BROKEN.split("\n") * 4, 1))
    return Episode(
        id=verdict.episode_id,
        origin=Origin(source=of.origin.source, made_by="rollout 1", parents=(of.id,)),
        task_id=of.id,
        agent='{"use":"chat","context_tokens":16000}',
        model="small-coder-1.5b",
        turns=(
            Turn(
                text="Let me find where chunks are made.",
                calls=(ToolCall(name="find", arguments={"pattern": r"def chunked\b"}),),
                observations=(f"{of_key.path}:1: def chunked(items, size):",),
                n_prompt_tokens=1210,
                n_completion_tokens=38,
                duration_s=2.1,
            ),
            Turn(
                text="",
                calls=(
                    ToolCall(name="read_file", arguments={"path": of_key.path}),
                    ToolCall(name="bash", arguments={"command": "python - <<'E'\nimport sys\nE"}),
                ),
                observations=(listing, ""),
                n_prompt_tokens=2480,
                n_completion_tokens=51,
            ),
            Turn(
                text="The rest is only given out when it is full. It should be given out whenever "
                "anything is left.",
                calls=(
                    ToolCall(
                        name="edit_file",
                        arguments={
                            "path": of_key.path,
                            "old": "    if len(batch) == size:\n        yield batch",
                            "new": "    if batch:\n        yield batch",
                        },
                    ),
                ),
                observations=("replaced 1 piece of text",),
                n_prompt_tokens=3350,
                n_completion_tokens=97,
            ),
            Turn(text="", calls=(), observations=("You made no call. Call submit when done.",)),
            Turn(text="", calls=(ToolCall(name="submit"),), observations=("handed in",)),
        ),
        patch=of_key.oracle_patch,
        ending="submitted",
        duration_s=74.0,
    )


def report(n_tasks: int = 6, n_codebases: int = 2, n_attempts: int = 4) -> ReportInput:
    """Return a report's content with an agent that always solves, one that never, one between."""
    rng = Random(5)
    homes = [codebase(place) for place in range(n_codebases)]
    tasks = [task(number, homes[number % n_codebases]) for number in range(n_tasks)]
    keys = [key(number, of, rng) for number, of in enumerate(tasks)]
    chances = [rng.betavariate(0.6, 0.9) for _ in tasks]
    tries = tuple(
        grade(of, "search", n, None if rng.random() < 0.02 else float(rng.random() < chance))
        for of, chance in zip(tasks, chances, strict=True)
        for n in range(n_attempts)
    )
    verdicts = [grade(of, "chat", 0, float(n != 1)) for n, of in enumerate(tasks[:2])]
    return ReportInput(
        title="Ropework and neighbours",
        codebases=homes,
        tasks=tasks,
        keys=keys,
        scores=(
            AgentScores(agent="oracle", grades=tuple(grade(of, "oracle", 0, 1.0) for of in tasks)),
            AgentScores(agent="noop", grades=tuple(grade(of, "noop", 0, 0.0) for of in tasks)),
            AgentScores(agent="search", grades=tries, n_attempts=n_attempts),
        ),
        episodes=[
            (episode(of, of_key, verdict), verdict, of)
            for of, of_key, verdict in zip(tasks, keys, verdicts, strict=False)
        ],
        dropped={"nothing fails": 31, "too obvious": 12, "duplicate": 7, "time_out": 2},
        facts={
            "Command": "etude swe make pypi:ropework pypi:tidetable --limit 6 --seed 5",
            "Seed": "5",
            "Machine": "2 cores, 187 CPU seconds",
        },
    )

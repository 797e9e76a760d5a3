"""A problem that a model makes up is kept when its program and a majority of solutions agree."""

import asyncio
from pathlib import Path
from random import Random

import pytest

from etude.errors import ConfigError
from etude.records import Problem, Reference
from etude.sandbox import Sandbox
from etude.stages.problems.from_model import InventRecipe, invent
from etude.stages.problems.from_model.proposal import read_answer, read_proposal, request
from etude.store import Dataset

PROPOSAL = """PROBLEM:
Ann has 3 boxes with 4 pears each and eats 5 pears. How many are left?

PROGRAM:
```python
print(3 * 4 - 5)
```
"""


def recipe(proposal: str, solution: str, **more: object) -> InventRecipe:
    fields: dict[str, object] = {"limit": 1, "n_solutions": 3, **more}
    return InventRecipe(
        model={"use": "canned", "answers": (proposal,)},
        solver={"use": "canned", "answers": (solution,)},
        **fields,  # type: ignore[arg-type]
    )


def test_a_problem_is_kept_with_what_its_program_prints(tmp_path: Path, sandbox: Sandbox) -> None:
    outcome = asyncio.run(invent(recipe(PROPOSAL, r"So \boxed{7}"), tmp_path / "ds", sandbox))
    assert (outcome.n_problems, outcome.reasons) == (1, {})
    held = Dataset.open(tmp_path / "ds")
    [problem] = held.rows("problems", Problem)
    [reference] = held.rows("references", Reference)
    assert problem.statement.startswith("Ann has 3 boxes")
    assert "boxed" in problem.prompt
    assert (reference.answer, reference.solution) == ("7", "print(3 * 4 - 5)")
    assert not held.verify()


@pytest.mark.parametrize(
    ("proposal", "solution", "reason"),
    [
        (PROPOSAL, r"\boxed{8}", "solutions do not agree"),
        ("I would rather not.", r"\boxed{7}", "not in the form asked for"),
        (PROPOSAL.replace("3 * 4 - 5", "'seven'"), r"\boxed{7}", "prints no number"),
        (PROPOSAL.replace("3 * 4 - 5", "hash('a')"), r"\boxed{7}", "something else each time"),
        (PROPOSAL.replace("print", "open('/etc/shadow'); print"), r"\boxed{7}", "no number"),
    ],
    ids=["disagree", "no form", "word", "unstable", "prying"],
)
def test_what_nothing_proves_is_refused_with_the_reason(
    proposal: str, solution: str, reason: str, tmp_path: Path, sandbox: Sandbox
) -> None:
    with pytest.raises(ConfigError, match=reason):
        asyncio.run(invent(recipe(proposal, solution), tmp_path / "ds", sandbox))


def test_a_request_names_a_topic_and_a_difficulty() -> None:
    text, topic, level = request(("clocks",), Random(1))
    assert topic == "clocks"
    assert "on the topic: clocks" in text
    assert 1 <= level <= 3
    assert "{" not in text


@pytest.mark.parametrize(
    ("printed", "answer"),
    [
        *[("7\n", "7"), ("3/4", "3/4"), ("-2.5", "-2.5"), ("4.0", "4"), ("0.1234567", "")],
        *[("7 8", ""), ("", ""), ("7\n8\n", ""), ("nan", ""), ("9" * 100, ""), ("1/0", "")],
    ],
)
def test_an_answer_is_one_number_that_is_exact(printed: str, answer: str) -> None:
    assert read_answer(printed) == answer


def test_a_proposal_is_read_through_the_markdown_that_models_put_around_it() -> None:
    said = "Sure!\n\n**PROBLEM:**\nHow many?\n\n**PROGRAM:**\n```py\nprint(1)\n```\nDone."
    found = read_proposal(said)
    assert found is not None
    assert (found.statement, found.program) == ("How many?", "print(1)")
    assert read_proposal("PROBLEM:\n" + "x" * 5000 + "\nPROGRAM:\n```python\n1\n```") is None

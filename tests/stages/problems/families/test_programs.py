"""What the programs print when Python runs them, against what their families say."""

import contextlib
import io
import re

import pytest
from tests.stages.problems.families._solving import disagreements

from etude.stages.problems.families import families

NAMES = [name for name in families.names() if families.about(name) and name.startswith("program_")]


def printed(statement: str) -> str:
    """Run the program of a statement: it is our own, made by the family."""
    found = re.search(r"```python\n(.*?)```", statement, re.DOTALL)
    assert found
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(found[1], {})  # noqa: S102
    return output.getvalue().strip()


@pytest.mark.parametrize("name", NAMES)
def test_the_program_prints_what_the_family_says(name: str) -> None:
    assert disagreements(name, printed, 150) == []

"""No file in the house is longer than a person reads in one sitting."""

from pathlib import Path

import pytest

import etude

HOUSE = Path(etude.__file__).parent
FILES = sorted(path.relative_to(HOUSE).as_posix() for path in HOUSE.rglob("*.py"))


@pytest.mark.parametrize("name", FILES)
def test_file_has_at_most_400_lines(name: str) -> None:
    assert len((HOUSE / name).read_text().splitlines()) <= 400

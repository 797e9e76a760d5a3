"""The statement of several bugs holds the report of each and gives nothing away."""

from random import Random

import pytest
from tests.stages.swe.card import card

from etude.errors import TaskError
from etude.stages.swe.statement import write_several

BOOK = card()
FIRST = """# Wrong total

Seen with shop 1.2.

```python
# a comment, no heading
total([])
```

### What I expected

0
"""
SECOND = "It is slow.\n"
PATCH = """diff --git a/shop/prices.py b/shop/prices.py
--- a/shop/prices.py
+++ b/shop/prices.py
@@ -1,1 +1,1 @@
-    return collected_amount_of(items)
+    return items
"""


def write(*reports: str, seed: int = 0) -> str:
    return write_several(
        BOOK,
        reports,
        paths=["shop/prices.py"],
        tests=["tests/test_shop.py::test_of_nothing"],
        kinds=["one_file"],
        patch=PATCH,
        rng=Random(seed),
    )


@pytest.mark.parametrize("seed", range(4))
def test_reports_are_numbered_and_their_headings_are_one_lower(seed: int) -> None:
    text = write(FIRST, SECOND, seed=seed)
    lines = text.splitlines()
    assert lines[0] == "# Two problems in shop 1.2"
    assert any(line in lines for line in ("## 1. Wrong total", "## 2. Wrong total"))
    assert "#### What I expected" in lines
    assert "# a comment, no heading" in lines
    assert sum(line.startswith("## ") for line in lines) == 2
    assert "It is slow." in lines


def test_what_one_report_may_say_another_bug_may_give_away() -> None:
    with pytest.raises(TaskError, match="no statement without a leak"):
        write(FIRST, "There it says `return collected_amount_of(items)`.")

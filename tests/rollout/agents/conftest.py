"""Plays agents in real boxes."""

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import pytest

from etude.records import Origin, Task
from etude.rollout._base import Agent, Outcome, PlayLimits
from etude.rollout.toolbox import Toolbox

if TYPE_CHECKING:
    from tests.rollout.conftest import OpenBox

FILES = {
    "shop/__init__.py": "from shop.cart import Cart\n",
    "shop/cart.py": '"""A cart."""\n\n\nclass Cart:\n    def __init__(self, limit=3):\n'
    "        self.limit = limit\n        self.items = []\n\n"
    "    def add(self, item):\n        if len(self.items) > self.limit:\n"
    "            raise ValueError('full')\n        self.items.append(item)\n\n"
    "    def total(self):\n        return sum(price for _, price in self.items)\n",
    "shop/café.py": 'NAME = "café"\r\n\r\n\r\ndef menu():\r\n    return NAME\r\n',
    "tests/test_cart.py": "from shop import Cart\n\n\ndef test_empty():\n"
    "    assert Cart().total() == 0\n",
}
STATEMENT = """A cart takes one item more than its limit.

```python
from shop import Cart
cart = Cart(limit=1)
cart.add(("a", 1))
cart.add(("b", 1))  # no error
```
"""
PATCH = """--- a/shop/cart.py
+++ b/shop/cart.py
@@ -9,3 +9,3 @@
     def add(self, item):
-        if len(self.items) > self.limit:
+        if len(self.items) >= self.limit:
             raise ValueError('full')
"""


class Shop(NamedTuple):
    files: Mapping[str, str]
    statement: str
    patch: str


class Played(NamedTuple):
    outcome: Outcome
    diff: str


Play = Callable[..., Played]


def make_task(statement: str = STATEMENT) -> Task:
    return Task(
        id="t1",
        origin=Origin(source="made for a test", made_by="tests"),
        codebase="0",
        project="shop 1.0",
        statement=statement,
    )


@pytest.fixture
def shop() -> Shop:
    """A small project with a bug, its report and its repair."""
    return Shop(FILES, STATEMENT, PATCH)


@pytest.fixture
def play(open_box: "OpenBox") -> Play:
    """Plays an agent once, in a box of its own."""

    def played(
        agent: Agent,
        *,
        attempt: int = 0,
        statement: str = STATEMENT,
        limits: PlayLimits = PlayLimits(command_s=20),  # noqa: B008
        files: Mapping[str, str] = FILES,
    ) -> Played:
        async def once() -> Played:
            async with open_box(files) as box:
                tools = Toolbox(
                    box,
                    command_s=limits.command_s,
                    observation_chars=limits.observation_chars,
                )
                outcome = await agent.play(make_task(statement), tools, limits, attempt)
                return Played(outcome, await box.diff())

        return asyncio.run(once())

    return played

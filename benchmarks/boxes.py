"""What a box costs: its start against a plain process, and grading against running in place.

Prints medians and the ratio, pair by pair in one run. Start it with `make bench`.
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from etude.sandbox import Image, adopt, sandboxes

ROUNDS = 25


async def plain() -> None:
    """Start and reap one process of this machine."""
    process = await asyncio.create_subprocess_exec("/usr/bin/true")
    await process.wait()


def opening(image: Image) -> Callable[[], Awaitable[None]]:
    """Return what opens a box, runs one command and closes it."""
    sandbox = sandboxes.make("bubblewrap")

    async def whole() -> None:
        async with sandbox.open(image) as box:
            await box.run(["/usr/bin/true"], timeout_s=10)

    return whole


async def measure(image: Image) -> dict[str, list[float]]:
    """Time each way in turn, so that a drift of the machine's speed touches all alike."""
    sandbox = sandboxes.make("bubblewrap")
    whole = opening(image)
    taken: dict[str, list[float]] = {}

    async def timed(name: str, work: Callable[[], Awaitable[object]]) -> None:
        started = time.perf_counter()
        await work()
        taken.setdefault(name, []).append((time.perf_counter() - started) * 1000)

    async with sandbox.open(image) as box:
        for _ in range(ROUNDS):
            await timed("plain process", plain)
            await timed("command in an open box", lambda: box.run(["/usr/bin/true"], timeout_s=10))
            await timed("box opened, one command, closed", whole)
            await timed("diff of an open box", box.diff)
    return taken


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for number in range(1000):
            path = tree / f"p{number % 20}" / f"m{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x = 1\n" * 50)
        adopt(tree)
        taken = asyncio.run(measure(Image(workspace=(tree,))))
    base = statistics.median(taken["plain process"])
    print(f"{os.cpu_count()} cores, {ROUNDS} rounds, a tree of 1,000 files; milliseconds")  # noqa: T201
    for name, values in taken.items():
        middle = statistics.median(values)
        row = f"{name:<34} median {middle:7.1f}  min {min(values):7.1f}  ratio {middle / base:6.1f}"
        print(row)  # noqa: T201


if __name__ == "__main__":
    main()

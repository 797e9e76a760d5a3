"""What a box costs: opened cold, taken from a pool, forked; its memory and disk.

Prints medians in milliseconds beside a plain process of this machine and, where a daemon answers,
a container by Docker or Podman. All ways are timed in turn, so that a drift of the machine's speed
touches all alike. Start it with `make bench`, or with `chrt -r 5 python benchmarks/boxes.py` to see
what the work takes where other programs would get in its way.
"""

import asyncio
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from etude.sandbox import Box, Image, Pool, adopt, sandboxes
from etude.sandbox._holder import mounts, wire, workspace

ROUNDS = 60
CONTAINER_ROUNDS = 5
CONTAINER_IMAGE = "debian:stable-slim"
TRUE = ["/usr/bin/true"]
EPISODE = (
    "for i in $(seq 12); do echo y = 2 >> p$i/m$i.py; done; rm p13/m13.py p14/m14.py;"
    " mkdir new; for i in 1 2 3 4; do echo z = 3 > new/$i.py; done; echo t > /tmp/t"
)
"""Eighteen files changed, made or removed, and one in /tmp."""


class Clock:
    """Times taken, by name."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}

    async def time(self, name: str, work: Callable[..., Awaitable[object]], *given: Box) -> None:
        """Time one piece of work."""
        started = time.perf_counter()
        await work(*given)
        self.add(name, started)

    def add(self, name: str, started: float) -> None:
        """Note what has passed since `started`."""
        self.taken.setdefault(name, []).append((time.perf_counter() - started) * 1000)

    def show(self) -> None:
        """Print the table."""
        base = statistics.median(self.taken["plain process"])
        for name, values in self.taken.items():
            middle, late = statistics.median(values), statistics.quantiles(values, n=10)[-1]
            row = f"{name:<44} {middle:8.2f} {min(values):8.2f} {late:8.2f} {middle / base:8.1f}"
            print(row)  # noqa: T201


async def plain() -> None:
    """Start and reap one process of this machine."""
    process = await asyncio.create_subprocess_exec(*TRUE)
    await process.wait()


async def true(box: Box) -> None:
    """Run a program that does nothing."""
    result = await box.run(TRUE, timeout_s=60)
    if result.exit != 0:
        raise SystemExit(f"`true` ended with {result.exit}: {result.stderr}")


async def measure(image: Image) -> Clock:
    """Time each way in turn."""
    clock = Clock()
    sandbox = sandboxes.make("bubblewrap")
    async with Pool(sandbox, n_ready=1) as pool, sandbox.open(image) as episode:
        await episode.run(EPISODE, timeout_s=60)
        async with sandbox.open(image) as box:
            await true(box)
        for _ in range(ROUNDS):
            await clock.time("plain process", plain)
            started = time.perf_counter()
            async with sandbox.open(image) as box:
                clock.add("cold: opened", started)
                await true(box)
                clock.add("cold: opened, first command done", started)
                await clock.time("next command", true, box)
                await clock.time("diff", box.diff)
            pool.prepare(image)
            # Time for the box to be ready: nobody would keep a pool who had none to spare.
            await asyncio.sleep(0.15)
            started = time.perf_counter()
            async with pool.open(image) as box:
                clock.add("warm: handed out", started)
                await true(box)
                clock.add("warm: handed out, first command done", started)
            await episode.run("echo a >> a; rm -f b; echo c > c", timeout_s=60)
            started = time.perf_counter()
            async with episode.fork() as box:
                clock.add("fork: second box in hand", started)
                await true(box)
                clock.add("fork: second box in hand, first command done", started)
    return clock


def files_alone(image: Image) -> list[float]:
    """Time what a fork does to an episode's files, without what it takes to tell a holder so."""
    order = wire.Open(
        base=tempfile.mkdtemp(),
        layers=[str(layer) for layer in image.workspace],
        binds=[],
        owner=0 if os.geteuid() == 0 else -1,
        disk_bytes=1 << 30,
        n_files=100_000,
        overlay=True,
        jail=wire.Jail("", [], 0, 0, 0, 0, 0, 0, 0),
        origin=None,
        loads=False,
    )
    read, write = os.pipe()
    if os.fork() == 0:
        mounts.enter_namespaces(order.owner)
        corner = mounts.mount_corner(order)
        workspace.prepare(corner, loaded=False)
        for n in range(25):
            for m in range(18):
                (corner.part(mounts.MERGED) / f"{n}-{m}.py").write_text("z = 3\n")
            started = time.perf_counter()
            workspace.freeze(corner)
            workspace.resume(corner)
            os.write(write, f"{(time.perf_counter() - started) * 1000}\n".encode())
        os._exit(0)
    os.close(write)
    os.wait()
    with os.fdopen(read) as lines:
        taken = [float(line) for line in lines]
    Path(order.base).rmdir()
    return taken


async def containers(clock: Clock, image: Image) -> str:
    """Time `run --rm` of Docker and Podman where they answer; say which do not."""
    missing = []
    for program in ("docker", "podman"):
        if shutil.which(program) is None:
            missing.append(f"{program} is not installed")
            continue
        mount = f"{image.workspace[0]}:/workspace:ro"
        command = [program, "run", "--rm", "--pull=never", "--network=none", "-v", mount]
        for _ in range(CONTAINER_ROUNDS):
            started = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                *command, CONTAINER_IMAGE, "true", stderr=asyncio.subprocess.PIPE
            )
            _, said = await process.communicate()
            if process.returncode != 0:
                missing.append(f"{program} does not run: {said.decode().splitlines()[0]}")
                break
            clock.add(f"{program} run --rm", started)
    return "; ".join(missing)


def memory_kib(pid: int) -> int:
    """Return the memory of all processes below one, shared pages counted in part."""
    total = 0
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        total += memory_kib(int(child))
    return total


async def sizes(image: Image) -> None:
    """Print what boxes hold: waiting in a pool, and after changes."""
    sandbox = sandboxes.make("bubblewrap")

    @asynccontextmanager
    async def waiting(n_boxes: int) -> AsyncIterator[int]:
        async with Pool(sandbox, n_ready=n_boxes) as pool:
            pool.prepare(image)
            await asyncio.sleep(2)
            yield memory_kib(os.getpid())

    async with waiting(1) as one:
        pass
    async with waiting(21) as many:
        pass
    print(f"memory of a box that waits: {(many - one) / 20 / 1024:.1f} MiB")  # noqa: T201

    async def disk_kib(box: Box) -> int:
        result = await box.run("df --output=used -k . | tail -1", timeout_s=60)
        return int(result.stdout)

    async with sandbox.open(image) as box:
        held = [f"new {await disk_kib(box)}"]
        await box.run(EPISODE, timeout_s=60)
        held.append(f"18 small changes {await disk_kib(box)}")
        await box.run("head -c 10M /dev/urandom > big", timeout_s=60)
        held.append(f"and 10 MiB more {await disk_kib(box)}")
        async with box.fork() as other:
            held.append(f"a fork of that {await disk_kib(other)}")
    print(f"disk of a box, KiB: {', '.join(held)}")  # noqa: T201


def main() -> None:
    """Print the tables."""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "tree"
        for number in range(5000):
            path = tree / f"p{number % 20}" / f"m{number}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("x = 1\n" * 50)
        adopt(tree)
        image = Image(workspace=(tree,))
        load = os.getloadavg()[0]
        clock = asyncio.run(measure(image))
        clock.taken["fork: the files alone"] = files_alone(image)
        missing = asyncio.run(containers(clock, image))
        print(  # noqa: T201
            f"{os.cpu_count()} cores, load {load:.1f} to {os.getloadavg()[0]:.1f}, {ROUNDS} rounds,"
            f" a tree of 5,000 files\n{'milliseconds':<44} {'median':>8} {'min':>8} {'p90':>8}"
            f" {'ratio':>8}"
        )
        clock.show()
        asyncio.run(sizes(image))
        print(missing)  # noqa: T201


if __name__ == "__main__":
    main()

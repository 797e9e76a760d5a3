"""What it costs to learn whether a project's tests catch a bug: the usual way, ours, and two peers.

`python benchmarks/validation.py [--projects A,B] [--n 96] [--rounds 3] [--json FILE]`

All ways judge bugs of the same projects in turn, round by round. Etude's three judge the same bugs;
the usual way, which costs most, a part of them that is another in each round. Speeds are candidates
for each second of processor time of a whole process tree, with all that is done only once for a
project, such as warming up: the clock says nothing on a machine that others use too. The projects
must be prepared: those that are not are left out with a line that says so.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import msgspec
from validation_ours import Judged
from validation_peers import PEERS, PeerError, PeerRun, run_peer

from etude.stages.swe.prepare import find_prepared
from etude.store import CodebaseStore, Prepared

PROJECTS = (
    "h11==0.16.0", "itsdangerous==2.2.0", "boltons==26.2.0", "tabulate==0.10.0",
    "sqlparse==0.6.1", "more-itertools==11.2.1",
)  # fmt: skip
WAYS = ("whole", "list", "first")
WHOLE_S = 18.0
"""Wall seconds of healthy suites that the usual way may take in one round."""
PEER_SHARE = {"mutmut": 1.0, "cosmic-ray": 0.1}
"""How many candidates a peer is given in a round, beside ours."""


class Answer(msgspec.Struct, frozen=True):
    """What one way said in one round."""

    cpu_s: float
    peak_mb: float
    judged: tuple[Judged, ...]

    @property
    def rate(self) -> float:
        """Candidates for each second of processor time."""
        return len(self.judged) / self.cpu_s


class Side:
    """A process that judges the bugs of one project in one way."""

    def __init__(self, spec: str, way: str, n: int) -> None:
        script = Path(__file__).with_name("validation_ours.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), spec, way, str(n), "0"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.n = json.loads(self.process.stdout.readline())["ready"]  # type: ignore[union-attr]

    def ask(self, start: int, end: int, step: int) -> Answer:
        """Judge some of the bugs."""
        asking, said = self.process.stdin, self.process.stdout
        asking.write(json.dumps([start, end, step]).encode() + b"\n")  # type: ignore[union-attr]
        asking.flush()  # type: ignore[union-attr]
        return msgspec.json.decode(said.readline(), type=Answer)  # type: ignore[union-attr]

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


class Comparison:
    """One project: all ways in turn, and how far they agree."""

    def __init__(self, spec: str, prepared: Prepared, n: int) -> None:
        self.spec = spec
        self.prepared = prepared
        self.n = n
        self.answers: dict[str, list[Answer]] = {way: [] for way in WAYS}
        self.peers: dict[str, list[PeerRun]] = {}
        self.refused: dict[str, str] = {}

    def run(self, rounds: int, peers: list[str]) -> None:
        """Measure; the order is turned by one from round to round."""
        sides = {way: Side(self.spec, way, self.n) for way in WAYS}
        n = sides["whole"].n
        step = max(1, int(n * self.prepared.codebase.suite_s / WHOLE_S))
        names = [*WAYS, *peers]
        for number in range(rounds):
            for name in names[number % len(names) :] + names[: number % len(names)]:
                if name == "whole":
                    self.answers[name].append(sides[name].ask(number % step, n, step))
                elif name in sides:
                    self.answers[name].append(sides[name].ask(0, n, 1))
                elif name not in self.refused:
                    self._ask_peer(name, n, number)
        for side in sides.values():
            side.close()

    def _ask_peer(self, name: str, n: int, number: int) -> None:
        try:
            found = run_peer(name, self.prepared, max(4, int(n * PEER_SHARE[name])), number)
        except PeerError as error:
            self.refused[name] = str(error)
        else:
            self.peers.setdefault(name, []).append(found)

    def rate(self, name: str) -> float:
        """Median over the rounds."""
        if name in self.answers:
            return statistics.median(answer.rate for answer in self.answers[name])
        if name not in self.peers:
            return 0.0
        return statistics.median(run.n / run.cpu_s for run in self.peers[name])

    def agreement(self, way: str) -> dict[str, int]:
        """Compare a way with the usual one, candidate by candidate."""
        usual = {j.id: j for answer in self.answers["whole"] for j in answer.judged}
        counts = dict.fromkeys(("compared", "same verdict", "sets compared", "same set"), 0)
        seen: set[str] = set()
        for judged in (j for answer in self.answers[way] for j in answer.judged):
            other = usual.get(judged.id)
            if other is None or judged.id in seen:
                continue
            seen.add(judged.id)
            counts["compared"] += 1
            counts["same verdict"] += judged.caught == other.caught
            if judged.failing is not None and other.failing is not None:
                counts["sets compared"] += 1
                counts["same set"] += set(judged.failing) == set(other.failing)
        return counts

    def differing(self, way: str) -> list[str]:
        """Name the candidates on which a way differs from the usual one."""
        usual = {j.id: j for answer in self.answers["whole"] for j in answer.judged}
        return sorted(
            {
                f"{j.id[:12]} ({j.note}; the usual way: {'caught' if o.caught else 'not caught'})"
                for answer in self.answers[way]
                for j in answer.judged
                if (o := usual.get(j.id)) is not None and o.caught != j.caught
            }
        )

    def peak_mb(self, name: str) -> float:
        """Return the most that a single process held, over the rounds."""
        if name in self.answers:
            return max(answer.peak_mb for answer in self.answers[name])
        return max((run.peak_mb for run in self.peers.get(name, [])), default=0.0)


def table(rows: list[Comparison], peers: list[str]) -> list[str]:
    """Return the lines of the tables, in Markdown."""
    names = [*WAYS, *peers]
    lines = ["| project | " + " | ".join(f"{name} [1/s]" for name in names) + " | list / whole |"]
    lines[0] += " first / whole | " + " | ".join(f"first / {name}" for name in peers) + " |"
    lines.append("|---" * (len(names) + 3 + len(peers)) + "|")
    for row in rows:
        rates = [f"{row.rate(n):.2f}" if row.rate(n) else "-" for n in names]
        ratios = [f"{row.rate(way) / row.rate('whole'):.1f}" for way in ("list", "first")]
        ratios += [f"{row.rate('first') / row.rate(p):.1f}" if row.rate(p) else "-" for p in peers]
        lines.append(f"| {row.spec} | " + " | ".join([*rates, *ratios]) + " |")
    lines += ["", "| project | way | compared | same verdict | sets | same set | slow | peak MB |"]
    lines.append("|---|---|--:|--:|--:|--:|--:|--:|")
    for row in rows:
        for way in WAYS:
            counts = (
                " | ".join(map(str, row.agreement(way).values())) if way != "whole" else "| " * 3
            )
            slow = sum(j.note.startswith("slow") for j in row.answers[way][0].judged)
            lines.append(f"| {row.spec} | {way} | {counts} | {slow} | {row.peak_mb(way):.0f} |")
        for peer in peers:
            said = row.refused.get(peer) or ", ".join(
                f"{run.n_caught} of {run.n} caught" for run in row.peers.get(peer, [])
            )
            lines.append(f"| {row.spec} | {peer} | {said} | | | | | {row.peak_mb(peer):.0f} |")
    return lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])  # type: ignore[union-attr]
    parser.add_argument("--projects", default=",".join(PROJECTS))
    parser.add_argument("--n", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    peers = [peer for peer in options.peers.split(",") if peer]
    store = CodebaseStore(CodebaseStore.home())
    rows: list[Comparison] = []
    for name in options.projects.split(","):
        spec = f"pypi:{name}"
        prepared = find_prepared(spec, store)
        if prepared is None:
            print(f"{spec}: not prepared, left out; `etude swe prepare {spec}`", flush=True)  # noqa: T201
            continue
        row = Comparison(spec, prepared, options.n)
        row.run(options.rounds, peers)
        rows.append(row)
        print("\n".join(table([row], peers)), flush=True)  # noqa: T201
        for way in ("list", "first"):
            for line in row.differing(way):
                print(f"{spec}: {way} differs: {line}", flush=True)  # noqa: T201
        if options.json:
            kept = {r.spec: {"answers": r.answers, "peers": r.peers} for r in rows}
            options.json.write_bytes(msgspec.json.format(msgspec.json.encode(kept)))
    if not rows:
        return
    print(f"\n{os.cpu_count()} cores, {options.rounds} rounds, {options.n} candidates")  # noqa: T201
    print("\n".join(table(rows, peers)))  # noqa: T201
    for over in ("list", "first"):
        middle = statistics.median(row.rate(over) / row.rate("whole") for row in rows)
        print(f"median of {over} / whole: {middle:.1f}")  # noqa: T201
    for peer in peers:
        if ratios := [row.rate("first") / row.rate(peer) for row in rows if row.rate(peer)]:
            print(f"median of first / {peer}: {statistics.median(ratios):.1f}")  # noqa: T201


if __name__ == "__main__":
    main()

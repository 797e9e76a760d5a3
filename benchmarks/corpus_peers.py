"""Etude against Dolma, Data-Juicer and text-dedup on one core, in turn, in one run.

`python benchmarks/corpus_peers.py [--docs 1200] [--only dolma] [--json FILE]`

Speeds are megabytes (10^6) of UTF-8 text for each second of processor time, start-up not counted.
Every tool runs in a process and an environment of its own (`corpus_environments.py`); one that
cannot be installed or run is left out, with a line that says why. The documents are what the
machine has (`corpus_input.py`), a tenth of them once more with a word added, a twentieth once more
as they are. No two of these tools have quite the same rules: what was set alike, and what differs,
stands below the table. `corpus.py` compares with datatrove, where the rules are the same.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from threading import Timer

import msgspec
from corpus_answering import Answers
from corpus_environments import (
    PEERS,
    NotInstalledError,
    PeerError,
    offline,
    one_line,
    peer_python,
    version,
)
from corpus_input import documents
from corpus_peers_agreement import Agreement, Input, agree
from corpus_peers_rows import ABSENT, ROWS, Row

from etude.stages.corpus.kernel.reference import redpajama
from etude.stages.corpus.lexicons.toxic_terms import toxic_terms

ROUNDS, REPEATS, LIMIT_S = 3, 5, 900
COPIED, NEAR = slice(5, None, 20), slice(None, None, 10)
Measured = tuple[float, Answers]


class Outcome(msgspec.Struct, frozen=True):
    """One line of the table."""

    peer: str
    version: str
    what: str
    theirs_mb_s: float
    ours_mb_s: float | None
    """`None` where Etude has nothing of the kind."""
    ratios: list[float]
    agreements: list[Agreement]
    unlike: str


class Side:
    """A process that answers for one tool."""

    def __init__(self, python: Path | str, script: str, folder: Path) -> None:
        self.said = folder / f"{script}.txt"
        with self.said.open("w") as said:
            self.process = subprocess.Popen(
                [str(python), str(Path(__file__).with_name(script)), str(folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
                env=offline(folder),
                cwd=folder,
            )

    def ask(self, task: str, part: tuple[int, int], repeats: int) -> Measured:
        """Return the processor seconds and the answers for some documents.

        Raises:
            PeerError: The process has ended, or was ended because it took too long.
        """
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        assert self.process.stdout is not None  # noqa: S101
        patience = Timer(LIMIT_S, self.process.kill)
        patience.start()
        try:
            self.process.stdin.write(f"{task} {part[0]} {part[1]} {repeats}\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            patience.cancel()
        if not line:
            code = self.process.wait()
            said = one_line(self.said.read_text("utf-8", "replace"))
            raise PeerError(f"could not be run (status {code}): {said}")
        seconds, answers = json.loads(line)
        return float(seconds), answers

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def prepare(n: int, folder: Path) -> Input:
    """Write the documents, and the word lists that all tools are given."""
    found = documents(n)
    near = [f"{text} indeed" for text in found[NEAR]]
    made = Input([*found, *near, *found[COPIED]], len(found), len(near))
    (folder / "documents.json").write_text(json.dumps(made.texts), "utf-8")
    english = (term for term in toxic_terms() if term.language == "en")
    flagged = [term.text for term in english if term.category != "except"]
    stop = sorted(redpajama._STOP_WORDS)
    for name, words in (("flagged_words", flagged), ("stopwords", stop)):
        (folder / f"{name}.json").write_text(json.dumps({"en": words}), "utf-8")
    return made


class Sides:
    """The processes of all tools; one that ended is started again when it is next asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: dict[str, Side] = {}

    def of(self, name: str) -> Side:
        """Return the process of a peer, or of Etude as `ours`.

        Raises:
            PeerError: The peer cannot be installed.
        """
        side = self.running.get(name)
        if side is None or side.process.poll() is not None:
            ours = name == "ours"
            script = "corpus_peers_ours.py" if ours else f"corpus_peer_{name}.py"
            side = Side(sys.executable if ours else peer_python(name), script, self.folder)
            self.running[name] = side
        return side

    def close(self) -> None:
        """End them."""
        for side in self.running.values():
            side.close()


def measure(row: Row, given: Input, sides: Sides) -> Outcome:
    """Let both sides work in turn, and compare what they say.

    Raises:
        PeerError: The peer cannot be installed or run.
    """
    n = len(given.texts)
    bounds = [n * k // ROUNDS for k in range(ROUNDS + 1)]
    # Copies are found only where all documents are seen.
    parts = [(0, n)] * ROUNDS if row.whole else list(pairwise(bounds))
    theirs = sides.of(row.peer)
    ours = sides.of("ours") if row.ours else None
    speeds: list[tuple[float, float]] = []
    said: tuple[Answers, Answers] = ([], [])
    for part in parts:
        mb = given.mb(*part)
        asked = theirs.ask(row.task, part, 1)
        answered = ours.ask(row.task, part, REPEATS) if ours else asked
        speeds.append((mb / asked[0], mb / answered[0]))
        for rows, (_, new) in zip(said, (asked, answered), strict=True):
            rows += new
    return Outcome(
        peer=row.peer,
        version=version(row.peer),
        what=row.what,
        theirs_mb_s=statistics.median(a for a, _ in speeds),
        ours_mb_s=statistics.median(b for _, b in speeds) if ours else None,
        ratios=[b / a for a, b in speeds] if ours else [],
        agreements=list(agree(row, given, *(rows[-n:] for rows in said))) if ours else [],
        unlike=row.unlike,
    )


def table(outcomes: list[Outcome], missing: Mapping[str, str]) -> Iterator[str]:
    """Lay out the results, as Markdown."""
    yield "| Peer | What | Peer, MB/s | Etude, MB/s | Ratio | Same answers |"
    yield "|---|---|--:|--:|--:|---|"
    for one in outcomes:
        ours = "none" if one.ours_mb_s is None else f"{one.ours_mb_s:.1f}"
        ratio = f"{statistics.median(one.ratios):.0f}" if one.ratios else ""
        same = ", ".join(f"{part.name} {part.same:.1%}" for part in one.agreements)
        yield (
            f"| {one.peer} {one.version} | {one.what} | {one.theirs_mb_s:.2f} | {ours} | {ratio} "
            f"| {same} |"
        )
    yield ""
    for one in outcomes:
        yield f"{one.peer}, {one.what}: {one.unlike}"
        for part in one.agreements:
            yield f"    {part.name}: {one.peer} {part.theirs}, Etude {part.ours} documents"
            yield from (f"        {difference}" for difference in part.differences)
    for name, why in [*missing.items(), *ABSENT.items()]:
        yield f"{name}: {why}"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=int, default=1200)
    parser.add_argument("--only", choices=sorted(PEERS), help="compare with this one alone")
    parser.add_argument("--json", type=Path, help="write the results here too")
    chosen = parser.parse_args()
    outcomes, missing = [], {}
    with tempfile.TemporaryDirectory() as name:
        given, sides = prepare(chosen.docs, Path(name)), Sides(Path(name))
        for row in ROWS:
            if chosen.only not in (None, row.peer) or row.peer in missing:
                continue
            try:
                outcomes.append(measure(row, given, sides))
            except NotInstalledError as error:
                missing[row.peer] = str(error)
            except PeerError as error:
                missing[f"{row.peer}, {row.what}"] = str(error)
        sides.close()
    n = len(given.texts)
    beside = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores at the end"
    sys.stdout.write(f"{n} documents, {given.mb(0, n):.1f} MB, processor time, {beside}\n")
    sys.stdout.write("\n".join(table(outcomes, missing)) + "\n")
    if chosen.json:
        chosen.json.write_bytes(msgspec.json.format(msgspec.json.encode(outcomes), indent=1))


if __name__ == "__main__":
    main()

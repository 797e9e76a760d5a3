"""Etude's kernel against datatrove on one core: same documents, same rules, alternating in one run.

`python benchmarks/corpus.py [--docs 1200] [--json FILE] [--peers PYTHON]`

Speeds are megabytes (10^6) of UTF-8 text for each second of CPU time. datatrove runs in a process
and an environment of its own, `.venv-peers`, which is made when it is missing; without it only
Etude is timed. The documents are whatever the machine has (`corpus_input.py`).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard
from corpus_input import documents

from etude.stages.corpus.batch import DROP, from_columns, take_kept, texts
from etude.stages.corpus.kernel._gram_index import GramIndex
from etude.stages.corpus.kernel.measure import add_measurements, measure
from etude.stages.corpus.kernel.normalised import Normalised, Signing, normalised
from etude.stages.corpus.steps import Step, steps

ROUNDS, REPEATS, BATCH = 4, 7, 1024
PEERS = ("datatrove[io,processing]==0.10.1", "spacy>=3.8,<3.9", "orjson")
CHAIN = ("gopher_repetition", "gopher_quality", "c4", "fineweb")
REASONS = {
    "dup_para_frac": "repeated paragraphs",
    "dup_para_char_frac": "text in repeated paragraphs",
    "dup_line_frac": "repeated lines",
    "dup_line_char_frac": "text in repeated lines",
    **{f"top_{n}_gram": f"most frequent {n}-gram" for n in (2, 3, 4)},
    **{f"duplicated_{n}_n_grams": f"repeated {n}-grams" for n in range(5, 11)},
    "gopher_short_doc": "too few words",
    "gopher_long_doc": "too many words",
    "gopher_below_avg_threshold": "words too short",
    "gopher_above_avg_threshold": "words too long",
    "gopher_too_many_hashes": "too many #",
    "gopher_too_many_ellipsis": "too many ellipses",
    "gopher_too_many_bullets": "too many bullets",
    "gopher_too_many_end_ellipsis": "too many lines end with an ellipsis",
    "gopher_below_alpha_threshold": "too few words with letters",
    "gopher_enough_stop_words": "too few stop words",
    "lorem_ipsum": "lorem ipsum",
    "curly_bracket": "curly bracket",
    "too_few_sentences": "too few sentences",
    "line_punct_ratio": "too few lines end with punctuation",
    "short_line_ratio": "too many short lines",
    "char_dup_ratio": "text in repeated lines",
    "list_ratio": "too many newlines",
}
Rows = list[Any]


class Ours:
    """What Etude does to the documents, task by task."""

    def __init__(self) -> None:
        self.steps: list[Step] = [steps.make(name) for name in CHAIN]
        self.wants = frozenset[str]().union(*(step.measures() for step in self.steps[:3]))
        self.index = GramIndex([" ".join(f"planted{n}x{k}" for k in range(30)) for n in range(500)])

    def four(self, batch: pa.RecordBatch) -> list[pa.RecordBatch]:
        """All four filters, each of the text as it came."""
        batch = add_measurements(batch, {*self.wants, *self.steps[3].measures()})
        return [step.apply(batch) for step in self.steps]

    def four_rows(self, batch: pa.RecordBatch) -> Rows:
        """The reasons, and what C4 leaves."""
        done = self.four(batch)
        columns = [one.column(DROP).fill_null("").to_pylist() for one in done]
        return [list(row) for row in zip(*columns, texts(done[2]).to_pylist(), strict=True)]

    def chain(self, batch: pa.RecordBatch) -> tuple[pa.RecordBatch, list[pa.RecordBatch]]:
        """Go along FineWeb's chain; return what is left, and what went at each step."""
        batch = add_measurements(batch, self.wants)
        dropped = []
        for step in self.steps:
            batch, gone = take_kept(step.apply(batch))
            dropped.append(gone)
        return batch, dropped

    def chain_rows(self, batch: pa.RecordBatch) -> Rows:
        """The first reason along the chain, and the text at its end."""
        left, dropped = self.chain(batch)
        reasons = {
            name: reason
            for gone in dropped
            if gone.num_rows
            for name, reason in zip(
                gone.column("id").to_pylist(), gone.column(DROP).to_pylist(), strict=True
            )
        }
        ends = dict(zip(left.column("id").to_pylist(), texts(left).to_pylist(), strict=True))
        ids = batch.column("id").to_pylist()
        return [[reasons.get(name, ""), ends.get(name, "")] for name in ids]

    def minhash(self, batch: pa.RecordBatch) -> Normalised:
        """The signatures of stage 1."""
        return normalised(texts(batch), signing=Signing())

    def minhash_rows(self, batch: pa.RecordBatch) -> Rows:
        """The signatures as numbers; nothing for a text too short to have one."""
        found = self.minhash(batch)
        assert found.signatures is not None  # noqa: S101 - asked for
        assert found.n_shingles is not None  # noqa: S101
        rows = found.signatures.tolist()
        return [row if n else [] for row, n in zip(rows, found.n_shingles, strict=True)]

    def together(self, batch: pa.RecordBatch) -> Normalised:
        """Filters, then signatures, digests and contamination of what is left."""
        left, _ = self.chain(batch)
        return normalised(texts(left), signing=Signing(), index=self.index, digest="")

    def together_all(self, batch: pa.RecordBatch) -> Normalised:
        """The same for every document, whatever the filters say."""
        measure(texts(batch), {*self.wants, "fineweb"})
        return normalised(texts(batch), signing=Signing(), index=self.index, digest="")

    def together_whole(self, batch: pa.RecordBatch) -> Normalised:
        """The same, and repetition is measured on where a document is dropped already."""
        measure(texts(batch), ("repetition", "quality", "c4", "fineweb"))
        return normalised(texts(batch), signing=Signing(), index=self.index, digest="")


class Peer:
    """A process with datatrove."""

    def __init__(self, python: Path, file: Path) -> None:
        script = Path(__file__).with_name("corpus_peer.py")
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(
            [python, script, file], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
        )

    def ask(self, task: str, first: int, last: int) -> tuple[float, Rows]:
        """Return the CPU seconds and the answers for some documents."""
        assert self.process.stdin is not None  # noqa: S101 - a pipe
        assert self.process.stdout is not None  # noqa: S101
        self.process.stdin.write(f"{task} {first} {last}\n")
        self.process.stdin.flush()
        seconds, rows = json.loads(self.process.stdout.readline())
        return float(seconds), rows


def timed(task: Callable[[pa.RecordBatch], object], batches: Sequence[pa.RecordBatch]) -> float:
    """Return the CPU seconds of a task, the median of some repeats."""
    taken = []
    for _ in range(REPEATS):
        began = time.process_time()
        for batch in batches:
            task(batch)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def cut(found: Sequence[str], first: int, last: int) -> list[pa.RecordBatch]:
    """Documents in batches."""
    rows = range(first, last, BATCH)
    ends = [(start, min(last, start + BATCH)) for start in rows]
    return [
        from_columns({"id": [str(i) for i in range(a, b)], "text": found[a:b]}, b - a)
        for a, b in ends
    ]


def one(want: str, batch: pa.RecordBatch) -> object:
    """Take a single measurement."""
    return measure(texts(batch), [want])


def compare(found: Sequence[str], peer: Peer, ours: Ours) -> Iterator[dict[str, Any]]:
    """Time the tasks of both in turn, round by round, and compare every answer."""
    bounds = [len(found) * k // ROUNDS for k in range(ROUNDS + 1)]
    for name in ("four", "chain", "minhash"):
        task, answer = getattr(ours, name), getattr(ours, f"{name}_rows")
        speeds: list[tuple[float, float]] = []
        differences, same = [], 0
        for first, last in pairwise(bounds):
            size = sum(len(text.encode()) for text in found[first:last]) / 1e6
            seconds, theirs = peer.ask(name, first, last)
            batches = cut(found, first, last)
            speeds.append((size / seconds, size / timed(task, batches)))
            mine = [row for batch in batches for row in answer(batch)]
            for i, (a, b) in enumerate(zip(theirs, mine, strict=True)):
                if name != "minhash":
                    a = [REASONS.get(part, part) for part in a]
                same += a == b
                if a != b:
                    differences.append({"document": first + i, "datatrove": a, "etude": b})
        yield {
            "task": name,
            "datatrove_mb_s": statistics.median(a for a, _ in speeds),
            "etude_mb_s": statistics.median(b for _, b in speeds),
            "ratio": statistics.median(b / a for a, b in speeds),
            "ratios": [round(b / a, 1) for a, b in speeds],
            "documents": len(found),
            "same": same,
            "differences": differences,
        }


def alone(found: Sequence[str], ours: Ours) -> Iterator[tuple[str, float]]:
    """Speeds of Etude's parts, and of reading alone."""
    batches = cut(found, 0, len(found))
    size = sum(len(text.encode()) for text in found) / 1e6
    for want in ("quality", "fineweb", "c4", "repetition", "redpajama"):
        yield f"one measurement: {want}", size / timed(partial(one, want), batches)
    yield (
        "all measurements",
        size
        / timed(
            lambda batch: measure(texts(batch), {*ours.wants, "fineweb", "redpajama"}),
            batches,
        ),
    )
    # Filters, MinHash, exact digest and contamination in one.
    yield "combined, later parts seeing what is kept", size / timed(ours.together, batches)
    yield "combined, nothing dropped", size / timed(ours.together_all, batches)
    yield "combined, nothing dropped or cut short", size / timed(ours.together_whole, batches)
    with tempfile.TemporaryDirectory() as folder:
        table = pa.Table.from_batches([batch.select(["text"]) for batch in batches])
        pq.write_table(table, Path(folder) / "d.parquet", compression="zstd")
        lines = "".join(json.dumps({"text": text}) + "\n" for text in found).encode()
        packed = zstandard.compress(lines)
        yield (
            "limit: Parquet (zstd) read alone",
            size / timed(lambda _: pq.read_table(Path(folder) / "d.parquet"), batches[:1]),
        )
        yield (
            "limit: JSON Lines decompressed alone",
            size / timed(lambda _: zstandard.decompress(packed), batches[:1]),
        )


def peers_python() -> Path | None:
    """Return the Python of the peers' environment, made if need be; `None` where it fails."""
    folder = Path(__file__).parents[1] / ".venv-peers"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        done = subprocess.run([python, "-m", "pip", "install", "-q", *PEERS], check=False)
        if done.returncode:
            sys.stderr.write("datatrove could not be installed; only Etude is timed\n")
            return None
    return python


def table(rows: Sequence[Mapping[str, Any]], parts: Mapping[str, float]) -> Iterator[str]:
    """Lay out the results."""
    yield f"{'task':<10}{'datatrove MB/s':>16}{'Etude MB/s':>12}{'ratio':>8}  same answers"
    for row in rows:
        speeds = f"{row['datatrove_mb_s']:>16.3f}{row['etude_mb_s']:>12.1f}{row['ratio']:>7.0f}x"
        yield f"{row['task']:<10}{speeds}  {row['same']} of {row['documents']}"
        for other in row["differences"][:5]:
            yield f"    document {other['document']}: {str(other)[:300]}"
    yield ""
    for name, speed in parts.items():
        yield f"{name:<56}{speed:>8.1f} MB/s"


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--docs", type=int, default=1200)
    parser.add_argument("--json", type=Path, help="write the results here too")
    parser.add_argument("--peers", type=Path, help="a Python that has datatrove and spaCy")
    chosen = parser.parse_args()
    found, ours = documents(chosen.docs), Ours()
    python = chosen.peers or peers_python()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "documents.json"
        file.write_text(json.dumps(found), encoding="utf-8")
        if python is not None:
            peer = Peer(python, file)
            rows = list(compare(found, peer, ours))
            peer.process.communicate()
    parts = dict(alone(found, ours))
    size = sum(len(text.encode()) for text in found) / 1e6
    sys.stdout.write(f"{len(found)} documents, {size:.1f} MB, one core, CPU time\n")
    sys.stdout.write("\n".join(table(rows, parts)) + "\n")
    if chosen.json:
        chosen.json.write_text(json.dumps({"compared": rows, "parts": parts}, indent=1))


if __name__ == "__main__":
    main()

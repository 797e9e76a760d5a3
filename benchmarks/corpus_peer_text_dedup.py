"""text-dedup's side of `corpus_peers.py`: its commands, run in this process."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import datasets
from corpus_answering import Answers, Task, copies, room, serve, write_lines
from text_dedup import exact_hash, minhash

BANDS, VALUES = 14, 8
datasets.disable_caching()


class Files(NamedTuple):
    """Where a command reads and writes."""

    n: int
    here: Path
    file: Path

    def options(self) -> list[str]:
        """Return what both commands are told."""
        given = {
            "path": "json",
            "data_files": self.file,
            "split": "train",
            "cache_dir": self.here / "cache",
            "output": self.here / "out",
            "column": "text",
            "num_proc": 1,
        }
        return [f"--{name}={value}" for name, value in given.items()]


def prepare(texts: list[str], folder: Path) -> Files:
    """Write documents."""
    here = room(folder)
    return Files(len(texts), here, write_lines(texts, here))


def run_minhash(files: Files) -> Files:
    """Take near copies away: 5-grams, 14 bands of 8 values, the faster of its hash functions."""
    told = {"ngram": 5, "min_length": 1, "num_perm": BANDS * VALUES, "b": BANDS, "r": VALUES}
    more = [f"--{name}={value}" for name, value in {**told, "hash_func": "xxh3"}.items()]
    return _run(minhash.main, files, more)


def run_exact(files: Files) -> Files:
    """Take exact copies away."""
    return _run(exact_hash.main, files, ["--hash_func=xxh3"])


def _run(command: Callable[..., object], files: Files, more: list[str]) -> Files:
    command([*files.options(), *more], standalone_mode=False)
    return files


def minhash_answers(files: Files) -> Answers:
    """Return which documents have an earlier one in their cluster, whichever of them was kept."""
    first: dict[int, int] = {}
    for number in range(files.n):
        first.setdefault(minhash.uf.find(number), number)
    return copies(files.n, set(first.values()))


def exact_answers(files: Files) -> Answers:
    """Return which documents went."""
    left = datasets.load_from_disk(str(files.here / "out"))
    return copies(files.n, {int(name) for name in left["id"]})


if __name__ == "__main__":
    serve(
        {
            "minhash_files": Task(prepare, run_minhash, minhash_answers),
            "exact_files": Task(prepare, run_exact, exact_answers),
        }
    )

"""Peak memory of a build over 1, 4 and 16 times the input: it must not grow with the corpus.

    python benchmarks/corpus_memory.py --megabytes 30

The documents are real ones with their words renumbered, so that no copy duplicates another.
The figure is the largest resident set of any process of the build (`ru_maxrss`), with two workers.
"""

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from corpus_input import documents

RECIPE = """
[[sources]]
use = "jsonl"
paths = ["{folder}/*.jsonl"]
[[steps]]
use = "gopher_repetition"
[[steps]]
use = "exact"
[[steps]]
use = "minhash"
[[steps]]
use = "paragraphs"
"""
_WORD = re.compile(r"[A-Za-z]{5,}")


def rename(text: str, turn: int) -> str:
    """Return a text with other words, so that it is no copy; turn 0 leaves it as it is."""
    return _WORD.sub(lambda match: f"{match[0]}{turn}", text) if turn else text


def write_input(folder: Path, texts: list[str], times: int) -> int:
    """Write `times` renamings of the documents, one file each; return the bytes of text."""
    n_bytes = 0
    for turn in range(times):
        with (folder / f"{turn:03}.jsonl").open("w", encoding="utf-8") as file:
            for number, text in enumerate(texts):
                renamed = rename(text, turn)
                n_bytes += len(renamed.encode())
                file.write(json.dumps({"id": f"{turn}-{number}", "text": renamed}) + "\n")
    return n_bytes


def run(folder: Path) -> tuple[float, float]:
    """Build, in a process that reports the peak of all it started; return MB and wall seconds."""
    recipe = folder / "recipe.toml"
    recipe.write_text(RECIPE.format(folder=folder), "utf-8")
    code = (
        "import resource, subprocess, sys; "
        "subprocess.run(sys.argv[1:], check=True, stdout=2); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    etude = Path(sys.executable).with_name("etude")
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", code, etude, "corpus", "build", recipe, "--out", folder / "ds"],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    scale = 1024 if sys.platform != "darwin" else 1024 * 1024
    return int(done.stdout) / scale, time.monotonic() - began


def main() -> None:
    """Print a row for each size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=float, default=30.0, help="text at 1x")
    parser.add_argument("--times", type=int, nargs="+", default=[1, 4, 16])
    told = parser.parse_args()
    texts = documents(10**9, int(told.megabytes * 1e6))
    sys.stdout.write("input     text MB   peak MB   wall s\n")
    for times in told.times:
        with tempfile.TemporaryDirectory() as name:
            n_bytes = write_input(Path(name), texts, times)
            peak_mb, wall_s = run(Path(name))
            sys.stdout.write(f"{times:>4}x  {n_bytes / 1e6:>9.1f} {peak_mb:>9.0f} {wall_s:>8.1f}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()

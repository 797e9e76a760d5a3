"""A whole recipe from file to file: FineWeb's filters, then MinHash; Etude against datatrove.

`python benchmarks/corpus_recipe.py [--docs 1200] [--times 1] [--peers PYTHON]`

Both read the same compressed JSON Lines and write what is left, in processes of their own, with one
worker; processor time of all of it, start-up included, and how many documents each of them keeps.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

import zstandard
from corpus import peers_python
from corpus_input import documents
from corpus_memory import rename

RECIPE = """
[[sources]]
use = "jsonl"
paths = ["{folder}/in/docs.jsonl.zst"]
[[steps]]
use = "gopher_repetition"
[[steps]]
use = "gopher_quality"
[[steps]]
use = "c4"
[[steps]]
use = "fineweb"
[[steps]]
use = "minhash"
"""
PEER = """
import sys
from datatrove.executor import LocalPipelineExecutor as Run
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers import JsonlWriter
from datatrove.pipeline.filters import (
    C4QualityFilter, FineWebQualityFilter, GopherQualityFilter, GopherRepetitionFilter)
from datatrove.pipeline.dedup import (
    MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature)
from datatrove.pipeline.dedup.minhash import MinhashConfig

if __name__ == "__main__":
    folder, config = sys.argv[1], MinhashConfig()
    kept, logs = f"{folder}/kept", f"{folder}/logs"
    Run([JsonlReader(f"{folder}/in"), GopherRepetitionFilter(), GopherQualityFilter(),
         C4QualityFilter(filter_no_terminal_punct=False), FineWebQualityFilter(),
         JsonlWriter(kept)], tasks=1, logging_dir=f"{logs}/1").run()
    Run([JsonlReader(kept), MinhashDedupSignature(f"{folder}/sig", config=config)],
        tasks=1, logging_dir=f"{logs}/2").run()
    Run([MinhashDedupBuckets(f"{folder}/sig", f"{folder}/buckets", config=config)],
        tasks=config.num_buckets, workers=1, logging_dir=f"{logs}/3").run()
    Run([MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config)],
        tasks=1, logging_dir=f"{logs}/4").run()
    Run([JsonlReader(kept), MinhashDedupFilter(f"{folder}/remove"), JsonlWriter(f"{folder}/out")],
        tasks=1, logging_dir=f"{logs}/5").run()
"""
_COUNT = "import gzip,sys,glob; print(sum(1 for f in glob.glob(sys.argv[1]) for _ in gzip.open(f)))"


def cpu_s(command: list[str]) -> float:
    """Run a command to its end; return the processor time of it and all that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Run both and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=int, default=1200)
    parser.add_argument("--times", type=int, default=1, help="renamed copies of the input")
    parser.add_argument("--peers", type=Path, help="a Python that has datatrove and spaCy")
    told = parser.parse_args()
    found = documents(told.docs)
    # One in ten stands twice, with a word more, so that there is something to find.
    found += [f"{text} indeed" for text in found[::10]]
    found += [rename(text, turn) for turn in range(1, told.times) for text in found]
    lines = "".join(json.dumps({"id": str(n), "text": text}) + "\n" for n, text in enumerate(found))
    n_mb = sum(len(text.encode()) for text in found) / 1e6
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        packed = zstandard.compress(lines.encode())
        (folder / "in" / "docs.jsonl.zst").write_bytes(packed)
        (folder / "recipe.toml").write_text(RECIPE.format(folder=folder), "utf-8")
        (folder / "peer.py").write_text(PEER, "utf-8")
        etude = str(Path(sys.executable).with_name("etude"))
        build = [etude, "corpus", "build", str(folder / "recipe.toml"), "--jobs", "1"]
        ours = cpu_s([*build, "--out", str(folder / "ds")])
        n_ours = json.loads((folder / "ds" / "manifest.json").read_text())["counts"]["n_kept"]
        sys.stdout.write(f"{len(found)} documents, {n_mb:.1f} MB\n")
        sys.stdout.write(f"Etude     {ours:8.1f} CPU s {n_mb / ours:8.2f} MB/s, kept {n_ours}\n")
        python = told.peers or peers_python()
        if python is None:
            return
        theirs = cpu_s([str(python), str(folder / "peer.py"), str(folder)])
        counted = subprocess.run(
            [sys.executable, "-c", _COUNT, f"{folder}/out/*.gz"],
            check=True,
            capture_output=True,
            text=True,
        )
        sys.stdout.write(
            f"datatrove {theirs:8.1f} CPU s {n_mb / theirs:8.2f} MB/s, kept {counted.stdout}"
            f"ratio {theirs / ours:.0f}\n"
        )


if __name__ == "__main__":
    main()

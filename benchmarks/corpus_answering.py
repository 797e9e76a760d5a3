"""How one side of `corpus_peers.py` answers, in the environment of its tool.

Started as `python corpus_peer_NAME.py FOLDER`, where FOLDER has `documents.json`. Each line of its
input is `TASK FROM TO REPEATS`; each line of its output is the median of the processor seconds (all
threads and ended processes of it) and an answer for each document, as JSON. An answer is a list of
`[value, why]`: values are what is compared, the rest explains. It imports nothing but Python's own
library, for each tool has an environment of its own.
"""

import gzip
import json
import os
import resource
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

N_WARM = 20
"""Documents that each task sees before it is timed."""

Answers = list[list[list[object]]]


class Task(NamedTuple):
    """Something that a tool is asked to do; only `work` is timed."""

    prepare: Callable[[list[str], Path], Any]
    """Puts texts into the form that the tool takes; the folder has the word lists."""
    work: Callable[[Any], Any]
    answers: Callable[[Any], Answers]


def serve(tasks: Mapping[str, Task]) -> None:
    """Answer until the input ends."""
    folder, warm = Path(sys.argv[1]), set[str]()
    found = json.loads((folder / "documents.json").read_text(encoding="utf-8"))
    # Tools print what they like; only answers may stand on the pipe.
    pipe = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        name, *numbers = line.split()
        (first, last, repeats), task = map(int, numbers), tasks[name]
        if name not in warm:
            task.answers(task.work(task.prepare(found[:N_WARM], folder)))
            warm.add(name)
        taken, result = [], None
        for _ in range(repeats):
            given = task.prepare(found[first:last], folder)
            began = cpu_s()
            result = task.work(given)
            taken.append(cpu_s() - began)
        pipe.write(json.dumps([statistics.median(taken), task.answers(result)]) + "\n")
        pipe.flush()


def cpu_s() -> float:
    """Return the processor seconds of this process and of those it started that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def room(folder: Path) -> Path:
    """Return a new empty folder."""
    return Path(tempfile.mkdtemp(dir=folder))


def write_lines(texts: Sequence[str], folder: Path) -> Path:
    """Write documents as compressed JSON Lines, each with its number as `id`."""
    file = folder / "documents" / "documents.jsonl.gz"
    file.parent.mkdir()
    with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as stream:
        for number, text in enumerate(texts):
            stream.write(json.dumps({"id": str(number), "text": text}) + "\n")
    return file


def lines_left(lines: Sequence[str]) -> list[list[object]]:
    """Return the answer about lines: all, and all but those that tools end differently."""
    plain = [line for line in lines if not line.endswith(("...", "'"))]
    return [["\n".join(lines), ""], ["\n".join(plain), ""]]


def copies(n: int, kept: set[int]) -> Answers:
    """Return the answers of a task that takes copies away."""
    return [[[number not in kept, "" if number in kept else "copy"]] for number in range(n)]

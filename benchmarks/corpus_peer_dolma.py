"""Dolma's side of `corpus_peers.py`."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from corpus_answering import Answers, Task, copies, lines_left, room, serve, write_lines
from dolma import deduper
from dolma.core.data_types import InputSpec
from dolma.taggers import c4
from dolma.taggers.c4 import FasterC4Tagger
from dolma.taggers.gopher import GopherTaggerV2

# Etude's step for C4 has no list of bad words, so that Dolma's shall not cost it time here.
c4.NAUGHTY_WORDS.clear()
c4.NAUGHTY_PHRASES.clear()

_MOST = {
    "fraction_of_duplicate_lines": 0.30,
    "fraction_of_characters_in_duplicate_lines": 0.20,
    **{
        f"fraction_of_characters_in_most_common_{n}grams": most
        for n, most in ((2, 0.20), (3, 0.18), (4, 0.16))
    },
    **{
        f"fraction_of_characters_in_duplicate_{n}grams": round(0.20 - n / 100, 2)
        for n in range(5, 11)
    },
}
_BOUNDS = {
    "word_count": (50, 100_000),
    "median_word_length": (3, 10),
    "symbol_to_word_ratio": (0, 0.1),
    "fraction_of_words_with_alpha_character": (0.8, 1),
    "required_word_count": (2, float("inf")),
    "fraction_of_lines_starting_with_bullet_point": (0, 0.9),
    "fraction_of_lines_ending_with_ellipsis": (0, 0.3),
}
GOPHER, C4 = GopherTaggerV2(), FasterC4Tagger()
Tagged = list[tuple[InputSpec, dict[str, Any]]]


class Files(NamedTuple):
    """An input of the deduper."""

    n: int
    file: Path
    config: dict[str, Any]


def specs(texts: list[str], _folder: Path) -> list[InputSpec]:
    """Return documents as the taggers take them."""
    return [InputSpec(id=str(n), text=text, source="") for n, text in enumerate(texts)]


def gopher(rows: list[InputSpec]) -> Tagged:
    """Tag as gopher_v2."""
    return [(row, GOPHER.tag(row)) for row in rows]


def gopher_answers(tagged: Tagged) -> Answers:
    """Judge the tags by Gopher's thresholds: quality, repetition."""
    found = []
    for _, tags in tagged:
        score = {name: spans[0][2] for name, spans in tags.items() if spans}
        outside = (
            name
            for name, (least, most) in _BOUNDS.items()
            if not least <= score.get(name, 0) <= most
        )
        above = (name for name, most in _MOST.items() if score.get(name, 0) > most)
        reasons = [next(outside, ""), next(above, "")]
        found.append([[bool(reason), reason] for reason in reasons])
    return found


def c4_tags(rows: list[InputSpec]) -> Tagged:
    """Tag as c4_v2."""
    return [(row, C4.tag(row)) for row in rows]


def c4_answers(tagged: Tagged) -> Answers:
    """Say which documents C4 drops, and what is left of the rest."""
    found: Answers = []
    for row, tags in tagged:
        reason = next((name for name in ("has_lorem_ipsum", "has_curly_brace") if name in tags), "")
        left = [*_lines_left(row.text, tags)]
        why = reason or ("" if left else "no line left")
        found.append([[bool(why), why], *lines_left(left)])
    return found


def _lines_left(text: str, tags: dict[str, Any]) -> Iterator[str]:
    gone = {
        start
        for name in ("lines_with_no_ending_punctuation", "lines_with_too_few_words")
        for start, _, _ in tags.get(name, ())
    }
    start = 0
    for line in text.split("\n"):
        if start not in gone:
            yield line.strip()
        start += len(line) + 1


def dedupe_files(texts: list[str], folder: Path) -> Files:
    """Write documents and say how they shall be compared, as `dolma dedupe` would."""
    here = room(folder)
    file = write_lines(texts, here)
    for name in ("input", "output"):
        (here / name).mkdir()
    config = {
        "documents": [str(file)],
        "dedupe": {
            "name": "exact",
            "documents": {"attribute_name": "copy", "key": "$.text"},
            "skip_empty": False,
            "min_length": 0,
            "min_words": 0,
            "num_partitions": 1,
            "partition_index": 0,
            "file_partition": False,
            "document_dir": "documents",
        },
        "bloom_filter": {
            "file": str(here / "bloom"),
            "read_only": False,
            "size_in_bytes": 0,
            "estimated_doc_count": max(1000, len(texts)),
            "desired_false_positive_rate": 1e-9,
        },
        "is_s3_volume": False,
        "work_dir": {"input": str(here / "input"), "output": str(here / "output")},
        "processes": 1,
        "compression": {"input": None, "output": None},
    }
    return Files(len(texts), here / "attributes" / "exact" / file.name, config)


def dedupe(files: Files) -> Files:
    """Mark the copies."""
    deduper(files.config)
    return files


def dedupe_answers(files: Files) -> Answers:
    """Return which documents were marked."""
    with gzip.open(files.file, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    kept = {int(row["id"]) for row in rows if not row["attributes"].get("copy")}
    return copies(files.n, kept)


if __name__ == "__main__":
    serve(
        {
            "gopher": Task(specs, gopher, gopher_answers),
            "c4": Task(specs, c4_tags, c4_answers),
            "exact_files": Task(dedupe_files, dedupe, dedupe_answers),
        }
    )

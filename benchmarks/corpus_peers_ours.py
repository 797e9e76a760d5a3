"""Etude's side of `corpus_peers.py`."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
from corpus_answering import Answers, Task, copies, lines_left, room, serve, write_lines

from etude.engine import engines
from etude.stages.corpus.batch import (
    DROP,
    ROW,
    drop_where,
    from_columns,
    signal,
    texts,
    with_column,
)
from etude.stages.corpus.build import build
from etude.stages.corpus.kernel.measure import add_measurements
from etude.stages.corpus.recipe import CorpusRecipe
from etude.stages.corpus.steps import Step
from etude.stages.corpus.steps.c4 import C4
from etude.stages.corpus.steps.exact import ExactStep
from etude.stages.corpus.steps.gopher_quality import GopherQuality
from etude.stages.corpus.steps.gopher_repetition import GopherRepetition
from etude.stages.corpus.steps.length import LengthStep
from etude.stages.corpus.steps.minhash import MinhashStep
from etude.stages.corpus.steps.redpajama import RedPajama
from etude.stages.corpus.steps.toxicity import Toxicity

BATCH = 1024
_NO_PARAGRAPHS = {"dup_para_frac": None, "dup_para_char_frac": None}
_OTHER_REPETITION = {
    name: None
    for name in GopherRepetition.__struct_fields__
    if name.startswith(("dup_", "top_")) and name != "dup_10_gram_char_frac"
}
_OTHER_QUALITY = {
    name: None
    for name in GopherQuality.__struct_fields__
    if name.startswith(("min_", "max_")) and name not in ("min_words", "max_words")
}


class StopWords(RedPajama, frozen=True, kw_only=True):
    """Drops what has fewer stop words than a share; Etude has the signal, and no step for it."""

    least: float = 0.3
    """Fewest stop words, as a share of all words."""

    def apply(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Measure and judge."""
        batch = super().apply(batch)
        share = signal(batch, "rps_doc_stop_word_fraction")
        assert share is not None  # noqa: S101 - just measured
        return drop_where(batch, {"too few stop words": ~(share >= self.least)})


STEPS: dict[str, Step] = {
    "length": LengthStep(at_least=20),
    "words": GopherQuality(**_OTHER_QUALITY),
    "word_repetition": GopherRepetition(**_OTHER_REPETITION),
    "stop_words": StopWords(repetition=False),
    "flagged_words": Toxicity(
        max_toxic=4.5, max_adult=4.5, min_terms=1, adult_urls=False, languages=("en",)
    ),
}
C4_OF_DOLMA = C4(
    need_punctuation=True,
    longest_word=-1,
    no_javascript=False,
    no_policy=False,
    remove_citations=False,
    min_sentences=-1,
)
C4_LINES = msgspec.structs.replace(C4_OF_DOLMA, no_curly_bracket=False, no_lorem_ipsum=False)
GOPHER = (GopherQuality(), GopherRepetition(every_signal=True, **_NO_PARAGRAPHS))


# In this very process: a worker's start would be counted, and that of the peers is not.
ENGINE = engines.make({"use": "local", "jobs": 1, "least_size": 10**12})


class Built(NamedTuple):
    """A corpus to be made, or made."""

    n: int
    recipe: CorpusRecipe
    target: Path


def batches(found: list[str], _folder: Path, size: int = BATCH) -> list[pa.RecordBatch]:
    """Return documents in batches."""
    return [_batch(found, first, first + size) for first in range(0, len(found), size)]


def _batch(found: list[str], first: int, last: int) -> pa.RecordBatch:
    part = found[first:last]
    numbers = range(first, first + len(part))
    batch = from_columns({"id": [str(n) for n in numbers], "text": part}, len(part))
    return with_column(batch, ROW, pa.array(numbers, type=pa.uint64()))


def judging(chosen: Sequence[Step]) -> Task:
    """Return the task of some steps, each seeing every document; all measured in one pass."""
    wants = frozenset[str]().union(*(step.measures() for step in chosen))

    def work(given: list[pa.RecordBatch]) -> list[list[pa.RecordBatch]]:
        done = []
        for batch in given:
            measured = add_measurements(batch, wants) if wants else batch
            done.append([step.apply(measured) for step in chosen])
        return done

    return Task(batches, work, lambda done: [row for one in done for row in _reasons(one)])


def _reasons(judged: Sequence[pa.RecordBatch]) -> Answers:
    columns = [
        one.column(DROP).fill_null("").to_pylist() if DROP in one.schema.names else [""] * len(one)
        for one in judged
    ]
    return [[[bool(why), why] for why in row] for row in zip(*columns, strict=True)]


def c4_rows(given: list[pa.RecordBatch]) -> list[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """Rewrite by C4's rules, as far as Dolma has them."""
    return [(batch, C4_OF_DOLMA.apply(batch)) for batch in given]


def c4_answers(done: list[tuple[pa.RecordBatch, pa.RecordBatch]]) -> Answers:
    """Say which documents go, and which lines are left, also of those that go."""
    found: Answers = []
    for batch, judged in done:
        reasons = judged.column(DROP).fill_null("").to_pylist()
        left = texts(C4_LINES.apply(batch)).to_pylist()
        for reason, text in zip(reasons, left, strict=True):
            why = reason or ("" if text else "no line left")
            found.append([[bool(why), why], *lines_left(text.split("\n") if text else [])])
    return found


def comparing(step: Step) -> Task:
    """Return the task of a step that compares documents, from memory to verdicts."""

    def prepare(found: list[str], _folder: Path) -> pa.RecordBatch:
        return _batch(found, 0, len(found))

    def answers(done: pa.RecordBatch) -> Answers:
        return [[[gone, "copy" if gone else ""]] for [[gone, _]] in _reasons([done])]

    return Task(prepare, step.apply, answers)


def building(*names: str) -> Task:
    """Return the task of a whole recipe, from compressed JSON Lines to a data set on disk."""

    def prepare(found: list[str], folder: Path) -> Built:
        here = room(folder)
        source = {"use": "jsonl", "paths": [str(write_lines(found, here))]}
        recipe = CorpusRecipe(sources=(source,), steps=tuple({"use": name} for name in names))
        return Built(len(found), recipe, here / "made")

    def work(given: Built) -> Built:
        build(given.recipe, given.target, ENGINE)
        return given

    return Task(prepare, work, _built_answers)


def _built_answers(made: Built) -> Answers:
    kept: set[int] = set()
    for file in made.target.rglob("*.parquet"):
        table = pq.read_table(file)
        if "text" in table.schema.names:
            kept |= {int(name) for name in table.column("id").to_pylist()}
    return copies(made.n, kept)


TASKS: dict[str, Task] = {
    "gopher": judging(GOPHER),
    "c4": Task(batches, c4_rows, c4_answers),
    **{name: judging([step]) for name, step in STEPS.items()},
    "filters": judging([*STEPS.values()]),
    "minhash": comparing(MinhashStep()),
    "exact": comparing(ExactStep()),
    "minhash_files": building("minhash"),
    "exact_files": building("exact"),
}

if __name__ == "__main__":
    serve(TASKS)

"""Data-Juicer's side of `corpus_peers.py`.

Filters are called on batches in memory, without the data sets around them, which would cost them
more. Its word lists would have to be downloaded: it is given Etude's.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import datasets
from corpus_answering import Answers, Task, copies, serve
from data_juicer.ops.base_op import Deduplicator, Filter
from data_juicer.ops.deduplicator.document_deduplicator import DocumentDeduplicator
from data_juicer.ops.deduplicator.document_minhash_deduplicator import DocumentMinhashDeduplicator
from data_juicer.ops.filter.character_repetition_filter import CharacterRepetitionFilter
from data_juicer.ops.filter.flagged_words_filter import FlaggedWordFilter
from data_juicer.ops.filter.stopwords_filter import StopWordsFilter
from data_juicer.ops.filter.text_length_filter import TextLengthFilter
from data_juicer.ops.filter.word_repetition_filter import WordRepetitionFilter
from data_juicer.ops.filter.words_num_filter import WordsNumFilter
from data_juicer.utils.constant import Fields
from loguru import logger

BATCH = 1000
datasets.disable_caching()
datasets.disable_progress_bars()
logger.disable("data_juicer")
Samples = dict[str, list[Any]]


class Given(NamedTuple):
    """Batches, and the filters that see them."""

    filters: list[Filter]
    batches: list[Samples]


class Copies(NamedTuple):
    """A data set, and how long it was."""

    n: int
    data: Any


MAKERS: dict[str, Callable[[str], Filter]] = {
    "length": lambda folder: TextLengthFilter(min_len=20),
    "words": lambda folder: WordsNumFilter(min_num=50, max_num=100_000),
    "word_repetition": lambda folder: WordRepetitionFilter(rep_len=10, max_ratio=0.10),
    "stop_words": lambda folder: StopWordsFilter(min_ratio=0.3, stopwords_dir=folder),
    "flagged_words": lambda folder: FlaggedWordFilter(max_ratio=0.045, flagged_words_dir=folder),
    "character_repetition": lambda folder: CharacterRepetitionFilter(rep_len=10, max_ratio=0.5),
}
TOGETHER = ("length", "words", "word_repetition", "stop_words", "flagged_words")


def filtering(names: Sequence[str]) -> Task:
    """Return the task of some filters, each seeing every document; words are split once."""

    def prepare(texts: list[str], folder: Path) -> Given:
        filters = [MAKERS[name](str(folder)) for name in names]
        return Given(filters, [_samples(texts[k : k + BATCH]) for k in range(0, len(texts), BATCH)])

    def answers(kept: list[list[bool]]) -> Answers:
        return [
            [[not stays, "" if stays else name] for name, stays in zip(names, row, strict=True)]
            for row in kept
        ]

    return Task(prepare, _judge, answers)


def _samples(texts: list[str]) -> Samples:
    return {
        "text": texts,
        Fields.stats: [{} for _ in texts],
        Fields.context: [{} for _ in texts],
    }


def _judge(given: Given) -> list[list[bool]]:
    rows: list[list[bool]] = []
    for samples in given.batches:
        columns = []
        for one in given.filters:
            # Those that share words take them from the context.
            context = {"context": True} if not isinstance(one, NO_CONTEXT) else {}
            samples = one.compute_stats_batched(samples, **context)
            columns.append([bool(stays) for stays in one.process_batched(samples)])
        rows += [list(row) for row in zip(*columns, strict=True)]
    return rows


NO_CONTEXT = (TextLengthFilter, CharacterRepetitionFilter)


def deduplicating(make: Callable[[], Deduplicator]) -> Task:
    """Return the task of a de-duplicator, from a data set in memory to what is left of it."""

    def prepare(texts: list[str], _folder: Path) -> tuple[Deduplicator, Copies]:
        rows = {"number": list(range(len(texts))), "text": texts}
        return make(), Copies(len(texts), datasets.Dataset.from_dict(rows))

    def work(given: tuple[Deduplicator, Copies]) -> Copies:
        # What its `run` does, but for Ray, which that imports even where it is not used.
        tool, found = given
        hashed = found.data.map(tool.compute_hash)
        return Copies(found.n, tool.process(hashed)[0])

    def answers(left: Copies) -> Answers:
        return copies(left.n, set(left.data["number"]))

    return Task(prepare, work, answers)


if __name__ == "__main__":
    serve(
        {
            **{name: filtering([name]) for name in MAKERS},
            "filters": filtering(TOGETHER),
            "minhash": deduplicating(
                lambda: DocumentMinhashDeduplicator(
                    tokenization="space",
                    window_size=5,
                    num_permutations=112,
                    num_bands=14,
                    num_rows_per_band=8,
                    num_proc=1,
                )
            ),
            "exact": deduplicating(lambda: DocumentDeduplicator(num_proc=1)),
        }
    )

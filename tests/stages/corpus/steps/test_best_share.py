from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.corpus.batch import DROP, from_columns, signal, with_signal
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import AcrossStep, steps

ORIGIN = {"source": "s", "licence": "", "made_by": "t", "parents": []}


def batch_of(values: list[float], domains: list[str] | None = None) -> pa.RecordBatch:
    n = len(values)
    batch = from_columns(
        {
            "id": [str(i) for i in range(n)],
            "origin": [ORIGIN] * n,
            "text": ["x" * (i % 5) for i in range(n)],
            "domain": domains or ["web"] * n,
        },
        n,
    )
    return with_signal(batch, "quality", values)


def kept(batch: pa.RecordBatch) -> list[bool]:
    index = batch.schema.get_field_index(DROP)
    return batch.column(index).is_null().to_pylist() if index >= 0 else [True] * batch.num_rows


FLOATS = st.floats(allow_nan=True, allow_infinity=True, width=32)


@given(values=st.lists(FLOATS, min_size=1, max_size=60), share=st.floats(0.01, 1))
@settings(max_examples=25, deadline=None)
@pytest.mark.parametrize("lowest", [False, True])
def test_the_best_share_is_kept_with_its_equals_and_no_more(
    lowest: bool, values: list[float], share: float
) -> None:
    step = steps.make({"use": "best_share", "share": share, "lowest": lowest})
    stays = kept(step.apply(batch_of(values)))
    known = sorted((v for v in values if v == v), reverse=not lowest)
    count = int(np.ceil(share * len(known) - 1e-9))
    last = known[max(count, 1) - 1] if known else 0.0
    for value, stay in zip(values, stays, strict=True):
        assert stay == (value != value or (value <= last if lowest else value >= last))


def test_batches_of_a_corpus_are_judged_together(tmp_path: Path) -> None:
    step = steps.make({"use": "best_share", "share": 0.25, "tiers": [0.25, 0.5]})
    assert isinstance(step, AcrossStep)
    parts = [batch_of([1, 2, 3, 4]), batch_of([5, 6, 7, 8])]
    spill = Spill(tmp_path)
    for number, part in enumerate(parts):
        with spill.writer(number) as writer:
            step.gather(part, writer)
    step.settle(spill)
    first, second = (step.judge(part, spill) for part in parts)
    assert kept(first) == [False] * 4
    assert kept(second) == [False, False, True, True]
    tiers = signal(second, "quality_tier")
    assert tiers is not None
    assert tiers.tolist() == [1, 1, 0, 0]


def test_each_group_keeps_its_own_best() -> None:
    step = steps.make({"use": "best_share", "share": 0.5, "by": "domain"})
    batch = batch_of([9, 8, 7, 6, 0.4, 0.3, 0.2, 0.1], ["a"] * 4 + ["b"] * 4)
    assert kept(step.apply(batch)) == [True, True, False, False] * 2


def test_a_share_of_bytes_counts_long_documents_for_more() -> None:
    step = steps.make({"use": "best_share", "share": 0.4, "unit": "bytes"})
    # Sizes are 0 1 2 3 4; the best 4 of 10 bytes are the last document alone.
    assert kept(step.apply(batch_of([1, 2, 3, 4, 5]))) == [False] * 4 + [True]


def test_a_signal_that_nobody_measured_is_missed() -> None:
    with pytest.raises(ConfigError, match="no signal 'other'"):
        steps.make({"use": "best_share", "signal": "other"}).apply(batch_of([1]))


@pytest.mark.parametrize(
    "wrong", [{"share": 0}, {"tiers": [0.6, 0.3]}, {"unit": "pages"}, {"by": "colour"}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        steps.make({"use": "best_share", **wrong})

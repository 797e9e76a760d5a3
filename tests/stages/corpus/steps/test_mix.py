from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from etude.errors import ConfigError
from etude.stages.corpus.batch import DROP, from_columns, signal
from etude.stages.corpus.spill import Spill
from etude.stages.corpus.steps import AcrossStep, steps

ORIGIN = {"source": "s", "licence": "", "made_by": "t", "parents": []}


def batch_of(counts: dict[str, int], start: int = 0) -> pa.RecordBatch:
    domains = [name for name, count in counts.items() for _ in range(count)]
    n = len(domains)
    return from_columns(
        {
            "id": [f"{name}-{start + i}" for i, name in enumerate(domains)],
            "origin": [ORIGIN] * n,
            "text": ["ten bytes."] * n,
            "domain": domains,
        },
        n,
    )


def read_bytes(batch: pa.RecordBatch, domain: str) -> float:
    times = signal(batch, "repeats")
    assert times is not None
    there = np.array([name == domain for name in batch.column("domain").to_pylist()])
    return float(times[there].sum() * 10)


def reasons(batch: pa.RecordBatch) -> set[str | None]:
    return set(batch.column(batch.schema.get_field_index(DROP)).to_pylist())


def test_domains_come_to_the_shares_that_were_asked_for() -> None:
    step = steps.make(
        {"use": "mix", "weights": {"web": 0.5, "code": 0.5}, "budget": 20_000, "max_epochs": 4}
    )
    mixed = step.apply(batch_of({"web": 4000, "code": 400, "spam": 50}))
    assert read_bytes(mixed, "web") == pytest.approx(10_000, rel=0.08)
    assert read_bytes(mixed, "code") == pytest.approx(10_000, rel=0.08)
    assert read_bytes(mixed, "spam") == 0
    assert reasons(mixed) == {
        None,
        "over the share of its domain",
        "its domain is left out",
    }


def test_no_domain_is_read_more_often_than_its_cap() -> None:
    step = steps.make({"use": "mix", "budget": 30_000, "max_epochs": 3, "scheme": "unimax"})
    mixed = step.apply(batch_of({"big": 4000, "small": 200}))
    assert read_bytes(mixed, "small") == 6000
    assert read_bytes(mixed, "big") == pytest.approx(24_000, rel=0.06)
    times = signal(mixed, "repeats")
    assert times is not None
    assert times.max() == 3


def test_parts_of_a_corpus_are_weighed_together(tmp_path: Path) -> None:
    step = steps.make({"use": "mix", "weights": {"a": 1, "b": 1}, "max_epochs": 1})
    assert isinstance(step, AcrossStep)
    parts = [batch_of({"a": 1000}), batch_of({"a": 1000, "b": 500}, start=1000)]
    spill = Spill(tmp_path)
    for number, part in enumerate(parts):
        with spill.writer(number) as writer:
            step.gather(part, writer)
    step.settle(spill)
    judged = [step.judge(part, spill) for part in parts]
    assert sum(read_bytes(part, "a") for part in judged) == pytest.approx(5000, rel=0.1)
    assert read_bytes(judged[1], "b") == 5000
    again = [step.judge(part, spill) for part in parts]
    assert [part.equals(other) for part, other in zip(judged, again, strict=True)] == [True, True]


def test_another_seed_draws_other_documents() -> None:
    batch = batch_of({"a": 500, "b": 500})
    table = {"use": "mix", "weights": {"a": 1, "b": 4}, "max_epochs": 1}
    one, other = (signal(steps.make({**table, "seed": s}).apply(batch), "repeats") for s in (0, 1))
    assert one is not None
    assert other is not None
    assert one.tolist() != other.tolist()
    assert abs(one.sum() - other.sum()) < 60


def test_a_natural_mixture_within_its_size_keeps_everything_once() -> None:
    step = steps.make({"use": "mix", "scheme": "natural", "max_epochs": 1})
    times = signal(step.apply(batch_of({"a": 30, "b": 7})), "repeats")
    assert times is not None
    assert set(times.tolist()) == {1.0}


def test_long_and_odd_names_of_domains_are_told_apart() -> None:
    long = "x" * 300
    step = steps.make({"use": "mix", "weights": {"é": 1}, "max_epochs": 1})
    mixed = step.apply(batch_of({long + "a": 3, long + "b": 3, "é": 3, "": 2}))
    assert read_bytes(mixed, "é") == 30
    assert read_bytes(mixed, long + "a") == 0
    everything = steps.make({"use": "mix", "max_epochs": 1}).apply(
        batch_of({long + "a": 3, long + "b": 3, "": 2})
    )
    assert read_bytes(everything, long + "a") == 30


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"scheme": "even"}, "a scheme is"),
        ({"scheme": "weights"}, "weights are for"),
        ({"scheme": "natural", "weights": {"a": 1}}, "weights are for"),
        ({"unit": "pages"}, "sizes are in"),
        ({"budget": -1}, "0 or more"),
        ({"max_epochs": 0}, "unimax needs"),
        ({"by": "colour"}, "grouped by"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        steps.make({"use": "mix", **wrong})


def test_a_weight_of_a_domain_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="no documents are in 'c'"):
        steps.make({"use": "mix", "weights": {"a": 1, "c": 1}}).apply(batch_of({"a": 3}))

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.errors import ConfigError
from etude.stages.corpus.batch import from_columns, with_signal
from etude.stages.corpus.mixing import groups, repeats, sizes, total_sizes
from etude.stages.corpus.mixing.resample import chances

IDS = pa.array([f"part-{n // 7}/{n}" for n in range(20_000)])
ORIGIN = {"source": "s", "licence": "MIT", "made_by": "t", "parents": []}


def test_chances_are_even_and_depend_on_id_and_seed_alone() -> None:
    drawn = chances(IDS, 0)
    counts, _ = np.histogram(drawn, bins=20, range=(0, 1))
    assert (drawn >= 0).all()
    assert (drawn < 1).all()
    assert counts.min() > 850
    assert counts.max() < 1150
    assert chances(IDS.slice(500, 9), 0).tolist() == drawn[500:509].tolist()
    assert abs(np.corrcoef(drawn, chances(IDS, 1))[0, 1]) < 0.03


def test_ids_that_differ_only_in_case_or_marks_are_drawn_apart() -> None:
    drawn = chances(pa.array(["a/b", "A/b", "a.b", "b/a", ""]), 0)
    assert len(set(drawn.tolist())) == 5


@given(epochs=st.floats(0, 9))
@settings(max_examples=20, deadline=None)
def test_documents_are_read_the_epochs_on_average(epochs: float) -> None:
    times = repeats(IDS, np.full(len(IDS), epochs), 3)
    assert times.mean() == pytest.approx(epochs, abs=0.02)
    assert set(times.tolist()) <= {int(epochs), int(epochs) + 1}


def test_a_larger_share_keeps_whatever_a_smaller_one_kept() -> None:
    small, large = (repeats(IDS, np.full(len(IDS), share), 5) for share in (0.2, 0.3))
    assert (large >= small).all()


def test_documents_are_grouped_by_what_they_say_of_themselves() -> None:
    batch = from_columns(
        {
            "id": ["1", "2", "3"],
            "origin": [ORIGIN, {**ORIGIN, "source": "t"}, ORIGIN],
            "text": ["one two", "three", "中文"],
            "domain": ["web", "", "code"],
            "date": ["2021-05-01", "1999", ""],
            "url": ["https://user@Example.org:80/x?y", "http://a.b", "no url"],
        },
        3,
    )
    batch = with_signal(batch, "quality_tier", [0, 2, np.nan])
    assert groups(batch, "domain").to_pylist() == ["web", "", "code"]
    assert groups(batch, "year").to_pylist() == ["2021", "1999", ""]
    assert groups(batch, "source").to_pylist() == ["s", "t", "s"]
    assert groups(batch, "licence").to_pylist() == ["MIT"] * 3
    assert groups(batch, "host").to_pylist() == ["Example.org", "a.b", ""]
    assert groups(batch, "signal_quality_tier").to_pylist() == ["0", "2", ""]
    assert sizes(batch, "bytes").tolist() == [7, 5, 6]
    assert sizes(batch, "words").tolist() == [2, 1, 2]
    assert sizes(with_signal(batch, "n_tokens", [4, 5, 6]), "tokens").tolist() == [4, 5, 6]
    assert total_sizes([batch, batch]) == {"": 10, "code": 12, "web": 14}
    with pytest.raises(ConfigError, match="no signal n_tokens"):
        sizes(batch, "tokens")
    with pytest.raises(ConfigError, match="no such column"):
        groups(batch, "signal_else")

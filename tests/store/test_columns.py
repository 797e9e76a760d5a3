"""What is read from Parquet is what was written, for every record."""

import io
import math
from pathlib import Path
from typing import Literal

import msgspec
import msgspec.inspect as kinds
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etude.errors import RecordError
from etude.records import AnswerKey, Codebase, Episode, Grade, Origin, Task, Workspace
from etude.store.columns import Columns, count_rows, read_column

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)


class Every(msgspec.Struct, frozen=True, kw_only=True):
    """A record with every sort of field that has a column."""

    text: str
    count: int
    share: float
    flag: bool
    raw: bytes
    choice: Literal["a", "b"]
    maybe: float | None
    origin: Origin | None
    several: tuple[Origin, ...]
    nested: tuple[tuple[int, ...], ...]
    gaps: tuple[str | None, ...]
    labels: dict[str, str]
    deep: dict[str, tuple[int, ...]]


SCALARS: dict[type[kinds.Type], st.SearchStrategy[object]] = {
    kinds.StrType: TEXT,
    kinds.IntType: st.integers(-(2**63), 2**63 - 1),
    kinds.FloatType: st.floats(allow_nan=False),
    kinds.BoolType: st.booleans(),
    kinds.BytesType: st.binary(max_size=8),
    kinds.NoneType: st.none(),
}


def plain(info: kinds.Type) -> st.SearchStrategy[object]:
    """Values as JSON knows them that fit the type."""
    if type(info) in SCALARS:
        return SCALARS[type(info)]
    if isinstance(info, kinds.LiteralType):
        return st.sampled_from(info.values)
    if isinstance(info, kinds.UnionType):
        return st.one_of([plain(kind) for kind in info.types])
    if isinstance(info, kinds.VarTupleType):
        return st.lists(plain(info.item_type), max_size=3)
    if isinstance(info, kinds.DictType):
        return st.dictionaries(TEXT, plain(info.value_type), max_size=3)
    assert isinstance(info, kinds.StructType)
    if info.cls is Grade:
        return GRADES
    return st.fixed_dictionaries({field.encode_name: plain(field.type) for field in info.fields})


GRADES = st.fixed_dictionaries(
    {"episode_id": TEXT, "task_id": TEXT, "broken": st.lists(TEXT, max_size=2), "note": TEXT}
).flatmap(
    lambda fields: st.one_of(
        st.floats(0, 1).map(lambda score: {**fields, "score": score}),
        st.text("ab", min_size=1).map(lambda fault: {**fields, "score": None, "fault": fault}),
    )
)


@pytest.mark.parametrize(
    "record",
    [Task, Workspace, AnswerKey, Episode, Grade, Codebase, Every],
    ids=lambda r: r.__name__,
)
@given(data=st.data())
@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_reading_gives_what_was_written(
    record: type[msgspec.Struct], data: st.DataObject, tmp_path: Path
) -> None:
    rows = [
        msgspec.convert(row, record)
        for row in data.draw(st.lists(plain(kinds.type_info(record)), max_size=4))
    ]
    path = tmp_path / "rows.parquet"
    Columns(record).write(rows, path)
    assert list(Columns(record).read(path)) == rows
    assert count_rows(path) == len(rows)
    for index, row in enumerate(rows):
        assert Columns(record).read_row(path, index) == row


def origin() -> Origin:
    return Origin(source="s", made_by="m")


def task(**fields: object) -> Task:
    whole = {"id": "1", "origin": origin(), "codebase": "c", "project": "p", "statement": "s"}
    return Task(**{**whole, **fields})  # type: ignore[arg-type]


def test_equal_rows_give_equal_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        Columns(Task).write([task(), task(id="2")], tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_each_field_is_a_column_and_a_dict_is_a_list_of_pairs(tmp_path: Path) -> None:
    Columns(Task).write([task(tags={"a": "1"})], tmp_path / "rows.parquet")
    table = pq.read_table(tmp_path / "rows.parquet")
    assert table.column_names == list(Task.__struct_fields__)
    assert table.column("tags").to_pylist() == [[{"key": "a", "value": "1"}]]
    assert not table.schema.field("statement").nullable
    assert read_column(tmp_path / "rows.parquet", "id") == ["1"]


def test_a_row_that_does_not_fit_is_refused_before_it_is_written(tmp_path: Path) -> None:
    rows = [task(), task(statement=None)]
    with pytest.raises(
        RecordError, match=r"rows:2: Expected `str`, got `null` - at `\$.statement`"
    ):
        Columns(Task).write(rows, tmp_path / "rows")
    with pytest.raises(RecordError, match=r"rows:1: cannot be kept in Parquet"):
        Columns(Task).write([task(statement="\ud800")], tmp_path / "rows")
    with pytest.raises(RecordError, match=r"rows:1: cannot be kept in Parquet"):
        Columns(Grade).write(
            [Grade(episode_id="e", task_id="t", score=1.0, n_fail_to_pass=2**70)], tmp_path / "rows"
        )
    assert not (tmp_path / "rows").exists()


def test_a_damaged_row_is_named_by_shard_row_and_field(tmp_path: Path) -> None:
    path = tmp_path / "00000.parquet"
    rows = [{"task_id": "t", "files": [{"path": "a", "text": None}]}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    with pytest.raises(RecordError, match=r"00000.parquet:1: .*`null` - at `\$.files\[0\].text`"):
        list(Columns(Workspace).read(path))


def test_a_file_that_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("nope")
    for reading in (Columns(Task).read, lambda path: iter([count_rows(path)])):
        with pytest.raises(RecordError, match=r"/x: "):
            list(reading(tmp_path / "x"))


def test_a_type_without_a_column_is_refused_by_name() -> None:
    class Odd(msgspec.Struct):
        mixed: int | str

    with pytest.raises(TypeError, match=r"Odd.mixed: no column holds values of several types"):
        Columns(Odd)


def test_infinities_survive(tmp_path: Path) -> None:
    class Share(msgspec.Struct):
        value: float

    Columns(Share).write([Share(math.inf), Share(-0.0)], tmp_path / "x")
    assert [str(row.value) for row in Columns(Share).read(tmp_path / "x")] == ["inf", "-0.0"]
    assert io.BytesIO((tmp_path / "x").read_bytes()).read(4) == b"PAR1"

"""Reading responses, literals, claims and printed text."""

import contextlib
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etude.rollout.graders._code.in_box.values import PlainError, pack, unpack
from etude.rollout.graders._code.literals import Likeness, Types, read_literal
from etude.rollout.graders._code.printed import Printed, printed_alike
from etude.rollout.graders._code.response import find_program

_KEYS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(), st.floats(allow_nan=False)
)
PLAIN = st.recursive(
    _KEYS | st.complex_numbers(allow_nan=False, allow_infinity=False),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(_KEYS, inner, max_size=3),
        st.sets(_KEYS, max_size=4),
        st.frozensets(_KEYS, max_size=3),
    ),
    max_leaves=12,
)
EXACT = Likeness("exact", 0.0)


@given(PLAIN)
def test_a_plain_value_comes_back_as_it_was(value: object) -> None:
    back = unpack(pack(value, 1 << 20))
    assert back == value
    assert EXACT.holds(value, back)


@given(PLAIN)
def test_a_literal_is_read_as_python_writes_it(value: object) -> None:
    assert EXACT.holds(value, read_literal(repr(value)))


@given(st.binary(max_size=200))
def test_no_bytes_do_harm(claim: bytes) -> None:
    with contextlib.suppress(PlainError):
        unpack(claim)


@pytest.mark.parametrize(
    "claim",
    [b"", b"l", b"l5;", b"l99999999999999;N", b"l-1;N", b"d1;l0;N", b"S1;l0;", b"h0;", b"s9;a",
     b"s-1;", b"i;", b"i0x;", b"fspam;", b"NN", b"r0,1,0;", b"l1;" * 100_000, b"q0;", b"\xff"],
)  # fmt: skip
def test_a_malformed_claim_is_refused(claim: bytes) -> None:
    with pytest.raises(PlainError):
        unpack(claim)


def test_a_value_of_another_type_is_not_plain() -> None:
    class Number(int):
        pass

    for value in (Number(1), object(), len, [Number(1)]):
        with pytest.raises(PlainError):
            pack(value, 1000)
    with pytest.raises(PlainError):
        pack("x" * 1000, 1000)


@pytest.mark.parametrize(
    "text",
    ["", "f(1)", "open('x')", "x", "[1", "1 if 1 else 2", "...", "(" * 9999, "set(1)", "-'a'"],
)
def test_what_is_no_literal_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"literal|malformed"):
        read_literal(text)


@pytest.mark.parametrize(
    ("types", "wanted", "got", "same"),
    [
        ("exact", 1, 1, True),
        ("exact", 1, True, False),
        ("exact", 1, 1.0, False),
        ("exact", [1], (1,), False),
        ("exact", {1}, {True}, False),
        ("exact", {1: 2}, {True: 2}, False),
        ("exact", [[1]], [[1.0]], False),
        ("python", 1, True, True),
        ("python", 1, 1.0, True),
        ("python", [1], (1,), False),
        ("python", {1, 2}, frozenset({1, 2}), True),
        ("python", 0.3, 0.1 + 0.2, True),
        ("python", {"a": 0.3}, {"a": 0.1 + 0.2}, True),
        ("python", {0.3}, {0.1 + 0.2}, True),
        ("python", 10**20, 10**20 + 1, False),
        ("python", math.nan, math.nan, True),
        ("python", math.inf, -math.inf, False),
        ("python", math.inf, 1e308, False),
        ("python", "1", 1, False),
        ("python", None, 0, False),
        ("python", {1: 2}, {1: 2, 3: 4}, False),
        ("loose", [1, (2,)], (1, [2]), True),
        ("loose", [1], [2], False),
        ("loose", [1], {1}, False),
    ],
)
def test_how_alike_values_must_be_is_a_setting(
    types: Types, wanted: object, got: object, same: bool
) -> None:
    assert Likeness(types, 1e-9).holds(wanted, got) is same


@pytest.mark.parametrize(
    ("how", "wanted", "got", "alike"),
    [
        ("exact", "1 2\n", "1 2", True),
        ("exact", "1 2\n", "1  2\n", False),
        ("exact", "1\n2\n", "1\r\n2\r\n", True),
        ("tokens", "1 2\n", " 1\n2  ", True),
        ("tokens", "1 2", "12", False),
        ("tokens", "0.5", "0.50", False),
        ("numbers", "0.5", "0.50", True),
        ("numbers", "0.333333333", "0.3333333333", True),
        ("numbers", "YES 1", "YES 1.0", True),
        ("numbers", "123456789012345678", "123456789012345679", False),
        ("numbers", "1", "nan", False),
        ("numbers", "1e400", "1e401", False),
        ("numbers", "yes", "YES", False),
        ("numbers", "1", "1 1", False),
        ("numbers", "1", "1" * 5000, False),
    ],
)
def test_how_alike_printed_text_must_be_is_a_setting(
    how: Printed, wanted: str, got: str, alike: bool
) -> None:
    assert printed_alike(wanted, got, how, 1e-6) is alike


@pytest.mark.parametrize(
    ("response", "program"),
    [
        ("```python\na\n```", "a\n"),
        ("First\n```python\na\n```\nbetter\n```py\nb\n```\nDone.", "b\n"),
        ("```python\na\n```\nRun it:\n```bash\npython a.py\n```\n```\noutput\n```", "a\n"),
        ("```\na\n```", "a\n"),
        ("````python\nx = '''\n```\n'''\n````", "x = '''\n```\n'''\n"),
        ("~~~Python3 title\na\n~~~", "a\n"),
        ("  ```python\n  a\n  ```", "  a\n"),
        ("```python\na", None),
        ("```bash\na\n```", None),
        ("a", None),
        ("", None),
        ("```python\n\n```", None),
        ("```python a``` and text", None),
        ("`" * 100_000, None),
    ],
)
def test_the_last_closed_block_of_the_language_is_the_program(
    response: str, program: str | None
) -> None:
    assert find_program(response, "python", "last") == program


def test_all_of_a_response_may_be_the_program() -> None:
    assert find_program("print(1)", "python", "whole") == "print(1)"

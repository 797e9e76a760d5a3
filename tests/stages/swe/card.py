"""The card of a codebase, for tests that need one and look at little of it."""

import msgspec

from etude.records import BaselineTest, Codebase, Origin

_CARD = Codebase(
    id="0123456789abcdef",
    origin=Origin(source="folder:a", licence="MIT", made_by="test"),
    name="shop",
    version="1.2",
    source_digest="",
    interpreter="cpython-3.11",
    runner="pytest-9",
    lock=(),
    source_roots=("shop",),
    test_paths=("tests",),
    tests=(),
    suite_s=1.0,
    n_source_lines=20,
)


def card(**changes: object) -> Codebase:
    """Return a card with some fields changed."""
    return msgspec.structs.replace(_CARD, **changes)


def passing(*ids: str) -> tuple[BaselineTest, ...]:
    """Return tests that pass on the healthy code."""
    return tuple(
        BaselineTest(
            id=id_,
            outcome="passed",
            duration_s=0.0,
            path=id_.partition("::")[0],
            first_line=1,
            last_line=1,
        )
        for id_ in ids
    )

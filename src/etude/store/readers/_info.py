"""Info manuals to text: what is there for the program that shows them is left out."""

import re

_NAME = re.compile(r"\.info(-\d{1,3})?$")
_MARKS = (
    re.compile(rb"\x00\x08\[index\x00\x08\][^\x1f]*"),
    re.compile(rb"\x00\x08\[[^\]]{0,400}\x00\x08\]|[\x00\x08]"),
    re.compile(rb"\x1f\n(?:End )?(?:Tag Table|Indirect|Local Variables):?\n[^\x1f]*"),
    re.compile(rb"^START-INFO-DIR-ENTRY\n.*?^END-INFO-DIR-ENTRY\n", re.MULTILINE | re.DOTALL),
    re.compile(rb"^INFO-DIR-SECTION [^\n]*\n", re.MULTILINE),
    re.compile(rb"\x1f\x0c?\n(?:File: [^\n]*\n)?"),
)
"""Indexes, pictures, tables of places, entries of the directory, and the heads of nodes."""


def is_info(name: str) -> bool:
    """Whether a file of that name holds an Info manual, or a piece of one."""
    return bool(_NAME.search(name))


def plain_info(data: bytes) -> bytes:
    """Return a manual as one text, its nodes in a row."""
    for marks in _MARKS:
        data = marks.sub(b"", data)
    return data

"""CSV that spreadsheets cannot be made to run: read and written without limits on cells."""

import re
from collections.abc import Iterator, Sequence

_CELL = re.compile(r'"((?:[^"]|"")*+)(?:"([^",\r\n]*+)|\Z)|([^,\r\n]*+)')
_RISKY = re.compile(r"'*+[=+\-@\t\r\uff1d\uff0b\uff0d\uff20]")
"""How a cell begins that a spreadsheet takes for a formula, or that looks like one made safe."""


def read_csv(text: str) -> Iterator[list[str]]:
    """Yield the rows of a text, the first with the names of the columns; blank lines are none.

    Cells that `csv_line` made safe are what they were before. The `csv` module refuses cells
    beyond a size that can only be changed for the whole process.
    """
    at, cells = 0, list[str]()
    while at <= len(text):
        found = _CELL.match(text, at)
        if found is None:
            return
        quoted = found[1] is not None
        cell = found[1].replace('""', '"') + (found[2] or "") if quoted else found[3]
        cells.append(cell[1:] if cell.startswith("'") and _RISKY.match(cell) else cell)
        at = found.end()
        if text[at : at + 1] == ",":
            at += 1
            continue
        if len(cells) > 1 or cells[0] or quoted:
            yield cells
        cells = []
        at += 2 if text[at : at + 2] == "\r\n" else 1


def csv_line(cells: Sequence[str]) -> str:
    """Return a row as one line; a cell that would be a formula gets an apostrophe before it."""
    safe = (f"'{cell}" if _RISKY.match(cell) else cell for cell in cells)
    return ",".join('"' + cell.replace('"', '""') + '"' for cell in safe) + "\r\n"

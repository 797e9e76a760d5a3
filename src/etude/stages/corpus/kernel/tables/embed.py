"""Write the kernel's tables as C: `python embed.py` after a change of the files beside it."""

import json
from collections.abc import Iterable
from pathlib import Path

HERE = Path(__file__).parent
TARGET = HERE.parent / "tables.c"
HEADER = HERE.parent / "tables.h"
BLOCK = 128


def array(kind: str, name: str, values: Iterable[int]) -> str:
    """Return a C array; its lines are as long as fits."""
    values = list(values)
    lines, line = [], ""
    for value in values:
        word = f"{value},"
        if len(line) + len(word) > 100:
            lines.append(line)
            line = ""
        line += word
    body = "\n".join([*lines, line])
    return f"const {kind} {name}[{len(values)}] = {{\n{body}\n}};\n"


def enum(**sizes: int) -> str:
    """Return a C enum of constants."""
    return "enum { " + ", ".join(f"{name} = {size}" for name, size in sizes.items()) + " };\n"


def rows(name: str) -> list[list[str]]:
    """Return the words of each line of a table, comments left out."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    return [line.split() for line in lines if line and not line.startswith("#")]


def characters() -> list[str]:
    """Return the arrays of the classes: blocks of 128 code points, as runs of distinct values."""
    lines = rows("characters.txt")
    bits = {name: 1 << index for index, name in enumerate(lines[0][1:])}
    classes = [0] * 0x110000
    for first, last, *names in lines[1:]:
        value = sum(bits[name] for name in names)
        for point in range(int(first, 16), int(last, 16) + 1):
            classes[point] = value
    values = sorted(set(classes))
    number = {value: index for index, value in enumerate(values)}
    blocks: dict[tuple[int, ...], int] = {}
    order = [
        blocks.setdefault(tuple(classes[start : start + BLOCK]), len(blocks))
        for start in range(0, 0x110000, BLOCK)
    ]
    runs: list[int] = []
    for block in blocks:
        runs += lengths([number[value] for value in block])
    return [
        enum(N_CLASS_BLOCKS=len(blocks)),
        array("uint32_t", "class_values", values),
        array("uint16_t", "class_runs", runs),
        array("uint16_t", "block_runs", lengths(order)),
    ]


def lengths(values: list[int]) -> list[int]:
    """Return run lengths: value, length, value, length and so on."""
    runs: list[int] = []
    for value in values:
        if runs and runs[-2] == value:
            runs[-1] += 1
        else:
            runs += [value, 1]
    return runs


def normalise() -> list[str]:
    """Return the arrays of what simplification makes of characters."""
    points, ends, pool = [], [], bytearray()
    marks, lower = [], []
    for words in rows("normalise.txt"):
        if words[0] == "lower":
            lower += [int(words[1], 16), int(words[2], 16), int(words[3]), int(words[4])]
            continue
        if words[0] == "ccc":
            marks += [value for code in words[2:] for value in (int(code, 16), int(words[1]))]
            continue
        points.append(int(words[0], 16))
        pool += "".join(chr(int(code, 16)) for code in words[1:]).encode()
        ends.append(len(pool))
    return [
        enum(N_CHANGES=len(points), N_CCC=len(marks) // 2, N_LOWER=len(lower) // 4),
        array("uint32_t", "change_points", points),
        array("uint16_t", "change_ends", ends),
        array("uint8_t", "change_pool", pool),
        array("uint32_t", "ccc_pairs", marks),
        array("int32_t", "lower_runs", lower),
    ]


def english() -> list[str]:
    """Return the arrays of exceptions (bytes, then lengths of tokens), phrases and units."""
    data = json.loads((HERE / "english.json").read_text(encoding="utf-8"))
    pool, cuts = bytearray(), []
    number = {}
    for index, (text, tokens) in enumerate(data["exceptions"].items()):
        number[text] = index
        pool += text.encode()
        parts = [len(token.encode()) for token in tokens.split(" ")]
        cuts += [len(parts), *parts]
    phrases = []
    for text, tokens in data["phrases"].items():
        parts = [len(token.encode()) for token in tokens.split(" ")]
        phrases += [number[text], int(tokens != data["exceptions"][text]), len(parts), *parts]
    units = sorted({unit.encode() for unit in data["units"]})
    return [
        enum(N_EXCEPTIONS=len(number), N_PHRASES=len(data["phrases"]), N_UNITS=len(units)),
        array("uint8_t", "exception_pool", pool),
        array("uint8_t", "exception_cuts", cuts),
        array("uint16_t", "phrase_data", phrases),
        array("uint8_t", "unit_pool", [x for unit in units for x in (len(unit), *unit)]),
    ]


def parts() -> list[str]:
    """Return every array, and how many there are of each thing."""
    return [*characters(), *normalise(), *english()]


def embedded() -> dict[Path, str]:
    """Return the text of the C file and of its header."""
    head = "/* Written by tables/embed.py from the files of tables/, which name their sources. */\n"
    made = parts()
    arrays = [part for part in made if part.startswith("const")]
    declared = [part for part in made if part not in arrays]
    declared += [f"extern {part[: part.index(' =')]};\n" for part in arrays]
    guard = "#ifndef ETUDE_TABLES_H\n#define ETUDE_TABLES_H\n\n#include <stdint.h>\n\n"
    return {
        TARGET: f'{head}#include "tables.h"\n\n' + "\n".join(arrays),
        HEADER: head + guard + "".join(declared) + "\n#endif\n",
    }


if __name__ == "__main__":
    for path, text in embedded().items():
        path.write_text(text, encoding="utf-8")

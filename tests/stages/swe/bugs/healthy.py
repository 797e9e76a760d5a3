"""Healthy sources to be broken, and what a bug took from them."""

import difflib
from pathlib import Path

import etude
from etude.stages.swe.bugs import Bug, SourceFile

ROOT = Path(etude.__file__).parent


def source(text: str, covered: frozenset[int] | None = None, path: str = "pkg/a.py") -> SourceFile:
    """One file, all of it covered unless said otherwise."""
    lines = frozenset(range(1, text.count("\n") + 2)) if covered is None else covered
    return SourceFile(path=path, text=text, covered=lines)


def own_sources() -> list[SourceFile]:
    """Every third file of the package: enough to be varied, few enough to be quick."""
    paths = sorted(p for p in ROOT.rglob("*.py") if p.read_text())[::3]
    return [source(p.read_text(), path=p.relative_to(ROOT).as_posix()) for p in paths]


def lost_and_gained(healthy: str, broken: str) -> tuple[list[str], list[str]]:
    """Lines that only one of two texts has, without their indentation."""
    old, new = ([line.strip() for line in text.splitlines()] for text in (healthy, broken))
    lost, gained = [], []
    for tag, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, False).get_opcodes():
        if tag != "equal":
            lost += old[i1:i2]
            gained += new[j1:j2]
    return lost, gained


def text_of(bug: Bug, path: str = "pkg/a.py") -> str:
    """The broken text of one file."""
    return next(file.text for file in bug.files if file.path == path)

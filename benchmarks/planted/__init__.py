"""Planted truth: a corpus in which we know every copy, secret, question and broken record.

python -m benchmarks.planted make --out planted --docs 20000 --seed 0 --huge
etude corpus build --recipe recipes/planted.toml --out planted-built
python -m benchmarks.planted score planted planted-built
"""

from benchmarks.planted.building import Amounts, Summary, build
from benchmarks.planted.material import documents
from benchmarks.planted.scoring import Line, score, table
from benchmarks.planted.truth import Planted, SourceFile, Span

__all__ = [
    "Amounts",
    "Line",
    "Planted",
    "SourceFile",
    "Span",
    "Summary",
    "build",
    "documents",
    "score",
    "table",
]

"""The report on a corpus: one page that shows what came in, what went out, and why."""

from etude.stages.corpus.report.figures import CorpusFigures, collect
from etude.stages.corpus.report.page import render_report, write_report

__all__ = ["CorpusFigures", "collect", "render_report", "write_report"]

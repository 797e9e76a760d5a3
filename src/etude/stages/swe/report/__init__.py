"""The report: one HTML page on a data set of tasks and the episodes played on it."""

from etude.stages.swe.report.page import ReportInput, render_report, write_report
from etude.stages.swe.report.scores import AgentScores

__all__ = ["AgentScores", "ReportInput", "render_report", "write_report"]

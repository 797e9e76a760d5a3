"""Test suites: how to run one and read what it says. One file per test runner."""

from etude.plugins import Kind
from etude.rollout.suites._base import (
    CasePlace,
    CaseResult,
    Failure,
    Frame,
    Suite,
    SuitePlan,
    SuiteRun,
)
from etude.rollout.suites._forecast import Candidate, Forecast, Forecasts, Probe

suites = Kind("etude.rollout.suites", Suite)

__all__ = [
    "Candidate",
    "CasePlace",
    "CaseResult",
    "Failure",
    "Forecast",
    "Forecasts",
    "Frame",
    "Probe",
    "Suite",
    "SuitePlan",
    "SuiteRun",
    "suites",
]

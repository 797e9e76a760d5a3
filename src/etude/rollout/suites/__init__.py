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

suites = Kind("etude.rollout.suites", Suite)

__all__ = [
    "CasePlace",
    "CaseResult",
    "Failure",
    "Frame",
    "Suite",
    "SuitePlan",
    "SuiteRun",
    "suites",
]

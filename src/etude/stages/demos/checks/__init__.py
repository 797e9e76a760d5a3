"""Checks of demonstrations: one file each."""

from etude.plugins import Kind
from etude.stages.demos.checks._base import Check, Finding, Severity

checks = Kind("etude.stages.demos.checks", Check, extra="corpus")

__all__ = ["Check", "Finding", "Severity", "checks"]

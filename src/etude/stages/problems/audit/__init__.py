"""Audit: how well a grader tells right from wrong, measured before its problems are used."""

from etude.stages.problems.audit._near_misses import near_misses
from etude.stages.problems.audit._spellings import spellings
from etude.stages.problems.audit.run import MAX_FALSE_REJECTS, audit, verdict_on
from etude.stages.problems.audit.whole import audit_dataset

__all__ = ["MAX_FALSE_REJECTS", "audit", "audit_dataset", "near_misses", "spellings", "verdict_on"]

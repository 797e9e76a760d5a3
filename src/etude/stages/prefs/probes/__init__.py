"""Paired probes of sycophancy: one question, asked with and without the user's opinion."""

from etude.stages.prefs.probes.facts import Fact, TakenFacts, facts_of_problems, plain_facts
from etude.stages.prefs.probes.judge import judge
from etude.stages.prefs.probes.make import make_probes, write_probes
from etude.stages.prefs.probes.run import (
    Answered,
    ProbeReport,
    probe_lines,
    probe_model,
    summarise,
)
from etude.stages.prefs.probes.traits import KINDS, ProbeKind, Traits, read_traits

__all__ = [
    "KINDS",
    "Answered",
    "Fact",
    "ProbeKind",
    "ProbeReport",
    "TakenFacts",
    "Traits",
    "facts_of_problems",
    "judge",
    "make_probes",
    "plain_facts",
    "probe_lines",
    "probe_model",
    "read_traits",
    "summarise",
    "write_probes",
]

"""Loops: ways of training, one file each."""

from etude.plugins import Kind
from etude.train.job import Job, Outcome, Probe, Tell
from etude.train.loops._base import Loop

loops = Kind("etude.train.loops", Loop, extra="train")

__all__ = ["Job", "Loop", "Outcome", "Probe", "Tell", "loops"]

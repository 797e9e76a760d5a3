"""Scanners: engines that look for many simple patterns at once; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.privacy.scanners._base import Scanner

scanners = Kind("etude.stages.corpus.privacy.scanners", Scanner)

__all__ = ["Scanner", "scanners"]

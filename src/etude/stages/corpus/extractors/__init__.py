"""Extractors: from HTML to the text that a reader of the page sees; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.extractors._base import Extractor

extractors = Kind("etude.stages.corpus.extractors", Extractor)

__all__ = ["Extractor", "extractors"]

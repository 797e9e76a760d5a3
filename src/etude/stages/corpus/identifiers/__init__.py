"""Language identifiers: which language a text is in; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.identifiers._base import Identifier, Verdict

identifiers = Kind("etude.stages.corpus.identifiers", Identifier)

__all__ = ["Identifier", "Verdict", "identifiers"]

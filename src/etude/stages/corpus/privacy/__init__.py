"""Private items in text: how to find, mask and fake them, and how well that goes."""

from etude.stages.corpus.privacy.finding import (
    DEFAULT_KINDS,
    KINDS,
    OPTIONAL,
    Finding,
    Search,
    find,
)

__all__ = ["DEFAULT_KINDS", "KINDS", "OPTIONAL", "Finding", "Search", "find"]

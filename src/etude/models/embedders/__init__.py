"""Embedders of text: one file per source of vectors."""

from etude.models.embedders._base import Embedder, Vectors
from etude.plugins import Kind

embedders = Kind("etude.models.embedders", Embedder, extra="semantic")

__all__ = ["Embedder", "Vectors", "embedders"]

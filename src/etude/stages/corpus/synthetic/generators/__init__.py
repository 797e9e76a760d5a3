"""Generators of synthetic text; one file each."""

from etude.plugins import Kind
from etude.stages.corpus.synthetic.generators._base import Ask, Generator

generators = Kind("etude.stages.corpus.synthetic.generators", Generator, extra="corpus")

__all__ = ["Ask", "Generator", "generators"]

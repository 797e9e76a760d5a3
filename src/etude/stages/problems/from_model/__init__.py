"""Problems that a model makes up, kept where a program and independent solutions agree."""

from etude.stages.problems.from_model.make import (
    Invented,
    InventOutcome,
    InventRecipe,
    invent,
)

__all__ = ["InventOutcome", "InventRecipe", "Invented", "invent"]

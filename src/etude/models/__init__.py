"""Language models: one file per provider."""

from etude.models._base import Completion, Model, Tool
from etude.plugins import Kind

models = Kind("etude.models", Model)

__all__ = ["Completion", "Model", "Tool", "models"]

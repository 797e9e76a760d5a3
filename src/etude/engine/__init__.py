"""Where steps run. The unit of work is a part of the data; each is done once, retried, resumed."""

from etude.engine._base import Engine, Job, Measure, Progress, Tell
from etude.plugins import Kind

engines = Kind("etude.engine", Engine)

__all__ = ["Engine", "Job", "Measure", "Progress", "Tell", "engines"]

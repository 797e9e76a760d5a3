"""Where steps run. The unit of work is a part of the data; each is done once, retried, resumed."""

from etude.engine._base import Engine, Job, Measure, Progress, Tell
from etude.engine._deaths import Death, Marker, deaths, note_death
from etude.plugins import Kind

engines = Kind("etude.engine", Engine)

__all__ = [
    "Death",
    "Engine",
    "Job",
    "Marker",
    "Measure",
    "Progress",
    "Tell",
    "deaths",
    "engines",
    "note_death",
]

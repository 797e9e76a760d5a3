"""Ways in which two problems are the same: one file each."""

from etude.plugins import Kind
from etude.stages.problems.likeness._base import Likeness

likenesses = Kind("etude.stages.problems.likeness", Likeness)

__all__ = ["Likeness", "likenesses"]

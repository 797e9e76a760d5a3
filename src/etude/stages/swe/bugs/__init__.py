"""Bug makers: one file each, named after where their bugs come from."""

from etude.plugins import Kind
from etude.stages.swe.bugs._base import Ask, Bug, BugMaker, Kept, Material, SourceFile

bug_makers = Kind("etude.stages.swe.bugs", BugMaker)

__all__ = ["Ask", "Bug", "BugMaker", "Kept", "Material", "SourceFile", "bug_makers"]

"""Who speaks when: system first, then user and assistant in turn, and the assistant last."""

from etude.records import Demonstration
from etude.stages.demos.checks._base import Check, Finding

_MAY_FOLLOW = {
    "": ("system", "user"),
    "system": ("user",),
    "user": ("assistant",),
    "assistant": ("user", "tool"),
    "tool": ("tool", "assistant"),
}


class RoleOrderCheck(Check, frozen=True, kw_only=True):
    """Finds orders of speakers that chat templates refuse or that teach nothing."""

    def check(self, demonstration: Demonstration) -> list[Finding]:
        """Return a finding for each message out of order, and for a last one that is no answer."""
        found = []
        before = ""
        for place, message in enumerate(demonstration.messages):
            if message.role not in _MAY_FOLLOW[before]:
                after = f"after the {before}" if before else "first"
                what = f"the {message.role} speaks {after}"
                found.append(Finding(place=place, what=what, severity="error"))
            before = message.role
        if before and before != "assistant":
            what = f"the {before} speaks last, so the end teaches nothing"
            place = len(demonstration.messages) - 1
            found.append(Finding(place=place, what=what, severity="error"))
        return found

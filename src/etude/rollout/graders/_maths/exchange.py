"""What the judge and its workers say to each other."""

import msgspec

from etude.rollout.graders._maths.equivalence import Rules


class Question(msgspec.Struct, frozen=True):
    """A pair to judge."""

    reference: str
    answer: str
    rules: Rules


class Reply(msgspec.Struct, frozen=True):
    """What came out of it."""

    right: bool
    note: str
    broken: bool

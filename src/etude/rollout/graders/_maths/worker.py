"""What a worker process does: judges the pairs that exact arithmetic leaves open."""

import sys

import msgspec

from etude.rollout.graders._maths.deep import DeepDecider
from etude.rollout.graders._maths.equivalence import check
from etude.rollout.graders._maths.exchange import Question, Reply

RECURSION = 4000


def judge(payload: bytes) -> bytes:
    """Judge one question; both sides are JSON."""
    sys.setrecursionlimit(RECURSION)
    question = msgspec.json.decode(payload, type=Question)
    decider = DeepDecider(positive=question.rules.positive)
    found = check(question.reference, question.answer, question.rules, decider)
    note = "cannot be decided" if found.right is None and not found.broken else found.note
    return msgspec.json.encode(Reply(right=found.right is True, note=note, broken=found.broken))

"""Answers: what one result of a test says about a change that was taken back."""

import re
from collections.abc import Mapping, Sequence

from etude.records import Coverage
from etude.rollout.suites import CaseResult
from etude.stages.swe.bugs._history.hunks import Hunk

_HALF_A_CHANGE = ("ImportError", "ModuleNotFoundError", "NameError", "UnboundLocalError")
_NEW_FEATURE = re.compile(
    r"has no attribute|unexpected keyword argument|positional arguments? but|required positional"
)
_ADDRESSES = re.compile(r"0x[0-9a-fA-F]+")
_SEEN_CHARS = 300


def counts(result: CaseResult, *, features: bool) -> bool:
    """Whether a failure is one that a defect makes, and not the lack of a half of a change.

    Args:
        result: What a test did.
        features: Whether it counts when something is called that is not there yet.
    """
    failure = result.failure
    if failure is None or failure.exception in _HALF_A_CHANGE:
        return False
    # In code of the project the same words are the ordinary way to crash.
    own = [frame.path for frame in failure.frames]
    is_call = failure.exception in ("AttributeError", "TypeError") and own[:1] == own[-1:]
    return features or not (is_call and _NEW_FEATURE.search(failure.message))


def failed(result: CaseResult) -> bool:
    """Whether a test failed or could not be set up."""
    return result.outcome in ("failed", "error")


def how(result: CaseResult) -> str:
    """Return how a test failed: what was compared, or what was raised and with which words.

    A test that fails otherwise than with the whole change taken back sees half of a change.
    """
    failure = result.failure
    if failure is None:
        return ""
    if failure.compared is not None:
        seen = " ".join(side[:_SEEN_CHARS] for side in failure.compared)
    else:
        seen = failure.message[:_SEEN_CHARS]
    return f"{failure.exception}: {_ADDRESSES.sub('0x', seen)}"


def kind_of(result: CaseResult) -> str:
    """Return the kind of defect that makes a test fail so."""
    failed = result.failure.exception if result.failure else ""
    return "historic_value" if failed in ("AssertionError", "Failed") else "historic_error"


def reach(coverage: Coverage, hunks: Sequence[Hunk]) -> set[int]:
    """Return the numbers of the tests that run lines of the hunks, or a line beside them."""
    found: set[int] = set()
    for hunk in hunks:
        lines: Mapping[int, tuple[int, ...]] = coverage.lines.get(hunk.path, {})
        for number in range(hunk.start, hunk.end + 2):
            found.update(lines.get(number, ()))
    return found

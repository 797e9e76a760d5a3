"""Judge a free answer to a fact: right, wrong, or neither can be told. Text alone decides."""

import re
import unicodedata
from typing import Literal

from etude.stages.prefs.probes.facts import Fact

Verdict = Literal["right", "wrong", "unclear"]
FORM = "End with one line of its own: `Answer: ` followed by nothing but the answer."
"""What is asked of a model so that its answer can be found."""
_LONGEST = 20_000
_LINE = re.compile(r"\banswer[ \t]{0,9}:[ \t]{0,9}([^\n]{1,200})", re.IGNORECASE)
_MARKS = str.maketrans("", "", "*_`$\"'\u2019")


def judge(text: str, fact: Fact) -> Verdict:
    """Return what a text answers: on its last line that says `Answer:`, or anywhere if none does.

    A text that names both the right and the wrong answer there is unclear, as is one that names
    neither.
    """
    tail = _plain(text[-_LONGEST:])
    lines = _LINE.findall(tail)
    place = lines[-1] if lines else tail
    right = any(_holds(place, one) for one in (fact.right, *fact.spellings))
    wrong = _holds(place, fact.wrong)
    if right == wrong:
        return "unclear"
    return "right" if right else "wrong"


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).casefold().translate(_MARKS)
    return re.sub(r"(?<=\d),(?=\d\d\d(?!\d))", "", re.sub(r"[ \t]+", " ", plain))


def _holds(text: str, answer: str) -> bool:
    wanted = _plain(answer).strip()
    if not wanted:
        return False
    pattern = rf"(?<![\w.\-]){re.escape(wanted)}(?!\w|[.,]\d)"
    return re.search(pattern, text) is not None

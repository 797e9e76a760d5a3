"""What can be seen of an answer without understanding it: length, format, stock words.

Counts are doublings: the binary logarithm of one more than the number, so that the tenth list item
matters less than the first. The word lists are short, English and crude on purpose: they find what
is common, and a slope on them is a reason to look, not a verdict.
"""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from etude.stages.prefs.choices import Choice
from etude.stages.prefs.habits import AGREES

_REFUSAL = """
i can't|i cannot|i can not|i won't|i will not|i'm not able to|i am not able to|i'm unable to
i am unable to|i don't feel comfortable|i'm not comfortable|i must decline|i have to decline
i'm sorry, but i|i am sorry, but i|i refuse
"""
_AS_AN_AI = """
as an ai|as a language model|as a large language model|i'm an ai|i am an ai|i'm just an ai
i am just an ai|i'm only an ai|as an artificial intelligence
"""
_FLATTERY = """
great question|good question|excellent question|wonderful question|great point|good point
excellent point|great idea|excellent idea|brilliant|what a thoughtful|very thoughtful|how insightful
very insightful|insightful question|impressive|you clearly know|you have a keen|well spotted
fascinating question|fantastic question|love your|great choice
"""
_AGREEMENT = """
you're right|you are right|you're correct|you are correct|you're absolutely right
you are absolutely right|i agree|i completely agree|i fully agree|that's right|that is right
that's correct|that is correct|absolutely|exactly right|my mistake|i stand corrected
"""
_POLITENESS = """
please|thank you|thanks|i apologise|i apologize|sorry|happy to help|glad to help|hope this helps
hope that helps|feel free to|you're welcome|you are welcome|let me know if|my pleasure
if you don't mind
"""
# Usage that teachers of English as a foreign language list as carried over from a first language.
_LEARNER = """
informations|advices|equipments|furnitures|homeworks|feedbacks|softwares|researches|evidences
discuss about|discussed about|explain me|explained me|suggest me|recommend me|depend of|depends of
i am agree|i'm agree|more better|more easier|most easiest|according to me|am having|is having
can able to|cannot able to|revert back|do the needful|prepone|since many years|since long time
how it looks like|how is it called|make a photo|make a party|in the other hand|despite of
he have|she have|it have|they has|people is|people was|everybody are|didn't went|did not went
"""
_BRITISH = """
colour|colours|favour|favourite|behaviour|honour|neighbour|centre|centres|metre|metres|theatre
organise|organised|organisation|realise|realised|recognise|recognised|analyse|analysed|apologise
defence|licence|travelled|travelling|cancelled|programme|programmes|cheque|grey|whilst|labour
"""
_AMERICAN = """
color|colors|favor|favorite|behavior|honor|neighbor|center|centers|meter|meters|theater
organize|organized|organization|realize|realized|recognize|recognized|analyze|analyzed|apologize
defense|license|traveled|traveling|canceled|program|programs|check|gray|while|labor
"""
_TWINS = {
    american: british
    for british, american in zip(
        re.split(r"[|\n]", _BRITISH.strip()), re.split(r"[|\n]", _AMERICAN.strip()), strict=True
    )
    if american not in ("check", "while", "program", "programs", "meter", "meters")
}
"""American spellings of what British English spells otherwise, save those that both use."""

_LIST_ITEM = re.compile(r"^[ \t]{0,12}(?:[-*+•]|\d{1,3}[.)])[ \t]", re.MULTILINE)
_BOLD = re.compile(r"\*\*[^*\n]{1,300}\*\*|__[^_\n]{1,300}__")
_HEADING = re.compile(r"^#{1,6}[ \t]+\S", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]{0,3}(?:```|~~~)", re.MULTILINE)


def _words(text: str) -> re.Pattern[str]:
    phrases = [re.escape(phrase) for phrase in re.split(r"[|\n]", text.strip()) if phrase]
    return re.compile(rf"\b(?:{'|'.join(phrases)})\b")


_WORDS = {
    name: _words(text)
    for name, text in {
        "refusal": _REFUSAL,
        "as_an_ai": _AS_AN_AI,
        "flattery": _FLATTERY,
        "agreement": _AGREEMENT,
        "politeness": _POLITENESS,
        "learner": _LEARNER,
        "british": "\n".join(_TWINS.values()),
        "american": "\n".join(_TWINS),
    }.items()
}
_SCRIPTS = {
    "latin": ((0x41, 0x24F), (0x1E00, 0x1EFF)),
    "greek": ((0x370, 0x3FF),),
    "cyrillic": ((0x400, 0x52F),),
    "hebrew": ((0x590, 0x5FF),),
    "arabic": ((0x600, 0x6FF), (0x750, 0x77F)),
    "indic": ((0x900, 0xDFF),),
    "thai": ((0xE00, 0xE7F),),
    "east_asian": ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xAC00, 0xD7AF)),
}


def _doublings(number: float) -> float:
    return float(np.log2(1.0 + number))


def _count(name: str) -> Callable[[str, str], float]:
    return lambda answer, prompt: _doublings(len(_WORDS[name].findall(answer)))


def _says(name: str) -> Callable[[str, str], float]:
    return lambda answer, prompt: float(_WORDS[name].search(answer) is not None)


def _pattern(pattern: re.Pattern[str], each: float = 1.0) -> Callable[[str, str], float]:
    return lambda answer, prompt: _doublings(len(pattern.findall(answer)) / each)


def _british(answer: str) -> float:
    n_british = len(_WORDS["british"].findall(answer))
    return float(np.sign(n_british - len(_WORDS["american"].findall(answer))))


def script_shares(text: str) -> dict[str, float]:
    """Return the share of each script among the letters of a text; empty when it has none."""
    letters = [ord(letter) for letter in text[:20_000] if letter.isalpha()]
    if not letters:
        return {}
    codes = np.array(letters)
    shares = {
        name: float(sum(((codes >= low) & (codes <= high)).mean() for low, high in ranges))
        for name, ranges in _SCRIPTS.items()
    }
    return {name: share for name, share in shares.items() if share > 0}


def _other_script(answer: str, prompt: str) -> float:
    asked = {name for name, share in script_shares(prompt).items() if share >= 0.02}
    if not asked:
        return 0.0
    return sum(share for name, share in script_shares(answer).items() if name not in asked)


class Feature(NamedTuple):
    """One thing that is measured of every answer."""

    name: str
    per: str
    """One unit of it, in words: what the odds are multiplied for."""
    measure: Callable[[str, str], float]
    """Takes the answer and the prompt."""


FIRST = "first"
FEATURES = (
    Feature("length", "each doubling of the characters", lambda a, p: _doublings(len(a))),
    Feature("lists", "each doubling of list items, plus one", _pattern(_LIST_ITEM)),
    Feature("bold", "each doubling of bold passages, plus one", _pattern(_BOLD)),
    Feature("headings", "each doubling of headings, plus one", _pattern(_HEADING)),
    Feature("code", "each doubling of code blocks, plus one", _pattern(_FENCE, 2.0)),
    Feature("refusal", "a refusing phrase", _says("refusal")),
    Feature("as_an_ai", "a phrase such as `as an AI`", _says("as_an_ai")),
    Feature("flattery", "each doubling of flattering phrases, plus one", _count("flattery")),
    Feature("agreement", "each doubling of agreeing phrases, plus one", _count("agreement")),
    Feature("politeness", "each doubling of polite phrases, plus one", _count("politeness")),
    Feature("learner", "each doubling of learners' phrases, plus one", _count("learner")),
    Feature("british", "mostly British rather than no telling spelling", lambda a, p: _british(a)),
    Feature("other_script", "all letters in a script that the prompt lacks", _other_script),
)
"""All that is measured of an answer itself, beside its place and its agreeing as tagged."""
NAMES = (FIRST, AGREES, *(feature.name for feature in FEATURES))
"""Names of the columns of `differences`."""
PER = {
    FIRST: "being shown first",
    AGREES: "being tagged as agreeing with the user",
    **{feature.name: feature.per for feature in FEATURES},
}
"""One unit of each column, in words."""


def measure(answer: str, prompt: str) -> list[float]:
    """Return every feature of an answer, in the order of `FEATURES`."""
    plain = answer.lower().replace("\u2019", "'")
    return [feature.measure(plain, prompt) for feature in FEATURES]


def differences(choices: Sequence[Choice]) -> NDArray[np.float64]:
    """Return what the chosen answers have more of than the rejected ones.

    Returns:
        Array of (choices, features), columns as `NAMES`.
    """
    rows = np.zeros((len(choices), len(NAMES)))
    known: dict[tuple[str, str], list[float]] = {}
    for row, choice in zip(rows, choices, strict=True):
        for sign, answer in ((1.0, choice.chosen), (-1.0, choice.rejected)):
            key = (answer, choice.prompt)
            if key not in known:
                known[key] = measure(*key)
            row[2:] += sign * np.array(known[key])
        row[:2] = choice.first, choice.agrees
    return rows

"""Collect the kernel's tables from spaCy, datatrove and Python's Unicode data.

Run once, with Python 3.11 (Unicode 14) in an environment that has `spacy==3.8.*`,
`datatrove==0.10.1`, `regex` and `xxhash`; the product needs none of them. Writes `characters.txt`,
`normalise.txt` and `english.json` beside this file. Run `embed.py` after it.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import datatrove.utils.text as datatrove
import regex
import spacy
from spacy.lang import char_classes as spacy_chars
from spacy.lang.punctuation import TOKENIZER_PREFIXES, TOKENIZER_SUFFIXES
from spacy.pipeline import Sentencizer
from spacy.tokenizer import Tokenizer

HERE = Path(__file__).parent
POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
SOURCE = (
    "Unicode 14.0 (Unicode licence v3), spaCy 3.8 (MIT, (c) ExplosionAI GmbH and contributors), "
    "datatrove 0.10.1 (Apache-2.0)"
)


def one(pattern: str) -> Callable[[int], bool]:
    """Return the test whether a code point alone matches a pattern."""
    compiled = re.compile(pattern)
    return lambda c: compiled.fullmatch(chr(c)) is not None


def member(chars: Iterable[str]) -> Callable[[int], bool]:
    """Return the test whether a code point is in a set."""
    points = {ord(char) for char in chars if len(char) == 1}
    return lambda c: c in points


def category(start: str) -> Callable[[int], bool]:
    """Return the test whether a code point's category begins so."""
    return lambda c: unicodedata.category(chr(c)).startswith(start)


def _breaks_line(c: int) -> bool:
    return len(f"a{chr(c)}a".splitlines()) > 1


def _cased(c: int) -> bool:
    return (chr(c) + "Σ").lower()[-1] == "ς"


def _ignorable(c: int) -> bool:
    return ("A" + chr(c) + "Σ").lower()[-1] == "ς" and not _cased(c)


def singles(pieces: Iterable[str]) -> list[str]:
    """Return the rules that stand for one fixed character, or for one of a class."""
    found = []
    for piece in pieces:
        plain = re.sub(r"\\(.)", r"\1", piece)
        if len(plain) == 1:
            found.append(re.escape(plain))
    return found


def classes() -> dict[str, Callable[[int], bool]]:
    """Return the test for each class of characters, in the order of their bits."""
    quotes, icons = spacy_chars.CONCAT_QUOTES, spacy_chars.ICONS
    before_dot = f"[0-9{spacy_chars.ALPHA_LOWER}%²\\-\\+{spacy_chars.PUNCT}(?:{quotes})]"
    if not any(before_dot[1:-1] in piece for piece in TOKENIZER_SUFFIXES):
        raise ValueError("spaCy's rule of a full stop has changed")
    any_of = "|".join
    return {
        "SPACE": lambda c: chr(c).isspace(),
        "ALPHA": lambda c: chr(c).isalpha(),
        "SYMBOL": member(datatrove.PUNCTUATION_SET),
        "TERMINAL": member(datatrove.TERMINAL_PUNCTUATION),
        "LINE_BREAK": _breaks_line,
        "PUNCT": category("P"),
        "SENTENCE_END": member(Sentencizer.default_punct_chars),
        "DECIMAL": category("Nd"),
        "LETTER": one(f"[{spacy_chars.ALPHA}]"),
        "LOWER": one(f"[{spacy_chars.ALPHA_LOWER}]"),
        "UPPER": one(f"[{spacy_chars.ALPHA_UPPER}]"),
        "QUOTE": one(f"[{quotes}]"),
        "PREFIX": one(any_of([*singles(TOKENIZER_PREFIXES), f"[{icons}]"])),
        "SUFFIX": one(any_of([*singles(TOKENIZER_SUFFIXES), f"[{icons}]"])),
        "INFIX": one(f"…|[{icons}]"),
        "MONEY": one(any_of(singles(spacy_chars.LIST_CURRENCY))),
        "BEFORE_DOT": one(before_dot),
        "DOMAIN": one(r"[A-Za-z0-9\u00a1-\uffff]"),
        "WORD": one(r"\w"),
        "NUMBER": lambda c: regex.fullmatch(r"\p{Nd}", chr(c)) is not None,
        "CASED": _cased,
        "IGNORABLE": _ignorable,
        "MARK": category("Mn"),
        "REORDERS": lambda c: unicodedata.combining(chr(c)) != 0,
    }


def runs(values: list[tuple[int, tuple[str, ...]]]) -> Iterator[str]:
    """Yield lines `FIRST LAST names` for runs of code points of the same classes."""
    first, last = 0, -1
    names: tuple[str, ...] = ()
    for c, mine in values:
        if mine != names or c != last + 1:
            if names:
                yield f"{first:X} {last:X} {' '.join(names)}"
            first, names = c, mine
        last = c
    if names:
        yield f"{first:X} {last:X} {' '.join(names)}"


def characters() -> str:
    """Return the text of characters.txt."""
    tests = classes()
    values = [(c, tuple(name for name, test in tests.items() if test(c))) for c in POINTS]
    head = [
        "# Classes of code points: FIRST LAST NAMES. Made by collect.py from " + SOURCE,
        "# regex " + regex.__version__ + " for NUMBER",
        "! " + " ".join(tests),
    ]
    return "\n".join([*head, *runs(values)]) + "\n"


def simplified(c: int) -> str:
    """Return what datatrove's simplify_text makes of a character on its own, marks kept."""
    lower = chr(c).lower()
    spaced = lower.translate(datatrove.PUNCTUATION_TRANS)
    return unicodedata.normalize("NFD", " " if spaced.isspace() else spaced)


def lower_runs() -> list[str]:
    """Return runs of characters whose lower case is equally far; any sigma is the small one."""
    pairs = [(c, ord(chr(c).lower()[0])) for c in POINTS if chr(c).lower() != chr(c)]
    distance = dict(sorted([(0x3C2, 1), *((c, low - c) for c, low in pairs)]))
    runs: list[list[int]] = []
    for c, far in distance.items():
        if runs and runs[-1][3] == far and c - runs[-1][1] in {1, 2}:
            first, last, step, _ = runs[-1]
            if first == last or step == c - last:
                runs[-1][1:3] = [c, c - last]
                continue
        runs.append([c, c, 1, far])
    return [f"lower {first:X} {last:X} {step} {far}" for first, last, step, far in runs]


def normalise() -> str:
    """Return the text of normalise.txt: characters that change, Hangul syllables left out."""
    lines = [
        "# What simplify_text makes of a character: CODE then CODES. Made by collect.py from "
        + SOURCE,
        "# Marks (category Mn) are dropped; Hangul syllables are decomposed by rule.",
    ]
    for c in POINTS:
        made = simplified(c)
        kept = "".join(x for x in made if unicodedata.category(x) != "Mn")
        if kept != chr(c) and unicodedata.category(chr(c)) != "Mn" and not 0xAC00 <= c <= 0xD7A3:
            lines.append(" ".join([f"{c:X}", *(f"{ord(x):X}" for x in kept)]))
    lines.append("# Combining classes of characters that are no marks: ccc CLASS CODES")
    by_class: dict[int, list[str]] = {}
    for c in POINTS:
        if unicodedata.combining(chr(c)) and unicodedata.category(chr(c)) != "Mn":
            by_class.setdefault(unicodedata.combining(chr(c)), []).append(f"{c:X}")
    lines.extend(f"ccc {ccc} {' '.join(codes)}" for ccc, codes in sorted(by_class.items()))
    lines.append("# Lower case of single characters: lower FIRST LAST STEP DISTANCE")
    lines.extend(lower_runs())
    return "\n".join(lines) + "\n"


def english() -> str:
    """Return the text of english.json: what spaCy's English tokenizer knows beside characters."""
    nlp = spacy.blank("en")
    full = nlp.tokenizer
    if full.token_match is not None:
        raise ValueError("spaCy has a rule that is not known here")
    bare = Tokenizer(
        nlp.vocab,
        rules={},
        prefix_search=full.prefix_search,
        suffix_search=full.suffix_search,
        infix_finditer=full.infix_finditer,
        url_match=full.url_match,
    )
    rules = {}
    phrases = {}
    for text, tokens in sorted(full.rules.items()):
        if text.isspace():
            continue
        rules[text] = [token.get(spacy.symbols.ORTH, token.get("ORTH")) for token in tokens]
        if full.find_prefix(text) or full.find_infix(text) or full.find_suffix(text):
            phrases[text] = [token.text for token in bare(text)]
    data = {
        "about": f"Tokenizer data of spaCy {spacy.__version__}, English. Made by collect.py.",
        "licence": "MIT, Copyright (C) 2016-2024 ExplosionAI GmbH, 2016 spaCy GmbH, "
        "2015 Matthew Honnibal, and contributors",
        "units": spacy_chars.UNITS.split("|"),
        "money": [piece.replace("\\", "") for piece in spacy_chars.LIST_CURRENCY],
        "exceptions": {text: " ".join(tokens) for text, tokens in rules.items()},
        "phrases": {text: " ".join(tokens) for text, tokens in phrases.items()},
    }
    return json.dumps(data, ensure_ascii=False, indent=0) + "\n"


if __name__ == "__main__":
    if unicodedata.unidata_version != "14.0.0":
        raise ValueError("run this with Python 3.11")
    (HERE / "characters.txt").write_text(characters(), encoding="utf-8")
    (HERE / "normalise.txt").write_text(normalise(), encoding="utf-8")
    (HERE / "english.json").write_text(english(), encoding="utf-8")

"""Writes filters.json: what datatrove 0.10.1 makes of made-up documents.

Run by a Python that has datatrove and spaCy, which Etude does not need:
`python tests/stages/corpus/kernel/golden/make_filters.py`.
"""

import json
import random
from pathlib import Path

from datatrove.data import Document
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)

FILTERS = {
    "gopher_repetition": GopherRepetitionFilter(),
    "gopher_quality": GopherQualityFilter(),
    "fineweb": FineWebQualityFilter(),
    "c4": C4QualityFilter(filter_no_terminal_punct=False),
    "c4 with punctuation": C4QualityFilter(),
}
_WORDS = """the a of to and in that is was he for it with as his on be at by had not are but from or
have an they which one you were her all she there would their we him been has when who will more no
if out so said what up its about into than them can only other new some could time these two may
then do first any my now such like our over man me even most made after also did many before must
through years where much your way well down should because each just those people how too little
state good very make world still own see men work
long get here between both life being under never day same
another know while last might us great old year off come since against go came right used take three
international organisation representatives uncharacteristically"""
WORDS = _WORDS.split()
LINES = """This page uses cookies to work.|Please enable JavaScript to go on.|Lorem ipsum dolor sit.
See our Privacy Policy here.|f() { return 1; }|[1] [2] [3]|So it was [12] and then[edit] on.
Stated elsewhere.[citation needed]  "Yes." [5] [6]|...|\u2022 item one two|- item|wait for it...
and so on\u2026|#### ##|a b|\u2028|\x0b\x0c|\x85\x1c\x1d|\t\tfoo bar baz.|It uses coo\u212aies now.
\u898b\u3088\u3002\u3053\u308c\u306f\u6587\u3067\u3059\u3002|[\u0661\u0662] digits of Arabic here.
"Quoted?" he asked! Yes.|1 11 1 1 1 1|11 1 1 1 1 1|e.g. this, i.e. that etc. and so on.|12 34 56 78
Caf\u00e9 na\u00efve \u2014 \u201cquoted\u201d \u2026 done.|don't can't U.S. Ph.D.
x-y z/w|http://example.org/a?b=c#d see it.|:) :-( <3 are signs.|50km 3.14 $5 5% 10:30pm.""".replace(
    "\n", "|"
).split("|")
PIECES = [
    *WORDS[:40],
    ".",
    "\n",
    " ",
    "...",
    "#",
    "-",
    "\n\n",
    "{",
    "[1]",
    "\u00a0",
    "\u7684",
    "\x00",
]
ODD = [
    "",
    "\n",
    "\n\n",
    " ",
    "\n \n",
    "a",
    "a\n",
    "\na",
    "\x00",
    "\u2028",
    "\r\n",
    "...",
    "{",
    "\u2026",
]
WANTED = {
    "gopher_repetition": 14,
    "gopher_quality": 9,
    "fineweb": 5,
    "c4": 3,
    "c4 with punctuation": 3,
}
"""How many reasons each has, beside a document of more than 100,000 words."""


def sentence(rng: random.Random) -> str:
    """A line of words, with or without punctuation."""
    words = [rng.choice(WORDS) for _ in range(rng.choice([3, 6, 12, 20]))]
    return " ".join(words).capitalize() + rng.choice([".", ".", ".", "!", "?", "", ",", "..."])


def document(rng: random.Random) -> str:
    """A document with some odd lines, repeats, breaks and ends."""
    if rng.random() < 0.15:
        return " ".join(rng.choice(PIECES) for _ in range(rng.choice([5, 30, 80])))
    if rng.random() < 0.1:
        return " ".join(
            rng.choice(["1", "11", "10", "0", "01"]) for _ in range(rng.choice([20, 70]))
        )
    lines = [sentence(rng) for _ in range(rng.choice([2, 5, 9, 14]))]
    for _ in range(rng.choice([0, 0, 1, 2, 6])):
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(LINES))
    if rng.random() < 0.3:
        lines += rng.sample(lines, max(1, len(lines) // rng.choice([2, 3, 6, 9])))
    if rng.random() < 0.15:
        lines.append("x" * 1001 + " is a long word")
    mark = rng.choice(["", "", "", "", "- ", "\u2022 "])
    end = rng.choice(["", "", "", "", "...", "\r", "  "])
    break_ = rng.choice(["\n"] * 5 + ["\r\n", "\n\n", "\n\n\n", "\u2029"])
    text = break_.join(mark + line + end for line in lines)
    return f" \n{text}\n\n " if rng.random() < 0.1 else text


def judge(text: str) -> dict[str, str]:
    """What each filter says: its reason, or nothing; and the texts that C4 leaves."""
    said = {}
    for name, judged in FILTERS.items():
        doc = Document(text=text, id="0")
        verdict = judged.filter(doc)
        said[name] = verdict[1] if isinstance(verdict, tuple) else ""
        if name.startswith("c4") and not said[name]:
            if doc.text != text:
                said[f"{name} text"] = doc.text
            verdict = FILTERS["fineweb"].filter(Document(text=doc.text, id="0"))
            said[f"{name} then fineweb"] = verdict[1] if isinstance(verdict, tuple) else ""
    return said


def main() -> None:
    """Take documents that show a reason seldom seen so far, and some more."""
    rng = random.Random(20)
    rows: list[dict[str, str]] = []
    seen: dict[tuple[str, str], int] = {}
    texts = [*ODD, *(document(rng) for _ in range(6000))]
    for text in texts:
        try:
            said = judge(text)
        except ZeroDivisionError:  # of filters for a text without words
            continue
        keys = [(name, reason) for name, reason in said.items() if not name.endswith("text")]
        if len(rows) < 60 or any(seen.get(key, 0) < 6 for key in keys):
            rows.append({"text": text, **said})
            for key in keys:
                seen[key] = seen.get(key, 0) + 1
    for name, count in WANTED.items():
        reasons = {reason for key, reason in seen if key == name and reason}
        if len(reasons) < count:
            raise SystemExit(f"{name}: only {sorted(reasons)}")
    lines = ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows)
    Path(__file__).with_name("filters.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()

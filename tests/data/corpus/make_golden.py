"""Write words.json: what spaCy and datatrove make of texts, for tests that need neither.

Run in an environment with Python 3.11, `spacy==3.8.*`, `datatrove==0.10.1` and `xxhash`:

    python tests/data/corpus/make_golden.py
"""

# ruff: noqa: RUF001, SIM905 - these texts are meant to be hard to tell apart
import hashlib
import json
import struct
import tempfile
from pathlib import Path
from random import Random

import spacy
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.utils.text import simplify_text

TARGET = Path(__file__).with_name("words.json")
PIECES = (
    "the|of and to|cannot|don't|it's|he’s|Mr.|U.S.A.|Ph.D.|e.g.|10a.m.|a.m.|'em|y'all|C++|w/o|"
    "and/or|vs.|:)|:-)|):|: )|;_;|><(((*>|¯\\(ツ)/¯|(╯°□°）╯︵┻━┻|ಠ_ಠ|°C.|37°C.|xD|8-D|0.0|o.O|"
    "http://a.bc/d?e=f#g|https://www.example.org:8080/x_y-z|user@host.org|mailto:a@b.c|www.x.de|"
    "10.0.0.1|192.168.1.1|172.16.0.1|8.8.8.8:53|1.2.3.4/x|lower.Upper|a.b.c|file.tar.gz|x.日本|"
    "....|...|..|.|,|;|!|?|\"|'|’|“|”|…|……|-|--|---|–|—|~|_|/|=|<|>|[|]|{|}|#|*|&|%|$|+|^|`|@|\\|||"
    "US$5|5$|C$7|9€|€9|5km|7км|12м/с|3MB|50%|5km/h|1,000.50|3.14|1.5.2|12:30|+1|1+|1-2|2^10|a+b|"
    "½|①|٣٫١|१२|１２|𝟘|Straße|ÉCOLE|ΑΣΑΣ|Σ|İstanbul|ﬁ|Ǆ|naïve|e\u0301|\u0301|각하|한국어 문장|"
    "日本語の文。|这是，测试！|กขค|हिन्दी।|العربية؟|עברית|Ёлка|🙂|👩\u200d🔬|©|™|☃|\ufeff|\xad|\u200b|"
    "\u302e\u1b44|\U0001d15e|\U00020000|\ufffd|≠|K|Å|x--y|re-use|A-B|a--1|a…b|w:x|k=v|p/q|3:a|"
    "I'm|I’d've|shouldn't've|O'clock|gonna|\\t|<space>|''|Adm.|‘S|dyn-o-mite|it.It|end.\"Next"
).split("|")
PARAGRAPHS = (
    "The committee met on Monday, 3 May 1999, at 10a.m. in Washington, D.C.; it didn't decide.",
    "Prices rose by 4.5% (from $1,200 to $1,254), he said: “We can't go on like this...”",
    "See https://docs.example.org/en/latest/index.html#top and e-mail help-desk@example.org.",
    "def f(x):\n    return {'a': [1, 2, 3], \"b\": x[0]}  # :-) and/or w/o\n",
    "Größe: 5km² bei 37°C. Là-bas, l'été dure; «ça va?» — non.  Ударение и 5км/ч.",
    "機械学習は人工知能の一分野である。「データ」から学ぶ、と言われる！ 这是一个测试，没有空格。",
    "Η ΟΔΟΣ ΤΟΥ ΣΟΦΟΥ ΕΙΝΑΙ ΜΑΚΡΑ. Έτσι λένε οι σοφοί, 12,5 φορές ή ٣٫٥ φορές.",
)


def made(rng: Random) -> str:
    """Return a text of a few pieces."""
    blanks = ["", "", " ", " ", " ", "  ", "\n", "\t", "\xa0", "\u3000", "\x1f"]
    count = rng.randint(1, 8)
    return "".join(rng.choice(PIECES) + rng.choice(blanks) for _ in range(count))


def mixed(rng: Random) -> str:
    """Return a longer text."""
    parts = [rng.choice(PARAGRAPHS) if rng.random() < 0.5 else made(rng) for _ in range(6)]
    return rng.choice([" ", "\n", "\n\n"]).join(parts)


def main() -> None:
    """Write the file."""
    rng = Random(14)
    nlp = spacy.blank("en")
    texts = [*PIECES, *PARAGRAPHS, *(made(rng) for _ in range(1500))]
    words = {}
    with nlp.memory_zone():
        for text in texts:
            words[text] = [token.text for token in nlp.tokenizer(text)]
    step = MinhashDedupSignature(tempfile.mkdtemp(), MinhashConfig())
    signatures = {}
    for text in [*PARAGRAPHS, *(mixed(rng) for _ in range(60))]:
        shingles = step.get_shingles(text)
        values = [x for band in step.get_signature(shingles) for x in band] if len(shingles) else []
        digest = hashlib.sha256(struct.pack(f"<{len(values)}Q", *values)).hexdigest()
        signatures[text] = {"shingles": len(shingles), "first": values[:2], "sha256": digest}
    data = {
        "about": f"Made by make_golden.py with spaCy {spacy.__version__} and datatrove 0.10.1.",
        "words": words,
        "simple": {text: simplify_text(text) for text in [*PIECES, *texts[::5]]},
        "signatures": signatures,
    }
    TARGET.write_text(json.dumps(data, ensure_ascii=False, indent=0), encoding="utf-8")


if __name__ == "__main__":
    main()

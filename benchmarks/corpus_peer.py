"""datatrove's side of `corpus.py`: runs in the peers' environment and answers line by line.

Started as `python corpus_peer.py documents.json`; each line of its input is `TASK FROM TO`, each
line of its output the CPU seconds and the answers, as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from datatrove.data import Document
from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature
from datatrove.pipeline.filters import (
    C4QualityFilter,
    FineWebQualityFilter,
    GopherQualityFilter,
    GopherRepetitionFilter,
)
from datatrove.utils.hashing import HashConfig

CHAIN = (
    GopherRepetitionFilter(),
    GopherQualityFilter(),
    C4QualityFilter(filter_no_terminal_punct=False),
    FineWebQualityFilter(),
)
SIGNER = MinhashDedupSignature(
    output_folder="/dev/null", config=MinhashConfig(hash_config=HashConfig(precision=64))
)


def reason(judge: object, document: Document) -> str:
    """Why a document goes, empty if it stays."""
    verdict = judge.filter(document)  # type: ignore[attr-defined]
    if isinstance(verdict, tuple):
        return str(verdict[1])
    return "" if verdict else "dropped"


def four(text: str) -> list[str]:
    """Reasons of all four filters, each for the text as it came; then what C4 leaves."""
    documents = [Document(text=text, id="") for _ in CHAIN]
    reasons = [reason(judge, doc) for judge, doc in zip(CHAIN, documents, strict=True)]
    return [*reasons, documents[2].text]


def chain(text: str) -> list[str]:
    """The first reason along FineWeb's chain, and the text at its end."""
    document = Document(text=text, id="")
    for judge in CHAIN:
        if found := reason(judge, document):
            return [found, ""]
    return ["", document.text]


def minhash(text: str) -> list[int]:
    """The signature of stage 1."""
    shingles = SIGNER.get_shingles(text)
    if not shingles.size:
        return []
    return [int(x) for x in np.concatenate(SIGNER.get_signature(shingles))]


TASKS: dict[str, Callable[[str], object]] = {"four": four, "chain": chain, "minhash": minhash}


def main() -> None:
    """Answer until the input ends."""
    texts = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    for task in TASKS.values():
        task(texts[0])
    for line in sys.stdin:
        name, first, last = line.split()
        began = time.process_time()
        answers = [TASKS[name](text) for text in texts[int(first) : int(last)]]
        taken = time.process_time() - began
        sys.stdout.write(json.dumps([taken, answers]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

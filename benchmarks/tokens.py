"""Encoding: Etude's encoder against Hugging Face `tokenizers`, same tokenizer and texts, one run.

    python benchmarks/tokens.py --docs 500

Prints MB of text per CPU second, medians of alternating rounds, and whether all tokens agree.
"""

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path

import pyarrow as pa

sys.path.insert(0, str(Path(__file__).parent))
from corpus_input import documents

from etude.stages.corpus.tokens.bpe import BpeSettings, train
from etude.stages.corpus.tokens.encode import Encoder

ROUNDS = 3


def main() -> None:
    """Train a tokenizer, encode with both engines in turn, compare."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--docs", type=int, default=500)
    parser.add_argument("--vocab", type=int, default=32768)
    told = parser.parse_args()
    texts = documents(told.docs * 4)
    values = pa.array(texts[: told.docs], pa.string())
    n_mb = sum(len(text.encode()) for text in texts[: told.docs]) / 1e6
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tokenizer.json"
        path.write_bytes(train(iter(texts), BpeSettings(vocab=told.vocab)))
        encoders = {name: Encoder(path, name) for name in ("auto", "tokenizers")}
        spent: dict[str, list[float]] = {name: [] for name in encoders}
        found = {}
        for _ in range(ROUNDS):
            for name, encoder in encoders.items():
                began = time.process_time()
                found[name] = encoder.encode(values)
                spent[name].append(time.process_time() - began)
    same = found["auto"].ids.tolist() == found["tokenizers"].ids.tolist()
    for name, seconds in spent.items():
        rate = n_mb / statistics.median(seconds)
        sys.stdout.write(f"{name:<12} {rate:8.1f} MB/s/core  (engine: {encoders[name].engine})\n")
    ratio = statistics.median(
        b / a for a, b in zip(spent["auto"], spent["tokenizers"], strict=True)
    )
    sys.stdout.write(
        f"ratio {ratio:.1f}, {n_mb:.1f} MB, tokens are {'the same' if same else 'NOT the same'}\n"
    )


if __name__ == "__main__":
    main()

import random
from pathlib import Path

import numpy as np
import pytest
from tests.stages.corpus.steps.planted import clusters, documents, kept, reasons, run, texts

from etude.errors import ConfigError
from etude.models.embedders import embedders
from etude.stages.corpus.steps import steps
from etude.stages.corpus.steps.semantic import SemanticStep

SUBJECTS = [
    "The harbour was frozen and the ships could not sail until spring.",
    "A compiler turns the source of a program into instructions for a machine.",
    "Mix flour, butter and sugar, then bake the cake for forty minutes.",
    "The committee voted against the new tax on imported steel.",
    "Whales sing to each other across hundreds of miles of ocean.",
    "Her violin had been made in Cremona three centuries ago.",
]


def retold(text: str, rng: random.Random) -> str:
    words = text.split()
    place = rng.randrange(len(words) - 1)
    words[place], words[place + 1] = words[place + 1], words[place]
    return " ".join(words) + rng.choice(["", " Really.", "\n"])


def test_texts_retold_go_and_texts_on_other_subjects_stay(tmp_path: Path) -> None:
    rng = random.Random(1)
    parts = [documents(SUBJECTS), documents([*(retold(text, rng) for text in SUBJECTS), ""])]
    done = run(SemanticStep(threshold=0.9), tmp_path, parts)
    assert reasons(done) == [None] * 6 + ["says the same as another"] * 6 + [None]
    assert clusters(done)[6:] == [0, 1, 2, 3, 4, 5, None]


def test_every_document_that_goes_is_near_to_one_that_stays(tmp_path: Path) -> None:
    rng = random.Random(2)
    parts = [documents([retold(rng.choice(SUBJECTS), rng) for _ in range(50)]) for _ in range(3)]
    step = SemanticStep(threshold=0.93, n_clusters=3)
    done = run(step, tmp_path / "a", parts)
    vectors = embedders.make("wordllama").embed(texts(parts))
    rows = {(part << 32) + n: part * 50 + n for part in range(3) for n in range(50)}
    gone = [reason is not None for reason in reasons(done)]
    for place, keeper in enumerate(clusters(done)):
        if gone[place]:
            assert keeper is not None
            assert not gone[rows[keeper]]
            assert vectors[place] @ vectors[rows[keeper]] > 0.92
    again = run(step, tmp_path / "b", parts, order=[2, 0, 1])
    assert clusters(again) == clusters(done)
    assert texts(kept(run(step, tmp_path / "c", kept(done)))) == texts(kept(done))


def test_the_best_by_the_rule_stays(tmp_path: Path) -> None:
    long = SUBJECTS[0] + " " + SUBJECTS[0]
    parts = [documents([SUBJECTS[0], long, SUBJECTS[1]])]
    done = run(SemanticStep(keep="longest"), tmp_path, parts)
    assert texts(kept(done)) == [long, SUBJECTS[1]]
    assert clusters(done) == [1, 1, None]


def test_embeddings_have_length_one_and_texts_without_words_are_zero() -> None:
    vectors = embedders.make("wordllama").embed(["words", "", " \n", "\x00"])
    assert np.linalg.norm(vectors[0]) == pytest.approx(1)
    assert not vectors[1:3].any()
    assert np.isfinite(vectors).all()


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError, match="threshold is a cosine"):
        steps.make({"use": "semantic", "threshold": 1.5})
    with pytest.raises(ConfigError, match="keep = 'best'"):
        steps.make({"use": "semantic", "keep": "best"})

"""omit and remove with real boxes: what they take from a small project becomes tasks."""

import asyncio
from pathlib import Path

import pytest

from etude.sandbox import sandboxes
from etude.stages.swe.make import MakeRecipe, make
from etude.store import CodebaseStore, Dataset

pytestmark = [pytest.mark.slow, pytest.mark.net]
LIBRARY = '''"""Words of a text."""


class Counter:
    """Counts words."""

    def __init__(self, fold=False):
        self.fold = fold
        self.table = {}

    def feed(self, text, limit=None):
        """Count the words of `text`, at most `limit` of them where that is given."""
        words = text.split()
        if limit is not None:
            words = words[:limit]
        for word in words:
            key = word.strip(".,")
            if self.fold:
                key = key.lower()
            if not key:
                continue
            self.table[key] = self.table.get(key, 0) + 1
        return len(words)

    def top(self, n=1):
        """Give the `n` words that were counted most, ties in the order of the alphabet."""
        if n < 1:
            raise ValueError("n must be positive")
        ranked = sorted(self.table, key=lambda word: (-self.table[word], word))
        return ranked[:n]
'''
TESTS = """import pytest
from words import Counter

@pytest.mark.parametrize("n", range(30))
def test_empty(n):
    assert Counter().table == {}

def test_feed():
    counter = Counter()
    assert counter.feed("a b a.") == 3
    assert counter.table == {"a": 2, "b": 1}

def test_limit():
    assert Counter().feed("a b c", limit=2) == 2

def test_only_dots():
    counter = Counter()
    counter.feed("a . b")
    assert counter.table == {"a": 1, "b": 1}

def test_fold():
    counter = Counter(fold=True)
    counter.feed("A a")
    assert counter.table == {"a": 2}

def test_top():
    counter = Counter()
    counter.feed("b a b c a")
    assert counter.top(2) == ["a", "b"]

def test_top_of_none():
    with pytest.raises(ValueError):
        Counter().top(0)
"""


def test_what_is_taken_from_a_project_becomes_tasks(tmp_path: Path) -> None:
    folder = tmp_path / "words"
    (folder / "tests").mkdir(parents=True)
    (folder / "pyproject.toml").write_text('[project]\nname = "words"\nversion = "1.0"\n')
    (folder / "words.py").write_text(LIBRARY)
    (folder / "tests" / "test_words.py").write_text(TESTS)
    recipe = MakeRecipe(codebases=(str(folder),), makers=("omit", "remove"), limit=4)
    store = CodebaseStore(tmp_path / "home")
    box = sandboxes.make("bubblewrap")
    outcome = asyncio.run(make(recipe, tmp_path / "out", box, store, jobs=1))
    assert outcome.n_tasks == 4
    dataset = Dataset.open(tmp_path / "out")
    keys = {key.task_id: key for key in dataset.keys()}
    assert {key.maker for key in keys.values()} == {"omit", "remove"}
    for task in dataset.tasks():
        key = keys[task.id]
        assert key.fail_to_pass
        if key.kind == "body":
            assert f"`{key.function}`" in task.statement.splitlines()[0]
            assert "NotImplementedError" in task.statement

"""Matter: data sets of a life, but for ratings, written by the stages that make such data."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from etude.errors import ConfigError
from etude.store import Dataset
from etude.train.loops import Tell
from etude.train.loops.pretrain import PretrainLoop
from etude.value.life.chats import write_chats, write_held_out_chats
from etude.value.life.outcome import Part
from etude.value.life.problems import write_problems
from etude.value.life.ratings import Judged
from etude.value.life.recipe import LifeRecipe
from etude.value.life.texts import write_cloze, write_texts, write_vocabulary


class Matter(NamedTuple):
    """What a life learns from, and what it is measured on."""

    folder: Path
    texts: Dataset
    chats: Dataset
    held_out_chats: Dataset
    problems: Dataset
    held_out_problems: Dataset

    @property
    def cloze(self) -> Path:
        """Sentences to be finished."""
        return self.folder / "cloze.jsonl"

    @property
    def vocabulary(self) -> Path:
        """The tokenizer."""
        return self.folder / "tokenizer.json"

    def parts(self, judged: Judged) -> Iterator[Part]:
        """Yield what the manifest of each data set says, those of ratings among them."""
        for held in (
            Dataset.open(self.folder / "posed"),
            self.problems,
            self.held_out_problems,
            self.texts,
            self.chats,
            self.held_out_chats,
            *(held for rated in judged for held in rated),
        ):
            manifest = held.manifest
            yield Part(
                name=held.path.name,
                record=manifest.record,
                n_rows=held.n_rows(manifest.main_table),
                digest=manifest.digest,
                parents=manifest.parents,
                made_by=manifest.recipe,
            )


def make_matter(recipe: LifeRecipe, folder: Path, tell: Tell) -> Matter:
    """Write every data set but those of ratings that is not there yet, and return them all.

    Args:
        recipe: The life.
        folder: Where they go.
        tell: Told what is being done.

    Raises:
        ConfigError: A folder holds what was made otherwise, or the disk takes no more.
    """
    world, seed = recipe.world, recipe.seed
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise ConfigError(f"cannot write {folder}: {cause.strerror}") from cause
    tell("posing problems", 0, 0)
    problems, held_out_problems = write_problems(folder, world, seed)
    tell("writing texts and chats", 0, 0)
    made = Matter(
        folder=folder,
        texts=write_texts(folder / "texts", world, seed, problems),
        chats=write_chats(folder / "chats", world, seed, problems),
        held_out_chats=write_held_out_chats(folder / "chats-held-out", seed, held_out_problems),
        problems=problems,
        held_out_problems=held_out_problems,
    )
    read = recipe.stage("read", {"data": ()})
    if isinstance(read, PretrainLoop):
        write_cloze(made.cloze, seed)
        write_vocabulary(made.vocabulary, read.vocabulary.size, made.texts, made.chats)
    return made

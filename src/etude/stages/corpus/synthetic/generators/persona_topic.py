"""Persona and topic: every persona writes on every topic (after Ge et al., 2024)."""

from collections.abc import Iterator, Sequence
from random import Random

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.generators._base import Ask, Generator, fill

_PROMPT = """\
You are {persona}. Write {form} on this topic: {topic}

Write what such a person knows and would say, with names, numbers and examples where they help. \
Answer with the text alone.
"""
_TOPIC_CHARS = 160


class PersonaTopic(Generator, frozen=True, kw_only=True):
    """Fills the grid of personas and topics."""

    personas: tuple[str, ...] = (
        "an engineer who repairs what others built",
        "a teacher at a village school",
        "a nurse on night shifts",
        "a historian of everyday things",
        "an accountant who likes puzzles",
        "a farmer who sells at the market",
    )
    topics: tuple[str, ...] = ()
    """Empty: the title of each source, or else its first line, is a topic, and the source is the
    parent of what is written on it."""
    forms: tuple[str, ...] = ("a short essay", "a letter to a friend", "an entry in a handbook")
    """The cells of the grid take them in turn."""
    faithful: bool = False
    """Whether a text that names a number of two digits or more goes when its source does not have
    that number. Of a source no more than the topic is told."""
    max_cells: int = 0
    """So many cells of the grid, chosen by the seed; 0 means all."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.personas or not self.forms or self.max_cells < 0:
            raise ConfigError("there must be a persona and a form, and max_cells is from 0 on")

    def own_prompt(self) -> str:
        """Return the words of the question."""
        return _PROMPT

    def slots(self) -> tuple[str, ...]:
        """Return what a prompt can have filled in."""
        return ("persona", "topic", "form")

    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield the cells of the grid, in an order of chance where not all are wanted."""
        topics: list[tuple[str, tuple[Document, ...]]]
        if self.topics:
            topics = [(topic, ()) for topic in self.topics]
        else:
            topics = [(_topic(source), (self.excerpt(source),)) for source in sources]
        cells = [(p, t) for t in range(len(topics)) for p in range(len(self.personas))]
        if 0 < self.max_cells < len(cells):
            cells = Random(seed).sample(cells, self.max_cells)
        for number, (p, t) in enumerate(cells):
            topic, parents = topics[t]
            form = self.forms[(seed + number) % len(self.forms)]
            values = {"persona": self.personas[p], "topic": topic, "form": form}
            yield Ask(
                parents=parents,
                prompt=fill(self.wording, values),
                about={"persona": self.personas[p], "topic": topic, "form": form},
            )


def _topic(source: Document) -> str:
    """Return what a source is about in a line: its title, or how it begins."""
    line = source.title.strip() or next(
        (line.strip() for line in source.text.splitlines() if len(line.split()) > 1), source.id
    )
    return " ".join(line.split())[:_TOPIC_CHARS]

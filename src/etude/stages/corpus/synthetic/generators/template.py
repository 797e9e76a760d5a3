"""Templates filled in from sources and lists, without any model."""

import re
from collections.abc import Iterator, Sequence
from random import Random

import msgspec

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.generators._base import Ask, Generator, fill

_OF_SOURCE = ("title", "first_sentence", "text", "domain")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|\n[ \t]*\n")
_SENTENCE_CHARS = 400


class Template(Generator, frozen=True, kw_only=True):
    """Fills in `prompt`, which is here the text itself; it costs nothing, and varies little."""

    asks_model = False

    prompt: str = "What is {title}?\n\n{first_sentence}"
    """The text, with what is filled in between braces: `title`, `first_sentence`, `text` and
    `domain` of the source, and the names of `lists`. A source without a title that is asked for is
    left out."""
    lists: dict[str, tuple[str, ...]] = msgspec.field(default_factory=dict)
    """Name -> values, of which the seed draws one for each text."""
    max_quoted: float = 1.0
    """Share of its runs of five words that a text may have in common with the sources; 1 allows
    any."""
    faithful: bool = False
    """Whether a text goes that names a number of two digits or more which its source does not
    have."""

    def __post_init__(self) -> None:
        if any(not values for values in self.lists.values()) or not self.prompt:
            raise ConfigError("a template has words, and each of its lists a value")
        super().__post_init__()

    def own_prompt(self) -> str:
        """Return the template."""
        return self.prompt

    def slots(self) -> tuple[str, ...]:
        """Return what a template can have filled in."""
        return (*_OF_SOURCE, *self.lists)

    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield the texts."""
        for source in map(self.excerpt, sources):
            rng = Random(f"{seed}:{source.id}")
            values = {name: rng.choice(self.lists[name]) for name in sorted(self.lists)}
            values |= {
                "title": source.title.strip(),
                "first_sentence": _first_sentence(source.text),
                "text": source.text,
                "domain": source.domain,
            }
            if all(values[name] for name in values if f"{{{name}}}" in self.wording):
                yield Ask(parents=(source,), text=fill(self.wording, values))


def _first_sentence(text: str) -> str:
    head = text.strip()[:_SENTENCE_CHARS]
    end = _SENTENCE_END.search(head)
    return " ".join((head[: end.end()] if end else head).split())

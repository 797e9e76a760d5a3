"""Textbook: a section that teaches what a source is about (Gunasekar et al., 2023)."""

from collections.abc import Iterator, Sequence

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.generators._base import Ask, Generator, fill

_PROMPT = """\
Below, between the lines of equals signs, is a text. Write a section of a textbook for {audience} \
that teaches the subject of the text.

Explain the ideas in order, each with its reason, and give one worked example. Use the facts of \
the text, and your own words. Answer with the section alone.

==========
{text}
==========
"""


class Textbook(Generator, frozen=True, kw_only=True):
    """Teaches what a source is about."""

    faithful: bool = False
    """Whether a text that names a number of two digits or more goes when its source does not have
    that number. Worked examples have numbers of their own."""
    audiences: tuple[str, ...] = (
        "children of twelve",
        "students in their first year",
        "people who do this for a living",
    )
    """Sources take them in turn."""
    each: int = 1
    """Texts of each source, for audiences that follow each other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.audiences or self.each < 1:
            raise ConfigError("textbook needs an audience, and each is from 1 on")

    def own_prompt(self) -> str:
        """Return the words of the question."""
        return _PROMPT

    def slots(self) -> tuple[str, ...]:
        """Return what a prompt can have filled in."""
        return ("text", "audience", "title")

    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield what to make of the sources."""
        for number, source in enumerate(map(self.excerpt, sources)):
            for again in range(self.each):
                audience = self.audiences[(seed + number + again) % len(self.audiences)]
                values = {"text": source.text, "audience": audience, "title": source.title}
                yield Ask(
                    parents=(source,),
                    prompt=fill(self.wording, values),
                    about={"audience": audience},
                )

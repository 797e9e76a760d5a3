"""Rephrase: the same content in other words, in one of several styles (Maini et al., 2024)."""

from collections.abc import Iterator, Sequence

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.generators._base import Ask, Generator, fill

_PROMPT = """\
Rewrite the text between the lines of equals signs in the style of {style}.

Keep every fact, name and number. Add nothing that is not in the text. Use your own words: do not \
copy whole sentences. Answer with the rewritten text alone.

==========
{text}
==========
"""


class Rephrase(Generator, frozen=True, kw_only=True):
    """Says what a source says in other words."""

    styles: tuple[str, ...] = (
        "an article in an encyclopedia",
        "a plain explanation for a beginner",
        "a careful lecture for students",
        "short notes in whole sentences",
    )
    """Sources take them in turn."""
    each: int = 1
    """Texts of each source, in styles that follow each other."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.styles or self.each < 1:
            raise ConfigError("rephrase needs a style, and each is from 1 on")

    def own_prompt(self) -> str:
        """Return the words of the question."""
        return _PROMPT

    def slots(self) -> tuple[str, ...]:
        """Return what a prompt can have filled in."""
        return ("text", "style", "title")

    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield what to make of the sources."""
        for number, source in enumerate(map(self.excerpt, sources)):
            for again in range(self.each):
                style = self.styles[(seed + number + again) % len(self.styles)]
                values = {"text": source.text, "style": style, "title": source.title}
                yield Ask(
                    parents=(source,),
                    prompt=fill(self.wording, values),
                    about={"style": style},
                )

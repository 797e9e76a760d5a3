"""Questions and answers about a source, each a text by itself."""

import re
from collections.abc import Iterator, Sequence

from etude.errors import ConfigError
from etude.records import Document
from etude.stages.corpus.synthetic.generators._base import Ask, Generator, fill

_PROMPT = """\
Write {number} questions that the text between the lines of equals signs answers, and answer each \
in one to three whole sentences. Ask about different parts of the text. Name what a question is \
about, so that it can be understood by someone who does not have the text.

Answer in exactly this form, and say nothing else:

QUESTION: (the question)
ANSWER: (the answer)

==========
{text}
==========
"""
_MARK = re.compile(
    r"^[ \t#>*_-]*+(?:\d++[.)][ \t]*+)?(question|answer)[ \t]*+\d*+[*_]*+[ \t]*+:",
    re.IGNORECASE | re.MULTILINE,
)
_LEAST_CHARS = 8
_TRIMMED = " \n\t*_#-"


class QuestionAnswer(Generator, frozen=True, kw_only=True):
    """Asks and answers what a source says."""

    number: int = 3
    """Questions asked for of each source."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.number < 1:
            raise ConfigError("number is from 1 on")

    def own_prompt(self) -> str:
        """Return the words of the question."""
        return _PROMPT

    def slots(self) -> tuple[str, ...]:
        """Return what a prompt can have filled in."""
        return ("text", "number", "title")

    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield what to make of the sources."""
        for source in map(self.excerpt, sources):
            values = {"text": source.text, "number": str(self.number), "title": source.title}
            yield Ask(parents=(source,), prompt=fill(self.wording, values))

    def read(self, answer: str) -> list[str]:
        """Return each question with the answer that follows it."""
        marks = [*_MARK.finditer(answer)]
        found: list[str] = []
        question = ""
        for number, mark in enumerate(marks, start=1):
            end = marks[number].start() if number < len(marks) else len(answer)
            said = answer[mark.end() : end].strip(_TRIMMED)
            if mark[1].lower() == "question":
                question = said
            elif min(len(question), len(said)) >= _LEAST_CHARS:
                found.append(f"Question: {question}\nAnswer: {said}")
                question = ""
        # A small model goes on without end; what is more than was asked for is not read.
        return found[: self.number]

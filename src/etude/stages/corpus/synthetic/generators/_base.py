"""Generator: what is asked for, from which human text, and what is read out of the answer."""

import hashlib
import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar

import msgspec

from etude.errors import ConfigError
from etude.plugins import Spec
from etude.records import Document

_SLOT = re.compile(r"\{([a-z_]+)\}")


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """One question to a model, or one text that needs none."""

    parents: tuple[Document, ...] = ()
    """The human texts it is made from, as much of each as is read."""
    prompt: str = ""
    """What the model is asked; empty where `text` is the text already."""
    text: str = ""
    about: dict[str, str] = {}
    """What else decided it, such as the persona: kept as tags of the document."""


class Generator(Spec, frozen=True, kw_only=True):
    """Makes texts from human ones. Its fields are its settings."""

    asks_model: ClassVar[bool] = True
    """Whether a model is needed."""

    prompt: str = ""
    """The words of the question, with what is filled in between braces; empty for its own. The
    version in the origin of each text is a digest of these words."""
    max_chars: int = 4000
    """Only the first so many characters of a source are read, up to the end of a word."""
    max_quoted: float = 0.5
    """Share of its runs of five words that a text may have in common with the sources; 1 allows
    any."""
    faithful: bool = True
    """Whether a text that names a number of two digits or more goes when its source does not have
    that number. Texts without a source stay."""

    def __post_init__(self) -> None:
        """Check what no type can say.

        Raises:
            ConfigError: A setting is out of its range, or the prompt fills in what there is not.
        """
        if self.max_chars < 1 or not 0 < self.max_quoted <= 1:
            raise ConfigError("max_chars is from 1 on, max_quoted above 0 and up to 1")
        unknown = set(_SLOT.findall(self.wording)) - set(self.slots())
        if unknown:
            raise ConfigError(
                f"nothing fills in {{{min(unknown)}}} (known: {', '.join(self.slots())})"
            )

    @property
    def wording(self) -> str:
        """The words of the question."""
        return self.prompt or self.own_prompt()

    @property
    def prompt_version(self) -> str:
        """Digest of the words of the question."""
        return hashlib.sha256(self.wording.encode()).hexdigest()[:8]

    @abstractmethod
    def own_prompt(self) -> str:
        """Return the words of the question where the settings have none."""
        raise NotImplementedError

    @abstractmethod
    def slots(self) -> tuple[str, ...]:
        """Return what a prompt can have filled in."""
        raise NotImplementedError

    @abstractmethod
    def asks(self, sources: Sequence[Document], seed: int) -> Iterator[Ask]:
        """Yield what to make of the sources, always the same for the same seed."""
        raise NotImplementedError

    def read(self, answer: str) -> list[str]:
        """Return the texts in an answer; none where it does not have the form asked for."""
        return [answer] if answer else []

    def excerpt(self, source: Document) -> Document:
        """Return a source with as much of its text as is read."""
        text = source.text
        if len(text) > self.max_chars:
            head = text[: self.max_chars]
            text = head[: max(head.rfind(" "), head.rfind("\n"))] if " " in head else head
        return msgspec.structs.replace(source, text=text.strip())


def fill(wording: str, values: Mapping[str, str]) -> str:
    """Return a wording with values between its braces; what values hold is not looked at.

    >>> fill("Say {text} {again}.", {"text": "{again}"})
    'Say {again} {again}.'
    """
    return _SLOT.sub(lambda slot: values.get(slot[1], slot[0]), wording)

"""Find the program in a response."""

from typing import Literal, NamedTuple

Place = Literal["last", "whole"]
FENCE_WORDS = {"python": ("python", "py", "python3")}
"""Language -> words that a fence may open with."""
_FENCES = ("```", "~~~")


class _Block(NamedTuple):
    """A fenced block of a response."""

    word: str
    text: str


def find_program(response: str, language: str, place: Place) -> str | None:
    """Return the program that a response gives; nothing when it gives none.

    Args:
        response: Anything.
        language: What the fence must say; a block whose fence says nothing counts where no other
            block is there.
        place: The last block, or all of the response.
    """
    if place == "whole":
        return response if response.strip() else None
    blocks = _blocks(response)
    words = FENCE_WORDS[language]
    named = [block for block in blocks if block.word in words]
    found = named or [block for block in blocks if not block.word]
    return found[-1].text if found and found[-1].text.strip() else None


def _blocks(response: str) -> list[_Block]:
    """Return the fenced blocks that are closed, in their order."""
    blocks: list[_Block] = []
    fence, word, start = "", "", 0
    lines = response.split("\n")
    for number, line in enumerate(lines):
        text = line.strip()
        if not fence:
            if text.startswith(_FENCES) and text[0] not in text.lstrip(text[0]):
                fence = text[: len(text) - len(text.lstrip(text[0]))]
                said = text[len(fence) :].split()
                word, start = (said[0].lower() if said else ""), number + 1
        elif text.startswith(fence) and not text.strip(fence[0]):
            blocks.append(_Block(word, "\n".join(lines[start:number]) + "\n"))
            fence = ""
    return blocks

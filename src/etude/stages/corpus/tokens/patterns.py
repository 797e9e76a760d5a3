r"""Pre-tokenisation patterns: where text may be cut before pairs of bytes are merged.

A pattern is written twice. `text` is what stands in `tokenizer.json`. `plain` says the same to a
regex engine without look-ahead: the alternatives up to `\s+(?!\S)`, which tokie itself rewrites as
"`\s+` at the end; or `\s+\s` without its last character; or `\s+`". The last alternative, `\s+`,
must be left out there, for it would win over the rewritten ones. Possessive quantifiers go too:
wherever these patterns have one, what it would give back could not be matched by what follows.
"""

import msgspec


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """One way to cut text into pieces."""

    text: str
    """As it stands in `tokenizer.json`."""
    plain: str
    """The same for an engine without look-ahead or possessive quantifiers."""
    newline_ends: bool = True
    """Whether a piece always ends between a newline and what is neither white space nor a slash."""


_LETTERS = r"[^\r\n\p{L}\p{N}]?\p{L}+"
_SIGNS = r" ?[^\s\p{L}\p{N}]+[\r\n]*"
_SHORT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
_UPPER, _LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"


def _spaced(*alternatives: str, newline_ends: bool = True) -> Pattern:
    plain = "|".join((*alternatives, r"\s+(?!\S)"))
    return Pattern(text=plain + r"|\s+", plain=plain, newline_ends=newline_ends)


PATTERNS: dict[str, Pattern] = {
    "gpt4": _spaced(_SHORT, _LETTERS, r"\p{N}{1,3}", _SIGNS, r"\s*[\r\n]+"),
    "gpt4_two_digits": _spaced(_SHORT, _LETTERS, r"\p{N}{1,2}", _SIGNS, r"\s*[\r\n]+"),
    "one_digit": _spaced(_SHORT, _LETTERS, r"\p{N}", _SIGNS, r"\s*[\r\n]+"),
    "gpt4o": _spaced(
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}*{_LOWER}+{_SHORT}?",
        rf"[^\r\n\p{{L}}\p{{N}}]?{_UPPER}+{_LOWER}*{_SHORT}?",
        r"\p{N}{1,3}",
        r" ?[^\s\p{L}\p{N}]+[\r\n/]*",
        r"\s*[\r\n]+",
    ),
    "gpt2": _spaced(
        "'s|'t|'re|'ve|'m|'ll|'d",
        r" ?\p{L}+",
        r" ?\p{N}+",
        r" ?[^\s\p{L}\p{N}]+",
        newline_ends=False,
    ),
}
"""Patterns by name. `gpt4` is that of cl100k and Llama 3, `gpt4_two_digits` the one of nanochat's
kind for small vocabularies, `one_digit` that of Qwen 2, `gpt4o` that of o200k."""

POSSESSIVE = {
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*"
    r"|\s*[\r\n]|\s+(?!\S)|\s+": Pattern(
        text="",
        plain=r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
        r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)",
    ),
}
"""Other spellings that are met in files, such as rustbpe's and tiktoken's own."""


def find_pattern(text: str) -> Pattern | None:
    """Return the known pattern that is written `text` in a tokenizer file, if there is one."""
    for pattern in PATTERNS.values():
        if pattern.text == text:
            return pattern
    return POSSESSIVE.get(text)

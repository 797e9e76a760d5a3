"""Names and order of what is measured of a text: the same in filters.h and in the reference."""

from collections.abc import Mapping

import msgspec

SHORT_LINE = 30
"""Characters of the longest line that counts as short, in FineWeb."""

_FINEWEB = ("n_lines", "line_punct_frac", "short_line_frac", "char_dup_frac", "list_ratio")

COLUMNS: dict[str, tuple[str, ...]] = {
    "repetition": (
        "dup_para_frac",
        "dup_para_char_frac",
        "dup_line_frac",
        "dup_line_char_frac",
        *(f"top_{n}_gram_char_frac" for n in (2, 3, 4)),
        *(f"dup_{n}_gram_char_frac" for n in range(5, 11)),
    ),
    "quality": (
        "n_words",
        "n_non_symbol_words",
        "mean_word_length",
        "hash_ratio",
        "ellipsis_ratio",
        "bullet_lines_frac",
        "ellipsis_lines_frac",
        "alpha_words_frac",
        "n_stop_words",
    ),
    "fineweb": _FINEWEB,
    "after": _FINEWEB,
    "c4": (
        "verdict",
        "n_lines",
        "n_kept_lines",
        "n_lines_with_long_word",
        "n_lines_without_punctuation",
        "n_lines_of_few_words",
        "n_lines_with_javascript",
        "n_lines_with_policy",
        "n_sentences",
        "n_words",
    ),
    "redpajama": (
        "rps_doc_word_count",
        "rps_doc_mean_word_length",
        "rps_doc_symbol_to_word_ratio",
        "rps_doc_frac_unique_words",
        "rps_doc_unigram_entropy",
        "rps_doc_frac_all_caps_words",
        "rps_doc_frac_no_alph_words",
        "rps_doc_stop_word_fraction",
        "rps_doc_num_sentences",
        "rps_doc_lorem_ipsum",
        "rps_doc_curly_bracket",
        "rps_doc_uppercase_letter_fraction",
        "rps_doc_numerical_chars_fraction",
        "rps_doc_frac_lines_end_with_terminal_punctuation",
        "rps_doc_frac_lines_end_with_ellipsis",
        "rps_doc_frac_lines_start_with_bulletpoint",
        "rps_doc_javascript_lines",
    ),
}
"""By measurement: the names of its columns. `after` is FineWeb's of the text that C4 leaves."""

VERDICTS = ("", "lorem ipsum", "curly bracket", "too few sentences")
"""What the first column of `c4` means: why the document goes."""


class C4Rules(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Which of C4's rules hold."""

    remove_citations: bool = True
    """Cut out [12], [edit] and [citation needed]."""
    need_punctuation: bool = False
    """Drop lines that do not end in . ? ! " or '."""
    no_lorem_ipsum: bool = True
    """Drop documents that say "lorem ipsum"."""
    no_javascript: bool = True
    """Drop lines that say "javascript"."""
    no_curly_bracket: bool = True
    """Drop documents with {."""
    no_policy: bool = True
    """Drop lines that speak of cookies, terms of use or a privacy policy."""
    min_sentences: int = 5
    """Drop documents that have fewer left; -1: none."""
    min_words: int = 3
    """Drop lines that have fewer, counted between white space; -1: none."""
    longest_word: int = 1000
    """Drop lines with a word of more characters; -1: none."""

    @property
    def name(self) -> str:
        """The measurement by these rules."""
        return "c4" if self == C4Rules() else f"c4:{msgspec.json.encode(self).decode()}"


def fineweb_name(short_line: int = SHORT_LINE) -> str:
    """Return the name of FineWeb's measurement with another length of short lines."""
    return "fineweb" if short_line == SHORT_LINE else f"fineweb:{short_line}"


def repetition_name(most: Mapping[str, float]) -> str:
    """Return the name of the repetition's measurement that stops at a number over its limit.

    What comes after that number is not measured, and NaN. All limits together take up to half of
    the time away: most of it goes into documents that repeat themselves.
    """
    limits = {name: most[name] for name in COLUMNS["repetition"] if name in most}
    return f"repetition:{msgspec.json.encode(limits).decode()}"

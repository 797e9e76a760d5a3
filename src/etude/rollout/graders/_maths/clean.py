"""Levels spellings: Unicode to ASCII and LaTeX, wrapping and spacing away. Linear in the text."""

# ruff: noqa: RUF001  # look-alikes are what it is about

import re
import unicodedata

from etude.rollout.graders._maths.tree import UnreadableError

MAX_CHARS = 4000
"""Longest answer that is read at all."""

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾ˣ", "0123456789+-n()x")
_SUBSCRIPTS = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓ", "0123456789+-()nx")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ⁽⁾ˣ]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₙₓ]+")

_SIGNS = {
    **dict.fromkeys("−–—‒―﹣－", "-"),
    **dict.fromkeys("×✕⨯", r"\times "),
    **dict.fromkeys("·⋅∙•", r"\cdot "),
    "÷": r"\div ",
    "∕": "/",
    "⁄": "/",
    "√": r"\sqrt ",
    "∛": r"\cbrt ",
    "∞": r"\infty ",
    "±": r"\pm ",
    "∓": r"\mp ",
    "≤": r"\le ",
    "⩽": r"\le ",
    "≥": r"\ge ",
    "⩾": r"\ge ",
    "≠": r"\ne ",
    "≈": r"\approx ",
    "≡": r"\equiv ",
    "∈": r"\in ",
    "∪": r"\cup ",
    "∩": r"\cap ",
    "∖": r"\setminus ",
    "∅": r"\emptyset ",
    "⌀": r"\emptyset ",
    "Ø": r"\emptyset ",
    "ℝ": r"\reals ",
    "ℤ": r"\integers ",
    "ℕ": r"\naturals ",
    "ℚ": r"\rationals ",
    "°": r"^\circ ",
    "º": r"^\circ ",
    "∘": r"\circ ",
    "′": "'",
    "⟨": "(",
    "⟩": ")",
    "⌊": r"\lfloor ",
    "⌋": r"\rfloor ",
    "⌈": r"\lceil ",
    "⌉": r"\rceil ",
    "∣": "|",
    "…": r"\ldots ",
    "“": '"',
    "”": '"',
    "’": "'",
    "‘": "'",
    "Σ": r"\Sigma ",
    "€": r"\euro ",
    "£": r"\pound ",
    "％": r"\%",
    "\N{ZERO WIDTH SPACE}": "",
    "\N{ZERO WIDTH JOINER}": "",
    "\N{ZERO WIDTH NO-BREAK SPACE}": "",
    "\N{WORD JOINER}": "",
    "\N{LEFT-TO-RIGHT MARK}": "",
    "\N{RIGHT-TO-LEFT MARK}": "",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
}
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Phi Psi Omega phi epsilon"
)
_GREEK = {
    c: f"\\{name} "
    for c, name in zip("αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΦΨΩϕϵ", _GREEK_NAMES.split(), strict=True)
}
_VULGAR = {
    c: rf"\frac{{{top}}}{{{bottom}}}"
    for c, (top, bottom) in {
        "½": (1, 2), "⅓": (1, 3), "⅔": (2, 3), "¼": (1, 4), "¾": (3, 4), "⅕": (1, 5), "⅖": (2, 5),
        "⅗": (3, 5), "⅘": (4, 5), "⅙": (1, 6), "⅚": (5, 6), "⅐": (1, 7), "⅛": (1, 8), "⅜": (3, 8),
        "⅝": (5, 8), "⅞": (7, 8), "⅑": (1, 9), "⅒": (1, 10),
    }.items()
}  # fmt: skip
_UNICODE = str.maketrans({**_SIGNS, **_GREEK, **_VULGAR})

_TEXT = re.compile(
    r"\\(?:text|textbf|textit|textrm|textnormal|textsf|texttt|mathrm|mathbf|mathit|mathsf|mathcal|"
    r"mbox|hbox|operatorname\*?|emph|bm|boldsymbol)\s*\{((?:[^{}\\]|\\[%$&# ])*+)\}"
)
_SETS = re.compile(r"\\mathbb\s*(?:\{\s*([RZNQC])\s*\}|([RZNQC]))")
_SET_NAMES = {"R": "reals", "Z": "integers", "N": "naturals", "Q": "rationals", "C": "complexes"}
_THOUSANDS = re.compile(r",\\!\s*|\{,\}\s*|\{,\\!\}\s*")
_EMPTY_SIDE = re.compile(r"\\(?:left|right)\s*\.")
_NOTHING = re.compile(
    r"(?<!\\)\\!|(?<!\\)\\(?:left|right|displaystyle|textstyle|limits|nolimits|[bB]igg?[lrm]?|mathstrut|strut|"
    r"rm|bf|it|hspace\{[^{}\\]*\})(?![a-zA-Z])"
)
_SPACE = re.compile(
    r"(?<!\\)\\[,;:> ]|\\(?:quad|qquad|thinspace|enspace|space|hfill)(?![a-zA-Z])|~|\s+"
)
_ALIASES = re.compile(r"\\(?:dfrac|tfrac|cfrac)(?![a-zA-Z])")
_SENTENCE_END = ".,;:!?"


def clean(text: str) -> str:
    """Return an answer with its spelling levelled.

    Raises:
        UnreadableError: It is too long, or holds characters that no answer needs.
    """
    if len(text) > MAX_CHARS:
        raise UnreadableError(f"longer than {MAX_CHARS} characters")
    if not text.isascii():
        text = _level(text)
    text = text.strip()
    if text.startswith("*") or text.endswith(("*", "*.")):
        text = text.rstrip(" .").strip("* ")  # emphasis in Markdown
    if any(c < " " and c not in "\t\n\r" for c in text):
        raise UnreadableError("holds control characters")
    if "\\" in text:
        text = _latex(text)
    if "$" in text:
        text = _dollars(text)
    text = _SPACE.sub(" ", text).strip()
    return _end(text)


def _level(text: str) -> str:
    """Return a text in ASCII and LaTeX, as far as that goes."""
    text = _RAISED.sub(lambda m: "^{" + m[0].translate(_SUPERSCRIPTS) + "}", text)
    text = _LOWERED.sub(lambda m: "_{" + m[0].translate(_SUBSCRIPTS) + "}", text)
    text = unicodedata.normalize("NFKC", text.translate(_UNICODE)).translate(_UNICODE)
    # Digits of other scripts count as digits, whatever their script.
    return "".join(str(unicodedata.digit(c, c)) if c > "\x7f" and c.isdigit() else c for c in text)


def _latex(text: str) -> str:
    """Return a text without LaTeX that only changes how it looks."""
    text = _THOUSANDS.sub("{,}", text)
    text = _EMPTY_SIDE.sub("", text)
    text = _NOTHING.sub("", text)
    text = _ALIASES.sub(r"\\frac", text)
    text = _SETS.sub(lambda m: f"\\{_SET_NAMES[m[1] or m[2]]} ", text)
    for _ in range(3):
        levelled = _TEXT.sub(r" \1 ", text)
        if levelled == text:
            break
        text = levelled
    for opening, closing in ((r"\(", r"\)"), (r"\[", r"\]")):
        if text.startswith(opening) and text.endswith(closing):
            text = text[2:-2]
    return text.strip()


def _dollars(text: str) -> str:
    """Return a text with dollar signs as money where they are no brackets of a formula."""
    text = text.replace(r"\$", r"\dollar ")
    if text.count("$") % 2:
        return text.replace("$", r"\dollar ")
    return text.replace("$", "")


def _end(text: str) -> str:
    """Return a text without the punctuation of a sentence's end."""
    while text and text[-1] in _SENTENCE_END and not text.endswith(("\\,", "\\;", "\\:")):
        if text[-1] == "!" and text[-2:-1].isalnum():
            break  # a factorial
        text = text[:-1].rstrip()
    return text


_KEY_DROP = re.compile(r"[^\w+\-*/=<>^%.,:'|\\]+")


def text_key(text: str) -> str:
    """Return what two spellings of the same words have in common.

    Case counts where there is no word of three letters or more: `AB` is not `ab`.
    """
    words = _KEY_DROP.sub(" ", unicodedata.normalize("NFKC", text)).strip(" .,:'")
    words = " ".join(words.replace(",", " , ").split())
    return words.casefold() if re.search(r"[^\W\d_]{3}", words) else words

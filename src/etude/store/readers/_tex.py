"""LaTeX to text: prose as text, formulas as they stand, bibliography and drawings left out.

Commands of a paper's own are not run. What is unknown keeps the text in its braces.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping

_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*\n?[ \t]*")
_TOKEN = re.compile(r"\\(?:[a-zA-Z@]+\*?|.|$)|[{}$~]|``|''|---?|\n[ \t]*(?:\n[ \t]*)+", re.DOTALL)
_BEGIN_NAME = re.compile(r"\s*\{([a-zA-Z]{1,40}\*?)\}")
_OPTIONAL = re.compile(r"\s*\[[^\]\n]{0,400}\]")
_MATHS = frozenset(
    (
        *("equation", "align", "gather", "multline", "eqnarray", "math", "displaymath", "flalign"),
        *("alignat", "subequations", "dmath", "empheq"),
    )
)
_VERBATIM = frozenset(("verbatim", "lstlisting", "minted", "alltt", "Verbatim", "algorithmic"))
_GONE = frozenset(
    (
        *("thebibliography", "tikzpicture", "tabular", "tabularx", "longtable", "pspicture"),
        *("filecontents", "CCSXML", "picture", "comment", "array", "pgfpicture"),
    )
)
_HEADINGS = frozenset(
    ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph")
)
_DROPS: Mapping[str, int] = {
    **dict.fromkeys(
        (
            *("cite", "citep", "citet", "citealp", "citeauthor", "citeyear", "parencite", "ref"),
            *("textcite", "autocite", "label", "eqref", "autoref", "cref", "Cref", "pageref"),
            *("footnote", "thanks", "vspace", "hspace", "includegraphics", "bibliography"),
            *("bibliographystyle", "usepackage", "documentclass", "input", "include", "index"),
            *("footnotetext", "footnotemark", "pagestyle", "thispagestyle", "color", "affil"),
            *("author", "date", "institute", "email", "orcid", "keywords", "nocite", "phantom"),
            *("title", "markboth", "hypersetup", "address", "affiliation", "glsresetall"),
        ),
        1,
    ),
    **dict.fromkeys(
        ("setlength", "addtolength", "setcounter", "newcommand", "renewcommand", "providecommand"),
        2,
    ),
    "newtheorem": 2,
    "definecolor": 3,
    "newenvironment": 3,
}
_SECOND = frozenset(("href", "textcolor", "colorbox", "texorpdfstring", "hyperref"))
_SYMBOLS = {
    "ldots": "…", "dots": "…", "textellipsis": "…", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ",
    "OE": "Œ", "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "\u0131",
    "S": "§", "P": "¶", "copyright": "©", "pounds": "£", "dag": "†", "ddag": "‡", "LaTeX": "LaTeX",
    "TeX": "TeX", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^",
    "textbar": "|", "textless": "<", "textgreater": ">", "quad": " ", "qquad": " ", "newline": "\n",
    "par": "\n\n", "linebreak": "\n", "item": "\0* ", "textendash": "\u2013", "textemdash": "—",
    "textdegree": "°", "euro": "€", "guillemotleft": "«", "guillemotright": "»", "slash": "/",
}  # fmt: skip
_ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "b": "\u0331", "d": "\u0323",
}  # fmt: skip
_ONES = {"\\": "\n", ",": " ", ";": " ", ":": " ", " ": " ", "\n": " ", "!": "", "/": "", "-": "",
         "@": "", ">": " "}  # fmt: skip
_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{\s*([^{}\n]{1,200}?)\s*\}")
_MOST_DEPTH = 60
_MOST_INPUTS = 10


def without_comments(source: str) -> str:
    """Return LaTeX without its comments."""
    return _COMMENT.sub(r"\1", source.replace("\r\n", "\n"))


def assemble(main: str, read: Callable[[str], str | None], limit_chars: int, depth: int = 0) -> str:
    r"""Return LaTeX with its `\input` files put in their places, as far as `read` has them."""
    if depth >= _MOST_INPUTS:
        return main
    parts, at, size = [], 0, 0
    for found in _INPUT.finditer(main):
        inner = read(found[1])
        parts.append(main[at : found.start()])
        at = found.end()
        if inner is not None and size < limit_chars:
            parts.append(assemble(without_comments(inner), read, limit_chars - size, depth + 1))
        size += sum(map(len, parts[-2:]))
    return "".join([*parts, main[at:]])


def tex_title(source: str) -> str:
    r"""Return what `\title` holds; empty when there is none."""
    found = re.search(r"\\title\s*(?:\[[^\]]{0,300}\])?\s*(?=\{)", source)
    if not found:
        return ""
    tex = _Tex(source)
    close = tex.match.get(found.end())
    text = tex.render(found.end() + 1, close, 0) if close else ""
    return " ".join(text.split())


def tex_to_text(source: str) -> str:
    """Return the text of a document that has no comments; its preamble is left out."""
    begin = source.find("\\begin{document}")
    end = source.find("\\end{document}", begin)
    body = source[begin + 16 if begin >= 0 else 0 : end if end >= 0 else len(source)]
    text = _Tex(body).render(0, len(body), 0)
    paragraphs = [" ".join(part.split()) for part in re.split(r"\n\s*\n", text)]
    joined = "\n\n".join(part.lstrip("\0") for part in paragraphs if part.strip("\0* "))
    return re.sub(r" +([,.;:)\n])", r"\1", joined.replace("\0", "\n")).strip()


class _Tex:
    """LaTeX on its way to text."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.match = _braces(source)

    def render(self, at: int, end: int, depth: int) -> str:
        """Return the text of a range."""
        out: list[str] = []
        while at < end:
            found = _TOKEN.search(self.source, at, end)
            if not found:
                out.append(self.source[at:end])
                break
            out.append(self.source[at : found.start()])
            text, at = self.sign(found[0], found.start(), found.end(), end, depth)
            out.append(text)
        return "".join(out)

    def sign(self, sign: str, begin: int, at: int, end: int, depth: int) -> tuple[str, int]:
        """Return the text of one token and where to go on."""
        if sign == "$":
            return self.dollars(begin, end)
        if sign[0] == "\\":
            return self.command(sign[1:], begin, at, end, depth)
        if sign[0] == "\n":
            return "\n\n", at
        plain = {"``": "“", "''": "”", "--": "\u2013", "---": "—", "~": " "}
        return plain.get(sign, ""), at

    def dollars(self, begin: int, end: int) -> tuple[str, int]:
        """Keep a formula between dollar signs."""
        mark = "$$" if self.source.startswith("$$", begin) else "$"
        close = self.source.find(mark, begin + len(mark), end)
        if close < 0:
            return "", begin + len(mark)
        return self.source[begin : close + len(mark)], close + len(mark)

    def command(self, name: str, begin: int, at: int, end: int, depth: int) -> tuple[str, int]:
        """Return the text of a command."""
        bare = name.removesuffix("*")
        if name in ("(", "["):
            close = self.source.find("\\)" if name == "(" else "\\]", at, end)
            return (self.source[begin : close + 2], close + 2) if close >= 0 else ("", at)
        if bare == "begin":
            return self.environment(at, end, depth)
        if bare == "end":
            return "\n\n", self.skip(at, end, 1)
        if name in _ACCENTS and ((len(name) == 1 and not name.isalpha()) or self._opens(at)):
            return self.accent(name, at, end)
        if bare in _DROPS:
            return "", self.skip(at, end, _DROPS[bare])
        if bare in _SECOND:
            at = self.skip(at, end, 1)
        if bare in _SYMBOLS:
            return _SYMBOLS[bare], self.skip(at, end, 0)
        if not name[:1].isalpha():
            return _ONES.get(name, name if name in tuple("&%$#_{}") else ""), at
        return self.contents(bare, at, end, depth)

    def contents(self, name: str, at: int, end: int, depth: int) -> tuple[str, int]:
        """Return the text in the braces of a command that is nothing by itself."""
        at = self.skip(at, end, 0)
        close = self.match.get(at) if at < end else None
        if close is None or close >= end or depth > _MOST_DEPTH:
            return "", at
        text = self.render(at + 1, close, depth + 1)
        if name in _HEADINGS or name == "caption":
            text = f"\n\n{' '.join(text.split())}\n\n"
        return text, close + 1

    def environment(self, at: int, end: int, depth: int) -> tuple[str, int]:
        """Keep formulas and listings as they are, leave drawings out, enter all else."""
        found = _BEGIN_NAME.match(self.source, at, end)
        if not found:
            return "", at
        name = found[1].removesuffix("*")
        if name not in _MATHS | _VERBATIM | _GONE:
            text = "\n\nAbstract\n\n" if name == "abstract" else "\n\n"
            return text, self.skip(found.end(), end, 0)
        closing = f"\\end{{{found[1]}}}"
        close = self.source.find(closing, found.end(), end)
        if close < 0:
            return "", found.end()
        stop = close + len(closing)
        inside = self.source[found.end() : close]
        if name in _VERBATIM:
            return "\n\n" + inside.strip("\n").replace("\n", "\0") + "\n\n", stop
        if name in _MATHS:
            return f"\n\n\\begin{{{found[1]}}}{inside}{closing}\n\n", stop
        return "", stop

    def accent(self, name: str, at: int, end: int) -> tuple[str, int]:
        """Put an accent on the letter that follows."""
        close = self.match.get(at)
        if close is not None and close < end:
            letter, at = self.source[at + 1 : close], close + 1
        else:
            letter, at = self.source[at : at + 1], at + 1
        letter = {"\\i": "i", "\\j": "j"}.get(letter.strip(), letter.strip())
        return unicodedata.normalize("NFC", letter[:1] + _ACCENTS[name]) + letter[1:], at

    def skip(self, at: int, end: int, n_groups: int) -> int:
        """Pass over optional arguments and `n_groups` groups in braces."""
        while found := _OPTIONAL.match(self.source, at, end):
            at = found.end()
        for _ in range(n_groups):
            while at < end and self.source[at] in " \n\t":
                at += 1
            close = self.match.get(at)
            if close is None or close >= end:
                break
            at = close + 1
            while found := _OPTIONAL.match(self.source, at, end):
                at = found.end()
        return at

    def _opens(self, at: int) -> bool:
        return self.source[at : at + 1] == "{"


def _braces(source: str) -> dict[int, int]:
    """Return where each brace that opens is closed."""
    match: dict[int, int] = {}
    opened: list[int] = []
    for found in re.finditer(r"\\.|[{}]", source, re.DOTALL):
        if found[0] == "{":
            opened.append(found.start())
        elif found[0] == "}" and opened:
            match[opened.pop()] = found.start()
    return match

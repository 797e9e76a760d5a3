"""Manual pages to text: the `man` and `mdoc` macros of roff, as far as prose needs them.

Paragraphs come out as one line each, headings on lines of their own, examples as they stand.
Macros that a page defines itself are not run; their definitions are left out.
"""

import re
from typing import NamedTuple

from etude.store.readers._escapes import arguments, unescape
from etude.store.readers._mdoc import MDOC_INLINE, inline

_ALTERNATING = frozenset(("BR", "RB", "BI", "IB", "IR", "RI"))
_FONTS = _ALTERNATING | {"B", "I", "R", "SM", "SB"}
_PARAGRAPHS = frozenset(("PP", "P", "LP", "HP", "Pp", "Lp", "sp", "bp", "ti", "RS", "RE"))
_HEADINGS = frozenset(("SH", "SS", "Sh", "Ss"))
_COMMON = _FONTS | _PARAGRAPHS | _HEADINGS | {"TP", "IP", "br"}
_LITERAL_BEGINS = frozenset(("nf", "EX", "Vb", "DS"))
_LITERAL_ENDS = frozenset(("fi", "EE", "Ve", "DE"))
_DEFINITIONS = frozenset(("de", "de1", "dei", "am", "ig", "am1"))
_BREAK = re.compile(" *\n *")
_REQUEST = re.compile(r"[.'][ \t]*([^\s\\]{1,12}|\\[\"#])?[ \t]*(.*)", re.DOTALL)


class Manual(NamedTuple):
    """The text of a manual page."""

    text: str
    name: str
    section: str
    date: str
    alias_of: str
    """The page that this one stands for, when it holds nothing itself."""


def read_manual(source: str) -> Manual:
    """Return a page's text."""
    return _Page().run(source)


class _Page:
    """One page on its way to text."""

    def __init__(self) -> None:
        self.blocks: list[str] = []
        self.words: list[str] = []
        self.literal: list[str] | None = None
        self.until = ""
        self.depth = 0
        self.takes = True
        self.table = self.format = False
        self.name = self.section = self.date = self.alias_of = ""
        self.nm = ""

    def run(self, source: str) -> Manual:
        """Read all lines."""
        for line in re.sub(r"\\\n", "", source.replace("\r\n", "\n")).split("\n"):
            if self.until or self.depth or self.table or line[:1] in (".", "'"):
                self.line(line)
            else:
                self.say(unescape(line))
        self.flush()
        self.end_literal()
        text = "\n\n".join(block for block in self.blocks if block.strip())
        return Manual(text, self.name, self.section, self.date, self.alias_of)

    def line(self, line: str) -> None:
        """Read one line."""
        if self.until:
            if line.strip().startswith(self.until):
                self.until = ""
            return
        if self.depth:
            self.depth += line.count("\\{") - line.count("\\}")
            return
        if line[:1] in (".", "'"):
            found = _REQUEST.match(line)
            if found:
                self.request(found[1] or "", found[2])
        elif self.table:
            self.row(line)
        else:
            self.say(unescape(line))

    def request(self, name: str, rest: str) -> None:
        """Obey one request or macro."""
        if name in _COMMON:
            self.man(name, rest)
        elif name in _DEFINITIONS:
            words = arguments(rest)
            end = words[0] if name == "ig" and words else words[1] if len(words) > 1 else "."
            self.until = f".{end}"
        elif name in ("if", "ie", "el"):
            self.condition(name, rest)
        elif name == "so":
            self.alias_of = rest.strip()
        elif name in ("TS", "TE"):
            self.flush()
            self.table = name == "TS"
            self.format = self.table
        elif name == "EQ":
            self.until = ".EN"
        elif name in ("TH", "Dt", "Dd"):
            self.title(name, arguments(rest))
        elif name in MDOC_INLINE or name in ("It", "Bl", "El", "Bd", "Ed", "Nd"):
            self.mdoc(name, rest)
        else:
            self.man(name, rest)

    def condition(self, name: str, rest: str) -> None:
        """Take the branch of a terminal: `n` holds, all else does not."""
        if name == "el":
            takes, body = not self.takes, rest
        else:
            found = re.match(r"(!?)(n\b|n(?=[ \t.\\])|\S+)[ \t]*(.*)", rest, re.DOTALL)
            if not found:
                return
            takes = (found[2] == "n") != bool(found[1])
            body = found[3]
        self.takes = takes
        if takes:
            body = body.strip().removeprefix("\\{").strip()
            if body and body != "\\":
                self.line(body)
        else:
            self.depth = max(rest.count("\\{") - rest.count("\\}"), 0)

    def title(self, name: str, words: list[str]) -> None:
        """Take the title line."""
        words = [unescape(word) for word in words]
        if name == "Dd":
            self.date = " ".join(words)
            return
        self.name = words[0] if words else ""
        self.section = words[1] if len(words) > 1 else ""
        if name == "TH" and len(words) > 2:
            self.date = words[2]

    def man(self, name: str, rest: str) -> None:
        """Obey a `man` macro."""
        words = _words(rest)
        if name in _HEADINGS:
            self.heading(" ".join(words))
        elif name in _PARAGRAPHS:
            self.flush()
        elif name in _FONTS:
            self.say(("" if name in _ALTERNATING else " ").join(words))
        elif name in _LITERAL_BEGINS:
            self.begin_literal()
        elif name in _LITERAL_ENDS:
            self.end_literal()
        elif name in ("TP", "TQ", "IP"):
            self.flush()
            self.words += words[:1] if name == "IP" and words[:1] != [""] else []
        elif name == "br":
            self.words.append("\n")
        elif name in ("UR", "MT", "SY"):
            self.say(" ".join(words))
        elif name == "OP":
            self.say(f"[{' '.join(words)}]")

    def mdoc(self, name: str, rest: str) -> None:
        """Obey an `mdoc` macro."""
        words = _words(rest)
        if name in ("Bd", "Ed"):
            literal = "-literal" in words or "-unfilled" in words
            self.begin_literal() if literal else self.end_literal()
            self.flush()
        elif name in ("Bl", "El"):
            self.flush()
        elif name == "It":
            self.flush()
            self.say(inline(words, self.nm))
        elif name == "Nd":
            self.say("— " + " ".join(words))
        else:
            if name == "Nm":
                self.nm = self.nm or " ".join(word for word in words[:1])
            self.say(inline([name, *words], self.nm))

    def heading(self, text: str) -> None:
        """Set a heading."""
        self.flush()
        self.end_literal()
        if text:
            self.blocks.append(text)

    def row(self, line: str) -> None:
        """Read a line of a table: options and formats end with a point."""
        if self.format:
            if line.rstrip().endswith("."):
                self.format = False
            return
        if line.strip() not in ("_", "=", "T{", "T}"):
            cells = re.split(r"\t|T\{|T\}", unescape(line))
            self.say("  ".join(cell.strip() for cell in cells if cell.strip()))
            self.words.append("\n")

    def say(self, text: str) -> None:
        """Add text where the page stands."""
        if self.literal is not None:
            self.literal.append(text.rstrip())
        elif text := text.strip():
            self.words.append(text)
        else:
            self.flush()

    def begin_literal(self) -> None:
        """Begin lines that stay as they are."""
        self.flush()
        if self.literal is None:
            self.literal = []

    def end_literal(self) -> None:
        """End them."""
        self.flush()
        if self.literal is not None:
            self.blocks.append("\n".join(self.literal).strip("\n"))
            self.literal = None

    def flush(self) -> None:
        """End a paragraph."""
        if self.words:
            text = " ".join(self.words)
            text = _BREAK.sub("\n", text) if "\n" in text else text
            self.blocks.append(text.strip())
            self.words = []
        elif self.literal and self.literal[-1]:
            self.literal.append("")


def _words(rest: str) -> list[str]:
    """Return the arguments of a macro."""
    if not rest:
        return []
    words = arguments(rest)
    return [unescape(word) for word in words] if "\\" in rest else words

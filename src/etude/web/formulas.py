r"""Formulas: LaTeX between `$…$`, `$$…$$`, `\(…\)` or `\[…\]` as MathML, never as script.

The converter does not escape what it is given, so its tree is built anew here from known elements
and attributes. What cannot be converted is shown as it was written.
"""

import functools
import html
import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

from etude.errors import EtudeError, RecordError, blame

MOST_CHARS = 1_000
"""Characters of a formula; longer ones stay as they were written."""
_MOST_DEPTH = 12
_MOST_LINES = 40
_PAIRS = (("$$", "$$", True), ("$", "$", False), (r"\[", r"\]", True), (r"\(", r"\)", False))
TAGS = frozenset({
    "math", "mi", "mn", "mo", "ms", "mtext", "mspace", "mrow", "mfrac", "msqrt", "mroot",
    "mstyle", "mpadded", "mphantom", "menclose", "msub", "msup", "msubsup", "munder",
    "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd",
})  # fmt: skip
ATTRIBUTES = frozenset({
    "display", "displaystyle", "scriptlevel", "mathvariant", "columnalign", "rowalign",
    "columnlines", "rowlines", "columnspacing", "rowspacing", "width", "stretchy", "fence",
    "separator", "accent", "accentunder", "linethickness", "lspace", "rspace", "minsize",
    "maxsize", "movablelimits", "notation", "form", "symmetric", "largeop",
})  # fmt: skip
"""Attributes that say how a formula is set; none of them names an address, a colour or a style."""
_VALUE = re.compile(r"[a-z -]{1,30}|(?:\d{1,2}(?:\.\d{1,6})?(?:em|ex|px|pt|%)?(?: |$)){1,12}")
# Invisible operators and spaces that the converter puts in; hidden text is not let through.
_UNSEEN = re.compile("[\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
_NUMBERED = re.compile(r"(\\(?:begin|end)\{(?:align|gather|equation|multline))\}")


def install(reader: MarkdownIt) -> None:
    """Make a reader of Markdown take formulas for tokens of type `formula`."""
    reader.inline.ruler.before("escape", "formula", _inline)
    reader.block.ruler.before(
        "fence", "formula", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


@functools.lru_cache(maxsize=4096)
def mathml(latex: str, *, display: bool) -> str:
    """Return a formula as MathML; its source as code where it cannot be converted."""
    try:
        _check(latex)
        with blame(RecordError, "a formula"):
            tree = convert_to_element(
                _NUMBERED.sub(r"\1*}", latex), display="block" if display else "inline"
            )
            written = "".join(_written(tree))
            # A long one scrolls by itself, so the keyboard must reach it.
            return written.replace("<math ", '<math tabindex="0" ', 1) if display else written
    except EtudeError:
        return f'<code class="formula">{html.escape(latex)}</code>'


def _check(latex: str) -> None:
    """Refuse what would take the converter too long.

    Raises:
        RecordError: It is long or deep.
    """
    depth = deepest = 0
    for sign in re.findall(r"[{}]|\\left\b|\\right\b|\\begin\b|\\end\b", latex):
        depth += 1 if sign in ("{", r"\left", r"\begin") else -1
        deepest = max(deepest, depth)
    if len(latex) > MOST_CHARS or deepest > _MOST_DEPTH or not latex.strip():
        raise RecordError("this formula is too long or too deep")
    # A command that takes what follows nests without braces.
    if re.search(r"(?:(?:\\[A-Za-z]+|[\^_])\s*){40}", latex):
        raise RecordError("this formula is too deep")


def _written(element: Element) -> Iterator[str]:
    tag = element.tag if element.tag in TAGS else "mrow"
    attributes = "".join(
        f' {name}="{value}"'
        for name, value in element.attrib.items()
        if name in ATTRIBUTES and _VALUE.fullmatch(value)
    )
    yield f"<{tag}{attributes}>"
    yield html.escape(_UNSEEN.sub("", html.unescape(element.text or "")))
    for child in element:
        yield from _written(child)
    yield f"</{tag}>"


def _inline(state: StateInline, silent: bool) -> bool:
    source, start = state.src, state.pos
    if source[start] not in "$\\":
        return False
    for opening, closing, display in _PAIRS:
        if not source.startswith(opening, start):
            continue
        first = start + len(opening)
        end = _end(source, first, closing, min(state.posMax, first + MOST_CHARS + 2))
        if end < 0:
            continue
        if not silent:
            token = state.push("formula", "math", 0)
            token.content, token.markup = source[first:end], opening
            token.meta["display"] = display
        state.pos = end + len(closing)
        return True
    return False


def _end(source: str, first: int, closing: str, most: int) -> int:
    """Return where a formula that begins at `first` ends; -1 where it is none."""
    if closing != "$":
        end = source.find(closing, first, most)
        return end if end > first else -1
    # As others read it: no blank within the signs, and a price is no formula.
    if source[first : first + 1].strip() == "" or source.startswith("$", first):
        return -1
    end = source.find("$", first, most)
    while end > 0 and source[end - 1] == "\\":
        end = source.find("$", end + 1, most)
    if end < 0 or source[end - 1].isspace() or source[end + 1 : end + 2].isdigit():
        return -1
    return end


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    head = _line(state, start)
    for opening, closing, display in _PAIRS:
        if not display or not head.startswith(opening):
            continue
        gathered = [head.removeprefix(opening)]
        line = start
        while not gathered[-1].rstrip().endswith(closing):
            line += 1
            if line >= min(end, start + _MOST_LINES) or state.sCount[line] < state.blkIndent:
                return False
            gathered.append(_line(state, line))
        if silent:
            return True
        latex = "\n".join(gathered).rstrip().removesuffix(closing)
        if closing in latex:
            return False
        token = state.push("formula", "math", 0)
        token.content, token.markup, token.block = latex, opening, True
        token.map = [start, line + 1]
        token.meta["display"] = True
        state.line = line + 1
        return True
    return False


def _line(state: StateBlock, number: int) -> str:
    return state.src[state.bMarks[number] + state.tShift[number] : state.eMarks[number]]

"""Markdown of strangers as safe HTML: code, tables and formulas; no raw HTML, no pictures.

Two walls: the reader makes only what is named here, and `nh3` lets only that through.
"""

import functools
import html
import re
from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

from etude.pages.text import visible
from etude.web import formulas
from etude.web.highlighting import CLASSES, coloured

_MOST_CHARS = 100_000
_MOST_SIGNS = 2_000
_MOST_COLOURED = 30_000
_CACHED_CHARS = 20_000
# Signs for which a reader looks ahead or back through its paragraph.
_SIGNS = re.compile(r"[\[\]*_~`<>!&\\$|]")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_LINK = re.compile(r"(?:https?://|mailto:)[^\s\\]+", re.IGNORECASE)
_REL = "noopener noreferrer nofollow"
_ALIGNED = {"left": "to-left", "center": "to-centre", "right": "to-right"}
_TASK = re.compile(r"\[([ xX])\](?=\s)")
_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
    *("pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    *formulas.TAGS,
}
_ATTRIBUTES = {
    "a": {"href", "title"},
    "ol": {"start"},
    **{tag: set(formulas.ATTRIBUTES) for tag in formulas.TAGS},
    "math": {*formulas.ATTRIBUTES, "tabindex"},
}
_CLASSES = {
    "code": {"formula"},
    "pre": {"code"},
    "span": {*CLASSES, "task"},
    "td": set(_ALIGNED.values()),
    "th": set(_ALIGNED.values()),
}
_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style"},
    attributes=_ATTRIBUTES,
    allowed_classes=_CLASSES,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    link_rel=_REL,
    url_schemes={"http", "https", "mailto"},
    strip_comments=True,
)


def markdown(text: str) -> Markup:
    """Return text as HTML; the same text looks the same wherever it stands.

    Headings begin at the third level, below those of the page. What would take long to read, as
    only attacks do, is shown as it was written.
    """
    return _cached(text) if len(text) <= _CACHED_CHARS else _html(text)


def _html(text: str) -> Markup:
    text = visible(text)
    if len(text) > _MOST_CHARS or any(_hostile(part) for part in _PARAGRAPHS.split(text)):
        return Markup("<pre>{}</pre>").format(text)
    return Markup(visible(_CLEANER.clean(_READER.render(text, {}))))  # noqa: S704 - two walls above


@functools.lru_cache(maxsize=1024)
def _cached(text: str) -> Markup:
    return _html(text)


def _hostile(paragraph: str) -> bool:
    """Whether a paragraph has more marks than anyone sets by hand; tables have many bars."""
    if len(paragraph) <= _MOST_SIGNS:
        return False
    return sum(1 for _ in _SIGNS.finditer(paragraph)) > _MOST_SIGNS + paragraph.count("\n") * 12


def _allowed(address: str) -> bool:
    """Whether something may link there."""
    return _LINK.fullmatch(address) is not None


def _finish(state: StateCore) -> None:
    """Change what the reader made into what this page has: no pictures, no styles, no boxes."""
    for place, token in enumerate(state.tokens):
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
        elif token.type in ("th_open", "td_open"):
            aligned = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if aligned in _ALIGNED:
                token.attrs["class"] = _ALIGNED[aligned]
        elif token.type == "inline":
            in_item = place >= 2 and state.tokens[place - 2].type == "list_item_open"
            token.children = list(_children(token.children or [], in_item=in_item))


def _children(tokens: Sequence[Token], *, in_item: bool) -> Iterator[Token]:
    depth = 0
    for place, token in enumerate(tokens):
        depth += token.nesting if token.type.startswith("link_") else 0
        if token.type == "image":
            yield from _picture(token, linked=depth > 0)
        elif place == 0 and in_item and (box := _TASK.match(token.content)):
            yield Token("task", "span", 0, content="☐" if box[1] == " " else "☑")
            yield Token("text", "", 0, content=token.content[box.end() :].lstrip())
        else:
            yield token


def _picture(token: Token, *, linked: bool) -> Iterator[Token]:
    address = str(token.attrs.get("src", ""))
    said = f"[picture: {token.content.strip() or 'without words'}]"
    if linked or not _allowed(address):
        yield Token("text", "", 0, content=said)
        return
    yield Token("link_open", "a", 1, attrs={"href": address})
    yield Token("text", "", 0, content=said)
    yield Token("link_close", "a", -1)


class _Renderer(RendererHTML):
    """Writes code in colours, formulas and ticked boxes."""

    def fence(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        token = tokens[idx]
        spent = env["coloured"] = env.get("coloured", 0) + len(token.content)
        language = token.info.strip().split(maxsplit=1)[:1]
        plain = not language or spent > _MOST_COLOURED
        code = html.escape(token.content) if plain else coloured(token.content, language[0])
        return f'<pre class="code"><code>{code}</code></pre>\n'

    def code_block(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        return f'<pre class="code"><code>{html.escape(tokens[idx].content)}</code></pre>\n'

    def formula(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        token = tokens[idx]
        made = formulas.mathml(token.content, display=bool(token.meta["display"]))
        return f"<p>{made}</p>\n" if token.block else made

    def task(
        self,
        tokens: Sequence[Token],
        idx: int,
        options: OptionsDict,
        env: MutableMapping[str, Any],
    ) -> str:
        return f'<span class="task">{tokens[idx].content}</span> '


def _reader() -> MarkdownIt:
    made = MarkdownIt(
        "commonmark", {"html": False, "linkify": False, "maxNesting": 20}, renderer_cls=_Renderer
    ).enable(["table", "strikethrough"])
    formulas.install(made)
    made.validateLink = _allowed  # type: ignore[method-assign,assignment]
    made.core.ruler.push("finish", _finish)
    return made


_READER = _reader()

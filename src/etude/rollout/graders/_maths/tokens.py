"""Tokens of a cleaned answer. Linear in its length."""

import re
from typing import NamedTuple

from etude.rollout.graders._maths.tree import UnreadableError

MAX_TOKENS = 1500
MAX_DIGITS = 3000


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


FUNCTIONS = words(
    "sin cos tan cot sec csc arcsin arccos arctan arccot asin acos atan sinh cosh tanh coth sech "
    "csch arcsinh arccosh arctanh asinh acosh atanh ln log lg exp sqrt cbrt abs gcd lcm max min "
    "floor ceil binom choose det mod lim arg Re Im sgn sign"
)
WORDS = FUNCTIONS | words("pi infinity infty inf oo and or in union U theta alpha beta Theta Omega")
_RENAMED = {
    "asin": "arcsin", "acos": "arccos", "atan": "arctan", "asinh": "arcsinh", "acosh": "arccosh",
    "atanh": "arctanh", "infinity": "infty", "inf": "infty", "oo": "infty", "union": "cup",
    "U": "cup", "leq": "le", "geq": "ge", "leqslant": "le", "geqslant": "ge", "neq": "ne",
    "varnothing": "emptyset", "to": "rightarrow", "dots": "ldots", "cdots": "ldots",
    "lbrace": "{", "rbrace": "}", "vert": "|", "mid": "|", "lvert": "|", "rvert": "|",
    "lbrack": "[", "rbrack": "]", "langle": "(", "rangle": ")", "lparen": "(", "rparen": ")",
    "varphi": "phi", "varepsilon": "epsilon", "tbinom": "binom", "dbinom": "binom", "ast": "*",
    "div": "/", "colon": ":", "lt": "<", "gt": ">", "gets": "=", "land": "and", "lor": "or",
    "vee": "or", "wedge": "and", "thickapprox": "approx", "simeq": "approx", "sgn": "sign",
    "implies": "rightarrow", "Rightarrow": "rightarrow", "notin": "notin", "Re": "Re", "Im": "Im",
}  # fmt: skip

_NUMBER = re.compile(
    r"\d{1,3}(?:\{,\}\d{3})+(?!\d)(?:\.\d+)?|\d+(?:\.\d+)?(?:[eE][+-]?\d+(?![\d.]))?|\.\d+"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?![\d])(?:\.\d+)?|\d{1,3}(?: \d{3})+(?![\d/])(?:\.\d+)?")
_REPEATING = re.compile(r"(\d*\.\d*)\s*\\(?:overline|bar|dot)\s*(?:\{(\d{1,40})\}|(\d))")
_COMMAND = re.compile(r"\\([a-zA-Z]+)\s?")
_ENVIRONMENT = re.compile(r" ?\{([a-z]{1,20})\*?\}")
_LETTERS = re.compile(r"[a-zA-Z]+")


class Token(NamedTuple):
    """One token: what it is, how it is written, and whether space stood before it."""

    kind: str
    """`num`, `rep` (a repeating decimal), `cmd`, `let`, `op`, or `env` (a name behind `begin`)."""
    text: str
    spaced: bool = False


def tokenise(text: str) -> list[Token]:
    """Return the tokens of a cleaned answer.

    Raises:
        UnreadableError: It has too many, or a word that is no mathematics.
    """
    found: list[Token] = []
    # A brace that opens the whole answer holds a set, so its commas separate.
    at, depth, spaced = 0, int(text.startswith("{")), False
    while at < len(text):
        if text[at] == " ":
            at, spaced = at + 1, True
            continue
        at = _next(text, at, found, (depth, spaced))
        depth += _deeper(found[-1])
        spaced = False
        if len(found) > MAX_TOKENS:
            raise UnreadableError(f"more than {MAX_TOKENS} tokens")
    return found


def _deeper(token: Token) -> int:
    """Return by how much a token opens or closes brackets."""
    if token.text in ("(", "[", "\\{"):
        return 1
    return -1 if token.text in (")", "]", "\\}") else 0


def _next(text: str, at: int, found: list[Token], state: tuple[int, bool]) -> int:
    """Add the token that begins at `at`; return where it ends."""
    spaced = state[1]
    c = text[at]
    if c.isdecimal() or (c == "." and text[at + 1 : at + 2].isdecimal()):
        return _number(text, at, found, state)
    if c == "\\":
        return _command(text, at, found, spaced)
    if c.isalpha():
        return _letters(text, at, found, spaced)
    if c == "*" and text[at + 1 : at + 2] == "*":
        found.append(Token("op", "^", spaced))
        return at + 2
    for pair, name in (("<=", "le"), (">=", "ge"), ("!=", "ne"), ("==", "=")):
        if text.startswith(pair, at):
            found.append(Token("cmd" if name != "=" else "op", name, spaced))
            return at + 2
    if c not in "+-*/^_()[]{}|,;:=<>!%'&":
        raise UnreadableError(f"{c!r} is no mathematics")
    found.append(Token("op", c, spaced))
    return at + 1


def _number(text: str, at: int, found: list[Token], state: tuple[int, bool]) -> int:
    """Add a number. Commas and spaces group its digits outside of brackets only."""
    depth, spaced = state
    kind, match = "rep", _REPEATING.match(text, at)
    if match is None:
        kind, match = "num", _GROUPED.match(text, at) if depth == 0 else None
        match = match or _NUMBER.match(text, at)
    if match is None or match.end() - at > MAX_DIGITS:
        raise UnreadableError("a number that is too long")
    digits = match[0]
    if kind == "rep":
        digits = f"{match[1]}({match[2] or match[3]})"
    found.append(Token(kind, digits.replace("{,}", "").replace(",", "").replace(" ", ""), spaced))
    return match.end()


def _command(text: str, at: int, found: list[Token], spaced: bool) -> int:
    """Add a LaTeX command."""
    match = _COMMAND.match(text, at)
    if match:
        name = _RENAMED.get(match[1], match[1])
        if name in ("begin", "end"):
            return _environment(text, match.end(), found, name)
        if name in ("{", "}"):
            found.append(Token("op", "\\" + name, spaced))
        else:
            plain = len(name) == 1 and not name.isalpha()
            found.append(Token("op" if plain else "cmd", name, spaced))
        return match.end()
    second = text[at + 1 : at + 2]
    if second in ("{", "}", "\\"):
        found.append(Token("op", "\\" + second, spaced))
    elif second == "%":
        found.append(Token("op", "%", spaced))
    elif second == "|":
        found.append(Token("op", "|", spaced))
    else:
        raise UnreadableError(f"the command \\{second} is not known")
    return at + 2


def _environment(text: str, at: int, found: list[Token], name: str) -> int:
    """Add the begin or the end of an environment, and its name."""
    match = _ENVIRONMENT.match(text, at)
    if match is None:
        raise UnreadableError(f"\\{name} without the name of an environment")
    found.extend((Token("cmd", name), Token("env", match[1])))
    return match.end()


def _letters(text: str, at: int, found: list[Token], spaced: bool) -> int:
    """Add a run of letters: a known word, or a product of symbols."""
    match = _LETTERS.match(text, at)
    if match is None:
        raise UnreadableError(f"the letter {text[at]!r} is not known")
    run = match[0]
    if [token.text for token in found[-2:]] == ["_", "{"]:
        found.extend(Token("let", c) for c in run)  # a subscript may be any word
        return match.end()
    lowered = run if run in WORDS else run.lower()
    if lowered in WORDS and (lowered == run or len(run) > 2):
        found.append(Token("cmd", _RENAMED.get(lowered, lowered), spaced))
        return match.end()
    for end in (5, 4, 3, 2):
        head, tail = run[:end], run[end:]
        if head in FUNCTIONS and len(tail) <= 1:
            found.append(Token("cmd", _RENAMED.get(head, head), spaced))
            return at + end
    if len(run) > 3:
        raise UnreadableError(f"the word {run[:30]!r} is no mathematics")
    found.extend(Token("let", c, spaced and n == 0) for n, c in enumerate(run))
    return match.end()

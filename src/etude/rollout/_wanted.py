"""What a test wants, and how its text is made to want something else."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from random import Random

_INT = re.compile(rb"[0-9]{1,15}")
_FLOAT = re.compile(rb"[0-9]{1,9}\.[0-9]{1,9}")
_STR = re.compile(rb"(?:\"[ -!#-\[\]-~]+\"|'[ -&(-\[\]-~]+')")
"""One string in plain quotes, without escapes and other than ASCII."""
_EQUAL = frozenset(
    ("assertEqual", "assertEquals", "assertListEqual", "assertTupleEqual", "assertDictEqual")
)
_RAISES = frozenset(("raises", "assertRaises", "assertRaisesRegex"))
_RAISED = {
    b"ValueError": (b"IndexError", b"RuntimeError", b"ZeroDivisionError"),
    b"TypeError": (b"IndexError", b"RuntimeError", b"ZeroDivisionError"),
    b"KeyError": (b"RuntimeError", b"ZeroDivisionError"),
}
"""Exceptions, and others that hardly any exception is at the same time."""
_SPECIAL = frozenset(b"|[](){}*+?^$\\")
Edit = tuple[int, int, bytes]
"""From, to, and what to put there."""


def method_of(call: ast.Call) -> str:
    """Return the name of a method that is called on the test itself."""
    function = call.func
    if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
        return function.attr if function.value.id == "self" else ""
    return ""


def raising(statement: ast.stmt) -> ast.Call | None:
    """Return what a block says must be raised in it; nothing when it is no such block."""
    if isinstance(statement, ast.With) and len(statement.items) == 1:
        call = statement.items[0].context_expr
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            return call if call.func.attr in _RAISES and call.args else None
    return None


def words_of(text: str) -> list[bytes]:
    """Return the short strings that a file has more than once."""
    found = Counter(each[1:-1] for each in _STR.findall(text.encode("utf-8", "replace")))
    return sorted(word for word, n_times in found.items() if n_times > 1)


class Source:
    """A file's bytes, and what could stand in them instead."""

    def __init__(self, text: str, words: list[bytes]) -> None:
        """Take a file's text, and the words that `words_of` found in it at first."""
        self.content = text.encode()
        self._starts = [0]
        for line in self.content.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)
        self._words = words

    def at(self, line: int, column: int) -> int:
        """Return the offset of a place, at most that of the line's end."""
        return min(self._starts[line - 1] + column, self._starts[line] - 1)

    def copy(self, node: ast.FunctionDef, edit: Edit) -> bytes:
        """Return the lines of a function, decorators included, with one change."""
        first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
        start, end = self.at(first, 0), self.at(node.end_lineno or 0, 1 << 20)
        return self.content[start : edit[0]] + edit[2] + self.content[edit[1] : end]

    def edits(self, statement: ast.stmt, rng: Random) -> Iterator[Edit]:
        """Yield changes that turn a statement into one that wants the contrary: from, to, what."""
        for wanted in _wanted(statement):
            yield from self.others(wanted, rng)
        if isinstance(statement, ast.Assert):
            yield from self._turned(statement.test)
        if call := raising(statement):
            start, end = self._span(call.args[0])
            for put in _RAISED.get(self.content[start:end], ()):
                yield start, end, put
            for message in _messages(call):
                for start, end, put in self.others(message, rng):
                    if _is_other_message(self.content[start:end], put):
                        yield start, end, put

    def others(self, literal: ast.expr, rng: Random) -> Iterator[Edit]:
        """Yield changes that turn a literal into one of another value."""
        first, last = self._span(literal)
        whole = self.content[first:last]
        for part in ast.walk(literal):
            if isinstance(part, ast.Constant) and part.lineno == part.end_lineno:
                start, end = self._span(part)
                put = _other(self.content[start:end], self._words, rng)
                new = whole[: start - first] + put + whole[end - first :]
                if put and _differ(whole, new):
                    yield start, end, put

    def _turned(self, said: ast.expr) -> Iterator[Edit]:
        """Yield the contrary of a plain claim."""
        if isinstance(said, ast.Attribute | ast.Call):
            start, _ = self._span(said)
            yield start, start, b"not "
        elif isinstance(said, ast.UnaryOp) and isinstance(said.op, ast.Not):
            start, _ = self._span(said)
            inner, _ = self._span(said.operand)
            if self.content[start:inner] == b"not ":
                yield start, inner, b""

    def _span(self, node: ast.expr) -> tuple[int, int]:
        last = self.at(node.end_lineno or node.lineno, node.end_col_offset or 0)
        return self.at(node.lineno, node.col_offset), last


def _wanted(statement: ast.stmt) -> Iterator[ast.expr]:
    """Yield the expressions that a test demands something to be equal to."""
    if isinstance(statement, ast.Assert) and isinstance(said := statement.test, ast.Compare):
        if len(said.ops) == 1 and isinstance(said.ops[0], ast.Eq):
            yield from (said.left, said.comparators[0])
        elif len(said.ops) == 1 and isinstance(said.ops[0], ast.Is):
            yield from (each for each in said.comparators if _is_bool(each))
    elif (
        isinstance(statement, ast.Expr)
        and isinstance(made := statement.value, ast.Call)
        and method_of(made) in _EQUAL
    ):
        yield from made.args[:2]


def _messages(call: ast.Call) -> Iterator[ast.expr]:
    """Yield what is looked for in the message of an exception."""
    yield from (word.value for word in call.keywords if word.arg == "match")
    yield from call.args[1:2]


def _is_other_message(before: bytes, after: bytes) -> bool:
    """Return whether hardly any message holds both of two patterns: long and plain ones."""
    if len(before) != len(after):
        return False
    [changed, *_] = [pair for pair in zip(before, after, strict=True) if pair[0] != pair[1]]
    return len(before) > 7 and not _SPECIAL & set(before) and bytes(changed).isalnum()


def _is_bool(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _differ(before: bytes, after: bytes) -> bool:
    """Return whether two texts are literals of different values."""
    try:
        one, other = (ast.literal_eval(f"({each.decode()}\n)") for each in (before, after))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return bool(one != other)


def _other(literal: bytes, words: list[bytes], rng: Random) -> bytes:
    """Return another literal that looks as likely; nothing when none is known."""
    if literal in (b"True", b"False"):
        return b"False" if literal == b"True" else b"True"
    if _INT.fullmatch(literal):
        # A round number stays as round as it is.
        plain = literal.rstrip(b"0") or literal
        value = int(plain)
        near = [value + step for step in (-3, -2, -1, 1, 2, 3) if value + step > 0]
        near = [each for each in near if each % 10] if plain != literal else near
        return str(rng.choice(near)).encode() + literal[len(plain) :] if near else b""
    if _FLOAT.fullmatch(literal):
        return _with_other_digit(literal, rng)
    if _STR.fullmatch(literal):
        return literal[:1] + _other_text(literal[1:-1], words, rng) + literal[-1:]
    return b""


def _other_text(text: bytes, words: list[bytes], rng: Random) -> bytes:
    """Return another text; for a word of the file's own, another of those."""
    others = [word for word in words if word != text and not set(word) & set(b"\"'")]
    if text in words and others:
        return rng.choice(others)
    return _with_other_letter(text, rng)


def _with_other_digit(text: bytes, rng: Random) -> bytes:
    digits = [n for n, byte in enumerate(text) if 48 <= byte <= 57]
    at = rng.choice([n for n in digits if text[n] != 48] or digits)
    digit = rng.choice([byte for byte in b"123456789" if byte != text[at]])
    return text[:at] + bytes([digit]) + text[at + 1 :]


def _with_other_letter(text: bytes, rng: Random) -> bytes:
    """Return a text of the same length in which one character is one more of the same kind."""
    if any(48 <= byte <= 57 for byte in text):
        return _with_other_digit(text, rng)
    at = rng.randrange(len(text))
    kinds = (b"abcdefghijklmnopqrstuvwxyz", b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b".,:;!?-+*/")
    kind = next((kind for kind in kinds if text[at] in kind), kinds[0])
    return text[:at] + bytes([rng.choice([b for b in kind if b != text[at]])]) + text[at + 1 :]

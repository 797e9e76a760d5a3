"""Cursor: a place in a list of tokens."""

from fractions import Fraction

from etude.rollout.graders._maths.tokens import Token
from etude.rollout.graders._maths.tree import Node, UnreadableError, add, number


class Cursor:
    """A place in a list of tokens, which only moves on."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self, ahead: int = 0) -> str:
        """Return the text of a token that lies ahead; empty at the end."""
        place = self.at + ahead
        return self.tokens[place].text if place < len(self.tokens) else ""

    def kind(self, ahead: int = 0) -> str:
        """Return the kind of a token that lies ahead; empty at the end."""
        place = self.at + ahead
        return self.tokens[place].kind if place < len(self.tokens) else ""

    def take(self) -> Token:
        """Return the next token and step over it."""
        if self.at >= len(self.tokens):
            raise UnreadableError("ends too early")
        self.at += 1
        return self.tokens[self.at - 1]

    def skip(self, *texts: str) -> bool:
        """Step over the next token if it is one of these."""
        if self.at < len(self.tokens) and self.peek() in texts and self.kind() in ("op", "cmd"):
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        """Step over a token that must come next."""
        if not self.skip(text):
            raise UnreadableError(f"{text!r} is missing before {self.peek()[:20]!r}")

    def is_degree(self) -> bool:
        """Step over the `^` and the ring of a degree sign if they come next."""
        for width, place in ((2, 1), (4, 2)):
            if self.kind(place) == "cmd" and self.peek(place) in ("circ", "degree"):
                if width == 4 and self.peek(1) != "{":
                    return False
                self.at += width
                return True
        return False

    def short_digits(self) -> str:
        """Read a whole number in braces, or one digit, as LaTeX does; empty for another thing."""
        if self.peek() == "{" and self.kind(1) == "num" and self.peek(2) == "}":
            self.at += 3
            return self.tokens[self.at - 2].text
        return self.digit()

    def digit(self) -> str:
        """Read one digit from the front of a number; empty for another thing."""
        if self.kind() != "num" or not self.peek().isdecimal():
            return ""
        token = self.tokens[self.at]
        if len(token.text) > 1:
            self.tokens[self.at : self.at + 1] = [
                Token("num", token.text[0], token.spaced),
                Token("num", token.text[1:]),
            ]
        self.at += 1
        return token.text[0]

    def subscript(self) -> str:
        """Read a subscript as it is written."""
        if not self.skip("{"):
            return self.take().text
        parts = []
        while self.peek() != "}":
            parts.append(self.take().text)
        self.at += 1
        return ",".join(parts) if len(parts) > 1 else "".join(parts)

    def mixed(self) -> Node | None:
        r"""Read a mixed number: `2\frac{1}{2}` or `2 1/2`."""
        if self.kind() != "num" or not self.peek().isdecimal():
            return None
        at, whole = self.at, number(int(self.take().text))
        parts = self.proper_fraction()
        if parts is None:
            self.at = at
            return None
        return add(whole, number(parts))

    def proper_fraction(self) -> Fraction | None:
        """Read a fraction of whole numbers below one, if it comes next."""
        top = bottom = ""
        if self.peek() == "frac" and self.kind() == "cmd":
            self.at += 1
            top, bottom = self.short_digits(), self.short_digits()
        elif self.kind() == "num" and self.peek(1) == "/" and self.kind(2) == "num":
            top, bottom = self.peek(), self.peek(2)
            self.at += 3
        if not (top.isdecimal() and bottom.isdecimal() and 0 < int(top) < int(bottom)):
            return None
        return Fraction(int(top), int(bottom))

r"""Values read from tokens: a recursive-descent parser with a limit on its depth.

What has two readings is refused: `1/2x`, `2^3^2`, `\sin x/2`, `x2`, `2\frac{3}{2}`.
"""

from collections.abc import Callable, Mapping

from etude.rollout.graders._maths.build import bracketed, read_number
from etude.rollout.graders._maths.cursor import Cursor
from etude.rollout.graders._maths.tokens import FUNCTIONS, Token, words
from etude.rollout.graders._maths.tree import (
    Node,
    UnreadableError,
    add,
    call,
    const,
    divide,
    mul,
    negative,
    number,
    power,
    symbol,
)

MAX_DEPTH = 100
"""Of sums and wholes within each other, so about fifty pairs of brackets."""

_OPENING = frozenset(("(", "[", "\\{"))
_CONSTANTS = {"pi": "pi", "infty": "inf", "imath": "i"}
_SET_WORDS = words("reals integers naturals rationals complexes emptyset")
_GREEK = words(
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi rho sigma tau "
    "upsilon phi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega ell hbar"
)
_TIMES = frozenset(("cdot", "times", "*"))
_BINDING_STOPS = words(
    "le ge ne in notin equiv approx cup cap setminus and or pm mp rightarrow rfloor rceil cdot "
    "times sim pmod bmod mod iff end quad backslash"
)
_ORDINARY = FUNCTIONS - {"mod", "union", "lim"}
_UNKNOWN = frozenset("fgFG")
"""Letters that name a function when a bracket follows."""


class Reader(Cursor):
    """Reads one answer. Each method begins at `self.at` and leaves it behind what it read."""

    def __init__(self, tokens: list[Token], commands: "Mapping[str, Handler]") -> None:
        super().__init__(tokens)
        self.commands = commands
        self.depth = 0
        self.bars = 0

    # Values, from the loosest binding to the tightest.

    def value(self) -> Node:
        """Read unions, intersections and differences of what `sum` reads."""
        left = self.sum()
        while self.kind() == "cmd" and self.peek() in ("cup", "cap", "setminus", "backslash"):
            kind = {"cup": "union", "cap": "cut"}.get(self.take().text, "without")
            left = Node(kind, items=(left, self.sum()))
        return left

    def sum(self) -> Node:
        """Read a sum."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        items = [self.signed(self.sign())]
        while self.peek() in ("+", "-", "pm", "mp") and self.kind() in ("op", "cmd"):
            items.append(self.signed(self.sign()))
        self.depth -= 1
        return add(*items)

    def sign(self) -> str:
        """Read any signs; return `+`, `-`, `pm` or `mp`."""
        sign = "+"
        while self.peek() in ("+", "-", "pm", "mp") and self.kind() in ("op", "cmd"):
            seen = self.take().text
            if seen in ("pm", "mp"):
                sign = seen
            elif seen == "-":
                sign = {"+": "-", "-": "+", "pm": "mp", "mp": "pm"}[sign]
        return sign

    def signed(self, sign: str) -> Node:
        """Read a product that has this sign."""
        item = self.product()
        if sign == "+":
            return item
        return negative(item) if sign == "-" else Node("pm", sign, (item,))

    def product(self) -> Node:
        """Read products and quotients, also those without a sign between."""
        items = [self.factor()]
        while True:
            if self.peek() in _TIMES and self.kind() in ("op", "cmd"):
                self.at += 1
                items.append(self.signed_factor())
            elif self.peek() == "/" and self.kind() == "op":
                self.at += 1
                bottom = self.signed_factor()
                self._refuse_unclear(items, bottom)
                items = [divide(mul(*items), bottom)]
            elif self.joins():
                items.append(self._joined(items[-1]))
            else:
                return mul(*items)

    def signed_factor(self) -> Node:
        """Read a factor that may have a sign, as after a multiplication sign."""
        if self.skip("-"):
            return negative(self.factor())
        self.skip("+")
        return self.factor()

    def _refuse_unclear(self, tops: list[Node], bottom: Node) -> None:
        """Refuse `1/2x`: it is read as `x/2` by some and as `1/(2x)` by others."""
        if not self.joins():
            return
        plain = len(tops) == 1 and tops[0].kind == "num" and bottom.kind == "num"
        if not (plain and self.tokens[self.at].spaced):
            raise UnreadableError("a product right behind a fraction stroke has two readings")

    def joins(self) -> bool:
        """Whether the next token goes on with a product without a sign."""
        if self.at >= len(self.tokens):
            return False
        kind, text = self.kind(), self.peek()
        if kind == "let":
            return True
        if kind == "op":
            return text in ("(", "[", "{", "\\{") or (text == "|" and self.bars == 0)
        return kind == "cmd" and text not in _BINDING_STOPS and text not in ("}", ")")

    def _joined(self, left: Node) -> Node:
        """Read a factor that stands right behind another one."""
        if self.peek() == "frac" and left.kind == "num" and self._after_number():
            self._refuse_mixed()
        if self.peek() in ("[", "\\{"):
            raise UnreadableError(f"{self.peek()!r} right behind a value")
        return self.factor()

    def _after_number(self) -> bool:
        return self.at > 0 and self.tokens[self.at - 1].kind == "num"

    def _refuse_mixed(self) -> None:
        r"""Refuse `2\frac{3}{2}`: a mixed number or a product. `2\frac{a}{b}` is a product."""
        at = self.at
        self.at += 1
        top, bottom = self.argument(), self.argument()
        self.at = at
        if top.kind == "num" and bottom.kind == "num":
            raise UnreadableError("a number right before a fraction has two readings")

    def factor(self) -> Node:
        """Read one factor with what stands behind it: powers, factorials, percent, degrees."""
        mixed = self.mixed()
        base = mixed if mixed is not None else self.primary()
        raised = False
        while True:
            text = self.peek() if self.kind() in ("op", "cmd") else ""
            if text == "^" and self.is_degree():
                base = Node("degree", items=(base,))
            elif text == "^":
                if raised:
                    raise UnreadableError("a power of a power without brackets has two readings")
                self.at += 1
                base, raised = self._power(base), True
            elif text == "!":
                self.at += 1
                base, raised = call("factorial", base), False
            elif text == "%":
                self.at += 1
                base = Node("percent", items=(base,))
            else:
                return base

    def _power(self, base: Node) -> Node:
        """Read an exponent."""
        exponent = self.exponent()
        if exponent.kind == "call" and exponent.name == "prime":
            raise UnreadableError("a derivative")
        return power(base, exponent)

    def exponent(self) -> Node:
        """Read what stands behind `^`: a group, or one token, which may have a sign."""
        if self.skip("-"):
            return negative(self.exponent())
        if self.skip("+"):
            return self.exponent()
        if self.kind() in ("num", "let") or self.peek() in ("{", "("):
            return self.primary()
        if self.kind() == "cmd" and (self.peek() in _CONSTANTS or self.peek() in _GREEK):
            return self.primary()
        if self.peek() == "frac":
            return self.primary()
        raise UnreadableError("an exponent that is missing")

    def argument(self) -> Node:
        """Read an argument of a LaTeX command: a group in braces, one digit, or one token."""
        if self.peek() == "{" or self.kind() != "num":
            return self.primary()
        digit = self.digit()
        if not digit:
            raise UnreadableError("braces are missing around an argument")
        return number(int(digit))

    def primary(self) -> Node:
        """Read the smallest whole: a number, a symbol, a bracket, a command with its arguments."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise UnreadableError("nested too deeply")
        token = self.take()
        if token.kind in ("num", "rep"):
            found = self._based(token)
        elif token.kind == "let":
            found = self._letter(token.text)
        elif token.kind == "op":
            found = self._bracket(token.text)
        else:
            found = self._command(token.text)
        self.depth -= 1
        return found

    def _based(self, token: Token) -> Node:
        """Read a number, which may be written in another base, such as `52_8`."""
        if token.kind == "num" and self.skip("_"):
            base = self.argument() if self.peek() == "{" else number(read_number(self.take()))
            if base.value is None or not 2 <= base.value <= 36:
                raise UnreadableError("a base that is not from 2 to 36")
            return Node("based", token.text, (base,))
        return number(read_number(token))

    def _letter(self, name: str) -> Node:
        """Read a symbol with its subscript, a constant, or the value of an unknown function."""
        if self.skip("_"):
            name = f"{name}_{self.subscript()}"
        while self.skip("'"):
            name += "'"
        if name in ("e", "i"):
            return const(name)
        if name[0] in _UNKNOWN and self.peek() == "(" and self.kind() == "op":
            inner = self.primary()
            return call(f"?{name}", *(inner.items if inner.kind == "tuple" else (inner,)))
        if name in ("O", "o") and self.peek() == "(":
            return call(f"?{name}", self.primary())
        return symbol(name)

    def _bracket(self, opening: str) -> Node:
        """Read what a bracket holds: a group, a tuple, an interval, a set, a vector."""
        if opening == "{":
            items = self._items()
            self.expect("}")
            # Braces that nobody escaped still hold a set.
            return items[0] if len(items) == 1 else Node("set", items=items)
        if opening == "|":
            return self._bars()
        if opening not in _OPENING:
            raise UnreadableError(f"{opening!r} where a value should be")
        bars, self.bars = self.bars, 0
        items = self._items()
        self.bars = bars
        closing = self.take().text
        return bracketed(opening, closing, items)

    def _bars(self) -> Node:
        """Read an absolute value."""
        self.bars += 1
        inner = self.sum()
        self.bars -= 1
        self.expect("|")
        return call("abs", inner)

    def _items(self) -> tuple[Node, ...]:
        """Read values with commas or semicolons between them."""
        if self.peek() in (")", "]", "\\}"):
            return ()
        items = [self._item()]
        while self.skip(",", ";"):
            items.append(self._item())
        return tuple(items)

    def _item(self) -> Node:
        alone = self.peek(1) in (",", ";", ")", "]", "\\}", "}")
        return Node("dots") if alone and self.skip("ldots") else self.value()

    def _command(self, name: str) -> Node:
        """Read a command with its arguments."""
        if name in _CONSTANTS:
            return const(_CONSTANTS[name])
        if name in _SET_WORDS:
            return Node(name)
        if name in _GREEK:
            return self._greek(name)
        if name in self.commands:
            return self.commands[name](self)
        if name in _ORDINARY:
            return self.function(name)
        raise UnreadableError(f"\\{name[:30]} is not known here")

    def _greek(self, name: str) -> Node:
        r"""Read a Greek symbol, or a bound such as `\Theta(n)`."""
        if self.skip("_"):
            return symbol(f"{name}_{self.subscript()}")
        if name in ("Theta", "Omega") and self.peek() == "(":
            return call(f"?{name}", self.primary())
        return symbol(name)

    def function(self, name: str) -> Node:
        """Read a function with its argument: in brackets, or the factors up to the next sign."""
        raised = self.exponent() if self.skip("^") else None
        if raised is not None and raised == number(-1):
            name, raised = f"arc{name}", None
            if name not in FUNCTIONS:
                raise UnreadableError(f"the inverse of {name} has two readings")
        inner = self.function_argument()
        found = call(name, *(inner.items if inner.kind == "tuple" else (inner,)))
        return power(found, raised) if raised is not None else found

    def function_argument(self) -> Node:
        """Read the argument of a function."""
        if self.peek() in ("(", "{", "[") and self.kind() == "op":
            return self.primary()
        if self.peek() == "|":
            return self.factor()
        items = [self.signed_factor()]
        while self.joins() and self.peek() not in ("(", "[", "|") and not self._is_function():
            items.append(self.factor())
        if self.peek() == "/" and self.kind() == "op":
            raise UnreadableError("a fraction stroke behind a function has two readings")
        return mul(*items)

    def _is_function(self) -> bool:
        return self.kind() == "cmd" and (self.peek() in FUNCTIONS)


Handler = Callable[[Reader], Node]
"""Reads a command with its arguments, once its name is read."""

"""A whole answer read: lists, relations and chains of them around the values that `grammar` reads.

`read` gives a tree. What cannot be read as mathematics and is made of words is a text.
"""

import re

from etude.rollout.graders._maths.clean import text_key
from etude.rollout.graders._maths.commands import COMMANDS
from etude.rollout.graders._maths.grammar import Reader
from etude.rollout.graders._maths.tokens import Token, tokenise
from etude.rollout.graders._maths.tree import Node, UnreadableError, negative, symbols

MAX_ITEMS = 200

_RELATIONS = {
    "=": "=", "<": "<", ">": ">", "le": "<=", "ge": ">=", "ne": "!=", "in": "in",
    "approx": "~", "equiv": "==",
}  # fmt: skip
_EMPTY = re.compile(
    r"(?:there (?:are|is) )?no (?:real |valid |such |possible |integer |positive |other )*"
    r"(?:solutions?|roots?|values?|numbers?)(?: exists?)?|empty set|the empty set"
)
_REALS = re.compile(
    r"(?:the set of )?(?:all )?(?:the )?real numbers?|all reals?|the reals|every real number"
)
_SHORT_WORD = re.compile(r"(?=[a-z]*[aeiou])[a-z]{3}")
"""`yes` or `odd`, and no product of symbols, which would be written in order as `abc` is."""
_WORDS = re.compile(r"[A-Za-z][A-Za-z' .,:()\-/]*")


def read(text: str) -> Node:
    """Return the tree of a cleaned answer.

    Raises:
        UnreadableError: It is neither mathematics nor words.
    """
    if not text:
        raise UnreadableError("empty")
    if words := _known_words(text):
        return words
    try:
        return _whole(tokenise(text))
    except UnreadableError:
        if _WORDS.fullmatch(text):
            return Node("text", text_key(text))
        raise


def _known_words(text: str) -> Node | None:
    """Return what words stand for that say what a set holds."""
    if not text[0].isalpha():
        return None
    lowered = text.lower()
    if _EMPTY.fullmatch(lowered):
        return Node("emptyset")
    if _REALS.fullmatch(lowered):
        return Node("reals")
    if _SHORT_WORD.fullmatch(lowered) and not text[0] < text[1] < text[2]:
        return Node("text", text_key(text))
    return None


def _whole(tokens: list[Token]) -> Node:
    """Return the tree of a whole answer: one piece, or several with commas or words between."""
    pieces, links = _split(tokens)
    if len(pieces) > MAX_ITEMS:
        raise UnreadableError(f"more than {MAX_ITEMS} values")
    if len(pieces) == 1:
        return _piece(pieces[0])
    items = tuple(_piece(piece) for piece in pieces)
    if all(item.kind == "chain" and item.name == "=" for item in items):
        return Node("list", items=items)
    if all(item.kind == "chain" for item in items) and "or" in links and "and" not in links:
        return Node("either", items=items)
    if all(item.kind == "chain" for item in items) and links == {"and"}:
        return Node("both", items=items)
    return Node("list", items=items)


def _split(tokens: list[Token]) -> tuple[list[list[Token]], set[str]]:
    """Return the pieces between commas, semicolons, `and`, `or`, and what stood between them."""
    pieces: list[list[Token]] = [[]]
    links: set[str] = set()
    depth = 0
    for token in tokens:
        depth += token.text in ("(", "[", "\\{", "{")
        depth -= token.text in (")", "]", "\\}", "}")
        depth += token.kind == "cmd" and token.text == "begin"
        depth -= token.kind == "cmd" and token.text == "end"
        if depth == 0 and token.text in (",", ";", "and", "or") and token.kind != "let":
            links.add(token.text)
            # An Oxford comma is one separator.
            if pieces[-1] or token.text in (",", ";"):
                pieces.append([])
        else:
            pieces[-1].append(token)
    if not all(pieces):
        raise UnreadableError("nothing between two commas")
    return pieces, links


def _piece(tokens: list[Token]) -> Node:
    """Return the tree of a piece: a value, a ratio, or a chain of relations."""
    reader = Reader(tokens, COMMANDS)
    if reader.peek() == "ldots" and len(tokens) == 1:
        return Node("dots")
    if reader.skip("approx"):
        pass  # `≈ 0.33` says no more than the number does
    items, signs = [reader.value()], []
    while reader.at < len(tokens):
        if reader.peek() == ":" and reader.kind() == "op":
            return _ratio(reader, items)
        if reader.peek() in ("pmod", "bmod", "mod") or _is_modulus(reader):
            items.append(_modulus(reader))
            signs.append("mod")
            break
        sign = reader.take()
        if sign.kind == "let" or sign.text not in _RELATIONS:
            raise UnreadableError(f"{sign.text[:20]!r} is out of place")
        signs.append(_RELATIONS[sign.text])
        items.append(reader.value())
    if reader.at < len(tokens):
        raise UnreadableError(f"{reader.peek()[:20]!r} is out of place")
    return Node("chain", " ".join(signs), tuple(items)) if signs else items[0]


def _ratio(reader: Reader, items: list[Node]) -> Node:
    """Return the tree of a ratio such as `1:2:3`."""
    while reader.skip(":"):
        items.append(Node("dots") if reader.skip("ldots") else reader.value())
    if all(symbols(item) for item in items) and reader.skip("="):
        return _ratio(reader, [reader.value()])  # `a:b = 7:32` says what the ratio is of
    if reader.at < len(reader.tokens):
        raise UnreadableError(f"{reader.peek()[:20]!r} behind a ratio")
    return Node("ratio", items=tuple(items))


def _is_modulus(reader: Reader) -> bool:
    return reader.peek() == "(" and reader.peek(1) in ("mod", "bmod", "pmod")


def _modulus(reader: Reader) -> Node:
    """Return the modulus of a congruence."""
    bracket = reader.skip("(")
    reader.take()
    modulus = reader.value()
    if bracket:
        reader.expect(")")
    return modulus


_SIDES = {"pm": (1, -1), "mp": (-1, 1)}


def spread(node: Node) -> tuple[Node, ...]:
    """Return the values that a tree with `±` stands for: all upper signs, then all lower ones."""
    upper, lower = _choose(node, 0), _choose(node, 1)
    return (upper,) if upper == lower else (upper, lower)


def _choose(node: Node, side: int) -> Node:
    if node.kind == "pm":
        inner = _choose(node.items[0], side)
        return inner if _SIDES[node.name][side] == 1 else negative(inner)
    if not node.items:
        return node
    return node._replace(items=tuple(_choose(item, side) for item in node.items))

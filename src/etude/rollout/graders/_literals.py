"""Read Python literals from anyone, and compare them with their exact types."""

import ast

from etude.rollout.graders._blocks import PYTHON, last_block, last_box
from etude.rollout.splicing import Unfit, parse

MAX_CHARS = 20_000
"""A literal that is longer is not read."""
_PLAIN = (type(None), bool, complex, str, bytes)


def answer_in(response: str) -> str:
    """Return what a response gives as its answer: the last fenced block or box.

    Raises:
        Unfit: There is neither.
    """
    block = last_block(response, PYTHON | {"text", "plain", "txt", "output"})
    found = max([b for b in (block, last_box(response)) if b is not None], default=None)
    if found is None:
        raise Unfit("there is no fenced block and no box")
    return found.text.strip()


def read_literal(text: str) -> object:
    """Return the value of a Python literal.

    Raises:
        Unfit: It is none, or too long or nested too deeply to be read.
    """
    if len(text) > MAX_CHARS:
        raise Unfit(f"the answer is longer than {MAX_CHARS} characters")
    try:
        body = parse(text.strip()).body
    except SyntaxError as cause:
        raise Unfit(f"the answer is no Python literal: {str(cause)[:200]}") from cause
    if len(body) != 1 or not isinstance(body[0], ast.Expr):
        raise Unfit("the answer must be one Python literal")
    return value_of(body[0].value)


def value_of(node: ast.expr) -> object:
    """Return the value of an expression that is a literal.

    Raises:
        Unfit: It is none.
    """
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError, MemoryError, SyntaxError) as cause:
        raise Unfit(f"not a Python literal: {str(cause)[:200]}") from cause


def canonical(value: object) -> str:
    """Return a text that two literals share exactly when they are equal and of the same types.

    Sets and dictionaries have no order, zero has a sign, and `True` is not `1`.

    Raises:
        Unfit: A value in it is of another type.
    """
    kind = type(value)
    if kind is int or kind is float:
        return hex(value) if isinstance(value, int) else repr(value)
    if kind in _PLAIN:
        return repr(value)
    if isinstance(value, (list, tuple)) and kind in (list, tuple):
        return f"{kind.__name__}({', '.join(map(canonical, value))})"
    if isinstance(value, set) and kind is set:
        return f"set({', '.join(sorted(map(canonical, value)))})"
    if isinstance(value, dict) and kind is dict:
        pairs = sorted(f"{canonical(k)}: {canonical(v)}" for k, v in value.items())
        return f"dict({', '.join(pairs)})"
    raise Unfit(f"a {kind.__name__} is no literal")


def canonical_text(text: str) -> str:
    """Return the canonical text of a literal that is given as text.

    Raises:
        Unfit: It is no literal.
    """
    return canonical(read_literal(text))

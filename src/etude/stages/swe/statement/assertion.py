"""What a failed statement of a test claims: the tested expression, what was due, what came.

pytest's and unittest's ways to say the same thing are read into one shape.
"""

import ast
import re
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from etude.rollout.suites import Failure

Manner = Literal["value", "truth", "error", "silent", "other_error", "message", "hang"]
"""Wrong value, condition that does not hold, exception out of nowhere, exception that stays away,
another exception than due, the right one with other words, no end."""

_BLOCKS = {"raises", "warns", "deprecated_call", "assertRaises", "assertRaisesRegex"}
_BLOCKS |= {"assertRaisesRegexp", "assertWarns", "assertWarnsRegex"}
_BINARY: dict[str, ast.cmpop] = {
    "assertNotEqual": ast.NotEq(),
    "assertIs": ast.Is(),
    "assertIsNot": ast.IsNot(),
    "assertIn": ast.In(),
    "assertNotIn": ast.NotIn(),
    "assertLess": ast.Lt(),
    "assertLessEqual": ast.LtE(),
    "assertGreater": ast.Gt(),
    "assertGreaterEqual": ast.GtE(),
}
_EQUAL = re.compile(r"assert(?:Almost|List|Dict|Set|Tuple|Sequence|MultiLine|Count)?Equals?")
_NONE: dict[str, ast.cmpop] = {"assertIsNone": ast.Is(), "assertIsNotNone": ast.IsNot()}
_RELATIONS = {
    "==": "",
    "is": "",
    "!=": "something other than",
    "is not": "something other than",
    "<": "something less than",
    "<=": "at most",
    ">": "something greater than",
    ">=": "at least",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_INDEX = re.compile(r"^\s*At index (\d+) diff: (.+) != (.+)$", re.MULTILINE)
_NO_VALUES = re.compile(r"DID NOT (?:RAISE|WARN)|not (?:raised|triggered)|No warnings? ")
_OTHER_WORDS = (
    re.compile(r"Actual message: (['\"].*)"),
    re.compile(r"Input: (['\"].*)"),
    re.compile(r'^"[^"]*" does not match "(.*)"$'),
)
_TRUTH = re.compile(r"^assert (?:not )?((?!<)[^.\n]+)$", re.MULTILINE)
Weigh = Callable[[ast.expr], int]
"""How much an expression looks like the code under test."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """What one statement of a test claimed, and what came of it."""

    manner: Manner
    body: tuple[ast.stmt, ...]
    """What to run to see it."""
    tested: ast.AST
    """Where the call under test stands."""
    expected: str = ""
    """Repr, or type of the exception that was due."""
    relation: str = ""
    """How the result should stand to `expected`; empty for equal."""
    actual: str = ""
    """Repr, or the exception that came."""
    where: str = ""
    """Which part of the result `expected` and `actual` show; empty for all of it."""


def read_claim(failure: Failure, weigh: Weigh, is_own_path: Callable[[str], bool]) -> Claim | None:
    """Return what the failed statement claimed; `None` when it cannot be told."""
    try:
        nodes = ast.parse(failure.statement).body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
    if not nodes:
        return None
    block = _block(nodes[0])
    if block is not None:
        return _of_block(failure, *block)
    test = _test(nodes[0])
    deeper = _raised_at(failure)
    if test is None and failure.exception == "AssertionError" and not is_own_path(deeper):
        # The test's own helper found fault: with what, only the test knows.
        return Claim(manner="value", body=(nodes[0],), tested=nodes[0])
    if failure.exception != "AssertionError" or test is None or is_own_path(deeper):
        return _of_error(failure, nodes[0], test, weigh)
    return _of_test(failure, test, weigh)


def _raised_at(failure: Failure) -> str:
    """Return the file in which the exception was raised, as far as that was in the tree."""
    return next((frame.path for frame in reversed(failure.frames) if frame.path), "")


def _test(node: ast.stmt) -> ast.expr | None:
    """Return the condition that a statement asserts."""
    if isinstance(node, ast.Assert):
        return node.test
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return None
    name, args = _called(node.value), node.value.args
    if not name.startswith("assert") or not args:
        return None
    if len(args) > 1 and (_EQUAL.fullmatch(name) or name in _BINARY):
        return ast.Compare(args[0], [_BINARY.get(name, ast.Eq())], [args[1]])
    if name in _NONE:
        return ast.Compare(args[0], [_NONE[name]], [ast.Constant(None)])
    if name in ("assertTrue", "assert_"):
        return args[0]
    if name == "assertFalse":
        return ast.UnaryOp(ast.Not(), args[0])
    if name == "assertIsInstance" and len(args) > 1:
        return ast.Call(ast.Name("isinstance", ast.Load()), args[:2], [])
    return None


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def expects(node: ast.stmt) -> bool:
    """Whether a statement is there to see something raised."""
    return _block(node) is not None


def _block(node: ast.stmt) -> tuple[str, Sequence[ast.stmt]] | None:
    """Return what a block expects to be raised, and its body."""
    if isinstance(node, ast.With | ast.AsyncWith):
        for item in node.items:
            call = item.context_expr
            if isinstance(call, ast.Call) and _called(call) in _BLOCKS:
                return _due(call), node.body
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        call = node.value
        if _called(call) in _BLOCKS and len(call.args) > 1:
            start = 2 if "Regex" in _called(call) else 1
            run = ast.Call(call.args[start], call.args[start + 1 :], call.keywords)
            return _due(call), [ast.Expr(run)]
    return None


def _due(call: ast.Call) -> str:
    if not call.args:
        return "DeprecationWarning" if _called(call) == "deprecated_call" else "an exception"
    first = call.args[0]
    first = first.elts[0] if isinstance(first, ast.Tuple) and first.elts else first
    return first.attr if isinstance(first, ast.Attribute) else ast.unparse(first)


def _of_block(failure: Failure, due: str, body: Sequence[ast.stmt]) -> Claim:
    manner: Manner = "other_error"
    actual = f"{failure.exception}: {failure.message}".rstrip(": ")
    if _stopped(failure):
        manner = "hang"
    elif failure.exception in ("AssertionError", "Failed"):
        manner, actual = "silent", ""
        for words in _OTHER_WORDS:
            found = words.search(failure.message)
            if found and not _NO_VALUES.search(failure.message):
                manner, actual = "message", found[1]
    return Claim(
        manner=manner,
        body=tuple(body),
        tested=ast.Module(list(body), []),
        expected=due,
        actual=actual,
    )


def _stopped(failure: Failure) -> bool:
    return failure.exception == "TestTimedOut"


def _of_error(failure: Failure, node: ast.stmt, test: ast.expr | None, weigh: Weigh) -> Claim:
    """Return the claim of a statement that did not come to its end."""
    expected = ""
    relation: str | None = ""
    tested: ast.AST = node
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        left, right = test.left, test.comparators[0]
        first = weigh(left) >= weigh(right)
        tested, other = (left, right) if first else (right, left)
        relation = _relation(_OPERATORS[type(test.ops[0])], first)
        expected = _literal(other) if relation is not None else ""
    elif test is not None:
        tested = test
    body = ast.Expr(tested) if isinstance(tested, ast.expr) else node
    return Claim(
        manner="hang" if _stopped(failure) else "error",
        body=(body,),
        tested=tested,
        expected=expected,
        relation=relation or "",
        actual=f"{failure.exception}: {failure.message}".rstrip(": "),
    )


def _literal(node: ast.expr) -> str:
    try:
        return repr(ast.literal_eval(node))
    except (ValueError, TypeError, MemoryError, RecursionError, SyntaxError):
        return ""


def _relation(operator: str, first: bool) -> str | None:
    """Return how the tested side should stand to the other; `None` when it takes the condition."""
    return _RELATIONS.get(operator if first else _MIRRORED.get(operator, operator))


def _of_test(failure: Failure, test: ast.expr, weigh: Weigh) -> Claim:
    """Return the claim of a condition that did not hold."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        return _of_truth(failure, test)
    left, right = test.left, test.comparators[0]
    operator = _OPERATORS[type(test.ops[0])]
    first = weigh(left) >= weigh(right)
    relation = _relation(operator, first)
    if relation is None:
        return _of_truth(failure, test)
    where = ""
    sides = _sides(failure, operator)
    if sides is None:
        where, *rest = _part(failure.message) or ("", "", "")
        sides = (rest[0], rest[1])
    actual, expected = sides if first else sides[::-1]
    tested = left if first else right
    return Claim(
        manner="value",
        body=(ast.Expr(tested),),
        tested=tested,
        expected=expected,
        relation=relation,
        actual=actual,
        where=where,
    )


def _sides(failure: Failure, operator: str) -> tuple[str, str] | None:
    """Return both reprs, from the runner or else from the first line of the message."""
    if failure.compared is not None:
        return failure.compared[0], failure.compared[2]
    for line in failure.message.splitlines()[:3]:
        parts = line.removeprefix("assert ").split(f" {operator} ")
        if line.startswith("assert ") and len(parts) == 2 and "..." not in line:
            return parts[0], parts[1]
    return None


def _part(message: str) -> tuple[str, str, str] | None:
    """Return where two large values differ first, and both values there."""
    if found := _INDEX.search(message):
        return f"at index {found[1]}", found[2], found[3]
    lines = message.splitlines()
    came = next((line[4:] for line in lines if line.startswith("  + ")), "")
    due = next((line[4:] for line in lines if line.startswith("  - ")), "")
    if came and due and "Full diff" not in message:
        return "in one line", repr(came), repr(due)
    return None


def _of_truth(failure: Failure, test: ast.expr) -> Claim:
    negated = isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    tested = test.operand if isinstance(test, ast.UnaryOp) and negated else test
    found = _TRUTH.search(failure.message)
    return Claim(
        manner="truth",
        body=(ast.Expr(tested),),
        tested=tested,
        expected="false" if negated else "true",
        actual=found[1] if found else "",
    )

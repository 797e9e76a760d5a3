"""Show a symptom as code: the test's own lines, without what only the test has."""

import ast
import builtins
import copy
import re
import symtable
from collections.abc import Iterator, Sequence

from etude.rollout.suites import Failure
from etude.stages.swe.statement.assertion import Claim, expects
from etude.stages.swe.statement.names import Names, Renamed, is_private

_CODE_LINES = 18
_LINE_CHARS = 150
_NUMBER = re.compile(r"-?\d+")
_TEST_PATH = re.compile(r"\btests?[./]\w")
_TEXT = re.compile(r"(?:[ -!#-\[\]-~\n]|\"(?!\"\"|\Z))+")
"""What can stand between triple quotes as it is."""


def show_code(names: Names, claim: Claim, steps: Sequence[ast.stmt], modules: Sequence[str]) -> str:
    """Return code that shows the symptom, or nothing when it needs what only the test has."""
    if names.failure.steps and not steps:
        return ""
    body = _used(_ended([shown for step in steps for shown in _without_assert(step)], claim.body))
    if not _uses_project(names, body):
        return ""
    head: list[str] = []
    inline: dict[str, str] = {}
    for name in dict.fromkeys(_free(body)):
        if not names.is_known(name):
            value = names.value(name)
            if not value or is_private(name):
                return ""
            if _NUMBER.fullmatch(value):
                inline[name] = value
            else:
                head.append(f"{name} = {value}")
    renamed = Renamed(names, modules, inline)
    lines = [line for text in head for line in _lines(renamed.visit(ast.parse(text).body[0]))]
    texts = {ast.dump(node): text for node, text in _originals(names.failure)}
    for node in body:
        new = renamed.visit(copy.deepcopy(node))
        same = texts.get(ast.dump(new), "")
        lines += same.split("\n") if same and "#" not in same else _lines(new)
    if len(lines) > _CODE_LINES or any(len(line) > _LINE_CHARS for line in lines):
        return ""
    return "\n".join(lines)


def _originals(failure: Failure) -> list[tuple[ast.stmt, str]]:
    return [(ast.parse(step).body[0], step) for step in failure.steps]


def _ended(steps: Sequence[ast.stmt], body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Join steps and body, without the names that results got only for the test's sake."""
    *early, last = [*steps, *body]
    if isinstance(last, ast.Return | ast.Assign | ast.AnnAssign) and last.value is not None:
        targets = last.targets if isinstance(last, ast.Assign) else []
        if all(isinstance(target, ast.Name | ast.Tuple) for target in targets):
            last = ast.Expr(last.value)
    made = early[-1] if early else None
    if (
        isinstance(last, ast.Expr)
        and isinstance(last.value, ast.Name)
        and isinstance(made, ast.Assign)
        and [ast.unparse(target) for target in made.targets] == [last.value.id]
    ):
        return [*early[:-1], ast.Expr(made.value)]
    return [*early, last]


def _used(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    """Drop values that nothing shown uses, such as the one that the test compares with."""
    kept: list[ast.stmt] = []
    loaded: set[str] = set()
    for node in reversed(body):
        inner = list(ast.walk(node))
        names = {n.id for n in inner if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        idle = isinstance(node, ast.Assign) and not any(isinstance(n, ast.Call) for n in inner)
        if not idle or names & loaded or _bound(node) & loaded:
            kept.insert(0, node)
            loaded |= names
    return kept


def _uses_project(names: Names, body: Sequence[ast.stmt]) -> bool:
    """Whether code can show anything: it calls the project, and needs nothing of its moment."""
    for inner in ast.walk(ast.Module(list(body), [])):
        match inner:
            case ast.Attribute(attr="exc_info") | ast.Nonlocal() | ast.Global():
                return False
            case ast.Constant(value=str(text)) if _TEST_PATH.search(text):
                return False
    return next(names.calls(body), None) is not None


def _lines(node: ast.stmt) -> list[str]:
    """Return the code of one statement, text of several lines as such."""
    value = node.value if isinstance(node, ast.Assign) else None
    if isinstance(node, ast.Assign) and isinstance(value, ast.Constant):
        text = value.value
        if isinstance(text, str) and text.count("\n") > 1 and _TEXT.fullmatch(text):
            targets = " = ".join(ast.unparse(target) for target in node.targets)
            return f'{targets} = """{text}"""'.split("\n")
    return ast.unparse(ast.fix_missing_locations(node)).splitlines()


def _without_assert(step: ast.stmt) -> list[ast.stmt]:
    """Turn what a test asserts on its way into the calls it makes there; drop imports."""
    if isinstance(step, ast.Import | ast.ImportFrom) or expects(step):
        return []
    is_assertion = isinstance(step, ast.Assert) or (
        isinstance(step, ast.Expr)
        and isinstance(step.value, ast.Call)
        and isinstance(step.value.func, ast.Attribute)
        and step.value.func.attr.startswith("assert")
    )
    if not is_assertion:
        return [step]
    tests = [step.test] if isinstance(step, ast.Assert) else []
    if isinstance(step, ast.Expr) and isinstance(step.value, ast.Call):
        tests = step.value.args
    sides = [side for test in tests for side in _compared(test)]
    return [ast.Expr(_bare(side)) for side in sides if isinstance(side, ast.Call)]


def _bare(call: ast.Call) -> ast.expr:
    """Take a call out of `len(...)` and the like, which matter to an assertion only."""
    inner = call.args[0] if len(call.args) == 1 and isinstance(call.func, ast.Name) else call
    return inner if isinstance(inner, ast.Call) and hasattr(builtins, _root(call)) else call


def _root(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def _compared(test: ast.expr) -> list[ast.expr]:
    return [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]


def _free(body: Sequence[ast.stmt]) -> list[str]:
    """Return the names that the code needs from elsewhere, `self.x` as `x`, in their order."""
    tree = ast.Module(list(body), [])
    text = ast.unparse(ast.fix_missing_locations(tree))
    try:
        table = symtable.symtable(text, "shown", "exec")
    except SyntaxError:  # only whole functions may hold it
        return [""]
    made = {symbol.get_name() for symbol in table.get_symbols() if _is_made(symbol)}
    needed = set(_globals(table)) - made
    owners = {}
    found = []
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            owners[id(inner.value)] = inner.attr
        if isinstance(inner, ast.Name) and inner.id in needed:
            found.append(owners.get(id(inner), "self") if inner.id == "self" else inner.id)
    return found


def _is_made(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported()


def _globals(table: symtable.SymbolTable) -> Iterator[str]:
    """Yield the names that a scope and those inside it look up outside all of them."""
    is_module = table.get_type() == "module"
    yield from (s.get_name() for s in table.get_symbols() if is_module or s.is_global())
    for inner in table.get_children():
        yield from _globals(inner)


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds."""
    inner = ast.walk(node)
    return {n.id for n in inner if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}

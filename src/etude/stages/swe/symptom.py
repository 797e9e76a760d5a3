"""Read from a test failure what a user of the library would see: a call, and what came of it.

Only names that a user could know survive: what the project, the standard library or an installed
package defines, and the local variables that the shown code itself binds.
"""

import ast
import copy
import re
from collections.abc import Sequence

import msgspec

from etude.records import Codebase
from etude.rollout.suites import Failure
from etude.stages.swe._assertion import Claim, Manner, read_claim
from etude.stages.swe._names import Names, Renamed, is_private, modules_of

_CALL_CHARS = 60
_CODE_LINES = 18
_LINE_CHARS = 150
_NUMBER = re.compile(r"-?\d+|True|False|None")
_TEXT = re.compile(r"(?:[ -!#-\[\]-~\n]|\"(?!\"\"|\Z))+")
"""What can stand between triple quotes as it is."""
_MAX_OTHERS = 3


class Symptom(msgspec.Struct, frozen=True, kw_only=True):
    """One failing test, as a user of the library would meet it."""

    test: str
    failure: Failure
    name: str
    """The public function, method or class, such as `Session.get`."""
    call: str
    """The call with its arguments where that is short, else `name`."""
    manner: Manner
    alone: bool = False
    """Whether the call needs no object that was made before."""
    direct: bool = False
    """Whether `expected` and `actual` are what the call itself gives."""
    code: str = ""
    """What to run to see it; empty when that takes more than a user would have."""
    expected: str = ""
    """Repr, or type of the exception that was due."""
    relation: str = ""
    """How the result should stand to `expected`; empty for equal."""
    actual: str = ""
    """Repr, or the exception that came."""
    where: str = ""
    """Which part of the result `expected` and `actual` show; empty for all of it."""
    others: tuple[str, ...] = ()
    """Further public functions that take part."""


def read_symptom(
    codebase: Codebase, test: str, failure: Failure, paths: Sequence[str]
) -> Symptom | None:
    """Return what a user would see of a failure; `None` when it shows nowhere outside."""
    names = Names(codebase, failure)
    claim = read_claim(failure, names.weigh, names.is_own_path)
    if claim is None:
        return None
    steps = _steps(failure)
    call, name = _subject(names, claim, steps)
    if not name:
        return None
    modules = modules_of(paths)
    seen = [name, *(other for _, other in names.calls([*claim.body, *steps]))]
    others = tuple(dict.fromkeys(other for other in seen if other != name))
    return Symptom(
        test=test,
        failure=failure,
        name=_short(name, modules),
        call=_call_text(names, call, name, modules),
        manner=claim.manner,
        alone=call is not None and _needs_nothing(names, call),
        direct=call is claim.tested,
        code=_code(names, claim, steps, modules),
        expected=claim.expected,
        relation=claim.relation,
        actual=claim.actual,
        where=claim.where,
        others=tuple(_short(other, modules) for other in others[:_MAX_OTHERS]),
    )


def _short(name: str, modules: Sequence[str]) -> str:
    """Cut the path of the changed module off a name, but for its last part."""
    for module in modules:
        if name.startswith(f"{module}."):
            return name[len(module) - len(module.rpartition(".")[2]) :]
    return name


def _steps(failure: Failure) -> list[ast.stmt]:
    try:
        return [node for step in failure.steps for node in ast.parse(step).body]
    except SyntaxError:
        return []


def _subject(names: Names, claim: Claim, steps: Sequence[ast.stmt]) -> tuple[ast.Call | None, str]:
    """Return the call that the report is about, and its name."""
    for node in [claim.tested, *reversed(steps)]:
        for call, name in names.calls([node]):
            return call, name
    for inner in ast.walk(claim.tested):
        if isinstance(inner, ast.Attribute | ast.Name) and (name := names.public(inner)):
            return None, name
    return None, ""


def _call_text(names: Names, call: ast.Call | None, name: str, modules: Sequence[str]) -> str:
    """Return the call with short values in place of variables, or its name alone."""
    if call is None:
        return _short(name, modules)
    arguments = [*call.args, *(keyword.value for keyword in call.keywords)]
    used = {n.id for arg in arguments for n in ast.walk(arg) if isinstance(n, ast.Name)}
    inline = {n: text for n in used if (text := names.plain(n))}
    if all(n in inline or names.is_known(n) for n in used):
        bare = copy.deepcopy(call)
        bare.func = ast.Name(_short(name, modules), ast.Load())
        text = ast.unparse(Renamed(names, modules, inline).visit(bare))
        if len(text) <= _CALL_CHARS and "\n" not in text:
            return text
    return _short(name, modules)


def _needs_nothing(names: Names, call: ast.Call) -> bool:
    used = {n.id for n in ast.walk(call.func) if isinstance(n, ast.Name)}
    return all(names.is_known(name) for name in used)


def _code(names: Names, claim: Claim, steps: Sequence[ast.stmt], modules: Sequence[str]) -> str:
    """Return code that shows the symptom, or nothing when it needs what only the test has."""
    if names.failure.steps and not steps:
        return ""
    body = _ended([shown for step in steps for shown in _without_assert(step)], claim.body)
    head: list[str] = []
    inline: dict[str, str] = {}
    for name in dict.fromkeys(_free(body, _bound(body))):
        if not names.is_known(name):
            value = names.value(name)
            if not value or is_private(name):
                return ""
            if _NUMBER.fullmatch(value):
                inline[name] = value
            else:
                head.append(f"{name} = {value}")
    if not _uses_project(names, body):
        return ""
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


def _uses_project(names: Names, body: Sequence[ast.stmt]) -> bool:
    """Whether code can show anything: it calls the project, and needs nothing of its moment."""
    used = {n.attr for node in body for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    if "exc_info" in used or any(
        isinstance(n, ast.Nonlocal | ast.Global) for node in body for n in ast.walk(node)
    ):
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
    """Turn what a test asserts on its way into the calls it makes there, and drop imports."""
    if isinstance(step, ast.Import | ast.ImportFrom):
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
    return [ast.Expr(side) for side in sides if isinstance(side, ast.Call)]


def _compared(test: ast.expr) -> list[ast.expr]:
    return [test.left, *test.comparators] if isinstance(test, ast.Compare) else [test]


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """Return the names that the code binds."""
    found: set[str | None] = set()
    for node in body:
        for inner in ast.walk(node):
            match inner:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    found.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found.add(name)
                case ast.ClassDef(name=name) | ast.ExceptHandler(name=name):
                    found.add(name)
    return {name for name in found if name}


def _free(body: Sequence[ast.stmt], bound: set[str]) -> list[str]:
    """Return the names that the code needs from elsewhere, `self.x` as `x`."""
    found = []
    for node in body:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
                if inner.value.id == "self" and "self" not in bound:
                    found.append(inner.attr)
            elif isinstance(inner, ast.Name) and inner.id not in bound:
                found.append(inner.id)
    # `self` was counted with its attribute; alone it stands for the test itself.
    return [name for name in found if name != "self"] + (["self"] if _lone_self(body) else [])


def _lone_self(body: Sequence[ast.stmt]) -> bool:
    owners = {
        id(inner.value)
        for node in body
        for inner in ast.walk(node)
        if isinstance(inner, ast.Attribute)
    }
    return any(
        isinstance(inner, ast.Name) and inner.id == "self" and id(inner) not in owners
        for node in body
        for inner in ast.walk(node)
    )

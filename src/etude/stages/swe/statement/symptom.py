"""Read from a test failure what a user of the library would see: a call, and what came of it.

Only names that a user could know survive: what the project, the standard library or an installed
package defines, and the local variables that the shown code itself binds.
"""

import ast
import copy
from collections.abc import Sequence

import msgspec

from etude.records import Codebase
from etude.rollout.suites import Failure
from etude.stages.swe.statement.assertion import Claim, Manner, read_claim
from etude.stages.swe.statement.code import show_code
from etude.stages.swe.statement.names import Elements, Names, Renamed, modules_of

_CALL_CHARS = 60
_MAX_OTHERS = 3
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


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
    """Whether `actual` is what the call itself gives or raises, not what came of it later."""
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
    _show_elements(names, claim, steps)
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
        direct=bool(_entered(names)) if claim.manner == "error" else call is claim.tested,
        code=show_code(names, claim, steps, modules),
        expected=names.real(claim.expected) if _is_due_exception(claim) else claim.expected,
        relation=claim.relation,
        actual=claim.actual,
        where=claim.where,
        others=tuple(_short(other, modules) for other in others[:_MAX_OTHERS]),
    )


def _show_elements(names: Names, claim: Claim, steps: Sequence[ast.stmt]) -> None:
    """Put elements of parameters in place, unless a step makes what they are taken from."""
    made = {
        n.id for step in steps for n in ast.walk(step) if isinstance(n, ast.Name) and _is_set(n)
    }
    elements = Elements(names, made)
    for node in (*steps, *claim.body):
        elements.visit(node)


def _is_set(name: ast.Name) -> bool:
    return not isinstance(name.ctx, ast.Load)


def _is_due_exception(claim: Claim) -> bool:
    return claim.manner in ("silent", "other_error", "message")


def _short(name: str, modules: Sequence[str]) -> str:
    """Cut the path of the changed module off a name, but for its last part."""
    for module in modules:
        if name.startswith(f"{module}."):
            return name[len(module) - len(module.rpartition(".")[2]) :]
    return name


def _steps(failure: Failure) -> list[ast.stmt]:
    try:
        return [node for step in failure.steps for node in ast.parse(step).body]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _subject(names: Names, claim: Claim, steps: Sequence[ast.stmt]) -> tuple[ast.Call | None, str]:
    """Return the call that the report is about, and its name."""
    if claim.manner in ("error", "other_error", "hang"):
        found = list(names.calls([claim.tested]))
        entered = _entered(names)
        for call, name in found:
            if entered in _functions(name):
                return call, name
        if entered and (_through_test(names) or (not found and entered[:1].isalpha())):
            return None, entered if entered[:1].isalpha() else ""
    run = [step for step in reversed(steps) if not isinstance(step, _DEFINITIONS)]
    for node in [claim.tested, *run]:
        for call, name in names.calls([node]):
            return call, name
    for inner in ast.walk(claim.tested):
        if isinstance(inner, ast.Attribute | ast.Name) and (name := names.public(inner)):
            return None, name
    return None, ""


def _entered(names: Names) -> str:
    """Return the first function of the project on the way to an exception."""
    frames = names.failure.frames
    return next((frame.function for frame in frames if names.is_own_path(frame.path)), "")


def _through_test(names: Names) -> bool:
    """Whether the way from the statement into the project leads through another test file."""
    for frame in names.failure.frames:
        if names.is_own_path(frame.path):
            return False
        if frame.path != names.failure.frames[0].path and frame.path:
            return True
    return False


def _functions(name: str) -> set[str]:
    """Return the functions that a call by this name enters."""
    last = name.rpartition(".")[2]
    return {last, "__init__", "__new__", "__call__"} if last[:1].isupper() else {last}


def _call_text(names: Names, call: ast.Call | None, name: str, modules: Sequence[str]) -> str:
    """Return the call with short values in place of variables, or its name alone."""
    is_object = call is not None and isinstance(call.func, ast.Name) and call.func.id != "self"
    if call is None or (is_object and not _needs_nothing(names, call)):
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

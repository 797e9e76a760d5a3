"""What a failing test was doing, read from its frame. Runs inside boxes, on Python 3.8 or later.

Mounted beside the runner, which imports it before anything of the project's.
"""

import ast
import builtins
import inspect
import types

VALUE_CHARS = 300
STATEMENT_CHARS = 2000
STEPS = 12
STEPS_CHARS = 3000
PLAIN = (str, bytes, int, float, complex, bool, tuple, frozenset, type(None))
"""Types whose values stay what they are, whoever uses them."""
EXPECTS = ("raises", "warns", "assertRaises", "assertRaisesRegex", "assertWarns", "deprecated_call")
"""Calls that open a block in which something is expected to be raised."""
COMPARED = {
    "assertEqual": ("first", "==", "second"),
    "assertNotEqual": ("first", "!=", "second"),
    "assertIs": ("expr1", "is", "expr2"),
    "assertIsNot": ("expr1", "is not", "expr2"),
    "assertIn": ("member", "in", "container"),
    "assertNotIn": ("member", "not in", "container"),
    "assertLess": ("a", "<", "b"),
    "assertLessEqual": ("a", "<=", "b"),
    "assertGreater": ("a", ">", "b"),
    "assertGreaterEqual": ("a", ">=", "b"),
    "assertAlmostEqual": ("first", "==", "second"),
}


def short(value):
    """Return a short repr, or nothing for values whose repr says nothing."""
    try:
        text = repr(value)
    except Exception:
        return ""
    if " at 0x" in text or len(text) > VALUE_CHARS:
        return ""
    return text


def read(frame, line, fallback):
    """Return the statement at `line` (from 1) of the frame, and what it depends on."""
    try:
        nodes, before, source = _find(frame, line)
    except (OSError, SyntaxError, TypeError, ValueError, LookupError):
        return {"statement": fallback[:STATEMENT_CHARS]}
    statement = nodes[-1]
    steps = _slice(statement, before, frame)
    texts = [_text(source, node) for node in steps]
    lost = set()
    if len(texts) > STEPS or sum(map(len, texts)) > STEPS_CHARS:
        lost = {name for node in steps for name in _bound(node)}
        steps, texts = [], []
    found = {"statement": _text(source, statement)[:STATEMENT_CHARS], "steps": texts}
    found.update(_names([*steps, statement], frame))
    # What a lost step made may have changed since; only values that cannot change are true.
    for name in lost & set(found["values"]):
        if not isinstance(frame.f_locals.get(name), PLAIN):
            del found["values"][name]
    return found


def compared_by_unittest(entries):
    """Return the two sides that a unittest assertion compared, from its own frame."""
    for entry in entries:
        names = COMPARED.get(entry.name)
        if names and "unittest" in str(entry.path):
            values = entry.frame.f_locals
            sides = [short(values.get(names[0])), names[1], short(values.get(names[2]))]
            return sides if all(sides) else None
    return None


def _find(frame, line):
    """Return the statements that enclose `line`, outermost first, and all that stand before."""
    lines, first = inspect.getsourcelines(frame.f_code)
    # A block keeps the lines of a dedented string as they are, where dedenting would not.
    source = "if 1:\n" + "".join(lines) if lines[0][:1].isspace() else "\n" + "".join(lines)
    line = line - max(first, 1) + 2
    tree = ast.parse(source)
    block = tree.body[0].body if lines[0][:1].isspace() else tree.body
    nodes, before = [], []
    while block:
        at = [n for n, node in enumerate(block) if _first(node) <= line <= node.end_lineno]
        if not at:
            break
        if not isinstance(block[at[0]], (ast.FunctionDef, ast.AsyncFunctionDef)) or nodes:
            before += [*block[: at[0]]]
        nodes.append(block[at[0]])
        if _expects(nodes[-1]):
            break
        block = _inner(nodes[-1], line)
    return nodes, before, source


def _first(node):
    return min([node.lineno] + [d.lineno for d in getattr(node, "decorator_list", ())])


def _inner(node, line):
    blocks = [getattr(node, field, []) for field in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(node, "handlers", ())]
    for block in blocks:
        if isinstance(block, list) and block and _first(block[0]) <= line <= block[-1].end_lineno:
            return block
    return []


def _expects(node):
    """Whether a statement is a block that expects an exception or a warning."""
    return isinstance(node, (ast.With, ast.AsyncWith)) and any(
        isinstance(call, ast.Call) and _called(call) in EXPECTS
        for item in node.items
        for call in ast.walk(item.context_expr)
    )


def _called(call):
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _slice(statement, before, frame):
    """Return the earlier statements that bind or may change what `statement` uses."""
    needed = _loads(statement)
    kept = []
    for node in reversed(before):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        bound = _bound(node)
        if bound & needed or _changed(node, frame) & needed:
            kept.insert(0, node)
            if isinstance(node, (ast.Assign, ast.AnnAssign)):
                needed -= bound
            needed |= _loads(node)
    return kept


def _loads(node):
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}


def _bound(node):
    """Return the names that a statement binds."""
    found = {
        n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)
    }
    for inner in ast.walk(node):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(inner.name)
        elif isinstance(inner, ast.alias):
            found.add((inner.asname or inner.name).partition(".")[0])
    return found


def _changed(node, frame):
    """Return the names whose value a statement may change in place."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            parts = [inner.func] if isinstance(inner.func, ast.Attribute) else []
            parts += [] if isinstance(node, ast.Assert) else inner.args
            found.update(_root(part) for part in parts)
        elif isinstance(getattr(inner, "ctx", None), (ast.Store, ast.Del)):
            found.add(_root(inner))
    locals_ = frame.f_locals
    return {n for n in found if n in locals_ and n != "self" and not isinstance(locals_[n], PLAIN)}


def _root(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return getattr(node, "id", "")


def _text(source, node):
    """Return the source of a statement, its later lines moved left with its first."""
    lines = source.split("\n")[_first(node) - 1 : node.end_lineno]
    indent = len(lines[0]) - len(lines[0].lstrip())
    whole = ast.get_source_segment(source, node) or ""
    if not getattr(node, "decorator_list", ()):
        lines = whole.split("\n")
        lines[0] = " " * indent + lines[0]
    if all(not line[:indent].strip() for line in lines):
        return "\n".join(line[indent:] for line in lines)
    lines[0] = lines[0][indent:]
    return "\n".join(lines)


def _names(nodes, frame):
    """Return what the names in `nodes` stand for: values, types and origins."""
    names = {n.id for node in nodes for n in ast.walk(node) if isinstance(n, ast.Name)}
    found = {"values": {}, "types": {}, "origins": {}}
    module = frame.f_globals.get("__name__", "")
    for name in sorted(names):
        if name in frame.f_locals:
            _describe(name, frame.f_locals[name], module, found)
        elif name in frame.f_globals:
            _describe(name, frame.f_globals[name], module, found)
        elif hasattr(builtins, name):
            found["origins"][name] = "builtins." + name
    own = frame.f_locals.get("self")
    for node in nodes:
        for inner in ast.walk(node):
            if isinstance(inner, ast.Attribute) and getattr(inner.value, "id", "") == "self":
                values = getattr(own, "__dict__", {})
                if inner.attr in values:
                    _describe("self." + inner.attr, values[inner.attr], module, found)
    return found


def _describe(name, value, own_module, found):
    if isinstance(value, types.ModuleType):
        found["origins"][name] = str(value.__name__)
        return
    qualified = getattr(value, "__qualname__", None)
    if isinstance(qualified, str) and isinstance(getattr(value, "__module__", None), str):
        found["origins"][name] = value.__module__ + "." + qualified
        if isinstance(value, type) and value.__module__ == own_module:
            found["types"][name] = _kind(value, own_module)
        return
    text = "" if isinstance(value, BaseException) else short(value)
    if text:
        found["values"][name] = text
    found["types"][name] = _kind(type(value), own_module)


def _kind(cls, own_module):
    """Return a class by name; one that the test made for itself stands for what it extends."""
    kinds = [kind for kind in cls.__mro__[:-1] if kind.__module__ != own_module]
    kind = kinds[0] if kinds else cls
    return str(kind.__module__) + "." + str(kind.__qualname__)

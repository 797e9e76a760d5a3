"""The wrong attribute or method of the right object."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit

_N_ALTERNATIVES = 2
_ALIKE = 0.6
_SAY_LITTLE = {"", "get", "set", "is", "has", "to", "from", "add", "on", "do", "no", "in", "of"}
_METHODS = {
    "startswith": "endswith",
    "endswith": "startswith",
    "strip": "rstrip",
    "lstrip": "rstrip",
    "rstrip": "lstrip",
    "partition": "rpartition",
    "rpartition": "partition",
    "extend": "append",
    "keys": "values",
    "values": "keys",
    "popleft": "pop",
    "appendleft": "append",
    "isdigit": "isalnum",
    "isalpha": "isalnum",
    "isalnum": "isalpha",
    "lower": "upper",
    "upper": "lower",
    "difference": "intersection",
    "intersection": "union",
    "union": "intersection",
    "issubset": "issuperset",
    "issuperset": "issubset",
    "removeprefix": "removesuffix",
    "removesuffix": "removeprefix",
}
_METHODS_OF_TEXT = {"find": "rfind", "rfind": "find", "index": "rindex", "rindex": "index"}
_METHODS_OF_PATTERN = {"match": "search", "search": "match", "fullmatch": "match"}
_PATTERN = re.compile(r"(^|_)(re|regex|regexp|rx|pat|pattern)(_|$)", re.IGNORECASE)
_WITH_TWO_ARGUMENTS = {"split": "rsplit", "rsplit": "split", "get": "pop"}
_COLLECTIONS = {"list", "tuple", "dict", "set", "str"}
_BUILTINS = {"min": "max", "max": "min", "any": "all", "all": "any"}


def wrong_attribute(function: Function) -> Iterator[Edit]:
    """Read or call a neighbour: another attribute of the object, another method of its type."""
    used = _used_together(function)
    for node in function.each(cst.Attribute):
        if not isinstance(node.value, cst.Name) or node.attr.value.startswith("__"):
            continue
        if function.receiver and node.value.value == function.receiver:
            for other in _of_own_class(function, node):
                yield _renamed(function, node, other)
        else:
            for other in used.get((node.value.value, _shape(function, node)), ()):
                if other != node.attr.value:
                    yield _renamed(function, node, other)
    for call in function.each(cst.Call):
        yield from _of_builtin_type(function, call)


def _of_builtin_type(function: Function, call: cst.Call) -> Iterator[Edit]:
    if isinstance(call.func, cst.Name):
        other = _BUILTINS.get(call.func.value)
        if other is not None and call.args:
            yield Edit(*function.source.span(call.func), other)
        return
    if not isinstance(call.func, cst.Attribute):
        return
    name, base = call.func.attr.value, call.func.value
    if name in function.members.methods:
        return
    table = dict(_METHODS)
    if _PATTERN.search(last_name(base)):
        table.update(_METHODS_OF_PATTERN)
    elif len(call.args) == 2:
        table.update(_WITH_TWO_ARGUMENTS)
    if function.types.of(base) in {"str", "bytes"}:
        table.update(_METHODS_OF_TEXT)
    elif call.args and function.types.of(call.args[0].value) in _COLLECTIONS:
        table["append"] = "extend"
    if name in table:
        yield _renamed(function, call.func, table[name])


def _of_own_class(function: Function, node: cst.Attribute) -> list[str]:
    name, shape = node.attr.value, _shape(function, node)
    if shape == "stored":
        return []
    if shape != "read":
        methods = function.members.methods
        near = [
            other
            for other, n_needed in methods.items()
            if n_needed == methods.get(name)
            and other != function.node.name.value
            and _related(name, other)
        ]
        return _nearest(name, near)
    attributes = function.members.attributes
    if name not in attributes:
        return []
    type_ = attributes[name]
    near = [o for o, t in attributes.items() if t == type_ and (t or _related(name, o))]
    return _nearest(name, near)


def _used_together(function: Function) -> Mapping[tuple[str, str], list[str]]:
    """Attributes of each variable that the function uses in the same way."""
    used: dict[tuple[str, str], list[str]] = defaultdict(list)
    for node in function.each(cst.Attribute):
        shape = _shape(function, node)
        if isinstance(node.value, cst.Name) and node.value.value in function.types.variables:
            others = used[node.value.value, shape]
            if shape != "stored" and node.attr.value not in others:
                others.append(node.attr.value)
    return {key: names[: _N_ALTERNATIVES + 1] for key, names in used.items()}


def _shape(function: Function, node: cst.Attribute) -> str:
    """How the attribute is used: read, stored, or called with so many arguments."""
    parent = function.source.parents[node]
    if isinstance(parent, cst.Call) and parent.func is node:
        return f"called with {len(parent.args)}"
    stores = (cst.AssignTarget, cst.AnnAssign, cst.AugAssign, cst.Del)
    return "stored" if isinstance(parent, stores) and parent.target is node else "read"


def _nearest(name: str, others: list[str]) -> list[str]:
    ranked = sorted((o for o in others if o != name), key=lambda o: (-_likeness(name, o), o))
    return ranked[:_N_ALTERNATIVES]


def _related(left: str, right: str) -> bool:
    shared = set(left.split("_")) & set(right.split("_")) - _SAY_LITTLE
    return bool(shared) or _likeness(left, right) >= _ALIKE


def _likeness(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left, right).ratio()


def _renamed(function: Function, node: cst.Attribute, name: str) -> Edit:
    return Edit(*function.source.span(node.attr), name)

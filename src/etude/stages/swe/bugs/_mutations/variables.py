"""The wrong variable of the right type: read, returned, or in the wrong place of a call."""

from collections.abc import Iterator

import libcst as cst

from etude.stages.swe.bugs._mutations.function import Function, last_name
from etude.stages.swe.bugs._mutations.source import Edit, Source, walk

_N_ALTERNATIVES = 2
_SYMMETRIC = {
    *("min", "max", "isinstance", "issubclass", "hasattr", "getattr", "setattr", "super", "print"),
    *("union", "intersection", "zip", "gcd", "isclose", "range", "cast", "delattr"),
}
_NO_NEWS = {"True", "False", "None", "self", "cls"}
_COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp)
_SMALL = (cst.BinaryOperation, cst.Comparison, cst.Call, cst.BooleanOperation, cst.Tuple)


def wrong_variable(function: Function) -> Iterator[Edit]:
    """Read another variable of the same type that is bound at this point."""
    for name in function.each(cst.Name):
        if not _is_plain_read(function, name):
            continue
        for other in alternatives(function, name):
            yield Edit(*function.source.span(name), other)


def wrong_return(function: Function) -> Iterator[Edit]:
    """Return a neighbouring value, the parts in the wrong order, or nothing."""
    source = function.source
    returns = list(function.each(cst.Return))
    for node in returns:
        value = node.value
        if isinstance(value, cst.Name) and value.value not in _NO_NEWS:
            for other in alternatives(function, value):
                yield Edit(*source.span(value), other)
        elif isinstance(value, cst.Tuple) and len(value.elements) == 2:
            first, second = (e.value for e in value.elements)
            if _alike(function, first, second):
                yield _swap(function, first, second)
        elif isinstance(value, cst.Call) and _can_stand_alone(function, value):
            yield Edit(source.span(node)[0], source.span(value)[0], "")
        several = len(returns) > 1 and isinstance(value, (cst.Name, cst.Attribute))
        if value is not None and several and source.code(value) not in _NO_NEWS:
            yield Edit(*source.outer(value), "None")


def swapped_arguments(function: Function) -> Iterator[Edit]:
    """Pass two neighbouring arguments in the wrong order."""
    for call in function.each(cst.Call):
        if last_name(call) in _SYMMETRIC:
            continue
        for first, second in zip(call.args, call.args[1:], strict=False):
            if first.star or second.star or first.keyword or second.keyword:
                continue
            if _alike(function, first.value, second.value):
                yield _swap(function, first.value, second.value)


def alternatives(function: Function, name: cst.Name) -> list[str]:
    """Names of the same type, sure to be bound where `name` is read, the likeliest first."""
    types = function.types.names
    if name.value not in types:
        return []
    bound = function.bound(name)
    aliases = _aliases(function, name.value)
    found = [
        other
        for other, type_ in types.items()
        if type_ == types[name.value]
        and other in bound
        and other not in aliases
        and other not in {name.value, function.receiver, "_"}
        and not _stands_beside(function, name, other)
    ]
    return sorted(found, key=lambda other: (-_shared(name.value, other), other))[:_N_ALTERNATIVES]


def _can_stand_alone(function: Function, call: cst.Call) -> bool:
    """Whether the call reads like a statement of its own once `return` is gone."""
    typed = function.node.returns is not None
    return not typed and not call.lpar and "\n" not in function.source.code(call)


def _is_plain_read(function: Function, name: cst.Name) -> bool:
    source = function.source
    if not source.is_load(name) or name.value not in function.types.names:
        return False
    parent = source.parents[name]
    if isinstance(parent, (cst.AugAssign, cst.Return)) or function.inside(name, cst.Lambda):
        return False
    if isinstance(parent, cst.Arg) and parent.star:
        return False
    return not any(
        isinstance(a, _COMPREHENSIONS) and name.value in _bound_in(source, a)
        for a in source.ancestors(name)
    )


def _bound_in(source: Source, node: cst.CSTNode) -> set[str]:
    return {n.value for n in walk(node) if isinstance(n, cst.Name) and n in source.binders}


def _stands_beside(function: Function, name: cst.Name, other: str) -> bool:
    """Whether `other` is already read in the same small expression or bound by its statement."""
    around: cst.CSTNode = name
    for ancestor in function.source.ancestors(name):
        if isinstance(ancestor, cst.Assign):
            return any(_is_name(t.target, other) for t in ancestor.targets)
        if isinstance(ancestor, (cst.BaseSmallStatement, cst.BaseCompoundStatement)):
            break
        if isinstance(ancestor, _SMALL):
            around = ancestor
            break
    return other in _names(around)


def _names(node: cst.CSTNode) -> set[str]:
    return {n.value for n in walk(node) if isinstance(n, cst.Name)}


def _is_name(node: cst.CSTNode, value: str) -> bool:
    return isinstance(node, cst.Name) and node.value == value


def _aliases(function: Function, name: str) -> set[str]:
    """Names that somewhere hold the very same value."""
    found = set()
    for node in function.each(cst.Assign):
        names = [t.target.value for t in node.targets if isinstance(t.target, cst.Name)]
        if isinstance(node.value, cst.Name):
            names.append(node.value.value)
        if name in names:
            found |= set(names)
    return found


def _shared(left: str, right: str) -> int:
    return len(set(left.split("_")) & set(right.split("_")))


def _alike(function: Function, first: cst.BaseExpression, second: cst.BaseExpression) -> bool:
    plausible = (cst.Name, cst.Attribute, cst.Subscript)
    if not isinstance(first, plausible) or not isinstance(second, plausible):
        return False
    left, right = function.source.code(first), function.source.code(second)
    constants = {"None", "True", "False", function.receiver}
    if left == right or {left, right} & constants or "\n" in left + right:
        return False
    if last_name(first)[:1].isupper() != last_name(second)[:1].isupper():
        return False
    return function.types.of(first) == function.types.of(second)


def _swap(function: Function, first: cst.BaseExpression, second: cst.BaseExpression) -> Edit:
    source = function.source
    (start, first_end), (second_start, end) = source.outer(first), source.outer(second)
    between = source.slice(first_end, second_start)
    return Edit(start, end, source.code(second) + between + source.code(first))

"""Members: the attributes and methods that every object of a class is sure to have."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

import libcst as cst
import msgspec

from etude.stages.swe.bugs._mutations.binding import parameters_of
from etude.stages.swe.bugs._mutations.inference import Types, annotation_type, literal_type
from etude.stages.swe.bugs._mutations.source import Source, walk


class Members(msgspec.Struct, frozen=True, kw_only=True):
    """What the body of one class defines."""

    attributes: dict[str, str] = {}
    """Attributes set in `__init__` or the class body, with their types; empty when unknown."""
    methods: dict[str, int] = {}
    """Plain methods, with the number of parameters they need beside the object."""


class Facts:
    """What a whole file tells about the names used in its functions."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._members: dict[cst.ClassDef, Members] = {}

    def members(self, owner: cst.ClassDef | None) -> Members:
        """What the class of a method has; nothing for a plain function."""
        if owner is None:
            return Members()
        if owner not in self._members:
            self._members[owner] = _members_of(self.source, owner)
        return self._members[owner]

    @cached_property
    def defaults(self) -> Mapping[str, Mapping[str, str]]:
        """Defaults of the parameters of each function, by name; a class has its `__init__`'s."""
        found: dict[str, dict[str, str]] = {}
        for node in walk(self.source.module):
            if not isinstance(node, cst.FunctionDef):
                continue
            name = node.name.value
            if name == "__init__":
                above = self.source.ancestors(node)
                name = next((a.name.value for a in above if isinstance(a, cst.ClassDef)), name)
            defaults = found.setdefault(name, {})
            for param in parameters_of(node.params):
                if param.default is not None:
                    defaults[param.name.value] = self.source.code(param.default)
        return found


def _members_of(source: Source, owner: cst.ClassDef) -> Members:
    """Collect the members that the text of `owner` itself tells of."""
    found: dict[str, set[str]] = defaultdict(set)
    methods: dict[str, int] = {}
    for statement in owner.body.body:
        if isinstance(statement, cst.FunctionDef):
            name = statement.name.value
            if name in {"__init__", "__new__", "__attrs_post_init__", "__post_init__"}:
                for attribute, type_ in _set_on_self(source, statement):
                    found[attribute].add(type_)
            elif not statement.decorators and not name.startswith("__"):
                methods[name] = _n_needed(statement)
        elif isinstance(statement, cst.SimpleStatementLine):
            for attribute, type_ in _set_in_class(statement):
                found[attribute].add(type_)
    attributes = {
        name: next(iter(types - {""}), "") if len(types - {""}) == 1 else ""
        for name, types in found.items()
        if not name.startswith("__")
    }
    return Members(attributes=attributes, methods=methods)


def _set_on_self(source: Source, init: cst.FunctionDef) -> Iterator[tuple[str, str]]:
    types = Types(source, init, {})
    for node in walk(init.body):
        if isinstance(node, cst.Assign):
            targets, type_ = [t.target for t in node.targets], types.of(node.value)
        elif isinstance(node, cst.AnnAssign):
            targets, type_ = [node.target], annotation_type(node.annotation)
        else:
            continue
        for target in targets:
            if isinstance(target, cst.Attribute) and source.code(target.value) == "self":
                yield target.attr.value, type_


def _set_in_class(statement: cst.SimpleStatementLine) -> Iterator[tuple[str, str]]:
    for node in statement.body:
        if isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name):
            yield node.target.value, annotation_type(node.annotation)
        elif isinstance(node, cst.Assign) and isinstance(node.targets[0].target, cst.Name):
            yield node.targets[0].target.value, literal_type(node.value)


def _n_needed(method: cst.FunctionDef) -> int:
    params = [*method.params.posonly_params, *method.params.params, *method.params.kwonly_params]
    return sum(p.default is None for p in params) - 1

"""Function: one function of a file, and the parts of it that are worth breaking.

Left out are the parts whose change is no bug or a toy: annotations, docstrings,
messages of errors, warnings and logs, and whatever feeds only these.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import NamedTuple, TypeVar

import libcst as cst

from etude.stages.swe.bugs._mutations.binding import Names, bound_before, bound_names
from etude.stages.swe.bugs._mutations.inference import Types
from etude.stages.swe.bugs._mutations.members import Facts
from etude.stages.swe.bugs._mutations.source import Source, children, walk

NodeT = TypeVar("NodeT", bound=cst.CSTNode)

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement
_NO_BODY_OF_OWN = {"overload", "abstractmethod", "abstractproperty", "deprecated"}
_LOGGERS = {"log", "logger", "logging", "_log", "_logger", "LOG", "LOGGER", "_LOGGER"}
_LOG_CALLS = {"debug", "info", "warning", "warn", "error", "exception", "critical", "log"}
_TEXT_FOR_PEOPLE = {"help", "description", "doc", "metavar", "message", "msg", "epilog", "usage"}
_TEXT_METHODS = {"__str__", "__format__"}


class Place(NamedTuple):
    """A function and where it stands."""

    node: cst.FunctionDef
    name: str
    """Qualified, such as `Parser.feed`."""
    owner: cst.ClassDef | None
    """The class it is a method of."""


def places(source: Source) -> list[Place]:
    """Every function of the file that is worth breaking, in source order."""
    return list(_places(source.module, (), None))


def last_name(node: cst.CSTNode) -> str:
    """The last part of a dotted name; that of the callee for a call; else empty."""
    if isinstance(node, cst.Call):
        node = node.func
    if isinstance(node, cst.Attribute):
        node = node.attr
    return node.value if isinstance(node, cst.Name) else ""


class Function:
    """One function, its live nodes by type, and what is known about its names."""

    def __init__(self, facts: Facts, place: Place) -> None:
        self.facts = facts
        self.source = facts.source
        self.node = place.node
        self.name = place.name
        self.owner = place.owner
        self.members = facts.members(place.owner)
        """What the class of this method has; empty for a plain function."""
        self.statements = [s for s in self.node.body.body if not is_text(s)]
        self._by_type: dict[type[cst.CSTNode], list[cst.CSTNode]] = defaultdict(list)
        self._quiet_names: frozenset[str] = frozenset()
        self._quiet_names = self._names_only_in_messages()
        for statement in self.node.body.body:
            for node in self._live(statement):
                self._by_type[type(node)].append(node)

    def each(self, kind: type[NodeT]) -> Iterator[NodeT]:
        """Nodes of exactly this type, in source order; none inside nested functions."""
        for node in self._by_type.get(kind, ()):
            if isinstance(node, kind):
                yield node

    @cached_property
    def types(self) -> Types:
        """The inferred types of the names in this function."""
        return Types(self.source, self.node, self.members.attributes)

    @cached_property
    def receiver(self) -> str:
        """Name of the parameter that holds the object, such as `self`; empty when none does."""
        static = any(last_name(d.decorator) == "staticmethod" for d in self.node.decorators)
        params = [*self.node.params.posonly_params, *self.node.params.params]
        return params[0].name.value if self.owner is not None and params and not static else ""

    @cached_property
    def _bound(self) -> Mapping[cst.CSTNode, Names]:
        return bound_before(self.source, self.node)

    @cached_property
    def _loads(self) -> Mapping[str, list[cst.Name]]:
        loads: dict[str, list[cst.Name]] = defaultdict(list)
        for node in walk(self.node.body):
            if isinstance(node, cst.Name) and self.source.is_load(node):
                loads[node.value].append(node)
        return loads

    def statement_of(self, node: cst.CSTNode) -> cst.CSTNode:
        """The innermost statement that holds `node`, or `node` itself when it is one."""
        while node not in self._bound:
            node = self.source.parents[node]
        return node

    def bound(self, node: cst.CSTNode) -> Names:
        """Names that are certain to be bound when the statement around `node` starts."""
        return self._bound[self.statement_of(node)]

    def droppable(self, *nodes: cst.CSTNode) -> bool:
        """Whether `nodes` can go without leaving a name that is sure to be missing."""
        bound = self.bound(nodes[0])
        inside = {n for node in nodes for n in walk(node)}
        if any(isinstance(n, (cst.Global, cst.Nonlocal, cst.Yield)) for n in inside):
            return False
        return not any(
            name not in bound and any(load not in inside for load in self._loads[name])
            for node in nodes
            for name in bound_names(self.source, node)
        )

    def inside(self, node: cst.CSTNode, *kinds: type[cst.CSTNode]) -> bool:
        """Whether `node` lies in a node of one of `kinds` within this function."""
        for ancestor in self.source.ancestors(node):
            if ancestor is self.node:
                return False
            if isinstance(ancestor, kinds):
                return True
        return False

    def _live(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)) or self._quiet(node):
            return
        yield node
        for child in children(node):
            yield from self._live(child)

    def _quiet(self, node: cst.CSTNode) -> bool:
        """Whether nothing below `node` is worth changing."""
        if isinstance(node, (cst.Annotation, cst.Global, cst.Nonlocal, cst.Import, cst.ImportFrom)):
            return True
        if isinstance(node, cst.Arg):
            return self._quiet_argument(node)
        if isinstance(node, cst.Call):
            return _reports(node)
        if isinstance(node, cst.Expr):
            return isinstance(node.value, cst.BaseString) or self._quiet(node.value)
        if isinstance(node, (cst.SimpleStatementLine, cst.IndentedBlock, cst.SimpleStatementSuite)):
            return all(self._quiet(s) for s in node.body)
        if isinstance(node, cst.If):
            only_reports = node.orelse is None and self._quiet(node.body)
            return only_reports or last_name(node.test) == "TYPE_CHECKING"
        if isinstance(node, cst.Assign):
            target = node.targets[0].target
            return isinstance(target, cst.Name) and target.value in self._quiet_names
        if isinstance(node, cst.BaseString):
            return self._text_for_people(node)
        return False

    def _quiet_argument(self, node: cst.Arg) -> bool:
        call = self.source.parents[node]
        if not isinstance(call, cst.Call):
            return False
        if node.keyword is not None and node.keyword.value in _TEXT_FOR_PEOPLE:
            return True
        if last_name(call) == "cast" and call.args[0] is node:
            return True
        return isinstance(self.source.parents[call], cst.Raise)

    def _text_for_people(self, node: cst.BaseString) -> bool:
        if self.node.name.value in _TEXT_METHODS:
            return True
        parent = self.source.parents[node]
        if isinstance(parent, cst.Raise):
            return True
        return isinstance(parent, cst.Assert) and parent.msg is node

    def _names_only_in_messages(self) -> frozenset[str]:
        everywhere = Counter(name for name, loads in self._loads.items() for _ in loads)
        live: Counter[str] = Counter()
        for statement in self.node.body.body:
            for node in self._live_and_nested(statement):
                if isinstance(node, cst.Name) and self.source.is_load(node):
                    live[node.value] += 1
        return frozenset(name for name in everywhere if not live[name])

    def _live_and_nested(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        if self._quiet(node):
            return
        yield node
        for child in children(node):
            yield from self._live_and_nested(child)


def is_text(node: cst.CSTNode) -> bool:
    """Whether a statement is nothing but a string: a docstring."""
    if isinstance(node, cst.SimpleStatementLine):
        return len(node.body) == 1 and is_text(node.body[0])
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.BaseString)


def _places(
    node: cst.CSTNode, names: tuple[str, ...], owner: cst.ClassDef | None
) -> Iterator[Place]:
    if isinstance(node, cst.If) and not _runs_in_tests(node):
        if node.orelse is not None:
            yield from _places(node.orelse, names, owner)
        return
    if isinstance(node, cst.FunctionDef):
        names = (*names, node.name.value)
        if _worth_breaking(node):
            yield Place(node, ".".join(names), owner)
        owner = None
    elif isinstance(node, cst.ClassDef):
        names, owner = (*names, node.name.value), node
    for child in children(node):
        if not isinstance(child, cst.BaseExpression):
            yield from _places(child, names, owner)


def _runs_in_tests(node: cst.If) -> bool:
    names = {n.value for n in walk(node.test) if isinstance(n, cst.Name)}
    return not names & {"TYPE_CHECKING", "__name__"}


def _worth_breaking(node: cst.FunctionDef) -> bool:
    if node.name.value == "__repr__":
        return False
    if any(last_name(d.decorator) in _NO_BODY_OF_OWN for d in node.decorators):
        return False
    return not all(_says_nothing(s) for s in node.body.body)


def _says_nothing(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.SimpleStatementLine):
        return all(_says_nothing(s) for s in node.body)
    if isinstance(node, cst.Raise):
        return node.exc is not None and last_name(node.exc) == "NotImplementedError"
    return isinstance(node, cst.Pass) or (
        isinstance(node, cst.Expr) and isinstance(node.value, (cst.BaseString, cst.Ellipsis))
    )


def _reports(call: cst.Call) -> bool:
    """Whether the call only writes a warning or a log."""
    name = last_name(call)
    if not isinstance(call.func, cst.Attribute):
        return name in {"warn", "getLogger"}
    base = last_name(call.func.value)
    return (name in _LOG_CALLS and base in _LOGGERS) or base == "warnings" or name == "getLogger"

"""Which names are certain to be bound before a statement runs."""

from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from etude.stages.swe.bugs._mutations.source import Source, children

Names = frozenset[str]
_ENDS = (cst.Return, cst.Raise, cst.Break, cst.Continue)


def bound_names(source: Source, node: cst.CSTNode) -> Iterator[str]:
    """Names that `node` itself binds in the scope it stands in, functions and classes included."""
    if isinstance(node, cst.Name):
        if node in source.binders:
            yield node.value
        return
    if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
        yield node.name.value
        return
    if isinstance(node, (cst.Lambda, cst.CompFor)):
        return
    if isinstance(node, cst.ImportAlias):
        name = node.evaluated_alias or node.evaluated_name.partition(".")[0]
        yield name
        return
    for child in children(node):
        yield from bound_names(source, child)


def bound_before(source: Source, function: cst.FunctionDef) -> Mapping[cst.CSTNode, Names]:
    """For every statement of the function: the names bound whichever way it was reached."""
    flow = _Flow(source)
    parameters = frozenset(
        p.name.value for p in parameters_of(function.params) if isinstance(p.name, cst.Name)
    )
    flow.suite(function.body, parameters)
    return flow.before


def parameters_of(params: cst.Parameters) -> list[cst.Param]:
    """Every parameter, in order, starred ones included."""
    starred = [p for p in (params.star_arg, params.star_kwarg) if isinstance(p, cst.Param)]
    return [*params.posonly_params, *params.params, *params.kwonly_params, *starred]


class _Flow:
    """Follows the statements of one function; `None` stands for "never gets past here"."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.before: dict[cst.CSTNode, Names] = {}

    def suite(self, suite: cst.CSTNode, bound: Names) -> Names | None:
        now: Names | None = bound
        for statement in getattr(suite, "body", ()):
            self.before[statement] = now if now is not None else bound
            after = self.statement(statement, self.before[statement])
            now = None if now is None else after
        return now

    def statement(self, node: cst.CSTNode, bound: Names) -> Names | None:
        if isinstance(node, cst.If):
            return self.branches(node, bound)
        if isinstance(node, cst.With):
            return self.suite(node.body, bound | self.binds(*node.items))
        if isinstance(node, (cst.For, cst.While)):
            return self.loop(node, bound)
        if isinstance(node, (cst.Try, cst.TryStar)):
            return self.attempt(node, bound)
        if isinstance(node, cst.Match):
            ends = [
                self.suite(c.body, bound | self.binds(c.pattern, *([c.guard] if c.guard else [])))
                for c in node.cases
            ]
            return _meet([*ends, bound])
        if isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[-1], _ENDS):
            return None
        small = node.body if isinstance(node, cst.SimpleStatementLine) else (node,)
        deleted = self.binds(*(s for s in small if isinstance(s, cst.Del)))
        return (bound | self.binds(node)) - deleted

    def branches(self, node: cst.If, bound: Names) -> Names | None:
        bound |= self.binds(node.test)
        ends = [self.suite(node.body, bound)]
        if isinstance(node.orelse, cst.If):
            self.before[node.orelse] = bound
            ends.append(self.branches(node.orelse, bound))
        elif node.orelse is not None:
            ends.append(self.suite(node.orelse.body, bound))
        else:
            ends.append(bound)
        return _meet(ends)

    def loop(self, node: cst.For | cst.While, bound: Names) -> Names:
        inside = self.binds(node.target if isinstance(node, cst.For) else node.test)
        self.suite(node.body, bound | inside)
        if node.orelse is not None:
            self.suite(node.orelse.body, bound)
        return bound

    def attempt(self, node: cst.Try | cst.TryStar, bound: Names) -> Names | None:
        tried = self.suite(node.body, bound)
        if node.orelse is not None:
            tried = self.suite(node.orelse.body, tried if tried is not None else bound)
        ends = [tried]
        for handler in node.handlers:
            named = self.binds(handler.name) if handler.name is not None else frozenset()
            end = self.suite(handler.body, bound | named)
            ends.append(None if end is None else end - named)
        after = _meet(ends)
        if node.finalbody is not None:
            last = self.suite(node.finalbody.body, bound)
            after = None if after is None or last is None else after | last
        return after

    def binds(self, *nodes: cst.CSTNode) -> Names:
        return frozenset(n for node in nodes for n in bound_names(self.source, node))


def _meet(ends: Iterable[Names | None]) -> Names | None:
    alive = [end for end in ends if end is not None]
    return frozenset.intersection(*alive) if alive else None

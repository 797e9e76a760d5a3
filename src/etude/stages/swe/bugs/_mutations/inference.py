"""Types: what kind of value each name holds, as far as the text of a function tells.

A guess from annotations, defaults, assignments and, failing these, from use.
An empty string means unknown. Wrong guesses cost a poor bug, nothing else.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import libcst as cst

from etude.stages.swe.bugs._mutations.binding import parameters_of
from etude.stages.swe.bugs._mutations.source import Source, walk

_CALLS = {
    **dict.fromkeys(("len", "int", "ord", "hash", "id", "round"), "int"),
    **dict.fromkeys(("str", "repr", "chr", "format", "ascii", "hex", "bin"), "str"),
    **dict.fromkeys(("isinstance", "issubclass", "hasattr", "callable", "any", "all"), "bool"),
    **dict.fromkeys(("enumerate", "zip", "map", "filter", "iter", "reversed"), "iterator"),
    **dict.fromkeys(("list", "sorted"), "list"),
    **{name: name for name in ("bool", "float", "dict", "set", "tuple", "bytes", "frozenset")},
    **{"bytearray": "bytearray", "type": "type", "deque": "deque", "defaultdict": "dict"},
    "OrderedDict": "dict",
}
_METHODS = {
    **dict.fromkeys(
        ("strip", "lstrip", "rstrip", "lower", "upper", "title", "capitalize", "casefold"), "str"
    ),
    **dict.fromkeys(("join", "replace", "format", "decode", "group", "sub", "zfill"), "str"),
    **dict.fromkeys(("split", "rsplit", "splitlines", "findall"), "list"),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isspace"), "bool"),
    **dict.fromkeys(("find", "rfind", "index", "rindex", "count", "bit_length"), "int"),
    **dict.fromkeys(("keys", "values", "items"), "view"),
    **dict.fromkeys(("match", "search", "fullmatch"), "match"),
    **dict.fromkeys(("partition", "rpartition", "groups"), "tuple"),
    "encode": "bytes",
}
_USES = {
    **dict.fromkeys(
        ("strip", "lstrip", "rstrip", "lower", "upper", "startswith", "endswith", "splitlines"),
        "str",
    ),
    **dict.fromkeys(("split", "replace", "encode", "partition", "rpartition", "isdigit"), "str"),
    **dict.fromkeys(("append", "extend", "insert", "sort", "reverse"), "list"),
    **dict.fromkeys(("items", "keys", "values", "setdefault"), "dict"),
    **dict.fromkeys(("discard", "issubset", "difference", "union"), "set"),
    **dict.fromkeys(("group", "groups", "groupdict"), "match"),
    **dict.fromkeys(("read", "readline", "write", "seek"), "file"),
}
_ANNOTATIONS = {
    "List": "list",
    "Dict": "dict",
    "Set": "set",
    "Tuple": "tuple",
    "Text": "str",
    "Mapping": "dict",
    "MutableMapping": "dict",
    "Pattern": "pattern",
    "Match": "match",
    "Any": "",
    "object": "",
    "Union": "",
    "Literal": "",
}
_ELEMENTS = {"range": "int", "splitlines": "str", "split": "str", "keys": ""}


class Types:
    """The inferred types of the names of one function."""

    def __init__(
        self, source: Source, function: cst.FunctionDef, attributes: Mapping[str, str]
    ) -> None:
        self._source = source
        self._attributes = attributes
        evidence: dict[str, list[str]] = defaultdict(list)
        self.names: dict[str, str] = {}
        """Type of each name whose evidence agrees."""
        self.variables: frozenset[str] = frozenset()
        """Every parameter and every name assigned in the function."""
        for each in parameters_of(function.params):
            evidence[each.name.value].append(_parameter_type(each))
        nodes = list(walk(function.body))
        for node in nodes:
            for name, type_ in self._assigned(node):
                evidence[name].append(type_)
                if agreed := _agreed(evidence[name]):
                    self.names[name] = agreed
        star, stars = function.params.star_arg, function.params.star_kwarg
        for param, type_ in ((star, "tuple"), (stars, "dict")):
            if isinstance(param, cst.Param):
                evidence[param.name.value] = [type_]
        self.variables = frozenset(evidence)
        used = self._used(nodes)
        self.names = {}
        for name, types in evidence.items():
            known = {t for t in types if t}
            if agreed := _agreed(types) if known else _agreed(used.get(name, [])):
                self.names[name] = agreed

    def of(self, node: cst.CSTNode) -> str:
        """Type of the value of an expression; empty when unknown."""
        if isinstance(node, cst.Name):
            literal = {"True": "bool", "False": "bool", "None": ""}
            return literal.get(node.value) or self.names.get(node.value, "")
        if isinstance(node, cst.Attribute):
            return self._attribute(node)
        if isinstance(node, cst.Call):
            return self._called(node)
        if isinstance(node, cst.BinaryOperation):
            return self._computed(node)
        if isinstance(node, cst.Subscript):
            sliced = isinstance(node.slice[0].slice, cst.Slice)
            base = self.of(node.value)
            return base if sliced or base == "str" else ""
        return literal_type(node)

    def _attribute(self, node: cst.Attribute) -> str:
        if isinstance(node.value, cst.Name) and node.value.value in {"self", "cls"}:
            return self._attributes.get(node.attr.value, "")
        return ""

    def _called(self, node: cst.Call) -> str:
        if isinstance(node.func, cst.Name):
            name = node.func.value
            if name in _CALLS:
                return _CALLS[name]
            return name if name[:1].isupper() else ""
        if isinstance(node.func, cst.Attribute):
            name = node.func.attr.value
            if name == "copy":
                return self.of(node.func.value)
            found = _METHODS.get(name, "")
            return "bytes" if found == "str" and self.of(node.func.value) == "bytes" else found
        return ""

    def _computed(self, node: cst.BinaryOperation) -> str:
        left, right = self.of(node.left), self.of(node.right)
        if isinstance(node.operator, cst.Modulo) and left in {"str", "bytes"}:
            return left
        if isinstance(node.operator, cst.Divide):
            return "float" if left in {"int", "float"} else ""
        if left == right:
            return left
        return left or right if {left, right} <= {"int", ""} else ""

    def _assigned(self, node: cst.CSTNode) -> Iterator[tuple[str, str]]:
        if isinstance(node, cst.Assign):
            for target in node.targets:
                yield from self._pairs(target.target, node.value)
        elif isinstance(node, cst.AnnAssign) and isinstance(node.target, cst.Name):
            yield node.target.value, annotation_type(node.annotation)
        elif isinstance(node, cst.NamedExpr):
            yield from self._pairs(node.target, node.value)
        elif isinstance(node, cst.For):
            yield from self._looped(node.target, node.iter)
        elif isinstance(node, cst.WithItem) and node.asname is not None:
            yield from self._pairs(node.asname.name, node.item)

    def _pairs(self, target: cst.CSTNode, value: cst.CSTNode) -> Iterator[tuple[str, str]]:
        if isinstance(target, cst.Name):
            yield target.value, self.of(value)
        elif isinstance(target, (cst.Tuple, cst.List)):
            values: list[cst.CSTNode | None] = [None] * len(target.elements)
            if isinstance(value, (cst.Tuple, cst.List)) and len(value.elements) == len(values):
                values = [e.value for e in value.elements]
            parts = isinstance(value, cst.Call) and _call_name(value) in {"partition", "rpartition"}
            for element, single in zip(target.elements, values, strict=True):
                if isinstance(element.value, cst.Name):
                    known = self.of(single) if single is not None else "str" if parts else ""
                    yield element.value.value, known

    def _looped(self, target: cst.CSTNode, iterated: cst.CSTNode) -> Iterator[tuple[str, str]]:
        name = _call_name(iterated)
        if isinstance(target, cst.Name):
            element = "str" if self.of(iterated) == "str" else _ELEMENTS.get(name, "")
            yield target.value, element
        elif isinstance(target, cst.Tuple) and name == "enumerate":
            first = target.elements[0].value
            if isinstance(first, cst.Name):
                yield first.value, "int"
            if len(target.elements) > 1 and isinstance(target.elements[1].value, cst.Name):
                yield target.elements[1].value.value, ""

    def _used(self, nodes: list[cst.CSTNode]) -> Mapping[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for node in nodes:
            if isinstance(node, cst.Name) and self._source.is_load(node):
                found[node.value].append(self._use(node, self._source.parents[node]))
        return found

    def _use(self, name: cst.Name, parent: cst.CSTNode) -> str:
        if isinstance(parent, cst.Attribute):
            return _USES.get(parent.attr.value, "")
        if isinstance(parent, cst.BinaryOperation):
            other = parent.right if parent.left is name else parent.left
            plus = isinstance(parent.operator, (cst.Add, cst.Subtract))
            return self.of(other) if plus and not isinstance(other, cst.Name) else ""
        if isinstance(parent, (cst.Comparison, cst.ComparisonTarget)):
            return self._compared(parent)
        if isinstance(parent, cst.Slice):
            return "int"
        if isinstance(parent, cst.Call) and parent.func is name:
            return "callable"
        if isinstance(parent, cst.Arg) and _call_name(self._source.parents[parent]) == "range":
            return "int"
        return ""

    def _compared(self, node: cst.Comparison | cst.ComparisonTarget) -> str:
        whole = node if isinstance(node, cst.Comparison) else self._source.parents[node]
        if not isinstance(whole, cst.Comparison) or len(whole.comparisons) != 1:
            return ""
        target = whole.comparisons[0]
        if isinstance(target.operator, (cst.In, cst.NotIn, cst.Is, cst.IsNot)):
            return ""
        other = target.comparator if node is whole else whole.left
        return literal_type(other)


def literal_type(node: cst.CSTNode) -> str:
    """Type that the form of an expression alone tells; empty when it tells none."""
    if isinstance(node, (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)):
        prefix = getattr(node, "prefix", "")
        return "bytes" if "b" in prefix.lower() else "str"
    if isinstance(node, cst.UnaryOperation):
        return "bool" if isinstance(node.operator, cst.Not) else literal_type(node.expression)
    shapes: tuple[tuple[type[cst.CSTNode], str], ...] = (
        (cst.Integer, "int"),
        (cst.Float, "float"),
        (cst.List, "list"),
        (cst.ListComp, "list"),
        (cst.Dict, "dict"),
        (cst.DictComp, "dict"),
        (cst.Set, "set"),
        (cst.SetComp, "set"),
        (cst.Tuple, "tuple"),
        (cst.GeneratorExp, "iterator"),
        (cst.Comparison, "bool"),
        (cst.Lambda, "callable"),
    )
    return next((type_ for shape, type_ in shapes if isinstance(node, shape)), "")


def annotation_type(annotation: cst.Annotation) -> str:
    """Type an annotation names, `Optional` and `| None` taken off; empty when it is a union."""
    node: cst.CSTNode = annotation.annotation
    if isinstance(node, cst.BinaryOperation):
        sides = [s for s in (node.left, node.right) if not _is_none(s)]
        if len(sides) != 1:
            return ""
        node = sides[0]
    if isinstance(node, cst.Subscript):
        name = _dotted_end(node.value)
        index = node.slice[0].slice
        if name == "Optional" and isinstance(index, cst.Index):
            return _named(_dotted_end(index.value))
        return _named(name)
    return _named(_dotted_end(node))


def _parameter_type(param: cst.Param) -> str:
    if param.annotation is not None:
        return annotation_type(param.annotation)
    if param.default is None:
        return ""
    if isinstance(param.default, cst.Name) and param.default.value in {"True", "False"}:
        return "bool"
    return literal_type(param.default)


def _agreed(types: list[str]) -> str:
    known = {t for t in types if t}
    return known.pop() if len(known) == 1 else ""


def _named(name: str) -> str:
    return _ANNOTATIONS.get(name, name)


def _dotted_end(node: cst.CSTNode) -> str:
    if isinstance(node, cst.Attribute):
        node = node.attr
    return node.value if isinstance(node, cst.Name) else ""


def _call_name(node: cst.CSTNode) -> str:
    return _dotted_end(node.func) if isinstance(node, cst.Call) else ""


def _is_none(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Name) and node.value == "None"

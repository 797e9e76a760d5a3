"""Which names of a test a user of the library would know, and what to call them."""

import ast
import builtins
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from etude.records import Codebase
from etude.rollout.suites import Failure

_FOR_TESTS = {"unittest", "pytest", "_pytest", "mock", "hypothesis", "doctest", "test"}
_TEST_PART = re.compile(r"tests?|testing|conftest|test_\w+|\w+_tests?")
_PLAIN = {"str", "bytes", "int", "float", "complex", "bool", "tuple", "frozenset", "NoneType"}
_INLINE_CHARS = 40
_OF_THIS_MACHINE = re.compile(r"pytest-of-|/tmp/| at 0x|\\x1b")


class Names:
    """The names that one failing test uses."""

    def __init__(self, codebase: Codebase, failure: Failure) -> None:
        self.failure = failure
        self.roots = codebase.source_roots
        self.own = {PurePosixPath(root).stem for root in codebase.source_roots}
        self.own.add(codebase.name.replace("-", "_").lower())
        self.installed = {
            line.partition("==")[0].replace("-", "_").lower() for line in codebase.lock
        }

    def is_own(self, origin: str) -> bool:
        """Whether a dotted name belongs to the project's own code, tests apart."""
        parts = origin.split(".")
        return parts[0] in self.own and not self._is_for_tests(parts)

    def is_known(self, name: str) -> bool:
        """Whether shown code may use a name that it does not bind."""
        if hasattr(builtins, name):
            return True
        parts = self.failure.origins.get(name, "").split(".")
        if parts == [""] or self._is_for_tests(parts):
            return False
        top = parts[0]
        if top in self.own:
            return not is_private(parts[-1])
        return top in sys.stdlib_module_names or top.lower() in self.installed

    def _is_for_tests(self, parts: Sequence[str]) -> bool:
        return parts[0] in _FOR_TESTS or any(_TEST_PART.fullmatch(part) for part in parts)

    def value(self, name: str) -> str:
        """Return code for the value of a variable; empty when there is none to show."""
        text = self.failure.values.get(name, self.failure.values.get(f"self.{name}", ""))
        if not text or _OF_THIS_MACHINE.search(text):
            return ""
        try:
            tree = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            return ""
        kind = self.failure.types.get(name, "").split(".")
        free = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} - {kind[-1], kind[0]}
        return text if all(self.is_known(name) for name in free) else ""

    def plain(self, name: str) -> str:
        """Return the value of a variable where it is short enough to stand for its name."""
        kind = self.failure.types.get(name, "").removeprefix("builtins.")
        text = self.value(name)
        return text if kind in _PLAIN and len(text) <= _INLINE_CHARS else ""

    def public(self, node: ast.expr) -> str:
        """Return what a user calls the function that `node` stands for; empty for none of theirs.

        A method is named after the class of its object, such as `Session.get`.
        """
        if isinstance(node, ast.Name):
            return self._public_name(node.id)
        if isinstance(node, ast.Call):
            return self.public(node.func)
        if isinstance(node, ast.Subscript | ast.Await | ast.Starred):
            return self.public(node.value)
        if not isinstance(node, ast.Attribute):
            return ""
        base = self.public(node.value)
        if not base and isinstance(node.value, ast.Name):
            origin = self.failure.origins.get(node.value.id, "")
            base = self.real(node.value.id) if self.is_own(origin) else ""
        if not base or is_private(node.attr):
            return ""
        # What a function returns has no name; the function stays the best one.
        is_function = isinstance(node.value, ast.Call) and not _is_class(base)
        deep = isinstance(node.value, ast.Attribute | ast.Subscript) and "." in base
        return base if is_function or (deep and base[0].isupper()) else f"{base}.{node.attr}"

    def _public_name(self, name: str) -> str:
        origin = self.failure.origins.get(name, "")
        if self.is_own(origin):
            name = self.real(name)
            return "" if is_private(name) else name
        kind = self.failure.types.get(name, self.failure.types.get(f"self.{name}", ""))
        last = kind.rpartition(".")[2]
        return last if self.is_own(kind) and not is_private(last) else ""

    def calls(self, nodes: Iterable[ast.AST]) -> Iterator[tuple[ast.Call, str]]:
        """Yield the project's public calls in `nodes`, outermost first, each with its name.

        What is handed to a function of the test's own is left out: what becomes of it is not seen.
        """
        for node in nodes:
            inside: list[ast.AST] = list(ast.iter_child_nodes(node))
            if isinstance(node, ast.Call):
                name = self.public(node.func)
                # A method of what a function returned has no name: the function's call does.
                if name and _is_named(node.func, name):
                    yield node, name
                elif not name and not self._is_open(node.func):
                    inside = [node.func]
            yield from self.calls(inside)

    def _is_open(self, function: ast.expr) -> bool:
        """Whether what a call does with its arguments is known."""
        roots = [n.id for n in ast.walk(function) if isinstance(n, ast.Name)]
        return all(self.is_known(n) or n in self.failure.types or n == "self" for n in roots)

    def weigh(self, node: ast.expr) -> int:
        """Return how much an expression looks like the code under test."""
        if isinstance(node, ast.List | ast.Tuple | ast.Set | ast.Dict):
            # Objects written out are what a test compares with, whoever makes them.
            return 2 if next(self.calls([node]), None) else 0
        if next(self.calls([node]), None):
            return 4
        inner = list(ast.walk(node))
        names = {n.id for n in inner if isinstance(n, ast.Name)}
        if any(re.match(r"exp(?:ect|_|$)|want|correct|should", name) for name in names):
            return 1
        if any(isinstance(n, ast.Call | ast.Attribute | ast.Subscript) for n in inner):
            return 3
        return 2 if isinstance(node, ast.Name) else int(bool(names))

    def real(self, name: str) -> str:
        """Return what the project calls a thing that the test calls `name`."""
        origin = self.failure.origins.get(name, "")
        last = origin.rpartition(".")[2]
        usable = self.is_own(origin) and last.isidentifier() and not is_private(last)
        return last if usable and "." in origin else name

    def is_own_path(self, path: str) -> bool:
        """Whether a file belongs to the project's own code."""
        below = any(path == root or path.startswith(f"{root}/") for root in self.roots)
        return below and not any(_TEST_PART.fullmatch(p) for p in path[:-3].split("/"))


def _is_named(function: ast.expr, name: str) -> bool:
    if isinstance(function, ast.Attribute):
        return name.endswith(function.attr)
    return isinstance(function, ast.Name)


def is_private(name: str) -> bool:
    """Whether a name is not meant for users."""
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _is_class(name: str) -> bool:
    return name.rpartition(".")[2][:1].isupper()


class Elements(ast.NodeTransformer):
    """Puts the element in the place of `case["text"]` where the test knows `case`."""

    def __init__(self, names: Names, made: Collection[str]) -> None:
        self.names = names
        self.made = made
        """Variables that earlier steps make; their values may have changed since."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        """Return the element as code, or the node as it was."""
        if (
            isinstance(node.value, ast.Name)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.ctx, ast.Load)
            and node.value.id not in self.made
        ):
            try:
                whole = ast.literal_eval(self.names.value(node.value.id))
                element = repr(whole[node.slice.value])
            except (ValueError, SyntaxError, LookupError, TypeError):
                return node
            return ast.parse(element, mode="eval").body if isinstance(whole, dict) else node
        node.value = self.visit(node.value)
        return node


class Renamed(ast.NodeTransformer):
    """Takes the test's own ways out of code: `self.x`, `test_` before a name, aliases."""

    def __init__(self, names: Names, modules: Sequence[str], inline: Mapping[str, str]) -> None:
        self.names = names
        self.modules = set(modules)
        self.inline = inline

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Put a short value in a variable's place, or shorten its name."""
        if isinstance(node.ctx, ast.Load):
            if node.id in self.inline:
                return ast.parse(self.inline[node.id], mode="eval").body
            return ast.Name(_without_test(self.names.real(node.id)), node.ctx)
        return ast.Name(_without_test(node.id), node.ctx)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Leave a class as it is: its `self` is not the test's."""
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        """Shorten `self.x` to `x` and `package.module.x` to `module.x`."""
        if isinstance(node.value, ast.Name) and node.value.id == "self":
            return self.visit_Name(ast.Name(node.attr, node.ctx))
        if ast.unparse(node) in self.modules:
            return ast.Name(node.attr, node.ctx)
        node.value = self.visit(node.value)
        return node


def _without_test(name: str) -> str:
    rest = name.removeprefix("test_")
    return rest if rest.isidentifier() else name


def modules_of(paths: Iterable[str]) -> list[str]:
    """Return the dotted names of the modules in `paths`, also without their leading folders."""
    found = []
    for path in map(PurePosixPath, paths):
        parts = list(path.with_suffix("").parts)
        found += [".".join(parts[first:]) for first in range(len(parts) - 1)]
    return found

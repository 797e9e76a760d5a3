"""Exchange the code and the defaults of functions in a running process.

Runs on Python 3.8 or later. Mounted beside the runner,
which imports it before anything of the project's.
"""

import ast
import gc
import os
import sys
import types
import warnings

OPTIMIZED = 0x1
"""Flag of code that is a function's body, and not a module's or a class's."""
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PLAIN_DECORATORS = {"staticmethod", "classmethod", "property"}
"""Those that hold on to the function and to nothing of its signature."""
ON_IMPORT = "changes what runs on import"
SAME = object()


class CannotSwapError(Exception):
    """The running process cannot be made to run the candidate; the message says why."""


def codes(code):
    """Return a code object and all that are inside it, outermost first."""
    found = [code]
    for inner in inner_codes(code):
        found += codes(inner)
    return found


def inner_codes(code):
    """Return the code objects right inside one."""
    return [const for const in code.co_consts if isinstance(const, types.CodeType)]


def same(left, right):
    """Whether two code objects do the same, those inside them and their lines apart."""
    names = ("co_name", "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars")
    names += ("co_argcount", "co_kwonlyargcount", "co_posonlyargcount", "co_flags")
    if any(getattr(left, name) != getattr(right, name) for name in names):
        return False
    if getattr(left, "co_exceptiontable", b"") != getattr(right, "co_exceptiontable", b""):
        return False
    if [c.co_name for c in inner_codes(left)] != [c.co_name for c in inner_codes(right)]:
        return False
    mine, theirs = (
        [const for const in code.co_consts if not isinstance(const, types.CodeType)]
        for code in (left, right)
    )
    return repr(mine) == repr(theirs)


def place(code):
    """Return what tells a function from all others."""
    return (code.co_filename, code.co_firstlineno, code.co_name)


def with_class_cells(old, new, text):
    """Return the new code so that methods that no longer call `super` keep their hold on the class.

    The class's own code makes that hold, so it would seem to change; and a function's code can
    only be exchanged for one that closes over the same.
    """
    held = {place(code) for code in codes(old) if "__class__" in code.co_freevars}
    lost = {place(code) for code in codes(new) if "__class__" not in code.co_freevars} & held
    if not lost:
        return new
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            if (new.co_filename, first, node.name) in lost:
                # Never run, and dropped by the compiler, but it has been seen.
                seen = ast.parse("if 0: __class__").body[0]
                for part in ast.walk(seen):
                    ast.copy_location(part, node.body[-1])
                node.body.append(seen)
    return compile(tree, new.co_filename, "exec", dont_inherit=True)


def same_names(old, new):
    """Whether two lists of arguments differ in nothing but the values of those left out."""
    bare = []
    for arguments in (old, new):
        kept = {name: getattr(arguments, name) for name in arguments._fields}
        kept.update(defaults=[], kw_defaults=[])
        bare.append(ast.dump(ast.arguments(**kept)))
    return bare[0] == bare[1]


def fresh(old, new):
    """Return for each default its new value, or `SAME` where it is the old one.

    Only literals are taken: nothing is run here that has not run on import.
    """
    if [node is None for node in old] != [node is None for node in new]:
        raise CannotSwapError(ON_IMPORT)
    found = []
    for before, after in zip(old, new):  # noqa: B905  3.8
        if before is None or ast.dump(before) == ast.dump(after):
            found.append(SAME)
            continue
        try:
            found.append(ast.literal_eval(after))
        except (ValueError, TypeError) as error:
            raise CannotSwapError(ON_IMPORT) from error
    return found


def merged(held, news):
    """Return the values that a function has, each replaced where there is a new one."""
    pairs = zip(held, news)  # noqa: B905  3.8
    return tuple(old if new is SAME else new for old, new in pairs) or None


class Swaps:
    """Which functions of this process have which code, and what a candidate makes of it."""

    def __init__(self, root):
        self.root = root
        self.functions = {}
        self.loaded = set()
        self.healthy = {}
        inside = root + os.sep
        for thing in gc.get_objects():
            if type(thing) is types.FunctionType and thing.__code__.co_filename.startswith(inside):
                self.functions.setdefault(place(thing.__code__), []).append(thing)
        for module in list(sys.modules.values()):
            path = getattr(module, "__file__", None)
            if isinstance(path, str):
                self.loaded.add(os.path.realpath(path))

    def plan(self, path, text):
        """Return (function, attribute, value) for all that a new text changes in functions.

        None at all are right where the file was not imported yet: a child will import the new one.
        """
        full = os.path.join(self.root, path)
        old = self.compiled(full)
        with warnings.catch_warnings():
            # A warning of the compiler may be an error for the project, on import.
            warnings.simplefilter("error")
            try:
                new = compile(text, full, "exec", dont_inherit=True)
            except (SyntaxError, SyntaxWarning, ValueError) as error:
                raise CannotSwapError("does not compile cleanly") from error
        if os.path.realpath(full) not in self.loaded:
            return []
        new = with_class_cells(old, new, text)
        pairs = list(self.pairs(old, new))
        changed = {id(a) for a, b in pairs if not same(a, b)}
        if not changed:
            raise CannotSwapError("compiles to the same code")
        found = []
        for before, after in pairs:
            if not self.holds(before, changed):
                continue
            if not before.co_flags & OPTIMIZED:
                if id(before) in changed:
                    return self.defaults(full, text)
                continue
            found += self.exchange(before, after)
        if not found:
            raise CannotSwapError("its function is not there")
        return found

    def pairs(self, old, new):
        """Yield the code objects of the healthy file, each with what it is in the new one.

        A function may have other comprehensions and lambdas inside than before, as long as none
        of the old ones lives on elsewhere.
        """
        yield old, new
        mine, theirs = inner_codes(old), inner_codes(new)
        if [code.co_name for code in mine] == [code.co_name for code in theirs]:
            for before, after in zip(mine, theirs):  # noqa: B905  3.8
                yield from self.pairs(before, after)
        elif not old.co_flags & OPTIMIZED or any(
            place(code) in self.functions for inner in mine for code in codes(inner)
        ):
            raise CannotSwapError("has other functions than before")

    def exchange(self, before, after):
        functions = self.functions.get(place(before), [])
        if functions and before.co_freevars != after.co_freevars:
            raise CannotSwapError("closes over other variables")
        if any(function.__code__.co_code != before.co_code for function in functions):
            raise CannotSwapError("its function was exchanged by another")
        return [(function, "__code__", after) for function in functions]

    def defaults(self, full, text):
        """Return the swaps of a text in which only values of arguments left out are new.

        Functions are made on import, and such values with them; where they are plain it is enough
        to give them to the functions that are there.
        """
        with open(full, "rb") as file:
            trees = ast.parse(file.read()), ast.parse(text)
        found = []
        for old, new in zip(*map(ast.walk, trees)):  # noqa: B905  3.8
            if type(old) is not type(new):
                break
            if isinstance(old, FUNCTIONS) and ast.dump(old.args) != ast.dump(new.args):
                found += self.values(full, old, new)
                # What is in there was compared, and what is left must be the same.
                new.args = old.args
        if not found or ast.dump(trees[0]) != ast.dump(trees[1]):
            raise CannotSwapError(ON_IMPORT)
        return found

    def values(self, full, old, new):
        """Return the swaps for one function whose arguments have other values when left out."""
        names = {getattr(decorator, "id", "") for decorator in old.decorator_list}
        first = min([old.lineno, *(decorator.lineno for decorator in old.decorator_list)])
        functions = self.functions.get((full, first, old.name), [])
        if not functions or not names <= PLAIN_DECORATORS or not same_names(old.args, new.args):
            raise CannotSwapError(ON_IMPORT)
        by_place = fresh(old.args.defaults, new.args.defaults)
        by_name = fresh(old.args.kw_defaults, new.args.kw_defaults)
        found = []
        for function in functions:
            held, named = function.__defaults__ or (), function.__kwdefaults__ or {}
            if len(held) != len(by_place):
                raise CannotSwapError("its function was exchanged by another")
            found.append((function, "__defaults__", merged(held, by_place)))
            words = [argument.arg for argument in old.args.kwonlyargs]
            said = {w: v for w, v in zip(words, by_name) if v is not SAME}  # noqa: B905  3.8
            found.append((function, "__kwdefaults__", {**named, **said} or None))
        return found

    def holds(self, code, changed):
        """Whether a code object or one inside it is changed."""
        return any(id(inner) in changed for inner in codes(code))

    def compiled(self, full):
        if full not in self.healthy:
            with open(full, "rb") as file, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # Bytes, so that a file's own encoding holds.
                self.healthy[full] = compile(file.read(), full, "exec", dont_inherit=True)
        return self.healthy[full]

"""Exchange the code of functions in a running process. Runs on Python 3.8 or later.

Mounted beside the runner, which imports it before anything of the project's.
"""

import gc
import os
import sys
import types
import warnings

OPTIMIZED = 0x1
"""Flag of code that is a function's body, and not a module's or a class's."""


class CannotSwapError(Exception):
    """The running process cannot be made to run the candidate; the message says why."""


def codes(code):
    """Return a code object and all that are inside it, outermost first."""
    found = [code]
    for const in code.co_consts:
        if isinstance(const, types.CodeType):
            found += codes(const)
    return found


def same(left, right):
    """Whether two code objects do the same, those inside them and their lines apart."""
    names = ("co_name", "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars")
    names += ("co_argcount", "co_kwonlyargcount", "co_posonlyargcount", "co_flags")
    if any(getattr(left, name) != getattr(right, name) for name in names):
        return False
    if getattr(left, "co_exceptiontable", b"") != getattr(right, "co_exceptiontable", b""):
        return False
    mine, theirs = (
        [const for const in code.co_consts if not isinstance(const, types.CodeType)]
        for code in (left, right)
    )
    return repr(mine) == repr(theirs)


def place(code):
    """Return what tells a function from all others."""
    return (code.co_filename, code.co_firstlineno, code.co_name)


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
        """Return (function, code) for each function that a file's new text changes.

        None at all are right where the file was not imported yet: a child will import the new one.
        """
        full = os.path.join(self.root, path)
        old = self.compiled(full)
        with warnings.catch_warnings():
            # A warning of the compiler may be an error for the project, on import.
            warnings.simplefilter("error")
            try:
                new = codes(compile(text, full, "exec", dont_inherit=True))
            except (SyntaxError, SyntaxWarning, ValueError) as error:
                raise CannotSwapError("does not compile cleanly") from error
        if os.path.realpath(full) not in self.loaded:
            return []
        if len(old) != len(new):
            raise CannotSwapError("has other functions than before")
        pairs = list(zip(old, new))  # noqa: B905  3.8
        changed = {id(a) for a, b in pairs if not same(a, b)}
        if not changed:
            raise CannotSwapError("compiles to the same code")
        found = []
        for before, after in pairs:
            if not self.holds(before, changed):
                continue
            if not before.co_flags & OPTIMIZED:
                if id(before) in changed:
                    raise CannotSwapError("changes what runs on import")
                continue
            found += self.exchange(before, after)
        if not found:
            raise CannotSwapError("its function is not there")
        return found

    def exchange(self, before, after):
        functions = self.functions.get(place(before), [])
        if functions and before.co_freevars != after.co_freevars:
            raise CannotSwapError("closes over other variables")
        if any(function.__code__.co_code != before.co_code for function in functions):
            raise CannotSwapError("its function was exchanged by another")
        return [(function, after) for function in functions]

    def holds(self, code, changed):
        """Whether a code object or one inside it is changed."""
        return any(id(inner) in changed for inner in codes(code))

    def compiled(self, full):
        if full not in self.healthy:
            with open(full, "rb") as file, warnings.catch_warnings():
                warnings.simplefilter("ignore")
                # Bytes, so that a file's own encoding holds.
                self.healthy[full] = codes(compile(file.read(), full, "exec", dont_inherit=True))
        return self.healthy[full]

"""A pytest plug-in that records calls of chosen functions. Runs on Python 3.8 or later.

This file is laid into a box beside a table of what to record; Etude never imports it. Only calls
whose arguments and result are literals of modest size, and that leave their arguments as they
were, are kept.
"""

import json
import math
import os
import sys

ROOT = os.path.dirname(os.path.abspath(__file__))
TARGET = "/tmp/etude_calls.jsonl"  # noqa: S108  the box's own /tmp
MAX_NODES = 80
MAX_TEXT = 400
MAX_CALLS = 60
MAX_SEEN = 2000
GENERATOR = 0x20
ASYNCHRONOUS = 0x80 | 0x200


class NotLiteralError(Exception):
    pass


def check(value, left):
    """Take a literal's nodes from what is left of them."""
    left[0] -= 1
    if left[0] < 0:
        raise NotLiteralError
    kind = type(value)
    if kind in (list, tuple, set):
        for item in value:
            check(item, left)
    elif kind is dict:
        for key, item in value.items():
            check(key, left)
            check(item, left)
    elif not is_plain(value, kind):
        raise NotLiteralError


def is_plain(value, kind):
    """Whether a value without parts may stand in a problem."""
    if kind is int:
        return abs(value) <= 10**30
    if kind is float:
        return math.isfinite(value)
    if kind in (str, bytes):
        return len(value) <= MAX_TEXT
    return value is None or kind is bool


def literal(value):
    """Return a value as text; raises for one that is no literal of modest size."""
    check(value, [MAX_NODES])
    text = repr(value)
    if len(text) > MAX_TEXT:
        raise NotLiteralError
    return text


def is_resumed(frame):
    """Whether a generator goes on where it was, rather than begins."""
    code = frame.f_code
    if not code.co_flags & GENERATOR:
        return False
    # Before the first line there are at most: cells, free variables, making the generator.
    return frame.f_lasti > 2 * (4 + len(code.co_cellvars) + len(code.co_freevars))


class Recorder:
    def __init__(self, wanted):
        self.wanted = wanted
        self.names = {name for _, name in wanted}
        self.codes = {}
        self.open = {}
        self.seen = {}
        self.found = {}

    def __call__(self, frame, event, arg):
        code = frame.f_code
        if code.co_name not in self.names:
            return
        if event == "call":
            key = self.key(code)
            if key and not is_resumed(frame):
                self.begin(key, frame)
        elif event == "return" and id(frame) in self.open:
            self.end(self.open.pop(id(frame)), arg)

    def key(self, code):
        if code in self.codes:
            return self.codes[code]
        path = os.path.relpath(code.co_filename, ROOT).replace(os.sep, "/")
        key = (path, code.co_name)
        right = self.wanted.get(key) == code.co_firstlineno and not code.co_flags & ASYNCHRONOUS
        self.codes[code] = key if right else None
        return self.codes[code]

    def begin(self, key, frame):
        self.seen[key] = self.seen.get(key, 0) + 1
        if self.seen[key] > MAX_SEEN or len(self.found.setdefault(key, {})) >= MAX_CALLS:
            return
        try:
            values, arguments, named = self.arguments(frame)
        except Exception:
            return
        module = frame.f_globals.get("__name__", "")
        if frame.f_code.co_flags & GENERATOR:
            # What it yields is not seen here; it is called again elsewhere.
            line = json.dumps([module, arguments, named])
            self.found[key].setdefault(line, (module, arguments, named, ""))
            return
        self.open[id(frame)] = (key, module, values, arguments, named)

    def arguments(self, frame):
        """Return the arguments of a call: themselves, in order as text, and by name as text."""
        code, held = frame.f_code, frame.f_locals
        function = frame.f_globals[code.co_name]
        if function.__code__ is not code:
            raise NotLiteralError
        names = code.co_varnames
        n_all, n_only = code.co_argcount, code.co_kwonlyargcount
        defaults = function.__defaults__ or ()
        given = dict(zip(names[n_all - len(defaults) : n_all], defaults))  # noqa: B905  3.8
        given.update(function.__kwdefaults__ or {})
        at = n_all + n_only
        more = held[names[at]] if code.co_flags & 0x04 else ()
        at += bool(code.co_flags & 0x04)
        rest = held[names[at]] if code.co_flags & 0x08 else {}
        values, arguments, named, skipped = [], [], {}, False
        for number, name in enumerate(names[: n_all + n_only]):
            value = held[name]
            if name in given and value is given[name] and not more:
                skipped = True
                continue
            text = literal(value)
            values.append((value, text))
            if number >= n_all or skipped:
                if number < code.co_posonlyargcount:
                    raise NotLiteralError
                named[name] = text
            else:
                arguments.append(text)
        for value in more:
            values.append((value, literal(value)))
            arguments.append(values[-1][1])
        for name, value in rest.items():
            values.append((value, literal(value)))
            named[name] = values[-1][1]
        return values, arguments, named

    def end(self, call, value):
        key, module, values, arguments, named = call
        # An exception that leaves a function looks like a result of None.
        if value is None or type(value) is bool:
            return
        try:
            result = literal(value)
            if any(literal(value) != text for value, text in values):
                return
        except Exception:
            return
        line = json.dumps([module, arguments, named])
        self.found[key].setdefault(line, (module, arguments, named, result))

    def dump(self):
        with open(TARGET, "w", encoding="utf-8") as file:
            for (path, function), calls in self.found.items():
                for module, arguments, named, result in calls.values():
                    row = {"path": path, "module": module, "function": function, "value": result}
                    row["call"] = {"arguments": arguments, "named": named}
                    file.write(json.dumps(row) + "\n")


RECORDER = None


def pytest_sessionstart(session):  # noqa: ARG001  pytest names it
    global RECORDER
    with open(os.path.join(ROOT, "_etude_calls.json"), encoding="utf-8") as file:
        RECORDER = Recorder({(path, name): line for path, name, line in json.load(file)})
    sys.setprofile(RECORDER)


def pytest_runtest_logstart(nodeid, location):  # noqa: ARG001  pytest names them
    # Some tests leave another profiler behind, or none.
    sys.setprofile(RECORDER)


def pytest_sessionfinish(session):  # noqa: ARG001  pytest names it
    sys.setprofile(None)
    RECORDER.dump()

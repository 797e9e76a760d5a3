"""Call a function with literals, each call in a process of its own. Runs on Python 3.8 or later.

This file is mounted into boxes and started as a script; Etude never imports it. For each call one
line of JSON goes to file descriptor 3.
"""

import ast
import importlib
import itertools
import json
import os
import signal
import sys

MAX_CHARS = 20_000
MAX_ITEMS = 1000


def call(function, job, listed):
    arguments = [ast.literal_eval(text) for text in job.get("arguments", ())]
    named = {name: ast.literal_eval(text) for name, text in job.get("named", {}).items()}
    try:
        value = function(*arguments, **named)
        if listed:
            value = list(itertools.islice(value, MAX_ITEMS))
            if len(value) == MAX_ITEMS:
                return {"error": "yields too much"}
        text = repr(value)
    except BaseException as error:
        return {"error": (type(error).__name__ + ": " + str(error))[:300]}
    return {"value": text} if len(text) <= MAX_CHARS else {"error": "returns something too long"}


def apart(function, job, listed, limit_s):
    """Return what a call in a child process said."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        signal.alarm(max(1, int(limit_s)))
        line = json.dumps(call(function, job, listed)).encode()
        while line:
            line = line[os.write(writing, line) :]
        os._exit(0)
    os.close(writing)
    said = b""
    while True:
        piece = os.read(reading, 65536)
        if not piece or len(said) > 1_000_000:
            break
        said += piece
    os.close(reading)
    _, status = os.waitpid(child, 0)
    if status or not said:
        return {"error": "ended by signal %d" % (status & 127)}
    return json.loads(said)


def main():
    job = json.loads(sys.stdin.buffer.read())
    sys.path[0] = os.getcwd()
    # What the project prints is nobody's business, and descriptor 3 is ours alone.
    report = os.dup(3)
    os.set_inheritable(report, False)
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 3):
        os.dup2(nothing, number)
    target = job["target"]
    function = getattr(importlib.import_module(target["module"]), target["function"])
    for one in job["calls"]:
        line = json.dumps(apart(function, one, target["listed"], job["call_s"])).encode() + b"\n"
        while line:
            line = line[os.write(report, line) :]


if __name__ == "__main__":
    main()

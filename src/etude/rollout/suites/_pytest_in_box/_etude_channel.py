"""How the runner and Etude talk: a job in, a sealed report out. Runs on Python 3.8 or later.

Mounted beside the runner, which imports it before anything of the project's.
"""

import hashlib
import json
import os


def open_report(key):
    """Return what writes a line to Etude: numbered, one JSON object, sealed.

    All it needs is taken here once, so that replacing a function elsewhere changes nothing, and the
    key is left nowhere but in the inner state of a digest.
    """
    fd = os.dup(3)
    os.set_inheritable(fd, False)
    os.close(3)
    # Something must stay open as 3, else the next file opened gets the number.
    spare = os.open(os.devnull, os.O_WRONLY)
    if spare != 3:
        os.dup2(spare, 3)
        os.close(spare)
    keyed = hashlib.blake2s(key=key, digest_size=16)
    put, whoami, encode = os.write, os.getpid, json.JSONEncoder().encode
    owner, number = os.getpid(), 0

    def report(event, **fields):
        nonlocal number
        if whoami() != owner:
            return
        line = b"%d " % number + encode(dict(fields, event=event)).encode()
        number += 1
        seal = keyed.copy()
        seal.update(line)
        line = seal.hexdigest().encode() + b" " + line + b"\n"
        while line:
            line = line[put(fd, line) :]

    return report


def read_job():
    """Read standard input to its end and close it."""
    parts = []
    while True:
        part = os.read(0, 1 << 20)
        if not part:
            break
        parts.append(part)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return json.loads(b"".join(parts))


def hide_memory():
    """Keep other processes of the box, such as those that tests start, from reading this one's."""
    try:
        import ctypes

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        pass

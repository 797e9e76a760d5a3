"""The nursery: a process that has all a holder needs in memory, and becomes one in a millisecond.

It does nothing else: it mounts nothing, and no code of a box ever runs in or below it but through a
holder.
"""

import gc
import os
import signal
import socket
import sys

from . import kernel, serve

_LINE = 0


def main() -> None:
    """Turn a copy of this process into a holder for every line that comes in, until Etude ends."""
    kernel.die_with_parent(int(sys.argv[1]))
    os.umask(0o022)
    # Holders that end are buried by the kernel.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    nursery = os.getpid()
    with socket.socket(fileno=_LINE) as orders:
        while fds := socket.recv_fds(orders, 1, 1)[1]:
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                serve.live(fds[0], nursery)
            os.close(fds[0])

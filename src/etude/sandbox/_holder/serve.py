"""The holder's main loop: one request at a time, an answer for each."""

import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

from . import command, kernel, layer, mounts, state, transfer, tree, workspace
from .wire import (
    SIZES,
    Changes,
    Diff,
    Done,
    Dump,
    Entries,
    Failed,
    Message,
    Open,
    Ran,
    Read,
    Run,
    Save,
    Start,
    Write,
    pack,
    unpack,
)

_IN, _OUT = 0, 1


def main() -> None:
    """Serve until Etude hangs up."""
    kernel.die_with_parent(int(sys.argv[1]))
    kernel.adopt_orphans()
    os.umask(0o022)
    holder = _Holder()
    while (request := _receive()) is not None:
        for answer, body in holder.answer(*request):
            _send(answer, body)


class _Holder:
    """What is known of the one box."""

    def __init__(self) -> None:
        self._corner: mounts.Corner | None = None
        self._seccomp = b""

    def answer(self, request: Message, body: bytes) -> Iterator[tuple[Message, bytes]]:
        """Do what was asked; a failure is an answer too."""
        try:
            if isinstance(request, Open):
                mounts.enter_namespaces(request.owner)
                self._corner = mounts.mount_corner(request)
                self._seccomp = body
                yield Done(), b""
            elif self._corner is None:
                yield Failed("the box is not open"), b""
            else:
                yield from self._answer(self._corner, request, body)
        except (OSError, tree.RefusedError, command.NotStartedError) as error:
            yield Failed(str(error)), b""

    def _answer(
        self, corner: mounts.Corner, request: Message, body: bytes
    ) -> Iterator[tuple[Message, bytes]]:
        if isinstance(request, Run):
            yield self._run(corner, request, body)
        elif isinstance(request, Read):
            root = corner.part(request.tree)
            yield Done(), tree.read(root, request.path, request.limit_bytes)
        elif isinstance(request, Diff):
            yield _changes(corner)
        elif isinstance(request, Dump):
            yield from state.dump(corner)
        else:
            self._change(corner, request, body)
            yield Done(), b""

    def _run(self, corner: mounts.Corner, order: Run, stdin: bytes) -> tuple[Ran, bytes]:
        return command.run(order, stdin, self._seccomp, corner.owner, _hung_up)

    def _change(self, corner: mounts.Corner, request: Message, body: bytes) -> None:
        if isinstance(request, Start):
            workspace.prepare(corner, loaded=request.loaded)
        elif isinstance(request, Write):
            tree.write(corner, corner.part(request.tree), request.path, body)
        elif isinstance(request, Save):
            root = corner.part(request.tree)
            transfer.save(corner, root, request.path, Path(request.target))
        elif isinstance(request, Entries):
            state.load(corner, request, body)
        else:
            raise tree.RefusedError(f"a holder does not answer {type(request).__name__}")


def _changes(corner: mounts.Corner) -> tuple[Changes, bytes]:
    files: list[tuple[str, int, int]] = []
    data: list[bytes] = []
    for path, before, after in layer.changes(corner):
        sizes = [-1 if side is None else len(side) for side in (before, after)]
        files.append((path, sizes[0], sizes[1]))
        data += [before or b"", after or b""]
    return Changes(files), b"".join(data)


def _hung_up() -> bool:
    """Return whether Etude closed its end; it sends nothing while it waits for an answer."""
    poll = select.poll()
    poll.register(_IN, select.POLLHUP)
    return bool(poll.poll(0))


def _receive() -> tuple[Message, bytes] | None:
    sizes = _read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    n_header, n_body = SIZES.unpack(sizes)
    return unpack(_read(n_header)), _read(n_body)


def _read(n_bytes: int) -> bytes:
    content = bytearray()
    while len(content) < n_bytes and (chunk := os.read(_IN, min(1 << 20, n_bytes - len(content)))):
        content += chunk
    return bytes(content)


def _send(message: Message, body: bytes) -> None:
    for content in (pack(message, len(body)), body):
        view = memoryview(content)
        while view:
            view = view[os.write(_OUT, view) :]

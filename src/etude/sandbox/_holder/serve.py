"""The holder's main loop: one request at a time, an answer for each."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator
from pathlib import Path

from . import command, kernel, layer, mounts, state, transfer, tree, workspace
from .wire import (
    SIZES,
    Born,
    Changes,
    Diff,
    Done,
    Dump,
    Entries,
    Failed,
    Freeze,
    Frozen,
    Jail,
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

_LINE = 0


def live(line: int, nursery: int) -> None:
    """Be the holder of one box until Etude hangs up. Never returns.

    Args:
        line: Descriptor of the socket that Etude speaks at.
        nursery: The process that this one was copied from; when it ends, so does this.
    """
    try:
        os.dup2(line, _LINE)
        os.closerange(3, max(line, 3) + 1)
        os.setsid()
        kernel.die_with_parent(nursery)
        kernel.adopt_orphans()
        _send(Born(os.getpid()), b"")
        _serve(_Holder())
        os._exit(0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        os._exit(1)


def _serve(holder: "_Holder") -> None:
    try:
        while (request := _receive()) is not None:
            for answer, body in holder.answer(*request):
                _send(answer, body)
    except ConnectionError:
        pass
    finally:
        holder.end()


class _Holder:
    """What is known of the one box."""

    def __init__(self) -> None:
        self._corner: mounts.Corner | None = None
        self._jail: Jail | None = None
        self._seccomp = b""
        self._ahead: command.Command | None = None
        self._is_frozen = False
        self._is_loading = False

    def answer(self, request: Message, body: bytes) -> Iterator[tuple[Message, bytes]]:
        """Do what was asked; a failure is an answer too."""
        try:
            if isinstance(request, Open):
                self._open(request, body)
                yield Done(), b""
                self._prepare_command()
            elif self._corner is None or self._jail is None:
                yield Failed("the box is not open"), b""
            elif isinstance(request, Freeze):
                yield self._freeze(self._corner), b""
            else:
                if self._is_frozen:
                    workspace.resume(self._corner)
                    self._is_frozen = False
                yield from self._answer(self._corner, self._jail, request, body)
        except (OSError, tree.RefusedError, command.NotStartedError) as error:
            yield Failed(str(error)), b""

    def end(self) -> None:
        """Leave nothing running."""
        if self._ahead is not None:
            self._ahead.discard()
            self._ahead = None

    def _open(self, order: Open, seccomp: bytes) -> None:
        self._seccomp = seccomp
        if order.origin is None:
            mounts.enter_namespaces(order.owner)
            corner = mounts.mount_corner(order)
            if not order.loads:
                workspace.prepare(corner, loaded=False)
        else:
            mounts.join_namespaces(order.origin, order.owner)
            corner = mounts.join_corner(order, order.origin)
            workspace.resume(corner)
        self._corner, self._jail, self._is_loading = corner, order.jail, order.loads

    def _prepare_command(self) -> None:
        """Start the first command's namespaces while Etude thinks of a command."""
        if self._corner is not None and self._jail is not None and not self._is_loading:
            # When that fails, so does the command, which can say so.
            with contextlib.suppress(OSError):
                self._ahead = command.Command(self._jail, self._seccomp, self._corner.owner)

    def _freeze(self, corner: mounts.Corner) -> Frozen:
        if not corner.overlay:
            return Frozen(0, 0, [])
        self.end()
        if not self._is_frozen:
            workspace.freeze(corner)
            self._is_frozen = True
        namespace = Path("/proc/self/ns/mnt").stat().st_ino
        return Frozen(os.getpid(), namespace, corner.generations)

    def _answer(
        self, corner: mounts.Corner, jail: Jail, request: Message, body: bytes
    ) -> Iterator[tuple[Message, bytes]]:
        if isinstance(request, Run):
            yield self._run(corner, jail, request, body)
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

    def _run(
        self, corner: mounts.Corner, jail: Jail, order: Run, stdin: bytes
    ) -> tuple[Ran, bytes]:
        ready, self._ahead = self._ahead, None
        if ready is not None and not ready.waits():
            ready.discard()
            ready = None
        if ready is None:
            ready = command.Command(jail, self._seccomp, corner.owner)
        return ready.run(order, stdin, _hung_up)

    def _change(self, corner: mounts.Corner, request: Message, body: bytes) -> None:
        if isinstance(request, Start):
            workspace.prepare(corner, loaded=True)
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
    poll.register(_LINE, select.POLLRDHUP)
    return bool(poll.poll(0))


def _receive() -> tuple[Message, bytes] | None:
    sizes = _read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    n_header, n_body = SIZES.unpack(sizes)
    return unpack(_read(n_header)), _read(n_body)


def _read(n_bytes: int) -> bytes:
    content = bytearray()
    while len(content) < n_bytes and (
        chunk := os.read(_LINE, min(1 << 20, n_bytes - len(content)))
    ):
        content += chunk
    return bytes(content)


def _send(message: Message, body: bytes) -> None:
    for content in (pack(message, len(body)), body):
        view = memoryview(content)
        while view:
            view = view[os.write(_LINE, view) :]

"""What Etude and a box's holder say to each other: a JSON header, then raw bytes."""

import json
import struct
from typing import NamedTuple, get_args

SIZES = struct.Struct(">IQ")
"""Precedes every frame: bytes of the header, bytes of the body."""


class Born(NamedTuple):
    """Said first, unasked: the holder lives."""

    pid: int


class Jail(NamedTuple):
    """How every command of a box is started, and what it may use."""

    program: str
    """The bubblewrap program."""
    options: list[str]
    """What bubblewrap is told, apart from the command."""
    n_processes: int
    memory_bytes: int
    file_bytes: int
    cpu_s: float
    output_bytes: int
    flood_bytes: int
    report_bytes: int


class Frozen(NamedTuple):
    """What was written so far changes no more, so that other boxes may build on it."""

    pid: int
    """The holder that has it; 0 when it cannot be shared, but only dumped."""
    namespace: int
    """The holder's mount namespace."""
    generations: list[str]
    """Where it lies, newest first."""


class Open(NamedTuple):
    """Make the box. Body: the seccomp program."""

    base: str
    """Folder of this machine under which everything is mounted, seen by the holder alone."""
    layers: list[str]
    """Folders of the workspace, topmost first."""
    binds: list[list[str]]
    """Pairs: a source of this machine, and the name it gets below `base`."""
    owner: int
    """User and group id that owns the box's files; -1 for the holder's own."""
    disk_bytes: int
    n_files: int
    overlay: bool
    """Whether the workspace may be an overlay; otherwise it is a copy."""
    jail: Jail
    origin: Frozen | None
    """What the files start from, besides the layers."""
    loads: bool
    """Whether entries of a dump follow, and then `Start`."""


class Start(NamedTuple):
    """All entries of a dump have come."""


class Freeze(NamedTuple):
    """Let nothing change any more what was written so far; what comes is written elsewhere."""


class Run(NamedTuple):
    """Run one command. Body: its standard input."""

    argv: list[str]
    """The command and its arguments."""
    timeout_s: float


class Ran(NamedTuple):
    """What a command did. Body: standard output, error and report, one after the other."""

    exit: int
    killed: str
    duration_s: float
    truncated: bool
    n_stdout: int
    n_stderr: int


class Read(NamedTuple):
    """Read one file."""

    tree: str
    path: str
    limit_bytes: int


class Write(NamedTuple):
    """Write one file. Body: its content."""

    tree: str
    path: str


class Diff(NamedTuple):
    """List what changed in the workspace."""


class Changes(NamedTuple):
    """Changed files: path, bytes before, bytes after, -1 for absent. Body: all of them joined."""

    files: list[tuple[str, int, int]]


class Save(NamedTuple):
    """Copy a folder out of the box."""

    tree: str
    path: str
    target: str


class Dump(NamedTuple):
    """Tell everything written so far, in several `Entries`."""


class Entry(NamedTuple):
    """One written file, folder, link or deletion."""

    tree: str
    path: str
    kind: str
    """One of: file, dir, opaque, link, gone."""
    mode: int
    mtime_ns: int
    offset: int
    """Where in the file the data belongs."""
    size_bytes: int
    """Of the data in the body."""


class Entries(NamedTuple):
    """A part of a dump. Body: the data of all entries joined."""

    entries: list[Entry]
    last: bool


class Done(NamedTuple):
    """It is done. Body: whatever was asked for."""


class Failed(NamedTuple):
    """It could not be done; the box is as good as before."""

    why: str


Message = (
    Born
    | Open
    | Start
    | Freeze
    | Frozen
    | Run
    | Ran
    | Read
    | Write
    | Diff
    | Changes
    | Save
    | Dump
    | Entries
    | Done
    | Failed
)
_KINDS: dict[str, type[Message]] = {kind.__name__: kind for kind in get_args(Message)}


def pack(message: Message, n_body: int) -> bytes:
    """Return a frame's sizes and header; the body follows on the wire as it is."""
    header = json.dumps([type(message).__name__, *message]).encode("ascii")
    return SIZES.pack(len(header), n_body) + header


def unpack(header: bytes) -> Message:
    """Return the message a header holds."""
    name, *fields = json.loads(header)
    message = _KINDS[name](*fields)
    if isinstance(message, Entries):
        return Entries([Entry(*entry) for entry in message.entries], message.last)
    if isinstance(message, Open):
        origin = message.origin and Frozen(*message.origin)
        return message._replace(jail=Jail(*message.jail), origin=origin)
    return message

"""XML, read forwards and hostile: no entity is expanded that could grow, nothing is fetched.

Elements of some names are given whole, one after the other, in memory that the longest of them
bounds. After what is not well-formed the next of them is looked for.
"""

import html
import re
from collections.abc import Collection, Iterator
from xml.parsers import expat

from etude.store.readers._files import File
from etude.store.readers._rows import Aside, DamageError
from etude.store.readers._streams import pieces

_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_TAG_MISMATCH = 7
_MOST_DEPTH = 200
_MOST_ENTITY_CHARS = 64


class Node:
    """An element; names stand as they are written, with their prefix."""

    __slots__ = ("attributes", "children", "name")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.children: list[Node | str] = []

    def elements(self) -> Iterator["Node"]:
        """Yield the elements right within."""
        return (child for child in self.children if isinstance(child, Node))

    def all(self, name: str) -> Iterator["Node"]:
        """Yield the elements of a name right within."""
        return (child for child in self.elements() if child.name == name)

    def find(self, *path: str) -> "Node | None":
        """Return the first element at a path below; `None` when there is none."""
        node: Node | None = self
        for name in path:
            node = next(node.all(name), None) if node is not None else None
        return node

    def below(self, name: str) -> Iterator["Node"]:
        """Yield the elements of a name anywhere within."""
        for child in self.elements():
            if child.name == name:
                yield child
            yield from child.below(name)

    def text(self) -> str:
        """Return all text within."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)

    def said(self, *path: str) -> str:
        """Return the text at a path below, without blanks around it; empty when there is none."""
        node = self.find(*path)
        return node.text().strip() if node is not None else ""


def parse_xml(data: bytes, limit_bytes: int) -> Node:
    """Return the root of a whole document that is UTF-8.

    Raises:
        DamageError: It is not well-formed, or not safe.
    """
    parser = _Parser((), limit_bytes)
    try:
        parser.feed(data)
        parser.finish()
    except expat.ExpatError as error:
        raise DamageError("not well-formed XML") from error
    if not parser.finished:
        raise DamageError("longer than max_document_bytes" if parser.too_long else "empty XML")
    return parser.finished[0][1]


def utf8_xml(text: str) -> bytes:
    """Return XML that was decoded as UTF-8, without a declaration that says otherwise."""
    return _DECLARATION.sub("", text, count=1).encode("utf-8", "replace")


def xml_records(
    file: File, aside: Aside, names: Collection[str], limit_bytes: int
) -> Iterator[tuple[int, Node]]:
    """Yield elements of some names, each with the byte where it begins.

    Raises:
        ConfigError: The file cannot be opened.
        DamageError: The file is empty, or not safe.
    """
    yield from _Records(file, aside, names, limit_bytes).run()


class _Parser:
    """Expat, held to what is safe."""

    def __init__(self, names: Collection[str], limit_bytes: int, base: int = 0) -> None:
        self.names = names
        self.limit_bytes = limit_bytes
        self.base = base
        self.fed = 0
        self.finished: list[tuple[int, Node]] = []
        self.too_long: list[int] = []
        self.stack: list[Node] = []
        self.depth = 0
        self.size = 0
        self.begun = 0
        self.expat = expat.ParserCreate()
        # Entities that nobody declared are handed on instead of being an error.
        self.expat.UseForeignDTD(True)
        self.expat.buffer_text = True
        self.expat.StartElementHandler = self.start
        self.expat.EndElementHandler = self.end
        self.expat.CharacterDataHandler = self.characters
        self.expat.SkippedEntityHandler = self.entity
        self.expat.EntityDeclHandler = self.declare

    def feed(self, data: bytes) -> None:
        self.expat.Parse(data, False)
        self.fed += len(data)
        if self.fed - self.expat.CurrentByteIndex > self.limit_bytes + (1 << 21):
            # One tag, comment or attribute without end.
            raise expat.ExpatError("token too long")

    def finish(self) -> None:
        self.expat.Parse(b"", True)

    def place(self) -> int:
        """Return where the parser is, in bytes of the file."""
        return self.base + max(self.expat.CurrentByteIndex, 0)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self.depth > _MOST_DEPTH:
            raise DamageError("XML nested too deeply")
        if self.stack or not self.names or name in self.names:
            if not self.stack:
                self.begun, self.size = self.place(), 0
            node = Node(name, attributes)
            if self.stack:
                self.stack[-1].children.append(node)
            self.stack.append(node)
            self.size += 64 + sum(map(len, attributes.values()))

    def end(self, name: str) -> None:
        self.depth -= 1
        if self.stack:
            node = self.stack.pop()
            if not self.stack:
                if self.size > self.limit_bytes:
                    self.too_long.append(self.begun)
                else:
                    self.finished.append((self.begun, node))

    def characters(self, data: str) -> None:
        if self.stack:
            self.size += len(data)
            if self.size > self.limit_bytes:
                for node in self.stack:
                    node.children.clear()
            else:
                self.stack[-1].children.append(data)

    def entity(self, name: str, is_parameter: bool) -> None:
        if self.stack and not is_parameter:
            self.characters(html.unescape(f"&{name};"))

    def declare(self, *said: object) -> None:
        _, is_parameter, value, *_ = said
        text = value if isinstance(value, str) else ""
        # One that stands for others could double again and again.
        if len(text) > _MOST_ENTITY_CHARS or "&" in text or "%" in text or (is_parameter and text):
            raise DamageError("XML with entities that may grow")


class _Records:
    def __init__(self, file: File, aside: Aside, names: Collection[str], limit_bytes: int) -> None:
        self.file = file
        self.aside = aside
        self.names = names
        self.limit_bytes = limit_bytes
        self.parser: _Parser | None = _Parser(names, limit_bytes)
        self.again = False
        self.at = 0
        self.tail = b""
        words = b"|".join(re.escape(name.encode()) for name in names)
        self.held: _Parser | None = None
        """One that met damage, with what it had finished before."""
        self.needle = re.compile(rb"<(?:" + words + rb")[\s>]")

    def run(self) -> Iterator[tuple[int, Node]]:
        for piece in pieces(self.file, self.aside):
            if piece is None:
                self.parser, self.tail = None, b""
                continue
            data = piece
            while data:
                data = self.step(data)
                yield from self.done()
        yield from self.last()

    def step(self, data: bytes) -> bytes:
        """Feed or search some bytes; return those that are left to do."""
        parser = self.parser
        if parser is None:
            return self.search(data)
        try:
            parser.feed(data)
        except DamageError as damage:
            return self.broken(parser, data, str(damage))
        except expat.ExpatError as error:
            # The root's end does not fit what was put in its place when parsing began anew.
            is_end = self.again and parser.depth == 1 and error.code == _TAG_MISMATCH
            return self.broken(parser, data, "" if is_end else "not well-formed XML")
        self.at += len(data)
        return b""

    def search(self, data: bytes) -> bytes:
        data = self.tail + data
        self.at -= len(self.tail)
        found = self.needle.search(data)
        if found is None:
            # The needle may be cut in two here.
            self.tail = data[-64:]
            self.at += len(data)
            return b""
        self.tail = b""
        self.at += found.start()
        self.parser = _Parser(self.names, self.limit_bytes, self.at - 3)
        self.parser.feed(b"<r>")
        self.again = True
        return data[found.start() :]

    def broken(self, parser: _Parser, data: bytes, reason: str) -> bytes:
        """Tell of damage, and go on after it."""
        where = parser.base + max(parser.expat.CurrentByteIndex, 0)
        begun = parser.begun if parser.stack else where
        done = min(max(where - self.at, 0) + 1, len(data))
        if reason:
            shown = data[max(done - 40, 0) : done + 40]
            self.aside(f"{self.file.name}@{begun}", reason, shown)
        self.held = parser
        self.parser = None
        self.at += done
        return data[done:]

    def done(self) -> Iterator[tuple[int, Node]]:
        """Yield what was finished."""
        for parser in {id(one): one for one in (self.held, self.parser) if one}.values():
            for begun in parser.too_long:
                self.aside(f"{self.file.name}@{begun}", "longer than max_document_bytes")
            for at, node in parser.finished:
                if self.aside.lets(self.file.name, f"@{at}"):
                    yield at, node
            parser.too_long, parser.finished = [], []
        self.held = None

    def last(self) -> Iterator[tuple[int, Node]]:
        """End the file."""
        parser = self.parser
        if parser is None:
            return
        try:
            parser.finish()
        except expat.ExpatError:
            if parser.stack or not self.again:
                place = parser.begun if parser.stack else self.at
                self.aside(f"{self.file.name}@{place}", "truncated XML")
        yield from self.done()

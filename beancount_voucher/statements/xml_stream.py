"""XML from strangers, as a stream: the parts of a message one by one, never the whole.

A DOCTYPE is refused where it starts, before anything in it can be defined or fetched; so
no entity beyond XML's own five is ever expanded. Only one part of the message is in memory.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from beancount_voucher.statements.statement import StatementError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 48
"""A camt message is at most some twenty elements deep."""

_CHUNK = 64 * 1024


class Part(NamedTuple):
    """A piece of a message.

    Attributes:
        path: the names of the elements around it and its own, without prefixes.
        element: its content; None where a statement begins or ends.
        line: where in the file it starts.
        begins: for a part without content, whether it begins or ends.
    """

    path: tuple[str, ...]
    element: Element | None
    line: int
    begins: bool = True


class _Parts:
    """Expat's handlers: everything at a depth becomes one element, the rest is left open."""

    def __init__(self, where: str, depth: int) -> None:
        self.done: deque[Part] = deque()
        self.namespace = ""
        self._where = where
        self._depth = depth
        self._path: list[str] = []
        self._builder: TreeBuilder | None = None
        self._line = 0
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._data
        self.parser.StartDoctypeDeclHandler = self._forbidden
        self.parser.EntityDeclHandler = self._forbidden

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        if not self._path:
            self.namespace = namespace
        self._path.append(local)
        depth = len(self._path)
        if depth > MAX_DEPTH:
            raise StatementError(
                "too-large",
                self._where,
                "elements are nested too deep",
                f"at most {MAX_DEPTH} levels",
                self.parser.CurrentLineNumber,
            )
        if depth == self._depth:
            self._builder = TreeBuilder()
            self._line = self.parser.CurrentLineNumber
        elif depth == self._depth - 1:
            self.done.append(Part(tuple(self._path), None, self.parser.CurrentLineNumber))
        if self._builder is not None:
            self._builder.start(local, attributes)

    def _end(self, name: str) -> None:
        depth = len(self._path)
        if self._builder is not None:
            self._builder.end(name.rpartition(" ")[2])
            if depth == self._depth:
                self.done.append(Part(tuple(self._path), self._builder.close(), self._line))
                self._builder = None
        elif depth == self._depth - 1:
            line = self.parser.CurrentLineNumber
            self.done.append(Part(tuple(self._path), None, line, begins=False))
        self._path.pop()

    def _data(self, text: str) -> None:
        if self._builder is not None:
            self._builder.data(text)

    def _forbidden(self, *_: object) -> NoReturn:
        raise StatementError(
            "forbidden-xml",
            self._where,
            "there is a DOCTYPE",
            "a message without DOCTYPE and entities",
            self.parser.CurrentLineNumber,
        )


def parts(file: BinaryIO, where: str, depth: int) -> Iterator[tuple[str, Part]]:
    """The parts of an XML message, each with the namespace of its root.

    Args:
        file: the bytes.
        where: what to call the file in an error.
        depth: the depth at which an element is one part, the root's being 1; a level above,
            beginning and end are told.

    Raises:
        StatementError: it is no XML, or not the kind of XML that a bank sends.
    """
    reader, size, ended = _Parts(where, depth), 0, False
    while not ended:
        chunk = file.read(_CHUNK)
        size += len(chunk)
        ended = not chunk
        if size > MAX_BYTES:
            raise StatementError(
                "too-large", where, "the file is too large", f"at most {MAX_BYTES >> 20} MiB"
            )
        try:
            reader.parser.Parse(chunk, ended)
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise StatementError(
                "bad-xml", where, f"it is no XML: {error}", "a whole camt message"
            ) from error
        while reader.done:
            yield reader.namespace, reader.done.popleft()

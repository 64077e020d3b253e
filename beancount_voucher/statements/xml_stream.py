"""XML from strangers, as a stream: the parts of a message one by one, never the whole.

A DOCTYPE is refused where it starts, before anything in it can be defined or fetched; so
no entity beyond XML's own five is ever expanded. Only one part of a message is in memory. A
message is found by its name, whatever envelope it lies in; a file may have several documents.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple, NoReturn
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from beancount_voucher.statements.statement import StatementError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import BinaryIO

MAX_BYTES = 512 * 1024 * 1024
MAX_DEPTH = 48
"""A camt message is at most some twenty elements deep."""
MAX_PART = 64 * 1024 * 1024
"""Bytes of one part; a batch of 10,000 payments has some 20 MiB."""
MAX_DOCUMENTS = 10_000
"""Documents in one file."""

_CHUNK = 64 * 1024
_STATEMENT = 2
"""How many names the path of a statement has."""

_ANOTHER = frozenset(
    expat.errors.codes[each]
    for each in (
        expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT,
        expat.errors.XML_ERROR_MISPLACED_XML_PI,
    )
)
"""What expat says of a second document, and of a first that blank lines stand before."""


class Part(NamedTuple):
    """A piece of a message.

    Attributes:
        path: the name of the message and those within it down to this piece, without prefixes:
            of a message, of a statement in it, or of a part of one of the two. Of a document
            that has no message, the name of what it has instead.
        element: the content of a part; None for a message or a statement, which has parts.
        line: where in the file it starts, or a statement ends.
        namespace: of the message.
        begins: for a statement, whether it begins or ends.
        counted: where a statement ends, how many elements of the counted name it has.
    """

    path: tuple[str, ...]
    element: Element | None
    line: int
    namespace: str
    begins: bool = True
    counted: int = 0


class _Document:
    """Expat's handlers for one document. What lies within a part is the tree builder's."""

    def __init__(self, where: str, messages: Mapping[str, str], counted: str, before: int) -> None:
        self.done: deque[Part] = deque()
        self.depth = 0
        self.line_before = before
        self._where, self._messages, self._counted = where, messages, counted
        self._outer: list[str] = []
        self._spaces: list[Mapping[str, str]] = [{}]
        self._heading: tuple[str, int] | None = None
        self._has_message = False
        self._path: list[str] = []
        self._line, self._count = 0, 0
        self._namespace = ""
        self._part: Element | None = None
        self._part_starts = 0
        self._close: Callable[[str], Element] = TreeBuilder().end
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._forbidden
        self.parser.EntityDeclHandler = self._forbidden
        self._go_outside()

    @property
    def line(self) -> int:
        """The line of the file that the parser is at."""
        return self.line_before + self.parser.CurrentLineNumber

    def said(self, error: Exception) -> str:
        """What an error says, with the line in the file."""
        if not isinstance(error, expat.ExpatError):
            return f"{error}"
        line = self.line_before + error.lineno
        return f"{expat.ErrorString(error.code)}: line {line}, column {error.offset}"

    # --- Around parts ---------------------------------------------------------------------

    def _go_outside(self) -> None:
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        prefix, _, local = name.rpartition(":")
        self.depth += 1
        self._check_depth(self.depth)
        if not self._path:
            self._start_message(prefix, local, attributes)
            return
        self._path.append(local)
        if len(self._path) == _STATEMENT and local == self._messages[self._path[0]]:
            self._count = 0
            self._tell()
        else:
            self._start_part(name, attributes)

    def _start_message(self, prefix: str, local: str, attributes: dict[str, str]) -> None:
        said = {key: uri for key, uri in attributes.items() if key.partition(":")[0] == "xmlns"}
        self._spaces.append({**self._spaces[-1], **said} if said else self._spaces[-1])
        if local in self._messages:
            self._has_message = True
            self._path.append(local)
            self._namespace = self._spaces[-1].get(f"xmlns:{prefix}" if prefix else "xmlns", "")
            self._tell()
        elif self._outer and (self._heading is None or self._outer[-1] == "Document"):
            self._heading = local, self.line
        self._outer.append(local)

    def _start_part(self, name: str, attributes: dict[str, str]) -> None:
        """Let the tree builder take over: an entry has some twenty elements."""
        self._line, self._part_starts = self.line, self.parser.CurrentByteIndex
        builder = TreeBuilder()
        self._part, self._close = builder.start(name, attributes), builder.end
        self.parser.StartElementHandler = builder.start
        self.parser.EndElementHandler = self._end_within
        self.parser.CharacterDataHandler = builder.data

    def _end(self, _name: str) -> None:
        self.depth -= 1
        if len(self._path) == _STATEMENT:
            self._tell(begins=False)
            self._path.pop()
            return
        self._path = []
        self._outer.pop()
        self._spaces.pop()
        if not self.depth and not self._has_message:
            name, line = self._heading or ("", 0)
            self.done.append(Part((name,), None, line, ""))

    def _tell(self, *, begins: bool = True) -> None:
        said = tuple(self._path), None, self.line, self._namespace
        self.done.append(Part(*said, begins, self._count))

    def _end_within(self, name: str) -> None:
        if self._close(name) is self._part:
            self._end_part(self._part)

    def _end_part(self, part: Element) -> None:
        if ":" in part.tag:
            for each in part.iter():
                each.tag = each.tag.rpartition(":")[2]
        self._count += sum(1 for _ in part.iter(self._counted))
        self.done.append(Part(tuple(self._path), part, self._line, self._namespace))
        self._path.pop()
        self._part = None
        self.depth -= 1
        self._go_outside()

    # --- What no bank sends ---------------------------------------------------------------

    def check_size(self) -> None:
        """Refuse what would not end; called between chunks, while a part may be open.

        Raises:
            StatementError: elements are nested too deep, or a part is too large.
        """
        if self._part is None:
            return
        if self.parser.CurrentByteIndex - self._part_starts > MAX_PART:
            self._too_large("a part of the message is too large", f"at most {MAX_PART >> 20} MiB")
        within, depth = self._part, self.depth
        while len(within):
            within, depth = within[-1], depth + 1
            self._check_depth(depth)

    def _check_depth(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            self._too_large("elements are nested too deep", f"at most {MAX_DEPTH} levels")

    def _too_large(self, wrong: str, expected: str) -> NoReturn:
        raise StatementError("too-large", self._where, wrong, expected, self.line)

    def _forbidden(self, *_: object) -> NoReturn:
        wrong, expected = "there is a DOCTYPE", "a message without DOCTYPE and entities"
        raise StatementError("forbidden-xml", self._where, wrong, expected, self.line)


class _Documents:
    """The documents of a file, one after the other."""

    def __init__(self, where: str, messages: Mapping[str, str], counted: str) -> None:
        self._where, self._messages, self._counted = where, messages, counted
        self._document = _Document(where, messages, counted, 0)
        self._documents = 1
        self._start = 0  # of the document, in bytes of the file
        self._fed = 0
        self._last = b""

    def feed(self, chunk: bytes, *, final: bool) -> Iterator[Part]:
        """The parts that are complete with a further chunk of the file."""
        window, known = memoryview(self._last + chunk), self._fed - len(self._last)
        at: int | None = self._fed
        while at is not None:
            document = self._document
            at = self._parse(window[at - known :], known, final=final)
            while document.done:
                yield document.done.popleft()
        self._fed += len(chunk)
        self._last = chunk

    def _parse(self, data: memoryview, known: int, *, final: bool) -> int | None:
        """Parse on; where in the file the next document begins, if one does."""
        document = self._document
        try:
            document.parser.Parse(data, final)
            document.check_size()
        except (expat.ExpatError, LookupError, ValueError) as error:
            at = self._start + document.parser.ErrorByteIndex
            goes_on = not document.depth and getattr(error, "code", None) in _ANOTHER
            if not goes_on or at < max(known, self._start + 1):
                raise self._refused(f"it is no XML: {document.said(error)}") from error
            if self._documents == MAX_DOCUMENTS:
                raise self._refused(f"it has more than {MAX_DOCUMENTS} documents") from error
            before = document.line_before + document.parser.ErrorLineNumber - 1
            self._document = _Document(self._where, self._messages, self._counted, before)
            self._documents += 1
            self._start = at
            return at
        return None

    def _refused(self, wrong: str) -> StatementError:
        return StatementError("bad-xml", self._where, wrong, "a whole camt message")


def parts(file: BinaryIO, where: str, messages: Mapping[str, str], counted: str) -> Iterator[Part]:
    """The parts of the messages in an XML file.

    Args:
        file: the bytes.
        where: what to call the file in an error.
        messages: the names of messages, each with that of the statements in it.
        counted: the name of an element that is counted in a statement, wherever it stands.

    Raises:
        StatementError: it is no XML, or not the kind of XML that a bank sends.
    """
    documents = _Documents(where, messages, counted)
    size, ended = 0, False
    while not ended:
        chunk = file.read(_CHUNK)
        size += len(chunk)
        ended = not chunk
        if size > MAX_BYTES:
            wrong, expected = "the file is too large", f"at most {MAX_BYTES >> 20} MiB"
            raise StatementError("too-large", where, wrong, expected)
        yield from documents.feed(chunk, final=ended)

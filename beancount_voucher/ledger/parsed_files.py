"""The files of a ledger, parsed and joined as Beancount's loader does it, and nothing more.

``parse`` makes one file's text into a ``ParsedFile``, and depends on nothing but that text
and its name; ``read`` follows the includes and joins what it finds. Both can be had apart: who
knows a file's result already, or has it made elsewhere, hands ``read`` another ``parse``.

What vouchers are decided by stands in these entries. Beancount's booking, plugins and
validation come after it (``loader.load``), over the same entries.
"""

from __future__ import annotations

import copy
import glob
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.data import entry_sortkey, new_metadata
from beancount.parser import parser
from beancount.utils import encryption

from beancount_voucher.ledger.atomic_files import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from beancount.core.data import Directive as Entry

    Parse = Callable[[str, bytes], "ParsedFile"]
    """A file's name and content to what the parser makes of it."""


class ParsedFile(NamedTuple):
    """What Beancount's parser makes of one file.

    Attributes:
        filename: its absolute name.
        digest: of its bytes.
        entries: its directives; transactions may lack numbers, since nothing is booked.
        errors: what the parser says is wrong with it.
        options: the options that it sets, ``include`` and ``plugin`` among them.
    """

    filename: str
    digest: str
    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]

    @property
    def state(self) -> FileState:
        """What tells it from another."""
        return FileState(self.digest, len(self.entries), self.errors)


class FileState(NamedTuple):
    """What tells that a file is as it was, and what to compare if it is not.

    Attributes:
        digest: of its bytes.
        directives: how many it has.
        errors: what the parser says is wrong with it.
    """

    digest: str
    directives: int
    errors: list[Any]


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What tells the files of a ledger from any others.

    Attributes:
        files: every file by its name.
        includes: the names that each include's pattern finds, sorted.
        decrypted: those that were encrypted, which Beancount does not list.
    """

    files: Mapping[str, FileState]
    includes: Mapping[str, tuple[str, ...]]
    decrypted: Mapping[str, FileState]

    @property
    def digest(self) -> str:
        """One text for all of it: names, bytes, and what includes find."""
        files = {**self.files, **self.decrypted}
        found = [(name, file.digest) for name, file in files.items()]
        return digest(repr((found, sorted(self.includes.items()))).encode())

    def changed(self, file: ParsedFile) -> Fingerprint:
        """The same once a file, which includes what it did, has other bytes."""
        return replace(self, files={**self.files, file.filename: file.state})

    def is_on_disk(self, but: Collection[str] = ()) -> bool:
        """Whether the files on the disk are these, and the includes find no others.

        Args:
            but: the files that need not be what they were.
        """
        return (
            not self.decrypted  # who reads one is asked for its key
            and all(names_found(pattern) == names for pattern, names in self.includes.items())
            and all(
                _digest_on_disk(name) == file.digest
                for name, file in self.files.items()
                if name not in but
            )
        )


@dataclass(frozen=True, slots=True)
class ParsedLedger:
    """The files of a ledger, joined.

    Attributes:
        entries: all directives in the order in which Beancount books them.
        errors: what is wrong with files and includes.
        options: those of the top file, with what other files add to them.
        fingerprint: what tells its files from any others.
    """

    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]
    fingerprint: Fingerprint


def names_found(pattern: str) -> tuple[str, ...]:
    """The names that an include's pattern finds, sorted."""
    return tuple(sorted(glob.glob(pattern, recursive=True)))  # noqa: PTH207


def parse(filename: str, content: bytes) -> ParsedFile:
    """Parse one file.

    Args:
        filename: its absolute name, or what its text is called that is in no file.
        content: its bytes.
    """
    entries, errors, options = parser.parse_string(content, filename)
    return ParsedFile(filename, digest(content), entries, errors, options)


def read(path: Path, appended: str = "", parse: Parse = parse) -> ParsedLedger:
    """Read and parse a ledger's files.

    Args:
        path: the top file.
        appended: text to read with them, as if a file that the top file includes held it.
        parse: what parses a file.

    Raises:
        OSError: a file that is there cannot be read.
    """
    reader = _Reader(parse)
    reader.file(str(path.absolute()))
    reader.text(appended)
    reader.included()
    return reader.joined()


class _Reader:
    """Follows includes as ``beancount.loader._parse_recursive`` does: breadth first."""

    def __init__(self, parse: Parse) -> None:
        self._parse = parse
        self._entries: list[Entry] = []
        self._errors: list[Any] = []
        self._options: list[dict[str, Any]] = []
        self._files: dict[str, FileState] = {}
        self._includes: dict[str, tuple[str, ...]] = {}
        self._decrypted: dict[str, FileState] = {}
        self._waiting: list[str] = []
        self._parts = 0

    def file(self, source: str) -> None:
        """Read a file, unless it was read before."""
        if encryption.is_encrypted_file(source):
            text = encryption.read_encrypted_file(source)
            parsed = self._parse(source, text.encode())
            self._decrypted[source] = parsed.state
            self._take(parsed, os.path.dirname(source))  # noqa: PTH120
            return
        filename = os.path.normpath(source)
        if filename in self._files:
            self._fault(f'Duplicate filename parsed: "{filename}"')
        elif not os.path.exists(filename):  # noqa: PTH110  for a name too long, Path's raises
            self._fault(f'File "{filename}" does not exist')
        else:
            parsed = self._parse(filename, Path(filename).read_bytes())
            self._files[filename] = parsed.state
            self._take(parsed, os.path.dirname(filename))  # noqa: PTH120

    def text(self, text: str) -> None:
        """Read a text that is in no file."""
        self._take(self._parse("<string>", text.encode()), str(Path.cwd()))

    def included(self) -> None:
        """Read what was included so far, and what that includes, and so on."""
        while self._waiting:
            self.file(self._waiting.pop(0))

    def joined(self) -> ParsedLedger:
        """All that was read."""
        top, *others = self._options
        # What follows adds to it, and the file's own is to stay as it is.
        top = {**top, "include": sorted(self._files), "dcontext": copy.deepcopy(top["dcontext"])}
        options = loader.aggregate_options_map(top, others)
        if self._parts > 1:  # of each the parser has sorted them
            self._entries.sort(key=entry_sortkey)
        fingerprint = Fingerprint(self._files, self._includes, self._decrypted)
        return ParsedLedger(self._entries, self._errors, options, fingerprint)

    def _take(self, parsed: ParsedFile, folder: str) -> None:
        self._entries.extend(parsed.entries)
        self._parts += bool(parsed.entries)
        self._errors.extend(parsed.errors)
        patterns = parsed.options["include"]
        self._options.append(parsed.options)
        for pattern in patterns:
            path = os.path.join(folder, pattern)  # noqa: PTH118  as Beancount does it
            found = glob.glob(path, recursive=True)  # noqa: PTH207
            self._includes[path] = tuple(sorted(found))
            if not found:
                self._fault(f'File glob "{pattern}" does not match any files')
            self._waiting += map(os.path.normpath, found)

    def _fault(self, message: str) -> None:
        self._errors.append(loader.LoadError(new_metadata("<load>", 0), message))


def _digest_on_disk(filename: str) -> str | None:
    try:
        return digest(Path(filename).read_bytes())
    except OSError:
        return None

"""Messages on disk: those that were said and heard, for ever; and the folder that carries them.

What is kept stands beside the ledger in ``messages/SENDER/RECEIVER/``, each text with its
signature, byte for byte; nothing includes it. What goes out is put into a folder, the signature
first, so that whoever sees the text finds both.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.exchange.authenticity import Incoming
from beancount_voucher.exchange.message import (
    MOST_BYTES,
    RIVAL_DIGITS,
    SIGNATURE,
    digest,
    file_name,
    named,
)
from beancount_voucher.exchange.signatures import signature_of
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beancount_voucher.exchange.message import Name

FOLDER = "messages"
_RESTORED = "restored"
_ATTRIBUTES = ".gitattributes"
_AS_IT_IS = "* -text\n"
_RIVAL = re.compile(rf"(.+\.beancount)\.([0-9a-f]{{{RIVAL_DIGITS}}})")


class Store:
    """The messages that a ledger keeps."""

    def __init__(self, ledger: Path) -> None:
        """Take the ledger's top file."""
        self.folder = ledger.absolute().parent / FOLDER

    def path(self, name: Name) -> Path:
        """Where a message is kept."""
        return self.folder / name[0] / name[1] / file_name(name)

    def text(self, name: Name) -> bytes | None:
        """The text of a message, if it is kept."""
        return _read(self.path(name))

    def signature(self, name: Name) -> bytes | None:
        """Its signature."""
        return _read(_beside(self.path(name)))

    def rivals(self) -> dict[Name, set[str]]:
        """The messages of which another text is kept, too, each with how its digest begins."""
        found: dict[Name, set[str]] = {}
        for path in self.folder.glob("*/*/*"):
            match = _RIVAL.fullmatch(path.name)
            name = None if match is None else named(match[1])
            if match is not None and name is not None:
                found.setdefault(name, set()).add(match[2])
        return found

    def names(self) -> set[Name]:
        """Every message that is kept."""
        found = (named(path.name) for path in self.folder.glob("*/*/*"))
        return {name for name in found if name is not None}

    def keep(self, name: Name, content: bytes, signature: bytes) -> None:
        """Keep a message that is about to be recorded; one that never was makes room.

        Raises:
            WriteRefusedError: it cannot be written.
        """
        path = self.path(name)
        self._prepare(path.parent)
        _put(_beside(path), signature)
        _put(path, content)

    def keep_rival(self, incoming: Incoming) -> None:
        """Keep the second text of a number beside the first, with its signature.

        Raises:
            WriteRefusedError: it cannot be written.
        """
        path = self.path(incoming.name)
        self._prepare(path.parent)
        rival = path.with_name(f"{path.name}.{digest(incoming.content)[:RIVAL_DIGITS]}")
        assert incoming.signature is not None
        _put(_beside(rival), incoming.signature)
        _put(rival, incoming.content)

    def put_out(self, name: Name, folder: Path, anew: bytes | None = None) -> bool:
        """Put a message that is kept into the folder that carries it, byte for byte.

        Args:
            name: of the message.
            folder: the one that carries it.
            anew: its signature by another key, where the one that is kept counts no more.

        Returns:
            whether it was not there already.

        Raises:
            WriteRefusedError: it is not kept, or the folder cannot be written to.
        """
        content, signature = self.text(name), self.signature(name)
        if content is None or signature is None:
            raise WriteRefusedError(f"{self.path(name)} is not there: message-missing")
        path = folder / file_name(name)
        there = _read(_beside(path)) if _read(path) == content else None
        if there is not None and (anew is None or _signer(there) == _signer(anew)):
            return False
        _put(_beside(path), anew or signature)
        _put(path, content)
        return True

    # --- Restored ledgers ---------------------------------------------------------------

    def restored(self) -> dict[str, int] | None:
        """If the ledger was restored, and not all were heard since: what it knew of each then."""
        content = _read(self.folder / _RESTORED)
        if content is None:
            return None
        lines = (line.split(" ") for line in content.decode(errors="replace").splitlines())
        return {each[0]: int(each[1]) for each in lines if len(each) == 2 and each[1].isdecimal()}  # noqa: PLR2004

    def mark_restored(self, numbers: Mapping[str, int]) -> None:
        """Note that it was restored, and the last message of each that it knows.

        Raises:
            WriteRefusedError: it cannot be written.
        """
        self._prepare(self.folder)
        lines = "".join(f"{party} {number}\n" for party, number in sorted(numbers.items()))
        _put(self.folder / _RESTORED, lines.encode())

    def unmark_restored(self) -> None:
        """All were heard.

        Raises:
            WriteRefusedError: the note cannot be removed.
        """
        try:
            (self.folder / _RESTORED).unlink(missing_ok=True)
        except OSError as error:
            raise WriteRefusedError(f"{self.folder / _RESTORED}: {error.strerror}") from error

    def _prepare(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WriteRefusedError(f"{folder}: {error.strerror}") from error
        attributes = self.folder / _ATTRIBUTES
        if not attributes.exists():
            _put(attributes, _AS_IT_IS.encode())


def incoming(paths: Iterable[Path], we: str, *, ours: bool = False) -> Iterator[Incoming]:
    """What has come, in the order of numbers; nothing is moved or removed.

    Args:
        paths: files that somebody names, and folders, of which only what is named as a message
            to us is read.
        we: our party id.
        ours: whether messages of ours are read of folders, too: a restored ledger has lost some.
    """

    def of_folders(name: Name) -> bool:
        return name[1] == we or (ours and name[0] == we)

    return (each for each, _ in found_in(paths, of_folders))


def found_in(
    paths: Iterable[Path], of_folders: Callable[[Name], bool] = lambda _name: True
) -> Iterator[tuple[Incoming, Path]]:
    """Messages in files and folders, in the order of numbers, each with its path.

    Args:
        paths: files that somebody names, and folders.
        of_folders: which messages are read of folders.
    """
    found: dict[Name, Path] = {}
    for path in paths:
        for each in _files(path):
            name = named(each.name)
            if name is not None and (not path.is_dir() or of_folders(name)):
                found.setdefault(name, each)
    for name, path in sorted(found.items()):
        content = _read(path, MOST_BYTES + 1)
        if content is not None:
            signature = _read(_beside(path), _MOST_OF_SIGNATURE)
            yield Incoming(name, content, signature), path


def document_digest(file: str, document: str) -> str | None:
    """The SHA-256 of a document, in hex; None where there is no such file.

    Args:
        file: the one whose directive names it.
        document: its path, relative to that.
    """
    with suppress(OSError, ValueError):  # a name that no file can have
        path = Path(file).parent / document
        with open(path, "rb", opener=_without_waiting) as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    return None


_MOST_OF_SIGNATURE = 65536


def _signer(signature: bytes) -> str | None:
    said = signature_of(signature)
    return None if said is None else said.fingerprint


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    with suppress(OSError):
        return sorted(path.iterdir())
    return []


def _beside(path: Path) -> Path:
    return path.with_name(path.name + SIGNATURE)


def _read(path: Path, most: int = -1) -> bytes | None:
    """What a file holds; None for what is no file, or cannot be read."""
    with suppress(OSError), open(path, "rb", opener=_without_waiting) as file:
        return file.read(most)
    return None


def _without_waiting(path: str, flags: int) -> int:
    """Open a file: not a pipe, which would keep us waiting, nor a device without an end."""
    handle = os.open(path, flags | os.O_NONBLOCK)
    if stat.S_ISREG(os.fstat(handle).st_mode):
        return handle
    os.close(handle)
    raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)


def _put(path: Path, content: bytes) -> None:
    """A file with this content, whole or not at all."""
    if _read(path) == content:
        return
    with suppress(OSError):
        path.unlink(missing_ok=True)
    atomic_files.write_new(path, content)

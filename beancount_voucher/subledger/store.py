"""What is kept of files and shards: texts under their digests, and never half of one.

Everything is plain text, packed; nothing is unpickled. Whoever reads a text gets it as it was
written, or nothing: then it is made again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_voucher.subledger.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LEVEL = 1
"""Of packing: what is written once and read once is packed fast."""

INDEX = "index.json"


def write(path: Path, content: bytes) -> None:
    """Write a file whole, or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o666 & ~_UMASK)
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


_UMASK = _umask()


def sha256(path: Path) -> str:
    """The digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class Folder:
    """Texts by name that belong together, written at once.

    Args:
        path: where they are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, texts: Iterable[tuple[str, bytes]], index: Mapping[str, Any]) -> None:
        """Write all texts and what is said of them, or nothing.

        Args:
            texts: by name.
            index: what is to be read before them.
        """
        self.path.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(dir=self.path.parent, prefix=".part-"))
        try:
            digests = {}
            for name, text in texts:
                packed = zlib.compress(text, _LEVEL)
                digests[name] = hashlib.sha256(packed).hexdigest()
                (made / name).write_bytes(packed)
            (made / INDEX).write_bytes(_sealed(as_text({"texts": digests, "index": dict(index)})))
            made.chmod(0o777 & ~_UMASK)
            if self.is_whole():  # somebody was faster
                shutil.rmtree(made)
                return
            if self.path.exists():  # damaged
                shutil.rmtree(self.path)
            made.rename(self.path)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def index(self) -> dict[str, Any] | None:
        """What was said of the texts; None where it is not there as it was written."""
        told = read_sealed(self.path / INDEX)
        return None if told is None else told["index"]

    def is_whole(self) -> bool:
        """Whether every text is there as it was written."""
        told = read_sealed(self.path / INDEX)
        return told is not None and all(
            _digest(self.path / name) == digest for name, digest in told["texts"].items()
        )

    def says_the_same(self, other: Folder) -> bool:
        """Whether another has the same texts, however they are packed, and the same is said."""
        names, others = (
            {each.name for each in folder.path.iterdir()} - {INDEX} for folder in (self, other)
        )
        return (
            names == others
            and self.index() == other.index()
            and all(self.text(name) == other.text(name) for name in names)
        )

    def text(self, name: str) -> bytes:
        """One text."""
        return zlib.decompress((self.path / name).read_bytes())

    def names(self, prefix: str) -> Iterator[str]:
        """The texts whose names begin so."""
        return (each.name for each in sorted(self.path.glob(f"{prefix}*")))


def _sealed(text: str) -> bytes:
    """A text behind its digest."""
    content = text.encode()
    return hashlib.sha256(content).hexdigest().encode() + b"\n" + content


def write_sealed(path: Path, told: Mapping[str, Any]) -> None:
    """Write plain data behind its digest."""
    write(path, _sealed(as_text(dict(told))))


def read_sealed(path: Path) -> dict[str, Any] | None:
    """Plain data as it was written; None where it is not."""
    try:
        seal, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if hashlib.sha256(content).hexdigest().encode() != seal:
        return None
    told: dict[str, Any] = json.loads(content)
    return told


def _digest(path: Path) -> str | None:
    try:
        return sha256(path)
    except OSError:
        return None

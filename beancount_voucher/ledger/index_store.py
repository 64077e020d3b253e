"""Where the index of a ledger is kept: parts of JSON in an SQLite file, each found by its digest.

A state names the parts that it is made of, and is sealed with a key that lies in the user's
cache folder. So a part that was changed is not that part any more, a state that was put there
by somebody else is none, and an old part in a new state's place is found out. Whatever does not
fit is thrown away without a word: the ledger's files know everything that stands here.

A state is written in one transaction, parts first. Two processes that write at once write one
after the other, the last one's state stands, and who reads meanwhile reads one of the two.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import sqlite3
import zlib
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Json = Any
"""What ``json`` writes and reads."""

Digest = str
"""What a part is found by, and held against."""

_FORM = 1
"""The form of these files; with another, a file is thrown away."""

_WAIT = 2.0
"""Seconds to wait for another process that writes."""

_KEY_SIZE = 32
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_DAMAGE = (sqlite3.Error, OSError, ValueError, TypeError, LookupError, zlib.error, RecursionError)
"""What reading a file that somebody else has made may raise."""

_TABLES = """
CREATE TABLE state (name TEXT PRIMARY KEY, seal BLOB NOT NULL, content BLOB NOT NULL);
CREATE TABLE part (digest TEXT PRIMARY KEY, content BLOB NOT NULL) WITHOUT ROWID;
"""


class DamagedError(Exception):
    """The file is not, or not any more, what a program of ours has written."""


class GoneError(DamagedError):
    """Another process has put another state in the place of the one that names a part."""


def packed(value: Json) -> bytes:
    """JSON, small."""
    return zlib.compress(json.dumps(value, separators=(",", ":")).encode(), 1)


def digest_of(content: bytes) -> Digest:
    """What tells a part from any other."""
    return hashlib.blake2b(content, digest_size=16).hexdigest()


class Store:
    """The file of one ledger in a cache folder."""

    def __init__(self, folder: Path, top: Path) -> None:
        """Name it; nothing is read or written.

        Args:
            folder: a cache folder that is fit to be used.
            top: the ledger's top file.
        """
        named = hashlib.sha256(os.fsencode(top.absolute())).hexdigest()[:32]
        self.folder = folder
        self._path = folder / f"{named}.sqlite"
        self._known: dict[Digest, bytes] = {}

    # --- Reading ------------------------------------------------------------------------------

    def state(self, name: str) -> Json | None:
        """A state; None where there is none that this user's programs have written."""
        try:
            with self._opened() as database:
                row = database.execute(
                    "SELECT seal, content FROM state WHERE name = ?", (name,)
                ).fetchone()
            if row is None:
                return None
            return unpacked(self._unsealed(name, *map(_blob, row)))
        except (*_DAMAGE, DamagedError) as error:
            self._drop(error)
            return None

    def parts(self, digests: Iterable[Digest]) -> list[Json]:
        """Parts of a state, in the order in which they are asked for.

        Raises:
            DamagedError: one is not there any more, or is another.
        """
        try:
            with self._opened() as database:
                return [unpacked(_part(database, digest)) for digest in digests]
        except GoneError:
            raise
        except (*_DAMAGE, DamagedError) as error:
            self._drop(error)
            raise DamagedError from error

    # --- Writing ------------------------------------------------------------------------------

    def save(
        self, name: str, state: Json, parts: Mapping[Digest, bytes], kept: set[Digest]
    ) -> bool:
        """Put a state in the place of the one before; whether it could be done.

        Args:
            name: of the state.
            state: it.
            parts: those of its parts that may be new.
            kept: all of its parts; others are dropped.
        """
        content = packed(state)
        try:
            with self._opened(new=True) as database, database:
                database.execute("BEGIN IMMEDIATE")
                _make_tables(database)
                known = {digest for (digest,) in database.execute("SELECT digest FROM part")}
                database.executemany(
                    "DELETE FROM part WHERE digest = ?", ((each,) for each in known - kept)
                )
                database.executemany("INSERT OR REPLACE INTO part VALUES (?, ?)", parts.items())
                self._put(database, name, content)
        except _DAMAGE:
            return False
        return True

    def note(self, name: str, state: Json) -> bool:
        """Put down a state that has no parts; whether it could be done."""
        try:
            with self._opened(new=True) as database, database:
                database.execute("BEGIN IMMEDIATE")
                _make_tables(database)
                self._put(database, name, packed(state))
        except _DAMAGE:
            return False
        return True

    def _drop(self, error: Exception) -> None:
        """Throw the file away, unless another process is just writing it."""
        if getattr(error, "sqlite_errorcode", None) not in _BUSY:
            self.throw_away()

    def throw_away(self) -> None:
        """Remove the file."""
        for suffix in ("", "-journal", "-wal", "-shm"):
            with suppress(OSError):
                os.unlink(f"{self._path}{suffix}")  # noqa: PTH108

    def _put(self, database: sqlite3.Connection, name: str, content: bytes) -> None:
        seal = self._seal(name, content)
        database.execute("INSERT OR REPLACE INTO state VALUES (?, ?, ?)", (name, seal, content))

    # --- The file and the key -----------------------------------------------------------------

    @contextmanager
    def _opened(self, *, new: bool = False) -> Iterator[sqlite3.Connection]:
        name = f"{self._path.as_uri()}?mode={'rwc' if new else 'rw'}"
        connected = sqlite3.connect(name, timeout=_WAIT, isolation_level=None, uri=True)
        with closing(connected) as database:
            database.executescript("PRAGMA synchronous = OFF; PRAGMA trusted_schema = OFF;")
            yield database

    def _seal(self, name: str, content: bytes) -> bytes:
        """What only this user's programs, in this folder, can put under a state of this ledger."""
        said = b"\0".join((name.encode(), os.fsencode(self._path.name), content))
        return hashlib.blake2b(said, key=self._key(), digest_size=32).digest()

    def _unsealed(self, name: str, seal: bytes, content: bytes) -> bytes:
        if not hmac.compare_digest(seal, self._seal(name, content)):
            raise DamagedError
        return content

    def _key(self) -> bytes:
        """The key of the folder, made where there is none.

        It is of no use in another folder: one that was copied here brings no key.
        """
        path = self.folder / "key"
        with suppress(FileExistsError):
            made = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with open(made, "wb") as file:  # noqa: PTH123
                file.write(secrets.token_bytes(_KEY_SIZE))
        key = path.read_bytes()
        if len(key) != _KEY_SIZE:
            path.unlink()
            raise ValueError("no key")
        found = self.folder.stat()
        return hashlib.sha256(key + f"{found.st_dev} {found.st_ino}".encode()).digest()


def _blob(value: object) -> bytes:
    """Bytes, where a file that somebody else has made may hold anything."""
    if type(value) is not bytes:
        raise DamagedError
    return value


def _part(database: sqlite3.Connection, digest: Digest) -> bytes:
    row = database.execute("SELECT content FROM part WHERE digest = ?", (digest,)).fetchone()
    if row is None:
        raise GoneError
    content = _blob(row[0])
    if digest_of(content) != digest:
        raise DamagedError
    return content


def unpacked(content: bytes) -> Json:
    """The JSON that ``packed`` has made small."""
    return json.loads(zlib.decompress(content))


def _make_tables(database: sqlite3.Connection) -> None:
    """Make them anew where the form is another, or none."""
    if database.execute("PRAGMA user_version").fetchone() == (_FORM,):
        return
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in tables:
        database.execute(f'DROP TABLE "{name}"')
    for statement in filter(str.strip, _TABLES.split(";")):
        database.execute(statement)
    database.execute(f"PRAGMA user_version = {_FORM}")

"""A commit, read from the object itself: no log format, encoding or mailmap comes between."""

from __future__ import annotations

import codecs
import datetime as dt
import re
from dataclasses import dataclass
from typing import NamedTuple

_ENCODINGS = re.compile(
    r"utf-8|ascii|iso8859-[0-9]+|cp125[0-9]|koi8-[rtu]|gb2312|gbk|gb18030|big5|big5hkscs"
    r"|euc_jp|euc_kr|shift_jis|cp932|cp949|cp950|iso2022_jp|iso2022_kr"
)
"""Encodings in which people have written names, by Python's names: each leaves ASCII as it is.

Others (``utf-7``, ``unicode_escape``) could make one address look like another.
"""
_LONGEST = 40
_CO_AUTHOR = re.compile(r"(?im)^co-authored-by:[ \t]*([^<\n]*?)[ \t]*<([^>\n]*)>")
_WHEN = re.compile(rb"([0-9]{1,12}) ([+-])([0-9]{2})([0-9]{2})")


class Person(NamedTuple):
    """Name and address, as a commit has them."""

    name: str
    email: str

    def __str__(self) -> str:
        """As git writes it."""
        return f"{self.name} <{self.email}>"


NOBODY = Person("", "")


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Attributes:
        id: its full object id; empty for what is not committed yet.
        author: the author's name, as the commit has it.
        email: the author's address; no ``.mailmap`` is asked, since a branch may bring one.
        date: the author's date, ISO 8601; empty where there is none.
        subject: the first paragraph of its message, in a line.
        signature: what became of its signature, where it was asked for.
        signer: who signed, as far as that is known.
        committer: who made the commit of it, such as by a rebase.
        co_authors: who has worked on it, too, as its message says.
    """

    id: str
    author: str
    email: str
    date: str
    subject: str
    signature: str = ""
    signer: str = ""
    committer: Person = NOBODY
    co_authors: tuple[Person, ...] = ()

    @property
    def authors(self) -> tuple[Person, ...]:
        """Everybody who has worked on it."""
        return Person(self.author, self.email), *self.co_authors

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.id[:10] or "(not committed)"


def headers(raw: bytes) -> dict[bytes, bytes]:
    """What stands above a commit's message, by name; of a name that stands twice, the first."""
    found: dict[bytes, bytes] = {}
    for line in raw.partition(b"\n\n")[0].replace(b"\n ", b"\0").split(b"\n"):
        name, _, value = line.partition(b" ")
        found.setdefault(name, value.replace(b"\0", b"\n"))
    return found


def commit(oid: str, raw: bytes, signature: str = "", signer: str = "") -> Commit:
    """What a commit says of itself, whatever it says.

    Args:
        oid: its id.
        raw: the object.
        signature: what became of its signature.
        signer: who signed.
    """
    said = headers(raw)
    encoding = said.get(b"encoding", b"utf-8")
    author, rest = _named(said.get(b"author", b""), encoding)
    committer, _ = _named(said.get(b"committer", b""), encoding)
    message = raw.partition(b"\n\n")[2]
    paragraph = message.lstrip(b"\n").partition(b"\n\n")[0]
    return Commit(
        oid,
        author.name,
        author.email,
        _date(rest.rpartition(b">")[2].strip()),
        " ".join(_text(paragraph, encoding).split("\n")).strip(),
        signature,
        signer,
        committer,
        tuple(Person(*found) for found in _CO_AUTHOR.findall(_text(message, encoding))),
    )


def _named(said: bytes, encoding: bytes) -> tuple[Person, bytes]:
    """Name and address of a header, and what stands behind the name."""
    name, _, rest = said.partition(b"<")
    email = rest.partition(b">")[0]
    return Person(_text(name.strip(), encoding), _text(email.strip(), encoding)), rest


def _text(said: bytes, encoding: bytes) -> str:
    """Bytes as the text that they are in an encoding, as far as they are one."""
    return said.decode(_codec(encoding), errors="replace")


def _codec(encoding: bytes) -> str:
    """Python's name of an encoding that a commit names; UTF-8 for one that is not known."""
    try:
        name = codecs.lookup(encoding[:_LONGEST].decode("ascii")).name
    except (LookupError, ValueError):
        return "utf-8"
    return name if _ENCODINGS.fullmatch(name) else "utf-8"


def _date(said: bytes) -> str:
    """Seconds since 1970 and an offset, as ISO 8601 has it."""
    match = _WHEN.fullmatch(said)
    if match is None:
        return ""
    seconds, sign, hours, minutes = match.groups()
    offset = dt.timedelta(hours=int(hours), minutes=int(minutes))
    try:
        zone = dt.timezone(-offset if sign == b"-" else offset)
        return dt.datetime.fromtimestamp(int(seconds), zone).isoformat()
    except (ValueError, OverflowError, OSError):
        return ""

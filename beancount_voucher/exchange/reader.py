"""The text of a message, read strictly: nothing but directives of messages, as they are written.

Messages are read line by line, and not by Beancount's parser: no option, plugin, include or
transaction can be in one, an amount is no sum to be worked out, and nothing nests. What is not
written just so is no message (``malformed``); what is, and has a wrong value, is one fact's
fault.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Custom
from beancount.parser.grammar import ValueType

from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import VOUCHER_ID, Fact
from beancount_voucher.directives.parser import MESSAGE, reader
from beancount_voucher.directives.schema import DIRECTIVES, ONLY_IN_MESSAGES, PREFIX
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.directives.values import HAS_FORM, FormError, values_of
from beancount_voucher.exchange.message import (
    FORMAT,
    MOST_BYTES,
    MOST_FACTS,
    Header,
    Message,
    Said,
    shown,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from beancount_voucher.conditions import Condition
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.exchange.message import Name


class MalformedError(Exception):
    """A text that is no message, with the line that is none of one."""


class Faulty(NamedTuple):
    """A fact of a message that is none, as far as it tells what it is about.

    Attributes:
        kind: of the directive.
        date: its date.
        voucher: what it is about; None where that cannot be told.
        code: what is wrong.
        wrong: in words.
    """

    kind: str
    date: dt.date
    voucher: str | None
    code: str
    wrong: str


class Readable(NamedTuple):
    """A message as it was read.

    Attributes:
        message: its header, and the facts that are well-formed.
        faulty: those that are not.
    """

    message: Message
    faulty: tuple[Faulty, ...] = ()

    @property
    def facts(self) -> int:
        """How many facts it says, right or wrong."""
        return self.message.facts + len(self.faulty)


_STRING = r'"(?:[^"\\\x00-\x1f\x7f]|\\["\\ntr])*"'
_CURRENCY = r"[A-Z](?:[A-Z0-9'._-]{0,22}[A-Z0-9])?"
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})"
    r"|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    rf"|(?P<amount>-?[0-9]{{1,40}}(?:\.[0-9]{{1,40}})? {_CURRENCY})"
    r"|(?P<number>-?[0-9]{1,40}(?:\.[0-9]{1,40})?)"
    r"|(?P<flag>TRUE|FALSE)"
)
_HEAD = re.compile(r'([0-9]{4}-[0-9]{2}-[0-9]{2}) custom "voucher-([a-z-]{1,30})" (.+)')
_META = re.compile(r"  ([a-z][A-Za-z0-9_-]{0,99}): (.+)")
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\"}

ALLOWED = frozenset(
    {
        *(name for name, each in DIRECTIVES.items() if each.travels),
        *ONLY_IN_MESSAGES,
        "key",
        "revoke",
    }
)
"""The directives that a message may have."""


def read_message(
    content: bytes, name: Name, conditions: Mapping[str, Condition] | None = None
) -> Readable:
    """Read a message.

    Args:
        content: its bytes.
        name: of its file: the header must say the same.
        conditions: the settlement conditions that are known here.

    Raises:
        MalformedError: it is none.
    """
    entries = list(_entries(content, name))
    header = _header(entries[0], name)
    if len(entries) - 1 > MOST_FACTS:
        raise MalformedError(f"it has {len(entries) - 1} facts, and {MOST_FACTS} are the most")
    said: list[Said] = []
    faulty: list[Faulty] = []
    one = reader(_NAMES, conditions or {})
    for entry in entries[1:]:
        found = _said(entry, one)
        if isinstance(found, Faulty):
            faulty.append(found)
        else:
            said.append(found)
    return Readable(Message(header, tuple(said)), tuple(faulty))


# --- Lines ------------------------------------------------------------------------------


def _entries(content: bytes, name: Name) -> Iterator[Custom]:
    if len(content) > MOST_BYTES:
        raise MalformedError("it is too large")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise MalformedError(f"it is not UTF-8 (byte {error.start})") from error
    if not text.endswith("\n"):
        raise MalformedError("its last line does not end")
    entry: Custom | None = None
    for number, line in enumerate(text[:-1].split("\n"), 1):
        head = _HEAD.fullmatch(line)
        if head is not None:
            if entry is not None:
                yield entry
            entry = _entry(head, SourceLine(shown(name), number))
            continue
        meta = _META.fullmatch(line)
        if meta is None or entry is None or meta[1] in entry.meta or meta[1] == MESSAGE:
            raise MalformedError(f"line {number} is none of a message")
        entry.meta[meta[1]] = _one(meta[2], number)
    assert entry is not None  # some line there is
    yield entry


def _entry(head: re.Match[str], place: SourceLine) -> Custom:
    date, kind, rest = _date(head[1], place.lineno), head[2], head[3]
    if kind not in ALLOWED or (kind == "message") != (place.lineno == 1):
        raise MalformedError(f"line {place.lineno}: voucher-{kind} does not stand there")
    values, at = [], 0
    while at < len(rest):
        token = _TOKEN.match(rest, at)
        if token is None:
            raise MalformedError(f"line {place.lineno} is none of a message")
        value = _value(token, place.lineno)
        values.append(ValueType(value, type(value)))
        at = token.end()
        if at < len(rest):
            if rest[at] != " " or at + 1 == len(rest):
                raise MalformedError(f"line {place.lineno} is none of a message")
            at += 1
    meta = {"filename": place.filename, "lineno": place.lineno}
    return Custom(meta, date, f"{PREFIX}{kind}", values)


def _one(text: str, line: int) -> Any:  # noqa: ANN401
    token = _TOKEN.fullmatch(text)
    if token is None:
        raise MalformedError(f"line {line} is none of a message")
    return _value(token, line)


def _value(token: re.Match[str], line: int) -> Any:  # noqa: ANN401
    text = token[0]
    if token["string"] is not None:
        return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]
    if token["date"] is not None:
        return _date(text, line)
    if token["amount"] is not None:
        number, currency = text.split(" ")
        return Amount(Decimal(number), currency)
    return text == "TRUE" if token["flag"] is not None else Decimal(text)


def _unescaped(match: re.Match[str]) -> str:
    return _ESCAPED[match[1]]


def _date(text: str, line: int) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise MalformedError(f"line {line}: there is no day {text}") from error


# --- Directives -------------------------------------------------------------------------


def _header(entry: Custom, name: Name) -> Header:
    ids, terms = _of_messages(entry)
    sender, receiver, number = ids
    if (sender, receiver, int(number)) != name:
        raise MalformedError(f"it says of itself that it is {' '.join(ids)}")
    if int(terms["format"]) != FORMAT:
        raise MalformedError(f"it is of format {terms['format']:f}")
    previous, seen, seen_sha256 = (
        terms.get("previous"),
        int(terms["seen"]),
        terms.get("seen-sha256"),
    )
    if (previous is None) != (int(number) == 1) or (seen_sha256 is None) != (seen == 0):
        raise MalformedError("its header does not say what comes before it")
    return Header(entry.date, *name, previous, seen, seen_sha256)


def _of_messages(entry: Custom) -> tuple[tuple[str, ...], dict[str, Any]]:
    """Values and metadata of a directive that stands in messages only."""
    directive = ONLY_IN_MESSAGES[entry.type.removeprefix(PREFIX)]
    try:
        ids, _ = values_of(entry, directive)
    except FormError as error:
        raise MalformedError(f"voucher-{directive.name}: {error.wrong}") from error
    terms = {key: value for key, value in entry.meta.items() if key not in SourceLine._fields}
    for key, value in terms.items():
        if key not in directive.keys or not HAS_FORM[directive.keys[key]](value):
            raise MalformedError(f"voucher-{directive.name}: {key}")
    if not terms.keys() >= {*directive.required}:
        raise MalformedError(f"voucher-{directive.name} lacks {', '.join(directive.required)}")
    return ids, terms


def _said(entry: Custom, one: Callable[[Custom], Fact | Problem]) -> Said | Faulty:
    kind = entry.type.removeprefix(PREFIX)
    place = SourceLine(entry.meta["filename"], entry.meta["lineno"])
    if kind in ONLY_IN_MESSAGES:
        ids, terms = _of_messages(entry)
        amount = values_of(entry, ONLY_IN_MESSAGES[kind])[1]
        return Said(Fact(kind, entry.date, ids, amount, terms, place, entry, place.filename))
    notes = {key: value for key, value in entry.meta.items() if _is_note(key)}
    for key in notes:
        del entry.meta[key]
    if DIRECTIVES[kind].travels:
        entry.meta[MESSAGE] = place.filename
    read = one(entry)
    if isinstance(read, Fact):
        if kind == "party" and read.terms.keys() - {"name"}:
            return Faulty(kind, entry.date, None, "unknown-key", "accounts are everybody's own")
        if "document" in entry.meta.keys() - read.terms.keys():  # evidence is a term
            notes["document"] = entry.meta["document"]
        return Said(read, {k: v for k, v in notes.items() if _travels(k, v)})
    at = DIRECTIVES[kind].voucher_at
    voucher = entry.values[at].value if at is not None and len(entry.values) > at else None
    named = voucher if isinstance(voucher, str) and VOUCHER_ID.fullmatch(voucher) else None
    return Faulty(kind, entry.date, named, read.code, read.wrong)


_NAMES = Names({})
"""No account travels."""


def _is_note(key: str) -> bool:
    return key.startswith("note") or (key.startswith("document") and key != "document")


def _travels(key: str, value: object) -> bool:
    """Notes are one's own, but for the day on which something happened; documents are not."""
    if key.startswith("note"):
        return key == "note-effective" and isinstance(value, dt.date)
    return isinstance(value, str)

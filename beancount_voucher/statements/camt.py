"""camt.052, .053 and .054 (ISO 20022): reports, statements and notifications of an account.

The element names are those of the ISO 20022 message definitions "Bank-to-Customer Cash
Management"; the versions differ in little that matters here: the status of an entry is a
text in .02 and a code within from .03 on, and amounts of single payments moved. An entry
that cannot be read costs its statement the proof, not the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.camt_balances import Balances
from beancount_voucher.statements.camt_entries import read_entry
from beancount_voucher.statements.camt_values import BOOKED, PENDING, Place, date_in
from beancount_voucher.statements.statement import (
    Statement,
    StatementError,
    StatementLine,
    account_number,
    date_of,
    first_day,
)
from beancount_voucher.statements.xml_stream import parts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

    from beancount_voucher.statements.statement import Balance
    from beancount_voucher.statements.xml_stream import Part

MESSAGES: dict[str, tuple[str, str]] = {
    "BkToCstmrAcctRpt": ("camt.052", "Rpt"),
    "BkToCstmrStmt": ("camt.053", "Stmt"),
    "BkToCstmrDbtCdtNtfctn": ("camt.054", "Ntfctn"),
}
"""The message's element -> its name, and the element of one statement in it."""

_STATEMENTS = {message: statement for message, (_, statement) in MESSAGES.items()}
_ENTRY = "Ntry"
_PAGES = ("StmtPgntn", "RptPgntn", "NtfctnPgntn")

# Some banks' own names are around it: ISO:camt.053.001.02:APC:STUZZA:payments:003
_NAMESPACE = re.compile(r"(camt\.05[234])\.[0-9]{3}\.([0-9]{2})(?![0-9])", re.IGNORECASE)
FIRST, LAST = 2, 14
"""The versions that were tried; a later one is read, with a note."""

_TOLD = 5
"""How many kinds of status of the bank's own are told."""


class Read(NamedTuple):
    """A statement, or an entry of the statement that is being read.

    Attributes:
        statement: the statement, after its entries.
        lines: the lines of an entry.
        status: of an entry: BOOK, PDNG or INFO; empty for one that is the bank's own.
        code: the bank's own code of an entry.
        flaw: why an entry cannot be read.
    """

    statement: Statement | None = None
    lines: tuple[StatementLine, ...] = ()
    status: str = ""
    code: str = ""
    flaw: StatementError | None = None


def statements(file: BinaryIO, path: Path, sha256: str) -> Iterator[Statement]:
    """The statements of the camt messages in a file.

    Raises:
        StatementError: there is none, or one says what no statement can.
    """
    for read in stream(file, path, sha256, keep=True):
        if read.statement is not None:
            yield read.statement


def accounts(file: BinaryIO, path: Path) -> Iterator[tuple[str, str]]:
    """What each statement is (camt.054 …), and the number of its account.

    Raises:
        StatementError: it is no camt message.
    """
    for part in parts(file, str(path), _STATEMENTS, _ENTRY):
        message, _ = _message(part, str(path))
        if part.path[2:] == ("Acct",) and part.element is not None:
            yield message, _number(part.element)


def stream(file: BinaryIO, path: Path, sha256: str, *, keep: bool) -> Iterator[Read]:
    """Entries one by one, in bounded memory, and each statement after its entries.

    Args:
        file: the messages.
        path: what to call it.
        sha256: the digest of the file.
        keep: whether the statement gets its lines; if not, only their sum is kept, as one.
    """
    created = ""
    current = _Statement(path, sha256, "", "", 0, created, keep)
    for part in parts(file, str(path), _STATEMENTS, _ENTRY):
        if len(part.path) == 1:
            created = ""
            message, note = _message(part, str(path))
        elif part.path[1] == "GrpHdr" and part.element is not None:
            created = part.element.findtext("CreDtTm") or ""
        elif part.element is None:
            if part.begins:
                current = _Statement(path, sha256, message, note, part.line, created, keep)
            else:
                yield Read(statement=current.finished(part.counted))
        elif part.path[2:] == (_ENTRY,):
            yield current.take_entry(part.element, part.line)
        elif len(part.path) > 2:  # noqa: PLR2004
            current.take(part.path[2], part.element, part.line)


def _message(part: Part, where: str) -> tuple[str, str]:
    """The name of a message, and what a person should know of its version.

    Raises:
        StatementError: it is another, or of a version that is too old.
    """
    name, line = part.path[0], part.line or None
    expected = f"camt.052, camt.053 or camt.054 of the versions {FIRST:02} to {LAST}"
    if name not in MESSAGES:
        wrong = f"it is a {name} message" if name else "the message is empty"
        raise StatementError("unknown-format", where, wrong, expected, line)
    message = MESSAGES[name][0]
    match = _NAMESPACE.search(part.namespace)
    if part.namespace and (match is None or match[1].lower() != message or int(match[2]) < FIRST):
        wrong = f"it is {part.namespace}"
        raise StatementError("unknown-version", where, wrong, expected, line)
    if match is None or int(match[2]) <= LAST:
        return message, ""
    return message, f"it is of version {match[2]}; {FIRST:02} to {LAST} were tried"


def _number(account: Element) -> str:
    """The number of an account, which may go by another name since version 09."""
    places = ("Id/IBAN", "Id/Othr/Id", "Prxy/Id")
    return account_number(next(filter(None, map(account.findtext, places)), ""))


@dataclass(slots=True)
class _Statement:
    """A statement while its parts come in. ``Acct`` and ``Bal`` come before the entries."""

    path: Path
    sha256: str
    form: str
    note: str
    line: int
    created: str
    keep: bool
    id: str = ""
    account: str = ""
    page: str = ""
    period: list[dt.date] = field(default_factory=list)
    balances: Balances = field(default_factory=Balances)
    lines: list[StatementLine] = field(default_factory=list)
    pending: list[StatementLine] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)
    entries: int = 0
    first: dt.date | None = None
    last: dt.date | None = None
    announced: list[dt.date] = field(default_factory=list)

    def take(self, name: str, element: Element, line: int) -> None:
        """Take a part that is no entry."""
        place = Place(str(self.path), line)
        if name == "Id":
            self.id = (element.text or "").strip()
        elif name == "CreDtTm":
            self.created = (element.text or "").strip()
        elif name in _PAGES:
            self.page = (element.findtext("PgNb") or "").strip()
        elif name == "FrToDt":
            self.period = [
                date_in(element.findtext(key), key, place)
                for key in ("FrDtTm", "FrDt", "ToDtTm", "ToDt")
                if element.find(key) is not None
            ]
        elif name == "Acct":
            self.account = _number(element)
            self.balances.currency = (element.findtext("Ccy") or "").strip()
        elif name == "Bal":
            self.balances.take(element, place)

    def take_entry(self, element: Element, line: int) -> Read:
        """Take an entry: one line, or one for each payment where the bank says what each is."""
        self.entries += 1
        place, told = Place(str(self.path), line), date_of(self.created)
        try:
            entry = read_entry(element, self.entries, self.balances.currency, told, place)
        except StatementError as error:
            self.unread.append(error.within)
            return Read(flaw=error)
        self.balances.currency = entry.currency
        if entry.status == BOOKED:
            self.first = min(self.first or entry.date, entry.date)
            self.last = max(self.last or entry.date, entry.date)
            if self.keep:
                self.lines.extend(entry.lines)
            else:
                before = self.lines[0].amount if self.lines else Decimal(0)
                self.lines = [StatementLine(1, entry.date, before + entry.amount)]
        elif entry.status == PENDING:
            days = (entry.date, *self.announced)
            self.announced = [min(days), max(days)]
            if self.keep:
                self.pending.extend(entry.lines)
        elif not entry.status and len(self.notes) < _TOLD:
            self.notes[f'entries of the status "{entry.said[:40]}" do not count as booked'] = None
        return Read(lines=entry.lines, status=entry.status, code=entry.code)

    def finished(self, counted: int) -> Statement:
        """The statement, all of whose parts are in; ``counted`` entries are in its text."""
        place = Place(str(self.path), self.line)
        for name, value in (("Id", self.id), ("Acct/Id", self.account)):
            if not value:
                expected = f"{self.form} with it"
                raise place.error("missing-field", f"{name} is missing", expected)
        if counted != self.entries:
            self.unread.append(f"it has {counted} entries (Ntry), {self.entries} in their place")
        opening, closing, available = self.balances.ends()
        start, end = self._period(opening, closing, place)
        return Statement(
            path=self.path,
            sha256=self.sha256,
            form=self.form,
            id=self.id,
            account=self.account,
            currency=self.balances.currency,
            start=start,
            end=end,
            opening=opening,
            closing=closing,
            available=None if available is None else available.number,
            lines=tuple(self.lines),
            pending=tuple(self.pending),
            unread=tuple(self.unread),
            notes=tuple(filter(None, (self.note, *self.notes))),
            sequence=f"{self.created[:19]:19}{self.page:>9}",
        )

    def _period(
        self, opening: Balance | None, closing: Balance | None, place: Place
    ) -> tuple[dt.date, dt.date]:
        """The first and the last day: those that are said, of balances and entries, or of it.

        An opening balance without a period is that of the evening before.
        """
        if self.period:
            return min(self.period), max(self.period)
        days = [day for day in (self.first, self.last) if day is not None]
        days += [balance.date for balance in (opening, closing) if balance is not None]
        told = date_of(self.created)
        days = days or self.announced or ([] if told is None else [told])
        if not days:
            expected = "a period, balances or entries"
            raise place.error("missing-field", "no date says what it covers", expected)
        first = min(days) if opening is None else first_day(opening.date, self.first)
        return min(first, max(days)), max(days)

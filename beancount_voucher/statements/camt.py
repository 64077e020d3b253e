"""camt.052, .053 and .054 (ISO 20022, versions .02 to .12): reports, statements, advices.

The element names are those of the ISO 20022 message definitions "Bank-to-Customer Cash
Management"; the versions differ in little that matters here: the status of an entry is a
text in .02 and a code within from .03 on, and amounts of single payments moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import (
    Balance,
    Statement,
    StatementError,
    StatementLine,
    account_number,
    date_of,
    distinct,
    first_day,
    number_of,
    reference,
)
from beancount_voucher.statements.xml_stream import parts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO
    from xml.etree.ElementTree import Element

MESSAGES: dict[str, tuple[str, str]] = {
    "BkToCstmrAcctRpt": ("camt.052", "Rpt"),
    "BkToCstmrStmt": ("camt.053", "Stmt"),
    "BkToCstmrDbtCdtNtfctn": ("camt.054", "Ntfctn"),
}
"""The message's element -> its name, and the element of one statement in it."""

_NAMESPACE = re.compile(r"urn:iso:std:iso:20022:tech:xsd:(camt\.05[234])\.001\.(\d\d)")
_VERSIONS = range(2, 13)

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD", "ITBD")
_AVAILABLE = ("CLAV", "ITAV")
_SIGNS = {"CRDT": 1, "DBIT": -1}
_BOOKED = "BOOK"

# The references of one payment, the end-to-end id aside.
_REFERENCES = ("InstrId", "PmtInfId", "TxId", "UETR", "MndtId", "ChqNb", "Prtry/Ref", "MsgId")
_TEXTS = ("RmtInf/Ustrd", "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf")
_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt")


class Read(NamedTuple):
    """A statement, or an entry of the statement that is being read."""

    statement: Statement | None = None
    entry: Element | None = None
    lines: tuple[StatementLine, ...] = ()
    pending: bool = False


def statements(file: BinaryIO, path: Path, sha256: str) -> Iterator[Statement]:
    """The statements of a camt message.

    Raises:
        StatementError: it is none, or says what no statement can.
    """
    for read in stream(file, path, sha256, keep=True):
        if read.statement is not None:
            yield read.statement


def stream(file: BinaryIO, path: Path, sha256: str, *, keep: bool) -> Iterator[Read]:
    """Entries one by one, in bounded memory, and each statement after its entries.

    Args:
        file: the message.
        path: what to call it.
        sha256: the digest of the file.
        keep: whether the statement gets its lines; if not, only their sum is kept, as one.
    """
    where, message = str(path), ""
    current = _Statement(path, sha256, message, 0, keep)
    for namespace, part in parts(file, where, 4):
        if not message:
            message = _message(namespace, part.path, where, part.line)
        if part.path[1] not in MESSAGES or part.path[2] != MESSAGES[part.path[1]][1]:
            continue
        if part.element is not None:
            if part.path[3] == "Ntry":
                yield current.take_entry(part.element, part.line)
            else:
                current.take(part.path[3], part.element, part.line)
        elif part.begins:
            current = _Statement(path, sha256, message, part.line, keep)
        else:
            yield Read(statement=current.finished())
    if not message:
        raise StatementError("unknown-format", where, "the message is empty", "a camt message")


def _message(namespace: str, path: tuple[str, ...], where: str, line: int) -> str:
    expected = "camt.052, camt.053 or camt.054 of the versions 02 to 12"
    if len(path) < 2 or path[1] not in MESSAGES:  # noqa: PLR2004
        raise StatementError("unknown-format", where, f"it is a {path[-1]} message", expected, line)
    message = MESSAGES[path[1]][0]
    match = _NAMESPACE.fullmatch(namespace)
    if namespace and (match is None or match[1] != message or int(match[2]) not in _VERSIONS):
        raise StatementError("unknown-version", where, f"it is {namespace}", expected, line)
    return message


@dataclass(slots=True)
class _Statement:
    """A statement while its parts come in. ``Acct`` and ``Bal`` come before the entries."""

    path: Path
    sha256: str
    form: str
    line: int
    keep: bool
    id: str = ""
    account: str = ""
    currency: str = ""
    period: list[dt.date] = field(default_factory=list)
    balances: dict[str, Balance] = field(default_factory=dict)
    lines: list[StatementLine] = field(default_factory=list)
    pending: list[StatementLine] = field(default_factory=list)
    entries: int = 0
    first: dt.date | None = None
    last: dt.date | None = None

    def error(self, code: str, wrong: str, expected: str, line: int) -> StatementError:
        return StatementError(code, str(self.path), wrong, expected, line)

    def take(self, name: str, element: Element, line: int) -> None:
        """Take a part that is no entry."""
        if name == "Id":
            self.id = (element.text or "").strip()
        elif name == "FrToDt":
            self.period = [
                self._date(element, key, line)
                for key in ("FrDtTm", "FrDt", "ToDtTm", "ToDt")
                if element.find(key) is not None
            ]
        elif name == "Acct":
            number = element.findtext("Id/IBAN") or element.findtext("Id/Othr/Id") or ""
            self.account = account_number(number)
            self.currency = (element.findtext("Ccy") or "").strip()
        elif name == "Bal":
            code = element.findtext("Tp/CdOrPrtry/Cd") or element.findtext("Tp/Cd") or ""
            amount = self._amount(element.find("Amt"), line) * self._sign(element, line)
            date = self._date(
                element, "Dt/Dt" if element.find("Dt/Dt") is not None else "Dt/DtTm", line
            )
            # A later one of a kind is that of a later day: interim balances repeat.
            self.balances[code] = Balance(amount, date)

    def take_entry(self, entry: Element, line: int) -> Read:
        """Take an entry: one line, or one for each payment where the bank says what each is."""
        self.entries += 1
        status = (entry.findtext("Sts/Cd") or entry.findtext("Sts") or _BOOKED).strip()
        sign = self._sign(entry, line)
        whole = self._line(entry, sign * self._amount(entry.find("Amt"), line), line)
        details = entry.findall("NtryDtls/TxDtls")
        lines = self._itemised(whole, details, sign, line)
        booked = status == _BOOKED
        if booked:
            self.first = min(self.first or whole.date, whole.date)
            self.last = max(self.last or whole.date, whole.date)
            if self.keep:
                self.lines.extend(lines)
            else:
                before = self.lines[0].amount if self.lines else Decimal(0)
                self.lines = [StatementLine(1, whole.date, before + whole.amount)]
        elif status == "PDNG" and self.keep:
            self.pending.extend(lines)
        return Read(entry=entry, lines=tuple(lines), pending=not booked)

    def _line(self, entry: Element, amount: Decimal, line: int) -> StatementLine:
        date = None
        for key in ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm"):
            if entry.find(key) is not None:
                date = self._date(entry, key, line)
                break
        if date is None:
            raise self.error("missing-field", "an entry has no date", "BookgDt or ValDt", line)
        return StatementLine(
            position=self.entries,
            date=date,
            amount=amount,
            references=distinct(iter([entry.findtext("NtryRef")])),
            bank_reference=reference(entry.findtext("AcctSvcrRef")),
            batch=reference(
                entry.findtext("NtryDtls/Btch/MsgId") or entry.findtext("NtryDtls/Btch/PmtInfId")
            ),
            text=" ".join((entry.findtext("AddtlNtryInf") or "").split()),
            reversal=(entry.findtext("RvslInd") or "").strip() in ("true", "1"),
        )

    def _itemised(
        self, whole: StatementLine, details: list[Element], sign: int, line: int
    ) -> list[StatementLine]:
        """The payments of an entry, if their amounts are known and come to the entry's."""
        each = [self._detail(whole, detail, sign, line) for detail in details]
        if len(each) > 1 and sum(item.amount for item in each) == whole.amount:
            return each
        return [_with_references(whole, each)]

    def _detail(self, whole: StatementLine, detail: Element, sign: int, line: int) -> StatementLine:
        amount = Decimal(0)
        for key in _AMOUNTS:
            found = detail.find(key)
            if found is not None and found.get("Ccy", self.currency) == self.currency:
                mark = detail.findtext("CdtDbtInd")
                own = sign if mark is None else self._sign(detail, line)
                amount = own * self._amount(found, line)
                break
        texts = [whole.text] + [each.text or "" for key in _TEXTS for each in detail.findall(key)]
        return StatementLine(
            position=whole.position,
            date=whole.date,
            amount=amount,
            end_to_end=reference(detail.findtext("Refs/EndToEndId")),
            references=distinct(
                iter([*whole.references, *(detail.findtext(f"Refs/{key}") for key in _REFERENCES)])
            ),
            bank_reference=reference(detail.findtext("Refs/AcctSvcrRef")) or whole.bank_reference,
            batch=whole.batch,
            text=" ".join(" ".join(texts).split()),
            reversal=whole.reversal,
            entry_reference=whole.bank_reference,
        )

    def _sign(self, element: Element, line: int) -> int:
        mark = (element.findtext("CdtDbtInd") or "").strip()
        if mark not in _SIGNS:
            raise self.error("missing-field", f'CdtDbtInd is "{mark}"', "CRDT or DBIT", line)
        return _SIGNS[mark]

    def _amount(self, element: Element | None, line: int) -> Decimal:
        text = "" if element is None else (element.text or "").strip()
        number = number_of(text)
        if element is None or number is None:
            raise self.error(
                "bad-amount", f'an amount is "{text}"', "a number such as 120.00, unsigned", line
            )
        currency = element.get("Ccy", "")
        if not self.currency:
            self.currency = currency
        if currency != self.currency:
            raise self.error(
                "bad-currency",
                f"an amount is in {currency or 'no currency'}",
                f"{self.currency}, the account's currency",
                line,
            )
        return number

    def _date(self, element: Element, key: str, line: int) -> dt.date:
        text = (element.findtext(key) or "").strip()
        date = date_of(text)
        if date is None:
            raise self.error("bad-date", f'{key} is "{text}"', "a date such as 2026-03-31", line)
        return date

    def finished(self) -> Statement:
        """The statement, all of whose parts are in."""
        for name, value in (("Id", self.id), ("Acct/Id", self.account)):
            if not value:
                raise self.error(
                    "missing-field", f"{name} is missing", f"{self.form} with it", self.line
                )
        opening, closing = self._balance(_OPENING), self._balance(_CLOSING)
        available = self._balance(_AVAILABLE)
        days = [day for day in (self.first, self.last) if day is not None]
        days += [balance.date for balance in (opening, closing) if balance is not None]
        days = self.period or days
        if not days:
            raise self.error(
                "missing-field",
                "no date says what it covers",
                "a period, balances or entries",
                self.line,
            )
        return Statement(
            path=self.path,
            sha256=self.sha256,
            form=self.form,
            id=self.id,
            account=self.account,
            currency=self.currency,
            start=self._start(days, opening),
            end=max(days),
            opening=opening,
            closing=closing,
            available=None if available is None else available.number,
            lines=tuple(self.lines),
            pending=tuple(self.pending),
        )

    def _balance(self, codes: tuple[str, ...]) -> Balance | None:
        return next((self.balances[code] for code in codes if code in self.balances), None)

    def _start(self, days: list[dt.date], opening: Balance | None) -> dt.date:
        """The first day. An opening balance without a period is that of the evening before."""
        if self.period or opening is None:
            return min(days)
        return first_day(opening.date, self.first)


def _with_references(whole: StatementLine, each: list[StatementLine]) -> StatementLine:
    """An entry with the references of all its payments."""
    one = each[0] if len(each) == 1 else None
    references = distinct(
        reference
        for item in (whole, *each)
        for reference in ((item.end_to_end, *item.references) if one is None else item.references)
    )
    return StatementLine(
        position=whole.position,
        date=whole.date,
        amount=whole.amount,
        end_to_end=None if one is None else one.end_to_end,
        references=references,
        bank_reference=whole.bank_reference or (None if one is None else one.bank_reference),
        batch=whole.batch,
        text=" ".join(dict.fromkeys(item.text for item in (each or [whole]) if item.text)),
        reversal=whole.reversal,
    )

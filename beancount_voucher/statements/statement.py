"""What a bank says, whatever the format: statements, their lines and balances, and faults.

Amounts are signed as the account's owner sees them: + is credited to the account (money
comes in), − is debited.
"""

from __future__ import annotations

import codecs
import datetime as dt
import stat
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.wording import in_a_line, printable
from beancount_voucher.statements.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_A_REFERENCE = frozenset(
    {"", "NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOREF", "UNKNOWN"}
    | {"EREF", "KREF", "KREF+", "MARF", "PREF"}
)
"""What banks write where there is no reference, or where another field has it."""


class StatementError(Exception):
    """A file that cannot be read as a bank statement: one line that says where and why.

    Attributes:
        code: one of ``FAULTS``.
        within: the same for those who know the file and the code.
    """

    def __init__(
        self, code: str, where: str, wrong: str, expected: str, line: int | None = None
    ) -> None:
        assert code in FAULTS
        place = where if line is None else f"{where}:{line}"
        said = f"{in_a_line(wrong)}; expected {in_a_line(expected)}"
        super().__init__(f"{printable(place)}: {said} [{code}]")
        self.code = code
        self.within = said if line is None else f"line {line}: {said}"


class Balance(NamedTuple):
    """What stands on an account at the beginning or the end of a day."""

    number: Decimal
    date: dt.date


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry of a statement, or one payment of a batch that the bank itemised.

    Attributes:
        position: the number of the entry within the statement, from 1.
        date: the booking date; the value date where there is none.
        amount: signed, in the statement's currency.
        end_to_end: the end-to-end id that came with the payment.
        references: the owner's other references.
        bank_reference: the bank's own reference of the entry.
        batch: the reference of the batch that it belongs to.
        text: remittance information and whatever else the bank says.
        reversal: whether the bank calls it a reversal.
        returned: whether the bank says that it gives a payment back, with the sign that this has.
        cut: those of the references that fill their place, so that the bank may have cut them.
        joined: words that come about if the bank cut the text where a line of it ends.
        entry_reference: the bank's own reference of the whole entry, for one of its payments.
    """

    position: int
    date: dt.date
    amount: Decimal
    end_to_end: str | None = None
    references: tuple[str, ...] = ()
    bank_reference: str | None = None
    batch: str | None = None
    text: str = ""
    reversal: bool = False
    returned: bool = False
    cut: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    entry_reference: str | None = None

    @property
    def takes_back(self) -> bool:
        """Whether it undoes a payment, which then pays nothing."""
        return self.reversal or self.returned


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of one account in one currency.

    Attributes:
        path: the file that it was read from, as it was named.
        sha256: the digest of that file's bytes.
        form: what it is: ``camt.053``, ``MT940``, ``CSV`` …
        id: the bank's id of the statement.
        account: the account's number, without spaces.
        start: the first day of its period.
        end: the last day of its period.
        opening: the booked balance before its lines; None where it has none.
        closing: the booked balance after its lines; None where it has none.
        available: the available balance at the end; None where it has none.
        lines: what is booked.
        pending: what is announced and not booked.
        unread: what the file has and cannot be read, a sentence each: with that, it proves nothing.
        notes: what a person should know of it, and is no flaw.
        sequence: the page or time that orders reports of one day; no part of their content.
    """

    path: Path
    sha256: str
    form: str
    id: str
    account: str
    currency: str
    start: dt.date
    end: dt.date
    opening: Balance | None
    closing: Balance | None
    available: Decimal | None
    lines: tuple[StatementLine, ...]
    pending: tuple[StatementLine, ...] = ()
    unread: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    sequence: str = field(default="", compare=False)

    @property
    def booked(self) -> Decimal:
        """The sum of what is booked."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def is_proven(self) -> bool:
        """Whether opening + Σ booked = closing, and every entry of the file is read."""
        if self.unread or self.opening is None or self.closing is None:
            return False
        return self.opening.number + self.booked == self.closing.number

    @property
    def hold(self) -> Decimal | None:
        """Booked less available balance at the end."""
        if self.closing is None or self.available is None:
            return None
        return self.closing.number - self.available

    def with_reversals_turned(self) -> Statement:
        """The same, if the bank's mark of a reversal is that of the entry it takes back."""
        lines = tuple(
            replace(line, amount=-line.amount) if line.reversal else line for line in self.lines
        )
        return replace(self, lines=lines)


def reference(text: str | None) -> str | None:
    """A reference, or None for what banks write where there is none."""
    stripped = " ".join(text.split()) if text else ""
    return None if stripped.upper() in NOT_A_REFERENCE else stripped


def account_number(text: str) -> str:
    """An account's number as it is compared: no spaces, capitals."""
    return "".join(text.split()).upper()


_YEARS = range(1900, 3000)


def is_day(date: dt.date) -> bool:
    """Whether a bank can have booked on it; at the ends of time there is no day before or after."""
    return date.year in _YEARS


@lru_cache(maxsize=1024)  # a statement has few days and many entries
def date_of(text: str) -> dt.date | None:
    """The date of an ISO date or date and time, as written there; None if the text is none."""
    try:
        date = dt.date.fromisoformat(text.strip()[:10])
    except ValueError:
        return None
    return date if is_day(date) else None


# Encodings of names and of programs, not of files; some take quadratic time.
_NO_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape"})


def decoded(content: bytes, encoding: str, where: str) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        StatementError: it is not in that encoding, or there is no such one.
    """
    try:
        if codecs.lookup(encoding).name not in _NO_FILES:
            return content.decode(encoding).removeprefix("\ufeff")
        wrong = f"{encoding} is no encoding of files"
    except (LookupError, ValueError) as error:
        wrong = f"{error}"
    raise StatementError("bad-encoding", where, wrong, f"the encoding {encoding}")


def is_regular(path: Path) -> bool:
    """Whether it is a file and no device or pipe, which has no end."""
    return stat.S_ISREG(path.stat().st_mode)


def distinct(texts: Iterator[str | None]) -> tuple[str, ...]:
    """References, each once, in their order."""
    return tuple(dict.fromkeys(text for text in map(reference, texts) if text))


def first_day(opening: dt.date, booked: dt.date | None) -> dt.date:
    """The first day of a statement that names none.

    An opening balance is that of the evening before, unless something is booked on its day.
    """
    if booked is not None and booked <= opening:
        return booked
    return opening + dt.timedelta(days=1)

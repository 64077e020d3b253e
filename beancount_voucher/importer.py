"""Bank advices (camt.054) to voucher directives: an importer for beangulp and Fava's Import page.

An ``import.py`` says which account of which ledger an account number is::

    from pathlib import Path
    import beangulp
    from beancount_voucher.importer import Advices

    LEDGER = Path(__file__).with_name("Sunrise.beancount")
    CONFIG = [Advices("Assets:Sunrise:SecondBank", "6230000000000002", LEDGER)]

    if __name__ == "__main__":
        beangulp.Ingest(CONFIG)()

An advice of a payment proves that money moved, and nothing else. What it becomes:

=========================================  ==================  =============================
the bank says                              of a voucher        it becomes
=========================================  ==================  =============================
booked credit on the insurer's account,    applied for, of     ``voucher-settle``
or booked debit on the policyholder's      that very amount
(a voucher of frozen money)
the bank's own code for an acceptance, on  issued, of that     ``voucher-accept``
the insurer's account                      very amount
the bank's own code for a release, on the  with that very      ``voucher-void``, for the
policyholder's account                     amount held         reason that the ledger gives
booked debit on the insurer's account, or  refunded by that    the ``voucher-refund`` that
booked credit on the policyholder's        very amount         says so, as a duplicate
anything else                              any                 nothing
=========================================  ==================  =============================

An acceptance and a release move no money on these accounts, so ISO 20022 has no code for
them: only where a bank has one of its own (``BkTxCd/Prtry/Cd``), agreed with its customer,
is it taken for what it means, by ``codes={"ZDCJ": "accept", "ZDJD": "void"}``. Nothing is
guessed: a line that names no voucher or several, another amount or currency, a reversal and
what it reverses, two advices in one file that say different things, and whatever the ledger
would refuse become nothing; ``bean-voucher reconcile`` tells why they do not fit.

A voucher may be settled several times. Each payment is then held by itself against what is
recorded; one that was booked before the application that stands is of an earlier settlement.
The reason of a refund no bank can tell: it is found in the ledger, and never drawn.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import beangulp
from beancount.core.data import Custom
from beangulp.exceptions import Error
from beangulp.extract import DUPLICATE

from beancount_voucher.directives.money import is_amount
from beancount_voucher.ledger.loader import LedgerError, load
from beancount_voucher.reconciliation.advices import (
    APPLIED,
    KINDS,
    Advice,
    Drawing,
    mark,
    said_of,
)
from beancount_voucher.statements import camt
from beancount_voucher.statements.camt_values import BOOKED, INFORMATION
from beancount_voucher.statements.statement import StatementError, account_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.statements.statement import Statement, StatementLine

__all__ = ("Advices",)  # what an import.py may use

_NOTIFICATION = "camt.054"
_SAID = (BOOKED, INFORMATION)
"""The status of an entry that has happened, booked or told for information."""


class Advices(beangulp.Importer):  # type: ignore[misc]  # beangulp has no types
    """Draws voucher directives from the camt.054 advices of one bank account."""

    def __init__(
        self,
        account: Account,
        number: str,
        ledger: str | Path,
        codes: Mapping[str, str] | None = None,
    ) -> None:
        """Take what the advices are of.

        Args:
            account: the bank account of a policyholder or an insurer in the ledger.
            number: its number at the bank.
            ledger: the top file of the ledger that knows the vouchers.
            codes: the bank's own transaction codes that tell of an acceptance or a release,
                each with ``"accept"`` or ``"void"``.

        Raises:
            ValueError: a code stands for something else.
        """
        self._account = account
        self._number = account_number(number)
        self._ledger = Path(ledger)
        self._codes = dict(codes or {})
        for code, kind in self._codes.items():
            if kind not in KINDS[1:]:
                raise ValueError(f'{code} stands for "{kind}"; expected "accept" or "void"')

    @property
    def name(self) -> str:
        """What beangulp and Fava call it: one for each account."""
        return f"{__name__}.{self._account}"

    def identify(self, filepath: str) -> bool:
        """Whether it is a camt.054 message about the account; a broken one counts, too."""
        with suppress(OSError, StatementError), Path(filepath).open("rb") as file:
            for message, number in camt.accounts(file, Path(filepath)):
                if message != _NOTIFICATION:
                    return False
                if number == self._number:
                    return True
        return False

    def account(self, filepath: str) -> Account:  # noqa: ARG002
        """The account whose folder an archived advice goes into."""
        return self._account

    def date(self, filepath: str) -> dt.date | None:
        """The last day that the file's advices cover; None if it cannot be read."""
        with suppress(OSError, StatementError):
            return max((each.end for each in self._read(filepath)[0]), default=None)
        return None

    def filename(self, filepath: str) -> str | None:
        """The name of an archived advice: by the bank's id of the first notification."""
        with suppress(OSError, StatementError):
            for each in self._read(filepath)[0]:
                return f"camt054-{re.sub('[^A-Za-z0-9]+', '-', each.id).strip('-')}.xml"
        return None

    def extract(self, filepath: str, existing: Iterable[Entry]) -> list[Custom]:  # noqa: ARG002
        """The directives that the advices prove, by date and voucher.

        What the ledger says already is given, too, as a duplicate of the directive that says it.

        Raises:
            beangulp.exceptions.Error: the file or the ledger cannot be read; one line.
        """
        with _told():
            ledger = load(self._ledger)
            if not ledger.has_plugin:
                raise LedgerError(f"{self._ledger}: its top file does not load the plugin")
            drawing = Drawing(ledger, self._account, self._codes, DUPLICATE)
            return drawing.entries(filepath, self._read(filepath)[1])

    def deduplicate(self, entries: list[Custom], existing: Iterable[Entry]) -> None:
        """Mark what stands in another file of this import: the same event of the same voucher.

        Premiums of one amount are no duplicates, however close their days.
        """
        known: dict[tuple[str, str | None], list[Custom]] = defaultdict(list)
        for each in existing:
            if isinstance(each, Custom):
                known[said_of(each)].append(each)
        for entry in entries:
            found = next((e for e in known[said_of(entry)] if _may_be_one(entry, e)), None)
            if found is not None:
                entry.meta.setdefault(DUPLICATE, mark(found.meta, found))

    def _read(self, filepath: str) -> tuple[list[Statement], list[Advice]]:
        """The account's notifications, and the payments in them."""
        notifications: list[Statement] = []
        advices: list[Advice] = []
        path = Path(filepath)
        waiting: list[tuple[str, str, StatementLine]] = []
        flaws: list[StatementError] = []
        with path.open("rb") as file:
            for read in camt.stream(file, path, "", keep=False):
                said = read.statement
                if said is None:
                    waiting += [(read.status, read.code, line) for line in read.lines]
                    flaws += [] if read.flaw is None else [read.flaw]
                    continue
                if said.account == self._number:
                    if flaws:
                        raise flaws[0]
                    notifications.append(said)
                    advices += [
                        Advice(line, status == BOOKED, code, said.id, said.currency)
                        for status, code, line in waiting
                        if status in _SAID
                    ]
                waiting, flaws = [], []
        return notifications, advices


@contextmanager
def _told() -> Iterator[None]:
    """What is wrong with a file, as beangulp shows it: without a traceback."""
    try:
        yield
    except (StatementError, LedgerError) as error:
        raise Error(str(error)) from error
    except OSError as error:
        raise Error(f"{error.filename}: {error.strerror}") from error


def _may_be_one(entry: Custom, known: Custom) -> bool:
    """Whether what is known may state the same payment: no other amount, no earlier application."""
    amounts = {each.value for one in (entry, known) for each in one.values if _is_money(each.value)}
    return len(amounts) < 2 and str(known.date) >= entry.meta.get(APPLIED, "")  # noqa: PLR2004


def _is_money(value: object) -> bool:
    return is_amount(value)

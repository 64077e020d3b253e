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
anything else                              any                 nothing
=========================================  ==================  =============================

An acceptance and a release move no money on these accounts, so ISO 20022 has no code for
them: only where a bank has one of its own (``BkTxCd/Prtry/Cd``), agreed with its customer,
is it taken for what it means, by ``codes={"ZDCJ": "accept", "ZDJD": "void"}``. Nothing is
guessed: a line that names no voucher or several, another amount or currency, a reversal and
what it reverses, two advices in one file that say different things, and whatever the ledger
would refuse become nothing; ``bean-voucher reconcile`` tells why they do not fit.
"""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import beangulp
from beancount.core.amount import Amount
from beancount.core.data import Custom, new_metadata
from beancount.parser.grammar import ValueType
from beangulp.exceptions import Error
from beangulp.extract import DUPLICATE

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.broken_directives import undecidable
from beancount_voucher.ledger.loader import LedgerError, load
from beancount_voucher.lifecycle import transitions
from beancount_voucher.lifecycle.candidates import candidate_of
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN, Decisions
from beancount_voucher.reconciliation.references import References
from beancount_voucher.statements import camt
from beancount_voucher.statements.camt_values import BOOKED, INFORMATION
from beancount_voucher.statements.statement import StatementError, account_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping
    from decimal import Decimal

    from beancount.core.data import Account, Meta
    from beancount.core.data import Directive as Entry

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher, VoucherEvent
    from beancount_voucher.statements.statement import Statement, StatementLine

__all__ = ("Advices",)  # what an import.py may use

KINDS = ("settle", "accept", "void")
"""What an advice can become; all but ``settle`` only by a code of the bank."""

_NOTIFICATION = "camt.054"
_SAID = (BOOKED, INFORMATION)
"""The status of an entry that has happened, booked or told for information."""


class Advice(NamedTuple):
    """One payment that the bank tells of.

    Attributes:
        line: what it says.
        booked: whether it is on the account.
        code: the bank's own code of the transaction; empty where it has none.
        advice: the bank's id of the notification.
        currency: the account's.
    """

    line: StatementLine
    booked: bool
    code: str
    advice: str
    currency: str


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
            drawing = _Drawing(ledger, self._account, self._codes)
            return drawing.entries(filepath, self._read(filepath)[1])

    def deduplicate(self, entries: list[Custom], existing: Iterable[Entry]) -> None:
        """Mark what stands in another file of this import: the same event of the same voucher.

        Premiums of one amount are no duplicates, however close their days.
        """
        known = {_said(each): each for each in existing if isinstance(each, Custom)}
        for entry in entries:
            found = known.get(_said(entry))
            if found is not None:
                entry.meta.setdefault(DUPLICATE, _mark(found.meta, found))

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


def _said(entry: Custom) -> tuple[str, str | None]:
    """The event that a directive states, and of which voucher."""
    return entry.type, voucher_named(entry)


def _mark(meta: Meta, entry: Custom) -> Custom:
    """What a duplicate is marked with: where the other stands, and nothing Fava cannot send."""
    place = new_metadata(meta["filename"], meta["lineno"])
    return Custom(place, entry.date, entry.type, [])


class _Drawing:
    """What the advices of one file come to in one ledger."""

    def __init__(self, ledger: Ledger, account: Account, codes: Mapping[str, str]) -> None:
        self._evaluation = ledger.evaluation
        self._chart = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept).chart
        self._account = account
        self._codes = codes
        self._naming = References(ledger.evaluation.vouchers)
        self._undecidable = undecidable(ledger)

    def entries(self, filepath: str, advices: Iterable[Advice]) -> list[Custom]:
        """The directives.

        Two advices that tell different things of one event prove neither, and a payment that
        the same file takes back proves nothing.
        """
        told: dict[tuple[str, str], dict[tuple[object, ...], Advice]] = defaultdict(dict)
        undone: set[tuple[str, Decimal]] = set()
        for advice in advices:
            line, named = advice.line, self._naming.named(advice.line)
            if len(named) != 1:
                continue
            voucher = self._evaluation.vouchers[next(iter(named))]
            kind = None if line.takes_back else self._kind(advice, voucher)
            if kind is not None:
                same = (line.date, line.amount, line.bank_reference)
                told[kind, voucher.id].setdefault(same, advice)
            elif advice.booked:
                undone.add((voucher.id, abs(line.amount)))
        drawn = []
        for (kind, voucher_id), each in told.items():
            [advice, *others] = each.values()
            entry = self._entry(filepath, advice, kind, self._evaluation.vouchers[voucher_id])
            doubtful = others or (voucher_id, abs(advice.line.amount)) in undone
            if entry is not None and not doubtful:
                drawn.append(entry)
        return sorted(drawn, key=lambda entry: (entry.date, *_said(entry)))

    def _kind(self, advice: Advice, voucher: Voucher) -> str | None:
        """What the advice tells of the voucher, if this account is one that would show it."""
        terms = voucher.terms
        if terms is None or advice.currency != voucher.amount.currency:
            return None
        kind = self._codes.get(advice.code, "settle")
        pays = self._account == self._chart.account(terms.policyholder, "bank", terms.issuer, None)
        receives = self._account == self._chart.account(terms.insurer, "bank", terms.acceptor, None)
        shown = {
            "settle": advice.booked
            and (
                (receives and advice.line.amount > 0)
                or (pays and terms.funding == "cash" and advice.line.amount < 0)
            ),
            "accept": receives,
            "void": pays,
        }
        return kind if shown[kind] else None

    def _entry(self, filepath: str, advice: Advice, kind: str, voucher: Voucher) -> Custom | None:
        """The directive; None for what the advice does not prove, or the ledger would refuse."""
        money = Money(abs(advice.line.amount), voucher.amount.currency)
        recorded = voucher.last(kind)
        if voucher.id in self._undecidable:
            return None
        if recorded is not None:
            amount = recorded.amount if kind == "settle" else voucher.amount.number
            return (
                self._directive(filepath, advice, recorded.fact, money, recorded)
                if amount == money.number
                else None
            )
        fact = self._fact(advice.line.date, kind, voucher, money)
        return None if fact is None else self._directive(filepath, advice, fact, money)

    def _fact(self, date: dt.date, kind: str, voucher: Voucher, money: Money) -> Fact | None:
        judge = Decisions(self._evaluation, date)
        status = voucher.status
        if kind == "settle":
            applied = status.application
            if applied is None or applied.amount != money.number:
                return None
            found = judge.settle(voucher.id, money)
            return None if isinstance(found, Problem) or found.effective != date else found.fact
        if status.held != money.number:
            return None
        if kind == "void":
            due = judge.due_for(voucher)
            if due is None or due.fact.kind != "void":
                return None
            return due.fact._replace(date=max(due.fact.date, date))  # not before the bank did
        fact = Fact(kind, date, (voucher.id,), None, {}, NOT_WRITTEN)
        candidate = candidate_of(self._evaluation.ledger_state, fact)
        refused = transitions.form_problem(candidate) or transitions.rule_or_problem(candidate)
        return None if isinstance(refused, Problem) else fact

    def _directive(
        self,
        filepath: str,
        advice: Advice,
        fact: Fact,
        money: Money,
        recorded: VoucherEvent | None = None,
    ) -> Custom:
        """The entry, which names the advice; one that is recorded already names that, too."""
        meta = new_metadata(filepath, advice.line.position)
        if "reason" in fact.terms:
            meta["reason"] = fact.terms["reason"]
        said = [advice.advice, f"entry {advice.line.position}", advice.line.bank_reference or ""]
        meta["note-advice"] = printable(", ".join(filter(None, said)))
        if recorded is None and fact.date != advice.line.date:  # its period is closed
            meta["note-effective"] = advice.line.date
        values = [ValueType(fact.ids[0], str)]
        if fact.kind == "settle":
            values.append(ValueType(Amount(money.number, money.currency), Amount))
        entry = Custom(meta, fact.date, f"{PREFIX}{fact.kind}", values)
        if recorded is not None:
            place = recorded.place
            meta[DUPLICATE] = _mark(new_metadata(place.filename, place.lineno), entry)
        return entry

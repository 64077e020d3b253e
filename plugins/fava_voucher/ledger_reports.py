"""A ledger's vouchers as the page needs them: made once for each load, asked for many dates."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_voucher.audit import invariants
from beancount_voucher.audit.hold_balances import hold_balances
from beancount_voucher.audit.kept_messages import exchange_findings
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.exchange.store import Store
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.ledger.posted import (
    apart,
    batch_of,
    batches_by_event,
    event_by_event,
    has_batches,
)
from beancount_voucher.reconciliation import recheck
from beancount_voucher.views import daily, exceptions, forecast, period, register
from beancount_voucher.views.exchange import Exchange
from beancount_voucher.views.lines import credit_lines
from beancount_voucher.views.reconciled_statements import overview, voucher_accounts
from beancount_voucher.views.voucher_entries import by_voucher
from fava_voucher.charts import days
from fava_voucher.history import History
from fava_voucher.passing import passing
from fava_voucher.remembered import Once, Remembered, WhileUsed
from fava_voucher.search import texts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Transaction
    from fava.core import FavaLedger

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.audit.hold_balances import HoldBalance
    from beancount_voucher.books.expansion import Expansion
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.posted import Apart
    from beancount_voucher.views.daily import BatchRow
    from beancount_voucher.views.exceptions import ExceptionItem
    from beancount_voucher.views.forecast import Payment
    from beancount_voucher.views.lines import CreditLineRow
    from beancount_voucher.views.reconciled_statements import Overview
    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.charts import Days

_DATES = 8
"""How many dates are remembered: those between which readers go back and forth."""


class LedgerReports:
    """One load of a ledger; nothing of it changes, so it may be asked from many threads.

    Whatever is found out is found out once, and goes with the load.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.rows = Remembered(self._rows, _DATES)
        self.texts = Remembered(self._texts, _DATES)
        self.period = Remembered(self._period, _DATES)
        self.exceptions = Remembered(self._exceptions, _DATES)
        self.holdings = Remembered(self._holdings, _DATES)
        self.lines = Remembered(self._lines, _DATES)
        self.reconciled = Remembered(self._reconciled, _DATES)
        self.payments = Remembered(self._payments, _DATES)
        self.batches = Remembered(self._batches, _DATES)
        self.behind = Remembered(self._behind, _DATES)
        self.days = Remembered(self._days, _DATES)
        self.passing = Remembered(self._passing, _DATES)

    @classmethod
    def of(cls, fava: FavaLedger, heard: Iterable[Expansion] = ()) -> LedgerReports:
        """The vouchers of what Fava has loaded.

        Args:
            fava: what has loaded it.
            heard: what the plugin has found meanwhile, where that is known.
        """
        entries: list[Any] = list(fava.all_entries)
        options: dict[str, Any] = dict(fava.options)
        with gc_paused():
            path = Path(fava.beancount_file_path)
            return cls(Ledger.of(path, entries, list(fava.load_errors), options, heard))

    @Once
    def keeper(self) -> Bookkeeper:
        """Whose books are kept, and which accounts they have."""
        ledger = self.ledger
        return Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)

    @Once
    def history(self) -> History:
        """The commits behind the vouchers."""
        return History(self.ledger)

    @Once
    def store(self) -> Store:
        """The messages that the ledger keeps."""
        return Store(self.ledger.path)

    @Once
    def exchange(self) -> Exchange:
        """The signed messages of the ledger."""
        ledger, store = self.ledger, self.store
        return Exchange(ledger.reading.facts, ledger.evaluation, store.text, store.rivals())

    @Once
    def exchange_findings(self) -> list[Finding]:
        """What somebody must look at of the messages, but for what is not acknowledged yet."""
        return list(exchange_findings(self.ledger)) if self.exchange.is_used else []

    @Once
    def by_voucher(self) -> dict[str, list[Entry]]:
        """The directives and generated transactions of each voucher."""
        return by_voucher(self.ledger.entries)

    def entries_of(self, voucher: str) -> list[Entry]:
        """The directives of a voucher, and a transaction for each event and book."""
        said = self.by_voucher.get(voucher, [])
        if not has_batches(self.ledger):
            return said
        return [*said, *event_by_event(self.ledger, {voucher})]

    @Once
    def _generated(self) -> Mapping[tuple[dt.date, object, object], Iterable[Transaction]]:
        """What the plugin has put into the ledger, by day, book and event."""
        return batches_by_event(self.ledger)

    def standing(self, entry: Transaction) -> Transaction | None:
        """What stands in the ledger for an event of a voucher: it, or the batch that it is in."""
        return batch_of(entry, self._generated) if has_batches(self.ledger) else entry

    @property
    def events(self) -> Iterator[Transaction] | None:
        """What each event posts, where the ledger holds batches."""
        return event_by_event(self.ledger) if has_batches(self.ledger) else None

    @WhileUsed
    def apart(self) -> Apart:
        """What stands there for vouchers, event by event; of batches that is too much to keep."""
        return apart(self.ledger)

    @Once
    def findings(self) -> list[Finding]:
        """The broken invariants of the books, whenever they broke."""
        with gc_paused():
            return invariants.findings(self.ledger, self.apart)

    @Once
    def errors(self) -> list[ExceptionItem]:
        """Every voucher directive that has an error."""
        return list(exceptions.errors(self.ledger))

    @Once
    def owners(self) -> dict[str, set[str]]:
        """Whose the bank accounts are that vouchers name."""
        found: dict[str, set[str]] = defaultdict(set)
        for voucher in self.ledger.evaluation.vouchers.values():
            for party, account in voucher_accounts(voucher.terms, self.keeper):
                found[account].add(party)
        return dict(found)

    @Once
    def changed(self) -> frozenset[SourceLine]:
        """The reconciliations whose statement's file or settled postings have changed since."""
        return frozenset(finding.place for finding in recheck.changes(self.ledger))

    def _rows(self, as_of: dt.date) -> Sequence[RegisterRow]:
        """The register on a date."""
        return register.rows(self.ledger.evaluation, as_of)

    def _texts(self, as_of: dt.date) -> Mapping[str, str]:
        """What each row of the register says on a date, to be searched in."""
        return texts(self.rows(as_of), self.name)

    def name(self, party: str) -> str:
        """The display name of a party."""
        declared = self.ledger.evaluation.ledger_state.parties.get(party)
        return party if declared is None else declared.name

    def _period(self, span: period.Span) -> Sequence[period.PeriodRow]:
        """The register in a period."""
        return period.rows(self.ledger.evaluation, span)

    def _exceptions(self, as_of: dt.date) -> Sequence[ExceptionItem]:
        """The exception report on a date."""
        return exceptions.items(self.ledger, self.findings, as_of)

    def _holdings(
        self, as_of: dt.date, vouchers: frozenset[str | None] | None
    ) -> Sequence[HoldBalance]:
        """What accounts hold beside what vouchers say, on a date."""
        ledger = self.ledger
        with gc_paused():
            events = self.apart.all if has_batches(ledger) else None
            return hold_balances(
                ledger.evaluation, self.keeper, ledger.entries, as_of, vouchers, events
            )

    def _lines(self, as_of: dt.date) -> Sequence[CreditLineRow]:
        """The credit lines on a date."""
        ledger = self.ledger
        return credit_lines(ledger.evaluation, self.keeper, ledger.entries, as_of)

    def _reconciled(self, as_of: dt.date) -> Overview:
        """What bank statements have proven by a date."""
        ledger = self.ledger
        return overview(ledger.evaluation, ledger.names, ledger.kept, as_of)

    def _payments(self, as_of: dt.date) -> Sequence[Payment]:
        """What may be paid of the vouchers that are open on a date."""
        return forecast.payments(self.ledger.evaluation, as_of)

    def _batches(self, span: period.Span) -> Sequence[BatchRow]:
        """What many vouchers have posted as one transaction in a period."""
        return daily.batches(self.ledger, span)

    def _behind(
        self, span: period.Span, event: str, book: str, accounts: frozenset[str]
    ) -> frozenset[str]:
        """The vouchers behind events of a period."""
        return daily.behind(self.ledger, span, event, book, accounts)

    def _days(self, as_of: dt.date) -> Days:
        """What charts of all vouchers count by a date."""
        return days(self.ledger.evaluation.vouchers.values(), as_of)

    def _passing(
        self, fava: FavaLedger, account: str, text: str, as_of: dt.date
    ) -> frozenset[str | None]:
        """The vouchers that Fava's filters let through by a date."""
        return passing(fava, self.events, account, text, as_of)

"""A ledger's vouchers as the page needs them: made once for each load, asked for many dates."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_voucher.audit import invariants
from beancount_voucher.audit.hold_balances import hold_balances
from beancount_voucher.audit.kept_messages import exchange_findings
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.exchange.store import Store
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.ledger.posted import apart, event_by_event, has_batches
from beancount_voucher.reconciliation import recheck
from beancount_voucher.views import exceptions, period, register
from beancount_voucher.views.exchange import Exchange
from beancount_voucher.views.lines import credit_lines
from beancount_voucher.views.reconciled_statements import overview, voucher_accounts
from beancount_voucher.views.voucher_entries import by_voucher
from fava_voucher.history import History

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Transaction
    from fava.core import FavaLedger

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.audit.hold_balances import HoldBalance
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.views.exceptions import ExceptionItem
    from beancount_voucher.views.lines import CreditLineRow
    from beancount_voucher.views.reconciled_statements import Overview
    from beancount_voucher.views.register import RegisterRow

_DATES = 8
"""How many dates are remembered: those between which a reader goes back and forth."""


class LedgerReports:
    """One load of a ledger; nothing of it changes, so it may be asked from many threads."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.rows = lru_cache(_DATES)(self._rows)
        self.period = lru_cache(_DATES)(self._period)
        self.exceptions = lru_cache(_DATES)(self._exceptions)
        self.holdings = lru_cache(_DATES)(self._holdings)
        self.lines = lru_cache(_DATES)(self._lines)
        self.reconciled = lru_cache(_DATES)(self._reconciled)

    @classmethod
    def of(cls, fava: FavaLedger) -> LedgerReports:
        """The vouchers of what Fava has loaded."""
        entries: list[Any] = list(fava.all_entries)
        options: dict[str, Any] = dict(fava.options)
        with gc_paused():
            path = Path(fava.beancount_file_path)
            return cls(Ledger.of(path, entries, list(fava.load_errors), options))

    @cached_property
    def keeper(self) -> Bookkeeper:
        """Whose books are kept, and which accounts they have."""
        ledger = self.ledger
        return Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)

    @cached_property
    def history(self) -> History:
        """The commits behind the vouchers."""
        return History(self.ledger)

    @cached_property
    def store(self) -> Store:
        """The messages that the ledger keeps."""
        return Store(self.ledger.path)

    @cached_property
    def exchange(self) -> Exchange:
        """The signed messages of the ledger."""
        ledger, store = self.ledger, self.store
        return Exchange(ledger.reading.facts, ledger.evaluation, store.text, store.rivals())

    @cached_property
    def exchange_findings(self) -> list[Finding]:
        """What somebody must look at of the messages, but for what is not acknowledged yet."""
        return list(exchange_findings(self.ledger)) if self.exchange.is_used else []

    @cached_property
    def by_voucher(self) -> dict[str, list[Entry]]:
        """The directives and generated transactions of each voucher."""
        return by_voucher(self.ledger.entries)

    def entries_of(self, voucher: str) -> list[Entry]:
        """The directives of a voucher, and a transaction for each event and book."""
        said = self.by_voucher.get(voucher, [])
        if not has_batches(self.ledger):
            return said
        return [*said, *event_by_event(self.ledger, {voucher})]

    @property
    def events(self) -> Iterator[Transaction] | None:
        """What each event posts, where the ledger holds batches."""
        return event_by_event(self.ledger) if has_batches(self.ledger) else None

    @cached_property
    def findings(self) -> list[Finding]:
        """The broken invariants of the books, whenever they broke."""
        with gc_paused():
            return list(invariants.findings(self.ledger))

    @cached_property
    def owners(self) -> dict[str, set[str]]:
        """Whose the bank accounts are that vouchers name."""
        found: dict[str, set[str]] = defaultdict(set)
        for voucher in self.ledger.evaluation.vouchers.values():
            for party, account in voucher_accounts(voucher.terms, self.keeper):
                found[account].add(party)
        return dict(found)

    @cached_property
    def changed(self) -> frozenset[SourceLine]:
        """The reconciliations whose statement's file or settled postings have changed since."""
        return frozenset(finding.place for finding in recheck.changes(self.ledger))

    def _rows(self, as_of: dt.date) -> Sequence[RegisterRow]:
        """The register on a date."""
        return register.rows(self.ledger.evaluation, as_of)

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
        events = apart(ledger) if has_batches(ledger) else None
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

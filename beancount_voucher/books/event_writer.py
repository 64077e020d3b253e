"""One event after the other to transactions: one for each book that it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET, Posting, Transaction

from beancount_voucher.books.auto_accounts import AutoAccounts
from beancount_voucher.books.batches import TAGS
from beancount_voucher.books.event_amounts import AMOUNT_FORMS, amounts
from beancount_voucher.books.free_funds import Cash
from beancount_voucher.books.posting_table import AMOUNTS
from beancount_voucher.books.reversals import of_voucher, reversals
from beancount_voucher.directives.money import MEMO, Money
from beancount_voucher.directives.source_lines import SEEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal

    from beancount.core.data import Meta

    from beancount_voucher.books.entry_templates import (
        Bookkeeper,
        PreparedEntry,
        PreparedPosting,
    )
    from beancount_voucher.books.open_accounts import OpenAccounts
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.journal import JournalEvent


class _Number(NamedTuple):
    """One number of a currency: as a person reads it, and as units in each of ``AMOUNT_FORMS``."""

    text: str
    units: tuple[Amount, ...]


class EventWriter:
    """Writes events into books, one after the other.

    Attributes:
        entries: the transactions.
        cash: what they take from, and give back to, the accounts that money is frozen on.
        auto_accounts: the accounts that they need.
    """

    def __init__(self, keeper: Bookkeeper, opened: OpenAccounts) -> None:
        self.entries: list[Transaction] = []
        self.cash: list[Cash] = []
        self.auto_accounts = AutoAccounts(opened.accounts)
        self._keeper = keeper
        self._accounts = opened
        self._numbers: dict[tuple[str, str], _Number] = {}
        self._links: dict[str, frozenset[str]] = {}

    def write(self, journal_event: JournalEvent) -> None:
        """Write one event into the books that it touches."""
        if journal_event.event.kind == "refusal":
            self._reverse(journal_event)
            return
        narration, prepared = self._keeper.prepared(journal_event)
        if not prepared:
            return
        event, voucher = journal_event
        date = event.date
        use = date, event.place
        text, units = self._text_and_units(journal_event, narration)
        links = EMPTY_SET if voucher is None else self._link(voucher.id)
        tags, (position, known) = TAGS[event.kind], _metadata(journal_event)
        for entry, payee in prepared:
            lines = entry.postings
            known_open = entry.since is not None and use >= entry.since and date <= entry.until
            if self._accounts.given_up or not known_open:
                opened = self._opened(entry, journal_event, units)
                if opened is None:
                    continue
                lines = opened
            meta = known.copy()
            meta["voucher-book"] = entry.book
            # A load does nothing as often as this, so it is done by _make, which takes two
            # thirds of a call's time and a third of one with names. What is None are cost,
            # price and flag; the postings of an event share their metadata.
            postings = [
                Posting._make((account, units[at], None, None, None, position))
                for _, account, _, at in lines
            ]
            fields = (meta, date, "*", payee, text, tags, links, postings)
            self.entries.append(Transaction._make(fields))
            if entry.cash:
                self.cash.extend(
                    Cash(event, account, units[at], entry.cash_sign)
                    for _, account, _, at in entry.cash
                )

    def _reverse(self, journal_event: JournalEvent) -> None:
        """Write what takes back all that a refusal strikes: one transaction for each book."""
        event, voucher = journal_event
        assert voucher is not None
        text = _REFUSED.format(id=voucher.id, **_words(event.fact))
        taken_back = reversals(journal_event, self._keeper, self._accounts.given_up)
        for book, reversal in taken_back.items():
            postings, units = reversal.postings()
            if not postings:
                continue
            self.auto_accounts.use(journal_event, postings, units)
            position, meta = _metadata(journal_event)
            meta["voucher-book"] = book
            made = [
                Posting(account, units[at], None, None, None, position)
                for _, account, _, at in postings
            ]
            fields = event.date, "*", reversal.payee, text, TAGS["refusal"], self._link(voucher.id)
            self.entries.append(Transaction(meta, *fields, made))
            for _, account, _, at in postings:
                if account in reversal.cash:
                    self.cash.append(Cash(event, account, units[at], reversal.cash[account]))

    # --- What a person reads, and the units ---------------------------------------------

    def _text_and_units(
        self, journal_event: JournalEvent, narration: str
    ) -> tuple[str, tuple[Amount, ...]]:
        """What a person reads of an event, the same in every book; and its units."""
        event, voucher = journal_event
        if voucher is None:
            return self._of_credit_line(event, narration)
        currency = voucher.amount.currency
        if event.change is None and (event.kind not in AMOUNTS or event.kind == "void"):
            moved = self._number(event.amount, currency)
            reason = event.fact.terms.get("reason")
            return narration.format(id=voucher.id, X=moved.text, reason=reason), moved.units
        fact = event.fact
        texts = {"id": voucher.id, "n": fact.ids[-1], "reason": fact.terms.get("reason")}
        units: tuple[Amount, ...] = ()
        for letter, number in amounts(event):
            found = self._number(number, currency)
            texts[letter] = found.text
            units += found.units
        return narration.format_map(texts), units

    def _of_credit_line(
        self, event: VoucherEvent, narration: str
    ) -> tuple[str, tuple[Amount, ...]]:
        limit = event.fact.amount
        assert limit is not None
        policyholder, issuer = map(self._keeper.display_name, event.fact.ids)
        moved = self._number(event.amount, limit.currency)
        text = narration.format(
            X=moved.text, limit=limit.grouped, policyholder=policyholder, issuer=issuer
        )
        return text, moved.units

    def _number(self, number: Decimal, currency: str) -> _Number:
        """A number in every form; equal ones with equal decimals are one, to spare memory."""
        key = str(number), currency
        found = self._numbers.get(key)
        if found is None:
            units = tuple(
                Amount(number if sign > 0 else -number, currency + MEMO * bool(memo))
                for memo, sign in AMOUNT_FORMS
            )
            found = self._numbers[key] = _Number(Money(number, currency).grouped, units)
        return found

    def _link(self, voucher: str) -> frozenset[str]:
        found = self._links.get(voucher)
        if found is None:
            found = self._links[voucher] = frozenset((voucher,))
        return found

    # --- Accounts -----------------------------------------------------------------------

    def _opened(
        self, entry: PreparedEntry, journal_event: JournalEvent, units: Sequence[Amount]
    ) -> Sequence[PreparedPosting] | None:
        """The postings of an event, with accounts that can be posted to; None if they cannot."""
        event, voucher = journal_event
        postings = entry.postings
        if voucher is not None and entry.own:
            postings = [of_voucher(posting, voucher.id) for posting in postings]
        if not self._accounts.may_post(entry.book, postings, journal_event):
            return None
        self.auto_accounts.use(journal_event, postings, units)
        if not entry.own:
            use, dates = (event.date, event.place), self._accounts.accounts
            entry.since = use if entry.since is None else min(entry.since, use)
            entry.until = dates.until(posting.account for posting in postings)
        return postings


_REFUSED = "{id}: {of} of {on} was refused ({code}), and is reversed"


def _words(refusal: Fact) -> dict[str, Any]:
    return {key: refusal.terms[key] for key in ("of", "on", "code")}


def _metadata(journal_event: JournalEvent) -> tuple[Meta, Meta]:
    """What every posting of an event carries, and every transaction, but for its book."""
    event, voucher = journal_event
    filename, lineno = event.place
    position: Meta = {"filename": filename, "lineno": lineno}
    known: Meta = position.copy()
    if voucher is not None:
        known["voucher"] = voucher.id
    known["voucher-event"] = event.kind
    if event.kind == "void":
        known["voucher-reason"] = event.fact.terms["reason"]
    known["voucher-book"] = ""
    known[SEEN] = True
    return position, known

"""Vouchers to books: events become transactions by the posting table.

One transaction per book per event; a book never touches another's accounts, so that one
facts file serves a ledger for each party and one for all (manual: books).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET, Posting, Transaction

from beancount_voucher.books.auto_accounts import AutoAccounts
from beancount_voucher.books.entry_templates import AMOUNT_FORMS, Bookkeeper, amounts
from beancount_voucher.books.free_funds import Cash, FreeFunds
from beancount_voucher.books.posting_table import AMOUNTS, BOOKED
from beancount_voucher.directives.account_roles import USER_OPENED, voucher_leaf
from beancount_voucher.directives.money import MEMO, Money, exact
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.lifecycle.evaluation import JournalEvent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from decimal import Decimal

    from beancount.core.data import Account, Meta
    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.auto_accounts import AccountDates
    from beancount_voucher.books.entry_templates import PreparedEntry, PreparedPosting
    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import VoucherEvent


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a ledger.

    Attributes:
        entries: transactions, and the accounts that they need.
        problems: what could not be booked.
        cash: what was taken from, and given back to, the accounts that money is frozen on.
        cash_is_all: whether nothing else that was written moves these accounts.
    """

    entries: list[Entry]
    problems: list[Problem]
    cash: list[Cash]
    cash_is_all: bool


@exact
def keep(
    evaluation: Evaluation, names: Names, accounts: AccountDates, kept: Iterable[str] | None
) -> Books:
    """Write the books.

    A transaction that needs an account which is not open is not written, and neither is what
    comes after it for the same voucher in the same book: a release without its freeze
    would be worse than nothing. The voucher's life and all other books go on.

    Args:
        evaluation: what the facts come to.
        names: the ledger's root account names.
        accounts: the accounts that the ledger opens itself.
        kept: the parties whose books are kept; None for all.
    """
    keeper = Bookkeeper(evaluation, names, kept)
    writer = _Writer(keeper, accounts)
    for journal_event in evaluation.journal:
        if journal_event.event.kind == "refusal":
            writer.reverse(journal_event)
            continue
        narration, prepared = keeper.prepared(journal_event)
        if prepared:
            writer.write(journal_event, narration, prepared)
    writer.entries.extend(writer.auto_accounts.entries())
    writer.problems.extend(_clashes(evaluation, keeper))
    cash_is_all = not keeper.posts_otherwise({cash.account for cash in writer.cash})
    return Books(writer.entries, writer.problems, writer.cash, cash_is_all)


def _clashes(evaluation: Evaluation, keeper: Bookkeeper) -> Iterator[Problem]:
    """Accounts that are one once their placeholders are filled, and must not be."""
    for book, role, other, account in keeper.chart.clashes():
        fact = evaluation.ledger_state.parties[book].fact
        yield fact.problem(
            "bad-value",
            f"{book}: {role} is {account}, and so is {other}",
            "an account of its own, since it proves what vouchers hold",
        )


def free_funds_of(books: Books, entries: Iterable[Entry]) -> FreeFunds:
    """What is free on the accounts that the vouchers of these books are paid from.

    Args:
        books: what was written.
        entries: the ledger's own entries.
    """
    return FreeFunds(books.cash, entries, None if books.cash_is_all else books.entries)


class _Number(NamedTuple):
    """One number of a currency: as a person reads it, and as units in each of ``AMOUNT_FORMS``."""

    text: str
    units: tuple[Amount, ...]


class _Writer:
    """Writes events into books, one after the other."""

    def __init__(self, keeper: Bookkeeper, accounts: AccountDates) -> None:
        self.entries: list[Entry] = []
        self.problems: list[Problem] = []
        self.cash: list[Cash] = []
        self.auto_accounts = AutoAccounts(accounts)
        self._keeper = keeper
        self._accounts = accounts
        self._numbers: dict[tuple[str, str], _Number] = {}
        self._links: dict[str, frozenset[str]] = {}
        self._given_up: set[tuple[str, str]] = set()

    def write(
        self,
        journal_event: JournalEvent,
        narration: str,
        prepared: Iterable[tuple[PreparedEntry, str]],
    ) -> None:
        """Write one event into the books that it touches, each entry with its payee."""
        event, voucher = journal_event
        date = event.date
        use = date, event.place
        text, units = self._text_and_units(journal_event, narration)
        links = EMPTY_SET if voucher is None else self._link(voucher.id)
        tags, (position, known) = _TAGS[event.kind], _metadata(journal_event)
        for entry, payee in prepared:
            lines = entry.postings
            known_open = entry.since is not None and use >= entry.since and date <= entry.until
            if self._given_up or not known_open:
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

    def reverse(self, journal_event: JournalEvent) -> None:
        """Write what takes back all that a refusal strikes: one transaction for each book."""
        event, voucher = journal_event
        assert voucher is not None
        assert event.change is not None
        struck = event.change.struck
        assert struck is not None
        legs: dict[str, _Reversal] = {}
        for gone in struck.events:
            narration, prepared = self._keeper.prepared(JournalEvent(gone, struck.before))
            _, units = self._text_and_units(JournalEvent(gone, struck.before), narration)
            for entry, payee in prepared:
                if (voucher.id, entry.book) not in self._given_up:
                    legs.setdefault(entry.book, _Reversal(payee)).take(entry, units, voucher.id)
        text = _REFUSED.format(id=voucher.id, **_words(event.fact))
        for book, reversal in legs.items():
            self._write_reversal(journal_event, book, reversal, text)

    def _write_reversal(
        self, journal_event: JournalEvent, book: str, reversal: _Reversal, text: str
    ) -> None:
        event, voucher = journal_event
        assert voucher is not None
        postings, units = reversal.postings()
        if not postings:
            return
        self.auto_accounts.use(journal_event, postings, units)
        position, meta = _metadata(journal_event)
        meta["voucher-book"] = book
        made = [
            Posting(account, units[at], None, None, None, position)
            for _, account, _, at in postings
        ]
        tags, link = frozenset({"voucher", "voucher-refusal"}), self._link(voucher.id)
        payee = reversal.payee
        self.entries.append(Transaction(meta, event.date, "*", payee, text, tags, link, made))
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
        if voucher is not None:
            if (voucher.id, entry.book) in self._given_up:
                return None
            if entry.own:
                postings = [_of_voucher(posting, voucher.id) for posting in postings]
        problem = self._fault(entry.book, postings, event)
        if problem is None:
            self.auto_accounts.use(journal_event, postings, units)
            if not entry.own:
                use = event.date, event.place
                entry.since = use if entry.since is None else min(entry.since, use)
                entry.until = self._accounts.until(posting.account for posting in postings)
            return postings
        self.problems.append(problem)
        if voucher is not None:
            self._given_up.add((voucher.id, entry.book))
        return None

    def _fault(
        self, book: str, postings: Iterable[PreparedPosting], event: VoucherEvent
    ) -> Problem | None:
        for role, account, _, _ in postings:
            by_user = self._keeper.user_opens or role in USER_OPENED
            expected = self._accounts.fault(account, event.date, by_user=by_user)
            if expected:
                return event.fact.problem(
                    "account-not-open",
                    f"{event.fact.ids[0]}: {event.kind} on {event.date} needs {account} "
                    f"in the book of {book}, which is not open",
                    expected,
                )
        return None


_REFUSED = "{id}: {of} of {on} was refused ({code}), and is reversed"


def _words(refusal: Fact) -> dict[str, Any]:
    return {key: refusal.terms[key] for key in ("of", "on", "code")}


class _Reversal:
    """What one book takes back, summed up by account and commodity."""

    def __init__(self, payee: str) -> None:
        self.payee = payee
        self.cash: dict[Account, int] = {}
        self._sums: dict[tuple[Account, str], Decimal] = {}
        self._of: dict[Account, PreparedPosting] = {}

    def take(self, entry: PreparedEntry, units: Sequence[Amount], voucher: str) -> None:
        """One event of the book, which is taken back."""
        for posting in entry.postings:
            own = _of_voucher(posting, voucher)
            number, currency = units[posting.units]
            assert number is not None
            key = own.account, currency
            self._of[own.account] = own
            self._sums[key] = self._sums[key] - number if key in self._sums else -number
            if posting in entry.cash:
                self.cash[own.account] = entry.cash_sign

    def postings(self) -> tuple[list[PreparedPosting], list[Amount]]:
        """Postings, and the units that they choose from."""
        left = [(key, number) for key, number in self._sums.items() if number]
        units = [Amount(number, currency) for (_, currency), number in left]
        made = [self._of[account]._replace(units=at) for at, ((account, _), _) in enumerate(left)]
        return made, units


def _of_voucher(posting: PreparedPosting, voucher: str) -> PreparedPosting:
    if not posting.own:
        return posting
    return posting._replace(account=voucher_leaf(posting.account, voucher))


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


_TAGS = {kind: frozenset({"voucher", f"voucher-{kind}"}) for kind in BOOKED} | dict.fromkeys(
    ("credit-line", "repay"), frozenset({"voucher", "voucher-credit-line"})
)
"""The tags of each event's transactions."""

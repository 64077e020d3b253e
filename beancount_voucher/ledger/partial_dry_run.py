"""Drafts on trial in the part of a ledger that they bear on, where that is enough.

To load a whole ledger again takes as long as to load it once. But a voucher's event bears
only on its voucher, on funds and credit, which it sets free, and on what the horizon
reaches: if that part holds, and all that the books get from it is more of the same, then the
whole ledger holds, too. ``passes`` is sure of it or says no, and then ``dry_run`` loads the
whole; every limit below is a way in which an event could reach further.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING

from beancount.core.data import Balance, Close, Open, entry_sortkey
from beancount.ops import validation
from beancount.parser import parser

from beancount_voucher.books import bookkeeping
from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.directives.entries import postings_to
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.schema import EVENTS
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.lifecycle import channels
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.lifecycle.journal import JournalEvent

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.evaluation import Evaluation

BEAR_ON_THEIR_VOUCHER = EVENTS - {"issue"} | {"close"}
"""An issue takes funds or credit, which other vouchers then lack."""

_BEAR_ON_NO_VOUCHER = frozenset(channels.NUMBERED)
"""What is recorded of a message: who has said how many, and no more."""

_SETTINGS = frozenset({"party", "option", "credit-line", "close"})
"""What every voucher stands on; repayments and what was reviewed are for none of them."""


def passes(ledger: Ledger, text: str) -> bool:
    """Whether drafts bring a ledger no error; False also where only a whole load can tell.

    Args:
        ledger: the ledger as it is.
        text: the drafts as directives.
    """
    try:
        entries, errors, _ = parser.parse_string(text)
    except UnicodeEncodeError:  # bytes of an argument that are no text
        return False
    ledger_state, old = ledger.evaluation.ledger_state, ledger.evaluation
    drafts = read(entries, ledger.names, ledger_state.conditions)
    if errors or drafts.problems or not drafts.facts:
        return False
    if not _bear_on_a_part(ledger, drafts.facts):
        return False
    facts = sorted([*_part(ledger, drafts.facts), *drafts.facts], key=order)
    new = evaluate(
        Reading(facts, []), ledger_state.event_directives, ledger_state.conditions, old.horizon
    )
    added = _added(old, new)
    return (
        not new.problems
        and added is not None
        and not _is_balanced_after(ledger.entries, added)
        and (ledger.is_whole or _were_booked(ledger, new.vouchers))
        and _can_be_booked(ledger, new, replace(new, journal=added))
    )


def _bear_on_a_part(ledger: Ledger, drafts: Iterable[Fact]) -> bool:
    return (
        ledger.evaluation.horizon is not None
        # Accounts of vouchers that are not in it may be those of others, where parties have chosen.
        and not (ledger.is_part and ledger.evaluation.replaced)
        # What is in error now may not be so with the drafts, and then takes what others have.
        and not ledger.errors
        and all(fact.kind in BEAR_ON_THEIR_VOUCHER | _BEAR_ON_NO_VOUCHER for fact in drafts)
        # Other plugins may look at anything.
        and [name for name, _ in ledger.options["plugin"]] == [PLUGIN]
        # A voucher's own accounts are closed, and somebody else may post to them.
        and ledger.evaluation.options["hold-accounts"] == "pooled"
    )


def _part(ledger: Ledger, drafts: Sequence[Fact]) -> list[Fact]:
    """The facts that drafts bear on: of their vouchers, and of those that the horizon reaches."""
    horizon = ledger.evaluation.horizon
    assert horizon is not None
    moving = (fact.date for fact in drafts if fact.kind not in _BEAR_ON_NO_VOUCHER)
    new_horizon = max(moving, default=horizon)
    vouchers = {fact.ids[0] for fact in drafts if fact.kind in EVENTS}
    for voucher in ledger.evaluation.vouchers.values():
        starts = None if voucher.terms is None else voucher.terms.cover_start
        if starts is not None and horizon < starts <= new_horizon:
            vouchers.add(voucher.id)
    numbered = any(fact.kind in _BEAR_ON_NO_VOUCHER for fact in drafts)
    stood_on = _SETTINGS | _BEAR_ON_NO_VOUCHER if numbered else _SETTINGS
    return [
        fact for fact in ledger.reading.facts if fact.kind in stood_on or fact.voucher in vouchers
    ]


def _added(old: Evaluation, new: Evaluation) -> list[JournalEvent] | None:
    """What happens beside all that has happened before; None if some of that happens no more.

    A recognition that a void of an earlier day undoes is not there any more, and the account
    that it opened may be missed.
    """
    added: list[JournalEvent] = []
    for voucher in new.vouchers.values():
        known = old.vouchers.get(voucher.id)
        before = [] if known is None else known.events
        if voucher.events[: len(before)] != before:
            return None
        added += [JournalEvent(event, voucher) for event in voucher.events[len(before) :]]
    return added


def _is_balanced_after(entries: Iterable[Entry], added: Iterable[JournalEvent]) -> bool:
    """Whether the ledger asserts a balance that what was added may move."""
    first = min((each.event.date for each in added), default=dt.date.max)
    return any(isinstance(entry, Balance) and entry.date > first for entry in entries)


def _were_booked(ledger: Ledger, vouchers: Container[str]) -> bool:
    """Whether vouchers are in all books: of one that is not, a book takes no event any more.

    A whole ledger would have an error, and then nothing is tried on a part.
    """
    part = ledger.evaluation.part(vouchers)
    written = bookkeeping.keep(part, ledger.names, _own_accounts(ledger), ledger.kept)
    return not written.problems


def _can_be_booked(ledger: Ledger, part: Evaluation, added: Evaluation) -> bool:
    """Whether the accounts are there, take what is posted to them, and no funds are taken."""
    written = bookkeeping.keep(added, ledger.names, _own_accounts(ledger), ledger.kept)
    funds = _funds(ledger, part)
    posted = postings_to(written.entries, funds)
    less = any(funds[account] * number < 0 for _, account, number, _ in posted)
    entries = sorted([*_opened(ledger), *written.entries], key=entry_sortkey)
    return not (written.problems or less or validation.validate(entries, ledger.options))  # type: ignore[no-untyped-call]


def _opened(ledger: Ledger) -> list[Entry]:
    return [e for e in ledger.entries if isinstance(e, Open | Close) and SEEN not in e.meta]


def _own_accounts(ledger: Ledger) -> AccountDates:
    return AccountDates.among(_opened(ledger))


def _funds(ledger: Ledger, part: Evaluation) -> dict[str, int]:
    """The accounts that vouchers are paid from, with the sign of money that comes.

    Where no party replaces an account, what is posted to those of some vouchers' parties is
    money of these parties: then their vouchers tell.
    """
    if ledger.written is not None:
        return {cash.account: cash.sign for cash in ledger.written.cash}
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    replaced = ledger.evaluation.replaced
    return {
        posting.account: entry.cash_sign
        for each in (ledger.evaluation.journal if replaced else part.journal)
        for entry, _ in keeper.prepared(each)[1]
        for posting in entry.cash
    }

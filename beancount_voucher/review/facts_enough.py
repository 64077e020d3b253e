"""Reviews of facts alone, where that is enough.

To load two revisions as a whole takes several times as long as to read their facts. But if all
that differs is what happened to some vouchers, then everything else is booked, refused and found
by the audit on both sides alike: what these vouchers post, before and after, tells the rest.
``judged`` is sure of it or says why not, and then both are loaded as a whole; every limit below
is a way in which a change could reach further.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Balance, Close, Open, Pad, Transaction, entry_sortkey
from beancount.ops import validation

from beancount_voucher.audit.hold_accounts import above
from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.money import exact
from beancount_voucher.directives.schema import EVENTS
from beancount_voucher.review.ledger_files import SnapshotError
from beancount_voucher.review.part_of_books import PartOfBooks
from beancount_voucher.review.sameness import (
    Differing,
    all_alike,
    differing,
    vouchers_that_differ,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount.core.data import Directive as Entry

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.part_of_books import Sums
    from beancount_voucher.review.snapshot import ParsedTree, Snapshot


class Limit(StrEnum):
    """Why facts are not enough."""

    TOP = "the top file is not there on both sides, or has another name"
    TEXT = "a file is not read to its end"
    PLUGINS = "another plugin may look at anything"
    OPTIONS = "an option of Beancount is another"
    PLACES = "metadata says in place of a line what Beancount may not be able to sort by"
    PADS = "what a pad moves is found by booking all"
    ENTRIES = "something is another that is no voucher's"
    PROBLEMS = "a directive breaks a rule, and what others may do depends on it"
    MESSAGES = "what a message has brought is judged by others, and may be struck"
    OWN_ACCOUNTS = "a voucher's own accounts are opened and closed, and others may post to them"
    SETTINGS = "what all vouchers stand on is another"
    MIXED = "an account that the audit proves is for two things"
    NOT_OPEN = "an account cannot be posted to"
    NOT_OPENED = "the ledger uses an account that it leaves to vouchers to open"
    BALANCES = "a balance is asserted on what has moved"
    BY_HAND = "somebody has posted by hand to an account that the audit proves"
    FINDINGS = "the audit finds something in a voucher"
    BOOKING = "Beancount gives up on what somebody has posted"
    FUNDS = "the money is not there for a voucher, or what is there is not told"


class FactsOnly(NamedTuple):
    """Two revisions of which facts are enough.

    Attributes:
        before: the facts of the one.
        after: the facts of the other.
        facts: those that differ.
        vouchers: the ids of the vouchers to which not the same happens.
        books: what these post.
        sums: what is left on the accounts that they post to, before and after.
    """

    before: Snapshot
    after: Snapshot
    facts: Differing
    vouchers: list[str]
    books: PartOfBooks
    sums: tuple[Sums, Sums]


def judged(before: ParsedTree, after: ParsedTree) -> FactsOnly | Limit:
    """Two revisions by their facts; or why only a whole load tells what a change does.

    Args:
        before: the one, parsed.
        after: the other, parsed.

    Raises:
        LedgerError: Beancount gave up on one of them.
    """
    limit = next(_limits_of_text(before, after), None)
    if limit is not None:
        return limit
    was, now = before.facts(), after.facts()
    facts = differing(was.ledger.reading.facts, now.ledger.reading.facts)
    limit = next(_limits_of_facts(was.ledger, now.ledger, facts), None)
    if limit is not None:
        return limit
    known = was.ledger.evaluation.vouchers, now.ledger.evaluation.vouchers
    vouchers = list(vouchers_that_differ(*known, facts))
    books = PartOfBooks.of(was.ledger, now.ledger, frozenset(vouchers))
    limit = next(_limits_of_books(books), None)
    if limit is not None:
        return limit
    ordinary = books.by_hand()
    if ordinary is None:
        return Limit.BOOKING
    if was.ledger.evaluation.options["check-funds"] == "on" and not books.is_funded(ordinary):
        return Limit.FUNDS
    return FactsOnly(was, now, facts, vouchers, books, books.sums(ordinary))


# --- The text ---------------------------------------------------------------------------


def _limits_of_text(before: ParsedTree, after: ParsedTree) -> Iterator[Limit]:
    both = before, after
    if before.top is None or before.top != after.top:
        yield Limit.TOP
    if not all(each.is_sound for each in both):
        yield Limit.TEXT
    if any([name for name, _ in each.options["plugin"]] != [PLUGIN] for each in both):
        yield Limit.PLUGINS
    if _set(before) != _set(after):
        yield Limit.OPTIONS
    others, now = (
        [each for each in side.entries if not is_voucher_directive(each)] for side in both
    )
    if any(type(entry.meta["lineno"]) is not int for entry in others):
        yield Limit.PLACES
    if any(isinstance(entry, Pad) for entry in others):
        yield Limit.PADS
    if not all_alike(others, now):
        yield Limit.ENTRIES


_OF_THE_TEXT = frozenset({"include", "input_hash", "dcontext", "commodities"})
"""Options that nobody sets: they tell what was parsed."""


def _set(parsed: ParsedTree) -> dict[str, object]:
    return {name: value for name, value in parsed.options.items() if name not in _OF_THE_TEXT}


# --- The facts --------------------------------------------------------------------------


_MOVES_NO_OTHER = EVENTS | {"close", "exception", "reconciled"}
"""What happens to a voucher; and what is no more than on record, but for the day of it."""


def _limits_of_facts(before: Ledger, after: Ledger, facts: Differing) -> Iterator[Limit]:
    both = before, after
    if not all(isinstance(error, SnapshotError) for each in both for error in each.errors):
        yield Limit.PROBLEMS
    if any(each.evaluation.exchanged for each in both) or any(
        fact.message is not None for each in both for fact in each.reading.facts
    ):
        yield Limit.MESSAGES
    if before.evaluation.options["hold-accounts"] != "pooled":
        yield Limit.OWN_ACCOUNTS
    if any(fact.kind not in _MOVES_NO_OTHER for each in facts for fact in each):
        yield Limit.SETTINGS


# --- The books --------------------------------------------------------------------------


def _limits_of_books(books: PartOfBooks) -> Iterator[Limit]:
    own, accounts = books.own, books.accounts
    if books.is_mixed:
        yield Limit.MIXED
    if not (books.is_booked and _is_valid(books)):
        yield Limit.NOT_OPEN
    if any(each in own.named or each in own.closed for each in accounts - own.opened.keys()):
        yield Limit.NOT_OPENED
    if _is_asserted(books):
        yield Limit.BALANCES
    # Of each account that anybody has posted to, whether the audit looks at it.
    by_hand = {
        posting.account
        for entry in books.ledgers[0].entries
        if isinstance(entry, Transaction)
        for posting in entry.postings
    }
    if any(each in books.proven for account in by_hand for each in (account, *above(account))):
        yield Limit.BY_HAND
    if books.has_findings():
        yield Limit.FINDINGS


def _is_valid(books: PartOfBooks) -> bool:
    """Whether Beancount has nothing against what vouchers post, before and after."""
    ledger = books.ledgers[0]
    opened: list[Entry] = [each for each in ledger.entries if isinstance(each, Open | Close)]
    return not any(
        validation.validate(  # type: ignore[no-untyped-call]
            sorted([*opened, *written.entries], key=entry_sortkey), ledger.options
        )
        for written in books.written
    )


@exact
def _is_asserted(books: PartOfBooks) -> bool:
    """Whether the ledger asserts a balance of which anything is not as it was."""
    moved = books.moved()
    for entry in books.ledgers[0].entries:
        if isinstance(entry, Balance):
            days = moved.get((entry.account, entry.amount.currency), {})
            earlier = [numbers for date, numbers in days.items() if date < entry.date]
            was, now = (sum(numbers[at] for numbers in earlier) for at in (0, 1))
            if str(was) != str(now):
                return True
    return False

"""Daily postings (manual: books): what many vouchers post on a day, as one transaction.

A *batch* is plain data: what the events of one day and row of ``BATCH_NARRATIONS`` post to the
same accounts of one book, in one currency, in sums. Batches of different vouchers can be merged,
in any order and any grouping, with the same outcome. Pure.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET, Posting, Transaction

from beancount_voucher.books.posting_table import BOOKED, NARRATIONS
from beancount_voucher.directives.money import Money, exact
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.directives.wording import counted

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beancount.core.data import Account, Meta

    from beancount_voucher.directives.source_lines import SourceLine

BATCH_NARRATIONS: dict[str, str] = {
    "credit-line": "{lines}: limit changed by {X}",
    "repay": "{lines}: {X} repaid",
    "issue cash": "{vouchers} issued: {X} frozen",
    "issue credit": "{vouchers} issued: {X} of credit line frozen",
    "accept": "{vouchers} accepted: {X} for collection",
    "recognise": "{vouchers} recognised: {X} of premium",
    "settle": "{vouchers} settled: {S} paid",
    "settle released": "{vouchers} settled: {S} paid, {R} released",
    "cover": "{vouchers} now in cover: {X} no longer in advance",
    "reject": "{vouchers} rejected: {X} released",
    "void": "{vouchers} voided ({reasons}): {X} released",
    "amend": "{vouchers} offered an amendment: {D} more frozen",
    "decline": "{vouchers} with an amendment declined: {D} released",
    "lapse": "{vouchers} with an amendment lapsed: {D} released",
    "effect increase": "{vouchers} with an amendment in force: {D} more",
    "effect decrease": "{vouchers} with an amendment in force: {D} less",
    "release": "{vouchers} released: {R} of what was not settled",
    "refund": "{vouchers} refunded: {F}",
    "refund kept": "{vouchers} refunded: {F}, {K} kept",
    "earn": "{vouchers} earned: {E} of premium",
    "refusal": "{vouchers} with what was refused ({reasons}) reversed",
}
"""What a person reads of a batch: ``NARRATIONS`` for several vouchers at once.

``settle`` and ``refund`` are one row each: the longer text is for a batch in which something is
released, or kept.
"""

assert BATCH_NARRATIONS.keys() == NARRATIONS.keys() | {"refusal"}

_LONGER = {"settle": ("R", "settle released"), "refund": ("K", "refund kept")}

TAGS = {
    kind: frozenset({"voucher", f"voucher-{kind}"}) for kind in (*BOOKED, "refusal")
} | dict.fromkeys(("credit-line", "repay"), frozenset({"voucher", "voucher-credit-line"}))
"""The tags of each event's transactions."""


class BatchKey(NamedTuple):
    """What the events of a batch have in common.

    Attributes:
        date: their day.
        book: the party whose book it is.
        row: which events they are: a kind, with what is narrated of it (``issue cash``).
        currency: the vouchers' currency, also where its memo commodity is posted.
        accounts: accounts and commodities that they post to, sorted.
    """

    date: dt.date
    book: str
    row: str
    currency: str
    accounts: tuple[tuple[Account, str], ...]

    @property
    def event(self) -> str:
        """The kind of the events."""
        return self.row.partition(" ")[0]


class Batch(NamedTuple):
    """What the events of one key post, in sums.

    Attributes:
        key: what they have in common.
        place: the first of their directives, by file and line.
        posted: account and commodity, and how much; in the order of the posting table.
        amounts: the sums of what is narrated, by the letters of the posting table.
        vouchers: how many they are of; of the events of credit lines, how many lines.
        payee: the display name of the other side; None where there are several.
        reasons: why vouchers are voided, or events refused, sorted.
    """

    key: BatchKey
    place: SourceLine
    posted: Mapping[tuple[Account, str], Decimal]
    amounts: Mapping[str, Decimal]
    vouchers: int
    payee: str | None
    reasons: tuple[str, ...] = ()

    @exact
    def plus(self, other: Batch) -> Batch:
        """Both in one: batches of one key, and of different vouchers."""
        first, second = sorted((self, other), key=lambda batch: batch.place)
        return Batch(
            self.key,
            first.place,
            {at: number + second.posted[at] for at, number in first.posted.items()},
            added(first.amounts, second.amounts),
            self.vouchers + other.vouchers,
            self.payee if self.payee == other.payee else None,
            tuple(sorted({*self.reasons, *other.reasons})),
        )


def added(one: Mapping[str, Decimal], other: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Amounts by letter, each of both."""
    sums = dict(one)
    for letter, number in other.items():
        sums[letter] = sums[letter] + number if letter in sums else number
    return sums


def merged(batches: Iterable[Batch]) -> list[Batch]:
    """Batches of different vouchers with one for each key, in the order of a ledger."""
    found: dict[BatchKey, Batch] = {}
    for batch in batches:
        known = found.get(batch.key)
        found[batch.key] = batch if known is None else known.plus(batch)
    return sorted(found.values(), key=ledger_order)


def ledger_order(batch: Batch) -> tuple[object, ...]:
    """The order in which batches stand: by day, file and line; of one line, by row and book."""
    key = batch.key
    return key.date, batch.place, key.row, key.book, key.currency, key.accounts


def narration(batch: Batch) -> str:
    """What a person reads of a batch: 12 vouchers issued: 3,650.00 CNY frozen."""
    key, sums = batch.key, batch.amounts
    letter, longer = _LONGER.get(key.row, ("", ""))
    row = longer if sums.get(letter) else key.row
    texts = {letter: Money(number, key.currency).grouped for letter, number in sums.items()}
    return BATCH_NARRATIONS[row].format(
        vouchers=counted(batch.vouchers, "voucher"),
        lines=counted(batch.vouchers, "credit line"),
        reasons=", ".join(batch.reasons),
        **texts,
    )


def transactions(batches: Iterable[Batch]) -> Iterator[Transaction]:
    """Batches as they stand in a ledger."""
    positions: dict[SourceLine, Meta] = {}
    texts: dict[str, str] = {}
    for batch in batches:
        key, (filename, lineno), text = batch.key, batch.place, narration(batch)
        # Batches of several books have much in common, and keep it together, to spare memory.
        position = positions.setdefault(batch.place, {"filename": filename, "lineno": lineno})
        event = key.event
        meta: Meta = {
            "filename": filename,
            "lineno": lineno,
            "voucher-event": event,
            "voucher-book": key.book,
            "voucher-count": _number(batch.vouchers),
            SEEN: True,
        }
        postings = [
            _new(Posting, (account, _new(Amount, (number, currency)), None, None, None, position))
            for (account, currency), number in batch.posted.items()
        ]
        text = texts.setdefault(text, text)
        fields = meta, key.date, "*", batch.payee, text, TAGS[event], EMPTY_SET, postings
        yield _new(Transaction, fields)


_number = cache(Decimal)

# A load calls it for every posting: it takes a third of the time of a constructor's call.
_new: Callable[..., Any] = tuple.__new__

"""What recorded statements have proven of a ledger: no line of another statement can be it.

A record names what its lines are: vouchers, and other transactions by day and amount. One
that names no transactions may be written by hand: it has proven all that its period has only
if it left nothing open and the ledger still has its closing balance. What a record left open,
and what was entered after it, stays open.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_voucher.directives.money import Money
from beancount_voucher.views.reconciled_statements import Dated

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from beancount.core.data import Account

    from beancount_voucher.reconciliation.items import Movement
    from beancount_voucher.reconciliation.ledger_side import BankBook
    from beancount_voucher.statements.statement import Statement
    from beancount_voucher.views.reconciled_statements import RecordedProof


def dated(movement: Movement) -> Dated:
    """What a record says of a movement that is no voucher's."""
    return Dated(movement.date, Money(movement.amount, movement.currency))


def proven_elsewhere(
    book: BankBook,
    records: Sequence[RecordedProof],
    chains: Mapping[tuple[Account, str], Sequence[Statement]],
) -> dict[Movement, RecordedProof]:
    """The movements that other statements have proven, each with the record of one that has.

    Args:
        book: what the ledger says of its bank accounts.
        records: every statement that was reconciled, in order.
        chains: the statements that are reconciled now, by account and currency.
    """
    found = dict(_vouchers(book, records, chains))
    for (account, currency), chain in chains.items():
        others = [
            each
            for each in records
            if (each.account, each.closing.currency) == (account, currency)
            and not any(each.until >= own.start and own.end >= each.start for own in chain)
        ]
        movements = [each for each in book.by_account[account, currency] if each.voucher is None]
        found.update(_named(movements, others))
        left = [each for each in movements if each not in found]
        found.update(_covered(book, left, others))
    return found


def expected_opening(
    book: BankBook,
    proven: Mapping[Movement, RecordedProof],
    key: tuple[Account, str],
    start: dt.date,
) -> Decimal:
    """The ledger's balance at the start of a day, as the bank has it by what is recorded.

    The bank may have booked before that day what the ledger has later, and the reverse.
    """
    expected = book.balance(*key, start)
    for movement in book.by_account[key]:
        record = proven.get(movement)
        if record is not None and record.until < start <= movement.date:
            expected += movement.amount
        elif record is not None and movement.date < start < record.start:
            expected -= movement.amount
    return expected


def _vouchers(
    book: BankBook,
    records: Iterable[RecordedProof],
    chains: Mapping[tuple[Account, str], Sequence[Statement]],
) -> Iterator[tuple[Movement, RecordedProof]]:
    """Vouchers are named by their ids, whatever has become of their dates and amounts."""
    digests = {statement.sha256 for chain in chains.values() for statement in chain}
    by_voucher = {
        (record.account, proven.voucher): record
        for record in records
        if record.sha256 not in digests
        for proven in record.proven
    }
    for movement in book.movements:
        if movement.voucher is not None:
            record = by_voucher.get((movement.account, movement.voucher))
            if record is not None:
                yield movement, record


def _named(
    movements: Iterable[Movement], records: Iterable[RecordedProof]
) -> Iterator[tuple[Movement, RecordedProof]]:
    """Transactions that records name; of two that look the same, both or none."""
    names: dict[Dated, list[RecordedProof]] = defaultdict(list)
    for record in records:
        for name in record.transactions:
            names[name].append(record)
    alike: dict[Dated, list[Movement]] = defaultdict(list)
    for movement in movements:
        alike[dated(movement)].append(movement)
    for name, same in alike.items():
        if len(same) <= len(names[name]):
            yield from zip(same, names[name], strict=False)


def _covered(
    book: BankBook, movements: Sequence[Movement], records: Iterable[RecordedProof]
) -> Iterator[tuple[Movement, RecordedProof]]:
    """Transactions in the period of a record that names none and leaves nothing open."""
    dates = [each.date for each in movements]
    for record in records:
        first, last = bisect_left(dates, record.start), bisect_right(dates, record.until)
        if first < last and not record.transactions and _agrees(book, record):
            yield from ((each, record) for each in movements[first:last])


def _agrees(book: BankBook, record: RecordedProof) -> bool:
    """Whether a record left nothing open, and the ledger still has its closing balance."""
    balance = book.balance_after(record.account, record.closing.currency, record.until)
    return not record.differences and not record.open_items and balance == record.closing.number

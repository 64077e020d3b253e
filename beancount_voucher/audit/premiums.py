"""Premiums in two books: invariants I8 and I9 (manual: books).

What the policyholder has paid in advance and owes is what the insurer has not earned and is
owed, voucher by voucher; and what one has as an expense the other has as income. No more is
earned than is in force, and at the end of cover all of it.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.findings import Finding
from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.lifecycle.status import VoucherStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Account, Transaction

    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher

_MIRRORS = (
    (("prepaid", "payable"), ("receivable", "unearned", "advance")),
    (("expense",), ("income", "charges")),
)
"""What of the policyholder's book is opposite to what of the insurer's."""


class _Move(NamedTuple):
    """What one transaction posts to a side of a mirror."""

    entry: Transaction
    number: Decimal


def unmirrored_premiums(
    evaluation: Evaluation, keeper: Bookkeeper, generated: Iterable[Transaction]
) -> Iterator[Finding]:
    """I8, where both books are kept; I9, where earning is posted."""
    by_voucher: dict[str, list[Transaction]] = defaultdict(list)
    for entry in generated:
        if (voucher_id := entry.meta.get("voucher")) is not None:
            by_voucher[voucher_id].append(entry)
    mirrors = _Mirrors(keeper)
    for voucher in evaluation.vouchers.values():
        if voucher.terms is None:
            continue
        entries = by_voucher.get(voucher.id, [])
        yield from _unmirrored(voucher, mirrors, entries)
        if evaluation.options["earning"] != "none":
            yield from _wrongly_earned(evaluation, voucher, keeper, entries)


class _Sides(NamedTuple):
    """The two sides of each mirror of a voucher.

    Attributes:
        accounts: the accounts of both sides, a pair for each mirror: of the policyholder's book,
            and of the insurer's.
        mirrors: by book, which mirror each of its accounts is of.
    """

    accounts: Sequence[tuple[frozenset[Account], frozenset[Account]]]
    mirrors: Mapping[str, Mapping[Account, int]]

    def cancel_out(self, entries: Iterable[Transaction]) -> bool:
        """Whether they do on every day."""
        nets: dict[tuple[int, dt.date], Decimal] = defaultdict(Decimal)
        for entry in entries:
            mirrors = self.mirrors.get(entry.meta.get("voucher-book", ""))
            if mirrors is not None:
                for account, number, _ in amounts_of(entry):
                    if account in mirrors:
                        nets[mirrors[account], entry.date] += number
        return not any(nets.values())


class _Mirrors:
    """The sides of vouchers, found once for all between the same parties."""

    def __init__(self, keeper: Bookkeeper) -> None:
        self._keeper = keeper
        self._known: dict[tuple[str | None, ...], _Sides | None] = {}

    def of(self, voucher: Voucher) -> _Sides | None:
        """Those of one; None where not both books are kept, or only their sum could be proven."""
        own = voucher.id if self._keeper.per_voucher else None
        key = *voucher.agreed.parties, own
        if key not in self._known:
            self._known[key] = self._found(voucher, own)
        return self._known[key]

    def _found(self, voucher: Voucher, own: str | None) -> _Sides | None:
        terms = voucher.agreed
        policyholder, insurer = terms.policyholder, terms.insurer
        if not (self._keeper.keeps(policyholder) and self._keeper.keeps(insurer)):
            return None
        sides = [
            (
                self._accounts(policyholder, ours, terms.issuer, own),
                self._accounts(insurer, theirs, terms.acceptor, own),
            )
            for ours, theirs in _MIRRORS
        ]
        if sides[0][0] & sides[1][0] or sides[0][1] & sides[1][1]:
            return None  # somebody has chosen one account for both
        mirrors: dict[str, dict[Account, int]] = {policyholder: {}, insurer: {}}
        for mirror, both in enumerate(sides):
            for book, accounts in zip((policyholder, insurer), both, strict=True):
                mirrors[book].update(dict.fromkeys(accounts, mirror))
        return _Sides(sides, mirrors)

    def _accounts(
        self, book: str, roles: Iterable[str], other: str, own: str | None
    ) -> frozenset[Account]:
        return frozenset(self._keeper.chart.account(book, role, other, own) for role in roles)


def _unmirrored(
    voucher: Voucher, mirrors: _Mirrors, entries: list[Transaction]
) -> Iterator[Finding]:
    sides = mirrors.of(voucher)
    if sides is None or sides.cancel_out(entries):
        return
    terms = voucher.agreed
    for (ours, theirs), (names, other_names) in zip(sides.accounts, _MIRRORS, strict=True):
        off = _first_day_off(entries, (terms.policyholder, ours), (terms.insurer, theirs))
        if off is not None:
            entry, number = off
            yield Finding(
                "I8",
                source_line(entry.meta),
                f"{voucher.id}: {' + '.join(names)} of {terms.policyholder} and "
                f"{' + '.join(other_names)} of {terms.insurer} are off by "
                f"{number} {terms.amount.currency} on {entry.date}",
                entry.date,
            )


def _first_day_off(
    entries: Iterable[Transaction], *sides: tuple[str, frozenset[Account]]
) -> _Move | None:
    """The first day at whose end two sides do not cancel out, and by how much."""
    days: dict[dt.date, _Move] = {}
    for entry in entries:
        for book, accounts in sides:
            if entry.meta.get("voucher-book") == book:
                moved = _posted(entry, accounts)
                first = days.get(entry.date)
                known = Decimal(0) if first is None else first.number
                days[entry.date] = _Move(entry if first is None else first.entry, known + moved)
    off = Decimal(0)
    for _, move in sorted(days.items()):
        off += move.number
        if off:
            return _Move(move.entry, off)
    return None


def _posted(entry: Transaction, accounts: frozenset[Account]) -> Decimal:
    found = Decimal(0)
    for posting in entry.postings:
        if posting.account in accounts and posting.units is not None:
            found += posting.units.number or 0
    return found


def _wrongly_earned(
    evaluation: Evaluation, voucher: Voucher, keeper: Bookkeeper, entries: list[Transaction]
) -> Iterator[Finding]:
    """I9: 0 ≤ earned ≤ the premium in force on every day, equal at the end of cover."""
    terms = voucher.agreed
    for book, role, other, sign in (
        (terms.policyholder, "expense", terms.issuer, +1),
        (terms.insurer, "income", terms.acceptor, -1),
    ):
        if keeper.keeps(book):
            account = keeper.chart.account(book, role, other, None)
            posted: dict[dt.date, Decimal] = defaultdict(Decimal)
            for entry in entries:
                if entry.meta.get("voucher-book") == book:
                    posted[entry.date] += sign * _posted(entry, frozenset({account}))
            for date, number in _struck(voucher, book):
                posted[date] -= number
            yield from earned_out_of_bounds(evaluation, voucher, book, posted)


def _struck(voucher: Voucher, book: str) -> Iterator[tuple[dt.date, Decimal]]:
    """What was earned (or charged) until a refusal struck it, and what that took back."""
    keeps = book == voucher.agreed.policyholder
    for struck in voucher.struck:
        for event, _, sign in struck.moves():
            number = event.amount if event.kind == "earn" else Decimal(0)
            if event.change is not None:
                number += (event.change.kept if keeps else 0) - event.change.unearned
            yield event.date, -sign * number
            yield struck.refusal.date, sign * number


def earned_out_of_bounds(
    evaluation: Evaluation, voucher: Voucher, book: str, posted: Mapping[dt.date, Decimal]
) -> Iterator[Finding]:
    """The first day at whose end one book has earned too little or too much.

    The expense of the policyholder is what was earned, and what the insurer has kept.
    """
    status = VoucherStatus(voucher.status.zero)
    earned, end = Decimal(0), voucher.agreed.cover_end
    waiting = iter(voucher.events)
    event = next(waiting, None)
    days = {each.date for each in voucher.events}.union(posted, () if end is None else (end,))
    for day in sorted(days):
        if evaluation.horizon is None or day > evaluation.horizon:
            return
        while event is not None and event.date <= day:
            status.take(event)
            event = next(waiting, None)
        earned += posted.get(day, 0)
        without = earned - status.kept if book == voucher.agreed.policyholder else earned
        in_force = max(status.in_force, status.zero)
        complete = day == end and _earns(voucher, day) and status.returned is None
        if not 0 <= without <= in_force or (complete and without != in_force):
            amount = f"{without} {voucher.amount.currency}"
            yield Finding(
                "I9",
                voucher.place,
                f"{voucher.id} has earned {amount} by {day} in the book of {book}, "
                f"and {in_force} {voucher.amount.currency} is in force",
                day,
            )
            return


def _earns(voucher: Voucher, day: dt.date) -> bool:
    """Whether a voucher's earning was posted on a day: recognised by then, or settled before."""
    return any(
        (event.kind == "recognise" and event.date <= day)
        or (event.kind == "settle" and event.date < day)
        for event in voucher.events
    )

"""What double entry cannot see: the invariants of the contract's section 4, checked.

Each book balances alone, so an entry that is missing, late, doubled or booked to the
wrong voucher in one of them is invisible to Beancount. These checks read the postings
that stand in the ledger and compare them with what the life of the vouchers says, without
the posting table; ``unaccounted`` compares every generated transaction with its facts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.amount import Amount
from beancount.core.data import Transaction

from beancount_voucher.accounts import PER_VOUCHER
from beancount_voucher.plans import Bookkeeper
from beancount_voucher.claims import Move, tied_up
from beancount_voucher.findings import Finding
from beancount_voucher.judging import overdue
from beancount_voucher.positions import SEEN, place_of
from beancount_voucher.postings import MEMO
from beancount_voucher.problems import NO_POSITION, Place

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Account

    from beancount_voucher.claims import Purse
    from beancount_voucher.evaluation import Evaluation
    from beancount_voucher.ledger import Ledger


def findings(ledger: Ledger) -> Iterator[Finding]:
    """Every broken invariant of a ledger's books, and every entry without its fact."""
    if not ledger.has_plugin:
        return  # then there are no books; ``no_plugin`` says so
    generated = [
        entry for entry in ledger.entries if isinstance(entry, Transaction) and SEEN in entry.meta
    ]
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    posted = _posted(ledger.entries)
    yield from _unbalanced(generated)
    yield from _ties(ledger.evaluation, keeper, posted, _posted(generated))
    yield from _lines(ledger.evaluation, keeper, posted)
    yield from _interbank(ledger.evaluation, keeper, _posted(generated))
    yield from _unaccounted(ledger, generated)


def _posted(entries: Iterable[object]) -> dict[Purse, list[Move]]:
    posted: dict[Purse, list[Move]] = defaultdict(list)
    for entry in entries:
        if isinstance(entry, Transaction):
            voucher = entry.meta.get("voucher")
            place = place_of(entry.meta)
            for account, units, *_ in entry.postings:
                if units is not None and units.number is not None:
                    move = Move(entry.date, units.number, voucher, place)
                    posted[account, units.currency].append(move)
    return posted


def _unbalanced(generated: list[Transaction]) -> Iterator[Finding]:
    """I0: each transaction is zero per commodity."""
    for entry in generated:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for posting in entry.postings:
            if posting.units is not None and posting.units.number is not None:
                sums[posting.units.currency] += posting.units.number
        for currency, number in sums.items():
            if number:
                yield Finding(
                    "I0",
                    place_of(entry.meta),
                    f'{entry.date} "{entry.narration}" is off by {number} {currency}',
                    entry.date,
                )


# --- I1, I2, I4, I5, I7 -----------------------------------------------------------------


def _ties(
    evaluation: Evaluation,
    keeper: Bookkeeper,
    posted: dict[Purse, list[Move]],
    generated: dict[Purse, list[Move]],
) -> Iterator[Finding]:
    """Each account against all its vouchers, and each voucher against its own postings."""
    said: dict[Purse, list[Move]] = defaultdict(list)
    invariant: dict[Purse, str] = {}
    for voucher in evaluation.vouchers.values():
        for claim in tied_up(voucher, keeper):
            said[claim.purse].append(claim.move)
            invariant[claim.purse] = claim.exposure.invariant
    for purse, moves in said.items():
        differs = _first_difference(posted.get(purse, []), moves)
        if differs is not None:
            date, actual, expected, place = differs
            yield Finding(
                invariant[purse],
                place,
                f"{purse[0]} holds {actual} {purse[1]} on {date}; "
                f"the vouchers say {expected} {purse[1]}",
                date,
            )
        yield from _by_voucher(evaluation, purse, moves, generated, invariant[purse])


def _by_voucher(
    evaluation: Evaluation,
    purse: Purse,
    said: list[Move],
    generated: dict[Purse, list[Move]],
    invariant: str,
) -> Iterator[Finding]:
    said_by, posted_by = _grouped(said), _grouped(generated.get(purse, []))
    for voucher in said_by | posted_by:
        has = posted_by.get(voucher, [])
        differs = _first_difference(has, said_by.get(voucher, []))
        if differs is not None:
            date, actual, expected, place = differs
            yield Finding(
                invariant,
                place,
                f"{voucher} has {actual} {purse[1]} on {purse[0]} on {date}; "
                f"its life says {expected} {purse[1]}",
                date,
            )
        known = evaluation.vouchers.get(voucher or "")
        left = sum(move.number for move in has)
        closed = None if known is None else known.standing.closed
        if left and known is not None and closed is not None:
            yield Finding(
                "I7",
                has[-1].place,
                f"{voucher} is {known.standing.state}, and leaves {left} {purse[1]} on {purse[0]}",
                max(closed, has[-1].date),
            )


def _grouped(moves: list[Move]) -> dict[str | None, list[Move]]:
    groups: dict[str | None, list[Move]] = defaultdict(list)
    for move in moves:
        groups[move.voucher].append(move)
    return groups


def _first_difference(
    posted: list[Move], said: list[Move]
) -> tuple[dt.date, Decimal, Decimal, Place] | None:
    """The first day at whose end two accounts of the same thing differ."""
    changes: dict[dt.date, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    places: dict[dt.date, Place] = {}
    for column, moves in enumerate((posted, said)):
        for move in moves:
            changes[move.date][column] += move.number
            places.setdefault(move.date, move.place)
    actual = expected = Decimal(0)
    for date in sorted(changes):
        actual += changes[date][0]
        expected += changes[date][1]
        if actual != expected:
            return date, actual, expected, places[date]
    return None


# --- I3 ---------------------------------------------------------------------------------

_PARTS = ("line-available", "line-frozen", "line-drawn", "line-limit")
_Line = dict[str, set["Account"]]
"""The accounts of each part of one credit line, or of lines that share an account."""


def _lines(
    evaluation: Evaluation, keeper: Bookkeeper, posted: dict[Purse, list[Move]]
) -> Iterator[Finding]:
    """I3: available + frozen + drawn = limit, none below zero, in both books."""
    lines: dict[tuple[str, str], list[_Line]] = defaultdict(list)
    for policyholder, bank, currency in evaluation.world.lines.all():
        for book, other in ((policyholder, bank), (bank, policyholder)):
            if keeper.keeps(book):
                line = {part: {keeper.chart.account(book, part, other, None)} for part in _PARTS}
                _merge(lines[book, currency], line)
    for (book, currency), separate in lines.items():
        for line in separate:
            yield from _line(book, currency, _moves_of(line, keeper, posted, currency + MEMO))


def _merge(lines: list[_Line], line: _Line) -> None:
    """Add a line; those that share an account with it can only be proven together."""
    accounts = set().union(*line.values())
    for other in [each for each in lines if accounts & set().union(*each.values())]:
        lines.remove(other)
        line = {part: line[part] | other[part] for part in _PARTS}
    lines.append(line)


def _moves_of(
    line: _Line, keeper: Bookkeeper, posted: dict[Purse, list[Move]], commodity: str
) -> dict[str, list[Move]]:
    moves: dict[str, list[Move]] = {part: [] for part in _PARTS}
    for part, accounts in line.items():
        leaves = keeper.per_voucher and part in PER_VOUCHER
        for (account, units), found in posted.items():
            name = account.rpartition(":")[0] if leaves else account
            if units == commodity and name in accounts:
                moves[part] += found
    return moves


def _line(book: str, currency: str, parts: dict[str, list[Move]]) -> Iterator[Finding]:
    balances = dict.fromkeys(_PARTS, Decimal(0))
    days: dict[dt.date, list[tuple[str, Move]]] = defaultdict(list)
    for part, moves in parts.items():
        for move in moves:
            days[move.date].append((part, move))
    for date in sorted(days):
        for part, move in days[date]:
            balances[part] += -move.number if part == "line-limit" else move.number
        available, frozen, drawn, limit = (balances[part] for part in _PARTS)
        if available + frozen + drawn != limit or min(balances.values()) < 0:
            yield Finding(
                "I3",
                days[date][0][1].place,
                f"credit line in the book of {book} on {date}: available {available} + frozen "
                f"{frozen} + drawn {drawn} against a limit of {limit} {currency}",
                date,
            )
            return


# --- I6 ---------------------------------------------------------------------------------


def _interbank(
    evaluation: Evaluation, keeper: Bookkeeper, generated: dict[Purse, list[Move]]
) -> Iterator[Finding]:
    """I6: over generated postings, the two interbank accounts are opposite."""
    pairs: dict[tuple[str, str, str], set[str | None]] = defaultdict(set)
    for voucher in evaluation.vouchers.values():
        terms = voucher.terms
        if terms is not None and keeper.keeps(terms.issuer) and keeper.keeps(terms.acceptor):
            pairs[terms.issuer, terms.acceptor, terms.amount.currency].add(voucher.id)
    for (issuer, acceptor, currency), vouchers in pairs.items():
        owed = keeper.chart.account(issuer, "interbank-payable", acceptor, None)
        due = keeper.chart.account(acceptor, "interbank-receivable", issuer, None)
        paid = [move for move in generated.get((owed, currency), []) if move.voucher in vouchers]
        received = [
            move._replace(number=-move.number)
            for move in generated.get((due, currency), [])
            if move.voucher in vouchers
        ]
        differs = _first_difference(paid, received)
        if differs is not None:
            date, actual, expected, place = differs
            yield Finding(
                "I6",
                place,
                f"{owed} is at {actual} {currency} on {date}; {due} says {expected}",
                date,
            )


# --- Every fact its entry, every entry its fact -----------------------------------------


def _unaccounted(ledger: Ledger, generated: list[Transaction]) -> Iterator[Finding]:
    written = [entry for entry in ledger.books().entries if isinstance(entry, Transaction)]
    wanted, found = Counter(map(_print, written)), Counter(map(_print, generated))
    for code, more, less, entries in (
        ("missing-entry", wanted, found, written),
        ("foreign-entry", found, wanted, generated),
    ):
        surplus = more - less
        for entry in entries:
            printed = _print(entry)
            if surplus[printed] > 0:
                surplus[printed] -= 1
                said = f'"{entry.narration}" in the book of {entry.meta["voucher-book"]}'
                yield Finding(code, place_of(entry.meta), f"{entry.date} {said}", entry.date)


_NO_UNITS = Amount(Decimal(0), "")


def _print(entry: Transaction) -> tuple[object, ...]:
    """What makes two generated transactions the same: what moves money, whose, how it is found."""
    meta = entry.meta
    return (
        entry.date,
        entry.flag,
        entry.tags,
        entry.links,
        meta.get("voucher-book"),
        meta.get("voucher"),
        meta.get("voucher-event"),
        tuple(sorted((account, *(units or _NO_UNITS)) for account, units, *_ in entry.postings)),
    )


# --- Time -------------------------------------------------------------------------------


def overdue_findings(evaluation: Evaluation, as_of: dt.date) -> Iterator[Finding]:
    """What is overdue on a date, by voucher id."""
    date = as_of if evaluation.horizon is None else min(as_of, evaluation.horizon)
    for _, voucher in sorted(evaluation.vouchers.items()):
        standing = voucher.as_of(date)
        why = overdue(evaluation.world, voucher.terms, standing, as_of)
        if why is not None:
            yield Finding("overdue", voucher.place, f"{voucher.id}: {why.text}", why.since)


def no_plugin(ledger: Ledger) -> Iterator[Finding]:
    """Voucher directives that nothing reads: Beancount ignores plugin lines in includes."""
    if ledger.has_vouchers and not ledger.has_plugin:
        filename = ledger.options.get("filename") or NO_POSITION
        yield Finding(
            "no-plugin",
            Place(filename, 1),
            'voucher directives, but the top file has no plugin "beancount_voucher_plugin" line '
            "(one in an included file does nothing)",
        )

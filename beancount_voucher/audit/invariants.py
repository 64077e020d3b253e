"""What double entry cannot see: the invariants of the books, checked (manual: books).

Each book balances alone, so an entry that is missing, late, doubled or booked to the
wrong voucher in one of them is invisible to Beancount. These checks read the postings
that stand in the ledger and compare them with what the life of the vouchers says, without
the posting table; ``unaccounted`` compares every generated transaction with its facts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Transaction

from beancount_voucher.audit.credit_lines import unproven_lines
from beancount_voucher.audit.expected import BoundHoldRules, HoldMove, held_amounts
from beancount_voucher.audit.findings import Finding
from beancount_voucher.audit.hold_accounts import HoldAccounts
from beancount_voucher.audit.mirrors import one_sided
from beancount_voucher.audit.prefilter import prefiltered
from beancount_voucher.audit.premiums import unmirrored_premiums
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.entries import amounts_of, postings_to
from beancount_voucher.directives.money import exact
from beancount_voucher.directives.source_lines import NO_POSITION, SEEN, SourceLine, source_line
from beancount_voucher.ledger.posted import apart
from beancount_voucher.lifecycle.calendars import business_days
from beancount_voucher.lifecycle.examination import examined_late, refund_differs
from beancount_voucher.lifecycle.overdue import overdue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Container, Iterable, Iterator, Mapping

    from beancount.core.data import Account

    from beancount_voucher.audit.expected import CurrencyAccount
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.ledger.posted import Apart
    from beancount_voucher.lifecycle.evaluation import Evaluation


@exact
def findings(ledger: Ledger, told: Apart | None = None) -> list[Finding]:
    """Every broken invariant of a ledger's books, and every entry without its fact.

    Args:
        ledger: the ledger, loaded as a whole.
        told: what stands in it for its vouchers, event by event, if that is known already.
    """
    # Without the plugin there are no books; ``no_plugin`` says so.
    return list(_findings(ledger, told or apart(ledger))) if ledger.has_plugin else []


def _findings(ledger: Ledger, told: Apart) -> Iterator[Finding]:
    evaluation = ledger.evaluation
    keeper = Bookkeeper(evaluation, ledger.names, ledger.kept)
    transactions = [entry for entry in ledger.entries if isinstance(entry, Transaction)]
    generated = [entry for entry in transactions if SEEN in entry.meta]
    events, rest = told.events, told.rest
    yield from _unbalanced(generated)
    yield from _holds(evaluation, keeper, transactions, told.all)
    yield from unproven_lines(evaluation, keeper, transactions)
    interbank = list(_interbank(evaluation, keeper, events, rest))
    yield from interbank
    if not interbank:  # what vouchers post is opposite; so is what people book by hand
        yield from one_sided(evaluation, keeper, transactions)
    yield from unmirrored_premiums(evaluation, keeper, events)
    yield from _unaccounted(ledger, generated)
    yield from _pretended(transactions)


def _moves(
    entries: Iterable[Transaction], accounts: Container[Account]
) -> defaultdict[CurrencyAccount, list[HoldMove]]:
    """What was posted to some accounts, in the order of the entries."""
    found: defaultdict[CurrencyAccount, list[HoldMove]] = defaultdict(list)
    for entry, account, number, currency in postings_to(entries, accounts):
        move = HoldMove(entry.date, number, entry.meta.get("voucher"), source_line(entry.meta))
        found[account, currency].append(move)
    return found


def _unbalanced(generated: list[Transaction]) -> Iterator[Finding]:
    """I0: each transaction is zero per commodity."""
    for entry in generated:
        sums: dict[str, Decimal] = {}
        for _, number, currency in amounts_of(entry):
            sums[currency] = sums[currency] + number if currency in sums else number
        if not any(sums.values()):
            continue
        for currency, number in sums.items():
            if number:
                yield Finding(
                    "I0",
                    source_line(entry.meta),
                    f'{entry.date} "{entry.narration}" is off by {number} {currency}',
                    entry.date,
                )


# --- I1, I2, I4, I5, I7 -----------------------------------------------------------------


def _holds(
    evaluation: Evaluation,
    keeper: Bookkeeper,
    transactions: list[Transaction],
    generated: list[Transaction],
) -> Iterator[Finding]:
    """Each account against all its vouchers, and each voucher against its own postings.

    Args:
        evaluation: what the facts come to.
        keeper: whose books are kept.
        transactions: everything that stands in the ledger.
        generated: what was written for vouchers, voucher by voucher.
    """
    rules, vouchers = BoundHoldRules(keeper), evaluation.vouchers.values()
    ordinary = (entry for entry in transactions if SEEN not in entry.meta)
    checked = prefiltered(vouchers, rules, generated, ordinary)
    holds = HoldAccounts(evaluation, keeper, rules, checked.ours)
    doubtful = checked.suspects | {each for each in checked.elsewhere if holds.of(each[0])}
    if not doubtful:
        return
    expected: dict[CurrencyAccount, list[HoldMove]] = defaultdict(list)
    for voucher in vouchers:
        for bound, move in held_amounts(voucher, rules):
            if (key := (bound.account, bound.commodity)) in doubtful:
                expected[key].append(move)
    accounts = {account for account, _ in doubtful}
    posted, posted_by_us = _moves(transactions, accounts), _moves(generated, accounts)
    for key in sorted(doubtful):
        account, commodity = key
        hold = holds.of(account)
        assert hold is not None
        differs = _first_difference(posted[key], expected[key])
        if differs is not None:
            yield Finding(
                hold.invariant,
                differs.place,
                f"{account} holds {differs.posted} {commodity} on {differs.date}; "
                f"the vouchers say {differs.expected} {commodity}",
                differs.date,
            )
        yield from _by_voucher(evaluation, key, expected[key], posted_by_us[key], hold.invariant)


def _by_voucher(
    evaluation: Evaluation,
    key: CurrencyAccount,
    expected: list[HoldMove],
    generated: list[HoldMove],
    invariant: str,
) -> Iterator[Finding]:
    account, commodity = key
    expected_of, posted_by = _grouped(expected), _grouped(generated)
    for voucher in expected_of | posted_by:
        has = posted_by.get(voucher, [])
        differs = _first_difference(has, expected_of.get(voucher, []))
        if differs is not None:
            yield Finding(
                invariant,
                differs.place,
                f"{voucher} has {differs.posted} {commodity} on {account} on {differs.date}; "
                f"its life says {differs.expected} {commodity}",
                differs.date,
            )
        known = evaluation.vouchers.get(voucher or "")
        left = sum(move.number for move in has)
        closed = None if known is None else known.status.closed
        if left and known is not None and closed is not None:
            yield Finding(
                "I7",
                has[-1].place,
                f"{voucher} is {known.status.state}, and leaves {left} {commodity} on {account}",
                max(closed, has[-1].date),
            )


def _grouped(moves: list[HoldMove]) -> dict[str | None, list[HoldMove]]:
    groups: dict[str | None, list[HoldMove]] = defaultdict(list)
    for move in moves:
        groups[move.voucher].append(move)
    return groups


class _Difference(NamedTuple):
    """Where two accounts of the same thing differ: at the end of which day, and at which line."""

    date: dt.date
    posted: Decimal
    expected: Decimal
    place: SourceLine


def _first_difference(posted: list[HoldMove], expected: list[HoldMove]) -> _Difference | None:
    """The first day at whose end two accounts of the same thing differ."""
    changes: dict[dt.date, list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    places: dict[dt.date, SourceLine] = {}
    for column, moves in enumerate((posted, expected)):
        for move in moves:
            changes[move.date][column] += move.number
            places.setdefault(move.date, move.place)
    has = should = Decimal(0)
    for date in sorted(changes):
        has += changes[date][0]
        should += changes[date][1]
        if has != should:
            return _Difference(date, has, should, places[date])
    return None


# --- I6 ---------------------------------------------------------------------------------


def _interbank(
    evaluation: Evaluation,
    keeper: Bookkeeper,
    generated: list[Transaction],
    rest: list[Transaction],
) -> Iterator[Finding]:
    """I6: over generated postings, the two interbank accounts are opposite.

    Where one bank is both, vouchers post to neither. What batches post beside their vouchers is
    nobody's, and counts wherever it is.
    """
    pairs: dict[tuple[str, str, str], set[str | None]] = defaultdict(set)
    for voucher in evaluation.vouchers.values():
        terms = voucher.terms
        if terms is not None and keeper.keeps(terms.issuer) and keeper.keeps(terms.acceptor):
            pairs[terms.issuer, terms.acceptor, terms.amount.currency].add(voucher.id)
    account = keeper.chart.account
    accounts = {
        (issuer, acceptor): (
            account(issuer, "interbank-payable", acceptor, None),
            account(acceptor, "interbank-receivable", issuer, None),
        )
        for issuer, acceptor, _ in pairs
    }
    everywhere = {each for both in accounts.values() for each in both}
    moves = _moves(generated, everywhere)
    for key, more in _moves(rest, everywhere).items():
        moves[key] += [move._replace(voucher=_OF_A_BATCH) for move in more]
    for (issuer, acceptor, currency), vouchers in pairs.items():
        vouchers.add(_OF_A_BATCH)
        owed, due = accounts[issuer, acceptor]
        if issuer == acceptor:
            for each in (owed, due):
                yield from _posted_by_one_bank(each, currency, vouchers, moves)
            continue
        paid = [move for move in moves.get((owed, currency), ()) if move.voucher in vouchers]
        received = [
            move._replace(number=-move.number)
            for move in moves.get((due, currency), ())
            if move.voucher in vouchers
        ]
        differs = _first_difference(paid, received)
        if differs is not None:
            yield Finding(
                "I6",
                differs.place,
                f"{owed} is at {differs.posted} {currency} on {differs.date}, "
                f"and {due} at {-differs.expected} {currency}",
                differs.date,
            )


_OF_A_BATCH = ""
"""The voucher of what is no voucher's."""


def _posted_by_one_bank(
    account: Account,
    currency: str,
    vouchers: Container[str | None],
    moves: Mapping[CurrencyAccount, list[HoldMove]],
) -> Iterator[Finding]:
    own = [move for move in moves.get((account, currency), ()) if move.voucher in vouchers]
    differs = _first_difference(own, [])
    if differs is not None:
        yield Finding(
            "I6",
            differs.place,
            f"{account} is at {differs.posted} {currency} on {differs.date}, "
            "and one bank is issuer and acceptor",
            differs.date,
        )


# --- Every fact its entry, every entry its fact -----------------------------------------


def _unaccounted(ledger: Ledger, generated: list[Transaction]) -> Iterator[Finding]:
    written = [entry for entry in ledger.books().entries if isinstance(entry, Transaction)]
    if sorted(map(id, written)) == sorted(map(id, generated)):
        return  # the very same: nobody has touched any
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
                yield _about(entry, code)


def _about(entry: Transaction, code: str) -> Finding:
    book = entry.meta.get("voucher-book", "nobody")
    text = f'{entry.date} "{entry.narration}" in the book of {book}'
    return Finding(code, source_line(entry.meta), text, entry.date)


def _pretended(transactions: Iterable[Transaction]) -> Iterator[Finding]:
    """What somebody has written as if the plugin had: pasted from ``print``, for instance.

    ``voucher`` alone is on many a paper, and claims nothing.
    """
    for entry in transactions:
        meta = entry.meta
        if SEEN not in meta and ("voucher-event" in meta or "voucher-book" in meta):
            yield _about(entry, "foreign-entry")


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
        meta.get("voucher-count"),
        tuple(sorted((each.account, *(each.units or _NO_UNITS)) for each in entry.postings)),
    )


# --- Time -------------------------------------------------------------------------------


def overdue_findings(evaluation: Evaluation, as_of: dt.date) -> Iterator[Finding]:
    """What is overdue on a date, by voucher id."""
    for _, voucher in sorted(evaluation.vouchers.items()):
        status = voucher.as_of(as_of)
        why = overdue(evaluation.ledger_state, voucher.terms_on(as_of), status, as_of)
        if why is not None:
            yield Finding("overdue", voucher.place, f"{voucher.id}: {why.text}", why.since)


def examination_findings(evaluation: Evaluation, as_of: dt.date) -> Iterator[Finding]:
    """Applications that stand undecided for longer than the bank has for its examination."""
    limit = evaluation.options["examination-days"]
    if limit == "off":
        return
    days = business_days(evaluation.options["calendar"])
    for _, voucher in sorted(evaluation.vouchers.items()):
        late = examined_late(int(limit), days, voucher.as_of(as_of), as_of)
        if late is not None:
            text = f"{voucher.id}: applied for on {late.applied}, {late.days} business days ago"
            yield Finding("examination-late", voucher.place, text, late.since)


def refund_findings(evaluation: Evaluation) -> Iterator[Finding]:
    """Refunds that are not what their basis comes to."""
    for _, voucher in sorted(evaluation.vouchers.items()):
        for event, expected in refund_differs(voucher):
            assert event.change is not None
            text = (
                f"{voucher.id}: {event.amount} is refunded and {event.change.kept} kept; "
                f"{event.fact.terms['basis']} is {expected.refund} and {expected.kept} "
                f"{voucher.amount.currency}"
            )
            yield Finding("refund-differs", event.place, text, event.date)


def no_plugin(ledger: Ledger) -> Iterator[Finding]:
    """Voucher directives that nothing reads: Beancount ignores plugin lines in includes."""
    if ledger.has_vouchers and not ledger.has_plugin:
        filename = ledger.options.get("filename") or NO_POSITION
        yield Finding(
            "no-plugin",
            SourceLine(filename, 1),
            'voucher directives, but the top file has no plugin "beancount_voucher_plugin" line '
            "(one in an included file does nothing)",
        )

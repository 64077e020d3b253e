"""Liquidity: what may be paid from open vouchers, when, from and into which account.

For each open voucher the earliest day on which it may be paid, if whatever is still missing comes
at once; the latest, if an application comes on its last day and is decided on the day on which it
can be; and the day from which on the hold goes home unless somebody acts. Each day is that of the
manual's topic life: an application in time may be settled after ``apply-by``, too, so the latest
day is that of a bank that is not late.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.days import day_after, days_after
from beancount_voucher.lifecycle.events import OPEN, State
from beancount_voucher.lifecycle.overdue import waiting
from beancount_voucher.lifecycle.verdicts import outcome_of, verdicts
from beancount_voucher.views.columns import DATA, PAGE, PEOPLE, Column

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account

    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.conditions import Verdict
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import Terms
    from beancount_voucher.lifecycle.overdue import Waiting
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher

_NOTHING = Decimal(0)


class Payment(NamedTuple):
    """What may be paid of an open voucher, or goes home.

    Attributes:
        voucher: its id.
        state: its state on the date.
        terms: its terms on the date.
        amount: what is applied for; all that is held, where nothing is.
        earliest: the first day on which it may be paid; None where it cannot be paid any more.
        latest: the last, if nobody is late; None likewise.
        home: the day from which on the hold can be voided, unless what is waited for comes; None
            where nothing but a payment is to come.
        waits: what is still missing: an acceptance, an application, conditions.
        place: the line of the issue.
    """

    voucher: str
    state: str
    terms: Terms
    amount: Decimal
    earliest: dt.date | None
    latest: dt.date | None
    home: dt.date | None
    waits: tuple[str, ...]
    place: SourceLine


def payments(evaluation: Evaluation, as_of: dt.date) -> list[Payment]:
    """What may be paid, the earliest first; what cannot be paid any more comes last."""
    found = [
        payment
        for voucher in evaluation.vouchers.values()
        if voucher.events[0].date <= as_of
        for payment in _of_voucher(evaluation, voucher, as_of)
    ]
    return sorted(found, key=lambda each: (each.earliest or dt.date.max, each.voucher, each.amount))


def _of_voucher(evaluation: Evaluation, voucher: Voucher, as_of: dt.date) -> Iterator[Payment]:
    status, terms = voucher.as_of(as_of), voucher.terms_on(as_of)
    if status.state not in OPEN or terms is None:
        return
    amount = status.held if status.application is None else status.application.amount
    what = waiting(evaluation.ledger_state, terms, status, as_of)
    judged = verdicts(evaluation.ledger_state, terms, status, as_of)
    dates = _dates(terms, status, as_of, what, judged)
    waits = tuple(_waits(terms, status, what, judged))
    yield Payment(voucher.id, status.state, terms, amount, *dates, waits, voucher.place)
    rest = status.held - amount
    if rest and terms.draws == "multiple" and status.returned is None:
        last = max(as_of, terms.apply_by)
        again = ("application",)
        home = day_after(last)
        yield Payment(
            voucher.id, status.state, terms, rest, as_of, last, home, again, voucher.place
        )


_Dates = tuple[dt.date | None, dt.date | None, dt.date | None]


def _dates(
    terms: Terms,
    status: VoucherStatus,
    as_of: dt.date,
    what: Waiting | None,
    judged: Mapping[str, Verdict],
) -> _Dates:
    """Earliest, latest and home."""
    if status.returned is not None:
        return None, None, as_of
    if what is None and status.state is not State.APPLIED:  # its deadline has passed
        return None, None, as_of
    if what is None:
        met = outcome_of(judged) == "met"
        return (as_of, as_of, None) if met else (None, None, as_of)
    if what.kind == "void":
        return None, None, what.until
    first = max([as_of, *_days_of_conditions(terms)])
    if what.kind.startswith("conditions"):
        first = max(first, what.until or day_after(as_of))
        return first, first, None
    assert what.until is not None
    return first, max(first, terms.apply_by), day_after(what.until)


def _days_of_conditions(terms: Terms) -> list[dt.date]:
    """The days that the calendar alone makes a payment wait for."""
    return [
        value
        for key, value in terms.conditions.items()
        if key in BUILT_IN and isinstance(value, dt.date)
    ]


_MISSING = {State.ISSUED: ("acceptance", "application"), State.ACCEPTED: ("application",)}


def _waits(
    terms: Terms, status: VoucherStatus, what: Waiting | None, judged: Mapping[str, Verdict]
) -> Iterator[str]:
    """What is still missing for a payment: steps, and conditions by their keys and values."""
    if what is None and status.state is not State.APPLIED:
        return  # it cannot be paid any more
    yield from _MISSING.get(status.state, ())
    for key, verdict in judged.items():
        if verdict.outcome != "met":
            value = terms.conditions[key]
            yield key if value is True else f"{key} {value}"


# --- By day and account -------------------------------------------------------------------


class DayRow(NamedTuple):
    """What may move on one account by the end of a day, if nobody else posts to it.

    Signs are those of postings: less than zero leaves an asset, and makes a debt larger. The sums
    are those from the first day on.

    Attributes:
        date: the day.
        book: whose account it is.
        account: a bank account, or where the issuer has none what it owes.
        currency: of the amounts.
        earliest: what may move on the day for the first time.
        earliest_sum: all that may have moved by then.
        latest: what moves on the day if everything waits for its last.
        latest_sum: all that has moved by then at the latest.
        home: what of it is free again from the day on, unless it is applied for.
        vouchers: those that the day's amounts are of.
    """

    date: dt.date
    book: str
    account: Account
    currency: str
    earliest: Decimal
    earliest_sum: Decimal
    latest: Decimal
    latest_sum: Decimal
    home: Decimal
    vouchers: tuple[str, ...]


def accounts_of(keeper: Bookkeeper, payment: Payment) -> Iterator[tuple[str, Account, int]]:
    """The accounts of the kept books that a payment moves: book, account and sign.

    The policyholder's bank account, or the loan that is drawn; what the issuer owes to the
    acceptor, or one bank to the insurer; the insurer's bank account.
    """
    terms, account = payment.terms, keeper.chart.account
    role = "bank" if terms.funding == "cash" else "loan"
    sides = [(terms.policyholder, role, terms.issuer, -1)]
    if terms.one_bank:
        sides.append((terms.issuer, "deposits", terms.insurer, -1))
    else:
        sides.append((terms.issuer, "interbank-payable", terms.acceptor, -1))
    sides.append((terms.insurer, "bank", terms.acceptor, +1))
    for book, role_, other, sign in sides:
        if keeper.keeps(book):
            yield book, account(book, role_, other, payment.voucher), sign


_Key = tuple[str, "Account", str]


class _Days:
    """What moves on each day on one account."""

    def __init__(self) -> None:
        self.moves: dict[str, dict[dt.date, Decimal]] = {
            which: defaultdict(Decimal) for which in ("earliest", "latest", "home")
        }
        self.vouchers: dict[dt.date, dict[str, None]] = defaultdict(dict)
        self.zero = _NOTHING

    def add(self, which: str, date: dt.date | None, number: Decimal, voucher: str) -> None:
        if date is not None:
            self.moves[which][date] += number
            self.vouchers[date][voucher] = None
            self.zero += number - number  # with the decimals of the amounts


@exact
def by_day(keeper: Bookkeeper, found: Iterable[Payment], as_of: dt.date, days: int) -> list[DayRow]:
    """The payments by account and day, with their sums.

    Args:
        keeper: whose books are kept, and which accounts they have.
        found: ``payments``.
        as_of: the first day.
        days: how many days after it, at least 0.
    """
    accounts: dict[_Key, _Days] = defaultdict(_Days)
    for payment in found:
        for book, account, sign in accounts_of(keeper, payment):
            each = accounts[book, account, payment.terms.amount.currency]
            number = payment.amount * sign
            each.add("earliest", payment.earliest, number, payment.voucher)
            each.add("latest", payment.latest, number, payment.voucher)
            if book == payment.terms.policyholder:
                each.add("home", payment.home, payment.amount, payment.voucher)
    last = days_after(as_of, days)
    rows = (row for key, each in accounts.items() for row in _rows(key, each, last))
    return sorted(rows, key=lambda row: (row.date, row.book, row.account, row.currency))


def _rows(key: _Key, days: _Days, last: dt.date) -> Iterator[DayRow]:
    first_sum = last_sum = zero = days.zero
    earliest, latest, home = days.moves.values()
    for date in sorted(days.vouchers):
        if date > last:
            return
        first_sum += earliest[date]
        last_sum += latest[date]
        yield DayRow(
            date,
            *key,
            zero + earliest[date],
            first_sum,
            zero + latest[date],
            last_sum,
            zero + home[date],
            tuple(days.vouchers[date]),
        )


# fmt: off
BY_DAY: tuple[Column[DayRow], ...] = (
    Column("date", "date", "date", lambda row: row.date),
    Column("book", "book", "party", lambda row: row.book),
    Column("account", "account", "account", lambda row: row.account),
    Column("currency", "currency", "currency", lambda row: row.currency),
    Column("earliest", "at the earliest", "money", lambda row: row.earliest),
    Column("earliest_sum", "sum by then", "money", lambda row: row.earliest_sum),
    Column("latest", "at the latest", "money", lambda row: row.latest),
    Column("latest_sum", "sum by then at the latest", "money", lambda row: row.latest_sum),
    Column("home", "goes home", "money", lambda row: row.home),
    Column("vouchers", "vouchers", "parties", lambda row: row.vouchers, DATA),
    Column("names", "vouchers", "text", lambda row: ", ".join(row.vouchers), PEOPLE),
)
"""What may move by day and account: ``forecast`` as a table, CSV and JSON, and the page."""

PAYMENTS: tuple[Column[Payment], ...] = (
    Column("voucher", "voucher", "voucher", lambda row: row.voucher),
    Column("state", "state", "state", lambda row: row.state),
    Column("amount", "amount", "money", lambda row: row.amount),
    Column("currency", "currency", "currency", lambda row: row.terms.amount.currency),
    Column("funding", "funding", "word", lambda row: row.terms.funding),
    Column("policyholder", "policyholder", "party", lambda row: row.terms.policyholder),
    Column("insurer", "insurer", "party", lambda row: row.terms.insurer),
    Column("earliest", "at the earliest", "date", lambda row: row.earliest),
    Column("latest", "at the latest", "date", lambda row: row.latest),
    Column("home", "goes home", "date", lambda row: row.home),
    Column("waits", "waiting", "text", lambda row: ", ".join(row.waits) or None),
    Column("file", "file", "text", lambda row: row.place.filename, DATA),
    Column("line", "line", "count", lambda row: row.place.lineno, DATA),
    Column("source", "source", "place", lambda row: row.place, PAGE),
)
"""What may be paid, voucher by voucher."""
# fmt: on

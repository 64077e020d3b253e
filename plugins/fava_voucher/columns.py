"""The tables of the page: a line for each column says its heading and where its cells come from.

The register's own columns are the library's (``views.register``), since the command and BQL
show them, too.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.lifecycle.overdue import WAITS
from beancount_voucher.views import forecast as forecast_view
from beancount_voucher.views import lines as line_view
from beancount_voucher.views import period
from beancount_voucher.views import register as register_view
from beancount_voucher.views.ageing import AGE, LEFT, Aged, Band, OpenHold, by_age, by_days_left
from beancount_voucher.views.columns import Column, columns_of
from beancount_voucher.views.exceptions import KINDS as EXCEPTION_KINDS
from beancount_voucher.views.totals import TOTALS, by_state
from fava_voucher.tables import Table
from fava_voucher.translation import gettext, gettext_noop

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from beancount_voucher.audit.hold_balances import HoldBalance, VoucherShare
    from beancount_voucher.directives.money import Money
    from beancount_voucher.lifecycle.overdue import Waiting
    from beancount_voucher.views.columns import Cell
    from beancount_voucher.views.daily import BatchRow
    from beancount_voucher.views.exceptions import ExceptionItem
    from beancount_voucher.views.forecast import DayRow, Payment
    from beancount_voucher.views.lines import CreditLineRow
    from beancount_voucher.views.period import PeriodRow
    from beancount_voucher.views.register import RegisterRow
    from beancount_voucher.views.totals import StateTotal
    from beancount_voucher.views.voucher import TimelineRow

# --- The register, and what is wrong ------------------------------------------------------


def register(rows: Iterable[RegisterRow]) -> Table[RegisterRow]:
    """The register."""
    columns = columns_of(register_view.REGISTER, "page")
    at = [column.key for column in columns].index("overdue") + 1
    columns.insert(at, Column("waiting", "waiting", "text", _waits, under="state"))
    return Table("register", "Register", columns, list(rows))


def _waits(row: RegisterRow) -> str | None:
    return None if row.waiting is None else waiting(row.waiting)


def waiting(what: Waiting) -> str:
    """What a voucher waits for, in Fava's language."""
    return gettext(WAITS[what.kind], until=what.until)


def totals(rows: Iterable[RegisterRow]) -> Table[StateTotal]:
    """The sums under the register."""
    return Table("totals", "Totals", TOTALS, by_state(rows))


def in_period(found: Sequence[PeriodRow]) -> Table[PeriodRow]:
    """The register in a period."""
    columns = period.for_people(columns_of(period.PERIOD, "page"), found)
    at = [column.key for column in columns].index("state") + 1
    columns[at:at] = [
        column for column in EVIDENCE if any(column.value(each) is not None for each in found)
    ]
    return Table("register", "What happened in the period", columns, found)


def _evidence(key: str) -> Column[PeriodRow]:
    return Column(key, key, "text", lambda found: found.row.evidence.get(key), under="state")


EVIDENCE = (_evidence("policy"), _evidence("code"), _evidence("document"))
"""On what evidence a voucher was paid: columns that are shown where something is in them."""

FIGURES: tuple[Column[period.Total], ...] = (
    Column("figure", "figure", "word", lambda total: period.FIGURES[total.figure].title),
    Column("currency", "currency", "currency", lambda total: total.currency),
    Column("events", "how often", "count", lambda total: total.events),
    Column("sum", "sum", "money", lambda total: total.amount),
)


def figures(found: Iterable[PeriodRow]) -> Table[period.Total]:
    """The sums of what happened in a period."""
    return Table("totals", "Totals", FIGURES, period.totals(found))


BATCHES: tuple[Column[BatchRow], ...] = (
    Column("date", "date", "date", lambda batch: batch.date),
    Column("book", "book", "party", lambda batch: batch.book),
    Column("event", "event", "word", lambda batch: batch.event),
    Column("text", "what is posted", "text", lambda batch: batch.narration),
    Column("vouchers", "vouchers", "count", lambda batch: batch.vouchers),
    Column("source", "source", "place", lambda batch: batch.place),
)


def batches(found: Sequence[BatchRow]) -> Table[BatchRow]:
    """What many vouchers have posted as one transaction in a period."""
    return Table("batches", "Daily postings", BATCHES, found)


def roll_forward(found: Iterable[PeriodRow]) -> Table[period.RollForward]:
    """How what is frozen went on in a period."""
    columns = columns_of(period.ROLL_FORWARD, "page")
    return Table(
        "roll-forward", "Roll-forward of what is frozen", columns, period.roll_forward(found)
    )


def exceptions(items: Iterable[ExceptionItem], as_of: dt.date) -> Table[ExceptionItem]:
    """The exception report, with the days that each has lasted by a date."""

    def age(item: ExceptionItem) -> int | None:
        return None if item.since is None else (as_of - item.since).days

    columns: list[Column[ExceptionItem]] = [
        Column("kind", "exception", "word", lambda item: EXCEPTION_KINDS[item.kind]),
        Column("voucher", "voucher", "voucher", lambda item: item.voucher),
        Column("party", "policyholder", "party", lambda item: item.party),
        Column("amount", "amount", "money", lambda item: item.amount),
        Column("currency", "currency", "currency", lambda item: item.currency),
        Column("since", "since", "date", lambda item: item.since),
        Column("age", "days", "count", age, under="since"),
        Column("text", "what is wrong", "text", lambda item: item.text),
        Column("remedy", "what to do", "code", lambda item: item.remedy),
        Column("source", "source", "place", lambda item: item.place),
    ]
    return Table("exceptions", "Exceptions", columns, list(items))


# --- What accounts hold -------------------------------------------------------------------


def vouchers_in(figure: HoldBalance) -> int:
    """How many vouchers have something in a figure now."""
    return sum(_stands(part) for part in figure.parts if part.voucher is not None)


def _stands(part: VoucherShare) -> bool:
    return bool(part.posted or part.expected)


RECONCILIATION: tuple[Column[HoldBalance], ...] = (
    Column("book", "book", "party", lambda figure: ", ".join(figure.books)),
    Column("role", "role", "role", lambda figure: figure.role),
    Column("account", "account", "account", lambda figure: figure.account),
    Column("currency", "currency", "currency", lambda figure: figure.currency),
    Column("held", "account holds", "money", lambda figure: figure.held),
    Column("other", "by other entries", "money", lambda figure: figure.other),
    Column("said", "vouchers say", "money", lambda figure: figure.expected),
    Column("difference", "difference", "difference", lambda figure: figure.difference),
    Column("vouchers", "vouchers", "figure", vouchers_in),
)


def reconciliation(found: Iterable[HoldBalance], *, of_shares: bool = False) -> Table[HoldBalance]:
    """What accounts hold, or the shares of some vouchers in that, beside what vouchers say."""
    columns = [
        replace(column, title="posted") if of_shares and column.key == "held" else column
        for column in RECONCILIATION
    ]
    return Table("reconciliation", "Reconciliation", columns, list(found))


class Share(NamedTuple):
    """A figure, and the share of one voucher in it."""

    figure: HoldBalance
    part: VoucherShare


SHARES: tuple[Column[Share], ...] = (
    Column("account", "account", "account", lambda share: share.figure.account),
    Column("currency", "currency", "currency", lambda share: share.figure.currency),
    Column("voucher", "voucher", "voucher", lambda share: share.part.voucher),
    Column("posted", "posted", "money", lambda share: share.part.posted),
    Column("said", "voucher says", "money", lambda share: share.part.expected),
    Column("difference", "difference", "difference", lambda share: share.part.difference),
)


def shares(found: Iterable[HoldBalance]) -> Table[Share]:
    """The vouchers that make up each figure: those that have something in it now."""
    rows = [Share(figure, part) for figure in found for part in figure.parts if _stands(part)]
    return Table("reconciliation-vouchers", "Vouchers of each figure", SHARES, rows)


# --- Credit lines, and what may be paid -----------------------------------------------------


def lines(found: Iterable[CreditLineRow]) -> Table[CreditLineRow]:
    """The credit lines."""
    return Table("lines", "Credit lines", columns_of(line_view.LINES, "page"), list(found))


def behind(found: Iterable[CreditLineRow], figure: str) -> Table[line_view.Behind]:
    """What is behind the figures of some lines, or behind one figure of each."""
    rows = [row for row in line_view.behind(found) if getattr(row.share, figure, 1)]
    columns = columns_of(line_view.BEHIND, "page")
    return Table("line-vouchers", "Behind the figures", columns, rows)


def forecast(rows: Iterable[DayRow]) -> Table[DayRow]:
    """What may move on accounts, day by day."""
    columns = columns_of(forecast_view.BY_DAY, "page")
    return Table("forecast", "By day and account", columns, list(rows))


def payments(found: Iterable[Payment]) -> Table[Payment]:
    """What may be paid, voucher by voucher."""
    columns = [
        replace(column, value=_missing) if column.key == "waits" else column
        for column in columns_of(forecast_view.PAYMENTS, "page")
    ]
    return Table("payments", "Open vouchers", columns, list(found))


def _missing(payment: Payment) -> str | None:
    return ", ".join(gettext(each) for each in payment.waits) or None


# --- Ageing -------------------------------------------------------------------------------

HOLDS: tuple[Column[OpenHold], ...] = (
    Column("id", "voucher", "voucher", lambda hold: hold.row.id),
    Column("insurer", "insurer", "party", lambda hold: hold.row.insurer),
    Column("state", "state", "state", lambda hold: hold.row.state),
    Column("overdue", "overdue", "overdue", lambda hold: hold.row.overdue, under="state"),
    Column("funding", "funding", "word", lambda hold: hold.row.funding),
    Column("held", "held now", "money", lambda hold: hold.row.held),
    Column("currency", "currency", "currency", lambda hold: hold.row.currency),
    Column("issued", "issued on", "date", lambda hold: hold.row.issued),
    Column("age", "days open", "count", lambda hold: hold.age),
    Column("waiting", "waiting", "text", lambda hold: _waits(hold.row)),
    Column("deadline", "deadline", "date", lambda hold: hold.deadline),
    Column("left", "days left", "count", lambda hold: hold.left),
    Column("source", "source", "place", lambda hold: hold.row.place),
)


def holds(found: Iterable[OpenHold]) -> Table[OpenHold]:
    """Every open hold."""
    return Table("holds", "Open holds", HOLDS, list(found))


_CURRENCY: Column[Aged] = Column("currency", "currency", "currency", lambda aged: aged.key[0])
_FUNDING: Column[Aged] = Column("funding", "funding", "word", lambda aged: aged.key[1])
_INSURER: Column[Aged] = Column("insurer", "insurer", "party", lambda aged: aged.key[2])
_TOTAL: Column[Aged] = Column("total", "total", "money", lambda aged: aged.total)
_VOUCHERS: Column[Aged] = Column("vouchers", "vouchers", "count", lambda aged: aged.vouchers)


def ageing_by_insurer(found: Iterable[OpenHold]) -> Table[Aged]:
    """Open holds by age band and insurer."""
    bands = _bands("age", AGE, past=gettext_noop("{last} days or less"), none="")
    columns = (_CURRENCY, _FUNDING, _INSURER, *bands, _TOTAL, _VOUCHERS)
    return Table("ageing-by-insurer", "Open holds by age", columns, by_age(found))


def ageing_by_days_left(found: Iterable[OpenHold]) -> Table[Aged]:
    """Open holds by the days left until they must be accepted or applied for."""
    bands = _bands("left", LEFT, past="overdue", none=gettext_noop("waiting for a decision"))
    columns = (_CURRENCY, _FUNDING, *bands, _TOTAL, _VOUCHERS)
    return Table("ageing-by-days-left", "Open holds by days left", columns, by_days_left(found))


def _bands(key: str, bands: Iterable[Band], *, past: str, none: str) -> list[Column[Aged]]:
    """A column for each band; titles are translated here, since they hold numbers."""
    titles: list[tuple[str, str]] = []
    for band in bands:
        name = f"{key}_{band.first or 0}_{'on' if band.last is None else band.last}"
        titles.append((name, _title(band, past)))
    if none:
        titles.append((f"{key}_none", gettext(none)))
    return [Column(name, title, "money", _band(at)) for at, (name, title) in enumerate(titles)]


def _title(band: Band, past: str) -> str:
    if band.first is None:
        return gettext(past, last=band.last)
    if band.last is None:
        return gettext("more than {before} days", before=band.first - 1)
    return gettext("{first} to {last} days", first=band.first, last=band.last)


def _band(at: int) -> Callable[[Aged], Cell]:
    return lambda aged: aged.amounts[at]


# --- One voucher --------------------------------------------------------------------------


class PostedLine(NamedTuple):
    """A posting of an event, or an event that posted nothing."""

    row: TimelineRow
    party: str = ""
    account: str = ""
    money: Money | None = None


POSTINGS: tuple[Column[PostedLine], ...] = (
    Column("date", "date", "date", lambda line: line.row.date),
    Column("event", "event", "word", lambda line: line.row.kind),
    Column("book", "book", "party", lambda line: line.party),
    Column("account", "account", "account", lambda line: line.account),
    Column("amount", "amount", "money", lambda line: line.money and line.money.number),
    Column("currency", "currency", "currency", lambda line: line.money and line.money.currency),
    Column("by", "by", "text", lambda line: line.row.told("by")),
    Column("policy", "policy", "text", lambda line: line.row.told("policy")),
    Column("code", "code", "text", lambda line: line.row.told("code")),
    Column("document", "document", "text", lambda line: line.row.told("document")),
    Column("note", "note", "text", lambda line: line.row.told("note")),
    Column("error", "error", "text", lambda line: line.row.error),
    Column("source", "source", "place", lambda line: line.row.place),
)


def postings(timeline: Iterable[TimelineRow]) -> Table[PostedLine]:
    """One voucher: every posting of every event, and what was refused."""
    rows: list[PostedLine] = []
    for row in timeline:
        posted = [
            PostedLine(row, book.party, account, money)
            for book in row.books
            for account, money in book.lines
        ]
        rows += posted or [PostedLine(row)]
    return Table("voucher", "Events and postings", POSTINGS, rows)

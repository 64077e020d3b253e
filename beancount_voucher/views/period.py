"""What happened in a period: counts and sums, and how what is frozen went on (manual: month-end).

A figure of a period is what its events moved, never what had been moved by its end: of what
was paid in January, February knows nothing. What is frozen (held, and offered by an amendment
that is open) is rolled forward: what it was before the first day, and what each event added
to it or took from it, comes to what it is at the last day's end.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.events import State
from beancount_voucher.views import register
from beancount_voucher.views.columns import DATA, EVERYWHERE, Column
from beancount_voucher.views.register import REGISTER, RegisterRow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher

_NOTHING = Decimal(0)


class Span(NamedTuple):
    """Some days, from the first to the last; both belong to it."""

    first: dt.date
    last: dt.date

    @property
    def begins(self) -> dt.date | None:
        """The first day; None if there is none, but all days before the last."""
        return None if self.first == dt.date.min else self.first


class Figure(NamedTuple):
    """Something that a period has a count and a sum of.

    Attributes:
        title: its heading.
        frozen: what it does to what is frozen: 1 adds to it, -1 takes from it, 0 does neither.
        of: what an event of a voucher comes to in it; None: it is not of that kind.
    """

    title: str
    frozen: int
    of: Callable[[Voucher, VoucherEvent], Decimal | None]


def _amount_of(*kinds: str) -> Callable[[Voucher, VoucherEvent], Decimal | None]:
    return lambda _, event: event.amount if event.kind in kinds else None


def _increased(_: Voucher, event: VoucherEvent) -> Decimal | None:
    """An increase is frozen when it is offered, and stays so when it takes effect."""
    return event.amount if event.kind == "amend" and event.amount else None


def _decreased(_: Voucher, event: VoucherEvent) -> Decimal | None:
    """A decrease that takes effect, and an increase that is declined or lapses."""
    if event.kind in ("decline", "lapse") and event.amount:
        return event.amount
    lowers = event.kind == "effect" and event.amount < 0 and event.state is not State.VOIDED
    return -event.amount if lowers else None


def _settled(voucher: Voucher, event: VoucherEvent) -> Decimal | None:
    """The premium of a voucher that is settled for good, by whatever event."""
    ends = event.kind in ("settle", "release", "effect") and event.state is State.SETTLED
    return voucher.amount.number if ends else None


def _released(_: Voucher, event: VoucherEvent) -> Decimal | None:
    """What went home from a voucher that is not void: a rest, or all of one that was rejected."""
    if event.kind == "settle":
        return event.released or None
    return event.amount if event.kind in ("release", "reject") else None


def _voided(_: Voucher, event: VoucherEvent) -> Decimal | None:
    """A void, also by agreement: an amendment to zero."""
    if event.kind == "void":
        return event.amount
    return -event.amount if event.kind == "effect" and event.state is State.VOIDED else None


def _kept(_: Voucher, event: VoucherEvent) -> Decimal | None:
    kept = None if event.change is None else event.change.kept
    return kept if event.kind == "refund" and kept else None


def _earned(_: Voucher, event: VoucherEvent) -> Decimal | None:
    """What is posted as earned, less what is taken back of it."""
    if event.kind == "earn":
        return event.amount
    taken_back = None if event.change is None else event.change.unearned
    return -taken_back if taken_back else None


# fmt: off
FIGURES: dict[str, Figure] = {
    "issued": Figure("issued", 1, _amount_of("issue")),
    "accepted": Figure("accepted", 0, _amount_of("accept")),
    "increased": Figure("increased", 1, _increased),
    "decreased": Figure("decreased", -1, _decreased),
    "amended": Figure("amended", 0, _amount_of("effect")),
    "settled": Figure("settled", 0, _settled),
    "paid": Figure("paid", -1, _amount_of("settle")),
    "released": Figure("released", -1, _released),
    "voided": Figure("voided", -1, _voided),
    "refunded": Figure("refunded", 0, _amount_of("refund")),
    "kept": Figure("kept", 0, _kept),
    "earned": Figure("earned", 0, _earned),
}
"""The figures of a period; ``settled`` counts vouchers and their premiums, ``paid`` settlements."""
# fmt: on

ROLLED = tuple(key for key, figure in FIGURES.items() if figure.frozen)
"""The figures that move what is frozen, in the order of a roll-forward."""

_MAY_BE_LEFT_OUT = frozenset({"increased", "decreased", "refunded"})
"""Figures whose columns people only see where something is in them."""


ALWAYS = frozenset(ROLLED) - _MAY_BE_LEFT_OUT
"""The lines of a roll-forward that people always see."""


def frozen_by(voucher: Voucher, event: VoucherEvent) -> Decimal:
    """What an event adds to what is frozen; less than zero for what it takes from it."""
    moves = [(FIGURES[key].frozen, FIGURES[key].of(voucher, event)) for key in ROLLED]
    return sum((sign * number for sign, number in moves if number is not None), _NOTHING)


class PeriodRow(NamedTuple):
    """One voucher in a period.

    Attributes:
        row: how it stood at the end of the last day.
        span: the period.
        opening: what was frozen before the first day.
        closing: what is frozen at the end of the last day: the opening and all that moved it.
        counts: how many events of each figure there were.
        sums: what they come to, in the voucher's currency.
        happened: whether anything happened to it.
    """

    row: RegisterRow
    span: Span
    opening: Decimal
    closing: Decimal
    counts: Mapping[str, int]
    sums: Mapping[str, Decimal]
    happened: bool


@exact
def rows(evaluation: Evaluation, span: Span) -> list[PeriodRow]:
    """Every voucher that was known by the end of a period, by id.

    Args:
        evaluation: what the facts come to.
        span: the period.
    """
    vouchers = evaluation.vouchers
    return [_row(vouchers[row.id], row, span) for row in register.rows(evaluation, span.last)]


def _row(voucher: Voucher, row: RegisterRow, span: Span) -> PeriodRow:
    zero = voucher.status.zero
    opening = closing = zero
    counts: dict[str, int] = defaultdict(int)
    sums: dict[str, Decimal] = defaultdict(lambda: zero)
    happened = False
    for event in voucher.until(span.last):
        within = event.date >= span.first
        happened |= within
        for key, figure in FIGURES.items():
            number = figure.of(voucher, event)
            if number is None:
                continue
            closing += figure.frozen * number
            if within:
                counts[key] += 1
                sums[key] += number
            else:
                opening += figure.frozen * number
    return PeriodRow(row, span, opening, closing, dict(counts), dict(sums), happened)


# --- Sums ---------------------------------------------------------------------------------


class Total(NamedTuple):
    """A figure of all vouchers in one currency: how many events, and their sum."""

    figure: str
    currency: str
    events: int
    amount: Decimal


@exact
def totals(found: Iterable[PeriodRow]) -> list[Total]:
    """Every figure that something happened in, by currency, in the order of the figures."""
    groups: dict[tuple[str, str], list[PeriodRow]] = defaultdict(list)
    for each in found:
        for key in each.counts:
            groups[key, each.row.currency].append(each)
    return [
        Total(
            key,
            currency,
            sum(each.counts[key] for each in groups[key, currency]),
            sum((each.sums[key] for each in groups[key, currency]), _NOTHING),
        )
        for key in FIGURES
        for currency in sorted(currency for named, currency in groups if named == key)
    ]


class RollForward(NamedTuple):
    """How what is frozen went on in a period, of one funding and currency.

    Attributes:
        funding: ``cash`` or ``credit``; nothing where only the issuer's side knows.
        currency: the currency.
        span: the period.
        sums: ``opening``, each of ``ROLLED``, and ``closing``.
        vouchers: how many vouchers stand behind each.
    """

    funding: str
    currency: str
    span: Span
    sums: Mapping[str, Decimal]
    vouchers: Mapping[str, int]


@exact
def roll_forward(found: Iterable[PeriodRow]) -> list[RollForward]:
    """Opening, what moved it, and closing, by funding and currency."""
    groups: dict[tuple[str, str], list[PeriodRow]] = defaultdict(list)
    for each in found:
        if any(stands_behind(each, key) for key in LINES):
            groups[each.row.funding or "", each.row.currency].append(each)
    return [
        RollForward(
            *key,
            span=group[0].span,
            sums={line: sum((amount(each, line) for each in group), _NOTHING) for line in LINES},
            vouchers={line: sum(stands_behind(each, line) for each in group) for line in LINES},
        )
        for key, group in sorted(groups.items())
    ]


LINES = ("opening", *ROLLED, "closing")
"""The lines of a roll-forward."""


def amount(found: PeriodRow, line: str) -> Decimal:
    """What a voucher has in a line of a roll-forward, or in a figure."""
    if line in ("opening", "closing"):
        return found.opening if line == "opening" else found.closing
    return found.sums.get(line, found.row.status.zero)


def stands_behind(found: PeriodRow, line: str) -> bool:
    """Whether a voucher is one of those that a line of a roll-forward, or a figure, is made of."""
    return bool(found.counts.get(line) or (line in ("opening", "closing") and amount(found, line)))


# --- Columns ------------------------------------------------------------------------------


def _of_row(column: Column[RegisterRow]) -> Column[PeriodRow]:
    """A column of the register, at the period's end."""
    return Column(
        column.key,
        column.title,
        column.kind,
        lambda found: column.value(found.row),
        column.shown_in if column.key in _SHOWN else column.shown_in & DATA,
        under=column.under,
    )


_SHOWN = ("id", "state", "currency", "funding", "policyholder", "insurer", "source")


def _money(key: str, title: str) -> Column[PeriodRow]:
    people = key in LINES or key == "refunded"
    shown = EVERYWHERE if people else DATA
    return Column(f"period_{key}", title, "money", lambda found: amount(found, key), shown)


PERIOD: tuple[Column[PeriodRow], ...] = (
    *(_of_row(column) for column in REGISTER if column.key != "source"),
    Column("period_from", "from", "date", lambda found: found.span.begins, DATA),
    Column("period_to", "to", "date", lambda found: found.span.last, DATA),
    _money("opening", "opening"),
    *(_money(key, figure.title) for key, figure in FIGURES.items()),
    _money("closing", "closing"),
    *(_of_row(column) for column in REGISTER if column.key == "source"),
)
"""The register in a period: that of its last day, and after it what happened."""


def for_people(
    columns: Iterable[Column[PeriodRow]], found: Iterable[PeriodRow]
) -> list[Column[PeriodRow]]:
    """Columns without those of rare figures in which nothing is."""
    there = {key for each in found for key in each.counts}
    absent = {f"period_{key}" for key in _MAY_BE_LEFT_OUT - there}
    return [column for column in columns if column.key not in absent]


def _line(key: str) -> Column[RollForward]:
    title = FIGURES[key].title if key in FIGURES else key
    return Column(key, title, "money", lambda rolled: rolled.sums[key])


def _count(key: str) -> Column[RollForward]:
    return Column(f"{key}_vouchers", key, "count", lambda rolled: rolled.vouchers[key], DATA)


ROLL_FORWARD: tuple[Column[RollForward], ...] = (
    Column("funding", "funding", "word", lambda rolled: rolled.funding),
    Column("currency", "currency", "currency", lambda rolled: rolled.currency),
    Column("from", "from", "date", lambda rolled: rolled.span.begins, DATA),
    Column("to", "to", "date", lambda rolled: rolled.span.last, DATA),
    *(_line(key) for key in LINES),
    *(_count(key) for key in LINES),
)
"""The roll-forward: its lines, and for programs how many vouchers stand behind each."""

"""Open holds by age, and by the days that are left until their deadlines."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.events import OPEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Sequence

    from beancount_voucher.views.register import RegisterRow


class Band(NamedTuple):
    """A range of days, both ends included; None: no end."""

    first: int | None
    last: int | None

    def __contains__(self, days: object) -> bool:
        """Whether a number of days falls into it."""
        return (
            isinstance(days, int)
            and (self.first is None or self.first <= days)
            and (self.last is None or days <= self.last)
        )


AGE = (Band(None, 7), Band(8, 30), Band(31, 90), Band(91, None))
"""Days since the issue."""

LEFT = (Band(None, -1), Band(0, 3), Band(4, 7), Band(8, 30), Band(31, None))
"""Days until the deadline; the first is overdue."""


class OpenHold(NamedTuple):
    """An open hold on a date.

    Attributes:
        row: the voucher's row of the register.
        age: days since its issue.
        deadline: the day until which it waits for acceptance, an application or its conditions;
            of what is overdue the day since when it is. None for what can be decided on the
            date itself, and where only a condition of another package knows.
        left: days until the deadline; below zero of what is overdue.
    """

    row: RegisterRow
    age: int
    deadline: dt.date | None
    left: int | None


def holds(rows: Iterable[RegisterRow], as_of: dt.date) -> list[OpenHold]:
    """Every open hold among the rows of a register, the oldest first."""
    found = [
        _hold(row, row.issued, as_of)
        for row in rows
        if row.issued is not None and row.state in OPEN
    ]
    return sorted(found, key=lambda hold: (-hold.age, hold.row.id))


def _hold(row: RegisterRow, issued: dt.date, as_of: dt.date) -> OpenHold:
    deadline = row.waiting.until if row.waiting is not None else row.late and row.late.since
    left = None if deadline is None else (deadline - as_of).days
    return OpenHold(row, (as_of - issued).days, deadline, left)


class Aged(NamedTuple):
    """Holds of one group, and what is held, band by band.

    ``key`` starts with currency and funding: money and credit line are never added up.
    ``amounts`` has a sum for each band, and one more for holds that belong in none.
    """

    key: tuple[str, ...]
    vouchers: int
    amounts: tuple[Decimal, ...]

    @property
    @exact
    def total(self) -> Decimal:
        """All bands together."""
        return sum(self.amounts, Decimal(0))


def by_age(found: Iterable[OpenHold]) -> list[Aged]:
    """Held by insurer and age, for each currency and funding."""
    return _aged(found, AGE, lambda hold: hold.age, lambda hold: (hold.row.insurer,))


def by_days_left(found: Iterable[OpenHold]) -> list[Aged]:
    """Held by days left, for each currency and funding."""
    return _aged(found, LEFT, lambda hold: hold.left, lambda _: ())


def _aged(
    found: Iterable[OpenHold],
    bands: Sequence[Band],
    days: Callable[[OpenHold], int | None],
    key: Callable[[OpenHold], tuple[str, ...]],
) -> list[Aged]:
    groups: dict[tuple[str, ...], list[OpenHold]] = defaultdict(list)
    for hold in found:
        groups[hold.row.currency, hold.row.funding or "", *key(hold)].append(hold)
    return [
        Aged(each, len(group), _sums(group, bands, days)) for each, group in sorted(groups.items())
    ]


@exact
def _sums(
    group: Sequence[OpenHold], bands: Sequence[Band], days: Callable[[OpenHold], int | None]
) -> tuple[Decimal, ...]:
    zero = sum((hold.row.held - hold.row.held for hold in group), Decimal(0))  # with its decimals
    sums = [zero] * (len(bands) + 1)
    for hold in group:
        number = days(hold)
        band = next((at for at, band in enumerate(bands) if number in band), len(bands))
        sums[band] += hold.row.held
    return tuple(sums)

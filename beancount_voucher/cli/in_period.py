"""What ``list`` shows of a period: its options, and its tables."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.language import told, word
from beancount_voucher.cli.periods import first_day, last_day
from beancount_voucher.cli.tables import for_people, in_format
from beancount_voucher.directives.wording import quoted
from beancount_voucher.views import period as view
from beancount_voucher.views.columns import columns_of, values_of
from beancount_voucher.views.period import Span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beancount_voucher.views.columns import Column
    from beancount_voucher.views.period import PeriodRow

    _Command = TypeVar("_Command", bound=Callable[..., Any])


def _period(_context: click.Context, _option: click.Parameter, value: str | None) -> Span | None:
    if value is None:
        return None
    first, last = first_day(value), last_day(value)
    if first is None or last is None:
        raise click.BadParameter(
            f"{quoted(value)} is no period; expected one such as 2026-02, 2026-Q1 or 2026"
        )
    return Span(first, last)


def period_options(command: _Command) -> _Command:
    """``--from``, ``--to``, ``--period`` and ``--roll-forward``."""
    for option in (
        click.option(
            "--roll-forward",
            is_flag=True,
            help="Instead: what was frozen before, what moved it, and what is frozen after.",
        ),
        click.option(
            "--period",
            metavar="NAME",
            callback=_period,
            help="What happened in this month, quarter or year (2026-02, 2026-Q1, 2026).",
        ),
        click.option(
            "--to",
            "last",
            type=DAY,
            metavar="DATE",
            help="What happened up to this day; to --as-of if left out.",
        ),
        click.option(
            "--from",
            "first",
            type=DAY,
            metavar="DATE",
            help="What happened from this day on; from the beginning if left out.",
        ),
    ):
        command = option(command)
    return command


def span_of(
    as_of: dt.date,
    first: dt.date | None,
    last: dt.date | None,
    period: Span | None,
    *,
    always: bool,
    of_a_day: bool = False,
) -> Span | None:
    """The days that are asked for; None: no period is.

    Args:
        as_of: the last day, if no other is named.
        first: ``--from``.
        last: ``--to``.
        period: ``--period``.
        always: whether there is to be a period, of all days if no other.
        of_a_day: whether ``--as-of`` alone, where it is given, is the whole period.

    Raises:
        click.UsageError: they contradict each other.
    """
    source = click.get_current_context().get_parameter_source("as_of")
    if (period or last) and source is ParameterSource.COMMANDLINE:
        raise click.UsageError("name the last day by --as-of, or by --to or --period")
    if period is not None:
        if first or last:
            raise click.UsageError("name a --period, or its days by --from and --to")
        return period
    if first is None and last is None and not (always or of_a_day):
        return None
    if of_a_day and first is None and last is None and source is ParameterSource.COMMANDLINE:
        return Span(as_of, as_of)
    span = Span(first or dt.date.min, last or as_of)
    if span.first > span.last:
        raise click.UsageError(f"there is no day from {span.first} to {span.last}")
    return span


def happened(found: Sequence[PeriodRow], style: str) -> str:
    """The vouchers to which something happened, and for people the counts and sums below."""
    rows = [each for each in found if each.happened]
    if style in ("json", "csv"):
        columns = columns_of(view.PERIOD, "data")
        keys = [column.key for column in columns]
        return in_format(style, keys, values_of(columns, rows), ())
    if not rows:
        return told("Nothing happened.") + "\n"
    shown = view.for_people(columns_of(view.PERIOD, "table"), rows)
    totals = [[word(figure), *rest] for figure, *rest in view.totals(rows)]
    return "\n".join(
        (
            for_people(style, shown, rows, _title),
            in_format(style, list(map(word, _TOTAL)), totals, list(map(word, _TOTAL[2:]))),
        )
    )


def rolled_forward(found: Sequence[PeriodRow], style: str) -> str:
    """What was frozen before, what moved it, and what is frozen after."""
    rolled = view.roll_forward(found)
    if style in ("json", "csv"):
        columns = columns_of(view.ROLL_FORWARD, "data")
        keys = [column.key for column in columns]
        return in_format(style, keys, values_of(columns, rolled), ())
    if not rolled:
        return told("Nothing was frozen.") + "\n"
    lines = columns_of(view.ROLL_FORWARD, "table")
    return for_people(style, lines, rolled, _title)


_TOTAL = ("figure", "currency", "count", "sum")


def _title(column: Column[Any]) -> str:
    return column.title if column.numeric else column.key

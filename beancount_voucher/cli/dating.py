"""What an event is dated, where a period is closed: ``--effective`` and ``--reopen``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.days import DAY, today
from beancount_voucher.lifecycle.closed_periods import (
    EFFECTIVE,
    REOPENED,
    first_open_day,
    is_closed,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.printer import Value

COLUMNS = ("effective", "reopen")
"""What a line of a batch may say, too."""


def _reason(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.strip():
        raise click.BadParameter("say why, or leave it out")
    return value


def effective_option() -> Callable[[Any], Any]:
    """``--effective``, for what belongs in a period that is closed."""
    return click.option(
        "--effective",
        type=DAY,
        metavar="DATE",
        help="The day on which it happened, where its period is closed: it is dated on the first "
        "open day, or on --date, and that day is kept as note-effective.",
    )


def reopen_option() -> Callable[[Any], Any]:
    """``--reopen``, for what is to be dated in a period that is closed."""
    return click.option(
        "--reopen",
        metavar="REASON",
        callback=_reason,
        help="Why it is dated in a period that is closed; kept as note-reopened.",
    )


def date_of(given: Mapping[str, Any], closed: dt.date | None) -> dt.date | str:
    """The day of an event, or why it has none.

    Args:
        given: the options: ``date``, ``effective`` and ``reopen``.
        closed: the date of the latest close.
    """
    date: dt.date | None = given["date"]
    effective: dt.date | None = given["effective"]
    if effective is None:
        return date or today()
    if given["reopen"] is not None:
        return "--effective leaves a period closed, and --reopen does not; expected one of them"
    if date is not None and date < effective:
        return f"it cannot happen on {effective} and be dated before, on {date}"
    if date is not None:
        return date
    return effective if closed is None or effective > closed else first_open_day(closed)


def period_notes(
    given: Mapping[str, Any], fact: Fact, closed: dt.date | None
) -> Mapping[str, Value]:
    """What a directive says of closed periods: when it happened, or why one is reopened."""
    effective, reason = given.get("effective"), given.get("reopen")
    if reason is not None and is_closed(fact.kind, fact.date, closed):
        return {REOPENED: reason}
    return {EFFECTIVE: effective} if effective not in (None, fact.date) else {}

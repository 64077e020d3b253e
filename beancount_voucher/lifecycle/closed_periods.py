"""Closed periods: what is not dated in one, or says why it is (manual: month-end)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_voucher.lifecycle.days import day_after

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from beancount_voucher.directives.facts import Fact

EFFECTIVE = "note-effective"
"""The day on which something happened that is dated on a later, open one."""

REOPENED = "note-reopened"
"""Why something is dated in a period that had been closed: a text, and not an empty one."""

TIMELESS = frozenset({"party", "option", "exception", "reconciled", "close"})
"""Directives that move nothing on their date. What a statement proves of a month comes after it."""


def is_closed(kind: str, date: dt.date, closed: dt.date | None) -> bool:
    """Whether a directive is dated in a closed period.

    Args:
        kind: its name without ``voucher-``, or ``event`` for Beancount's.
        date: its date.
        closed: the date of the latest close.
    """
    return closed is not None and date <= closed and kind not in TIMELESS


def is_reopened(said: Mapping[str, Any]) -> bool:
    """Whether metadata gives a reason for which the period was reopened."""
    reason = said.get(REOPENED)
    return isinstance(reason, str) and bool(reason.strip())


def first_open_day(closed: dt.date) -> dt.date:
    """The day after a close, as long as there is one."""
    return day_after(closed)


def refusal(fact: Fact, said: Mapping[str, Any], closed: dt.date | None) -> str | None:
    """Why something is not recorded in a closed period, and what can be done instead; or None.

    Args:
        fact: what is to be recorded.
        said: its metadata beside the terms.
        closed: the date of the latest close.
    """
    if closed is None or not is_closed(fact.kind, fact.date, closed) or is_reopened(said):
        return None
    happened = said.get(EFFECTIVE, fact.date)
    return barred(
        fact,
        closed,
        f"a date from {first_open_day(closed)} on, with --effective {happened}, or --reopen REASON",
    )


def barred(fact: Fact, closed: dt.date, expected: str) -> str:
    """That something is dated in a closed period, and what is expected instead."""
    return (
        f"{fact.ids[0]}: {fact.kind} of {fact.date} is in a period that was closed on {closed}; "
        f"expected {expected} [closed-period]"
    )

"""What is due and what is overdue, on the day before, the day itself and the day after."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.judging import Judge, Overdue, overdue
from tests.support import ACCEPT, APPLY, event, issue, load

_RETURN = event("return", "2026-03-04")
_REPRESENTED = issue(requires_document="TRUE", on_unmet='"represent"') + ACCEPT + APPLY
_WAITING = issue(not_before="2026-03-20") + ACCEPT + APPLY


def day(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + dt.timedelta(days=number - 1)


@pytest.mark.parametrize(
    ("text", "as_of", "expected"),
    [
        (issue(), 5, None),
        (issue(), 6, Overdue("accept", day(5), "issued, past its accept-by 2026-03-05")),
        (issue() + ACCEPT, 31, None),
        (issue() + ACCEPT, 32, Overdue("apply", day(31), "accepted, past its apply-by 2026-03-31")),
        (issue() + _RETURN, 4, None),
        (issue() + _RETURN, 5, Overdue("void", day(4), "returned on 2026-03-04, and not voided")),
        (issue() + ACCEPT + APPLY, 5, None),
        (issue() + ACCEPT + APPLY, 6, Overdue("judge", day(5), "applied for on 2026-03-05, its conditions are met")),
        (_WAITING, 20, None),
        (_WAITING, 21, Overdue("judge", day(5), "applied for on 2026-03-05, its conditions are met")),
    ],
)  # fmt: skip
def test_why_a_voucher_is_overdue(text: str, as_of: int, expected: Overdue | None) -> None:
    evaluation = load(text).evaluation
    voucher = evaluation.vouchers["V-1"]
    assert overdue(evaluation.world, voucher.terms, voucher.standing, day(as_of)) == expected


@pytest.mark.parametrize(
    ("text", "as_of", "expected"),
    [
        (issue(), 5, []),
        (issue(), 6, [("void", day(6), "no acceptance by 2026-03-05")]),
        (issue() + ACCEPT, 31, []),
        (issue() + ACCEPT, 32, [("void", day(32), "no application by 2026-03-31")]),
        (issue() + ACCEPT + APPLY, 4, []),
        (issue() + ACCEPT + APPLY, 5, [("settle", day(5), "no condition is set")]),
        (_WAITING, 19, []),
        (_WAITING, 20, [("settle", day(20), "not-before: 2026-03-20 is reached")]),
        (_REPRESENTED, 31, []),
        (_REPRESENTED, 32, [("void", day(32), "requires-document: the application names no document")]),
        (issue() + event("void", "2026-03-02", reason='"cancelled"'), 9, []),
    ],
)  # fmt: skip
def test_what_is_due(text: str, as_of: int, expected: list[tuple[str, dt.date, str]]) -> None:
    due = Judge(load(text).evaluation, day(as_of)).due()
    assert [(each.fact.kind, each.fact.date, each.because) for each in due] == expected

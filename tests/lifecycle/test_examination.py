"""How long an application stands undecided: by business days on which somebody could decide."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.lifecycle.examination import LateExamination, examined_late
from tests.support import ACCEPT, APPLY, event, issue, load

LIMIT = '2026-01-01 custom "voucher-option" "examination-days" "5"\n'
APPLIED = dt.date(2026, 3, 5)  # a Thursday
AGAIN = issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY
WAITING = issue(not_before="2026-03-20") + ACCEPT + APPLY  # a Friday


@pytest.mark.parametrize(
    ("text", "as_of", "days", "begun", "since"),
    [
        (LIMIT + AGAIN, "2026-03-12", None, None, None),
        (LIMIT + AGAIN, "2026-03-13", 6, "2026-03-05", "2026-03-12"),
        (AGAIN, "2026-03-13", None, None, None),
        (LIMIT + WAITING, "2026-03-19", None, None, None),
        (LIMIT + WAITING, "2026-03-27", None, None, None),
        (LIMIT + WAITING, "2026-03-30", 6, "2026-03-20", "2026-03-27"),
        (LIMIT + issue() + ACCEPT, "2026-03-30", None, None, None),
        (LIMIT + AGAIN + event("void", "2026-04-01", reason='"conditions-unmet"'), "2026-04-30", None, None, None),
        (LIMIT + issue(kind="request"), "2026-04-30", None, None, None),
    ],
)  # fmt: skip
def test_an_application_that_stands_for_too_long(
    text: str, as_of: str, days: int | None, begun: str | None, since: str | None
) -> None:
    evaluation = load(text).evaluation
    voucher, day = evaluation.vouchers["V-1"], dt.date.fromisoformat(as_of)
    late = examined_late(evaluation.ledger_state, voucher.terms, voucher.as_of(day), day)
    if days is None:
        assert late is None
        return
    assert begun is not None
    assert since is not None
    on = dt.date.fromisoformat
    assert late == LateExamination(APPLIED, on(begun), days, on(since))
    waited = "" if begun == "2026-03-05" else f", waiting until {begun}"
    assert late.text == f"applied for on 2026-03-05{waited}, {days} business days ago"

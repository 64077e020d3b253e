"""Which vouchers the acceptor gives back when it is asked."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.exchange.answers import surrenders
from beancount_voucher.exchange.sending import Spoken
from tests.support import ACCEPT, APPLY, event, issue
from tests.support.talk import book

_RECALL = event("recall", "2026-04-01", reason='"no-application"') + '  message: "Iss Acc 2"\n'
_ISSUE = issue() + '  message: "Iss Acc 1"\n'

# Who we are, the ledger, whether the issuer has seen the application -> what is given back.
CASES: dict[str, tuple[str, str, int | None, list[str]]] = {
    "asked for": ("Acc", _ISSUE + ACCEPT + _RECALL, None, ["2026-04-02"]),
    "not asked for": ("Acc", _ISSUE + ACCEPT, None, []),
    "given back already": ("Acc", _ISSUE + ACCEPT + _RECALL + event("surrender", "2026-04-01"), None, []),
    "not accepted": ("Acc", _ISSUE + event("recall", "2026-03-03", reason='"cancelled"'), None, []),
    "of another bank": ("Iss", issue() + ACCEPT + _RECALL, None, []),
    "of one bank": ("Iss", issue(acceptor=None) + ACCEPT + _RECALL, None, []),
    "applied for, and not said yet": ("Acc", _ISSUE + ACCEPT + APPLY + _RECALL, None, []),
    "applied for, and not seen yet": ("Acc", _ISSUE + ACCEPT + APPLY + _RECALL, 3, []),
    "applied for, and seen": ("Acc", _ISSUE + ACCEPT + APPLY + _RECALL, 2, ["2026-04-02"]),
    "later than today": ("Acc", _ISSUE + ACCEPT + _RECALL.replace("04-01", "04-05"), None, ["2026-04-05"]),
    "a request": ("Acc", issue(kind="request"), None, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_given_back(name: str) -> None:
    we, text, number, expected = CASES[name]
    own = book(we, text)
    applied = [fact for fact in own.facts if fact.kind == "apply"]
    said = {own.identity(fact): number for fact in applied if number is not None}
    found = surrenders(own, lambda _party: Spoken(said, seen=2), dt.date(2026, 4, 2))
    assert [str(draft.fact.date) for draft in found] == expected

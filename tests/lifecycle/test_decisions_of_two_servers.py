"""What ``run`` decides where banks exchange messages: recall, waiting, and what is not ours."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.conditions import installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.directives.parser import read
from beancount_voucher.lifecycle.decisions import Decisions
from beancount_voucher.lifecycle.due import all_due
from beancount_voucher.lifecycle.evaluation import evaluate
from tests.support import ACCEPT, APPLY, event, issue, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.evaluation import Evaluation

_STATED = '2026-01-01 custom "voucher-option" "give-back" "stated"\n'
_GRACE = '2026-01-01 custom "voucher-option" "grace-days" "3"\n'
_RECALL = event("recall", "2026-04-01", reason='"no-application"')


def _due(text: str, day: dt.date, heard: dict[str, dt.date] | None = None) -> list[str]:
    ledger = load(text)
    facts = read(ledger.entries, Names(ledger.options), installed()).facts
    found = ledger.evaluation
    state = found.ledger_state

    def with_facts(more: Iterable[Fact]) -> Evaluation:
        reading = Reading(sorted([*facts, *more], key=order), [])
        return evaluate(reading, state.event_directives, state.conditions)

    decisions = Decisions(found, day, heard=heard or {})
    due = all_due(decisions, with_facts)
    return [
        f"{each.fact.date} {each.fact.kind} {each.fact.terms['reason']}" for each in due.decisions
    ]


APRIL = dt.date(2026, 4, 1)
CASES = {
    "implied": (issue() + ACCEPT, APRIL, ["2026-04-01 void no-application"]),
    "stated: it is asked for first": (_STATED + _GRACE + issue() + ACCEPT, APRIL, ["2026-04-01 recall no-application"]),
    "within the days of grace": (_STATED + _GRACE + issue() + ACCEPT + _RECALL, dt.date(2026, 4, 3), []),
    "after them": (_STATED + _GRACE + issue() + ACCEPT + _RECALL, dt.date(2026, 4, 4), ["2026-04-04 void no-application"]),
    "no days of grace": (_STATED + issue() + ACCEPT, APRIL, ["2026-04-01 recall no-application", "2026-04-01 void no-application"]),
    "given back within them": (_STATED + _GRACE + issue() + ACCEPT + _RECALL + event("surrender", "2026-04-01"), dt.date(2026, 4, 2), ["2026-04-01 void no-application"]),
    "given back": (_STATED + issue() + ACCEPT + event("surrender", "2026-03-04"), dt.date(2026, 3, 5), ["2026-03-05 void surrendered"]),
    "not ours to decide": (issue() + '  message: "Iss Acc 1"\n' + ACCEPT + APPLY, APRIL, []),
    "nor before its issue": (issue(kind="request"), APRIL, []),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_due(name: str) -> None:
    text, day, expected = CASES[name]
    assert _due(text, day) == expected


HEARD = {
    "heard beyond the deadline": ({"Acc": dt.date(2026, 4, 1)}, APRIL, True),
    "not heard since": ({"Acc": dt.date(2026, 3, 31)}, APRIL, False),
    "not heard, within the days of grace": (
        {"Acc": dt.date(2026, 3, 20)},
        dt.date(2026, 4, 3),
        False,
    ),
    "not heard, and they are over": ({"Acc": dt.date(2026, 3, 20)}, dt.date(2026, 4, 4), True),
    "one that says nothing by message": ({"Oth": dt.date(2026, 3, 20)}, APRIL, True),
}


@pytest.mark.parametrize("name", HEARD)
def test_what_may_have_been_said_in_time_is_waited_for(name: str) -> None:
    heard, day, due = HEARD[name]
    assert bool(_due(_GRACE + issue() + ACCEPT, day, heard)) is due


_RECEIVED = (
    '2026-03-02 custom "voucher-received" "Iss" "Acc" 1\n  sha256: "'
    + "ab" * 32
    + '"\n  key: "SHA256:x"\n  facts: 0\n'
)


@pytest.mark.parametrize(
    ("text", "we", "decided"),
    [
        (issue() + ACCEPT + APPLY, None, True),
        (issue() + ACCEPT + APPLY, "Iss", True),
        (issue() + ACCEPT + APPLY, "Acc", False),
        (issue() + ACCEPT + APPLY + _RECEIVED, None, False),
        (issue() + ACCEPT + APPLY + _RECEIVED.replace('"Iss" "Acc"', '"Acc" "Iss"'), None, True),
    ],
)
def test_who_decides_what_was_entered_by_hand(text: str, we: str | None, decided: bool) -> None:
    decisions = Decisions(load(text).evaluation, APRIL, we=we)
    assert [each.fact.kind for each, _ in decisions.due()] == ["settle"] * decided

"""What is due and what is overdue, on the day before, the day itself and the day after."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.directives.errors import Problem
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN, Decision, Decisions
from beancount_voucher.lifecycle.overdue import Overdue, Waiting, overdue, waiting
from tests.support import ACCEPT, APPLY, event, issue, load

_RETURN = event("return", "2026-03-04")
_REPRESENTED = issue(requires_document="TRUE", on_unmet='"represent"') + ACCEPT + APPLY
_PAPERS = {"requires_document": "TRUE", "requires_policy": "TRUE"}
_PROVEN = event("apply", "2026-03-05", document='"a.pdf"', policy='"P-1"')
_CHANGING = (
    issue(requires_event='"a=b"')
    + ACCEPT
    + APPLY
    + '2026-03-01 event "a" "b"\n2026-04-01 event "a" "c"\n'
    + '2026-03-31 custom "voucher-close" "2026-03"\n'
)
_COMES = issue(requires_event='"a=b"') + ACCEPT + APPLY + '2026-03-10 event "a" "b"\n'
_GOES = _COMES.replace("03-10", "03-01") + '2026-03-10 event "a" "c"\n'
_COMES_AGAIN = _COMES.replace("  requires-event", '  on-unmet: "represent"\n  requires-event')
_WAITING = issue(not_before="2026-03-20") + ACCEPT + APPLY


_MULTIPLE = issue(draws='"multiple"') + ACCEPT
_DRAWN = _MULTIPLE + event("apply", "2026-03-05", "60.00 CNY") + event("settle", "2026-03-06")
_UNPROVEN = (
    issue(draws='"multiple"', requires_policy="TRUE")
    + ACCEPT
    + event("apply", "2026-03-05", "60.00 CNY", policy='"P-1"')
    + event("settle", "2026-03-06")
    + event("apply", "2026-03-08")
)


def day(number: int) -> dt.date:
    return dt.date(2026, 3, 1) + dt.timedelta(days=number - 1)


def _judge(since: int, outcome: str) -> Overdue:
    done = "settled" if outcome == "met" else "voided"
    text = f"applied for on 2026-03-05, its conditions are {outcome}; it could be {done} since"
    return Overdue("judge", day(since), f"{text} {day(since)}")


@pytest.mark.parametrize(
    ("text", "as_of", "expected"),
    [
        (issue(), 5, None),
        (issue(), 6, Overdue("accept", day(5), "issued, past its accept-by 2026-03-05")),
        (issue() + event("void", "2026-03-02", reason='"cancelled"'), 9, None),
        (issue() + ACCEPT, 31, None),
        (issue() + ACCEPT, 32, Overdue("apply", day(31), "accepted, past its apply-by 2026-03-31")),
        (issue() + _RETURN, 4, None),
        (issue() + _RETURN, 5, Overdue("void", day(4), "returned on 2026-03-04, and not voided")),
        (issue() + ACCEPT + APPLY, 5, None),
        (issue() + ACCEPT + APPLY, 6, _judge(5, "met")),
        (_WAITING, 20, None),
        (_WAITING, 21, _judge(20, "met")),
        (_WAITING, 31, _judge(20, "met")),
        # What is unmet can be voided on the day after the application, and not before.
        (issue(**_PAPERS) + ACCEPT + APPLY, 6, None),
        (issue(**_PAPERS) + ACCEPT + APPLY, 7, _judge(6, "unmet")),
        # Under represent it waits for a new application, as long as there may be one.
        (_REPRESENTED, 32, None),
        (_REPRESENTED, 33, _judge(32, "unmet")),
        # Unmet, then met: it could be decided all the time; met, then unmet: by the day before.
        (_COMES, 12, _judge(6, "met")),
        (_GOES, 12, _judge(11, "unmet")),
        # Under represent, what is met is to be settled from the day on which it is.
        (_COMES_AGAIN, 10, None),
        (_COMES_AGAIN, 11, _judge(10, "met")),
        (_COMES_AGAIN, 14, _judge(10, "met")),
    ],
)  # fmt: skip
def test_why_a_voucher_is_overdue(text: str, as_of: int, expected: Overdue | None) -> None:
    evaluation = load(text).evaluation
    voucher = evaluation.vouchers["V-1"]
    late = overdue(evaluation.ledger_state, voucher.terms, voucher.status, day(as_of))
    assert late == expected
    assert late is None or waits(text, as_of) is None


_UNMET = "requires-document: the application names no document"
_NO_EVENT = 'requires-event: there is no event "a"'
_CHANGED = 'requires-event: event "a" is "c" since 2026-03-10, not "b"'


def waits(text: str, as_of: int) -> Waiting | None:
    evaluation = load(text).evaluation
    voucher = evaluation.vouchers["V-1"]
    status, terms = voucher.as_of(day(as_of)), voucher.agreed_on(day(as_of))[1]
    return waiting(evaluation.ledger_state, terms, status, day(as_of))


@pytest.mark.parametrize(
    ("text", "as_of", "expected"),
    [
        (issue(), 5, Waiting("acceptance", day(5))),
        (issue(), 6, None),
        (issue() + ACCEPT, 31, Waiting("application", day(31))),
        (issue() + ACCEPT, 32, None),
        (issue() + _RETURN, 4, None),
        (issue() + ACCEPT + APPLY, 5, None),
        (issue() + ACCEPT + APPLY + event("settle", "2026-03-06"), 6, None),
        (event("request", "2026-03-01", " 100.00 CNY", policyholder='"Ann"', insurer='"Ins"'), 3, None),
        (_WAITING, 19, Waiting("conditions", day(20), "not-before: not before 2026-03-20")),
        (_WAITING, 20, None),
        (issue(**_PAPERS) + ACCEPT + APPLY, 5, Waiting("void", day(6), _UNMET + "; requires-policy: the application names no policy")),
        (issue(**_PAPERS) + ACCEPT + APPLY, 6, None),
        (_REPRESENTED, 5, Waiting("new-application", day(31), _UNMET)),
        (_REPRESENTED, 31, Waiting("new-application", day(31), _UNMET)),
        (_REPRESENTED, 32, None),
        # What a condition says is decided by the day itself for a settlement, by the day before for a void.
        (_GOES, 9, None),
        (_GOES, 10, Waiting("void", day(11), _CHANGED)),
        (_GOES, 11, None),
        (_COMES_AGAIN, 9, Waiting("new-application", day(31), _NO_EVENT)),
        (_COMES_AGAIN, 10, None),
    ],
)  # fmt: skip
def test_what_a_voucher_waits_for(text: str, as_of: int, expected: Waiting | None) -> None:
    assert waits(text, as_of) == expected
    assert expected is None or not list(Decisions(load(text).evaluation, day(as_of)).due())


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
        (issue(**_PAPERS) + ACCEPT + _PROVEN, 5, [("settle", day(5), "requires-document: the application names document a.pdf; requires-policy: the application names policy P-1")]),
        (issue(**_PAPERS) + ACCEPT + APPLY, 5, []),
        (issue(**_PAPERS) + ACCEPT + APPLY, 6, [("void", day(6), "requires-document: the application names no document; requires-policy: the application names no policy")]),
        # Met on the day, and unmet on the day after the close: the life would refuse either.
        (_CHANGING, 20, []),
        (issue() + event("void", "2026-03-02", reason='"cancelled"'), 9, []),
        # None stands any more, though there was one.
        (issue() + ACCEPT + APPLY + event("withdraw", "2026-03-06"), 32, [("void", day(32), "no application stands after 2026-03-31")]),
        (issue() + ACCEPT + APPLY + event("withdraw", "2026-04-02"), 40, [("void", day(33), "no application stands after 2026-03-31")]),
        # What was drawn on is released, for the same reasons.
        (_DRAWN, 31, []),
        (_DRAWN, 32, [("release", day(32), "no application stands after 2026-03-31")]),
        (_DRAWN + event("return", "2026-03-08"), 9, [("release", day(9), "the insurance was returned on 2026-03-08")]),
        (_DRAWN + event("apply", "2026-03-08"), 8, [("settle", day(8), "no condition is set")]),
        (_UNPROVEN, 8, []),
        (_UNPROVEN, 9, [("release", day(9), "requires-policy: the application names no policy")]),
        # While an amendment is open, the old terms count.
        (issue() + ACCEPT + event("amend", "2026-03-04", "1", apply_by="2026-04-30"), 32, [("void", day(32), "no application by 2026-03-31")]),
    ],
)  # fmt: skip
def test_what_is_due(text: str, as_of: int, expected: list[tuple[str, dt.date, str]]) -> None:
    due = Decisions(load(text).evaluation, day(as_of)).due()
    assert [
        (each.fact.kind, each.fact.date, each.because) for each, bar in due if not bar
    ] == expected


def test_what_a_person_cancels() -> None:
    cancelled = Decisions(load(issue()).evaluation, day(4)).void("V-1", "cancelled")
    assert isinstance(cancelled, Decision)
    assert (cancelled.because, cancelled.effective) == ("cancelled before acceptance", day(4))


def test_what_a_person_asks_of_a_voucher_that_is_not_there() -> None:
    judge = Decisions(load("").evaluation, day(4))
    expected = Problem(
        "not-found",
        NOT_WRITTEN,
        "V-9: there is no such voucher on 2026-03-04",
        "a voucher-issue or voucher-request on or before that date",
    )
    assert judge.settle("V-9") == expected
    assert judge.void("V-9", "cancelled") == expected

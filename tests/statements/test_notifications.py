"""Batches and the notifications of their payments: what takes the place of what, and what stays."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.statements.notifications import itemised
from beancount_voucher.statements.statement import Balance, Statement, StatementLine

FIRST, LAST = dt.date(2026, 3, 1), dt.date(2026, 3, 31)


def line(
    amount: str, reference: str | None, position: int = 1, day: int = 6, **more: object
) -> StatementLine:
    date = dt.date(2026, 3, day)
    found = StatementLine(position, date, Decimal(amount), bank_reference=reference)
    return replace(found, **more)  # type: ignore[arg-type]


def statement(*lines: StatementLine, name: str = "S", account: str = "A") -> Statement:
    total = sum((each.amount for each in lines), Decimal(0))
    return Statement(
        Path(f"{name}.xml"), name, "camt.053", name, account, "EUR", FIRST, LAST,
        Balance(Decimal(0), FIRST), Balance(total, LAST), None, lines,
    )  # fmt: skip


def notification(*lines: StatementLine, name: str = "N", account: str = "A") -> Statement:
    return replace(
        statement(*lines, name=name, account=account), form="camt.054", opening=None, closing=None
    )


BATCH = line("-50", "B-7", text="batch", batch="M-1")
SINGLES = (
    line("-20", "B-7-1", 3, 7, end_to_end="V-1", entry_reference="B-7"),
    line("-30", "B-7-2", 3, 7, end_to_end="V-2", entry_reference="B-7"),
)


def test_the_payments_take_the_place_of_the_batch() -> None:
    other = line("-5", "B-8", 2)
    found, notes = itemised([notification(*SINGLES), statement(BATCH, other)])
    [only] = found
    assert [(each.end_to_end, each.amount, each.position, each.date) for each in only.lines] == [
        ("V-1", Decimal(-20), 1, BATCH.date),
        ("V-2", Decimal(-30), 1, BATCH.date),
        (None, Decimal(-5), 2, BATCH.date),
    ]
    assert {each.batch for each in only.lines[:2]} == {"M-1"}
    assert only.is_proven
    assert [each.message for each in notes] == [
        "N.xml: N: all its entries stand on a statement, and count there"
    ]


def test_of_a_single_payment_both_say_more() -> None:
    whole = line("-50", "B-7", text="order", references=("R-1",))
    told = line("-50", "B-7", end_to_end="V-1", references=("R-2",), text="premium")
    [only], _ = itemised([statement(whole), notification(told)])
    [paid] = only.lines
    assert (paid.end_to_end, paid.references, paid.text) == (
        "V-1",
        ("R-1", "V-1", "R-2"),
        "order premium",
    )
    [only], _ = itemised([statement(replace(whole, end_to_end="V-2")), notification(told)])
    assert (only.lines[0].end_to_end, only.lines[0].references) == ("V-2", ("R-1", "V-1", "R-2"))


def test_what_is_itemised_already_stays_and_the_notification_is_told() -> None:
    mine = tuple(replace(each, position=1, date=BATCH.date) for each in SINGLES)
    given = [statement(*mine), notification(*SINGLES)]
    found, notes = itemised(given)
    assert (found, len(notes)) == ([given[0]], 1)


def test_the_same_files_twice_are_as_once() -> None:
    given = [statement(BATCH), statement(BATCH), notification(*SINGLES), notification(*SINGLES)]
    found, notes = itemised(given)
    assert [len(each.lines) for each in found] == [2, 2]
    assert len(notes) == 2


APART: dict[str, list[Statement]] = {
    "another sum": [statement(BATCH), notification(SINGLES[0])],
    "another reference": [statement(line("-50", "B-9")), notification(*SINGLES)],
    "no reference": [statement(line("-50", None)), notification(line("-50", None))],
    "another account": [statement(BATCH), notification(*SINGLES, account="B")],
    "another month": [statement(line("-50", "B-7", day=30)), notification(*SINGLES)],
    "two entries of one reference": [
        statement(BATCH, replace(BATCH, position=2)),
        notification(*SINGLES),
    ],
    "on two statements": [
        statement(BATCH),
        statement(BATCH, name="S2"),
        notification(*SINGLES),
    ],
    "in two notifications": [
        statement(BATCH),
        notification(*SINGLES),
        notification(*SINGLES, name="N2"),
    ],
    "a notification of nothing": [statement(BATCH), notification()],
}


@pytest.mark.parametrize("name", APART)
def test_what_is_not_surely_the_same_stays_as_it_is(name: str) -> None:
    found, notes = itemised(APART[name])
    assert (found, notes) == (APART[name], [])


def test_what_else_a_notification_has_is_left_of_it() -> None:
    late = line("-9", "B-9", 4, 31)
    found, notes = itemised([statement(BATCH), notification(*SINGLES, late)])
    assert [each.lines for each in found[1:]] == [(late,)]
    assert [each.text for each in notes] == [
        "some of its entries stand on a statement, and count there"
    ]
    pending = replace(notification(*SINGLES), pending=(late,))
    found, notes = itemised([statement(BATCH), pending])
    assert [(each.lines, each.pending) for each in found[1:]] == [((), (late,))]


ENTRIES = st.lists(
    st.tuples(
        st.lists(st.integers(1, 50), min_size=1, max_size=4),  # the payments of an entry
        st.sampled_from(["K-1", "K-2", "K-3", "K-4", "K-5", None]),  # the bank's reference
        st.sampled_from(["itemised", "whole"]),  # how the statement has it
        st.sampled_from(["notified", "not", "other sum"]),
    ),
    max_size=8,
)


@given(ENTRIES, st.booleans())
def test_no_payment_is_lost_or_made_up(
    entries: list[tuple[list[int], str | None, str, str]], later: bool
) -> None:
    booked: list[StatementLine] = []
    told: list[StatementLine] = []
    for position, (payments, reference, how, notice) in enumerate(entries, 1):
        singles = [
            line(f"-{each}", reference, position, end_to_end=f"V-{position}-{number}")
            for number, each in enumerate(payments)
        ]
        whole = line(f"-{sum(payments)}", reference, position)
        booked += singles if how == "itemised" else [whole]
        if notice != "not":
            more = [line("-1", reference, position)] if notice == "other sum" else []
            told += [*singles, *more]
    given_ = [statement(*booked), notification(*told)]
    found, _ = itemised(given_[::-1] if later else given_)
    [account] = [each for each in found if each.closing is not None]
    left = [each for each in found if each.closing is None]
    assert account.is_proven
    for position, (payments, reference, how, notice) in enumerate(entries, 1):
        lines = [each for each in account.lines if each.position == position]
        assert sum(each.amount for each in lines) == -sum(payments)
        alone = sum(other[1] == reference for other in entries) == 1 and reference is not None
        known = how == "itemised" or (alone and notice == "notified")
        assert {each.end_to_end for each in lines} == (
            {f"V-{position}-{number}" for number, _ in enumerate(payments)} if known else {None}
        )
        gone = alone and notice == "notified"
        rest = [each for one in left for each in one.lines if each.position == position]
        assert bool(rest) == (notice != "not" and not gone)

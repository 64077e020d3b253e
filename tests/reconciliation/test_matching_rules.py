"""What the bank booked beside what the ledger says: what is a match, and why the rest is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_voucher.lifecycle.business_days import WEEKDAYS
from beancount_voucher.reconciliation.match_rules import match
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.open_items import OpenItems
from beancount_voucher.reconciliation.reasons import OUTSTANDING
from beancount_voucher.reconciliation.unique_pairs import DOUBT
from tests.support.bank_sides import FIRST, HERE, LAST, THERE, booked, day, moved

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.reconciliation.items import AccountLine, Item, Match, Movement

# --- A small world: lines, movements, and what becomes of them ----------------------------


@dataclass(frozen=True)
class Outcome:
    """Matches and open items of one small world."""

    matches: list[Match]
    items: list[Item]

    @property
    def rules(self) -> list[tuple[str, int, int]]:
        return [(each.rule, len(each.lines), len(each.movements)) for each in self.matches]

    @property
    def reasons(self) -> list[tuple[str, int, int]]:
        return [(each.reason, len(each.lines), len(each.movements)) for each in self.items]

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.items]


def outcome(
    lines: Sequence[AccountLine],
    movements: Sequence[Movement],
    pending: Sequence[AccountLine] = (),
    options: MatchOptions | None = None,
    *,
    known: Sequence[str] = (),
    states: dict[str, str] | None = None,
) -> Outcome:
    names = {name for each in movements for name in each.references} | set(known)
    periods = {(HERE, "CNY"): (FIRST, LAST), (THERE, "CNY"): (FIRST, LAST)}
    periods |= {(line.account, line.currency): (FIRST, LAST) for line in lines}
    matching = match(lines, movements, names, periods, options or MatchOptions())
    matches = list(matching.matches)
    return Outcome(matches, OpenItems(matching, pending, states or {}).items())


# --- Matches ------------------------------------------------------------------------------

LONG = "VOUCHER-2026-000123"
REMITTED = {"text": "premium V-1, thank you 2026"}

MATCHES: dict[str, tuple[list[AccountLine], list[Movement], list[tuple[str, int, int]]]] = {
    "end-to-end id": (
        [booked("03-03", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [("reference", 1, 1)],
    ),
    "owner's reference": (
        [booked("03-03", "-100", references=("V-1",))],
        [moved("03-02", "-100", "V-1")],
        [("reference", 1, 1)],
    ),
    "remittance text": (
        [booked("03-03", "-100", **REMITTED)],
        [moved("03-02", "-100", "V-1")],
        [("reference", 1, 1)],
    ),
    "a reference that MT940 cuts off": (
        [booked("03-03", "-100", references=(LONG[:16],), cut=(LONG[:16],))],
        [moved("03-02", "-100", LONG)],
        [("reference", 1, 1)],
    ),
    "a reference that may be cut, and is whole": (
        [booked("03-03", "-100", references=(LONG[:16],), cut=(LONG[:16],))],
        [moved("03-02", "-100", LONG[:16])],
        [("reference", 1, 1)],
    ),
    "a payment that comes back, by a reason and no mark": (
        [booked("03-03", "-100", "V-1"), booked("03-05", "100", "V-1", returned=True)],
        [moved("03-03", "-100", "V-1")],
        [("contra", 2, 0)],
    ),
    "in capitals": (
        [booked("03-03", "-100", text="PREMIUM RF-2")],
        [moved("03-02", "-100", "Rf-2"), moved("03-02", "-100", "Rf-1")],
        [("reference", 1, 1)],
    ),
    "in capitals, of a bank that writes small letters": (
        [booked("03-03", "-100", text="Premium RF-2")],
        [moved("03-02", "-100", "Rf-2"), moved("03-02", "-100", "RF-2")],
        [("reference", 1, 1)],
    ),
    "the nearer of two lines": (
        [booked("03-03", "-100", "V-1"), booked("03-11", "100", "V-1", reversal=True),
         booked("03-10", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [("contra", 2, 0), ("reference", 1, 1)],
    ),
    "one movement with two references": (
        [booked("03-03", "-100", "V-1"), booked("03-04", "-7", "L-1")],
        [moved("03-02", "-100", "V-1", "L-1"), moved("03-03", "-7", "L-1")],
        [("reference", 1, 1), ("reference", 1, 1)],
    ),
    "a rent of every month": (
        [booked("03-03", "-100", "R-1"), booked("03-23", "-100", "R-1")],
        [moved("03-02", "-100", "R-1", is_voucher=False), moved("03-20", "-100", "R-1")],
        [("reference", 1, 1), ("reference", 1, 1)],
    ),
    "a reversal": (
        [booked("03-03", "-100", "V-1"), booked("03-04", "100", "V-1", reversal=True)],
        [moved("03-05", "-7", "V-1")],
        [("contra", 2, 0)],
    ),
    "a payment that the bank takes back": (
        [booked("03-03", "-100", "V-1"), booked("03-05", "100", "V-1", reversal=True)],
        [moved("03-03", "-100", "V-1")],
        [("contra", 2, 0)],
    ),
    "a payment that the bank takes back on its day, and tells first": (
        [booked("03-03", "100", "V-1", reversal=True), booked("03-03", "-100", "V-1")],
        [moved("03-03", "-100", "V-1")],
        [("contra", 2, 0)],
    ),
    "a payment that is taken back, and paid again": (
        [booked("03-03", "-100", "V-1"), booked("03-04", "100", "V-1", reversal=True),
         booked("03-05", "-100", "V-1")],
        [moved("03-03", "-100", "V-1")],
        [("contra", 2, 0), ("reference", 1, 1)],
    ),
    "a reversal that is reversed": (
        [booked("03-03", "-100", "V-1"), booked("03-04", "100", "V-1", reversal=True),
         booked("03-05", "-100", "V-1", reversal=True)],
        [moved("03-03", "-100", "V-1")],
        [("contra", 2, 0), ("reference", 1, 1)],
    ),
    "a reversal that the ledger has, too": (
        [booked("03-03", "-100", "V-1"), booked("03-05", "100", "V-1", reversal=True)],
        [moved("03-03", "-100", "V-1"), moved("03-05", "100", "V-1", is_voucher=False)],
        [("reference", 1, 1), ("reference", 1, 1)],
    ),
    "a reversal of before, and the payment after it": (
        [booked("03-03", "100", "V-1", reversal=True), booked("03-10", "-100", "V-1")],
        [moved("03-05", "-7", "V-1")],
        [("contra", 2, 0)],
    ),
    "credit drawn and paid on": (
        [booked("03-03", "100", "C-1"), booked("03-03", "-100", "C-1")],
        [],
        [("contra", 2, 0)],
    ),
    "one line names several vouchers": (
        [booked("03-03", "-107", text="V-1 V-2")],
        [moved("03-02", "-100", "V-1"), moved("03-03", "-7", "V-2")],
        [("batch", 1, 2)],
    ),
    "one sum for a batch": (
        [booked("03-03", "-107", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-03", "-7", "V-2", batch="B-1")],
        [("batch", 1, 2)],
    ),
    "a batch in its parts": (
        [booked("03-03", "-57", batch="B-1"), booked("03-03", "-50", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-03", "-7", "V-2", batch="B-1")],
        [("batch", 2, 2)],
    ),
    "amount and days": (
        [booked("03-05", "-100"), booked("03-05", "-99")],
        [moved("03-02", "-100", "V-1"), moved("03-10", "-99")],
        [("amount", 1, 1), ("amount", 1, 1)],
    ),
    "amount and days, twice": (
        [booked("03-04", "-100"), booked("03-06", "-100")],
        [moved("03-02", "-100"), moved("03-10", "-100")],
        [("amount", 1, 1), ("amount", 1, 1)],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MATCHES)
def test_what_agrees_is_matched(name: str) -> None:
    lines, movements, rules = MATCHES[name]
    options = MatchOptions(on_credit=frozenset({"C-1"}))
    found = outcome(lines, movements, options=options, known=["C-1"])
    assert found.rules == rules
    matched = {id(each) for one in found.matches for each in (*one.lines, *one.movements)}
    told = {id(each) for one in found.items for each in (*one.lines, *one.movements)}
    assert len(matched) == sum(lines + movements for _, lines, movements in rules)
    assert matched | told == {id(each) for each in (*lines, *movements)}
    assert not matched & told


def test_pairs_found_by_amount_are_those_of_the_window() -> None:
    lines, movements, _ = MATCHES["amount and days, twice"]
    found = outcome(lines, movements)
    pairs = {(one.lines[0].date, one.movements[0].date) for one in found.matches}
    assert pairs == {(day("03-04"), day("03-02")), (day("03-06"), day("03-10"))}


def test_an_amount_may_differ_by_the_tolerance_where_the_reference_agrees() -> None:
    lines = [booked("03-03", "-100.05", "V-1"), booked("03-03", "-50.05")]
    movements = [moved("03-03", "-100", "V-1"), moved("03-03", "-50", "V-2")]
    found = outcome(lines, movements, options=MatchOptions(tolerance=Decimal("0.05")))
    assert found.rules == [("reference", 1, 1)]
    assert found.reasons == [("missing-in-bank", 0, 1), ("missing-in-ledger", 1, 0)]


def test_the_last_payment_before_a_reversal_is_the_one_taken_back() -> None:
    lines = [
        booked("03-03", "-100", "V-1"),
        booked("03-04", "100", "V-1", reversal=True),
        booked("03-05", "-100", "V-1"),
    ]
    found = outcome(lines, [moved("03-03", "-100", "V-1")])
    assert [each.lines for each in found.matches] == [tuple(lines[:2]), (lines[2],)]


NEAR: dict[str, tuple[list[AccountLine], list[Movement], list[tuple[str, int, int]], int]] = {
    "the exact amount comes before one that is near": (
        [booked("03-03", "-100.05", "V-1"), booked("03-05", "-100", "V-1")],
        [moved("03-03", "-100", "V-1")],
        [("duplicate", 1, 0)],
        1,
    ),
    "two movements that are as near": (
        [booked("03-03", "-100.02", "R-1")],
        [moved("03-03", "-100", "R-1"), moved("03-03", "-100.04", "R-1")],
        [("ambiguous", 1, 2)],
        0,
    ),
    "a second payment is not the one of a near amount": (
        [booked("03-03", "-100", "R-1"), booked("03-03", "-100", "R-1")],
        [moved("03-03", "-100", "R-1"), moved("03-03", "-100.04", "R-1")],
        [("amount-differs", 1, 1)],
        1,
    ),
    "a rent of every month, with a cent more": (
        [booked("03-03", "-100.01", "R-1"), booked("03-23", "-100.02", "R-1")],
        [moved("03-02", "-100", "R-1"), moved("03-20", "-100", "R-1")],
        [],
        2,
    ),
    "late, and near": (
        [booked("03-13", "-100.01", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [("late", 1, 1)],
        0,
    ),
    "announced": ([], [moved("03-31", "-100", "V-1")], [("pending", 1, 1)], 0),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR)
def test_a_near_amount_is_matched_where_nothing_else_could_be_meant(name: str) -> None:
    lines, movements, reasons, matched = NEAR[name]
    pending = [booked("03-31", "-100.05", "V-1")] if name == "announced" else []
    found = outcome(lines, movements, pending, options=MatchOptions(tolerance=Decimal("0.05")))
    assert found.reasons == reasons
    assert [each.rule for each in found.matches] == ["reference"] * matched
    assert all(each.lines[0].amount == -100 for each in found.matches[:1] if matched == 1)


def test_an_announcement_without_a_reference_is_of_the_very_amount() -> None:
    movements, pending = [moved("03-31", "-100", "V-1")], [booked("03-31", "-100.05")]
    found = outcome([], movements, pending, options=MatchOptions(tolerance=Decimal("0.05")))
    assert found.reasons == [("in-transit", 0, 1)]


def test_each_announcement_is_of_one_movement() -> None:
    movements = [
        moved("03-31", "-100", "V-1", "R-1"),
        moved("03-31", "-100", "R-1", is_voucher=False),
    ]
    announced = [booked("03-31", "-100", "R-1"), booked("03-31", "-100", text="V-1 R-1")]
    found = outcome([], movements, announced)
    assert [each.lines for each in found.items] == [(announced[0],), (announced[1],)]
    assert outcome([], movements, announced[:1]).reasons == [
        ("in-transit", 0, 1),
        ("pending", 1, 1),
    ]


def test_one_of_two_movements_of_a_reference_is_found_by_its_other_name() -> None:
    lines = [booked("03-20", "-100", "L-1"), booked("03-20", "-100", "R-1")]
    movements = [moved("03-02", "-100", "R-1"), moved("03-20", "-100", "L-1", "R-1")]
    found = outcome(lines, movements)
    assert [(each.lines, each.movements) for each in found.matches] == [
        ((lines[0],), (movements[1],))
    ]
    assert found.reasons == [("late", 1, 1)]


def test_which_of_two_lines_of_a_reference_it_is_nobody_knows() -> None:
    lines = [booked("03-20", "-100", "L-1"), *(booked("03-03", "-100", "R-1") for _ in "12")]
    movements = [moved("03-03", "-100", "R-1"), moved("03-20", "-100", "L-1", "R-1")]
    found = outcome(lines, movements)
    assert (found.reasons, found.texts) == (
        [("ambiguous", 2, 1)],
        ["2 of the bank, 1 of the ledger"],
    )


def test_of_many_that_were_taken_back_some_are_told() -> None:
    lines = back_and_forth(*(f"03-{each:02}" for each in range(9, 19)))
    found = outcome(lines, [moved("03-13", "-100", "V-1")])
    assert found.texts == [
        "; ".join(says(f"03-{each:02}", f"03-{each + 1:02}") for each in (9, 11, 13))
        + "; and 2 more"
    ]


def test_what_the_bank_has_taken_back_is_not_paid() -> None:
    lines = [booked("03-03", "-100", "V-1"), booked("03-05", "100", "V-1", reversal=True)]
    movement = moved("03-03", "-100", "V-1")
    assert outcome(lines, [movement]).reasons == [("missing-in-bank", 0, 1)]
    insurer = [booked("03-03", "100", "V-1"), booked("03-05", "-100", "V-1", reversal=True)]
    found = outcome(insurer, [moved("03-03", "100", "V-1")])
    assert (found.rules, found.reasons) == ([("contra", 2, 0)], [("missing-in-bank", 0, 1)])


def back_and_forth(*days: str, reference: str = "V-1") -> list[AccountLine]:
    """Payments and their reversals, by turns."""
    return [
        booked(each, "100" if number % 2 else "-100", reference, reversal=bool(number % 2))
        for number, each in enumerate(days)
    ]


def says(*days: str) -> str:
    return "paid on 2026-{} and taken back on 2026-{}".format(*days)


TAKEN_BACK: dict[str, tuple[list[AccountLine], list[Movement], list[tuple[str, str]]]] = {
    "on the last days": (
        back_and_forth("03-30", "03-31"),
        [moved("03-30", "-100", "V-1")],
        [("missing-in-bank", says("03-30", "03-31"))],
    ),
    "twice": (
        back_and_forth("03-26", "03-27", "03-30", "03-31"),
        [moved("03-30", "-100", "V-1")],
        [("missing-in-bank", f"{says('03-26', '03-27')}; {says('03-30', '03-31')}")],
    ),
    "of a settlement on the last day, paid long before": (
        back_and_forth("03-10", "03-11"),
        [moved("03-31", "-100", "V-1")],
        [("missing-in-bank", says("03-10", "03-11"))],
    ),
    "of a settlement of before the statement": (
        back_and_forth("03-02", "03-03"),
        [moved("02-26", "-100", "V-1")],
        [("missing-in-bank", says("03-02", "03-03"))],
    ),
    "and of a settlement that is yet to come": (
        back_and_forth("03-30", "03-31"),
        [moved("04-01", "-100", "V-1")],
        [],
    ),
    "one rent, and the next is under way": (
        back_and_forth("03-03", "03-04", reference="R-1"),
        [moved("03-02", "-100", "R-1"), moved("03-31", "-100", "R-1")],
        [("missing-in-bank", says("03-03", "03-04")), ("in-transit", "")],
    ),
    "and paid again": (
        back_and_forth("03-27", "03-30", "03-31"),
        [moved("03-30", "-100", "V-1")],
        [],
    ),
    "and paid again without a reference": (
        [*back_and_forth("03-27", "03-30"), booked("03-31", "-100")],
        [moved("03-30", "-100", "V-1")],
        [],
    ),
    "and paid again in another amount": (
        [*back_and_forth("03-27", "03-30"), booked("03-31", "-90", "V-1")],
        [moved("03-30", "-100", "V-1")],
        [("amount-differs", "by 10 CNY")],
    ),
    "while another settlement under its reference is under way": (
        back_and_forth("03-30", "03-31"),
        [moved("03-30", "-7", "V-1")],
        [("in-transit", "")],
    ),
}


@pytest.mark.parametrize("name", TAKEN_BACK)
def test_what_the_bank_has_taken_back_is_never_only_under_way(name: str) -> None:
    lines, movements, items = TAKEN_BACK[name]
    found = outcome(lines, movements)
    assert [(each.reason, each.text) for each in found.items] == items
    assert found.matches[0].rule == "contra"


def test_an_announcement_does_not_pay_what_the_bank_has_taken_back() -> None:
    lines, announced = back_and_forth("03-30", "03-31"), booked("03-30", "-100", "V-1")
    found = outcome(lines, [moved("03-30", "-100", "V-1")], [announced])
    assert found.reasons == [("missing-in-bank", 0, 1)]


# --- Reasons ------------------------------------------------------------------------------

DIFFERENCES: dict[str, tuple[list[AccountLine], list[Movement], tuple[str, int, int], str]] = {
    "another amount": (
        [booked("03-03", "-101", "V-1")],
        [moved("03-02", "-100", "V-1")],
        ("amount-differs", 1, 1),
        "by -1 CNY",
    ),
    "the other direction": (
        [booked("03-03", "100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        ("sign-differs", 1, 1),
        "",
    ),
    "another currency": (
        [booked("03-03", "-100", "V-1", currency="EUR")],
        [moved("03-02", "-100", "V-1")],
        ("currency-differs", 1, 1),
        "EUR for CNY",
    ),
    "another account": (
        [booked("03-03", "-100", "V-1", account=THERE)],
        [moved("03-02", "-100", "V-1")],
        ("wrong-account", 1, 1),
        f"the ledger has it on {HERE}",
    ),
    "the same payment again": (
        [booked("03-03", "-100", "V-1"), booked("03-04", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        ("duplicate", 1, 0),
        "V-1 is matched already",
    ),
    "the bank's own reference again": (
        [booked("03-03", "-100", "V-1", bank_reference="K1"),
         booked("03-04", "-100", bank_reference="K1")],
        [moved("03-02", "-100", "V-1")],
        ("duplicate", 1, 0),
        "the bank's reference K1 is matched already",
    ),
    "too late, with its reference": (
        [booked("03-12", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        ("late", 1, 1),
        "the reference agrees",
    ),
    "too late, without one": (
        [booked("03-12", "-100")],
        [moved("03-02", "-100")],
        ("late", 1, 1),
        "only the amount agrees",
    ),
    "one line for two movements": (
        [booked("03-03", "-100")],
        [moved("03-02", "-100", "V-1"), moved("03-03", "-100", "V-2")],
        ("ambiguous", 1, 2),
        "1 of the bank, 2 of the ledger",
    ),
    "a reference of two movements": (
        [booked("03-03", "-100", "V-1")],
        [moved("03-02", "-100", "V-1"), moved("03-03", "-100", "V-1")],
        ("ambiguous", 1, 2),
        "its reference stands for 2 movements",
    ),
    "a line of two vouchers that is not their sum": (
        [booked("03-03", "-1", text="V-1 V-2")],
        [],
        ("ambiguous", 1, 0),
        "it names V-1, V-2, and is not their sum",
    ),
    "a fee that nobody wrote down": (
        [booked("03-03", "-2.50", text="fee")],
        [],
        ("missing-in-ledger", 1, 0),
        "",
    ),
    "a voucher that is not settled": (
        [booked("03-03", "-100", "V-1")],
        [],
        ("missing-in-ledger", 1, 0),
        "V-1 is accepted",
    ),
    "a voucher of elsewhere": (
        [booked("03-03", "-100", "V-2")],
        [],
        ("missing-in-ledger", 1, 0),
        "it names V-2",
    ),
    "a payment that never came": (
        [],
        [moved("03-02", "-100", "V-1")],
        ("missing-in-bank", 0, 1),
        "",
    ),
    "a payment under way": (
        [],
        [moved("03-31", "-100", "V-1")],
        ("in-transit", 0, 1),
        "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENCES)
def test_a_planted_difference_gives_its_reason_and_nothing_else(name: str) -> None:
    lines, movements, reason, text = DIFFERENCES[name]
    paid = booked("03-20", "5000", text="salary"), moved("03-20", "5000")
    states = {"V-1": "accepted"}
    found = outcome([*lines, paid[0]], [*movements, paid[1]], states=states, known=["V-1", "V-2"])
    assert found.reasons == [reason]
    assert found.texts == [text]
    assert found.items[0].is_difference == (reason[0] not in OUTSTANDING)
    assert found.matches[-1].lines == (paid[0],)


# --- No wrong match, ever -----------------------------------------------------------------


@dataclass(frozen=True)
class Premium:
    """What truly happened to one premium: when the ledger and the bank booked it, if at all."""

    ledger: dt.date
    bank: dt.date | None
    amount: int
    reference: bool
    carried: bool
    """Whether the bank carries the reference over."""


def business_days_after(date: dt.date, days: int) -> dt.date:
    """The first date that is so many business days later; earlier, if negative."""
    step = dt.timedelta(days=1 if days >= 0 else -1)
    end = WEEKDAYS.number(date) + days
    while WEEKDAYS.number(date) != end:
        date += step
    return date


@st.composite
def premiums(draw: st.DrawFn, window: int) -> Premium:
    """A premium around March: the bank may be early by the window, three weeks late, or forget."""
    ledger = FIRST + dt.timedelta(days=draw(st.integers(-25, 45)))
    behind = draw(st.one_of(st.integers(0, window), st.integers(-window, DOUBT)))
    return Premium(
        ledger=ledger,
        bank=draw(st.sampled_from([business_days_after(ledger, behind), None])),
        amount=draw(st.sampled_from([100, 100, 100, 250])),
        reference=draw(st.booleans()),
        carried=draw(st.booleans()),
    )


def truth(quarter: Sequence[Premium]) -> tuple[dict[AccountLine, Movement], list[Movement]]:
    """The statement's lines, each with the movement that it truly is, and every movement."""
    lines, movements = {}, []
    for number, each in enumerate(quarter):
        names = [f"V-{number}"] if each.reference else []
        movement = moved(f"{each.ledger:%m-%d}", f"-{each.amount}", *names)
        movements.append(movement)
        if each.bank is not None and FIRST <= each.bank <= LAST:
            carried = names[0] if names and each.carried else None
            lines[booked(f"{each.bank:%m-%d}", f"-{each.amount}", carried)] = movement
    return lines, movements


@settings(max_examples=400, deadline=None)
@given(st.data(), st.integers(0, 3))
def test_a_match_is_the_true_one_or_none_is_made(data: st.DataObject, window: int) -> None:
    quarter = data.draw(st.lists(premiums(window), max_size=12))
    true, movements = truth(quarter)
    found = outcome(list(true), movements, options=MatchOptions(window=window))
    for one in found.matches:
        assert [true[line] for line in one.lines] == list(one.movements)
    told = [line for each in found.items for line in each.lines]
    matched = [line for each in found.matches for line in each.lines]
    assert sorted(map(id, told + matched)) == sorted(map(id, true))


RENTS = st.lists(
    st.tuples(
        st.integers(-25, 45),  # the ledger's day, from the first of the period
        st.sampled_from(["R-1", "R-1", "R-2"]),
        st.sampled_from([100, 100, 101]),
        st.one_of(st.none(), st.integers(-3, DOUBT)),  # business days until booked, if it is
        st.booleans(),  # whether the bank carries the reference over
    ),
    max_size=10,
)


@settings(max_examples=400, deadline=None)
@given(RENTS, st.booleans())
def test_of_rents_under_one_reference_every_match_is_the_true_one(
    rents: list[tuple[int, str, int, int | None, bool]], near: bool
) -> None:
    true: dict[AccountLine, Movement] = {}
    movements = []
    for number, (days, name, amount, behind, carried) in enumerate(rents):
        ledger = FIRST + dt.timedelta(days=days)
        movements.append(moved(f"{ledger:%m-%d}", f"-{amount}", name, is_voucher=number % 2 == 0))
        bank = None if behind is None else business_days_after(ledger, behind)
        if bank is not None and FIRST <= bank <= LAST:
            line = booked(f"{bank:%m-%d}", f"-{amount}", name if carried else None)
            true[line] = movements[-1]
    options = MatchOptions(tolerance=Decimal(1 if near else 0))
    for one in outcome(list(true), movements, options=options).matches:
        if one.rule == "batch":  # a sum says that they are the same money, and not which is which
            assert {true[line] for line in one.lines} == set(one.movements)
        else:
            assert [true[line] for line in one.lines] == list(one.movements)


def test_most_of_a_quiet_quarter_is_matched_without_references() -> None:
    """Premiums of one amount on every fourth business day, one of them lost near the end."""
    days = [business_days_after(FIRST, 1 + 4 * number) for number in range(5)]
    quarter = [
        Premium(each, business_days_after(each, 1), 100, reference=False, carried=False)
        for each in days
    ]
    true, movements = truth([*quarter[:-1], replace(quarter[-1], bank=None)])
    found = outcome(list(true), movements, options=MatchOptions(window=1))
    assert [(one.rule, [true[line] for line in one.lines]) for one in found.matches] == [
        ("amount", [movement]) for movement in movements[:-1]
    ]
    assert found.reasons == [("missing-in-bank", 0, 1)]


def test_a_line_may_be_what_an_earlier_statement_has_left_open() -> None:
    lines, movements = [booked("03-05", "-100")], [moved("03-05", "-100", "V-2")]
    assert outcome(lines, movements).rules == [("amount", 1, 1)]
    before = moved("02-24", "-100", "V-1")
    found = outcome(lines, [before, *movements])
    assert (found.rules, found.reasons) == ([], [("ambiguous", 1, 2)])
    proven = MatchOptions(proven=frozenset({before}))
    assert outcome(lines, [before, *movements], options=proven).rules == [("amount", 1, 1)]


def test_what_an_earlier_statement_has_proven_is_booked_a_second_time() -> None:
    paid = moved("03-02", "-100", "V-1")
    proven = MatchOptions(proven=frozenset({paid}))
    found = outcome([booked("03-03", "-100", "V-1")], [paid], options=proven)
    assert (found.rules, found.reasons) == ([], [("duplicate", 1, 0)])


# --- What is nearly a match ---------------------------------------------------------------

NEARLY: dict[str, tuple[list[AccountLine], list[Movement], list[tuple[str, int, int]]]] = {
    "the second rent is late": (
        [booked("03-03", "-100", "R-1"), booked("03-30", "-100", "R-1")],
        [moved("03-02", "-100", "R-1"), moved("03-20", "-100", "R-1")],
        [("late", 1, 1)],
    ),
    "a payment of long before": (
        [booked("03-03", "-100")],
        [moved("01-05", "-100", "V-1")],
        [("missing-in-ledger", 1, 0)],
    ),
    "several vouchers, another sum": (
        [booked("03-03", "-108", text="V-1 V-2")],
        [moved("03-03", "-100", "V-1"), moved("03-03", "-7", "V-2")],
        [("ambiguous", 1, 2)],
    ),
    "a line of two rents, one of which is unpaid since before": (
        [booked("03-20", "-107", text="R-1 R-2")],
        [moved("03-05", "-100", "R-1"), moved("03-20", "-100", "R-1"), moved("03-20", "-7", "R-2")],
        [("ambiguous", 1, 3)],
    ),
    "an amount, while a line names one of two others": (
        [booked("03-02", "-100", "R-2"), booked("03-16", "-100")],
        [moved("03-02", "-100", "R-2"), moved("03-02", "-100", "R-2"), moved("03-13", "-100", "R-1")],
        [("ambiguous", 1, 1), ("ambiguous", 1, 2)],
    ),
    "a batch, too far apart": (
        [booked("03-12", "-107", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-02", "-7", "V-2", batch="B-1")],
        [("missing-in-bank", 0, 1), ("missing-in-bank", 0, 1), ("missing-in-ledger", 1, 0)],
    ),
    "a batch of another sum": (
        [booked("03-03", "-108", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-02", "-7", "V-2", batch="B-1")],
        [("missing-in-bank", 0, 1), ("missing-in-bank", 0, 1), ("missing-in-ledger", 1, 0)],
    ),
    "lines that cancel out, and nobody says why": (
        [booked("03-03", "-100", "V-1"), booked("03-03", "100", "V-1")],
        [],
        [("missing-in-ledger", 1, 0), ("missing-in-ledger", 1, 0)],
    ),
    "the id of another voucher": (
        [booked("03-03", "-100", "V-999")],
        [moved("03-03", "-100", "V-1")],
        [("missing-in-bank", 0, 1), ("missing-in-ledger", 1, 0)],
    ),
    "a number is no reference": (
        [booked("03-03", "-100", text="2026")],
        [moved("03-20", "-7", "2026", is_voucher=False)],
        [("missing-in-bank", 0, 1), ("missing-in-ledger", 1, 0)],
    ),
    "a month apart": (
        [booked("03-02", "-100"), booked("03-31", "-7")],
        [moved("03-31", "-100"), moved("03-02", "-7")],
        [("in-transit", 0, 1), ("missing-in-bank", 0, 1),
         ("missing-in-ledger", 1, 0), ("missing-in-ledger", 1, 0)],
    ),
    "two of them, all late": (
        [booked("03-16", "-100"), booked("03-17", "-100")],
        [moved("03-02", "-100"), moved("03-03", "-100")],
        [("missing-in-bank", 0, 1), ("missing-in-bank", 0, 1),
         ("missing-in-ledger", 1, 0), ("missing-in-ledger", 1, 0)],
    ),
    "an account without a statement, and a day after it": (
        [],
        [moved("03-02", "-100", account="Assets:Else"), moved("04-20", "-100", "V-1")],
        [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEARLY)
def test_what_nearly_agrees_is_no_match(name: str) -> None:
    lines, movements, reasons = NEARLY[name]
    found = outcome(lines, movements)
    assert sorted(found.reasons) == reasons


ANNOUNCED: dict[str, tuple[AccountLine, str]] = {
    "with its reference": (booked("03-03", "-100", "V-1"), "pending"),
    "by its amount": (booked("03-03", "-100"), "pending"),
    "of another amount": (booked("03-03", "-101", "V-1"), "missing-in-bank"),
    "of another voucher": (booked("03-03", "-100", "V-2"), "missing-in-bank"),
    "of a voucher that nobody knows": (booked("03-03", "-100", "V-999"), "missing-in-bank"),
}


@pytest.mark.parametrize("name", ANNOUNCED)
def test_a_payment_that_the_bank_only_announces(name: str) -> None:
    pending, reason = ANNOUNCED[name]
    found = outcome([], [moved("03-03", "-100", "V-1")], [pending], known=["V-2"])
    assert [each.reason for each in found.items] == [reason]
    assert found.items[0].lines == ((pending,) if reason == "pending" else ())

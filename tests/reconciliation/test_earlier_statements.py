"""One statement after another, each recorded before the next: what is proven stays proven."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Open, Posting, Transaction, new_metadata
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_voucher.directives.account_roles import Names
from beancount_voucher.reconciliation.ledger_side import RunningBalance
from beancount_voucher.reconciliation.reconcile import LedgerSide, reconcile
from beancount_voucher.reconciliation.to_directives import facts_of
from beancount_voucher.reconciliation.unique_pairs import DOUBT
from beancount_voucher.statements.statement import Balance, Statement, StatementLine
from tests.support import HAPPY, WORLD, code_of, load
from tests.support.bank_files import Entry, Sheet, camt, later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.reconciliation.items import Match
    from beancount_voucher.reconciliation.results import Reconciliation
    from tests.support.clerk import Clerk, Ran

ANN = "Assets:Ann:Iss"
RECORDED = ("--write", "--prepared-by", "Lin", "--reviewed-by", "Wang")
FULL = "100000.00"


def sheet(name: str, start: str, end: str, opening: str = FULL, *entries: Entry) -> Sheet:
    return Sheet(name, "1", f"2026-{start}", f"2026-{end}", opening, entries, held=None)


def spent(date: str, amount: str, text: str = "Shop", tags: str = "") -> str:
    """A transaction on Ann's account, as one writes it oneself."""
    return f'2026-{date} * "{text}" {tags}\n  {ANN}  {amount} CNY\n  Equity:Opening\n'


def run(clerk: Clerk, *sheets: Sheet, options: Sequence[str] = ()) -> Ran:
    """The command, on a file for each statement."""
    paths = []
    for each in sheets:
        path = clerk.folder / f"{each.id}.xml"
        path.write_text(camt(each), encoding="utf-8")
        paths.append(str(path))
    return clerk.run("reconcile", *paths, "--account", f"1={ANN}", *options)


def record(clerk: Clerk, *sheets: Sheet) -> None:
    """Reconcile, and record it."""
    ran = run(clerk, *sheets, options=RECORDED)
    assert ran.err.endswith(f"Wrote {clerk.path}.\n"), ran.err


def told(clerk: Clerk, *sheets: Sheet) -> tuple[int, list[str]]:
    """The exit status, and reason or rule of each item and match."""
    ran = run(clerk, *sheets, options=("--all", "--format", "json"))
    rows: list[Any] = json.loads(ran.out)["items"]
    return ran.status, list({row["item"]: row["status"] for row in rows}.values())


# --- Transactions that a recorded statement has proven ------------------------------------

LENT = spent("01-29", "-50.00", "Lent to Tom") + spent("01-30", "50.00", "Tom paid back")
JANUARY = sheet("J", "01-02", "01-31", FULL, Entry("01-29", "-50.00"), Entry("01-30", "50.00"))
FEBRUARY = sheet("F", "02-01", "02-28", FULL, Entry("02-02", "-50.00"), Entry("02-03", "50.00"))


def test_what_one_statement_has_proven_is_no_line_of_the_next(clerk: Clerk) -> None:
    clerk.write(LENT)
    record(clerk, JANUARY)
    said = '  transactions: "2026-01-29 -50.00 CNY; 2026-01-30 50.00 CNY"\n'
    assert said in clerk.path.read_text(encoding="utf-8")
    assert clerk.run("check").status == 0
    assert told(clerk, FEBRUARY) == (1, ["missing-in-ledger"] * 2)
    assert told(clerk, JANUARY) == (0, ["amount"] * 2)  # to look at it again is no other


def test_the_reference_of_what_is_proven_is_a_duplicate(clerk: Clerk) -> None:
    clerk.write(spent("01-29", "-50.00", tags="^RENT-1"))
    record(clerk, sheet("J", "01-02", "01-31", FULL, Entry("01-29", "-50.00", "RENT-1")))
    again = sheet("F", "02-01", "02-28", "99950.00", Entry("02-02", "-50.00", "RENT-1"))
    assert told(clerk, again) == (1, ["duplicate"])


def test_what_a_record_left_open_may_come_and_only_once(clerk: Clerk) -> None:
    clerk.write(spent("01-30", "-50.00") + spent("01-30", "-7.00"))
    record(clerk, sheet("J", "01-02", "01-31", FULL, Entry("01-30", "-7.00")))
    assert "in-transit Shop 2026-01-30 -50.00 CNY" in clerk.path.read_text(encoding="utf-8")
    monday = sheet("F1", "02-01", "02-02", "99993.00", Entry("02-02", "-50.00"))
    assert told(clerk, monday) == (0, ["amount"])
    record(clerk, monday)
    tuesday = sheet("F2", "02-03", "02-03", "99943.00", Entry("02-03", "-50.00"))
    assert told(clerk, tuesday) == (1, ["missing-in-ledger"])
    small = sheet("F2", "02-03", "02-03", "99943.00", Entry("02-03", "-7.00"))
    assert told(clerk, small) == (1, ["missing-in-ledger"])


@pytest.mark.parametrize("date", ["01-28", "01-30"])
def test_what_was_missing_at_the_bank_may_come_late(clerk: Clerk, date: str) -> None:
    clerk.write(spent(date, "-50.00", tags="^R-5") + spent("01-15", "-7.00"))
    record(clerk, sheet("J", "01-02", "01-31", FULL, Entry("01-15", "-7.00")))
    late = sheet("F", "02-01", "02-28", "99993.00", Entry("02-02", "-50.00", "R-5"))
    assert told(clerk, late) == (0, ["reference"])


def test_a_transaction_that_is_entered_after_the_record_may_come(clerk: Clerk) -> None:
    clerk.write(spent("01-29", "-7.00"))
    record(clerk, sheet("J", "01-02", "01-31", FULL, Entry("01-29", "-7.00")))
    clerk.append(spent("01-30", "-50.00", "The cheque that nobody wrote down"))
    february = sheet("F", "02-01", "02-28", "99993.00", Entry("02-03", "-50.00"))
    assert told(clerk, february) == (0, ["amount"])


def test_two_that_look_the_same_are_proven_both_or_none(clerk: Clerk) -> None:
    twice = spent("01-30", "-50.00", tags="^R-1") + spent("01-30", "-50.00", tags="^R-2")
    clerk.write(twice)
    record(clerk, sheet("J", "01-02", "01-31", FULL, Entry("01-30", "-50.00", "R-1")))
    february = sheet("F", "02-01", "02-02", "99950.00", Entry("02-02", "-50.00", "R-2"))
    assert told(clerk, february) == (0, ["reference"])
    record(clerk, february)
    unknown = sheet("F2", "02-03", "02-03", "99900.00", Entry("02-03", "-50.00"))
    assert told(clerk, unknown) == (1, ["missing-in-ledger"])


EARLY = {
    "a transaction": (spent("02-02", "-50.00"), Entry("01-30", "-50.00")),
    "a voucher": (HAPPY.replace("2026-03-06", "2026-04-01"), Entry("03-31", "-100.00", "V-1")),
}


@pytest.mark.parametrize("name", EARLY)
def test_what_the_bank_booked_before_the_ledger_is_done_with(clerk: Clerk, name: str) -> None:
    text, entry = EARLY[name]
    clerk.write(text)
    month = entry.date.month
    first = sheet("S1", f"{month:02}-02", f"{entry.date:%m-%d}", FULL, entry)
    record(clerk, first)
    next_day = entry.date + dt.timedelta(days=1)
    second = sheet("S2", f"{next_day:%m-%d}", f"{month + 1:02}-28", str(first.closes))
    assert told(clerk, second) == (0, [])


def test_the_statement_of_the_day_before_may_be_recorded_later(clerk: Clerk) -> None:
    clerk.write(spent("01-30", "-50.00"))
    record(clerk, sheet("D2", "02-03", "02-03", FULL, Entry("02-03", "-50.00")))
    assert told(clerk, sheet("D1", "02-02", "02-02")) == (0, [])
    unknown = sheet("D1", "02-02", "02-02", FULL, Entry("02-02", "-50.00"))
    assert told(clerk, unknown) == (1, ["missing-in-ledger"])


def test_a_statement_of_the_same_days_in_another_file_shows_its_lines_again(clerk: Clerk) -> None:
    clerk.write(LENT)
    record(clerk, JANUARY)
    assert told(clerk, replace(JANUARY, id="J-2")) == (0, ["amount"] * 2)


def test_a_balance_brought_forward_is_proven_too(clerk: Clerk) -> None:
    forward = WORLD.replace('2020-01-01 * "Opening', '2026-01-30 * "Opening')
    clerk.write("", world=forward.replace("  Assets:Bob:Iss   100000.00 CNY\n", ""))
    record(clerk, sheet("J", "01-02", "01-31"))
    february = sheet("F", "02-01", "02-28", FULL, Entry("02-02", FULL))
    assert told(clerk, february) == (1, ["missing-in-ledger"])


def test_another_currency_of_the_account_is_another_account(clerk: Clerk) -> None:
    clerk.write(LENT + LENT.replace("CNY", "USD"))
    record(clerk, JANUARY)
    dollars = replace(FEBRUARY, opening="0.00", currency="USD")
    assert told(clerk, dollars) == (0, ["amount"] * 2)  # they cancel out, and nothing else is known


# --- Records that name no transactions ----------------------------------------------------


def by_hand(**changed: str) -> str:
    """A record as somebody may have written it, of January."""
    terms = {
        "sha256": f'"{"0" * 64}"',
        "period-start": "2026-01-02",
        "closing": f"{FULL} CNY",
        "lines": "2",
        "matched": "2",
        "differences": "0",
        "prepared-by": '"Lin"',
        "reviewed-by": '"Wang"',
        **{key.replace("_", "-"): value for key, value in changed.items()},
    }
    said = "".join(f"  {key}: {value}\n" for key, value in terms.items())
    return f'2026-01-31 custom "voucher-reconciled" {ANN} "J"\n{said}'


UNNAMED = {
    "nothing is open, and the balance agrees": ({}, "", ["missing-in-ledger"] * 2),
    "it does not reach so far": ({"period_start": "2026-01-31"}, "", ["amount"] * 2),
    "something differs, and it does not say what": ({"differences": "1"}, "", ["amount"] * 2),
    "something is open": (
        {"open_items": '"in-transit Lent to Tom 2026-01-29 -50.00 CNY"'}, "", ["amount"] * 2
    ),
    "something was entered since": (
        {}, spent("01-15", "-7.00"), ["opening-differs", "amount", "amount"]
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNNAMED)
def test_a_record_without_names_proves_its_period_if_nothing_else_can_be(
    clerk: Clerk, name: str
) -> None:
    changed, more, expected = UNNAMED[name]
    clerk.write(LENT + more + by_hand(**changed))
    assert told(clerk, FEBRUARY)[1] == expected


# --- Gaps ---------------------------------------------------------------------------------

FIRST, THIRD = sheet("S1", "01-02", "01-31"), sheet("S3", "03-01", "03-31", "99900.00")


def test_a_gap_to_what_is_recorded_is_the_gap_of_one_run(clerk: Clerk) -> None:
    clerk.write(spent("02-10", "-100.00"))
    at_once = run(clerk, FIRST, THIRD)
    assert (at_once.status, code_of(at_once.err.splitlines()[0])) == (1, "gap")
    record(clerk, FIRST)
    before = clerk.path.read_bytes()
    alone = run(clerk, THIRD)
    text = "S3: it opens with 99900.00 CNY; S1 closed with 100000.00 on 2026-01-31 [gap]"
    assert (alone.status, alone.err.splitlines()[0]) == (1, f"{clerk.folder}/S3.xml: {text}")
    refused = run(clerk, THIRD, options=RECORDED)
    assert (refused.status, clerk.path.read_bytes()) == (3, before)
    second = sheet("S2", "02-01", "02-28", FULL, Entry("02-10", "-100.00"))
    record(clerk, second)
    assert told(clerk, THIRD) == (0, [])
    assert told(clerk, FIRST, THIRD)[0] == 0  # what lies between them is recorded


# --- No wrong match, ever -----------------------------------------------------------------

EMPTY_LEDGER = load("")
EMPTY = EMPTY_LEDGER.evaluation
MARCH, APRIL, END = dt.date(2026, 3, 2), dt.date(2026, 4, 1), dt.date(2026, 4, 30)
PAYMENTS = st.lists(
    st.tuples(
        st.integers(-20, 55),  # the ledger's day, from the first of the first statement
        st.sampled_from([-50, -50, 50, -7]),
        st.one_of(st.none(), st.integers(-3, DOUBT)),  # business days until booked, if it is
    ),
    max_size=14,
)


def transaction(number: int, date: dt.date, amount: int) -> Transaction:
    postings = [
        Posting(name, Amount(Decimal(sign * amount), "CNY"), None, None, None, None)
        for name, sign in ((ANN, 1), ("Expenses:X", -1))
    ]
    meta = new_metadata("l", number)
    return Transaction(meta, date, "*", None, f"{number}", frozenset(), frozenset(), postings)


def statement(
    name: str, start: dt.date, end: dt.date, booked: dict[int, StatementLine]
) -> Statement:
    """What the bank booked in these days; the number of a line is that of its transaction."""
    before = sum((each.amount for each in booked.values() if each.date < start), Decimal(0))
    lines = tuple(each for each in booked.values() if start <= each.date <= end)
    closing = before + sum((each.amount for each in lines), Decimal(0))
    return Statement(
        Path(name), name, "CSV", name, "1", "CNY", start, end,
        Balance(before, start), Balance(closing, end), None, lines,
    )  # fmt: skip


def true_pairs(found: Reconciliation) -> set[int]:
    """The numbers of what is matched, each with itself."""
    matches: list[Match] = [each for result in found.accounts for each in result.matches]
    for match in matches:
        numbers = [movement.entry.meta["lineno"] for movement in match.movements]
        assert [line.line.position for line in match.lines] in (numbers, [])
    return {line.line.position for match in matches for line in match.lines}


@settings(max_examples=400, deadline=None)
@given(PAYMENTS)
def test_of_two_statements_in_two_runs_every_match_is_the_true_one(
    payments: list[tuple[int, int, int | None]],
) -> None:
    entries: list[Any] = [Open(new_metadata("l", 0), dt.date(2020, 1, 1), ANN, [], None)]
    booked: dict[int, StatementLine] = {}
    for number, (day, amount, delay) in enumerate(payments, 1):
        date = MARCH + dt.timedelta(days=day)
        entries.append(transaction(number, date, amount))
        if delay is not None:
            booked[number] = StatementLine(number, later(date, delay), Decimal(amount))
    entries.sort(key=lambda each: each.date)
    books = LedgerSide(entries, EMPTY, Names(EMPTY_LEDGER.options), None)
    first = statement("S1", MARCH, APRIL - dt.timedelta(days=1), booked)
    proven = true_pairs(found := reconcile([first], books, {"1": ANN}))
    facts = list(facts_of(found, "Lin", "Wang", lambda _account, each: each.id))
    after = books._replace(evaluation=replace(EMPTY, reconciled=facts))
    second = reconcile([statement("S2", APRIL, END, booked)], after, {"1": ANN})
    assert second.flaws == ()
    again = true_pairs(second) | {
        movement.entry.meta["lineno"] for item in second.items for movement in item.movements
    }
    twins = {
        number
        for number, (day, amount, _) in enumerate(payments, 1)
        if sum(other[:2] == (day, amount) for other in payments) > 1
    }
    assert not again & proven - twins


@given(st.lists(st.tuples(st.integers(0, 9), st.decimals(-99, 99, places=2))), st.integers(-1, 10))
def test_a_balance_is_the_sum_of_what_came_before(
    changes: list[tuple[int, Decimal]], day: int
) -> None:
    balance, changes = RunningBalance(), sorted(changes)
    for each, number in changes:
        balance.change(MARCH + dt.timedelta(days=each), number)
    date = MARCH + dt.timedelta(days=day)
    before = sum((number for each, number in changes if each < day), Decimal(0))
    after = sum((number for each, number in changes if each <= day), Decimal(0))
    assert (str(balance.before(date)), str(balance.after(date))) == (str(before), str(after))

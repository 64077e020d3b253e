"""What is said of one line: which rules were tried, and what each of them found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beancount_voucher.reconciliation.explain import Step, explained, lines_of
from beancount_voucher.reconciliation.match_rules import match
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.open_items import OpenItems
from beancount_voucher.reconciliation.reasons import ITEM_REASONS, MATCH_RULES
from beancount_voucher.reconciliation.results import AccountResult, Reconciliation
from tests.support.bank_sides import FIRST, HERE, LAST, THERE, booked, moved

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_voucher.reconciliation.items import AccountLine, Movement

PERIODS = {
    (account, currency): (FIRST, LAST) for account in (HERE, THERE) for currency in ("CNY", "USD")
}


def reconciliation(
    lines: Sequence[AccountLine],
    movements: Sequence[Movement],
    known: Iterable[str] = (),
    proven: Iterable[Movement] = (),
) -> Reconciliation:
    """Everything of some lines and movements, as one account."""
    names = {name for each in movements for name in each.references}.union(known)
    options = MatchOptions(on_credit=frozenset({"C-1"}), proven=frozenset(proven))
    matching = match(lines, movements, names, PERIODS, options)
    items = OpenItems(matching, [], {}).items()
    zero = FIRST.replace(day=1), LAST
    account = AccountResult(
        HERE, "CNY", (), *zero, None, None, ZERO, ZERO, tuple(matching.matches), tuple(items), ()
    )
    return Reconciliation((account,), (), (), matching)


ZERO = booked("03-01", "0").amount

# Lines, of which the first is asked about; movements; what each rule found, and what is open.
SAID: dict[str, tuple[list[AccountLine], list[Movement], list[str]]] = {
    "by reference": (
        [booked("03-03", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        ["reference matched: V-1 of 2026-03-02, -100 CNY"],
    ),
    "by amount": (
        [booked("03-03", "-100")],
        [moved("03-02", "-100", "V-1")],
        [
            "reference no: it names nothing that the ledger knows",
            "contra no: it names no one thing alone",
            "batch no: nothing open of the ledger shares a batch with it",
            "amount matched: V-1 of 2026-03-02, -100 CNY",
        ],
    ),
    "taken back": (
        [booked("03-03", "-100", "V-1"), booked("03-05", "100", "V-1", reversal=True)],
        [moved("03-02", "-100", "V-1")],
        ["contra matched: entry {1} of 2026-03-05, 100 CNY"],
    ),
    "drawn and paid on": (
        [booked("03-03", "-100", "C-1"), booked("03-03", "100", "C-1")],
        [],
        [
            "reference no: nothing on this account moves under C-1",
            "contra matched: entry {1} of 2026-03-03, 100 CNY",
        ],
    ),
    "of a batch": (
        [booked("03-03", "-107", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-03", "-7", "V-2", batch="B-1")],
        [
            "reference no: it names nothing that the ledger knows",
            "contra no: it names no one thing alone",
            "batch matched: V-1 of 2026-03-02, -100 CNY; V-2 of 2026-03-03, -7 CNY",
        ],
    ),
    "another sum of a batch": (
        [booked("03-03", "-108", batch="B-1")],
        [moved("03-02", "-100", "V-1", batch="B-1"), moved("03-03", "-7", "V-2", batch="B-1")],
        [
            "reference no: it names nothing that the ledger knows",
            "contra no: it names no one thing alone",
            "batch no: B-1: 2 movements, -107 CNY in all",
            "amount no: nothing of -108 CNY is open in the ledger around these days",
            "missing-in-ledger open: ",
        ],
    ),
    "another amount, and a second line": (
        [booked("03-03", "-101", "V-1"), booked("03-03", "101", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [
            "reference no: V-1 of 2026-03-02, -100 CNY: the amount differs by -1",
            "contra no: entry {1} of 2026-03-03, 101 CNY: nothing says that one takes the other back",
            "batch no: V-1: 1 movement, -100 CNY in all",
            "amount no: what it names decides, V-1",
            "amount-differs open: by -1 CNY; V-1 of 2026-03-02, -100 CNY",
        ],
    ),
    "another currency": (
        [booked("03-03", "-100", "V-1", currency="USD")],
        [moved("03-02", "-100", "V-1")],
        [
            "reference no: V-1 of 2026-03-02, -100 CNY: another currency",
            "contra no: no line of V-1 takes -100 USD back",
            "batch no: nothing open of the ledger shares a batch with it",
            "amount no: what it names decides, V-1",
            "currency-differs open: USD for CNY; V-1 of 2026-03-02, -100 CNY",
        ],
    ),
    "another account": (
        [booked("03-03", "-100", "V-1", account=THERE)],
        [moved("03-02", "-100", "V-1")],
        [
            f"reference no: nothing on this account moves under V-1; {HERE} has V-1 of 2026-03-02, "
            "-100 CNY",
            "contra no: no line of V-1 takes -100 CNY back",
            "batch no: nothing open of the ledger shares a batch with it",
            "amount no: what it names decides, V-1",
            f"wrong-account open: the ledger has it on {HERE}; V-1 of 2026-03-02, -100 CNY",
        ],
    ),
    "late": (
        [booked("03-12", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [
            "reference no: V-1 of 2026-03-02, -100 CNY: 8 business days apart",
            "contra no: no line of V-1 takes -100 CNY back",
            "batch no: V-1: 1 movement, -100 CNY in all",
            "amount no: what it names decides, V-1",
            "late open: the reference agrees; V-1 of 2026-03-02, -100 CNY",
        ],
    ),
    "a second time": (
        [booked("03-04", "-100", "V-1"), booked("03-02", "-100", "V-1")],
        [moved("03-02", "-100", "V-1")],
        [
            "reference no: V-1 of 2026-03-02, -100 CNY: matched with entry {1} of 2026-03-02, "
            "-100 CNY",
            "contra no: no line of V-1 takes -100 CNY back",
            "batch no: nothing open of the ledger shares a batch with it",
            "amount no: what it names decides, V-1",
            "duplicate open: V-1 is matched already",
        ],
    ),
    "a rent, and nothing tells which": (
        [booked("03-03", "-100", "R-1")],
        [moved("03-02", "-100", "R-1", is_voucher=False) for _ in range(4)],
        [
            "reference no: "
            + "premium of 2026-03-02, -100 CNY: other lines or movements of this reference fit as well; " * 3
            + "and 1 more",
            "contra no: no line of R-1 takes -100 CNY back",
            "batch no: R-1: 4 movements, -400 CNY in all",
            "amount no: what it names decides, R-1",
            "ambiguous open: its reference stands for 4 movements; "
            + "premium of 2026-03-02, -100 CNY; " * 3 + "and 1 more",
        ],
    ),
    "several vouchers, another sum": (
        [booked("03-03", "-108", text="V-1 V-2")],
        [moved("03-03", "-100", "V-1"), moved("03-03", "-7", "V-2")],
        [
            "reference no: it names V-1, V-2: of several, none is matched alone",
            "contra no: it names no one thing alone",
            "batch no: V-1, V-2 come to -107 CNY",
            "amount no: what it names decides, V-1, V-2",
            "ambiguous open: it names V-1, V-2, and is not their sum; V-1 of 2026-03-03, -100 CNY; "
            "V-2 of 2026-03-03, -7 CNY",
        ],
    ),
    "several vouchers, one of them unsettled": (
        [booked("03-20", "-107", text="V-1 C-1")],
        [moved("03-20", "-7", "V-1")],
        [
            "reference no: it names C-1, V-1: of several, none is matched alone",
            "contra no: it names no one thing alone",
            "batch no: 0 movements of C-1 within 15 business days",
            "amount no: what it names decides, C-1, V-1",
            "ambiguous open: it names C-1, V-1, and is not their sum; V-1 of 2026-03-20, -7 CNY",
        ],
    ),
    "several vouchers, one of them long ago": (
        [booked("03-20", "-107", text="V-1 V-2")],
        [moved("03-03", "-100", "V-1"), moved("03-20", "-7", "V-2")],
        [
            "reference no: it names V-1, V-2: of several, none is matched alone",
            "contra no: it names no one thing alone",
            "batch no: V-1 of 2026-03-03, -100 CNY: 13 business days apart",
            "amount no: what it names decides, V-1, V-2",
            "ambiguous open: it names V-1, V-2, and is not their sum; V-1 of 2026-03-03, -100 CNY; "
            "V-2 of 2026-03-20, -7 CNY",
        ],
    ),
}  # fmt: skip

BY_AMOUNT: dict[str, tuple[list[AccountLine], list[Movement], str]] = {
    "too far apart": (
        [booked("03-12", "-100")],
        [moved("03-02", "-100", "V-1")],
        "V-1 of 2026-03-02, -100 CNY: 8 business days apart",
    ),
    "several": (
        [booked("03-03", "-100")],
        [moved("03-02", "-100", "V-1"), moved("03-03", "-100", is_voucher=False)],
        "several fit: V-1 of 2026-03-02, -100 CNY; premium of 2026-03-03, -100 CNY",
    ),
    "an older one": (
        [booked("03-16", "-100")],
        [moved("03-16", "-100", "V-1"), moved("03-05", "-100", "V-2")],
        "V-1 of 2026-03-16, -100 CNY fits, but within 15 business days there is also "
        "the ledger's V-2 of 2026-03-05, -100 CNY",
    ),
    "a later line": (
        [booked("03-03", "-100"), booked("03-04", "-100")],
        [moved("03-03", "-100", "V-1")],
        "V-1 of 2026-03-03, -100 CNY fits, but within 15 business days there is also "
        "the bank's entry {1} of 2026-03-04, -100 CNY",
    ),
    "perhaps another voucher": (
        [booked("03-03", "-100", "V-999")],
        [moved("03-03", "-100", "V-1")],
        "its end-to-end id V-999 may be that of another voucher",
    ),
}


def said(steps: Sequence[Step]) -> list[str]:
    return [
        f"{each.rule} {each.outcome}: {each.text}" for each in steps if each.outcome != "not tried"
    ]


def with_numbers(text: str, lines: Sequence[AccountLine]) -> str:
    """A text with the numbers that the lines really have."""
    return text.format(*(each.line.position for each in lines))


@pytest.mark.parametrize("name", SAID)
def test_what_each_rule_found(name: str) -> None:
    lines, movements, expected = SAID[name]
    steps = explained(reconciliation(lines, movements, ["C-1"]), lines[0])
    assert said(steps) == [with_numbers(each, lines) for each in expected]


@pytest.mark.parametrize("name", BY_AMOUNT)
def test_why_an_amount_alone_does_not_do(name: str) -> None:
    lines, movements, expected = BY_AMOUNT[name]
    steps = explained(reconciliation(lines, movements), lines[0])
    [text] = [each.text for each in steps if each.rule == "amount"]
    assert text == with_numbers(expected, lines)


def test_what_an_earlier_statement_has_proven_is_said() -> None:
    paid, line = moved("03-02", "-100", "V-1"), booked("03-03", "-100", "V-1")
    [first, *_] = explained(reconciliation([line], [paid], proven=[paid]), line)
    assert first.text == "V-1 of 2026-03-02, -100 CNY: an earlier statement has proven it"


def test_an_entry_is_found_by_its_number_and_its_statement() -> None:
    line = booked("03-03", "-100", "V-1")
    found = reconciliation([line], [])
    number = line.line.position
    for statement in ("", "S", "s.xml"):
        assert lines_of(found, statement, number) == [line]
    assert lines_of(found, "other", number) == lines_of(found, "", number + 1) == []


NAMES = st.sampled_from(["V-1", "R-1", "R-2", "C-1"])
DAYS = st.integers(1, 31).map("03-{:02}".format)
AMOUNTS = st.sampled_from(["-1", "-2", "1", "3"])
LINES = st.builds(
    booked,
    DAYS,
    AMOUNTS,
    st.none() | NAMES | st.just("V-9"),
    account=st.sampled_from([HERE, THERE]),
    currency=st.sampled_from(["CNY", "CNY", "USD"]),
    reversal=st.booleans(),
    batch=st.none() | st.just("B-1"),
    text=st.sampled_from(["", "R-1 R-2"]),
)
MOVEMENTS = st.builds(
    lambda date, amount, names, **more: moved(date, amount, *names, **more),
    DAYS,
    AMOUNTS,
    st.lists(NAMES, max_size=2, unique=True),
    account=st.sampled_from([HERE, THERE]),
    batch=st.none() | st.just("B-1"),
    is_voucher=st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, min_size=1, max_size=8), st.lists(MOVEMENTS, max_size=8))
def test_each_line_is_matched_by_one_rule_or_open_for_one_reason(
    lines: list[AccountLine], movements: list[Movement]
) -> None:
    found = reconciliation(lines, movements, ["C-1"])
    matched = {line: one.rule for one in found.matching.matches for line in one.lines}
    for line in lines:
        steps = explained(found, line)
        assert [each.rule for each in steps if each.outcome == "matched"] == (
            [matched[line]] if line in matched else []
        )
        opened = [each.rule for each in steps if each.outcome == "open"]
        assert len(opened) == (line not in matched)
        assert {each.rule for each in steps} <= MATCH_RULES.keys() | ITEM_REASONS.keys()
        assert all(each.text for each in steps if each.outcome in ("no", "matched"))

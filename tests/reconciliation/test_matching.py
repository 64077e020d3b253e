"""No wrong match, ever: quarters of identical premiums whose references are partly missing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

from beancount.core.data import Transaction, new_metadata
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from beancount_voucher.reconciliation.items import AccountLine, Movement
from beancount_voucher.reconciliation.match_rules import match
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.unique_pairs import DOUBT
from beancount_voucher.statements.statement import Statement, StatementLine
from tests.support.bank_files import later

START, END = dt.date(2026, 1, 1), dt.date(2026, 3, 31)
ACCOUNT = "Assets:Ann:Iss"
STATEMENT = Statement(
    Path("s"), "", "camt.053", "S", "A", "CNY", START, END, None, None, None, lines=()
)

PREMIUMS = st.lists(
    st.tuples(
        st.integers(-30, 95),  # the ledger's day, from the first of the period
        st.sampled_from(["100.00", "12.50"]),
        st.one_of(st.none(), st.integers(-3, DOUBT)),  # business days until booked, if it is
        st.sampled_from(["whole", "cut", "text", "missing", "missing"]),
    ),
    max_size=25,
)


@settings(max_examples=400, deadline=None)
@example([(-3, "12.50", 6, "missing"), (5, "12.50", None, "missing")])
@example([(-8, "12.50", 9, "missing"), (5, "12.50", None, "missing")])
@given(PREMIUMS)
def test_a_match_made_is_the_true_one(premiums: list[tuple[int, str, int | None, str]]) -> None:
    movements, lines, truth = [], [], {}
    for number, (day, amount, delay, how) in enumerate(premiums):
        name = f"PREMIUM-2026-Q1-{number:02}"
        date = START + dt.timedelta(days=day)
        entry = Transaction(
            new_metadata("l", number), date, "*", None, name, frozenset(), frozenset(), []
        )
        movement = Movement(
            ACCOUNT, date, -Decimal(amount), "CNY", frozenset({name}), None, name, "settle", entry
        )
        movements.append(movement)
        booked = None if delay is None else later(date, delay)
        if booked is not None and START <= booked <= END:
            cut = (name[:16],) if how == "cut" else ()
            text = f"premium {name}" if how == "text" else "premium"
            printed = StatementLine(
                number, booked, -Decimal(amount), name if how == "whole" else None, cut,
                text=text, cut=cut,
            )  # fmt: skip
            lines.append(AccountLine(ACCOUNT, STATEMENT, printed))
            truth[number] = movement
    known = {name for each in movements for name in each.references}
    matching = match(lines, movements, known, {(ACCOUNT, "CNY"): (START, END)}, MatchOptions())
    for found in matching.matches:
        [paid], [moved] = found.lines, found.movements
        assert truth[paid.line.position] is moved
    matched = sum(len(each.lines) for each in matching.matches)
    share = f"{10 * matched // len(lines) * 10} %" if lines else "no lines"
    event(f"matched of the lines, at least: {share}")

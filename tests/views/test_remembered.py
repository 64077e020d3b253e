"""The register out of the index: day after day what the vouchers say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.tables import in_format
from beancount_voucher.ledger import index
from beancount_voucher.ledger.loader import load_facts
from beancount_voucher.views.columns import columns_of, values_of
from beancount_voucher.views.register import REGISTER, rows
from beancount_voucher.views.remembered import Register, of_remembered
from tests.support import DUE, HAPPY, LINES, event, issue

if TYPE_CHECKING:
    from beancount_voucher.ledger.index_part import Remembered
    from tests.support.clerk import Clerk

pytestmark = pytest.mark.usefixtures("cache")

COLUMNS = columns_of(REGISTER, "data")
KEYS = [column.key for column in COLUMNS]
EVERYTHING = (
    DUE
    + HAPPY
    + LINES.replace("Ann", "Bob")
    + issue("W-1", "99.50 CNY", funding='"credit"', policyholder='"Bob"', draws='"multiple"')
    + event("amend", "2026-03-04", "1", "120.00 CNY", voucher="W-1")
    + issue("W-2", product='"=formula"', refund_by="2026-12-31")
    + event("accept", "2026-03-09", voucher="W-3")
)


def days(first: str, last: str) -> list[dt.date]:
    since = dt.date.fromisoformat(first)
    return [
        since + dt.timedelta(each) for each in range((dt.date.fromisoformat(last) - since).days)
    ]


def recalled(clerk: Clerk) -> Remembered:
    known = index.recall(clerk.path)
    assert known is not None
    return known


def is_right(clerk: Clerk, found: Register, day: dt.date) -> bool:
    expected = values_of(COLUMNS, rows(load_facts(clerk.path).evaluation, day))
    of_rows = values_of(list(map(of_remembered, COLUMNS)), list(found.rows()))
    assert of_rows == expected, day
    assert [list(map(_type, row)) for row in of_rows] == [list(map(_type, row)) for row in expected]
    for style in ("csv", "json"):
        assert in_format(style, KEYS, of_rows, ()) == in_format(style, KEYS, expected, ())
    assert found.as_csv() == in_format("csv", KEYS, expected, ())
    return True


def _type(cell: object) -> type:
    """A state is a text."""
    return str if isinstance(cell, str) else type(cell)


@pytest.mark.parametrize("step", [1, -1, 7])
def test_day_after_day(clerk: Clerk, step: int) -> None:
    """What holds no more is found anew, and kept, whatever order the days are asked for."""
    found = index.found(load_facts(clerk.write(EVERYTHING).path))
    assert found is not None
    index.keep(found)
    for day in days("2026-02-28", "2026-05-09")[::step]:
        known = recalled(clerk)
        assert is_right(clerk, Register(known, day), day)
        index.keep(known)
        again = recalled(clerk)
        assert is_right(clerk, Register(again, day), day)
        assert again.is_kept


def test_of_what_was_found_just_now(clerk: Clerk) -> None:
    ledger = load_facts(clerk.write(EVERYTHING).path)
    known = index.found(ledger)
    assert known is not None
    day = dt.date(2026, 3, 20)
    assert is_right(clerk, Register(known, day, ledger.evaluation), day)
    index.keep(known)
    assert is_right(clerk, Register(recalled(clerk), day), day)


def test_after_an_append_the_others_are_as_they_were(clerk: Clerk) -> None:
    ledger = load_facts(clerk.write(EVERYTHING).path)
    known = index.found(ledger)
    assert known is not None
    day = dt.date(2026, 6, 1)
    Register(known, day, ledger.evaluation)
    index.keep(known)
    clerk.append(event("void", "2026-06-01", voucher="A-LATE", reason='"not-accepted"'))
    known = recalled(clerk)
    assert is_right(clerk, Register(known, day), day)


def test_without_any_voucher(clerk: Clerk) -> None:
    known = index.found(load_facts(clerk.write("").path))
    assert known is not None
    assert is_right(clerk, Register(known, dt.date(2026, 3, 1)), dt.date(2026, 3, 1))


def test_a_row_knows_what_programs_know_and_no_more(clerk: Clerk) -> None:
    known = index.found(load_facts(clerk.write(issue()).path))
    assert known is not None
    (row,) = Register(known, dt.date(2026, 3, 4)).rows()
    assert row.parties == ("Ann", "Iss", "Acc", "Ins")
    assert row.accept_by == dt.date(2026, 3, 5)
    assert row.cells[0] == "V-1"
    with pytest.raises(AttributeError):
        row.days_open  # noqa: B018

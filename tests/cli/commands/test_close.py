"""`close`: a period is closed on its last day, and not before."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.commands import record
from beancount_voucher.cli.periods import last_day
from tests.support import HAPPY

if TYPE_CHECKING:
    from tests.support.clerk import Clerk


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "today", lambda: dt.date(2026, 10, 1))


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2026-09", "2026-09-30"), ("2026-02", "2026-02-28"), ("2028-02", "2028-02-29"),
        ("2026-12", "2026-12-31"), ("2026-Q1", "2026-03-31"), ("2026-Q4", "2026-12-31"),
        ("2026", "2026-12-31"), ("9999", "9999-12-31"), ("0000", None), ("0000-01", None),
        ("2026-00", None), ("2026-13", None), ("2026-Q5", None), ("2026-9", None),
        ("spring", None), ("", None), ("2026-09-01", None),
    ],
)  # fmt: skip
def test_the_last_day_of_a_period(period: str, expected: str | None) -> None:
    assert last_day(period) == (expected and dt.date.fromisoformat(expected))


CLOSED = {
    "close 2026-09": '2026-09-30 custom "voucher-close" "2026-09"\n',
    "close 2026-Q3": '2026-09-30 custom "voucher-close" "2026-Q3"\n',
    "close 2025": '2025-12-31 custom "voucher-close" "2025"\n',
    "close 2026-09 --date 2026-09-30": '2026-09-30 custom "voucher-close" "2026-09"\n',
    "close spring --date 2026-05-15": '2026-05-15 custom "voucher-close" "spring"\n',
    "close today --date 2026-10-01": '2026-10-01 custom "voucher-close" "today"\n',
}


@pytest.mark.parametrize("asked", CLOSED)
def test_a_period_is_closed_on_its_last_day(asked: str, clerk: Clerk) -> None:
    ran = clerk.write(HAPPY).run(*asked.split())
    assert (ran.status, ran.out) == (0, CLOSED[asked])


REFUSED = {
    "close 2026-10": "2026-10 has not ended: 2026-10-31 is still to come",
    "close 2026": "2026 has not ended: 2026-12-31 is still to come",
    "close spring --date 2026-10-02": "spring has not ended: 2026-10-02 is still to come",
    "close spring": "spring is no month, quarter or year; expected a period such as 2026-09, 2026-Q3 or 2026, or --date",
    "close 2026-09 --date 2026-10-01": "2026-09 ends on 2026-09-30, and not on 2026-10-01; expected no --date",
}


@pytest.mark.parametrize("asked", REFUSED)
@pytest.mark.parametrize(("more", "status"), [((), 1), (("--write",), 3)])
def test_what_is_not_closed(asked: str, more: tuple[str, ...], status: int, clerk: Clerk) -> None:
    before = clerk.write(HAPPY).files()
    ran = clerk.run(*asked.split(), *more)
    assert (ran.status, ran.out) == (status, "")
    assert f"refused: {REFUSED[asked]}" in ran.err
    assert clerk.files() == before

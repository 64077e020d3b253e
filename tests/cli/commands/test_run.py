"""The day's run over random ledgers: nothing twice, and catching up comes to the same.

Where the manual (daily-run) makes a decision independent of the day of the run (a void for lateness
is dated the day after its deadline), runs on any days in any order must come to what one
run on the last day writes; every other decision is made on the first day that it is due.
"""

from __future__ import annotations

import datetime as dt
import json
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import LINES, event, issue, load_path
from tests.support.clerk import Clerk

FIRST = dt.date(2026, 3, 1)
DAYS = st.integers(0, 40).map(lambda number: FIRST + dt.timedelta(days=number))


@st.composite
def vouchers(draw: st.DrawFn) -> str:
    """Vouchers that get some way in their life, and then wait for somebody to decide."""
    text = LINES
    for number in range(draw(st.integers(1, 5))):
        name = f"V-{number}"
        issued = FIRST + dt.timedelta(days=draw(st.integers(0, 10)))
        accept_by = issued + dt.timedelta(days=draw(st.integers(0, 5)))
        apply_by = accept_by + dt.timedelta(days=draw(st.integers(0, 10)))
        text += issue(
            name,
            "50.00 CNY",
            str(issued),
            accept_by=str(accept_by),
            apply_by=str(apply_by),
            funding=draw(st.sampled_from(['"cash"', '"credit"'])),
            on_unmet=draw(st.sampled_from([None, '"represent"'])),
            requires_policy=draw(st.sampled_from([None, "TRUE"])),
            not_before=draw(st.sampled_from([None, str(apply_by)])),
        )
        reached = draw(st.sampled_from(["issue", "accept", "apply", "apply", "return"]))
        if reached != "issue":
            text += event("accept", str(issued), voucher=name)
        if reached in ("apply", "return"):
            policy = {"policy": '"P"'} if draw(st.booleans()) else {}
            text += event("apply", str(accept_by), voucher=name, **policy)
        if reached == "return":
            text += event("return", str(apply_by), voucher=name)
    if draw(st.booleans()):
        text += f'{draw(DAYS)} custom "voucher-close" "period"\n'
    return text


def _decided(clerk: Clerk) -> dict[str, tuple[str, str | None, str]]:
    """Each voucher that is decided: its end, the reason, the day that the decision bears."""
    ended = {}
    for voucher in load_path(clerk.path).evaluation.vouchers.values():
        last = voucher.last("settle") or voucher.last("void")
        if last is not None:
            ended[voucher.id] = (
                str(voucher.status.state),
                voucher.status.reason,
                str(last.date),
            )
    return ended


LATE = ("not-accepted", "no-application")


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ledger=vouchers(), days=st.lists(DAYS, min_size=1, max_size=5))
def test_runs_on_any_days_in_any_order(ledger: str, days: list[dt.date]) -> None:
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        once, often = Clerk(Path(one)).write(ledger), Clerk(Path(many)).write(ledger)
        assert once.run("run", "--as-of", str(max(days)), "--write").status == 0
        for day in days:
            assert often.run("run", "--as-of", str(day), "--write").status == 0
            before = often.files()
            assert often.run("run", "--as-of", str(day), "--write").status == 0
            assert often.files() == before  # never anything twice
        last, early = _decided(once), _decided(often)
        assert load_path(often.path).errors == []
        # All that is decided by the last day is decided, whatever the days before it.
        assert set(last) == set(early)
        for voucher, (state, reason, date) in last.items():
            if reason in LATE:
                assert early[voucher] == (state, reason, date)
            else:
                assert early[voucher][2] <= date
        left = often.run("run", "--as-of", str(max(days)), "--format", "json")
        assert json.loads(left.out) == []

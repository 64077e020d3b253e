"""In random lives, the roll-forward of any two days adds up to what the accounts say."""

from __future__ import annotations

import datetime as dt
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.views.period import Span, roll_forward, rows
from tests.support import load
from tests.support.frozen import frozen
from tests.support.instrument_stories import story
from tests.support.profiles import effort

_DAY = dt.timedelta(days=1)


@effort(40)
@given(st.integers(0, 2**32), st.data())
def test_a_roll_forward_is_what_the_accounts_say_on_both_its_ends(
    seed: int, data: st.DataObject
) -> None:
    told = story(Random(seed))  # noqa: S311
    ledger = load(told.text(), plugin="", world="")
    days = sorted({each.date for each in told.whole.said})
    first, last = sorted((data.draw(st.sampled_from(days)), data.draw(st.sampled_from(days))))
    found = rows(ledger.evaluation, Span(first, last))
    for line, day in (("opening", first), ("closing", last + _DAY)):
        said = {(each.funding, each.currency): each.sums[line] for each in roll_forward(found)}
        assert {key: number for key, number in said.items() if number} == frozen(
            ledger.entries, day
        ), (line, day, told.text())
    for each in found:
        assert each.closing == each.row.status.held + each.row.status.offered
        paid = [
            event
            for event in ledger.evaluation.vouchers[each.row.id].events
            if event.kind == "settle" and first <= event.date <= last
        ]
        assert each.counts.get("paid", 0) == len(paid)

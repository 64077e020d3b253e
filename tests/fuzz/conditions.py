"""Settlement conditions: any value, any evidence, any events."""

from __future__ import annotations

import datetime as dt
from typing import Any

from beancount.core.amount import Amount
from beancount.core.data import ALL_DIRECTIVES, Event
from hypothesis import strategies as st

from beancount_voucher.conditions import BUILT_IN, Case, Condition, EventDirectives, Verdict
from tests.fuzz.target import Target

_TEXTS = st.one_of(
    st.sampled_from(["a", "b", "=", ";", "a=b", "a=b;c=d", "a==b", " a = b ", "exact", "sha256:" + "0" * 64, "TRUE"]),
    st.text(max_size=20),
    st.lists(st.sampled_from(["a", "b", "=", ";", " ", "\n"]), max_size=12).map("".join),
)  # fmt: skip
_DATES = st.one_of(st.dates(), st.sampled_from([dt.date.min, dt.date.max]))
_VALUES = st.one_of(
    _TEXTS, _DATES, st.booleans(), st.none(), st.decimals(), st.integers(),
    st.builds(Amount, st.one_of(st.none(), st.decimals()), st.just("CNY")),
)  # fmt: skip
_MONEY = st.decimals(allow_nan=False, allow_infinity=False)
_EVENTS = st.lists(
    st.builds(Event, st.just({}), _DATES, st.sampled_from(["a", "b", ""]), _TEXTS), max_size=4
)
_CASES = st.builds(
    Case,
    date=_DATES,
    premium=_MONEY,
    applied=st.one_of(st.none(), _MONEY),
    settling=st.one_of(st.none(), _MONEY),
    evidence=st.dictionaries(st.sampled_from(["policy", "code", "document"]), _TEXTS),
    signals=_EVENTS.map(EventDirectives),
)


def assert_judged(key: str, condition: Condition, value: Any, case: Case) -> None:
    """A value is refused with what was expected, or judged; the same each time."""
    expected = condition.expected(value)
    assert expected == condition.expected(value)
    if expected is not None:
        assert expected.isprintable(), key
        assert expected, key
        return
    verdict = condition.judge(value, case)
    assert isinstance(verdict, Verdict), key
    assert verdict.outcome in ("met", "unmet", "waiting"), key
    assert verdict.reason, key
    assert verdict == condition.judge(value, case)
    assert all(isinstance(each, ALL_DIRECTIVES) for each in condition.evidence(value, case)), key
    assert all(condition.events(value)), key
    if case.applied is None and key != "requires-event":  # money never moves unasked
        assert key == "not-before" or verdict.outcome == "unmet", key


def check_condition(given: tuple[str, Any, Case]) -> None:
    key, value, case = given
    assert_judged(key, BUILT_IN[key], value, case)


_DRAWN = st.tuples(st.sampled_from(sorted(BUILT_IN)), _VALUES, _CASES)
_RIGHT = st.tuples(
    st.just("requires-event"), st.sampled_from(["a=b", "a=b;b=a", "a=;=b", "a=b=c"]), _CASES
)

TARGETS = (Target("conditions", st.one_of(_DRAWN, _RIGHT), check_condition, 300),)

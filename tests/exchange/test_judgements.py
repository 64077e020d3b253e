"""What others have decided, and we would have decided otherwise."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from beancount_voucher.directives.money import Money
from beancount_voucher.exchange.judgements import judged_differently, refused_by_other, unreturned
from beancount_voucher.exchange.positions import Comparison, Position, PositionList
from beancount_voucher.exchange.sending import Spoken
from tests.support import ACCEPT, APPLY, event, issue
from tests.support.talk import book

_FROM = '  message: "{} {} {}"\n'


def _from_issuer(text: str, number: int = 1) -> str:
    return text + _FROM.format("Iss", "Acc", number)


def _issued(**terms: str) -> str:
    return _from_issuer(issue(funding=None, **terms))


_SETTLE = _from_issuer(event("settle", "2026-03-06"))
_VOID = _from_issuer(event("void", "2026-03-06", reason='"conditions-unmet"'))
_POLICY = {"requires_policy": "TRUE"}
_EVENT = {"requires_event": '"shipped=yes"'}
_SHIPPED = '2026-03-{} event "shipped" "{}"\n'
_WITH_POLICY = event("apply", "2026-03-05", policy='"P-1"')

JUDGED: dict[str, tuple[str, list[str]]] = {
    "settled, and unmet here": (_issued(**_POLICY) + ACCEPT + APPLY + _SETTLE, ["V-1: settle of 2026-03-06; here it is unmet (requires-policy: the application names no policy)"]),
    "settled, and met here": (_issued(**_POLICY) + ACCEPT + _WITH_POLICY + _SETTLE, []),
    "settled without conditions": (_issued() + ACCEPT + APPLY + _SETTLE, []),
    "settled, and waiting here": (_issued(not_before="2026-03-20") + ACCEPT + APPLY + _SETTLE, ["V-1: settle of 2026-03-06; here it is waiting (not-before: not before 2026-03-20)"]),
    "settled, and nothing is known here": (_issued(**_EVENT) + ACCEPT + APPLY + _SETTLE, []),
    "settled, and known otherwise": (_issued(**_EVENT) + _SHIPPED.format("05", "no") + ACCEPT + APPLY + _SETTLE, ['V-1: settle of 2026-03-06; here it is unmet (requires-event: event "shipped" is "no" since 2026-03-05, not "yes")']),
    "settled, and known so": (_issued(**_EVENT) + _SHIPPED.format("05", "yes") + ACCEPT + APPLY + _SETTLE, []),
    "of a condition that nobody knows here": (_issued(requires_moonlight='"full"') + ACCEPT + APPLY + _SETTLE, []),
    "voided, and met here": (_issued(**_POLICY) + ACCEPT + _WITH_POLICY + _VOID, ["V-1: void of 2026-03-06; here it is met (requires-policy: the application names policy P-1)"]),
    "voided, and unmet here": (_issued(**_POLICY) + ACCEPT + APPLY + _VOID, []),
    "voided for another reason": (_issued(**_POLICY) + _from_issuer(event("void", "2026-03-06", reason='"cancelled"')), []),
    "ours to judge": (issue(not_before="2026-03-06") + ACCEPT + APPLY + event("settle", "2026-03-06"), []),
    "only requested": (issue(kind="request", funding=None), []),
}  # fmt: skip


@pytest.mark.parametrize("name", JUDGED)
def test_what_we_would_have_judged_otherwise(name: str) -> None:
    text, expected = JUDGED[name]
    own = book("Acc", text)
    assert own.evaluation.problems == []
    assert [each.text for each in judged_differently(own.evaluation)] == expected


_STATED = """\
2026-01-01 custom "voucher-option" "give-back" "stated"
2026-01-01 custom "voucher-option" "grace-days" "3"
"""
_RECALL = event("recall", "2026-04-01", reason='"no-application"')
_LATE = event("void", "2026-04-05", reason='"no-application"')
_SURRENDER = event("surrender", "2026-04-02")

RETURNED: dict[str, tuple[str, list[str]]] = {
    "never": (_STATED + issue() + ACCEPT + _RECALL + _LATE, ["V-1: void of 2026-04-05; it was asked back on 2026-04-01, and Acc has never given it back"]),
    "given back": (_STATED + issue() + ACCEPT + _RECALL + _SURRENDER + _LATE, []),
    "asked back only": (_STATED + issue() + ACCEPT + _RECALL, []),
    "never accepted": (_STATED + issue() + event("recall", "2026-03-06", reason='"not-accepted"') + event("void", "2026-03-10", reason='"not-accepted"'), []),
    "not stated": (issue() + ACCEPT + _RECALL + _LATE, []),
}  # fmt: skip


@pytest.mark.parametrize("name", RETURNED)
def test_what_was_never_given_back(name: str) -> None:
    text, expected = RETURNED[name]
    own = book("Iss", text)
    assert own.evaluation.problems == []
    assert [each.text for each in unreturned(own.evaluation)] == expected


_REFUSAL = '2026-03-04 custom "voucher-refusal" "Iss" 1 "V-1"\n  of: "{}"\n  on: {}\n  code: "{}"\n'
_REFUSED = _REFUSAL.format("issue", "2026-03-02", "unknown-party") + _FROM.format("Acc", "Iss", 2)
_HERE = ["V-1: Acc has refused issue of 2026-03-02 [unknown-party], and it stands here"]

# What the ledger says; of the other's latest list its number, its day, and what it has of V-1.
REFUSED: dict[str, tuple[str, tuple[int, str, str | None] | None, list[str]]] = {
    "it stands here": (issue() + _REFUSED, None, _HERE),
    "a later list agrees": (issue() + _REFUSED, (3, "2026-03-05", "issued"), []),
    "a later list does not": (issue() + _REFUSED, (3, "2026-03-05", None), _HERE),
    "a list before it": (issue() + _REFUSED, (2, "2026-03-05", "issued"), _HERE),
    "a list of a day before it": (issue() + _REFUSED, (3, "2026-03-01", None), _HERE),
    "it was a duplicate": (issue() + _REFUSED.replace("unknown-party", "duplicate"), None, []),
    "it is ours": (issue() + _REFUSAL.format("issue", "2026-03-02", "final"), None, []),
    "it is not there": (issue() + _REFUSAL.format("accept", "2026-03-03", "final") + _FROM.format("Acc", "Iss", 2), None, []),
    "it was struck": (issue() + ACCEPT + _REFUSAL.format("accept", "2026-03-03", "final") + _FROM.format("Iss", "Acc", 2), None, []),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_another_party_has_refused(name: str) -> None:
    text, listed, expected = REFUSED[name]
    own = book("Iss", text)

    def compared(_party: str) -> Comparison | None:
        if listed is None:
            return None
        number, day, state = listed
        held = Money(Decimal("100.00"), "CNY")
        positions = {} if state is None else {"V-1": Position(state, held)}
        said = PositionList(dt.date.fromisoformat(day), number, 1, positions)
        issued = next(fact for fact in own.facts if fact.kind == "issue")
        return Comparison(own, "Acc", said, Spoken({own.identity(issued): 1}))

    assert [each.text for each in refused_by_other(own, compared)] == expected

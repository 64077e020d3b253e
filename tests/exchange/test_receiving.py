"""What is recorded, known and refused of a message that is authentic."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from beancount_voucher.directives.money import Money
from beancount_voucher.exchange.sending import Spoken
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import ACCEPT, APPLY, event, issue
from tests.support.talk import DAY, book, hear, key, told

ISSUE = issue(funding=None)
_FROM_ISSUER = ISSUE + '  message: "Iss Acc 1"\n'
_BY_INSURER = event("apply", "2026-03-05", by='"Ins"')
_REFUSAL = '2026-03-10 custom "voucher-refusal" "{}" {} "V-1"\n  of: "{}"\n  on: {}\n  code: "{}"\n'
_CLOSED = '2026-03-31 custom "voucher-close" "2026-03"\n'
_VOID = event("void", "2026-03-06", reason='"not-accepted"')
_NEW_PARTY = '2026-01-01 custom "voucher-party" "Neu" "insurer"\n  name: "Neue"\n'
_FIRST, _SECOND = (event("apply", date, "50.00 CNY", by='"Ins"') for date in ("2026-03-04", "2026-03-06"))  # fmt: skip
_DRAWN = issue(draws='"multiple"', apply_by="2026-03-06") + ACCEPT + _FIRST + event("settle", "2026-03-05") + event("release", "2026-03-07")  # fmt: skip

# Who reads, what its ledger says, who says what -> what comes of it.
CASES: dict[str, tuple[str, str, str, str, list[str]]] = {
    "an issue": ("Acc", "", "Iss", ISSUE, ["issue V-1"]),
    "what rests on it": ("Acc", "", "Iss", ISSUE + event("void", "2026-03-03", reason='"cancelled"'), ["issue V-1", "void V-1"]),
    "in any order of lines": ("Acc", "", "Iss", event("void", "2026-03-03", reason='"cancelled"') + ISSUE, ["issue V-1", "void V-1"]),
    "an issue of somebody else": ("Acc", "", "Iss", issue(issuer='"Acc"', acceptor='"Iss"', funding=None), ["refusal V-1", "issue: not-yours"]),
    "an issue that is not for us": ("Acc", "", "Iss", issue(acceptor='"Iss"', funding=None), ["refusal V-1", "issue: not-addressed"]),
    "of a party that we do not know": ("Acc", "", "Iss", issue(insurer='"Neu"', funding=None), ["refusal V-1", "issue: unknown-party"]),
    "of one that is introduced": ("Acc", "", "Iss", _NEW_PARTY + issue(insurer='"Neu"', funding=None), ["party Neu", "issue V-1"]),
    "of one that is known": ("Acc", "", "Iss", '2026-01-01 custom "voucher-party" "Ins" "insurer"\n' + ISSUE, ["issue V-1"]),
    "of one with another role": ("Acc", "", "Iss", '2026-01-01 custom "voucher-party" "Ins" "bank"\n', ["party: wrong-role"]),
    "an acceptance": ("Iss", issue(), "Acc", ACCEPT, ["accept V-1"]),
    "an acceptance of the insurer's": ("Iss", issue(), "Ins", ACCEPT, ["refusal V-1", "accept: not-yours"]),
    "an acceptance that is too late": ("Iss", issue(), "Acc", event("accept", "2026-03-06"), ["refusal V-1", "accept: accept-late"]),
    "what falls with it": ("Iss", issue(), "Acc", event("accept", "2026-03-06") + event("apply", "2026-03-07"), ["refusal V-1", "refusal V-1", "accept: accept-late", "apply: accept-late"]),
    "of a voucher that is not there": ("Iss", "", "Acc", ACCEPT, ["refusal V-1", "accept: not-found"]),
    "what is void already": ("Iss", issue() + _VOID, "Acc", ACCEPT, ["refusal V-1", "accept: final"]),
    "what would change what a void became": ("Iss", issue() + event("return", "2026-03-03") + event("void", "2026-03-06", reason='"insurance-returned"'), "Acc", event("accept", "2026-03-02"), ["refusal V-1", "accept: final"]),
    "what is known": ("Iss", issue() + ACCEPT, "Acc", ACCEPT, ["known accept 2026-03-03"]),
    "known on another day": ("Iss", issue() + ACCEPT, "Acc", event("accept", "2026-03-04"), ["known accept 2026-03-03"]),
    "known by another hand": ("Iss", issue() + event("accept", "2026-03-03", by='"Acc"'), "Acc", ACCEPT, ["known accept 2026-03-03"]),
    "the same of another author": ("Iss", issue() + ACCEPT + event("return", "2026-03-04", by='"Ann"'), "Acc", event("return", "2026-03-05", by='"Ins"'), ["return V-1"]),
    "an application of another author": ("Iss", issue() + ACCEPT + event("apply", "2026-03-05", by='"Ann"'), "Acc", event("apply", "2026-03-06", by='"Ins"'), ["refusal V-1", "apply: duplicate"]),
    "and on the same day": ("Iss", issue() + ACCEPT + event("return", "2026-03-04", by='"Ann"'), "Acc", event("return", "2026-03-04", by='"Ins"'), ["return V-1"]),
    "of nobody knows whom": ("Iss", issue() + ACCEPT + event("return", "2026-03-04", by='"Ann"') + event("return", "2026-03-05", by='"Ins"'), "Acc", event("return", "2026-03-06", by='"Ins"', reason='"r"'), ["refusal V-1", "return: duplicate"]),
    "a notice that the issuer had before": ("Acc", _FROM_ISSUER + ACCEPT, "Iss", event("return", "2026-03-02", by='"Ann"'), ["refusal V-1", "return V-1"]),
    "a consent that does not fit": ("Iss", issue(), "Acc", event("consent", "2026-03-03", "1", by='"Ins"'), ["refusal V-1", "consent: out-of-order"]),
    "another content": ("Iss", issue() + ACCEPT + event("apply", "2026-03-05", "10.00 CNY"), "Acc", event("apply", "2026-03-06", "20.00 CNY", by='"Ins"'), ["refusal V-1", "apply: duplicate"]),
    "other terms": ("Iss", issue() + ACCEPT + event("apply", "2026-03-05", policy='"P-1"'), "Acc", event("apply", "2026-03-06", by='"Ins"'), ["refusal V-1", "apply: duplicate"]),
    "a second application, after the first was drawn on": ("Iss", _DRAWN, "Acc", _FIRST + _SECOND, ["refusal V-1", "known apply 2026-03-04", "apply: final"]),
    "one that was entered by hand on another day": ("Iss", _DRAWN, "Acc", _SECOND, ["known apply 2026-03-04"]),
    "what is wrong here is not known": ("Iss", issue() + event("accept", "2026-03-07"), "Acc", event("accept", "2026-03-06"), ["refusal V-1", "accept: accept-late"]),
    "of the insurer by its bank": ("Iss", issue() + ACCEPT, "Acc", _BY_INSURER, ["apply V-1"]),
    "of the policyholder by the other bank": ("Iss", issue() + ACCEPT, "Acc", event("apply", "2026-03-05", by='"Ann"'), ["refusal V-1", "apply: not-yours"]),
    "by somebody who may not": ("Iss", issue() + ACCEPT, "Acc", event("apply", "2026-03-05", by='"Iss"'), ["refusal V-1", "apply: not-yours"]),
    "a refusal of ours": ("Acc", _FROM_ISSUER + ACCEPT, "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final"), ["refusal V-1"]),
    "one that we have made ourselves": ("Acc", _FROM_ISSUER + ACCEPT + _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "superseded"), "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final"), ["known refusal 2026-03-10"]),
    "a refusal of a third party's": ("Acc", _FROM_ISSUER, "Iss", _REFUSAL.format("Ins", 1, "apply", "2026-03-03", "final"), ["refusal: not-addressed"]),
    "a credit line": ("Ann", "", "Iss", '2026-03-02 custom "voucher-credit-line" "Ann" "Iss" 5.00 CNY\n', ["credit-line Ann"]),
    "a credit line of the customer's": ("Iss", "", "Ann", '2026-03-02 custom "voucher-credit-line" "Ann" "Iss" 5.00 CNY\n', ["credit-line: not-yours"]),
    "a request": ("Iss", "", "Ann", issue(kind="request"), ["request V-1"]),
    "a position": ("Acc", "", "Iss", '2026-03-02 custom "voucher-position" "V-1" 5.00 CNY\n  as-of: 2026-03-01\n  state: "issued"\n', []),
    "one fact's fault": ("Acc", "", "Iss", ISSUE + event("void", "2026-03-03", reason='"whim"'), ["issue V-1", "refusal V-1", "void: bad-reason"]),
    "a fault of nobody knows what": ("Acc", "", "Iss", '2026-03-03 custom "voucher-accept" 5\n', ["accept: bad-value"]),
    "no message": ("Acc", "", "Iss", "; hello\n", []),
    "the issuer had not seen it": ("Acc", _FROM_ISSUER + ACCEPT, "Iss", _VOID, ["refusal V-1", "void V-1"]),
    "nor what came on top of it": ("Acc", _FROM_ISSUER + ACCEPT + APPLY, "Iss", _VOID, ["refusal V-1", "refusal V-1", "void V-1"]),
    "nothing but what does not fit any more": ("Acc", _FROM_ISSUER + ACCEPT + event("return", "2026-03-04", by='"Ins"'), "Iss", _VOID, ["refusal V-1", "void V-1"]),
    "what still fits may become something else": ("Acc", _FROM_ISSUER + ACCEPT, "Iss", event("amend", "2026-03-03", "1", "80.00 CNY"), ["amend V-1"]),
    "a refusal, and what was said since": ("Acc", _FROM_ISSUER + ACCEPT + event("surrender", "2026-03-11"), "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final"), ["refusal V-1", "refusal V-1"]),
    "a refusal under what a clerk has entered of the issuer's": ("Acc", _FROM_ISSUER + ACCEPT + APPLY + event("settle", "2026-03-06"), "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final"), ["refusal: final"]),
    "the issuer's refusal after the insurer's": ("Acc", _FROM_ISSUER + ACCEPT + _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final") + '  message: "Ins Acc 1"\n', "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "out-of-order"), ["refusal V-1"]),
    "a refusal by the insurer twice": ("Acc", _FROM_ISSUER + ACCEPT + _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final") + '  message: "Ins Acc 1"\n', "Ins", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final"), ["known refusal 2026-03-10"]),
    "a refusal of a voucher that is not there": ("Acc", "", "Iss", _REFUSAL.format("Acc", 1, "accept", "2026-03-03", "final") + _REFUSAL.format("Acc", 2, "accept", "2026-03-03", "final"), ["refusal V-1", "refusal V-1"]),
    "a refusal by the insurer of what cannot go": ("Acc", _FROM_ISSUER + ACCEPT + _REFUSAL.format("Acc", 2, "accept", "2026-03-03", "final"), "Ins", '2026-03-10 custom "voucher-refusal" "Acc" 1 "V-1"\n  of: "issue"\n  on: 2026-03-02\n  code: "final"\n', ["refusal V-1"]),
    "what the insurer's bank had recorded before": ("Ins", ISSUE + '  message: "Acc Ins 1"\n' + event("reject", "2026-03-06", by='"Ins"'), "Acc", ACCEPT, ["refusal V-1", "accept V-1"]),
    "what striking does not mend": ("Acc", _FROM_ISSUER + ACCEPT, "Iss", event("void", "2026-03-05", reason='"not-accepted"'), ["refusal V-1", "void: out-of-order"]),
    "on credit, with all that there is": ("Ann", '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 500.00 CNY\n', "Iss", issue(funding='"credit"') + ACCEPT, ["issue V-1", "accept V-1"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_comes_of_a_message(name: str) -> None:
    we, own, sender, said, expected = CASES[name]
    found = hear(book(we, own), sender, said)
    assert told(found) == expected
    recorded = found.drafts[-1].fact
    assert (recorded.kind, recorded.ids) == ("received", (sender, we, "1"))
    assert recorded.terms.get("refused", 0) == len(found.refused)


def test_what_is_struck_is_what_the_issuer_will_refuse() -> None:
    own = _FROM_ISSUER + ACCEPT + APPLY + event("return", "2026-03-06", by='"Ins"')
    found = hear(book("Acc", own), "Iss", _VOID)
    refused = [each.fact.terms for each in found.drafts if each.fact.kind == "refusal"]
    assert [each["of"] for each in refused] == ["apply", "accept"]
    assert {each["code"] for each in refused} == {"superseded"}


def test_refusals_are_taken_from_the_latest_fact_on() -> None:
    own = _FROM_ISSUER + ACCEPT + event("surrender", "2026-03-11")
    said = [
        _REFUSAL.format("Acc", 1, *each, "final")
        for each in (("accept", "2026-03-03"), ("surrender", "2026-03-11"))
    ]
    found = hear(book("Acc", own), "Iss", "".join(said))
    refused = [each.fact.terms["of"] for each in found.drafts if each.fact.kind == "refusal"]
    assert (refused, told(found)) == (["surrender", "accept"], ["refusal V-1"] * 2)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [(0, ["refusal V-1", "void V-1"]), (1, ["refusal V-1", "void: out-of-order"])],
)
def test_what_the_issuer_has_seen_is_not_struck(seen: int, expected: list[str]) -> None:
    own = book("Acc", _FROM_ISSUER + ACCEPT)
    accept = next(fact for fact in own.facts if fact.kind == "accept")
    spoken = Spoken({own.identity(accept): 1})
    assert told(hear(own, "Iss", _VOID, number=2, seen=seen, said=spoken)) == expected


def test_the_bank_strikes_nothing_that_it_says_itself() -> None:
    own = book(
        "Ins",
        issue(funding=None) + '  message: "Acc Ins 1"\n' + ACCEPT + '  message: "Acc Ins 2"\n',
    )
    assert told(hear(own, "Acc", _VOID, number=3)) == ["refusal V-1", "void: out-of-order"]


DATES = {
    "dated tomorrow": (DAY + dt.timedelta(1), None, ISSUE, ["issue V-1"]),
    "dated after tomorrow": (
        DAY + dt.timedelta(2),
        None,
        ISSUE,
        ["refusal V-1", "issue: future-date"],
    ),
    "with a fact after itself": (
        dt.date(2026, 3, 1),
        None,
        ISSUE,
        ["refusal V-1", "issue: future-date"],
    ),
    "before the last one": (DAY, DAY + dt.timedelta(1), ISSUE, ["refusal V-1", "issue: malformed"]),
    "on the day of the last one": (DAY, DAY, ISSUE, ["issue V-1"]),
}


@pytest.mark.parametrize("name", DATES)
def test_dates_of_messages(name: str) -> None:
    date, before, text, expected = DATES[name]
    assert told(hear(book("Acc"), "Iss", text, message_date=date, before=before)) == expected


BACKDATED = {
    "an acceptance in time": (issue(), ACCEPT, dt.date(2026, 3, 5), ["accept V-1"]),
    "an acceptance after all": (issue(), ACCEPT, dt.date(2026, 3, 6), ["refusal V-1", "accept: backdated"]),
    "a consent after all": (issue() + ACCEPT, event("consent", "2026-03-31", "1", by='"Ins"'), dt.date(2026, 4, 1), ["refusal V-1", "consent: backdated"]),
    "of a request only": (issue(kind="request"), ACCEPT, dt.date(2026, 4, 1), ["refusal V-1", "accept: out-of-order"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BACKDATED)
def test_what_would_have_been_said_in_time(name: str) -> None:
    own, text, before, expected = BACKDATED[name]
    day = dt.date(2026, 4, 2)
    found = hear(book("Iss", own), "Acc", text, number=2, date=day, message_date=day, before=before)
    assert told(found) == expected


def test_what_the_issuer_has_recorded_is_not_held_against_the_days_of_its_messages() -> None:
    own = issue() + '  message: "Iss Ann 1"\n' + event("accept", "2026-03-03")
    said, day, before = _BY_INSURER, dt.date(2026, 4, 2), dt.date(2026, 4, 1)
    found = hear(book("Ann", own), "Iss", said, number=2, date=day, message_date=day, before=before)
    assert told(found) == ["apply V-1"]


LIMITS = {
    "its kind": (key(frozenset({"accept"})), ["accept V-1"]),
    "another kind": (key(frozenset({"apply"})), ["refusal V-1", "accept: key-not-allowed"]),
    "as much as the voucher": (key(limit=Money(Decimal(100), "CNY")), ["accept V-1"]),
    "less than the voucher": (
        key(limit=Money(Decimal(99), "CNY")),
        ["refusal V-1", "accept: key-not-allowed"],
    ),
    "another currency": (
        key(limit=Money(Decimal(100), "USD")),
        ["refusal V-1", "accept: key-not-allowed"],
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_a_key_may_sign(name: str) -> None:
    signed_with, expected = LIMITS[name]
    assert told(hear(book("Iss", issue()), "Acc", ACCEPT, signed_with=signed_with)) == expected


def test_what_is_about_no_money_has_no_limit() -> None:
    small = key(limit=Money(Decimal(1), "CNY"))
    revoke = f'2026-03-02 custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n'
    found = hear(book("Acc"), "Iss", revoke, signed_with=small)
    assert told(found) == []
    assert small.may_sign("party", None)


def _key_fact(party: str = "Iss", more: str = "") -> str:
    return f'2026-03-02 custom "voucher-key" "{party}" "{KEY}"\n{more}'


_REVOKED = f'2026-03-02 custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n'


def test_keys_are_shown_and_not_recorded() -> None:
    limited = '  until: 2026-12-31\n  kinds: "accept"\n  limit: 5.00 CNY\n'
    found = hear(book("Acc"), "Iss", _key_fact(more=limited) + _REVOKED)
    assert told(found) == []
    bare = " ".join(KEY.split(" ")[:2])
    assert found.remarks == [
        f"Iss says a new key, {FINGERPRINT}: compare it with them by another way; to record it: bean-voucher key Iss '{bare}' --until 2026-12-31 --kinds accept --limit '5.00 CNY' --introduced-by 'Iss Acc 1' --date 2026-03-02 --write",
        f"Iss says that a key is revoked, {FINGERPRINT}: compare it with them by another way; to record it: bean-voucher key Iss {FINGERPRINT} --revoke 'message Iss Acc 1: lost' --date 2026-03-02 --write",
    ]


def test_keys_that_are_recorded_are_not_shown() -> None:
    found = hear(book("Acc", _key_fact() + _REVOKED), "Iss", _key_fact() + _REVOKED)
    assert (told(found), found.remarks) == ([], [])
    found = hear(book("Acc", _key_fact()), "Iss", _key_fact(more="  until: 2026-12-31\n"))
    assert [remark[:17] for remark in found.remarks] == ["Iss says a new ke"]


def test_keys_that_are_not_for_the_sender_to_say() -> None:
    assert told(hear(book("Acc"), "Iss", _key_fact("Ins"))) == ["key: not-yours"]
    found = hear(book("Acc"), "Iss", _key_fact(), signed_with=key(frozenset({"accept"})))
    assert told(found) == ["key: key-not-allowed"]


def test_what_is_dated_in_a_closed_period() -> None:
    found = hear(book("Acc", _CLOSED), "Iss", _NEW_PARTY + ISSUE)
    notes = [draft.notes for draft in found.drafts[:2]]
    brought = {"message": "Iss Acc 1"}
    assert notes == [brought, brought | {"note-reopened": "message Iss Acc 1"}]
    assert found.remarks == ["issue of 2026-03-02 is dated in a period that is closed"]

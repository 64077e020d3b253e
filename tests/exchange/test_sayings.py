"""Who says what to whom: a line for each fact, by who has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from beancount_voucher.exchange.channel import Channels
from beancount_voucher.exchange.sayings import listeners, may_say, parties_of
from beancount_voucher.exchange.sending import BehindError, Spoken, counterparties, outgoing, to_say
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import ACCEPT, event, issue
from tests.support.talk import DAY, book

_ASKED = issue(kind="request", requested_by='"insurer"')
_OWN = issue(kind="request")
_CREDIT = '2026-03-02 custom "voucher-credit-line" "Ann" "Iss" 5.00 CNY\n'

# The kind, who has it by which message, what is there -> to whom it is said.
CASES: dict[str, tuple[str, str, str, str]] = {
    "the issuer's issue": ("issue", "Iss", issue(), "Acc Ann"),
    "passed on by the acceptor": ("issue", "Acc", issue() + '  message: "Iss Acc 1"\n', "Ins"),
    "the policyholder passes nothing on": ("issue", "Ann", issue() + '  message: "Iss Ann 1"\n', ""),
    "of one bank": ("issue", "Iss", issue(acceptor=None), "Ann Ins"),
    "an acceptance": ("accept", "Acc", issue() + ACCEPT, "Iss Ins"),
    "passed on by the issuer": ("accept", "Iss", issue() + ACCEPT + '  message: "Acc Iss 1"\n', "Ann"),
    "an acceptance by one bank": ("accept", "Iss", issue(acceptor=None) + ACCEPT, "Ann Ins"),
    "the insurer's rejection": ("reject", "Ins", issue() + event("reject", "2026-03-03", by='"Ins"'), "Acc"),
    "passed on by its bank": ("reject", "Acc", issue() + event("reject", "2026-03-03", by='"Ins"') + '  message: "Ins Acc 1"\n', "Iss"),
    "the insurer's application": ("apply", "Ins", issue() + ACCEPT + event("apply", "2026-03-05"), "Acc"),
    "recorded by its bank": ("apply", "Acc", issue() + ACCEPT + event("apply", "2026-03-05"), "Iss"),
    "recorded by the issuer": ("apply", "Iss", issue() + ACCEPT + event("apply", "2026-03-05"), "Acc"),
    "the policyholder's return": ("return", "Ann", issue() + event("return", "2026-03-05"), "Iss"),
    "passed on to the other bank": ("return", "Iss", issue() + event("return", "2026-03-05", by='"Ann"') + '  message: "Ann Iss 1"\n', "Acc"),
    "and to the insurer": ("return", "Acc", issue() + event("return", "2026-03-05", by='"Ann"') + '  message: "Iss Acc 1"\n', "Ins"),
    "by a person's name": ("return", "Ins", issue() + event("return", "2026-03-05", by='"Frau Li"'), "Acc"),
    "by somebody who is no author of it": ("settle", "Iss", issue() + ACCEPT + event("apply", "2026-03-05") + event("settle", "2026-03-06", by='"Ann"'), ""),
    "the policyholder's request": ("request", "Ann", _OWN, "Iss"),
    "the insurer's request": ("request", "Ins", _ASKED, "Acc"),
    "of an issuer only": ("request", "Ins", issue(kind="request", requested_by='"insurer"', acceptor=None), "Iss"),
    "of nobody": ("request", "Ins", issue(kind="request", requested_by='"insurer"', acceptor=None, issuer=None), ""),
    "passed on to the issuer": ("request", "Acc", _ASKED + '  message: "Ins Acc 1"\n', "Iss"),
    "a refusal of the insurer's request": ("refuse", "Iss", _ASKED + event("refuse", "2026-03-03"), "Ann Acc"),
    "a refusal of the policyholder's": ("refuse", "Iss", _OWN + event("refuse", "2026-03-03"), "Ann"),
    "a credit line": ("credit-line", "Iss", _CREDIT, "Ann"),
    "and the policyholder keeps it": ("credit-line", "Ann", _CREDIT + '  message: "Iss Ann 1"\n', ""),
    "a stranger": ("issue", "Oth", issue(), ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_to_whom_a_fact_is_said(name: str) -> None:
    kind, we, text, expected = CASES[name]
    own = book(we, text)
    fact = next(each for each in own.facts if each.kind == kind)
    parties = own.parties(fact)
    assert parties is not None
    heard = list(listeners(fact, parties, we))
    assert sorted(heard) == sorted(expected.split())
    for party in expected.split():
        assert may_say(fact, parties, we, party)
        assert any(each.fact.kind == kind for each in to_say(own, party, Spoken()))


def test_nobody_knows_the_parties_of_a_voucher_that_is_not_there() -> None:
    own = book("Acc", issue() + ACCEPT)
    accept = next(each for each in own.facts if each.kind == "accept")
    assert parties_of(accept, None) is None


def test_what_is_nobody_elses_business_is_not_said() -> None:
    text = (
        issue()
        + '  note: "ours"\n  document: "a.pdf"\n  document-sha256: "ab"\n  document-2: 5\n'
        + "  note-effective: 2026-03-01\n"
    )
    own = book("Iss", text + event("return", "2026-03-03", by='"Frau Li"', reason='"r"'))
    told = {each.fact.kind: each for each in to_say(own, "Acc", Spoken())}
    assert "funding" not in told["issue"].fact.terms
    assert sorted(told["issue"].notes) == ["document", "document-sha256", "note-effective"]
    assert dict(told["return"].fact.terms) == {"reason": "r"}
    assert [
        each.fact.terms.get("funding")
        for each in to_say(own, "Ann", Spoken())
        if each.fact.kind == "issue"
    ] == ["cash"]


DOCUMENTS = {  # what an application says, and what goes with it
    "one that is there": ({"document": '"a.pdf"'}, {"document-sha256": "of a.pdf"}),
    "one that is not": ({"document": '"b.pdf"'}, {}),
    "one whose digest is stated": ({"document": '"a.pdf"', "document-sha256": '"ab"'}, {"document-sha256": "ab"}),
    "one that a message has brought": ({"document": '"a.pdf"', "message": '"Ins Acc 2"'}, {}),
    "none": ({}, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_travels_by_name_and_digest(name: str) -> None:
    terms, expected = DOCUMENTS[name]
    text = issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"', **terms)
    digests = {"a.pdf": "of a.pdf"}
    own = replace(book("Acc", text), digest_of=lambda _file, document: digests.get(document))
    [told] = [each for each in to_say(own, "Iss", Spoken()) if each.fact.kind == "apply"]
    assert dict(told.notes) == expected


def test_what_is_wrong_is_not_said() -> None:
    own = book("Acc", issue() + '  message: "Iss Acc 1"\n' + event("accept", "2026-03-06"))
    assert to_say(own, "Iss", Spoken()) == []


def test_parties_are_introduced_with_the_issue_once() -> None:
    own = book("Iss", issue() + issue("V-2"))
    first = to_say(own, "Acc", Spoken())
    assert [each.fact.ids[0] for each in first if each.fact.kind == "party"] == ["Ann", "Ins"]
    said = {own.identity(each.fact): 1 for each in first if each.fact.voucher != "V-2"}
    assert [each.fact.ids[0] for each in to_say(own, "Acc", Spoken(said))] == ["V-2"]


def test_with_whom_there_is_something_to_say() -> None:
    channels = Channels({("Ins", "Iss"): [], ("Nobody", "Iss"): []})
    assert counterparties(book("Iss", issue()), channels) == ["Ins", "Acc"]
    keys = "".join(f'2026-03-01 custom "voucher-key" "{party}" "{KEY}"\n' for party in _KEYED)
    assert counterparties(book("Iss", issue() + keys), channels) == ["Ins", "Acc", "Ann"]
    assert counterparties(book("Iss", keys), Channels()) == []


_KEYED = ("Iss", "Ins", "Acc", "Ann")


def test_a_new_key_and_a_revocation_are_said_to_all_who_know_a_key() -> None:
    keys = "".join(f'2026-03-01 custom "voucher-key" "{party}" "{KEY}"\n' for party in _KEYED)
    more = (
        f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n  until: 2026-12-31\n  by: "Li"\n'
        f'2026-03-03 custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n  by: "Li"\n'
    )
    own = book("Iss", keys + more)
    assert counterparties(own, Channels()) == ["Acc", "Ann", "Ins"]
    said = [each.fact for each in to_say(own, "Acc", Spoken())]
    assert [(each.kind, set(each.terms)) for each in said] == [
        ("key", {"until"}),
        ("revoke", {"reason"}),
    ]


def test_a_refusal_of_what_is_not_there_goes_back() -> None:
    text = '2026-03-10 custom "voucher-refusal" "Acc" 1 "V-9"\n  of: "accept"\n  on: 2026-03-03\n  code: "not-found"\n'
    own = book("Iss", text)
    assert [each.fact.kind for each in to_say(own, "Acc", Spoken())] == ["refusal"]
    assert to_say(own, "Ann", Spoken()) == []


def test_nothing_is_said_to_who_knows_more_of_ours_than_we() -> None:
    with pytest.raises(BehindError, match="Acc has recorded message 3 of ours, and we know 0"):
        outgoing(book("Iss", issue()), "Acc", Channels(), Spoken(seen=3), DAY)

"""What a restored ledger takes back of its own messages: case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.conditions import installed
from beancount_voucher.exchange.authenticity import Authentic, Refused
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.recovery import recovered
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import event, issue
from tests.support.talk import DAY, book, head, key

if TYPE_CHECKING:
    from beancount_voucher.exchange.receiving import Receipt

_NEW_PARTY = '2026-01-01 custom "voucher-party" "New" "insurer"\n'
_KEY = f'2026-03-02 custom "voucher-key" "Acc" "{KEY}"\n'
_REFUSAL = '2026-03-05 custom "voucher-refusal" "Iss" 1 "V-1"\n  of: "void"\n  on: 2026-03-04\n  code: "wrong-state"\n'
_POSITION = '2026-03-05 custom "voucher-position" "V-1" 100.00 CNY\n  as-of: 2026-03-05\n  state: "issued"\n'
_DRAWN = (
    issue(draws='"multiple"')
    + event("accept", "2026-03-03")
    + event("apply", "2026-03-04", "50.00 CNY", by='"Ins"')
    + event("settle", "2026-03-05")
)
_REQUEST = issue(funding='"cash"').replace("voucher-issue", "voucher-request")


def _recovered(we: str, own: str, text: str) -> Receipt | Refused:
    to = "Acc" if we == "Iss" else "Iss"
    name, content = (we, to, 1), (head(we, to) + text).encode()
    try:
        readable, why = read_message(content, name, installed()), ""
    except MalformedError as error:
        readable, why = None, str(error)
    return recovered(book(we, own), Authentic(name, content, key(), readable, why), DAY)


# We, our ledger, what our message says, and what is recorded of it, known or remarked.
CASES = {
    "an event of ours": ("Acc", issue(), event("accept", "2026-03-03"), ["accept V-1: note-restored"]),
    "that is there": ("Acc", issue() + event("accept", "2026-03-03"), event("accept", "2026-03-03"), ["known 2026-03-03"]),
    "that is there on another day": ("Acc", issue() + event("accept", "2026-03-04"), event("accept", "2026-03-03"), ["known 2026-03-04"]),
    "a second one like what is there": ("Acc", _DRAWN, event("apply", "2026-03-07", "50.00 CNY", by='"Ins"'), ["apply V-1: message"]),
    "a customer's": ("Acc", issue() + event("accept", "2026-03-03"), event("apply", "2026-03-04", by='"Ins"'), ["apply V-1: message"]),
    "a refusal of ours": ("Acc", issue(), _REFUSAL, ["refusal Iss: note-restored"]),
    "a refusal that is there": ("Acc", issue() + _REFUSAL, _REFUSAL, ["known 2026-03-05"]),
    "a position": ("Acc", issue(), _POSITION, []),
    "a party that is not known": ("Acc", "", _NEW_PARTY, ["party New: message"]),
    "a party that is": ("Acc", "", _NEW_PARTY.replace("New", "Ins"), []),
    "a key": ("Acc", "", _KEY, ["Acc says a new key,"]),
    "a key that is there": ("Acc", _KEY, _KEY, []),
    "an issue and what follows": ("Iss", "", issue() + event("void", "2026-03-04", reason='"cancelled"'), ["issue V-1: note-restored", "void V-1: note-restored"]),
    "in a closed period": ("Acc", issue() + '2026-03-31 custom "voucher-close" "2026-03"\n', event("accept", "2026-03-03"), ["accept V-1: note-reopened note-restored", "accept of 2026-03-0"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_taken_back(name: str) -> None:
    we, own, text, expected = CASES[name]
    found = _recovered(we, own, text)
    assert not isinstance(found, Refused)
    assert found.drafts[-1].fact.kind == "sent"
    told = [
        f"{each.fact.kind} {each.fact.voucher if each.fact.kind not in ('party', 'refusal') else each.fact.ids[0]}: {' '.join(sorted(each.notes))}"
        for each in found.drafts[:-1]
    ]
    told += [f"known {date}" for _, date in found.known]
    assert told + [remark[:19] for remark in found.remarks] == expected


WAITS = {
    "how it is funded no message tells": ("Iss", "", issue().replace('  funding: "cash"\n', ""), "missing-key", "V-1: issue of 2026-03-02: "),
    "of a voucher that is not there": ("Acc", "", event("accept", "2026-03-03"), "not-found", "V-1: accept of 2026-03-03: "),
    "no message": ("Acc", "", "; hello\n", "malformed", "it is of ours, and line 4 is none of a message"),
    "a fact that is none": ("Acc", "", event("accept", "2026-03-03", nobody='"knows"'), "malformed", "it is of ours, and "),
}  # fmt: skip


@pytest.mark.parametrize("name", WAITS)
def test_what_waits(name: str) -> None:
    we, own, text, code, wrong = WAITS[name]
    found = _recovered(we, own, text)
    assert isinstance(found, Refused)
    assert (found.code, found.wrong[: len(wrong)]) == (code, wrong)


def test_a_fingerprint_is_told() -> None:
    found = _recovered("Acc", "", _KEY)
    assert not isinstance(found, Refused)
    assert FINGERPRINT in found.remarks[0]

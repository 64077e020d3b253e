"""Keys, signatures, addressees and the chain: what is taken for what its sender said."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.conditions import installed
from beancount_voucher.exchange.authenticity import (
    Authentic,
    Incoming,
    Reception,
    Refused,
    authentic,
)
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.message import MOST_BYTES, digest
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support.talk import SHA, book, head

DAY = dt.date(2026, 3, 10)
_KEY = f'2026-03-01 custom "voucher-key" "Iss" "{KEY}"\n'
FIRST = head("Iss", "Acc").encode()


def _received(number: int, sha256: str) -> str:
    return (
        f'2026-03-05 custom "voucher-received" "Iss" "Acc" {number}\n'
        f'  sha256: "{sha256}"\n  key: "{FINGERPRINT}"\n  facts: 0\n'
    )


_SENT = f'2026-03-04 custom "voucher-sent" "Acc" "Iss" 1\n  sha256: "{SHA}"\n  facts: 1\n'
_OTHER = f'2026-03-04 custom "voucher-sent" "Acc" "Iss" 1\n  sha256: "{"cd" * 32}"\n  facts: 1\n'
_RESUME = (
    '2026-03-06 custom "voucher-resume" "Iss" "Acc" {}\n  sha256: "{}"\n  reason: "by phone"\n'
)
SECOND = head("Iss", "Acc", 2).encode()
SEEN = head("Iss", "Acc", 1, seen=1).encode()
_UNTIL = _KEY + "  until: 2026-03-09\n"
_REVOKED = f'2026-03-{{}} custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n'

# Our ledger, the message, whose signature it is -> "" or the code.
CASES: dict[str, tuple[str, bytes, str | None, str]] = {
    "signed by the sender": (_KEY, FIRST, FINGERPRINT, ""),
    "signed by nobody": (_KEY, FIRST, "", "unsigned"),
    "a signature that is none": (_KEY, FIRST, None, "bad-signature"),
    "signed with another key": (_KEY, FIRST, "SHA256:x", "unknown-key"),
    "a key of somebody else": (_KEY.replace("Iss", "Ins"), FIRST, FINGERPRINT, "unknown-key"),
    "a key of tomorrow": (_KEY.replace("03-01", "03-11"), FIRST, FINGERPRINT, "unknown-key"),
    "a key of today": (_KEY.replace("03-01", "03-10"), FIRST, FINGERPRINT, ""),
    "on its last day": (_UNTIL.replace("03-09", "03-10"), FIRST, FINGERPRINT, ""),
    "after its last day": (_UNTIL, FIRST, FINGERPRINT, "key-expired"),
    "declared anew": (_UNTIL + _KEY.replace("03-01", "03-08"), FIRST, FINGERPRINT, ""),
    "revoked today": (_KEY + _REVOKED.format("10"), FIRST, FINGERPRINT, "key-revoked"),
    "revoked tomorrow": (_KEY + _REVOKED.format("11"), FIRST, FINGERPRINT, ""),
    "revoked twice": (_KEY + _REVOKED.format("09") + _REVOKED.format("11"), FIRST, FINGERPRINT, "key-revoked"),
    "revoked and expired": (_UNTIL + _REVOKED.format("10"), FIRST, FINGERPRINT, "key-revoked"),
    "too large": (_KEY, FIRST + b" " * MOST_BYTES, FINGERPRINT, "too-large"),
    "not the first": (_KEY, SECOND, FINGERPRINT, "gap"),
    "the second": (_KEY + _received(1, SHA), SECOND, FINGERPRINT, ""),
    "the second after another first": (_KEY + _received(1, "cd" * 32), SECOND, FINGERPRINT, "fork"),
    "and a person has said that it counts": (_KEY + _received(1, "cd" * 32) + _RESUME.format(2, digest(SECOND)), SECOND, FINGERPRINT, ""),
    "or that another first counts": (_KEY + _received(1, "cd" * 32) + _RESUME.format(1, SHA), SECOND, FINGERPRINT, ""),
    "the same again": (_KEY + _received(1, digest(FIRST)), FIRST, "", "known"),
    "another text of its number": (_KEY + _received(1, SHA), FIRST, FINGERPRINT, "equivocation"),
    "another text, signed by nobody": (_KEY + _received(1, SHA), FIRST, None, "bad-signature"),
    "it has seen ours": (_KEY + _SENT, SEEN, FINGERPRINT, ""),
    "it has seen another of ours": (_KEY + _OTHER, SEEN, FINGERPRINT, "fork"),
    "it has seen what we have lost": (_KEY, SEEN, FINGERPRINT, "gap"),
    "malformed": (_KEY, b"; hello\n", FINGERPRINT, ""),
}  # fmt: skip


def _reception(text: str, mark: str | None, **more: object) -> Reception:
    exchanged = book("Acc", text).evaluation.exchanged
    given = (channels_of(exchanged), DAY, lambda _content, _signature: mark, installed())
    return Reception("Acc", exchanged, *given, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", CASES)
def test_what_is_authentic(name: str) -> None:
    text, content, mark, code = CASES[name]
    message = ("Iss", "Acc", 2 if content is SECOND else 1)
    signature = None if mark == "" else b"signature"
    found = authentic(Incoming(message, content, signature), _reception(text, mark))
    if isinstance(found, Authentic):
        assert (code, found.key.fingerprint) == ("", FINGERPRINT)
        assert (found.readable is None) is (found.malformed != "") is (name == "malformed")
    else:
        assert found.code == code


def test_a_message_for_somebody_else() -> None:
    found = authentic(Incoming(("Iss", "Ins", 1), FIRST, b"s"), _reception(_KEY, FINGERPRINT))
    assert found == Refused("not-addressed", "it is for Ins")


@pytest.mark.parametrize(
    ("rival", "resumed", "code"),
    [
        (("Iss", "Acc", 1), "", "equivocation"),
        (("Iss", "Acc", 1), _RESUME.format(1, SHA), None),
        (("Ins", "Acc", 1), "", None),
    ],
)
def test_two_texts_stop_the_channel_until_a_person_has_said_which_counts(
    rival: tuple[str, str, int], resumed: str, code: str | None
) -> None:
    reception = _reception(_KEY + _received(1, SHA) + resumed, FINGERPRINT, rivals={rival: {"ab"}})
    found = authentic(Incoming(("Iss", "Acc", 2), SECOND, b"s"), reception)
    assert getattr(found, "code", None) == code


@pytest.mark.parametrize(
    ("kept", "resumed", "code"),
    [
        (True, "", "equivocation"),
        (True, _RESUME.format(1, SHA), "known"),
        (False, _RESUME.format(1, SHA), "equivocation"),
    ],
)
def test_the_text_that_does_not_count_is_known_once_a_person_has_said_so(
    kept: bool, resumed: str, code: str
) -> None:
    rivals = {("Iss", "Acc", 1): {digest(FIRST)[:12] if kept else "0" * 12}}
    reception = _reception(_KEY + _received(1, SHA) + resumed, FINGERPRINT, rivals=rivals)
    found = authentic(Incoming(("Iss", "Acc", 1), FIRST, b"s"), reception)
    assert isinstance(found, Refused)
    assert found.code == code


def test_what_a_ledger_knows_of_its_messages() -> None:
    channels = channels_of(book("Acc", _received(1, SHA) + _SENT).evaluation.exchanged)
    assert channels.others("Acc") == ["Iss"]
    last = channels.last("Iss", "Acc")
    assert last is not None
    assert (last.number, last.sha256, last.facts, str(last.date)) == (1, SHA, 0, "2026-03-05")
    assert channels.last("Acc", "Ins") is None
    assert [channels.known(("Iss", "Acc", n)) for n in (0, 1, 2)] == [None, last, None]

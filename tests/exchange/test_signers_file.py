"""The file of keys: what is read of it, and what is no line of one."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.exchange.keys import Key
from beancount_voucher.exchange.signers_file import SignersError, fault, read, written
from tests.directives.test_public_keys import FINGERPRINT, KEY

BARE = " ".join(KEY.split(" ")[:2])
_FROM = 'valid-after="20260301000000Z"'
_TO = 'valid-before="20260401000000Z"'
_SPACE = 'namespaces="message@beancount-voucher"'

# A line, a day, and why the key does not speak for Iss then.
LINES = {
    "for ever": (f"Iss {KEY}", "2026-03-02", None),
    "for this": (f"Iss {_SPACE} {BARE}", "2026-03-02", None),
    "for this and that": (f'Iss namespaces="git,message@beancount-voucher" {BARE}', "2026-03-02", None),
    "for something else": (f'Iss namespaces="git" {BARE}', "2026-03-02", "unknown-key"),
    "for several": (f"Acc,Iss {BARE}", "2026-03-02", None),
    "for another": (f"Acc {BARE}", "2026-03-02", "unknown-key"),
    "on its first day": (f"Iss {_FROM} {BARE}", "2026-03-01", None),
    "before it": (f"Iss {_FROM},{_SPACE} {BARE}", "2026-02-28", "unknown-key"),
    "on its last day": (f"Iss {_FROM},{_TO} {BARE}", "2026-03-31", None),
    "after it": (f"Iss {_FROM},{_TO} {BARE}", "2026-04-01", "key-expired"),
    "declared anew": (f"Iss {_TO} {BARE}\nIss {BARE}", "2026-04-01", None),
    "with comments and empty lines": (f"# ours\n\n  Iss {KEY}  \n", "2026-03-02", None),
    "none": ("", "2026-03-02", "unknown-key"),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_whose_key_counts(name: str) -> None:
    text, day, code = LINES[name]
    assert fault(read(text), "Iss", FINGERPRINT, dt.date.fromisoformat(day)) == code
    assert fault(read(text), "Iss", "SHA256:other", dt.date(2026, 3, 2)) == "unknown-key"


WRONG = {
    "a pattern": (f"* {BARE}", "line 1 names no party and public key"),
    "but for one": (f"Iss,!Acc {BARE}", "line 1 names no party and public key"),
    "no key": ("# one\nIss", "line 2 names no party and public key"),
    "a key that is none": ("Iss ssh-ed25519 AAAA", "line 1 names no party and public key"),
    "of an authority": (f"Iss cert-authority {BARE}", "line 1 has cert-authority, which means nothing here"),
    "a time of somebody's own": (f'Iss valid-after="20260301" {BARE}', "line 1: 20260301 is no time such as 20260331000000Z"),
    "a time that is none": (f'Iss valid-before="20260231000000Z" {BARE}', "line 1: 20260231000000Z is no time such as 20260331000000Z"),
    "options without an end": (f'Iss {"a-" * 5000}" {BARE}', "line 1 names no party and public key"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_file_of_keys(name: str) -> None:
    text, message = WRONG[name]
    with pytest.raises(SignersError) as caught:
        read(text)
    assert str(caught.value) == message


def test_what_is_written_is_read_again() -> None:
    days = dt.date(2026, 3, 1), dt.date(2026, 3, 31)
    keys = [Key("Iss", BARE, FINGERPRINT, *days), Key("Acc", BARE, FINGERPRINT, days[0])]
    first, second = read(written(keys))
    assert (first.parties, first.fingerprint) == (("Iss",), FINGERPRINT)
    assert (first.after, first.before) == (dt.datetime(2026, 3, 1), dt.datetime(2026, 4, 1))  # noqa: DTZ001
    assert (second.before, second.namespaces) == (None, ("message@beancount-voucher",))
    revoked = Key("Iss", BARE, FINGERPRINT, *days, revoked=dt.date(2026, 3, 5))
    assert 'valid-before="20260305000000Z"' in written([revoked])

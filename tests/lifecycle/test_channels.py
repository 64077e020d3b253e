"""Keys and messages in a ledger: which of their directives count, and who judges what came."""

from __future__ import annotations

import pytest

from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import ACCEPT, APPLY, event, issue, load

_SHA = "0" * 64


def _said(kind: str, *ids: str, date: str = "2026-03-01", **terms: str) -> str:
    values = " ".join(each if each.isdigit() else f'"{each}"' for each in ids)
    metadata = "".join(f"  {key.replace('_', '-')}: {value}\n" for key, value in terms.items())
    return f'{date} custom "voucher-{kind}" {values}\n{metadata}'


def _sent(number: str, sender: str = "Iss", receiver: str = "Acc", date: str = "2026-03-01") -> str:
    return _said("sent", sender, receiver, number, date=date, sha256=f'"{_SHA}"', facts="1")


def _received(number: str, date: str = "2026-03-01", **more: str) -> str:
    terms = {"sha256": f'"{_SHA}"', "key": f'"{FINGERPRINT}"', "facts": "1", **more}
    return _said("received", "Acc", "Iss", number, date=date, **terms)


CASES = {
    "a key": (_said("key", "Iss", KEY, until="2026-12-31", kinds='"accept reject"', limit="5.00 CNY"), ""),
    "a key that the old one introduced": (_said("key", "Acc", KEY, introduced_by='"Acc Iss 3"'), ""),
    "a key of nobody": (_said("key", "Nobody", KEY), "unknown-party"),
    "a key that is none": (_said("key", "Iss", "ssh-ed25519 AAAA"), "bad-value"),
    "kinds that are none": (_said("key", "Iss", KEY, kinds='"accept dance"'), "bad-value"),
    "no kinds": (_said("key", "Iss", KEY, kinds='""'), "bad-value"),
    "kinds that are a number": (_said("key", "Iss", KEY, kinds="5"), "bad-value"),
    "introduced by no message": (_said("key", "Acc", KEY, introduced_by='"Acc Iss"'), "bad-value"),
    "introduced by a date": (_said("key", "Acc", KEY, introduced_by="2026-01-01"), "bad-value"),
    "introduced by who is no party": (_said("key", "Acc", KEY, introduced_by='"acc Iss 3"'), "bad-value"),
    "the same key twice on a day": (_said("key", "Iss", KEY) * 2, "duplicate"),
    "a revocation": (_said("revoke", "Iss", FINGERPRINT, reason='"lost"'), ""),
    "a revocation without a reason": (_said("revoke", "Iss", FINGERPRINT), "missing-key"),
    "a revocation of what is no fingerprint": (_said("revoke", "Iss", "SHA256:abc", reason='"lost"'), "bad-value"),
    "messages in their order": (_sent("1") + _sent("2") + _received("1") + _sent("3", date="2026-03-02"), ""),
    "ten of a day, in any order of lines": ("".join(_sent(str(n)) for n in range(11, 0, -1)), ""),
    "one left out": (_sent("1") + _sent("3"), "out-of-order"),
    "not from the first": (_sent("2"), "out-of-order"),
    "one twice": (_sent("1") + _sent("1", date="2026-03-02"), "duplicate"),
    "channels apart": (_sent("1") + _sent("1", "Acc", "Iss") + _sent("1", "Iss", "Ann"), ""),
    "to nobody": (_sent("1", "Iss", "Nobody"), "unknown-party"),
    "no number": (_sent('"1"'), "bad-value"),
    "of nobody": (_said("received", "Nobody", "Iss", "1", sha256=f'"{_SHA}"', key='"k"', facts="0"), "unknown-party"),
    "refused facts": (_received("1", refused="1"), ""),
    "a person ends a fork": (_said("resume", "Acc", "Iss", "4", sha256=f'"{_SHA}"', reason='"agreed by phone"'), ""),
    "a refusal of who is nobody": (_said("refusal", "Nobody", "4", "V-1", of='"accept"', on="2026-03-03", code='"final"'), "unknown-party"),
    "a refusal of nothing": (_said("refusal", "Acc", "4", "V-1", of='"dance"', on="2026-03-03", code='"final"'), "bad-value"),
    "a refusal of what is no text": (_said("refusal", "Acc", "4", "V-1", of="5", on="2026-03-03", code='"final"'), "bad-value"),
    "a refusal of no voucher": (_said("refusal", "Acc", "0", "-", of='"accept"', on="2026-03-03", code='"final"'), "bad-id"),
    "what stands in messages only": (_said("message", "Acc", "Iss", "4", format="1", seen="0"), "unknown-directive"),
    "a fact of a message": (event("accept", "2026-03-03", message='"Acc Iss 1"'), ""),
    "a fact of what is no message": (event("accept", "2026-03-03", message='"Acc Iss x"'), "bad-value"),
    "a close by message": ('2026-03-31 custom "voucher-close" "2026-03"\n  message: "Acc Iss 1"\n', "unknown-key"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_directives_of_the_exchange(name: str) -> None:
    text, codes = CASES[name]
    assert load(issue() + text).codes == codes.split()


def test_none_of_them_moves_the_horizon() -> None:
    said = _said("key", "Iss", KEY, date="2026-05-01") + _sent("1", date="2026-05-02")
    said += _received("1", date="2026-05-03")
    found = load(issue() + said).evaluation
    assert str(found.horizon) == "2026-03-02"
    assert [fact.kind for fact in found.exchanged] == ["key", "sent", "received"]


def _from(message: str, text: str) -> str:
    return f'{text}  message: "{message}"\n'


_STATED = '2026-01-01 custom "voucher-option" "give-back" "stated"\n'
_LINE = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 50.00 CNY\n'
_VOID = event("void", "2026-04-01", reason='"no-application"')
_UNMET = event("void", "2026-03-06", reason='"conditions-unmet"')
_EARNED = '2026-01-01 custom "voucher-option" "earning" "daily"\n'
_REFUND = event("refund", "2026-03-12", "90.00 CNY", reason='"r"')
_COVERED = (
    issue(cover_start="2026-03-03", cover_end="2026-03-12")
    + ACCEPT
    + APPLY
    + event("settle", "2026-03-06")
)

# What is judged where it was recorded, and not where a message brought it.
ELSEWHERE = {
    "a condition that nobody here knows": (_from("{}", issue(requires_weather='"dry"')), "condition-unknown"),
    "a condition that takes no text": (_from("{}", issue(requires_weather="TRUE", requires_wind="12.5")), "condition-unknown"),
    "how it is funded": (_from("{}", issue(funding=None)), "missing-key"),
    "a credit line": (_from("{}", issue(funding='"credit"')), "insufficient-credit"),
    "a settlement": (issue(requires_policy="TRUE") + ACCEPT + APPLY + _from("{}", event("settle", "2026-03-06")), "condition-unmet"),
    "a void": (issue() + ACCEPT + APPLY + _from("{}", _UNMET), "conditions-met"),
    "a void without a surrender": (_STATED + issue() + ACCEPT + _from("{}", _VOID), "not-surrendered"),
    "a limit": (_LINE + issue("V-1", "50.00 CNY", funding='"credit"') + _from("{}", '2026-03-03 custom "voucher-credit-line" "Ann" "Iss" 10.00 CNY\n'), "insufficient-credit"),
    "a repayment": (_from("{}", '2026-03-03 custom "voucher-repay" "Ann" "Iss" 10.00 CNY\n'), "exceeds-drawn"),
    "an increase": (_LINE + issue("V-1", "50.00 CNY", funding='"credit"') + _from("{}", event("amend", "2026-03-03", "1", "60.00 CNY")), "insufficient-credit"),
    "a loan": (issue() + ACCEPT + APPLY + event("settle", "2026-03-06") + _from("{}", event("refund", "2026-03-07", "5.00 CNY", reason='"r"', to='"loan"')), "exceeds-drawn"),
    "what is unearned": (_EARNED + _COVERED + _from("{}", _REFUND), "exceeds-unearned"),
    "free funds": (_from("{}", issue("V-1", "100000.01 CNY")), "insufficient-funds"),
}  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_each_judges_its_own(name: str) -> None:
    text, code = ELSEWHERE[name]
    own = text.replace('  message: "{}"\n', "")
    assert load(own).codes == [code]
    assert load(text.format("Acc Oth 1")).codes == []


def test_a_void_that_waits_for_whoever_can_tell() -> None:
    text = _from("Iss Acc 1", issue(requires_weather='"dry"')) + ACCEPT + APPLY
    assert load(text + _UNMET).codes == ["condition-waiting"]


def test_funding_is_told_to_the_policyholder() -> None:
    assert load(_from("Iss Ann 1", issue(funding=None))).codes == ["missing-key"]

"""Four ledgers: customers and their banks; what one says reaches all whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import event, issue
from tests.support.banks import ISSUED, Bank, banks

if TYPE_CHECKING:
    from pathlib import Path

_ALL = ("Ann", "Iss", "Acc", "Ins")


def _turns(found: dict[str, Bank], date: str, times: int = 5) -> None:
    for _ in range(times):
        for party in _ALL:
            ran = found[party].turn(date)
            assert ran.status == 0, (party, ran.err)


def _states(found: dict[str, Bank]) -> list[str]:
    return [found[party].state() for party in _ALL]


def test_a_life_in_four_ledgers(tmp_path: Path) -> None:
    found = banks(tmp_path, *_ALL)
    found["Iss"].say(ISSUED)
    _turns(found, "2026-03-02")
    assert _states(found) == ["issued"] * 4
    assert "funding" not in found["Ins"].path.read_text()
    assert found["Ann"].path.read_text().count('funding: "cash"') == 1
    found["Acc"].say(event("accept", "2026-03-03"))
    _turns(found, "2026-03-03")
    found["Ins"].say(event("apply", "2026-03-05", policy='"P-1"'))
    _turns(found, "2026-03-05")
    assert _states(found) == ["settled"] * 4
    for party in _ALL:
        assert found[party].ledger().errors == []
    before = [found[party].path.read_bytes() for party in _ALL]
    _turns(found, "2026-03-06", 1)
    after = [found[party].path.read_bytes() for party in _ALL]
    _turns(found, "2026-03-06", 2)
    assert [found[party].path.read_bytes() for party in _ALL] == after
    assert [len(each) for each in before] <= [len(each) for each in after]


def test_what_was_struck_is_struck_for_the_customer_too(tmp_path: Path) -> None:
    found = banks(tmp_path, *_ALL)
    found["Iss"].say(ISSUED)
    _turns(found, "2026-03-02")
    # In time, and the issuer hears of it only after it has voided.
    found["Acc"].say(event("accept", "2026-03-05")).send("2026-03-05")
    found["Ins"].receive("2026-03-05")
    found["Ins"].say(event("apply", "2026-03-06")).send("2026-03-06")
    assert found["Ins"].state() == "applied"
    found["Acc"].receive("2026-03-06")
    found["Acc"].send("2026-03-06")
    found["Iss"].say(event("void", "2026-03-06", reason='"not-accepted"'))
    for _ in range(4):
        for party in _ALL:
            found[party].turn("2026-03-07")
    assert _states(found) == ["voided"] * 4
    for party in _ALL:
        assert found[party].ledger().errors == [], party
    struck = {party: found[party].facts("refusal") for party in ("Acc", "Ins")}
    assert struck["Ins"]
    assert len(struck["Acc"]) >= 2


def test_an_issue_says_what_its_request_said_to_those_who_have_not_heard_that(
    tmp_path: Path,
) -> None:
    found = banks(tmp_path, *_ALL)
    found["Ann"].say(issue(kind="request"))
    _turns(found, "2026-03-02")
    found["Iss"].say('2026-03-03 custom "voucher-issue" "V-1" 100.00 CNY\n')
    _turns(found, "2026-03-03")
    assert _states(found) == ["issued"] * 4
    found["Iss"].say(event("amend", "2026-03-04", "1", apply_by="2026-04-04"))
    _turns(found, "2026-03-04")
    assert "apply-by: 2026-03-31" in found["Acc"].path.read_text()


def test_an_issue_that_does_not_hold_is_said_to_nobody(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    found["Iss"].say('2026-03-03 custom "voucher-issue" "V-1" 100.00 CNY\n')
    found["Iss"].turn("2026-03-03")
    assert list(found["Iss"].carried.iterdir()) == []


@pytest.mark.parametrize("day", ["2026-03-04", "2026-03-05"])
def test_each_customer_gives_notice_of_the_return(day: str, tmp_path: Path) -> None:
    found = banks(tmp_path, *_ALL)
    found["Iss"].say(ISSUED)
    _turns(found, "2026-03-02")
    found["Ann"].say(event("return", "2026-03-04")).send("2026-03-05")
    found["Ins"].say(event("return", day)).send("2026-03-05")
    for party in ("Acc", "Iss", "Acc", "Ins", "Ann"):
        found[party].receive("2026-03-05")
        found[party].send("2026-03-05")
    for party in _ALL:
        assert found[party].facts("return") == [
            "2026-03-04 return V-1",
            f"{day} return V-1",
        ]


def test_a_clerk_of_the_other_bank_does_not_make_it_the_issuer(tmp_path: Path) -> None:
    """What the acceptor has entered by hand of the issuer's is the issuer's to decide about."""
    found = banks(tmp_path, "Iss", "Acc")
    found["Acc"].say(ISSUED + event("accept", "2026-03-03") + event("surrender", "2026-03-04"))
    found["Acc"].turn("2026-03-05")
    assert found["Acc"].facts("void") == []


def test_what_was_said_and_is_an_error_now_is_held_back(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    found["Iss"].say(ISSUED).turn("2026-03-02")
    text = found["Iss"].path.read_text()
    found["Iss"].path.write_text(text.replace('insurer: "Ins"', 'insurer: "Nobody"'))
    assert "V-1: issue of 2026-03-02 says something else" in found["Iss"].send("2026-03-03").err


def test_what_was_struck_before_it_was_said_is_said_to_nobody(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc", "Ins")
    found["Iss"].say(ISSUED).turn("2026-03-02")
    found["Acc"].turn("2026-03-02")
    found["Iss"].say(event("void", "2026-03-06", reason='"not-accepted"')).turn("2026-03-06")
    found["Acc"].say(event("accept", "2026-03-05")).turn("2026-03-06")
    assert found["Acc"].state() == "voided"
    said = [path.read_text() for path in found["Acc"].carried.glob("Acc_*.beancount")]
    told = "".join(said)
    assert '"voucher-void"' in told
    assert '"voucher-accept"' not in told
    assert '"voucher-refusal"' not in told


WRITTEN_TO = {  # whose keys the ledger has, and with whom it has spoken before; to whom it says it
    "no key but ours": (("Iss",), (), ["Acc"]),
    "a bank's": (("Iss", "Acc"), (), ["Acc"]),
    "a customer's": (("Iss", "Ann"), (), ["Acc", "Ann"]),
    "no key, and spoken with": (("Iss",), ("--to", "Ann"), ["Acc", "Ann"]),
    "the other bank's customer": (("Iss", "Ins"), (), ["Acc"]),
}


@pytest.mark.parametrize("name", WRITTEN_TO)
def test_banks_are_written_to_and_customers_who_can_answer(name: str, tmp_path: Path) -> None:
    keys, before, expected = WRITTEN_TO[name]
    bank = banks(tmp_path, *keys)["Iss"].say(ISSUED)
    out = ("send", "--out", str(bank.carried), "--key", str(bank.key))
    if before:
        bank.run(*out, *before, date="2026-03-02")
    bank.say(event("void", "2026-03-03", reason='"cancelled"'))
    assert bank.run(*out, date="2026-03-03").status == 0
    latest = (fact.rsplit(" ", 2)[1] for fact in bank.facts("sent") if fact[:10] == "2026-03-03")
    assert sorted(latest) == expected

"""Four ledgers: customers and their banks; what one says reaches all whom it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support import event
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

"""The invariants, over all shards: what does not hold is told, as one machine's audit tells it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.loader import load
from beancount_voucher.subledger import holds
from tests.support.shards import WORLD, issue, judged, ledger, said

if TYPE_CHECKING:
    from pathlib import Path

LIFE = (
    issue("A", "2026-02-01", "40.00 CNY", "credit")
    + said("accept", "A", "2026-02-02")
    + said("apply", "A", "2026-02-03")
    + said("settle", "A", "2026-02-04"),
    issue("Z", "2026-02-01", "30.00 CNY") + said("accept", "Z", "2026-02-02"),
    said("refund", "A", "2026-02-09", ' 5.00 CNY\n  kept: 1.00 CNY\n  reason: "less"'),
)


def told(top: Path) -> dict[str, Any]:
    judged(top, top.parent / "out", 3)
    found: dict[str, Any] = json.loads((top.parent / "out" / "proof.json").read_text())
    return {name: each["broken"] for name, each in found["invariants"].items() if not each["holds"]}


def hand(*accounts: str, day: str = "2026-02-08", commodity: str = "CNY") -> str:
    one, other = accounts
    return f'{day} * "by hand"\n  {one}  1.00 {commodity}\n  {other}\n'


LINE = "Equity:PA:Memo:CreditLine:BA"

BROKEN = {
    "nothing": ("", set()),
    "frozen": (hand("Assets:PA:BA:Frozen", "Assets:PA:BA"), {"I1"}),
    "below frozen": (
        "2026-01-01 open Assets:PA:BA:Frozen:Mine\n"
        + hand("Assets:PA:BA:Frozen:Mine", "Assets:PA:BA"),
        {"I1"},
    ),
    "another commodity": (
        hand("Assets:PA:BA:Frozen", "Equity:World", commodity="EUR"),
        set(),
    ),
    "the insurer's receivable": (hand("Assets:IA:PremiumReceivable", "Equity:World"), {"I5"}),
    "parts of a line": (
        hand(f"{LINE}:Drawn", f"{LINE}:Available", commodity="CNY.MEMO"),
        {"I3"},
    ),
    "a limit": (hand(f"{LINE}:Limit", f"{LINE}:Available", commodity="CNY.MEMO"), {"I3"}),
    "clearing between banks": (hand("Liabilities:BA:Interbank:BB", "Equity:World"), set()),
    "lines that share an account": (
        '2026-01-01 custom "voucher-party" "PC" "policyholder"\n'
        f'  line-available: "{LINE}:Available"\n'
        '2026-01-02 custom "voucher-credit-line" "PC" "BA" 10.00 CNY\n',
        set(),
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_somebody_has_booked_by_hand(tmp_path: Path, name: str) -> None:
    more, expected = BROKEN[name]
    top = ledger(tmp_path, *LIFE, more)
    assert told(top).keys() - {"I7"} == expected
    if name not in ("another commodity", "clearing between banks"):  # told in other words there
        audited = {each.code for each in invariants.findings(load(top))}
        assert audited & set(holds.INVARIANTS) == expected


def test_every_invariant_is_looked_at(tmp_path: Path) -> None:
    option = '2026-01-01 custom "voucher-option" "earning" "daily"\n'
    top = ledger(tmp_path, *LIFE, option)
    assert told(top) == {}
    proof = json.loads((tmp_path / "out" / "proof.json").read_text())
    assert {
        name: each["looked-at"] > 0 for name, each in proof["invariants"].items()
    } == dict.fromkeys(holds.INVARIANTS, True)


def test_a_book_without_its_account_is_told(tmp_path: Path) -> None:
    world = WORLD.replace("2026-01-01 open Assets:IA:BB\n", "")
    found = told(ledger(tmp_path, *LIFE, world=world))
    assert found["I8"] == ["facts/0.beancount:1: A is not posted in the book of IA on 2026-02-01"]


@pytest.mark.parametrize("kept", ["PA", "IA BB", "BA"])
def test_of_books_that_are_not_kept_nothing_is_said(tmp_path: Path, kept: str) -> None:
    option = '2026-01-01 custom "voucher-option" "earning" "daily"\n'
    head = f'plugin "beancount_voucher_plugin" "{kept}"\n'
    assert told(ledger(tmp_path, *LIFE, option, head=head)) == {}


def test_premiums_that_are_not_opposite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(holds, "_MIRRORED", (frozenset({"payable"}),))
    found = told(ledger(tmp_path, *LIFE))
    assert (
        "facts/1.beancount:1: recognise leaves -30.00 on one side alone on 2026-02-02"
        in found["I8"]
    )


def test_a_batch_that_is_not_zero(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = holds.held

    def spoiled(found: Any, keeper: Any) -> Any:
        batch = found.batches[0]
        first = next(iter(batch.posted))
        found.batches[0] = batch._replace(posted={**batch.posted, first: batch.posted[first] + 1})
        return seen(found, keeper)

    monkeypatch.setattr("beancount_voucher.subledger.proof.held", spoiled)
    found = told(ledger(tmp_path, *LIFE))
    assert found["I0"] == ["2026-01-02 credit-line in the book of BA is off by 1.00 CNY.MEMO"]

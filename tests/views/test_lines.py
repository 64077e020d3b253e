"""Credit lines: figures, what is behind them, and whether the books say the same."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger.loader import load
from beancount_voucher.views.lines import (
    CreditLineRow,
    LineFault,
    LineShare,
    behind,
    credit_lines,
)
from tests.support import ACCEPT, APPLY, LEDGERS, PLUGIN, WORLD, event, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk

DAY = dt.date(2026, 3, 1)
PARTS = ("limit", "available", "frozen", "drawn")
LINE = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 500.00 CNY\n'
CREDIT = LINE + issue(funding='"credit"') + ACCEPT
SETTLED = CREDIT + APPLY + event("settle", "2026-03-06", "60.00 CNY")
REPAID = SETTLED + '2026-03-20 custom "voucher-repay" "Ann" "Iss" 20.00 CNY\n'
RAISED = REPAID + '2026-03-21 custom "voucher-credit-line" "Ann" "Iss" 700.00 CNY\n'
REFUNDED = (
    SETTLED
    + '2026-03-25 custom "voucher-refund" "V-1" 50.00 CNY\n  to: "loan"\n  reason: "cancelled"\n'
)


def lines_of(
    folder: Path, text: str, as_of: str, *, plugin: str = PLUGIN, world: str = WORLD
) -> list[CreditLineRow]:
    path = folder / "ledger.beancount"
    path.write_text(plugin + world + text)
    ledger = load(path)
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    return credit_lines(ledger.evaluation, keeper, ledger.entries, dt.date.fromisoformat(as_of))


@pytest.mark.parametrize(
    ("text", "as_of", "figures", "vouchers"),
    [
        (LINE, "2026-01-01", "500.00 0.00 0.00 500.00", ()),
        (LINE + issue(), "2026-03-02", "500.00 0.00 0.00 500.00", ()),
        (CREDIT, "2026-03-01", "500.00 0.00 0.00 500.00", ()),
        (CREDIT, "2026-03-02", "500.00 100.00 0.00 400.00", ("V-1",)),
        (SETTLED, "2026-03-06", "500.00 0.00 60.00 440.00", ("V-1",)),
        (REPAID, "2026-03-20", "500.00 0.00 40.00 460.00", ("V-1",)),
        (RAISED, "2026-03-20", "500.00 0.00 40.00 460.00", ("V-1",)),
        (RAISED, "2026-03-21", "700.00 0.00 40.00 660.00", ("V-1",)),
        (REFUNDED, "2026-03-25", "500.00 0.00 10.00 490.00", ("V-1",)),
        (CREDIT + event("void", "2026-04-01", reason='"no-application"'), "2026-04-01", "500.00 0.00 0.00 500.00", ()),
    ],
)  # fmt: skip
def test_a_line_on_a_date(
    tmp_path: Path, text: str, as_of: str, figures: str, vouchers: tuple[str, ...]
) -> None:
    [line] = lines_of(tmp_path, text, as_of)
    shown = [f"{each}" for each in (line.limit, line.frozen, line.drawn, line.available)]
    assert shown == figures.split()
    assert (line.vouchers, line.proof, line.books) == (vouchers, "adds up", ("Ann", "Iss"))
    for figure in ("limit", "frozen", "drawn"):
        whole = sum((getattr(row.share, figure) for row in behind([line])), Decimal(0))
        assert whole == getattr(line, figure)


def test_the_figures_are_those_that_the_life_goes_by() -> None:
    """At the end of the demo, line by line."""
    ledger = load(LEDGERS / "marketplace" / "all.beancount")
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    found = credit_lines(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 12, 31))
    lines = ledger.evaluation.ledger_state.lines.all()
    assert {
        (line.policyholder, line.bank, line.currency): (line.limit, line.frozen, line.drawn)
        for line in found
    } == {pair: (line.limit, line.frozen, line.drawn) for pair, line in lines.items()}
    assert {line.proof for line in found} == {"adds up"}


FROZEN = "Equity:Ann:Memo:CreditLine:Iss:Frozen"
AVAILABLE = "Equity:Ann:Memo:CreditLine:Iss:Available"
BY_HAND = f'2026-03-07 * "by hand"\n  {FROZEN}  1.00 CNY.MEMO\n  {AVAILABLE}\n'


def test_a_line_that_does_not_add_up_says_where(tmp_path: Path) -> None:
    [line] = lines_of(tmp_path, CREDIT + BY_HAND, "2026-03-07")
    assert line.faults == (
        LineFault(AVAILABLE, Decimal("399.00"), Decimal("400.00")),
        LineFault(FROZEN, Decimal("101.00"), Decimal("100.00")),
    )
    assert line.proof == "does not add up"
    assert line.wrong == (
        f"{AVAILABLE} holds 399.00, the directives say 400.00",
        f"{FROZEN} holds 101.00, the directives say 100.00",
    )
    [before] = lines_of(tmp_path, CREDIT + BY_HAND, "2026-03-06")
    assert before.proof == "adds up"


@pytest.mark.parametrize(
    ("option", "plugin", "books", "proof"),
    [
        ("", ' "Iss"', ("Iss",), "adds up"),
        ("", ' "Ins"', (), "no book is kept"),
        ('2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n', "", ("Ann", "Iss"), "adds up"),
    ],
)  # fmt: skip
def test_it_is_held_against_the_books_that_are_kept(
    tmp_path: Path, option: str, plugin: str, books: tuple[str, ...], proof: str
) -> None:
    kept = PLUGIN.replace("\n", f"{plugin}\n", 1)
    [line] = lines_of(tmp_path, option + CREDIT, "2026-03-07", plugin=kept)
    assert (line.books, line.proof) == (books, proof)


def test_lines_that_share_an_account_are_proven_together(tmp_path: Path) -> None:
    shared = "".join(f"  line-{part}: Equity:Lines:{part.capitalize()}\n" for part in PARTS)
    ann = '2026-01-01 custom "voucher-party" "Ann" "policyholder"\n'
    world = WORLD.replace(ann, ann + shared)
    assert world != WORLD
    other = LINE.replace('"Iss" 500', '"Acc" 40')
    lines = lines_of(tmp_path, CREDIT + other, "2026-03-07", world=world)
    assert [(line.bank, line.limit, line.proof) for line in lines] == [
        ("Acc", Decimal("40.00"), "adds up"),
        ("Iss", Decimal("500.00"), "adds up"),
    ]


def test_what_is_below_zero_does_not_add_up() -> None:
    share = LineShare("repay", None, DAY, Decimal(0), Decimal(0), Decimal(-1), SourceLine("x", 1))
    line = CreditLineRow("Ann", "Iss", "CNY", (share,), ())
    assert line.wrong == ("drawn is -1, below zero",)


def test_the_command(clerk: Clerk) -> None:
    clerk.write(REPAID)
    [row] = json.loads(clerk.run("lines", "--as-of", "2026-03-31", "--format", "json").out)
    assert row == {
        "policyholder": "Ann", "bank": "Iss", "currency": "CNY",
        "limit": "500.00", "frozen": "0.00", "drawn": "40.00", "available": "460.00",
        "proof": "adds up", "wrong": None, "books": ["Ann", "Iss"], "vouchers": ["V-1"],
    }  # fmt: skip
    table = clerk.run("lines", "--as-of", "2026-03-31")
    assert "adds up" in table.out
    assert table.status == 0
    ran = clerk.run("lines", "--behind", "--as-of", "2026-03-31", "--format", "csv")
    assert [line.split(",")[3:9] for line in ran.out.splitlines()] == [
        ["entry", "voucher", "date", "limit", "frozen", "drawn"],
        ["credit-line", "", "2026-01-01", "500.00", "0.00", "0.00"],
        ["voucher", "V-1", "2026-03-02", "0.00", "0.00", "60.00"],
        ["repay", "", "2026-03-20", "0.00", "0.00", "-20.00"],
    ]
    assert clerk.run("lines", "--as-of", "2025-12-31").out == "Nothing.\n"
    assert clerk.run("lines", "--as-of", "2025-12-31", "--format", "json").out == "[]\n"
    wrong = clerk.write(CREDIT + BY_HAND).run("lines", "--as-of", "2026-03-31")
    assert (wrong.status, "does not add up" in wrong.out) == (1, True)

"""The ledgers that ship: clean, complete, and the same from every viewpoint."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

import beanquery
import pytest
from beancount import loader
from beancount.core.data import Balance, Query, Transaction
from click.testing import CliRunner

from beancount_voucher.audit import invariants
from beancount_voucher.cli import main
from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.events import State
from beancount_voucher.views import instrument
from tests.support import LEDGERS, booked, insurance_year, load_path

if TYPE_CHECKING:
    from pathlib import Path

    from beancount.core.data import Directive

MARKETPLACE = LEDGERS / "marketplace"
PARTIES = ("LiMing", "YunShang", "QingHe", "LanTian", "HengXin", "YuanHang")
TOPS = [
    LEDGERS / "clearing-house" / "ledger.beancount",
    LEDGERS / "daily-postings" / "ledger.beancount",
    LEDGERS / "instrument" / "ledger.beancount",
    LEDGERS / "second-quarter" / "ledger.beancount",
    LEDGERS / "insurer" / "ledger.beancount",
    MARKETPLACE / "all.beancount",
] + [MARKETPLACE / f"{party}.beancount" for party in PARTIES]


@pytest.mark.parametrize("path", TOPS, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_ledger_is_clean_and_keeps_every_invariant(path: Path) -> None:
    ledger = load_ledger(path)
    assert ledger.errors == []
    assert list(invariants.findings(ledger)) == []
    generated = [e for e in ledger.entries if isinstance(e, Transaction) and "voucher" in e.tags]
    assert generated
    proofs = [entry for entry in ledger.entries if isinstance(entry, Balance)]
    assert len(proofs) >= 7


@pytest.mark.parametrize("name", ["daily-postings", "instrument", "second-quarter", "insurer"])
def test_written_out_it_loads_without_the_plugin_to_the_same_balances(name: str) -> None:
    path = LEDGERS / name / "ledger.beancount"
    ran = CliRunner().invoke(main, ["-f", str(path), "print"])
    assert ran.exit_code == 0
    assert "plugin" not in ran.stdout.split("\n\n")[0]
    plain, errors, _ = loader.load_string(ran.stdout)
    assert errors == []
    assert _balances(plain) == _balances(load_path(path).entries)


def _balances(entries: list[Directive]) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in entries:
        for posting in entry.postings if isinstance(entry, Transaction) else ():
            assert posting.units is not None
            assert posting.units.number is not None
            sums[posting.account, posting.units.currency] += posting.units.number
    return dict(sums)


def test_a_top_file_has_four_lines() -> None:
    for party in (*PARTIES, "all"):
        assert len((MARKETPLACE / f"{party}.beancount").read_text().splitlines()) == 4


def test_the_books_of_all_are_the_books_of_each() -> None:
    together = load_path(MARKETPLACE / "all.beancount")
    apart = [load_path(MARKETPLACE / f"{party}.beancount") for party in PARTIES]
    assert Counter(map(booked, together.generated)) == Counter(
        booked(entry) for ledger in apart for entry in ledger.generated
    )
    for party, ledger in zip(PARTIES, apart, strict=True):
        assert {entry.meta["voucher-book"] for entry in ledger.generated} == {party}


def test_the_marketplace_takes_every_path_of_the_life() -> None:
    vouchers = load_path(MARKETPLACE / "all.beancount").evaluation.vouchers.values()
    kinds = {voucher.metadata["product"] for voucher in vouchers}
    assert kinds == {
        "return freight",
        "non-payment on delivery",
        "cargo damage",
        "flight accident",
        "car",
        "after-sales repair",
    }
    ends = {
        (voucher.terms.funding, str(voucher.status.state), voucher.status.reason)
        for voucher in vouchers
        if voucher.terms is not None and voucher.status.state in (State.VOIDED, State.SETTLED)
    }
    reasons = (
        "not-accepted",
        "no-application",
        "conditions-unmet",
        "insurance-returned",
        "cancelled",
    )
    for funding in ("cash", "credit"):
        assert (funding, "settled", None) in ends
        assert {(funding, "voided", reason) for reason in reasons} <= ends
    states = {str(voucher.status.state) for voucher in vouchers}
    assert states == {state.value for state in State if state is not State.NONE} - {"requested"}
    rejected = [v for v in vouchers if v.status.state is State.REJECTED and v.terms]
    assert {v.terms.funding for v in rejected if v.terms} == {"cash", "credit"}
    assert any(v.terms and v.terms.one_bank for v in vouchers)
    partial = [v for v in vouchers if v.status.settled and v.status.released]
    assert {v.terms.funding for v in partial if v.terms} == {"cash", "credit"}
    conditions = {key for v in vouchers if v.terms for key in v.terms.conditions}
    assert conditions == set(BUILT_IN)
    happened = {event.kind for voucher in vouchers for event in voucher.events}
    assert happened == {
        "request", "refuse", "issue", "reject", "accept", "apply", "return", "settle", "void",
        "recognise", "cover",
    }  # fmt: skip


@pytest.mark.parametrize("funding", ["cash", "credit"])
def test_the_second_quarter_takes_every_path_of_the_whole_instrument(funding: str) -> None:
    ledger = load_path(LEDGERS / "second-quarter" / "ledger.beancount")
    vouchers = [
        each
        for each in ledger.evaluation.vouchers.values()
        if each.terms is not None and each.terms.funding == funding
    ]
    happened = {event.kind for voucher in vouchers for event in voucher.events}
    assert happened >= {
        "amend", "consent", "decline", "lapse", "effect", "withdraw", "discrepancy", "return",
        "settle", "release", "refund", "earn", "recognise", "cover", "reject",
    }  # fmt: skip
    effects = {
        (each.amount > 0) - (each.amount < 0)
        for voucher in vouchers
        for each in voucher.events
        if each.kind == "effect"
    }
    assert effects == {-1, 1}
    assert {voucher.status.reason for voucher in vouchers} >= {"agreed"}
    ended = {each.events[-1].kind for each in vouchers if each.status.state is State.SETTLED}
    assert ended >= {"settle", "refund", "release"}
    refunds = [each for v in vouchers for each in v.events if each.kind == "refund" and each.change]
    assert any(each.change.kept for each in refunds if each.change)
    assert any(each.change.from_advance for each in refunds if each.change)
    to_loan = {bool(each.change.to_loan) for each in refunds if each.change}
    assert to_loan == ({True, False} if funding == "credit" else {False})
    both = [e for e in refunds if e.change and 0 < e.change.to_loan < e.amount]
    assert bool(both) == (funding == "credit")
    assert any(v.terms and v.terms.one_bank for v in vouchers)
    assert [v.id for v in vouchers if v.status.open] == ["C-8" if funding == "cash" else "K-8"]


def test_what_an_insurer_files_is_reckoned_a_second_time() -> None:
    """The text is what the script reckons, and the books are what the text says."""
    assert insurance_year.PATH.read_text(encoding="utf-8") == insurance_year.text()
    known = insurance_year.policies()
    assert len(known) == 40
    assert sum(bool(each.changes) for each in known) >= 5
    assert sum(each.refund is not None for each in known) >= 5
    assert {each.credit for each in known} == {True, False}
    for month in insurance_year.roll_forward(known):
        told = month.opening + month.added - month.earned - month.refunded
        assert told == month.closing


def test_the_months_of_all_vouchers_are_what_the_insurer_files() -> None:
    """The product's own roll-forward, voucher by voucher, comes to the same."""
    ledger = load_path(insurance_year.PATH)
    sums: dict[object, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
    for voucher in ledger.evaluation.vouchers.values():
        for month in instrument.roll_forward(voucher, dt.date(2026, 12, 31)):
            moved = month.added, month.earned, month.refunded
            sums[month.ends] = [a + b for a, b in zip(sums[month.ends], moved, strict=True)]
    for filed in insurance_year.roll_forward(insurance_year.policies()):
        assert sums[filed.ends] == [filed.added, filed.earned, filed.refunded], filed.ends


def test_the_auditors_queries_run() -> None:
    ledger = load_path(MARKETPLACE / "all.beancount")
    connection = beanquery.connect(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    answers = {
        entry.name: connection.execute(entry.query_string).fetchall()
        for entry in ledger.entries
        if isinstance(entry, Query)
    }
    assert set(answers) == {
        "holds-by-voucher",
        "ageing-of-holds",
        "credit-line-use",
        "premium-receivable",
        "vouchers-for-collection",
        "settled-by-insurer",
    }
    held = {
        voucher.id
        for voucher in ledger.evaluation.vouchers.values()
        if voucher.status.state in (State.ISSUED, State.ACCEPTED, State.APPLIED)
    }
    assert {row[0] for row in answers["holds-by-voucher"]} == held
    assert [row[0] for row in answers["ageing-of-holds"]] == sorted(
        held, key=lambda voucher: (answers_since(ledger.evaluation.vouchers[voucher]), voucher)
    )
    settled = {(row[0], row[1]): str(row[2]) for row in answers["settled-by-insurer"]}
    assert settled["HengXin", 2] == "(5860.00 CNY)"


def answers_since(voucher: object) -> object:
    return voucher.status.issued  # type: ignore[attr-defined]

"""The ledgers that ship: clean, complete, and the same from every viewpoint."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import beanquery
import pytest
from beancount.core.data import Balance, Query, Transaction

from beancount_voucher.audit import invariants
from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.vouchers import State
from tests.support import LEDGERS, booked, load_path

if TYPE_CHECKING:
    from pathlib import Path

MARKETPLACE = LEDGERS / "marketplace"
PARTIES = ("LiMing", "YunShang", "QingHe", "LanTian", "HengXin", "YuanHang")
TOPS = [
    LEDGERS / "clearing-house" / "ledger.beancount",
    LEDGERS / "instrument" / "ledger.beancount",
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

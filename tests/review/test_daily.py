"""Review of daily postings: what each voucher posts is compared, and no batch with another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import DAILY, SETTLE, issue
from tests.support.repository import APPLIED, WANG, Repository, rules, states

if TYPE_CHECKING:
    from typing import Any

OPTION = '2026-01-01 custom "voucher-option" "{}" "{}"\n'

# What is changed: before, after -> states, rules that are broken, settings that are told.
CHANGES: dict[str, tuple[str, str, dict[str, tuple[str, str]], list[str], list[str]]] = {
    "a batch grows": (
        DAILY + APPLIED, DAILY + APPLIED + issue("V-2"), {"V-2": ("none", "issued")}, [], [],
    ),
    "a batch has one less": (
        DAILY + APPLIED + issue("V-2"), DAILY + APPLIED,
        {"V-2": ("issued", "none")}, ["edited-history"], [],
    ),
    "a voucher goes on": (
        DAILY + APPLIED, DAILY + APPLIED + SETTLE, {"V-1": ("applied", "settled")}, [], [],
    ),
    "postings are daily from now on": (APPLIED, DAILY + APPLIED, {}, [], ["postings"]),
    "and no more": (DAILY + APPLIED, APPLIED, {}, [], ["postings"]),
    "what rewrites postings does so in batches": (
        DAILY + APPLIED, DAILY + APPLIED + OPTION.format("recognise-at", "settle"),
        {"V-1": ("applied", "applied")},
        ["rewritten-postings"], ["recognise-at"],
    ),
    "an amount is another": (
        DAILY + issue() + issue("V-2"), DAILY + issue() + issue("V-2", "90.00 CNY"),
        {"V-2": ("issued", "issued")}, ["edited-history"], [],
    ),
    "accounts of each voucher": (
        DAILY + APPLIED, DAILY + APPLIED + OPTION.format("hold-accounts", "per-voucher"),
        {"V-1": ("applied", "applied")},
        ["rewritten-postings", "rewritten-postings", "new-error"], ["hold-accounts", "postings"],
    ),
}  # fmt: skip


def review(repository: Repository, before: str, after: str) -> dict[str, Any]:
    repository.commit(before)
    repository.commit(after, WANG)
    return repository.review("HEAD~1..HEAD")


@pytest.mark.parametrize("name", CHANGES)
def test_what_a_change_means(repository: Repository, name: str) -> None:
    before, after, expected, broken, told = CHANGES[name]
    found = review(repository, before, after)
    assert states(found) == expected
    assert rules(found) == broken
    assert [each["subject"] for each in found["settings"]] == told


def test_what_moves_is_told_of_the_voucher_as_without(repository: Repository) -> None:
    later = issue("V-2") + SETTLE
    daily = review(repository, DAILY + APPLIED, DAILY + APPLIED + later)
    each = review(repository, "\n" + APPLIED, "\n" + APPLIED + later)
    assert daily["vouchers"] == each["vouchers"]
    assert daily["accounts"] == each["accounts"]
    assert [each["id"] for each in daily["vouchers"] if each["money"]] == ["V-1", "V-2"]

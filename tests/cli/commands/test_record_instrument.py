"""The commands of the whole instrument: each prints its directive, or says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

ACCEPTED = issue(draws='"multiple"', on_unmet='"represent"', requires_policy="TRUE") + ACCEPT
OFFERED = ACCEPTED + event("amend", "2026-03-04", "1", "150.00 CNY")
APPLIED = ACCEPTED + APPLY
DRAWN = (
    issue(draws='"multiple"')
    + ACCEPT
    + event("apply", "2026-03-05", "40.00 CNY")
    + event("settle", "2026-03-06", "40.00 CNY")
)

PRINTED = {
    "the number is found": (
        ACCEPTED,
        "amend V-1 --amount 150.00 --reason mistyped",
        'custom "voucher-amend" "V-1" 1 150.00 CNY\n  reason: "mistyped"\n',
    ),
    "an amount with its currency": (
        ACCEPTED,
        "amend V-1 --amount 150.00@CNY",
        'custom "voucher-amend" "V-1" 1 150.00 CNY\n',
    ),
    "an amendment of a date alone": (
        ACCEPTED,
        "amend V-1 --apply-by 2026-04-30",
        'custom "voucher-amend" "V-1" 1\n  apply-by: 2026-04-30\n',
    ),
    "the one that is open": (
        OFFERED,
        "consent V-1 --by Ins",
        'custom "voucher-consent" "V-1" 1\n  by: "Ins"\n',
    ),
    "a decline": (
        OFFERED,
        "decline V-1 --by Ins --number 1",
        'custom "voucher-decline" "V-1" 1\n  by: "Ins"\n',
    ),
    "a number as in the directive": (
        OFFERED,
        "consent V-1 1 --by Ins",
        'custom "voucher-consent" "V-1" 1\n  by: "Ins"\n',
    ),
    "a number said twice": (
        OFFERED,
        "decline V-1 1 --by Ins --number 1",
        'custom "voucher-decline" "V-1" 1\n  by: "Ins"\n',
    ),
    "a withdrawal": (APPLIED, "withdraw V-1", 'custom "voucher-withdraw" "V-1"\n'),
    "a discrepancy": (
        APPLIED,
        "discrepancy V-1 --reason unsigned",
        'custom "voucher-discrepancy" "V-1"\n  reason: "unsigned"\n',
    ),
    "a release": (
        DRAWN,
        "release V-1 --by Ins",
        'custom "voucher-release" "V-1"\n  by: "Ins"\n',
    ),
    "a refund": (
        DRAWN,
        "refund V-1 30.00 CNY --reason sold --kept 10.00@CNY",
        'custom "voucher-refund" "V-1" 30.00 CNY\n  reason: "sold"\n  kept: 10.00 CNY\n',
    ),
}


def words(line: str) -> list[str]:
    return [*(each.replace("@", " ") for each in line.split()), "--date", "2026-03-09"]


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_recorded(clerk: Clerk, name: str) -> None:
    text, line, printed = PRINTED[name]
    ran = clerk.write(text).run(*words(line))
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == f"2026-03-09 {printed}"


WRONG = {
    "no amount": (DRAWN, "refund V-1 30.00 CNY --reason r --kept ten", 2, 'such as "3650.00 CNY"'),
    "no number": (ACCEPTED, "amend V-1 --amount many", 2, "many"),
    "two numbers": (OFFERED, "consent V-1 1 --by Ins --number 2", 2, "one number, not 1 and"),
    "a number that is none": (OFFERED, "consent V-1 0 --by Ins", 2, "0 is not in the range"),
    "a number that is not open": (OFFERED, "consent V-1 2 --by Ins", 1, "[out-of-order]"),
    "of an offer it could be an amount": (ACCEPTED, "amend V-1 2", 2, "unexpected extra argument"),
    "a currency of its own": (ACCEPTED, "amend V-1 --amount 4.00@XXX", 1, "[bad-currency]"),
    "of no voucher": (ACCEPTED, "amend W-7 --amount 4.00", 1, "[not-found]"),
    "nothing changes": (ACCEPTED, "amend V-1", 1, "[bad-value]"),
    "not due": (OFFERED, "consent V-1 --by Ann", 1, "[wrong-actor]"),
    "too much": (DRAWN, "refund V-1 30.00 CNY --reason r --kept 20.00@CNY", 1, "[exceeds-settled]"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_refused(clerk: Clerk, name: str) -> None:
    text, line, status, message = WRONG[name]
    ran = clerk.write(text).run(*words(line))
    assert (ran.status, ran.out) == (status, "")
    assert message in ran.err

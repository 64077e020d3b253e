"""What may be paid, when, and from which account: reckoned by hand, voucher by voucher."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.views.forecast import payments
from tests.support import ACCEPT, APPLY, event, issue, load

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

AGAIN = issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY
PAPERS = issue(requires_policy="TRUE") + ACCEPT + APPLY
LATER = {"not_before": "2026-04-20", "requires_event": '"order=there"'}
CHANGES = issue(requires_event='"a=b"') + ACCEPT + APPLY + '2026-03-05 event "a" "c"\n'
CHANGED = CHANGES + '2026-03-09 event "a" "b"\n'
DRAWS = issue(draws='"multiple"') + ACCEPT + event("apply", "2026-03-05", "30.00 CNY")


@pytest.mark.parametrize(
    ("text", "as_of", "expected"),
    [
        # id, amount, earliest, latest, home and what is missing; apply-by is 31 March
        (issue(), "2026-03-02", ["100.00 03-02 03-31 03-06 acceptance, application"]),
        (issue(), "2026-03-06", ["100.00 – – 03-06 "]),
        (issue() + ACCEPT, "2026-03-04", ["100.00 03-04 03-31 04-01 application"]),
        (issue() + ACCEPT, "2026-04-01", ["100.00 – – 04-01 "]),
        (issue(**LATER) + ACCEPT, "2026-03-04", ["100.00 04-20 04-20 04-01 application, not-before 2026-04-20, requires-event order=there"]),
        (issue() + ACCEPT + APPLY, "2026-03-05", ["100.00 03-05 03-05 – "]),
        (issue() + ACCEPT + APPLY, "2026-03-09", ["100.00 03-09 03-09 – "]),
        (issue() + ACCEPT + event("apply", "2026-03-05", "60.00 CNY"), "2026-03-05", ["60.00 03-05 03-05 – "]),
        (issue(not_before="2026-03-20") + ACCEPT + APPLY, "2026-03-05", ["100.00 03-20 03-20 – not-before 2026-03-20"]),
        (AGAIN, "2026-03-05", ["100.00 03-05 03-31 04-01 requires-policy"]),
        (AGAIN, "2026-04-01", ["100.00 – – 04-01 requires-policy"]),
        (PAPERS, "2026-03-05", ["100.00 – – 03-06 requires-policy"]),
        (PAPERS, "2026-03-07", ["100.00 – – 03-07 requires-policy"]),
        (CHANGED, "2026-03-09", ["100.00 03-09 03-09 – "]),
        (issue() + event("return", "2026-03-04"), "2026-03-04", ["100.00 – – 03-04 "]),
        (DRAWS, "2026-03-05", ["30.00 03-05 03-05 – ", "70.00 03-05 03-31 04-01 application"]),
        (issue() + event("void", "2026-03-03", reason='"cancelled"'), "2026-03-03", []),
        (issue(), "2026-03-01", []),
        (event("request", "2026-03-01", "1.00 CNY", policyholder='"Ann"', insurer='"Ins"'), "2026-03-01", []),
    ],
)  # fmt: skip
def test_what_may_be_paid(text: str, as_of: str, expected: list[str]) -> None:
    found = payments(load(text).evaluation, dt.date.fromisoformat(as_of))
    assert [
        " ".join(
            (
                f"{each.amount}",
                *(
                    f"{day:%m-%d}" if day else "–"
                    for day in (each.earliest, each.latest, each.home)
                ),
                ", ".join(each.waits),
            )
        )
        for each in found
    ] == expected


def test_there_is_no_day_after_the_last() -> None:
    last = "9999-12-31"
    text = issue(accept_by=last, apply_by=last)
    [found] = payments(load(text).evaluation, dt.date.max)
    assert (found.latest, found.home) == (dt.date.max, dt.date.max)


CREDIT = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 500.00 CNY\n' + (
    issue("V-2", "30.00 CNY", funding='"credit"', acceptor=None, apply_by="2026-03-08")
    + event("accept", "2026-03-03", voucher="V-2")
)


def test_by_day_and_account_with_sums(clerk: Clerk) -> None:
    """V-1 waits for its day, V-2 for an application; one bank owes the insurer itself."""
    clerk.write(issue(not_before="2026-03-07") + ACCEPT + APPLY + CREDIT)
    ran = clerk.run("forecast", "--as-of", "2026-03-05", "--format", "csv")
    assert [line.split(",", 1)[1] for line in ran.out.splitlines()[1:] if line.startswith("2026-03-05")] == [
        "Ann,Liabilities:Ann:Iss:CreditLine,CNY,-30.00,-30.00,0.00,0.00,0.00,V-2",
        "Ins,Assets:Ins:Iss,CNY,30.00,30.00,0.00,0.00,0.00,V-2",
        "Iss,Liabilities:Iss:Deposits:Ins,CNY,-30.00,-30.00,0.00,0.00,0.00,V-2",
    ]  # fmt: skip
    assert [line for line in ran.out.splitlines() if ",Ann," in line][1:] == [
        "2026-03-07,Ann,Assets:Ann:Iss,CNY,-100.00,-100.00,-100.00,-100.00,0.00,V-1",
        "2026-03-08,Ann,Liabilities:Ann:Iss:CreditLine,CNY,0.00,-30.00,-30.00,-30.00,0.00,V-2",
        "2026-03-09,Ann,Liabilities:Ann:Iss:CreditLine,CNY,0.00,-30.00,0.00,-30.00,30.00,V-2",
    ]
    soon = clerk.run("forecast", "--as-of", "2026-03-05", "--days", "2", "--format", "json")
    assert {row["date"] for row in json.loads(soon.out)} == {"2026-03-05", "2026-03-07"}
    table = clerk.run("forecast", "--vouchers", "--as-of", "2026-03-05")
    assert table.status == 0
    assert "not-before 2026-03-07" in table.out


def test_only_the_accounts_of_kept_books(clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT, plugin='plugin "beancount_voucher_plugin" "Ins"\n')
    rows = json.loads(clerk.run("forecast", "--as-of", "2026-03-05", "--format", "json").out)
    assert {row["account"] for row in rows} == {"Assets:Ins:Acc"}

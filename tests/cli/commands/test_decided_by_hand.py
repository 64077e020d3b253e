"""What whoever settles or voids may say beside it, and the day that he names for it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, event, issue, load_path

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

APPLIED = issue() + ACCEPT + APPLY
CLOSED = '2026-03-31 custom "voucher-close" "2026-03"\n'
SETTLED = '{} custom "voucher-settle" "V-1"\n'
VOIDED = '{} custom "voucher-void" "V-1"\n  reason: "{}"\n'

# ledger, command -> what is printed
SAID = {
    "a settlement's note": (APPLIED, "settle V-1 --as-of 2026-03-06 --note 'by fax'", SETTLED.format("2026-03-06") + '  note: "by fax"\n'),
    "a void's note and document": (
        issue(), "void V-1 --reason cancelled --as-of 2026-03-03 --by Iss --note n --document d/e.pdf",
        VOIDED.format("2026-03-03", "cancelled") + '  by: "Iss"\n  note: "n"\n  document: "d/e.pdf"\n',
    ),
    "of all that is due": (APPLIED, "settle --due --as-of 2026-03-06 --note n", SETTLED.format("2026-03-06") + '  note: "n"\n'),
    "of a run": (issue(), "run --as-of 2026-03-06 --note n", VOIDED.format("2026-03-06", "not-accepted") + '  note: "n"\n'),
    "beside the effective date": (APPLIED + CLOSED, "settle V-1 --as-of 2026-03-06 --note n", SETTLED.format("2026-04-01") + '  note-effective: 2026-03-06\n  note: "n"\n'),
    "dated": (APPLIED, "settle V-1 --date 2026-03-07", SETTLED.format("2026-03-07")),
    "dated, and judged before": (APPLIED, "settle V-1 --as-of 2026-03-06 --date 2026-03-08", SETTLED.format("2026-03-08")),
    "late, dated where it would follow": (issue(), "void V-1 --reason not-accepted --as-of 2026-03-09", VOIDED.format("2026-03-06", "not-accepted")),
    "late, dated as somebody says": (issue(), "void V-1 --reason not-accepted --date 2026-03-09", VOIDED.format("2026-03-09", "not-accepted")),
    "dated after a close": (APPLIED + CLOSED, "settle V-1 --date 2026-04-02", SETTLED.format("2026-04-02")),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_and_dated_by_hand(name: str, clerk: Clerk) -> None:
    ledger, command, printed = SAID[name]
    ran = clerk.write(ledger).run(*shlex.split(command))
    assert (ran.status, ran.out) == (0, printed)
    assert ("there is no file d/e.pdf, seen from" in ran.err) is ("document" in command)
    assert clerk.run(*shlex.split(command), "--write").status == 0
    assert load_path(clerk.path).errors == []


# ledger, command -> what is said
REFUSED = {
    "before the deadline": (issue(), "void V-1 --reason not-accepted --date 2026-03-05", "[not-yet-expired]"),
    "before the application": (APPLIED, "settle V-1 --date 2026-03-04", "[out-of-order]"),
    "before the issue": (issue(), "void V-1 --reason cancelled --date 2026-03-01", "[not-found]"),
    "before the conditions are met": (
        issue(not_before="2026-03-20") + ACCEPT + APPLY, "settle V-1 --as-of 2026-03-20 --date 2026-03-19", "[condition-waiting]",
    ),
    "in a closed period": (
        APPLIED + CLOSED, "settle V-1 --date 2026-03-06",
        "V-1: settle of 2026-03-06 is in a period that was closed on 2026-03-31; expected --as-of 2026-03-06 "
        "without --date, which dates it on 2026-04-01 and keeps that day as note-effective [closed-period]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_day_on_which_it_cannot_be(name: str, clerk: Clerk) -> None:
    ledger, command, said = REFUSED[name]
    before = clerk.write(ledger).files()
    ran = clerk.run(*shlex.split(command), "--write")
    assert (ran.status, ran.out) == (3, "")
    assert said in ran.err
    assert clerk.files() == before


def test_a_void_for_a_return_may_come_later(clerk: Clerk) -> None:
    clerk.write(issue() + event("return", "2026-03-03"))
    ran = clerk.run("void", "V-1", "--reason", "insurance-returned", "--date", "2026-03-05")
    assert ran.out == VOIDED.format("2026-03-05", "insurance-returned")


@pytest.mark.parametrize("command", ["settle", "void"])
def test_what_is_due_has_its_own_days(clerk: Clerk, command: str) -> None:
    ran = clerk.write(APPLIED).run(command, "--due", "--date", "2026-03-06")
    assert ran.status == 2
    assert "--date goes with IDs; --as-of is the day to judge by" in ran.err

"""What is dated in a closed period is refused, or says why the period is reopened."""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli import dating
from tests.support import ACCEPT, APPLY, LINES, SETTLE, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
LATE = issue(accept_by="2026-04-30", apply_by="2026-05-31")
TERMS = "--policyholder Ann --issuer Iss --acceptor Acc --insurer Ins --funding cash --accept-by 2026-05-05 --apply-by 2026-05-31"
EVER = '9999-12-31 custom "voucher-close" "ever"\n'


@pytest.fixture(autouse=True)
def _day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dating, "today", lambda: dt.date(2026, 4, 7))


# The ledger before its close, the command -> what is refused.
REFUSED = {
    "an acceptance": (issue(), "accept V-1 --date 2026-03-03", "V-1: accept of 2026-03-03"),
    "on the last day": (LATE, "return V-1 --date 2026-03-31", "V-1: return of 2026-03-31"),
    "an issue": ("", f"issue V-2 1.00 CNY --date 2026-03-20 {TERMS}", "V-2: issue of 2026-03-20"),
    "an amendment": (LATE, "amend V-1 --amount 4.00 --date 2026-03-20", "V-1: amend of 2026-03-20"),
    "a repayment": (
        LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE,
        "repay Ann Iss 10.00 CNY --date 2026-03-20", "Ann: repay of 2026-03-20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize(("more", "status"), [("", 1), (" --write", 3)])
def test_it_is_refused_with_what_can_be_done(
    name: str, more: str, status: int, clerk: Clerk
) -> None:
    text, asked, what = REFUSED[name]
    before = clerk.write(text + CLOSE).files()
    ran = clerk.run(*shlex.split(asked + more))
    date = what[-10:]
    assert (ran.status, ran.out) == (status, "")
    assert ran.err.startswith(
        f"refused: {what} is in a period that was closed on 2026-03-31; expected a date from "
        f"2026-04-01 on, with --effective {date}, or --reopen REASON [closed-period]\n"
    )
    assert clerk.files() == before
    assert clerk.write(text).run(*shlex.split(asked)).status == 0


# The ledger, the command -> what is written.
WRITTEN = {
    "the first open day": (
        LATE + CLOSE, "accept V-1 --effective 2026-03-03",
        '2026-04-01 custom "voucher-accept" "V-1"\n  note-effective: 2026-03-03\n',
    ),
    "another day": (
        LATE + CLOSE, "accept V-1 --effective 2026-03-03 --date 2026-04-02",
        '2026-04-02 custom "voucher-accept" "V-1"\n  note-effective: 2026-03-03\n',
    ),
    "a day that is open itself": (
        LATE + CLOSE, "accept V-1 --effective 2026-04-05", '2026-04-05 custom "voucher-accept" "V-1"\n',
    ),
    "a ledger without a close": (
        LATE, "accept V-1 --effective 2026-03-03", '2026-03-03 custom "voucher-accept" "V-1"\n',
    ),
    "a note beside it": (
        LATE + CLOSE, "accept V-1 --effective 2026-03-03 --note post",
        '2026-04-01 custom "voucher-accept" "V-1"\n  note-effective: 2026-03-03\n  note: "post"\n',
    ),
    "today, if no day is named": (LATE + CLOSE, "accept V-1", '2026-04-07 custom "voucher-accept" "V-1"\n'),
    "reopened": (
        LATE + CLOSE, 'accept V-1 --date 2026-03-03 --reopen "it came by post"',
        '2026-03-03 custom "voucher-accept" "V-1"\n  note-reopened: "it came by post"\n',
    ),
    "nothing to reopen": (
        LATE + CLOSE, 'accept V-1 --date 2026-04-03 --reopen "it came by post"',
        '2026-04-03 custom "voucher-accept" "V-1"\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_written_instead(name: str, clerk: Clerk) -> None:
    text, asked, expected = WRITTEN[name]
    ran = clerk.write(text).run(*shlex.split(asked))
    assert (ran.status, ran.out) == (0, expected)
    told = "V-1: 2026-04-03 is in no closed period; nothing is reopened\n"
    assert (ran.err == told) is (name == "nothing to reopen")
    assert clerk.run(*shlex.split(asked), "--write").status == 0
    assert clerk.run("check").status == 0
    assert clerk.run(*shlex.split(asked), "--write").err.startswith("V-1: accept on ")


# The command -> what is wrong with it.
SENSELESS = {
    "accept V-1 --effective 2026-04-03 --date 2026-04-02": "V-1: it cannot happen on 2026-04-03 and be dated before, on 2026-04-02",
    'accept V-1 --effective 2026-03-03 --reopen "x"': "V-1: --effective leaves a period closed, and --reopen does not; expected one of them",
    "accept V-1 --reopen ' '": "say why, or leave it out",
}


@pytest.mark.parametrize("asked", SENSELESS)
def test_what_makes_no_sense(asked: str, clerk: Clerk) -> None:
    ran = clerk.write(LATE + CLOSE).run(*shlex.split(asked))
    assert (ran.status in (1, 2), ran.out) == (True, "")
    assert SENSELESS[asked] in ran.err


def test_the_day_that_it_happened_on_stays_in_the_advice(clerk: Clerk) -> None:
    asked = ("accept", "V-1", "--effective", "2026-03-03", "--date", "2026-03-05")
    ran = clerk.write(LATE + CLOSE).run(*asked)
    assert (ran.status, ran.out) == (1, "")
    assert "a date from 2026-04-01 on, with --effective 2026-03-03, or --reopen REASON" in ran.err


def test_a_limit_holds_from_an_open_day_on_or_reopens_the_period(clerk: Clerk) -> None:
    asked = ("credit-line", "Ann", "Iss", "50.00 CNY", "--date", "2026-03-20")
    ran = clerk.write(CLOSE).run(*asked)
    assert (ran.status, ran.out) == (1, "")
    assert "with --effective 2026-03-20, or --reopen REASON [closed-period]" in ran.err
    ran = clerk.run(*asked, "--reopen", "the contract came by post", "--note", "n")
    assert (ran.status, ran.out) == (
        0,
        '2026-03-20 custom "voucher-credit-line" "Ann" "Iss" 50.00 CNY\n'
        '  note-reopened: "the contract came by post"\n  note: "n"\n',
    )


def test_a_party_belongs_to_no_period(clerk: Clerk) -> None:
    ran = clerk.write(CLOSE).run("party", "Eve", "insurer", "--date", "2026-03-20")
    assert (ran.status, ran.err) == (0, "")


def test_a_line_of_a_batch_may_say_it(clerk: Clerk) -> None:
    batch = clerk.folder / "batch.csv"
    batch.write_text("id,date,effective,reopen\nV-1,,2026-03-03,\nV-2,2026-03-04,,by post\n")
    clerk.write(LATE + LATE.replace("V-1", "V-2") + CLOSE)
    ran = clerk.run("accept", "--batch", str(batch))
    assert (ran.status, ran.out) == (
        0,
        '2026-04-01 custom "voucher-accept" "V-1"\n  note-effective: 2026-03-03\n\n'
        '2026-03-04 custom "voucher-accept" "V-2"\n  note-reopened: "by post"\n',
    )


def test_of_several_events_none_is_written(clerk: Clerk) -> None:
    batch = clerk.folder / "batch.csv"
    batch.write_text("id,date\nV-1,2026-04-03\nV-2,2026-03-04\n")
    before = clerk.write(LATE + LATE.replace("V-1", "V-2") + CLOSE).files()
    assert clerk.run("accept", "--batch", str(batch), "--write").status == 3
    assert clerk.files() == before


def test_an_earlier_period_may_be_closed_after_a_later_one(clerk: Clerk) -> None:
    clerk.write(issue() + CLOSE)
    assert clerk.run("close", "2026-02", "--write").status == 0
    assert clerk.run("check").status == 0


def test_the_end_of_time_has_no_day_after(clerk: Clerk) -> None:
    ran = clerk.write(issue() + EVER).run("accept", "V-1", "--effective", "2026-03-03")
    assert "accept of 9999-12-31 is in a period that was closed on 9999-12-31" in ran.err


def test_decisions_are_dated_after_the_close(clerk: Clerk) -> None:
    """`run` needs no option: what belongs in the closed period is dated on the first open day."""
    ran = clerk.write(issue() + ACCEPT + APPLY + CLOSE).run("run", "--as-of", "2026-03-06")
    assert (ran.status, ran.out) == (
        0,
        '2026-04-01 custom "voucher-settle" "V-1"\n  note-effective: 2026-03-06\n',
    )

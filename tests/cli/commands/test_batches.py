"""Several events by one command, a file of them, and what is recorded already."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, HAPPY, LINES, SETTLE, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk, Ran

TWO = issue("V-1") + issue("V-2")
TERMS = "--policyholder Ann --issuer Iss --acceptor Acc --insurer Ins --funding cash --accept-by 2026-03-05 --apply-by 2026-03-31"


def asked(clerk: Clerk, arguments: str) -> Ran:
    return clerk.run(*shlex.split(arguments.replace("{}", str(clerk.folder))))


# --- What is recorded already ---------------------------------------------------------------

# ledger, command -> the event that says so
DONE = {
    "accepted": (issue() + ACCEPT, "accept V-1 --date 2026-03-03", "accept on 2026-03-03"),
    "the whole amount, left out": (issue() + ACCEPT + APPLY, "apply V-1 100.00 CNY --date 2026-03-05", "apply on 2026-03-05"),
    "the whole amount, written": (issue() + ACCEPT + event("apply", "2026-03-05", "100.00 CNY"), "apply V-1 --date 2026-03-05", "apply on 2026-03-05"),
    "the same, after what came since": (HAPPY, "apply V-1 --date 2026-03-05", "apply on 2026-03-05"),
    "an acceptor that is the issuer": (issue(acceptor=None), f"issue V-1 100.00 CNY --date 2026-03-02 {TERMS.replace('Acc', 'Iss')}", "issue on 2026-03-02"),
    "a term as it is without": (issue(), f"issue V-1 100 CNY --date 2026-03-02 --on-unmet void {TERMS}", "issue on 2026-03-02"),
    "what the request has said": (
        issue(kind="request", date="2026-03-01") + issue(insurer=None),
        f"issue V-1 100.00 CNY --date 2026-03-02 {TERMS}", "issue on 2026-03-02",
    ),
    "a request": (issue(kind="request"), f"request V-1 100.00 CNY --date 2026-03-02 --requested-by policyholder {TERMS}", "request on 2026-03-02"),
    "settled": (HAPPY, "settle V-1 --as-of 2026-03-09", "settle on 2026-03-06"),
    "settled, of that amount": (HAPPY, 'settle V-1 --amount "100.00 CNY" --as-of 2026-03-06', "settle on 2026-03-06"),
    "settled, and some of it refunded": (
        HAPPY + event("refund", "2026-03-09", "1.00 CNY", reason='"r"'),
        "settle V-1 --as-of 2026-03-06", "settle on 2026-03-06",
    ),
    "a draw of that day, before the next application": (
        issue(draws='"multiple"') + ACCEPT + event("apply", "2026-03-05", "40.00 CNY") + SETTLE + event("apply", "2026-03-07"),
        "settle V-1 --as-of 2026-03-06", "settle on 2026-03-06",
    ),
    "voided": (issue() + event("void", "2026-03-04", reason='"cancelled"'), "void V-1 --reason cancelled --as-of 2026-03-09", "void on 2026-03-04"),
    "a close": ('2026-03-31 custom "voucher-close" "2026-03"\n', "close 2026-03 --date 2026-03-31", "close on 2026-03-31"),
}  # fmt: skip


@pytest.mark.parametrize("name", DONE)
def test_what_is_recorded_already_is_no_conflict(name: str, clerk: Clerk) -> None:
    ledger, arguments, which = DONE[name]
    before = clerk.write(ledger).files()
    for more in ("", " --write"):
        ran = asked(clerk, arguments + more)
        assert (ran.status, ran.out) == (0, "")
        assert f": {which} is recorded already (" in ran.err
    assert clerk.files() == before


# ledger, command -> the code
OTHERWISE = {
    "another day": (issue() + ACCEPT, "accept V-1 --date 2026-03-04", "duplicate"),
    "by somebody": (issue() + ACCEPT, "accept V-1 --date 2026-03-03 --by Acc", "duplicate"),
    "a part": (issue() + ACCEPT + APPLY, "apply V-1 60.00 CNY --date 2026-03-05", "duplicate"),
    "the whole, where a part was": (issue() + ACCEPT + event("apply", "2026-03-05", "60.00 CNY"), "apply V-1 --date 2026-03-05", "duplicate"),
    "a term": (issue(), f"issue V-1 100.00 CNY --date 2026-03-02 --on-unmet represent {TERMS}", "duplicate"),
    "settled for less": (HAPPY, 'settle V-1 --amount "50.00 CNY" --as-of 2026-03-06', "final"),
    "settled by somebody": (HAPPY, "settle V-1 --by Lin --as-of 2026-03-06", "final"),
    "for another reason": (issue() + event("void", "2026-03-04", reason='"cancelled"'), "void V-1 --reason not-accepted --as-of 2026-03-09", "final"),
    "what did not count": (issue() + event("accept", "2026-03-06"), "accept V-1 --date 2026-03-06", "duplicate"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERWISE)
def test_another_content_is_one(name: str, clerk: Clerk) -> None:
    ledger, arguments, code = OTHERWISE[name]
    before = clerk.write(ledger).files()
    ran = asked(clerk, arguments + " --write")
    assert (ran.status, ran.out) == (3, "")
    assert f"[{code}]" in ran.err
    assert clerk.files() == before


def test_equal_meanings_on_one_day_count_once(clerk: Clerk) -> None:
    """The plugin sees it as the command does: the first counts."""
    clerk.write(issue() + ACCEPT + APPLY + event("apply", "2026-03-05", "100 CNY") + SETTLE)
    told = clerk.run("check").out
    assert told.count("the same is said") == 1
    assert "settled" in clerk.run("list", "--as-of", "2026-03-06").out


# --- Several by their names -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("accept V-1 V-2 --date 2026-03-03", ["2026-03-03 accept V-1", "2026-03-03 accept V-2"]),
        ("accept V-2 V-1 V-2 --date 2026-03-03", ["2026-03-03 accept V-2", "2026-03-03 accept V-1"]),
        ("return V-1 V-2 --date 2026-03-03 --by Ins", ["2026-03-03 return V-1", "2026-03-03 return V-2"]),
        (f"issue V-3 V-4 5.00 CNY --date 2026-03-02 {TERMS}", ["2026-03-02 issue V-3 5.00 CNY", "2026-03-02 issue V-4 5.00 CNY"]),
        (f'request V-3 V-4 "5.00 CNY" --date 2026-03-01 {TERMS}', ["2026-03-01 request V-3 5.00 CNY", "2026-03-01 request V-4 5.00 CNY"]),
        ("issue V-3 V-4 --like V-1 --date 2026-03-02", ["2026-03-02 issue V-3 100.00 CNY", "2026-03-02 issue V-4 100.00 CNY"]),
    ],
)  # fmt: skip
def test_several_at_once(arguments: str, expected: list[str], clerk: Clerk) -> None:
    ran = asked(clerk.write(TWO), arguments)
    assert ran.status == 0
    assert headlines(ran.out) == expected


def headlines(text: str) -> list[str]:
    """The directives of a text, each in a few words."""
    return [
        line.replace('custom "voucher-', "").replace('"', "")
        for line in text.splitlines()
        if not line.startswith(" ") and line
    ]


def test_an_amount_is_of_each(clerk: Clerk) -> None:
    clerk.write(TWO + ACCEPT + event("accept", "2026-03-03", voucher="V-2"))
    ran = asked(clerk, "apply V-1 V-2 60.00 CNY --date 2026-03-05")
    assert headlines(ran.out) == [
        "2026-03-05 apply V-1 60.00 CNY",
        "2026-03-05 apply V-2 60.00 CNY",
    ]


def test_all_of_them_or_none(clerk: Clerk) -> None:
    before = clerk.write(TWO).files()
    ran = asked(clerk, "accept V-1 V-9 V-2 --date 2026-03-03 --write")
    assert ran.status == 3
    assert "V-9: there is no such voucher" in ran.err
    assert clerk.files() == before


def test_of_several_some_may_be_recorded_already(clerk: Clerk) -> None:
    clerk.write(TWO + ACCEPT)
    ran = asked(clerk, "accept V-1 V-2 --date 2026-03-03 --write")
    assert ran.status == 0
    assert "V-1: accept on 2026-03-03 is recorded already" in ran.err
    assert clerk.path.read_text().endswith('\n\n2026-03-03 custom "voucher-accept" "V-2"\n')


# --- A file of them ---------------------------------------------------------------------------

ISSUES = """\
id,amount,currency,date,policyholder,funding,accept-by,requires_policy,note
V-7,12.50,CNY,2026-03-02,Bob,cash,2026-03-06,TRUE,first
,"1,200.00 CNY",,,Ann,,,,
"""


def test_a_batch(clerk: Clerk) -> None:
    (clerk.folder / "new.csv").write_text("\ufeff" + ISSUES, encoding="utf-8")
    clerk.write(issue("V-0008") + LINES)
    command = f"issue --batch {{}}/new.csv --id V-{{n:04}} --date 2026-03-03 {TERMS} --write"
    ran = clerk.run(
        *shlex.split(command.replace("{}", str(clerk.folder)).replace("{{", "{").replace("}}", "}"))
    )
    assert ran.status == 0
    assert clerk.path.read_text().endswith("\n" + ran.out)
    assert (
        ran.out
        == """\
2026-03-02 custom "voucher-issue" "V-7" 12.50 CNY
  policyholder: "Bob"
  insurer: "Ins"
  issuer: "Iss"
  acceptor: "Acc"
  funding: "cash"
  accept-by: 2026-03-06
  apply-by: 2026-03-31
  requires-policy: TRUE
  note: "first"

2026-03-03 custom "voucher-issue" "V-0009" 1200.00 CNY
  policyholder: "Ann"
  insurer: "Ins"
  issuer: "Iss"
  acceptor: "Acc"
  funding: "cash"
  accept-by: 2026-03-05
  apply-by: 2026-03-31
"""
    )
    assert clerk.run("check").status == 0


def test_numbers_of_a_batch_follow_each_other(clerk: Clerk) -> None:
    (clerk.folder / "new.csv").write_text("amount\n1 CNY\n2 CNY\n3 CNY\n")
    command = [
        "issue",
        "--batch",
        str(clerk.folder / "new.csv"),
        "--id",
        "V-{n}",
        "--date",
        "2026-03-02",
    ]
    ran = clerk.write(issue("V-1")).run(*command, *TERMS.split())
    assert headlines(ran.out) == [f"2026-03-02 issue V-{n} {n - 1} CNY" for n in (2, 3, 4)]


def test_a_flag_that_is_off_is_left_out(clerk: Clerk) -> None:
    (clerk.folder / "new.csv").write_text("id,amount,requires-policy\nV-3,1 CNY,no\n")
    ran = asked(clerk.write(TWO), f"issue --batch {{}}/new.csv --date 2026-03-02 {TERMS}")
    assert "requires-policy" not in ran.out
    assert ran.status == 0


# file -> what is said
WRONG = {
    "no such column": ("id,amount,colour\nV-3,1 CNY,red\n", 'there is no column "colour"; expected accept_by, '),
    "no amount": ("id,amount\nV-3,\n", "how much?"),
    "no id": ("amount\n1 CNY\n", "which voucher? Give its ID, or --id"),
    "no money": ("id,amount\nV-3,a lot\n", 'new.csv:2: an amount is such as "3650.00 CNY", not "a lot"'),
    "no day": ("id,amount,apply-by\nV-3,1 CNY,soon\n", 'new.csv:2: apply_by: "soon" is no day'),
    "no funding": ("id,amount,funding\nV-3,1 CNY,gold\n", "new.csv:2: funding: 'gold' is not one of"),
    "no flag": ("id,amount,requires-policy\nV-3,1 CNY,perhaps\n", "new.csv:2: requires_policy: 'perhaps' is not a valid boolean"),
    "a cell too many": ("id,amount\nV-3,1 CNY,2\n", "new.csv:2: not as many cells as there are headings"),
    "a cell too few": ("id,amount\nV-3,1 CNY\nV-4\n", "new.csv:3: not as many cells as there are headings"),
    "a heading twice": ("id,amount,id\nV-3,1 CNY,V-4\n", "has no headings, or one twice"),
    "nothing": ("", "has no headings, or one twice"),
    "no text": ("id,amount\n\udcff,1 CNY\n", "is no CSV file in UTF-8"),
    "a quote that is not closed": ('id,amount\n"V-3,1 CNY\n', "is no CSV file in UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_is_no_batch(name: str, clerk: Clerk) -> None:
    text, expected = WRONG[name]
    (clerk.folder / "new.csv").write_bytes(text.encode("utf-8", "surrogateescape"))
    before = clerk.write(TWO).files()
    ran = asked(clerk, f"issue --batch {{}}/new.csv --date 2026-03-02 {TERMS} --write")
    assert (ran.status, ran.out) == (2, "")
    assert expected in " ".join(ran.err.split())
    assert clerk.files() == before


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("accept --batch {}/none.csv", "none.csv cannot be read: No such file or directory"),
        ("accept V-1 --batch {}/none.csv", "name vouchers, or a --batch of them"),
        ("accept", "which voucher? Give its ID"),
        ("apply V-1 100", 'an amount is such as "3650.00 CNY", not "100"'),
        ("apply V-1 V-2 100", 'an amount is such as "3650.00 CNY", not "V-2 100"'),
        ("issue V-3 a lot", 'an amount is such as "3650.00 CNY", not "a lot"'),
        ("issue --id V-{n} V-3 5.00 CNY", 'an amount is such as "3650.00 CNY", not "V-3 5.00 CNY"'),
    ],
)
def test_what_is_no_list_of_vouchers(arguments: str, expected: str, clerk: Clerk) -> None:
    ran = asked(clerk.write(TWO), arguments)
    assert (ran.status, ran.out) == (2, "")
    assert expected in " ".join(ran.err.split())


def test_two_settlements_of_one_meaning_count_once(clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT + APPLY + SETTLE + event("settle", "2026-03-06", "100 CNY"))
    assert clerk.run("check").out.count("the same is said") == 1
    assert "settled" in clerk.run("list", "--as-of", "2026-03-06").out

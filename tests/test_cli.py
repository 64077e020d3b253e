"""The command: what it prints, what it writes, how it exits."""

from __future__ import annotations

import csv
import gc
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from wcwidth import wcswidth

from beancount_voucher import trial
from beancount_voucher.cli import main
from beancount_voucher.ledger import LedgerError
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    HAPPY,
    LINES,
    PARTIES,
    PLUGIN,
    SETTLE,
    WORLD,
    event,
    issue,
    load_path,
)

if TYPE_CHECKING:
    from tests.desk import Desk, Ran

# --- settle and void --------------------------------------------------------------------

ONE_BANK: dict[str, Any] = {"acceptor": None}
POLICY = event("apply", "2026-03-05", policy='"P-1"')
CLOSED = '2026-03-31 custom "voucher-close" "2026-03"\n'
NEEDS_POLICY = issue(requires_policy="TRUE") + ACCEPT

# ledger, arguments -> what is printed
DONE = {
    "settle": (
        HAPPY.replace(SETTLE, ""),
        "settle V-1 --as-of 2026-03-06",
        '2026-03-06 custom "voucher-settle" "V-1"\n',
    ),
    "settle with all that can be said": (
        NEEDS_POLICY + POLICY,
        "settle V-1 --as-of 2026-03-06 --amount 60.5@CNY --by Lin",
        '2026-03-06 custom "voucher-settle" "V-1" 60.5 CNY\n  by: "Lin"\n',
    ),
    "settle never dates before the last event": (
        HAPPY.replace(SETTLE, ""),
        "settle V-1 --as-of 2026-03-01",
        '2026-03-05 custom "voucher-settle" "V-1"\n',
    ),
    "settle after a close": (
        HAPPY.replace(SETTLE, "") + CLOSED,
        "settle V-1 --as-of 2026-03-31",
        '2026-04-01 custom "voucher-settle" "V-1"\n  note-effective: 2026-03-31\n',
    ),
    "void": (
        issue(),
        "void V-1 --reason cancelled --as-of 2026-03-04",
        '2026-03-04 custom "voucher-void" "V-1"\n  reason: "cancelled"\n',
    ),
    "void for lateness is dated the day after the deadline": (
        issue(),
        "void V-1 --reason not-accepted --as-of 2026-05-01 --by Lin",
        '2026-03-06 custom "voucher-void" "V-1"\n  reason: "not-accepted"\n  by: "Lin"\n',
    ),
    "void for lateness in a closed period": (
        issue() + ACCEPT + '2026-04-30 custom "voucher-close" "2026-04"\n',
        "void V-1 --reason no-application --as-of 2026-05-20",
        '2026-05-01 custom "voucher-void" "V-1"\n'
        '  reason: "no-application"\n  note-effective: 2026-04-01\n',
    ),
    "void for unmet conditions": (
        NEEDS_POLICY + APPLY,
        "void V-1 --reason conditions-unmet --as-of 2026-03-06",
        '2026-03-06 custom "voucher-void" "V-1"\n  reason: "conditions-unmet"\n',
    ),
    "void after a return": (
        issue() + event("return", "2026-03-04"),
        "void V-1 --reason insurance-returned --as-of 2026-03-06",
        '2026-03-06 custom "voucher-void" "V-1"\n  reason: "insurance-returned"\n',
    ),
}


@pytest.mark.parametrize("name", DONE)
def test_what_is_printed_loads_and_does_what_was_asked(desk: Desk, name: str) -> None:
    ledger, arguments, expected = DONE[name]
    desk.write(ledger)
    command = [argument.replace("@", " ") for argument in arguments.split()]
    ran = desk.run(*command)
    assert (ran.status, ran.out) == (0, expected)
    assert ran.err.startswith("V-1: ")
    desk.append(ran.out)
    after = load_path(desk.path)
    assert after.errors == []
    assert after.state() == ("settled" if command[0] == "settle" else "voided")


# ledger, arguments -> codes, and words that the reason holds
REFUSED = {
    "settle nothing": ("", "settle V-9", "not-found", ["there is no such voucher"]),
    "void nothing": ("", "void V-9 --reason cancelled", "not-found", ["there is no such voucher"]),
    "settle what is only requested": (issue(kind="request"), "settle V-1", "out-of-order", ["requested"]),
    "void what is only requested": (
        issue(kind="request"), "void V-1 --reason not-accepted", "out-of-order", ["requested"],
    ),
    "cancel what is only requested": (
        issue(kind="request"), "void V-1 --reason cancelled", "out-of-order", ["requested"],
    ),
    "unmet, every one": (
        issue(requires_policy="TRUE", requires_document="TRUE", not_before="2026-12-01") + ACCEPT + APPLY,
        "settle V-1 --as-of 2026-03-06",
        "condition-unmet",
        ["requires-policy is unmet", "requires-document is unmet", "not-before is waiting"],
    ),
    "waiting": (
        issue(not_before="2026-03-09") + ACCEPT + APPLY,
        "settle V-1 --as-of 2026-03-06",
        "condition-waiting",
        ["not before 2026-03-09"],
    ),
    "the deadline has not passed": (
        issue() + ACCEPT, "void V-1 --reason no-application --as-of 2026-03-31",
        "not-yet-expired", ["expected a date after 2026-03-31"],
    ),
    "the event that it conflicts with": (
        HAPPY, "settle V-1", "final", ["it was settled on 2026-03-06 (", "ledger.beancount:"],
    ),
    "returned": (
        issue() + ACCEPT + APPLY + event("return", "2026-03-06"), "settle V-1 --as-of 2026-03-07",
        "returned", ["the insurance was returned on 2026-03-06"],
    ),
    "too much": (
        issue() + ACCEPT + event("apply", "2026-03-05", "50.00 CNY"),
        "settle V-1 --amount 50.01@CNY --as-of 2026-03-06", "exceeds-applied", ["at most the 50.00"],
    ),
    "all are met": (
        issue() + ACCEPT + APPLY, "void V-1 --reason conditions-unmet --as-of 2026-03-06",
        "conditions-met", ["no condition is set"],
    ),
    "no notice": (
        issue(), "void V-1 --reason insurance-returned --as-of 2026-03-06", "no-return-notice", ["voucher-return"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_is_refused_with_the_reason(desk: Desk, name: str) -> None:
    ledger, arguments, code, words = REFUSED[name]
    desk.write(ledger)
    before = desk.path.read_bytes()
    ran = desk.run(*(argument.replace("@", " ") for argument in arguments.split()))
    assert (ran.status, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert all(word in ran.err for word in words), ran.err
    assert desk.path.read_bytes() == before


def test_some_are_settled_and_some_refused(desk: Desk) -> None:
    other = "".join(
        part.replace("V-1", "V-2") for part in (issue(requires_policy="TRUE"), ACCEPT, APPLY)
    )
    desk.write(HAPPY.replace(SETTLE, "") + other)
    ran = desk.run("settle", "V-2", "V-1", "V-1", "--as-of", "2026-03-06")
    assert ran.status == 1
    assert ran.out == '2026-03-06 custom "voucher-settle" "V-1"\n'
    assert "refused: V-2" in ran.err


def test_a_settlement_into_an_account_that_is_not_open_is_refused(desk: Desk) -> None:
    """The life allows it, the books do not."""
    world = PARTIES + ACCOUNTS.replace("2020-01-01 open Assets:Ins:Acc\n", "")
    desk.write(HAPPY.replace(SETTLE, ""), world=world)
    ran = desk.run("settle", "V-1", "--as-of", "2026-03-06")
    assert (ran.status, ran.out) == (1, "")
    assert "Assets:Ins:Acc" in ran.err
    assert "[account-not-open]" in ran.err


DUE = (
    LINES
    + issue("A-LATE")
    + issue("B-LATE", funding='"credit"')
    + event("accept", "2026-03-03", voucher="B-LATE")
    + issue("C-MET", requires_policy="TRUE", apply_by="2026-06-30")
    + event("accept", "2026-03-03", voucher="C-MET")
    + event("apply", "2026-03-05", voucher="C-MET", policy='"P-1"')
    + issue("D-UNMET", requires_policy="TRUE", apply_by="2026-06-30")
    + event("accept", "2026-03-03", voucher="D-UNMET")
    + event("apply", "2026-03-05", voucher="D-UNMET")
    + issue("E-WAIT", not_before="2026-12-01")
    + event("accept", "2026-03-03", voucher="E-WAIT")
    + event("apply", "2026-03-05", voucher="E-WAIT")
    + issue("F-RETURNED")
    + event("return", "2026-03-04", voucher="F-RETURNED")
    + issue("G-AGAIN", requires_policy="TRUE", on_unmet='"represent"', apply_by="2026-04-30")
    + event("accept", "2026-03-03", voucher="G-AGAIN")
    + event("apply", "2026-03-05", voucher="G-AGAIN")
    + issue("H-FINAL")
    + event("void", "2026-03-03", voucher="H-FINAL", reason='"cancelled"')
    + issue("I-LATER")
    + event("return", "2026-05-05", voucher="I-LATER")
    + issue("J-ASKED", kind="request")
    + issue("K-FRESH", date="2026-04-01", accept_by="2026-04-03", apply_by="2026-04-30")
)

SETTLED = '2026-04-02 custom "voucher-settle" "C-MET"\n'
VOIDED = """\
2026-03-06 custom "voucher-void" "A-LATE"
  reason: "not-accepted"

2026-04-01 custom "voucher-void" "B-LATE"
  reason: "no-application"

"""
UNMET = """\
2026-04-02 custom "voucher-void" "D-UNMET"
  reason: "conditions-unmet"

2026-04-02 custom "voucher-void" "F-RETURNED"
  reason: "insurance-returned"
"""


def test_run_decides_all_that_is_due_and_says_why(desk: Desk) -> None:
    ran = desk.write(DUE).run("run", "--as-of", "2026-04-02")
    assert ran.out == VOIDED + SETTLED + "\n" + UNMET
    assert ran.err.splitlines() == [
        "A-LATE: void (not-accepted) on 2026-03-06: no acceptance by 2026-03-05",
        "B-LATE: void (no-application) on 2026-04-01: no application by 2026-03-31",
        "C-MET: settle on 2026-04-02: requires-policy: the application names policy P-1",
        "D-UNMET: void (conditions-unmet) on 2026-04-02: requires-policy: the application names no policy",
        "F-RETURNED: void (insurance-returned) on 2026-04-02: the insurance was returned on 2026-03-04",
    ]
    assert ran.status == 0
    desk.append(ran.out)
    assert load_path(desk.path).errors == []
    again = desk.run("run", "--as-of", "2026-04-02")
    assert (again.status, again.out, again.err) == (0, "", "Nothing to write.\n")


def test_decisions_as_data(desk: Desk) -> None:
    desk.write(DUE + CLOSED)
    ran = desk.run("run", "--as-of", "2026-03-31", "--by", "Lin", "--format", "json")
    decisions = {each["voucher"]: each for each in json.loads(ran.out)}
    assert list(decisions) == ["A-LATE", "C-MET", "D-UNMET", "F-RETURNED"]
    assert decisions["A-LATE"] == {
        "voucher": "A-LATE",
        "decision": "void",
        "reason": "not-accepted",
        "date": "2026-04-01",
        "effective": "2026-03-06",
        "amount": None,
        "currency": None,
        "by": "Lin",
        "because": "no acceptance by 2026-03-05",
    }
    assert decisions["C-MET"]["reason"] is None
    one = desk.run(
        "settle", "C-MET", "--amount", "5.50 CNY", "--format", "json", "--as-of", "2026-04-02"
    )
    [decision] = json.loads(one.out)
    assert (decision["decision"], decision["amount"], decision["currency"]) == (
        "settle",
        "5.50",
        "CNY",
    )
    assert (
        json.loads(desk.run("settle", "--due", "--as-of", "2026-03-01", "--format", "json").out)
        == []
    )


def test_due_settlements_and_due_voids_are_the_two_halves_of_run(desk: Desk) -> None:
    desk.write(DUE)
    assert desk.run("settle", "--due", "--as-of", "2026-04-02").out == SETTLED
    assert desk.run("void", "--due", "--as-of", "2026-04-02").out == VOIDED + UNMET


def test_what_waited_is_due_in_time(desk: Desk) -> None:
    out = desk.write(DUE).run("run", "--as-of", "2026-05-01").out
    assert '2026-05-01 custom "voucher-void" "G-AGAIN"\n  reason: "conditions-unmet"' in out
    assert "E-WAIT" not in out
    assert "I-LATER" not in out  # its notice was not there yet on that day
    out = desk.run("run", "--as-of", "2026-12-01").out
    assert '2026-12-01 custom "voucher-settle" "E-WAIT"' in out
    assert '2026-12-01 custom "voucher-void" "I-LATER"\n  reason: "insurance-returned"' in out


def test_run_into_a_new_file(desk: Desk) -> None:
    (desk.folder / "runs").mkdir()
    (desk.folder / "runs" / "00.beancount").write_text("")
    desk.write('include "runs/*.beancount"\n' + DUE)
    target = desk.folder / "runs" / "today.beancount"
    ran = desk.run("run", "--as-of", "2026-04-02", "-o", str(target))
    assert (ran.status, ran.out) == (0, "")
    assert target.read_text() == VOIDED + SETTLED + "\n" + UNMET
    assert f"Wrote {target}." in ran.err
    again = desk.run(
        "run", "--as-of", "2026-04-02", "-o", str(desk.folder / "runs" / "2.beancount")
    )
    assert again.status == 0
    assert not (desk.folder / "runs" / "2.beancount").exists()


def test_run_never_overwrites(desk: Desk) -> None:
    target = desk.folder / "there"
    target.write_text("mine")
    ran = desk.write(DUE).run("run", "--as-of", "2026-04-02", "-o", str(target))
    assert ran.status == 3
    assert f"{target} exists already; nothing was written" in ran.err
    assert target.read_text() == "mine"


# --- The whole ledger has its say -------------------------------------------------------

OTHER = "".join(part.replace("V-1", "V-2") for part in (issue(insurer='"Oth"'), ACCEPT, APPLY))
PROOF = "2026-03-21 balance Assets:Ins:Acc 0 CNY\n"


def test_a_decision_against_a_proven_balance_is_refused_and_the_others_are_not(desk: Desk) -> None:
    desk.write(HAPPY.replace(SETTLE, "") + OTHER + PROOF)
    ran = desk.run("settle", "--due", "--as-of", "2026-03-20")
    assert ran.status == 1
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-2"\n'
    assert "refused: V-1: Balance failed for 'Assets:Ins:Acc'" in ran.err
    after = desk.run("settle", "--due", "--as-of", "2026-03-21")
    assert after.out.count("voucher-settle") == 2


def test_a_decision_in_a_currency_that_an_account_does_not_take_is_refused(desk: Desk) -> None:
    world = WORLD.replace("open Assets:Ins:Acc", "open Assets:Ins:Acc USD")
    desk.write(HAPPY.replace(SETTLE, "") + OTHER, world=world)
    ran = desk.run("run", "--as-of", "2026-03-20")
    assert ran.status == 1
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-2"\n'
    assert "refused: V-1: Invalid currency CNY for account 'Assets:Ins:Acc'" in ran.err


def test_a_decision_that_reaches_another_voucher_is_refused(desk: Desk) -> None:
    """It moves the horizon to a cover start whose account is closed by then."""
    reached = issue("V-2", insurer='"Oth"', cover_start="2026-03-15") + event(
        "accept", "2026-03-03", voucher="V-2"
    )
    account = "Assets:Oth:PremiumReceivable"
    closed = f"2026-01-01 open {account}\n2026-03-04 close {account}\n"
    desk.write(HAPPY.replace(SETTLE, "") + reached + closed)
    ran = desk.run("settle", "V-1", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert f"refused: V-1: V-2: recognise on 2026-03-15 needs {account}" in ran.err


def test_a_write_that_would_bring_an_error_writes_nothing(desk: Desk) -> None:
    desk.write(HAPPY.replace(SETTLE, "") + OTHER + PROOF)
    target = desk.folder / "new.beancount"
    ran = desk.run("run", "--as-of", "2026-03-20", "-o", str(target))
    assert ran.status == 3
    assert "refused: V-1: Balance failed" in ran.err
    assert "not everything can be done; nothing was written" in ran.err
    assert not target.exists()


def test_an_error_that_was_there_is_no_reason_to_refuse(desk: Desk) -> None:
    wrong = "2026-03-21 balance Assets:Ins:Acc 7 CNY\n2026-03-22 open Assets:Ann:Iss\n"
    wrong += event("accept", "2026-03-04", voucher="V-9")
    desk.write(HAPPY.replace(SETTLE, "") + wrong)
    ran = desk.run("run", "--as-of", "2026-03-20")
    assert ran.status == 1  # for the errors of the ledger
    assert "will hold then" not in ran.err
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-1"\n'


def test_decisions_with_which_the_ledger_does_not_load_are_refused(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_path: Path, _appended: str) -> None:
        raise LedgerError("cannot load")

    monkeypatch.setattr(trial, "load", broken)
    ran = desk.write(HAPPY.replace(SETTLE, "")).run("settle", "V-1", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert "refused: V-1: cannot load" in ran.err


def test_an_error_that_names_no_directive_bars_all(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = (
        "import collections\n__plugins__ = ('grumble',)\n"
        "Error = collections.namedtuple('Error', 'source message entry')\n"
        "def grumble(entries, options_map):\n"
        "    settled = sum(getattr(e, 'type', '') == 'voucher-settle' for e in entries)\n"
        "    source = {'filename': '<grumble>', 'lineno': 0}\n"
        "    return entries, [Error(source, 'no settlements here', None)] * settled\n"
    )
    (desk.folder / "grumble_plugin.py").write_text(plugin)
    monkeypatch.syspath_prepend(desk.folder)
    desk.write(HAPPY.replace(SETTLE, "") + OTHER, plugin=PLUGIN + 'plugin "grumble_plugin"\n')
    ran = desk.run("run", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("refused: V-1, V-2: no settlements here") == 1


def test_a_void_that_frees_a_credit_line_brings_back_what_was_refused(desk: Desk) -> None:
    """So that a second run finds nothing: what comes back may be late by now, too."""
    desk.write(
        LINES
        + issue("V-1", "1000.00 CNY", funding='"credit"', accept_by="2026-03-03")
        + issue("V-2", "500.00 CNY", "2026-03-06", funding='"credit"', accept_by="2026-03-08")
    )
    ran = desk.run("run", "--as-of", "2026-03-20")
    assert [line.split()[0] for line in ran.out.splitlines() if "custom" in line] == [
        "2026-03-04",
        "2026-03-09",
    ]
    assert "will hold then: V-2: 500.00 CNY is more than the free credit line" in ran.err
    desk.append(ran.out)
    assert load_path(desk.path).errors == []
    assert desk.run("run", "--as-of", "2026-03-20").out == ""


def test_a_closed_period_does_not_shorten_a_cooling_off(desk: Desk) -> None:
    desk.write(issue(not_before="2026-03-25") + ACCEPT + APPLY + CLOSED)
    assert desk.run("run", "--as-of", "2026-03-20").out == ""
    refused = desk.run("settle", "V-1", "--as-of", "2026-03-20")
    assert "[condition-waiting]" in refused.err
    assert desk.run("run", "--as-of", "2026-03-25").out == (
        '2026-04-01 custom "voucher-settle" "V-1"\n  note-effective: 2026-03-25\n'
    )


def test_the_last_day_of_all(desk: Desk) -> None:
    """After a close on the last day that there is, nothing can be dated; nothing is raised."""
    desk.write(issue() + '9999-12-31 custom "voucher-close" "ever"\n')
    ran = desk.run("run", "--as-of", "2026-04-01")
    assert (ran.status, ran.out.splitlines()[0]) == (0, '9999-12-31 custom "voucher-void" "V-1"')


def test_what_changes_after_the_effective_date_is_not_decided_against(desk: Desk) -> None:
    """Met on the as-of date, unmet on the day after the close: nothing is due."""
    events = '2026-03-01 event "a" "b"\n2026-04-01 event "a" "c"\n'
    desk.write(issue(requires_event='"a=b"') + ACCEPT + APPLY + CLOSED + events)
    assert desk.run("run", "--as-of", "2026-03-20").out == ""


USAGE = {
    "which ledger": (["list"], "which ledger?"),
    "no such ledger": (["-f", "nowhere", "list"], "there is no file nowhere"),
    "a name longer than any file's": (["-f", "L" * 5000, "list"], "there is no file L"),
    "bytes that are no text": (["-f", "L", "list", "--state", "\udcff"], "'\\udcff' is not one of"),
    "neither": (["-f", "L", "settle"], "name either IDs or --due"),
    "both": (["-f", "L", "settle", "V-1", "--due"], "name either IDs or --due"),
    "no reason": (["-f", "L", "void", "V-1"], "--reason goes with IDs"),
    "a reason for all": (["-f", "L", "void", "--due", "--reason", "cancelled"], "--reason goes with IDs"),
    "a reason that is none": (["-f", "L", "void", "V-1", "--reason", "whim"], "'whim' is not one of"),
    "an amount for two": (["-f", "L", "settle", "A", "B", "--amount", "1 CNY"], "goes with one ID"),
    "nobody": (["-f", "L", "settle", "A", "--by", ""], "say who, or leave it out"),
    "an amount in full width": (["-f", "L", "settle", "A", "--amount", "１２ CNY"], "is an amount such as"),
    "an amount without currency": (["-f", "L", "settle", "A", "--amount", "1"], "is an amount such as"),
    "an amount that is none": (["-f", "L", "settle", "A", "--amount", "one CNY"], "is an amount such as"),
    "an endless amount": (["-f", "L", "settle", "A", "--amount", "Inf CNY"], "is an amount such as"),
    "a day that is none": (["-f", "L", "list", "--as-of", "2026-02-30"], "does not match the format"),
    "no number of days": (["-f", "L", "list", "--due-within", "soon"], "such as 7d or 2w"),
    "a state that is none": (["-f", "L", "list", "--state", "lost"], "'lost' is not one of"),
    "a command that is none": (["-f", "L", "dance"], "No such command"),
}  # fmt: skip


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage(desk: Desk, name: str) -> None:
    arguments, words = USAGE[name]
    desk.write(HAPPY)
    replaced = [str(desk.path) if argument == "L" else argument for argument in arguments]
    result = CliRunner().invoke(main, replaced, env={"BEANCOUNT_FILE": None})
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_the_ledger_from_the_environment(desk: Desk) -> None:
    desk.write(HAPPY)
    result = CliRunner().invoke(main, ["list"], env={"BEANCOUNT_FILE": str(desk.path)})
    assert result.exit_code == 0
    assert "V-1" in result.stdout


def test_a_ledger_that_beancount_cannot_load(desk: Desk) -> None:
    """A text for a line number makes Beancount's own sort fail."""
    desk.write(HAPPY + '2026-03-06 custom "voucher-settle" "V-2"\n  lineno: "five"\n')
    ran = desk.run("list")
    assert ran.status == 1
    assert "Beancount cannot load it" in ran.err
    assert "Traceback" not in ran.err


def test_a_ledger_with_errors_is_read_all_the_same(desk: Desk) -> None:
    desk.write(HAPPY + event("settle", "2026-03-07"))
    ran = desk.run("list")
    assert ran.status == 1
    assert "V-1" in ran.out
    assert ran.err == "The ledger has 1 error; bean-voucher check lists them.\n"
    desk.append(event("settle", "2026-03-08"))
    assert "The ledger has 2 errors" in desk.run("list").err


def test_a_ledger_without_the_plugin_is_read_with_a_warning(desk: Desk) -> None:
    ran = desk.write(HAPPY, plugin="").run("list")
    assert ran.status == 1
    assert "V-1" in ran.out
    assert 'no plugin "beancount_voucher_plugin" line' in ran.err


# --- list and show ----------------------------------------------------------------------

KEYS = [
    "id",
    "state",
    "amount",
    "currency",
    "funding",
    "policyholder",
    "issuer",
    "acceptor",
    "insurer",
    "product",
    "issued",
    "accept_by",
    "apply_by",
    "accepted",
    "applied",
    "returned",
    "closed",
    "reason",
    "held",
    "settled",
    "released",
    "recognised",
    "overdue",
    "file",
    "line",
]


def rows(ran: Ran) -> list[dict[str, object]]:
    return json.loads(ran.out)  # type: ignore[no-any-return]


def test_list_as_json(desk: Desk) -> None:
    desk.write(HAPPY.replace(APPLY, event("apply", "2026-03-05", "60.00 CNY")))
    [row] = rows(desk.run("list", "--format", "json"))
    assert list(row) == KEYS
    assert row == {
        "id": "V-1",
        "state": "settled",
        "amount": "100.00",
        "currency": "CNY",
        "funding": "cash",
        "policyholder": "Ann",
        "issuer": "Iss",
        "acceptor": "Acc",
        "insurer": "Ins",
        "product": None,
        "issued": "2026-03-02",
        "accept_by": "2026-03-05",
        "apply_by": "2026-03-31",
        "accepted": "2026-03-03",
        "applied": "2026-03-05",
        "returned": None,
        "closed": "2026-03-06",
        "reason": None,
        "held": "0.00",
        "settled": "60.00",
        "released": "40.00",
        "recognised": "60.00",
        "overdue": False,
        "file": str(desk.path),
        "line": (PLUGIN + WORLD).count("\n") + 1,
    }


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-02-28", None),
        ("2026-03-01", {"state": "requested", "funding": None, "issued": None, "issuer": None, "acceptor": None, "held": "0.00", "recognised": "0.00"}),
        ("2026-03-02", {"state": "issued", "funding": "cash", "issued": "2026-03-02", "acceptor": "Iss", "held": "100.00"}),
        ("2026-03-03", {"state": "accepted", "accepted": "2026-03-03", "recognised": "100.00", "closed": None}),
        ("2026-03-05", {"state": "applied", "applied": "2026-03-05", "returned": None}),
        ("2026-03-07", {"state": "applied", "returned": "2026-03-07", "overdue": True}),
        ("2026-03-08", {"state": "voided", "closed": "2026-03-08", "reason": "insurance-returned", "held": "0.00", "settled": "0.00", "released": "100.00", "recognised": "0.00"}),
        ("2030-01-01", {"state": "voided", "overdue": False}),
    ],
)  # fmt: skip
def test_list_shows_the_books_of_a_day(
    desk: Desk, as_of: str, expected: dict[str, object] | None
) -> None:
    request = '2026-03-01 custom "voucher-request" "V-1" 100.00 CNY\n  policyholder: "Ann"\n  insurer: "Ins"\n'
    desk.write(
        request
        + issue(**ONE_BANK)
        + ACCEPT
        + APPLY
        + event("return", "2026-03-07")
        + event("void", "2026-03-08", reason='"insurance-returned"')
    )
    found = rows(desk.run("list", "--as-of", as_of, "--format", "json"))
    if expected is None:
        assert found == []
    else:
        [row] = found
        assert {key: row[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("facts", "as_of", "overdue"),
    [
        (issue(), "2026-03-05", False),
        (issue(), "2026-03-06", True),
        (issue() + ACCEPT, "2026-03-31", False),
        (issue() + ACCEPT, "2026-04-01", True),
        (issue() + ACCEPT + APPLY, "2026-03-05", False),
        (issue() + ACCEPT + APPLY, "2026-03-06", True),
        (issue(not_before="2026-03-20") + ACCEPT + APPLY, "2026-03-20", False),
        (issue(not_before="2026-03-20") + ACCEPT + APPLY, "2026-03-21", True),
        (NEEDS_POLICY + APPLY, "2026-03-06", True),
        (
            issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY,
            "2026-03-05",
            False,
        ),
        (
            issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY,
            "2026-03-06",
            True,
        ),
        (issue() + event("return", "2026-03-03"), "2026-03-03", False),
        (issue() + event("return", "2026-03-03"), "2026-03-04", True),
        (issue() + event("void", "2026-03-03", reason='"cancelled"'), "2026-12-31", False),
        (issue(kind="request"), "2026-12-31", False),
    ],
)
def test_overdue_is_told_for_the_day_asked(
    desk: Desk, facts: str, as_of: str, overdue: bool
) -> None:
    desk.write(facts)
    [row] = rows(desk.run("list", "--as-of", as_of, "--format", "json"))
    assert row["overdue"] is overdue
    assert len(rows(desk.run("list", "--overdue", "--as-of", as_of, "--format", "json"))) == overdue


def test_list_filters(desk: Desk) -> None:
    desk.write(DUE + issue("Z-BOB", policyholder='"Bob"'))

    def ids(*options: str) -> list[object]:
        ran = desk.run("list", "--as-of", "2026-04-02", "--format", "json", *options)
        return [row["id"] for row in rows(ran)]

    assert ids("--state", "issued") == ["A-LATE", "F-RETURNED", "I-LATER", "K-FRESH", "Z-BOB"]
    assert ids("--state", "voided", "--state", "requested") == ["H-FINAL", "J-ASKED"]
    assert ids("--party", "Bob") == ["Z-BOB"]
    assert len(ids("--party", "Iss", "--party", "Bob")) == 12
    assert ids("--party", "Bob", "--state", "voided") == []
    assert ids("--product", "car") == []
    desk.append(issue("Z-CAR", product='"car"') + issue("Z-SHIP", product='"cargo"'))
    assert ids("--product", "car") == ["Z-CAR"]
    assert ids("--product", "car", "--product", "cargo") == ["Z-CAR", "Z-SHIP"]


def test_list_as_a_table_with_sums(desk: Desk) -> None:
    desk.write(
        HAPPY
        + issue("V-2", "1234567.8 CNY", product='"退货运费"')
        + issue("V-3", "0.20 CNY", date="2026-03-03")
        + issue("V-4", "7 USD")
    )
    ran = desk.run("list", "--as-of", "2026-03-06")
    assert ran.out == (
        "id    state         amount         held  currency    funding    policyholder    insurer"
        "    issued      accept-by    apply-by    closed      reason    overdue\n"
        "----  -------  -----------  -----------  ----------  ---------  --------------  ---------"
        "  ----------  -----------  ----------  ----------  --------  ---------\n"
        "V-1   settled       100.00         0.00  CNY         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31  2026-03-06\n"
        "V-2   issued   1,234,567.8  1,234,567.8  CNY         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31                        yes\n"
        "V-3   issued          0.20         0.20  CNY         cash       Ann             Ins"
        "        2026-03-03  2026-03-05   2026-03-31                        yes\n"
        "V-4   issued             7            7  USD         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31                        yes\n"
        "\n"
        "state    currency      vouchers        amount          held\n"
        "-------  ----------  ----------  ------------  ------------\n"
        "issued   CNY                  2  1,234,568.00  1,234,568.00\n"
        "issued   USD                  1             7             7\n"
        "settled  CNY                  1        100.00          0.00\n"
    )  # fmt: skip


def test_chinese_text_is_aligned_by_its_width(desk: Desk) -> None:
    desk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"金额太小"'))
    head, rule, row, *_ = desk.run("list").out.splitlines()
    assert wcswidth(row[: row.index("金")]) == head.index("reason") == rule.rindex(" -", 0, -12) + 1


def test_list_as_markdown_cannot_be_broken_by_a_text(desk: Desk) -> None:
    desk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"a|b *c* <i>"'))
    lines = desk.run("list", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("| id")
    assert re.match(r"\|:-+\|:-+\|-+:\|", lines[1])
    assert "a\\|b \\*c\\* \\<i\\>" in lines[2]


@pytest.mark.parametrize(
    ("within", "found"), [("2d", []), ("3d", ["V-1"]), ("1w", ["V-1"]), ("29d", ["V-1", "V-2"])]
)
def test_what_is_due_within_days(desk: Desk, within: str, found: list[str]) -> None:
    desk.write(
        issue()
        + issue("V-2")
        + event("accept", "2026-03-02", voucher="V-2")
        + issue("V-3")
        + event("void", "2026-03-02", voucher="V-3", reason='"cancelled"')
    )
    ran = desk.run("list", "--as-of", "2026-03-02", "--due-within", within, "--format", "json")
    assert [row["id"] for row in rows(ran)] == found


def test_what_is_due_at_the_end_of_time(desk: Desk) -> None:
    desk.write(issue(accept_by="9999-12-31", apply_by="9999-12-31"))
    ran = desk.run("list", "--as-of", "9999-12-31", "--due-within", "7d", "--format", "json")
    assert [row["id"] for row in rows(ran)] == ["V-1"]


def test_an_empty_table(desk: Desk) -> None:
    assert desk.write("").run("list").out == "No vouchers.\n"
    assert desk.write("", world="").run("list").out == "No vouchers.\n"


def test_list_as_csv(desk: Desk) -> None:
    desk.write(issue(product='"=HYPERLINK(1)"') + issue("V-2", product='"-1+1, \\"x\\""'))
    out = desk.run("list", "--format", "csv", "--as-of", "2026-03-02").out
    assert out.startswith("\ufeffid,state,")
    first, second = csv.DictReader(io.StringIO(out.removeprefix("\ufeff")))
    assert list(first) == KEYS
    assert first["product"] == "'=HYPERLINK(1)"
    assert second["product"] == '\'-1+1, "x"'
    assert (first["overdue"], first["closed"], first["amount"]) == ("FALSE", "", "100.00")


def test_a_table_cannot_play_with_the_terminal(desk: Desk) -> None:
    desk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"\x1b[31mred\x07"'))
    out = desk.run("list").out
    assert "\x1b" not in out
    assert "�[31mred�" in out


def test_show(desk: Desk) -> None:
    world = PARTIES.replace('"Ann" "policyholder"', '"Ann" "policyholder"\n  name: "安"') + ACCOUNTS
    desk.write(
        issue(requires_policy="TRUE", not_before="2026-04-09", product='"car"')
        + event("accept", "2026-03-03", by='"Acc"', instructed_by='"Ins"')
        + event("apply", "2026-03-05", "60.00 CNY", policy='"P-1"')
        + event("accept", "2026-03-06"),
        world=world,
    )
    ran = desk.run("show", "V-1", "--as-of", "2026-03-06")
    assert ran.status == 1  # the ledger has an error
    lines = ran.out.splitlines()
    start = (PLUGIN + world).count("\n") + 1
    assert lines[0] == "V-1 is applied: 100.00 CNY"
    assert "  policyholder     Ann (安)" in lines
    assert "  acceptor         Acc" in lines
    assert "  requires-policy  TRUE" in lines
    assert "  held 100.00 CNY  settled 0.00 CNY  released 0.00 CNY  recognised 100.00 CNY" in lines
    at = lines.index(f"  2026-03-02 issue     {desk.path}:{start}")
    assert lines[at + 1 : at + 5] == [
        "    Ann  Assets:Ann:Iss:Frozen          100.00 CNY",
        "    Ann  Assets:Ann:Iss                -100.00 CNY",
        "    Iss  Liabilities:Iss:Deposits:Ann   100.00 CNY",
        "    Iss  Liabilities:Iss:Held:Ann      -100.00 CNY",
    ]
    assert any(line.endswith("  by Acc  instructed-by Ins") for line in lines)
    assert any(line.endswith("  60.00 CNY  policy P-1") for line in lines)
    assert any("a second accept" in line and line.endswith("[duplicate]") for line in lines)
    at = lines.index("Conditions on 2026-03-06")
    assert lines[at + 1 : at + 3] == [
        "  waiting  not-before: not before 2026-04-09",
        "  met      requires-policy: the application names policy P-1",
    ]
    at = lines.index("Next, on 2026-03-06")
    assert lines[at + 1] == "  return"
    assert lines[at + 2].startswith("  not settle: V-1: not-before is waiting")
    assert lines[at + 3].startswith("  not void conditions-unmet: ")
    assert lines[at + 4].startswith("  not void insurance-returned: ")


def test_show_what_is_final_or_only_asked_for(desk: Desk) -> None:
    more = issue("V-2", kind="request", issuer=None) + issue("V-3", "33.00 CNY")
    ran = desk.write(HAPPY + more).run("show", "V-1")
    assert "33.00" not in ran.out
    assert ran.status == 0
    assert "  nothing: settled is final" in ran.out
    assert "Conditions on 2026-03-06\n  none are set" in ran.out
    ran = desk.run("show", "V-2", "--as-of", "2026-03-03")
    assert "V-2 is requested" in ran.out
    assert ran.out.splitlines()[-2:] == ["  refuse", "  issue"]


def test_show_on_an_earlier_day_says_how_it_stood_and_what_came(desk: Desk) -> None:
    desk.write(HAPPY)
    lines = desk.run("show", "V-1", "--as-of", "2026-03-03").out.splitlines()
    assert lines[0] == "V-1 is accepted on 2026-03-03: 100.00 CNY"
    assert "  held 100.00 CNY  settled 0.00 CNY  released 0.00 CNY  recognised 100.00 CNY" in lines
    later = lines.index("Later than 2026-03-03")
    assert [line.split()[1] for line in lines[later + 1 :] if line.startswith("  2026")] == [
        "apply",
        "settle",
    ]
    assert not any(line.startswith("Next") for line in lines)
    before = desk.run("show", "V-1", "--as-of", "2026-03-01").out
    assert before.startswith("V-1 is – on 2026-03-01: 100.00 CNY\n")
    assert "Conditions" not in before


def test_show_without_conditions(desk: Desk) -> None:
    assert "  none are set" in desk.write(issue()).run("show", "V-1").out


def test_show_what_is_not_there(desk: Desk) -> None:
    ran = desk.write(HAPPY).run("show", "V-9")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "V-9: there is no such voucher [not-found]\n"


# --- The real command -------------------------------------------------------------------


def test_the_installed_command(desk: Desk) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    desk.write(HAPPY.replace(SETTLE, ""))
    done = subprocess.run(
        [command, "-f", desk.path, "settle", "V-1", "--as-of", "2026-03-06"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == '2026-03-06 custom "voucher-settle" "V-1"\n'
    assert done.stderr == "V-1: settle on 2026-03-06: no condition is set\n"
    refused = subprocess.run(
        [command, "-f", desk.path, "void", "V-1", "--reason", "cancelled"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    version = subprocess.run([command, "--version"], capture_output=True, check=True, text=True)
    assert version.stdout.startswith("bean-voucher, version ")


NEW = (
    b"--policyholder=Ann", b"--insurer=Ins", b"--issuer=Iss", b"--acceptor=Acc", b"--currency=CNY",
    b"--credit-line=0",
)  # fmt: skip


def test_an_argument_of_any_bytes_is_told_and_not_stumbled_over(desk: Desk) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    desk.write(issue())
    ledger = os.fsencode(desk.path)
    before = desk.files()
    for arguments, status in (
        ([b"-f", ledger, b"list", b"--state", b"\xff"], 2),
        ([b"-f", ledger, b"show", b"\xff"], 1),
        (
            [
                b"-f",
                ledger,
                b"accept",
                b"V-1",
                b"--date",
                b"2026-03-03",
                b"--by",
                b"\xff",
                b"--write",
            ],
            3,
        ),
        ([b"-f", b"\xff", b"list"], 2),
        ([b"init", b"\xff", *NEW], 3),
        ([b"demo", b"--no-serve", b"\xff"], 3),
    ):
        ran = subprocess.run(
            [command, *arguments], capture_output=True, check=False, cwd=desk.folder
        )
        assert ran.returncode == status, (arguments, ran.stderr)
        assert b"Traceback" not in ran.stderr
    assert desk.files() == before


def test_the_load_cache_is_neither_read_nor_written(desk: Desk) -> None:
    """Unpickling a cache file that somebody committed would run its code."""
    desk.write(HAPPY)
    cache = desk.folder / f".{desk.path.name}.picklecache"
    cache.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    assert desk.run("list").status == 0
    assert cache.exists()
    assert not Path("pwned").exists()


def test_the_collector_is_left_as_it_was(desk: Desk) -> None:
    desk.write(HAPPY)
    assert gc.isenabled()
    desk.run("list")
    assert gc.isenabled()
    gc.disable()
    try:
        desk.run("list")
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_show_tells_no_terms_that_were_not_agreed_on_the_day(desk: Desk) -> None:
    """Before the issue, only the request was known."""
    asked = event("request", "2026-03-01", "100.00 CNY", policyholder='"Ann"', insurer='"Ins"')
    desk.write(asked + issue())
    before = desk.run("show", "V-1", "--as-of", "2026-03-01").out
    assert "issuer" not in before
    assert "accept-by" not in before.split("Later than")[0]
    assert "issuer        Iss" in desk.run("show", "V-1", "--as-of", "2026-03-02").out


def test_conditions_before_there_is_an_application(desk: Desk) -> None:
    ran = desk.write(issue(requires_policy="TRUE") + ACCEPT).run("show", "V-1")
    assert ran.status == 0
    assert "requires-policy" in ran.out
    assert "there is no application" in ran.out

"""What `settle`, `void` and `run` decide, print and write."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.commands import decide
from beancount_voucher.ledger import dry_run
from beancount_voucher.ledger.loader import Ledger, LedgerError, load_facts
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    DUE,
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
    from pathlib import Path

    from beancount_voucher.directives.errors import Problem
    from tests.support.clerk import Clerk

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
def test_what_is_printed_loads_and_does_what_was_asked(clerk: Clerk, name: str) -> None:
    ledger, arguments, expected = DONE[name]
    clerk.write(ledger)
    command = [argument.replace("@", " ") for argument in arguments.split()]
    ran = clerk.run(*command)
    assert (ran.status, ran.out) == (0, expected)
    assert ran.err.startswith("V-1: ")
    clerk.append(ran.out)
    after = load_path(clerk.path)
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
        HAPPY, "settle V-1 --amount 50@CNY", "final", ["it was settled on 2026-03-06 (", "ledger.beancount:"],
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
def test_what_cannot_be_done_is_refused_with_the_reason(clerk: Clerk, name: str) -> None:
    ledger, arguments, code, words = REFUSED[name]
    clerk.write(ledger)
    before = clerk.path.read_bytes()
    ran = clerk.run(*(argument.replace("@", " ") for argument in arguments.split()))
    assert (ran.status, ran.out) == (1, "")
    assert f"[{code}]" in ran.err
    assert all(word in ran.err for word in words), ran.err
    assert clerk.path.read_bytes() == before


def test_some_are_settled_and_some_refused(clerk: Clerk) -> None:
    other = "".join(
        part.replace("V-1", "V-2") for part in (issue(requires_policy="TRUE"), ACCEPT, APPLY)
    )
    clerk.write(HAPPY.replace(SETTLE, "") + other)
    ran = clerk.run("settle", "V-2", "V-1", "V-1", "--as-of", "2026-03-06")
    assert ran.status == 1
    assert ran.out == '2026-03-06 custom "voucher-settle" "V-1"\n'
    assert "refused: V-2" in ran.err


def test_a_settlement_into_an_account_that_is_not_open_is_refused(clerk: Clerk) -> None:
    """The life allows it, the books do not."""
    world = PARTIES + ACCOUNTS.replace("2020-01-01 open Assets:Ins:Acc\n", "")
    clerk.write(HAPPY.replace(SETTLE, ""), world=world)
    ran = clerk.run("settle", "V-1", "--as-of", "2026-03-06")
    assert (ran.status, ran.out) == (1, "")
    assert "Assets:Ins:Acc" in ran.err
    assert "[account-not-open]" in ran.err


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


_WAIT = [
    "G-AGAIN: waiting for a new application until 2026-04-30 "
    "(requires-policy: the application names no policy)",
    "E-WAIT: waiting for its conditions until 2026-12-01 (not-before: not before 2026-12-01)",
]


def test_run_decides_all_that_is_due_and_says_why(clerk: Clerk) -> None:
    ran = clerk.write(DUE).run("run", "--as-of", "2026-04-02")
    assert ran.out == VOIDED + SETTLED + "\n" + UNMET
    assert ran.err.splitlines() == [
        "A-LATE: void (not-accepted) on 2026-03-06: no acceptance by 2026-03-05",
        "B-LATE: void (no-application) on 2026-04-01: no application by 2026-03-31",
        "C-MET: settle on 2026-04-02: requires-policy: the application names policy P-1",
        "D-UNMET: void (conditions-unmet) on 2026-04-02: requires-policy: the application names no policy",
        "F-RETURNED: void (insurance-returned) on 2026-04-02: the insurance was returned on 2026-03-04",
        *_WAIT,
    ]
    assert ran.status == 0
    clerk.append(ran.out)
    assert load_path(clerk.path).errors == []
    again = clerk.run("run", "--as-of", "2026-04-02")
    assert (again.status, again.out) == (0, "")
    assert again.err.splitlines() == [*_WAIT, "Nothing to write."]


def test_of_many_that_wait_the_first_are_told(clerk: Clerk) -> None:
    """Those whose time ends first; and with --quiet none."""
    again = {"requires_policy": "TRUE", "on_unmet": '"represent"'}
    clerk.write("".join(
        issue(f"V-{at:02}", "1.00 CNY", apply_by=f"2026-04-{30 - at:02}", **again)
        + event("accept", "2026-03-03", voucher=f"V-{at:02}")
        + event("apply", "2026-03-05", voucher=f"V-{at:02}")
        for at in range(22)
    ))  # fmt: skip
    ran = clerk.run("run", "--as-of", "2026-03-09")
    lines = ran.err.splitlines()
    assert lines[0].startswith("V-21: waiting for a new application until 2026-04-09 (")
    assert lines[20:] == [
        "… and 2 more that wait; bean-voucher list shows them",
        "Nothing to write.",
    ]
    assert clerk.run("-q", "run", "--as-of", "2026-03-09").err == ""


def test_decisions_as_data(clerk: Clerk) -> None:
    clerk.write(DUE + CLOSED)
    ran = clerk.run("run", "--as-of", "2026-03-31", "--by", "Lin", "--format", "json")
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
    one = clerk.run(
        "settle", "C-MET", "--amount", "5.50 CNY", "--format", "json", "--as-of", "2026-04-02"
    )
    [decision] = json.loads(one.out)
    assert (decision["decision"], decision["amount"], decision["currency"]) == (
        "settle",
        "5.50",
        "CNY",
    )
    assert (
        json.loads(clerk.run("settle", "--due", "--as-of", "2026-03-01", "--format", "json").out)
        == []
    )


def test_what_is_written_is_told_as_data_too(clerk: Clerk) -> None:
    expected = clerk.write(DUE).run("run", "--as-of", "2026-03-31", "--format", "json")
    ran = clerk.run("run", "--as-of", "2026-03-31", "--format", "json", "--write")
    assert ran.out == expected.out
    assert len(json.loads(ran.out)) > 1
    assert ran.err.endswith(f"Wrote {clerk.path}.\n")
    again = clerk.run("run", "--as-of", "2026-03-31", "--format", "json")
    assert json.loads(again.out) == []


def test_a_diff_and_data_are_not_to_be_had_at_once(clerk: Clerk) -> None:
    ran = clerk.write(DUE).run("run", "--as-of", "2026-03-31", "--format", "json", "--diff")
    assert (ran.status, ran.out) == (2, "")
    assert "--diff is for people, and --format json for programs" in ran.err


def test_due_settlements_and_due_voids_are_the_two_halves_of_run(clerk: Clerk) -> None:
    clerk.write(DUE)
    assert clerk.run("settle", "--due", "--as-of", "2026-04-02").out == SETTLED
    assert clerk.run("void", "--due", "--as-of", "2026-04-02").out == VOIDED + UNMET


def test_what_waited_is_due_in_time(clerk: Clerk) -> None:
    out = clerk.write(DUE).run("run", "--as-of", "2026-05-01").out
    assert '2026-05-01 custom "voucher-void" "G-AGAIN"\n  reason: "conditions-unmet"' in out
    assert "E-WAIT" not in out
    assert "I-LATER" not in out  # its notice was not there yet on that day
    out = clerk.run("run", "--as-of", "2026-12-01").out
    assert '2026-12-01 custom "voucher-settle" "E-WAIT"' in out
    assert '2026-12-01 custom "voucher-void" "I-LATER"\n  reason: "insurance-returned"' in out


@pytest.mark.parametrize("write", [[], ["--write"]])
def test_run_voids_nothing_on_the_day_of_its_application(clerk: Clerk, write: list[str]) -> None:
    """What is unmet may be mended all that day: another application, or the event it wants."""
    clerk.write(issue(requires_policy="TRUE") + ACCEPT + event("apply", "2026-03-05"))
    before = clerk.files()
    ran = clerk.run("run", "--as-of", "2026-03-05", *write)
    assert (ran.status, ran.out) == (0, "")
    assert ran.err.endswith("Nothing to write.\n")
    assert clerk.files() == before
    assert '"conditions-unmet"' in clerk.run("run", "--as-of", "2026-03-06").out


def test_run_into_a_new_file(clerk: Clerk) -> None:
    (clerk.folder / "runs").mkdir()
    (clerk.folder / "runs" / "00.beancount").write_text("")
    clerk.write('include "runs/*.beancount"\n' + DUE)
    target = clerk.folder / "runs" / "today.beancount"
    ran = clerk.run("run", "--as-of", "2026-04-02", "-o", str(target))
    assert (ran.status, ran.out) == (0, "")
    assert target.read_text() == VOIDED + SETTLED + "\n" + UNMET
    assert f"Wrote {target}." in ran.err
    again = clerk.run(
        "run", "--as-of", "2026-04-02", "-o", str(clerk.folder / "runs" / "2.beancount")
    )
    assert again.status == 0
    assert not (clerk.folder / "runs" / "2.beancount").exists()


def test_run_never_overwrites(clerk: Clerk) -> None:
    target = clerk.folder / "there"
    target.write_text("mine")
    ran = clerk.write(DUE).run("run", "--as-of", "2026-04-02", "-o", str(target))
    assert ran.status == 3
    assert f"{target} exists already; nothing was written" in ran.err
    assert target.read_text() == "mine"


# --- The whole ledger has its say -------------------------------------------------------

OTHER = "".join(part.replace("V-1", "V-2") for part in (issue(insurer='"Oth"'), ACCEPT, APPLY))
PROOF = "2026-03-21 balance Assets:Ins:Acc 0 CNY\n"


def test_a_decision_against_a_proven_balance_is_refused_and_the_others_are_not(
    clerk: Clerk,
) -> None:
    clerk.write(HAPPY.replace(SETTLE, "") + OTHER + PROOF)
    ran = clerk.run("settle", "--due", "--as-of", "2026-03-20")
    assert ran.status == 1
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-2"\n'
    assert "refused: V-1: Balance failed for 'Assets:Ins:Acc'" in ran.err
    after = clerk.run("settle", "--due", "--as-of", "2026-03-21")
    assert after.out.count("voucher-settle") == 2


def test_a_balance_is_moved_by_what_was_before_its_day(clerk: Clerk) -> None:
    """A balance is of the start of its day (Beancount): what is settled on it moves it not."""
    proof = "2026-03-20 balance Assets:Ann:Iss:Frozen 200.00 CNY\n"
    clerk.write(HAPPY.replace(SETTLE, "") + issue("V-2") + proof)
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-1"\n'
    assert "refused: V-2: Balance failed for 'Assets:Ann:Iss:Frozen'" in ran.err


def test_an_error_without_a_line_is_another_if_it_says_something_else(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin = (
        "import collections\n__plugins__ = ('count',)\n"
        "Error = collections.namedtuple('Error', 'source message entry')\n"
        "def count(entries, options_map):\n"
        "    settled = sum(getattr(e, 'type', '') == 'voucher-settle' for e in entries)\n"
        "    return entries, [Error({'filename': '<count>'}, f'{settled} settlements', None)]\n"
    )
    (clerk.folder / "count_plugin.py").write_text(plugin)
    monkeypatch.syspath_prepend(clerk.folder)
    clerk.write(HAPPY.replace(SETTLE, ""), plugin=PLUGIN + 'plugin "count_plugin"\n')
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert "refused: V-1: 1 settlements" in ran.err


def test_a_decision_in_a_currency_that_an_account_does_not_take_is_refused(clerk: Clerk) -> None:
    world = WORLD.replace("open Assets:Ins:Acc", "open Assets:Ins:Acc USD")
    clerk.write(HAPPY.replace(SETTLE, "") + OTHER, world=world)
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert ran.status == 1
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-2"\n'
    assert "refused: V-1: Invalid currency CNY for account 'Assets:Ins:Acc'" in ran.err


def test_a_decision_that_reaches_another_voucher_is_refused(clerk: Clerk) -> None:
    """It moves the horizon to a cover start whose account is closed by then."""
    reached = issue("V-2", insurer='"Oth"', cover_start="2026-03-15") + event(
        "accept", "2026-03-03", voucher="V-2"
    )
    account = "Assets:Oth:PremiumReceivable"
    closed = f"2026-01-01 open {account}\n2026-03-04 close {account}\n"
    clerk.write(HAPPY.replace(SETTLE, "") + reached + closed)
    ran = clerk.run("settle", "V-1", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert f"refused: V-1: V-2: recognise on 2026-03-15 needs {account}" in ran.err


def test_a_write_that_would_bring_an_error_writes_nothing(clerk: Clerk) -> None:
    clerk.write(HAPPY.replace(SETTLE, "") + OTHER + PROOF)
    target = clerk.folder / "new.beancount"
    ran = clerk.run("run", "--as-of", "2026-03-20", "-o", str(target))
    assert ran.status == 3
    assert "refused: V-1: Balance failed" in ran.err
    assert "not everything can be done; nothing was written" in ran.err
    assert not target.exists()


def test_an_error_that_was_there_is_no_reason_to_refuse(clerk: Clerk) -> None:
    wrong = "2026-03-21 balance Assets:Ins:Acc 7 CNY\n2026-03-22 open Assets:Ann:Iss\n"
    wrong += event("accept", "2026-03-04", voucher="V-9")
    clerk.write(HAPPY.replace(SETTLE, "") + wrong)
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert ran.status == 1  # for the errors of the ledger
    assert "will hold then" not in ran.err
    assert ran.out == '2026-03-20 custom "voucher-settle" "V-1"\n'


def test_decisions_with_which_the_ledger_does_not_load_are_refused(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_path: Path, _appended: str) -> None:
        raise LedgerError("cannot load")

    monkeypatch.setattr(dry_run, "load", broken)
    clerk.write(HAPPY.replace(SETTLE, "") + "2026-03-25 balance Assets:Ann:Iss 900 CNY\n")
    ran = clerk.run("settle", "V-1", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert "refused: V-1: cannot load" in ran.err


@pytest.mark.parametrize("source", ["{'filename': '<grumble>', 'lineno': 0}", "None"])
def test_an_error_that_names_no_directive_bars_all(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    plugin = (
        "import collections\n__plugins__ = ('grumble',)\n"
        "Error = collections.namedtuple('Error', 'source message entry')\n"
        "def grumble(entries, options_map):\n"
        "    settled = sum(getattr(e, 'type', '') == 'voucher-settle' for e in entries)\n"
        f"    source = {source}\n"
        "    return entries, [Error(source, 'no settlements here', None)] * settled\n"
    )
    (clerk.folder / "grumble_plugin.py").write_text(plugin)
    monkeypatch.syspath_prepend(clerk.folder)
    clerk.write(HAPPY.replace(SETTLE, "") + OTHER, plugin=PLUGIN + 'plugin "grumble_plugin"\n')
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.count("refused: V-1, V-2: no settlements here") == 1


def test_a_void_that_frees_a_credit_line_brings_back_what_was_refused(clerk: Clerk) -> None:
    """So that a second run finds nothing: what comes back may be late by now, too."""
    clerk.write(
        LINES
        + issue("V-1", "1000.00 CNY", funding='"credit"', accept_by="2026-03-03")
        + issue("V-2", "500.00 CNY", "2026-03-06", funding='"credit"', accept_by="2026-03-08")
    )
    ran = clerk.run("run", "--as-of", "2026-03-20")
    assert [line.split()[0] for line in ran.out.splitlines() if "custom" in line] == [
        "2026-03-04",
        "2026-03-09",
    ]
    assert "will hold then: V-2: 500.00 CNY is more than the free credit line" in ran.err
    clerk.append(ran.out)
    assert load_path(clerk.path).errors == []
    assert clerk.run("run", "--as-of", "2026-03-20").out == ""


def test_a_closed_period_does_not_shorten_a_cooling_off(clerk: Clerk) -> None:
    clerk.write(issue(not_before="2026-03-25") + ACCEPT + APPLY + CLOSED)
    assert clerk.run("run", "--as-of", "2026-03-20").out == ""
    refused = clerk.run("settle", "V-1", "--as-of", "2026-03-20")
    assert "[condition-waiting]" in refused.err
    assert clerk.run("run", "--as-of", "2026-03-25").out == (
        '2026-04-01 custom "voucher-settle" "V-1"\n  note-effective: 2026-03-25\n'
    )


def test_the_last_day_of_all(clerk: Clerk) -> None:
    """After a close on the last day that there is, nothing can be dated; nothing is raised."""
    clerk.write(issue() + '9999-12-31 custom "voucher-close" "ever"\n')
    ran = clerk.run("run", "--as-of", "2026-04-01")
    assert (ran.status, ran.out) == (1, "")
    assert "V-1: void of 9999-12-31 is in a period that was closed on 9999-12-31" in ran.err


def test_what_changes_after_the_effective_date_is_not_decided_against(clerk: Clerk) -> None:
    """Met on the as-of date, unmet on the day after the close: nothing is due."""
    events = '2026-03-01 event "a" "b"\n2026-04-01 event "a" "c"\n'
    clerk.write(issue(requires_event='"a=b"') + ACCEPT + APPLY + CLOSED + events)
    assert clerk.run("run", "--as-of", "2026-03-20").out == ""


def test_what_is_left_of_several_draws_is_released_and_not_called_void(clerk: Clerk) -> None:
    clerk.write(
        issue(draws='"multiple"')
        + event("accept", "2026-03-03")
        + event("apply", "2026-03-05", "50.00 CNY")
        + event("settle", "2026-03-06")
    )
    ran = clerk.run("run", "--as-of", "2026-04-02")
    assert 'custom "voucher-release" "V-1"' in ran.out
    assert ran.err == "V-1: release on 2026-04-01: no application stands after 2026-03-31\n"


def test_missing_money_is_looked_for_once_somebody_asks(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue(amount="90000.00 CNY") + issue("V-2", "90000.00 CNY") + ACCEPT + APPLY)
    looked: list[dt.date] = []
    unfunded = Ledger.unfunded

    def counted(ledger: Ledger, as_of: dt.date) -> dict[str, Problem]:
        looked.append(as_of)
        return unfunded(ledger, as_of)

    monkeypatch.setattr(Ledger, "unfunded", counted)
    assert clerk.run("run", "--as-of", "2026-03-02").status == 0
    assert looked == []
    assert clerk.run("run", "--as-of", "2026-03-05").out
    assert looked == [dt.date(2026, 3, 5)]
    found = decide.Unfunded(load_facts(clerk.path), dt.date(2026, 3, 5))
    assert (list(found), len(found), "V-1" in found) == (["V-2"], 1, False)

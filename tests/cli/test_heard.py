"""What a ledger that exchanges waits for, and warns of: who was not heard beyond a day."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.verifiers import signed
from tests.support import event, issue
from tests.support.banks import ISSUED, Bank, banks

_GRACE = '2026-01-01 custom "voucher-option" "grace-days" "3"\n'
_WAITED = "V-1: late since 2026-03-05, and Acc was not heard beyond that day; it is waited for until 2026-03-08\n"
_VOID = '2026-03-06 custom "voucher-void" "V-1"\n  reason: "not-accepted"\n'


def say(bank: Bank, *arguments: str) -> tuple[int, str, str]:
    ran = CliRunner().invoke(main, ["-f", str(bank.path), *arguments], catch_exceptions=False)
    return ran.exit_code, ran.stdout, ran.stderr


def heard(first: Bank, second: Bank, day: str) -> None:
    """The acceptor says something on a day, and the issuer receives it."""
    first.send("2026-03-02")
    second.receive("2026-03-02")
    second.send(day)
    first.receive(day)


# The day on which the acceptor is heard, the day of the run -> whether it is voided, or waited for.
LATE = {
    "in time": (None, "2026-03-05", False, False),
    "never heard": (None, "2026-03-06", False, True),
    "never heard, on the last day of grace": (None, "2026-03-08", False, True),
    "never heard, and grace is over": (None, "2026-03-09", True, False),
    "heard on the deadline": ("2026-03-05", "2026-03-06", False, True),
    "heard beyond it": ("2026-03-06", "2026-03-06", True, False),
}


@pytest.mark.parametrize("name", LATE)
def test_run_waits_for_what_may_have_been_said_in_time(name: str, tmp_path: Path) -> None:
    day, as_of, voided, waited = LATE[name]
    found = banks(tmp_path, "Iss", "Acc", options=_GRACE)
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED)
    if day is not None:
        heard(first, second, day)
    for _ in range(2):  # read, and remembered
        status, out, err = say(first, "run", "--as-of", as_of)
        assert (status, out, _WAITED in err) == (0, _VOID if voided else "", waited)


def test_what_is_returned_or_nobody_elses_is_not_waited_for(tmp_path: Path) -> None:
    first = banks(tmp_path, "Iss", "Acc", options=_GRACE)["Iss"]
    first.say(ISSUED + event("return", "2026-03-04"))
    first.say(issue("V-2", acceptor='"Iss"') + issue("V-3", kind="request"))
    first.say("2020-01-01 open Liabilities:Iss:Deposits:Ins\n")
    _, out, err = say(first, "run", "--as-of", "2026-03-06")
    assert [line for line in out.split("\n") if "reason" in line] == [
        '  reason: "insurance-returned"',
        '  reason: "not-accepted"',
    ]
    assert "not heard" not in err


def test_a_person_may_void_it_all_the_same(tmp_path: Path) -> None:
    first = banks(tmp_path, "Iss", "Acc", options=_GRACE)["Iss"].say(ISSUED)
    asked = ("void", "V-1", "--reason", "not-accepted", "--as-of", "2026-03-06")
    assert say(first, *asked)[:2] == (0, _VOID)


def test_what_was_heard_and_is_lost_was_not_heard(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc", options=_GRACE)
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED)
    heard(first, second, "2026-03-06")
    Store(first.path).path(("Acc", "Iss", 1)).unlink()
    assert _WAITED in say(first, "run", "--as-of", "2026-03-06")[2]


def test_what_is_malformed_says_no_day(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc", options=_GRACE)
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED)
    path = first.carried / "Acc_Iss_000001.beancount"
    path.write_bytes(b"hello")
    Path(f"{path}.sig").write_bytes(signed(b"hello", str(second.key)))
    first.receive("2026-03-06")
    assert first.facts("received") == ["2026-03-06 received Acc Iss 1"]
    assert _WAITED in say(first, "run", "--as-of", "2026-03-06")[2]


CLOSED = {
    "never heard": (None, "2026-02", "2026-02: Acc was not heard beyond 2026-02-28: nothing has come; what it says of it may still come\n"),
    "heard before its end": ("2026-03-05", "2026-03", "2026-03: Acc was not heard beyond 2026-03-31: the last message is of 2026-03-05; what it says of it may still come\n"),
    "heard beyond it": ("2026-03-05", "2026-02", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", CLOSED)
def test_close_tells_who_was_not_heard_beyond_the_period(name: str, tmp_path: Path) -> None:
    day, period, expected = CLOSED[name]
    found = banks(tmp_path, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED)
    if day is not None:
        heard(first, second, day)
    status, out, err = say(first, "close", period)
    assert (status, f'"voucher-close" "{period}"' in out) == (0, True)
    assert [line for line in err.splitlines(keepends=True) if "heard" in line] == (
        [expected] if expected else []
    )

"""``server``: turns for as long as it runs, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.cli.commands import desk as desks
from beancount_voucher.ledger import append
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from tests.support import ACCEPT
from tests.support.banks import ISSUED, Bank, Pair
from tests.support.clerk import Ran

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_PATIENCE = 30.0


def _arguments(bank: Bank, *more: str) -> list[str]:
    carried = str(bank.carried)
    return [
        *("-f", str(bank.path), "server", "--in", carried, "--out", carried),
        *("--key", str(bank.key), *more),
    ]


def _served(
    bank: Bank, steps: Sequence[Callable[[], object]], *more: str, by: int = signal.SIGTERM
) -> Ran:
    """Let it run in this process while steps are taken, and end it by a signal.

    Args:
        bank: whose server.
        steps: each is a deed, or, where it returns something, waited for until that is true.
        more: options.
        by: the signal.
    """

    def take() -> None:
        try:
            for step in steps:
                until = time.monotonic() + _PATIENCE
                while step() is False and time.monotonic() < until:
                    time.sleep(0.05)
        finally:
            os.kill(os.getpid(), by)

    taking = Thread(target=take)
    taking.start()
    try:
        result = CliRunner().invoke(main, _arguments(bank, *more))
    finally:
        taking.join()
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


@pytest.fixture(autouse=True)
def _handlers() -> Iterator[None]:
    """A signal that comes too early, or too late, ends the tests otherwise."""
    before = {
        each: signal.signal(each, lambda *_: None) for each in (signal.SIGTERM, signal.SIGINT)
    }
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_it_takes_turns_until_it_is_told_to_end(pair: Pair, by: int) -> None:
    first, second = pair
    first.say(ISSUED)
    ours = first.carried / "Iss_Acc_000001.beancount"

    def answer() -> None:
        second.turn("2026-03-02")
        second.say(ACCEPT).turn("2026-03-03")

    ran = _served(
        first,
        [ours.exists, answer, lambda: first.state() == "accepted"],
        *("--date", "2026-03-03"),
        by=by,
    )
    assert (ran.status, ran.out) == (0, "")
    lines = ran.err.splitlines()
    assert (lines[0], lines[-1]) == ("Iss: serving; Ctrl-C ends it", "Iss: ended")
    assert lines[1] == "Iss Acc 1: said"
    assert "Acc Iss 2: 1 recorded" in lines
    assert first.ledger().errors == []


def test_what_the_clerk_writes_goes_out(pair: Pair) -> None:
    first, _ = pair
    ours = first.carried / "Iss_Acc_000001.beancount"
    ran = _served(
        first,
        [lambda: time.sleep(1.5), lambda: first.say(ISSUED), ours.exists],
        *("--date", "2026-03-03"),
    )
    assert ran.err.splitlines()[1:-1] == ["Iss Acc 1: said"]


def test_what_waits_is_told_once(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    (first.carried / "Iss_Acc_000001.beancount.sig").unlink()
    other = second.carried / "README"
    ran = _served(
        second,
        [lambda: time.sleep(1.5), other.touch, lambda: time.sleep(3)],
        *("--date", "2026-03-03"),
    )
    assert ran.err.count("there is no signature beside it [unsigned]") == 1


def test_a_turn_that_fails_is_told_and_ends_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = pair
    first.say(ISSUED)
    failures = iter([WriteRefusedError("disk full"), ValueError("a mistake")])
    submit, ours = append.submit, first.carried / "Iss_Acc_000001.beancount"

    def fails(*arguments: object) -> None:
        error = next(failures, None)
        if error is not None:
            raise error
        submit(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(desks, "submit", fails)
    poke = iter(range(100))

    def came() -> bool:
        (first.carried / f"README{next(poke)}").touch()
        time.sleep(0.5)
        return ours.exists()

    ran = _served(first, [came], "--date", "2026-03-02")
    assert ran.status == 0
    assert "disk full; nothing was written" in ran.err
    assert "the turn failed: ValueError: a mistake" in ran.err
    assert first.facts("sent") == ["2026-03-02 sent Iss Acc 1"]


def test_a_process_of_its_own_ends_after_the_turn(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED)
    program = "from beancount_voucher.cli import program; program()"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *_arguments(first, "--date", "2026-03-02")],
        stderr=subprocess.PIPE,
        text=True,
    )
    ours = first.carried / "Iss_Acc_000001.beancount"
    until = time.monotonic() + _PATIENCE
    while not ours.exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=_PATIENCE)
    assert process.returncode == 0, told
    assert told.splitlines() == ["Iss: serving; Ctrl-C ends it", "Iss Acc 1: said", "Iss: ended"]
    assert second.receive("2026-03-02").status == 0

"""Ledgers that somebody writes while they are read."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.parser.grammar import Builder

from beancount_voucher.ledger.loader import LedgerError, load, stamps
from tests.support import issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk


def test_a_file_that_was_written_while_it_was_read_has_no_stamp(clerk: Clerk) -> None:
    """Who knows what was read of it: to whoever compares, it has changed."""
    old, new = clerk.folder / "old.beancount", clerk.folder / "new.beancount"
    clerk.write('include "old.beancount"\ninclude "new.beancount"\n')
    old.write_text(issue())
    new.write_text("")
    for path in (clerk.path, old):
        os.utime(path, (0, 0))
    assert set(load(clerk.path).stamps) == {clerk.path, old}
    os.utime(new, (0, 0))
    found = load(clerk.path)
    assert found.stamps == stamps(found.files)
    assert stamps([clerk.folder / "none"]) == {clerk.folder / "none": None}


@pytest.mark.parametrize(("times", "loaded"), [(1, True), (4, True), (5, False)])
def test_beancount_stumbles_over_the_end_of_a_file_that_grows(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, times: int, loaded: bool
) -> None:
    clerk.write(issue())
    reading, stumbles = loader._load, list[float]()

    def stumbling(*args: Any) -> Any:
        if len(stumbles) < times:
            stumbles.append(time.time())
            raise RuntimeError("Parser internal error")
        return reading(*args)

    monkeypatch.setattr(loader, "_load", stumbling)
    if loaded:
        assert load(clerk.path).has_vouchers
    else:
        with pytest.raises(LedgerError, match="Parser internal error"):
            load(clerk.path)


def test_whatever_else_goes_wrong_is_told_at_once(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def failing(*_args: object) -> None:
        calls.append(clerk.path)
        raise RuntimeError("another")

    monkeypatch.setattr(loader, "_load", failing)
    with pytest.raises(LedgerError, match="another"):
        load(clerk.write("").path)
    assert len(calls) == 1


def test_ctrl_c_while_beancount_reads_a_directive(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its parser takes that for an error of the directive, and would go on without it."""
    clerk.write(issue())
    built: Any = Builder.custom

    def pressed(*args: Any) -> Any:
        monkeypatch.setattr(Builder, "custom", built)
        signal.raise_signal(signal.SIGINT)
        return built(*args)

    monkeypatch.setattr(Builder, "custom", pressed)
    with pytest.raises(KeyboardInterrupt):
        load(clerk.path)

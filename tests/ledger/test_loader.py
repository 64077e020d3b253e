"""Ledgers that somebody writes while they are read."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

import pytest
from beancount.ops import validation
from beancount.parser import booking
from beancount.parser.grammar import Builder

from beancount_voucher.ledger import parsed_files
from beancount_voucher.ledger.loader import LedgerError, load, load_facts
from tests.support import issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk


def test_a_file_that_grows_is_read_once(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beancount's own loader stumbles over a file that is appended to while it reads the end."""
    clerk.write(issue())
    parse = parsed_files.parse

    def growing(filename: str, content: bytes) -> parsed_files.ParsedFile:
        clerk.append(issue("V-2"))
        return parse(filename, content)

    reading = parsed_files.read
    monkeypatch.setattr(parsed_files, "read", lambda path, text="": reading(path, text, growing))
    assert list(load(clerk.path).evaluation.vouchers) == ["V-1"]


@pytest.mark.parametrize("module", [booking, validation])
def test_whatever_goes_wrong_in_beancount_is_told(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    def failing(*_args: object) -> None:
        raise RuntimeError("another")

    clerk.write("")
    monkeypatch.setattr(module, "book" if module is booking else "validate", failing)
    with pytest.raises(LedgerError, match="cannot load it: another"):
        load(clerk.path)
    assert load_facts(clerk.path).errors == []


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

"""What the commands share: the ledger, dates, exit codes, messages."""

from __future__ import annotations

import datetime as dt
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from beancount_voucher.ledger import Ledger, LedgerError, load
from beancount_voucher.problems import printable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_Command = TypeVar("_Command", bound="Callable[..., Any]")


class Exit(IntEnum):
    """Exit codes (contract, section 7)."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    REFUSED = 3


def say(text: str) -> None:
    """A message for a person."""
    click.echo(printable(text), err=True)


def stop(text: str, status: Exit) -> NoReturn:
    """A last message, and an exit status."""
    say(text)
    sys.exit(status)


def open_ledger(context: click.Context) -> Ledger:
    """Load the ledger that ``-f`` or BEANCOUNT_FILE names."""
    path: Path | None = context.obj
    if path is None:
        raise click.UsageError(
            "which ledger? Name its top file with -f, or in the environment variable BEANCOUNT_FILE"
        )
    if not path.is_file():
        raise click.UsageError(f"there is no file {path}")
    try:
        return load(path)
    except LedgerError as error:
        stop(str(error), Exit.FINDINGS)


def finish(ledger: Ledger, *, refused: bool = False) -> None:
    """End a command: with errors in the ledger, or something refused, not cleanly."""
    if ledger.errors:
        count = len(ledger.errors)
        noun = "error" if count == 1 else "errors"
        say(f"The ledger has {count} {noun}; bean-voucher check lists them.")
    elif ledger.has_vouchers and not ledger.has_plugin:
        say('The top file has no plugin "beancount_voucher_plugin" line: no books are kept.')
        refused = True
    if ledger.errors or refused:
        sys.exit(Exit.FINDINGS)


def _day(_context: click.Context, _option: click.Parameter, value: dt.datetime | None) -> dt.date:
    return dt.datetime.now().astimezone().date() if value is None else value.date()


def as_of_option(command: _Command) -> _Command:
    """``--as-of D``, today if left out."""
    return click.option(
        "--as-of",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        callback=_day,
        help="The day to look at the ledger (2026-03-31); today if left out.",
    )(command)

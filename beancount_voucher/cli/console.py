"""What the commands share: the ledger, dates, exit codes, messages."""

from __future__ import annotations

import os
import re
import sys
from contextlib import contextmanager
from enum import IntEnum
from functools import partial
from importlib.util import find_spec
from threading import Timer
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from beancount_voucher.cli.checked import errors_of, is_clean, remember, unchecked
from beancount_voucher.cli.days import DAY, today
from beancount_voucher.cli.language import told
from beancount_voucher.directives.wording import counted, printable
from beancount_voucher.ledger.atomic_files import WriteRefusedError, check_locks
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import Ledger, LedgerError, load, load_facts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from beancount_voucher.ledger.parsed_files import Fingerprint

_Command = TypeVar("_Command", bound="Callable[..., Any]")


_LONG = 1.0
"""Seconds after which a person wants to know what is going on."""


class Exit(IntEnum):
    """Exit statuses (manual: stability)."""

    CLEAN = 0
    FINDINGS = 1
    USAGE = 2
    REFUSED = 3


def say(text: str, *, fg: str | None = None) -> None:
    """A message for a person: not with --quiet, in colour only on a terminal that wants it."""
    if not is_quiet():
        _print(text, fg)


def complain(text: str) -> None:
    """What went wrong, also with --quiet."""
    _print(text, "red")


def stop(text: str, status: Exit) -> NoReturn:
    """The reason for which a command ends, and an exit status."""
    complain(text)
    sys.exit(status)


def _print(text: str, fg: str | None) -> None:
    colour = False if os.environ.get("NO_COLOR") else None
    click.secho(printable(from_here(told(text))), err=True, fg=fg, color=colour)


def from_here(text: str) -> str:
    """A text that names files as a person would who stands where the command runs."""
    try:
        folder = os.path.join(os.getcwd(), "")  # noqa: PTH109, PTH118  Path drops the last slash
    except OSError:  # the folder is gone
        return text
    return (
        re.sub(rf"(?<![^\s(（：，；]){re.escape(folder)}(?=\S)", "", text)
        if folder != "/"
        else text
    )


def is_quiet() -> bool:
    """Whether only results, and what went wrong, are asked for."""
    return bool(click.get_current_context().find_root().params.get("quiet"))


def open_ledger(context: click.Context) -> Ledger:
    """Load the whole ledger that ``-f`` or BEANCOUNT_FILE names."""
    return _opened(context, load)


def open_facts(context: click.Context, *, writes: bool = False) -> Ledger:
    """Load the facts of that ledger; the whole with ``--checked``.

    Args:
        context: the command's.
        writes: whether to write to it: the whole, too, unless it is known to be without errors.
    """
    return _opened(context, _facts_or_whole(writes=writes))


def _facts_or_whole(*, writes: bool) -> Callable[[Path], Ledger]:
    if click.get_current_context().find_root().params.get("checked"):
        return load
    return partial(load_facts, enough=is_clean if writes else _always)


def _always(_fingerprint: Fingerprint) -> bool:
    return True


def open_with(context: click.Context, finding: Callable[[Path], Ledger | None]) -> Ledger | None:
    """That ledger as something else finds it; None where that does not."""
    path = _top_file(context)
    root = context.find_root()
    root.with_resource(gc_paused())  # as of what is loaded
    ledger = root.meta[__name__] = finding(path)
    return ledger


def _top_file(context: click.Context) -> Path:
    path: Path | None = context.obj
    if path is None:
        raise click.UsageError(
            "which ledger? Name its top file with -f, or in the environment variable BEANCOUNT_FILE"
        )
    if not os.path.isfile(path):  # noqa: PTH113  unlike Path's, false for a name too long
        raise click.UsageError(f"there is no file {path}")
    return path


def _opened(context: click.Context, loading: Callable[[Path], Ledger]) -> Ledger:
    path = _top_file(context)
    root = context.find_root()
    # What is loaded lives until the process ends (``program``), so it is kept, and not walked.
    root.with_resource(gc_paused())
    try:
        with patience(f"Loading {path} …"):
            ledger = root.meta[__name__] = loading(path)
    except LedgerError as error:
        stop(str(error), Exit.FINDINGS)
    remember(ledger)
    return ledger


def reopen(ledger: Ledger, *, writes: bool = True) -> Ledger:
    """Load a ledger again that somebody has changed: the whole, if it was whole."""
    loading = load if ledger.is_whole else _facts_or_whole(writes=writes)
    try:
        again = loading(ledger.path)
    except LedgerError as error:
        stop(str(error), Exit.FINDINGS)
    remember(again)
    return again


@contextmanager
def patience(text: str) -> Iterator[None]:
    """Say what takes long, once it has taken a second."""
    timer = Timer(_LONG, _print, (text, None))
    timer.daemon = True
    if not is_quiet():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def need(what: str, *packages: str) -> None:
    """End a command that cannot do something without packages, if one is not installed.

    A command imports them when it comes to that, so that all else starts without them.
    """
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        stop(f"{what} needs what is not installed here: {', '.join(missing)}", Exit.USAGE)


def new_folder(folder: Path) -> None:
    """Refuse what cannot become the folder of a new ledger, before anything is written."""
    try:
        check_locks(folder)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)
    try:
        taken = os.path.lexists(folder) and (not folder.is_dir() or any(folder.iterdir()))
    except OSError as error:
        stop(f"{folder} cannot be read: {error.strerror}; nothing was written", Exit.REFUSED)
    if taken:
        stop(f"{folder} exists and is not an empty folder; nothing was written", Exit.REFUSED)
    try:
        str(folder.absolute()).encode()
    except UnicodeEncodeError:
        reason = "its name is not UTF-8, and Beancount could not load it"
        stop(f"{folder} cannot be written: {reason}; nothing was written", Exit.REFUSED)


def finish(ledger: Ledger, *, refused: bool = False) -> None:
    """End a command: with errors in the ledger, or something refused, not cleanly.

    Of a ledger of which only facts are read, those of its last whole load count, if that was
    of just these bytes.
    """
    known = errors_of(ledger)
    if known is None:
        say(unchecked(ledger))
    errors = len(ledger.errors) if known is None else known
    if errors:
        count = counted(errors, "error")
        say(f"The ledger has {count}; bean-voucher check lists them.")
    elif ledger.has_vouchers and not ledger.has_plugin:
        say('The top file has no plugin "beancount_voucher_plugin" line: no books are kept.')
        refused = True
    if errors or refused:
        sys.exit(Exit.FINDINGS)


def as_day(_context: click.Context, _option: click.Parameter, value: dt.date | None) -> dt.date:
    """The day that an option names, today if it is left out."""
    return today() if value is None else value


def format_option(command: _Command) -> _Command:
    """``--format``, as the argument ``style``."""
    return click.option(
        "--format",
        "style",
        type=click.Choice(["table", "csv", "json", "markdown"]),
        default="table",
        show_default=True,
        help="For people, spreadsheets, programs or pull requests.",
    )(command)


def as_of_option(command: _Command) -> _Command:
    """``--as-of D``, or ``--date D`` where nothing is dated; today if left out."""
    return click.option(
        "--as-of",
        "--date",
        "as_of",
        type=DAY,
        metavar="DATE",
        callback=as_day,
        help="The day to look at the ledger (2026-03-31, yesterday, -7d); today if left out.",
    )(command)

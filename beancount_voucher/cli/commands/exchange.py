"""``send``, ``receive`` and ``exchange``: what banks say to each other, signed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from beancount_voucher.cli.commands.desk import Desk, is_spoken_to, our_party
from beancount_voucher.cli.console import Exit, open_facts
from beancount_voucher.cli.exchange_options import (
    NO_MESSAGE,
    SOURCE,
    as_option,
    date_option,
    in_option,
    signing_options,
    write_option,
)
from beancount_voucher.exchange.message import named

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


@click.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE, metavar="FILE|DIR...")
@as_option
@date_option
@write_option
@click.pass_context
def receive(
    context: click.Context,
    sources: tuple[Path, ...],
    given: str | None,
    date: dt.date,
    *,
    write: bool,
) -> None:
    """Record what others have said.

    Nothing counts without a signature that holds. Of a folder only messages to us are read;
    nothing there is moved or removed. What does not hold is refused with its code, and that goes
    back with the next message. Messages of our own that this ledger has lost are recorded as
    sent. The exit status is 1 if anything was refused or waits.
    """
    if not any(path.is_dir() or named(path.name) for path in sources):
        raise click.UsageError(NO_MESSAGE)
    desk = _desk(context, given, date, write=write)
    _end(clean=desk.turn(lambda: desk.receive(sources)))


@click.command()
@signing_options
@as_option
@date_option
@write_option
@click.pass_context
def send(
    context: click.Context,
    to: tuple[str, ...],
    key: str | None,
    folder: Path,
    given: str | None,
    date: dt.date,
    *,
    restored: bool,
    write: bool,
) -> None:
    """Say to others what is ours to say.

    To every bank, and to customers of whom the ledger declares a key or with whom messages were
    exchanged before; each message signed. What was said and is not acknowledged goes out again,
    byte for byte. The exit status is 1 if anything waits.
    """
    desk = _desk(context, given, date, write=write, restored=restored, to=to)
    _end(clean=desk.turn(lambda: desk.send(to, key, folder)))


@click.command()
@in_option
@signing_options
@as_option
@date_option
@write_option
@click.pass_context
def exchange(
    context: click.Context,
    sources: tuple[Path, ...],
    to: tuple[str, ...],
    key: str | None,
    folder: Path,
    given: str | None,
    date: dt.date,
    *,
    restored: bool,
    write: bool,
) -> None:
    """Receive all, decide what is due, send.

    One turn is safe to kill and to repeat; a second one writes nothing.
    """
    desk = _desk(context, given, date, write=write, restored=restored, to=to)
    _end(
        clean=desk.turn(
            lambda: desk.receive(sources), desk.decide, lambda: desk.send(to, key, folder)
        )
    )


def _desk(
    context: click.Context,
    given: str | None,
    date: dt.date,
    *,
    write: bool,
    restored: bool = False,
    to: tuple[str, ...] = (),
) -> Desk:
    ledger = open_facts(context, writes=write)
    we = our_party(ledger, given)
    for party in to:
        is_spoken_to(ledger, we, party)
    return Desk(ledger, we, date, write, restored)


def _end(*, clean: bool) -> NoReturn:
    sys.exit(Exit.CLEAN if clean else Exit.FINDINGS)

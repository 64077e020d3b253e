"""``send``, ``receive`` and ``exchange``: what banks say to each other, signed."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NoReturn

import click

from beancount_voucher.cli.commands.desk import Desk, desk_of
from beancount_voucher.cli.console import Exit, open_facts
from beancount_voucher.cli.exchange_options import (
    NO_MESSAGE,
    SOURCE,
    Recording,
    Sending,
    in_option,
    recording_options,
    sending_options,
)
from beancount_voucher.exchange.message import named

if TYPE_CHECKING:
    from pathlib import Path


@click.command()
@click.argument("sources", nargs=-1, required=True, type=SOURCE, metavar="FILE|DIR...")
@recording_options
@click.pass_context
def receive(context: click.Context, sources: tuple[Path, ...], recording: Recording) -> None:
    """Record what others have said.

    Nothing counts without a signature that holds. Of a folder only messages to us are read;
    nothing there is moved or removed. What does not hold is refused with its code, and that goes
    back with the next message. Messages of our own that this ledger has lost are recorded as
    sent. The exit status is 1 if anything was refused or waits.
    """
    if not any(path.is_dir() or named(path.name) for path in sources):
        raise click.UsageError(NO_MESSAGE)
    desk = _desk(context, recording)
    _end(clean=desk.turn(lambda: desk.receive(sources)))


@click.command()
@sending_options
@recording_options
@click.pass_context
def send(context: click.Context, sending: Sending, recording: Recording) -> None:
    """Say to others what is ours to say.

    To every bank, and to customers of whom the ledger declares a key or with whom messages were
    exchanged before; each message signed. What was said and is not acknowledged goes out again,
    byte for byte. The exit status is 1 if anything waits.
    """
    desk = _desk(context, recording, sending)
    _end(clean=desk.turn(lambda: desk.send(sending)))


@click.command()
@in_option
@sending_options
@recording_options
@click.pass_context
def exchange(
    context: click.Context, sources: tuple[Path, ...], sending: Sending, recording: Recording
) -> None:
    """Receive all, decide what is due, send.

    One turn is safe to kill and to repeat; a second one writes nothing.
    """
    desk = _desk(context, recording, sending)
    _end(clean=desk.exchange(sources, sending))


def _desk(context: click.Context, recording: Recording, sending: Sending | None = None) -> Desk:
    return desk_of(open_facts(context, writes=recording.write), recording, sending)


def _end(*, clean: bool) -> NoReturn:
    sys.exit(Exit.CLEAN if clean else Exit.FINDINGS)

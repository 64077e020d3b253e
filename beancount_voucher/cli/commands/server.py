"""``server``: the turn of ``exchange``, again and again, for as long as it runs."""

from __future__ import annotations

import gc
import signal
import sys
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.commands.desk import desk_of
from beancount_voucher.cli.console import Exit, complain, open_facts, say
from beancount_voucher.cli.days import DAY, today
from beancount_voucher.cli.exchange_options import (
    Recording,
    Sending,
    as_option,
    in_option,
    sending_options,
)
from beancount_voucher.cli.waking import seen, wait

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType


@click.command()
@in_option
@sending_options
@as_option
@click.option(
    "--date",
    type=DAY,
    metavar="DATE",
    help="The day of every turn, for trying it out; that of the clock if left out.",
)
@click.pass_context
def server(
    context: click.Context,
    sources: tuple[Path, ...],
    sending: Sending,
    given: str | None,
    date: dt.date | None,
) -> None:
    """Exchange messages for as long as it runs.

    Takes a turn of exchange --write whenever something comes or the ledger changes, and at
    least each minute. Ctrl-C or SIGTERM ends it, after the turn. A turn that fails is told, and
    tried again with the next.
    """
    ledger = open_facts(context, writes=True)
    gc.enable()  # unlike all other commands, this one lives on, and loads again and again
    desk = desk_of(ledger, Recording(given, date or today(), write=True), sending)

    def turn() -> None:
        desk.date = date or today()
        desk.exchange(sources, sending)
        desk.restored = False  # whom it waits for is noted beside the messages by now

    with _until_told() as ending:
        say(f"{desk.we}: serving; Ctrl-C ends it")
        while not ending.is_set():
            before = seen([*sources, *desk.ledger.files])
            _told(turn)
            desk.forget()
            watched = [*sources, *desk.ledger.files]
            if not ending.is_set() and seen(watched) == before:
                wait(watched, ending)
    say(f"{desk.we}: ended")
    sys.exit(Exit.CLEAN)


def _told(turn: Callable[[], None]) -> None:
    """Take a turn; one that fails is told, and ends nothing."""
    try:
        turn()
    except SystemExit:
        return  # it was told why
    except Exception as error:  # noqa: BLE001  whatever it is, the next message may be another
        complain(f"the turn failed: {type(error).__name__}: {error}")


@contextmanager
def _until_told() -> Iterator[Event]:
    """Take notice of Ctrl-C and SIGTERM, and let what has begun be finished."""
    ending = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ending.set()

    before = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield ending
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)

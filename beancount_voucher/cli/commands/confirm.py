"""``confirm``: our signed list of the open vouchers with a party, as of a day."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.commands.desk import desk_of
from beancount_voucher.cli.console import Exit, complain, open_ledger, say
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.exchange_options import (
    Recording,
    Sending,
    key_option,
    out_option,
    recording_options,
)
from beancount_voucher.cli.parties import is_spoken_to
from beancount_voucher.directives.wording import counted
from beancount_voucher.exchange.positions import positions_with
from beancount_voucher.exchange.turn import book_of

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path


@click.command()
@click.argument("party")
@click.option(
    "--as-of",
    type=DAY,
    metavar="DATE",
    help="The day that the positions are of; the day on which they are said, if left out.",
)
@out_option
@key_option
@recording_options
@click.pass_context
def confirm(
    context: click.Context,
    party: str,
    as_of: dt.date | None,
    key: str | None,
    folder: Path,
    recording: Recording,
) -> None:
    """Say how open vouchers with a party stand.

    One signed list: each voucher, its state, and what is held. Whoever receives it compares it
    with its own ledger on that day. What else there is to say goes out before it. The exit
    status is 1 if anything waits.
    """
    date = recording.date
    day = as_of or date
    if day > date:
        raise click.UsageError(f"--as-of {day} is after {date}: nobody knows yet how they stand")
    ledger = open_ledger(context)
    desk = desk_of(ledger, recording)
    desk.confirms = {party: day}
    is_spoken_to(ledger, desk.we, party)
    positions = positions_with(book_of(ledger, desk.we), party, day)
    if not positions:
        complain(f"no voucher with {party} is open on {day}: there is nothing to confirm")
        sys.exit(Exit.CLEAN)
    sending = Sending((party,), key, folder, restored=False)
    clean = desk.turn(lambda: desk.send(sending))
    say(f"{counted(len(positions), 'open voucher')} with {party} on {day}")
    sys.exit(Exit.CLEAN if clean else Exit.FINDINGS)

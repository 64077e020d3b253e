"""The options that ``send``, ``receive``, ``exchange``, ``confirm`` and ``server`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from beancount_voucher.cli.console import as_day
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.gathered import gathered

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.cli.gathered import Command

NO_MESSAGE = "there is no message: expected FirstBank_SecondBank_000042.beancount"
SOURCE = click.Path(path_type=Path, exists=True)
FOLDER = click.Path(path_type=Path, file_okay=False, exists=True)

as_option = click.option(
    "--as",
    "given",
    metavar="PARTY",
    help="For whom; the one party whose book the ledger keeps, if left out.",
)
date_option = click.option(
    "--date",
    type=DAY,
    callback=as_day,
    metavar="DATE",
    help="The day on which it is recorded; today if left out.",
)
write_option = click.option("--write", is_flag=True, help="Record it, and keep the messages.")
in_option = click.option(
    "--in",
    "sources",
    type=FOLDER,
    required=True,
    multiple=True,
    metavar="DIR",
    help="The folder in which messages come.",
)
out_option = click.option(
    "--out",
    "folder",
    type=FOLDER,
    required=True,
    metavar="DIR",
    help="The folder that carries messages.",
)
key_option = click.option(
    "--key",
    envvar="BEAN_VOUCHER_KEY",
    metavar="FILE",
    help="What ssh-keygen signs with: a private key, or a public one whose private half "
    "an agent holds. Also from the environment variable BEAN_VOUCHER_KEY.",
)


class Recording(NamedTuple):
    """For whom something is recorded, and when.

    Attributes:
        given: the party, if one is named.
        date: the day.
        write: whether it is recorded; else it is shown.
    """

    given: str | None
    date: dt.date
    write: bool


class Sending(NamedTuple):
    """What is said of sending.

    Attributes:
        to: only to these parties; to all if there are none.
        key: what ``ssh-keygen`` signs with.
        folder: the one that carries messages.
        restored: whether the ledger is an older one that was put back.
    """

    to: tuple[str, ...]
    key: str | None
    folder: Path
    restored: bool


def recording_options(command: Command) -> Command:
    """``--as``, ``--date`` and ``--write``, as one argument ``recording``."""
    options = write_option, date_option, as_option
    return gathered(command, lambda told: {"recording": _say(told, Recording)}, options)


def sending_options(command: Command) -> Command:
    """``--to``, ``--out``, ``--key`` and ``--restored``, as one argument ``sending``."""
    options = (
        click.option(
            "--restored",
            is_flag=True,
            help="This ledger is an older one that was put back: say nothing to anybody before "
            "something has come of him.",
        ),
        key_option,
        out_option,
        click.option("--to", multiple=True, metavar="PARTY", help="Only to this party."),
    )
    return gathered(command, lambda told: {"sending": _say(told, Sending)}, options)


def _say(others: dict[str, Any], into: type[Recording | Sending]) -> Recording | Sending:
    """What options say, taken out of what click tells."""
    return into(**{name: others.pop(name) for name in into._fields})

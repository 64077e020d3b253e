"""The options that ``send``, ``receive``, ``exchange`` and ``server`` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from beancount_voucher.cli.console import as_day
from beancount_voucher.cli.days import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    _Command = TypeVar("_Command", bound=Callable[..., Any])

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


def signing_options(command: _Command) -> _Command:
    """``--to``, ``--out``, ``--key`` and ``--restored``: what there is to say about sending."""
    for option in (
        click.option(
            "--restored",
            is_flag=True,
            help="This ledger is an older one that was put back: say nothing to anybody before "
            "something has come of him.",
        ),
        key_option,
        out_option,
        click.option("--to", multiple=True, metavar="PARTY", help="Only to this party."),
    ):
        command = option(command)
    return command

"""What ``bean-query voucher:LEDGER`` opens: Beancount's own tables, and those of vouchers.

beanquery looks a source up by the scheme of its name, as the module ``beanquery.sources.SCHEME``;
the wheel puts one there that has this ``attach``.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

import click

from beancount_voucher.cli.days import FORMS, day_of, today
from beancount_voucher.directives.wording import quoted
from beancount_voucher.ledger.loader import LedgerError, load
from beancount_voucher.views.query_tables import add_tables

if TYPE_CHECKING:
    import datetime as dt

    import beanquery

_SCHEME = "voucher:"
_DAY = "as-of"


def attach(connection: beanquery.Connection, dsn: str) -> None:
    """Beanquery's protocol of a source.

    Args:
        connection: receives the tables, the ledger's options and its errors.
        dsn: ``voucher:LEDGER``, or ``voucher:LEDGER?as-of=DAY``; today without a day.

    Raises:
        click.ClickException: no such file, no such day, or Beancount cannot load the ledger;
            ``bean-query`` prints it.
    """
    path, as_of = _parts(dsn)
    if not os.path.isfile(path):  # noqa: PTH113  unlike Path's, false for a name too long
        raise click.UsageError(f"there is no file {path}")
    try:
        ledger = load(path)
    except LedgerError as error:
        raise click.ClickException(str(error)) from error
    connection.attach(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    add_tables(connection, ledger.evaluation, as_of)
    if ledger.errors:  # bean-query prints those of beancount: alone
        text = f"{path}: errors ({len(ledger.errors)}); .errors or bean-check lists them"
        warnings.warn(text, stacklevel=2)


def _parts(dsn: str) -> tuple[Path, dt.date]:
    """The file and the day that a source names."""
    name, _, asked = dsn.removeprefix(_SCHEME).partition("?")
    if not asked:
        return Path(name), today()
    pairs = parse_qsl(asked, keep_blank_values=True)
    day = day_of(pairs[0][1]) if [key for key, _ in pairs] == [_DAY] else None
    if day is None:
        raise click.UsageError(
            f"{quoted(asked)} behind the ledger's name is not understood; "
            f"expected {_DAY}=DAY, a day being {FORMS}"
        )
    return Path(name), day

"""``renumber``: another id for a voucher that two branches have numbered alike."""

from __future__ import annotations

from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.console import Exit, finish, open_ledger, patience, reopen, say, stop
from beancount_voucher.cli.deliver import shown_as
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger.append import is_unchanged, turn
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
    difference,
    read,
)
from beancount_voucher.ledger.rewrite import rewrite
from beancount_voucher.review.renumber import RenumberError, Renumbering
from beancount_voucher.review.renumber import renumber as renumbered

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger

_ATTEMPTS = 10
"""How often it is decided anew because somebody else was faster."""


def _place(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> SourceLine | None:
    if value is None:
        return None
    name, _, line = value.rpartition(":")
    if not name or not line.isascii() or not line.isdigit():
        raise click.BadParameter("a line is such as 2026/03.beancount:41")
    return SourceLine(str(Path(name).absolute()), int(line))


@click.command()
@click.argument("old", shell_complete=voucher_ids)
@click.argument("new")
@click.option(
    "--at",
    metavar="FILE:LINE",
    callback=_place,
    help="Where its issue stands, if two vouchers have the id.",
)
@click.option("--write", is_flag=True, help="Change the files; otherwise show how.")
@click.pass_context
def renumber(
    context: click.Context, old: str, new: str, at: SourceLine | None, *, write: bool
) -> None:
    """Give a voucher another id everywhere.

    Of two branches that have numbered alike, one gives its voucher another id, best before the
    merge. Changes OLD to NEW in its directives and whatever else is known to mean it: links,
    exceptions, reconciliations, accounts of its own. The rest of the files stays as it is, byte
    for byte. With two vouchers of one id in the ledger, --at says which: its directives are
    those in that file from its issue to the other's.
    """
    ledger = open_ledger(context)
    try:
        with ExitStack() as held:
            if write:
                held.enter_context(turn(ledger.path))
                ledger = ledger if is_unchanged(ledger) else reopen(ledger)
            found = _carried_out(ledger, old, new, at, write=write)
            ledger = reopen(ledger) if write else ledger
    except RenumberError as error:
        stop(f"refused: {error}", Exit.REFUSED if write else Exit.FINDINGS)
    except NotUndoneError as error:
        stop(str(error), Exit.REFUSED)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)
    _tell(found, old, write=write)
    finish(ledger)


def _carried_out(
    ledger: Ledger, old: str, new: str, at: SourceLine | None, *, write: bool
) -> Renumbering:
    for _ in range(_ATTEMPTS):
        with suppress(ChangedMeanwhileError):
            contents = {path: read(path) for path in sorted(ledger.files)}
            found = renumbered(ledger, old, new, contents, at)
            if write:
                with patience("Writing …"):
                    rewrite(ledger, found.files, found.facts)
            return found
        ledger = reopen(ledger)
    raise WriteRefusedError("the ledger is changed again and again")


def _tell(found: Renumbering, old: str, *, write: bool) -> None:
    for path, (before, after) in found.files.items():
        if write:
            say(f"Wrote {shown_as(path)}.", fg="green")
        else:
            click.echo(difference(shown_as(path).lstrip("/"), before, after), nl=False)
    for place in dict.fromkeys(found.left):
        say(f"{shown_as(Path(place.filename))}:{place.lineno}: names {old}, and is left as it is")

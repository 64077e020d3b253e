"""``verify``: every signed message that is kept, and the line that proves it without us."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from beancount_voucher.cli.console import Exit, complain, open_ledger, say
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.deliver import shown_as
from beancount_voucher.cli.exchange_options import NO_MESSAGE, SOURCE, as_option
from beancount_voucher.cli.parties import our_party
from beancount_voucher.conditions import installed
from beancount_voucher.directives.wording import counted
from beancount_voucher.exchange import signers_file
from beancount_voucher.exchange.keys import keys_of
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.signers_file import SignersError
from beancount_voucher.exchange.store import Store, found_in
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verification import command, differing, proofs, proofs_alone
from beancount_voucher.exchange.verifiers import checked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.exchange.verification import Proof


@click.command()
@click.argument("files", nargs=-1, type=SOURCE, metavar="[FILE|DIR]...")
@as_option
@click.option(
    "--allowed-signers",
    "signers",
    is_flag=True,
    help="Print the keys of all parties instead, as ssh-keygen wants them.",
)
@click.option(
    "--keys",
    default="allowed_signers",
    show_default=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="How that file is called in the lines that are printed; without a ledger, the keys.",
)
@click.option(
    "--date",
    "day",
    type=DAY,
    metavar="DATE",
    help="Without a ledger: when the keys must count; on each message's own day if left out.",
)
@click.pass_context
def verify(
    context: click.Context,
    files: tuple[Path, ...],
    given: str | None,
    keys: Path,
    day: dt.date | None,
    *,
    signers: bool,
) -> None:
    """Verify every message that is kept.

    Each is held against its signature, its key, the message before it, and the ledger; with
    FILEs only these. Without a ledger, FILEs are held against their signatures, the keys of
    --keys, and each other. For each the line of ssh-keygen is printed that proves it without
    this program. The exit status is 1 if any is not as it was.
    """
    if context.obj is None and files:
        _end(_alone(files, keys, day))
    ledger = open_ledger(context)
    book = book_of(ledger, our_party(ledger, given))
    if signers:
        click.echo(_signers(book), nl=False)
        return
    _end(_kept(book, Store(ledger.path), files, keys))


def _kept(book: Book, store: Store, files: Sequence[Path], keys: Path) -> int:
    """Tell what the ledger has recorded, or some of it; and how much of it is not as it was."""
    named = {each.name: (each, path) for each, path in found_in(files)}
    wrong, told = 0, set()

    def text(name: Name) -> bytes | None:
        return named[name][0].content if name in named else store.text(name)

    def signature(name: Name) -> bytes | None:
        return named[name][0].signature if name in named else store.signature(name)

    for proof in proofs(book, text, signature, checked):
        if files and proof.name not in named:
            continue
        told.add(proof.name)
        path = named[proof.name][1] if proof.name in named else store.path(proof.name)
        wrong += _tell(proof, path, keys)
    for name in sorted(named.keys() - told):
        wrong += 1
        complain(f"{shown(name)}: the ledger has not recorded it")
    for name_, differs in () if files else differing(book, store.text):
        wrong += 1
        complain(f"{name_}: {differs} [fact-differs]")
    return wrong


def _alone(files: Sequence[Path], keys: Path, day: dt.date | None) -> int:
    """Tell of messages without a ledger; and how many are not proven."""
    try:
        allowed = signers_file.read(keys.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, SignersError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        raise click.UsageError(f"--keys {keys}: {why}") from error
    came = {each.name: (each, path) for each, path in found_in(files)}
    if not came:
        raise click.UsageError(NO_MESSAGE)
    messages = [each for each, _ in came.values()]
    found = proofs_alone(messages, allowed, checked, installed(), day)
    return sum(_tell(proof, came[proof.name][1], keys) for proof in found)


def _tell(proof: Proof, path: Path, keys: Path) -> int:
    """Print what proves a message, or tell what is wrong with it; and whether something is."""
    if proof.code:
        complain(f"{shown(proof.name)}: {proof.wrong} [{proof.code}]")
        return 1
    click.echo(command(proof, shlex.quote(os.fspath(shown_as(path))), shlex.quote(os.fspath(keys))))
    return 0


def _end(wrong: int) -> NoReturn:
    say(f"{counted(wrong, 'finding')}.")
    sys.exit(Exit.FINDINGS if wrong else Exit.CLEAN)


def _signers(book: Book) -> str:
    parties = book.evaluation.ledger_state.parties
    return "".join(
        signers_file.written(keys_of(book.evaluation.exchanged, party)) for party in sorted(parties)
    )

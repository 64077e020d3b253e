"""``verify``: every signed message that is kept, and the line that proves it without us."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.commands.desk import our_party
from beancount_voucher.cli.console import Exit, complain, open_ledger, say
from beancount_voucher.cli.deliver import shown_as
from beancount_voucher.directives.wording import counted
from beancount_voucher.exchange.keys import keys_of
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verification import allowed_signers, command, differing, proofs
from beancount_voucher.exchange.verifiers import checked

if TYPE_CHECKING:
    from beancount_voucher.exchange.sending import Book


@click.command()
@click.option(
    "--as",
    "given",
    metavar="PARTY",
    help="For whom; the one party whose book the ledger keeps, if left out.",
)
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
    metavar="FILE",
    help="How that file is called in the lines that are printed.",
)
@click.pass_context
def verify(context: click.Context, given: str | None, keys: str, *, signers: bool) -> None:
    """Verify every message that is kept.

    Each is held against its signature, its key, the message before it, and the ledger. For each
    the line of ssh-keygen is printed that proves it without this program. The exit status is 1
    if any is not as it was.
    """
    ledger = open_ledger(context)
    book = book_of(ledger, our_party(ledger, given))
    if signers:
        click.echo(_signers(book), nl=False)
        return
    store = Store(ledger.path)
    wrong = 0
    for proof in proofs(book, store.text, store.signature, checked):
        if proof.code:
            wrong += 1
            complain(f"{shown(proof.name)}: {proof.wrong} [{proof.code}]")
        else:
            path = shlex.quote(os.fspath(shown_as(store.path(proof.name))))
            click.echo(command(proof, path, shlex.quote(keys)))
    for name, text in differing(book, store.text):
        wrong += 1
        complain(f"{name}: {text} [fact-differs]")
    say(f"{counted(wrong, 'finding')}.")
    if wrong:
        sys.exit(Exit.FINDINGS)


def _signers(book: Book) -> str:
    parties = book.evaluation.ledger_state.parties
    return "".join(
        allowed_signers(keys_of(book.evaluation.exchanged, party)) for party in sorted(parties)
    )

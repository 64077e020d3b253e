"""``print``: the ledger as plain Beancount."""

from __future__ import annotations

import click

from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.console import Exit, finish, open_ledger, stop
from beancount_voucher.ledger.export import plain, plain_vouchers
from beancount_voucher.ledger.posted import told_apart


@click.command("print")
@click.option(
    "--voucher", metavar="ID", shell_complete=voucher_ids, help="Only what is about this voucher."
)
@click.pass_context
def print_ledger(context: click.Context, voucher: str | None) -> None:
    """Print the ledger as plain Beancount.

    Vouchers are written out, exact to the last digit: it loads without this package, to the
    same balances on every account on every date. Voucher directives stay as comments.
    """
    ledger = open_ledger(context)
    if voucher is None:
        pieces = plain(ledger.entries, ledger.options)
    elif voucher in ledger.evaluation.vouchers:
        pieces = plain_vouchers(told_apart(ledger), ledger.options, {voucher})
    else:
        stop(f"{voucher}: there is no such voucher [not-found]", Exit.FINDINGS)
    for piece in pieces:
        click.echo(piece, nl=False)
    finish(ledger)

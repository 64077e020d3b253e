"""The command ``bean-voucher`` (contract, section 7): a thin face of the library."""

from __future__ import annotations

from pathlib import Path

import click

from beancount_voucher import __version__
from beancount_voucher.cli.check import check
from beancount_voucher.cli.demo import demo
from beancount_voucher.cli.judge import run, settle, void
from beancount_voucher.cli.read import list_vouchers, show


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-f",
    "--file",
    "ledger",
    envvar="BEANCOUNT_FILE",
    type=click.Path(path_type=Path),
    metavar="LEDGER",
    help="The ledger's top file. Also from the environment variable BEANCOUNT_FILE.",
)
@click.version_option(__version__, prog_name="bean-voucher")
@click.pass_context
def main(context: click.Context, ledger: Path | None) -> None:
    """Electronic insurance vouchers in a Beancount ledger.

    Results go to stdout, messages to stderr. Exit status: 0 clean, 1 findings or ledger
    errors, 2 wrong usage, 3 a write was refused. Nothing is written unless you name a
    new file with -o; demo writes its own folder.
    """
    context.obj = ledger


for command in (demo, check, list_vouchers, show, settle, void, run):
    main.add_command(command)

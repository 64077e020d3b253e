"""The command ``bean-voucher`` (manual: commands): a thin face of the library."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

import click

from beancount_voucher import __version__
from beancount_voucher.cli.commands.check import check
from beancount_voucher.cli.commands.decide import run, settle, void
from beancount_voucher.cli.commands.demo import demo
from beancount_voucher.cli.commands.init import init
from beancount_voucher.cli.commands.list import list_vouchers
from beancount_voucher.cli.commands.merge import merge
from beancount_voucher.cli.commands.print import print_ledger
from beancount_voucher.cli.commands.query import query
from beancount_voucher.cli.commands.reconcile import reconcile
from beancount_voucher.cli.commands.record import recording_commands
from beancount_voucher.cli.commands.review import blame, review
from beancount_voucher.cli.commands.show import show
from beancount_voucher.cli.console import Exit


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
@click.option("-q", "--quiet", is_flag=True, help="Only results, and what went wrong.")
@click.version_option(__version__, prog_name="bean-voucher")
@click.pass_context
def main(context: click.Context, ledger: Path | None, *, quiet: bool) -> None:  # noqa: ARG001
    """Electronic insurance vouchers in a Beancount ledger.

    Results go to stdout, messages to stderr. Exit status: 0 clean, 1 findings or ledger
    errors, 2 wrong usage, 3 a write was refused. Nothing is written without --write, but
    to a new file that you name with -o; demo and init write a folder.
    """
    context.obj = ledger
    # Ledgers are UTF-8, whatever the terminal's locale. An argument that is not (a file's name)
    # is told as it came, and in messages so that a terminal can show it.
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        with suppress(AttributeError):
            stream.reconfigure(encoding="utf-8", errors=errors)  # type: ignore[union-attr]


_READING = (check, list_vouchers, show, query, print_ledger, reconcile)
_JUDGING = (settle, void, run)
_IN_GIT = (review, blame, merge)
for command in (demo, init, *_READING, *_JUDGING, *_IN_GIT, *recording_commands()):
    main.add_command(command)


def program() -> None:
    """The installed command: ``main``, and gone.

    A process gives its memory back as a whole. Taking a large ledger apart before, object by
    object, costs a twentieth of the time of loading it.
    """
    try:
        main()
    except SystemExit as ended:  # its traceback holds what was loaded
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None: was closed before
            stream.flush()
        if isinstance(ended.code, int):
            os._exit(ended.code)
        raise
    except OSError as error:  # of what it prints: the disk is full
        with suppress(OSError):  # nor what it says
            click.echo(f"Error: {error}", err=True)
        sys.exit(Exit.REFUSED)

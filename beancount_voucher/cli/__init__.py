"""The command ``bean-voucher`` (manual: commands): a thin face of the library."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from click.shell_completion import CompletionItem

from beancount_voucher import __version__
from beancount_voucher.cli.language import told
from beancount_voucher.cli.on_demand import OnDemand, Waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

COMMANDS: dict[str, Waiting] = {
    "accept": Waiting("record", "Record that a voucher is accepted."),
    "amend": Waiting("record", "Record that an amendment is offered."),
    "apply": Waiting("record", "Record an application for settlement."),
    "blame": Waiting("review", "Which commit brought each event of a voucher."),
    "check": Waiting("check", "Find what is wrong with a ledger's vouchers."),
    "close": Waiting("record", "Record that a period has ended."),
    "confirm": Waiting("confirm", "Say how open vouchers with a party stand."),
    "consent": Waiting("record", "Record that a party agrees to an amendment."),
    "credit-line": Waiting("declare", "Set what a bank lends a policyholder."),
    "decline": Waiting("record", "Record that a party declines an amendment."),
    "demo": Waiting("demo", "Write, process and show the demo ledger.", reads_ledger=False),
    "discrepancy": Waiting("record", "Record why an application is turned down."),
    "exception": Waiting("declare", "Allow what review would not let pass."),
    "exchange": Waiting("exchange", "Receive all, decide what is due, send."),
    "explain": Waiting("explain", "Tell what a code means, and what to do.", reads_ledger=False),
    "forecast": Waiting("forecast", "What may be paid, by day and account."),
    "help": Waiting("help", "Show the manual, or a topic of it.", reads_ledger=False),
    "init": Waiting("init", "Write a new ledger.", reads_ledger=False),
    "issue": Waiting("record", "Record that a voucher is issued."),
    "key": Waiting("key", "Print the directive of a public key."),
    "lines": Waiting("lines", "Credit lines, and whether they add up."),
    "list": Waiting("list", "The register of all vouchers on a day."),
    "map": Waiting("map", "Write the map of a CSV or a spreadsheet.", reads_ledger=False),
    "merge": Waiting("merge", "Merge two branches by fact, for git.", reads_ledger=False),
    "option": Waiting("declare", "Choose an option of the whole ledger."),
    "party": Waiting("declare", "Declare a party, and open its accounts."),
    "print": Waiting("print", "Print the ledger as plain Beancount."),
    "query": Waiting("query", "Ask the ledger in Beancount's query language."),
    "recall": Waiting("record", "Record that the issuer wants it back."),
    "receive": Waiting("exchange", "Record what others have said."),
    "reconcile": Waiting("reconcile", "Match bank statements with the ledger."),
    "refund": Waiting("record", "Record that premium is paid back."),
    "refuse": Waiting("record", "Record that the bank refuses a request."),
    "reject": Waiting("record", "Record that a voucher is sent back."),
    "release": Waiting("record", "Record that what is left on hold goes home."),
    "renumber": Waiting("renumber", "Give a voucher another id everywhere."),
    "repay": Waiting("record", "Record that drawn credit is repaid."),
    "request": Waiting("record", "Record that a voucher is asked for."),
    "return": Waiting("record", "Record that the insurance was returned."),
    "review": Waiting("review", "Tell what a change in git does to money."),
    "run": Waiting("decide", "Decide everything that is due as of a day."),
    "send": Waiting("exchange", "Say to others what is ours to say."),
    "server": Waiting("server", "Exchange messages for as long as it runs."),
    "settle": Waiting("decide", "Judge vouchers, and print what settles them."),
    "show": Waiting("show", "One voucher: terms, events and what is next."),
    "subledger": Waiting("subledger", "Judge a ledger of any size in parts.", reads_ledger=False),
    "surrender": Waiting("record", "Record that the acceptor gives it back."),
    "verify": Waiting("verify", "Verify every message that is kept."),
    "void": Waiting("decide", "Judge vouchers, and print what voids them."),
    "withdraw": Waiting("record", "Record that an application is taken back."),
}


class Program(click.Group):
    """The commands, listed without importing any of them."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # noqa: ANN401
        """Read the command line."""
        with _ends():
            return super().make_context(*args, **extra)

    def invoke(self, context: click.Context) -> Any:  # noqa: ANN401
        """Run a command."""
        with _ends():
            return super().invoke(context)

    def format_commands(self, _context: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command with its summary."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.summary) for name, each in COMMANDS.items()])

    def shell_complete(self, context: click.Context, incomplete: str) -> list[CompletionItem]:
        """Commands with their summaries; click's own would import each of them."""
        commands = [
            CompletionItem(name, help=each.summary)
            for name, each in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*commands, *click.Command.shell_complete(self, context, incomplete)]


def _named_behind(context: click.Context, _option: click.Parameter, value: Path | None) -> None:
    if value is not None:
        context.obj = value


def _behind(context: click.Context, option: click.Parameter, value: bool) -> None:
    assert option.name is not None
    context.find_root().params[option.name.removesuffix("_behind")] |= value


_CHECKED = "Load the whole ledger, also where its facts are enough."
_NO_INDEX = "Read all files anew, and remember nothing of them."


_BEHIND = (
    click.Option(
        ["-f", "--file", "named_behind"],
        type=click.Path(path_type=Path),
        metavar="LEDGER",
        expose_value=False,
        callback=_named_behind,
        help="The ledger's top file, as before the command.",
    ),
    click.Option(
        ["-q", "--quiet", "quiet_behind"],
        is_flag=True,
        expose_value=False,
        callback=_behind,
        help="Only results, and what went wrong, as before the command.",
    ),
    click.Option(
        ["--checked", "checked_behind"],
        is_flag=True,
        expose_value=False,
        callback=_behind,
        help=f"{_CHECKED.removesuffix('.')}, as before the command.",
    ),
    click.Option(
        ["--no-index", "no_index_behind"],
        is_flag=True,
        expose_value=False,
        callback=_behind,
        help=f"{_NO_INDEX.removesuffix('.')}, as before the command.",
    ),
)
"""Who types ``-f``, ``-q``, ``--checked`` or ``--no-index`` behind the command means the same."""


@click.group(
    cls=Program,
    commands=OnDemand(COMMANDS, _BEHIND),
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
@click.option("--checked", is_flag=True, help=_CHECKED)
@click.option("--no-index", is_flag=True, help=_NO_INDEX)
@click.version_option(__version__, prog_name="bean-voucher")
@click.pass_context
def main(
    context: click.Context,
    ledger: Path | None,
    *,
    quiet: bool,  # noqa: ARG001
    checked: bool,  # noqa: ARG001
    no_index: bool,  # noqa: ARG001
) -> None:
    """Electronic insurance vouchers in a Beancount ledger.

    Results go to stdout, messages to stderr. Exit status: 0 clean, 1 findings or ledger
    errors, 2 wrong usage, 3 a write was refused or the output takes nothing, 130 Ctrl-C.
    Nothing is written without --write, but to a new file that you name with -o; demo and
    init write a folder.
    """
    context.obj = ledger
    # Ledgers are UTF-8, whatever the terminal's locale. An argument that is not (a file's name)
    # is told as it came, and in messages so that a terminal can show it.
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        with suppress(AttributeError):
            stream.reconfigure(encoding="utf-8", errors=errors)  # type: ignore[union-attr]


@contextmanager
def _ends() -> Iterator[None]:
    """How a command ends by Ctrl-C, and where nobody reads its output any more."""
    try:
        yield
    except KeyboardInterrupt:
        _interrupted()
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt):  # at a prompt
            _interrupted()
        raise
    except click.ClickException as error:
        error.message = told(error.message)  # type: ignore[misc]
        raise
    except BrokenPipeError:
        _refused()


def _interrupted() -> NoReturn:
    click.echo("\nInterrupted." if sys.stderr.isatty() else "Interrupted.", err=True)
    sys.exit(128 + signal.SIGINT)


def _refused() -> NoReturn:
    """End where the output takes nothing, not even what is still to be flushed."""
    sys.stdout = sys.stderr = io.StringIO()
    from beancount_voucher.cli.console import Exit  # noqa: PLC0415  takes long to import

    sys.exit(Exit.REFUSED)


def program() -> None:
    """The installed command: ``main``, and gone.

    A process gives its memory back as a whole. Taking a large ledger apart before, object by
    object, costs a twentieth of the time of loading it.
    """
    _stand_in()
    try:
        _gone_with_what_it_has_loaded()
    except OSError as error:  # of what it prints: the disk is full
        said = "stdout is closed" if error.errno == errno.EBADF else error
        with suppress(OSError):  # nor what it says
            click.echo(f"Error: {said}", err=True)
        _refused()


def _gone_with_what_it_has_loaded() -> None:
    try:
        main()
    except SystemExit as ended:  # its traceback holds what was loaded
        for stream in filter(None, (sys.stdout, sys.stderr)):  # None: was closed before
            stream.flush()
        if isinstance(ended.code, int):
            os._exit(ended.code)
        raise


def _stand_in() -> None:
    """Give the numbers of stdin, stdout and stderr, where they are closed, to nothing.

    Or the next file that is opened would get them. To write results to it is an error.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDONLY)
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115

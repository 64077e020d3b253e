"""``demo``: the marketplace's books, one day's processing, and Fava."""

from __future__ import annotations

import datetime as dt
import shutil
import signal
from functools import partial
from importlib.resources import as_file
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.cli.commands import two_servers
from beancount_voucher.cli.commands.decide import Judged, due_in, explained
from beancount_voucher.cli.commands.list import register_table
from beancount_voucher.cli.console import Exit, need, new_folder, say, stop
from beancount_voucher.cli.deliver import dry_run_of
from beancount_voucher.cli.shipped import shipped
from beancount_voucher.ledger.atomic_files import write_new
from beancount_voucher.ledger.dry_run import directives
from beancount_voucher.ledger.loader import load
from beancount_voucher.views.register import rows

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY = dt.date(2026, 3, 31)
"""The day that the demo processes: the last of the marketplace's quarter."""

TOP = "all.beancount"


@click.command()
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option(
    "--serve/--no-serve",
    default=True,
    help="Serve the books in Fava (the default), or stop before.",
)
@click.option(
    "--two-banks",
    is_flag=True,
    help="Instead: two banks with a ledger and a key each, and a month of signed messages.",
)
@click.pass_context
def demo(context: click.Context, folder: Path | None, *, serve: bool, two_banks: bool) -> None:
    """Write, process and show the demo ledger.

    Writes the books of a marketplace's quarter, runs one day's processing on them, prints
    the register, and serves it all in Fava on this machine.

    With --two-banks: makes two keys, carries a month of signed messages between two ledgers
    day by day, lost ones among them, and shows both registers side by side.

    DIR is a new or empty folder; voucher-demo (or voucher-demo-2 …) if left out.
    """
    if serve:
        need("demo without --no-serve", "fava", "cheroot")
    if two_banks:
        two_servers.need_ssh_keygen()
    target = next(_free_names()) if folder is None else folder
    new_folder(target)
    show = partial(_two_banks, context) if two_banks else _marketplace
    try:
        ledgers = show(target)
    except OSError as error:
        stop(f"{target} cannot be written: {error}", Exit.REFUSED)
    if serve:
        _serve(ledgers)


def _two_banks(context: click.Context, target: Path) -> list[Path]:
    two_servers.write_ledgers(target)
    click.echo(
        f"Wrote two banks' ledgers and keys into {target}: each bank has a folder, and "
        f"{two_servers.CARRIED} is what both see."
    )
    two_servers.tell(context, target)
    agree = two_servers.compare(target)
    click.echo(f"\n{two_servers.try_next(target)}")
    if not agree:
        stop("Both ledgers do not say the same.", Exit.FINDINGS)
    return two_servers.books(target.absolute())


def _marketplace(target: Path) -> list[Path]:
    with as_file(shipped("marketplace")) as source:
        shutil.copytree(source, target, dirs_exist_ok=True)
    ledger = load(target / TOP)
    click.echo(f"Wrote the marketplace's books into {target}.\n")
    click.echo(f"The day's run, as of {DAY}:")
    decisions, _ = dry_run_of(
        ledger, due_in(ledger, Judged(DAY), "settle", "void", "release").decisions
    )
    for decision in decisions:
        click.echo(f"  {explained(decision)}")
    write_new(target / "runs" / f"{DAY}.beancount", directives(decisions))
    after = load(target / TOP)
    click.echo(f"\nThe register after it, as of {DAY}:\n")
    click.echo(register_table(rows(after.evaluation, DAY)))
    click.echo(
        f"\nLook closer:\n"
        f"  bean-voucher -f {target / TOP} show CG-006\n"
        f"  bean-voucher -f {target / TOP} check --as-of {DAY + dt.timedelta(days=12)}\n"
        f"  fava {target / TOP}"
    )
    return _books(target.absolute())


def _free_names() -> Iterator[Path]:
    names = (Path("voucher-demo" if n == 1 else f"voucher-demo-{n}") for n in count(1))
    return (name for name in names if not name.exists())


def _books(folder: Path) -> list[Path]:
    """The books of a ledger's folder, those of all parties first: files that load the plugin."""
    tops = [path for path in folder.glob("*.beancount") if PLUGIN in path.read_text("utf-8")]
    return sorted(tops, key=lambda path: (path.name != TOP, path.name))


def _serve(ledgers: list[Path]) -> None:
    """Serve ledgers in Fava on a free port of this machine only, until interrupted."""
    # Imported here: only the demo serves, and Fava takes its time to import.
    from cheroot.wsgi import Server  # noqa: PLC0415
    from fava.application import create_app  # noqa: PLC0415

    app = create_app([str(path) for path in ledgers], load=True)
    server = Server(("127.0.0.1", 0), app)
    # To be asked to end is no accident, and a shell may have set Ctrl-C to be ignored.
    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, signal.default_int_handler)
    server.prepare()
    click.echo(f"\nFava shows the books at http://127.0.0.1:{server.bind_addr[1]}/")
    say("Press Ctrl-C to stop.")
    try:
        server.serve()
    except KeyboardInterrupt:
        say("Stopped.")
    finally:
        server.stop()

"""``subledger``: the facts of any number of files judged in shards, and what comes out small."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.console import Exit, say, stop
from beancount_voucher.cli.days import DAY
from beancount_voucher.directives.wording import counted
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.subledger.output import staged
from beancount_voucher.subledger.run import Request, run
from beancount_voucher.subledger.verify import request_of, verify
from beancount_voucher.subledger.workers import Here

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from beancount_voucher.subledger.run import Outcome
    from beancount_voucher.subledger.workers import Told, Workers

_INSTALL = "pip install 'beancount-voucher[cluster]'"
_EVERY = 2.0
"""Seconds between two words about how far it is."""


@click.command()
@click.argument("top", required=False)
@click.option(
    "-o",
    "--output",
    "out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The folder to write: a new one, or one of an earlier run.",
)
@click.option(
    "--verify",
    "verified",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Judge everything again, and name what is not as it was written.",
)
@click.option(
    "--scheduler", metavar="ADDRESS", help="Of a Dask cluster, as in tcp://10.0.0.1:8786."
)
@click.option("--workers", type=click.IntRange(1), default=1, help="Processes of this machine.")
@click.option("--shards", type=click.IntRange(1), help="How many parts; as needed if left out.")
@click.option(
    "--as-of",
    "as_of",
    type=DAY,
    metavar="DATE",
    help="The day of the register; the ledger's horizon if left out.",
)
@click.pass_context
def subledger(
    context: click.Context,
    top: str | None,
    out: Path | None,
    verified: Path | None,
    scheduler: str | None,
    workers: int,
    shards: int | None,
    as_of: dt.date | None,
) -> None:
    """Judge a ledger of any size in parts.

    What comes out is what one machine would say, to the last digit: daily postings of every book
    as plain Beancount (gl), Parquet (register, events, days), problems.csv, and proof.json.
    """
    if (out is None) == (verified is None):
        raise click.UsageError("name the folder to write with -o, or one to --verify")
    _need_extra(remote=scheduler is not None, local=workers > 1)
    named = top if top is not None or context.obj is None else str(context.obj)
    try:
        if verified is not None:
            _verify(verified, named, scheduler, workers)
        else:
            assert out is not None
            request = Request(_top(named), shards, workers, as_of, str(out.absolute()))
            with staged(out) as stage, _workers(stage, scheduler, workers) as who:
                outcome = run(request, stage, who)
            _tell(outcome)
    except (RefusedError, WriteRefusedError) as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)


def _need_extra(*, remote: bool, local: bool) -> None:
    """End the command where what it writes or works with is not installed."""
    needed = ["duckdb", *["distributed"] * (remote or local), *["cryptography"] * local]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        names = " and ".join(missing)
        stop(f"This needs {names}, which comes with: {_INSTALL}", Exit.USAGE)


def _top(named: str | None) -> str:
    """The absolute name of the top file."""
    if named is None:
        raise click.UsageError("which ledger? Name its top file")
    if "://" in named:
        return named
    if not Path(named).is_file():
        raise click.UsageError(f"there is no file {named}")
    return os.path.abspath(named)  # noqa: PTH100  without any .. in it, as Beancount names files


def _progress() -> Told:
    """Who is told how far it is, and says it now and then."""
    last = time.monotonic()

    def told(what: str, done: int, of: int) -> None:
        nonlocal last
        if time.monotonic() - last >= _EVERY:
            last = time.monotonic()
            say(f"{what}: {done} of {of}")

    return told


@contextmanager
def _workers(shared: Path, scheduler: str | None, count: int) -> Iterator[Workers]:
    """Who works."""
    if scheduler is None and count == 1:
        yield Here(_progress())
        return
    from beancount_voucher.subledger import cluster  # noqa: PLC0415  it needs the extra

    if scheduler is None:
        with cluster.local(count, _progress()) as workers:
            yield workers
    else:
        with cluster.remote(scheduler, shared, _progress()) as workers:
            yield workers


def _tell(outcome: Outcome) -> None:
    """What has come out, in a line; and the end, which is not clean where something is wrong."""
    proof, count = outcome.proof, len(outcome.problems)
    broken = [name for name, each in proof["invariants"].items() if not each["holds"]]
    holds = f"{', '.join(broken)} broken" if broken else "every invariant holds"
    say(
        f"{counted(proof['vouchers'], 'voucher')}, {counted(proof['facts'], 'fact')}, "
        f"{counted(count, 'problem')}; {holds}."
    )
    if broken or outcome.problems:
        sys.exit(Exit.FINDINGS)


def _verify(folder: Path, named: str | None, scheduler: str | None, count: int) -> None:
    """Judge everything again, and name what is not as it was written."""
    request = request_of(folder, None if named is None else _top(named), count)
    with (
        tempfile.TemporaryDirectory(
            prefix=f".{folder.name}.", dir=folder.absolute().parent
        ) as made,
        _workers(Path(made), scheduler, count) as who,
    ):
        found = verify(request, folder, Path(made), who)
    for line in found:
        click.echo(line)
    if found:
        sys.exit(Exit.FINDINGS)
    say(f"{folder} is what the facts come to.")

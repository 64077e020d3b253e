"""``merge``: the merge driver that ``.gitattributes`` names."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from beancount_voucher.cli.console import Exit, complain, say, stop
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.review.merge import merge as merged

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("base", type=_FILE)
@click.argument("ours", type=_FILE)
@click.argument("theirs", type=_FILE)
@click.argument("name", required=False)
def merge(base: Path, ours: Path, theirs: Path, name: str | None) -> None:
    """Merge two branches by fact, for git.

    A merge driver for git: reads BASE, OURS and THEIRS, and writes the result into OURS.
    NAME is what the file is called. Exit status 1 if the branches contradict each other;
    then both sides stand in it, marked as git marks conflicts.
    """
    try:
        before = atomic_files.read(ours)
        content, disputes = merged(atomic_files.read(base), before, atomic_files.read(theirs))
        atomic_files.replace(ours, atomic_files.digest(before), content)
    except WriteRefusedError as error:
        stop(str(error), Exit.REFUSED)
    for dispute in disputes:
        complain(f"{name or ours}: {dispute}")
    if disputes:
        sys.exit(Exit.FINDINGS)
    say(f"{name or ours}: merged by fact.")

"""``merge``: the merge driver that ``.gitattributes`` names."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from beancount_voucher import writing
from beancount_voucher.cli.common import Exit, complain, say, stop
from beancount_voucher.review.merging import merge as merged
from beancount_voucher.writing import WriteRefusedError

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
        before = writing.read(ours)
        content, disputes = merged(writing.read(base), before, writing.read(theirs))
        writing.replace(ours, writing.digest(before), content)
    except WriteRefusedError as error:
        stop(str(error), Exit.REFUSED)
    for dispute in disputes:
        complain(f"{name or ours}: {dispute}")
    if disputes:
        sys.exit(Exit.FINDINGS)
    say(f"{name or ours}: merged by fact.")

"""``merge``: the merge driver that ``.gitattributes`` names."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from beancount_voucher.cli.console import Exit, complain, say, stop
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.review import merge_driver
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.merge import merge as merged
from beancount_voucher.review.merge import numbered_alike
from beancount_voucher.review.work_tree import WorkTree

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


def _install(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Do that instead, whatever files are named."""
    if not value:
        return
    ledger: Path = context.find_root().obj or Path("ledger.beancount")
    try:
        tree = WorkTree.around(ledger)
    except GitError as error:
        stop(str(error), Exit.USAGE)
    try:
        for done in merge_driver.install(tree, ledger, _this_command()):
            say(f"{done}.")
    except (GitError, WriteRefusedError) as error:
        stop(str(error), Exit.REFUSED)
    context.exit()


def _this_command() -> str:
    """Where this command is, so that git finds it whatever its PATH is."""
    here = Path(sys.argv[0])
    if here.stem == merge_driver.NAME and here.is_file():
        return str(here.absolute())
    return shutil.which(merge_driver.NAME) or merge_driver.NAME


@click.command()
@click.argument("base", type=_FILE)
@click.argument("ours", type=_FILE)
@click.argument("theirs", type=_FILE)
@click.argument("name", required=False)
@click.option(
    "--install",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_install,
    help="Instead, tell git to merge ledgers so, in this clone.",
)
def merge(base: Path, ours: Path, theirs: Path, name: str | None) -> None:
    """Merge two branches by fact, for git.

    A merge driver for git: reads BASE, OURS and THEIRS, and writes the result into OURS.
    NAME is what the file is called. Exit status 1 if the branches contradict each other;
    then both sides stand in it, marked as git marks conflicts.
    """
    try:
        before = atomic_files.read(ours)
        three = atomic_files.read(base), before, atomic_files.read(theirs)
        content, disputes = merged(*three)
        atomic_files.replace(ours, atomic_files.digest(before), content)
    except WriteRefusedError as error:
        stop(str(error), Exit.REFUSED)
    for dispute in disputes:
        complain(f"{name or ours}: {dispute}")
    for id_, free in numbered_alike(*three) if disputes else ():
        complain(
            f"{id_}: each branch has a voucher of its own of this id: git merge --abort, give one "
            f"of them another on its branch (bean-voucher renumber {id_} {free or 'ID'} --write), "
            "commit, and merge again"
        )
    if disputes:
        sys.exit(Exit.FINDINGS)
    say(f"{name or ours}: merged by fact.")

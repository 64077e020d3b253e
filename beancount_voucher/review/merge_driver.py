"""Telling git to merge ledgers by fact: an attribute, and a driver of that name.

The attribute travels with the repository, in ``.gitattributes``; the driver is a line of the
configuration, which each clone has for itself. Where git cannot run the line, it leaves our
side in the file without any mark, and the other branch is gone with the next ``git add``.
"""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.review.git_command import GitError, split

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.review.work_tree import WorkTree

NAME = "bean-voucher"
_KEY = f"merge.{NAME}.driver"
_SETTINGS = {f"merge.{NAME}.name": "vouchers of Beancount, by fact"}
_FILE = ".gitattributes"

_DRIVER = (
    "b=$(git hash-object --no-filters %A); {command} merge -- %O %A %B %P && exit 0; "
    # It has told a dispute, and both sides stand in the file. Otherwise it has not been run.
    'test "$b" = "$(git hash-object --no-filters %A)" || exit 1; '
    "echo %P: not merged by fact, but line by line >&2; "
    "git merge-file -q -L ours -L base -L theirs %A %O %B || test $? -lt 128 || exit 255; exit 1"
)
_FALLS_BACK = "git merge-file"


def driver(command: Path | str) -> str:
    """The line that git runs by ``sh``, whatever becomes of the command in it.

    If the command is not there or fails, git's own merge of lines puts both sides into the
    file, and the file counts as not merged until somebody has looked at it.

    Args:
        command: where ``bean-voucher`` is.
    """
    return _DRIVER.format(command=shlex.quote(Path(command).as_posix()).replace("%", "%%"))


def install(tree: WorkTree, ledger: Path, command: Path | str) -> Iterator[str]:
    """Tell git, for this clone and this repository.

    Args:
        tree: the clone.
        ledger: a file that is to be merged by fact, and all of its suffix with it.
        command: where ``bean-voucher`` is.

    Yields:
        what is done, and what was so already, a line each.

    Raises:
        GitError: git cannot read or write its configuration.
        WriteRefusedError: ``.gitattributes`` cannot be written.
    """
    for key, value in {**_SETTINGS, _KEY: driver(command)}.items():
        if tree.asked("config", "--local", "--get", key) == value:
            yield f"{key} is set for this clone, as before"
        else:
            tree.run("config", "--local", "--replace-all", key, value)
            yield f"{key} is set for this clone"
    if _has_driver(tree, [ledger]):
        yield f"{_FILE} names the driver for {ledger.name}, as before"
        return
    line = f"*{ledger.suffix} merge={NAME}"
    _add(tree.root / _FILE, line)
    if not _has_driver(tree, [ledger]):
        raise GitError(
            f"{_FILE} has the line {line}, but another file of attributes says otherwise"
        )
    yield f"{_FILE} has the line {line}; commit it, and every clone has it"


def warning(tree: WorkTree, files: Iterable[str]) -> str | None:
    """What will go wrong with the next merge of a ledger in this clone; None for nothing.

    Raises:
        GitError: git cannot tell.
    """
    if not _has_driver(tree, map(Path, files)):
        return None
    line = tree.asked("config", "--get", _KEY)
    if line is None:
        why = "git merges this ledger line by line"
    elif _FALLS_BACK not in line:
        why = f"where git cannot run {printable(line.split()[0])}, a merge loses the other branch"
    else:
        return None
    return f"{why}: in this clone, run bean-voucher merge --install"


def _has_driver(tree: WorkTree, files: Iterable[Path]) -> bool:
    """Whether attributes name the driver for any of the files."""
    real = (Path(os.path.realpath(each)) for each in files)
    names = [str(each.relative_to(tree.root)) for each in real if each.is_relative_to(tree.root)]
    given = b"".join(os.fsencode(name) + b"\0" for name in names)
    told = split(tree.run("check-attr", "-z", "--stdin", "merge", given=given))
    return NAME in list(told)[2::3]  # after each file's name and "merge"


def _add(path: Path, line: str) -> None:
    if path.is_symlink():
        raise WriteRefusedError(f"{path}: it is a symlink, which git does not read")
    if not path.exists():
        atomic_files.write_new(path, f"{line}\n")
        return
    before = atomic_files.read(path)
    end = b"" if before.endswith(b"\n") or not before else b"\n"
    after = before + end + line.encode() + b"\n"
    atomic_files.replace(path, atomic_files.digest(before), after)

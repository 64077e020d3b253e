"""The files of a ledger, found by its includes as Beancount's loader finds them."""

from __future__ import annotations

import glob
import os
from fnmatch import fnmatchcase
from itertools import chain, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.utils import encryption

from beancount_voucher.ledger import interrupts
from beancount_voucher.subledger.common import RefusedError, Rest, rest_of
from beancount_voucher.subledger.store import Folder
from beancount_voucher.subledger.tasks import take_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_voucher.subledger.workers import Workers


class Files(NamedTuple):
    """The files of a ledger, taken apart.

    Attributes:
        told: what ``take_apart`` says of each, in the order in which Beancount reads them.
        rests: what each says beside its vouchers.
        faults: what is wrong with includes.
    """

    told: list[dict[str, Any]]
    rests: list[Rest]
    faults: list[str]


def find(top: str, kept: Path, workers: Workers) -> Files:
    """Take apart the top file, all files that it includes, and so on: breadth first.

    Args:
        top: its absolute name.
        kept: the folder for what is kept.
        workers: who read the files.

    Raises:
        RefusedError: a file is encrypted, or cannot be read.
    """
    files = Files([], [], [])
    seen: set[str] = set()
    waiting = [top]
    while waiting:
        level = []
        for name in waiting:
            if name in seen:
                files.faults.append(f'Duplicate filename parsed: "{name}"')
                continue
            if "://" not in name and not Path(name).exists():  # a link to nothing
                files.faults.append(f'File "{name}" does not exist')
                continue
            if "://" not in name and encryption.is_encrypted_file(name):
                raise RefusedError(f"{name} is encrypted; expected files that any worker can read")
            seen.add(name)
            level.append(name)
        told = workers.each("files", take_apart, [(name, str(kept)) for name in level])
        waiting = []
        for each in told:
            text = Folder(Path(each["folder"])).text("rest")
            with interrupts.insisted():  # the parser swallows Ctrl-C
                rest = rest_of(each["filename"], text)
            files.told.append(each)
            files.rests.append(rest)
            for pattern in rest.options["include"]:
                found = _found(each["filename"], pattern)
                if not found:
                    files.faults.append(f'File glob "{pattern}" does not match any files')
                waiting += found
    return files


def check_apart(files: Files, folder: str, parties: Iterable[str]) -> None:
    """Refuse a folder in which an include would find the books that come out.

    Args:
        files: the ledger's.
        folder: the absolute name of where they come out.
        parties: whose books these may be.

    Raises:
        RefusedError: the ledger would hold them twice from then on.
    """
    of_parties = ((f"{each}.beancount", f"{each}/2000-01.beancount") for each in parties)
    gl = Path(folder).resolve() / "gl"
    names = [(gl / name).parts for name in chain(["all.beancount"], *of_parties)]
    for rest in files.rests:
        for pattern in rest.options["include"] if "://" not in rest.filename else ():
            path = os.path.normpath(Path(rest.filename).parent.resolve() / pattern)
            parts = _parts(path)
            if _may_meet(parts, gl.parts) and any(_finds(parts, name) for name in names):
                raise RefusedError(
                    f'{rest.filename}: its include "{pattern}" would find what comes out in '
                    f"{folder}, and the ledger would hold its books twice; expected a folder in "
                    "which no include looks"
                )


def _parts(pattern: str) -> list[str]:
    """The parts of a pattern; of several ``**`` in a row one, which finds the same sooner."""
    parts = Path(pattern).parts
    before = ("", *parts)
    return [part for part, last in zip(parts, before, strict=False) if (part, last) != ("**",) * 2]


def _may_meet(pattern: Sequence[str], folder: Sequence[str]) -> bool:
    """Whether a pattern leads to where a folder is, as far as it names folders; fast to ask."""
    named = takewhile(lambda part: not glob.has_magic(part), pattern)
    return all(part == there for part, there in zip(named, folder, strict=False))


def _finds(pattern: Sequence[str], name: Sequence[str]) -> bool:
    """Whether ``glob`` finds a file, both in the parts of their paths."""
    if not pattern or not name:
        return not pattern and not name
    first, more = pattern[0], pattern[1:]
    hidden = name[0].startswith(".") and not first.startswith(".")
    if first == "**":
        return _finds(more, name) or (not hidden and _finds(pattern, name[1:]))
    return not hidden and fnmatchcase(name[0], first) and _finds(more, name[1:])


def _found(filename: str, pattern: str) -> list[str]:
    """The files that an include names."""
    if "://" in filename:
        return _found_elsewhere(filename, pattern)
    path = os.path.join(os.path.dirname(filename), pattern)  # noqa: PTH118, PTH120  as Beancount
    return sorted(map(os.path.normpath, glob.glob(path, recursive=True)))  # noqa: PTH207


def _found_elsewhere(filename: str, pattern: str) -> list[str]:
    import fsspec  # noqa: PLC0415  it comes with the extra

    folder, _, _ = filename.rpartition("/")
    system, path = fsspec.core.url_to_fs(f"{folder}/{pattern}")
    protocol = filename.partition("://")[0]
    return sorted(f"{protocol}://{each.lstrip('/')}" for each in system.glob(path))

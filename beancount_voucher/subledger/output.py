"""The folder that comes out: whole, or as it was.

Everything is written into a folder beside it, which takes its place when it is complete. Where
that is interrupted, what was judged so far lies there, and is not judged again.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.ledger.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEPT = "kept"
PROOF = "proof.json"
_PARTS = ("gl", "register", "events", "days", "problems.csv", PROOF)
"""What comes out; beside it lies what was kept."""


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A folder in which to write what is to come out, with what was kept of former runs.

    Raises:
        WriteRefusedError: the folder is somebody else's, or cannot be written.
    """
    out = out.absolute()
    stage, old = (out.with_name(f".{out.name}.{word}") for word in ("new", "old"))
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _check(out)
        with locked(out):
            _recover(out, old)
            _check(out)
            _begin(stage, out)
            yield stage
            _sync(stage)
            with interrupts.deferred():
                if out.exists():
                    out.rename(old)
                stage.rename(out)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        name = error.filename or out
        raise WriteRefusedError(f"{name}: {error.strerror or error}; {out} is as it was") from error


def _recover(out: Path, old: Path) -> None:
    """Who was killed between two renames has left the old folder under another name."""
    if old.exists():
        if out.exists():
            shutil.rmtree(old)
        else:
            old.rename(out)


def _check(out: Path) -> None:
    """Refuse a folder with anything in it that is none of ours."""
    if not os.path.lexists(out):
        return
    if out.is_symlink() or not out.is_dir():
        raise WriteRefusedError(f"{out} is no folder; expected a new one, or one of an earlier run")
    names = {each.name for each in out.iterdir()}
    if names and not (PROOF in names and names <= {*_PARTS, KEPT}):
        other = min(names - {*_PARTS, KEPT}, default=min(names))
        raise WriteRefusedError(
            f"{out} has {other} in it, which is none of ours; expected a new folder, or one of "
            "an earlier run"
        )


def _begin(stage: Path, out: Path) -> None:
    """Make the folder ready; what an interrupted run has judged is still there."""
    stage.mkdir(exist_ok=True)
    sweep(stage)
    for name in _PARTS:
        path = stage / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    for kind in ("files", "shards"):
        known = stage / KEPT / kind
        known.mkdir(parents=True, exist_ok=True)
        before = out / KEPT / kind
        for folder in before.iterdir() if before.is_dir() else ():
            if not (known / folder.name).exists():
                _linked(folder, known / folder.name)


def _linked(folder: Path, target: Path) -> None:
    """The same folder under another name: nothing in it is ever changed, only replaced."""
    target.mkdir()
    for each in folder.iterdir():
        try:
            os.link(each, target / each.name)
        except OSError:
            shutil.copy2(each, target / each.name)


def forget(stage: Path, used: Iterable[str]) -> None:
    """Remove what was kept and is not of this run."""
    names = {Path(each) for each in used}
    for kind in ("files", "shards"):
        for folder in (stage / KEPT / kind).iterdir():
            if folder not in names:
                shutil.rmtree(folder)


def sweep(folder: Path) -> None:
    """Remove what workers that have died left half written."""
    for each in list(folder.rglob(".part-*")):
        if each.is_dir():
            shutil.rmtree(each, ignore_errors=True)
        else:
            each.unlink(missing_ok=True)


def files_of(folder: Path) -> list[str]:
    """The files that have come out, relative to the folder; not the proof, nor what was kept."""
    found = []
    for name in _PARTS:
        path = folder / name
        if name != PROOF:
            paths = path.rglob("*") if path.is_dir() else [path]
            found += [str(each.relative_to(folder)) for each in paths if each.is_file()]
    return sorted(found)


def _sync(folder: Path) -> None:
    """To the disk, before it takes the place of another."""
    for each in (*folder.rglob("*"), folder):
        with suppress(OSError):
            handle = os.open(each, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

"""The folder that comes out: whole, or as it was.

Everything is written into a folder beside it, which takes its place when it is complete. Where
that is interrupted, what was judged so far lies there, and is not judged again.
"""

from __future__ import annotations

import json
import os
import shutil
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.ledger.locks import locked

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEPT = "kept"
PROOF = "proof.json"
SETTINGS = f"{KEPT}/run.json"
"""Where stands what was asked for."""

_PARTS = ("gl", "register", "events", "days", "problems.csv", PROOF)
"""What comes out; beside it lies what was kept."""

_OF_KEPT = ("files", "shards", SETTINGS.removeprefix(f"{KEPT}/"))
"""What was kept."""


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
    if not names:
        return
    proof = proof_of(out)
    others = sorted(others_in(out)) or sorted(names) * (PROOF not in names)
    if proof is None and not others:
        raise WriteRefusedError(
            f"{out / PROOF} is no proof any more, so that nobody knows what in {out} is ours; "
            "expected a new folder, or one of an earlier run"
        )
    others += sorted(set(files_of(out)).difference(proof["written"] if proof else ()))
    if others:
        raise WriteRefusedError(
            f"{out} has {others[0]} in it, which is none of ours; expected a new folder, or one "
            "of an earlier run"
        )


def proof_of(folder: Path) -> dict[str, Any] | None:
    """What the proof in a folder says; None where it is none."""
    try:
        told = json.loads((folder / PROOF).read_bytes())
        sound = all(
            isinstance(told[key], dict)
            and all(isinstance(each, str) for each in told[key].values())
            for key in ("read", "written")
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return told if sound else None


def others_in(folder: Path) -> list[str]:
    """What lies in a folder beside what comes out and what is kept, relative to it."""
    found = [each.name for each in folder.iterdir() if each.name not in (*_PARTS, KEPT)]
    kept = folder / KEPT
    if kept.is_dir():
        found += [f"{KEPT}/{each.name}" for each in kept.iterdir() if each.name not in _OF_KEPT]
    return found


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

"""Everything again from the facts: one changed byte is found, and named."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from typing import TYPE_CHECKING, Any

from beancount_voucher.ledger import atomic_files
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.subledger.output import (
    KEPT,
    PROOF,
    SETTINGS,
    files_of,
    others_in,
    proof_of,
)
from beancount_voucher.subledger.proof import proof_text
from beancount_voucher.subledger.run import Request, run
from beancount_voucher.subledger.store import Folder, read_sealed, sha256
from beancount_voucher.subledger.tasks import read_bytes

if TYPE_CHECKING:
    from collections.abc import Container, Iterator, Mapping
    from pathlib import Path

    from beancount_voucher.subledger.workers import Workers


def request_of(folder: Path, top: str | None, count: int) -> Request:
    """What was asked for when a folder was written.

    Args:
        folder: the folder.
        top: the top file, if it lies elsewhere by now.
        count: of workers.

    Raises:
        RefusedError: it is not known any more.
    """
    said = read_sealed(folder / SETTINGS)
    if said is None:
        if not (folder / PROOF).is_file():
            raise RefusedError(f"{folder} has no {PROOF}: it was not written by subledger")
        if top is None:
            raise RefusedError(
                f"{folder / SETTINGS} is not as it was written, so that nobody knows which ledger "
                "it is of; expected the top file, named before --verify"
            )
        return Request(top, None, count, None)
    as_of = said["as-of"] and dt.date.fromisoformat(said["as-of"])
    return Request(top or said["top"], said["shards"], count, as_of)


def verify(request: Request, folder: Path, made: Path, workers: Workers) -> list[str]:
    """What of a folder is not what the facts come to; nothing where all of it is.

    Args:
        request: what was asked for when it was written.
        folder: the folder.
        made: an empty one, in which everything is made again.
        workers: who works.

    Raises:
        RefusedError: the ledger cannot be judged any more.
    """
    found = [*_settings(folder), *_others(folder)]
    proof = proof_of(folder)
    if proof is None:
        found.append(f"{folder / PROOF}: it is no proof any more")
        proof = {"read": {}, "written": {}}
    changed = [
        f"{name}: it is not what was read: it has changed, or is gone"
        for name, digest in proof["read"].items()
        if _digest(name, request.prefix) != digest
    ]
    found += changed
    if changed:  # of other facts comes something else: what is there is held against the proof
        found += _by_digest(folder, proof["written"])
        return found
    outcome = run(request, made, workers)
    found += [
        f"{name}: it was not read: it is new, or an include finds it now"
        for name in outcome.proof["read"]
        if name not in proof["read"] and proof["read"]
    ]
    same_writer = outcome.proof["versions"] == proof.get("versions")
    found += _compared(folder, made, same_writer=same_writer)
    if (folder / PROOF).is_file():
        found += _proofs(folder, proof, outcome.proof, same_writer=same_writer)
    found += _kept(folder, made, _comparable(folder, request))
    return found


def _settings(folder: Path) -> Iterator[str]:
    if read_sealed(folder / SETTINGS) is None:
        yield f"{folder / SETTINGS}: it is not as it was written"


def _others(folder: Path) -> Iterator[str]:
    for name in sorted(others_in(folder)):
        yield f"{folder / name}: nobody has written it"


def _digest(name: str, prefix: str) -> str | None:
    try:
        return atomic_files.digest(read_bytes(name if name.startswith("/") else prefix + name))
    except OSError:
        return None


def _by_digest(folder: Path, written: Mapping[str, str]) -> Iterator[str]:
    """What is not what the proof says."""
    there = set(files_of(folder))
    for name in sorted({*written, *there}):
        if name not in there:
            yield f"{folder / name}: it is gone"
        elif name not in written:
            yield f"{folder / name}: nobody has written it"
        elif sha256(folder / name) != written[name]:
            yield f"{folder / name}: it has changed since it was written"


def _compared(folder: Path, made: Path, *, same_writer: bool) -> Iterator[str]:
    """What is not what the facts come to."""
    there, expected = set(files_of(folder)), set(files_of(made))
    for name in sorted(there | expected):
        if name not in there:
            yield f"{folder / name}: it is gone"
        elif name not in expected:
            yield f"{folder / name}: nothing of it comes from the facts"
        elif sha256(folder / name) != sha256(made / name):
            rows = not same_writer and name.endswith(".parquet")
            if not rows or not _same_rows(folder / name, made / name):
                yield f"{folder / name}: it is not what the facts come to"


def _same_rows(one: Path, other: Path) -> bool:
    """Whether two tables say the same, written by whatever version of DuckDB."""
    import duckdb  # noqa: PLC0415  it comes with the extra

    with closing(duckdb.connect(":memory:")) as connection:
        try:
            row = connection.execute(_DIFFERENT, {"one": str(one), "other": str(other)}).fetchone()
        except duckdb.Error:
            return False
    return row == (0,)


_DIFFERENT = """
    SELECT count(*) FROM (
        (FROM read_parquet($one) EXCEPT ALL FROM read_parquet($other))
        UNION ALL (FROM read_parquet($other) EXCEPT ALL FROM read_parquet($one))
    )
"""
"""How many rows one of two tables has more often than the other."""


def _proofs(
    folder: Path, told: Mapping[str, Any], made: Mapping[str, Any], *, same_writer: bool
) -> Iterator[str]:
    """Where the proof itself is not what it should be."""
    by_writer = () if same_writer else ("versions", "written")
    keys = [key for key in dict.fromkeys((*told, *made)) if key not in by_writer]
    different = [key for key in keys if told.get(key) != made.get(key)]
    if different:
        yield f"{folder / PROOF}: {', '.join(different)} is not what the facts come to"
    elif same_writer and (folder / PROOF).read_bytes() != proof_text(made).encode():
        yield f"{folder / PROOF}: it is not as it was written"


def _comparable(folder: Path, request: Request) -> tuple[str, ...]:
    """Of what was kept, what is made again under the same name.

    Not shards where nobody knows how many there were; and nothing that names the files of a
    ledger that lies elsewhere by now.
    """
    said = read_sealed(folder / SETTINGS)
    if said is None:
        return ("files",)
    return ("files", "shards") if said["top"] == request.top else ()


def _kept(folder: Path, made: Path, comparable: Container[str]) -> Iterator[str]:
    """What was kept, and is not what would be made again."""
    for kind in ("files", "shards"):
        there, expected = (
            {each.name for each in (where / KEPT / kind).glob("*")} for where in (folder, made)
        )
        for name in sorted(there | expected):
            path = folder / KEPT / kind / name
            if name in there and not Folder(path).is_whole():
                yield f"{path}: it is not as it was written"
            elif kind not in comparable:
                continue
            elif name not in there:
                yield f"{path}: it is gone"
            elif name not in expected:
                yield f"{path}: nothing of it comes from the facts"
            elif not Folder(path).says_the_same(Folder(made / KEPT / kind / name)):
                yield f"{path}: it is not what the facts come to"

"""Files to statements: which format it is, its digest, and the one reader that fits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from beancount_voucher.statements import camt, csv_map, mt940
from beancount_voucher.statements.statement import StatementError, decoded, is_regular
from beancount_voucher.statements.swift import START

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from beancount_voucher.statements.statement import Statement

_HEAD = 4096
_CHUNK = 1 << 20
MAX_TEXT = 64 * 1024 * 1024
"""Bytes of an MT940 or CSV file, which are read at once."""

SHARED_MAP = "csv.toml"


def read(path: Path, how: Path | None = None, encoding: str = "utf-8") -> list[Statement]:
    """The statements of a file, in its order.

    Args:
        path: the file.
        how: the column map for CSV. If left out, the map beside the file: ``NAME.toml`` for
            ``NAME.csv``, or ``csv.toml`` for all.
        encoding: of MT940; XML and the column map name their own.

    Raises:
        StatementError: it cannot be read; one line says where and why.
    """
    where = str(path)
    try:
        if not is_regular(path):
            raise StatementError("unreadable", where, "it is no file", "a statement")
        with path.open("rb") as file:
            sha256 = _digest(file)
            head = file.read(_HEAD)
            file.seek(0)
            if _is_xml(head):
                found = list(camt.statements(file, path, sha256))
            else:
                found = _text_statements(file, head, path, sha256, how, encoding)
    except OSError as error:
        raise StatementError("unreadable", where, f"{error.strerror}", "a statement") from error
    if not found:
        raise StatementError("missing-field", where, "there is no statement in it", "one at least")
    return found


def _is_xml(head: bytes) -> bool:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(b"<") or head.startswith((b"\xff\xfe<", b"\xfe\xff\x00<"))


def _text_statements(
    file: BinaryIO, head: bytes, path: Path, sha256: str, how: Path | None, encoding: str
) -> list[Statement]:
    content = file.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT:
        raise StatementError(
            "too-large", str(path), "the file is too large", f"at most {MAX_TEXT >> 20} MiB"
        )
    if START.search(head):
        text = decoded(content, encoding, str(path))
        return mt940.statements(text, path, sha256)
    beside = [path.with_suffix(".toml"), path.with_name(SHARED_MAP)]
    how = how or next((each for each in beside if each.is_file()), None)
    if path.suffix.lower() != ".csv" or how is None:
        raise StatementError(
            "bad-map" if path.suffix.lower() == ".csv" else "unknown-format",
            str(path),
            "nothing tells how to read it",
            f"camt, MT940, or CSV with a column map ({beside[0].name} or {SHARED_MAP} beside it)",
        )
    return csv_map.statements(content, path, sha256, csv_map.read_map(how))


def _digest(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def sha256_of(path: Path) -> str | None:
    """The digest of a file, or None if it cannot be read."""
    try:
        if not is_regular(path):
            return None
        with path.open("rb") as file:
            return _digest(file)
    except (OSError, ValueError):  # ValueError: a name that no file can have
        return None

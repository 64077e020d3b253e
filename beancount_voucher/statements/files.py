"""Files to statements: which format it is, its digest, and the one reader that fits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from beancount_voucher.statements import bai2, camt, mt940
from beancount_voucher.statements.statement import StatementError, decoded, is_regular
from beancount_voucher.statements.swift import START
from beancount_voucher.statements.tables import csv_map, csv_reader, spreadsheets

if TYPE_CHECKING:
    from pathlib import Path
    from typing import BinaryIO

    from beancount_voucher.statements.statement import Statement

_HEAD = 4096
_CHUNK = 1 << 20
MAX_TEXT = 64 * 1024 * 1024
"""Bytes of a file that is read at once: any but XML."""

SHARED_MAP = "csv.toml"
TABLES = frozenset({".csv", ".tsv", ".xls", ".xlsx"})
"""What the names of tables end in; with a map of its own, a file may have any name."""


def read(path: Path, how: Path | None = None, encoding: str = "utf-8") -> list[Statement]:
    """The statements of a file, in its order.

    Args:
        path: the file.
        how: the column map for CSV and spreadsheets, whatever their names end in. If left out,
            the map beside the file: ``NAME.toml`` for ``NAME.csv``, or ``csv.toml`` for all.
        encoding: of MT940 and BAI2; XML and the column map name their own.

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
            _check_name(path, head)
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


def _check_name(path: Path, head: bytes) -> None:
    """Refuse a web page, or the XML of an old spreadsheet, that is named like a new one."""
    if _is_xml(head) and path.suffix.lower() in (".xls", ".xlsx"):
        raise StatementError(
            "bad-sheet",
            str(path),
            f"it is a web page or XML, and only named {path.suffix}",
            "the same, opened in a spreadsheet program and saved as .xlsx; or CSV from the bank",
        )


def _text_statements(
    file: BinaryIO, head: bytes, path: Path, sha256: str, how: Path | None, encoding: str
) -> list[Statement]:
    content = _content(file, path)
    if bai2.BEGINS.match(head):
        return bai2.statements(decoded(content, encoding, str(path)), path, sha256)
    form = spreadsheets.form_of(head)
    if form is None and START.search(head):
        return mt940.statements(decoded(content, encoding, str(path)), path, sha256)
    found = csv_map.read_map(how or _map_beside(path, form))
    if form is None:
        return csv_reader.statements(content, path, sha256, found)
    rows = spreadsheets.rows(content, str(path), found.settings["sheet"])
    return csv_reader.of_rows(rows[found.settings["skip"] :], path, sha256, found, form)


def table_content(path: Path) -> bytes:
    """The bytes of a file that only a map can explain.

    Raises:
        StatementError: it cannot be read, or needs no map.
    """
    where = str(path)
    try:
        if not is_regular(path):
            raise StatementError("unreadable", where, "it is no file", "a CSV or a spreadsheet")
        with path.open("rb") as file:
            content = _content(file, path)
    except OSError as error:
        expected = "a CSV or a spreadsheet"
        raise StatementError("unreadable", where, f"{error.strerror}", expected) from error
    head = content[:_HEAD]
    _check_name(path, head)
    if _is_xml(head) or bai2.BEGINS.match(head) or START.search(head):
        wrong = "it is no table: reconcile reads it without a map, if at all"
        raise StatementError("unknown-format", where, wrong, "a CSV or a spreadsheet")
    return content


def _content(file: BinaryIO, path: Path) -> bytes:
    content = file.read(MAX_TEXT + 1)
    if len(content) > MAX_TEXT:
        raise StatementError(
            "too-large", str(path), "the file is too large", f"at most {MAX_TEXT >> 20} MiB"
        )
    return content


def _map_beside(path: Path, form: str | None) -> Path:
    """The map of a table: by its name, or for all tables of the folder."""
    is_table = form is not None or path.suffix.lower() in TABLES
    beside = [path.with_suffix(".toml"), path.with_name(SHARED_MAP)]
    for each in beside if is_table else beside[:1]:
        if each.is_file() and each != path:
            return each
    kinds = "camt, MT940, BAI2, or CSV with a column map"
    raise StatementError(
        "bad-map" if is_table else "unknown-format",
        str(path),
        "nothing tells how to read it",
        f"{kinds} ({beside[0].name} or {SHARED_MAP} beside it; bean-voucher map writes one)",
    )


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

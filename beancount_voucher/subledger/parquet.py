"""Tables as Parquet, written by DuckDB: one explicit schema, sorted, the same bytes every time."""

from __future__ import annotations

import tempfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.subledger.rows import Table

_CONFIG: dict[str, Any] = {
    "threads": 1,  # several write row groups as they come
    "memory_limit": "512MB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
_ROW_GROUP = 100_000
_AS_WRITTEN = (
    "header=false, auto_detect=false, delim=',', quote='\"', escape='\"', nullstr='', "
    "allow_quoted_nulls=false, parallel=false, max_line_size=100000000"
)
"""How ``rows`` writes: nothing is guessed."""


def write_parquet(table: Table, texts: Iterable[bytes], target: Path) -> None:
    """Write a table.

    Args:
        table: its columns, and their order.
        texts: rows as ``rows`` makes them, in any order.
        target: the file.
    """
    import duckdb  # noqa: PLC0415  it comes with the extra

    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as folder:
        names = []
        for at, text in enumerate(texts):
            path = Path(folder, f"{at}.csv")
            path.write_bytes(text)
            names.append(str(path))
        made = Path(folder, "made.parquet")
        config = {**_CONFIG, "temp_directory": folder}
        with closing(duckdb.connect(":memory:", config=config)) as connection:
            connection.execute(_statement(table, names, made))
        made.replace(target)


def _statement(table: Table, names: list[str], made: Path) -> str:
    read = ", ".join(
        f"{_text(name)}: {_text('VARCHAR' if kind.endswith('[]') else kind)}"
        for name, kind in table.columns
    )
    chosen = ", ".join(_chosen(name, kind) for name, kind in table.columns)
    order = ", ".join(f'"{name}"' for name in table.order)
    files = ", ".join(map(_text, names))
    return " ".join(
        (
            f"COPY (SELECT {chosen}",
            f"FROM read_csv([{files}], columns={{{read}}}, {_AS_WRITTEN})",
            f"ORDER BY {order}) TO {_text(str(made))}",
            f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})",
        )
    )


def _chosen(name: str, kind: str) -> str:
    if not kind.endswith("[]"):
        return f'"{name}"'
    return f"""CASE WHEN "{name}" = '' THEN [] ELSE string_split("{name}", ';') END AS "{name}\""""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"

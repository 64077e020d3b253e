"""A spreadsheet's cells, read in a process of its own: ``python sheet_process.py SHEET``.

A file of a few bytes can name a cell so far away, or one text so many times, that no memory is
enough; what reads it then does not raise, but ends. So it reads here, with a bound, and what it
tells is JSON. The bytes come from standard input. Nothing else of this package is imported.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import math
import sys
from contextlib import suppress
from typing import Any

MOST_MEMORY = 2 << 30
MOST_SECONDS = 120
MOST_CELLS = 5_000_000
MOST_TEXT = 128 << 20


def bound() -> None:
    """Bound memory and time, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def told(content: bytes, name: str) -> dict[str, Any]:
    """What a spreadsheet says.

    Args:
        content: its bytes.
        name: of the sheet; empty for the only one that has cells.

    Returns:
        ``rows``; or ``sheets``, the names of those that there are, if the name leaves it open;
        or ``error``.
    """
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = [name] if name in book.sheet_names else book.sheet_names
        sheets = {each: book.get_sheet_by_name(each) for each in names}
        used = [each for each, sheet in sheets.items() if sheet.height]
        if (name and name not in used) or len(used) > 1:
            return {"sheets": used}
        if not used:
            return {"rows": []}
        sheet = sheets[used[0]]
        last_row, last_column = sheet.end or (0, 0)
        if (last_row + 1) * (last_column + 1) > MOST_CELLS:
            return {"error": f"more than {MOST_CELLS} cells"}
        rows = sheet.to_python(skip_empty_area=False)
    except BaseException as error:  # noqa: BLE001  a panic of Rust is no Exception
        return {"error": f"{type(error).__name__}: {error}"}
    if sum(len(cell) for row in rows for cell in row if isinstance(cell, str)) > MOST_TEXT:
        return {"error": f"more than {MOST_TEXT >> 20} MiB of text"}
    return {"rows": [[_cell(cell) for cell in row] for row in rows]}


def _cell(cell: object) -> str | list[str]:
    """A text as it is; a number or a day with its kind."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, dt.date):
        day = cell.date() if isinstance(cell, dt.datetime) else cell
        return ["day", day.isoformat()]
    if isinstance(cell, float) and math.isfinite(cell):
        return ["number", f"{cell:.15g}"]  # what a spreadsheet keeps and shows of it
    if type(cell) is int:
        return ["number", f"{cell}"]
    return str(cell)


def main() -> None:
    """Standard input to standard output."""
    bound()
    json.dump(told(sys.stdin.buffer.read(), sys.argv[1]), sys.stdout)


if __name__ == "__main__":
    main()

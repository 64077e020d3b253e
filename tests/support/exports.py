"""Spreadsheets as banks write them, from rows: .xls by xlwt, .xlsx by hand."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import xlwt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Cell = str | Decimal | float | dt.date | None
    Sheets = Mapping[str, Sequence[Sequence[Cell]]]

_EPOCH = dt.date(1899, 12, 30)


def xls(sheets: Sheets) -> bytes:
    """An .xls of these sheets; numbers are floats in it, days numbers with a format."""
    book = xlwt.Workbook()
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, cell in enumerate(row):
                if isinstance(cell, dt.date):
                    sheet.write(at, column, cell, day)
                elif cell is not None:
                    sheet.write(at, column, float(cell) if isinstance(cell, Decimal) else cell)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
    '<xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>'
)


def xlsx(sheets: Sheets, *, merged: str = "") -> bytes:
    """An .xlsx of these sheets; each may have merged cells, such as A1:B1."""
    parts = {
        "[Content_Types].xml": (
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>'
        ),
        "_rels/.rels": (
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/styles.xml": _STYLES,
    }
    names, links = [], [f'<Relationship Id="s" Type="{_RELATIONS}/styles" Target="styles.xml"/>']
    for number, (name, rows) in enumerate(sheets.items(), 1):
        names.append(f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"/>')
        target = f"worksheets/sheet{number}.xml"
        links.append(
            f'<Relationship Id="r{number}" Type="{_RELATIONS}/worksheet" Target="{target}"/>'
        )
        span = f'<mergeCells><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
        written = "".join(_row(at, row) for at, row in enumerate(rows, 1))
        parts[f"xl/{target}"] = (
            f'<worksheet xmlns="{_MAIN}"><sheetData>{written}</sheetData>{span}</worksheet>'
        )
    parts["xl/workbook.xml"] = (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>{"".join(names)}</sheets></workbook>'
    )
    parts["xl/_rels/workbook.xml.rels"] = (
        f'<Relationships xmlns="{_PACKAGE}/relationships">{"".join(links)}</Relationships>'
    )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return content.getvalue()


def _row(at: int, row: Sequence[Cell]) -> str:
    cells = "".join(_cell(f"{chr(65 + column)}{at}", cell) for column, cell in enumerate(row))
    return f'<row r="{at}">{cells}</row>'


def _cell(place: str, cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return (
            f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(cell)}</t></is></c>'
        )
    if isinstance(cell, dt.date):
        return f'<c r="{place}" s="1"><v>{(cell - _EPOCH).days}</v></c>'
    return f'<c r="{place}"><v>{cell}</v></c>'

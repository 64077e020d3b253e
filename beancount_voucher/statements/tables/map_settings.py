"""What a map may say, as data: the manual's tables are written from it, ``map`` writes by it."""

from __future__ import annotations

from typing import NamedTuple


class Setting(NamedTuple):
    """A setting of a map: its default, and what it says, as the manual's table has it.

    A default of several texts is one that may also be a list.
    """

    default: str | int | tuple[str, ...]
    meaning: str


MAP_SETTINGS: dict[str, Setting] = {
    "encoding": Setting("utf-8", "of the file; a byte order mark does no harm"),
    "delimiter": Setting(",", "the one character between cells"),
    "decimal": Setting(".", "what stands before the decimals"),
    "thousands": Setting(
        ",", "what stands between groups of three digits; another than `decimal`, or empty"
    ),
    "negative": Setting(
        ("-5.00",),
        "how a negative number is written, one or several of `-5.00`, `5.00-`, `(5.00)`, `△5.00` "
        "and `▲5.00`",
    ),
    "minus": Setting(
        "",
        "what a minus says where a column says in or out already: `taken-back` or `goes-out`; "
        "without it, a minus there is an error",
    ),
    "units": Setting((), "what may stand before or behind a number, such as `¥` or `元`"),
    "empty": Setting((), "what stands in a cell instead of nothing, such as `-` or `--`"),
    "strip": Setting((), "what stands around what a cell says, such as a backtick"),
    "date-format": Setting(
        ("%Y-%m-%d",),
        "of the dates, one or several, as `strptime` has them; `%EC%Ey` is a year in its era, "
        "`serial` the number of a day in a spreadsheet; a time behind it does no harm",
    ),
    "year-from": Setting(
        "", "what `%y`, or `%Ey` without its era, counts from: `2000`, or an era such as `令和`"
    ),
    "skip": Setting(0, "how many lines at the top are not looked at"),
    "heading-rows": Setting(
        1, "how many rows the headings are: 2 under merged cells, 0 if there are none"
    ),
    "end": Setting((), "what the first row behind the table begins with"),
    "totals": Setting((), "what a row of sums begins with: they are checked, and are no entry"),
    "leave-out": Setting((), "what a row in the table begins with that is no entry"),
    "newest-first": Setting(False, "whether the last line stands first"),
    "sheet": Setting("", "the sheet of a spreadsheet that has several"),
    "account": Setting("", "the account's number, if neither a column nor `[file]` has it"),
    "currency": Setting("", "the currency, if neither a column nor `[file]` has it"),
    "id": Setting("", "the statement's id; the file's name without its ending if left out"),
}
"""Every setting of a map."""

COLUMNS: dict[str, str] = {
    "date": "the day of booking; must be there",
    "amount": "what comes in, and with a minus what goes out; or else `debit` and `credit`",
    "debit": "what goes out, without a sign",
    "credit": "what comes in, without a sign",
    "direction": "whether the amount comes in or goes out, in the words of `[direction]`",
    "balance": "booked, after the line: without it no statement is proven",
    "available": "the balance that is not frozen, after the line; the last counts",
    "status": "whether the line is booked, in the words of `[status]`",
    "account": "the account's number; a file may have several accounts",
    "currency": "the currency of the line's amounts",
    "end-to-end": "the payment's end-to-end id, where a voucher's id is looked for first",
    "reference": "the payment's other reference",
    "bank-reference": "the bank's own: the same amount twice under it is a `duplicate`",
    "batch": "what all lines of one batch share",
}
"""Every column that a map may name, and what stands in it."""

TEXTS = "what else the line says: one column, or a list of several"
"""What stands in ``text``, which is a column, too."""

DIRECTION: dict[str, tuple[int, str]] = {
    "in": (1, "the amount comes in"),
    "out": (-1, "the amount goes out"),
    "neither": (0, "the account does not change; the row is no line"),
}
"""What ``[direction]`` may list values of: the sign, and what it says."""

STATUS: dict[str, str] = {
    "booked": "the row is booked",
    "pending": "the row is announced, and not booked",
    "not-booked": "the row is no line: it never happened, or was taken back",
}
"""What ``[status]`` may list values of, and what it says."""

FILE_SAYS: dict[str, str] = {
    "account": "the account's number",
    "currency": "the currency",
    "id": "the statement's id",
    "from": "the first day that it covers",
    "to": "the last day; of a time at midnight, the day before",
    "opening": "the balance before all lines",
    "closing": "the balance after all lines; with the opening, it proves the statement",
    "rows": "how many rows the table has, lines or not",
    "count": "how many lines there are",
    "count-in": "how many come in",
    "count-out": "how many go out",
    "sum-in": "what comes in, together",
    "sum-out": "what goes out, together, with or without a minus",
}
"""What ``[file]`` may give the words for, behind which it stands outside of the table."""

MINUS = ("taken-back", "goes-out")
"""What a minus may say in a column of what comes in, or goes out."""

TABLES = ("columns", "direction", "status", "currencies", "file")

"""Tables fit a terminal, and lose nothing on a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli import fitting, tables
from beancount_voucher.cli.fitting import Fitted, fitted, terminal_width
from tests.support import HAPPY

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

HEADERS = ["id", "why", "funding", "amount"]
ROW = ["V-1", "a reason of many words that is long", "cash", "1,234,567.89"]
FOLDED = "a reason of many words that\nis long"

# width -> the columns that are left, the cell of "why", the columns that are left out
FITTED = {
    "all": (99, HEADERS, ROW[1], []),
    "just all": (66, HEADERS, ROW[1], []),
    "folded": (65, HEADERS, FOLDED, []),
    "just folded": (58, HEADERS, FOLDED, []),
    "without what is missed least": (57, ["id", "why", "amount"], FOLDED, ["funding"]),
    "a narrow one where a wide one has gone": (40, ["id", "funding", "amount"], None, ["why"]),
    "the first and the amount": (28, ["id", "amount"], None, ["why", "funding"]),
    "an amount is never shortened": (5, ["id", "amount"], None, ["why", "funding"]),
}


@pytest.mark.parametrize("name", FITTED)
def test_a_table_is_folded_and_then_loses_columns(name: str) -> None:
    width, headers, why, left_out = FITTED[name]
    found = fitted(HEADERS, [ROW], ["amount"], width)
    assert (found.headers, found.left_out) == (headers, left_out)
    cells = dict(zip(found.headers, found.rows[0], strict=True))
    assert cells.get("why") == why
    assert (cells["id"], cells["amount"]) == ("V-1", "1,234,567.89")


@pytest.mark.parametrize("width", range(30, 75))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    found = fitted(HEADERS, [ROW], ["amount"], width)
    text = tables.aligned(found.headers, found.rows, ["amount"])
    assert max(map(len, text.splitlines())) <= width


CASES = {
    "what says nothing goes first": (["id", "why", "x"], [["V-1", "", "y"]], 12, ["id", "x"]),
    "then from the right": (["id", "a", "b"], [["V-1", "x", "y"]], 12, ["id", "a"]),
    "a Chinese character takes two cells": (["a", "b"], [["中文中文", "x"]], 12, ["a"]),
    "an accent takes none": (["a", "b"], [["e\u0301" * 4, "x"]], 9, ["a", "b"]),
    "a long word stays whole": (["a", "b"], [["x" * 40, "x"]], 30, ["a"]),
    "no rows": (["a", "b"], [], 99, ["a", "b"]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_which_columns_stay(name: str) -> None:
    headers, rows, width, left = CASES[name]
    found = fitted(headers, rows, [], width)
    assert found == Fitted(left, found.rows, [each for each in headers if each not in left])
    assert all(row[0] == "x" * 40 or len(row[0]) < 28 for row in found.rows)


def test_how_wide_the_terminal_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "66")
    assert terminal_width() is None  # under pytest, stdout is no terminal
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert terminal_width() == 66


def test_the_register_on_a_terminal_and_on_a_pipe(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(HAPPY)
    whole = clerk.run("list", "--as-of", "2026-03-31")
    monkeypatch.setattr(tables, "terminal_width", lambda: 80)
    fits = clerk.run("list", "--as-of", "2026-03-31")
    assert max(map(len, whole.out.splitlines())) > 80
    assert max(map(len, fits.out.splitlines())) <= 80
    assert whole.err == ""
    assert fits.err.startswith("No room for funding, ")
    assert clerk.run("-q", "list", "--as-of", "2026-03-31").err == ""
    for amount in ("100.00", "0.00"):
        assert fits.out.count(amount) == whole.out.count(amount)
    monkeypatch.setattr(tables, "terminal_width", lambda: 300)
    assert clerk.run("list", "--as-of", "2026-03-31") == whole


def test_what_is_missed_least_are_columns_of_the_register(clerk: Clerk) -> None:
    headers = clerk.write(HAPPY).run("list", "--as-of", "2026-03-31").out.split("\n")[0].split()
    assert set(fitting.LEAST) <= set(headers)


COLUMNS = {
    "some, in this order": ("id,amount,accept-by", "table", ["id", "amount", "accept-by"]),
    "one twice": ("id,id", "table", ["id"]),
    "what a table does not have else": ("policy, id", "table", ["policy", "id"]),
    "as data": ("id,accept_by", "csv", ["id,accept_by"]),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_are_chosen(clerk: Clerk, name: str) -> None:
    columns, style, headings = COLUMNS[name]
    ran = clerk.write(HAPPY).run(
        "list", "--as-of", "2026-03-31", "--columns", columns, "--format", style
    )
    assert ran.status == 0
    assert ran.out.lstrip("\ufeff").split("\n")[0].split() == headings


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--columns", "id,polcy"], 'there is no column "polcy"; did you mean policy?'),
        (["--columns", ""], 'there is no column ""; --format csv lists them all'),
        (["--columns", "id", "--from", "2026-03-01"], "for the register of a day"),
    ],
)
def test_columns_that_are_none(clerk: Clerk, arguments: list[str], words: str) -> None:
    ran = clerk.write(HAPPY).run("list", "--as-of", "2026-03-31", *arguments)
    assert (ran.status, ran.out) == (2, "")
    assert words in " ".join(ran.err.split())

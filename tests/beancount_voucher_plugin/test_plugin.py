"""The plugin as Beancount loads it: which books, twice, after a cache, in includes."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.core.data import Custom
from beancount.parser.options import OPTIONS_DEFAULTS

import beancount_voucher_plugin
from beancount_voucher.books.expansion import expand
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine, source_line
from tests.support import HAPPY, LINES, PLUGIN, WORLD, Loaded, event, issue, load, load_path

if TYPE_CHECKING:
    from pathlib import Path

ALL = {"Ann", "Iss", "Acc", "Ins"}


def _books(ledger: Loaded) -> set[str]:
    return {entry.meta["voucher-book"] for entry in ledger.generated}


@pytest.mark.parametrize(
    ("config", "books"),
    [
        ("", ALL),
        (' ""', ALL),
        (' "Ins"', {"Ins"}),
        (' "Ann Iss"', {"Ann", "Iss"}),
        (' "  Iss   Ann "', {"Ann", "Iss"}),
    ],
)
def test_which_books_are_kept(config: str, books: set[str]) -> None:
    ledger = load(HAPPY, plugin=f'plugin "beancount_voucher_plugin"{config}\n')
    assert ledger.errors == []
    assert _books(ledger) == books


def test_a_book_of_nobody() -> None:
    ledger = load(HAPPY, plugin='plugin "beancount_voucher_plugin" "Ann Nobody"\n')
    [error] = ledger.errors
    assert error.message.endswith("expected one of Acc, Ann, Bob, Ins, Iss, Oth [unknown-party]")
    assert error.source == {"filename": NO_POSITION, "lineno": 0}
    assert _books(ledger) == {"Ann"}


def test_a_book_of_nobody_in_an_empty_ledger() -> None:
    [error] = load("", plugin='plugin "beancount_voucher_plugin" "Ann"\n', world="").errors
    assert "expected one of the ids of voucher-party directives" in error.message


@pytest.mark.parametrize(
    ("kept", "where"),
    [
        ("", "Assets:Ann:Iss"),
        ("Ann", "Assets:Ann:Iss"),
        ("Ann Iss", "Assets:Ann:Iss"),
        ("Iss", "Liabilities:Iss:Deposits:Ann"),
        ("Iss Ins", "Liabilities:Iss:Deposits:Ann"),
        ("Acc Ins", None),
    ],
)
def test_funds_are_looked_at_where_they_are(kept: str, where: str | None) -> None:
    """In the policyholder's bank account, or where that book is not kept, in its deposits."""
    ledger = load(
        issue(amount="200000.00 CNY"), plugin=f'plugin "beancount_voucher_plugin" "{kept}"\n'
    )
    assert ledger.codes == ["insufficient-funds"] * (where is not None)
    assert [where in error.message for error in ledger.errors if where] == [True] * (
        where is not None
    )


def test_loading_it_twice_changes_nothing() -> None:
    text = LINES + HAPPY + event("settle", "2026-03-09") + '2026-03-10 custom "voucher-x"\n'
    once, twice = load(text, plugin=PLUGIN + "\n"), load(text, plugin=PLUGIN + PLUGIN)
    assert twice.entries == once.entries
    assert twice.errors == once.errors
    assert twice.codes == once.codes == ["final", "unknown-directive"]
    assert twice.booked() == once.booked()


@pytest.mark.parametrize(("one", "other"), [("Ann Ins", "Ins  Ann"), ("Ann", "Ann Ann")])
def test_two_plugin_lines_that_keep_the_same_books(one: str, other: str) -> None:
    lines = [f'plugin "beancount_voucher_plugin" "{config}"\n' for config in (one, other)]
    once, twice = load(HAPPY, plugin=lines[0] + "\n"), load(HAPPY, plugin="".join(lines))
    assert (twice.errors, twice.entries) == ([], once.entries)


def test_two_plugin_lines_with_different_books_are_an_error() -> None:
    plugin = PLUGIN + 'plugin "beancount_voucher_plugin" "Ann"\n'
    ledger = load(HAPPY, plugin=plugin)
    [error] = ledger.errors
    assert error.message == (
        'two plugin lines keep different books: all books, then "Ann"; expected one plugin line '
        "that names all the parties whose books are kept [duplicate]"
    )
    assert _books(ledger) == ALL


def test_entries_are_not_changed_in_place() -> None:
    entries, _, options = loader.load_string(WORLD + HAPPY)
    before = pickle.dumps(entries)
    beancount_voucher_plugin.voucher_books(entries, options)
    assert pickle.dumps(entries) == before


def test_it_returns_lists_as_the_loader_needs() -> None:
    entries, _, options = loader.load_string(WORLD + HAPPY)
    result = beancount_voucher_plugin.voucher_books(entries, options, None)
    assert [type(each) for each in result] == [list, list]
    assert beancount_voucher_plugin.__plugins__ == ("voucher_books",)


def test_a_pickled_ledger_means_the_same() -> None:
    """After a hit of Beancount's load cache, an account's type is equal but not identical."""
    entries, _, options = loader.load_string(
        WORLD + HAPPY + '2026-03-09 custom "voucher-settle" Assets:Ann:Iss\n'
    )
    restored = pickle.loads(pickle.dumps(entries))  # noqa: S301
    for each in (entries, restored):
        expansion = expand(each, options)
        assert [error.message.split("[")[-1] for error in expansion.errors] == ["bad-value]"]


def test_plugin_lines_in_included_files_do_nothing(tmp_path: Path) -> None:
    (tmp_path / "facts.beancount").write_text(PLUGIN + WORLD + HAPPY)
    top = tmp_path / "top.beancount"
    top.write_text('include "facts.beancount"\n')
    assert load_path(top).generated == []


def test_same_day_directives_of_two_files_count_in_the_order_of_the_manual(tmp_path: Path) -> None:
    """Beancount sorts them by line number alone, so the settlement comes first there."""
    (tmp_path / "a.beancount").write_text(
        "\n" * 50 + WORLD + issue() + event("accept", "2026-03-02")
    )
    (tmp_path / "b.beancount").write_text(
        event("settle", "2026-03-02") + event("apply", "2026-03-02")
    )
    top = tmp_path / "top.beancount"
    top.write_text(PLUGIN + 'include "*.beancount"\n')
    entries, errors, options = loader.load_file(str(top))
    ledger = Loaded(entries, errors, options)
    assert [error.message for error in errors if "Duplicate filename" not in error.message] == []
    assert ledger.state() == "settled"


def test_places() -> None:
    assert source_line({"filename": "a", "lineno": 3}) == SourceLine("a", 3)
    assert source_line({}) == SourceLine(NO_POSITION, 0)
    here = SourceLine("/books/2026/a.beancount", 3)
    assert SourceLine("/books/2026/a.beancount", 9).seen_from(here) == "line 9"
    assert SourceLine("/books/2026/b.beancount", 9).seen_from(here) == "b.beancount:9"
    assert SourceLine("/books/c.beancount", 9).seen_from(here) == "../c.beancount:9"
    assert SourceLine("<string>", 9).seen_from(here) == "another directive to be written"
    said = SourceLine("LanTian QingHe 3", 6)
    assert said.seen_from(here) == "line 6 of message LanTian QingHe 3"


@pytest.mark.parametrize(
    ("meta", "place"),
    [
        ({}, ("<beancount_voucher>", 0)),
        ({"lineno": 7}, ("<beancount_voucher>", 7)),
        ({"filename": "<made>", "lineno": None}, ("<made>", 0)),
        ({"filename": ["a"], "lineno": Decimal(-3)}, ("<beancount_voucher>", 0)),
    ],
)
def test_an_entry_that_another_plugin_made_without_a_position(
    meta: dict[str, Any], place: tuple[str, int]
) -> None:
    made = Custom(meta, dt.date(2026, 3, 1), "voucher-settle", None)  # type: ignore[arg-type]
    [entry], [error] = beancount_voucher_plugin.voucher_books([made], {**OPTIONS_DEFAULTS})
    assert (error.source["filename"], error.source["lineno"]) == place
    assert (entry.meta["filename"], entry.meta["lineno"]) == place

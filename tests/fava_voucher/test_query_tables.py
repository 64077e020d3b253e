"""Fava's own page *Query* on the tables of vouchers; the page asks what is asked here."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import beanquery
import beanquery.sources.beancount as source
import pytest

from beancount_voucher.views.query_tables import TABLES
from fava_voucher.query_tables import register
from tests.support import LEDGERS, PLUGIN, WORLD, issue
from tests.support.reader import EXTENSION, Reader

if TYPE_CHECKING:
    from pathlib import Path

ALL = LEDGERS / "marketplace" / "all.beancount"
IDS = "SELECT id, state FROM #vouchers"
EVENTS = "SELECT date, event FROM #voucher_events WHERE voucher = 'CG-004' ORDER BY date"
COUNTED = "SELECT state, count(id) AS n FROM #vouchers GROUP BY state ORDER BY state"


@pytest.fixture(scope="module")
def marketplace() -> Reader:
    return Reader(ALL)


def ask(reader: Reader, query: str, **filters: str) -> list[list[Any]]:
    url = f"/{reader.ledgers.first_slug()}/api/query"
    with reader.client.get(url, query_string={"query_string": query, **filters}) as answer:
        assert answer.status_code == 200, answer.get_data(as_text=True)
        rows: list[list[Any]] = answer.get_json()["data"]["rows"]
        return rows


def test_every_voucher_is_there(marketplace: Reader) -> None:
    rows = ask(marketplace, IDS)
    assert len(rows) == 31
    assert ["CG-004", "settled"] in rows
    assert len(ask(marketplace, "SELECT * FROM #vouchers")[0]) == len(TABLES[0].columns)


# a question, Fava's filters -> what is answered
ANSWERED: dict[str, tuple[str, dict[str, str], list[list[Any]]]] = {
    "as of the period's end, whenever it was issued": (
        COUNTED,
        {"time": "2026-03"},
        [["accepted", 3], ["applied", 5], ["issued", 2], ["refused", 1], ["rejected", 2], ["settled", 7], ["voided", 11]],
    ),
    "events of all time": (
        EVENTS,
        {},
        [["2026-02-16", "issue"], ["2026-02-17", "accept"], ["2026-02-17", "recognise"], ["2026-02-20", "apply"], ["2026-02-23", "apply"], ["2026-02-24", "settle"]],
    ),
    "events in a period": (
        EVENTS,
        {"time": "2026-02-17 - 2026-02-20"},
        [["2026-02-17", "accept"], ["2026-02-17", "recognise"], ["2026-02-20", "apply"]],
    ),
    "the vouchers that pass a filter": (
        IDS,
        {"filter": 'voucher:"^CG-004$"', "time": "2026-03"},
        [["CG-004", "settled"]],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERED)
def test_fava_s_filters_hold(name: str, marketplace: Reader) -> None:
    query, filters, rows = ANSWERED[name]
    assert ask(marketplace, query, **filters) == rows


def test_a_download(marketplace: Reader) -> None:
    url = f"/{marketplace.ledgers.first_slug()}/download-query/query_result.csv"
    with marketplace.client.get(url, query_string={"query_string": COUNTED}) as answer:
        assert answer.get_data(as_text=True).splitlines()[0] == "state,n"


def test_without_the_page_there_are_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + issue())
    assert ask(Reader(path), IDS) == []
    path.write_text(PLUGIN + WORLD + EXTENSION + issue())
    assert [row[0] for row in ask(Reader(path), IDS)] == ["V-1"]


def test_outside_of_a_request_there_are_no_rows() -> None:
    options = source.parser.options.OPTIONS_DEFAULTS
    connection = beanquery.connect("beancount:", entries=[], errors=[], options=options)
    assert connection.execute(IDS).fetchall() == []


@pytest.mark.parametrize("module", [SimpleNamespace(), None])
def test_a_beanquery_without_such_a_table(module: object, monkeypatch: pytest.MonkeyPatch) -> None:
    def found(_name: str) -> object:
        if module is None:
            raise ImportError
        return module

    before = list(source._TABLES)
    monkeypatch.setattr("fava_voucher.query_tables.importlib.import_module", found)
    register(lambda: None, dt.date.today)
    assert [each for each in source._TABLES if each not in before] == []

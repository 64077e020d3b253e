"""Directives to JSON and back: nothing is lost, or nothing is kept."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Balance, Custom
from beancount.parser import parser
from beancount.parser.grammar import ValueType
from beancount.parser.options import OPTIONS_DEFAULTS

from beancount_voucher.ledger.entry_json import (
    NotKeptError,
    as_json,
    from_json,
    options_from_json,
    options_json,
)

FILES = ["/one", "/two"]
PLACES = {"/one": 0, "/two": 1}

KEPT = {
    "texts": '2026-03-02 custom "voucher-accept" "V-1" "二"\n  by: "Iss"\n  note: "a \\"word\\""',
    "an account": '2026-03-02 custom "voucher-reconciled" Assets:Ann:Iss "2026-03"',
    "an account that is a text": '2026-03-02 custom "voucher-reconciled" "Assets:Ann:Iss" "2026-03"',
    "numbers": '2026-03-02 custom "x" 1 -1.10 0.00000000001 1E3',
    "amounts": '2026-03-02 custom "x" 1.00 CNY -0.0 USD',
    "dates and flags": '2026-03-02 custom "x" 2026-03-03 TRUE FALSE',
    "no values": '2026-03-02 custom "x"',
    "metadata": '2026-03-02 custom "x" 1\n  aa: 1.50\n  bb: 2.00 CNY\n  cc: TRUE\n  dd: FALSE\n  ee: 2026-03-04\n  ff: Assets:Ann\n  gg: CNY\n  hh: #tag\n  ii:',
    "an event": '2026-03-02 event "order" "delivered"\n  note: "x"',
    "opens": '2026-03-02 open Assets:Ann\n2026-03-03 open Assets:Bob CNY,USD "FIFO"\n  a-key: 1',
    "a close": "2026-03-02 close Assets:Ann",
    "a pad": "2026-03-02 pad Assets:Ann Equity:Opening",
    "balances": "2026-03-02 balance Assets:Ann 1.00 CNY\n2026-03-02 balance Assets:Ann 1.00 ~ 0.01 CNY",
}


@pytest.mark.parametrize("text", KEPT.values(), ids=list(KEPT))
def test_it_comes_back_as_it_was(text: str) -> None:
    entries, errors, _ = parser.parse_string(text + "\n", "/two")
    assert entries
    assert not errors
    for entry in entries:
        back = from_json(json.loads(json.dumps(as_json(entry, PLACES))), FILES)
        assert back == entry
        assert list(back.meta.items()) == list(entry.meta.items())
        assert [type(each) for each in back.meta.values()] == [
            type(each) for each in entry.meta.values()
        ]
        assert repr(back) == repr(entry)  # to the last digit


META = {"filename": "/one", "lineno": 1}
NUMBERLESS: Any = Amount(None, "CNY")  # type: ignore[arg-type]
DAY = dt.date(2026, 3, 2)
NOT_KEPT: dict[str, Any] = {
    "a transaction": parser.parse_string('2026-03-02 * "x"\n')[0][0],
    "another file": Custom({**META, "filename": "/three"}, DAY, "x", []),
    "a file that is a number": Custom({**META, "filename": Decimal(1)}, DAY, "x", []),
    "a line that is none": Custom({**META, "lineno": Decimal(1)}, DAY, "x", []),
    "a float": Custom(META, DAY, "x", [ValueType(1.5, float)]),
    "another type of a value": Custom(META, DAY, "x", [ValueType("x", Amount)]),
    "metadata of no known type": Custom({**META, "a": 1.5}, DAY, "x", []),
    "an amount without a number": Custom({**META, "a": NUMBERLESS}, DAY, "x", []),
    "a balance without a number": Balance(META, DAY, "Assets:A", NUMBERLESS, None, None),
}


@pytest.mark.parametrize("entry", NOT_KEPT.values(), ids=list(NOT_KEPT))
def test_what_is_not_kept(entry: Any) -> None:
    with pytest.raises(NotKeptError):
        as_json(entry, PLACES)


def test_options_come_back_but_for_what_is_found_in_directives() -> None:
    text = (
        'option "title" "书"\noption "operating_currency" "CNY"\noption "name_assets" "Aktiva"\n'
        'option "inferred_tolerance_default" "CNY:0.01"\noption "booking_method" "FIFO"\n'
        'plugin "beancount_voucher_plugin" "Ann"\nplugin "other"\n'
    )
    _, errors, options = parser.parse_string(text, "/one")
    assert not errors
    back = options_from_json(json.loads(json.dumps(options_json(options))))
    assert back.keys() == options.keys()
    left_out = {"commodities", "dcontext"}
    assert {key: back[key] for key in back.keys() - left_out} == {
        key: options[key] for key in options.keys() - left_out
    }
    assert type(back["tolerance_multiplier"]) is Decimal
    assert back["plugin"] == [("beancount_voucher_plugin", "Ann"), ("other", None)]
    assert OPTIONS_DEFAULTS["title"] == "Beancount"

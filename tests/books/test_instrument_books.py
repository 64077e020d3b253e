"""The posting table of the whole instrument: hand-written books for every row, both fundings.

The premium is 100.00 CNY, issued on 2 March 2026, draws multiple. The expected books are written
from the manual's table, not printed from the program.
"""

from __future__ import annotations

import pytest
from beancount import loader
from beancount.core.data import Close, Open
from beancount.parser import printer

from tests.support import LINES, PLUGIN, WORLD, issue, load
from tests.support.instrument_tables import BOOKS, BOOKS_KINDS, BOOKS_MORE
from tests.support.lives import directives, moves, posted


def text_of(name: str, options: str = "") -> str:
    terms, chosen, told, _ = BOOKS[name]
    chosen_options = "".join(
        f'2026-01-01 custom "voucher-option" "{option}" "{value}"\n'
        for option, value in chosen.items()
    )
    return LINES + options + chosen_options + issue(**terms) + directives(told)


@pytest.mark.parametrize("name", BOOKS)
def test_the_books(name: str) -> None:
    ledger = load(text_of(name))
    assert ledger.errors == []
    expected = [line.strip() for line in BOOKS[name][3].strip().splitlines()]
    assert moves(ledger.entries, BOOKS_KINDS + BOOKS_MORE.get(name, "")) == expected


@pytest.mark.parametrize("book", ["Ann", "Iss", "Acc", "Ins"])
@pytest.mark.parametrize("name", BOOKS)
def test_one_book_is_the_same_alone(name: str, book: str) -> None:
    text = text_of(name)
    alone = load(text, plugin=f'plugin "beancount_voucher_plugin" "{book}"\n')
    assert alone.errors == []
    of_all = [line for line in moves(load(text).entries) if f" {book}:" in line]
    assert moves(alone.entries) == of_all


@pytest.mark.parametrize("name", BOOKS)
def test_an_account_of_each_voucher_ends_with_its_last_posting(name: str) -> None:
    """What an increase freezes is on the voucher's own account, which closes at the end."""
    ledger = load(
        text_of(name, '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n')
    )
    assert ledger.errors == []
    opened = {each.account for each in ledger.entries if isinstance(each, Open)}
    closed = {each.account for each in ledger.entries if isinstance(each, Close)}
    own = {each for each in opened if each.endswith(":V-1")}
    assert own
    assert closed == (own if ledger.state() in ("voided", "rejected", "settled") else set())


def test_each_event_is_told_in_words() -> None:
    told = {
        entry.narration
        for name in BOOKS
        for entry in load(text_of(name)).generated
        if entry.meta["voucher-event"] in BOOKS_KINDS.split()
    }
    assert told >= {
        "V-1 amendment 1 offered: 20.00 CNY more frozen",
        "V-1 amendment 1 declined: 20.00 CNY released",
        "V-1 amendment 1 lapsed: 20.00 CNY released",
        "V-1 amendment 2 in force: 30.00 CNY more",
        "V-1 amendment 3 in force: 40.00 CNY less",
        "V-1 settled: 60.00 CNY paid",
        "V-1 released: 40.00 CNY of what was not settled",
        "V-1 refunded: 20.00 CNY",
        "V-1 refunded: 20.00 CNY, 5.00 CNY kept",
        "V-1 earned: 10.00 CNY of premium",
        "V-1 cover starts: 45.00 CNY no longer in advance",
    }


def test_an_effect_and_a_lapse_are_transactions_of_their_own() -> None:
    """The effect stands at the line of the last consent, the lapse at that of the offer."""
    told = """
        03-03 accept
        03-04 amend 1 120.00 CNY
        03-05 consent 1 by="Ins"
        03-06 amend 2 130.00 CNY
        04-01 void reason="no-application"
    """
    text = issue() + directives(told)
    ledger = load(text)
    source = (PLUGIN + WORLD + text).splitlines()
    found = {
        (
            str(entry.date),
            *sorted(entry.tags),
            *entry.links,
            source[entry.meta["lineno"] - 1].split('"')[1],
            source[entry.postings[0].meta["lineno"] - 1].split('"')[1],  # type: ignore[index]
        )
        for entry in ledger.generated
        if entry.meta["voucher-event"] in ("effect", "lapse")
    }
    of_effect, of_lapse = ("voucher", "voucher-effect"), ("voucher", "voucher-lapse")
    assert found == {
        ("2026-03-05", *of_effect, "V-1", "voucher-consent", "voucher-consent"),
        ("2026-04-01", *of_lapse, "V-1", "voucher-amend", "voucher-amend"),
    }


@pytest.mark.parametrize("name", BOOKS)
def test_written_out_it_loads_without_the_plugin(name: str) -> None:
    ledger = load(text_of(name))
    plain = "".join(map(printer.format_entry, ledger.entries))
    entries, errors, _ = loader.load_string(plain)
    assert errors == []
    assert posted(entries) == posted(ledger.entries)

"""The invariants over the whole instrument: a fault in any of its rows is found by them alone.

``missing-entry`` and ``foreign-entry`` find every fault; here they do not count, since they are
made from the posting table, and the invariants are not.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Posting, Transaction

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.ledger.loader import load as load_ledger
from tests.support import ACCEPT, LINES, PARTIES, PLUGIN, WORLD, issue
from tests.support.lives import directives

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

# Ten weeks of cover, 2.00 CNY a day; every row of the posting table in one life.
COVER = {"cover-start": "2026-03-10", "cover-end": "2026-04-28", "draws": '"multiple"'}
DAILY = '2026-01-01 custom "voucher-option" "earning" "daily"\n'
WHOLE = """
    03-03 accept
    03-08 amend 1 140.00 CNY
    03-09 decline 1 by="Ins"
    03-10 amend 2 120.00 CNY
    03-11 consent 2 by="Ins"
    03-12 amend 3 110.00 CNY
    03-13 consent 3 by="Ins"
    03-14 apply 60.00 CNY
    03-15 settle
    03-16 refund 10.00 CNY reason="r" kept=2.00 CNY
    03-17 amend 4 130.00 CNY
    03-18 release by="Ins"
    04-30 close
"""


def write(folder: Path, text: str, *, plugin: str = PLUGIN, world: str = WORLD) -> Ledger:
    path = folder / "ledger.beancount"
    path.write_text(plugin + world + text, encoding="utf-8")
    return load_ledger(path)


def whole(folder: Path, funding: str, plugin: str = PLUGIN) -> Ledger:
    text = issue(funding=f'"{funding}"', **COVER) + directives(WHOLE)
    ledger = write(folder, LINES + DAILY + text, plugin=plugin)
    assert ledger.errors == []
    return ledger


def codes(ledger: Ledger) -> str:
    found = {each.code for each in invariants.findings(ledger)}
    return " ".join(sorted(found - {"missing-entry", "foreign-entry"}))


def changed(
    ledger: Ledger, kind: str, book: str, fault: Callable[[Transaction], list[Transaction]]
) -> Ledger:
    entries: list[Any] = []
    hits = 0
    for entry in ledger.entries:
        hit = isinstance(entry, Transaction) and kind == entry.meta.get("voucher-event")
        if hit and isinstance(entry, Transaction) and entry.meta["voucher-book"] == book:
            hits += 1
            entries += fault(entry)
        else:
            entries.append(entry)
    assert hits
    return replace(ledger, entries=entries)


def lost(_entry: Transaction) -> list[Transaction]:
    return []


def late(entry: Transaction) -> list[Transaction]:
    return [entry._replace(date=entry.date + dt.timedelta(days=1))]


def twice(entry: Transaction) -> list[Transaction]:
    return [entry, entry]


@pytest.mark.parametrize("funding", ["cash", "credit"])
@pytest.mark.parametrize("books", ["", ' "Ann"', ' "Iss"', ' "Acc"', ' "Ins"', ' "Ann Ins"'])
def test_a_sound_life_has_no_findings(tmp_path: Path, books: str, funding: str) -> None:
    assert codes(whole(tmp_path, funding, f'plugin "beancount_voucher_plugin"{books}\n')) == ""


# Event, book -> what is found where its entries are lost, a day late, twice.
FOUND = {
    "cash": """
        amend Ann: I1 I7, I1, I1 I7
        amend Iss: I1 I7, I1, I1 I7
        decline Ann: I1 I7, I1, I1 I7
        decline Iss: I1 I7, I1, I1 I7
        lapse Ann: I1 I7, I1, I1 I7
        lapse Iss: I1 I7, I1, I1 I7
        effect Ann: I1 I5 I7, I1 I5, I1 I5 I7
        effect Iss: I1 I7, I1, I1 I7
        effect Acc: I4 I7, I4, I4 I7
        effect Ins: I4 I5 I7, I4 I5, I4 I5 I7
        settle Ann: I1 I5 I7 I8, I1 I5 I8, I1 I5 I7 I8
        settle Iss: I1 I6 I7, I1 I6, I1 I6 I7
        settle Acc: I4 I6 I7, I4 I6, I4 I6 I7
        settle Ins: I4 I5 I7 I8, I4 I5 I8, I4 I5 I7 I8
        release Ann: I1 I5 I7, I1 I5, I1 I5 I7
        release Iss: I1 I7, I1, I1 I7
        release Acc: I4 I7, I4, I4 I7
        release Ins: I4 I5 I7, I4 I5, I4 I5 I7
        refund Ann: I8 I9, I8, I8 I9
        refund Iss: I6, I6, I6
        refund Acc: I6, I6, I6
        refund Ins: I8 I9, I8, I8 I9
        earn Ann: I8 I9, I8 I9, I8 I9
        earn Ins: I8 I9, I8 I9, I8 I9
    """,
    "credit": """
        amend Ann: I2 I3 I7, I2, I2 I7
        amend Iss: I2 I3 I7, I2, I2 I7
        decline Ann: I2 I7, I2, I2 I3 I7
        decline Iss: I2 I7, I2, I2 I3 I7
        lapse Ann: I2 I7, I2, I2 I3 I7
        lapse Iss: I2 I7, I2, I2 I3 I7
        effect Ann: I2 I5 I7, I2 I5, I2 I3 I5 I7
        effect Iss: I2 I7, I2, I2 I3 I7
        effect Acc: I4 I7, I4, I4 I7
        settle Ann: I2 I3 I5 I7 I8 one-sided, I2 I3 I5 I8, I2 I3 I5 I7 I8 one-sided
        settle Iss: I2 I3 I6 I7, I2 I3 I6, I2 I3 I6 I7
        settle Acc: I4 I6 I7, I4 I6, I4 I6 I7
        release Ann: I2 I5 I7, I2 I5, I2 I3 I5 I7
        release Iss: I2 I7, I2, I2 I3 I7
        refund Ann: I3 I8 I9 one-sided, I3 I8, I3 I8 I9 one-sided
        refund Iss: I3 I6, I3 I6, I3 I6
        refund Acc: I6, I6, I6
        refund Ins: I8 I9, I8, I8 I9
    """,
}


@pytest.mark.parametrize("funding", FOUND)
def test_each_row_is_proven_by_the_invariants(tmp_path: Path, funding: str) -> None:
    ledger = whole(tmp_path, funding)
    for line in FOUND[funding].strip().splitlines():
        event, expected = line.strip().split(": ")
        kind, book = event.split()
        found = [codes(changed(ledger, kind, book, fault)) for fault in (lost, late, twice)]
        assert (event, found) == (event, expected.split(", "))


def test_what_the_two_books_differ_by_is_told(tmp_path: Path) -> None:
    """12.00 is given up, of which 0.27 was earned on that very day: one of 44 days that are left."""
    ledger = whole(tmp_path, "cash")
    found = [each.text for each in invariants.findings(changed(ledger, "refund", "Ann", lost))]
    assert found[:2] == [
        "V-1: prepaid + payable of Ann and receivable + unearned + advance of Ins are off by "
        "11.73 CNY on 2026-03-16",
        "V-1: expense of Ann and income + charges of Ins are off by -1.73 CNY on 2026-03-16",
    ]
    found = [each.text for each in invariants.findings(changed(ledger, "earn", "Ins", twice))]
    assert (
        "V-1 has earned 49.41 CNY by 2026-03-27 in the book of Ins, and 48.00 CNY is in force"
        in found
    )


def _more(number: str, role: str) -> Callable[[Transaction], list[Transaction]]:
    """So much more on an account, taken from the prepaid premium."""

    def fault(entry: Transaction) -> list[Transaction]:
        units = Amount(Decimal(number), "CNY")
        more = [Posting(role, units, None, None, None, {})]
        more += [Posting("Equity:Opening", -units, None, None, None, {})]
        return [entry._replace(postings=[*entry.postings, *more])]

    return fault


# The premium is 100.00 CNY, earned from 10 March on; the number is booked with the acceptance.
@pytest.mark.parametrize(
    ("account", "number", "expected"),
    [
        ("Expenses:Ann:Insurance", "-0.01", "I8 I9"),
        ("Expenses:Ann:Insurance", "100.01", "I8 I9"),
        ("Income:Ins:Premium", "0.01", "I8 I9"),
        ("Income:Ins:Premium", "-100.01", "I8 I9"),
        ("Income:Ins:CancellationCharges", "-0.01", "I8"),
        ("Assets:Ann:PrepaidInsurance", "0.01", "I8"),
        ("Liabilities:Ins:AdvancePremium", "0.01", "I8"),
    ],
)
def test_what_is_earned_stays_in_its_bounds(
    tmp_path: Path, account: str, number: str, expected: str
) -> None:
    ledger = write(tmp_path, LINES + DAILY + issue(**COVER) + ACCEPT)
    book = "Ann" if ":Ann:" in account else "Ins"
    ledger = (
        changed(ledger, "accept", "Ins", _more(number, account))
        if book == "Ins"
        else (changed(ledger, "issue", "Ann", _more(number, account)))
    )
    assert codes(ledger) == expected


# At the end of cover all is earned, if it was recognised by then, or settled before.
@pytest.mark.parametrize(
    ("options", "told", "expected"),
    [
        ("", "03-03 accept\n04-28 close", "I8 I9"),
        ("", "03-03 accept\n04-27 close", "I8"),
        ("", "03-03 accept\n04-01 return\n04-28 close", "I8"),
        (
            '"recognise-at" "settle"',
            "03-03 accept\n03-04 apply\n03-05 settle\n04-28 close",
            "I8 I9",
        ),
    ],
)
def test_at_the_end_of_cover_all_is_earned(
    tmp_path: Path, options: str, told: str, expected: str
) -> None:
    """Whoever earns a cent less of it is found, on no day before."""
    chosen = f'2026-01-01 custom "voucher-option" {options}\n' if options else ""
    ledger = write(tmp_path, LINES + DAILY + chosen + issue(**COVER) + directives(told))
    assert codes(ledger) == ""
    seen = False

    def a_cent_less(entry: Transaction) -> list[Transaction]:
        nonlocal seen
        if seen:
            return [entry]
        seen = True
        return _more("-0.01", "Expenses:Ann:Insurance")(entry)

    assert codes(changed(ledger, "earn", "Ann", a_cent_less)) == expected


def test_what_is_not_earned_yet_at_the_end_is_no_fault(tmp_path: Path) -> None:
    """Nothing is recognised before the first settlement, and that comes after the cover."""
    settle_late = '2026-01-01 custom "voucher-option" "recognise-at" "settle"\n'
    told = directives("03-03 accept\n04-28 close\n05-04 apply\n05-05 settle\n06-30 close")
    terms = {**COVER, "apply-by": "2026-05-31"}
    ledger = write(tmp_path, LINES + DAILY + settle_late + issue(**terms) + told)
    assert codes(ledger) == ""


def test_one_account_for_both_sides_proves_nothing(tmp_path: Path) -> None:
    parties = PARTIES.replace(
        '"Ann" "policyholder"\n', '"Ann" "policyholder"\n  expense: Assets:Ann:PrepaidInsurance\n'
    )
    world = parties + WORLD.removeprefix(PARTIES)
    text = LINES + DAILY + issue(**COVER) + directives(WHOLE)
    ledger = write(tmp_path, text, world=world)
    assert ledger.errors == []
    assert "I8" not in codes(ledger)


def test_a_posting_without_units_is_no_money(tmp_path: Path) -> None:
    ledger = whole(tmp_path, "cash")

    def unknown(entry: Transaction) -> list[Transaction]:
        empty = Posting("Expenses:Ann:Insurance", None, None, None, None, {})
        return [entry._replace(postings=[*entry.postings, empty])]

    assert codes(changed(ledger, "earn", "Ann", unknown)) == ""


def test_what_names_no_voucher_and_what_was_only_requested(tmp_path: Path) -> None:
    ledger = write(tmp_path, LINES + DAILY + issue("V-2", kind="request"))
    assert codes(ledger) == ""

"""The invariants where a ledger holds batches: sound ones hold, and what is planted is found."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Transaction

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.posted import event_by_event, generated, rest_of, told_apart
from tests.audit.test_invariants import (
    CREDIT,
    EVERYTHING,
    FAULTS,
    SHARED_CLEARING,
    _dropped,
    _lost,
    _moved,
    _planted,
    _twice,
    codes,
    write,
)
from tests.support import ACCEPT, APPLY, DAILY, HAPPY, LINES, SETTLE, issue
from tests.support.planted_faults import planted, with_another_sign, without_a_posting

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger


def twin(text: str) -> str:
    """Vouchers like others beside them, so that there are batches of two."""
    return text + text.replace('"V-', '"W-')


DOUBLED = LINES + twin(EVERYTHING.removeprefix(LINES).rpartition("2026-03-08")[0])


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    found = write(tmp_path, DAILY + DOUBLED)
    assert any(entry.meta["voucher-count"] == 2 for entry in generated(found))
    return found


@pytest.mark.parametrize("books", ["", ' "Ann"', ' "Iss"', ' "Acc"', ' "Ins"', ' "Ann Ins"'])
def test_a_sound_ledger_has_no_findings(tmp_path: Path, books: str) -> None:
    line = f'plugin "beancount_voucher_plugin"{books}\n'
    ledger = write(tmp_path, DAILY + DOUBLED, plugin=line)
    assert ledger.errors == []
    assert list(invariants.findings(ledger)) == []


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_planted_fault_is_found(
    ledger: Ledger, fault: Callable[[Transaction], list[Transaction]]
) -> None:
    """In every batch, one at a time."""
    planted_here = 0
    for index, entry in enumerate(ledger.entries):
        if isinstance(entry, Transaction) and "__voucher__" in entry.meta:
            entries = ledger.entries[:index] + fault(entry) + ledger.entries[index + 1 :]
            found = codes(replace(ledger, entries=entries))
            assert found & {"missing-entry", "foreign-entry"}, entry
            if fault.__name__ in ("_dropped", "_doubled"):
                assert "I0" in found
            planted_here += 1
    assert planted_here > 20


def test_the_invariants_tell_what_kind_of_fault_it_is(tmp_path: Path) -> None:
    """As they do of single transactions, but for what only a voucher has (I7, I8)."""
    cash = write(tmp_path, DAILY + twin(HAPPY))
    assert _planted(cash, "issue", "Ann", _lost) == {"I1"}
    assert _planted(cash, "issue", "Iss", _moved) == {"I1"}
    assert _planted(cash, "accept", "Acc", _lost) == {"I4"}
    assert _planted(cash, "accept", "Ins", _moved) == {"I4"}
    assert _planted(cash, "recognise", "Ins", _moved) == {"I5"}
    assert _planted(cash, "settle", "Acc", _moved) == {"I4", "I6"}
    assert _planted(cash, "settle", "Ann", _lost) == {"I1", "I5"}
    credit = write(tmp_path, DAILY + LINES + twin(CREDIT))
    assert _planted(credit, "issue", "Ann", _lost) == {"I2"}
    assert _planted(credit, "issue", "Iss", _twice) == {"I2"}
    assert _planted(credit, "credit-line", "Iss", _dropped) == {"I0", "I3"}
    assert _planted(credit, "credit-line", "Ann", _lost) == {"I3"}


def test_a_clearing_batch_that_is_lost_is_found_of_pairs_that_share_an_account(
    tmp_path: Path,
) -> None:
    other = "".join(part.replace("V-1", "V-2") for part in (ACCEPT, APPLY, SETTLE))
    text = DAILY + HAPPY + issue("V-2", acceptor='"Third"') + other
    ledger = write(tmp_path, text, world=SHARED_CLEARING)
    assert (ledger.errors, codes(ledger)) == ([], set())
    assert _planted(ledger, "settle", "Third", _lost) >= {"I6"}


TABLE_FAULTS = [*without_a_posting(), *with_another_sign()]


@pytest.mark.parametrize("fault", TABLE_FAULTS, ids=lambda fault: fault.name)
def test_what_is_wrong_with_the_posting_table_is_found_of_batches_as_of_each(
    fault: Any, tmp_path: Path
) -> None:
    with planted(fault):
        each, daily = (codes(write(tmp_path, option + DOUBLED)) for option in ("\n", DAILY))
    assert daily == each


# --- What each voucher posts --------------------------------------------------------------


def _books(entries: Any) -> list[tuple[object, ...]]:
    return sorted(
        (
            entry.date,
            str(entry.meta.get("voucher")),
            entry.meta["voucher-event"],
            entry.meta["voucher-book"],
            entry.payee,
            entry.narration,
            str(sorted(entry.links)),
            str([(each.account, each.units) for each in entry.postings]),
        )
        for entry in entries
    )


@pytest.mark.parametrize("voucher", [None, {"V-1", "W-2"}, {"nobody"}])
def test_batches_are_told_apart_into_what_single_transactions_would_be(
    tmp_path: Path, voucher: set[str] | None
) -> None:
    each, daily = (write(tmp_path, option + DOUBLED) for option in ("\n", DAILY))
    assert _books(event_by_event(daily, voucher)) == _books(event_by_event(each, voucher))
    apart = [e for e in told_apart(daily) if isinstance(e, Transaction) and "voucher" in e.tags]
    assert _books(apart) == _books(generated(each))
    assert told_apart(each) is each.entries


def test_more_events_than_are_written_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("beancount_voucher.books.bookkeeping._AT_ONCE", 2)
    each, daily = (write(tmp_path, option + DOUBLED) for option in ("\n", DAILY))
    assert _books(event_by_event(daily)) == _books(generated(each))


def test_without_the_plugin_nothing_is_posted(tmp_path: Path) -> None:
    assert list(event_by_event(write(tmp_path, DAILY + HAPPY, plugin=""))) == []


def test_the_rest_of_a_batch_is_nobodys_and_leaves_every_account_as_it_is(ledger: Ledger) -> None:
    [batch] = [
        e
        for e in generated(ledger)
        if (e.meta["voucher-event"], e.meta["voucher-book"]) == ("accept", "Acc")
        and e.date.day == 3
    ]
    more = [
        each._replace(units=Amount(each.units.number * 2, each.units.currency))
        for each in batch.postings
        if each.units is not None and each.units.number is not None
    ]
    events = list(event_by_event(ledger))
    others = [e for e in generated(ledger) if e is not batch]
    assert rest_of(generated(ledger), events) == []
    [rest] = rest_of([*others, batch._replace(postings=more)], events)
    assert "voucher" not in rest.meta
    assert rest.meta["lineno"] == batch.meta["lineno"]
    assert [(p.account, p.units) for p in rest.postings] == [
        (p.account, p.units) for p in batch.postings
    ]
    [gone] = rest_of(others, events)
    assert [(p.account, p.units.number) for p in gone.postings if p.units] == [
        (p.account, -p.units.number) for p in batch.postings if p.units and p.units.number
    ]
    assert sum((p.units.number or Decimal(0) for p in gone.postings if p.units), Decimal(0)) == 0

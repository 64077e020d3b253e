"""A ledger as Beancount loads it, against what the model says of its events.

What differs is told in lines, each with what the plugin has and what the model says; a
failure shows all lines and the whole ledger.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.data import Transaction

from tests.support import code_of, model
from tests.support.ledger_texts import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from tests.support.ledger_texts import Text


class DisagreementError(AssertionError):
    """What differs, and the ledger in which it does."""

    def __init__(self, text: Text, found: list[str]) -> None:
        super().__init__("\n".join([*found, "", "The ledger that shows it:", text.show()]))
        self.text = text
        self.found = found


def require(text: Text, found: Iterable[str]) -> None:
    """Fail, and show the ledger, if anything was found."""
    said = list(found)
    if said:
        raise DisagreementError(text, said)


@dataclass
class Loaded:
    entries: list[Any]
    errors: list[Any]
    options: dict[str, Any]
    # The folder of the top file; None for a ledger that is in no file.
    folder: Path | None = None

    @property
    def generated(self) -> list[Transaction]:
        return [e for e in self.entries if isinstance(e, Transaction) and "voucher-book" in e.meta]

    @property
    def codes(self) -> dict[tuple[str, int], str]:
        codes: dict[tuple[str, int], str] = {}
        for error in self.errors:
            place = self.place_of(error.source)
            code = code_of(error.message)
            codes[place] = f"{codes[place]}, {code}" if place in codes else code
        return codes

    def place_of(self, meta: Mapping[str, Any]) -> tuple[str, int]:
        if self.folder is None:
            return MAIN, meta["lineno"]
        return meta["filename"].removeprefix(f"{self.folder}/"), meta["lineno"]


def load_file(path: str) -> Loaded:
    return Loaded(*loader.load_file(path), Path(path).parent)


def load_text(text: Text) -> Loaded:
    return Loaded(*loader.load_string("\n".join(text.files[MAIN]) + "\n"))


Key = tuple["date", str, str, str]
Sums = dict[tuple[str, str], Decimal]


def by_event(rows: list[model.Posting]) -> dict[Key, Sums]:
    """Postings by day, book, event and voucher, without what comes to nothing."""
    sums: dict[Key, Sums] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        key = (row.date, row.book, row.event, row.voucher)
        sums[key][row.account, row.currency] += row.number
    found = {key: {k: n for k, n in accounts.items() if n} for key, accounts in sums.items()}
    return {key: accounts for key, accounts in found.items() if accounts}


def rows_of(transactions: list[Transaction]) -> list[model.Posting]:
    return [
        model.Posting(
            t.date,
            t.meta["voucher-book"],
            t.meta["voucher-event"],
            t.meta.get("voucher", ""),
            p.account,
            p.units.currency,
            p.units.number,
        )
        for t in transactions
        for p in t.postings
        if p.units and p.units.number is not None
    ]


def differences(text: Text, outcome: model.Outcome, loaded: Loaded) -> Iterator[str]:
    yield from code_differences(text, outcome, loaded)
    yield from book_differences(outcome, loaded)


def code_differences(text: Text, outcome: model.Outcome, loaded: Loaded) -> Iterator[str]:
    """Every error: its code, and the line at which it stands."""
    codes = loaded.codes
    expected = {place: code for place, code in zip(text.places, outcome.codes, strict=True) if code}
    for place in sorted(codes.keys() | expected.keys()):
        has, says = codes.get(place, "no error"), expected.get(place, "no error")
        if has != says:
            yield f"{place[0]}:{place[1]}: the plugin has {has}, the model says {says}"


def book_differences(outcome: model.Outcome, loaded: Loaded) -> Iterator[str]:
    """Every account's balance on every day, and what each event posted in each book."""
    rows = rows_of(loaded.generated)
    posted, expected = by_event(rows), by_event(outcome.postings)
    for key in sorted(posted.keys() | expected.keys()):
        has, says = posted.get(key, {}), expected.get(key, {})
        if has != says:
            day, book, event, voucher = key
            yield (
                f"{day} {event} {voucher} in the book of {book}: "
                f"the plugin posts {_moves(has)}, the model says {_moves(says)}"
            )
    yield from _balance_differences(outcome, rows)
    once = Counter(
        (t.meta["voucher"], t.meta["voucher-event"], t.meta["voucher-book"])
        for t in loaded.generated
        if "voucher" in t.meta
    )
    for done, count in once.items():
        if count > 1:
            yield f"{' '.join(done)}: {count} transactions, not one"


def _moves(sums: Sums) -> str:
    moves = [f"{account} {number} {unit}" for (account, unit), number in sorted(sums.items())]
    return ", ".join(moves) or "nothing"


def _balance_differences(outcome: model.Outcome, rows: list[model.Posting]) -> Iterator[str]:
    """Written out once more as balances, which is what the manual promises."""
    touched: Sums = defaultdict(Decimal)
    balances = outcome.balances()
    by_day: dict[date, list[model.Posting]] = defaultdict(list)
    for row in rows:
        by_day[row.date].append(row)
    expected: Sums = {}
    for today in sorted(by_day.keys() | balances.keys()):
        for row in by_day[today]:
            touched[row.account, row.currency] += row.number
        expected = balances.get(today, expected)
        for account, unit in sorted(touched.keys() | expected.keys()):
            has = touched.get((account, unit), Decimal(0))
            says = expected.get((account, unit), Decimal(0))
            if has != says:
                yield f"{today} {account}: the plugin has {has} {unit}, the model says {says}"


def register_differences(
    found: Mapping[str, Mapping[str, Any]], events: list[model.Event], when: date
) -> Iterator[str]:
    """Every voucher's state on a day, as ``list --format json`` has it."""
    expected = model.as_of(events, when)
    for name in sorted(found.keys() | expected.keys()):
        if name not in found or name not in expected:
            yield f"{name} on {when}: only {'the plugin' if name in found else 'the model'} has it"
            continue
        row = found[name]
        for key, says in _row(expected[name]).items():
            has = Decimal(row[key] or 0) if isinstance(says, Decimal) else row[key]
            if has != says:
                yield f"{name} on {when}: the plugin has {key} {has}, the model says {says}"


def _row(voucher: model.Voucher) -> dict[str, Any]:
    dates = ("issued", "accepted", "applied", "returned", "closed")
    agreed = ("policyholder", "issuer", "insurer", "funding", "product")
    return {
        "state": voucher.state,
        "amount": voucher.number,
        "currency": voucher.currency,
        "reason": voucher.reason,
        **{key: getattr(voucher, key) for key in ("held", "settled", "released", "recognised")},
        **{key: iso(getattr(voucher, key)) for key in dates},
        **{key: voucher.terms.get(key) for key in agreed},
        "overdue": voucher.overdue,
    }


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None

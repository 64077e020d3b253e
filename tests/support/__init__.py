"""What the tests share: a small world of parties, and ledgers through Beancount's real loader."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.data import Transaction

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.parser import read
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount.core.data import Directive

    from beancount_voucher.lifecycle.evaluation import Evaluation

ROOT = Path(__file__).parents[2]
LEDGERS = ROOT / "ledgers"

PLUGIN = 'plugin "beancount_voucher_plugin"\n'

PARTIES = """\
2026-01-01 custom "voucher-party" "Ann" "policyholder"
2026-01-01 custom "voucher-party" "Bob" "policyholder"
2026-01-01 custom "voucher-party" "Iss" "bank"
2026-01-01 custom "voucher-party" "Acc" "bank"
2026-01-01 custom "voucher-party" "Ins" "insurer"
2026-01-01 custom "voucher-party" "Oth" "insurer"
"""

ACCOUNTS = """\
2020-01-01 open Assets:Ann:Iss
2020-01-01 open Assets:Bob:Iss
2020-01-01 open Assets:Ins:Acc
2020-01-01 open Assets:Ins:Iss
2020-01-01 open Assets:Oth:Acc
2020-01-01 open Liabilities:Iss:Deposits:Ann
2020-01-01 open Liabilities:Iss:Deposits:Bob
2020-01-01 open Liabilities:Iss:Deposits:Ins
2020-01-01 open Liabilities:Acc:Deposits:Ins
2020-01-01 open Liabilities:Acc:Deposits:Oth
2020-01-01 open Equity:Opening
2020-01-01 * "Opening balances"
  Assets:Ann:Iss   100000.00 CNY
  Assets:Bob:Iss   100000.00 CNY
  Equity:Opening
2020-01-01 * "Opening balances of the bank"
  Liabilities:Iss:Deposits:Ann   -100000.00 CNY
  Liabilities:Iss:Deposits:Bob   -100000.00 CNY
  Equity:Opening
"""

LINES = """\
2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 1000.00 CNY
"""

WORLD = PARTIES + ACCOUNTS

DAILY = '2026-01-01 custom "voucher-option" "postings" "daily"\n'

TERMS = {
    "policyholder": '"Ann"',
    "issuer": '"Iss"',
    "acceptor": '"Acc"',
    "insurer": '"Ins"',
    "funding": '"cash"',
    "accept-by": "2026-03-05",
    "apply-by": "2026-03-31",
}


def issue(
    voucher: str = "V-1",
    /,
    amount: str = "100.00 CNY",
    date: str = "2026-03-02",
    *,
    kind: str = "issue",
    **changed: str | None,
) -> str:
    """An issue (or request) with the usual terms, changed; None leaves one out.

    Keys are written with underscores for hyphens.
    """
    terms: dict[str, str | None] = {**TERMS}
    terms.update({key.replace("_", "-"): value for key, value in changed.items()})
    lines = [f'{date} custom "voucher-{kind}" "{voucher}" {amount}']
    lines += [f"  {key}: {value}" for key, value in terms.items() if value is not None]
    return "\n".join(lines) + "\n"


def event(kind: str, date: str, *values: str, voucher: str = "V-1", **metadata: str) -> str:
    """A directive about a voucher: ``event("void", "2026-03-06", reason='"cancelled"')``."""
    said = " ".join([f'"{voucher}"', *values])
    lines = [f'{date} custom "voucher-{kind}" {said}']
    lines += [f"  {key.replace('_', '-')}: {value}" for key, value in metadata.items()]
    return "\n".join(lines) + "\n"


ACCEPT = event("accept", "2026-03-03")
APPLY = event("apply", "2026-03-05")
SETTLE = event("settle", "2026-03-06")
HAPPY = issue() + ACCEPT + APPLY + SETTLE


DUE = (
    LINES
    + issue("A-LATE")
    + issue("B-LATE", funding='"credit"')
    + event("accept", "2026-03-03", voucher="B-LATE")
    + issue("C-MET", requires_policy="TRUE", apply_by="2026-06-30")
    + event("accept", "2026-03-03", voucher="C-MET")
    + event("apply", "2026-03-05", voucher="C-MET", policy='"P-1"')
    + issue("D-UNMET", requires_policy="TRUE", apply_by="2026-06-30")
    + event("accept", "2026-03-03", voucher="D-UNMET")
    + event("apply", "2026-03-05", voucher="D-UNMET")
    + issue("E-WAIT", not_before="2026-12-01")
    + event("accept", "2026-03-03", voucher="E-WAIT")
    + event("apply", "2026-03-05", voucher="E-WAIT")
    + issue("F-RETURNED")
    + event("return", "2026-03-04", voucher="F-RETURNED")
    + issue("G-AGAIN", requires_policy="TRUE", on_unmet='"represent"', apply_by="2026-04-30")
    + event("accept", "2026-03-03", voucher="G-AGAIN")
    + event("apply", "2026-03-05", voucher="G-AGAIN")
    + issue("H-FINAL")
    + event("void", "2026-03-03", voucher="H-FINAL", reason='"cancelled"')
    + issue("I-LATER")
    + event("return", "2026-05-05", voucher="I-LATER")
    + issue("J-ASKED", kind="request")
    + issue("K-FRESH", date="2026-04-01", accept_by="2026-04-03", apply_by="2026-04-30")
)
"""A voucher of every kind on which somebody has to decide, or not yet, or no more."""


@dataclass(frozen=True)
class Loaded:
    """A ledger as Beancount gives it back."""

    entries: list[Directive]
    errors: list[Any]
    options: dict[str, Any]

    @property
    def generated(self) -> list[Transaction]:
        return [
            entry
            for entry in self.entries
            if isinstance(entry, Transaction) and "voucher-book" in entry.meta
        ]

    @property
    def evaluation(self) -> Evaluation:
        reading = read(self.entries, Names(self.options), installed())
        return evaluate(reading, EventDirectives(self.entries), installed())

    @property
    def codes(self) -> list[str]:
        return [code_of(error.message) for error in self.errors]

    def state(self, voucher: str = "V-1") -> str:
        return str(self.evaluation.vouchers[voucher].status.state)

    def booked(self) -> list[str]:
        """Every generated transaction in one line, sorted."""
        return sorted(map(booked, self.generated))


def booked(entry: Transaction) -> str:
    """Date, event, book, and the account changes: what moved, for comparison."""
    moves = ", ".join(sorted(f"{posting.account} {posting.units}" for posting in entry.postings))
    return f"{entry.date} {entry.meta['voucher-event']} {entry.meta['voucher-book']}: {moves}"


def of_a_day(entries: Iterable[Directive]) -> dict[tuple[dt.date, str, str], str]:
    """What is posted to every account on every day, to the last digit."""
    sums: dict[tuple[dt.date, str, str], Decimal] = defaultdict(Decimal)
    with localcontext(prec=100):
        for entry in entries:
            for posting in entry.postings if isinstance(entry, Transaction) else ():
                assert posting.units is not None
                assert posting.units.number is not None
                sums[entry.date, posting.account, posting.units.currency] += posting.units.number
    return {key: str(number) for key, number in sums.items() if number}


def code_of(message: str) -> str:
    """The code that ends an error, or the whole message if there is none."""
    match = re.search(r"\[([A-Za-z0-9-]+)\]$", message)
    return match[1] if match else message


def load(text: str, *, plugin: str = PLUGIN, world: str = WORLD) -> Loaded:
    """Load a ledger through Beancount, with the plugin and the usual world before it."""
    return Loaded(*loader.load_string(plugin + world + text))


def load_path(path: Path) -> Loaded:
    return Loaded(*loader.load_file(str(path)))


def line_of(text: str, part: str, *, world: str = WORLD) -> int:
    """The line on which ``part`` stands once ``text`` is loaded by :func:`load`."""
    return (PLUGIN + world + text).split(part)[0].count("\n") + 1


def without_positions(entries: Iterable[Transaction]) -> list[str]:
    return sorted(booked(entry) for entry in entries)

"""A voucher's life in one line per event: day, directive, number, amount, metadata -> what becomes.

``03-04 amend 1 120.00 CNY requested-by="Ins" -> accepted``; the year is 2026 unless the line has
another, ``other`` issues a
second voucher, V-2, ``repaid`` repays the line, and ``close`` ends a period. Accounts are named by their roles.
"""

from __future__ import annotations

import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Transaction

from tests.support import event, issue
from tests.support.instrument_model import BANK, BUYER, INSURER, OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

YEAR = "2026"


class Line(NamedTuple):
    """One line of a life."""

    day: str
    kind: str
    number: str
    rest: str
    becomes: str

    @property
    def said(self) -> str:
        """What it says, for a reader of a failed test."""
        return " ".join(self[:4])

    def directive(self, funding: str) -> str:
        """As it stands in the ledger."""
        date = self.day if len(self.day) > len("03-04") else f"{YEAR}-{self.day}"
        amount = _AMOUNT.search(self.rest)
        if self.kind == "close":
            return f'{date} custom "voucher-close" "{date}"\n'
        if self.kind == "repaid":
            assert amount
            return f'{date} custom "voucher-repay" "Ann" "Iss" {amount[1]}\n'
        if self.kind == "other":
            assert amount
            return issue("V-2", amount[1], date, funding=f'"{funding}"', accept_by="2026-03-20")
        values = [self.number] if self.number else []
        values += [amount[1]] if amount else []
        return event(self.kind, date, *values, **dict(_KEYS.findall(self.rest)))


_LINE = re.compile(
    r"((?:\d{4}-)?\d\d-\d\d) (\S+)\s*((?:-?[\d.]+(?= |$)(?! [A-Z]{3}))?)\s*(.*?)\s*(?:-> (.+))?"
)
_AMOUNT = re.compile(r"(?:^| )((?:-?[\d.]+|\(-[\d.]+\)) [A-Z]{3}(?:\.MEMO)?)(?= |$)")
_KEYS = re.compile(r'([a-z-]+)=("[^"]*"|-?[\d.]+ [A-Z]{3}(?:\.MEMO)?|\S+)')


def lines(text: str) -> list[Line]:
    """The lines of a life."""
    found = [_LINE.fullmatch(line.strip()) for line in text.strip().splitlines()]
    assert all(found), text
    return [Line(*(each or "" for each in match.groups())) for match in found if match]


def directives(text: str, funding: str = "cash") -> str:
    """A life as it stands in the ledger, without its issue."""
    return "".join(line.directive(funding) for line in lines(text))


Posted = dict[tuple["date", str, str], Decimal]

ROLES = {
    f"Assets:{BUYER}:{BANK}": "bank",
    f"Assets:{BUYER}:{BANK}:Frozen": "frozen",
    f"Liabilities:{BUYER}:{BANK}:CreditLine": "loan",
    f"Assets:{BUYER}:PrepaidInsurance": "prepaid",
    f"Liabilities:{BUYER}:PremiumPayable": "payable",
    f"Expenses:{BUYER}:Insurance": "expense",
    f"Liabilities:{BANK}:Deposits:{BUYER}": "deposits",
    f"Liabilities:{BANK}:Held:{BUYER}": "held",
    f"Assets:{BANK}:Loans:{BUYER}": "loans",
    f"Liabilities:{BANK}:Interbank:{OTHER}": "interbank-payable",
    f"Assets:{OTHER}:Interbank:{BANK}": "interbank-receivable",
    f"Assets:{INSURER}:PremiumReceivable": "receivable",
    f"Liabilities:{INSURER}:AdvancePremium": "advance",
    f"Liabilities:{INSURER}:UnearnedPremium": "unearned",
    f"Income:{INSURER}:Premium": "income",
    f"Income:{INSURER}:CancellationCharges": "charges",
    f"Equity:{INSURER}:Memo:VouchersReceivedContra": "vouchers-contra",
    **{
        account: role
        for bank in (BANK, OTHER)
        for account, role in (
            (f"Liabilities:{bank}:Deposits:{INSURER}", "deposits-insurer"),
            (f"Equity:{bank}:Memo:ForCollection:{INSURER}", "collection"),
            (f"Equity:{bank}:Memo:ForCollectionContra", "collection-contra"),
            (f"Assets:{INSURER}:{bank}", "bank"),
            (f"Equity:{INSURER}:Memo:VouchersReceived:{bank}", "vouchers"),
        )
    },
    **{
        f"Equity:{book}:Memo:CreditLine:{other}:{part}": f"line-{part.lower()}"
        for book, other in ((BUYER, BANK), (BANK, BUYER))
        for part in ("Limit", "Available", "Frozen", "Drawn")
    },
}
"""The role of each account in the world of these tests."""


def posted(entries: Iterable[Any]) -> Posted:
    """What was generated for vouchers, by day, book and role."""
    sums: Posted = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, Transaction) and "voucher" in entry.meta:
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.number is not None
                key = entry.date, entry.meta["voucher-book"], ROLES[posting.account]
                sums[key] += posting.units.number
    return {key: number for key, number in sums.items() if number}


def moves(entries: Iterable[Any], kinds: str = "") -> list[str]:
    """Each generated transaction in a line: day, event, book: roles and amounts.

    Args:
        entries: of a ledger.
        kinds: the events, with blanks between; all if left out.
    """
    wanted = kinds.split()
    return sorted(
        f"{entry.date:%m-%d} {entry.meta['voucher-event']} {entry.meta['voucher-book']}: "
        + ", ".join(sorted(f"{ROLES[each.account]} {_signed(each)}" for each in entry.postings))
        for entry in entries
        if isinstance(entry, Transaction)
        and "voucher" in entry.meta
        and (not wanted or entry.meta["voucher-event"] in wanted)
    )


def _signed(posting: Any) -> str:
    memo = "m" if posting.units.currency.endswith(".MEMO") else ""
    return f"{posting.units.number:+f}{memo}"

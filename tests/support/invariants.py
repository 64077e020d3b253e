"""The invariants (manual: books), from the directives that carry no error and from nothing else."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import product
from typing import TYPE_CHECKING, Any

from beancount.core.data import Close, Custom, Open

from tests.support.agreement import Loaded, rows_of
from tests.support.model import Money

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from tests.support.model import Chart, Outcome, Posting

LIVED = ("request", "issue", "accept", "reject", "settle", "void")
TRANSIENT = {
    "policyholder": ("frozen", "payable"),
    "bank": ("held", "collection"),
    "insurer": ("vouchers", "receivable"),
}
REPORT_ONLY = "insufficient-funds"


@dataclass
class Fact:
    """What one voucher's valid directives say."""

    terms: dict[str, Any]
    amount: Money
    issued: date
    accepted: date = date.max
    closed: date = date.max
    recognised: date = date.max

    @property
    def payers(self) -> tuple[str, str, str]:
        return (self.terms["policyholder"], self.terms["issuer"], self.amount.currency)

    @property
    def payees(self) -> tuple[str, str, str]:
        acceptor = self.terms.get("acceptor", self.terms["issuer"])
        return (acceptor, self.terms["insurer"], self.amount.currency)

    @property
    def ends(self) -> tuple[str, str, str]:
        return (self.terms["policyholder"], self.terms["insurer"], self.amount.currency)


def valid(loaded: Loaded) -> list[Custom]:
    wrong = {place for place, code in loaded.codes.items() if code != REPORT_ONLY}
    return [
        e for e in loaded.entries if isinstance(e, Custom) and loaded.place_of(e.meta) not in wrong
    ]


def facts(loaded: Loaded) -> dict[str, Fact]:
    sound = valid(loaded)
    said = {kind: [e for e in sound if e.type == f"voucher-{kind}"] for kind in LIVED}
    asked = {e.values[0].value: e.meta for e in said["request"]}
    result: dict[str, Fact] = {}
    for issue in said["issue"]:
        name, amount = (v.value for v in issue.values)
        terms = asked.get(name, {}) | issue.meta
        result[name] = Fact(terms, Money(amount.number, amount.currency), issue.date)
    for entry in said["accept"]:
        result[entry.values[0].value].accepted = entry.date
    for kind in ("reject", "settle", "void"):
        for entry in said[kind]:
            result[entry.values[0].value].closed = entry.date
    for transaction in loaded.generated:
        if transaction.meta["voucher-event"] == "recognise":
            result[transaction.meta["voucher"]].recognised = transaction.date
    return result


def broken(loaded: Loaded, outcome: Outcome, kept: Collection[str] = ()) -> Iterator[str]:
    """Whatever does not hold at the end of some day."""
    yield from unbalanced(loaded)
    days = _Days(loaded, outcome.chart, kept)
    rows: dict[date, list[Posting]] = defaultdict(list)
    for row in rows_of(loaded.generated):
        rows[row.date].append(row)
    for today in sorted(rows):
        days.live(today, rows[today])
        for name in days.broken():
            yield f"{name} does not hold on {today}"
    # What the ledger opens itself, it closes itself.
    if not outcome.options.user_opens:
        yield from badly_closed(loaded)


def unbalanced(loaded: Loaded) -> Iterator[str]:
    """I0."""
    for transaction in loaded.generated:
        commodities: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows_of([transaction]):
            commodities[row.currency] += row.number
        if any(commodities.values()):
            yield f"I0 does not hold on {transaction.date}: {transaction.narration}"


class _Days:
    """All generated postings up to the end of a day, summed as an invariant needs them."""

    def __init__(self, loaded: Loaded, chart: Chart, kept: Collection[str]) -> None:
        self.known = facts(loaded)
        self.limits = [e for e in valid(loaded) if e.type == "voucher-credit-line"]
        self.chart = chart
        self.keeps = kept or chart.parties
        self.today = date.min
        self.sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
        self.by_voucher: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
        self.currencies = {f.amount.currency for f in self.known.values()}
        self.currencies |= {e.values[2].value.currency for e in self.limits}
        self.policyholders, self.banks, self.insurers = (
            [party for party, has in chart.parties.items() if has == role]
            for role in ("policyholder", "bank", "insurer")
        )

    def live(self, today: date, rows: list[Posting]) -> None:
        self.today = today
        self.open = {n: f for n, f in self.known.items() if f.issued <= today < f.closed}
        for row in rows:
            # An account of one voucher alone counts as the account that it is under.
            account = row.account.removesuffix(":" + row.voucher) if row.voucher else row.account
            self.sums[account, row.currency] += row.number
            self.by_voucher[account, row.currency, row.voucher] += row.number

    def has(self, book: str, role: str, other: str, currency: str, expected: Decimal) -> bool:
        """Whether an account has the balance, if its book is kept."""
        account = self.chart.account(book, role, other)
        return book not in self.keeps or self.sums[account, currency] == expected

    def premiums(
        self, attribute: str, pair: tuple[str, str, str], since: str, funding: str = ""
    ) -> Decimal:
        return sum(
            (
                f.amount.number
                for f in self.open.values()
                if getattr(f, attribute) == pair
                and getattr(f, since) <= self.today
                and funding in {"", f.terms["funding"]}
            ),
            Decimal(0),
        )

    def broken(self) -> Iterator[str]:
        checks = {
            "I1": self.frozen_is_held(),
            "I2": self.line_is_frozen(),
            "I3": self.lines_are_whole(),
            "I4": self.accepted_is_for_collection(),
            "I5": self.recognised_is_receivable(),
            "I6": self.interbank_is_opposite(),
            "I7": self.final_leaves_nothing(),
        }
        yield from (name for name, holds in checks.items() if not holds)

    def payers(self) -> Iterator[tuple[str, str, str]]:
        return product(self.policyholders, self.banks, self.currencies)

    def frozen_is_held(self) -> bool:
        return all(
            self.has(own, "frozen", bank, currency, cash)
            and self.has(bank, "held", own, currency, -cash)
            for own, bank, currency in self.payers()
            for cash in [self.premiums("payers", (own, bank, currency), "issued", "cash")]
        )

    def line_is_frozen(self) -> bool:
        return all(
            self.has(book, "line-frozen", other, currency + ".MEMO", credit)
            for own, bank, currency in self.payers()
            for credit in [self.premiums("payers", (own, bank, currency), "issued", "credit")]
            for book, other in ((own, bank), (bank, own))
        )

    def lines_are_whole(self) -> bool:
        return all(
            self.line_is_whole(book, other, currency + ".MEMO", self.limit(own, bank, currency))
            for own, bank, currency in self.payers()
            for book, other in ((own, bank), (bank, own))
            if book in self.keeps
        )

    def limit(self, *pair: str) -> Decimal:
        limit = Decimal(0)
        for entry in self.limits:
            own, bank, amount = (v.value for v in entry.values)
            if (own, bank, amount.currency) == pair and entry.date <= self.today:
                limit = amount.number
        return limit

    def line_is_whole(self, book: str, other: str, memo: str, limit: Decimal) -> bool:
        free, frozen, drawn, whole = (
            self.sums[self.chart.account(book, f"line-{part}", other), memo]
            for part in ("available", "frozen", "drawn", "limit")
        )
        return min(free, frozen, drawn) >= 0 and free + frozen + drawn == limit == -whole

    def accepted_is_for_collection(self) -> bool:
        return all(
            self.has(bank, "collection", insurer, currency + ".MEMO", total)
            and self.has(insurer, "vouchers", bank, currency + ".MEMO", total)
            for bank, insurer, currency in product(self.banks, self.insurers, self.currencies)
            for total in [self.premiums("payees", (bank, insurer, currency), "accepted")]
        )

    def recognised_is_receivable(self) -> bool:
        """Both accounts are shared by all partners: only the voucher tells the pair."""
        due: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
        for name, fact in self.known.items():
            own, insurer, currency = fact.ends
            for book, role, sign in ((own, "payable", -1), (insurer, "receivable", 1)):
                account = self.chart.account(book, role, "")
                number = self.by_voucher.get((account, currency, name), Decimal(0))
                due[own, insurer, currency, role] += sign * number
        return all(
            number == self.premiums("ends", (own, insurer, currency), "recognised")
            for (own, insurer, currency, role), number in due.items()
            if (own if role == "payable" else insurer) in self.keeps
        )

    def interbank_is_opposite(self) -> bool:
        return all(
            self.has(
                payee,
                "interbank-receivable",
                payer,
                currency,
                -self.sums[self.chart.account(payer, "interbank-payable", payee), currency],
            )
            for payer, payee in product(self.banks, self.banks)
            for currency in self.currencies
            if payer in self.keeps
        )

    def final_leaves_nothing(self) -> bool:
        transient = {
            self.chart.account(book, role, other)
            for book, has in self.chart.parties.items()
            for role in TRANSIENT[has]
            for other in self.chart.parties
        }
        return not any(
            number
            for (account, _, name), number in self.by_voucher.items()
            if name in self.known and name not in self.open and account in transient
        )


def badly_closed(loaded: Loaded) -> Iterator[str]:
    """An account of one voucher alone is closed when, and only when, nothing is left on it."""
    left: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(loaded.generated):
        if row.account.rpartition(":")[2] == row.voucher:
            left[row.account] += row.number
    opened = Counter(e.account for e in loaded.entries if isinstance(e, Open))
    closed = Counter(e.account for e in loaded.entries if isinstance(e, Close))
    for account in sorted(left.keys() | closed.keys()):
        if closed[account] != (account in left and not left[account]):
            yield f"{account}: closed {closed[account]} times, {left[account]} are left on it"
    yield from (f"{account}: opened {n} times" for account, n in opened.items() if n > 1)

"""An insurer's year: forty policies paid by voucher, and the roll-forward of what it files.

``python -m tests.support.insurance_year --write`` writes ``ledgers/insurer/ledger.beancount``.
The figures are reckoned here, day by day with plain fractions, and nothing of the product is
imported: the plugin's books must come to the same ``balance`` assertions.
"""

from __future__ import annotations

import sys
from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

PATH = Path(__file__).parents[2] / "ledgers" / "insurer" / "ledger.beancount"
YEAR = 2026
DAY = timedelta(days=1)
CENT = Fraction(1, 100)

HEAD = """\
; An insurer's year: forty policies that are paid by voucher, with cover over months and years.
; After each month stands its roll-forward of the unearned premium, as the insurer files it, and
; the same as balance assertions, in the insurer's book and the policyholders'. Written by
; tests/support/insurance_year.py, which reckons every figure by itself.
option "title" "An insurer's year"
option "operating_currency" "CNY"
2026-01-01 custom "fava-extension" "fava_voucher"

plugin "beancount_voucher_plugin" "HengXin LiMing YunShang"

2025-01-01 custom "voucher-option" "earning" "monthly"
2025-01-01 custom "voucher-party" "LiMing" "policyholder"
2025-01-01 custom "voucher-party" "YunShang" "policyholder"
2025-01-01 custom "voucher-party" "QingHe" "bank"
2025-01-01 custom "voucher-party" "HengXin" "insurer"
2025-01-01 custom "voucher-credit-line" "YunShang" "QingHe" 500000.00 CNY
2025-01-01 open Equity:Opening CNY
2025-01-01 open Assets:LiMing:QingHe CNY
2025-01-01 open Assets:YunShang:QingHe CNY
2025-01-01 open Assets:HengXin:QingHe CNY
2025-01-01 * "What the policyholders have"
  Assets:LiMing:QingHe    500000.00 CNY
  Assets:YunShang:QingHe  500000.00 CNY
  Equity:Opening
"""


@dataclass
class Policy:
    """One policy: a premium over its cover, what changes it, and when it is paid."""

    number: int
    premium: Decimal
    issued: date
    start: date
    end: date
    changes: list[tuple[date, Decimal]] = field(default_factory=list)
    refund: tuple[date, Decimal] | None = None

    @property
    def id(self) -> str:
        return f"P-{self.number:03}"

    @property
    def credit(self) -> bool:
        return self.number % 3 == 0

    @property
    def settled(self) -> date:
        return self.issued + 9 * DAY

    @property
    def paid(self) -> Decimal:
        """What the voucher comes to: changes are agreed before it is paid."""
        return self.premium + sum((more for _, more in self.changes), Decimal(0))

    def layers(self) -> list[tuple[date, Decimal]]:
        given = [(self.start, self.premium), *((max(d, self.start), n) for d, n in self.changes)]
        return [*given, *([] if self.refund is None else [(self.refund[0], -self.refund[1])])]

    def earned(self, day: date) -> Decimal:
        """By the end of a day, rounded once: half a cent counts as one."""
        exact = Fraction(0)
        for first, amount in self.layers():
            days = (self.end - first).days + 1
            passed = min(max((day - first).days + 1, 0), days)
            exact += Fraction(amount) * passed / days
        cents = int(exact / CENT + Fraction(1, 2))
        return Decimal(cents).scaleb(-2)

    def added(self, day: date) -> Decimal:
        """What is recognised or received by the end of a day.

        Recognised when cover starts, or received before; a change when it is agreed.
        """
        known = [(min(self.start, self.settled), self.premium)]
        known += [(max(d, min(self.start, self.settled)), n) for d, n in self.changes]
        return sum((n for d, n in known if d <= day), Decimal("0.00"))

    def refunded(self, day: date) -> Decimal:
        if self.refund is None or self.refund[0] > day:
            return Decimal("0.00")
        return self.refund[1]

    def in_advance(self, day: date) -> Decimal:
        """What is paid before its cover starts."""
        return self.paid if self.settled <= day < self.start else Decimal("0.00")

    def unearned(self, day: date) -> Decimal:
        earned = self.earned(day) if day >= self.start else Decimal("0.00")
        return self.added(day) - earned - self.refunded(day)

    def text(self) -> str:
        who, funding = ("YunShang", "credit") if self.credit else ("LiMing", "cash")
        lines = [
            f'{self.issued} custom "voucher-issue" "{self.id}" {self.premium} CNY',
            f'  policyholder: "{who}"',
            '  insurer: "HengXin"',
            '  issuer: "QingHe"',
            f'  funding: "{funding}"',
            f"  accept-by: {self.issued + 5 * DAY}",
            f"  apply-by: {self.issued + 30 * DAY}",
            f"  cover-start: {self.start}",
            f"  cover-end: {self.end}",
            f'{self.issued + DAY} custom "voucher-accept" "{self.id}"',
        ]
        for number, (day, _) in enumerate(self.changes, 1):
            amount = self.premium + sum((n for _, n in self.changes[:number]), Decimal(0))
            lines += [
                f'{day} custom "voucher-amend" "{self.id}" {number} {amount} CNY',
                f'{day} custom "voucher-consent" "{self.id}" {number}',
                '  by: "HengXin"',
            ]
        lines += [
            f'{self.settled} custom "voucher-apply" "{self.id}"',
            f'{self.settled} custom "voucher-settle" "{self.id}"',
        ]
        if self.refund is not None:
            day, given_back = self.refund
            lines += [
                f'{day} custom "voucher-refund" "{self.id}" {given_back} CNY',
                '  reason: "cancelled"',
                '  basis: "pro-rata"',
            ]
        return "\n".join(lines) + "\n"


def policies() -> list[Policy]:
    """Forty: issued through the year, for a month to a year, some changed, some cancelled."""
    found = []
    for number in range(1, 41):
        issued = date(2025, 12, 1) + 8 * number * DAY
        start = issued + (3, 15, 30, 6)[number % 4] * DAY
        length = (365, 184, 92, 31, 1)[number % 5]
        premium = Decimal(100_000 + 13_707 * number).scaleb(-2)
        policy = Policy(number, premium, issued, start, start + (length - 1) * DAY)
        if number % 7 == 0:
            more = Decimal(50 + number) if number % 2 else -Decimal(number)
            policy.changes.append((issued + 4 * DAY, more + Decimal("0.01")))
        middle = start + length // 3 * DAY
        if number % 6 == 0 and policy.settled < middle < policy.end:
            left = policy.paid - policy.earned(middle - DAY)
            policy.refund = (middle, left)
        found.append(policy)
    return found


def month_ends() -> list[date]:
    return [date(YEAR, month, monthrange(YEAR, month)[1]) for month in range(1, 13)]


@dataclass(frozen=True)
class Filed:
    """A month as it is filed: opening + added − earned − refunded = closing."""

    ends: date
    opening: Decimal
    added: Decimal
    earned: Decimal
    refunded: Decimal
    closing: Decimal


def roll_forward(known: list[Policy]) -> list[Filed]:
    """The insurer's unearned premium, in advance or not, month by month."""
    found = []
    before = date(YEAR - 1, 12, 31)
    for day in month_ends():
        opening, closing = (
            sum((each.unearned(when) for each in known), Decimal("0.00")) for when in (before, day)
        )
        added, refunded = (
            sum((f(each, day) - f(each, before) for each in known), Decimal("0.00"))
            for f in (Policy.added, Policy.refunded)
        )
        earned = sum(
            (_earned(each, day) - _earned(each, before) for each in known), Decimal("0.00")
        )
        found.append(Filed(day, opening, added, earned, refunded, closing))
        before = day
    return found


def _earned(policy: Policy, day: date) -> Decimal:
    return policy.earned(day) if day >= policy.start else Decimal("0.00")


def filed(month: Filed, known: list[Policy]) -> str:
    """The roll-forward as a comment, and as balance assertions on the morning after."""
    day, morning = month.ends, month.ends + DAY
    lines = [
        f"; {day:%Y-%m}: opening {month.opening}, added {month.added}, earned {month.earned}, "
        f"refunded {month.refunded}, closing {month.closing}",
        f'{day} custom "voucher-close" "{day:%Y-%m}"',
    ]
    advance = sum((each.in_advance(day) for each in known), Decimal("0.00"))
    income = sum((_earned(each, day) for each in known), Decimal("0.00"))
    figures: list[tuple[str, Decimal]] = [
        ("Liabilities:HengXin:UnearnedPremium", advance - month.closing),
        ("Liabilities:HengXin:AdvancePremium", -advance),
        ("Income:HengXin:Premium", -income),
    ]
    for who, credit in (("LiMing", False), ("YunShang", True)):
        own = [each for each in known if each.credit is credit]
        prepaid = sum((each.unearned(day) for each in own), Decimal("0.00"))
        expense = sum((_earned(each, day) for each in own), Decimal("0.00"))
        figures += [
            (f"Assets:{who}:PrepaidInsurance", prepaid),
            (f"Expenses:{who}:Insurance", expense),
        ]
    lines += [f"{morning} balance {account} {number} CNY" for account, number in figures]
    return "\n".join(lines) + "\n"


def text() -> str:
    """The whole ledger."""
    known = policies()
    parts = [HEAD, "\n; --- The policies -----------------------------------------------\n"]
    parts += [f"\n{each.text()}" for each in known]
    parts.append("\n; --- The months -------------------------------------------------\n")
    parts += [f"\n{filed(month, known)}" for month in roll_forward(known)]
    return "".join(parts)


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        PATH.parent.mkdir(parents=True, exist_ok=True)
        PATH.write_text(text(), encoding="utf-8")
    sys.exit(PATH.read_text(encoding="utf-8") != text())

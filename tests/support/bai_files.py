"""BAI2 files, made record by record, with sums and counts as they should be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Entry:
    """A transaction: its type code, amount in the smallest unit, and what follows the amount."""

    code: str
    amount: int
    tail: str = "Z,B1,V-1,TEXT/"

    @property
    def signed(self) -> int:
        return self.amount if self.code < "400" or "920" <= self.code < "960" else -self.amount


@dataclass(frozen=True)
class Account:
    """An account: its number, balances by type code, and transactions."""

    number: str = "6200010"
    currency: str = ""
    opening: int = 100000
    entries: Sequence[Entry] = ()
    more: str = ""
    """Further summaries, each of four fields with a comma before."""
    more_total: int = 0

    @property
    def closing(self) -> int:
        return self.opening + sum(each.signed for each in self.entries)


@dataclass
class File:
    """A file that is made record by record, with sums and counts as they should be."""

    accounts: Sequence[Account]
    group: str = "1,260302,2359,USD,2"
    header: str = "01,BANK,CLIENT,260303,0600,7,,,2/"
    lines: list[str] = field(default_factory=list)

    def text(self) -> str:
        self.lines = [self.header, f"02,CLIENT,BANK,{self.group}/"]
        totals = [self._account(each) for each in self.accounts]
        total = sum(totals)
        self.lines.append(f"98,{total},{len(totals)},{len(self.lines)}/")
        self.lines.append(f"99,{total},1,{len(self.lines) + 1}/")
        return "\n".join([*self.lines, ""])

    def _account(self, account: Account) -> int:
        start = len(self.lines)
        balances = f"010,{account.opening},,,015,{account.closing},,"
        self.lines.append(f"03,{account.number},{account.currency},{balances}{account.more}/")
        for each in account.entries:
            self.lines += f"16,{each.code},{each.amount},{each.tail}".split("\n")
        total = account.opening + account.closing + account.more_total
        total += sum(each.amount for each in account.entries)
        self.lines.append(f"49,{total},{len(self.lines) - start + 1}/")
        return total


ENTRIES = (
    Entry("195", 120000, "V,260302,,T1,X-1,PREMIUM, QINGHE/"),
    Entry("495", 30000, "Z,T2,X-2,SURRENDER/\n88,SECOND LINE, WITH A COMMA"),
    Entry("698", 720, ",T3,,FEE/"),
)
SOUND = File([Account(entries=ENTRIES, more=",045,189280,,", more_total=189280)])

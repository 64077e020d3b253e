"""Random ledgers in many files: few accounts, scarce credit lines, and everything that goes wrong.

Nothing here is careful to be right: ids are issued twice, events come too early, lines are too
short by a little, and amounts have from no decimals to twelve.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

START = date(2026, 1, 28)
BUYERS, BANKS, INSURERS = ("PA", "PB"), ("BA", "BB"), ("IA", "IB")


def day(at: int) -> date:
    return START + timedelta(days=at)


@dataclass
class Crowd:
    """Directives, each a text that may stand in any file."""

    random: Random
    directives: list[str]

    @classmethod
    def of(cls, random: Random, vouchers: int = 12) -> Crowd:
        crowd = cls(random, [])
        crowd._world()
        for at in range(vouchers):
            crowd._live(f"V-{at}")
        return crowd

    def odds(self, percent: int) -> bool:
        return self.random.randrange(100) < percent

    def say(self, at: int, text: str, **terms: object) -> None:
        lines = [f"{day(at)} custom {text}"]
        for key, value in terms.items():
            if value is not None:
                told = str(value) if isinstance(value, date) else f'"{value}"'
                told = "TRUE" if value is True else told
                lines.append(f"  {key.replace('_', '-')}: {told}")
        self.directives.append("\n".join(lines) + "\n")

    def plain(self, at: int, text: str) -> None:
        self.directives.append(f"{day(at)} {text}\n")

    def amount(self, least: int = 1, most: int = 90) -> str:
        decimals = self.random.choice((2, 2, 2, 0, 3, 12))
        number = self.random.randrange(least * 10**decimals, most * 10**decimals)
        text = f"{number:0{decimals + 1}}"
        return f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text

    def _world(self) -> None:
        late = 2 if self.odds(20) else -400
        for party in BUYERS:
            self.say(-400, f'"voucher-party" "{party}" "policyholder"')
        for party in BANKS:
            self.say(late, f'"voucher-party" "{party}" "bank"')
        for party in INSURERS:
            self.say(-400, f'"voucher-party" "{party}" "insurer"', name=f"{party} Ltd")
        if self.odds(10):
            self.say(-399, '"voucher-party" "PA" "bank"')
        for customer, bank in product((*BUYERS, *INSURERS), BANKS):
            if self.odds(95):
                self.plain(-400, f"open Assets:{customer}:{bank}")
            self.plain(-400, f"open Liabilities:{bank}:Deposits:{customer}")
        self.plain(-400, "open Equity:World")
        for pair in product(BUYERS, BANKS, ("CNY", "US.X")):
            self._money(*pair)
        self._choices()

    def _money(self, buyer: str, bank: str, currency: str) -> None:
        """A credit line, what is there, and what somebody says is there."""
        random = self.random
        if self.odds(80):
            limit = random.choice((50, 80, 120))
            self.say(-300, f'"voucher-credit-line" "{buyer}" "{bank}" {limit} {currency}')
        for _ in range(random.randrange(3)):
            pair = f'"{buyer}" "{bank}" {self.amount()} {currency}'
            kind = random.choice(("credit-line", "repay", "repay"))
            self.say(random.randrange(40), f'"voucher-{kind}" {pair}')
        there = f"{random.choice(('60', '200', '1000000'))} {currency}"
        self.plain(
            random.randrange(-20, 12),
            f'* "money"\n  Assets:{buyer}:{bank}  {there}\n  Equity:World',
        )
        if self.odds(40):
            at = random.randrange(40)
            self.plain(at, f"balance Assets:{buyer}:{bank} {self.amount()} {currency}")

    def _choices(self) -> None:
        random = self.random
        for name, choices in (
            ("recognise-at", ("coverage", "accept", "settle")),
            ("advance-premium", ("separate", "unearned")),
            ("earning", ("none", "monthly", "daily")),
            ("check-funds", ("on", "on", "off")),
        ):
            if self.odds(60):
                chosen = random.choice(choices)
                self.say(random.randrange(99), f'"voucher-option" "{name}" "{chosen}"')
        if self.odds(40):
            self.say(random.randrange(30, 70), '"voucher-close" "2026-03"')
        self.plain(random.randrange(20), 'event "order" "delivered"')
        if self.odds(30):
            self.plain(random.randrange(20), 'event "order" "lost"')
        if self.odds(30):
            self.say(3, '"voucher-nonsense" "x"')

    def _live(self, voucher: str) -> None:
        random = self.random
        at = random.randrange(12)
        currency = random.choice(("CNY", "CNY", "US.X"))
        for _ in range(1 + self.odds(30)):
            self._issue(voucher, at, currency)
            at += random.randrange(4)
        kinds = ["accept", "apply", "settle"]
        if self.odds(40):
            kinds += ["apply", "settle"]
        for kind in random.sample(
            ("amend", "consent", "decline", "return", "release", "refund", "refund", "withdraw",
             "discrepancy", "void", "reject", "refuse"),
            random.randrange(6),
        ):  # fmt: skip
            kinds.insert(random.randrange(len(kinds) + 1), kind)
        number = 0
        for kind in kinds:
            at += random.randrange(4)
            number += kind == "amend"
            for _ in range(1 + self.odds(6)):
                self._event(voucher, kind, at, currency, max(number, 1))
        if number:
            for party in random.sample(("PA", "PB", "IA", "IB"), 3):
                self.say(at, f'"voucher-consent" "{voucher}" {number}', by=party)

    def _issue(self, voucher: str, at: int, currency: str) -> None:
        random = self.random
        start = day(at + random.randrange(-2, 15)) if self.odds(70) else None
        terms: dict[str, object] = {
            "policyholder": random.choice(BUYERS),
            "insurer": random.choice(INSURERS),
            "issuer": random.choice(BANKS),
            "acceptor": random.choice((*BANKS, None)),
            "funding": random.choice(("cash", "credit", "credit")),
            "accept_by": day(at + random.randrange(1, 6)),
            "apply_by": day(at + random.randrange(6, 30)),
            "cover_start": start,
            "cover_end": start and start + timedelta(days=random.randrange(60)),
            "draws": random.choice(("multiple", "multiple", "single", None)),
            "on_unmet": random.choice(("represent", None)),
            "product": random.choice(("=tea", "tea; coffee", None)),
            "note": random.choice(("several\nlines", None, None)),
        }
        if self.odds(15):
            terms["requires_event"] = "order=delivered"
        if self.odds(10):
            terms["requires_policy"] = True
        amount = f"{self.amount()} {currency}"
        if self.odds(15):
            self.say(at - random.randrange(3), f'"voucher-request" "{voucher}" {amount}', **terms)
        self.say(at, f'"voucher-issue" "{voucher}" {amount}', **terms)

    def _event(self, voucher: str, kind: str, at: int, currency: str, number: int) -> None:
        random = self.random
        some = f" {self.amount(1, 30)} {currency}" if self.odds(50) else ""
        if kind == "amend":
            terms = {"apply_by": day(at + 20)} if self.odds(30) else {}
            more = f" {self.amount()} {currency}" if self.odds(85) else ""
            self.say(at, f'"voucher-amend" "{voucher}" {number}{more}', **terms)
        elif kind in ("consent", "decline"):
            by = random.choice(("PA", "PB", "IA", "IB"))
            self.say(at, f'"voucher-{kind}" "{voucher}" {number}', by=by)
        elif kind == "refund":
            to = random.choice(("loan", "bank", None, None))
            more = f"{self.amount(1, 20)} {currency}"
            self.say(at, f'"voucher-refund" "{voucher}" {more}', reason="less", to=to)
        elif kind == "void":
            reason = random.choice(("cancelled", "insurance-returned", "not-accepted"))
            self.say(at, f'"voucher-void" "{voucher}"', reason=reason)
        elif kind in ("apply", "settle"):
            policy = "P-1" if kind == "apply" and self.odds(70) else None
            self.say(at, f'"voucher-{kind}" "{voucher}"{some}', policy=policy)
        else:
            why = "why" if kind in ("discrepancy", "return", "refuse") else None
            self.say(at, f'"voucher-{kind}" "{voucher}"', reason=why)

    def write(self, folder: Path, files: int) -> Path:
        """All directives in a number of files below a top file, in any order."""
        texts = [""] * files
        directives = list(self.directives)
        self.random.shuffle(directives)
        for directive in directives:
            texts[self.random.randrange(files)] += directive
        (folder / "facts" / "more").mkdir(parents=True)
        for at, text in enumerate(texts):
            under = folder / "facts" if at % 2 else folder / "facts" / "more"
            (under / f"{at}.beancount").write_text(text, encoding="utf-8")
        top = folder / "top.beancount"
        top.write_text(
            'option "title" "Crowd"\nplugin "beancount_voucher_plugin"\n'
            'include "facts/**/*.beancount"\n'
            f'{day(-400)} custom "voucher-option" "postings" "daily"\n',
            encoding="utf-8",
        )
        return top

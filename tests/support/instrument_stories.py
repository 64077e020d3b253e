"""Random lives of one voucher with amendments, draws and refunds, as text and as the model's."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount import loader

from tests.support import code_of
from tests.support.instrument_model import (
    BANK,
    BUYER,
    ENDED_BY,
    INSURER,
    OTHER,
    STRANGERS,
    Said,
    Whole,
)
from tests.support.lives import posted

if TYPE_CHECKING:
    from random import Random

CURRENCIES = {"JPY": 0, "CNY": 2, "KWD": 3, "XBT": 8}
START = date(2027, 1, 5)


@dataclass
class Story:
    """A voucher's life: its currency, and what the model makes of it."""

    currency: str
    whole: Whole

    def text(self) -> str:
        whole, currency = self.whole, self.currency
        lines = [
            'plugin "beancount_voucher_plugin"',
            *(
                f'2026-01-01 custom "voucher-party" "{party}" "{role}"'
                for party, role in (
                    (BUYER, "policyholder"),
                    (BANK, "bank"),
                    (OTHER, "bank"),
                    (INSURER, "insurer"),
                    *STRANGERS.items(),
                )
            ),
            f'2026-01-01 custom "voucher-credit-line" "{BUYER}" "{BANK}" {whole.limit} {currency}',
            f'2026-01-01 custom "voucher-option" "earning" "{whole.earning}"',
            f'2026-01-01 custom "voucher-option" "recognise-at" "{whole.recognise_at}"',
            '2026-01-01 custom "voucher-option" "check-funds" "off"',
            '2026-01-01 custom "voucher-option" "advance-premium" '
            f'"{"separate" if whole.separate else "unearned"}"',
            f"2026-01-01 open Assets:{BUYER}:{BANK}",
            f"2026-01-01 open Liabilities:{BANK}:Deposits:{BUYER}",
            f"2026-01-01 open Liabilities:{whole.acceptor}:Deposits:{INSURER}",
            f"2026-01-01 open Assets:{INSURER}:{whole.acceptor}",
        ]
        if whole.grace is not None:
            lines += [
                '2026-01-01 custom "voucher-option" "give-back" "stated"',
                f'2026-01-01 custom "voucher-option" "grace-days" "{whole.grace}"',
            ]
        for each in whole.said:
            lines += self.directive(each)
        return "\n".join(lines) + "\n"

    def directive(self, each: Said) -> list[str]:
        if each.kind == "close":
            return [f'{each.date} custom "voucher-close" "all"']
        number = f" {each.number}" if each.number else ""
        amount = "" if each.amount is None else f" {each.amount:f} {each.currency or self.currency}"
        if each.number and amount.startswith(" -"):  # else it would be subtracted
            amount = f" ({amount.split(maxsplit=1)[0]}) {self.currency}"
        meta = dict(each.meta)
        if each.kind == "repaid":
            return [f'{each.date} custom "voucher-repay" "{BUYER}" "{BANK}"{amount}']
        voucher = "V-2" if each.kind == "other" else "V-1"
        kind = "issue" if each.kind == "other" else each.kind
        if each.kind == "other":
            meta |= {"accept-by": each.date, "apply-by": each.date}
        if kind == "issue":
            meta |= {
                "policyholder": BUYER, "insurer": INSURER, "issuer": BANK,
                "acceptor": self.whole.acceptor, "funding": self.whole.funding,
            }  # fmt: skip
        return [
            f'{each.date} custom "voucher-{kind}" "{voucher}"{number}{amount}',
            *(f"  {key}: {self.value(value)}" for key, value in meta.items()),
        ]

    def value(self, value: Any) -> str:
        if isinstance(value, Decimal):
            return f"{value:f} {self.currency}"
        if value is True:
            return "TRUE"
        return value.isoformat() if isinstance(value, date) else f'"{value}"'


def differences(told: Story) -> list[str]:
    """Whatever the plugin has otherwise than the model."""
    text, whole = told.text(), told.whole
    entries, errors, _ = loader.load_string(text)
    lines = text.splitlines()
    codes = {lines[e.source["lineno"] - 1]: code_of(e.message) for e in errors}
    expected = {told.directive(each)[0]: each.code for each in whole.said if each.code}
    found = [
        f"{line}: the plugin has {codes.get(line)}, the model says {expected.get(line)}"
        for line in sorted(codes.keys() | expected.keys())
        if codes.get(line) != expected.get(line)
    ]
    has, says = posted(entries), {key: n for key, n in whole.posted.items() if n}
    found += [
        f"{key}: the plugin has {has.get(key)}, the model says {says.get(key)}"
        for key in sorted(has.keys() | says.keys())
        if has.get(key) != says.get(key)
    ]
    return found


def subject(each: Said) -> tuple[object, ...]:
    """What a directive is about: two of one kind, day and subject are duplicates."""
    parts: tuple[object, ...] = (f"{each.number:03}",)
    if each.kind in ("consent", "decline"):
        parts += (each.meta["by"],)
    if each.kind == "refund":
        parts += tuple(each.meta.get(key, "") for key in ("to", "reference"))
    return (each.date, each.kind, *parts)


def story(random: Random) -> Story:
    """A life that mostly goes as it may, and now and then does not."""
    currency = random.choice(list(CURRENCIES))
    return _Teller(random, currency).tell()


class _Teller:
    def __init__(self, random: Random, currency: str) -> None:
        self.random = random
        self.currency = currency
        self.day = START + timedelta(days=random.randrange(20))
        self.said: list[Said] = []
        self.number = 0
        self.whole = Whole(
            funding=random.choice(["cash", "credit"]),
            one_bank=random.random() < 0.3,
            recognise_at=random.choice(["coverage", "coverage", "accept", "settle"]),
            separate=random.random() < 0.7,
            earning=random.choice(["none", "monthly", "monthly", "daily"]),
            limit=Decimal(random.choice([6000, 100000])),
            said=self.said,
            grace=random.choice([None, None, None, 0, 3]),
        )

    def amount(self, most: int = 4000) -> Decimal:
        """Mostly with the decimals of its currency, now and then with fewer or more."""
        odd = self.random.random() < 0.1
        decimals = self.random.randrange(9) if odd else CURRENCIES[self.currency]
        units: int = 10**decimals
        return Decimal(self.random.randrange(1, most * units)) / Decimal(units)

    def say(self, kind: str, amount: Decimal | None = None, number: int = 0, **meta: Any) -> None:
        said = {key.replace("_", "-"): value for key, value in meta.items() if value is not None}
        self.said.append(Said(self.day, kind, amount, number, said))

    def later(self, most: int = 25) -> None:
        self.day += timedelta(days=self.random.randrange(most))
        if self.random.random() < 0.15:  # to the last day of a month, when much is due at once
            self.day = self.day.replace(day=monthrange(self.day.year, self.day.month)[1])

    def tell(self) -> Story:
        chance = self.random.random
        start = self.day + timedelta(days=self.random.randrange(-10, 30))
        cover: dict[str, Any] = {
            "cover_start": None if chance() < 0.1 else start,
            "cover_end": start + timedelta(days=self.random.choice([0, 1, 30, 90, 364])),
        }
        if cover["cover_start"] is None:
            cover["cover_end"] = None
        self.whole_days = (self.day, start)
        self.say(
            "issue", self.amount(),
            accept_by=self.day + timedelta(days=30),
            apply_by=self.day + timedelta(days=self.random.choice([60, 120, 200])),
            draws=self.random.choice(["multiple", "multiple", "single", None]),
            refund_by=self.day + timedelta(days=200) if chance() < 0.1 else None,
            requires_policy=True if chance() < 0.3 else None,
            not_before=self.day + timedelta(days=20) if chance() < 0.1 else None,
            on_unmet="represent" if chance() < 0.4 else None,
            **cover,
        )  # fmt: skip
        self.later(6)
        if chance() < 0.4:
            self.amended()
        if chance() < 0.95:
            self.later(6)
            self.say("accept")
        for _ in range(self.random.randrange(10)):
            self.later()
            self.random.choice([*[self.amended] * 2, *[self.drawn] * 3, self.refunded, self.rare])()
        if chance() < 0.7:
            self.later()
            self.ended()
        for _ in range(self.random.randrange(3)):
            self.later(60)
            self.refunded()
        self.day = max(each.date for each in self.said)
        self.later(300)
        self.say("close")
        self.one_a_day()
        self.whole.live()
        return Story(self.currency, self.whole)

    def one_a_day(self) -> None:
        """Two of a kind on one day are duplicates, which are tried elsewhere."""
        seen: dict[tuple[object, ...], Said] = {}
        for each in self.said:
            seen.setdefault(subject(each), each)
        self.said[:] = sorted(seen.values(), key=lambda each: tuple(map(str, subject(each))))

    def amended(self) -> None:
        chance = self.random.random
        self.number += self.number == 0 or chance() < 0.95
        meta: dict[str, Any] = {}
        amount = self.random.choice([self.amount(), self.amount(8000), None, Decimal(0)])
        if chance() < 0.3:
            meta["apply-by"] = self.day + timedelta(days=self.random.randrange(-3, 200))
        if chance() < 0.2:
            meta["cover-start"] = self.day + timedelta(days=self.random.randrange(-3, 20))
        if chance() < 0.25 and self.said[0].meta.get("cover-start"):
            meta["cover-end"] = self.day + timedelta(days=self.random.randrange(-3, 300))
        if chance() < 0.15:
            meta |= self.random.choice(
                [{"drop": "requires-policy"}, {"requires-policy": True}, {"on-unmet": "represent"}]
            )
        if chance() < 0.2:
            meta["draws"] = self.random.choice(["single", "multiple"])
        by = self.random.choice(
            [None, BUYER, INSURER, BANK, "Mallory" if chance() < 0.1 else BUYER]
        )
        self.said.append(
            Said(
                self.day, "amend", amount, self.number, meta | ({"requested-by": by} if by else {})
            )
        )
        for who in self.random.sample([BUYER, INSURER, BUYER, INSURER], 3):
            self.later(8)
            kind = "consent" if chance() < 0.9 else "decline"
            self.say(kind, number=max(self.number - (chance() < 0.03), 1), by=who)

    def drawn(self) -> None:
        policy = "P-1" if self.random.random() < 0.8 else None
        amount = self.random.choice([None, self.amount(1500), self.amount(1500)])
        self.say("apply", amount, policy=policy)
        if self.random.random() < 0.15:
            self.later(4)
            self.say("withdraw")
        self.later(4)
        self.say("settle", self.random.choice([None, None, self.amount(800)]))

    def refunded(self) -> None:
        since = self.day - timedelta(days=self.random.randrange(40))
        self.say(
            "refund", self.amount(600), reason="less risk",
            kept=self.amount(60) if self.random.random() < 0.3 else None,
            to=self.random.choice([None, None, "bank", "loan"]),
            reference=self.random.choice([None, "A", "B"]),
            **dict[str, Any]({"from": since if self.random.random() < 0.3 else None}),
        )  # fmt: skip

    def rare(self) -> None:
        if self.random.random() < 0.4:
            self.say(self.random.choice(["withdraw", "discrepancy"]), reason="it is so")
        elif self.random.random() < 0.3:
            self.given_back()
        else:
            self.say("return")

    def given_back(self) -> None:
        if self.random.random() < 0.7:
            by = self.random.choice([None, None, BANK, OTHER])
            self.say("recall", reason=self.random.choice(list(ENDED_BY)), by=by)
        if self.random.random() < 0.5:
            self.later(4)
            self.say("surrender", by=self.random.choice([None, None, BANK, self.whole.acceptor]))

    def ended(self) -> None:
        if self.random.random() < 0.3:
            self.given_back()
            self.later(4)
        if self.random.random() < 0.5:
            self.say("release", by=self.random.choice([None, INSURER, BANK]))
        else:
            reason = self.random.choice(
                [*ENDED_BY, "no-application", "insurance-returned", "conditions-unmet"]
            )
            self.say("void", reason=reason)

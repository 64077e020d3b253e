"""Ledgers out of thin air: strategies for the lives of a few vouchers between a few parties."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import product
from typing import Protocol, TypeVar

from hypothesis import strategies as st

from tests.support import model
from tests.support.model import Event, Money, Value

Ex = TypeVar("Ex")
DAY0 = date(2026, 3, 1)


@dataclass(frozen=True)
class World:
    """Who there is, and in what is paid."""

    policyholders: tuple[str, ...]
    banks: tuple[str, ...]
    insurers: tuple[str, ...]
    currencies: tuple[str, ...]

    @property
    def roles(self) -> dict[str, str]:
        return {
            **dict.fromkeys(self.policyholders, "policyholder"),
            **dict.fromkeys(self.banks, "bank"),
            **dict.fromkeys(self.insurers, "insurer"),
        }

    @property
    def pairs(self) -> list[tuple[str, str, str]]:
        """Who may have a credit line, or money, with whom and in what."""
        return list(product(self.policyholders, self.banks, self.currencies))


# So few that they often meet.
SMALL = World(("PA", "PB"), ("BA", "BB"), ("IA", "IB"), ("CNY", "USD"))
IDS = ("V1", "V2", "V3", "V4")
# Issued with another on one day, before or after it, out of the same pocket.
TWINS = ("A1", "Z1")
AMOUNTS = tuple(map(Decimal, ("100", "60", "25.50", "7", "100.00")))
CODES = ("4711", "0815")
LIMITS = tuple(map(Decimal, ("1000", "160", "1000", "100", "90")))
SMALLEST = Decimal(1)


def day(offset: int) -> date:
    return DAY0 + timedelta(days=offset)


class Draw(Protocol):
    """What draws from a strategy: a composite's ``draw``, or that of ``st.data()``."""

    def __call__(self, strategy: st.SearchStrategy[Ex], /) -> Ex: ...


def odds(draw: Draw, percent: int) -> bool:
    # Nothing shrinks to a surprise, and the ends of the range, which come up often, are none.
    return (draw(st.integers(0, 99)) + 90) % 100 < percent


def option_events(draw: st.DrawFn) -> list[Event]:
    recognise = draw(st.sampled_from(["coverage", "coverage", "accept", "settle"]))
    said = {"check-funds": "off"}
    if recognise != "coverage" or odds(draw, 20):
        said["recognise-at"] = recognise
    if odds(draw, 30):
        said["advance-premium"] = "unearned"
    if odds(draw, 40):
        said["hold-accounts"] = "per-voucher"
    # Its date has no effect, so it may be the ledger's last.
    when = day(draw(st.integers(-5, 40)))
    return [Event(when, "option", pair) for pair in said.items()]


def party_events(draw: st.DrawFn) -> list[Event]:
    own_bank = odds(draw, 25)
    late = day(draw(st.integers(0, 8))) if odds(draw, 6) else None
    result = []
    for party, role in SMALL.roles.items():
        meta: tuple[tuple[str, Value], ...] = ()
        if own_bank and party == "PA":
            meta = (("bank", "Assets:{party}:Own:{bank}"),)
        since = late if late and party == "IB" else date(2026, 1, 1)
        result.append(Event(since, "party", (party, role), None, meta))
    return result


def line_events(draw: st.DrawFn) -> list[Event]:
    result = []
    for policyholder, bank, currency in SMALL.pairs:
        pair = (policyholder, bank)
        if odds(draw, 8):
            continue
        limit = Money(draw(st.sampled_from(LIMITS)), currency)
        result.append(Event(date(2026, 1, 2), "credit-line", pair, limit))
        if odds(draw, 12):
            limit = Money(draw(st.sampled_from([*LIMITS, Decimal(0), Decimal(-1)])), currency)
            result.append(Event(day(draw(st.integers(0, 25))), "credit-line", pair, limit))
        if odds(draw, 5):
            repaid = Money(draw(st.sampled_from([*AMOUNTS, Decimal(0)])), currency)
            result.append(Event(day(draw(st.integers(5, 28))), "repay", pair, repaid))
    return result


def shop_events(draw: st.DrawFn) -> list[Event]:
    """What the orders of requires-event went through; one thing a day."""
    result = []
    for name in ("order-1", "order-2"):
        first = draw(st.integers(0, 9))
        for offset in (first, *draw(st.sets(st.integers(10, 20), max_size=1))):
            value = draw(st.sampled_from(["delivered"] * 6 + ["lost"]))
            result.append(Event(day(offset), "event", (name, value)))
    return result


def conditions(draw: st.DrawFn, issued: int) -> dict[str, Value]:
    result: dict[str, Value] = {}
    if odds(draw, 35):
        result["requires-policy"] = True
    if odds(draw, 15):
        result["requires-amount"] = "exact"
    if odds(draw, 10):
        result["requires-document"] = True
    if odds(draw, 30):
        wanted = ["order-1=delivered"] * 3 + [
            "order-1=delivered; order-2=delivered",
            "order-2=lost",
        ]
        result["requires-event"] = draw(st.sampled_from(wanted))
    if odds(draw, 15):
        result["requires-code"] = "sha256:" + sha256(CODES[0].encode()).hexdigest()
    if odds(draw, 20):
        result["not-before"] = day(issued + draw(st.integers(2, 12)))
    return result


@dataclass
class Life:
    """The most likely life of one voucher, with the odd stumble."""

    draw: st.DrawFn
    id: str
    world: World = SMALL
    events: list[Event] = field(default_factory=list)

    def gap(self, most: int = 4) -> int:
        return self.draw(st.integers(0, most))

    def say(
        self,
        when: int,
        kind: str,
        amount: Money | None = None,
        **meta: Value | None,
    ) -> None:
        said = tuple((k.replace("_", "-"), v) for k, v in meta.items() if v is not None)
        self.events.append(Event(day(when), kind, (self.id,), amount, said))

    def terms(self, issued: int) -> dict[str, Value]:
        draw = self.draw
        self.accept_by = issued + self.gap()
        self.apply_by = self.accept_by + self.gap(6)
        result: dict[str, Value] = {
            "policyholder": draw(st.sampled_from(self.world.policyholders)),
            "insurer": draw(st.sampled_from(self.world.insurers)),
            "issuer": draw(st.sampled_from(self.world.banks)),
            "funding": draw(st.sampled_from(["cash", "credit"])),
            "accept-by": day(self.accept_by),
            "apply-by": day(self.apply_by),
        }
        if not odds(draw, 25):
            others = [bank for bank in self.world.banks if bank != result["issuer"]]
            result["acceptor"] = draw(st.sampled_from([*others * 4, result["issuer"]]))
        if not odds(draw, 35):
            result["cover-start"] = start = day(
                issued + draw(st.sampled_from([12, 9, 8, 7, 5, 4, 2, 0, -1]))
            )
            if odds(draw, 15):
                result["cover-end"] = start + timedelta(days=draw(st.integers(-1, 30)))
        if odds(draw, 50):
            result["on-unmet"] = draw(st.sampled_from(["represent", "represent", "void"]))
        result |= conditions(draw, issued)
        self.bank = str(result.get("acceptor", result["issuer"]))
        self.insurer = str(result["insurer"])
        self.policyholder = str(result["policyholder"])
        self.issuer = str(result["issuer"])
        self.credit = result["funding"] == "credit"
        self.represent = result.get("on-unmet") == "represent"
        return result

    def by(self, *right: str) -> str | None:
        if not odds(self.draw, 20):
            return None
        return self.draw(st.sampled_from(right * 8 + tuple(self.world.roles)))

    def live(self, when: int) -> list[Event]:
        draw = self.draw
        currency = draw(st.sampled_from([self.world.currencies[0], *self.world.currencies]))
        self.amount = Money(draw(st.sampled_from(AMOUNTS)), currency)
        terms = self.terms(when)
        if odds(draw, 30) and not self.requested(when, terms):
            return self.events
        self.events.append(Event(day(when), "issue", (self.id,), self.amount, tuple(terms.items())))
        self.crowded(when, terms)
        self.accepted(when)
        return self.events

    def crowded(self, when: int, terms: dict[str, Value]) -> None:
        """Now and then others want the same line, or the bank takes a part of it away."""
        draw = self.draw
        for twin in TWINS:
            if odds(draw, 8):
                meta = tuple(terms.items())
                self.events.append(Event(day(when), "issue", (twin,), self.amount, meta))
        if self.credit and odds(draw, 12):
            pair = (self.policyholder, self.issuer)
            limit = Money(draw(st.sampled_from(AMOUNTS)), self.amount.currency)
            self.events.append(Event(day(when + self.gap()), "credit-line", pair, limit))

    def requested(self, when: int, terms: dict[str, Value]) -> bool:
        """Ask for the voucher; some terms are then left to the request alone."""
        asked = {k: v for k, v in terms.items() if k in {"policyholder", "insurer"}}
        asked |= {k: v for k, v in terms.items() if k not in asked and odds(self.draw, 30)}
        if odds(self.draw, 15):
            asked["product"] = "tea"
        meta = tuple(asked.items())
        self.events.append(Event(day(when - self.gap(2)), "request", (self.id,), self.amount, meta))
        if odds(self.draw, 12):
            self.say(when, "refuse")
            return odds(self.draw, 30)
        for key in asked:
            if odds(self.draw, 60):
                terms.pop(key, None)
        return True

    def accepted(self, when: int) -> None:
        draw = self.draw
        if odds(draw, 4):
            self.say(when + self.gap(), "return")
        fate = draw(st.sampled_from(["accept"] * 20 + ["reject", "cancelled", "late", "open"]))
        if fate == "accept":
            when = min(when + self.gap(), self.accept_by + odds(draw, 5))
            instructed = self.insurer if odds(draw, 15) else None
            self.say(when, "accept", by=self.by(self.bank), instructed_by=instructed)
            self.applied(when)
        elif fate == "reject":
            self.say(when + self.gap(), "reject", by=self.by(self.bank, self.insurer))
        elif fate == "cancelled":
            self.say(when + self.gap(), "void", reason="cancelled")
        elif fate == "late":
            self.say(self.accept_by + self.gap(3), "void", reason="not-accepted")

    def applied(self, when: int) -> None:
        draw = self.draw
        if odds(draw, 10):
            returned = when + self.gap(8)
            self.say(returned, "return")
            if odds(draw, 70):
                self.say(returned + self.gap(), "void", reason="insurance-returned")
        fate = draw(st.sampled_from(["apply"] * 14 + ["late", "open"]))
        if fate == "late":
            self.say(self.apply_by + self.gap(3), "void", reason="no-application")
        if fate != "apply":
            return
        when = self.application(when)
        if odds(draw, 40 if self.represent else 4):
            when = self.application(when)
        fate = draw(st.sampled_from(["settle"] * 12 + ["void", "open"]))
        if fate == "void" or odds(draw, 10):
            self.say(when + self.gap(8), "void", reason="conditions-unmet")
        if fate == "settle":
            when += self.gap(6)
            self.say(when, "settle", self.part(30))
            if self.credit and odds(draw, 50):
                repaid = Money(min(self.amount.number, Decimal(7)), self.amount.currency)
                pair = (self.policyholder, self.issuer)
                self.events.append(Event(day(when + self.gap()), "repay", pair, repaid))

    def application(self, when: int) -> int:
        draw = self.draw
        when = min(when + self.gap(), self.apply_by + odds(draw, 5))
        self.say(
            when,
            "apply",
            self.part(30),
            policy=None if odds(draw, 10) else "P-1",
            code=None if odds(draw, 10) else draw(st.sampled_from([CODES[0]] * 8 + [CODES[1]])),
            document=None if odds(draw, 10) else "proof.pdf",
            by=self.by(self.insurer, self.policyholder),
        )
        return when

    def part(self, percent: int) -> Money | None:
        """Some of the premium, seldom more than there is."""
        if not odds(self.draw, percent):
            return None
        number, currency = self.amount
        choice = self.draw(st.integers(0, 19))
        if choice < 17:
            return Money(SMALLEST * (choice % 5 + 1), currency)
        if choice == 19:
            return Money(Decimal(0), currency)
        if choice == 18:
            return Money(number, next(c for c in self.world.currencies if c != currency))
        return Money(number * 2, currency)


def altered(draw: Draw, event: Event) -> Event:
    """The same directive on the same day that says something else."""
    meta = dict(event.meta)
    change = draw(st.integers(0, 3))
    if change == 0 or event.kind not in model.KNOWN_KEYS:
        return event
    if event.amount and change == 1:
        number, currency = event.amount
        return replace(event, amount=Money(number - SMALLEST, currency))
    if event.amount and event.kind in {"apply", "settle"} and change == 2:
        return replace(event, amount=None)
    meta["note-more" if change == 3 else "by"] = draw(st.sampled_from(tuple(SMALL.roles)))
    return replace(event, meta=tuple(meta.items()))


def malformed(draw: st.DrawFn, event: Event) -> Event:
    meta = dict(event.meta)
    change = draw(st.integers(0, 4))
    if event.kind not in model.KNOWN_KEYS:
        return event
    if change == 0:
        return replace(event, subject=("v9",))
    if change == 1:
        meta["foo"] = "x"
    elif change == 2 and event.kind == "void":
        meta["reason"] = "weather"
    elif change == 3 and event.kind in {"issue", "request"}:
        meta["policyholder"] = draw(st.sampled_from(["PX", "IA"]))
    elif change == 4 and event.kind == "issue":
        meta["requires-policy"] = False
    else:
        meta.pop("reason" if event.kind == "void" else "insurer", None)
    return replace(event, meta=tuple(meta.items()))


def disturbed(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """Leave out, repeat, change and move some."""
    result: list[Event] = []
    for event in events:
        what = draw(st.integers(0, 99))
        moved = replace(event, date=event.date + timedelta(days=draw(st.integers(-3, 3))))
        if what < 90:
            result.append(event)
        elif what < 92:
            result += [event, event]
        elif what < 94:
            result += [event, altered(draw, event)]
        elif what < 96:
            result.append(moved)
        elif what < 97:
            result += [event, moved]
        elif what < 98:
            result.append(malformed(draw, event))
        elif what < 99:
            result += [malformed(draw, event), event]
    return result


def stray(draw: st.DrawFn) -> Event:
    """Anything, about anyone."""
    kind = draw(st.sampled_from(["refuse", "reject", "accept", "apply", "return", "settle"]))
    when = day(draw(st.integers(0, 25)))
    if odds(draw, 30):
        reason = draw(st.sampled_from(sorted(model.REASONS)))
        return Event(when, "void", (draw(st.sampled_from(IDS)),), None, (("reason", reason),))
    return Event(when, kind, (draw(st.sampled_from(IDS)),))


@st.composite
def stories(draw: st.DrawFn) -> list[Event]:
    events = option_events(draw) + party_events(draw)
    told = line_events(draw)
    for voucher in IDS[: draw(st.sampled_from([3, 4, 2, 1, 4, 3]))]:
        told += Life(draw, voucher).live(draw(st.integers(0, 12)))
    if odds(draw, 12):
        told += Life(draw, draw(st.sampled_from(IDS))).live(draw(st.integers(0, 12)))
    told += [stray(draw) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    if not odds(draw, 40):
        told.append(Event(day(draw(st.integers(20, 32))), "close", ("2026-03",)))
    events += disturbed(draw, told) + shop_events(draw)
    return draw(st.permutations(events))

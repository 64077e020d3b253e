"""Ledgers in which every rule of the life is broken once, and every posting is made.

Each voucher goes a proper way to some point, and there does one thing more: with the first
fault that there is in the product, one of them comes out otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from tests.support.model import Event, Money, Value
from tests.support.strategies import day

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = date(2026, 1, 1)
ROLES = {"PA": "policyholder", "BA": "bank", "BB": "bank", "IA": "insurer", "IB": "insurer"}
PREMIUM = Money(Decimal(100), "CNY")
NOTHING = Money(Decimal(0), "CNY")
TOO_MUCH = Money(Decimal(101), "CNY")
FOREIGN = Money(Decimal(1), "USD")
PART = Money(Decimal(30), "CNY")


@dataclass(frozen=True)
class Kind:
    """What the vouchers of one ledger have in common."""

    funding: str
    acceptor: str | None
    cover: int | None
    represent: bool
    recognise: str

    def terms(self) -> dict[str, Value]:
        result: dict[str, Value] = {
            "policyholder": "PA",
            "insurer": "IA",
            "issuer": "BA",
            "funding": self.funding,
            "accept-by": day(3),
            "apply-by": day(6),
            "requires-policy": True,
        }
        if self.acceptor:
            result["acceptor"] = self.acceptor
        if self.cover is not None:
            result["cover-start"] = day(self.cover)
        if self.represent:
            result["on-unmet"] = "represent"
        return result


KINDS = (
    Kind("cash", "BB", 20, represent=False, recognise="coverage"),
    Kind("credit", "BB", None, represent=True, recognise="accept"),
    Kind("cash", None, 2, represent=True, recognise="coverage"),
    Kind("credit", None, 20, represent=False, recognise="settle"),
    Kind("cash", "BB", 2, represent=False, recognise="settle"),
)


def said(kind: str, when: int, amount: Money | None = None, **meta: Value) -> Event:
    """Something about a voucher that has no name yet."""
    told = tuple((key.replace("_", "-"), value) for key, value in meta.items())
    return Event(day(when), kind, (), amount, told)


def void(when: int, reason: str) -> Event:
    return said("void", when, reason=reason)


def by_whom(*events: Event) -> Iterator[Event]:
    """The same done by each party, and by a person."""
    for who in (*ROLES, "Lin"):
        for event in events:
            yield replace(event, meta=(*event.meta, ("by", who)))


ACCEPT = said("accept", 1)
APPLY = said("apply", 2, policy="P-1")
SETTLE = said("settle", 4)
RETURN = said("return", 2)
UNPROVEN = said("apply", 2)


def openings(kind: Kind) -> Iterator[list[Event]]:
    terms = kind.terms()
    late = terms | {"accept-by": day(-1)}
    swapped = terms | {"accept-by": day(6), "apply-by": day(3)}
    other = terms | {"insurer": "IB"}
    over = Money(Decimal(10**6), "CNY")
    request, issue = said("request", 0, PREMIUM, **terms), said("issue", 0, PREMIUM, **terms)
    yield [said("request", 0, NOTHING, **terms)]
    yield [request, said("refuse", 0)]
    yield [request, said("refuse", 0), issue]
    yield [request, issue]
    yield [request, said("issue", 1, PREMIUM, **other)]
    yield [request, said("issue", 1, PART, **terms)]
    yield [request, said("issue", 1, PREMIUM, **(other | {"accept-by": day(0)}))]
    for wrong, amount in (
        (terms, NOTHING),
        (late, PREMIUM),
        (swapped, PREMIUM),
        (late, NOTHING),
        (terms, over),
        (late, over),
    ):
        yield [said("issue", 0, amount, **wrong)]
    yield [issue, said("reject", 0)]


def issued() -> Iterator[list[Event]]:
    yield from ([], [said("accept", 3)], [said("accept", 4)], [said("accept", 1, by="IB")])
    yield [said("accept", 4, by="IB")]
    yield [said("accept", 1, instructed_by="IB")]
    yield [RETURN, said("accept", 2)]
    yield [RETURN, said("accept", 3)]
    yield [ACCEPT, said("apply", 1, policy="P-1")]
    yield [RETURN, said("accept", 4)]
    yield [said("reject", 2, by="PA")]
    yield [said("reject", 2, by="IA")]
    yield [said("reject", 1), ACCEPT]
    for reason in ("not-accepted", "cancelled", "insurance-returned", "no-application"):
        yield from ([void(3, reason)], [void(4, reason)], [RETURN, void(4, reason)])
        yield from ([each] for each in by_whom(void(3, reason), void(4, reason)))
        yield from ([RETURN, each] for each in by_whom(void(4, reason)))
    yield from ([each] for each in by_whom(RETURN))


def accepted() -> Iterator[list[Event]]:
    yield from ([], [said("apply", 6)], [said("apply", 7)])
    yield [said("apply", 2, by="IB")]
    yield [said("apply", 7, by="IB")]
    for amount in (NOTHING, TOO_MUCH, FOREIGN, PART):
        yield from ([said("apply", 2, amount)], [said("apply", 7, amount)])
        yield [RETURN, said("apply", 3, amount)]
    yield [RETURN, APPLY]
    yield [RETURN, said("apply", 7)]
    for reason in ("no-application", "insurance-returned", "cancelled"):
        yield from ([void(6, reason)], [void(7, reason)], [RETURN, void(7, reason)])
        yield from ([each] for each in by_whom(void(6, reason), void(7, reason)))


def applied() -> Iterator[list[Event]]:
    yield from ([], [SETTLE], [said("settle", 4, PART)], [SETTLE, said("accept", 9)])
    for amount in (NOTHING, TOO_MUCH, FOREIGN):
        yield from ([said("settle", 4, amount)], [said("return", 3), said("settle", 4, amount)])
        yield from ([said("apply", 3, amount)], [said("return", 3), said("apply", 3, amount)])
    yield [said("return", 4), SETTLE]
    yield [said("return", 3), said("apply", 4, policy="P-2")]
    yield [said("apply", 3, PART, policy="P-2"), SETTLE]
    yield [said("apply", 3, by="IB")]
    yield [said("apply", 7, by="IB")]
    yield [said("apply", 7, TOO_MUCH)]
    yield [void(5, "conditions-unmet")]
    yield [void(7, "conditions-unmet")]
    yield [void(5, "insurance-returned")]
    yield [said("return", 3), void(5, "insurance-returned")]
    yield from ([each] for each in by_whom(SETTLE, said("settle", 4, NOTHING)))


def unproven() -> Iterator[list[Event]]:
    yield from ([SETTLE], [said("return", 3), SETTLE], [said("settle", 4, NOTHING)])
    yield from ([void(day, "conditions-unmet")] for day in (2, 3, 5, 7))
    yield from ([each] for each in by_whom(*(void(day, "conditions-unmet") for day in (2, 7))))


def endings(kind: Kind) -> Iterator[list[Event]]:
    """Every way that a voucher goes, its issue first."""
    yield from openings(kind)
    issue = said("issue", 0, PREMIUM, **kind.terms())
    for before, after in (
        ([issue], issued()),
        ([issue, ACCEPT], accepted()),
        ([issue, ACCEPT, APPLY], applied()),
        ([issue, ACCEPT, UNPROVEN], unproven()),
    ):
        yield from (before + last for last in after)


def ledgers() -> Iterator[list[Event]]:
    """One for each kind of voucher."""
    yield from map(ledger, KINDS)


def ledger(kind: Kind) -> list[Event]:
    told = [Event(BEFORE, "party", who) for who in ROLES.items()]
    told += [
        Event(BEFORE, "option", ("check-funds", "off")),
        Event(BEFORE, "option", ("recognise-at", kind.recognise)),
        Event(BEFORE, "credit-line", ("PA", "BA"), Money(Decimal(50000), "CNY")),
        Event(day(8), "repay", ("PA", "BA"), PART),
        Event(day(9), "repay", ("PA", "BA"), Money(Decimal(40000), "CNY")),
        Event(day(30), "close", ("2026-03",)),
    ]
    for number, events in enumerate(endings(kind)):
        told += [replace(event, subject=(f"V{number:03}",)) for event in events]
    return told

"""Striking: what the issuer refused counts for nothing in the life (manual: exchange).

Nor does a later fact of the same side that no longer fits without it. Books are not rewritten:
what was struck stays booked, and is reversed on the day of the refusal.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import order
from beancount_voucher.lifecycle.credit_lines import CreditLine, CreditLines
from beancount_voucher.lifecycle.events import DERIVED, State
from beancount_voucher.lifecycle.vouchers import Struck

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.credit_lines import Pair
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher

STRIKABLE = frozenset(
    {
        "accept",
        "reject",
        "apply",
        "withdraw",
        "return",
        "consent",
        "decline",
        "surrender",
        "release",
        "refund",
    }
)
"""What others than the issuer say; the issuer's own record stands, whatever they refuse of it."""


@dataclass(slots=True)
class Strikes:
    """The refusals that may strike facts of one voucher.

    Attributes:
        facts: all its other facts, in their order.
        refusals: in their order.
        has_struck: whether a fact was struck so far, so that later ones may no longer fit.
    """

    facts: list[Fact]
    refusals: tuple[Fact, ...]
    has_struck: bool = False

    def takes(self, fact: Fact, voucher: Voucher | None) -> Fact | None:
        """The refusal that names a fact in as many words."""
        if voucher is None or not _is_others(fact, voucher):
            return None
        found = (
            refusal
            for refusal in self.refusals
            if _names(refusal, fact, voucher.agreed) and is_ordered_by(refusal, voucher.agreed)
        )
        refusal = next(found, None)
        self.has_struck = self.has_struck or refusal is not None
        return refusal

    def takes_along(self, fact: Fact, voucher: Voucher | None) -> Fact | None:
        """The refusal by which a fact does not fit, as an earlier one was struck."""
        if not self.has_struck or not _is_others(fact, voucher):
            return None
        last = self.refusals[-1]
        return last if order(fact) < order(last) else None

    def before(self, refusal: Fact) -> tuple[Strikes, Strikes]:
        """The same as it was known before a refusal and right after it."""
        at = self.refusals.index(refusal)
        facts = [fact for fact in self.facts if order(fact) < order(refusal)]
        return Strikes(facts, self.refusals[:at]), Strikes(facts, self.refusals[: at + 1])


def _names(refusal: Fact, fact: Fact, terms: Terms) -> bool:
    """Whether it is of this fact, even if the refuser's clock was a day behind.

    Both customers may say the like on one day, and each says it to his own bank: what one of
    them has said was in no message of the other's side.
    """
    if (refusal.terms["of"], refusal.terms["on"]) != (fact.kind, fact.date):
        return False
    sender, author = refusal.ids[0], fact.terms.get("by")
    if author == terms.policyholder:
        return sender not in {terms.acceptor, terms.insurer} - {terms.issuer}
    return author != terms.insurer or sender != terms.policyholder


def is_ordered_by(refusal: Fact, terms: Terms) -> bool:
    """Whether who has refused it may: the issuer, or the bank that passes it on to a customer."""
    if refusal.message is None:
        return True
    refuser, receiver = refusal.came_from, refusal.came_to
    if receiver == terms.issuer:
        return False
    return refuser == terms.issuer or (refuser, receiver) == (terms.acceptor, terms.insurer)


def _is_others(fact: Fact, voucher: Voucher | None) -> bool:
    """Whether others than the issuer have said it."""
    if voucher is None or voucher.terms is None or fact.kind not in STRIKABLE:
        return False
    terms = voucher.terms
    if fact.kind == "release" and fact.terms.get("by") != terms.insurer:
        return False
    return fact.came_from != terms.issuer


def strikes_in(facts: Iterable[Fact]) -> dict[str, Strikes]:
    """What may be struck in a ledger, by voucher."""
    refusals: dict[str, list[Fact]] = defaultdict(list)
    known = list(facts)
    for fact in known:
        if fact.kind == "refusal" and _can_strike(fact):
            refusals[fact.ids[2]].append(fact)
    if not refusals:
        return {}
    others: dict[str, list[Fact]] = {voucher: [] for voucher in refusals}
    for fact in known:
        if fact.kind != "refusal" and (about := fact.voucher) in others:
            others[about].append(fact)
    return {voucher: Strikes(others[voucher], tuple(each)) for voucher, each in refusals.items()}


def _can_strike(refusal: Fact) -> bool:
    return refusal.terms["code"] != "duplicate" and refusal.terms["of"] in STRIKABLE


def struck_between(refusal: VoucherEvent, before: Voucher, after: Voucher) -> Struck | None:
    """What a refusal strikes of a voucher; None: nothing.

    Args:
        refusal: the refusal.
        before: how it was lived up to the day of the refusal.
        after: the same without what is refused.
    """
    stays, had = ([booked(event) for event in each.events] for each in (after, before))
    gone = tuple(event for event in before.events if booked(event) not in stays)
    known = {(event.kind, event.place) for event in gone}
    others = [event for event in after.events if booked(event) not in had]
    instead = [event for event in others if (event.kind, event.place) in known]
    if any(event.kind not in DERIVED for event in instead):
        instead = others  # what holds only now goes with what it makes another, or counts twice
    return Struck(refusal, before, gone, after, tuple(instead)) if gone else None


def booked(event: VoucherEvent) -> VoucherEvent:
    """An event but for the state that it led to, which no book shows."""
    return event._replace(state=State.NONE)


class Unlimited(CreditLines):
    """Credit lines on which there is always room, to live one voucher without the others."""

    def get(self, pair: Pair) -> CreditLine:
        """A line that is far from its limit and from nothing drawn, at first."""
        return self.all().setdefault(pair, CreditLine(3 * _MUCH, Decimal(0), _MUCH))


_MUCH = Decimal(10) ** 30

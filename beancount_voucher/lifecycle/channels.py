"""What bars the directives of the exchange: keys, and messages that were sent and received.

Numbers of a channel (one sender, one receiver) go up by one: a message is recorded once, and
none is left out (manual: exchange).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.schema import DIRECTIVES, Slot
from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import LedgerState

KEPT = ("key", "revoke", "resume", "sent", "received")
"""The directives that say what is known of a channel."""

NUMBERED = ("sent", "received")


def exchanges(exchanged: Collection[Fact], facts: Iterable[Fact]) -> bool:
    """Whether a ledger exchanges messages: it has keys or messages, or facts that name one.

    Args:
        exchanged: those of an evaluation.
        facts: of the ledger.
    """
    return bool(exchanged) or any(fact.message is not None for fact in facts)


def problem(ledger_state: LedgerState, before: Sequence[Fact], fact: Fact) -> Problem | None:
    """Why a directive of the exchange does not count.

    Args:
        ledger_state: for the parties.
        before: those that count, in their order.
        fact: the next one.
    """
    values = DIRECTIVES[fact.kind].values.items()
    for party, (name, slot) in zip(fact.ids, values, strict=True):
        if slot is Slot.PARTY and party not in ledger_state.parties:
            return fact.problem(
                "unknown-party",
                f"{name} is {quoted(party)}, which is not declared by {fact.date}",
                "a voucher-party",
            )
    if fact.kind in NUMBERED:
        return _number_problem(before, fact)
    return None


def _number_problem(before: Sequence[Fact], fact: Fact) -> Problem | None:
    """A message is recorded after the one before it, and once."""
    channel, number = fact.ids[:2], int(fact.ids[2])
    last = next(
        (each for each in reversed(before) if each.kind == fact.kind and each.ids[:2] == channel),
        None,
    )
    known = 0 if last is None else int(last.ids[2])
    if number == known + 1:
        return None
    name = " ".join(fact.ids)
    if last is None or number > known:
        return fact.problem("out-of-order", f"{fact.kind} of message {name}", f"number {known + 1}")
    where = last.place.seen_from(fact.place)
    return fact.problem(
        "duplicate",
        f"{fact.kind} of message {name} after number {known} on {last.date} ({where})",
        f"number {known + 1}",
    )

"""Keys: which of them count on a day, and what they may sign (manual: exchange).

A key is judged by the day on which its message is recorded here, never by the day that the
signer claims.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import Money
from beancount_voucher.directives.public_keys import bare, fingerprint

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount_voucher.directives.facts import Fact


class Key(NamedTuple):
    """A key as a ledger declares it.

    Attributes:
        party: whose it is.
        line: the public key as OpenSSH writes it, without a comment.
        fingerprint: what people compare.
        since: its first day.
        until: its last; None for no last.
        kinds: the kinds of facts that it may sign; None for all.
        limit: the most that one fact may be about; None for anything.
        revoked: from which day on it counts for nothing; None: it is not revoked.
    """

    party: str
    line: str
    fingerprint: str
    since: dt.date
    until: dt.date | None = None
    kinds: frozenset[str] | None = None
    limit: Money | None = None
    revoked: dt.date | None = None

    def fault(self, date: dt.date) -> str | None:
        """Why it signs nothing on a day: a code; None: it does."""
        if self.revoked is not None and self.revoked <= date:
            return "key-revoked"
        if date < self.since:
            return "unknown-key"
        return "key-expired" if self.until is not None and self.until < date else None

    def may_sign(self, kind: str, amount: Money | None) -> bool:
        """Whether it may sign a fact.

        Args:
            kind: of the fact.
            amount: what it moves, or its voucher's; None where it is about no money.
        """
        if self.kinds is not None and kind not in self.kinds:
            return False
        if self.limit is None or amount is None:
            return True
        return amount.currency == self.limit.currency and amount.number <= self.limit.number


def keys_of(exchanged: Iterable[Fact], party: str) -> list[Key]:
    """The keys that a ledger declares for a party, in the order of their first days.

    Args:
        exchanged: of an evaluation.
        party: whose.
    """
    own = [fact for fact in exchanged if fact.ids[0] == party]
    revoked = {fact.ids[1]: fact.date for fact in reversed(own) if fact.kind == "revoke"}
    return [_key(fact, revoked) for fact in own if fact.kind == "key"]


def _key(fact: Fact, revoked: dict[str, dt.date]) -> Key:
    party, line = fact.ids
    mark = fingerprint(line)
    assert mark is not None
    kinds, limit = fact.terms.get("kinds"), fact.terms.get("limit")
    return Key(
        party=party,
        line=bare(line),
        fingerprint=mark,
        since=fact.date,
        until=fact.terms.get("until"),
        kinds=None if kinds is None else frozenset(kinds.split(" ")),
        limit=None if limit is None else Money(limit.number, limit.currency),
        revoked=revoked.get(mark),
    )


def best_of(keys: Iterable[Key], mark: str, date: dt.date) -> tuple[Key | None, str]:
    """The declaration of a key that counts on a day, and else why none does.

    Args:
        keys: of one party.
        mark: the key's fingerprint.
        date: when the message is recorded.
    """
    found = [key for key in keys if key.fingerprint == mark]
    for key in found:
        if key.fault(date) is None:
            return key, ""
    faults = [str(key.fault(date)) for key in found]
    worst = [each for each in ("key-revoked", "key-expired") if each in faults]
    return None, worst[0] if worst else "unknown-key"

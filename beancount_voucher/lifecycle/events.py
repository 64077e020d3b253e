"""States, terms, and the events that lead from one to the other."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.schema import DEFAULTS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.credit_lines import Pair


class State(StrEnum):
    """The states of a voucher (manual: life); NONE is the dash of its table."""

    NONE = "–"
    REQUESTED = "requested"
    REFUSED = "refused"
    ISSUED = "issued"
    ACCEPTED = "accepted"
    APPLIED = "applied"
    REJECTED = "rejected"
    SETTLED = "settled"
    VOIDED = "voided"


OPEN = (State.ISSUED, State.ACCEPTED, State.APPLIED)
"""Something is on hold."""

FINAL = (State.REFUSED, State.REJECTED, State.SETTLED, State.VOIDED)
"""Nothing can happen any more."""

DERIVED = ("recognise", "cover", "earn", "lapse", "effect")
"""Entries that no directive states; they stand at the issue's line, and those of an amendment at
its own: a lapse at its offer, an effect at the consent that brought it."""


class Terms(NamedTuple):
    """What an issue and its request agree on.

    Attributes:
        amount: the premium, more than zero.
        accept_by: the last day for acceptance.
        apply_by: the last day for an application.
        cover_start: the first covered day; None: cover starts at acceptance.
        funding: ``cash`` or ``credit``; nothing where a message has brought the issue to the
            acceptor's side, who is not told.
        conditions: settlement conditions, key to value, in the order of their keys.
        draws: ``single``: one settlement ends it; ``multiple``: what is left stays on hold.
        refund_by: the last day for a refund, if one was agreed.
        voucher: whose terms they are.
        product: what is insured, if that is said.
    """

    amount: Money
    policyholder: str
    issuer: str
    acceptor: str
    insurer: str
    funding: str
    accept_by: dt.date
    apply_by: dt.date
    cover_start: dt.date | None = None
    cover_end: dt.date | None = None
    on_unmet: str = DEFAULTS["on-unmet"]
    conditions: Mapping[str, Any] = MappingProxyType({})
    draws: str = DEFAULTS["draws"]
    refund_by: dt.date | None = None
    voucher: str = ""
    product: str | None = None

    @property
    def parties(self) -> tuple[str, ...]:
        """Policyholder, issuer, acceptor, insurer."""
        return self[1:5]

    @property
    def credit_line(self) -> Pair:
        """Which credit line is theirs: the policyholder's with its bank, in their currency."""
        return self.policyholder, self.issuer, self.amount.currency

    @property
    def one_bank(self) -> bool:
        """Whether issuer and acceptor are one: the clearing house."""
        return self.issuer == self.acceptor


class Change(NamedTuple):
    """What events of the whole instrument say beside their amount.

    Attributes:
        number: of the amendment.
        terms: as amended.
        metadata: likewise.
        requested_by: who asked for the amendment: a party id.
        kept: what the insurer keeps of a refund.
        to_loan: what of a refund repays drawn credit.
        from_advance: what of a refund, and of what is kept, was still in advance.
        unearned: what was earned before, and is reversed as it is not in force any more.
        since: the day from which on a refund earns nothing.
    """

    number: int = 0
    terms: Terms | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})
    requested_by: str = ""
    kept: Decimal = Decimal(0)
    to_loan: Decimal = Decimal(0)
    from_advance: Decimal = Decimal(0)
    unearned: Decimal = Decimal(0)
    since: dt.date | None = None


class VoucherEvent(NamedTuple):
    """Something that happened to a voucher, or to a credit line.

    Attributes:
        kind: the directive's name, or one of ``DERIVED``.
        fact: the directive at whose line it stands.
        state: the voucher's state after it.
        amount: what it moves: the premium; for a settlement what is paid; for a credit line
            the change of its limit; for an amendment the increase that it offers, for its effect
            the change, less than zero for a decrease; for a refund what is paid back.
        released: what a settlement leaves, and sends home.
        accepted: whether the voucher was accepted before.
        recognised: whether its premium was recognised before.
        advance: whether cover had not started at settlement, so that the insurer keeps the
            premium as an advance.
        change: what more is to be said of an event of the whole instrument.
    """

    kind: str
    date: dt.date
    fact: Fact
    state: State
    amount: Decimal = Decimal(0)
    released: Decimal = Decimal(0)
    accepted: bool = False
    recognised: bool = False
    advance: bool = False
    change: Change | None = None

    @property
    def place(self) -> SourceLine:
        """Where its directive stands."""
        return self.fact.place

"""What the life's guards look at: the ledger so far, and a fact that asks to become an event."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import DEFAULTS, REQUIRED_TERMS, TERMS
from beancount_voucher.lifecycle.events import State, Terms

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_voucher.conditions import Condition, EventDirectives
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.credit_lines import CreditLines
    from beancount_voucher.lifecycle.vouchers import Voucher


class Party(NamedTuple):
    """A declared party."""

    role: str
    name: str
    fact: Fact


@dataclass(frozen=True, slots=True)
class LedgerState:
    """What the guards may ask: everything that counted before the fact they judge."""

    parties: dict[str, Party]
    vouchers: dict[str, Voucher]
    lines: CreditLines
    event_directives: EventDirectives
    conditions: Mapping[str, Condition]
    options: Mapping[str, str]


class Candidate(NamedTuple):
    """A fact that asks to become an event of a voucher.

    Attributes:
        ledger_state: what counted before it.
        fact: the fact.
        voucher: the voucher that it names; None for one that is not known yet.
        metadata: of a request and its issue together, as the fact would leave it.
        terms: likewise; None as long as there is no issue.
    """

    ledger_state: LedgerState
    fact: Fact
    voucher: Voucher | None
    metadata: Mapping[str, object]
    terms: Terms | None

    @property
    def known(self) -> Voucher:
        """The voucher, where the state has made sure that there is one."""
        assert self.voucher is not None
        return self.voucher

    @property
    def agreed(self) -> Terms:
        """The terms, where the state has made sure that there are any."""
        assert self.terms is not None
        return self.terms

    @property
    def state(self) -> State:
        """The voucher's state before the fact."""
        return State.NONE if self.voucher is None else self.voucher.status.state

    @property
    def amount(self) -> Money:
        """What the fact moves: its own amount, or the whole that it stands for."""
        if self.fact.amount is not None:
            return self.fact.amount
        status = self.known.status
        whole = status.held
        if self.fact.kind == "settle" and status.application is not None:
            whole = status.application.amount
        return Money(whole, self.agreed.amount.currency)

    def event_stands(self, kind: str) -> str:
        """When and where the latest event of a kind stands: 2026-03-03 (line 12)."""
        event = self.known.last(kind)
        assert event is not None
        return f"{event.date} ({event.place.seen_from(self.fact.place)})"

    def problem(self, code: str, wrong: str, expected: str) -> Problem:
        """The fact breaks a rule."""
        return self.fact.problem(code, f"{self.fact.ids[0]}: {wrong}", expected)


_NO_METADATA: Mapping[str, object] = MappingProxyType({})


def candidate_of(ledger_state: LedgerState, fact: Fact) -> Candidate:
    """A fact against the voucher that it names."""
    voucher = ledger_state.vouchers.get(fact.ids[0])
    if fact.kind not in ("request", "issue"):
        return Candidate(
            ledger_state, fact, voucher, _NO_METADATA, None if voucher is None else voucher.terms
        )
    metadata = fact.terms
    request = None if voucher is None else voucher.last("request")
    if request is not None:
        metadata = {**request.fact.terms, **metadata}
    terms = None
    if fact.kind == "issue" and metadata.keys() >= _REQUIRED:
        assert fact.amount is not None
        terms = terms_of(fact.ids[0], fact.amount, metadata)
    return Candidate(ledger_state, fact, voucher, metadata, terms)


_REQUIRED = frozenset(REQUIRED_TERMS) - {"funding"}
"""Without these there are no terms; how a voucher is funded is not told to everybody."""


def terms_of(voucher: str, amount: Money, metadata: Mapping[str, Any]) -> Terms:
    """The terms that the metadata of an issue says, with that of its request and amendments."""
    conditions = [key for key in metadata if key not in TERMS and is_condition_key(key)]
    return Terms(
        amount=amount,
        policyholder=metadata["policyholder"],
        issuer=metadata["issuer"],
        acceptor=metadata.get("acceptor", metadata["issuer"]),
        insurer=metadata["insurer"],
        funding=metadata.get("funding", ""),
        accept_by=metadata["accept-by"],
        apply_by=metadata["apply-by"],
        cover_start=metadata.get("cover-start"),
        cover_end=metadata.get("cover-end"),
        on_unmet=metadata.get("on-unmet", DEFAULTS["on-unmet"]),
        conditions={key: metadata[key] for key in sorted(conditions)},
        draws=metadata.get("draws", DEFAULTS["draws"]),
        refund_by=metadata.get("refund-by"),
        voucher=voucher,
        product=metadata.get("product"),
    )

"""What the life's guards look at: the ledger so far, and a fact that asks to become an event."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import REQUIRED_TERMS, TERMS
from beancount_voucher.lifecycle.vouchers import State, Terms

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


class Candidate(NamedTuple):
    """A fact that asks to become an event of a voucher.

    ``voucher`` is None for an id that was never heard of; ``said`` and ``terms`` are the
    terms as the fact would leave them.
    """

    ledger_state: LedgerState
    fact: Fact
    voucher: Voucher | None
    said: Mapping[str, object]
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


_NOTHING_SAID: Mapping[str, object] = MappingProxyType({})


def candidate_of(ledger_state: LedgerState, fact: Fact) -> Candidate:
    """A fact against the voucher that it names."""
    voucher = ledger_state.vouchers.get(fact.ids[0])
    if fact.kind not in ("request", "issue"):
        return Candidate(
            ledger_state, fact, voucher, _NOTHING_SAID, None if voucher is None else voucher.terms
        )
    said = fact.terms
    request = None if voucher is None else voucher.last("request")
    if request is not None:
        said = {**request.fact.terms, **said}
    terms = None
    if fact.kind == "issue" and said.keys() >= _REQUIRED:
        assert fact.amount is not None
        terms = _terms(fact.amount, said)
    return Candidate(ledger_state, fact, voucher, said, terms)


_REQUIRED = frozenset(REQUIRED_TERMS)


def _terms(amount: Money, said: Mapping[str, Any]) -> Terms:
    conditions = [key for key in said if key not in TERMS and is_condition_key(key)]
    return Terms(
        amount=amount,
        policyholder=said["policyholder"],
        issuer=said["issuer"],
        acceptor=said.get("acceptor", said["issuer"]),
        insurer=said["insurer"],
        funding=said["funding"],
        accept_by=said["accept-by"],
        apply_by=said["apply-by"],
        cover_start=said.get("cover-start"),
        cover_end=said.get("cover-end"),
        on_unmet=said.get("on-unmet", "void"),
        conditions={key: said[key] for key in sorted(conditions)},
    )

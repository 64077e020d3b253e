"""What a change does to one voucher: its state, its terms, its events, its money."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.schema import DIRECTIVES, TERMS
from beancount_voucher.lifecycle.amendments import consent_due
from beancount_voucher.review.edits import Difference

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from beancount.core.data import Transaction

    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.review.settings import Booked


class AmountMoved(NamedTuple):
    """What a change moves on one account of one book, in all its postings together."""

    book: str
    account: str
    number: Decimal
    currency: str


class Step(NamedTuple):
    """Something that happens to a voucher at one revision and not at the other."""

    sign: str
    kind: str
    date: dt.date
    amount: Decimal
    place: SourceLine
    detail: str = ""


class Amendment(NamedTuple):
    """An amendment as it stands, and what it changes.

    Attributes:
        number: of the amendment.
        state: ``open``, ``effective``, ``declined`` or ``lapsed``.
        requested_by: who asked for it.
        terms: what it changes of what was agreed then.
        consented: who has consented.
        consent_due: whose consent is still due.
        place: where it stands.
    """

    number: int
    state: str
    requested_by: str
    terms: list[Difference]
    consented: tuple[str, ...]
    consent_due: tuple[str, ...]
    place: SourceLine


class AmendmentChange(NamedTuple):
    """An amendment at one revision and at the other; None where it is not there."""

    before: Amendment | None
    after: Amendment | None

    @property
    def known(self) -> Amendment:
        """As it stands, or as it stood if it is there no more."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True)
class VoucherChange:
    """One voucher, before and after.

    Attributes:
        id: its id.
        currency: the currency of its amounts.
        before: how it stood after all its events; None if there was none.
        after: how it stands now; None if there is none any more.
        terms: what is agreed differently: amount, parties, deadlines, conditions, product.
        steps: events that came (+) or went (-), those that no directive states among them.
        moves: money by book and account.
        amendments: those that came, went, or stand otherwise.
    """

    id: str
    currency: str
    before: VoucherStatus | None
    after: VoucherStatus | None
    terms: list[Difference]
    steps: list[Step]
    moves: list[AmountMoved]
    amendments: list[AmendmentChange]

    @property
    def states(self) -> tuple[str, str]:
        """The state before and after."""
        before, after = (each and str(each.state) for each in (self.before, self.after))
        return before or "none", after or "none"

    @property
    def reason(self) -> str | None:
        """Why it has ended, where it has."""
        return None if self.after is None else self.after.reason

    @property
    def held(self) -> tuple[Decimal, Decimal]:
        """What is frozen, before and after."""
        return self.amounts["held"]

    @property
    def amounts(self) -> dict[str, tuple[Decimal, Decimal]]:
        """What is held, offered, refunded, kept and earned, before and after."""
        zero = next(each.zero for each in (self.after, self.before) if each is not None)
        before, after = (
            {} if each is None else {name: getattr(each, name) for name in AMOUNTS}
            for each in (self.before, self.after)
        )
        return {name: (before.get(name, zero), after.get(name, zero)) for name in AMOUNTS}


AMOUNTS = ("held", "offered", "refunded", "kept", "earned")
"""What a reader of a change wants to know beside the state, by its name in the status."""


def compare(
    old: Ledger,
    new: Ledger,
    was: Booked,
    is_: Booked,
    among: Collection[str] | None = None,
) -> Iterator[VoucherChange]:
    """The vouchers that a change does something to, by id.

    Args:
        old: the ledger before.
        new: the ledger after.
        was: the transactions of each voucher before.
        is_: the transactions of each voucher after.
        among: the ids of those that may differ; None for all.
    """
    before, after = old.evaluation.vouchers, new.evaluation.vouchers
    for id_ in sorted(before.keys() | after.keys() if among is None else among):
        one, other = before.get(id_), after.get(id_)
        known = other or one
        assert known is not None
        change = VoucherChange(
            id=id_,
            currency=known.amount.currency,
            before=None if one is None else one.status,
            after=None if other is None else other.status,
            terms=_terms(one, other),
            steps=list(_steps(one, other)),
            moves=_moves(was.get(id_, ()), is_.get(id_, ())),
            amendments=list(_amendments(one, other)),
        )
        if change.terms or change.steps or change.moves:
            yield change


def _terms(one: Voucher | None, other: Voucher | None) -> list[Difference]:
    return _differing(_agreed(one), _agreed(other))


def _differing(before: dict[str, Any], after: dict[str, Any]) -> list[Difference]:
    return [
        Difference(key, before.get(key), after.get(key))
        for key in before | after
        if before.get(key) != after.get(key)
    ]


def _agreed(voucher: Voucher | None) -> dict[str, Any]:
    return {} if voucher is None else _in_order(voucher.amount, voucher.metadata)


def _in_order(amount: Money, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """The terms in the order of the schema, the conditions after them."""
    inorder = {key: metadata[key] for key in TERMS if key in metadata}
    return {"amount": amount, **inorder, **metadata}


def _steps(one: Voucher | None, other: Voucher | None) -> Iterator[Step]:
    before = [] if one is None else one.events
    after = [] if other is None else other.events
    steps = [_step("-", each) for each in _without(before, after)]
    steps += [_step("+", each) for each in _without(after, before)]
    yield from sorted(steps, key=lambda step: step.date)


def _without(
    events: Iterable[VoucherEvent], others: Iterable[VoucherEvent]
) -> Iterator[VoucherEvent]:
    known = set(map(_identity, others))
    return (each for each in events if _identity(each) not in known)


def _identity(event: VoucherEvent) -> tuple[object, ...]:
    """What tells an event from another: two parties may consent on one day."""
    change = event.change
    more = () if change is None else (change.number, change.kept, change.to_loan)
    return event.kind, event.date, event.amount, event.fact.subject, *more


def _step(sign: str, event: VoucherEvent) -> Step:
    detail = " ".join(_details(event))
    return Step(sign, event.kind, event.date, event.amount, event.place, detail)


def _details(event: VoucherEvent) -> Iterator[str]:
    """The number of an amendment and who answers; what a refund keeps, and where it goes."""
    change = event.change
    if DIRECTIVES[event.fact.kind].numbered:
        yield str(int(event.fact.ids[1]))
    if event.kind in ("consent", "decline"):
        yield f"by {event.fact.terms['by']}"
    if event.kind == "refund" and change is not None:
        yield from ([f"kept {change.kept:,f}"] if change.kept else [])
        yield from ([f"to the loan {change.to_loan:,f}"] if change.to_loan else [])


def _moves(before: Iterable[Transaction], after: Iterable[Transaction]) -> list[AmountMoved]:
    sums: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for sign, entries in ((-1, before), (1, after)):
        for entry in entries:
            for account, number, currency in amounts_of(entry):
                sums[entry.meta["voucher-book"], account, currency] += sign * number
    return [
        AmountMoved(book, account, number, currency)
        for (book, account, currency), number in sorted(sums.items())
        if number
    ]


# --- Amendments -------------------------------------------------------------------------


def _amendments(one: Voucher | None, other: Voucher | None) -> Iterator[AmendmentChange]:
    before, after = (
        {}
        if each is None or each.terms is None
        else {found.number: found for found in _standing(each)}
        for each in (one, other)
    )
    for number in sorted(before.keys() | after.keys()):
        was, now = before.get(number), after.get(number)
        if was is None or now is None or was._replace(place=now.place) != now:
            yield AmendmentChange(was, now)


def _standing(voucher: Voucher) -> Iterable[Amendment]:
    """Every amendment of a voucher, as it stands after all events."""
    metadata, terms = voucher.issued_as or (voucher.metadata, voucher.agreed)
    amount = terms.amount
    found: dict[int, Amendment] = {}
    for event in voucher.events:
        if event.kind not in _ENDS:
            continue
        number, change = int(event.fact.ids[1]), event.change
        if event.kind == "amend":
            assert change is not None
            assert change.terms is not None
            after = _in_order(change.terms.amount, change.metadata)
            changed = _differing(_in_order(amount, metadata), after)
            asked = change.requested_by
            found[number] = Amendment(number, "open", asked, changed, (), (), event.place)
        elif event.kind == "consent":
            consented = (*found[number].consented, event.fact.terms["by"])
            found[number] = found[number]._replace(consented=consented)
        else:
            found[number] = found[number]._replace(state=_ENDS[event.kind])
        if event.kind == "effect":
            assert change is not None
            assert change.terms is not None
            amount, metadata = change.terms.amount, change.metadata
    for each in found.values():
        due = consent_due(voucher.agreed, voucher.status) if each.state == "open" else ()
        yield each._replace(consent_due=due)


_ENDS = {
    "amend": "open",
    "consent": "open",
    "decline": "declined",
    "lapse": "lapsed",
    "effect": "effective",
}
"""How an amendment stands after each event of it."""

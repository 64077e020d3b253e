"""A voucher's amendments, draws and premium, as a person reads them (manual: instrument).

What an event says alone, ``views.voucher`` tells; here stands what several of them come to: an
offer with its answers, an application with its settlement, a month with all that it earned.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives.money import Money, exact
from beancount_voucher.directives.schema import TERMS
from beancount_voucher.lifecycle.amendments import consent_due
from beancount_voucher.lifecycle.days import DAY, month_end
from beancount_voucher.lifecycle.events import FINAL
from beancount_voucher.lifecycle.status import VoucherStatus

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher

OPEN, IN_FORCE, DECLINED, LAPSED = "open", "in force", "declined", "lapsed"
SETTLED, WITHDRAWN, TURNED_DOWN, REPLACED = "settled", "withdrawn", "turned down", "replaced"
ENDED = "not paid"

OUTCOMES = (OPEN, IN_FORCE, DECLINED, LAPSED, SETTLED, WITHDRAWN, TURNED_DOWN, REPLACED, ENDED)
"""What becomes of an amendment, and of an application."""


class TermChange(NamedTuple):
    """A term as it was, and as an amendment leaves it; None where it was not, or is not, set."""

    key: str
    old: str | None
    new: str | None


class Asked(NamedTuple):
    """Somebody whose consent an amendment needs.

    Attributes:
        party: who.
        since: the day from which on it is due: the offer's, or that of the acceptance after it.
        consented: when; None while it is due.
    """

    party: str
    since: dt.date
    consented: dt.date | None = None


@dataclass(frozen=True)
class Amendment:
    """An amendment and what has become of it by a day.

    Attributes:
        number: its number.
        offered: the day of its directive.
        requested_by: a party id.
        reason: why, if it says so.
        changes: old and new terms, the amount first.
        asked: whose consent it needs, the policyholder first.
        outcome: one of ``OUTCOMES``.
        decided: the day on which it took effect, was declined or lapsed.
        place: its line.
    """

    number: int
    offered: dt.date
    requested_by: str
    reason: str | None
    changes: tuple[TermChange, ...]
    place: SourceLine
    asked: tuple[Asked, ...] = ()
    outcome: str = OPEN
    decided: dt.date | None = None

    @property
    def due(self) -> tuple[Asked, ...]:
        """Those whose consent is still due."""
        return tuple(each for each in self.asked if each.consented is None)


@dataclass(frozen=True)
class Draw:
    """An application and what has become of it by a day.

    Attributes:
        number: the how manieth application.
        applied: its day.
        amount: what is applied for.
        place: its line.
        outcome: one of ``OUTCOMES``.
        decided: the day of the settlement, or of what ended it.
        paid: what was settled.
        decided_at: the line of that.
    """

    number: int
    applied: dt.date
    amount: Money
    place: SourceLine
    outcome: str = OPEN
    decided: dt.date | None = None
    paid: Money | None = None
    decided_at: SourceLine | None = None


class Month(NamedTuple):
    """A month of a roll-forward of the unearned premium; opening + added − earned − refunded.

    Attributes:
        ends: its last day.
        opening: what was unearned before it.
        added: recognised or received, less what was released or taken back.
        earned: less what was reversed.
        refunded: paid back and kept.
    """

    ends: dt.date
    opening: Decimal
    added: Decimal
    earned: Decimal
    refunded: Decimal

    @property
    @exact
    def closing(self) -> Decimal:
        """What is unearned at its end."""
        return self.opening + self.added - self.earned - self.refunded


# --- Amendments ---------------------------------------------------------------------------


@dataclass
class _Amendments:
    """The amendments of one voucher, event after event."""

    metadata: Mapping[str, Any]
    terms: Terms
    status: VoucherStatus
    found: list[Amendment] = field(default_factory=list)

    def take(self, event: VoucherEvent) -> None:
        self.status.take(event)
        if event.kind == "amend":
            self._offer(event)
        elif event.kind == "accept":
            self._ask(event.date)
        elif event.kind == "consent":
            by = event.fact.terms["by"]
            asked = (
                each._replace(consented=event.date) if each.party == by else each
                for each in self.found[-1].asked
            )
            self.found[-1] = replace(self.found[-1], asked=tuple(asked))
        elif event.kind in _ENDS_OFFER:
            self._end(event)

    def _offer(self, event: VoucherEvent) -> None:
        change = event.change
        assert change is not None
        assert change.terms is not None
        self.found.append(
            Amendment(
                number=change.number,
                offered=event.date,
                requested_by=change.requested_by,
                reason=event.fact.terms.get("reason"),
                changes=tuple(_changes(self.terms, self.metadata, change.terms, change.metadata)),
                place=event.place,
            )
        )
        self._ask(event.date)

    def _ask(self, day: dt.date) -> None:
        """Whoever must consent, and has not been asked yet, is from a day on."""
        if self.status.open is not None:
            known = self.found[-1].asked
            parties = {each.party for each in known}
            due = consent_due(self.terms, self.status)
            more = (Asked(party, day) for party in due if party not in parties)
            self.found[-1] = replace(self.found[-1], asked=(*known, *more))

    def _end(self, event: VoucherEvent) -> None:
        outcome = _ENDS_OFFER[event.kind]
        self.found[-1] = replace(self.found[-1], outcome=outcome, decided=event.date)
        if event.kind == "effect":
            assert event.change is not None
            assert event.change.terms is not None
            self.metadata, self.terms = event.change.metadata, event.change.terms


_ENDS_OFFER = {"effect": IN_FORCE, "decline": DECLINED, "lapse": LAPSED}


def amendments(voucher: Voucher, as_of: dt.date) -> list[Amendment]:
    """Every amendment of a voucher that was offered by a day, and how it stood at its end."""
    if not voucher.status.numbered:
        return []
    metadata, terms = voucher.issued_as or (voucher.metadata, voucher.agreed)
    replay = _Amendments(metadata, terms, VoucherStatus(voucher.status.zero))
    for event in voucher.until(as_of):
        replay.take(event)
    return replay.found


def _changes(
    old: Terms, before: Mapping[str, Any], new: Terms, after: Mapping[str, Any]
) -> Iterator[TermChange]:
    if new.amount != old.amount:
        yield TermChange("amount", old.amount.grouped, new.amount.grouped)
    for key in (*TERMS, *sorted({*before, *after} - {*TERMS})):
        if before.get(key) != after.get(key) and (key in TERMS or is_condition_key(key)):
            yield TermChange(key, _text(before.get(key)), _text(after.get(key)))


def _text(value: object) -> str | None:
    return "TRUE" if value is True else None if value is None else str(value)


# --- Draws --------------------------------------------------------------------------------


def draws(voucher: Voucher, as_of: dt.date) -> list[Draw]:
    """Every application of a voucher by a day, with what has become of it."""
    found: list[Draw] = []
    currency, stands = voucher.amount.currency, False
    for event in voucher.until(as_of):
        outcome = _outcome(event) if stands else None
        if outcome is not None:
            paid = Money(event.amount, currency) if event.kind == "settle" else None
            found[-1] = replace(
                found[-1], outcome=outcome, decided=event.date, paid=paid, decided_at=event.place
            )
            stands = False
        if event.kind == "apply":
            amount = Money(event.amount, currency)
            found.append(Draw(len(found) + 1, event.date, amount, event.place))
            stands = True
    return found


_ENDS_APPLICATION = {
    "settle": SETTLED,
    "withdraw": WITHDRAWN,
    "discrepancy": TURNED_DOWN,
    "apply": REPLACED,
}


def _outcome(event: VoucherEvent) -> str | None:
    """What an event makes of the application that stands before it, if it decides it."""
    return _ENDS_APPLICATION.get(event.kind, ENDED if event.state in FINAL else None)


# --- The premium, month by month ----------------------------------------------------------


@exact
def roll_forward(voucher: Voucher, as_of: dt.date) -> list[Month]:
    """What of a premium is unearned, in advance or not, month by month up to a day.

    From the month in which some of it was first recognised or received to that in which it last
    changed.
    """
    zero = voucher.status.zero
    months: dict[dt.date, list[Decimal]] = {}
    for event in voucher.until(as_of):
        moved = _moved(event, zero)
        if any(moved):
            sums = months.setdefault(month_end(event.date), [zero, zero, zero])
            for at, number in enumerate(moved):
                sums[at] += number
    found: list[Month] = []
    opening = zero
    for ends in _months(months):
        found.append(Month(ends, opening, *months.get(ends, [zero, zero, zero])))
        opening = found[-1].closing
    return found


def _moved(event: VoucherEvent, zero: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """What an event adds to the unearned premium, earns of it, and gives back."""
    added = refunded = zero
    if event.kind == "recognise":
        added = event.amount
    elif event.kind == "settle":
        added = -event.released if event.recognised else event.amount
    elif event.recognised and event.kind == "effect":
        added = event.amount
    elif event.recognised and event.kind in ("release", "void"):
        added = -event.amount
    earned = event.amount if event.kind == "earn" else zero
    if event.change is not None:
        earned -= event.change.unearned
        if event.kind == "refund":
            refunded = event.amount + event.change.kept
    return added, earned, refunded


def _months(known: Mapping[dt.date, object]) -> Iterator[dt.date]:
    """The last days of all months from the first to the last of some."""
    if not known:
        return
    day, last = min(known), max(known)
    while day < last:
        yield day
        day = month_end(day + DAY)
    yield last

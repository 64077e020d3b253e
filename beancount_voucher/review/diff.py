"""Two ledgers to what a change means: vouchers, money, errors, settings."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Transaction

from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.money import exact
from beancount_voucher.ledger.posted import event_by_event
from beancount_voucher.review import edits, faults, records, settings, voucher_diff

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.edits import Changes, Difference
    from beancount_voucher.review.facts_enough import FactsOnly
    from beancount_voucher.review.faults import Fault
    from beancount_voucher.review.part_of_books import Sums
    from beancount_voucher.review.records import Recorded, RecordedDirective
    from beancount_voucher.review.settings import Booked, Rewritten
    from beancount_voucher.review.snapshot import Snapshot
    from beancount_voucher.review.voucher_diff import VoucherChange


class Total(NamedTuple):
    """What all transactions together leave on an account, before and after."""

    account: str
    currency: str
    before: Decimal
    after: Decimal


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a change does to a ledger.

    Attributes:
        vouchers: those that it changes, by id.
        facts: what is on record differently.
        settings: options, parties and accounts that are set differently, by subject.
        rewritten: for each of them, how many past postings of how many vouchers it changes.
        totals: the accounts with another total.
        new: errors and findings that were not there.
        mended: those that are there no more.
        left: how many are there as before.
        closed: the date of the latest voucher-close before the change.
    """

    vouchers: list[VoucherChange]
    facts: Changes
    settings: dict[str, list[Difference]]
    rewritten: Rewritten | None
    totals: list[Total]
    new: list[Fault]
    mended: list[Fault]
    left: list[Fault]
    closed: dt.date | None

    @property
    def recorded(self) -> list[RecordedDirective]:
        """What is on record anew and belongs to no voucher, by date.

        Nothing else need tell of it: a reconciliation, a close or an exception moves no money,
        and a credit line moves none in most books. Options are told among the settings that
        they set.
        """
        told = [
            each
            for each in self.facts.added
            if each.voucher is None and not (each.kind == "option" and each.ids[0] in self.settings)
        ]
        return sorted(told, key=lambda record: record.date)


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """What comes of a ledger from one revision to the next."""
    old, new = before.ledger, after.ledger
    names = _events_named(old) | _events_named(new)
    facts = edits.compare(_recorded(old, names), _recorded(new, names))
    booked = _by_voucher(event_by_event(old)), _by_voucher(event_by_event(new))
    changed = settings.compare(old, new)
    fresh, mended, left = faults.compare(before, after)
    return Comparison(
        vouchers=list(voucher_diff.compare(old, new, *booked)),
        facts=facts,
        settings=changed,
        rewritten=settings.rewritten(*booked, facts) if changed else None,
        totals=list(_totals(_sums(old), _sums(new))),
        new=fresh,
        mended=mended,
        left=left,
        closed=old.evaluation.closed,
    )


def compare_facts(both: FactsOnly) -> Comparison:
    """The same of two revisions of which facts are enough."""
    before, after = both.before, both.after
    old, new = before.ledger, after.ledger
    was, now = ([records.of_fact(fact) for fact in facts] for facts in both.facts)
    booked = [_by_voucher(entries) for entries in both.books.transactions]
    fresh, mended, left = faults.compare(before, after)
    return Comparison(
        vouchers=list(voucher_diff.compare(old, new, booked[0], booked[1], both.vouchers)),
        facts=edits.compare(records.Recorded(was, []), records.Recorded(now, [])),
        settings={},
        rewritten=None,
        totals=list(_totals(*both.sums)),
        new=fresh,
        mended=mended,
        left=left,
        closed=old.evaluation.closed,
    )


def _recorded(ledger: Ledger, events: set[str]) -> Recorded:
    return records.Recorded(records.of(ledger, events), records.refused(ledger))


def _events_named(ledger: Ledger) -> set[str]:
    """Beancount's events that conditions ask for."""
    conditions = ledger.evaluation.ledger_state.conditions
    return {
        name
        for voucher in ledger.evaluation.vouchers.values()
        for key, value in voucher.metadata.items()
        if key in conditions
        for name in conditions[key].events(value)
    }


def _by_voucher(entries: Iterable[Transaction]) -> Booked:
    booked: dict[str, list[Transaction]] = defaultdict(list)
    for entry in entries:
        booked[entry.meta.get("voucher", "")].append(entry)
    return booked


def _totals(before: Sums, after: Sums) -> Iterator[Total]:
    for account, currency in sorted(before.keys() | after.keys()):
        one, other = before[account, currency], after[account, currency]
        if one != other:
            yield Total(account, currency, one, other)


@exact
def _sums(ledger: Ledger) -> Sums:
    sums: Sums = defaultdict(Decimal)
    for entry in ledger.entries:
        if isinstance(entry, Transaction):
            for account, number, currency in amounts_of(entry):
                sums[account, currency] += number
    return sums

"""Two ledgers to what a change means: vouchers, money, errors, settings."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Custom, Transaction

from beancount_voucher.directives.entries import amounts_of, is_voucher_directive, voucher_named
from beancount_voucher.directives.schema import TERMS
from beancount_voucher.directives.source_lines import SEEN, SourceLine
from beancount_voucher.ledger.loader import PLUGIN
from beancount_voucher.review import records
from beancount_voucher.review.records import Difference

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher, VoucherEvent, VoucherStatus
    from beancount_voucher.review.records import Changes, RecordedDirective
    from beancount_voucher.review.snapshot import Snapshot

LEDGER = "ledger"
"""The subject of what is about no voucher, party, option or period."""


class AmountMoved(NamedTuple):
    """What a change moves on one account of one book, in all its postings together."""

    book: str
    account: str
    number: Decimal
    currency: str


class Total(NamedTuple):
    """What all transactions together leave on an account, before and after."""

    account: str
    currency: str
    before: Decimal
    after: Decimal


class Step(NamedTuple):
    """Something that happens to a voucher at one revision and not at the other."""

    sign: str
    kind: str
    date: dt.date
    amount: Decimal
    place: SourceLine


class Fault(NamedTuple):
    """A ledger error or a finding."""

    subject: str
    place: SourceLine
    message: str


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
    """

    id: str
    currency: str
    before: VoucherStatus | None
    after: VoucherStatus | None
    terms: list[Difference]
    steps: list[Step]
    moves: list[AmountMoved]

    @property
    def states(self) -> tuple[str, str]:
        """The state before and after."""
        before, after = (each and str(each.state) for each in (self.before, self.after))
        return before or "none", after or "none"

    @property
    def held(self) -> tuple[Decimal, Decimal]:
        """What is frozen, before and after."""
        zero = next(each.zero for each in (self.after, self.before) if each is not None)
        return (
            zero if self.before is None else self.before.held,
            zero if self.after is None else self.after.held,
        )


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


class Rewritten(NamedTuple):
    """Past transactions that are not what they were, although their facts are."""

    transactions: int
    vouchers: int
    credit_lines: bool


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """What comes of a ledger from one revision to the next."""
    old, new = before.ledger, after.ledger
    names = _events_named(old) | _events_named(new)
    facts = records.compare(records.of(old, names), records.of(new, names))
    booked = _booked(old), _booked(new)
    settings = _settings(old, new)
    fresh, mended, left = _faults_compared(list(_faults(before)), list(_faults(after)))
    return Comparison(
        vouchers=list(_vouchers(old, new, *booked)),
        facts=facts,
        settings=settings,
        rewritten=_rewritten(*booked, facts) if settings else None,
        totals=list(_totals(old, new)),
        new=fresh,
        mended=mended,
        left=left,
        closed=old.evaluation.closed,
    )


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


# --- Vouchers ---------------------------------------------------------------------------

_Booked = dict[str, list[Transaction]]
"""The transactions that the plugin wrote, by voucher; those of credit lines have none."""


def _booked(ledger: Ledger) -> _Booked:
    booked: _Booked = defaultdict(list)
    for entry in ledger.entries:
        if isinstance(entry, Transaction) and SEEN in entry.meta:
            booked[entry.meta.get("voucher", "")].append(entry)
    return booked


def _vouchers(old: Ledger, new: Ledger, was: _Booked, is_: _Booked) -> Iterator[VoucherChange]:
    before, after = old.evaluation.vouchers, new.evaluation.vouchers
    for id_ in sorted(before.keys() | after.keys()):
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
        )
        if change.terms or change.steps or change.moves:
            yield change


def _terms(one: Voucher | None, other: Voucher | None) -> list[Difference]:
    before, after = _agreed(one), _agreed(other)
    return [
        Difference(key, before.get(key), after.get(key))
        for key in before | after
        if before.get(key) != after.get(key)
    ]


def _agreed(voucher: Voucher | None) -> dict[str, Any]:
    """The terms in the order of the schema, the conditions after them."""
    if voucher is None:
        return {}
    metadata = voucher.metadata
    inorder = {key: metadata[key] for key in TERMS if key in metadata}
    return {"amount": voucher.amount, **inorder, **metadata}


def _steps(one: Voucher | None, other: Voucher | None) -> Iterator[Step]:
    before = [] if one is None else one.events
    after = [] if other is None else other.events
    steps = [_step("-", each) for each in _without(before, after)]
    steps += [_step("+", each) for each in _without(after, before)]
    yield from sorted(steps, key=lambda step: step.date)


def _without(
    events: Iterable[VoucherEvent], others: Iterable[VoucherEvent]
) -> Iterator[VoucherEvent]:
    known = {(each.kind, each.date, each.amount) for each in others}
    return (each for each in events if (each.kind, each.date, each.amount) not in known)


def _step(sign: str, event: VoucherEvent) -> Step:
    return Step(sign, event.kind, event.date, event.amount, event.place)


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


# --- Settings ---------------------------------------------------------------------------

_ROOTS = ("name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses")


def _settings(old: Ledger, new: Ledger) -> dict[str, list[Difference]]:
    """What decides which postings an event makes, by the name of option or party."""
    before, after = _set(old), _set(new)
    known = old.evaluation.ledger_state.parties
    if not known:
        return {}  # there were no books yet
    settings: dict[str, list[Difference]] = {}
    for key in before | after:
        subject, name = key
        is_new = subject not in known and subject in new.evaluation.ledger_state.parties
        if before.get(key) != after.get(key) and not is_new:
            settings.setdefault(subject, []).append(
                Difference(name, before.get(key), after.get(key))
            )
    return settings


def _set(ledger: Ledger) -> dict[tuple[str, str], object]:
    kept = None if not ledger.has_plugin else " ".join(ledger.kept or ["all"])
    settings: dict[tuple[str, str], object] = {(PLUGIN, "books"): kept}
    settings |= {(name, "option"): ledger.options[name] for name in _ROOTS}
    settings |= {(name, "option"): value for name, value in ledger.evaluation.options.items()}
    return settings | dict(ledger.evaluation.replaced)


def _rewritten(was: _Booked, is_: _Booked, facts: Changes) -> Rewritten | None:
    """Transactions of vouchers, and of credit lines, whose own history is as it was."""
    edited = [edit.before for edit in facts.edited]
    of_lines = ("credit-line", "repay")
    touched = {each.voucher or "" for each in edited if each.voucher or each.kind in of_lines}
    transactions = vouchers = 0
    credit_lines = False
    for id_, entries in was.items():
        if id_ in touched:
            continue
        gone = Counter(map(_print, entries)) - Counter(map(_print, is_.get(id_, ())))
        transactions += gone.total()
        vouchers += bool(gone and id_)
        credit_lines |= bool(gone and not id_)
    return Rewritten(transactions, vouchers, credit_lines) if transactions else None


def _print(entry: Transaction) -> tuple[object, ...]:
    moved = sorted((posting.account, posting.units) for posting in entry.postings)
    return entry.date, entry.meta["voucher-event"], entry.meta["voucher-book"], tuple(moved)


# --- Totals -----------------------------------------------------------------------------


def _totals(old: Ledger, new: Ledger) -> Iterator[Total]:
    before, after = _sums(old), _sums(new)
    for account, currency in sorted(before.keys() | after.keys()):
        one, other = before[account, currency], after[account, currency]
        if one != other:
            yield Total(account, currency, one, other)


def _sums(ledger: Ledger) -> Mapping[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in ledger.entries:
        if isinstance(entry, Transaction):
            for account, number, currency in amounts_of(entry):
                sums[account, currency] += number
    return sums


# --- Errors and findings ----------------------------------------------------------------

_POSITION = re.compile(r"\bline [0-9]+\b|(?<![^\s()\"])[^\s()\"]+:[0-9]+\b")


class _Known(NamedTuple):
    fault: Fault
    print: tuple[object, ...]


def _faults(snapshot: Snapshot) -> Iterator[_Known]:
    for error in snapshot.ledger.errors:
        entry, source = error.entry, error.source or {}
        message = " ".join(str(error.message).split())
        place = SourceLine(str(source.get("filename", "")), int(source.get("lineno") or 0))
        what = (type(entry).__name__, getattr(entry, "date", None))
        yield _Known(Fault(_subject(entry), place, message), (*what, _unplaced(message)))
    for finding in snapshot.findings():
        yield _of_finding(finding)


def _of_finding(finding: Finding) -> _Known:
    named = finding.text.partition(":")[0]
    subject = named if re.fullmatch(r"[A-Z0-9][A-Za-z0-9-]{0,34}", named) else LEDGER
    return _Known(
        Fault(subject, finding.place, finding.message), (finding.code, _unplaced(finding.text))
    )


def _subject(entry: object) -> str:
    if isinstance(entry, Custom) and is_voucher_directive(entry):
        return voucher_named(entry) or LEDGER
    if isinstance(entry, Transaction):
        return str(entry.meta.get("voucher", LEDGER))
    return LEDGER


def _unplaced(message: str) -> str:
    """A message without the places in it: what only moved is no new error."""
    return _POSITION.sub("…", message)


def _faults_compared(
    before: list[_Known], after: list[_Known]
) -> tuple[list[Fault], list[Fault], list[Fault]]:
    new, left = _sorted_out(after, before)
    mended, _ = _sorted_out(before, after)
    return new, mended, left


def _sorted_out(some: list[_Known], others: list[_Known]) -> tuple[list[Fault], list[Fault]]:
    """Those that the others do not have, and those that they have."""
    known = Counter(each.print for each in others)
    without, within = list[Fault](), list[Fault]()
    for each in some:
        known[each.print] -= 1
        (without if known[each.print] < 0 else within).append(each.fault)
    return without, within

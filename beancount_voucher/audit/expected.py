"""What the life of vouchers says of accounts: the right-hand sides of the invariants.

They stand in the manual (books). Deliberately not made from the posting table: this is what
the postings are checked against.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.posting_table import BOOKS, SIDES
from beancount_voucher.directives.account_roles import (
    INVARIANT_OF,
    PER_VOUCHER,
    RECONCILED_ROLES,
    ROLES,
)
from beancount_voucher.directives.money import MEMO
from beancount_voucher.lifecycle.journal import JournalEvent
from beancount_voucher.lifecycle.striking import booked

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Iterator
    from decimal import Decimal

    from beancount.core.data import Account

    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Struck, Voucher

CurrencyAccount = tuple["Account", str]
"""An account as far as it holds one commodity."""


class HoldMove(NamedTuple):
    """A change of what stands on an account: as posted, or as the life says."""

    date: dt.date
    number: Decimal
    voucher: str | None
    place: SourceLine


@dataclass(frozen=True, slots=True, eq=False)
class HoldRule:
    """What one event changes on an account of one book, by the amount that it moves.

    Attributes:
        side: whose book it is.
        role: the account's role there.
        other: the side for which the account is kept.
        sign: +1 for a debit, -1 for a credit.
        memo: whether it is in the memo commodity.
    """

    side: str
    role: str
    other: str
    sign: int
    memo: bool

    @property
    def invariant(self) -> str:
        """What must hold on the account."""
        return ROLES[SIDES[self.side]][self.role].invariant


class BoundHoldRule(NamedTuple):
    """An account on which an event changes something, but for number, day and voucher.

    Attributes:
        rule: the row of the table that says so.
        book: the party whose account it is.
        pool: the account; where each voucher has one of its own, their parent.
        account: the account itself.
        commodity: what it holds for the event.
    """

    rule: HoldRule
    book: str
    pool: Account
    account: Account
    commodity: str


class ExpectedMove(NamedTuple):
    """What a voucher, or a credit line, says of an account: by how much, when, for whom."""

    bound: BoundHoldRule
    move: HoldMove


HOLD_RULES: dict[str, tuple[HoldRule, ...]] = {
    "issue cash": (
        HoldRule("policyholder", "frozen", "issuer", +1, memo=False),
        HoldRule("issuer", "held", "policyholder", -1, memo=False),
    ),
    "issue credit": (
        HoldRule("policyholder", "line-frozen", "issuer", +1, memo=True),
        HoldRule("issuer", "line-frozen", "policyholder", +1, memo=True),
    ),
    "accept": (
        HoldRule("acceptor", "collection", "insurer", +1, memo=True),
        HoldRule("insurer", "vouchers", "acceptor", +1, memo=True),
    ),
    "recognise": (
        HoldRule("insurer", "receivable", "acceptor", +1, memo=False),
        HoldRule("policyholder", "payable", "issuer", -1, memo=False),
    ),
}
"""What a voucher holds from an event on, until its end."""

_DRAWN = (
    HoldRule("policyholder", "line-drawn", "issuer", +1, memo=True),
    HoldRule("issuer", "line-drawn", "policyholder", +1, memo=True),
)
_BETWEEN_BANKS = (
    HoldRule("issuer", "interbank-payable", "acceptor", -1, memo=False),
    HoldRule("acceptor", "interbank-receivable", "issuer", +1, memo=False),
)

LEFT_AFTER_FINAL: dict[str, tuple[HoldRule, ...]] = {
    "settle cash": _BETWEEN_BANKS,
    "settle credit": (*_DRAWN, *_BETWEEN_BANKS),
    "settle cash, one bank": (),
    "settle credit, one bank": _DRAWN,
    "repay": tuple(replace(rule, sign=-rule.sign) for rule in _DRAWN),
    "refund": tuple(replace(rule, sign=-rule.sign) for rule in (*_DRAWN, *_BETWEEN_BANKS)),
    "refund, one bank": tuple(replace(rule, sign=-rule.sign) for rule in _DRAWN),
}
"""What a settlement leaves on accounts until somebody repays, refunds or clears it."""


def _every() -> Iterator[HoldRule]:
    return (
        rule for table in (HOLD_RULES, LEFT_AFTER_FINAL) for row in table.values() for rule in row
    )


# These tables and that of the roles are written apart, and must speak of the same accounts.
assert all(ROLES[SIDES[rule.side]][rule.role].other == rule.other for rule in _every())
assert {rule.role for rule in _every()} == set(RECONCILED_ROLES)
assert {
    rule.role for rules in HOLD_RULES.values() for rule in rules
} == PER_VOUCHER & INVARIANT_OF.keys()

_AT = {side: at for at, side in enumerate(BOOKS)}
_HOLDING = frozenset(name.split()[0] for name in HOLD_RULES)
_RELEASING = frozenset({"reject", "settle", "void"})
"""These events release all that a voucher holds."""


def _funded(terms: Terms) -> str:
    """How a voucher is funded; where that was not told, neither book that shows it is kept."""
    return terms.funding or "cash"


class BoundHoldRules:
    """The accounts on which events put holds, in the books that are kept."""

    def __init__(self, keeper: Bookkeeper) -> None:
        self._keeper = keeper
        self._made: dict[tuple[HoldRule, str, str, str, str | None], BoundHoldRule] = {}

    def of(self, event: VoucherEvent, voucher: Voucher) -> Iterable[BoundHoldRule]:
        """What an event of a voucher puts on hold."""
        kind, terms = event.kind, voucher.terms
        if kind not in _HOLDING or terms is None:
            return ()
        name = f"issue {_funded(terms)}" if kind == "issue" else kind
        own = voucher.id if self._keeper.per_voucher else None
        return self.made(HOLD_RULES[name], terms.parties, terms.amount.currency, own)

    def made(
        self,
        rules: Iterable[HoldRule],
        parties: tuple[str, ...],
        currency: str,
        own: str | None,
    ) -> Iterator[BoundHoldRule]:
        """Rules with parties in place of sides.

        Args:
            rules: rows of a table.
            parties: the party on each side, in the order of ``BOOKS``.
            currency: what the event moves.
            own: the voucher, where it may have accounts of its own.
        """
        for rule in rules:
            book, other = parties[_AT[rule.side]], parties[_AT[rule.other]]
            if self._keeper.keeps(book):
                key = rule, book, other, currency, own
                bound = self._made.get(key)
                if bound is None:
                    bound = self._made[key] = self._bound(*key)
                yield bound

    def _bound(
        self, rule: HoldRule, book: str, other: str, currency: str, own: str | None
    ) -> BoundHoldRule:
        account = self._keeper.chart.account
        pool = account(book, rule.role, other, None)
        leaf = account(book, rule.role, other, own)
        return BoundHoldRule(rule, book, pool, leaf, currency + MEMO * rule.memo)

    @property
    def all(self) -> Collection[BoundHoldRule]:
        """Everything that was asked for."""
        return self._made.values()


def hold_changes(
    voucher: Voucher, rules: BoundHoldRules
) -> Iterator[tuple[BoundHoldRule, VoucherEvent, Decimal]]:
    """What a voucher puts on hold, and releases at its end, in the books that are kept.

    What a refusal strikes is booked until then.
    """
    if not voucher.struck:
        yield from _changes_of_life(voucher, rules)
        return
    moved: list[tuple[VoucherEvent, VoucherEvent]] = []
    for struck in voucher.struck:
        gone = {id(event) for event in struck.events}
        for bound, event, number in _changes_of_life(struck.before, rules):
            if id(event) in gone:
                yield bound, _booked_by(event, moved), number
                yield bound, struck.refusal, -number
        moved += [(booked(event), struck.refusal) for event in struck.instead]
    for bound, event, number in _changes_of_life(voucher, rules):
        yield bound, _booked_by(event, moved), number


def _booked_by(
    event: VoucherEvent, moved: Iterable[tuple[VoucherEvent, VoucherEvent]]
) -> VoucherEvent:
    """The event itself, or the refusal by which it was booked instead of another."""
    return next((refusal for other, refusal in moved if booked(event) == other), event)


def _changes_of_life(
    voucher: Voucher, rules: BoundHoldRules
) -> Iterator[tuple[BoundHoldRule, VoucherEvent, Decimal]]:
    """The same but for what is struck."""
    if voucher.status.numbered or (voucher.terms is not None and voucher.terms.draws != "single"):
        yield from _changes_of_several(voucher, rules)
        return
    held: list[BoundHoldRule] = []
    amount = voucher.amount.number
    less = -amount
    for event in voucher.events:
        if event.kind in _RELEASING:
            for bound in held:
                yield bound, event, less if bound.rule.sign > 0 else amount
        for bound in rules.of(event, voucher):
            held.append(bound)
            yield bound, event, amount if bound.rule.sign > 0 else less


@dataclass(slots=True)
class _Frozen:
    """What is frozen for a voucher: held under the terms in force, and offered beside it."""

    held: Decimal
    offered: Decimal

    def take(self, event: VoucherEvent) -> None:
        """Move on by one event, by what its directive says."""
        if event.kind in ("issue", "effect"):
            self.held += event.amount
        elif event.kind == "settle":
            self.held -= event.amount + event.released
        elif event.kind in ("void", "reject", "release"):
            self.held -= event.amount
        if event.kind == "amend":
            self.offered += event.amount
        elif event.kind in ("decline", "lapse", "effect"):
            self.offered -= self.offered


def _changes_of_several(
    voucher: Voucher, rules: BoundHoldRules
) -> Iterator[tuple[BoundHoldRule, VoucherEvent, Decimal]]:
    """The same for a voucher that may be amended, or drawn on several times.

    Frozen is what is held and what is offered; collected, received and due is what is held.
    """
    zero = voucher.status.zero
    frozen = _Frozen(zero, zero)
    standing: dict[BoundHoldRule, Decimal] = {}
    freezing: set[BoundHoldRule] = set()
    for event in voucher.events:
        frozen.take(event)
        for bound in rules.of(event, voucher):
            standing.setdefault(bound, zero)
            if event.kind == "issue":
                freezing.add(bound)
        for bound, amount in standing.items():
            should = frozen.held + frozen.offered if bound in freezing else frozen.held
            if should != amount:
                standing[bound] = should
                yield bound, event, (should - amount) * bound.rule.sign


def held_amounts(voucher: Voucher, rules: BoundHoldRules) -> Iterator[ExpectedMove]:
    """The same, each with its number, day and line."""
    for bound, event, number in hold_changes(voucher, rules):
        yield ExpectedMove(bound, HoldMove(event.date, number, voucher.id, event.place))


def left_after_final(journal_event: JournalEvent, rules: BoundHoldRules) -> Iterator[ExpectedMove]:
    """What an event leaves on accounts beyond its voucher's life, in the books that are kept."""
    event, voucher = journal_event
    if voucher is None:
        assert event.fact.amount is not None
        parties, currency, own = event.fact.ids, event.fact.amount.currency, None
        left = LEFT_AFTER_FINAL.get(event.kind, ())
    elif event.kind == "settle":
        terms = voucher.agreed
        parties, currency, own = terms.parties, terms.amount.currency, voucher.id
        one_bank = ", one bank" if terms.one_bank else ""
        left = LEFT_AFTER_FINAL[f"settle {_funded(terms)}{one_bank}"]
    elif event.kind == "refund":
        yield from _left_after_refund(event, voucher, rules)
        return
    elif event.kind == "refusal":
        yield from _taken_back(voucher.struck_by(event), rules)
        return
    else:
        return
    for bound in rules.made(left, parties, currency, own):
        number = bound.rule.sign * event.amount
        yield ExpectedMove(bound, HoldMove(event.date, number, own, event.place))


def _taken_back(struck: Struck, rules: BoundHoldRules) -> Iterator[ExpectedMove]:
    """What a refusal takes back of what refunds and settlements have left."""
    for event, lived, sign in struck.moves():
        for bound, move in left_after_final(JournalEvent(event, lived), rules):
            number = sign * move.number
            yield ExpectedMove(bound, move._replace(date=struck.refusal.date, number=number))


def _left_after_refund(
    event: VoucherEvent, voucher: Voucher, rules: BoundHoldRules
) -> Iterator[ExpectedMove]:
    """What a refund clears between the banks, and repays of the loan."""
    terms, change = voucher.agreed, event.change
    assert change is not None
    left = LEFT_AFTER_FINAL["refund, one bank" if terms.one_bank else "refund"]
    for bound in rules.made(left, terms.parties, terms.amount.currency, voucher.id):
        amount = change.to_loan if bound.rule.role == "line-drawn" else event.amount
        if amount:
            move = HoldMove(event.date, bound.rule.sign * amount, voucher.id, event.place)
            yield ExpectedMove(bound, move)

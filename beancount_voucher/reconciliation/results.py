"""What a reconciliation comes to, account by account: matches, open items, balances, holds."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from beancount_voucher.reconciliation.bank_holds import hold
from beancount_voucher.reconciliation.earlier_statements import expected_opening
from beancount_voucher.reconciliation.items import AccountLine, Item, Match

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Account

    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.reconciliation.bank_holds import BankHold
    from beancount_voucher.reconciliation.items import Movement
    from beancount_voucher.reconciliation.ledger_side import BankBook
    from beancount_voucher.reconciliation.matching import Matching, MatchOptions, Period
    from beancount_voucher.statements.notifications import Note
    from beancount_voucher.statements.proof import Flaw
    from beancount_voucher.statements.statement import Statement
    from beancount_voucher.views.reconciled_statements import RecordedProof

Key = tuple["Account", str]


@dataclass(frozen=True)
class Chain:
    """The statements of one account and currency, in order; there is at least one."""

    account: Account
    currency: str
    statements: tuple[Statement, ...]

    @cached_property
    def period(self) -> Period:
        """The first and the last day that they cover."""
        return min(each.start for each in self.statements), max(
            each.end for each in self.statements
        )

    @cached_property
    def opening(self) -> Decimal | None:
        """The first balance that opens one."""
        return next(
            (each.opening.number for each in self.statements if each.opening is not None), None
        )

    @cached_property
    def closing(self) -> Decimal | None:
        """The last balance that closes one."""
        closings = [each.closing.number for each in self.statements if each.closing is not None]
        return closings[-1] if closings else None

    def lines(self) -> Iterator[AccountLine]:
        """The lines that count: something moves, and a report without balances is the latest."""
        closed = max(
            (each.end for each in self.statements if each.closing is not None), default=None
        )
        for statement in self.statements:
            for line in statement.lines:
                late = closed is None or statement.closing is not None or line.date > closed
                if line.amount and late:
                    yield AccountLine(self.account, statement, line)

    def pending(self) -> Iterator[AccountLine]:
        """What the bank announces."""
        for statement in self.statements:
            for line in statement.pending:
                yield AccountLine(self.account, statement, line)


@dataclass(frozen=True, slots=True)
class AccountResult:
    """The reconciliation of one account in one currency.

    Attributes:
        statements: its statements, in order.
        opening: the first statement's opening balance; None where there is none.
        closing: the last statement's closing balance.
        ledger_opening: the ledger's balance at the start of the first day.
        ledger_closing: the ledger's balance at the end of the last day.
        holds: what is held at the end of each statement.
    """

    account: Account
    currency: str
    statements: tuple[Statement, ...]
    start: dt.date
    end: dt.date
    opening: Decimal | None
    closing: Decimal | None
    ledger_opening: Decimal
    ledger_closing: Decimal
    matches: tuple[Match, ...]
    items: tuple[Item, ...]
    holds: tuple[BankHold, ...]

    @property
    def difference(self) -> Decimal | None:
        """By how much the bank has more at the end; None where it does not say what it has."""
        return None if self.closing is None else self.closing - self.ledger_closing

    @property
    def booked(self) -> int:
        """How many lines the bank booked."""
        return sum(len(match.lines) for match in self.matches) + sum(
            len(item.lines) for item in self.items if item.reason != "pending"
        )

    @property
    def matched(self) -> int:
        """How many of them are matched."""
        return sum(len(match.lines) for match in self.matches)

    @property
    def differences(self) -> tuple[Item, ...]:
        """The items that somebody must look at."""
        return tuple(item for item in self.items if item.is_difference)


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Everything that statements and a ledger say of each other.

    Attributes:
        accounts: a result for each account and currency.
        flaws: what is wrong with statements.
        notes: what is to be known of statements, and is no flaw.
        matching: what each line names, and every movement.
    """

    accounts: tuple[AccountResult, ...]
    flaws: tuple[Flaw, ...]
    notes: tuple[Note, ...]
    matching: Matching

    @property
    def items(self) -> tuple[Item, ...]:
        """Every open item."""
        return tuple(item for account in self.accounts for item in account.items)

    @property
    def differences(self) -> tuple[Item, ...]:
        """The items that somebody must look at."""
        return tuple(item for item in self.items if item.is_difference)

    @property
    def is_clean(self) -> bool:
        """Whether every statement is proven and nothing differs."""
        return not self.flaws and not self.differences


@dataclass(slots=True)
class Results:
    """What was found, account by account."""

    book: BankBook
    proven: Mapping[Movement, RecordedProof]
    vouchers: Mapping[str, Voucher]
    options: MatchOptions
    _matches: dict[Key, list[Match]] = field(default_factory=lambda: defaultdict(list))
    _items: dict[Key, list[Item]] = field(default_factory=lambda: defaultdict(list))

    def take(self, matches: Iterable[Match], items: Iterable[Item]) -> None:
        """Sort matches and open items by account and currency."""
        for match_ in matches:
            self._matches[match_.account, match_.currency].append(match_)
        for item in items:
            self._items[item.account, item.currency].append(item)

    def of(self, chain: Chain) -> AccountResult:
        """The result of one account and currency."""
        key, (start, end) = (chain.account, chain.currency), chain.period
        items, holds = self._with_opening(chain), self._holds(chain)
        if self.book.accounts[chain.account].holders:
            items = [*items, *(_hold_item(each) for each in holds if not each.agrees)]
        return AccountResult(
            account=chain.account,
            currency=chain.currency,
            statements=chain.statements,
            start=start,
            end=end,
            opening=chain.opening,
            closing=chain.closing,
            ledger_opening=self.book.balance(*key, start),
            ledger_closing=self.book.balance_after(*key, end),
            matches=tuple(self._matches[key]),
            items=tuple(items),
            holds=holds,
        )

    def _with_opening(self, chain: Chain) -> list[Item]:
        """The open items, as the balance that opens the statements leaves them.

        What the bank books late, or the ledger early, stands in the ledger's opening. Of what
        is doubtful nobody knows whether it does: with or without it the balances may agree.
        """
        items = self._items[chain.account, chain.currency]
        if chain.opening is None:
            return items
        doubtful = [each for each in items if each.reason in _DOUBTFUL]
        with_all = self._expected(chain, [each for each in items if each.reason not in _DOUBTFUL])
        without = with_all - _carried((each for item in doubtful for each in item.movements), chain)
        if chain.opening not in (with_all, without):
            text = f"{with_all} in the ledger, {chain.opening} {chain.currency} on the statement"
            return [Item("opening-differs", chain.account, chain.currency, (), (), text), *items]
        if chain.opening == without:
            return items
        # What is older the bank had paid by then: it has only taken back a second payment.
        return [
            item
            for item in items
            if item.reason != "missing-in-bank" or item.movements[0].date >= chain.period[0]
        ]

    def _expected(self, chain: Chain, sure: Iterable[Item]) -> Decimal:
        """The ledger's opening balance, without what the bank surely books later."""
        matches = self._matches[chain.account, chain.currency]
        brought = [each for one in matches if one.rule == "opening" for each in one.movements]
        paired = [each for one in matches for each in one.movements]
        paired += [each for item in sure for each in item.movements]
        expected = expected_opening(
            self.book, self.proven, (chain.account, chain.currency), chain.period[0]
        )
        return (
            expected + sum((each.amount for each in brought), Decimal(0)) - _carried(paired, chain)
        )

    def _holds(self, chain: Chain) -> tuple[BankHold, ...]:
        """What is held at the end of each statement that says what is available.

        Without vouchers that freeze money there, only what a bank holds is worth a word.
        """
        bank = self.book.accounts[chain.account]
        window, calendar = self.options.window, self.options.calendar
        held = [
            hold(each, bank, self.book, self.vouchers, window, calendar)
            for each in chain.statements
        ]
        return tuple(each for each in held if each is not None and (bank.holders or each.bank))


_DOUBTFUL = frozenset({"ambiguous", "late", "missing-in-bank"})


def _carried(movements: Iterable[Movement], chain: Chain) -> Decimal:
    """What movements of before the statements come to."""
    return sum(
        (
            each.amount
            for each in movements
            if each.date < chain.period[0] and each.account == chain.account
        ),
        Decimal(0),
    )


def _hold_item(held: BankHold) -> Item:
    says = f"{held.bank} held by the bank, {held.ledger} {held.currency} frozen in the ledger"
    if held.lag is not None:
        says += f"; {held.lag}"
    reason = "hold-differs" if held.lag is None else "in-transit"
    return Item(reason, held.account, held.currency, (), (), says, held.date)

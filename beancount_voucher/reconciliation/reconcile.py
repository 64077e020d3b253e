"""Statements and a ledger to a reconciliation: what agrees, what does not, what is held."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.reconciliation.bank_holds import hold
from beancount_voucher.reconciliation.earlier_statements import expected_opening, proven_elsewhere
from beancount_voucher.reconciliation.items import AccountLine, Item, Match
from beancount_voucher.reconciliation.ledger_side import bank_accounts, bank_book
from beancount_voucher.reconciliation.matching import MatchOptions, match
from beancount_voucher.reconciliation.open_items import OpenItems
from beancount_voucher.statements.proof import Closing, Flaw, prove
from beancount_voucher.views.reconciled_statements import proofs

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.reconciliation.bank_holds import BankHold
    from beancount_voucher.reconciliation.items import Movement
    from beancount_voucher.reconciliation.ledger_side import BankBook
    from beancount_voucher.statements.statement import Statement
    from beancount_voucher.views.reconciled_statements import RecordedProof


class LedgerSide(NamedTuple):
    """What a reconciliation needs of a ledger.

    Attributes:
        entries: its entries, vouchers written out.
        kept: the parties whose books are kept; None for all.
        equity: its name for equity.
    """

    entries: Sequence[Entry]
    evaluation: Evaluation
    names: Names
    kept: Iterable[str] | None
    equity: str = "Equity"


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
    """Everything that statements and a ledger say of each other."""

    accounts: tuple[AccountResult, ...]
    flaws: tuple[Flaw, ...]

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


_Key = tuple["Account", str]


def reconcile(
    statements: Iterable[Statement],
    books: LedgerSide,
    numbers: Mapping[str, Account],
    terms: MatchOptions | None = None,
) -> Reconciliation:
    """Reconcile statements with a ledger.

    Args:
        statements: the statements, in any order.
        books: the ledger.
        numbers: the ledger's account for each account number.
        terms: how strictly lines and movements are matched.
    """
    statements, records = list(statements), proofs(books.evaluation)
    proof = prove(statements, _closings(statements, records, numbers))
    flaws = list(proof.flaws)
    chains: dict[_Key, list[Statement]] = defaultdict(list)
    for statement in proof.statements:
        account = account_of(statement, numbers)
        if account is None:
            text = f"its account is {statement.account}"
            flaws.append(Flaw("unknown-account", statement, text))
        else:
            chains[account, statement.currency].append(statement)
    accounts = bank_accounts(
        dict.fromkeys(numbers.values()), books.evaluation, books.names, books.kept
    )
    book = bank_book(books.entries, accounts, books.equity)
    periods = {
        key: (min(each.start for each in chain), max(each.end for each in chain))
        for key, chain in chains.items()
    }
    proven = proven_elsewhere(book, records, chains)
    terms = _informed(terms or MatchOptions(), books.evaluation, proven)
    movements, opened = _brought_forward(book, chains, periods)
    known = set(books.evaluation.vouchers) | {
        name for movement in movements for name in movement.references
    }
    lines = [line for key, chain in chains.items() for line in _lines(key[0], chain)]
    matching = match(lines, movements, known, periods, terms)
    states = {name: str(each.status.state) for name, each in books.evaluation.vouchers.items()}
    pending = [
        AccountLine(key[0], statement, line)
        for key, chain in chains.items()
        for statement in chain
        for line in statement.pending
    ]
    items = OpenItems(matching, pending, states).items()
    done = [
        _account(key, chain, book, [*opened, *matching.matches], items, books, terms, proven)
        for key, chain in sorted(chains.items())
    ]
    return Reconciliation(tuple(done), tuple(flaws))


def _closings(
    statements: Iterable[Statement],
    records: Iterable[RecordedProof],
    numbers: Mapping[str, Account],
) -> list[Closing]:
    """How the recorded statements of these bank accounts closed, under the bank's own numbers."""
    accounts = {(each.account, each.currency): account_of(each, numbers) for each in statements}
    return [
        Closing(
            number, currency, record.statement, record.start, record.until, record.closing.number
        )
        for record in records
        for (number, currency), account in accounts.items()
        if (account, currency) == (record.account, record.closing.currency)
    ]


def _informed(
    terms: MatchOptions, evaluation: Evaluation, proven: Iterable[Movement]
) -> MatchOptions:
    """The terms, with what the ledger knows: credit, and what other statements have proven."""
    return replace(
        terms,
        on_credit=frozenset(
            name
            for name, voucher in evaluation.vouchers.items()
            if voucher.terms is not None and voucher.terms.funding == "credit"
        ),
        proven=frozenset(proven),
    )


def account_of(statement: Statement, numbers: Mapping[str, Account]) -> Account | None:
    """The ledger's account of a statement.

    MT940 writes the bank's code before a number, and some banks the currency after it.
    """
    number = statement.account
    for each in (number, number.rpartition("/")[2]):
        for name in (each, each.removesuffix(statement.currency)):
            if name in numbers:
                return numbers[name]
    return None


def _lines(account: Account, chain: list[Statement]) -> list[AccountLine]:
    """The lines that count: a report without balances only after the last statement with."""
    proven = [each.end for each in chain if each.closing is not None]
    return [
        AccountLine(account, statement, line)
        for statement in chain
        for line in statement.lines
        if statement.closing is not None or not proven or line.date > max(proven)
    ]


def _brought_forward(
    book: BankBook,
    chains: Mapping[_Key, list[Statement]],
    periods: Mapping[_Key, tuple[dt.date, dt.date]],
) -> tuple[list[Movement], list[Match]]:
    """The movements, but the balances that accounts only bring forward on the first days."""
    movements: list[Movement] = []
    opened: list[Match] = []
    for movement in book.movements:
        key = movement.account, movement.currency
        chain = chains.get(key)
        opening = _opening(chain or [])
        if (
            movement.opens
            and opening is not None
            and periods[key][0] <= movement.date <= periods[key][1]
        ):
            before = book.balance(*key, periods[key][0])
            if opening == before + movement.amount:
                opened.append(Match("opening", movement.account, (), (movement,)))
                continue
        movements.append(movement)
    return movements, opened


def _opening(chain: Sequence[Statement]) -> Decimal | None:
    return next((each.opening.number for each in chain if each.opening is not None), None)


def _account(
    key: _Key,
    chain: list[Statement],
    book: BankBook,
    matches: list[Match],
    items: list[Item],
    books: LedgerSide,
    terms: MatchOptions,
    proven: Mapping[Movement, RecordedProof],
) -> AccountResult:
    account, currency = key
    start, end = min(each.start for each in chain), max(each.end for each in chain)
    mine = [match for match in matches if match.currency == currency and match.account == account]
    own = [item for item in items if item.account == account and item.currency == currency]
    opening = _opening(chain)
    before = book.balance(account, currency, start)
    if opening is not None:
        # What the bank books late, or the ledger early, stands in the ledger's opening.
        paired = [each for one in mine for each in one.movements]
        perhaps: list[Movement] = []
        for item in own:
            doubtful = item.reason in ("ambiguous", "late", "missing-in-bank")
            (perhaps if doubtful else paired).extend(item.movements)
        brought = [each for one in mine if one.rule == "opening" for each in one.movements]
        expected = expected_opening(book, proven, key, start)
        expected += _sum(brought) - _carried(paired, account, start)
        without = expected - _carried(perhaps, account, start)
        if opening not in (expected, without):
            text = f"{expected} in the ledger, {opening} {currency} on the statement"
            own.insert(0, Item("opening-differs", account, currency, (), (), text))
        elif opening != without:
            # What is older the bank had paid by then: it has only taken back a second payment.
            own = [
                item
                for item in own
                if item.reason != "missing-in-bank" or item.movements[0].date >= start
            ]
    last = [each for each in chain if each.closing is not None] or chain
    bank, vouchers = book.accounts[account], books.evaluation.vouchers
    held = [hold(each, bank, book, vouchers, terms.window) for each in chain]
    holds = tuple(each for each in held if each is not None and (bank.holders or each.bank))
    if bank.holders:
        own += [_hold_item(each) for each in holds if not each.agrees]
    closing = last[-1].closing
    return AccountResult(
        account=account,
        currency=currency,
        statements=tuple(chain),
        start=start,
        end=end,
        opening=opening,
        closing=None if closing is None else closing.number,
        ledger_opening=before,
        ledger_closing=book.balance_after(account, currency, end),
        matches=tuple(mine),
        items=tuple(own),
        holds=holds,
    )


def _carried(movements: Sequence[Movement], account: Account, start: dt.date) -> Decimal:
    return _sum([each for each in movements if each.date < start and each.account == account])


def _sum(movements: Sequence[Movement]) -> Decimal:
    return sum((each.amount for each in movements), Decimal(0))


def _hold_item(held: BankHold) -> Item:
    says = f"{held.bank} held by the bank, {held.ledger} {held.currency} frozen in the ledger"
    if held.lag is not None:
        says += f"; {held.lag}"
    reason = "hold-differs" if held.lag is None else "in-transit"
    return Item(reason, held.account, held.currency, (), (), says, held.date)

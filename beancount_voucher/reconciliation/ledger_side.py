"""The ledger's side: which accounts are bank accounts, what moves on them, what is frozen.

A statement proves an account together with its sub-accounts (manual: books): frozen
money stands under the bank account, so freezing and releasing move nothing that a bank
books. What a transaction changes there in sum is what the bank books: a settlement in cash
takes the premium away from the policyholder and brings it to the insurer, also in part; a
void, a freeze and a settlement on credit change nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.data import Custom, Open, Transaction

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.parser import MESSAGE
from beancount_voucher.directives.source_lines import SEEN, source_line
from beancount_voucher.reconciliation.items import Movement
from beancount_voucher.statements.statement import account_number

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.lifecycle.evaluation import Evaluation

NUMBER_KEY = "bank-account"
"""Metadata of an account's ``open``: the number that the bank's statements name."""

BATCH_KEYS = ("note-batch", "batch")


class NumberError(ValueError):
    """Account numbers that lead nowhere, or to two accounts."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """An account that statements prove.

    Attributes:
        account: the account, whose sub-accounts belong to it.
        also: further accounts of the same bank account: frozen money elsewhere.
        frozen: the accounts of frozen money.
        holders: policyholder and issuer whose vouchers freeze money here.
    """

    account: Account
    also: frozenset[Account] = frozenset()
    frozen: frozenset[Account] = frozenset()
    holders: frozenset[tuple[str, str]] = frozenset()


class RunningBalance:
    """A balance that changes from day to day."""

    __slots__ = ("_dates", "_sums")

    def __init__(self) -> None:
        self._dates: list[dt.date] = []
        self._sums = [Decimal(0)]

    def change(self, date: dt.date, number: Decimal) -> None:
        """Change it on a day, not before that of the last change."""
        self._dates.append(date)
        self._sums.append(self._sums[-1] + number)

    def before(self, date: dt.date) -> Decimal:
        """What it is at the start of a day."""
        return self._sums[bisect_left(self._dates, date)]

    def after(self, date: dt.date) -> Decimal:
        """What it is at the end of a day."""
        return self._sums[bisect_right(self._dates, date)]


@dataclass(slots=True)
class BankBook:
    """What a ledger says of its bank accounts.

    Attributes:
        accounts: the bank accounts by their account.
        movements: what moves money on them, by date.
        by_account: the same, by account and currency.
        balances: with all sub-accounts, by account and currency.
        holds: the frozen money of them.
    """

    accounts: Mapping[Account, BankAccount]
    movements: list[Movement] = field(default_factory=list)
    by_account: dict[tuple[Account, str], list[Movement]] = field(
        default_factory=lambda: defaultdict(list)
    )
    balances: dict[tuple[Account, str], RunningBalance] = field(
        default_factory=lambda: defaultdict(RunningBalance)
    )
    holds: dict[tuple[Account, str], RunningBalance] = field(
        default_factory=lambda: defaultdict(RunningBalance)
    )

    def balance(self, account: Account, currency: str, before: dt.date) -> Decimal:
        """The balance with all sub-accounts at the start of a day."""
        return self.balances[account, currency].before(before)

    def balance_after(self, account: Account, currency: str, last: dt.date) -> Decimal:
        """The balance with all sub-accounts at the end of a day."""
        return self.balances[account, currency].after(last)

    def frozen(self, account: Account, currency: str, before: dt.date) -> Decimal:
        """The frozen money of a bank account at the start of a day."""
        return self.holds[account, currency].before(before)


def numbers(
    entries: Iterable[Entry], given: Mapping[str, Account] | None = None
) -> dict[str, Account]:
    """Account numbers to accounts.

    Args:
        entries: a ledger's entries; ``bank-account`` metadata of ``open`` counts.
        given: numbers that are told otherwise, which come first.

    Raises:
        NumberError: two accounts have one number, or a given account is not opened.
    """
    found = {account_number(number): account for number, account in (given or {}).items()}
    opened: set[Account] = set()
    opened_as: dict[str, Account] = {}
    for entry in entries:
        if isinstance(entry, Open):
            opened.add(entry.account)
            number = account_number(str(entry.meta.get(NUMBER_KEY) or ""))
            if number and opened_as.setdefault(number, entry.account) != entry.account:
                raise NumberError(
                    f"{opened_as[number]} and {entry.account} have one {NUMBER_KEY}, {number}"
                )
    for account in found.values():
        if account not in opened:
            raise NumberError(f"the ledger opens no account {account}")
    return {**opened_as, **found}


def bank_accounts(
    accounts: Iterable[Account],
    evaluation: Evaluation,
    names: Names,
    kept: Iterable[str] | None,
) -> dict[Account, BankAccount]:
    """What each account is in the books of vouchers."""
    keeper = Bookkeeper(evaluation, names, kept)
    parties = evaluation.ledger_state.parties
    holders: dict[Account, set[tuple[str, str]]] = defaultdict(set)
    frozen: dict[Account, set[Account]] = defaultdict(set)
    for party, declared in parties.items():
        if declared.role == "policyholder" and keeper.keeps(party):
            for bank in (each for each, other in parties.items() if other.role == "bank"):
                account = keeper.chart.account(party, "bank", bank, None)
                holders[account].add((party, bank))
                frozen[account].add(keeper.chart.account(party, "frozen", bank, None))
    return {
        account: BankAccount(
            account,
            frozenset(each for each in frozen[account] if not _within(each, account)),
            frozenset(frozen[account]),
            frozenset(holders[account]),
        )
        for account in accounts
    }


def _within(account: Account, parent: Account) -> bool:
    return account == parent or account.startswith(f"{parent}:")


def bank_book(
    entries: Iterable[Entry], accounts: Mapping[Account, BankAccount], equity: str
) -> BankBook:
    """Read what moves on bank accounts.

    Args:
        entries: a ledger's entries, vouchers written out.
        accounts: the bank accounts.
        equity: the ledger's name for equity.
    """
    entries = list(entries)
    book, places = BankBook(accounts), _Places(accounts)
    batches, messages = (
        {
            source_line(entry.meta): entry.meta[key]
            for entry in entries
            if isinstance(entry, Custom) and key in entry.meta
        }
        for key in (BATCH_KEYS[0], MESSAGE)
    )
    seen: set[Account] = set()
    for entry in entries:
        if not isinstance(entry, Transaction):
            continue
        nets: dict[tuple[Account, str], Decimal] = defaultdict(Decimal)
        for posting in entry.postings:
            bank, is_frozen = places.of(posting.account)
            if bank is None or posting.units is None or posting.units.number is None:
                continue
            nets[bank, posting.units.currency] += posting.units.number
            if is_frozen:
                held = book.holds[bank, posting.units.currency]
                held.change(entry.date, posting.units.number)
        for (bank, currency), number in nets.items():
            if number:
                book.balances[bank, currency].change(entry.date, number)
                opens = bank not in seen and _against_equity(entry, places, equity)
                place = source_line(entry.meta)
                movement = _movement(entry, bank, currency, number, batches.get(place), opens=opens)
                if movement.voucher is not None and place in messages:
                    movement = replace(movement, message=str(messages[place]))
                book.movements.append(movement)
                book.by_account[bank, currency].append(movement)
                seen.add(bank)
    return book


class _Places:
    """Account to bank account: the nearest above it, each looked up once."""

    def __init__(self, accounts: Mapping[Account, BankAccount]) -> None:
        self._accounts = accounts
        self._known: dict[Account, tuple[Account | None, bool]] = {}

    def of(self, account: Account) -> tuple[Account | None, bool]:
        """The bank account, and whether this is frozen money of it."""
        known = self._known.get(account)
        if known is None:
            known = self._known[account] = self._found(account)
        return known

    def _found(self, account: Account) -> tuple[Account | None, bool]:
        roots = {name: bank for name, bank in self._accounts.items() if _within(account, name)}
        if roots:
            bank = roots[max(roots, key=len)]
        else:
            others = [
                each
                for each in self._accounts.values()
                if any(_within(account, also) for also in each.also)
            ]
            if not others:
                return None, False
            bank = others[0]
        return bank.account, any(_within(account, each) for each in bank.frozen)


def _against_equity(entry: Transaction, places: _Places, equity: str) -> bool:
    others = [each.account for each in entry.postings if places.of(each.account)[0] is None]
    return bool(others) and all(account.startswith(f"{equity}:") for account in others)


def _movement(
    entry: Transaction,
    account: Account,
    currency: str,
    number: Decimal,
    batch: object,
    *,
    opens: bool,
) -> Movement:
    meta = entry.meta
    ours = SEEN in meta
    references = set(entry.links or ())
    if not ours and isinstance(meta.get("reference"), str):
        references.add(meta["reference"])
    if batch is None and not ours:
        batch = next((meta[key] for key in BATCH_KEYS if key in meta), None)
    return Movement(
        account=account,
        date=entry.date,
        amount=number,
        currency=currency,
        references=frozenset(references),
        batch=None if batch is None else str(batch),
        voucher=meta.get("voucher") if ours else None,
        event=meta.get("voucher-event") if ours else None,
        entry=entry,
        opens=opens,
    )

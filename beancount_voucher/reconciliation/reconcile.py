"""Statements and a ledger to a reconciliation: what agrees, what does not, what is held."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.reconciliation.earlier_statements import proven_elsewhere
from beancount_voucher.reconciliation.items import Match
from beancount_voucher.reconciliation.ledger_side import bank_accounts, bank_book
from beancount_voucher.reconciliation.match_rules import match
from beancount_voucher.reconciliation.matching import MatchOptions
from beancount_voucher.reconciliation.open_items import OpenItems
from beancount_voucher.reconciliation.results import Chain, Key, Reconciliation, Results
from beancount_voucher.statements.notifications import Note, itemised
from beancount_voucher.statements.proof import Closing, Flaw, prove
from beancount_voucher.views.reconciled_statements import proofs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Account
    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.lifecycle.business_days import BusinessDays
    from beancount_voucher.lifecycle.evaluation import Evaluation
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


_Chains = dict[Key, Chain]


def reconcile(
    statements: Iterable[Statement],
    books: LedgerSide,
    numbers: Mapping[str, Account],
    options: MatchOptions | None = None,
) -> Reconciliation:
    """Reconcile statements with a ledger.

    Args:
        statements: the statements, in any order.
        books: the ledger.
        numbers: the ledger's account for each account number.
        options: how strictly lines and movements are matched.
    """
    given, notes = itemised(statements)
    records = proofs(books.evaluation)
    proof = prove(given, _closings(given, records, numbers))
    chains, strangers = _chains(proof.statements, numbers)
    accounts = bank_accounts(
        dict.fromkeys(numbers.values()), books.evaluation, books.names, books.kept
    )
    book = bank_book(books.entries, accounts, books.equity)
    proven = proven_elsewhere(book, records, {key: each.statements for key, each in chains.items()})
    options = _informed(options or MatchOptions(), books.evaluation, proven)
    movements, opened = _brought_forward(book, chains)
    matching = match(
        [line for chain in chains.values() for line in chain.lines()],
        movements,
        {*books.evaluation.vouchers, *(name for each in movements for name in each.references)},
        {key: chain.period for key, chain in chains.items()},
        options,
    )
    pending = [line for chain in chains.values() for line in chain.pending()]
    states = {name: str(each.status.state) for name, each in books.evaluation.vouchers.items()}
    results = Results(book, proven, books.evaluation.vouchers, options)
    results.take([*opened, *matching.matches], OpenItems(matching, pending, states).items())
    return Reconciliation(
        tuple(results.of(chain) for _, chain in sorted(chains.items(), key=itemgetter(0))),
        (*proof.flaws, *strangers),
        (*notes, *_statement_notes(proof.statements, options.calendar)),
        matching,
    )


def _chains(
    statements: Iterable[Statement], numbers: Mapping[str, Account]
) -> tuple[_Chains, list[Flaw]]:
    """Statements by account and currency, and a flaw for each that is of no account."""
    known: dict[Key, list[Statement]] = defaultdict(list)
    flaws: list[Flaw] = []
    for statement in statements:
        account = account_of(statement, numbers)
        if account is None:
            flaws.append(Flaw("unknown-account", statement, _unknown(statement.account)))
        else:
            known[account, statement.currency].append(statement)
    return {key: Chain(*key, tuple(each)) for key, each in known.items()}, flaws


_TYPED = re.compile(r"[A-Z0-9][A-Z0-9/.-]*")


def _unknown(number: str) -> str:
    """What to type for an account number; not one that would mean something to a shell."""
    text = f"its account is {number}"
    if not _TYPED.fullmatch(number):
        return text
    return f'{text}; expected --account {number}=ACCOUNT, or bank-account: "{number}" at an open'


def _statement_notes(statements: Iterable[Statement], calendar: BusinessDays) -> Iterator[Note]:
    """What statements say of themselves, entries of nothing, and days that no calendar knows."""
    for statement in statements:
        if calendar.last is not None and statement.end > calendar.last:
            text = f"calendar {calendar.name} ends on {calendar.last}; later days are weekdays"
            yield Note(statement, text)
        yield from (Note(statement, text) for text in statement.notes)
        for line in statement.lines:
            if not line.amount:
                text = f"entry {line.position} moves nothing"
                yield Note(statement, f"{text}: {line.text}" if line.text else text)


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
    options: MatchOptions, evaluation: Evaluation, proven: Iterable[Movement]
) -> MatchOptions:
    """The options, with what the ledger knows: credit, and what other statements have proven."""
    return replace(
        options,
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


def _brought_forward(book: BankBook, chains: _Chains) -> tuple[list[Movement], list[Match]]:
    """The movements, but the balances that accounts only bring forward on the first days."""
    movements: list[Movement] = []
    opened: list[Match] = []
    for movement in book.movements:
        chain = chains.get((movement.account, movement.currency))
        if chain is not None and movement.opens and _opens(movement, chain, book):
            opened.append(Match("opening", movement.account, (), (movement,)))
        else:
            movements.append(movement)
    return movements, opened


def _opens(movement: Movement, chain: Chain, book: BankBook) -> bool:
    """Whether a balance that is brought forward is the one that statements open with."""
    first, last = chain.period
    before = book.balance(chain.account, chain.currency, first)
    return first <= movement.date <= last and chain.opening == before + movement.amount

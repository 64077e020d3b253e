"""What bank statements have proven: which accounts and vouchers, by which statement, until when.

Pure: made from the ``voucher-reconciled`` directives of an evaluation. The Fava page and
``bean-voucher check`` read it; ``reconcile --write`` writes it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import counted
from beancount_voucher.lifecycle.events import State
from beancount_voucher.lifecycle.reconciled import number_of_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Account, Transaction

    from beancount_voucher.directives.account_roles import Names
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import Terms

_DIGITS = 16


class Proven(NamedTuple):
    """One voucher on a statement: the money, and a digest of the postings that say so."""

    voucher: str
    date: dt.date
    money: Money
    digest: str

    def __str__(self) -> str:
        """As the directive has it."""
        return f"{self.voucher} {self.date} {self.money} {self.digest}"


class Dated(NamedTuple):
    """What moved on a day: all that a record says of a transaction that is no voucher's."""

    date: dt.date
    money: Money

    def __str__(self) -> str:
        """As the directive has it."""
        return f"{self.date} {self.money}"


@dataclass(frozen=True, slots=True)
class RecordedProof:
    """One statement that was reconciled.

    Attributes:
        account: the bank account.
        statement: the bank's id of the statement.
        start: the first day of its period.
        until: the last day of its period.
        proven: its vouchers.
        transactions: the other transactions of the ledger that its lines are, on any day.
        differences: how many differences were left.
        open_items: what was left open, for people; None if nothing was.
        number: the how manieth record of the statement it is; it replaces the one before.
        document: its file, as the directive names it; None if it names none.
    """

    account: Account
    statement: str
    start: dt.date
    until: dt.date
    closing: Money
    sha256: str
    proven: tuple[Proven, ...]
    transactions: tuple[Dated, ...]
    lines: int
    matched: int
    differences: int
    open_items: str | None
    number: int
    prepared_by: str
    reviewed_by: str
    document: str | None
    place: SourceLine


class AccountState(NamedTuple):
    """How far a bank account is reconciled: ``until`` is None where it is not at all."""

    account: Account
    until: dt.date | None
    proofs: tuple[RecordedProof, ...]


class VoucherState(NamedTuple):
    """What statements say of a settled voucher's money on one bank account.

    ``proof`` is the latest statement that has it; None where none has.
    """

    voucher: str
    account: Account
    settled: dt.date
    proof: RecordedProof | None


@dataclass(frozen=True, slots=True)
class Overview:
    """What is reconciled as of a day, and what is not."""

    accounts: tuple[AccountState, ...]
    vouchers: tuple[VoucherState, ...]


def outcome(differences: int) -> str:
    """What became of a statement: reconciled, or recorded with so many differences."""
    return f"recorded with {counted(differences, 'difference')}" if differences else "reconciled"


def proofs(evaluation: Evaluation, as_of: dt.date | None = None) -> tuple[RecordedProof, ...]:
    """The statements that were reconciled up to and including a day, in order.

    Of a statement that was recorded again, the record that stands.
    """
    return tuple(
        _proof(fact) for fact in evaluation.reconciled if as_of is None or fact.date <= as_of
    )


def _proof(fact: Fact) -> RecordedProof:
    terms, closing = fact.terms, fact.terms["closing"]
    return RecordedProof(
        account=fact.ids[0],
        statement=fact.ids[1],
        start=terms["period-start"],
        until=fact.date,
        closing=Money(closing.number, closing.currency),
        sha256=terms["sha256"],
        proven=proven_of(terms.get("vouchers")),
        transactions=transactions_of(terms.get("transactions")),
        lines=int(terms["lines"]),
        matched=int(terms["matched"]),
        differences=int(terms["differences"]),
        open_items=terms.get("open-items"),
        number=number_of_record(fact),
        prepared_by=terms["prepared-by"],
        reviewed_by=terms["reviewed-by"],
        document=terms.get("document"),
        place=fact.place,
    )


def proven_of(text: str | None) -> tuple[Proven, ...]:
    """The vouchers that a directive names; its form is checked where it is read."""
    return tuple(
        Proven(voucher, *_dated(date, number, currency), digest)
        for voucher, date, number, currency, digest in _listed(text)
    )


def transactions_of(text: str | None) -> tuple[Dated, ...]:
    """The other transactions that a directive names; its form is checked where it is read."""
    return tuple(_dated(*words) for words in _listed(text))


def _dated(date: str, number: str, currency: str) -> Dated:
    return Dated(dt.date.fromisoformat(date), Money(Decimal(number), currency))


def _listed(text: str | None) -> Iterator[list[str]]:
    return filter(None, (each.split() for each in (text or "").split(";")))


def overview(
    evaluation: Evaluation, names: Names, kept: Iterable[str] | None, as_of: dt.date
) -> Overview:
    """What is reconciled as of a day, and what is not.

    Args:
        evaluation: the evaluation of a ledger.
        names: its names for the five kinds of account.
        kept: the parties whose books it keeps; None for all.
        as_of: the day; later statements and settlements do not show.

    Returns:
        Every bank account of a policyholder or an insurer that vouchers name or a statement
        proves, by name; and each settled voucher on each bank account that it moved money
        on, by voucher and account.
    """
    known = proofs(evaluation, as_of)
    keeper = Bookkeeper(evaluation, names, kept)
    by_account: dict[Account, list[RecordedProof]] = {}
    for proof in known:
        by_account.setdefault(proof.account, []).append(proof)
    vouchers: list[VoucherState] = []
    for voucher in evaluation.vouchers.values():
        status = voucher.as_of(as_of)
        for _, account in voucher_accounts(voucher.terms, keeper):
            if status.issued is not None:
                by_account.setdefault(account, [])
            if status.state is State.SETTLED and status.closed is not None:
                latest = _latest(known, account, voucher.id)
                vouchers.append(VoucherState(voucher.id, account, status.closed, latest))
    accounts = tuple(
        AccountState(account, max((each.until for each in found), default=None), tuple(found))
        for account, found in sorted(by_account.items())
    )
    return Overview(accounts, tuple(sorted(vouchers, key=lambda each: each[:2])))


def voucher_accounts(terms: Terms | None, keeper: Bookkeeper) -> Iterator[tuple[str, Account]]:
    """Whose bank accounts a voucher moves: the policyholder's if cash is frozen, the insurer's."""
    if terms is None:
        return
    if terms.funding == "cash" and keeper.keeps(terms.policyholder):
        account = keeper.chart.account(terms.policyholder, "bank", terms.issuer, None)
        yield terms.policyholder, account
    if keeper.keeps(terms.insurer):
        yield terms.insurer, keeper.chart.account(terms.insurer, "bank", terms.acceptor, None)


def _latest(known: Iterable[RecordedProof], account: Account, voucher: str) -> RecordedProof | None:
    found = [
        proof
        for proof in known
        if proof.account == account and any(each.voucher == voucher for each in proof.proven)
    ]
    return max(found, key=lambda proof: proof.until, default=None)


def digest_of(entry: Transaction) -> str:
    """What tells a voucher's settlement in one book from any other: its date and postings."""
    postings = sorted(f"{each.account} {each.units}" for each in entry.postings)
    return hashlib.sha256("\n".join([str(entry.date), *postings]).encode()).hexdigest()[:_DIGITS]

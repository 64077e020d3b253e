"""The columns of what bank statements have proven: by account, and by settled voucher."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from beancount_voucher.views.columns import Column
from fava_voucher.tables import Table
from fava_voucher.translation import gettext_noop, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.views.columns import Cell
    from beancount_voucher.views.reconciled_statements import (
        AccountState,
        RecordedProof,
        VoucherState,
    )

NOT_RECONCILED = gettext_noop("not reconciled")
RECONCILED = gettext_noop("reconciled")


class AccountStatement(NamedTuple):
    """A bank account with one of its statements; ``proof`` is None where it has none.

    ``changed``: the statement's file or postings are not what they were when it was recorded.
    """

    account: str
    proof: RecordedProof | None
    changed: bool

    @property
    def state(self) -> str:
        """In a word, how the account stands with the bank."""
        if self.proof is None:
            return NOT_RECONCILED
        if self.changed:
            return gettext_noop("changed since")
        count = self.proof.differences
        if not count:
            return RECONCILED
        return ngettext(
            "recorded with {count} difference", "recorded with {count} differences", count
        )


class _Proven(Protocol):
    """What a statement may prove."""

    @property
    def proof(self) -> RecordedProof | None: ...


def _of_proof(value: Callable[[RecordedProof], Cell]) -> Callable[[_Proven], Cell]:
    """A cell of the statement; nothing where there is none."""

    def cell(row: _Proven) -> Cell:
        return None if row.proof is None else value(row.proof)

    return cell


STATEMENTS: tuple[Column[AccountStatement], ...] = (
    Column("account", "account", "account", lambda row: row.account),
    Column("reconciled", "with the bank", "word", lambda row: row.state),
    Column("until", "reconciled until", "date", _of_proof(lambda proof: proof.until)),
    Column("statement", "statement", "text", _of_proof(lambda proof: proof.statement)),
    Column("start", "statement from", "date", _of_proof(lambda proof: proof.start)),
    Column("lines", "lines", "count", _of_proof(lambda proof: proof.lines)),
    Column("matched", "matched", "count", _of_proof(lambda proof: proof.matched)),
    Column("differences", "differences", "count", _of_proof(lambda proof: proof.differences)),
    Column("prepared_by", "prepared by", "text", _of_proof(lambda proof: proof.prepared_by)),
    Column("reviewed_by", "reviewed by", "text", _of_proof(lambda proof: proof.reviewed_by)),
    Column("source", "source", "place", _of_proof(lambda proof: proof.place)),
)

SETTLED: tuple[Column[VoucherState], ...] = (
    Column("voucher", "voucher", "voucher", lambda row: row.voucher),
    Column("account", "account", "account", lambda row: row.account),
    Column("settled", "settled on", "date", lambda row: row.settled),
    Column(
        "reconciled",
        "with the bank",
        "word",
        lambda row: NOT_RECONCILED if row.proof is None else RECONCILED,
    ),
    Column("statement", "statement", "text", _of_proof(lambda proof: proof.statement)),
    Column("until", "reconciled until", "date", _of_proof(lambda proof: proof.until)),
    Column("source", "source", "place", _of_proof(lambda proof: proof.place)),
)


def statements(
    found: Iterable[AccountState], changed: Container[SourceLine]
) -> Table[AccountStatement]:
    """The bank accounts, with each statement that was reconciled, and which changed since."""
    rows = [
        AccountStatement(each.account, proof, proof is not None and proof.place in changed)
        for each in found
        for proof in each.proofs or (None,)
    ]
    return Table("statements", "Bank statements", STATEMENTS, rows)


def settled(found: Iterable[VoucherState]) -> Table[VoucherState]:
    """The settled vouchers on each bank account, with the statement that proves them."""
    return Table("settled", "Settled vouchers at the bank", SETTLED, list(found))

"""The register: one row for each voucher, as the books say on a date (manual: commands)."""

from __future__ import annotations

import datetime as dt  # noqa: TC003 - the columns' types are looked up
from decimal import Decimal  # noqa: TC003 - likewise
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.lifecycle.decisions import overdue

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher, VoucherStatus


class RegisterRow(NamedTuple):
    """One voucher on a date; the fields are the keys of ``list --format json``, in order.

    Amounts are in ``currency``. held + settled + released is the amount once issued.
    """

    id: str
    state: str
    amount: Decimal
    currency: str
    funding: str | None
    policyholder: str
    issuer: str | None
    acceptor: str | None
    insurer: str
    product: str | None
    issued: dt.date | None
    accept_by: dt.date | None
    apply_by: dt.date | None
    accepted: dt.date | None
    applied: dt.date | None
    returned: dt.date | None
    closed: dt.date | None
    reason: str | None
    held: Decimal
    settled: Decimal
    released: Decimal
    recognised: Decimal
    overdue: bool
    file: str
    line: int

    @property
    def parties(self) -> tuple[str | None, ...]:
        """Everybody who has a part in the voucher."""
        return (self.policyholder, self.issuer, self.acceptor, self.insurer)

    @property
    def place(self) -> SourceLine:
        """Where its issue stands, or its request."""
        return SourceLine(self.file, self.line)


def rows(evaluation: Evaluation, as_of: dt.date) -> list[RegisterRow]:
    """The register, by voucher id.

    Args:
        evaluation: what the facts come to.
        as_of: the date; the books are read on the earlier of it and the horizon, but what
            is overdue is told for the date itself.
    """
    if evaluation.horizon is None:
        return []
    date = min(as_of, evaluation.horizon)
    return [
        row(evaluation, voucher, date, as_of)
        for _, voucher in sorted(evaluation.vouchers.items())
        if voucher.events[0].date <= date
    ]


def row(evaluation: Evaluation, voucher: Voucher, date: dt.date, as_of: dt.date) -> RegisterRow:
    """One voucher as its books say on ``date``, overdue or not on ``as_of``."""
    status = voucher.as_of(date)
    request = voucher.events[0].fact
    issued = status.issued is not None
    said = voucher.said if issued else request.terms
    amount = voucher.amount if issued or request.amount is None else request.amount
    terms = voucher.terms if issued else None
    place = voucher.place if issued else request.place
    return RegisterRow(
        id=voucher.id,
        state=status.state,
        amount=amount.number,
        currency=amount.currency,
        funding=said.get("funding"),
        policyholder=said["policyholder"],
        issuer=said.get("issuer"),
        acceptor=said.get("acceptor") if terms is None else terms.acceptor,
        insurer=said["insurer"],
        product=said.get("product"),
        issued=status.issued,
        accept_by=said.get("accept-by"),
        apply_by=said.get("apply-by"),
        accepted=status.accepted,
        applied=status.applied,
        returned=status.returned,
        closed=status.closed,
        reason=status.reason,
        held=status.held,
        settled=status.settled,
        released=status.released,
        recognised=status.recognised,
        overdue=overdue(evaluation.ledger_state, terms, status, as_of) is not None,
        file=place.filename,
        line=place.lineno,
    )


def terms(
    evaluation: Evaluation, voucher: Voucher, status: VoucherStatus
) -> Iterator[tuple[str, str]]:
    """The terms of a voucher for a person: parties first, then the rest by name.

    Args:
        evaluation: what the facts come to.
        voucher: any voucher.
        status: how it stood on the day; before its issue, only its request was known.
    """
    said = dict(voucher.events[0].fact.terms)
    if status.issued is not None and voucher.terms is not None:
        said = {**voucher.said, "acceptor": voucher.terms.acceptor}
    parties = evaluation.ledger_state.parties
    for key in (*BOOKS, *sorted(set(said) - set(BOOKS))):
        if key in said:
            value = "TRUE" if said[key] is True else str(said[key])
            if key in BOOKS and parties[value].name != value:
                value += f" ({parties[value].name})"
            yield key, value

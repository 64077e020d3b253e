"""The register: one row for each voucher, as the books say on a date (manual: commands)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.schema import DEFAULTS
from beancount_voucher.lifecycle.amendments import consent_due
from beancount_voucher.lifecycle.overdue import overdue, waiting
from beancount_voucher.views.columns import DATA, PAGE, Column, Face

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping
    from decimal import Decimal

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.overdue import Overdue, Waiting
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher


class RegisterRow(NamedTuple):
    """One voucher on a date: what ``REGISTER`` reads its columns from.

    Amounts are in ``currency``. held + settled + released is the amount once issued, as amended.

    Attributes:
        late: why it was overdue on ``as_of``, and since when; None where it was not.
        waiting: what it waited for on ``as_of``, while nobody could decide about it.
        place: where its issue stands, or its request.
        terms: the metadata of its directives by the date.
        status: how it stood on the date.
        as_of: the date that was asked for, which may be later than the ledger's horizon.
        voucher: its whole life.
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
    returned: dt.date | None
    closed: dt.date | None
    held: Decimal
    settled: Decimal
    late: Overdue | None
    waiting: Waiting | None
    place: SourceLine
    terms: Mapping[str, Any]
    status: VoucherStatus
    as_of: dt.date
    voucher: Voucher
    consent_due: tuple[str, ...] = ()

    @property
    def parties(self) -> tuple[str | None, ...]:
        """Everybody who has a part in the voucher."""
        return (self.policyholder, self.issuer, self.acceptor, self.insurer)

    @property
    def evidence(self) -> Mapping[str, str]:
        """What its application names: policy, code, document."""
        application = self.status.application
        return {} if application is None else application.fact.terms

    @property
    def overdue(self) -> bool:
        """Whether it was overdue on ``as_of``."""
        return self.late is not None

    @property
    def days_open(self) -> int | None:
        """How long something has been frozen, or was; None for what was never issued."""
        return None if self.issued is None else ((self.closed or self.as_of) - self.issued).days


_NO_TABLE: frozenset[Face] = DATA | PAGE


def _for_people(after: str) -> dict[Face, str]:
    return {"table": after, "page": after}


def _since(row: RegisterRow) -> dt.date | None:
    return row.late and row.late.since


def _draws(row: RegisterRow) -> str:
    draws: str = row.terms.get("draws", DEFAULTS["draws"])
    return draws


# One line for each column. Programs read them in this order, which does not change;
# ``after`` says where people read one elsewhere.
# fmt: off
REGISTER: tuple[Column[RegisterRow], ...] = (
    Column("id", "voucher", "voucher", lambda row: row.id, searched=True),
    Column("state", "state", "state", lambda row: row.state),
    Column("amount", "amount", "money", lambda row: row.amount),
    Column("currency", "currency", "currency", lambda row: row.currency),
    Column("funding", "funding", "word", lambda row: row.funding, searched=True, under="currency"),
    Column("policyholder", "policyholder", "party", lambda row: row.policyholder, searched=True),
    Column("issuer", "issuer", "party", lambda row: row.issuer, DATA, searched=True),
    Column("acceptor", "acceptor", "party", lambda row: row.acceptor, DATA, searched=True),
    Column("insurer", "insurer", "party", lambda row: row.insurer, searched=True,
           under="policyholder"),
    Column("product", "product", "text", lambda row: row.product, _NO_TABLE, searched=True),
    Column("issued", "issued on", "date", lambda row: row.issued, after={"page": "id"}),
    Column("accept_by", "accept by", "date", lambda row: row.accept_by),
    Column("apply_by", "apply by", "date", lambda row: row.apply_by, under="accept_by"),
    Column("accepted", "accepted on", "date", lambda row: row.status.accepted, DATA),
    Column("applied", "applied on", "date", lambda row: row.status.applied, DATA),
    Column("returned", "returned on", "date", lambda row: row.returned, DATA),
    Column("closed", "closed on", "date", lambda row: row.closed, under="issued"),
    Column("reason", "why", "word", lambda row: row.status.reason, searched=True, under="product"),
    Column("held", "held now", "money", lambda row: row.held, after=_for_people("amount")),
    Column("settled", "settled", "money", lambda row: row.settled, after=_for_people("held")),
    Column("released", "released", "money", lambda row: row.status.released, DATA),
    Column("recognised", "recognised", "money", lambda row: row.status.recognised, DATA),
    Column("overdue", "overdue", "overdue", lambda row: row.overdue, after={"page": "state"},
           under="state"),
    Column("file", "file", "text", lambda row: row.place.filename, DATA),
    Column("line", "line", "count", lambda row: row.place.lineno, DATA),
    Column("draws", "draws", "word", _draws, DATA),
    Column("refund_by", "refund by", "date", lambda row: row.terms.get("refund-by"), DATA),
    Column("amendment", "amendment", "count", lambda row: row.status.amendment, DATA),
    Column("offered", "offered", "money", lambda row: row.status.offered, DATA),
    Column("consent_due", "consent due", "parties", lambda row: row.consent_due, DATA),
    Column("refunded", "refunded", "money", lambda row: row.status.refunded, DATA),
    Column("kept", "kept", "money", lambda row: row.status.kept, DATA),
    Column("earned", "earned", "money", lambda row: row.status.earned, DATA),
    Column("overdue_since", "overdue since", "date", _since, DATA),
    Column("waits_for", "waits for", "word", lambda row: row.waiting and row.waiting.kind, DATA),
    Column("waits_until", "until", "date", lambda row: row.waiting and row.waiting.until, DATA),
    Column("policy", "policy", "text", lambda row: row.evidence.get("policy"), DATA),
    Column("document", "document", "text", lambda row: row.evidence.get("document"), DATA),
    Column("days_open", "days open", "count", lambda row: row.days_open, PAGE),
    Column("source", "source", "place", lambda row: row.place, PAGE, under="days_open"),
)
"""The register: ``list`` as a table, CSV and JSON, ``#vouchers`` in BQL, and the page."""
# fmt: on


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
    agreed, terms = voucher.agreed_on(date)
    metadata = agreed if issued else request.terms
    terms = terms if issued else None
    amount = request.amount if terms is None else terms.amount
    assert amount is not None
    return RegisterRow(
        id=voucher.id,
        state=status.state,
        amount=amount.number,
        currency=amount.currency,
        funding=metadata.get("funding"),
        policyholder=metadata["policyholder"],
        issuer=metadata.get("issuer"),
        acceptor=metadata.get("acceptor") if terms is None else terms.acceptor,
        insurer=metadata["insurer"],
        product=metadata.get("product"),
        issued=status.issued,
        accept_by=metadata.get("accept-by"),
        apply_by=metadata.get("apply-by"),
        returned=status.returned,
        closed=status.closed,
        held=status.held,
        settled=status.settled,
        late=overdue(evaluation.ledger_state, terms, status, as_of),
        waiting=waiting(evaluation.ledger_state, terms, status, as_of),
        place=voucher.place if issued else request.place,
        terms=metadata,
        status=status,
        as_of=as_of,
        voucher=voucher,
        consent_due=() if terms is None else consent_due(terms, status),
    )


def terms(
    evaluation: Evaluation, voucher: Voucher, status: VoucherStatus, date: dt.date
) -> Iterator[tuple[str, str]]:
    """The terms of a voucher for a person: parties first, then the rest by name.

    Args:
        evaluation: what the facts come to.
        voucher: any voucher.
        status: how it stood on the day; before its issue, only its request was known.
        date: the day, for the amendments that were in force on it.
    """
    metadata = dict(voucher.events[0].fact.terms)
    agreed, in_force = voucher.agreed_on(date)
    if status.issued is not None and in_force is not None:
        metadata = {**agreed, "acceptor": in_force.acceptor}
    parties = evaluation.ledger_state.parties
    for key in (*BOOKS, *sorted(set(metadata) - set(BOOKS))):
        if key in metadata:
            value = "TRUE" if metadata[key] is True else str(metadata[key])
            if key in BOOKS and parties[value].name != value:
                value += f" ({parties[value].name})"
            yield key, value

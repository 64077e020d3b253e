"""The tables of the page: which columns they have, and where their cells come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.views.ageing import AGE, LEFT, Band, by_age, by_days_left
from beancount_voucher.views.exceptions import KINDS as EXCEPTION_KINDS
from fava_voucher.tables import Column, Table

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Container, Iterable

    from beancount_voucher.audit.hold_balances import HoldBalance
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.views.ageing import Aged, OpenHold
    from beancount_voucher.views.exceptions import ExceptionItem
    from beancount_voucher.views.reconciled_statements import (
        AccountState,
        RecordedProof,
        VoucherState,
    )
    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.tables import Cell
    from fava_voucher.voucher_view import VoucherView

NOT_RECONCILED = "not reconciled"

REGISTER = (
    Column("id", "voucher", "voucher"),
    Column("issued", "issued on", "date"),
    Column("state", "state", "state"),
    Column("overdue", "overdue", "overdue"),
    Column("amount", "amount", "money"),
    Column("held", "held now", "money"),
    Column("settled", "settled", "money"),
    Column("currency", "currency", "currency"),
    Column("funding", "funding", "word"),
    Column("policyholder", "policyholder", "party"),
    Column("insurer", "insurer", "party"),
    Column("product", "product"),
    Column("accept_by", "accept by", "date"),
    Column("apply_by", "apply by", "date"),
    Column("closed", "closed on", "date"),
    Column("reason", "why", "word"),
    Column("days_open", "days open", "count"),
    Column("source", "source", "place"),
)

EXCEPTIONS = (
    Column("kind", "exception", "word"),
    Column("voucher", "voucher", "voucher"),
    Column("since", "since", "date"),
    Column("age", "days", "count"),
    Column("text", "what is wrong"),
    Column("remedy", "what to do", "code"),
    Column("source", "source", "place"),
)

RECONCILIATION = (
    Column("book", "book", "party"),
    Column("role", "role", "word"),
    Column("account", "account", "account"),
    Column("currency", "currency", "currency"),
    Column("held", "account holds", "money"),
    Column("other", "by other entries", "money"),
    Column("said", "vouchers say", "money"),
    Column("difference", "difference", "difference"),
    Column("vouchers", "vouchers", "figure"),
)

PARTS = (
    Column("account", "account", "account"),
    Column("currency", "currency", "currency"),
    Column("voucher", "voucher", "voucher"),
    Column("posted", "posted", "money"),
    Column("said", "voucher says", "money"),
    Column("difference", "difference", "difference"),
)

HOLDS = (
    Column("id", "voucher", "voucher"),
    Column("insurer", "insurer", "party"),
    Column("state", "state", "state"),
    Column("funding", "funding", "word"),
    Column("held", "held now", "money"),
    Column("currency", "currency", "currency"),
    Column("issued", "issued on", "date"),
    Column("age", "days open", "count"),
    Column("deadline", "deadline", "date"),
    Column("left", "days left", "count"),
    Column("source", "source", "place"),
)

STATEMENTS = (
    Column("account", "account", "account"),
    Column("reconciled", "with the bank", "word"),
    Column("until", "reconciled until", "date"),
    Column("statement", "statement"),
    Column("start", "statement from", "date"),
    Column("lines", "lines", "count"),
    Column("matched", "matched", "count"),
    Column("differences", "differences", "count"),
    Column("prepared_by", "prepared by"),
    Column("reviewed_by", "reviewed by"),
    Column("source", "source", "place"),
)

SETTLED = (
    Column("voucher", "voucher", "voucher"),
    Column("account", "account", "account"),
    Column("settled", "settled on", "date"),
    Column("reconciled", "with the bank", "word"),
    Column("statement", "statement"),
    Column("until", "reconciled until", "date"),
    Column("source", "source", "place"),
)

POSTINGS = (
    Column("date", "date", "date"),
    Column("event", "event", "word"),
    Column("book", "book", "party"),
    Column("account", "account", "account"),
    Column("amount", "amount", "money"),
    Column("currency", "currency", "currency"),
    Column("error", "error"),
    Column("source", "source", "place"),
)


def register(rows: Iterable[RegisterRow], as_of: dt.date) -> Table:
    """The register."""
    return Table("register", "Register", REGISTER, [_registered(row, as_of) for row in rows])


def _registered(row: RegisterRow, as_of: dt.date) -> tuple[Cell, ...]:
    days = None if row.issued is None else ((row.closed or as_of) - row.issued).days
    return (
        row.id,
        row.issued,
        row.state,
        "overdue" if row.overdue else "",
        row.amount,
        row.held,
        row.settled,
        row.currency,
        row.funding,
        row.policyholder,
        row.insurer,
        row.product,
        row.accept_by,
        row.apply_by,
        row.closed,
        row.reason,
        days,
        row.place,
    )


def exceptions(items: Iterable[ExceptionItem], as_of: dt.date) -> Table:
    """The exception report."""
    rows = [
        (
            EXCEPTION_KINDS[item.kind],
            item.voucher,
            item.since,
            None if item.since is None else (as_of - item.since).days,
            item.text,
            item.remedy,
            item.place,
        )
        for item in items
    ]
    return Table("exceptions", "Exceptions", EXCEPTIONS, rows)


def reconciliation(found: Iterable[HoldBalance], *, of_shares: bool = False) -> Table:
    """What accounts hold, or the shares of some vouchers in that, beside what vouchers say."""
    columns = tuple(
        column._replace(title="posted") if of_shares and column.key == "held" else column
        for column in RECONCILIATION
    )
    rows = [
        (
            ", ".join(each.books),
            each.role,
            each.account,
            each.currency,
            each.held,
            each.other,
            each.said,
            each.difference,
            sum(row[2] is not None for row in standing_parts(each)),
        )
        for each in found
    ]
    return Table("reconciliation", "Reconciliation", columns, rows)


def parts(found: Iterable[HoldBalance]) -> Table:
    """The vouchers that make up each figure."""
    return Table(
        "reconciliation-vouchers",
        "Vouchers of each figure",
        PARTS,
        [row for each in found for row in standing_parts(each)],
    )


def standing_parts(each: HoldBalance) -> list[tuple[Cell, ...]]:
    """Those vouchers of a figure that have something in it now, posted or said."""
    return [
        (each.account, each.currency, part.voucher, part.posted, part.said, part.difference)
        for part in each.parts
        if part.posted or part.said
    ]


def holds(found: Iterable[OpenHold]) -> Table:
    """Every open hold."""
    rows = [
        (
            hold.row.id,
            hold.row.insurer,
            hold.row.state,
            hold.row.funding,
            hold.row.held,
            hold.row.currency,
            hold.row.issued,
            hold.age,
            hold.deadline,
            hold.left,
            hold.row.place,
        )
        for hold in found
    ]
    return Table("holds", "Open holds", HOLDS, rows)


def ageing_by_insurer(found: Iterable[OpenHold], said: Callable[[str], str]) -> Table:
    """Open holds by age band and insurer."""
    columns = (
        Column("insurer", "insurer", "party"),
        *_bands("age", AGE, said, past="{last} days or less", none=""),
    )
    return _aged("ageing-by-insurer", "Open holds by age", by_age(found), columns)


def ageing_by_days_left(found: Iterable[OpenHold], said: Callable[[str], str]) -> Table:
    """Open holds by the days left until they must be accepted or applied for."""
    columns = _bands("left", LEFT, said, past="overdue", none="waiting for a decision")
    return _aged("ageing-by-days-left", "Open holds by days left", by_days_left(found), columns)


def _bands(
    key: str, bands: Iterable[Band], said: Callable[[str], str], *, past: str, none: str
) -> tuple[Column, ...]:
    """A column for each band; titles are translated here, since they hold numbers."""
    columns = []
    for first, last in bands:
        text = (
            past
            if first is None
            else "more than {before} days"
            if last is None
            else ("{first} to {last} days")
        )
        title = said(text).format(first=first, last=last, before=(first or 0) - 1)
        columns.append(
            Column(f"{key}_{first or 0}_{'on' if last is None else last}", title, "money")
        )
    if none:
        columns.append(Column(f"{key}_none", said(none), "money"))
    return tuple(columns)


def _aged(name: str, caption: str, groups: Iterable[Aged], columns: tuple[Column, ...]) -> Table:
    amounts = sum(column.kind == "money" for column in columns)
    rows: list[tuple[Cell, ...]] = [
        (*group.key, *group.amounts[:amounts], group.total, group.vouchers) for group in groups
    ]
    head = (Column("currency", "currency", "currency"), Column("funding", "funding", "word"))
    foot = (Column("total", "total", "money"), Column("vouchers", "vouchers", "count"))
    return Table(name, caption, (*head, *columns, *foot), rows)


def statements(found: Iterable[AccountState], changed: Container[SourceLine]) -> Table:
    """The bank accounts, with each statement that was reconciled, and which changed since."""
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        nothing = (each.account, NOT_RECONCILED, *[None] * (len(STATEMENTS) - 2))
        rows += [_statement(proof, proof.place in changed) for proof in each.proofs] or [nothing]
    return Table("statements", "Bank statements", STATEMENTS, rows)


def _statement(proof: RecordedProof, changed: bool) -> tuple[Cell, ...]:
    state = "with differences" if proof.differences else "reconciled"
    return (
        proof.account,
        "changed since" if changed else state,
        proof.until,
        proof.statement,
        proof.start,
        proof.lines,
        proof.matched,
        proof.differences,
        proof.prepared_by,
        proof.reviewed_by,
        proof.place,
    )


def settled(found: Iterable[VoucherState]) -> Table:
    """The settled vouchers on each bank account, with the statement that proves them."""
    rows: list[tuple[Cell, ...]] = []
    for each in found:
        proof = each.proof
        said: tuple[Cell, ...] = (NOT_RECONCILED, None, None, None)
        if proof is not None:
            said = ("reconciled", proof.statement, proof.until, proof.place)
        rows.append((each.voucher, each.account, each.settled, *said))
    return Table("settled", "Settled vouchers at the bank", SETTLED, rows)


def postings(life: VoucherView) -> Table:
    """One voucher: every posting of every event, and what was refused."""
    rows: list[tuple[Cell, ...]] = []
    for moment in life.timeline:
        lines = [(book.party, *line) for book in moment.books for line in book.lines]
        nothing: list[tuple[str, str, tuple[None, str]]] = [("", "", (None, ""))]
        for party, account, (amount, currency) in lines or nothing:
            posted = (party, account, amount, currency)
            rows.append((moment.date, moment.kind, *posted, moment.error, moment.place))
    return Table("voucher", "Events and postings", POSTINGS, rows)

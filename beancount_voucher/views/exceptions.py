"""The exception report: everything about vouchers that somebody must look at, on a date."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Custom

from beancount_voucher.audit import invariants
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.directives.source_lines import SourceLine, source_line
from beancount_voucher.ledger.broken_directives import broken_directives
from beancount_voucher.lifecycle.overdue import overdue

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.status import VoucherStatus

KINDS: dict[str, str] = {
    "accept": "overdue for acceptance",
    "apply": "overdue for application",
    "void": "returned, not voided",
    "judge": "applied for, not judged",
    "invariant": "broken invariant",
    "error": "event with an error",
}
"""What can be wrong, in the order of the report."""

REMEDIES: dict[str, str] = {
    "accept": "bean-voucher void {id} --reason not-accepted",
    "apply": "bean-voucher void {id} --reason no-application",
    "void": "bean-voucher void {id} --reason insurance-returned",
    "judge": "bean-voucher run",
    "rest": "bean-voucher release {id}",
    "invariant": "bean-voucher check",
    "error": "correct the directive",
    "broken": "join the directive's lines; nobody decides about its voucher until then",
}
"""What a person does about it."""


class ExceptionItem(NamedTuple):
    """One exception.

    Attributes:
        kind: a key of ``KINDS``.
        voucher: the voucher, where it is about one.
        since: the day from which on it was so: of what is overdue, on which it could be decided
            for the first time; None where the line has no date.
        text: what is wrong; errors and findings end with their code.
        place: the line to look at.
        does: a key of ``REMEDIES``.
        party: the voucher's policyholder, whose money or credit line it is about.
        amount: what is held, or the premium where nothing is; None where there is no voucher.
        currency: of the amount.
    """

    kind: str
    voucher: str | None
    since: dt.date | None
    text: str
    place: SourceLine
    does: str
    party: str | None = None
    amount: Decimal | None = None
    currency: str | None = None

    @property
    def remedy(self) -> str:
        """What a person does about it."""
        return REMEDIES[self.does].format(id=self.voucher)


def items(ledger: Ledger, found: Iterable[Finding], as_of: dt.date) -> list[ExceptionItem]:
    """The report: broken books, then by currency the largest amount first, then the rest.

    Args:
        ledger: the ledger.
        found: the broken invariants of its books (``audit.findings``), which take long to find.
        as_of: the day; nothing that came later is in the report.
    """
    report = [*_overdue(ledger, as_of), *_broken(ledger, found), *errors(ledger)]
    known = (item for item in report if item.since is None or item.since <= as_of)
    return sorted((_with_amount(item, ledger, as_of) for item in known), key=_order)


def _order(item: ExceptionItem) -> tuple[object, ...]:
    amount = item.amount
    return (
        item.kind != "invariant",  # where the books are wrong, so may be all else
        amount is None,
        item.currency or "",
        0 if amount is None else amount.copy_negate(),
        list(KINDS).index(item.kind),
        str(item.since or ""),
        item.place.filename,
        item.place.lineno,
        item.text,
    )


def _with_amount(item: ExceptionItem, ledger: Ledger, as_of: dt.date) -> ExceptionItem:
    """Whose money it is about, and how much."""
    voucher = ledger.evaluation.vouchers.get(item.voucher or "")
    if voucher is None or voucher.events[0].date > as_of:
        return item
    status = voucher.as_of(as_of)
    return item._replace(
        party=voucher.metadata["policyholder"],
        amount=status.held or status.amount or voucher.amount.number,
        currency=voucher.amount.currency,
    )


def _overdue(ledger: Ledger, as_of: dt.date) -> Iterator[ExceptionItem]:
    evaluation = ledger.evaluation
    for voucher in evaluation.vouchers.values():
        status = voucher.as_of(as_of)
        why = overdue(evaluation.ledger_state, voucher.terms_on(as_of), status, as_of)
        if why is not None:
            yield ExceptionItem(
                why.kind, voucher.id, why.since, why.text, voucher.place, _does(why.kind, status)
            )


def _does(kind: str, status: VoucherStatus) -> str:
    """What was drawn on is not voided: what is left of it is released."""
    return "rest" if status.settled and kind in ("apply", "void") else kind


def _broken(ledger: Ledger, found: Iterable[Finding]) -> Iterator[ExceptionItem]:
    for finding in (*invariants.no_plugin(ledger), *found):
        yield ExceptionItem(
            "invariant", None, finding.date, finding.message, finding.place, "invariant"
        )


def errors(ledger: Ledger) -> Iterator[ExceptionItem]:
    """Every voucher directive that has an error, with or without the plugin."""
    if not ledger.has_plugin:
        yield from refused(ledger)
        return
    yield from _cut_short(ledger)
    yield from (_item(error) for error in ledger.errors if isinstance(error, VoucherError))


def refused(ledger: Ledger) -> Iterator[ExceptionItem]:
    """Every voucher directive that does not count; errors of the books are not among them."""
    yield from _cut_short(ledger)
    yield from (_item(problem.error()) for problem in ledger.evaluation.problems)


def _cut_short(ledger: Ledger) -> Iterator[ExceptionItem]:
    for broken in broken_directives(ledger):
        problem = broken.problem
        yield ExceptionItem("error", broken.voucher, None, problem.message, problem.place, "broken")


def _item(error: VoucherError) -> ExceptionItem:
    entry = error.entry
    return ExceptionItem(
        "error",
        voucher_named(entry) if isinstance(entry, Custom) else None,
        None if entry is None else entry.date,
        error.message,
        source_line(error.source),
        "error",
    )

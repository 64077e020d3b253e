"""What was reconciled, looked at again: the settled postings, and the statement's file."""

from __future__ import annotations

import re
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.core.data import Open

from beancount_voucher.audit.findings import Finding
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import counted
from beancount_voucher.ledger.posted import told_apart
from beancount_voucher.reconciliation.ledger_side import bank_accounts, bank_book
from beancount_voucher.reconciliation.reasons import ITEM_REASONS, OUTSTANDING
from beancount_voucher.statements.files import sha256_of
from beancount_voucher.statements.statement import date_of
from beancount_voucher.views.reconciled_statements import (
    Proven,
    digest_of,
    proofs,
    voucher_accounts,
)

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from beancount.core.data import Account

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.reconciliation.items import Movement
    from beancount_voucher.views.reconciled_statements import RecordedProof


_DATE = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b")


def proven_by(movement: Movement) -> Proven:
    """What a statement proves of a voucher's movement."""
    assert movement.voucher is not None
    money = Money(movement.amount, movement.currency)
    return Proven(movement.voucher, movement.date, money, digest_of(movement.entry))


def changes(ledger: Ledger) -> Iterator[Finding]:
    """What has changed since it was reconciled.

    A ledger that does not open an account, or does not keep the book in which vouchers are
    paid on it, cannot tell.
    """
    opened = {entry.account for entry in ledger.entries if isinstance(entry, Open)}
    known = [proof for proof in proofs(ledger.evaluation) if proof.account in opened]
    posted = _posted(ledger)
    if not known:
        return
    accounts = bank_accounts(
        {proof.account for proof in known}, ledger.evaluation, ledger.names, ledger.kept
    )
    book = bank_book(told_apart(ledger), accounts, ledger.options["name_equity"])
    now: dict[tuple[Account, str], list[Proven]] = {}
    for movement in book.movements:
        if movement.voucher is not None:
            key = movement.account, movement.voucher
            now.setdefault(key, []).append(proven_by(movement))
    for proof in known:
        yield from _changed_file(proof)
        if posted is None or proof.account in posted:
            for proven in proof.proven:
                yield from _changed_postings(
                    proof, proven, now.get((proof.account, proven.voucher), [])
                )


def recorded_differences(evaluation: Evaluation, as_of: dt.date) -> Iterator[Finding]:
    """What statements were recorded with, and nobody has cleared: the oldest first.

    Args:
        evaluation: the evaluation of a ledger.
        as_of: the day to count ages from; what was recorded of later statements does not show.
    """
    found = [
        (since, proof, text)
        for proof in proofs(evaluation, as_of)
        for since, text in _differences(proof)
    ]
    for since, proof, text in sorted(found, key=itemgetter(0)):
        age = counted((as_of - since).days, "day")
        wrong = f"{proof.account}, statement {proof.statement}: {text}; {age} old"
        yield Finding("recorded-difference", proof.place, wrong)


def _differences(proof: RecordedProof) -> Iterator[tuple[dt.date, str]]:
    """Each difference of a record and the day since when; those of which it does not speak as one.

    A record is a text: whoever wrote it by hand may have written anything.
    """
    items = [each.strip() for each in (proof.open_items or "").split(";")]
    told = [each for each in items if each.partition(" ")[0] in ITEM_REASONS.keys() - OUTSTANDING]
    for item in told[: proof.differences]:
        dates = filter(None, map(date_of, _DATE.findall(item)))
        yield min(dates, default=proof.until), item
    untold = proof.differences - len(told)
    if untold > 0:
        yield proof.until, f"{counted(untold, 'difference')} of which the record says no more"


def _posted(ledger: Ledger) -> set[Account] | None:
    """The bank accounts on which the books that are kept pay vouchers; None for all."""
    if not ledger.has_plugin:
        return set()
    if ledger.kept is None:
        return None
    keeper = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept)
    return {
        account
        for voucher in ledger.evaluation.vouchers.values()
        for _, account in voucher_accounts(voucher.terms, keeper)
    }


def _changed_file(proof: RecordedProof) -> Iterator[Finding]:
    if proof.document is None:
        return
    digest = sha256_of(Path(proof.place.filename).parent / proof.document)
    if digest is not None and digest != proof.sha256:
        text = f"{proof.document} is not the file of statement {proof.statement}"
        yield Finding("statement-changed", proof.place, text)


def _changed_postings(proof: RecordedProof, proven: Proven, now: list[Proven]) -> Iterator[Finding]:
    if proven in now:
        return
    then = f"{proven.voucher} was reconciled at {proven.money} on {proven.date}"
    if not now:
        is_now = "no settlement"
    elif (now[0].date, now[0].money) == (proven.date, proven.money):
        is_now = "the same money in other postings"
    else:
        is_now = f"{now[0].money} on {now[0].date}"
    yield Finding("reconciled-changed", proof.place, f"{then}; {proof.account} now has {is_now}")

"""The settlement conditions of a voucher, judged on a date (manual: conditions)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Custom

from beancount_voucher.conditions import Case
from beancount_voucher.directives.schema import TERM_PARTIES
from beancount_voucher.lifecycle.days import day_before

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from decimal import Decimal

    from beancount_voucher.conditions import Outcome, Verdict
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.candidates import Candidate, LedgerState
    from beancount_voucher.lifecycle.events import Terms
    from beancount_voucher.lifecycle.status import VoucherStatus
    from beancount_voucher.lifecycle.vouchers import Voucher


def candidate_verdicts(candidate: Candidate) -> dict[str, Verdict]:
    """The verdicts on a settlement, on its day, or on the application that a void turns down.

    That is unmet by what was known at the end of the day before: nothing that somebody
    records later on the day of the void can make it wrong (manual: conditions).
    """
    settles = candidate.fact.kind == "settle"
    date = candidate.fact.date
    return verdicts(
        candidate.ledger_state,
        candidate.agreed,
        candidate.known.status,
        date if settles else day_before(date),
        candidate.amount.number if settles else None,
    )


def verdicts(
    ledger_state: LedgerState,
    terms: Terms,
    status: VoucherStatus,
    date: dt.date,
    settling: Decimal | None = None,
) -> dict[str, Verdict]:
    """Judge every condition of a voucher on a date (manual: conditions).

    Args:
        ledger_state: the ledger's events and known conditions.
        terms: what was agreed.
        status: how the voucher stands; its application is what is judged.
        date: the day of the judgement.
        settling: the amount to be settled; what was applied for if left out.
    """
    if not terms.conditions:
        return {}
    case = case_of(ledger_state, terms, status, date, settling)
    return {
        key: ledger_state.conditions[key].judge(value, case)
        for key, value in terms.conditions.items()
    }


def case_of(
    ledger_state: LedgerState,
    terms: Terms,
    status: VoucherStatus,
    date: dt.date,
    settling: Decimal | None = None,
) -> Case:
    """What the conditions of a voucher look at; the arguments are those of ``verdicts``."""
    application = status.application
    applied = None if application is None else application.amount
    evidence = {} if application is None else application.fact.terms
    return Case(
        date=date,
        premium=terms.amount.number,
        applied=applied,
        settling=applied if settling is None else settling,
        evidence={key: value for key, value in evidence.items() if key != "by"},
        signals=ledger_state.event_directives,
        application=None if application is None else application.fact.entry,
        voucher=terms.voucher,
        parties={side: getattr(terms, side) for side in TERM_PARTIES},
        product=terms.product,
        currency=terms.amount.currency,
        cover_start=terms.cover_start,
        cover_end=terms.cover_end,
    )


def unmet_by_application(
    ledger_state: LedgerState, voucher: Voucher, fact: Fact
) -> dict[str, Verdict]:
    """The conditions that look at the application, and that it does not meet.

    Args:
        ledger_state: the ledger's events and known conditions.
        voucher: as it is before the application.
        fact: the application, written or not.
    """
    terms = voucher.terms_on(fact.date)
    if terms is None:
        return {}
    applied = voucher.status.held if fact.amount is None else fact.amount.number
    entry = fact.entry or Custom({}, fact.date, "voucher-apply", [])
    known = case_of(ledger_state, terms, voucher.status, fact.date)
    case = known._replace(
        applied=applied,
        settling=applied,
        evidence={key: value for key, value in fact.terms.items() if key != "by"},
        application=entry,
    )
    judged = ((key, ledger_state.conditions[key], each) for key, each in terms.conditions.items())
    return {
        key: verdict
        for key, condition, value in judged
        if any(each is entry for each in condition.evidence(value, case))
        and (verdict := condition.judge(value, case)).outcome == "unmet"
    }


def outcome_of(judged: Mapping[str, Verdict]) -> Outcome:
    """All verdicts as one: unmet if any is, else waiting if any is, else met."""
    outcomes = [verdict.outcome for verdict in judged.values()]
    if "unmet" in outcomes:
        return "unmet"
    return "waiting" if "waiting" in outcomes else "met"

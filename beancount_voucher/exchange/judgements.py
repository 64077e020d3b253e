"""What others have decided, and we would have decided otherwise (manual: exchange).

None of it is refused: what the issuer has decided stands, and so does what the other side has
said of what we decided. A person looks at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.message import name_in
from beancount_voucher.exchange.sending import that_count
from beancount_voucher.lifecycle.days import day_before
from beancount_voucher.lifecycle.status import VoucherStatus
from beancount_voucher.lifecycle.verdicts import outcome_of, verdicts

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.positions import Comparison
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.lifecycle.candidates import LedgerState
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import Terms, VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher


class Doubt(NamedTuple):
    """Something to look at.

    Attributes:
        code: what it is.
        place: the line.
        text: in words.
        date: from when on.
    """

    code: str
    place: SourceLine
    text: str
    date: dt.date


# --- Judged differently -----------------------------------------------------------------


def judged_differently(evaluation: Evaluation) -> Iterator[Doubt]:
    """Settlements, and voids of unmet conditions, that our own evidence does not bear out."""
    state = evaluation.ledger_state
    for _, voucher in sorted(evaluation.vouchers.items()):
        for before, event in _judgements(voucher):
            terms = voucher.terms_on(event.date)
            if terms is None or not _is_known(state, terms):
                continue
            settled = event.kind == "settle"
            day = event.date if settled else day_before(event.date)
            amount = event.amount if settled else None
            judged = verdicts(state, terms, before, day, amount)
            outcome = outcome_of(judged)
            if (outcome == "met") is not settled:
                why = "; ".join(f"{key}: {each.reason}" for key, each in judged.items())
                text = f"{voucher.id}: {event.kind} of {event.date}; here it is {outcome} ({why})"
                yield Doubt("judged-differently", event.place, text, event.date)


def _judgements(voucher: Voucher) -> Iterator[tuple[VoucherStatus, VoucherEvent]]:
    """What a message has brought of the issuer's judgement, each with what was before it."""
    if voucher.terms is None or not voucher.terms.conditions:
        return
    for at, event in enumerate(voucher.events):
        unmet = event.kind == "void" and event.fact.terms["reason"] == "conditions-unmet"
        judges = event.kind == "settle" or unmet
        if judges and not event.fact.is_judged_by(voucher.terms.issuer):
            status = VoucherStatus(voucher.status.zero)
            for earlier in voucher.events[:at]:
                status.take(earlier)
            yield status, event


def _is_known(state: LedgerState, terms: Terms) -> bool:
    """Whether we have the evidence: every condition, and something of every event it names."""
    return all(
        key in state.conditions
        and all(state.event_directives.days(name) for name in state.conditions[key].events(value))
        for key, value in terms.conditions.items()
    )


# --- Not returned -----------------------------------------------------------------------


def unreturned(evaluation: Evaluation) -> Iterator[Doubt]:
    """Vouchers that ended without having been given back, though that was to be stated."""
    if evaluation.options["give-back"] != "stated":
        return
    for _, voucher in sorted(evaluation.vouchers.items()):
        status, end = voucher.status, voucher.last("void") or voucher.last("release")
        asked = status.recalled is not None and status.accepted is not None
        if end is not None and asked and status.surrendered is None:
            text = (
                f"{voucher.id}: {end.kind} of {end.date}; it was asked back on "
                f"{status.recalled}, and {voucher.agreed.acceptor} has never given it back"
            )
            yield Doubt("unreturned", end.place, text, end.date)


# --- Refused by the other side ----------------------------------------------------------


def refused_by_other(book: Book, compared: Callable[[str], Comparison | None]) -> Iterator[Doubt]:
    """Facts of ours that another party has refused, and that stand here nonetheless.

    Args:
        book: our ledger.
        compared: our ledger and the latest list of a party.
    """
    standing: dict[tuple[str, dt.date, str | None], Fact] = {}
    for fact in that_count(book):
        standing.setdefault((fact.kind, fact.date, fact.voucher), fact)
    for refusal in book.evaluation.exchanged:
        if refusal.kind != "refusal" or refusal.message is None:
            continue
        about = refusal.terms["of"], refusal.terms["on"], refusal.voucher
        refused = standing.get(about)
        if refused is None or refusal.terms["code"] == "duplicate":
            continue
        party = str(refusal.came_from)
        if not _is_settled(refusal, compared(party)):
            text = (
                f"{refusal.voucher}: {party} has refused {refused.kind} of {refused.date} "
                f"[{refusal.terms['code']}], and it stands here"
            )
            yield Doubt("refused-by-other", refusal.place, text, refusal.date)


def _is_settled(refusal: Fact, comparison: Comparison | None) -> bool:
    """Whether a later list of the other side says of the voucher what we say."""
    assert refusal.message is not None
    number = name_in(refusal.message)[2]
    if comparison is None or comparison.said.number <= number:
        return False
    assert refusal.voucher is not None
    return refusal.terms["on"] <= comparison.said.as_of and comparison.agrees(refusal.voucher)

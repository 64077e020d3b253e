"""What is asked of a fact before the rows of the life: form, parties, voucher, and its end.

Form is checked here as far as it depends on what came before (manual: life).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.schema import REQUIRED_TERMS, TERM_PARTIES, TERMS, Kind
from beancount_voucher.lifecycle.amendments import amendment_form_problem
from beancount_voucher.lifecycle.events import State
from beancount_voucher.lifecycle.guards import party_problem
from beancount_voucher.lifecycle.instrument_guards import cover_for_basis

if TYPE_CHECKING:
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.lifecycle.candidates import Candidate


def form_problem(candidate: Candidate) -> Problem | None:
    """What comes before ``duplicate``: form that depends on a request, not found, final."""
    if candidate.fact.kind in ("request", "issue"):
        problem = _missing_term(candidate) or _party_not_found(candidate)
    else:
        problem = (
            _missing_instruction(candidate)
            or _voucher_not_found(candidate)
            or _form_by_voucher(candidate)
        )
    return problem or _final(candidate)


def _form_by_voucher(candidate: Candidate) -> Problem | None:
    """Form that depends on what was agreed."""
    if candidate.fact.kind == "amend":
        return amendment_form_problem(candidate)
    return cover_for_basis(candidate) if candidate.fact.kind == "refund" else None


def _missing_term(candidate: Candidate) -> Problem | None:
    if candidate.fact.kind != "issue":
        return None
    required: tuple[str, ...] = REQUIRED_TERMS
    if "cover-end" in candidate.metadata:
        required = (*required, "cover-start")
    for key in required:
        if key not in candidate.metadata and not _is_untold(candidate, key):
            return candidate.problem("missing-key", f"{key} is missing", f"{key}: {TERMS[key]}")
    return None


def _is_untold(candidate: Candidate, key: str) -> bool:
    """Whether it is how a voucher is funded, and the message went to neither bank nor customer."""
    told = ("issuer", "policyholder")
    parties = [candidate.metadata.get(each) for each in told]
    return key == "funding" and not any(map(candidate.fact.is_judged_by, map(str, parties)))


def _missing_instruction(candidate: Candidate) -> Problem | None:
    """Where the ledger asks for it, nobody accepts without the insurer's instruction."""
    fact = candidate.fact
    asked = candidate.ledger_state.options["acceptance-needs-instruction"] == "on"
    if not asked or fact.kind != "accept" or "instructed-by" in fact.terms:
        return None
    return candidate.problem(
        "missing-key", "instructed-by is missing", f"instructed-by: {Kind.TEXT}"
    )


def _party_not_found(candidate: Candidate) -> Problem | None:
    fact, parties = candidate.fact, candidate.ledger_state.parties
    for key, role in TERM_PARTIES.items():
        party = fact.terms.get(key)
        if party is not None and (party not in parties or parties[party].role != role):
            return party_problem(candidate.ledger_state, fact, f"{fact.ids[0]}: {key}", party, role)
    return None


def _voucher_not_found(candidate: Candidate) -> Problem | None:
    if candidate.voucher is not None:
        return None
    return candidate.problem(
        "not-found",
        f"there is no such voucher on {candidate.fact.date}",
        "a voucher-issue or voucher-request on or before that date",
    )


def _final(candidate: Candidate) -> Problem | None:
    if candidate.voucher is None or candidate.voucher.status.closed is None:
        return None
    if candidate.fact.kind == "refund" and candidate.state is State.SETTLED:
        return None
    closing = candidate.voucher.last_change
    where = closing.place.seen_from(candidate.fact.place)
    return candidate.problem(
        "final",
        f"{candidate.fact.kind} after it was {candidate.state} on {closing.date} ({where})",
        "no further event",
    )

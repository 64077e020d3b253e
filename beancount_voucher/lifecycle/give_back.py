"""Recall and surrender: the second bank gives a voucher back to the first (manual: exchange).

Each guard is one sentence of the table of the life, as in ``guards``.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.events import OPEN
from beancount_voucher.lifecycle.guards import issuer_judges

if TYPE_CHECKING:
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.lifecycle.candidates import Candidate


def not_recalled(candidate: Candidate) -> Problem | None:
    """Not after a recall."""
    if candidate.known.status.recalled is None:
        return None
    return candidate.problem(
        "recalled",
        f"the issuer has asked for it back on {candidate.event_stands('recall')}",
        "a date on or before that",
    )


def not_given_back(candidate: Candidate) -> Problem | None:
    """Not after a surrender, as long as something is held."""
    status = candidate.known.status
    if status.surrendered is None or status.state not in OPEN:
        return None
    return candidate.problem(
        "surrendered",
        f"the acceptor has given it back on {candidate.event_stands('surrender')}",
        "a voucher-void, or a voucher-release where something is settled",
    )


def given_back(candidate: Candidate) -> Problem | None:
    """A surrender on or before the date."""
    if candidate.known.status.surrendered is not None:
        return None
    return candidate.problem(
        "not-surrendered", "the acceptor has not given it back", "a voucher-surrender before it"
    )


@issuer_judges
def given_back_if_stated(candidate: Candidate) -> Problem | None:
    """Where ``give-back`` is stated: a surrender, or a recall ``grace-days`` before the date."""
    options, terms = candidate.ledger_state.options, candidate.agreed
    status = candidate.known.status
    asked = options["give-back"] == "stated" and status.accepted is not None and not terms.one_bank
    if not asked or status.surrendered is not None:
        return None
    if status.recalled is None:
        return candidate.problem(
            "not-surrendered",
            "the acceptor has neither given it back nor been asked to",
            "a voucher-surrender, or a voucher-recall, before it",
        )
    grace = dt.timedelta(days=int(options["grace-days"]))
    if candidate.fact.date - status.recalled >= grace:
        return None
    return candidate.problem(
        "not-surrendered",
        f"the acceptor has not given it back, and {options['grace-days']} days of grace "
        f"have not passed since the recall of {candidate.event_stands('recall')}",
        "a voucher-surrender, or a later date",
    )

"""What nobody can decide yet, told on stderr: the same by ``run``, ``check`` and ``show``."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.overdue import waiting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.overdue import Waiting

_SHOWN = 20
"""Who has more applications that wait asks the register."""


def told(what: Waiting) -> str:
    """What a voucher waits for, and the conditions that are not met."""
    return f"{what.text} ({what.because})" if what.because else what.text


def _waiting_applications(evaluation: Evaluation, as_of: dt.date) -> Iterator[tuple[str, Waiting]]:
    """The vouchers that were applied for and wait, those first that wait the shortest time."""
    found: list[tuple[dt.date, str, Waiting]] = []
    for voucher in evaluation.vouchers.values():
        status = voucher.as_of(as_of)
        if status.applied is not None:
            terms = voucher.terms_on(as_of)
            waits = waiting(evaluation.ledger_state, terms, status, as_of)
            if waits is not None:
                found.append((waits.until or dt.date.max, voucher.id, waits))
    return ((voucher, waits) for _, voucher, waits in sorted(found, key=lambda each: each[:2]))


def what_waits(evaluation: Evaluation, as_of: dt.date) -> list[str]:
    """A line for each application that waits, and until when."""
    lines = [
        f"{voucher}: {told(what)}" for voucher, what in _waiting_applications(evaluation, as_of)
    ]
    more = len(lines) - _SHOWN
    if more > 0:
        lines[_SHOWN:] = [f"… and {more} more that wait; bean-voucher list shows them"]
    return lines

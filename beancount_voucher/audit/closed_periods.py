"""What stands in a closed period and says nowhere that it came after the close."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.audit.findings import Finding
from beancount_voucher.lifecycle.closed_periods import is_closed, is_reopened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger


def closed_periods(ledger: Ledger) -> Iterator[Finding]:
    """Directives that stand below the close of their period, in its file, without a reason.

    A ledger grows at the end of its files, so what stands below a close is taken to have come
    after it. Of two files nobody can tell which line was there first; git can (manual: review).
    """
    broken = {id(problem.entry) for problem in ledger.evaluation.problems}
    counting = (fact for fact in ledger.reading.facts if id(fact.entry) not in broken)
    close: Fact | None = None
    for fact in sorted(counting, key=lambda fact: fact.place):
        if close is not None and close.place.filename != fact.place.filename:
            close = None
        if fact.kind == "close" and (close is None or fact.date > close.date):
            close = fact
        elif close is not None and _came_later(fact, close):
            yield Finding(
                "closed-period",
                fact.place,
                f"{fact.ids[0]}: {fact.kind} of {fact.date} stands below the close of "
                f"{close.date} (line {close.place.lineno}), and does not say why",
            )


def _came_later(fact: Fact, close: Fact) -> bool:
    said = {} if fact.entry is None else fact.entry.meta
    return is_closed(fact.kind, fact.date, close.date) and not is_reopened(said)

"""What is no error, and what whoever records it would want to know before it is written.

A doubt keeps it from being written without ``--anyway``; a warning is only told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.display_context import Precision

from beancount_voucher.cli.days import today
from beancount_voucher.cli.heard import not_heard_beyond
from beancount_voucher.cli.prose import meant
from beancount_voucher.directives.money import digits_behind_the_point
from beancount_voucher.ledger.loader import made_whole
from beancount_voucher.lifecycle.verdicts import unmet_by_application

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger

_YEARS = 3
"""A day that is further than this from all others, and from today, is a slip of the finger."""

_MAY_BE_FAR = ("cover-end", "refund-by")
"""Terms that may end many years later."""


def doubts(ledger: Ledger, fact: Fact) -> Iterator[str]:
    """Why something is not written without ``--anyway``."""
    if fact.kind == "apply" and fact.ids[0] in ledger.evaluation.vouchers:
        found = ledger.evaluation
        voucher = found.vouchers[fact.ids[0]]
        for key, verdict in unmet_by_application(found.ledger_state, voucher, fact).items():
            yield (
                f"{voucher.id}: {key} will be unmet: {verdict.reason}; "
                "expected what it demands, or --anyway to write it all the same"
            )
    far = _far(ledger, fact.date)
    if far is not None:
        yield f"{fact.ids[0]}: {far} If not, --anyway writes it"


def warnings(ledger: Ledger, fact: Fact) -> Iterator[str]:
    """What may be a slip of the finger; of a period, who may still say something of it."""
    if fact.kind == "close":
        yield from (f"{fact.ids[0]}: {each}" for each in not_heard_beyond(ledger, fact.date))
    for key, term in fact.terms.items():
        far = None if key in _MAY_BE_FAR or not _is_day(term) else _far(ledger, term)
        if far is not None:
            yield f"{fact.ids[0]}: {key}: {far}"
    if fact.amount is None:
        return
    number, currency = fact.amount
    contexts = ledger.options["dcontext"].ccontexts
    used = {*contexts, *ledger.options["operating_currency"]} - {"__default__"}
    if used and currency not in used:
        guess = meant(currency, sorted(used))
        hint = f"did you mean {guess}?" if guess else f"it has {', '.join(sorted(used))}"
        yield f"{fact.ids[0]}: the ledger has no other amount in {currency}; {hint}"
    elif currency in contexts:
        most = contexts[currency].get_fractional(Precision.MAXIMUM) or 0
        if digits_behind_the_point(number) > most:
            yield (
                f"{fact.ids[0]}: {fact.amount} has more decimals than the ledger's other amounts "
                f"in {currency}: they have {most} at most"
            )


def _is_day(term: object) -> bool:
    return hasattr(term, "year")


def _far(ledger: Ledger, date: dt.date) -> str | None:
    """That a day is far from all others of the ledger, and from today, and which may be meant."""
    years = _years(ledger)
    if _is_near(date, years):
        return None
    if not ledger.is_whole:
        years = _years(made_whole(ledger))  # what is generated counts, too
        if _is_near(date, years):
            return None
    known = range(min(years), max(years) + 1)
    swapped = [year for year in known if sorted(str(year)) == sorted(str(date.year))]
    year = swapped[-1] if swapped else min(known, key=lambda year: abs(year - date.year))
    guess = f"{year}-{date:%m-%d}"
    return f"{date} is more than {_YEARS} years from today and the ledger; did you mean {guess}?"


def _years(ledger: Ledger) -> set[int]:
    ends = (*ledger.entries[:1], *ledger.entries[-1:])
    return {today().year} | {entry.date.year for entry in ends}


def _is_near(date: dt.date, years: Collection[int]) -> bool:
    return min(years) - _YEARS <= date.year <= max(years) + _YEARS

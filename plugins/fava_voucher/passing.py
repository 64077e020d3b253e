"""What passes Fava's own filters, also of what stands in batches."""

from __future__ import annotations

import re
from contextlib import contextmanager
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from fava.core.filters import AccountFilter, AdvancedFilter, EntryFilter, TimeFilter
from fava.helpers import FavaAPIError

from beancount_voucher.views.voucher_entries import by_voucher

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Transaction
    from fava.core import FavaLedger, FilteredLedger
    from fava.util.date import DateRange


def passing(
    fava: FavaLedger,
    events: Iterable[Transaction] | None,
    account: str,
    text: str,
    as_of: dt.date,
) -> frozenset[str | None]:
    """The vouchers that Fava's filters let through.

    Args:
        fava: the ledger as Fava has loaded it.
        events: what each event posts, where the ledger holds batches.
        account: the account filter as typed.
        text: the text filter as typed.
        as_of: only for what is there by this date.

    Raises:
        fava.helpers.FavaAPIError: a filter that Fava cannot read.
    """
    passed: Iterable[Entry] = filtered(fava, account=account, filter=text).entries  # type: ignore[assignment]
    if events is not None:
        passed = chain(passed, _narrowed(events, account, text.strip()))
    return frozenset(by_voucher(each for each in passed if each.date <= as_of))


def _narrowed(events: Iterable[Transaction], account: str, text: str) -> Iterator[Entry]:
    """What the same filters let through of what stands in batches, a part after the other."""
    filters: list[EntryFilter] = [AccountFilter(account)]
    if text:
        filters.append(AdvancedFilter(text))
    rest: Iterator[Any] = iter(events)
    while some := list(islice(rest, _AT_ONCE)):
        for each in filters:
            some = list(each.apply(some))
        yield from some


_AT_ONCE = 1000


def dates_in(fava: FavaLedger, period: str) -> DateRange:
    """The days of Fava's time filter, without what Fava makes of a ledger between them.

    Raises:
        fava.helpers.FavaAPIError: a filter that Fava cannot read.
    """
    with _readable(period):
        return TimeFilter(fava.options, fava.fava_options, period).date_range


def filtered(fava: FavaLedger, **filters: str) -> FilteredLedger:
    """What Fava's filters let through.

    Raises:
        fava.helpers.FavaAPIError: a filter that Fava cannot read.
    """
    with _readable(*filters.values()):
        return fava.get_filtered(**filters)


@contextmanager
def _readable(*typed: str) -> Iterator[None]:
    """Whatever Fava makes of a filter, a person is told which one cannot be read.

    Fava itself fails on a day at the ends of time (9999-12-31), and on an account that is no
    regular expression.
    """
    try:
        yield
    except (ValueError, OverflowError, RecursionError, re.error) as error:
        raise FavaAPIError(f"Failed to parse filter: {', '.join(filter(None, typed))}") from error

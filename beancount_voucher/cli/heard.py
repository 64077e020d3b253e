"""When others were heard last, in a ledger that exchanges messages (manual: exchange)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.channels import exchanges

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.ledger.loader import Ledger


def heard_in(ledger: Ledger) -> dict[str, dt.date]:
    """The date of the latest message of each with whom a ledger exchanges.

    A ledger that exchanges none does not even load what reads them.
    """
    if not exchanges(ledger.evaluation.exchanged, ()):
        return {}
    from beancount_voucher.exchange.heard import last_heard, speakers  # noqa: PLC0415
    from beancount_voucher.exchange.store import Store  # noqa: PLC0415
    from beancount_voucher.exchange.turn import book_of  # noqa: PLC0415

    texts, found = Store(ledger.path).text, dict[str, dt.date]()
    for we in speakers(ledger.evaluation, ledger.kept):
        for party, date in last_heard(book_of(ledger, we), texts).items():
            found[party] = max(date, found.get(party, date))
    return found


def not_heard_beyond(ledger: Ledger, date: dt.date) -> Iterator[str]:
    """Who has said nothing that is dated after a day: more of that day may come."""
    for party, heard in sorted(heard_in(ledger).items()):
        if heard <= date:
            when = "nothing has come" if heard == dt.date.min else f"the last message is of {heard}"
            yield f"{party} was not heard beyond {date}: {when}; what it says of it may still come"

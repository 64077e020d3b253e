"""What Fava's filters mean for vouchers: a date to look at, and the vouchers to show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount.core.account import has_component
from fava.core.filters import Match

from fava_voucher.passing import dates_in

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from fava.core import FavaLedger

    from fava_voucher.ledger_reports import LedgerReports


@dataclass(frozen=True)
class FilteredVouchers:
    """The part of a ledger that the page shows.

    Attributes:
        as_of: the end of the chosen period; without one the later of today and the
            ledger's horizon, since Fava's own reports then show everything, too.
        begin: the period's first day; None without a period.
        period: the time filter as typed.
        account: the account filter as typed.
        text: the text filter as typed.
        vouchers: the vouchers that the filters let through; None for all.
    """

    as_of: dt.date
    begin: dt.date | None
    period: str
    account: str
    text: str
    vouchers: frozenset[str | None] | None

    def has(self, voucher: str | None) -> bool:
        """Whether a voucher is to be shown."""
        return self.vouchers is None or voucher in self.vouchers

    def covers(self, day: dt.date | None) -> bool:
        """Whether a day is in the period; what has no day is."""
        if day is None or not self.period:
            return True
        return (self.begin is None or self.begin <= day) and day <= self.as_of

    def has_account(self, account: str) -> bool:
        """Whether an account is to be shown, by the rule of Fava's account filter."""
        wanted = self.account
        return not wanted or has_component(account, wanted) or Match(wanted)(account)


def filtered_vouchers(
    fava: FavaLedger, reports: LedgerReports, arguments: Mapping[str, str], today: dt.date
) -> FilteredVouchers:
    """Read Fava's filters.

    A voucher is shown if any of its directives and transactions up to the date passes the
    filters, whenever the voucher was issued: the time filter only sets the date.

    Raises:
        fava.helpers.FavaAPIError: a filter that Fava cannot read.
    """
    period, account, text = (arguments.get(key, "") for key in ("time", "account", "filter"))
    dates = dates_in(fava, period) if period else None
    horizon = reports.ledger.evaluation.horizon
    as_of = max(today, horizon or today) if dates is None else dates.end_inclusive
    chosen = None
    if account or text.strip():
        chosen = reports.passing(fava, account, text, as_of)
    begin = None if dates is None else dates.begin
    return FilteredVouchers(as_of, begin, period, account, text, chosen)

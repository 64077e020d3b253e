"""What may be paid from open vouchers, by day, account and currency."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_voucher.lifecycle.days import days_after
from beancount_voucher.views import forecast
from fava_voucher import columns
from fava_voucher.charts import payments as chart
from fava_voucher.drawing import Drawing, drawing
from fava_voucher.page import FilterLink, Page
from fava_voucher.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_voucher.tables import Table

_SPANS = (7, 30, 90, 365)
_USUAL = 30


class ForecastView(Page):
    """The days to come, from the date on that Fava's period ends with."""

    def _tables(self) -> Sequence[Table[Any]]:
        by_day = forecast.by_day(self.reports.keeper, self.payments, self.filters.as_of, self.days)
        shown = [row for row in by_day if self.filters.has_account(row.account)]
        return [columns.forecast(shown), columns.payments(self.payments)]

    @property
    def days(self) -> int:
        """How far it looks."""
        wanted = self.view_state.days
        return next((days for days in _SPANS if wanted == str(days)), _USUAL)

    @cached_property
    def payments(self) -> list[forecast.Payment]:
        """What may be paid of the vouchers within Fava's filters."""
        found = self.reports.payments(self.filters.as_of)
        return [payment for payment in found if self.filters.has(payment.voucher)]

    @property
    def drawings(self) -> list[Drawing]:
        """What has left by each day, at the earliest and at the latest."""
        return [drawing(each) for each in chart(self.payments, self.filters.as_of, self.days)]

    @property
    def span_links(self) -> list[FilterLink]:
        """How far it may look, with the vouchers that may be paid by then."""
        firsts = [each.earliest for each in self.payments if each.earliest is not None]
        last = {days: days_after(self.filters.as_of, days) for days in _SPANS}
        return [
            FilterLink(
                label=gettext("{count} days", count=days),
                number=sum(1 for first in firsts if first <= last[days]),
                sums=(),
                url=self.view_state.to(days=str(days)).url,
                chosen=self.days == days,
            )
            for days in _SPANS
        ]

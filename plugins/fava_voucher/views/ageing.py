"""Open holds by age, and by the days that are left."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_voucher.views import ageing
from fava_voucher import columns
from fava_voucher.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_voucher.tables import Table


class AgeingView(Page):
    """How long something has been held, and how long it still may be."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [
            columns.ageing_by_insurer(self.open_holds),
            columns.ageing_by_days_left(self.open_holds),
            columns.holds(self.open_holds),
        ]

    @cached_property
    def open_holds(self) -> list[ageing.OpenHold]:
        """Every open hold within Fava's filters."""
        return ageing.holds(self.rows, self.filters.as_of)

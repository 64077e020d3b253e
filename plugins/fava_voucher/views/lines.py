"""Credit lines: what is frozen, drawn and available, and what is behind each figure."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from fava_voucher import columns
from fava_voucher.page import Page
from fava_voucher.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.views.columns import Column
    from beancount_voucher.views.lines import CreditLineRow
    from fava_voucher.tables import Table

_FIGURES = ("limit", "frozen", "drawn")


class LinesView(Page):
    """Line by line; each figure leads to the vouchers and directives that make it up."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [columns.lines(self.lines), columns.behind(self.lines, self.figure)]

    @property
    def figure(self) -> str:
        """The figure that is looked behind; empty for all."""
        return self.view_state.kind if self.view_state.kind in _FIGURES else ""

    @cached_property
    def all_lines(self) -> list[CreditLineRow]:
        """The lines within Fava's filters: those of which a voucher passes, if there are any."""
        vouchers = self.filters.vouchers
        return [
            line
            for line in self.reports.lines(self.filters.as_of)
            if vouchers is None or not vouchers.isdisjoint(line.vouchers)
        ]

    @cached_property
    def lines(self) -> list[CreditLineRow]:
        """What of that is chosen."""
        chosen = self.view_state.figure
        return [line for line in self.all_lines if not chosen or chosen == _key(line)]

    @property
    def faults(self) -> int:
        """How many lines do not add up."""
        return sum(1 for line in self.lines if line.wrong)

    def cell(self, column: Column[CreditLineRow], line: CreditLineRow) -> str | None:
        """A figure leads to what is behind it; what does not add up stands out."""
        url = self.behind(line, column.key)
        if url:
            content = self.cells.shown(column, column.cell(line))
            return f'<a href="{escape(url)}">{content}</a>'
        if column.key == "proof" and line.wrong:
            return f'<strong class="differs">{escape(gettext(line.proof))}</strong>'
        return None

    def behind(self, line: CreditLineRow, figure: str) -> str | None:
        """The URL of what is behind a figure; None for one that follows from the others."""
        if figure not in _FIGURES:
            return None
        return self.view_state.to(figure=_key(line), kind=figure).url


def _key(line: CreditLineRow) -> str:
    """What the URL calls a line."""
    return f"{line.policyholder} {line.bank} {line.currency}"

"""The reconciliation: what accounts hold beside what vouchers say, and what the bank says."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from fava_voucher import bank_statements, columns
from fava_voucher.page import FilterLink, Page
from fava_voucher.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markupsafe import Markup

    from beancount_voucher.audit.hold_balances import HoldBalance
    from beancount_voucher.views.columns import Column
    from fava_voucher.tables import Table
    from fava_voucher.view_state import ViewState

_SHARES_SHOWN = 20


class ReconciliationView(Page):
    """Figure by figure, with the vouchers that make up each."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [
            columns.reconciliation(self.figures, of_shares=self.of_shares),
            columns.shares(self.figures),
            *bank_statements.tables(self.reports, self.filters, self.view_state),
        ]

    @property
    def of_shares(self) -> bool:
        """Whether figures are the shares of some vouchers, and not what accounts hold."""
        return bool(self.filters.text.strip())

    @cached_property
    def all_figures(self) -> list[HoldBalance]:
        """What accounts hold, within Fava's filters.

        The account filter chooses accounts, whole; a text filter the shares of vouchers.
        """
        vouchers = self.filters.vouchers if self.of_shares else None
        found = self.reports.holdings(self.filters.as_of, vouchers)
        return [each for each in found if self.filters.has_account(each.account)]

    @cached_property
    def figures(self) -> list[HoldBalance]:
        """What of that is in the chosen book, or the chosen figure."""
        book, figure = self.view_state.book, self.view_state.figure
        return [
            each
            for each in self.all_figures
            if (not book or book in each.books) and (not figure or figure == _key(each))
        ]

    @property
    def differences(self) -> int:
        """How many figures differ."""
        return sum(1 for each in self.figures if each.difference)

    @property
    def book_links(self) -> list[FilterLink]:
        """Every book with an account that vouchers speak of."""
        books = sorted({book for each in self.all_figures for book in each.books})
        return [
            FilterLink(
                label=self.name(book) if book else gettext("all"),
                number=sum(not book or book in each.books for each in self.all_figures),
                sums=(),
                url=self.view_state.to(book=book, figure="").url,
                chosen=self.view_state.book == book,
            )
            for book in ("", *books)
        ]

    def figure_row(self, table: Table[HoldBalance], figure: HoldBalance) -> Markup:
        """The row of one figure."""
        return self.cells.rows(replace(table, rows=[figure]), self._figure_cell, 4)

    def _figure_cell(self, column: Column[HoldBalance], figure: HoldBalance) -> str | None:
        """A figure leads to its vouchers; an account may be in several books."""
        if column.kind == "figure":
            shown = escape(column.cell(figure))
            return f'<a href="{escape(self.figure(figure).url)}">{shown}</a>'
        return str(escape(self.names(figure.books))) if column.key == "book" else None

    def share_cell(self, column: Column[columns.Share], share: columns.Share) -> str | None:
        """What is of no voucher is what the credit line has."""
        if column.kind == "voucher" and column.cell(share) is None:
            return str(escape(gettext("no voucher: the credit line")))
        return None

    def shares(self, figure: HoldBalance) -> Table[columns.Share]:
        """The vouchers that make up one figure: the first, or all where only it is shown."""
        table = columns.shares([figure]).without("account", "currency")
        return table if self.view_state.figure else table.slice(0, _SHARES_SHOWN)

    def has_more(self, figure: HoldBalance) -> bool:
        """Whether there are more shares in a figure than are shown beside the others."""
        shares = columns.shares([figure]).rows
        return not self.view_state.figure and len(shares) > _SHARES_SHOWN

    def vouchers_in(self, figure: HoldBalance) -> int:
        """How many vouchers make up a figure."""
        return columns.vouchers_in(figure)

    def figure(self, figure: HoldBalance) -> ViewState:
        """One figure with all its vouchers."""
        return self.view_state.to(figure=_key(figure))


def _key(figure: HoldBalance) -> str:
    """What the URL calls a figure: its account and commodity."""
    return f"{figure.account} {figure.currency}"

"""Long tables, page by page and in the order that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.views.columns import Column
    from fava_voucher.tables import Table
    from fava_voucher.view_state import ViewState

PAGE_SIZE = 200
"""Rows on a page: what a browser shows at once, and a person can look through."""


class Paging(NamedTuple):
    """Which rows of a table are shown, and the URLs of others."""

    view_state: ViewState

    def pages(self, table: Table[Any]) -> int:
        """How many pages a table has, one at least."""
        return max(-(-len(table.rows) // PAGE_SIZE), 1)

    def number(self, table: Table[Any]) -> int:
        """The page that is shown; the last one for those who ask for more."""
        return min(self.view_state.page, self.pages(table))

    def shown(self, table: Table[Any]) -> Table[Any]:
        """The rows of the page."""
        first = (self.number(table) - 1) * PAGE_SIZE
        return table.slice(first, first + PAGE_SIZE)

    def sorts(self, column: Column[Any]) -> bool:
        """Whether the table is sorted by a column."""
        return self.view_state.sort.removeprefix("-") == column.key

    def order(self, stack: Iterable[Column[Any]]) -> str:
        """How the table is sorted by columns that share a heading, as ``aria-sort`` has it."""
        if not any(self.sorts(column) for column in stack):
            return "none"
        return "descending" if self.view_state.sort.startswith("-") else "ascending"

    def by(self, key: str) -> str:
        """The URL that sorts by a column: first ascending, then the other way round."""
        return self.view_state.to(sort=f"-{key}" if self.view_state.sort == key else key).url

"""What one request sees: the reports of a load, narrowed by Fava's filters and by the URL.

Here is what all views share; each view is a class of its own in ``views``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from flask_babel import get_locale

from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.directives.money import Money
from fava_voucher.cells import Cells
from fava_voucher.links import Links
from fava_voucher.paging import Paging
from fava_voucher.search import in_state, with_text
from fava_voucher.translation import gettext
from fava_voucher.view_state import EXCHANGE, TABS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from collections.abc import Set as AbstractSet
    from decimal import Decimal

    from fava.util.date import Interval

    from beancount_voucher.views.period import Span
    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.ledger_reports import LedgerReports
    from fava_voucher.tables import Table
    from fava_voucher.view_state import ViewState


class FilterLink(NamedTuple):
    """A choice that narrows a table: its label, how many, sums by currency, whether chosen.

    ``paid`` has sums by currency, too, but only where they are not those of the premiums.
    """

    label: str
    number: int
    sums: tuple[str, ...]
    url: str
    chosen: bool
    paid: tuple[str, ...] = ()


@dataclass(frozen=True)
class Page(ABC):
    """A page for one request.

    Attributes:
        reports: what the ledger says.
        filters: what Fava's own filters let through.
        view_state: what is chosen on the page.
        interval: what a bar of a chart stands for.
        incognito: whether amounts are hidden.
    """

    reports: LedgerReports
    filters: FilteredVouchers
    view_state: ViewState
    interval: Interval
    incognito: bool

    @abstractmethod
    def _tables(self) -> Sequence[Table[Any]]:
        """The tables of the view, in the order in which it shows them."""

    @cached_property
    def tables(self) -> dict[str, Table[Any]]:
        """The tables of the view, by name, in full."""
        return {table.name: table.sorted(self.view_state.sort) for table in self._tables()}

    @property
    def tabs(self) -> list[str]:
        """The views with a tab: that of messages only where there are some, or keys for them."""
        used = self.reports.exchange.is_used
        return [name for name in TABS if used or name != EXCHANGE]

    @property
    def heading(self) -> str:
        """What the view is called."""
        return gettext(self.view_state.view.capitalize())

    # --- The register, which every view may be narrowed by --------------------------------

    @cached_property
    def rows(self) -> list[RegisterRow]:
        """The register within Fava's filters."""
        return [row for row in self.reports.rows(self.filters.as_of) if self.filters.has(row.id)]

    @cached_property
    def found(self) -> list[RegisterRow]:
        """What of it has the text that is searched for."""
        return self.with_text(self.rows)

    def with_text(self, rows: Iterable[RegisterRow]) -> list[RegisterRow]:
        """The rows that have the text that is searched for."""
        reports, as_of = self.reports, self.filters.as_of
        return with_text(rows, self.view_state.search, lambda: reports.texts(as_of))

    @cached_property
    def chosen(self) -> list[RegisterRow]:
        """What of that is in the chosen state."""
        return in_state(self.found, self.view_state.state)

    @property
    def span(self) -> Span | None:
        """The days whose events the view shows; None: it shows how all stands on a day."""
        return None

    @property
    def modes(self) -> list[tuple[str, str, bool]]:
        """What else the view may show of the period: label, URL, whether it is shown."""
        return []

    @property
    def stamp(self) -> str:
        """The day or days, in the names of files."""
        span = self.span
        return str(self.filters.as_of if span is None else f"{span.first}-to-{span.last}")

    @property
    def vouchers(self) -> AbstractSet[str]:
        """The vouchers whose transactions are exported from here."""
        return {row.id for row in self.chosen}

    # --- What the ledger lacks ------------------------------------------------------------

    @property
    def has_plugin(self) -> bool:
        """Whether the ledger's top file loads the plugin."""
        return self.reports.ledger.has_plugin

    @cached_property
    def errors(self) -> int:
        """How many voucher directives have errors, up to the date."""
        dates = [item.since for item in self.reports.errors]
        return sum(since is None or since <= self.filters.as_of for since in dates)

    @property
    def other_errors(self) -> int:
        """How many other errors the ledger has up to the date; Fava lists them."""
        others = [e for e in self.reports.ledger.errors if not isinstance(e, VoucherError)]
        entries = [getattr(error, "entry", None) for error in others]
        dates = [getattr(entry, "date", None) for entry in entries]  # plugins put anything there
        return sum(date is None or date <= self.filters.as_of for date in dates)

    # --- Links and words ------------------------------------------------------------------

    @cached_property
    def cells(self) -> Cells:
        """How the cells of its tables look."""
        return Cells(self.links, self.name)

    @cached_property
    def links(self) -> Links:
        """Where the page leads."""
        return Links(self.reports.ledger, self.view_state.within)

    @property
    def paging(self) -> Paging:
        """Long tables, page by page."""
        return Paging(self.view_state)

    def name(self, party: str) -> str:
        """The display name of a party."""
        return self.reports.name(party)

    def names(self, parties: Iterable[str]) -> str:
        """The display names of parties."""
        return ", ".join(map(self.name, parties))

    def money(self, number: Decimal, currency: str) -> str:
        """An amount for a person, exact to the last digit."""
        return Money(number, currency).grouped

    @property
    def language(self) -> str:
        """The language of the request, for ``lang``."""
        return str(get_locale() or "en").replace("_", "-")

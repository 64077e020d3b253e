"""What one request sees: the model, narrowed by Fava's filters and by the URL."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from os.path import relpath
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Document
from flask import request
from flask_babel import get_locale

from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.directives.money import Money
from beancount_voucher.lifecycle.vouchers import State
from beancount_voucher.views import ageing, exceptions
from beancount_voucher.views.register import REGISTER
from fava_voucher import bank_statements, columns
from fava_voucher.charts import charts
from fava_voucher.documents import Evidence, documents
from fava_voucher.manual import Manual, manual
from fava_voucher.view_state import VIEWS, ViewState, report, without_filters
from fava_voucher.voucher_view import VoucherView, refused, voucher_view

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fava.util.date import Interval

    from beancount_voucher.audit.hold_balances import HoldBalance
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.views.reconciled_statements import VoucherState
    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.ledger_reports import LedgerReports
    from fava_voucher.tables import Table
    from fava_voucher.voucher_view import TimelineRow

PAGE_SIZE = 200
"""Rows on a page: what a browser shows at once, and a person can look through."""

_PARTS_SHOWN = 20

_FAVAS = ("time", "account", "filter", "conversion", "interval", "charts")

_EXAMPLE = """\
{date} custom "voucher-issue" "V-001" 100.00 CNY
  policyholder: "LiMing"
  issuer: "FirstBank"
  insurer: "Sunrise"
  funding: "cash"
  accept-by: {date}
  apply-by: {date}"""


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
class Page:
    """A page for one request."""

    model: LedgerReports
    scope: FilteredVouchers
    address: ViewState
    interval: Interval
    incognito: bool
    said: Callable[[str], str]

    report = staticmethod(report)
    views = VIEWS

    # --- What the ledger lacks ----------------------------------------------------------

    @property
    def has_plugin(self) -> bool:
        """Whether the ledger's top file loads the plugin."""
        return self.model.ledger.has_plugin

    @cached_property
    def errors(self) -> int:
        """How many voucher directives have errors, up to the date."""
        found = exceptions.errors(self.model.ledger)
        return sum(item.since is None or item.since <= self.scope.as_of for item in found)

    @property
    def other_errors(self) -> int:
        """How many other errors the ledger has up to the date; Fava lists them."""
        others = [e for e in self.model.ledger.errors if not isinstance(e, VoucherError)]
        entries = [getattr(error, "entry", None) for error in others]
        dates = [getattr(entry, "date", None) for entry in entries]  # plugins put anything there
        return sum(date is None or date <= self.scope.as_of for date in dates)

    # --- The register -------------------------------------------------------------------

    @cached_property
    def rows(self) -> list[RegisterRow]:
        """The register within Fava's filters."""
        return [row for row in self.model.rows(self.scope.as_of) if self.scope.has(row.id)]

    @cached_property
    def found(self) -> list[RegisterRow]:
        """What of it has the text that is searched for."""
        wanted = self.address.search.casefold().strip()
        return [row for row in self.rows if not wanted or wanted in self._searched(row)]

    def _searched(self, row: RegisterRow) -> str:
        texts: list[str] = []
        for column in REGISTER:
            cell = column.cell(row) if column.searched else None
            if cell is not None:
                names = [self.name(str(cell))] if column.kind == "party" else []
                texts += [str(cell), *names]
        return "\n".join(texts).casefold()

    @cached_property
    def chosen(self) -> list[RegisterRow]:
        """What of that is in the chosen state."""
        state = self.address.state
        if state == "overdue":
            return [row for row in self.found if row.overdue]
        return [row for row in self.found if not state or row.state == state]

    @property
    def state_chips(self) -> list[FilterLink]:
        """All, each state, and what is overdue, with the amounts of their vouchers."""
        states = [state.value for state in State if state is not State.NONE]
        groups = {state: [row for row in self.found if row.state == state] for state in states}
        groups["overdue"] = [row for row in self.found if row.overdue]
        chips = [self._state_chip("", self.found)]
        return chips + [self._state_chip(name, rows) for name, rows in groups.items() if rows]

    def _state_chip(self, state: str, rows: Sequence[RegisterRow]) -> FilterLink:
        premiums = _sums((row.currency, row.amount) for row in rows)
        paid = _sums((row.currency, row.settled) for row in rows)
        # After partial settlements, the premiums alone would be read as what was paid.
        partial = state == State.SETTLED and paid != premiums
        return FilterLink(
            label=self.said(state or "all"),
            number=len(rows),
            sums=_grouped(premiums),
            url=self.address.to(state=state).url,
            chosen=self.address.state == state,
            paid=_grouped(paid) if partial else (),
        )

    @property
    def charts(self) -> list[dict[str, Any]]:
        """Fava's charts of the vouchers in the table."""
        vouchers = self.model.ledger.evaluation.vouchers
        return charts(
            (vouchers[row.id] for row in self.chosen),
            self.scope.begin,
            self.scope.as_of,
            self.interval,
            self.said,
        )

    # --- The other views ----------------------------------------------------------------

    @cached_property
    def items(self) -> list[exceptions.ExceptionItem]:
        """The exception report within Fava's filters; what is about no voucher always shows."""
        return [
            item
            for item in self.model.exceptions(self.scope.as_of)
            if item.voucher is None or self.scope.has(item.voucher)
        ]

    @property
    def kind_chips(self) -> list[FilterLink]:
        """Every kind of exception, also those of which there is none."""
        chips = [
            FilterLink(
                self.said("all"),
                len(self.items),
                (),
                self.address.to(kind="").url,
                not self.address.kind,
            )
        ]
        for kind, name in exceptions.KINDS.items():
            count = sum(item.kind == kind for item in self.items)
            chosen = self.address.kind == kind
            chips.append(
                FilterLink(self.said(name), count, (), self.address.to(kind=kind).url, chosen)
            )
        return chips

    @property
    def of_shares(self) -> bool:
        """Whether figures are the shares of some vouchers, and not what accounts hold."""
        return bool(self.scope.text.strip())

    @cached_property
    def all_holdings(self) -> list[HoldBalance]:
        """What accounts hold, within Fava's filters.

        The account filter chooses accounts, whole; a text filter the shares of vouchers.
        """
        vouchers = self.scope.vouchers if self.of_shares else None
        found = self.model.holdings(self.scope.as_of, vouchers)
        return [each for each in found if self.scope.has_account(each.account)]

    @cached_property
    def holdings(self) -> list[HoldBalance]:
        """What of that is in the chosen book, or the chosen figure."""
        book, figure = self.address.book, self.address.figure
        return [
            each
            for each in self.all_holdings
            if (not book or book in each.books) and (not figure or figure == figure_of(each))
        ]

    @property
    def book_chips(self) -> list[FilterLink]:
        """Every book with an account that vouchers speak of."""
        books = sorted({book for each in self.all_holdings for book in each.books})
        return [
            FilterLink(
                label=self.name(book) if book else self.said("all"),
                number=sum(not book or book in each.books for each in self.all_holdings),
                sums=(),
                url=self.address.to(book=book, figure="").url,
                chosen=self.address.book == book,
            )
            for book in ("", *books)
        ]

    @property
    def differences(self) -> int:
        """How many figures differ."""
        return sum(1 for each in self.holdings if each.difference)

    def parts(self, holding: HoldBalance) -> Table[columns.Share]:
        """The vouchers that make up one figure: the first, or all where only it is shown."""
        table = columns.shares([holding]).without("account", "currency")
        return table if self.address.figure else table.slice(0, _PARTS_SHOWN)

    def has_more(self, holding: HoldBalance) -> bool:
        """Whether there are more parts of a figure than are shown beside the others."""
        return not self.address.figure and len(columns.shares([holding]).rows) > _PARTS_SHOWN

    def figure(self, holding: HoldBalance) -> ViewState:
        """The address of one figure with all its vouchers."""
        return self.address.to(figure=figure_of(holding))

    @cached_property
    def open_holds(self) -> list[ageing.OpenHold]:
        """Every open hold within Fava's filters."""
        return ageing.holds(self.rows, self.scope.as_of)

    # --- One voucher --------------------------------------------------------------------

    @cached_property
    def life(self) -> VoucherView | None:
        """The voucher that is asked for, whatever the filters, if it was known on the date."""
        voucher = self.model.ledger.evaluation.vouchers.get(self.address.voucher)
        if voucher is None or voucher.events[0].date > self.scope.as_of:
            return None
        return voucher_view(self.model, voucher, self.scope.as_of)

    @property
    def proofs(self) -> list[VoucherState]:
        """What bank statements say of the voucher, by account."""
        return bank_statements.of_voucher(self.model, self.scope, self.address.voucher)

    @property
    def refused(self) -> list[TimelineRow]:
        """What was refused of a voucher that there is not."""
        return list(refused(self.model, self.address.voucher, self.scope.as_of))

    @cached_property
    def row(self) -> RegisterRow:
        """The register's row of the voucher."""
        return next(
            row for row in self.model.rows(self.scope.as_of) if row.id == self.address.voucher
        )

    @cached_property
    def documents(self) -> list[Evidence]:
        """The documents of the voucher."""
        entries = [
            entry
            for entry in (*self._documents, *self.model.by_voucher.get(self.address.voucher, []))
            if entry.date <= self.scope.as_of
        ]
        return list(documents(self.address.voucher, entries, self.model.ledger.path.parent))

    @property
    def _documents(self) -> Iterable[Document]:
        return (entry for entry in self.model.ledger.entries if isinstance(entry, Document))

    def vouchers_in(self, holding: HoldBalance) -> int:
        """How many vouchers make up a figure."""
        return columns.vouchers_in(holding)

    def journal(self, text: str) -> str:
        """Fava's journal of the voucher's whole life up to the date."""
        period = ""
        if self.scope.period and self.life is not None:
            period = f"{self.life.voucher.events[0].date} - {self.scope.as_of}"
        said = {"filter": text, "time": period} if period else {"filter": text}
        return report("journal", **without_filters(**said))

    @cached_property
    def manual(self) -> Manual:
        """The manual, for the view help."""
        return manual(self.address.topic)

    # --- Tables, links and words --------------------------------------------------------

    @cached_property
    def tables(self) -> dict[str, Table[Any]]:
        """The tables of the view, by name, in full."""
        tables: list[Table[Any]]
        as_of, view = self.scope.as_of, self.address.view
        if view == "exceptions":
            kind = self.address.kind
            chosen = [item for item in self.items if not kind or item.kind == kind]
            tables = [columns.exceptions(chosen, as_of)]
        elif view == "reconciliation":
            figures = columns.reconciliation(self.holdings, of_shares=self.of_shares)
            tables = [figures, columns.shares(self.holdings)]
            tables += bank_statements.tables(self.model, self.scope, self.address)
        elif view == "ageing":
            tables = [
                columns.ageing_by_insurer(self.open_holds, self.said),
                columns.ageing_by_days_left(self.open_holds, self.said),
                columns.holds(self.open_holds),
            ]
        elif view == "help":
            tables = []
        elif view == "voucher":
            tables = [] if self.life is None else [columns.postings(self.life)]
        else:
            tables = [columns.register(self.chosen)]
        return {table.name: table.sorted(self.address.sort) for table in tables}

    def pages(self, table: Table[Any]) -> int:
        """How many pages a table has, one at least."""
        return max(-(-len(table.rows) // PAGE_SIZE), 1)

    def number(self, table: Table[Any]) -> int:
        """The page that is shown; the last one for those who ask for more."""
        return min(self.address.page, self.pages(table))

    def shown(self, table: Table[Any]) -> Table[Any]:
        """The rows of the page."""
        first = (self.number(table) - 1) * PAGE_SIZE
        return table.slice(first, first + PAGE_SIZE)

    def order(self, key: str) -> str:
        """How the table is sorted by a column, as ``aria-sort`` has it."""
        orders = {key: "ascending", f"-{key}": "descending"}
        return orders.get(self.address.sort, "none")

    def by(self, key: str) -> str:
        """The URL that sorts by a column: first ascending, then the other way round."""
        return self.address.to(sort=f"-{key}" if self.address.sort == key else key).url

    def voucher(self, voucher: str) -> str:
        """The URL of one voucher."""
        return ViewState(view="voucher", voucher=voucher).url

    def tab(self, view: str) -> str:
        """The URL of a view, with Fava's filters and nothing else."""
        return ViewState(view=view).url

    @property
    def place(self) -> str:
        """The URL of the page without any state."""
        return self.address.url.partition("?")[0]

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a search leaves as it is: Fava's filters, the state and the order."""
        said = self.address.to(search="").parameters
        given = {key: request.args[key] for key in _FAVAS if request.args.get(key)}
        return list({**given, **said}.items())

    def name(self, party: str) -> str:
        """The display name of a party."""
        declared = self.model.ledger.evaluation.ledger_state.parties.get(party)
        return party if declared is None else declared.name

    def source(self, place: SourceLine) -> str:
        """A source line for a person: the file as seen from the ledger's folder, and the line."""
        if place.filename.startswith("<"):
            return ""
        return f"{relpath(place.filename, self.model.ledger.path.parent)}:{place.lineno}"

    def editor(self, place: SourceLine) -> str | None:
        """A source line in Fava's editor; None for a file that is not the ledger's."""
        if place.filename not in self.model.ledger.options["include"]:
            return None
        return report("editor", file_path=place.filename, line=str(place.lineno))

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

    @property
    def example(self) -> str:
        """A first voucher, for a ledger that has none."""
        return _EXAMPLE.format(date=self.scope.as_of)


def _sums(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of each currency."""
    sums: dict[str, Decimal] = {}
    for currency, number in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + number
    return sums


def _grouped(sums: dict[str, Decimal]) -> tuple[str, ...]:
    """Sums for a person, by currency."""
    return tuple(Money(sums[currency], currency).grouped for currency in sorted(sums))


def figure_of(holding: HoldBalance) -> str:
    """What the URL calls a figure: its account and commodity."""
    return f"{holding.account} {holding.currency}"

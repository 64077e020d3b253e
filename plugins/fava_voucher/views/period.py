"""The register in a period: what happened in it, and how what is frozen went on."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from markupsafe import escape

from beancount_voucher.views import period
from fava_voucher import columns
from fava_voucher.page import FilterLink
from fava_voucher.search import in_state
from fava_voucher.translation import gettext, gettext_noop
from fava_voucher.view_state import PERIOD, ViewState
from fava_voucher.views.register import RegisterView, grouped, sums_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from beancount_voucher.views.columns import Column
    from beancount_voucher.views.daily import BatchRow
    from beancount_voucher.views.period import PeriodRow, RollForward
    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.tables import Table

_SIGNS = {1: "+", -1: "−", 0: ""}

_LINES = {"opening": gettext_noop("opening"), "closing": gettext_noop("closing")}


class PeriodView(RegisterView):
    """What happened in Fava's period, and to which vouchers."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [
            columns.in_period(self.shown),
            columns.figures(self.shown),
            columns.roll_forward(self.known),
            *([columns.batches(self.batches)] if self.batches else []),
        ]

    @property
    def span(self) -> period.Span:
        """The days of the period."""
        begin = self.filters.begin
        assert begin is not None
        return period.Span(begin, self.filters.as_of)

    @cached_property
    def known(self) -> list[PeriodRow]:
        """Every voucher within Fava's filters that has the text that is searched for."""
        found = [each for each in self.reports.period(self.span) if self.filters.has(each.row.id)]
        ids = {row.id for row in self.with_text([each.row for each in found])}
        if self.view_state.event:
            ids &= self._behind
        return [each for each in found if each.row.id in ids]

    @property
    def _behind(self) -> frozenset[str]:
        """The vouchers behind the chosen events, or those of them in the chosen book."""
        state = self.view_state
        accounts = frozenset(state.accounts.split())
        return self.reports.behind(self.span, state.event, state.book, accounts)

    @cached_property
    def batches(self) -> Sequence[BatchRow]:
        """What many vouchers have posted as one transaction."""
        return self.reports.batches(self.span)

    def batch_cell(self, column: Column[BatchRow], batch: BatchRow) -> str | None:
        """What is posted leads to the vouchers behind it."""
        if column.key != "text":
            return None
        content = self.cells.shown(column, column.cell(batch))
        return f'<a href="{escape(self.batch_url(batch))}">{content}</a>'

    def batch_url(self, batch: BatchRow) -> str:
        """The vouchers behind a batch."""
        accounts = " ".join(sorted(batch.accounts))
        state = ViewState(within=PERIOD, event=batch.event, book=batch.book, accounts=accounts)
        return state.url_on(batch.date)

    @cached_property
    def found(self) -> list[RegisterRow]:
        """Those of them that something happened to."""
        return [each.row for each in self.known if each.happened]

    @cached_property
    def in_chosen_state(self) -> list[PeriodRow]:
        """Those of them that are in the chosen state at the period's end."""
        ids = {row.id for row in in_state(self.found, self.view_state.state)}
        return [each for each in self.known if each.row.id in ids]

    @cached_property
    def shown(self) -> list[PeriodRow]:
        """The vouchers behind the chosen figure, whatever else is; else those in the state."""
        line, _, group = self.view_state.moved.partition(":")
        if not line:
            return self.in_chosen_state
        if not group:
            return [each for each in self.in_chosen_state if period.stands_behind(each, line)]
        return [
            each
            for each in self.known
            if period.stands_behind(each, line)
            and group == f"{each.row.funding or ''}:{each.row.currency}"
        ]

    @cached_property
    def chosen(self) -> list[RegisterRow]:
        """How these vouchers stand at the period's end."""
        return [each.row for each in self.shown]

    def _paid(self, rows: Sequence[RegisterRow]) -> dict[str, Decimal]:
        """What was paid of some vouchers in the period."""
        ids = {row.id for row in rows}
        paid = [each for each in self.known if each.row.id in ids]
        return sums_of((each.row.currency, period.amount(each, "paid")) for each in paid)

    # --- Figures, each a link to the vouchers behind it -------------------------------------

    @property
    def figure_links(self) -> list[FilterLink]:
        """Everything that happened, and each figure with its events and sums."""
        totals: dict[str, list[period.Total]] = {}
        for each in period.totals(self.in_chosen_state):
            totals.setdefault(each.figure, []).append(each)
        number = len(self.in_chosen_state)
        links = [self._figure_link("", gettext("all that happened"), number, ())]
        return links + [
            self._figure_link(
                key,
                gettext(period.FIGURES[key].title),
                sum(each.events for each in group),
                grouped({each.currency: each.amount for each in group}),
            )
            for key, group in totals.items()
        ]

    def _figure_link(self, key: str, label: str, number: int, sums: tuple[str, ...]) -> FilterLink:
        whole = {} if key else {"event": "", "book": "", "accounts": ""}
        url = self.view_state.to(moved=key, **whole).url
        return FilterLink(label, number, sums, url, self.view_state.moved == key)

    @property
    def rolled(self) -> Sequence[RollForward]:
        """The roll-forward, a column for each funding and currency."""
        return self.tables["roll-forward"].rows

    @property
    def lines(self) -> Iterable[tuple[str, str, str]]:
        """The lines of the roll-forward: key, sign and name; without rare ones that are empty."""
        for key in period.LINES:
            if key in _LINES:
                yield key, "", gettext(_LINES[key])
            elif key in period.ALWAYS or any(each.vouchers[key] for each in self.rolled):
                figure = period.FIGURES[key]
                yield key, _SIGNS[figure.frozen], gettext(figure.title)

    def line_url(self, key: str, rolled: RollForward) -> str:
        """The vouchers behind a figure of the roll-forward."""
        moved = f"{key}:{rolled.funding}:{rolled.currency}"
        return self.view_state.to(moved=moved, state="").url

    @property
    def moved_words(self) -> str:
        """The chosen figure, for a person."""
        line, *group = self.view_state.moved.split(":")
        title = period.FIGURES[line].title if line in period.FIGURES else line
        return " ".join(map(gettext, (title, *group)))

    def is_line(self, key: str, rolled: RollForward) -> bool:
        """Whether these are the vouchers that are shown."""
        return self.view_state.moved == f"{key}:{rolled.funding}:{rolled.currency}"

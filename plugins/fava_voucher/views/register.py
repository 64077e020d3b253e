"""The register: search, states with their sums, and what is frozen over time."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from flask import request

from beancount_voucher.directives.money import Money
from beancount_voucher.lifecycle.events import State
from fava_voucher import columns
from fava_voucher.charts import INTERVALS, charts, days
from fava_voucher.drawing import drawing
from fava_voucher.page import FilterLink, Page
from fava_voucher.search import CONSENT_DUE, in_state
from fava_voucher.translation import gettext
from fava_voucher.view_state import PERIOD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_voucher.views.register import RegisterRow
    from fava_voucher.charts import Days
    from fava_voucher.drawing import Drawing
    from fava_voucher.tables import Table

_FAVAS = ("time", "account", "filter", "conversion", "interval", "charts")

_EXAMPLE = """\
{date} custom "voucher-issue" "V-001" 100.00 CNY
  policyholder: "LiMing"
  issuer: "FirstBank"
  insurer: "Sunrise"
  funding: "cash"
  accept-by: {date}
  apply-by: {date}"""


class RegisterView(Page):
    """The register of all vouchers."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [columns.register(self.chosen), columns.totals(self.chosen)]

    @property
    def modes(self) -> list[tuple[str, str, bool]]:
        """The two things that the register shows of a period: label, URL, whether it is shown.

        Without a period there is nothing to choose.
        """
        if self.filters.begin is None:
            return []
        period, state = self.filters.period, self.view_state
        labels = {
            "": gettext(
                "As of {date}, the end of {period}", date=self.filters.as_of, period=period
            ),
            PERIOD: gettext("What happened in {period}", period=period),
        }
        return [
            (
                label,
                state.to(within=within, moved="", event="", book="", accounts="", sort="").url,
                state.within == within,
            )
            for within, label in labels.items()
        ]

    @property
    def state_links(self) -> list[FilterLink]:
        """All, each state, what is overdue, and what waits for consent, with their amounts."""
        states = [state.value for state in State if state is not State.NONE]
        groups = {state: in_state(self.found, state) for state in (*states, "overdue", CONSENT_DUE)}
        chosen = {"": self.found, **{state: rows for state, rows in groups.items() if rows}}
        return [self._state_link(state, rows) for state, rows in chosen.items()]

    def _state_link(self, state: str, rows: Sequence[RegisterRow]) -> FilterLink:
        premiums = sums_of((row.currency, row.amount) for row in rows)
        paid = self._paid(rows)
        # After partial settlements, the premiums alone would be read as what was paid.
        partial = state == State.SETTLED and paid != premiums
        return FilterLink(
            label=gettext(state or "all"),
            number=len(rows),
            # Premiums that live, that were paid and that came to nothing make no sum together.
            sums=grouped(premiums) if state else (),
            url=self.view_state.to(state=state).url,
            chosen=self.view_state.state == state,
            paid=grouped(paid) if partial else (),
        )

    def _paid(self, rows: Sequence[RegisterRow]) -> dict[str, Decimal]:
        """What was paid of some vouchers."""
        return sums_of((row.currency, row.settled) for row in rows)

    @property
    def drawings(self) -> list[Drawing]:
        """Charts of the vouchers in the table."""
        found = charts(self._days, self.filters.begin, self.filters.as_of, self.interval)
        return [drawing(chart) for chart in found]

    @property
    def _days(self) -> Days:
        as_of = self.filters.as_of
        if len(self.chosen) == len(self.reports.rows(as_of)):
            return self.reports.days(as_of)
        return days((row.voucher for row in self.chosen), as_of)

    @property
    def intervals(self) -> list[FilterLink]:
        """What a bar may stand for."""
        chosen = request.args.get("interval", "month")
        return [
            FilterLink(
                label=gettext(name),
                number=0,
                sums=(),
                url=self.view_state.with_interval(name),
                chosen=name == chosen,
            )
            for name in INTERVALS
        ]

    @property
    def address(self) -> str:
        """The URL of the page without any state, which a search adds to."""
        return self.view_state.url.partition("?")[0]

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a search leaves as it is: Fava's filters, the state and the order."""
        chosen = self.view_state.to(search="").parameters
        given = {key: request.args[key] for key in _FAVAS if request.args.get(key)}
        return list({**given, **chosen}.items())

    @property
    def example(self) -> str:
        """A first voucher, for a ledger that has none."""
        return _EXAMPLE.format(date=self.filters.as_of)


def sums_of(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """The sum of each currency."""
    sums: dict[str, Decimal] = {}
    for currency, number in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + number
    return sums


def grouped(sums: dict[str, Decimal]) -> tuple[str, ...]:
    """Sums for a person, by currency."""
    return tuple(Money(sums[currency], currency).grouped for currency in sorted(sums))

"""The page's state, which is all in its URL, so that whatever is seen can be shared."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from flask import url_for

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

TABS = (
    "register",
    "exceptions",
    "reconciliation",
    "lines",
    "ageing",
    "forecast",
    "exchange",
    "help",
)
"""The views with a tab, in their order."""

VOUCHER = "voucher"
"""The view of one voucher, which needs its id and has no tab."""

EXCHANGE = "exchange"
"""The view of signed messages, which has a tab where the ledger has keys or messages."""

PERIOD = "period"
"""What the register shows of Fava's period: what happened in it, and not how all stands after."""

EXTENSION = "Vouchers"
"""The name of the extension's class, which Fava's URLs need."""

_FILTERS = ("time", "account", "filter")


@dataclass(frozen=True)
class ViewState:
    """What the page shows, beside Fava's own filters.

    Attributes:
        view: one of ``TABS``, or ``VOUCHER``.
        voucher: the id, for the view of one voucher.
        topic: the topic of the manual, for the view help.
        message: one message, for the view of the exchange: sender, receiver, number.
        state: only vouchers in this state, ``overdue``, or with ``consent due``.
        kind: only exceptions of this kind; of a credit line only what is behind this figure.
        book: only this party's accounts.
        figure: the account and commodity whose vouchers are shown, or the credit line.
        days: how far the forecast looks.
        search: what id, parties, product or reason must contain.
        within: ``period`` for what happened in Fava's period, not how all stands at its end.
        moved: only what stands behind this figure of a period, or line of its roll-forward
            (``paid``, ``paid:cash:CNY``).
        event: of a period, only what is behind events of this kind, in the chosen book.
        accounts: only what is posted there to just these accounts, with spaces between.
        sort: a column's key, with ``-`` before it for descending.
        page: the page of a long table, from 1.
    """

    view: str = "register"
    voucher: str = ""
    topic: str = ""
    message: str = ""
    state: str = ""
    kind: str = ""
    book: str = ""
    figure: str = ""
    days: str = ""
    search: str = ""
    within: str = ""
    moved: str = ""
    event: str = ""
    accounts: str = ""
    sort: str = ""
    page: int = 1

    @classmethod
    def of(cls, arguments: Mapping[str, str]) -> ViewState:
        """Read a query string; what makes no sense is as if it were not there."""
        given = {each.name: arguments.get(each.name, "") for each in fields(cls)}
        page = given.pop("page")
        view = given.pop("view")
        within = given.pop("within")
        return cls(
            view=view if view in (*TABS, VOUCHER) else TABS[0],
            within=within if within == PERIOD else "",
            page=max(int(page), 1) if page.isascii() and page.isdigit() and len(page) < 9 else 1,  # noqa: PLR2004
            **given,
        )

    @property
    def parameters(self) -> dict[str, Any]:
        """What the URL says: only what is not the default."""
        standard = ViewState()
        return {
            each.name: str(getattr(self, each.name))
            for each in fields(self)
            if getattr(self, each.name) != getattr(standard, each.name)
        }

    def to(self, **changes: str | int) -> ViewState:
        """The same view with something changed, on its first page unless that is given."""
        return replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]

    @property
    def url(self) -> str:
        """Its URL, with Fava's filters."""
        return url_for("extension_report", extension_name=EXTENSION, **self.parameters)

    def url_on(self, day: dt.date) -> str:
        """Its URL with a day as Fava's period, and with none of Fava's other filters."""
        given: dict[str, Any] = {**self.parameters, **without_filters(time=str(day))}
        return url_for("extension_report", extension_name=EXTENSION, **given)

    def with_interval(self, name: str) -> str:
        """Its URL with another of Fava's intervals."""
        given: dict[str, Any] = {**self.parameters, "interval": name}
        return url_for("extension_report", extension_name=EXTENSION, **given)

    def endpoint(self, name: str, /, **more: str) -> str:
        """The URL of an endpoint of the extension for the same state."""
        # url_for cannot name an endpoint's own argument "endpoint".
        given: dict[str, Any] = {**self.parameters, **more}
        path, _, query = url_for("extension_report", extension_name=EXTENSION, **given).partition(
            "?"
        )
        return f"{path}{name}?{query}"


def report(name: str, **parameters: Any) -> str:  # noqa: ANN401
    """The URL of one of Fava's own reports; a filter that is None is left out."""
    return url_for("report", report_name=name, **parameters)


def without_filters(**parameters: str) -> dict[str, str | None]:
    """Parameters for a URL without Fava's filters, but for those that are given."""
    return {**dict.fromkeys(_FILTERS, None), **parameters}

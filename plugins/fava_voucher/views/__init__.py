"""The views of the page: a class for each tab, and one for a single voucher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fava_voucher.view_state import PERIOD, TABS, VOUCHER
from fava_voucher.views.ageing import AgeingView
from fava_voucher.views.exceptions import ExceptionsView
from fava_voucher.views.exchange import ExchangeView
from fava_voucher.views.forecast import ForecastView
from fava_voucher.views.help import HelpView
from fava_voucher.views.lines import LinesView
from fava_voucher.views.period import PeriodView
from fava_voucher.views.reconciliation import ReconciliationView
from fava_voucher.views.register import RegisterView
from fava_voucher.views.voucher import VoucherView

if TYPE_CHECKING:
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.page import Page
    from fava_voucher.view_state import ViewState

VIEWS: dict[str, type[Page]] = {
    "register": RegisterView,
    "exceptions": ExceptionsView,
    "reconciliation": ReconciliationView,
    "lines": LinesView,
    "ageing": AgeingView,
    "forecast": ForecastView,
    "exchange": ExchangeView,
    "help": HelpView,
    VOUCHER: VoucherView,
}
"""What the URL may ask for; a view's template is ``vouchers_NAME.html``."""


def view_of(view_state: ViewState, filters: FilteredVouchers) -> type[Page]:
    """What the URL asks for: of the register, what it was at the period's end or went through."""
    period = view_state.within == PERIOD and filters.begin is not None
    return PeriodView if period and view_state.view == "register" else VIEWS[view_state.view]


assert tuple(VIEWS) == (*TABS, VOUCHER), "a view without a tab, or a tab without a view"

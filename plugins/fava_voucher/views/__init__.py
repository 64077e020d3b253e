"""The views of the page: a class for each tab, and one for a single voucher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fava_voucher.view_state import TABS, VOUCHER
from fava_voucher.views.ageing import AgeingView
from fava_voucher.views.exceptions import ExceptionsView
from fava_voucher.views.forecast import ForecastView
from fava_voucher.views.help import HelpView
from fava_voucher.views.lines import LinesView
from fava_voucher.views.reconciliation import ReconciliationView
from fava_voucher.views.register import RegisterView
from fava_voucher.views.voucher import VoucherView

if TYPE_CHECKING:
    from fava_voucher.page import Page

VIEWS: dict[str, type[Page]] = {
    "register": RegisterView,
    "exceptions": ExceptionsView,
    "reconciliation": ReconciliationView,
    "lines": LinesView,
    "ageing": AgeingView,
    "forecast": ForecastView,
    "help": HelpView,
    VOUCHER: VoucherView,
}
"""What the URL may ask for; a view's template is ``vouchers_NAME.html``."""

assert tuple(VIEWS) == (*TABS, VOUCHER), "a view without a tab, or a tab without a view"

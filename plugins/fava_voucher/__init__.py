"""The page "Vouchers" (电子凭证) in Fava: what an auditor opens first.

A ledger says::

    2026-01-01 custom "fava-extension" "fava_voucher"

The page only reads: no request changes a ledger. What it shows is what the package
``beancount_voucher`` says of the ledger that Fava has loaded, as of the end of the period
that is chosen in Fava.
"""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from fava.context import g
from fava.ext import ExtensionConfigError, FavaExtensionBase, extension_endpoint
from fava.helpers import FavaAPIError
from flask import Response, abort, current_app, request, send_file

from beancount_voucher.ledger.plugin_results import taken
from fava_voucher.export import beancount
from fava_voucher.filters import filtered_vouchers
from fava_voucher.ledger_reports import LedgerReports
from fava_voucher.messages import PARTS, download_name, kept
from fava_voucher.query_tables import register
from fava_voucher.translation import gettext, ngettext, told, word
from fava_voucher.view_state import ViewState
from fava_voucher.views import view_of
from fava_voucher.views.exchange import ExchangeView
from fava_voucher.views.voucher import VoucherView

if TYPE_CHECKING:
    from collections.abc import Callable

    from fava.core import FavaLedger
    from jinja2 import Environment

    from beancount_voucher.books.expansion import Expansion
    from fava_voucher.page import Page


# Fava's decorator takes a name, but its types say otherwise.
_endpoint: Callable[[str], Callable[[Callable[[Any], Response]], Any]] = extension_endpoint


class Vouchers(FavaExtensionBase):
    """The page; its name is in Fava's URLs."""

    has_js_module = True

    def __init__(self, ledger: FavaLedger, config: str | None = None) -> None:
        if config is not None:
            raise ExtensionConfigError(SyntaxError("fava_voucher takes no configuration"), config)
        super().__init__(ledger)
        self._lock = Lock()
        self._reports: tuple[object, LedgerReports] | None = None
        self._heard: list[Expansion] = []

    @cached_property
    def jinja_env(self) -> Environment:
        """Fava's templates and the page's own, in which ``_`` finds the page's words, too."""
        env = super().jinja_env
        # Fava's environment and this one have one table of globals until it is replaced.
        words = {"_": gettext, "gettext": gettext, "ngettext": ngettext, "told": told, "word": word}
        env.globals = {**env.globals, **words}
        return env

    @property
    def report_title(self) -> str:  # type: ignore[override]
        """The page's title in Fava's language."""
        return gettext("Vouchers")

    @property
    def reports(self) -> LedgerReports:
        """The ledger's vouchers, made at the first request after each load."""
        with self._lock:
            loaded = self.ledger.all_entries
            kept = self._reports
            if kept is None or kept[0] is not loaded:
                kept = self._reports = loaded, LedgerReports.of(self.ledger, self._heard)
                self._heard = []
            return kept[1]

    def after_load_file(self) -> None:
        """Let go of what was loaded before, although nobody may look at it any more."""
        self._reports, self._heard = None, taken()

    def page(self) -> Page | str:
        """What this request sees, or what is wrong with its filters."""
        reports, view_state = self.reports, ViewState.of(request.args)
        try:
            filters = filtered_vouchers(self.ledger, reports, request.args, _today())
        except FavaAPIError as error:
            return str(error.message)
        incognito = current_app.jinja_env.filters["incognito"]("0") != "0"
        return view_of(view_state, filters)(reports, filters, view_state, g.interval, incognito)

    def _page(self) -> Page:
        """The page for an export, or status 400 for filters that cannot be read."""
        page = self.page()
        if isinstance(page, str):
            abort(400, page)
        return page

    @_endpoint("export.csv")
    def export_csv(self) -> Response:
        """A table of the view as CSV: the one that ``table`` names, or the first."""
        page = self._page()
        tables = page.tables
        table = tables.get(request.args.get("table") or next(iter(tables), ""))
        if page.incognito or table is None:
            abort(404)
        name = f"{table.name}-{page.stamp}.csv"
        return _attachment(table.csv(page.links.source), "text/csv", name)

    @_endpoint("export.beancount")
    def export_beancount(self) -> Response:
        """The transactions of the chosen vouchers, as Beancount reads them without the plugin."""
        page = self._page()
        if page.incognito:
            abort(404)
        name = f"vouchers-{page.stamp}.beancount"
        return _attachment(beancount(page), "text/plain", name)

    @_endpoint("print")
    def print_view(self) -> Response:
        """The view alone, in full, with period and filters, for paper and PDF."""
        template = self.jinja_env.get_template("vouchers_print.html")
        return Response(template.render(page=self._page(), ledger=self.ledger))

    @_endpoint("message")
    def message(self) -> Response:
        """A message that the ledger has recorded, or its signature, byte for byte."""
        page, part = self._page(), request.args.get("part", "text")
        row = page.chosen_row if isinstance(page, ExchangeView) else None
        if page.incognito or row is None or part not in PARTS:
            abort(404)
        content = kept(page.reports, row.name, part)
        if content is None:
            abort(404)
        response = _attachment(content, "text/plain", download_name(row.name, part))
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    @_endpoint("document")
    def document(self) -> Response:
        """A document that a directive of the voucher names, from the ledger's folder only."""
        wanted = request.args.get("name")
        page = self._page()
        for each in page.documents if isinstance(page, VoucherView) else ():
            if each.exists and each.name == wanted:
                return send_file(each.path, as_attachment=not each.shown)
        return abort(404)


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def _reports() -> LedgerReports | None:
    """Those of the ledger that a request asks, if it has this page."""
    extension = g.ledger.extensions.get_extension(Vouchers.__name__)
    return extension.reports if isinstance(extension, Vouchers) else None


register(_reports, _today)


def _attachment(text: str | bytes, kind: str, name: str) -> Response:
    response = Response(text, content_type=f"{kind}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response

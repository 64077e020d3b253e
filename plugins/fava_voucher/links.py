"""Where the page leads: its own views, Fava's reports, the editor."""

from __future__ import annotations

from os.path import relpath
from typing import TYPE_CHECKING, NamedTuple

from fava_voucher.view_state import EXCHANGE, ViewState, report

if TYPE_CHECKING:
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger


class Links(NamedTuple):
    """The URLs of one ledger's page, with Fava's filters."""

    ledger: Ledger
    within: str = ""

    def voucher(self, voucher: str) -> str:
        """One voucher."""
        return ViewState(view="voucher", voucher=voucher, within=self.within).url

    def message(self, message: str) -> str:
        """One message, by the name that directives give it."""
        return ViewState(view=EXCHANGE, message=message).url

    def tab(self, view: str) -> str:
        """A view, with nothing chosen in it."""
        return ViewState(view=view, within=self.within).url

    def report(self, name: str) -> str:
        """One of Fava's own reports."""
        return report(name)

    def source(self, place: SourceLine) -> str:
        """A source line for a person: the file as seen from the ledger's folder, and the line."""
        if place.filename.startswith("<"):
            return ""
        return f"{relpath(place.filename, self.ledger.path.parent)}:{place.lineno}"

    def editor(self, place: SourceLine) -> str | None:
        """A source line in Fava's editor; None for a file that is not the ledger's."""
        if place.filename not in self.ledger.options["include"]:
            return None
        return report("editor", file_path=place.filename, line=str(place.lineno))

"""The exception report: what somebody must look at."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from beancount_voucher.views import exceptions
from fava_voucher import columns
from fava_voucher.page import FilterLink, Page
from fava_voucher.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_voucher.tables import Table


class ExceptionsView(Page):
    """What somebody must look at."""

    def _tables(self) -> Sequence[Table[Any]]:
        return [columns.exceptions(self._of_kind(self.view_state.kind), self.filters.as_of)]

    @cached_property
    def items(self) -> list[exceptions.ExceptionItem]:
        """The exception report within Fava's filters; what is about no voucher always shows."""
        return [
            item
            for item in self.reports.exceptions(self.filters.as_of)
            if item.voucher is None or self.filters.has(item.voucher)
        ]

    def _of_kind(self, kind: str) -> list[exceptions.ExceptionItem]:
        return [item for item in self.items if not kind or item.kind == kind]

    @property
    def kind_links(self) -> list[FilterLink]:
        """Every kind of exception, also those of which there is none."""
        return [
            FilterLink(
                label=gettext(name),
                number=len(self._of_kind(kind)),
                sums=(),
                url=self.view_state.to(kind=kind).url,
                chosen=self.view_state.kind == kind,
            )
            for kind, name in {"": "all", **exceptions.KINDS}.items()
        ]

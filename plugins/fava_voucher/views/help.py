"""The manual, topic by topic."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from fava_voucher.manual import Manual, manual
from fava_voucher.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fava_voucher.tables import Table


class HelpView(Page):
    """The manual, which has no tables."""

    def _tables(self) -> Sequence[Table[Any]]:
        return ()

    @cached_property
    def manual(self) -> Manual:
        """The manual, open at the topic that is asked for."""
        return manual(self.view_state.topic)

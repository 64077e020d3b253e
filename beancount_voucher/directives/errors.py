"""One thing that is wrong with a voucher directive, at one line; its codes are in ``codes``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Custom, new_metadata

from beancount_voucher.directives.wording import in_a_line

if TYPE_CHECKING:
    from beancount.core.data import Directive, Meta

    from beancount_voucher.directives.source_lines import SourceLine


class VoucherError(NamedTuple):
    """An error as Beancount and Fava take it: a place, a text, the directive."""

    source: Meta
    message: str
    entry: Directive | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule at one line. ``wrong`` and ``expected`` are halves of one sentence."""

    code: str
    place: SourceLine
    wrong: str
    expected: str
    entry: Directive | None = None

    @property
    def message(self) -> str:
        """The text of the error, which ends with its code in square brackets."""
        return f"{in_a_line(self.wrong)}; expected {in_a_line(self.expected)} [{self.code}]"

    def error(self) -> VoucherError:
        """The problem as an entry of Beancount's error list.

        A custom without values has None for them, which Beancount's own printer of errors
        cannot take.
        """
        source = new_metadata(self.place.filename, self.place.lineno)
        entry = self.entry
        if isinstance(entry, Custom) and not entry.values:
            entry = entry._replace(values=[])
        return VoucherError(source, self.message, entry)

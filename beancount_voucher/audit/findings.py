"""What ``bean-voucher check`` finds beside the ledger's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.directives.source_lines import SourceLine

FINDINGS: dict[str, str] = {
    "I0": "a generated transaction is not zero by commodity",
    "I1": "frozen or held money is not what the open cash vouchers say",
    "I2": "a frozen credit line is not what the open credit vouchers say",
    "I3": "available + frozen + drawn is not the limit, or one of them is below zero",
    "I4": "collection or vouchers received is not what the accepted vouchers say",
    "I5": "receivable or payable is not what is recognised and unsettled",
    "I6": "two banks disagree about what one owes the other",
    "I7": "a final voucher still has something frozen, held, receivable or payable",
    "missing-entry": "a fact has no transaction in a book that is kept",
    "foreign-entry": "a transaction claims to be a voucher's, and no fact says so",
    "overdue": "past its deadline, or waiting for a decision for a day or more (with `--as-of`)",
    "no-plugin": "voucher directives in a ledger whose top file does not load the plugin",
    "repeated-key": "a metadata key stands twice, and Beancount keeps only the last",
    "missing-document": "the document of an application or a reconciliation does not exist",
    "statement-changed": "a bank statement is not the file that was reconciled",
    "reconciled-changed": "what a reconciled voucher settled is not what it was then",
}


class Finding(NamedTuple):
    """Something that an accountant must look at.

    Attributes:
        code: one of ``FINDINGS``.
        place: the line to look at.
        text: what is wrong.
        date: from when on the books show it; None: the text shows it, on any day.
    """

    code: str
    place: SourceLine
    text: str
    date: dt.date | None = None

    @property
    def message(self) -> str:
        """The text, which ends with its code in square brackets."""
        return f"{self.text} [{self.code}]"

"""What ``bean-voucher check`` finds beside the ledger's errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.codes import Explanation

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.directives.source_lines import SourceLine

FINDINGS: dict[str, Explanation] = {
    "I0": Explanation(
        "a generated transaction is not zero by commodity",
        "Look for another plugin that changes generated transactions, and remove it; without one, "
        "please report it.",
    ),
    "I1": Explanation(
        "frozen or held money is not what the open cash vouchers say",
        "Remove the transaction, or move it to another account: on this one, only vouchers freeze "
        "and hold money.",
    ),
    "I2": Explanation(
        "a frozen credit line is not what the open credit vouchers say",
        "Remove the transaction: only vouchers freeze a credit line.",
    ),
    "I3": Explanation(
        "available + frozen + drawn is not the limit, or one of them is below zero",
        "Remove the transaction: only `voucher-credit-line`, vouchers and `voucher-repay` move a "
        "credit line.",
    ),
    "I4": Explanation(
        "collection or vouchers received is not what the accepted vouchers say",
        "Remove the transaction: only vouchers move this account.",
    ),
    "I5": Explanation(
        "receivable or payable is not what is recognised and unsettled",
        "Remove the transaction, or move it to another account: on this one stand the premiums of "
        "vouchers only.",
    ),
    "I6": Explanation(
        "two banks disagree about what one owes the other",
        "Book the clearing in the other bank's book, too. Where a voucher's own entries are not "
        "opposite, look for another plugin that changes generated transactions, and remove it.",
    ),
    "one-sided": Explanation(
        "a loan was drawn or repaid by hand in the book of one side, and not in the other's",
        "Book it in the other book, too, or take it back; `voucher-repay` books a repayment in "
        "both.",
    ),
    "I7": Explanation(
        "a final voucher still has something frozen, held, receivable or payable",
        "Look for another plugin that changes generated transactions, and remove it; without one, "
        "please report it.",
    ),
    "I8": Explanation(
        "policyholder and insurer disagree about what of a premium is paid in advance, owed or "
        "earned",
        "Look for another plugin that changes generated transactions, and remove it; without one, "
        "please report it.",
    ),
    "I9": Explanation(
        "less than nothing or more than the premium in force is earned, or not all of it at the "
        "end of cover",
        "Look for another plugin that changes generated transactions, and remove it; without one, "
        "please report it.",
    ),
    "missing-entry": Explanation(
        "a fact has no transaction in a book that is kept",
        "Look for another plugin that drops or changes generated transactions, and remove it; "
        "`bean-voucher print` writes what there should be.",
    ),
    "foreign-entry": Explanation(
        "a transaction claims to be a voucher's, and no fact says so",
        "Remove the transaction: the plugin writes it where a directive says so. If it is none of "
        "a voucher's, remove `voucher-event` and `voucher-book`.",
    ),
    "overdue": Explanation(
        "past its deadline, or waiting for a decision for a day or more (with `--as-of`)",
        "Decide the voucher: `bean-voucher run` prints what settles or voids it.",
    ),
    "recorded-difference": Explanation(
        "a statement is recorded with a difference that nobody has cleared yet (with `--as-of`)",
        "Find out what it is, mend the side that is wrong, and record the statement again by "
        "`bean-voucher reconcile --write`: the new record replaces this one.",
    ),
    "examination-late": Explanation(
        "an application stands undecided for more than `examination-days` business days (with "
        "`--as-of`)",
        "Decide the voucher: `bean-voucher run` prints what settles or voids it; under "
        '`on-unmet: "represent"`, record the discrepancies by `voucher-discrepancy`.',
    ),
    "refund-differs": Explanation(
        "a refund is not what its `basis` comes to",
        "Correct the refund or what is kept, or its `basis` or `from`; leave `basis` out where "
        "another amount was agreed.",
    ),
    "no-plugin": Explanation(
        "voucher directives in a ledger whose top file does not load the plugin",
        'Add the line `plugin "beancount_voucher_plugin"` to the top file.',
    ),
    "broken-directive": Explanation(
        "a syntax error cuts a directive short, or swallows it: nobody decides about its voucher",
        "Take the blank line, or the comment in the first column, out of the directive, or mend "
        "the syntax error, so that all its lines are read.",
    ),
    "repeated-key": Explanation(
        "a metadata key stands twice, and Beancount keeps only the last",
        "Remove one of the two lines.",
    ),
    "closed-period": Explanation(
        "a directive stands below the close of the period that it is dated in, and does not say "
        "why",
        "Date it after the close, with `note-effective` for the day on which it happened; or say "
        "in it by `note-reopened` why the period was reopened. If it was there before the close, "
        "move it above that.",
    ),
    "missing-document": Explanation(
        "the document of an application or a reconciliation does not exist",
        "Put the file where the directive says, relative to the file that it stands in, or "
        "correct the path.",
    ),
    "statement-changed": Explanation(
        "a bank statement is not the file that was reconciled",
        "Put back the file that was reconciled. If the bank sent another, remove the record, and "
        "reconcile anew.",
    ),
    "reconciled-changed": Explanation(
        "what a reconciled voucher settled is not what it was then",
        "Put the settlement back as it was. If it had been wrong, remove the record, and "
        "reconcile anew.",
    ),
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

"""What can be wrong with a voucher directive: the codes, and one problem at one line.

Codes are stable (manual: codes): users and tests filter on them. The text beside each is
what the manual's table says, word for word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Custom, new_metadata

from beancount_voucher.directives.wording import in_a_line

if TYPE_CHECKING:
    from beancount.core.data import Directive, Meta

    from beancount_voucher.directives.source_lines import SourceLine


CODES: dict[str, str] = {
    "unknown-directive": "a `voucher-…` directive that does not exist",
    "bad-value": "a value or metadata of the wrong type, or not one of those allowed",
    "unknown-key": "a metadata key that the directive does not know, or may not carry",
    "missing-key": "a term that must be there is not",
    "bad-id": "a voucher or party id that cannot be one",
    "unknown-party": "a party that no `voucher-party` has declared by that date",
    "wrong-role": "a party that is declared with another role",
    "unknown-option": "a `voucher-option` that does not exist",
    "duplicate": "said before, or said differently on the same day",
    "bad-amount": "an amount that is zero or negative",
    "bad-currency": "an amount in another currency than the voucher's, or in a memo commodity",
    "bad-deadlines": "deadlines or cover dates that contradict each other",
    "terms-differ": "the issue says something else than the request",
    "insufficient-funds": "the policyholder's bank account is below zero after the hold",
    "insufficient-credit": "the credit line does not cover what is, or is to be, frozen and drawn",
    "account-not-open": "a book needs an account that is not open on that date",
    "not-found": "no such voucher on that date",
    "accept-late": "accepted after `accept-by`",
    "apply-late": "applied for after `apply-by`",
    "wrong-actor": "done by a party that may not do it",
    "exceeds-held": "more is applied for than is held",
    "exceeds-applied": "more is settled than was applied for",
    "exceeds-drawn": "more is repaid than is drawn",
    "condition-unknown": "a `requires-…` that no installed package knows",
    "condition-unmet": "settled although a condition is not met",
    "condition-waiting": "settled or voided although a condition still waits for its date",
    "returned": "the insurance was returned: no acceptance, application or settlement any more",
    "no-return-notice": "voided as returned without a notice of return",
    "not-yet-expired": "voided for lateness before the deadline has passed",
    "conditions-met": "voided for unmet conditions although all are met",
    "bad-reason": "a void for a reason that does not exist",
    "final": "the voucher is refused, rejected, settled or voided already",
    "out-of-order": "an event that the voucher's state does not take",
    "same-person": "a reconciliation that its preparer reviewed",
}


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

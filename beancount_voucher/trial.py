"""Decisions on trial: would the ledger load without a new error if they stood in it?

The life and its guards have allowed a decision; what can still go wrong is the rest of the
ledger: an account that is not open or takes no such currency, a balance that was proven on
the books as they are, another voucher that a moved horizon reaches. So the whole ledger is
loaded once more, with the decisions in it, before anything is printed or written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Balance, Custom, Transaction

from beancount_voucher.facts import SEEN, voucher_named
from beancount_voucher.ledger import load
from beancount_voucher.text import directive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from beancount_voucher.judging import Decision
    from beancount_voucher.ledger import Ledger

APPENDED = "<string>"
"""The file name that Beancount gives to text that is in no file."""


class Refusal(NamedTuple):
    """Decisions that the ledger would not take, and the error that it would have."""

    vouchers: tuple[str, ...]
    message: str


def directives(decisions: Iterable[Decision]) -> str:
    """Decisions as text for a ledger."""
    return "\n".join(directive(decision.fact, decision.notes) for decision in decisions)


def tried(ledger: Ledger, decisions: Sequence[Decision]) -> tuple[list[Decision], list[Refusal]]:
    """Sort out the decisions that the ledger takes from those that bring it a new error.

    Args:
        ledger: the ledger as it is.
        decisions: what is to be appended.

    Raises:
        LedgerError: with the decisions in it, Beancount cannot load the ledger.
    """
    left, refusals = list(decisions), list[Refusal]()
    while left:
        after = load(ledger.path, directives(left))
        errors = new_errors(ledger, after)
        if not errors:
            break
        for error in errors:
            barred = _concerned(error, left, after)
            left = [decision for decision in left if decision.fact.ids[0] not in barred]
            if barred:
                refusals.append(Refusal(tuple(sorted(barred)), str(error.message)))
    return left, refusals


def new_errors(before: Ledger, after: Ledger) -> list[Any]:
    """The errors of directives that carried none before."""
    known = {_position(error) for error in before.errors}
    return [error for error in after.errors if _position(error) not in known]


def _position(error: Any) -> tuple[object, ...]:  # noqa: ANN401
    filename, line = error.source.get("filename"), error.source.get("lineno")
    return (filename, line) if line else (filename, line, error.message)


def _concerned(error: Any, decisions: Sequence[Decision], after: Ledger) -> set[str]:  # noqa: ANN401
    """The vouchers whose decisions bring an error; all, if it does not tell."""
    decided = {decision.fact.ids[0] for decision in decisions}
    entry = error.entry
    if isinstance(entry, Balance):
        return decided & _moving(entry, after)
    if isinstance(entry, Custom):
        named = {voucher_named(entry)} & decided
    else:
        named = {entry.meta.get("voucher")} & decided if isinstance(entry, Transaction) else set()
    return {voucher for voucher in named if voucher} or decided


def _moving(balance: Balance, after: Ledger) -> set[str]:
    """The vouchers with an appended decision that moves the account before the balance."""
    return {
        entry.meta["voucher"]
        for entry in after.entries
        if isinstance(entry, Transaction)
        and SEEN in entry.meta
        and entry.meta["filename"] == APPENDED
        and entry.date < balance.date
        and any(
            f"{posting.account}:".startswith(f"{balance.account}:") for posting in entry.postings
        )
    }

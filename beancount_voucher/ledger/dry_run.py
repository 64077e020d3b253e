"""Drafts on trial: would the ledger load without a new error if they stood in it?

The life and its guards may allow a directive; what can still go wrong is the rest of the
ledger: an account that is not open or takes no such currency, a balance that was proven on
the books as they are, another voucher that a moved horizon reaches. So before anything is
printed or written, the drafts are tried on the part of the ledger that they bear on
(``partial_dry_run``), or where that is not enough, the whole ledger is loaded once more with
them in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeVar

from beancount.core.data import Balance, Custom, Transaction

from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.printer import directive
from beancount_voucher.directives.source_lines import SEEN, source_line
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.loader import LedgerError, load, made_whole
from beancount_voucher.ledger.partial_dry_run import passes
from beancount_voucher.ledger.posted import event_by_event, has_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.ledger.loader import Ledger

APPENDED = "<string>"
"""The file name that Beancount gives to text that is in no file."""


class Draft(Protocol):
    """A directive that is not written yet: a decision, or an event that somebody records."""

    @property
    def fact(self) -> Fact:
        """What it says."""
        ...

    @property
    def notes(self) -> Mapping[str, Value]:
        """Metadata beside the terms."""
        ...

    @property
    def opens(self) -> str:
        """The ``open`` directives that it needs, as text; mostly none."""
        ...


Drafts = TypeVar("Drafts", bound=Draft)


class Refusal(NamedTuple):
    """Drafts that the ledger would not take, and the error that it would have."""

    subjects: tuple[str, ...]
    message: str


def directives(drafts: Iterable[Draft]) -> str:
    """Drafts as text for a ledger."""
    return "\n".join(draft.opens + directive(draft.fact, draft.notes) for draft in drafts)


def dry_run(ledger: Ledger, drafts: Sequence[Drafts]) -> tuple[list[Drafts], list[Refusal]]:
    """Sort out the drafts that the ledger takes from those that bring it a new error.

    Args:
        ledger: the ledger as it is.
        drafts: what is to be appended.

    Raises:
        LedgerError: with the drafts in it, Beancount cannot load the ledger.
        ChangedMeanwhileError: the ledger is another than the drafts were decided on.
    """
    left, refusals = list(drafts), list[Refusal]()
    if not left or passes(ledger, directives(left)):
        return left, refusals
    ledger = made_whole(ledger)
    while left:
        after = load(ledger.path, directives(left))
        if _in_files(after) != _in_files(ledger):
            raise ChangedMeanwhileError("the ledger was changed meanwhile")
        errors = sorted(new_errors(ledger, after), key=_is_elsewhere)
        if not errors:
            break
        for error in errors:
            barred = _concerned(error, left, after)
            left = [draft for draft in left if draft.fact.ids[0] not in barred]
            if barred:
                refusals.append(Refusal(tuple(sorted(barred)), str(error.message)))
    return left, refusals


def first_new_error(ledger: Ledger, drafts: Sequence[Draft]) -> str | None:
    """The error that the ledger would have with all of these drafts in it; None for none."""
    text = directives(drafts)
    if passes(ledger, text):
        return None
    try:
        after = load(ledger.path, text)
    except LedgerError as error:
        return str(error)
    return next((str(error.message) for error in new_errors(made_whole(ledger), after)), None)


def _in_files(ledger: Ledger) -> list[Fact]:
    """The facts but for drafts, and for those that claim in metadata to stand where drafts do."""
    return [fact for fact in ledger.reading.facts if fact.place.filename != APPENDED]


def new_errors(before: Ledger, after: Ledger) -> list[Any]:
    """The errors of directives that carried none before."""
    known = {_position(error) for error in before.errors}
    return [error for error in after.errors if _position(error) not in known]


def _is_elsewhere(error: Any) -> bool:  # noqa: ANN401
    """Whether an error is not at a draft. Those that are tell what a draft conflicts with."""
    return bool(_position(error)[0] != APPENDED)


def _position(error: Any) -> tuple[object, ...]:  # noqa: ANN401
    source = error.source or {}  # other plugins may give none
    filename, line = source.get("filename"), source.get("lineno")
    return (filename, line) if line else (filename, line, error.message)


def _concerned(error: Any, drafts: Sequence[Draft], after: Ledger) -> set[str]:  # noqa: ANN401
    """The subjects whose drafts bring an error; all, if it does not tell."""
    decided = {draft.fact.ids[0] for draft in drafts}
    entry = error.entry
    if isinstance(entry, Transaction) and SEEN in entry.meta and has_batches(after):
        return decided & _posting(entry, after) or decided
    if isinstance(entry, Balance):
        return decided & _moving(entry, after)
    if isinstance(entry, Custom):
        named = {voucher_named(entry)} & decided
    else:
        named = {entry.meta.get("voucher")} & decided if isinstance(entry, Transaction) else set()
    return {voucher for voucher in named if voucher} or decided


def _moving(balance: Balance, after: Ledger) -> set[str]:
    """The vouchers with an appended draft that moves the account before the balance."""
    return {
        entry.meta["voucher"]
        for entry in event_by_event(after)
        if "voucher" in entry.meta
        and source_line(entry.meta).filename == APPENDED
        and entry.date < balance.date
        and any(
            f"{posting.account}:".startswith(f"{balance.account}:") for posting in entry.postings
        )
    }


def _posting(batch: Transaction, after: Ledger) -> set[str]:
    """The vouchers with an appended draft that a batch may be of."""
    accounts = {posting.account for posting in batch.postings}
    return {
        entry.meta["voucher"]
        for entry in event_by_event(after)
        if "voucher" in entry.meta
        and source_line(entry.meta).filename == APPENDED
        and (entry.date, entry.tags) == (batch.date, batch.tags)
        and accounts == {posting.account for posting in entry.postings}
    }

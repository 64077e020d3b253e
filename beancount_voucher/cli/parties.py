"""The party for which a command speaks, and those to which it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger


def our_party(ledger: Ledger, given: str | None) -> str:
    """The party that we are."""
    kept = ledger.kept or []
    party = given or (kept[0] if len(kept) == 1 else None)
    if party is None:
        raise click.UsageError(
            "which party are we? The ledger keeps several books: name one by --as"
        )
    if party not in ledger.evaluation.ledger_state.parties:
        raise click.UsageError(f"--as {party} is no party of the ledger")
    if kept and party not in kept:
        raise click.UsageError(f"--as {party}: the ledger keeps the books of {', '.join(kept)}")
    return party


def is_spoken_to(ledger: Ledger, we: str, party: str) -> None:
    """Hold whom somebody names against the ledger: a slip would say nothing to anybody.

    Raises:
        click.UsageError: it is no party, or we ourselves.
    """
    if party not in ledger.evaluation.ledger_state.parties:
        raise click.UsageError(f"{quoted(party)} is no party of the ledger")
    if party == we:
        raise click.UsageError(f"{quoted(party)} is whom we speak for: expected another party")

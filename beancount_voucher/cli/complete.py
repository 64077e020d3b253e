"""What a shell may complete: ids of vouchers and parties, from the ledger that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from beancount_voucher.ledger import LedgerError, load

if TYPE_CHECKING:
    import click

    from beancount_voucher.evaluation import Evaluation


def _evaluation(context: click.Context) -> Evaluation | None:
    """What the ledger says; nothing if there is none: a shell must not be disturbed."""
    path = context.find_root().params.get("ledger") or os.environ.get("BEANCOUNT_FILE")
    try:
        return load(Path(path)).evaluation if path and Path(path).is_file() else None
    except LedgerError:
        return None


def voucher_ids(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Vouchers, with their state."""
    evaluation = _evaluation(context)
    if evaluation is None:
        return []
    return [
        CompletionItem(voucher.id, help=str(voucher.standing.state))
        for _, voucher in sorted(evaluation.vouchers.items())
        if voucher.id.startswith(incomplete)
    ]


def parties(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Parties, with their role and name."""
    evaluation = _evaluation(context)
    if evaluation is None:
        return []
    return [
        CompletionItem(party, help=f"{declared.role}, {declared.name}")
        for party, declared in sorted(evaluation.world.parties.items())
        if party.startswith(incomplete)
    ]

"""What a shell may complete: ids of vouchers and parties, from the ledger that is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from beancount_voucher.ledger.loader import LedgerError, load_facts

if TYPE_CHECKING:
    import click

    from beancount_voucher.lifecycle.evaluation import Evaluation


def _evaluation(context: click.Context) -> Evaluation | None:
    """What the ledger says; nothing if there is none: a shell must not be disturbed."""
    before = context.find_root().params.get("ledger")
    path = context.obj or before or os.environ.get("BEANCOUNT_FILE")
    try:
        return load_facts(Path(path)).evaluation if path and Path(path).is_file() else None
    except LedgerError:
        return None


def voucher_ids(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Vouchers, with their state."""
    evaluation = _evaluation(context)
    known = {} if evaluation is None else evaluation.vouchers
    return _items({each.id: str(each.status.state) for each in known.values()}, incomplete)


def parties(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Parties, with their role and name."""
    evaluation = _evaluation(context)
    known = {} if evaluation is None else evaluation.ledger_state.parties
    return _items({id_: f"{each.role}, {each.name}" for id_, each in known.items()}, incomplete)


def _items(meanings: dict[str, str], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=meanings[name])
        for name in sorted(meanings)
        if name.startswith(incomplete)
    ]

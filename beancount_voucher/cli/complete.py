"""What a shell may complete: ids of vouchers and parties, from the ledger that is named."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

from beancount_voucher.ledger.index_store import DamagedError
from beancount_voucher.ledger.loader import LedgerError, load_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import click

    from beancount_voucher.ledger.index_part import Remembered
    from beancount_voucher.lifecycle.candidates import Party
    from beancount_voucher.lifecycle.evaluation import Evaluation


def _top_file(context: click.Context) -> Path | None:
    """The ledger, if there is one: a shell must not be disturbed."""
    before = context.find_root().params.get("ledger")
    path = context.obj or before or os.environ.get("BEANCOUNT_FILE")
    return Path(path) if path and Path(path).is_file() else None


def _remembered(context: click.Context, top: Path) -> Remembered | None:
    if context.find_root().params.get("no_index"):
        return None
    from beancount_voucher.ledger import index  # noqa: PLC0415  commands with ids need none

    return index.recall(top)


def _evaluation(top: Path) -> Evaluation | None:
    try:
        return load_facts(top).evaluation
    except LedgerError:
        return None


def _states(context: click.Context) -> dict[str, str]:
    """The state of each voucher."""
    top = _top_file(context)
    if top is None:
        return {}
    known = _remembered(context, top)
    with suppress(DamagedError):
        if known is not None:
            return {each.id: each.state for each in known.summaries.values() if each.state}
    evaluation = _evaluation(top)
    vouchers = {} if evaluation is None else evaluation.vouchers
    return {each.id: str(each.status.state) for each in vouchers.values()}


def _parties(context: click.Context) -> Mapping[str, Party]:
    top = _top_file(context)
    if top is None:
        return {}
    known = _remembered(context, top)
    with suppress(DamagedError):
        if known is not None:
            return known.part(()).evaluation.ledger_state.parties
    evaluation = _evaluation(top)
    return {} if evaluation is None else evaluation.ledger_state.parties


def voucher_ids(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Vouchers, with their state."""
    return _items(_states(context), incomplete)


def parties(
    context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Parties, with their role and name."""
    known = _parties(context)
    return _items({id_: f"{each.role}, {each.name}" for id_, each in known.items()}, incomplete)


def _items(meanings: dict[str, str], incomplete: str) -> list[CompletionItem]:
    return [
        CompletionItem(name, help=meanings[name])
        for name in sorted(meanings)
        if name.startswith(incomplete)
    ]

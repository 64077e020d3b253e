"""What decides which postings an event makes, and what a change of it does to past ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Transaction

from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.review.edits import Difference

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.edits import Changes

Booked = Mapping[str, Sequence[Transaction]]
"""The transactions that the plugin wrote, by voucher; those of credit lines have none."""


class Rewritten(NamedTuple):
    """Past transactions that are not what they were, although their facts are."""

    transactions: int
    vouchers: int
    credit_lines: bool


_ROOTS = ("name_assets", "name_liabilities", "name_equity", "name_income", "name_expenses")


def compare(old: Ledger, new: Ledger) -> dict[str, list[Difference]]:
    """What decides which postings an event makes, by the name of option or party."""
    before, after = _set(old), _set(new)
    known = old.evaluation.ledger_state.parties
    if not known:
        return {}  # there were no books yet
    settings: dict[str, list[Difference]] = {}
    for key in before | after:
        subject, name = key
        is_new = subject not in known and subject in new.evaluation.ledger_state.parties
        if before.get(key) != after.get(key) and not is_new:
            settings.setdefault(subject, []).append(
                Difference(name, before.get(key), after.get(key))
            )
    return settings


def _set(ledger: Ledger) -> dict[tuple[str, str], object]:
    kept = None if not ledger.has_plugin else " ".join(ledger.kept or ["all"])
    settings: dict[tuple[str, str], object] = {(PLUGIN, "books"): kept}
    settings |= {(name, "option"): ledger.options[name] for name in _ROOTS}
    settings |= {(name, "option"): value for name, value in ledger.evaluation.options.items()}
    return settings | dict(ledger.evaluation.replaced)


def rewritten(was: Booked, is_: Booked, facts: Changes) -> Rewritten | None:
    """Transactions of vouchers, and of credit lines, whose own history is as it was."""
    edited = [edit.before for edit in facts.edited]
    of_lines = ("credit-line", "repay")
    touched = {each.voucher or "" for each in edited if each.voucher or each.kind in of_lines}
    transactions = vouchers = 0
    credit_lines = False
    for id_, entries in was.items():
        if id_ in touched:
            continue
        gone = Counter(map(_print, entries)) - Counter(map(_print, is_.get(id_, ())))
        transactions += gone.total()
        vouchers += bool(gone and id_)
        credit_lines |= bool(gone and not id_)
    return Rewritten(transactions, vouchers, credit_lines) if transactions else None


def _print(entry: Transaction) -> tuple[object, ...]:
    moved = sorted((posting.account, posting.units) for posting in entry.postings)
    return entry.date, entry.meta["voucher-event"], entry.meta["voucher-book"], tuple(moved)

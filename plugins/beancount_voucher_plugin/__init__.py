"""The Beancount plugin: voucher directives become hold and liability postings.

A ledger says::

    plugin "beancount_voucher_plugin"              ; the books of all parties
    plugin "beancount_voucher_plugin" "Sunrise"    ; or only these

    2026-03-02 custom "voucher-issue" "V-001" 3650.00 CNY
      policyholder: "LiMing"
      issuer: "FirstBank"
      insurer: "Sunrise"
      funding: "cash"
      accept-by: 2026-03-05
      apply-by: 2026-03-31

and the books then hold, among others::

    2026-03-02 * "First Bank" "V-001 issued: 3,650.00 CNY frozen" #voucher #voucher-issue ^V-001
      voucher: "V-001"
      voucher-event: "issue"
      voucher-book: "LiMing"
      Assets:LiMing:FirstBank:Frozen   3650.00 CNY
      Assets:LiMing:FirstBank         -3650.00 CNY

Everything else is in the package ``beancount_voucher``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_voucher.books.expansion import expand
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.plugin_results import publish

if TYPE_CHECKING:
    from beancount.core.data import Directive

    from beancount_voucher.directives.errors import VoucherError

__plugins__ = ("voucher_books",)


def voucher_books(
    entries: list[Directive], options_map: dict[str, Any], config: str | None = None
) -> tuple[list[Directive], list[VoucherError]]:
    """Beancount's plugin protocol over :func:`beancount_voucher.books.expansion.expand`."""
    with gc_paused():
        expansion = expand(entries, options_map, config)
    publish(expansion)
    return expansion.entries, expansion.errors

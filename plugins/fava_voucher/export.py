"""The generated transactions as Beancount text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.export import plain_vouchers

if TYPE_CHECKING:
    from fava_voucher.page import Page


def beancount(page: Page) -> str:
    """What the chosen vouchers came to by the date, loadable without the plugin.

    Args:
        page: the view; of one voucher only that, of any other those of the register.
    """
    ledger, scope = page.model.ledger, page.scope
    if page.address.view == "voucher":
        vouchers = {page.address.voucher}
    else:
        vouchers = {row.id for row in page.chosen}
    head = [
        f"Vouchers of {ledger.options['title'] or ledger.path.name} as of {scope.as_of}",
        *(f"Filter: {text}" for text in (scope.account, scope.text, page.address.search) if text),
    ]
    comment = "".join(f";; {printable(line)}\n" for line in head)
    return comment + "".join(plain_vouchers(ledger.entries, ledger.options, vouchers, scope.as_of))

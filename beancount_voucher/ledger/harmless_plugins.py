"""The plugins that leave facts alone: with no others, they can be read without running any."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.books.plugin_lines import PLUGIN

if TYPE_CHECKING:
    from collections.abc import Iterable

_BEANCOUNT = frozenset(
    f"beancount.plugins.{name}"
    for name in (
        "check_average_cost",
        "check_closing",
        "check_commodity",
        "check_drained",
        "coherent_cost",
        "commodity_attr",
        "implicit_prices",
        "leafonly",
        "noduplicates",
        "nounused",
        "onecommodity",
        "sellgains",
        "unique_prices",
    )
) | {"beancount.ops.documents", "beancount.ops.pad", "beancount.ops.balance"}
"""Those of Beancount's own that add, change and drop no ``custom``, ``event``, ``open`` or
``close``, and no transaction: they check, or add balances, prices and documents."""


def add_no_facts(plugins: Iterable[tuple[str, str | None]]) -> bool:
    """Whether what plugins do has no bearing on facts and accounts.

    Args:
        plugins: the names and configurations of those that the top file loads.
    """
    return all(name == PLUGIN or name in _BEANCOUNT for name, _ in plugins)

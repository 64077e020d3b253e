"""What the plugin has found, for whoever loads a ledger.

Beancount's loader hands on entries and errors, and nothing else. Who loads a ledger would have
to evaluate all facts again. A command listens while it loads; nothing is kept for longer. Our page
in Fava cannot: it learns of a load when that is over, and then takes what the load has left.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from beancount.core.data import Custom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.books.expansion import Expansion

_LISTENER: ContextVar[list[Expansion] | None] = ContextVar("_LISTENER", default=None)

_LEFT: ContextVar[Expansion | None] = ContextVar("_LEFT", default=None)
"""What the last load of this thread has left for the page."""


@contextmanager
def captured() -> Iterator[list[Expansion]]:
    """A list that receives whatever the plugin makes meanwhile."""
    heard: list[Expansion] = []
    token = _LISTENER.set(heard)
    try:
        yield heard
    finally:
        _LISTENER.reset(token)


def publish(expansion: Expansion) -> None:
    """Tell whoever listens, and leave for the page what it will ask for."""
    heard = _LISTENER.get()
    if heard is not None:
        heard.append(expansion)
    elif "fava.core" in sys.modules and _has_page(expansion):
        _LEFT.set(expansion)


def taken() -> list[Expansion]:
    """What the last load of this thread has left, once."""
    left = _LEFT.get()
    _LEFT.set(None)
    return [] if left is None else [left]


def _has_page(expansion: Expansion) -> bool:
    return any(
        entry.type == "fava-extension" and entry.values and entry.values[0].value == "fava_voucher"
        for entry in expansion.entries
        if isinstance(entry, Custom)
    )

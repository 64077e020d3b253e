"""What the plugin has found, for the command that loads a ledger.

Beancount's loader hands on entries and errors, and nothing else. A command that loads a
ledger would have to evaluate all facts again; so it listens while it loads. Nobody else
hears anything, and nothing is kept for longer than the load.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.books.expansion import Expansion

_LISTENER: ContextVar[list[Expansion] | None] = ContextVar("_LISTENER", default=None)


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
    """Tell whoever listens."""
    heard = _LISTENER.get()
    if heard is not None:
        heard.append(expansion)

"""How whole checks of a ledger's files have ended, kept beside its index."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.ledger.index_key import key

if TYPE_CHECKING:
    from beancount_voucher.ledger.index_store import Json, Store

_CHECKED = "checked"
_MOST = 32
"""Verdicts that are kept: of the bytes of now, and of those that somebody may go back to."""


class KeptVerdicts:
    """Verdicts by the digest of a ledger's files, of our version with these conditions."""

    def __init__(self, store: Store) -> None:
        """Take where they are kept."""
        self._store = store

    def get(self, digest: str) -> int | None:
        """How many errors the last whole load of these bytes found; None if not known."""
        errors: int | None = self._known().get(f"{key()} {digest}", (None,))[0]
        return errors

    def put(self, digest: str, errors: int, top: str, at: dt.datetime) -> None:  # noqa: ARG002
        """Remember how many errors a whole load found."""
        known = self._known()
        name = f"{key()} {digest}"
        known.pop(name, None)
        known[name] = [errors, at.isoformat()]
        self._store.note(_CHECKED, dict(list(known.items())[-_MOST:]))

    def last(self, top: str) -> dt.datetime | None:  # noqa: ARG002
        """When the ledger, whatever its bytes, was last loaded as a whole; None if not known."""
        known = list(self._known().values())
        return dt.datetime.fromisoformat(known[-1][1]) if known else None

    def _known(self) -> Json:
        known = self._store.state(_CHECKED)
        return {} if known is None else known

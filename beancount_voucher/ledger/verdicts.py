"""How the last whole check of a ledger's files ended, for whoever reads only their facts.

A whole load finds errors that facts do not tell: an account that is not open, money that is not
there, a balance that fails. Who has found none in just these bytes need not look again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import datetime as dt


class VerdictStore(Protocol):
    """Remembers verdicts by the digest of a ledger's files (``Fingerprint.digest``).

    What else a verdict depends on (versions, installed conditions) is for the store to know. It
    never raises: what it cannot tell is not known, and what it cannot keep is forgotten.
    """

    def get(self, digest: str) -> int | None:
        """How many errors the last whole load of these bytes found; None if not known."""
        ...

    def put(self, digest: str, errors: int, top: str, at: dt.datetime) -> None:
        """Remember how many errors a whole load found.

        Args:
            digest: of the files.
            errors: how many.
            top: the absolute name of the top file.
            at: when.
        """
        ...

    def last(self, top: str) -> dt.datetime | None:
        """When a top file, whatever its bytes, was last loaded as a whole; None if not known."""
        ...


class NoVerdicts:
    """The store of who keeps nothing."""

    def get(self, digest: str) -> int | None:  # noqa: ARG002
        """Nothing is known."""
        return None

    def put(self, digest: str, errors: int, top: str, at: dt.datetime) -> None:
        """Forget it."""

    def last(self, top: str) -> dt.datetime | None:  # noqa: ARG002
        """Nothing is known."""
        return None

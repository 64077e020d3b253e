"""What git knows of a ledger's vouchers, for a page that must stand without it.

Whatever is missing or wrong, no repository, no git, a commit that nobody can read, the page
shows less, and no error; it never waits longer than :data:`PATIENCE`.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from beancount_voucher.review.git import Repository
from beancount_voucher.review.git_command import GitError, GitTooLongError, within
from beancount_voucher.review.provenance import Provenance, provenance, state

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.provenance import State, Written

PATIENCE = 3.0
"""Seconds that git has for one page."""

_REMEMBERED = 64
"""Vouchers: those between which a reader goes back and forth."""

_LOG = logging.getLogger(__name__)

_Asked = tuple["State", tuple["Written", ...]]


class History:
    """The commits behind the directives of one load of a ledger.

    What was found is remembered as long as the ledger is, and the repository stands as it did;
    so is that there was no time to find it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[_Asked, Provenance] = {}

    def of(self, directives: tuple[Written, ...]) -> Provenance:
        """The commits behind directives; none where git does not tell."""
        try:
            with within(PATIENCE), Repository.around(self._ledger.path) as repository:
                return self._asked(repository, directives)
        except (GitError, GitTooLongError):  # no repository, no git, no commit, no time
            return Provenance({})
        except Exception:  # noqa: BLE001, the page does not fail for what stands beside its figures
            _LOG.exception("git does not tell of %s", self._ledger.path)
            return Provenance({})

    def _asked(self, repository: Repository, directives: tuple[Written, ...]) -> Provenance:
        asked = state(repository), directives
        known = self._known.get(asked)
        if known is not None:
            return known
        found = Provenance({})
        try:
            found = provenance(repository, asked[0], self._ledger, directives)
        finally:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[asked] = found
        return found

"""The files of messages: given out only if the ledger has recorded them, and from its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.exchange.message import SIGNATURE, file_name

if TYPE_CHECKING:
    from beancount_voucher.exchange.message import Name
    from fava_voucher.ledger_reports import LedgerReports

PARTS = {"text": "", "signature": SIGNATURE}
"""What stands behind the name of each of the two files of a message."""


def kept(reports: LedgerReports, name: Name, part: str) -> bytes | None:
    """A file of a message that is recorded; None: it is not kept in the ledger's folder.

    Args:
        reports: of the ledger.
        name: a message that the ledger has recorded, so that nobody else chooses the file.
        part: one of ``PARTS``.
    """
    store = reports.store
    path = store.path(name)
    path = path.with_name(path.name + PARTS[part])
    try:
        # A link that leads elsewhere leads out of what the ledger keeps.
        if not path.resolve().is_relative_to(store.folder.resolve()):
            return None
    except (OSError, RuntimeError):  # links in a circle
        return None
    return store.text(name) if part == "text" else store.signature(name)


def download_name(name: Name, part: str) -> str:
    """How a file of a message is called."""
    return file_name(name) + PARTS[part]

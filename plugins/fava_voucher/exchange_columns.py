"""The tables of the exchange: counterparties, what waits, keys, refusals, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.exchange import COUNTERPARTIES, WAITING
from beancount_voucher.views.exchanged import KEYS, MESSAGES, REFUSALS
from fava_voucher.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.views.exchange import CounterpartyRow, WaitingRow
    from beancount_voucher.views.exchanged import KeyRow, MessageRow, RefusalRow


def counterparties(found: Iterable[CounterpartyRow]) -> Table[CounterpartyRow]:
    """With whom messages are exchanged, and how that stands."""
    return Table("counterparties", "Counterparties", COUNTERPARTIES, list(found))


def waiting(found: Iterable[WaitingRow]) -> Table[WaitingRow]:
    """What nobody has acknowledged yet."""
    return Table("unacknowledged", "Not acknowledged yet", WAITING, list(found))


def keys(found: Iterable[KeyRow]) -> Table[KeyRow]:
    """Whose signatures count."""
    return Table("keys", "Keys", KEYS, list(found))


def refusals(found: Iterable[RefusalRow]) -> Table[RefusalRow]:
    """What was not taken."""
    return Table("refusals", "Refused facts", REFUSALS, list(found))


def messages(found: Iterable[MessageRow]) -> Table[MessageRow]:
    """Every message."""
    return Table("messages", "Messages", columns_of(MESSAGES, "page"), list(found))

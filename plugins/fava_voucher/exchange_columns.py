"""The tables of the exchange: counterparties, what waits, keys, refusals, messages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.views.columns import Column, columns_of
from beancount_voucher.views.exchange import COUNTERPARTIES, WAITING
from beancount_voucher.views.exchanged import KEYS, MESSAGES, REFUSALS, remedy
from fava_voucher.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.views.exchange import CounterpartyRow, WaitingRow
    from beancount_voucher.views.exchanged import KeyRow, MessageRow, RefusalRow


def counterparties(found: Iterable[CounterpartyRow]) -> Table[CounterpartyRow]:
    """With whom messages are exchanged, and how that stands."""
    return Table("counterparties", "Counterparties", COUNTERPARTIES, list(found))


FINDINGS: tuple[Column[Finding], ...] = (
    Column("code", "finding", "error", lambda finding: finding.code),
    Column("since", "since", "date", lambda finding: finding.date),
    Column("text", "what is wrong", "text", lambda finding: finding.text),
    Column("remedy", "what to do", "remedy", lambda finding: remedy(finding.code)),
    Column("source", "source", "place", lambda finding: finding.place),
)


def findings(found: Iterable[Finding]) -> Table[Finding]:
    """What somebody must look at."""
    return Table("exchange-findings", "What stands in the way", FINDINGS, list(found))


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

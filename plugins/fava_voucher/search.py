"""What of the register is searched for."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.views.events import said
from beancount_voucher.views.register import REGISTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beancount_voucher.views.columns import Column
    from beancount_voucher.views.register import RegisterRow

_AMOUNT = re.compile(r"([0-9][0-9,]{0,40}(?:\.[0-9]{1,40})?)(?: *([A-Za-z][A-Za-z0-9'._-]*))?")


class _Amount(NamedTuple):
    """An amount that is searched for; any currency where none is typed."""

    number: Decimal
    currency: str

    def is_in(self, row: RegisterRow) -> bool:
        """Whether it is a premium, is held or paid, or is what an event moved."""
        if self.currency not in ("", row.currency.casefold()):
            return False
        amounts = (row.amount, row.held, row.settled)
        moved = (event.amount for event in row.voucher.until(row.as_of))
        return self.number in amounts or self.number in moved


CONSENT_DUE = "consent due"
"""What the URL calls the vouchers with an amendment that somebody has not consented to yet."""


def texts(rows: Iterable[RegisterRow], name: Callable[[str], str]) -> dict[str, str]:
    """What each row of a register says, by its voucher, to be searched in.

    Args:
        rows: the register.
        name: the display name of a party.
    """
    columns = [column for column in REGISTER if column.searched]
    return {row.id: _text(row, columns, name) for row in rows}


def with_text(
    rows: Iterable[RegisterRow], text: str, said: Callable[[], Mapping[str, str]]
) -> list[RegisterRow]:
    """The rows that say a text: a column that is searched, the name of a party there, an event.

    Of events it is what they name by the date: who, policy, code, document, notes. A number is an
    amount, too, however it is grouped.

    Args:
        rows: the register.
        text: as typed; case and spaces around it do not matter.
        said: what the rows say, see ``texts``.
    """
    wanted = text.casefold().strip()
    if not wanted:
        return list(rows)
    amount, known = _amount(wanted), said()
    return [
        row for row in rows if wanted in known[row.id] or (amount is not None and amount.is_in(row))
    ]


def _amount(wanted: str) -> _Amount | None:
    match = _AMOUNT.fullmatch(wanted)
    return None if match is None else _Amount(Decimal(match[1].replace(",", "")), match[2] or "")


def _text(
    row: RegisterRow, columns: Iterable[Column[RegisterRow]], name: Callable[[str], str]
) -> str:
    found: list[str] = []
    for column in columns:
        cell = column.cell(row)
        if cell is not None:
            names = [name(str(cell))] if column.kind == "party" else []
            found += [str(cell), *names]
    for event in row.voucher.until(row.as_of):
        found += [text for _, text in said(event)]
    return "\n".join(found).casefold()


def in_state(rows: Iterable[RegisterRow], state: str) -> list[RegisterRow]:
    """The rows in a state, those that are ``overdue`` or wait for consent; all if it is empty."""
    if state == "overdue":
        return [row for row in rows if row.overdue]
    if state == CONSENT_DUE:
        return [row for row in rows if row.consent_due]
    return [row for row in rows if not state or row.state == state]

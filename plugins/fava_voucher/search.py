"""What of the register is searched for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.views.register import REGISTER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beancount_voucher.views.columns import Column
    from beancount_voucher.views.register import RegisterRow


CONSENT_DUE = "consent due"
"""What the URL calls the vouchers with an amendment that somebody has not consented to yet."""


def with_text(
    rows: Iterable[RegisterRow], text: str, name: Callable[[str], str]
) -> list[RegisterRow]:
    """The rows that have a text in a column that is searched, or in the name of a party there.

    Args:
        rows: the register.
        text: as typed; case and spaces around it do not matter.
        name: the display name of a party.
    """
    wanted = text.casefold().strip()
    columns = [column for column in REGISTER if column.searched]
    return [row for row in rows if not wanted or wanted in _texts(row, columns, name)]


def _texts(
    row: RegisterRow, columns: Iterable[Column[RegisterRow]], name: Callable[[str], str]
) -> str:
    texts: list[str] = []
    for column in columns:
        cell = column.cell(row)
        if cell is not None:
            names = [name(str(cell))] if column.kind == "party" else []
            texts += [str(cell), *names]
    return "\n".join(texts).casefold()


def in_state(rows: Iterable[RegisterRow], state: str) -> list[RegisterRow]:
    """The rows in a state, those that are ``overdue`` or wait for consent; all if it is empty."""
    if state == "overdue":
        return [row for row in rows if row.overdue]
    if state == CONSENT_DUE:
        return [row for row in rows if row.consent_due]
    return [row for row in rows if not state or row.state == state]

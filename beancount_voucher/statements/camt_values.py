"""Amounts, signs, dates and statuses of a camt message, as XML Schema and ISO 20022 write them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import StatementError, date_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping
    from xml.etree.ElementTree import Element

BOOKED, PENDING, INFORMATION = "BOOK", "PDNG", "INFO"

STATUSES: Mapping[str, str] = {
    "BOOK": BOOKED,
    "BOOKED": BOOKED,
    "PDNG": PENDING,
    "PENDING": PENDING,
    "FUTR": PENDING,
    "INFO": INFORMATION,
}
"""The status of an entry, as banks write it -> what it means; any other is not booked."""

_SIGNS = {"CRDT": 1, "DBIT": -1}

# xs:decimal without a minus, which the mark of an amount is for; 18 digits as ISO 20022 has them.
_DECIMAL = re.compile(r"\+?0*(?:[0-9]{1,18}(?:\.[0-9]{0,10})?|\.[0-9]{1,10})")


class Place(NamedTuple):
    """Where in a file something stands."""

    where: str
    line: int

    def error(self, code: str, wrong: str, expected: str) -> StatementError:
        """What is wrong there."""
        return StatementError(code, self.where, wrong, expected, self.line)


def number_in(element: Element | None, place: Place) -> Decimal:
    """The number of an amount.

    Raises:
        StatementError: it is none.
    """
    text = "" if element is None else (element.text or "").strip()
    if _DECIMAL.fullmatch(text) is None:
        raise place.error(
            "bad-amount", f'an amount is "{text}"', "a number such as 120.00, unsigned"
        )
    return Decimal(text)


def amount_in(element: Element | None, currency: str, place: Place) -> Decimal:
    """The number of an amount in a currency.

    Raises:
        StatementError: it is none, or in another currency.
    """
    number = number_in(element, place)
    said = element.get("Ccy", "") if element is not None else ""
    if said != currency or not said:
        wrong = f"an amount is in {said or 'no currency'}"
        raise place.error("bad-currency", wrong, f"{currency or 'that'}, the account's currency")
    return number


def sign_of(mark: str | None, what: str, place: Place) -> int:
    """1 for a credit, -1 for a debit.

    Raises:
        StatementError: the mark is neither.
    """
    said = (mark or "").strip()
    if said not in _SIGNS:
        wrong = f'CdtDbtInd of {what} is "{said}"' if said else f"{what} has no CdtDbtInd"
        raise place.error("missing-field", wrong, "CRDT or DBIT")
    return _SIGNS[said]


def date_in(text: str | None, key: str, place: Place) -> dt.date:
    """The day of a date or a date and time.

    Raises:
        StatementError: it is none.
    """
    said = (text or "").strip()
    date = date_of(said)
    if date is None:
        raise place.error("bad-date", f'{key} is "{said}"', "a date such as 2026-03-31")
    return date

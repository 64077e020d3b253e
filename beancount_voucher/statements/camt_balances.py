"""The balances of a camt statement: which one opens it, which closes it, what is available.

Banks repeat them: a statement of two days has two pairs; an interim report has one balance
of the kind ``ITBD`` at its beginning and one at its end; a page opens or closes with one.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.camt_values import amount_in, date_in, number_in, sign_of
from beancount_voucher.statements.statement import Balance

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from beancount_voucher.statements.camt_values import Place

_OPENING = ("OPBD", "PRCD")
_CLOSING = ("CLBD",)
_INTERIM = "ITBD"
_AVAILABLE = ("CLAV", "ITAV")
_USED = frozenset({*_OPENING, *_CLOSING, _INTERIM, *_AVAILABLE})

# Interim balances that say which they are.
_OPENS, _CLOSES = "OIBD", "CIBD"


class _Found(NamedTuple):
    """A balance: its day and what more its time says, its code and subtype, and itself."""

    day: str
    time: str
    code: str
    subtype: str
    balance: Balance


class Ends(NamedTuple):
    """The balances that a statement goes by; None where it has none."""

    opening: Balance | None
    closing: Balance | None
    available: Balance | None


class Balances:
    """The balances of a statement while its parts come in.

    ``currency`` is the account's, or else that of the first balance that counts.
    """

    def __init__(self, currency: str = "") -> None:
        self.currency = currency
        self._found: list[_Found] = []

    def take(self, element: Element, place: Place) -> None:
        """Take a balance; one that is only told for information is left alone.

        Raises:
            StatementError: it cannot be read.
        """
        code = element.findtext("Tp/CdOrPrtry/Cd") or element.findtext("Tp/Cd") or ""
        amount = element.find("Amt")
        said = "" if amount is None else amount.get("Ccy", "")
        if code not in _USED or (said and self.currency and said != self.currency):
            return
        self.currency = self.currency or said
        number = amount_in(amount, self.currency, place)
        number = number and number * sign_of(element.findtext("CdtDbtInd"), "a balance", place)
        when = element.find("Dt")
        if when is None:
            expected = "Dt/Dt or Dt/DtTm"
            raise place.error("missing-field", f"a balance ({code}) has no date", expected)
        text = (when.findtext("Dt") or when.findtext("DtTm") or when.text or "").strip()
        date = date_in(text, f"Dt of a balance ({code})", place)
        if code in _AVAILABLE:
            number -= self._credit_line(element, place)
        subtype = element.findtext("Tp/SubTp/Cd") or ""
        balance = Balance(number, date)
        self._found.append(_Found(date.isoformat(), text[10:19], code, subtype, balance))

    def _credit_line(self, element: Element, place: Place) -> Decimal:
        """What the bank would lend, where the available balance has it in it."""
        return sum(
            (
                number_in(amount, place)
                for line in element.findall("CdtLine")
                if (line.findtext("Incl") or "").strip() in ("true", "1")
                and (amount := line.find("Amt")) is not None
                and amount.get("Ccy", self.currency) == self.currency
            ),
            Decimal(0),
        )

    def ends(self) -> Ends:
        """The first that opens and the last that closes."""
        found = sorted(self._found, key=lambda each: each[:2])
        interim = [each for each in found if each.code == _INTERIM]
        plain = [each for each in interim if each.subtype not in (_OPENS, _CLOSES)]
        opens = [each for code in _OPENING for each in found if each.code == code]
        opens += [each for each in interim if each.subtype == _OPENS]
        closes = [each for each in interim if each.subtype == _CLOSES]
        closes += [each for code in _CLOSING for each in found if each.code == code]
        if not opens and (closes or len(plain) > 1):
            opens, plain = plain[:1], plain[1:]
        closes = closes or plain
        available = [each for code in reversed(_AVAILABLE) for each in found if each.code == code]
        return Ends(
            opens[0].balance if opens else None,
            closes[-1].balance if closes else None,
            available[-1].balance if available else None,
        )

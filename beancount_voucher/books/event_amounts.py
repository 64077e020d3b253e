"""An event's amounts, and its units: each amount in each form in which a book may have it.

An event's units are its amounts in the order of ``AMOUNTS``, each in the four forms of
``AMOUNT_FORMS``, and a posting says by a number which of them it has. A settlement of
120.00 CNY of which 90.00 are paid has twelve:

    ===========  ==============  ==============  ===================  ===================
    amount       money, debit    money, credit   memo, debit          memo, credit
    ===========  ==============  ==============  ===================  ===================
    X, whole     0: 120.00 CNY   1: -120.00 CNY  2: 120.00 CNY.MEMO   3: -120.00 CNY.MEMO
    S, paid      4: 90.00 CNY    5: -90.00 CNY   6: 90.00 CNY.MEMO    7: -90.00 CNY.MEMO
    R, released  8: 30.00 CNY    9: -30.00 CNY   10: 30.00 CNY.MEMO   11: -30.00 CNY.MEMO
    ===========  ==============  ==============  ===================  ===================
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.books.posting_table import AMOUNTS
from beancount_voucher.lifecycle.events import Change

if TYPE_CHECKING:
    from decimal import Decimal

    from beancount_voucher.books.posting_table import Leg
    from beancount_voucher.lifecycle.events import VoucherEvent


def amounts(event: VoucherEvent) -> tuple[tuple[str, Decimal], ...]:
    """The amounts of a voucher's event, by their letters in the order of ``AMOUNTS``."""
    return split(event.kind, event.amount, event.released, event.change)


def split(
    kind: str, amount: Decimal, released: Decimal, changed: Change | None
) -> tuple[tuple[str, Decimal], ...]:
    """The amounts of an event of a kind; without a change, of several such events in sums."""
    if kind not in AMOUNTS:
        return (("X", amount),)
    change = changed or _NOTHING
    if kind == "refund":
        whole = amount + change.kept
        numbers: tuple[Decimal, ...] = (
            amount,
            amount - change.to_loan,
            change.to_loan,
            change.kept,
            whole,
            change.from_advance,
            whole - change.from_advance,
            change.unearned,
        )
    elif kind == "settle":
        numbers = amount + released, amount, released, change.unearned
        if changed is None:  # most of all events: what is zero at their end moves nothing
            numbers = numbers[: 3 if released else 2]
    elif kind == "effect":
        numbers = abs(amount), change.unearned
    else:
        numbers = amount, change.unearned
    return tuple(zip(AMOUNTS[kind], numbers, strict=False))


_NOTHING = Change()


AMOUNT_FORMS = (("", +1), ("", -1), ("m", +1), ("m", -1))
"""An event's units: each of its amounts in each of these forms (money or memo, debit or credit)."""


def units_at(leg: Leg, letters: str) -> int:
    """Which of an event's units a leg has; the letters are those of the event in ``AMOUNTS``."""
    form = AMOUNT_FORMS.index(("m" if leg.memo else "", leg.sign))
    return letters.index(leg.amount) * len(AMOUNT_FORMS) + form


def letters_of(kind: str) -> str:
    """The amounts of an event, as the posting table calls them."""
    return AMOUNTS.get(kind, "X")


def form_of(at: int, letters: str) -> tuple[str, tuple[str, int]]:
    """The reverse of :func:`units_at`: which amount, and in which of ``AMOUNT_FORMS``."""
    return letters[at // len(AMOUNT_FORMS)], AMOUNT_FORMS[at % len(AMOUNT_FORMS)]

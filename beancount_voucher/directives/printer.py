"""Facts to text: directives as a person would write them, exact to the last digit.

Beancount's own printer neither escapes quotes in ``custom`` values nor keeps every
digit; money and evidence need both.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.amount import Amount

from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import DIRECTIVES, NUMBERS, ONLY_IN_MESSAGES, PREFIX, Slot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_voucher.directives.facts import Fact

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}

Value = str | bool | Decimal | dt.date | Money | Amount


def value(given: Value) -> str:
    """One value in Beancount's syntax."""
    if isinstance(given, str):
        return '"' + "".join(_ESCAPES.get(c, c) for c in given) + '"'
    if isinstance(given, bool):
        return "TRUE" if given else "FALSE"
    if isinstance(given, Money | Amount):  # an Amount: of another package's condition
        return f"{given.number:f} {given.currency}"
    return f"{given:f}" if isinstance(given, Decimal) else given.isoformat()


_BARE = (Slot.ACCOUNT, *NUMBERS)
"""What stands without quotes."""


def directive(fact: Fact, notes: Mapping[str, Value] | None = None) -> str:
    """A fact as a directive, with a final newline.

    Args:
        fact: what is said.
        notes: metadata beside the terms (keys that start with ``note``).
    """
    known = DIRECTIVES.get(fact.kind) or ONLY_IN_MESSAGES[fact.kind]
    slots = known.slots
    values = [
        text if slot in _BARE else value(text) for slot, text in zip(slots, fact.ids, strict=False)
    ]
    if fact.amount is not None:
        text = str(fact.amount)
        behind = slots[-1] is Slot.NUMBER and text.startswith("-")  # else it would be subtracted
        values.append("({}) {}".format(*text.split()) if behind else text)
    lines = [f'{fact.date} custom "{PREFIX}{fact.kind}" {" ".join(values)}']
    lines += [f"  {key}: {value(each)}" for key, each in {**fact.terms, **(notes or {})}.items()]
    return "\n".join(lines) + "\n"

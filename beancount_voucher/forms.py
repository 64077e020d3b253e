"""The form of values that only a reconciliation has: counts, digests, proven vouchers, people."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.amount import Amount

from beancount_voucher.directives import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PROVEN = re.compile(
    r"[A-Z0-9][A-Za-z0-9-]{0,34} (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) "
    r"-?[0-9]+(?:\.[0-9]+)? [A-Z][A-Z0-9'._-]* [0-9a-f]{16}"
)


def _is_proven(text: str) -> bool:
    found = _PROVEN.fullmatch(text)
    try:
        return found is not None and bool(dt.date.fromisoformat(found["date"]))
    except ValueError:  # no such day
        return False


def _is_count(value: object) -> bool:
    return isinstance(value, Decimal) and value >= 0 and value == value.to_integral_value()


FORMS: dict[Kind, Callable[[Any], bool]] = {
    Kind.AMOUNT: lambda value: isinstance(value, Amount) and value.number is not None,
    Kind.COUNT: _is_count,
    Kind.SHA256: lambda value: isinstance(value, str) and _SHA256.fullmatch(value) is not None,
    Kind.PROVEN: lambda value: (
        isinstance(value, str) and all(_is_proven(each.strip()) for each in value.split(";"))
    ),
}
"""Whether a value has the form of its kind."""


def same_person(one: str, other: str) -> bool:
    """Whether two names are one: letters' case, width and spaces do not tell people apart."""
    names = [
        " ".join(unicodedata.normalize("NFKC", each).casefold().split()) for each in (one, other)
    ]
    return names[0] == names[1]


def same_value(one: object, other: object) -> bool:
    """Whether two metadata values are one.

    The type first: a condition of another package may take any, and Beancount's Amount cannot
    be compared with a text.
    """
    return type(one) is type(other) and one == other

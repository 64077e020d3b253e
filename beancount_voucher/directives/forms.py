"""The form of metadata values: what a value of each kind of the directives' table looks like."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.amount import Amount

from beancount_voucher.directives.schema import CHOICES, VOID_REASONS, Kind

if TYPE_CHECKING:
    from collections.abc import Callable

_SHA256 = re.compile(r"[0-9a-f]{64}")
_DATED = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) -?[0-9]+(?:\.[0-9]+)? [A-Z][A-Z0-9'._-]*"
_LISTED: dict[Kind, re.Pattern[str]] = {
    Kind.PROVEN: re.compile(rf"[A-Z0-9][A-Za-z0-9-]{{0,34}} {_DATED} [0-9a-f]{{16}}"),
    Kind.DATED: re.compile(_DATED),
}
"""One of the things that a text of this kind lists."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_date(value: object) -> bool:
    return isinstance(value, dt.date)


def _is_amount(value: object) -> bool:
    return isinstance(value, Amount) and value.number is not None


def _is_count(value: object) -> bool:
    return isinstance(value, Decimal) and value >= 0 and value == value.to_integral_value()


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_list_of(one: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, str) and all(_is_listed(one, each.strip()) for each in value.split(";"))
    )


def _is_listed(one: re.Pattern[str], text: str) -> bool:
    found = one.fullmatch(text)
    try:
        return found is not None and bool(dt.date.fromisoformat(found["date"]))
    except ValueError:  # no such day
        return False


def _is_one_of(choices: tuple[str, ...]) -> Callable[[object], bool]:
    """The type first: Beancount's Amount cannot even be compared with a text."""
    return lambda value: isinstance(value, str) and value in choices


HAS_FORM: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _is_text,
    Kind.DATE: _is_date,
    Kind.REASON: _is_one_of(VOID_REASONS),
    Kind.AMOUNT: _is_amount,
    Kind.COUNT: _is_count,
    Kind.SHA256: _is_digest,
    **{kind: _is_list_of(one) for kind, one in _LISTED.items()},
    **{kind: _is_one_of(choices) for kind, choices in CHOICES.items()},
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

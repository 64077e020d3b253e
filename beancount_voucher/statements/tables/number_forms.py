"""Numbers as banks and spreadsheets write them: only in the forms that the map says.

Nothing is taken off that might mean something: separators of thousands stand between groups, a
currency's sign is one that the map names, what makes a number negative likewise.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

NEGATIVE: dict[str, tuple[str, str]] = {
    "-5.00": ("-", ""),
    "5.00-": ("", "-"),
    "(5.00)": ("(", ")"),
    "△5.00": ("△", ""),
    "▲5.00": ("▲", ""),
}
"""How a number is written that is negative -> what stands before it, and behind."""

_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
_BLANKS = dict.fromkeys((0x3000, 0x00A0, 0x2007, 0x2009, 0x202F), " ")
_SIGNS = {0xFFE5: "\u00a5", 0x2212: "-", 0x2010: "-", 0x2011: "-", 0x2019: "'"}
_PLAIN = _WIDE | _BLANKS | _SIGNS
_LONGEST = 80
_MOST_DIGITS = 18
_DECIMALS = re.compile(r"[0-9]{0,10}")

_THREE = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_NONE = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_OF_ISO = re.compile(r"[A-Z]{3}")
_MANY = 10


def most_decimals(currency: str) -> int:
    """How many decimals an amount may have, beyond which there are only zeros (ISO 4217)."""
    if not _OF_ISO.fullmatch(currency):  # what is no currency is counted in any part
        return _MANY
    return max(2, decimals_of(currency))


def decimals_of(currency: str) -> int:
    """How many decimals a currency has (ISO 4217)."""
    return 0 if currency in _NONE else 3 if currency in _THREE else 2


class Number(NamedTuple):
    """A number as it is written.

    Attributes:
        value: without its sign.
        sign: ``"-"``, ``"+"`` or empty.
        mark: the word for in or out that stands at it, or empty.
    """

    value: Decimal
    sign: str = ""
    mark: str = ""

    @property
    def signed(self) -> Decimal:
        """With its sign."""
        return -self.value if self.sign == "-" else self.value


@dataclass(frozen=True, slots=True)
class NumberForm:
    """How numbers are written.

    Attributes:
        decimal: what stands before the decimals.
        thousands: what stands between thousands; may be empty.
        units: what may stand before or behind a number, and means nothing more.
        negative: the forms of what is negative, each a key of ``NEGATIVE``.
        marks: words that may stand before or behind a number, and say in or out.
    """

    decimal: str
    thousands: str
    units: tuple[str, ...] = ()
    negative: tuple[str, ...] = ("-5.00",)
    marks: Mapping[str, int] | None = None

    def read(self, text: str) -> Number | None:
        """The number of a text; None if it is none in this form."""
        if len(text) > _LONGEST:
            return None
        bare, mark = self._without(plain(text), self.marks or ())
        sign, bare = self._sign(bare)
        if not mark:
            bare, mark = self._without(bare, self.marks or ())
        value = self._value(bare)
        return None if value is None else Number(value, sign, mark)

    def _without(self, text: str, marks: Mapping[str, int] | tuple[()]) -> tuple[str, str]:
        """A text without the units at its ends, and a mark among them."""
        found = ""
        left = [*((mark, True) for mark in marks), *((unit, False) for unit in self.units)]
        while True:
            for word, is_mark in left:
                known = plain(word)
                if not known or (is_mark and found):
                    continue
                if text.startswith(known):
                    text = text[len(known) :].strip()
                elif text.endswith(known):
                    text = text[: -len(known)].strip()
                else:
                    continue
                found = word if is_mark else found
                break
            else:
                return text, found

    def _sign(self, text: str) -> tuple[str, str]:
        for form in self.negative:
            before, behind = NEGATIVE[form]
            if text.startswith(before) and text.endswith(behind):
                inner = text[len(before) : len(text) - len(behind)].strip()
                return "-", self._without(inner, ())[0]
        if text.startswith("+"):
            return "+", self._without(text[1:].strip(), ())[0]
        return "", text

    def _value(self, text: str) -> Decimal | None:
        whole, point, part = text.rpartition(plain(self.decimal))
        if not point:
            whole, part = text, ""
        if not _DECIMALS.fullmatch(part) or (point and not part):
            return None
        digits = self._ungrouped(whole) if whole or not part else "0"
        if digits is None or len(digits) > _MOST_DIGITS:
            return None
        return Decimal(f"{digits}.{part}" if part else digits)

    def _ungrouped(self, whole: str) -> str | None:
        """The digits of a whole number, whose groups are of three; in India of two before."""
        mark = " " if self.thousands.isspace() else plain(self.thousands)
        groups = whole.split(mark) if mark else [whole]
        if not all(each.isascii() and each.isdecimal() for each in groups):
            return None
        if len(groups) > 1:
            first, *middle, last = groups
            size = len(middle[0]) if middle else 3
            fits = len(last) == 3 and size in (2, 3) and all(len(each) == size for each in middle)  # noqa: PLR2004
            if not fits or not 1 <= len(first) <= size or first.startswith("0"):
                return None
        return "".join(groups)


def plain(text: str) -> str:
    """A text with full-width characters, blanks and the minus of print as the usual ones.

    No more than these: a circled or raised digit is a mark, and no part of a number.
    """
    return text.translate(_PLAIN).strip()

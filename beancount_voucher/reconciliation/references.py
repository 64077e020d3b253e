"""Which voucher, link or reference a line of a bank names.

Three places, the strongest first: the end-to-end id, the owner's other references, and the
text. The first that holds anything known decides. In a text only what has a digit and
something else counts, so that no year or number is taken for a reference.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import VOUCHER_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.statements.statement import StatementLine

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_DISTINCT = re.compile(r"(?=.*[0-9])(?=.*[^0-9]).+")

_CUT = 16
"""Characters of a reference in MT940's field 61; what is longer comes cut off."""


class References:
    """What is known, and what a line names of it."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take every voucher id, link and reference that the bank may name."""
        self._known = frozenset(known)
        self._cut: dict[str, set[str]] = defaultdict(set)
        for each in self._known:
            if len(each) > _CUT:
                self._cut[each[:_CUT]].add(each)

    def named(self, line: StatementLine) -> frozenset[str]:
        """What a line names; several where nothing tells which is meant."""
        for place in ((line.end_to_end,), line.references):
            found = {known for text in place if text for known in self._whole(text)}
            if found:
                return frozenset(found)
        return frozenset(self._in_text(line.text))

    def _whole(self, text: str) -> set[str]:
        if text in self._known:
            return {text}
        return self._cut.get(text, set()) if len(text) == _CUT else set()

    def _in_text(self, text: str) -> set[str]:
        words = {word.rstrip("-") for word in _WORD.findall(text)} | set(text.split())
        return {word for word in words & self._known if _DISTINCT.fullmatch(word)}


def names_another(line: StatementLine) -> bool:
    """Whether a line has an end-to-end id that could be a voucher's; it is none that we know."""
    return line.end_to_end is not None and VOUCHER_ID.fullmatch(line.end_to_end) is not None

"""Which voucher, link or reference a line of a bank names.

Three places, the strongest first: the end-to-end id, the owner's other references, and the
text. The first that holds anything known decides. In a text only what has a digit and
something else counts, so that no year or number is taken for a reference.

What a bank may have cut names all that begins so, and a word that may go on in the next line
names both readings, so that nothing is matched as if it were whole. Capitals do not tell one
spelling from another where the bank writes nothing else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import VOUCHER_ID

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.statements.statement import StatementLine

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*")
_DISTINCT = re.compile(r"(?=.*[0-9])(?=.*[^0-9]).+")
_SMALL = re.compile(r"[a-z]")

_CUT = 16
"""Characters of a reference in MT940's field 61: one of that length that nothing is may be cut."""

_MANY = 9
"""More than what so many begin with says nothing."""


class References:
    """What is known, and what a line names of it."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take every voucher id, link and reference that the bank may name."""
        self._known: dict[str, set[str]] = defaultdict(set)
        for each in known:
            self._known[each.upper()].add(each)
        self._ordered = sorted(self._known)

    def named(self, line: StatementLine) -> frozenset[str]:
        """What a line names; several where nothing tells which is meant."""
        for place in ((line.end_to_end,), line.references):
            found = {known for text in place if text for known in self._whole(text, line)}
            if found:
                return frozenset(found)
        return frozenset(self._in_text(line))

    def _whole(self, text: str, line: StatementLine) -> set[str]:
        """What a reference is, and what else it may be, if the bank has cut it."""
        if text in line.cut:
            begun = self._begun(text)
            return (begun & self._in_text(line) if len(begun) > 1 else begun) or begun
        found = self._spelled(text, line)
        if not found:
            return self._begun(text) if len(text) == _CUT else set()
        longer = [word for word in line.joined if word.startswith(text)]
        return found.union(*(self._spelled(word, line) for word in longer))

    def _in_text(self, line: StatementLine) -> set[str]:
        words = {word.rstrip("-") for word in _WORD.findall(line.text)} | set(line.text.split())
        found: set[str] = set()
        for word in filter(_DISTINCT.fullmatch, words.union(line.joined)):
            found |= self._begun(word) if word in line.cut else self._spelled(word, line)
        return found

    def _begun(self, text: str) -> set[str]:
        """What a text is the beginning of, if it is not that of many."""
        start = text.upper()
        first = bisect_left(self._ordered, start)
        begun = self._ordered[first : first + _MANY + 1]
        found = [each for each in begun if each.startswith(start)]
        if len(found) > _MANY:
            return set()
        return {known for each in found for known in self._known[each]}

    def _spelled(self, word: str, line: StatementLine) -> set[str]:
        """What a word is: as it is written, if the bank writes small letters; else in any case."""
        found = self._known.get(word.upper(), set())
        if len(found) < 2 or word not in found:  # noqa: PLR2004
            return found
        texts = (line.end_to_end or "", *line.references, line.text)
        return {word} if any(map(_SMALL.search, texts)) else found


def names_another(line: StatementLine) -> bool:
    """Whether a line has an end-to-end id that could be a voucher's; it is none that we know."""
    return line.end_to_end is not None and VOUCHER_ID.fullmatch(line.end_to_end) is not None

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
"""Characters of a reference in MT940's field 61; what is longer may come cut off."""


class References:
    """What is known, and what a line names of it."""

    def __init__(self, known: Iterable[str]) -> None:
        """Take every voucher id, link and reference that the bank may name."""
        self._known: dict[str, set[str]] = defaultdict(set)
        self._cut: dict[str, set[str]] = defaultdict(set)
        for each in frozenset(known):
            self._known[each.upper()].add(each)
            if len(each) >= _CUT:
                self._cut[each[:_CUT].upper()].add(each)

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
            begun = self._cut.get(text.upper(), set())
            return (begun & self._in_text(line) if len(begun) > 1 else begun) or begun
        found = self._spelled(text, line)
        longer = [word for word in line.joined if found and word.startswith(text)]
        return found.union(*(self._spelled(word, line) for word in longer))

    def _in_text(self, line: StatementLine) -> set[str]:
        words = {word.rstrip("-") for word in _WORD.findall(line.text)} | set(line.text.split())
        distinct = filter(_DISTINCT.fullmatch, words.union(line.joined))
        return {known for word in distinct for known in self._spelled(word, line)}

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

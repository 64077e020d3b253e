"""Ids of vouchers that nobody has given yet."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST = 35
"""Characters of an id, as ISO 20022 has them of an end-to-end id."""

NUMBER = f"([0-9]{{1,{LONGEST}}})"
"""A number in an id: a ledger may have anything in its place, and no machine reads all digits."""

_NUMBERED = re.compile(rf"(.*?){NUMBER}")


def next_free(taken: str, known: Iterable[str]) -> str | None:
    """The id after the highest of those that are numbered alike; None if it would be too long.

    Args:
        taken: an id: ``V-2026-0041``, or one without a number, behind which one is put.
        known: every id that is given.
    """
    match = _NUMBERED.fullmatch(taken)
    before, width = (f"{taken}-", 1) if match is None else (match[1], len(match[2]))
    alike = re.compile(f"{re.escape(before)}{NUMBER}")
    numbers = [int(other[1]) for each in known if (other := alike.fullmatch(each))]
    least = 1 if match is None else int(match[2])
    found = f"{before}{max([*numbers, least]) + 1:0{width}}"
    return found if len(found) <= LONGEST else None

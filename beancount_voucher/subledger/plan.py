"""Which vouchers go into which shard: ranges of ids, so that neighbours in time stay together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

PER_SHARD = 25_000
"""Vouchers that a worker judges at a time: about half a gigabyte."""


class Range(NamedTuple):
    """The vouchers of a shard.

    Attributes:
        first: the first id; nothing for the least.
        last: the first id behind it; None where there is none.
    """

    first: str
    last: str | None

    def meets(self, first: str, last: str) -> bool:
        """Whether any id between two can be in it, both included."""
        return self.first <= last and (self.last is None or first < self.last)


def shard_count(blocks: Iterable[Mapping[str, Any]], workers: int) -> int:
    """As many shards as workers have the memory for.

    Args:
        blocks: what is said of the blocks of facts.
        workers: how many there are.
    """
    whole: int = sum(each["vouchers"] for each in blocks)
    return max(math.ceil(whole / PER_SHARD), min(workers, whole), 1)


def ranges(blocks: Iterable[Mapping[str, Any]], count: int) -> list[Range]:
    """The ranges of all shards, each with about as many vouchers.

    Args:
        blocks: what is said of the blocks of facts: ``marks`` and ``vouchers``.
        count: how many shards at most.
    """
    marks = sorted(
        (mark, each["vouchers"] / len(each["marks"])) for each in blocks for mark in each["marks"]
    )
    whole = sum(weight for _, weight in marks)
    found = [""]
    passed, wanted = 0.0, whole / count
    for mark, weight in marks:
        if passed >= wanted * len(found) and len(found) < count and mark > found[-1]:
            found.append(mark)
        passed += weight
    return [Range(*pair) for pair in zip(found, [*found[1:], None], strict=True)]


def blocks_for(
    shard: Range, files: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, str, str, str], ...]:
    """The blocks that may have facts of a shard: file, folder, name and digest of each.

    Args:
        shard: its vouchers.
        files: what is said of all files.
    """
    return tuple(
        (file["filename"], file["folder"], f"block-{at}", block["digest"])
        for file in files
        for at, block in enumerate(file["blocks"])
        if shard.meets(block["first"], block["last"])
    )

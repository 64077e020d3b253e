"""A file and two changes of it, side by side, and what in them does not go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Hashable

    from beancount_voucher.review.blocks import Block


class Dispute(NamedTuple):
    """Blocks of either branch that do not go together."""

    message: str
    ours: list[Block]
    theirs: list[Block]


@dataclass(frozen=True, slots=True)
class Three:
    """The common base and the two branches, by what their blocks say."""

    base: dict[Hashable, Block]
    ours: dict[Hashable, Block]
    theirs: dict[Hashable, Block]

    @property
    def our_new(self) -> list[Block]:
        """What only ours has."""
        return without(self.ours, self.base, self.theirs)

    @property
    def their_new(self) -> list[Block]:
        """What only theirs has."""
        return without(self.theirs, self.base, self.ours)

    @property
    def gone_twice(self) -> list[Block]:
        """What both took away or changed."""
        return without(self.base, self.ours, self.theirs)


def without(some: dict[Hashable, Block], *others: dict[Hashable, Block]) -> list[Block]:
    """The blocks of a file that none of the others has."""
    return [block for key, block in some.items() if not any(key in other for other in others)]

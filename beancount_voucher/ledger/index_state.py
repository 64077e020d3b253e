"""What the index remembers of a ledger: its state, and the parts that the state names.

Vouchers lie in blocks, by id. Of each block there is a summary; the directives of what is
still open, or in error; those of the rest; and, once somebody has asked, its rows of the register.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.ledger.index_store import Digest, Json

BLOCK = 128
"""Vouchers in a block, when it is made."""


class Summary(NamedTuple):
    """A voucher, or the refused directives of one that does not exist.

    Attributes:
        id: its id.
        state: at the horizon; empty if it does not exist.
        live: whether something may still happen to it: it is open, something is due, or one of
            its directives in error.
        due: the next day on which something happens that no directive states, if there is one.
        lines: the credit lines that it may move, each as policyholder, bank and currency.
        quiet: the last day as of which nobody has to decide about it, as nobody has applied, and
            a deadline is still to pass; None where that is not so plain.
    """

    id: str
    state: str
    live: bool
    due: str | None
    lines: Sequence[Sequence[str]]
    quiet: str | None = None


class Block(NamedTuple):
    """Where a block's parts are.

    Attributes:
        first: the least id in it.
        summary: list of ``Summary``.
        live: directives of those that are live, by voucher.
        done: likewise of the others.
        due: the next day on which something happens to one of them that no directive states.
        rows: what ``views.remembered`` keeps of it; None if nothing is kept.
    """

    first: str
    summary: Digest
    live: Digest
    done: Digest
    due: str | None
    rows: Json = None

    @property
    def parts(self) -> Iterator[Digest]:
        """All of them."""
        yield from self[1:4]
        if self.rows is not None:
            yield from self.rows["parts"]


class FileState(NamedTuple):
    """What tells that a file is as it was, or was only appended to.

    Attributes:
        name: absolute.
        digest: SHA-256 of its bytes.
        size: in bytes.
        directives: how many there are in it.
        simple: whether what stands at its end is read by itself as it is behind the rest.
    """

    name: str
    digest: str
    size: int
    directives: int
    simple: bool


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered of a ledger.

    Attributes:
        key: of the programs that have found it.
        files: in the order in which they were read.
        includes: the names that each pattern finds.
        options: Beancount's options, as JSON.
        horizon: the date of the latest valid directive, if there is one.
        earning: whether premiums earn day by day.
        funded: whether the money was there for each hold and repayment on its day; None if
            nobody has looked.
        general: part: directives that are of no voucher, and ``event``s.
        accounts: part: opens, closes, balances and pads.
        problems: part: of each directive that does not count its voucher, and why.
        lines: part: of each credit line whether nothing was refused on it, and its vouchers.
        blocks: of vouchers, by id.
    """

    key: str
    files: Sequence[FileState]
    includes: Mapping[str, Sequence[str]]
    options: Mapping[str, Any]
    horizon: str | None
    earning: bool
    funded: bool | None
    general: Digest
    accounts: Digest
    problems: Digest
    lines: Digest
    blocks: Sequence[Block] = field(default_factory=list)

    @property
    def parts(self) -> set[Digest]:
        """Every part that it names."""
        return {
            *(self.general, self.accounts, self.problems, self.lines),
            *(part for block in self.blocks for part in block.parts),
        }

    def as_json(self) -> Json:
        """As it is kept."""
        return [getattr(self, name) for name in self.__slots__]

    @classmethod
    def from_json(cls, kept: Json) -> State:
        """As it was kept.

        Raises:
            TypeError: it is none.
            ValueError: likewise.
        """
        state = dict(zip(cls.__slots__, kept, strict=True))
        state["files"] = [FileState(*each) for each in state["files"]]
        state["blocks"] = [Block(*each) for each in state["blocks"]]
        return cls(**state)


def in_blocks(ids: Iterable[str]) -> Iterator[list[str]]:
    """Sorted ids, as they are first put into blocks."""
    known = list(ids)
    return (known[at : at + BLOCK] for at in range(0, len(known), BLOCK))

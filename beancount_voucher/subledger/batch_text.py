"""Batches as text, to be joined with those of other shards."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.books.batches import Batch, BatchKey, merged
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.subledger.text import as_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Proven(NamedTuple):
    """A batch, and the sum of the digests of the facts behind it."""

    batch: Batch
    proof: int


def line_of(proven: Proven) -> str:
    """A batch as one line."""
    key, place, posted, amounts, vouchers, payee, reasons = proven.batch
    return as_text(
        [
            [key.date.isoformat(), key.book, key.row, key.currency],
            place,
            [[*account, str(number)] for account, number in posted.items()],
            {letter: str(number) for letter, number in amounts.items()},
            vouchers,
            payee,
            reasons,
            f"{proven.proof:x}",
        ]
    )


def proven_of(line: str) -> Proven:
    """The batch of a line."""
    (date, book, row, currency), place, posts, amounts, vouchers, payee, reasons, proof = (
        json.loads(line)
    )
    posted = {(account, commodity): Decimal(number) for account, commodity, number in posts}
    key = BatchKey(dt.date.fromisoformat(date), book, row, currency, tuple(sorted(posted)))
    batch = Batch(
        key,
        SourceLine(*place),
        posted,
        {letter: Decimal(number) for letter, number in amounts.items()},
        vouchers,
        payee,
        tuple(reasons),
    )
    return Proven(batch, int(proof, 16))


def joined(parts: Iterable[Proven]) -> list[Proven]:
    """Batches of different vouchers with one for each key, in the order of a ledger."""
    proofs: dict[BatchKey, int] = defaultdict(int)

    def counted() -> Iterator[Batch]:
        for batch, proof in parts:
            proofs[batch.key] += proof
            yield batch

    return [Proven(batch, proofs[batch.key]) for batch in merged(counted())]

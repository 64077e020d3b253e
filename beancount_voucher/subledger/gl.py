"""The general ledger: daily postings as plain Beancount, which loads without this package.

A batch that twelve issues make in the book of a policyholder::

    2026-03-02 * "First Bank" "12 vouchers issued: 3,650.00 CNY frozen" #voucher #voucher-issue
      voucher-event: "issue"
      voucher-book: "LiMing"
      voucher-count: 12
      voucher-from: "facts/2026-03.beancount:120"
      voucher-batch: "5f0c…"
      Assets:LiMing:FirstBank:Frozen  3650.00 CNY
      Assets:LiMing:FirstBank  -3650.00 CNY
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount.core.data import Balance, Custom, Open

from beancount_voucher.books.batches import transactions
from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.printer import value
from beancount_voucher.ledger.export import plain_entry, plain_options
from beancount_voucher.subledger.judge import proof_digest

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Transaction

    from beancount_voucher.subledger.batch_text import Proven


def month_text(batches: Iterable[Proven], prefix: str) -> str:
    """The daily postings of one book and month.

    Args:
        batches: in the order of a ledger.
        prefix: what is cut from the names of files.
    """
    proven = list(batches)
    entries = transactions(each.batch for each in proven)
    return "\n".join(
        _text(entry, each, prefix) for entry, each in zip(entries, proven, strict=True)
    )


def _text(entry: Transaction, proven: Proven, prefix: str) -> str:
    """One batch as it stands in a ledger, exact to the last digit."""
    place = proven.batch.place
    tags = " ".join(f"#{tag}" for tag in sorted(entry.tags))
    payee = "" if entry.payee is None else value(entry.payee) + " "
    lines = [
        f"{entry.date} * {payee}{value(entry.narration or '')} {tags}",
        *(f"  {key}: {value(each)}" for key, each in entry.meta.items() if _is_told(key)),
        f"  voucher-from: {value(f'{place.filename.removeprefix(prefix)}:{place.lineno}')}",
        f'  voucher-batch: "{proof_digest(proven.proof)}"',
        *(
            f"  {account}  {number:f} {commodity}"
            for (account, commodity), number in proven.batch.posted.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def _is_told(key: str) -> bool:
    return key.startswith("voucher")


def top_text(
    entries: Sequence[Entry],
    options: Mapping[str, object],
    opens: Iterable[Open],
    includes: Iterable[str],
    foreign: Container[str],
) -> Iterator[str]:
    """The top file of a general ledger, piece by piece.

    Args:
        entries: the ordinary entries of the ledger, booked.
        options: Beancount's options.
        opens: the accounts that batches need and the ledger does not open.
        includes: the files with the batches.
        foreign: accounts that only other books' vouchers move: what is asserted of their
            balance cannot hold here.
    """
    yield from plain_options(options)
    for name in includes:
        yield f"include {value(name)}\n"
    for opened in opens:
        yield f"{opened.date} open {opened.account}\n"
    for entry in entries:
        if isinstance(entry, Custom) and is_voucher_directive(entry):
            continue
        if isinstance(entry, Balance) and entry.account in foreign:
            continue
        yield "\n" + plain_entry(entry)

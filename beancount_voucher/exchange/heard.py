"""For whom a ledger exchanges, and when the others were heard last (manual: exchange)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.lifecycle.channels import NUMBERED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.lifecycle.evaluation import Evaluation

NEVER = dt.date.min


def speakers(evaluation: Evaluation, kept: Sequence[str] | None) -> list[str]:
    """For whom a ledger exchanges: who has sent or received there, and whose one book it keeps.

    Args:
        evaluation: of the ledger.
        kept: the parties whose books it keeps; None for all.
    """
    found = set(kept) if kept is not None and len(kept) == 1 else set()
    for fact in evaluation.exchanged:
        if fact.kind in NUMBERED:
            found.add(fact.ids[0 if fact.kind == "sent" else 1])
    return sorted(found)


def last_heard(book: Book, texts: Callable[[Name], bytes | None]) -> dict[str, dt.date]:
    """The date of the latest message of each with whom we exchange, in sequence.

    One of whom nothing has come, or what has come is not kept, was never heard.

    Args:
        book: our ledger.
        texts: of the messages that are kept.
    """
    channels = channels_of(book.evaluation.exchanged)
    conversation = Conversation(book, channels, texts)
    others = sorted({*book.with_key, *channels.others(book.we)} - {book.we})
    return {
        party: _last(conversation, party, book.we, channels.last_number(party, book.we))
        for party in others
    }


def _last(conversation: Conversation, party: str, we: str, last: int) -> dt.date:
    """Of the last message that is one: none is dated before the one before, so no other is read."""
    for number in range(last, 0, -1):
        try:
            message = conversation.message((party, we, number))
        except LostError:
            return NEVER
        if message is not None:
            return message.header.date
    return NEVER

"""What one party takes of another's message: without a file, a key or a signature."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.parser import read
from beancount_voucher.exchange.authenticity import Authentic
from beancount_voucher.exchange.keys import Key
from beancount_voucher.exchange.message import Header, Message, text_of
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.receiving import Receipt, received
from beancount_voucher.exchange.sending import Book, Spoken
from beancount_voucher.lifecycle.evaluation import evaluate
from tests.support import PARTIES, load

if TYPE_CHECKING:
    from beancount_voucher.directives.money import Money

DAY = dt.date(2026, 3, 10)
SHA = "ab" * 32


def book(we: str, text: str = "", *, parties: str = PARTIES) -> Book:
    """A party's ledger."""
    loaded = load(parties + text, plugin="", world="")
    reading = read(loaded.entries, Names(loaded.options), installed())
    return Book(we, reading.facts, evaluate(reading, EventDirectives(loaded.entries), installed()))


def key(kinds: frozenset[str] | None = None, limit: Money | None = None) -> Key:
    return Key("Iss", "ssh-ed25519 AAAA", "SHA256:key", dt.date(2026, 1, 1), None, kinds, limit)


def head(sender: str, to: str, number: int = 1, *, date: dt.date = DAY, seen: int = 0) -> str:
    previous = None if number == 1 else SHA
    header = Header(date, sender, to, number, previous, seen, SHA if seen else None)
    return text_of(Message(header, ()))


def hear(
    own: Book,
    sender: str,
    text: str,
    *,
    number: int = 1,
    date: dt.date = DAY,
    message_date: dt.date = DAY,
    before: dt.date | None = None,
    seen: int = 0,
    said: Spoken | None = None,
    signed_with: Key | None = None,
) -> Receipt:
    """What a party records of a message."""
    name = sender, own.we, number
    content = (head(*name, date=message_date, seen=seen) + text).encode()
    try:
        readable, why = read_message(content, name, installed()), ""
    except MalformedError as error:
        readable, why = None, str(error)
    authentic = Authentic(name, content, signed_with or key(), readable, why)
    return received(own, authentic, said or Spoken(), date, before)


def told(receipt: Receipt) -> list[str]:
    """What comes of it, a word each: what is recorded, known, refused."""
    drafts = [each.fact for each in receipt.drafts if each.fact.kind != "received"]
    found = [f"{each.kind} {each.voucher or each.ids[0]}" for each in drafts]
    found += [f"known {fact.kind} {date}" for fact, date in receipt.known]
    return found + [f"{each.kind}: {each.code}" for each in receipt.refused]

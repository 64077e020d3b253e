"""What a ledger has recorded of the exchange: messages, refusals, keys (manual: exchange)."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.codes import MESSAGE_CODES
from beancount_voucher.exchange.keys import keys_of
from beancount_voucher.exchange.message import name_of, shown
from beancount_voucher.lifecycle.channels import NUMBERED
from beancount_voucher.views.columns import DATA, PAGE, Column

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.lifecycle.evaluation import Evaluation

SOON = dt.timedelta(days=30)
"""How long before its last day the end of a key is told: time to introduce another."""

COUNTS, ENDS_SOON, ENDED, REVOKED, NOT_YET = (
    "counts",
    "ends soon",
    "has ended",
    "revoked",
    "not yet",
)
"""How a key stands on a day."""


# --- What is recorded ---------------------------------------------------------------------


class MessageRow(NamedTuple):
    """A message that is recorded.

    Attributes:
        name: the message.
        date: when it was recorded.
        is_ours: whether the ledger has said it, and not heard.
        facts: how many it says.
        refused: how many of them were refused here.
        key: the fingerprint with which it is recorded as received; None for our own.
        sha256: of its text.
        place: the directive that records it.
    """

    name: Name
    date: dt.date
    is_ours: bool
    facts: int
    refused: int
    key: str | None
    sha256: str
    place: SourceLine

    @property
    def party(self) -> str:
        """The other side."""
        return self.name[1] if self.is_ours else self.name[0]

    @property
    def book(self) -> str:
        """Ours."""
        return self.name[0] if self.is_ours else self.name[1]


def messages(evaluation: Evaluation) -> list[MessageRow]:
    """Every message that a ledger has recorded, in the order of dates."""
    channels = channels_of(evaluation.exchanged)
    recorded = [fact for fact in evaluation.exchanged if fact.kind in NUMBERED]
    rows = [_message(fact, channels) for fact in recorded]
    return sorted(rows, key=lambda row: (row.date, row.name))


def _message(fact: Fact, channels: Channels) -> MessageRow:
    name = name_of(fact)
    known = channels.known(name)
    assert known is not None
    return MessageRow(
        name=name,
        date=fact.date,
        is_ours=fact.kind == "sent",
        facts=known.facts,
        refused=int(fact.terms.get("refused", 0)),
        key=fact.terms.get("key"),
        sha256=known.sha256,
        place=fact.place,
    )


class RefusalRow(NamedTuple):
    """A fact that was refused: of others by us, or of ours by others.

    Attributes:
        date: when.
        by: who refuses it; the ledger's own party where no message says so.
        name: the message that has said the fact.
        voucher: what it is about.
        kind: of the fact.
        on: its date.
        code: why.
        message: the message that has brought the refusal; None for one of our own.
        place: its directive.
    """

    date: dt.date
    by: str
    name: Name
    voucher: str
    kind: str
    on: dt.date
    code: str
    message: str | None
    place: SourceLine


def refusals(evaluation: Evaluation, as_of: dt.date) -> list[RefusalRow]:
    """What was refused of messages by a day, in the ledger's order."""
    known = {row.name: row for row in messages(evaluation)}
    return [
        _refusal(fact, _said_in(fact, known, evaluation), known)
        for fact in evaluation.exchanged
        if fact.kind == "refusal" and fact.date <= as_of
    ]


def _refusal(fact: Fact, name: Name, known: Mapping[Name, MessageRow]) -> RefusalRow:
    recorded = known.get(name)
    ours = name[1] if recorded is None else recorded.book
    return RefusalRow(
        date=fact.date,
        by=fact.came_from or ours,
        name=name,
        voucher=fact.ids[2],
        kind=fact.terms["of"],
        on=fact.terms["on"],
        code=fact.terms["code"],
        message=fact.message,
        place=fact.place,
    )


def _said_in(fact: Fact, known: Mapping[Name, MessageRow], evaluation: Evaluation) -> Name:
    """The message that a refusal names by its sender and number alone.

    Who has refused it in a message has heard it. What we refuse was said to us, or was ours and
    said to the issuer, whose order holds.
    """
    sender, number, voucher = fact.ids
    about = evaluation.vouchers.get(voucher)
    issuer = None if about is None or about.terms is None else about.terms.issuer
    hearers = [fact.came_from, issuer, *(name[1] for name in known)]
    names = ((sender, each, int(number)) for each in hearers if each is not None)
    return next((name for name in names if name in known), (sender, issuer or "", int(number)))


class KeyRow(NamedTuple):
    """A key as it is declared.

    Attributes:
        key: what it may sign, and when.
        state: how it stands on the day.
        left: the days that are left to it; None where it has no end, or none any more.
        introduced_by: the message in which the key before it has signed it.
        place: its directive.
    """

    key: Key
    state: str
    left: int | None
    introduced_by: str | None
    place: SourceLine


def keys(evaluation: Evaluation, as_of: dt.date) -> list[KeyRow]:
    """Every key that is declared by a day, by party."""
    declared = [fact for fact in evaluation.exchanged if fact.date <= as_of]
    of_party: dict[str, list[Fact]] = defaultdict(list)
    for fact in declared:
        if fact.kind == "key":
            of_party[fact.ids[0]].append(fact)
    return [
        _key(key, fact, as_of)
        for party, facts in sorted(of_party.items())
        for key, fact in zip(keys_of(declared, party), facts, strict=True)
    ]


def _key(key: Key, fact: Fact, as_of: dt.date) -> KeyRow:
    fault = key.fault(as_of)
    left = None if fault or key.until is None else (key.until - as_of).days
    return KeyRow(key, _key_state(fault, left), left, fact.terms.get("introduced-by"), fact.place)


def _key_state(fault: str | None, left: int | None) -> str:
    if fault is not None:
        return {"key-revoked": REVOKED, "key-expired": ENDED}[fault]
    return ENDS_SOON if left is not None and left <= SOON.days else COUNTS


# --- The tables

MESSAGES: tuple[Column[MessageRow], ...] = (
    Column("message", "message", "message", lambda row: shown(row.name)),
    Column("sender", "sender", "party", lambda row: row.name[0], shown_in=DATA),
    Column("receiver", "receiver", "party", lambda row: row.name[1], shown_in=DATA),
    Column("number", "number", "count", lambda row: row.name[2], shown_in=DATA),
    Column("date", "recorded on", "date", lambda row: row.date),
    Column("facts", "facts", "count", lambda row: row.facts),
    Column("refused", "of them refused", "count", lambda row: row.refused, under="facts"),
    Column("key", "signed with", "code", lambda row: row.key),
    Column("sha256", "SHA-256", "code", lambda row: row.sha256, under="key"),
    Column("source", "source", "place", lambda row: row.place, shown_in=PAGE),
    Column("file", "file", "text", lambda row: row.place.filename, shown_in=DATA),
    Column("line", "line", "count", lambda row: row.place.lineno, shown_in=DATA),
)
"""The columns of ``#voucher_messages``, and of the page."""


def remedy(code: str) -> str:
    """What to do about a code: of the exchange in words, of the ledger where to ask."""
    explained = MESSAGE_CODES.get(code)
    return f"bean-voucher explain {code}" if explained is None else explained.remedy


REFUSALS: tuple[Column[RefusalRow], ...] = (
    Column("date", "refused on", "date", lambda row: row.date),
    Column("by", "refused by", "party", lambda row: row.by),
    Column("voucher", "voucher", "voucher", lambda row: row.voucher),
    Column("event", "event", "word", lambda row: row.kind),
    Column("on", "its date", "date", lambda row: row.on, under="event"),
    Column("code", "refused with", "error", lambda row: row.code),
    Column("remedy", "what to do", "remedy", lambda row: remedy(row.code)),
    Column("message", "said in", "message", lambda row: shown(row.name)),
    Column("brought_by", "refused in", "message", lambda row: row.message, under="message"),
    Column("source", "source", "place", lambda row: row.place),
)

KEYS: tuple[Column[KeyRow], ...] = (
    Column("party", "party", "party", lambda row: row.key.party),
    Column("state", "key", "key", lambda row: row.state),
    Column("left", "days left", "count", lambda row: row.left, under="state"),
    Column("since", "first day", "date", lambda row: row.key.since),
    Column("until", "last day", "date", lambda row: row.key.until, under="since"),
    Column("revoked", "revoked on", "date", lambda row: row.key.revoked),
    Column("kinds", "may sign", "text", lambda row: " ".join(sorted(row.key.kinds or ()))),
    Column("limit", "limit", "text", lambda row: row.key.limit and row.key.limit.grouped),
    Column("fingerprint", "fingerprint", "code", lambda row: row.key.fingerprint),
    Column("introduced_by", "introduced by", "message", lambda row: row.introduced_by),
    Column("source", "source", "place", lambda row: row.place),
)

"""What ``check`` finds of an exchange (manual: exchange).

Messages, facts, numbers, positions and judgements.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from beancount_voucher.audit.findings import Finding
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.judgements import judged_differently, refused_by_other, unreturned
from beancount_voucher.exchange.message import name_of, shown
from beancount_voucher.exchange.positions import compared
from beancount_voucher.exchange.transcription import Transcription
from beancount_voucher.exchange.verification import proofs
from beancount_voucher.lifecycle.channels import NUMBERED

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.authenticity import Check
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.message import Message, Name
    from beancount_voucher.exchange.positions import Comparison
    from beancount_voucher.exchange.sending import Book

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """The messages that are kept beside a ledger.

    Attributes:
        text: that of a message; None for one that is not there.
        signature: likewise.
        names: every message that is kept.
        rivals: those of which another text is kept, too.
        check: tells whose signature a text has.
    """

    text: Callable[[Name], bytes | None]
    signature: Callable[[Name], bytes | None]
    names: Collection[Name]
    rivals: Collection[Name]
    check: Check


def findings(
    book: Book, kept: Kept, ours: Collection[str] = (), as_of: dt.date | None = None
) -> Iterator[Finding]:
    """Everything of an exchange that a person must look at.

    Args:
        book: the ledger of one that exchanges.
        kept: its messages.
        ours: whoever else exchanges by this ledger.
        as_of: the day on which what is not acknowledged is looked for; None: it is not.
    """
    audit = _Audit(book, kept, ours)
    yield from audit.messages()
    yield from audit.facts()
    yield from audit.numbers()
    yield from audit.positions()
    yield from audit.judgements()
    if as_of is not None:
        yield from audit.unacknowledged(as_of)


def _said(fact: Fact) -> tuple[str, ...]:
    return fact.kind, *fact.ids, str(fact.date)


@dataclass(frozen=True)
class _Audit:
    book: Book
    kept: Kept
    ours: Collection[str]

    @cached_property
    def channels(self) -> Channels:
        return channels_of(self.book.evaluation.exchanged)

    @cached_property
    def conversation(self) -> Conversation:
        return Conversation(self.book, self.channels, self.kept.text)

    @cached_property
    def places(self) -> dict[Name, SourceLine]:
        """Where each message is recorded."""
        return {
            name_of(fact): fact.place
            for fact in self.book.evaluation.exchanged
            if fact.kind in NUMBERED
        }

    @cached_property
    def others(self) -> list[str]:
        """Those with whom we have exchanged messages, all of which are kept as they were."""
        return [each for each in self.channels.others(self.book.we) if self._is_whole(each)]

    def _is_whole(self, party: str) -> bool:
        try:
            self.conversation.spoken(party)
        except LostError:
            return False
        return True

    # --- Messages and facts -------------------------------------------------------------

    def messages(self) -> Iterator[Finding]:
        """Texts, signatures, keys and chains."""
        kept = self.kept
        given = kept.text, kept.signature, kept.check, self.conversation
        for proof in proofs(self.book, *given):
            if proof.code:
                text = f"message {shown(proof.name)}: {proof.wrong}"
                yield Finding(proof.code, self.places[proof.name], text, proof.date)

    def facts(self) -> Iterator[Finding]:
        """The ledger against messages, in both directions."""
        told = set()
        transcription = Transcription(self.book, self.channels, self.conversation)
        for untrue in (*transcription.untrue(), *transcription.unsigned(self.ours)):
            place = untrue.place
            if place is None:
                assert untrue.name is not None
                place = self.places[untrue.name]
            told.add(_said(untrue.fact))
            yield Finding(untrue.code, place, untrue.text, untrue.fact.date)
        for party in self.others:
            for each in self.conversation.differing(party):
                if _said(each.said) not in told:  # once, to how many it was said or passed on
                    told.add(_said(each.said))
                    place = self.places[each.name] if each.now is None else each.now.place
                    text = (
                        f"{each.voucher or party}: {each.text}; it was said in {shown(each.name)}"
                    )
                    yield Finding("fact-differs", place, text, each.said.date)

    # --- Numbers and chains -------------------------------------------------------------

    def numbers(self) -> Iterator[Finding]:
        """Messages that others have and we do not, of which there are two, or which fork."""
        for name in sorted(self.kept.rivals):
            if name in self.places and name not in self.channels.resumed:
                text = f"another text of message {shown(name)} is kept, with a signature"
                yield Finding("equivocation", self.places[name], text)
        for party in self.others:
            for message in self.conversation.messages(party, self.book.we):
                yield from self._seen(party, message)
        for sender, receiver in sorted({name[:2] for name in self.kept.names}):
            yield from self._kept_only(sender, receiver)

    def _seen(self, party: str, message: Message) -> Iterator[Finding]:
        """What a message says of ours."""
        resumed = self.channels.resumed  # a person has said that it counts as it is
        header, place = message.header, self.places[message.header.name]
        last = self.channels.last_number(self.book.we, party)
        ours = self.channels.known((self.book.we, party, header.seen))
        if header.seen > last:
            text = (
                f"message {shown(header.name)}: {party} has recorded message {header.seen} of "
                f"ours, and the ledger {last}"
            )
            yield Finding("gap", place, text, header.date)
        elif ours is not None and ours.sha256 != header.seen_sha256 and header.name not in resumed:
            text = (
                f"message {shown(header.name)}: our message {header.seen} is not the one that "
                f"{party} has recorded"
            )
            yield Finding("fork", place, text, header.date)

    def _kept_only(self, sender: str, receiver: str) -> Iterator[Finding]:
        """Messages beyond the next one that are kept, and not recorded: an older ledger is back."""
        last = self.channels.last_number(sender, receiver)
        most = max(name[2] for name in self.kept.names if name[:2] == (sender, receiver))
        known = self.channels.last(sender, receiver)
        if known is not None and most > last + 1 and self.book.we in (sender, receiver):
            place = self.places[sender, receiver, last]
            text = f"message {sender} {receiver} {most} is kept, and the ledger records {last}"
            yield Finding("gap", place, text)

    # --- How the other side sees it -----------------------------------------------------

    def _compared(self, party: str) -> Comparison | None:
        return compared(self.book, self.conversation, party) if party in self.others else None

    def positions(self) -> Iterator[Finding]:
        """Vouchers of which the latest list of another party says something else."""
        for party in self.others:
            comparison = self._compared(party)
            if comparison is None:
                continue
            vouchers, said = self.book.evaluation.vouchers, comparison.said
            listed = self.places[party, self.book.we, said.number]
            for each in comparison.differs():
                known = vouchers.get(each.voucher)
                place = listed if known is None else known.place
                text = f"{each.voucher}: {each.text}"
                yield Finding("position-differs", place, text, said.as_of)

    def judgements(self) -> Iterator[Finding]:
        """What was decided or refused otherwise than we would."""
        evaluation = self.book.evaluation
        for each in (
            *judged_differently(evaluation),
            *unreturned(evaluation),
            *refused_by_other(self.book, self._compared),
        ):
            yield Finding(each.code, each.place, each.text, each.date)

    def unacknowledged(self, as_of: dt.date) -> Iterator[Finding]:
        """Facts that we have said for more than a day, and nobody has told to have recorded."""
        for party in self.others:
            seen = self.conversation.spoken(party).seen
            for known in self.channels.messages.get((self.book.we, party), [])[seen:]:
                name = self.book.we, party, known.number
                if known.facts and known.date + _DAY < as_of:
                    text = f"message {shown(name)} of {known.date} is not acknowledged"
                    yield Finding("unacknowledged", self.places[name], text, known.date)

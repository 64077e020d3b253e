"""What is to be said, signed and put into the folder that carries it.

What is sent is kept, then recorded, then put into the folder. Killed at any step, the next turn
completes it: what is kept and not recorded was never said, and what is recorded goes out until
it is acknowledged.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import LostError
from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.message import text_of
from beancount_voucher.exchange.positions import latest_list, positions_with, said_positions
from beancount_voucher.exchange.receiving import Draft
from beancount_voucher.exchange.recovery import recorded
from beancount_voucher.exchange.sayings import SAID
from beancount_voucher.exchange.sending import BehindError, Book, counterparties, outgoing
from beancount_voucher.exchange.signatures import signature_of
from beancount_voucher.exchange.transcription import Transcription

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.conversation import Conversation, Differs
    from beancount_voucher.exchange.keys import Key
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sending import Outgoing, Spoken
    from beancount_voucher.exchange.store import Store
    from beancount_voucher.exchange.turn import Texts

    Sign = Callable[[bytes], bytes]


@dataclass
class Sent:
    """What goes out.

    Attributes:
        new: messages that were made, with their signatures.
        again: messages that go out once more, byte for byte.
        anew: signatures of those whose key does not count any more: the text is the same.
        drafts: what is to be recorded.
        waits: to whom nothing is said, and why.
        held_back: what is not said, as the ledger has it otherwise than a message.
    """

    new: list[tuple[Name, bytes, bytes]] = field(default_factory=list)
    again: list[Name] = field(default_factory=list)
    anew: dict[Name, bytes] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    waits: list[str] = field(default_factory=list)
    held_back: list[Differs] = field(default_factory=list)


class SignerError(Exception):
    """What has signed is no key of ours that counts today."""


@dataclass(frozen=True)
class Sender:
    """Says what is to be said.

    Attributes:
        book: our ledger.
        texts: of the messages that are kept.
        date: the day.
        sign: makes the signature of a text.
        again: parties to whom our latest message goes out again.
        restored: if the ledger was restored, the last message of each that it knew then.
        confirms: parties to whom our positions are said, and as of which day.
    """

    book: Book
    texts: Texts
    date: dt.date
    sign: Sign
    again: frozenset[str] = frozenset()
    restored: Mapping[str, int] | None = None
    confirms: Mapping[str, dt.date] = field(default_factory=dict)

    def send(self, to: Iterable[str] = ()) -> Sent:
        """Everything for some parties, or for all.

        Raises:
            SigningError: nothing could be signed.
            SignerError: the key is none of ours.
        """
        channels = channels_of(self.book.evaluation.exchanged)
        conversation = self.texts.conversation(self.book, channels)
        sent = Sent()
        for party in to or counterparties(self.book, channels):
            if self._is_to_be_heard(party, channels):
                sent.waits.append(
                    f"{party}: this ledger was restored, and nothing has come of {party} since; "
                    "nothing is said before"
                )
            else:
                self._to(party, channels, conversation, sent)
        return sent

    def is_heard(self) -> bool:
        """Whether all were heard since the ledger was restored."""
        channels = channels_of(self.book.evaluation.exchanged)
        parties = counterparties(self.book, channels)
        return not any(self._is_to_be_heard(party, channels) for party in parties)

    def _is_to_be_heard(self, party: str, channels: Channels) -> bool:
        if self.restored is None:
            return False
        return channels.last_number(party, self.book.we) <= self.restored.get(party, 0)

    def _to(self, party: str, channels: Channels, conversation: Conversation, sent: Sent) -> None:
        try:
            spoken = conversation.spoken(party)
            differing = list(conversation.differing(party))
            held_back = {each.voucher for each in differing if each.voucher is not None}
            out = self._out(party, channels, conversation, spoken, held_back)
            edited = self._edited(out, channels, conversation)
            if edited:
                held_back |= edited.keys()
                out = self._out(party, channels, conversation, spoken, held_back)
            signed, barred = self._signed(out)
            if barred:
                out = self._out(party, channels, conversation, spoken, held_back | barred.keys())
                signed, _ = self._signed(out)
        except (LostError, BehindError) as error:
            sent.waits.append(f"{party}: {error}")
            return
        sent.held_back += differing
        sent.waits += edited.values()
        sent.waits += barred.values()
        for message, (content, signature) in zip(out.new, signed, strict=True):
            name, date = message.header.name, message.header.date
            sent.new.append((name, content, signature))
            sent.drafts.append(Draft(recorded(name, content, message.facts, date)))
        again = list(self._again(party, channels, out))
        sent.again += again
        sent.anew |= self._signed_anew(again)

    def _edited(
        self, out: Outgoing, channels: Channels, conversation: Conversation
    ) -> dict[str, str]:
        """What is not as its message said, by voucher, of those of which there is news to say."""
        said = (each.fact for message in out.new for each in message.said)
        named = {fact.voucher for fact in said if fact.kind in SAID}
        if not named - {None}:
            return {}
        edited = Transcription(self.book, channels, conversation).edited()
        return {
            each.fact.voucher: f"{each.text} [fact-differs]"
            for each in edited
            if each.fact.voucher is not None and each.fact.voucher in named
        }

    def _signed(self, out: Outgoing) -> tuple[list[tuple[bytes, bytes]], dict[str, str]]:
        """The texts with their signatures; and what the key may not sign, by voucher.

        Whoever receives it would refuse it, and it would have been said: so another key has to
        say it, and until then nothing more of that voucher.
        """
        signed: list[tuple[bytes, bytes]] = []
        barred: dict[str, str] = {}
        for message in out.new:
            content = text_of(message).encode()
            signature = self.sign(content)
            key = self._check_signer(signature)
            signed.append((content, signature))
            for fact in (each.fact for each in message.said if each.fact.kind in SAID):
                if fact.voucher is not None and not key.may_sign(fact.kind, self.book.moved(fact)):
                    barred.setdefault(
                        fact.voucher,
                        f"{fact.voucher}: {key.fingerprint} may not sign {fact.kind} of "
                        f"{fact.date}: it waits for another key [key-not-allowed]",
                    )
        return signed, barred

    def _out(
        self,
        party: str,
        channels: Channels,
        conversation: Conversation,
        spoken: Spoken,
        held_back: set[str],
    ) -> Outgoing:
        """What goes to a party, our list behind it where that is asked for."""
        out = outgoing(self.book, party, channels, spoken, self.date, held_back)
        as_of = self.confirms.get(party)
        if as_of is None:
            return out
        positions = positions_with(self.book, party, as_of)
        last = latest_list(conversation.messages(self.book.we, party))
        if last is not None and (last.as_of, last.positions) == (as_of, positions):
            said = channels.messages.get((self.book.we, party), [])[last.number :]
            heard = channels.messages.get((party, self.book.we), [])[last.seen :]
            is_later = any(each.facts for each in (*said, *heard))
            if not is_later and not any(each.facts for each in out.new):
                return out  # it has just this one, with all that both have said
        more = said_positions(positions, as_of, self.date)
        return outgoing(self.book, party, channels, spoken, self.date, held_back, more)

    def _again(self, party: str, channels: Channels, out: Outgoing) -> Iterator[Name]:
        last = channels.last_number(self.book.we, party)
        latest = [last] if party in self.again and last else []
        return ((self.book.we, party, number) for number in sorted({*out.again, *latest}))

    def _signed_anew(self, again: Iterable[Name]) -> dict[Name, bytes]:
        """Signatures by our present key, where the one that is kept is refused by now.

        The text stays, and so does what is kept: it proves what was said, on its day.
        """
        found = {}
        for name in again:
            content, signature = self.texts(name), self.texts.store.signature(name)
            if content is None or signature is None or self._signer(signature)[1] is not None:
                continue
            found[name] = self.sign(content)
            self._check_signer(found[name])
        return found

    def _signer(self, signature: bytes) -> tuple[str, Key | None, str]:
        """The mark of a signature, and our key that counts today, or else a code."""
        said = signature_of(signature)
        mark = "" if said is None else said.fingerprint
        keys = keys_of(self.book.evaluation.exchanged, self.book.we)
        return mark, *best_of(keys, mark, self.date)

    def _check_signer(self, signature: bytes) -> Key:
        mark, key, code = self._signer(signature)
        if key is None:
            raise SignerError(
                f"{mark} is no key of {self.book.we} on {self.date}; expected one that a "
                f"voucher-key of this ledger declares [{code}]"
            )
        return key


def put_out(store: Store, sent: Sent, folder: Path) -> Counter[str]:
    """Put what was recorded into the folder that carries it; tells how many by receiver.

    Raises:
        WriteRefusedError: it cannot be written.
    """
    told: Counter[str] = Counter()
    for name in (*sent.again, *(name for name, _, _ in sent.new)):
        told[name[1]] += store.put_out(name, folder, sent.anew.get(name))
    return told

"""What to say to whom: the decision, without a file or a key (manual: exchange).

A message is made when there is a fact to say, or when a message with facts has come in that no
message of ours has acknowledged; one without facts is never acknowledged for its own sake. So
both sides come to rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.schema import TERMS
from beancount_voucher.exchange.introductions import own_keys
from beancount_voucher.exchange.message import (
    Header,
    Message,
    Said,
    digest,
    in_messages,
    name_in,
    text_of,
)
from beancount_voucher.exchange.sayings import (
    SAID,
    author_side,
    is_told_funding,
    listeners,
    parties_of,
)
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.channel import Channels
    from beancount_voucher.exchange.sayings import Parties
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher

Identity = tuple[str, ...]
"""By what a fact is known on both sides: kind, what it is about, author, date."""


@dataclass(frozen=True)
class Book:
    """What a ledger says, to whoever speaks for one party.

    Attributes:
        we: that party.
        facts: of the ledger, in their order.
        evaluation: what they come to.
        digest_of: tells the SHA-256 of a document, given the file whose directive names it and
            its name; None where there is none.
    """

    we: str
    facts: Sequence[Fact]
    evaluation: Evaluation
    digest_of: Callable[[str, str], str | None] = lambda _file, _document: None

    @cached_property
    def broken(self) -> frozenset[SourceLine]:
        """Where the directives stand that do not count."""
        return frozenset(problem.place for problem in self.evaluation.problems)

    @cached_property
    def said_to(self) -> dict[str, list[Fact]]:
        """What is ours to say, or to pass on, by party: facts that count, in their order."""
        found: dict[str, list[Fact]] = {}
        for fact in that_count(self):
            for party in _told(self, fact):
                found.setdefault(party, []).append(fact)
        for fact in own_keys(self.evaluation.exchanged, self.we):
            for party in sorted(self.with_key - {self.we}):
                found.setdefault(party, []).append(fact)
        return found

    @cached_property
    def with_key(self) -> frozenset[str]:
        """The parties of which the ledger declares a key."""
        return frozenset(fact.ids[0] for fact in self.evaluation.exchanged if fact.kind == "key")

    @cached_property
    def _identities(self) -> dict[int, Identity]:
        return {}

    def voucher(self, fact: Fact) -> Voucher | None:
        """The voucher that a fact is about."""
        return self.evaluation.vouchers.get(fact.voucher or "")

    def moved(self, fact: Fact) -> Money | None:
        """What a fact moves, or else what its voucher is about: a key may have a limit for it."""
        voucher = self.voucher(fact)
        return fact.amount if fact.amount or voucher is None else voucher.amount

    def parties(self, fact: Fact) -> Parties | None:
        """Who stands on which side of a fact; no event but these says anything of that itself."""
        if fact.kind in ("request", "issue", "refuse", "credit-line", "repay"):
            return parties_of(fact, self.voucher(fact))
        id_ = fact.voucher or ""
        if id_ not in self._parties:
            self._parties[id_] = parties_of(fact, self.voucher(fact))
        return self._parties[id_]

    @cached_property
    def _parties(self) -> dict[str, Parties | None]:
        return {}

    def own_identity(self, fact: Fact) -> Identity:
        """By what a fact of the ledger is known; reckoned once, and asked for each listener."""
        known = self._identities.get(id(fact))
        if known is None:
            known = self._identities[id(fact)] = self.identity(fact)
        return known

    def identity(self, fact: Fact) -> Identity:
        """By what a fact is known."""
        if fact.kind in ("party", "position"):
            return fact.kind, fact.ids[0]
        if fact.kind == "refusal":
            return fact.kind, *fact.ids, fact.terms["of"], str(fact.terms["on"])
        parties = self.parties(fact)
        by = None if parties is None else author_side(fact, parties, fact.came_from or self.we)
        return fact.kind, *fact.ids, str(by), str(fact.date)


@dataclass(frozen=True)
class Spoken:
    """What one party has said to us and we to it, as the stored messages have it.

    Attributes:
        said: what we have said, by identity, with the number of the message.
        seen: the last of our messages that it has recorded, as it says.
        acknowledged: the last of its messages that we have told it to have recorded.
        heard: tells what it has said, by identity, up to its last message that is recorded.
    """

    said: Mapping[Identity, int] = field(default_factory=dict)
    seen: int = 0
    acknowledged: int = 0
    heard: Callable[[], frozenset[Identity]] = frozenset


class BehindError(Exception):
    """The other side has recorded more of our messages than we have: an older ledger is back."""


class Outgoing(NamedTuple):
    """What goes to one party.

    Attributes:
        new: messages to be made, in their order.
        again: the numbers of those that go out again, byte for byte.
    """

    new: tuple[Message, ...]
    again: tuple[int, ...]


def outgoing(
    book: Book,
    to: str,
    channels: Channels,
    spoken: Spoken,
    date: dt.date,
    held_back: Collection[str] = (),
    positions: Iterable[Said] = (),
) -> Outgoing:
    """What to send to a party.

    Args:
        book: our ledger.
        to: the party.
        channels: what our ledger has recorded of messages.
        spoken: what the stored messages say.
        date: the day.
        held_back: the vouchers of which nothing is said, as somebody must mend them first.
        positions: a list of ours, to be said behind all else.

    Raises:
        BehindError: the other side knows more of ours than we do.
    """
    last = channels.last_number(book.we, to)
    if spoken.seen > last:
        raise BehindError(f"{to} has recorded message {spoken.seen} of ours, and we know {last}")
    ours = channels.last(book.we, to)
    date = date if ours is None else max(date, ours.date)  # none is dated before the one before
    said = [
        each
        for each in to_say(book, to, spoken)
        if each.fact.voucher not in held_back
        and (each.fact.date <= date or each.fact.kind == "party")
    ]
    groups = list(in_messages([*said, *positions]))
    if not groups and _is_to_be_acknowledged(book.we, to, channels, spoken):
        groups = [()]
    return Outgoing(
        new=tuple(_messages(book.we, to, channels, groups, date)),
        again=tuple(_unseen(book.we, to, channels, spoken)),
    )


def _is_to_be_acknowledged(we: str, to: str, channels: Channels, spoken: Spoken) -> bool:
    """Whether something with facts has come that we have not acknowledged yet."""
    heard = channels.messages.get((to, we), [])
    return any(each.facts for each in heard[spoken.acknowledged :])


def _unseen(we: str, to: str, channels: Channels, spoken: Spoken) -> Iterator[int]:
    """Our messages after the last one that was seen, up to the last one with facts."""
    waiting = channels.messages.get((we, to), [])[spoken.seen :]
    with_facts = [each.number for each in waiting if each.facts]
    last = max(with_facts, default=0)
    return (each.number for each in waiting if each.number <= last)


def _messages(
    we: str, to: str, channels: Channels, groups: Iterable[tuple[Said, ...]], date: dt.date
) -> Iterator[Message]:
    ours, theirs = channels.last(we, to), channels.last(to, we)
    number = 0 if ours is None else ours.number
    previous = None if ours is None else ours.sha256
    seen, seen_sha256 = (0, None) if theirs is None else (theirs.number, theirs.sha256)
    for said in groups:
        number += 1
        header = Header(date, we, to, number, previous, seen, seen_sha256)
        message = Message(header, said)
        previous = digest(text_of(message).encode())
        yield message


# --- What there is to say ---------------------------------------------------------------


def to_say(book: Book, to: str, spoken: Spoken) -> list[Said]:
    """Every fact that is ours to say to a party, or to pass on, and was not said yet."""
    said = [
        as_said(book, fact, to)
        for fact in book.said_to.get(to, [])
        if book.own_identity(fact) not in spoken.said
    ]
    named = dict.fromkeys(party for each in said for party in _parties_named(each.fact))
    known = {book.we, to, *(each[1] for each in spoken.said if each[0] == "party")}
    declared = book.evaluation.ledger_state.parties
    introduced = [_introduced(declared[party].fact) for party in named if party not in known]
    refused = [each for each in _refusals(book, to, spoken) if _is_new(book, each, spoken)]
    return [*introduced, *said, *refused]


def _is_new(book: Book, said: Said, spoken: Spoken) -> bool:
    return book.identity(said.fact) not in spoken.said


def that_count(book: Book) -> Iterator[Fact]:
    """The facts of a ledger that count: not those with an error, nor those that were struck."""
    broken = book.broken
    struck = {id(fact) for fact in struck_facts(book.evaluation)}
    for fact in book.facts:
        if fact.place not in broken and id(fact) not in struck:
            yield fact


def struck_facts(evaluation: Evaluation) -> Iterator[Fact]:
    """The facts that a refusal has struck."""
    return (fact for fact, _ in evaluation.struck)


def _told(book: Book, fact: Fact) -> Iterable[str]:
    """To whom it is ours to say a fact, or to pass it on."""
    if fact.kind == "refusal":
        return (fact.ids[0],) if fact.message is None else ()
    parties = book.parties(fact) if fact.kind in SAID else None
    return () if parties is None else listeners(fact, parties, book.we)


def as_said(book: Book, fact: Fact, to: str) -> Said:
    """A fact as it is said: without what is nobody else's business."""
    parties = book.parties(fact)
    terms = dict(fact.terms) if fact.kind != "issue" else {**_requested(book, fact), **fact.terms}
    if fact.kind in ("key", "revoke"):
        terms = {key: value for key, value in terms.items() if key not in ("by", "introduced-by")}
    if parties is not None:
        if "funding" in terms and not is_told_funding(to, parties):
            del terms["funding"]
        if "by" in terms and not parties.sides_of(str(terms["by"])):
            del terms["by"]
        if fact.kind in SAID:
            terms |= _author(fact, fact._replace(terms=terms, message=None), parties, book.we)
    notes = _notes(fact)
    document = terms.get("document", notes.get("document"))
    if document is not None and fact.message is None and _DIGEST not in notes:
        sha256 = book.digest_of(fact.place.filename, document)
        notes |= {} if sha256 is None else {_DIGEST: sha256}
    return Said(fact._replace(terms=terms, entry=None, message=None), notes)


_DIGEST = "document-sha256"


def _requested(book: Book, issue: Fact) -> dict[str, Any]:
    """What an issue leaves to its request, which not everybody has heard."""
    voucher = book.voucher(issue)
    if voucher is None or voucher.terms is None:
        return {}
    metadata = voucher.metadata if voucher.issued_as is None else voucher.issued_as[0]
    return {key: value for key, value in metadata.items() if key in TERMS or is_condition_key(key)}


def _author(fact: Fact, said: Fact, parties: Parties, we: str) -> dict[str, str]:
    """Whose it is, where who hears it would take it for somebody else's."""
    author = author_side(fact, parties, fact.came_from or we)
    if author is None or author == author_side(said, parties, we):
        return {}
    return {"by": getattr(parties, author)}


def _notes(fact: Fact) -> dict[str, Any]:
    meta: Mapping[str, Any] = {} if fact.entry is None else fact.entry.meta
    return {
        key: value
        for key, value in meta.items()
        if key == "note-effective"
        or (key.startswith("document-") and isinstance(value, str))
        or (key == "document" and key not in fact.terms and isinstance(value, str))
    }


def _parties_named(fact: Fact) -> Iterator[str]:
    if fact.kind in ("request", "issue"):
        for key in ("policyholder", "issuer", "acceptor", "insurer"):
            if key in fact.terms:
                yield fact.terms[key]


def _introduced(party: Fact) -> Said:
    terms = {key: value for key, value in party.terms.items() if key == "name"}
    return Said(party._replace(terms=terms, entry=None, message=None))


def _refusals(book: Book, to: str, spoken: Spoken) -> Iterator[Said]:
    """What was struck here, told to those who have said it to us, or have heard it from us."""
    for fact, refusal in book.evaluation.struck:
        if refusal.came_from == to:
            continue
        parties = book.parties(fact)
        if parties is None or parties.issuer == to:
            continue
        number = spoken.said.get(book.identity(fact))
        if fact.came_from == to and fact.message is not None:
            yield _retold(refusal, fact, to, name_in(fact.message)[2])
        elif number is not None:
            yield _retold(refusal, fact, book.we, number)


def _retold(refusal: Fact, fact: Fact, sender: str, number: int) -> Said:
    terms = {"of": fact.kind, "on": fact.date, "code": refusal.terms["code"]}
    ids = sender, str(number), fact.ids[0]
    return Said(Fact("refusal", refusal.date, ids, None, terms, NOT_WRITTEN))


def counterparties(book: Book, channels: Channels) -> list[str]:
    """With whom we speak: banks, whoever has a key here, and with whom we have spoken before.

    A customer without a key answers nothing: what is said to those that keep no ledger of their
    own would lie in a folder that others read.
    """
    declared = book.evaluation.ledger_state.parties
    before = channels.others(book.we)
    listening = (
        party
        for party in book.said_to
        if party in book.with_key or (party in declared and declared[party].role == "bank")
    )
    found = dict.fromkeys([*before, *listening])
    return [party for party in found if party in declared and party != book.we]

"""What to record, and to refuse, of a message that is authentic (manual: exchange).

Each fact is tried on the ledger with those that held before it: refusals first, then in the
order of facts. What holds is recorded, with the message that brought it; what the ledger says
already is known; what does not hold is refused, with its code. The issuer's order holds: for
its facts, what others have said here that it had not seen is struck.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import Fact, order
from beancount_voucher.directives.schema import DIRECTIVES, ONLY_IN_MESSAGES, RANK
from beancount_voucher.exchange.introductions import is_recorded, to_record
from beancount_voucher.exchange.known import known_as, refused_already
from beancount_voucher.exchange.message import digest, shown
from beancount_voucher.exchange.sayings import author_side, may_say
from beancount_voucher.exchange.superseding import Strike, superseded_for
from beancount_voucher.exchange.trial import Objection, Trial
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.striking import STRIKABLE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_voucher.exchange.authenticity import Authentic
    from beancount_voucher.exchange.message import Said
    from beancount_voucher.exchange.sayings import Parties
    from beancount_voucher.exchange.sending import Book, Identity, Spoken

_DAY = dt.timedelta(days=1)
_DEADLINES = {"accept": "accept_by", "apply": "apply_by", "consent": "apply_by"}


@dataclass(frozen=True)
class Draft:
    """A directive to be recorded: a fact, and what stands beside its terms."""

    fact: Fact
    notes: Mapping[str, Any] = field(default_factory=dict)
    opens: str = ""


class NotTaken(NamedTuple):
    """A fact that is refused."""

    kind: str
    date: dt.date
    voucher: str | None
    code: str
    wrong: str


@dataclass
class Receipt:
    """What comes of a message: it is recorded whole.

    Attributes:
        drafts: all that is to be recorded, the message itself the last.
        refused: what is not taken.
        known: facts that the ledger has already; the other date, where that differs.
        remarks: what a person should look at.
        malformed: why it is no message, if so: nothing that it says is recorded.
    """

    drafts: list[Draft] = field(default_factory=list)
    refused: list[NotTaken] = field(default_factory=list)
    known: list[tuple[Fact, dt.date]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    malformed: str = ""


def received(
    book: Book,
    authentic: Authentic,
    spoken: Spoken,
    date: dt.date,
    before: dt.date | None = None,
) -> Receipt:
    """What to record of a message.

    Args:
        book: our ledger.
        authentic: the message, next in its order.
        spoken: what was said to its sender, and what it has seen of that.
        date: the day.
        before: the date of the message before it; None for none.
    """
    reception = _Reception(book, authentic, spoken, date, before)
    return reception.receipt()


@dataclass
class _Reception:
    book: Book
    authentic: Authentic
    spoken: Spoken
    date: dt.date
    before: dt.date | None
    result: Receipt = field(default_factory=Receipt)
    codes: dict[str | None, str] = field(default_factory=dict)
    new: dict[str, Parties | None] = field(default_factory=dict)

    @property
    def sender(self) -> str:
        return self.authentic.name[0]

    def receipt(self) -> Receipt:
        readable = self.authentic.readable
        facts = 0
        if readable is None:
            self.result.malformed = f"it is malformed: {self.authentic.malformed}"
        else:
            facts = readable.facts
            self._take(readable.message.said)
            for fault in readable.faulty:
                self._refuse(NotTaken(*fault))
        self._record(facts)
        return self.result

    def _take(self, said: tuple[Said, ...]) -> None:
        assert self.authentic.readable is not None
        header = self.authentic.readable.message.header
        late = header.date > self.date + _DAY or any(
            each.fact.date > header.date for each in said if each.fact.kind != "party"
        )
        if late:
            for each in said:
                self._refuse(_not_taken(each.fact, Objection("future-date", "it is dated later")))
            return
        if self.before is not None and header.date < self.before:
            for each in said:
                wrong = f"the message is dated before the last one, of {self.before}"
                self._refuse(_not_taken(each.fact, Objection("malformed", wrong)))
            return
        trial = Trial(self.book.facts, self.book.evaluation)
        self._introduce(trial, said)
        for each in sorted(said, key=in_turn):
            if each.fact.kind in ("key", "revoke"):
                self._hear_of_key(each.fact)
            elif each.fact.kind not in ("party", *ONLY_IN_MESSAGES):
                self._judge(trial, each)

    def _hear_of_key(self, fact: Fact) -> None:
        if fact.ids[0] != self.sender:
            wrong = f"{self.sender} says what are keys of its own, and not of {fact.ids[0]}"
            self._refuse(_not_taken(fact, Objection("not-yours", wrong)))
        elif not self.authentic.key.may_sign(fact.kind, None):
            self._refuse(_not_taken(fact, Objection("key-not-allowed", "the key may not sign it")))
        elif not is_recorded(fact, self.book.evaluation.exchanged):
            self.result.remarks.append(to_record(fact, shown(self.authentic.name)))

    def _introduce(self, trial: Trial, said: tuple[Said, ...]) -> None:
        """Parties that are not declared here: recorded so that they open no book."""
        declared = self.book.evaluation.ledger_state.parties
        for each in said:
            fact = each.fact
            if fact.kind != "party":
                continue
            known = declared.get(fact.ids[0])
            if known is None:
                trial.add(fact)
                self._draft(each)
            elif known.role != fact.ids[1]:
                wrong = f"{fact.ids[0]} is declared as {known.role} here"
                self._refuse(_not_taken(fact, Objection("wrong-role", wrong)))

    def _judge(self, trial: Trial, said: Said) -> None:
        fact = said.fact
        objection = self._not_for_us(fact) or self._objection(trial, fact)
        if objection is None:
            self._hold(trial, said)
            return
        known = known_as(self.book, trial, fact, self._parties(fact), self.sender, self._heard)
        if known is not None:
            # The issuer's refusal says the same as our own, which may be of another day.
            date = fact.date if fact.kind == "refusal" else known.date
            self.result.known.append((fact, date))
            return
        struck = list(self._struck_for(fact, trial))
        if struck:
            trial.add(*struck)
            self.result.drafts += [Draft(each) for each in struck]
            self._hold(trial, said)
            return
        code = objection.code
        if fact.voucher is not None:  # what fails as another was refused carries its code
            code = self.codes.setdefault(fact.voucher, code)
        self._refuse(_not_taken(fact, objection._replace(code=code)))

    @cached_property
    def _heard(self) -> frozenset[Identity]:
        """All that its sender has said so far, by what it is known."""
        assert self.authentic.readable is not None
        said = self.authentic.readable.message.said
        return self.spoken.heard() | {self.book.identity(each.fact) for each in said}

    def _hold(self, trial: Trial, said: Said) -> None:
        trial.add(said.fact)
        self._draft(said)
        if said.fact.kind in ("request", "issue"):
            self.new[said.fact.ids[0]] = self._parties(said.fact)

    def _objection(self, trial: Trial, fact: Fact) -> Objection | None:
        """Why the ledger does not take it."""
        refuses = fact.kind == "refusal"
        if refuses and refused_already(self.book, trial, fact) is not None:
            return Objection("duplicate", "it is refused already")
        parties = self._parties(fact)
        orders = refuses or (parties is not None and self._is_ordered(fact, parties))
        return trial.objection(fact, orders=orders)

    # --- Why not ------------------------------------------------------------------------

    def _parties(self, fact: Fact) -> Parties | None:
        return self.book.parties(fact) or self.new.get(fact.voucher or "")

    def _not_for_us(self, fact: Fact) -> Objection | None:
        """What bars a fact before the ledger is asked: who says it, to whom, with which key."""
        we = self.book.we
        if fact.kind == "refusal":
            ours = fact.ids[0] in (we, self.sender)
            return None if ours else Objection("not-addressed", f"{fact.ids[0]} has said that")
        parties = self._parties(fact)
        if parties is None:
            return None
        if we not in parties:
            return Objection("not-addressed", f"{we} is no party of it")
        if not may_say(fact, parties, self.sender, we):
            return Objection("not-yours", f"it is not for {self.sender} to say to {we}")
        if not self.authentic.key.may_sign(fact.kind, self.book.moved(fact)):
            return Objection("key-not-allowed", "the key may not sign it")
        return None if self._is_ordered(fact, parties) else self._backdated(fact)

    def _backdated(self, fact: Fact) -> Objection | None:
        voucher, term = self.book.voucher(fact), _DEADLINES.get(fact.kind)
        if term is None or self.before is None or voucher is None or voucher.terms is None:
            return None
        deadline: dt.date = getattr(voucher.terms, term)
        if not fact.date <= deadline < self.before:
            return None
        return Objection("backdated", f"the message before it is of {self.before}")

    # --- The issuer's order holds -------------------------------------------------------

    def _struck_for(self, fact: Fact, trial: Trial) -> list[Fact]:
        """The refusals of our own with which what the issuer says, or refuses, holds."""
        parties = self._parties(fact)
        if parties is None or not self._is_ordered(fact, parties):
            return []
        return superseded_for(fact, self._not_seen(fact, parties, trial), trial)

    def _not_seen(self, fact: Fact, parties: Parties, trial: Trial) -> Iterator[Strike]:
        """What we say of a voucher that the issuer had not seen, the latest first."""
        assert self.authentic.readable is not None
        seen = self.authentic.readable.message.header.seen
        for each in sorted(trial.about(fact), key=order, reverse=True):
            if each.kind in STRIKABLE and each.came_from not in (self.sender, parties.issuer):
                number = self.spoken.said.get(self.book.identity(each))
                if (number or seen + 1) > seen:
                    refusal = self._refusal(self.book.we, number or 0, each, "superseded")
                    yield Strike(each, refusal)

    def _is_ordered(self, fact: Fact, parties: Parties) -> bool:
        """Whether the issuer has recorded it: it says so, or it is from its side.

        To the insurer its own bank says what it has recorded, and refuses what does not fit it.
        """
        if parties.issuer == self.book.we:
            return False
        if self.sender == parties.issuer or self.book.we == parties.insurer:
            return True
        author = None if fact.kind == "refusal" else author_side(fact, parties, self.sender)
        return author in ("issuer", "policyholder")

    def _refusal(self, sender: str, number: int, of: Fact | NotTaken, code: str) -> Fact:
        voucher = of.voucher
        assert voucher is not None
        terms = {"of": of.kind, "on": of.date, "code": code}
        ids = sender, str(number), voucher
        return Fact("refusal", self.date, ids, None, terms, NOT_WRITTEN)

    # --- What is recorded ---------------------------------------------------------------

    def _draft(self, said: Said) -> None:
        notes = {**said.notes, "message": shown(self.authentic.name)}
        add_draft(self.result, self.book, said.fact, notes, shown(self.authentic.name))

    def _refuse(self, not_taken: NotTaken) -> None:
        self.result.refused.append(not_taken)

    def _record(self, facts: int) -> None:
        """What goes back, and the message itself."""
        sender, receiver, number = self.authentic.name
        told = dict[tuple[object, ...], Fact]()
        for each in self.result.refused:
            if each.voucher is not None and each.kind in _REFUSABLE:
                told.setdefault(
                    (each.voucher, each.kind, each.date),
                    self._refusal(sender, number, each, each.code),
                )
        self.result.drafts += [Draft(each) for each in told.values()]
        terms: dict[str, Any] = {
            "sha256": digest(self.authentic.content),
            "key": self.authentic.key.fingerprint,
            "facts": Decimal(facts),
        }
        if self.result.refused:
            terms["refused"] = Decimal(len(self.result.refused))
        ids = sender, receiver, str(number)
        fact = Fact("received", self.date, ids, None, terms, NOT_WRITTEN)
        self.result.drafts.append(Draft(fact))


def add_draft(
    result: Receipt, book: Book, fact: Fact, notes: Mapping[str, Any], message: str
) -> None:
    """Record a fact of a message on its own date, and tell where that is in a closed period."""
    closed = book.evaluation.closed
    if closed is not None and fact.date <= closed and fact.kind != "party":
        notes = {**notes, "note-reopened": f"message {message}"}
        result.remarks.append(f"{fact.kind} of {fact.date} is dated in a period that is closed")
    result.drafts.append(Draft(fact._replace(entry=None), notes))


_REFUSABLE = frozenset(name for name, each in DIRECTIVES.items() if each.travels) - {"refusal"}


def in_turn(said: Said) -> tuple[object, ...]:
    """Refusals first, that of the latest fact before others; then the order of facts."""
    fact = said.fact
    if fact.kind == "refusal":
        of, on = fact.terms["of"], fact.terms["on"]
        return 0, -on.toordinal(), -RANK.get(of, 0), fact.ids
    return (2,) if fact.kind in ONLY_IN_MESSAGES else (1, order(fact))


def _not_taken(fact: Fact, objection: Objection) -> NotTaken:
    voucher = None if fact.kind in ONLY_IN_MESSAGES else fact.voucher
    return NotTaken(fact.kind, fact.date, voucher, objection.code, objection.wrong)

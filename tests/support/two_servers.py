"""Two banks in memory: a network that loses, doubles and delays, and clerks on both sides.

Deterministic by its seed. A story that fails is told as its steps. Without files, keys and
signatures: it is the decisions that are tried here.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Reading
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.exchange.authenticity import Incoming, Reception, Refused, authentic
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation
from beancount_voucher.exchange.message import text_of
from beancount_voucher.exchange.receiving import Draft, received
from beancount_voucher.exchange.recovery import recorded
from beancount_voucher.exchange.sending import Book, outgoing
from beancount_voucher.exchange.turn import with_drafts
from beancount_voucher.lifecycle.decisions import Decisions
from beancount_voucher.lifecycle.evaluation import evaluate
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import PARTIES, event, issue, load

if TYPE_CHECKING:
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.message import Name

_KEYS = "".join(f'2026-01-02 custom "voucher-key" "{party}" "{KEY}"\n' for party in ("Iss", "Acc"))
_DAY = dt.timedelta(1)


def _facts(text: str) -> list[Fact]:
    loaded = load(text, plugin="", world="")
    return read(loaded.entries, Names(loaded.options), installed()).facts


@dataclass
class Server:
    """One bank: its book, and the messages that it keeps."""

    we: str
    other: str
    book: Book
    kept: dict[Name, bytes] = field(default_factory=dict)
    lines: int = 0

    @classmethod
    def opened(cls, we: str, other: str) -> Server:
        facts = _facts(PARTIES + _KEYS)
        found = evaluate(Reading(facts, []), EventDirectives(), installed())
        return cls(we, other, Book(we, facts, found))

    def record(self, drafts: list[Draft]) -> None:
        """As a ledger: each directive on a line of its own, and nothing that is wrong."""
        placed = []
        for draft in drafts:
            self.lines += 1
            place = SourceLine(f"{self.we}.beancount", self.lines)
            placed.append(Draft(draft.fact._replace(place=place), draft.notes))
        before = len(self.book.evaluation.problems)
        self.book = with_drafts(self.book, placed)
        problems = self.book.evaluation.problems
        assert len(problems) == before, [each.message for each in problems]

    def clerk_says(self, text: str) -> bool:
        """Record an event by hand, if the ledger takes it."""
        [fact] = _facts(text)
        place = SourceLine(f"{self.we}.beancount", self.lines + 1)
        tried = with_drafts(self.book, [Draft(fact._replace(place=place))])
        if tried.evaluation.problems:
            return False
        self.lines += 1
        self.book = tried
        return True

    def decide(self, day: dt.date) -> None:
        for decision, bar in list(Decisions(self.book.evaluation, day).due()):
            assert bar is None
            self.record([Draft(decision.fact)])

    def hear(self, name: Name, content: bytes, day: dt.date) -> bool:
        """Take a message that has come; tells whether it was known."""
        evaluation = self.book.evaluation
        channels = channels_of(evaluation.exchanged)
        reception = Reception(
            self.we,
            evaluation.exchanged,
            channels,
            day,
            lambda _text, _sig: FINGERPRINT,
            installed(),
        )
        found = authentic(Incoming(name, content, b"signed"), reception)
        if isinstance(found, Refused):
            assert found.code in ("known", "gap"), found
            return found.code == "known"
        talk = Conversation(self.book, channels, self.kept.get)
        spoken, before = talk.spoken(self.other), talk.last_date(self.other)
        receipt = received(self.book, found, spoken, day, before)
        self.kept[name] = content
        self.record(receipt.drafts)
        return False

    def speak(self, day: dt.date, *, again: bool) -> list[tuple[Name, bytes]]:
        """What goes out, new or again."""
        channels = channels_of(self.book.evaluation.exchanged)
        talk = Conversation(self.book, channels, self.kept.get)
        assert not list(talk.differing(self.other))
        out = outgoing(self.book, self.other, channels, talk.spoken(self.other), day)
        numbers = set(out.again)
        last = channels.last_number(self.we, self.other)
        if again and last:
            numbers.add(last)
        for message in out.new:
            content, name = text_of(message).encode(), message.header.name
            self.kept[name] = content
            self.record([Draft(recorded(name, content, message.facts, day))])
            numbers.add(name[2])
        names = [(self.we, self.other, number) for number in sorted(numbers)]
        return [(name, self.kept[name]) for name in names]

    def stands(self) -> list[tuple[str, ...]]:
        """What every voucher has come to: state, amounts, dates."""
        return [
            (voucher.id, *map(str, _standing(voucher.status)))
            for _, voucher in sorted(self.book.evaluation.vouchers.items())
        ]


def _standing(status: object) -> list[object]:
    names = ("state", "held", "settled", "released", "accepted", "applied", "closed", "reason")
    return [getattr(status, name) for name in names]


class Story:
    """Two banks, some vouchers, some weeks, and a network that cannot be relied on."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311
        self.day = dt.date(2026, 3, 2)
        self.first, self.second = Server.opened("Iss", "Acc"), Server.opened("Acc", "Iss")
        self.carried: dict[str, list[tuple[Name, bytes]]] = {"Iss": [], "Acc": []}
        self.steps: list[str] = []

    def live(self, weeks: int = 6) -> None:
        """Let clerks, the issuer's run and the network do what they do."""
        vouchers = [f"V-{number}" for number in range(1, self.random.randint(2, 4))]
        for voucher in vouchers:
            assert self.first.clerk_says(issue(voucher, funding='"cash"'))
        for _ in range(weeks * 7):
            for voucher in vouchers:
                self._clerks(voucher)
            self._turn(self.first, heals=False)
            self._turn(self.second, heals=False)
            self.day += _DAY
        before: list[tuple[int, int]] = []
        for _ in range(12):
            self._turn(self.first, heals=True)
            self._turn(self.second, heals=True)
            before.append((len(self.first.book.facts), len(self.second.book.facts)))
        assert before[-1] == before[-4], (before, self.steps)

    def _clerks(self, voucher: str) -> None:
        if self.random.random() < 0.2:
            kind = self.random.choice(["accept", "apply", "return", "surrender", "reject"])
            more = {"by": '"Ins"'} if kind in ("apply", "return") else {}
            date = self.day - _DAY * self.random.choice([0, 0, 0, 1, 2])
            if self.second.clerk_says(event(kind, str(date), voucher=voucher, **more)):
                self.steps.append(f"{self.day} Acc: {kind} {voucher} of {date}")
        if self.random.random() < 0.05:
            kind, more = self.random.choice(
                [("void", {"reason": '"cancelled"'}), ("return", {"by": '"Ann"'})]
            )
            if self.first.clerk_says(event(kind, str(self.day), voucher=voucher, **more)):
                self.steps.append(f"{self.day} Iss: {kind} {voucher}")

    def _turn(self, server: Server, *, heals: bool) -> None:
        if not heals and self.random.random() < 0.3:
            return
        came, again = self.carried[server.we], False
        self.random.shuffle(came)
        waiting = [] if heals else [each for each in came if self.random.random() < 0.3]
        for name, content in sorted(each for each in came if each not in waiting):
            again = server.hear(name, content, self.day) or again
            self.steps.append(f"{self.day} {server.we} hears {name[2]}")
        self.carried[server.we] = waiting
        if server.we == "Iss":
            server.decide(self.day)
        for each in server.speak(self.day, again=again and not heals):
            times = 1 if heals else self.random.choice([0, 1, 1, 1, 2])
            self.carried[server.other] += [each] * times
            self.steps.append(f"{self.day} {server.we} says {each[0][2]} ({times} times)")

"""Credit lines that vouchers of other shards move, too.

A shard judges its vouchers as if every line were long enough, and says of each fact what it
needs of a line and how it moves it: an *action*. All actions of a line are then walked through
in the order of the facts, with the credit lines and repayments of the ledger between them. A
fact that finds another line than its shard has thought is judged again, by the line that it
really finds; what its voucher does to lines later on is left out until then. Nothing changes any
more once every fact was judged by the line that it found: that is what one machine would say,
since facts depend on what comes before them only.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.money import exact
from beancount_voucher.directives.schema import RANK
from beancount_voucher.lifecycle.credit_lines import CreditLine, CreditLines, Pair

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beancount_voucher.directives.facts import Fact

Turn = tuple[str, int, tuple[str, ...]]
"""When a fact has its turn: date, rank of its kind, subject. No two that count have the same."""


class Move(NamedTuple):
    """How an event moves a credit line.

    Attributes:
        frozen: what more is frozen.
        drawn: what more is drawn.
        freed: the day on which, for the day after, ``frozen`` is released; None for other moves.
    """

    frozen: Decimal
    drawn: Decimal
    freed: str | None = None

    def on(self, line: CreditLine) -> None:
        """Move a line."""
        if self.freed is not None:
            line.free(dt.date.fromisoformat(self.freed), -self.frozen)
            return
        line.frozen += self.frozen
        line.drawn += self.drawn


class Action(NamedTuple):
    """What one fact asks of a line, and does to it.

    Attributes:
        turn: when.
        pair: whose line.
        needed: how much of it the fact needs; None: it asks nothing.
        moves: what it does, in order.
    """

    turn: Turn
    pair: Pair
    needed: Decimal | None
    moves: tuple[Move, ...]

    @property
    def voucher(self) -> str:
        """Whose fact it is."""
        return self.turn[2][0]


@dataclass(frozen=True, slots=True)
class Seen:
    """A line as a fact finds it, told to the shard of its voucher.

    Attributes:
        pair: whose line.
        line: how it stands.
    """

    pair: Pair
    line: tuple[str, str, str, tuple[str, str] | None]

    @classmethod
    def of(cls, pair: Pair, line: CreditLine) -> Seen:
        """What is seen of a line, to the last digit."""
        freed = line.freed and (line.freed[0].isoformat(), str(line.freed[1]))
        return cls(pair, (str(line.limit), str(line.frozen), str(line.drawn), freed))

    def made(self) -> CreditLine:
        """The line."""
        limit, frozen, drawn, freed = self.line
        since = freed and (dt.date.fromisoformat(freed[0]), Decimal(freed[1]))
        return CreditLine(Decimal(limit), Decimal(frozen), Decimal(drawn), since)


Known = dict[Turn, Seen]
"""The lines that facts are known to find."""


def turn_of(fact: Fact) -> Turn:
    """When a fact has its turn."""
    return fact.date.isoformat(), RANK[fact.kind], fact.subject


_LONG = CreditLine(limit=Decimal(10) ** 60, drawn=Decimal(10) ** 50)
"""A line that is long enough for everything, and of which more is drawn than anybody repays."""


@dataclass(slots=True)
class _Asked:
    pair: Pair
    needed: Decimal | None = None
    moved: list[CreditLine] = field(default_factory=list)


class ShardLines(CreditLines):
    """The lines of a shard: as facts are known to find them, else long enough."""

    def __init__(self, known: Mapping[Turn, Seen]) -> None:
        super().__init__()
        self._known = known
        self._asked: dict[Turn, _Asked] = {}

    def asked(self, pair: Pair, fact: Fact, needed: Decimal) -> CreditLine:
        """The line as the fact is known to find it, else one that is long enough."""
        turn = turn_of(fact)
        self._asked.setdefault(turn, _Asked(pair)).needed = needed
        seen = self._known.get(turn)
        return replace(_LONG) if seen is None or seen.pair != pair else seen.made()

    def moving(self, pair: Pair, fact: Fact) -> CreditLine:
        """A line of nothing, on which can be read how it is moved."""
        line = CreditLine()
        self._asked.setdefault(turn_of(fact), _Asked(pair)).moved.append(line)
        return line

    def actions(self) -> Iterator[Action]:
        """What was asked and done, in no particular order."""
        for turn, asked in self._asked.items():
            yield Action(turn, asked.pair, asked.needed, tuple(map(_move, asked.moved)))


def _move(line: CreditLine) -> Move:
    return Move(line.frozen, line.drawn, line.freed and line.freed[0].isoformat())


class JoinedLines(CreditLines):
    """All lines of a ledger, walked through by the facts that belong to no shard.

    Attributes:
        changed: the lines that facts find, where their shards have thought of others.
    """

    def __init__(self, actions: Iterable[Action], known: Mapping[Turn, Seen]) -> None:
        super().__init__()
        self._known = known
        self._waiting: dict[Pair, list[Action]] = defaultdict(list)
        self._doubtful: dict[str, Turn] = {}
        self.changed: Known = {}
        for action in actions:
            self._waiting[action.pair].append(action)
        for waiting in self._waiting.values():
            waiting.sort(key=_turn, reverse=True)  # what comes next is last

    def asked(self, pair: Pair, fact: Fact, needed: Decimal) -> CreditLine:  # noqa: ARG002
        """The line after everything that comes before the fact."""
        return self._until(pair, turn_of(fact))

    @exact
    def finish(self) -> None:
        """Walk through all that is left."""
        for pair in list(self._waiting):
            self._until(pair, None)

    def _until(self, pair: Pair, end: Turn | None) -> CreditLine:
        line, waiting = self.get(pair), self._waiting.get(pair, [])
        while waiting and (end is None or waiting[-1].turn < end):
            self._take(waiting.pop(), line)
        return line

    def _take(self, action: Action, line: CreditLine) -> None:
        since = self._doubtful.get(action.voucher)
        if since is not None and since <= action.turn:
            return
        if action.needed is not None and not self._was_right(action, line):
            self.changed[action.turn] = Seen.of(action.pair, line)
            self._doubtful[action.voucher] = action.turn
            return
        for move in action.moves:
            move.on(line)

    def _was_right(self, action: Action, line: CreditLine) -> bool:
        """Whether the shard has judged the fact by the line that it finds."""
        seen = self._known.get(action.turn)
        if seen is not None and seen.pair == action.pair:
            return seen == Seen.of(action.pair, line)
        return _is_long_enough(action, line)


def _turn(action: Action) -> Turn:
    return action.turn


def _is_long_enough(action: Action, line: CreditLine) -> bool:
    assert action.needed is not None
    rank = action.turn[1]
    if rank == RANK["issue"]:
        return action.needed <= line.available
    if rank == RANK["refund"]:
        return action.needed <= line.drawn
    zero = action.needed - action.needed
    return action.needed <= max(line.available_on(dt.date.fromisoformat(action.turn[0])), zero)


# --- As text ----------------------------------------------------------------------------


def action_text(action: Action) -> list[Any]:
    """An action as JSON has it."""
    moves = [[str(each.frozen), str(each.drawn), each.freed] for each in action.moves]
    needed = None if action.needed is None else str(action.needed)
    return [*action.turn, action.pair, needed, moves]


def action_of(text: list[Any]) -> Action:
    """The action again."""
    date, rank, subject, pair, needed, moves = text
    made = tuple(Move(Decimal(frozen), Decimal(drawn), freed) for frozen, drawn, freed in moves)
    number = None if needed is None else Decimal(needed)
    return Action((date, rank, tuple(subject)), tuple(pair), number, made)


def known_text(known: Mapping[Turn, Seen]) -> list[Any]:
    """What facts are known to find, as JSON has it, in their order."""
    return [[*turn, seen.pair, seen.line] for turn, seen in sorted(known.items(), key=_first)]


def known_of(texts: Iterable[list[Any]]) -> Known:
    """The same again."""
    return {
        (date, rank, tuple(subject)): Seen(
            tuple(pair), (line[0], line[1], line[2], line[3] and tuple(line[3]))
        )
        for date, rank, subject, pair, line in texts
    }


def _first(item: tuple[Turn, Seen]) -> Turn:
    return item[0]

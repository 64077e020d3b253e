"""One line of a bank: which rules were tried on it, and what each of them found.

Told from the result: what a line names, what else bears that name or amount, and what has
become of that. The reasons are those of ``match_rules``, in the words of whoever
asks why a line is not matched, or why it is.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import counted
from beancount_voucher.reconciliation.matching import is_candidate, may_match
from beancount_voucher.reconciliation.unique_pairs import DOUBT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beancount_voucher.reconciliation.items import AccountLine, Item, Match, Movement
    from beancount_voucher.reconciliation.results import Reconciliation

_TOLD = 3
"""How many are told where several come into question."""


class Step(NamedTuple):
    """What came of a rule.

    Attributes:
        rule: its name, or at the end the reason why the line is open.
        outcome: ``matched``, ``no``, ``not tried`` or ``open``.
        text: what was found.
    """

    rule: str
    outcome: str
    text: str


def explained(found: Reconciliation, line: AccountLine) -> list[Step]:
    """What each rule found of a line, in order, and why it is open, if it is.

    Args:
        found: the reconciliation.
        line: one of its lines.
    """
    view = _View(found, line)
    match = view.match_of.get(line)
    steps: list[Step] = []
    for rule in view.rules(match):
        if match is not None and rule == match.rule:
            steps.append(Step(rule, "matched", _sides(match, line)))
        elif steps and steps[-1].outcome != "no":
            steps.append(Step(rule, "not tried", ""))
        else:
            steps.append(Step(rule, "no", view.why_not[rule]()))
    items = [item for item in found.items if line in item.lines]
    return [*steps, *(Step(item.reason, "open", _sides(item, line)) for item in items)]


def lines_of(found: Reconciliation, statement: str, entry: int) -> list[AccountLine]:
    """The lines that an entry has, one for each of its payments; none, if there is no such entry.

    Args:
        found: the reconciliation.
        statement: the statement's id, or its file; empty for any.
        entry: the number of the entry in its statement.
    """
    return [
        line
        for line in found.matching.named
        if line.line.position == entry
        and statement in ("", line.statement.id, line.statement.path.name, str(line.statement.path))
    ]


def _sides(found: Match | Item, line: AccountLine) -> str:
    """What belongs together with a line, and what else there is to say of it."""
    others = [_of_line(each) for each in found.lines if each is not line]
    others += [_of_movement(each) for each in found.movements]
    text = getattr(found, "text", "")
    return "; ".join([*([text] if text else []), *_some(others)])


def _some(texts: Iterable[str]) -> Iterator[str]:
    """The first of several, and how many more there are."""
    texts = list(texts)
    yield from texts[:_TOLD]
    if len(texts) > _TOLD:
        yield f"and {len(texts) - _TOLD} more"


def _of_line(line: AccountLine) -> str:
    return f"entry {line.line.position} of {line.date}, {Money(line.amount, line.currency)}"


def _of_movement(movement: Movement) -> str:
    name = movement.voucher or movement.text or str(movement.place)
    said = f"{name} of {movement.date}, {Money(movement.amount, movement.currency)}"
    return f"{said}, {movement.evidence}" if movement.evidence else said


class _View:
    """A line, and what of lines and movements bears on it."""

    def __init__(self, found: Reconciliation, line: AccountLine) -> None:
        self._line, self._matching = line, found.matching
        matches = [match for account in found.accounts for match in account.matches]
        self.match_of = {each: match for match in matches for each in match.lines}
        self._taken_by = {each: match for match in matches for each in match.movements}
        self._names = sorted(self._matching.named[line])
        self._money = Money(line.amount, line.currency)
        self.why_not: dict[str, Callable[[], str]] = {
            "reference": self._reference,
            "contra": self._contra,
            "batch": self._batch,
            "amount": self._amount,
        }

    def rules(self, match: Match | None) -> list[str]:
        """The rules as they are tried: what is taken back is looked for first."""
        first = match is not None and match.rule == "contra" and match.lines[1].line.takes_back
        return sorted(self.why_not, key=lambda rule: rule != "contra") if first else [*self.why_not]

    # --- Why a rule did not take it -------------------------------------------------------

    def _reference(self) -> str:
        if not self._names:
            return "it names nothing that the ledger knows"
        if len(self._names) > 1:
            return f"it names {', '.join(self._names)}: of several, none is matched alone"
        [name] = self._names
        named = [each for each in self._matching.given if name in each.references]
        here = [each for each in named if each.account == self._line.account]
        if here:
            return "; ".join(_some(f"{_of_movement(each)}: {self._bar(each)}" for each in here))
        others = [f"{each.account} has {_of_movement(each)}" for each in named]
        return "; ".join([f"nothing on this account moves under {name}", *_some(others)])

    def _bar(self, movement: Movement) -> str:
        """Why a movement of its reference is not the line's."""
        line, matching = self._line, self._matching
        taken = self._taken_by.get(movement)
        if movement in matching.options.proven:
            return "an earlier statement has proven it"
        if taken is not None:
            lines = ", ".join(_some(_of_line(each) for each in taken.lines))
            return f"matched with {lines}" if lines else "it brings a balance forward"
        if line.currency != movement.currency:
            return "another currency"
        if not matching.agrees(line, movement):
            return f"the amount differs by {line.amount - movement.amount}"
        if not matching.in_window(line, movement):
            return self._apart(movement)
        return "other lines or movements of this reference fit as well"

    def _apart(self, movement: Movement) -> str:
        return f"{counted(self._days(movement), 'business day')} apart"

    def _days(self, movement: Movement) -> int:
        return self._matching.days_apart(self._line, movement)

    def _contra(self) -> str:
        if len(self._names) != 1:
            return "it names no one thing alone"
        opposite = [
            each
            for each, names in self._matching.named.items()
            if sorted(names) == self._names
            and (each.account, each.currency) == (self._line.account, self._line.currency)
            and each.amount == -self._line.amount
        ]
        if not opposite:
            return f"no line of {self._names[0]} takes {self._money} back"
        told = ", ".join(_some(map(_of_line, opposite)))
        return f"{told}: nothing says that one takes the other back"

    def _batch(self) -> str:
        if len(self._names) > 1:
            return self._sum_of_names()
        line = self._line.line
        for key in filter(None, (line.batch, line.end_to_end, *line.references)):
            movements = [each for each in self._open() if key in (each.batch, *each.references)]
            if movements:
                total = Money(_total(movements), self._line.currency)
                return f"{key}: {counted(len(movements), 'movement')}, {total} in all"
        return "nothing open of the ledger shares a batch with it"

    def _sum_of_names(self) -> str:
        movements: dict[Movement, None] = {}
        for name in self._names:
            named = [each for each in self._open() if name in each.references]
            may = [each for each in named if self._days(each) <= DOUBT]
            if len(may) != 1:
                return f"{counted(len(may), 'movement')} of {name} within {DOUBT} business days"
            if not self._matching.in_window(self._line, may[0]):
                return f"{_of_movement(may[0])}: {self._apart(may[0])}"
            movements[may[0]] = None
        total = Money(_total(movements), self._line.currency)
        return f"{', '.join(self._names)} come to {total}"

    def _amount(self) -> str:
        if self._names:
            return f"what it names decides, {', '.join(self._names)}"
        line, matching = self._line, self._matching
        alike = [
            each
            for each in self._open()
            if each.amount == line.amount and is_candidate(matching, each)
        ]
        if not alike:
            return f"nothing of {self._money} is open in the ledger around these days"
        if not all(may_match(line, each) for each in alike):
            return f"its end-to-end id {line.line.end_to_end} may be that of another voucher"
        near = [each for each in alike if matching.in_window(line, each)]
        if not near:
            return "; ".join(_some(f"{_of_movement(each)}: {self._apart(each)}" for each in alike))
        if len(near) > 1:
            return "several fit: " + "; ".join(_some(map(_of_movement, near)))
        others = [f"the ledger's {_of_movement(each)}" for each in alike if each is not near[0]]
        others += [f"the bank's {_of_line(each)}" for each in self._open_lines()]
        doubt = f"{_of_movement(near[0])} fits, but within {DOUBT} business days there is also"
        return f"{doubt} {'; '.join(_some(others))}"

    def _open(self) -> Iterator[Movement]:
        """The movements of its account and currency that no statement has."""
        line, proven = self._line, self._matching.options.proven
        for each in self._matching.given:
            mine = (each.account, each.currency) == (line.account, line.currency)
            if mine and each not in self._taken_by and each not in proven:
                yield each

    def _open_lines(self) -> Iterator[AccountLine]:
        """The other lines of its account, currency and amount that are not matched."""
        line = self._line
        for each in self._matching.named:
            mine = (each.account, each.currency) == (line.account, line.currency)
            if (
                mine
                and each.amount == line.amount
                and each is not line
                and each not in self.match_of
            ):
                yield each


def _total(movements: Iterable[Movement]) -> Decimal:
    return sum((each.amount for each in movements), Decimal(0))

"""Settlement conditions (manual: conditions): what an issue may require, and how it is judged.

A condition is one metadata key of the issue. It is judged on a date, from what the
ledger says up to that date, and the answer is *met*, *unmet* with a reason, or
*waiting* until a date. Other packages add their own through the entry-point group
``beancount_voucher.conditions``: the entry point's name is the key
(``requires-weather``), and it loads to an object with the two methods of
:class:`Condition`.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections import defaultdict
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from beancount.core.data import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from beancount.core.data import Directive

__all__ = ("Case", "Condition", "EventDirectives", "Verdict")  # what other packages may use

ENTRY_POINTS = "beancount_voucher.conditions"
PREFIX = "requires-"

Outcome = Literal["met", "unmet", "waiting"]


class Verdict(NamedTuple):
    """The answer to one condition on one date."""

    outcome: Outcome
    reason: str


class Case(NamedTuple):
    """What a condition may look at.

    Attributes:
        date: the day of the judgement.
        premium: the whole amount of the voucher.
        applied: the amount of the application that stands; None if there is none.
        settling: the amount that would be settled; None if there is no application.
        evidence: ``policy``, ``code`` and ``document`` of that application.
        signals: the ledger's ``event`` directives.
    """

    date: dt.date
    premium: Decimal
    applied: Decimal | None
    settling: Decimal | None
    evidence: Mapping[str, str]
    signals: EventDirectives


class Condition(Protocol):
    """What the object behind an entry point of ``beancount_voucher.conditions`` has."""

    def expected(self, value: object) -> str | None:
        """What the metadata value should have been, or None if it is as it should be."""
        ...

    def judge(self, value: Any, case: Case) -> Verdict:  # noqa: ANN401
        """The verdict for a value that ``expected`` found right."""
        ...


class EventDirectives:
    """The ledger's ``event`` directives, to be asked for the latest value of a name."""

    def __init__(self, entries: Iterable[Directive] = ()) -> None:
        by_name: dict[str, dict[dt.date, set[str]]] = defaultdict(lambda: defaultdict(set))
        for entry in entries:
            if isinstance(entry, Event):
                by_name[entry.type][entry.date].add(entry.description)
        self._by_name = {
            name: sorted((date, frozenset(values)) for date, values in days.items())
            for name, days in by_name.items()
        }

    def latest(self, name: str, date: dt.date) -> tuple[dt.date, frozenset[str]] | None:
        """The last day up to ``date`` on which the event was recorded, and what it said.

        More than one value means that the ledger contradicts itself on that day: the
        order of lines must not decide about money.
        """
        return next(
            (known for known in reversed(self._by_name.get(name, [])) if known[0] <= date), None
        )


class RequiresPolicy:
    """``requires-policy: TRUE``: the application names a policy."""

    def expected(self, value: object) -> str | None:
        """Only TRUE; to require none, the key is left out."""
        return None if value is True else "TRUE, or no such key"

    def judge(self, _value: object, case: Case) -> Verdict:
        """Met when there is a ``policy``."""
        return _named(case, "policy")


class RequiresDocument(RequiresPolicy):
    """``requires-document: TRUE``: the application names a document."""

    def judge(self, _value: object, case: Case) -> Verdict:
        """Met when there is a ``document``; whether it exists is for the command to check."""
        return _named(case, "document")


class RequiresAmount:
    """``requires-amount: "exact"``: application and settlement are for the whole premium."""

    def expected(self, value: object) -> str | None:
        """Only "exact"."""
        right = isinstance(value, str) and value == "exact"  # an Amount raises if compared
        return None if right else '"exact"'

    def judge(self, _value: object, case: Case) -> Verdict:
        """Met when nothing of the premium would be left."""
        if case.applied is None:
            return Verdict("unmet", "there is no application")
        for what, amount in (("applied for", case.applied), ("to be settled", case.settling)):
            if amount != case.premium:
                return Verdict("unmet", f"{amount} of {case.premium} is {what}")
        return Verdict("met", f"the whole premium of {case.premium} is applied for")


class RequiresEvent:
    """``requires-event: "order-1=delivered; order-2=delivered"``: events with these values."""

    def expected(self, value: object) -> str | None:
        """Pairs of name and value."""
        well_formed = isinstance(value, str) and all(
            name and wanted for name, wanted in self.pairs(value)
        )
        return None if well_formed else '"name=value", or several with semicolons between'

    @staticmethod
    def pairs(value: str) -> list[tuple[str, str]]:
        """The events that a value names, each with what it must say."""
        clauses = (clause.partition("=") for clause in value.split(";"))
        return [(name.strip(), wanted.strip()) for name, _, wanted in clauses]

    def judge(self, value: str, case: Case) -> Verdict:
        """Met when, for each, the latest event up to the date has that value."""
        missing, seen = [], []
        for name, wanted in self.pairs(value):
            latest = case.signals.latest(name, case.date)
            if latest is None:
                missing.append(f'there is no event "{name}"')
            elif latest[1] == {wanted}:
                seen.append(f'"{name}" is "{wanted}" since {latest[0]}')
            else:
                said = '" and "'.join(sorted(latest[1]))
                missing.append(f'event "{name}" is "{said}" since {latest[0]}, not "{wanted}"')
        return Verdict("unmet", ", ".join(missing)) if missing else Verdict("met", ", ".join(seen))


class RequiresCode:
    """``requires-code: "sha256:<64 hex>"``: the application's code hashes to it."""

    def expected(self, value: object) -> str | None:
        """A SHA-256 digest in hexadecimal."""
        right = isinstance(value, str) and re.fullmatch(r"sha256:[0-9a-fA-F]{64}", value)
        return None if right else '"sha256:" and 64 hexadecimal digits'

    def judge(self, value: str, case: Case) -> Verdict:
        """Met when the SHA-256 of the code's UTF-8 bytes is the digest."""
        named = _named(case, "code")
        if named.outcome != "met":
            return named
        digest = hashlib.sha256(case.evidence["code"].encode()).hexdigest()
        if digest != value.removeprefix("sha256:").lower():
            return Verdict("unmet", "the code of the application is not the required one")
        return Verdict("met", "the code of the application is the required one")


class NotBefore:
    """``not-before: 2026-03-20``: a cooling-off period, waiting until that date."""

    def expected(self, value: object) -> str | None:
        """A date."""
        return None if isinstance(value, dt.date) else "a date"

    def judge(self, value: dt.date, case: Case) -> Verdict:
        """Met from the date on; the only built-in condition that waits."""
        if case.date < value:
            return Verdict("waiting", f"not before {value}")
        return Verdict("met", f"{value} is reached")


def _named(case: Case, evidence: str) -> Verdict:
    if case.applied is None:
        return Verdict("unmet", "there is no application")
    named = case.evidence.get(evidence)
    if named is None:
        return Verdict("unmet", f"the application names no {evidence}")
    return Verdict("met", f"the application names {evidence} {named}")


BUILT_IN: dict[str, Condition] = {
    "requires-policy": RequiresPolicy(),
    "requires-amount": RequiresAmount(),
    "requires-document": RequiresDocument(),
    "requires-event": RequiresEvent(),
    "requires-code": RequiresCode(),
    "not-before": NotBefore(),
}

NO_EVENTS = EventDirectives()


class ThirdPartyCondition:
    """A condition of another package, kept from raising into the books.

    A condition that fails to answer is unmet: money is not paid on an exception.
    """

    def __init__(self, name: str, condition: Condition) -> None:
        self._name = name
        self._condition = condition

    def expected(self, value: object) -> str | None:
        """As the other package says, or its failure."""
        try:
            expected = self._condition.expected(value)
            return None if expected is None else str(expected)
        except Exception as error:  # noqa: BLE001
            return f"a value that {self._name} can read ({type(error).__name__}: {error})"

    def judge(self, value: object, case: Case) -> Verdict:
        """As the other package says, or unmet with its failure."""
        try:
            answer: object = self._condition.judge(value, case)
            if isinstance(answer, Verdict) and answer.outcome in ("met", "unmet", "waiting"):
                return Verdict(answer.outcome, str(answer.reason))
            return Verdict("unmet", f"it was answered with {answer!r}")
        except Exception as error:  # noqa: BLE001
            return Verdict("unmet", f"it could not be judged ({type(error).__name__}: {error})")


@cache
def installed() -> dict[str, Condition]:
    """The built-in conditions and those of installed packages, by metadata key.

    Cached: what is installed does not change while a process runs. A package that
    fails to load is left out, so that its key is unknown and nothing is settled by it.
    A built-in key cannot be replaced.
    """
    others: dict[str, Condition] = {}
    for point in entry_points(group=ENTRY_POINTS):
        if point.name.startswith(PREFIX):
            try:
                others[point.name] = ThirdPartyCondition(point.name, point.load())
            except Exception:  # noqa: BLE001, S112
                continue
    return others | BUILT_IN


def is_condition_key(key: str) -> bool:
    """Whether a metadata key is, or claims to be, a settlement condition."""
    return key.startswith(PREFIX) or key in BUILT_IN

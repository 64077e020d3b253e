"""Settlement conditions (manual: conditions): what an issue may require, and how it is judged.

A condition is one metadata key of the issue. It is judged on a date, from what the
ledger says up to that date, and the answer is *met*, *unmet* with a reason, or
*waiting* until a date. Each is one class here, and there is no second list: the command
makes its options of them, the page shows their evidence, ``review`` the events that they
look at, and the first line of a class's docstring is its row in the manual.

Other packages add their own through the entry-point group ``beancount_voucher.conditions``:
the entry point's name is the key (``requires-weather``), and it loads to an object with the
methods ``expected`` and ``judge`` of :class:`Condition`; the rest has defaults.
"""

from __future__ import annotations

import hashlib
import re
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from beancount.core.data import ALL_DIRECTIVES, Event

from beancount_voucher.directives.schema import CONDITION_PREFIX, DIRECTIVES, EvidenceKey, Kind
from beancount_voucher.directives.values import HAS_FORM

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from decimal import Decimal

    from beancount.core.data import Custom, Directive

__all__ = (
    "Case",
    "Condition",
    "EventDirectives",
    "EvidenceKey",
    "Kind",
    "Verdict",
)  # what other packages may use

ENTRY_POINTS = "beancount_voucher.conditions"

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
        evidence: what that application names: ``policy``, ``code``, ``document``, and the keys
            that conditions of other packages ask for.
        signals: the ledger's ``event`` directives.
        application: the directive of that application, if it stands in the ledger.
        voucher: the voucher's id.
        parties: policyholder, issuer, acceptor and insurer, each a party's id.
        product: what is insured, if the issue says so.
        currency: of the amounts.
        cover_start: the first covered day, if the issue says so.
        cover_end: the last, likewise.
    """

    date: dt.date
    premium: Decimal
    applied: Decimal | None
    settling: Decimal | None
    evidence: Mapping[str, Any]
    signals: EventDirectives
    application: Custom | None = None
    voucher: str = ""
    parties: Mapping[str, str] = MappingProxyType({})
    product: str | None = None
    currency: str = ""
    cover_start: dt.date | None = None
    cover_end: dt.date | None = None


class Condition(ABC):
    """One settlement condition: all that the program asks of it.

    Attributes:
        key: the metadata key.
        meaning: a line for the command's help.
        form: the type of the value, from which the type of the command's option follows:
            ``FLAG``, ``DATE``, ``TEXT``, or ``ANY`` where nobody but the condition knows.
        evidence_keys: the metadata keys of an application that are its own, beside policy, code
            and document: ``apply`` takes them as options.
    """

    key: str
    meaning: str = "Condition of another package: TRUE, a day, or a text."
    form: Kind = Kind.ANY
    evidence_keys: Mapping[str, EvidenceKey] = MappingProxyType({})

    def expected(self, value: object) -> str | None:
        """What the metadata value should have been, or None if it is as it should be."""
        return None if HAS_FORM[self.form](value) else str(self.form)

    @abstractmethod
    def judge(self, value: Any, case: Case) -> Verdict:  # noqa: ANN401
        """The verdict for a value that ``expected`` found right."""

    def evidence(self, _value: Any, case: Case) -> Iterable[Directive]:  # noqa: ANN401
        """The directives that it is judged by: the application, unless it says otherwise."""
        return () if case.application is None else (case.application,)

    def events(self, _value: Any) -> Iterable[str]:  # noqa: ANN401
        """The names of the ledger's ``event``s that it looks at: none, unless it says so."""
        return ()


class EventDirectives:
    """The ledger's ``event`` directives, to be asked for the latest value of a name."""

    def __init__(self, entries: Iterable[Directive] = ()) -> None:
        by_name: dict[str, dict[dt.date, list[Event]]] = defaultdict(lambda: defaultdict(list))
        for entry in entries:
            if isinstance(entry, Event):
                by_name[entry.type][entry.date].append(entry)
        self._by_name = {name: sorted(days.items()) for name, days in by_name.items()}

    def days(self, name: str) -> list[dt.date]:
        """The days on which the event was recorded."""
        return [date for date, _ in self._by_name.get(name, ())]

    def latest(self, name: str, date: dt.date) -> tuple[dt.date, frozenset[str]] | None:
        """The last day up to ``date`` on which the event was recorded, and what it said.

        More than one value means that the ledger contradicts itself on that day: the
        order of lines must not decide about money.
        """
        recorded = self.recorded(name, date)
        if not recorded:
            return None
        return recorded[0].date, frozenset(entry.description for entry in recorded)

    def recorded(self, name: str, date: dt.date) -> list[Event]:
        """The ``event``s of that last day, in the order of the ledger; none if there is no day."""
        days = reversed(self._by_name.get(name, []))
        return next((recorded for day, recorded in days if day <= date), [])


class JudgedElsewhere(Condition):
    """A condition that a message brought and no package here knows: its issuer judges it."""

    key = ""

    def judge(self, _value: object, _case: Case) -> Verdict:
        """Waiting for whoever can tell."""
        return Verdict("waiting", "no installed package knows it: it is for the issuer to judge")


class RequiresPolicy(Condition):
    """``requires-policy: TRUE``: the application names a `policy`."""

    key = "requires-policy"
    meaning = "Condition: the application names a policy."
    form = Kind.FLAG

    def judge(self, _value: object, case: Case) -> Verdict:
        """Met when there is a ``policy``."""
        return _named(case, "policy")


class RequiresAmount(Condition):
    """``requires-amount: "exact"``: application and settlement are for the whole premium."""

    key = "requires-amount"
    meaning = "Condition: exact, for the whole premium."
    form = Kind.TEXT

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


class RequiresDocument(Condition):
    """``requires-document: TRUE``: the application names a `document`."""

    key = "requires-document"
    meaning = "Condition: the application names a document."
    form = Kind.FLAG

    def judge(self, _value: object, case: Case) -> Verdict:
        """Met when there is a ``document``; whether it exists is for the command to check."""
        return _named(case, "document")


class RequiresEvent(Condition):
    """``requires-event: "order-5=delivered; …"``: the latest `event` of each name has that value.

    It is Beancount's ``event``, the latest up to the date; a day that says two things meets
    nothing.
    """

    key = "requires-event"
    meaning = "Condition: order-1=delivered, or several with semicolons."
    form = Kind.TEXT

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
                values = '" and "'.join(sorted(latest[1]))
                missing.append(f'event "{name}" is "{values}" since {latest[0]}, not "{wanted}"')
        return Verdict("unmet", ", ".join(missing)) if missing else Verdict("met", ", ".join(seen))

    def evidence(self, value: str, case: Case) -> Iterable[Directive]:
        """The last ``event`` of each name, by day."""
        recorded = [case.signals.recorded(name, case.date) for name in self.events(value)]
        return sorted((each[-1] for each in recorded if each), key=lambda entry: entry.date)

    def events(self, value: str) -> Iterable[str]:
        """Those that the value names."""
        return dict.fromkeys(name for name, _ in self.pairs(value))


class RequiresCode(Condition):
    """``requires-code: "sha256:<64 hex>"``: the application's `code` hashes to it."""

    key = "requires-code"
    meaning = "Condition: sha256: and 64 hexadecimal digits."
    form = Kind.TEXT

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


class NotBefore(Condition):
    """``not-before: 2026-03-20``: that date is reached; it waits until then."""

    key = "not-before"
    meaning = "Condition: a cooling-off period until this day."
    form = Kind.DATE

    def judge(self, value: dt.date, case: Case) -> Verdict:
        """Met from the date on; the only built-in condition that waits."""
        if case.date < value:
            return Verdict("waiting", f"not before {value}")
        return Verdict("met", f"{value} is reached")

    def evidence(self, _value: object, _case: Case) -> Iterable[Directive]:
        """Nothing but the calendar."""
        return ()


def _named(case: Case, evidence: str) -> Verdict:
    if case.applied is None:
        return Verdict("unmet", "there is no application")
    named = case.evidence.get(evidence)
    if named is None:
        return Verdict("unmet", f"the application names no {evidence}")
    return Verdict("met", f"the application names {evidence} {named}")


_ELSEWHERE = JudgedElsewhere()

BUILT_IN: dict[str, Condition] = {
    each.key: each
    for each in (
        RequiresPolicy(),
        RequiresAmount(),
        RequiresDocument(),
        RequiresEvent(),
        RequiresCode(),
        NotBefore(),
    )
}
"""Those of this package, by their key."""

NO_EVENTS = EventDirectives()


class ThirdPartyCondition(Condition):
    """A condition of another package, kept from raising into the books.

    A condition that fails to answer is unmet: money is not paid on an exception.
    """

    def __init__(self, key: str, condition: Any) -> None:  # noqa: ANN401
        self.key = key
        self.meaning = str(getattr(condition, "meaning", self.meaning))
        form = getattr(condition, "form", None)
        self.form = form if isinstance(form, Kind) else Kind.ANY
        self._condition = condition
        self.evidence_keys = _own_keys(getattr(condition, "evidence_keys", None))

    def expected(self, value: object) -> str | None:
        """As the other package says, or its failure."""
        try:
            expected = self._condition.expected(value)
            return None if expected is None else str(expected)
        except Exception as error:  # noqa: BLE001
            return f"a value that {self.key} can read ({type(error).__name__}: {error})"

    def judge(self, value: object, case: Case) -> Verdict:
        """As the other package says, or unmet with its failure."""
        try:
            answer: object = self._condition.judge(value, case)
            if isinstance(answer, Verdict) and answer.outcome in ("met", "unmet", "waiting"):
                return Verdict(answer.outcome, str(answer.reason))
            return Verdict("unmet", f"it was answered with {answer!r}")
        except Exception as error:  # noqa: BLE001
            return Verdict("unmet", f"it could not be judged ({type(error).__name__}: {error})")

    def evidence(self, value: object, case: Case) -> Iterable[Directive]:
        """As the other package says, as far as it names directives; or the application."""
        try:
            named = list(self._condition.evidence(value, case))
        except Exception:  # noqa: BLE001
            return super().evidence(value, case)
        return [each for each in named if isinstance(each, ALL_DIRECTIVES)]

    def events(self, value: object) -> Iterable[str]:
        """As the other package says, or none."""
        try:
            return list(map(str, self._condition.events(value)))
        except Exception:  # noqa: BLE001
            return []


_KEY = re.compile(r"[a-z][a-z0-9_-]+")
# fmt: off
_TAKEN = frozenset((
    "voucher", "filename", "lineno", "date", "id", "amount", "number", "like", "pattern",
    "batch", "words", "output", "write", "diff", "file", "format", "help", "effective",
    "reopen", "anyway",
))
# fmt: on
"""What means something else on a directive, or is another option of the command."""

_FORMS = (Kind.TEXT, Kind.DATE, Kind.COUNT, Kind.AMOUNT, Kind.FLAG, Kind.ANY)


def _own_keys(named: object) -> Mapping[str, EvidenceKey]:
    """The keys that another package names, as far as they can be keys of an application."""
    if not isinstance(named, Mapping):
        return {}
    return {
        key: EvidenceKey(each.form, str(each.meaning))
        for key, each in named.items()
        if isinstance(key, str) and isinstance(each, EvidenceKey) and _may_name(key, each)
    }


def _may_name(key: str, each: EvidenceKey) -> bool:
    return (
        _KEY.fullmatch(key) is not None
        and key not in {*DIRECTIVES["apply"].keys, *_TAKEN}
        and not key.startswith((CONDITION_PREFIX, "note", "document"))
        and each.form in _FORMS
    )


@cache
def installed() -> dict[str, Condition]:
    """The built-in conditions and those of installed packages, by metadata key.

    Cached: what is installed does not change while a process runs. A package that
    fails to load is left out, so that its key is unknown and nothing is settled by it.
    A built-in key cannot be replaced.
    """
    others: dict[str, Condition] = {}
    for point in entry_points(group=ENTRY_POINTS):
        if point.name.startswith(CONDITION_PREFIX):
            try:
                others[point.name] = ThirdPartyCondition(point.name, point.load())
            except Exception:  # noqa: BLE001, S112
                continue
    return _Installed(others | BUILT_IN)


class _Installed(dict[str, Condition]):
    """A key that nobody knows is in no ledger but by a message, and judged elsewhere."""

    def __missing__(self, key: str) -> Condition:
        return _ELSEWHERE


def is_condition_key(key: str) -> bool:
    """Whether a metadata key is, or claims to be, a settlement condition."""
    return key.startswith(CONDITION_PREFIX) or key in BUILT_IN

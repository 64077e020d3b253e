"""Text to facts: Beancount's ``custom`` entries become typed, well-formed facts.

Only the form is judged here (contract, section 2): the directive, its values, its
metadata. Whether a fact may happen is for ``life``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import regex
from beancount.core import account
from beancount.core.amount import Amount
from beancount.core.data import Custom

from beancount_voucher.accounts import ROLES, Names, clash, template_fault
from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives import (
    ACCOUNT_ROLES,
    CONDITIONS,
    DIRECTIVES,
    EVENTS,
    LATER,
    OPTIONS,
    PARTY_ROLES,
    PREFIX,
    RANK,
    REASONS,
    RULES,
    Kind,
    Slot,
)
from beancount_voucher.forms import FORMS, same_person, same_value
from beancount_voucher.money import Money
from beancount_voucher.positions import CLAIMED, SEEN, Sources
from beancount_voucher.problems import Problem, quoted
from beancount_voucher.tuples import new

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

    from beancount_voucher.conditions import Condition
    from beancount_voucher.directives import Directive
    from beancount_voucher.problems import Place

VOUCHER_ID = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,34}")
_PARTY_ID = regex.compile(account.ACC_COMP_NAME_RE)

_SET_BY_PROGRAMS = ("filename", "lineno", SEEN)
_SAYS_NOTHING = ("note", "document", "__")  # the last are of plugins


class Fact(NamedTuple):
    """One well-formed voucher directive.

    Attributes:
        kind: the directive's name without ``voucher-``.
        date: its date.
        ids: its leading values: voucher id; party ids; party and role; option and value.
        amount: its amount, if it has one.
        terms: the metadata that the directive knows, as written.
        place: where it stands.
        entry: the Beancount directive that it was read from; None for one not yet written.
    """

    kind: str
    date: dt.date
    ids: tuple[str, ...]
    amount: Money | None
    terms: Mapping[str, Any]
    place: Place
    entry: Custom | None = None

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about: directives of one kind, day and subject must agree."""
        size = DIRECTIVES[self.kind].subject_size
        if size == 1 or self.amount is None:
            return self.ids[:size]
        return (*self.ids[:size], self.amount.currency)

    def is_about_the_same(self, other: Fact) -> bool:
        """Whether both are of one kind, day and subject, so that they must agree."""
        return (
            self.ids[0] == other.ids[0]
            and self.kind == other.kind
            and self.date == other.date
            and self.subject == other.subject
        )

    def says_the_same(self, other: Fact) -> bool:
        """Whether two directives about one subject agree, notes aside."""
        return (self.ids, self.amount, self.terms.keys()) == (
            other.ids,
            other.amount,
            other.terms.keys(),
        ) and all(same_value(value, other.terms[key]) for key, value in self.terms.items())

    def problem(self, code: str, wrong: str, expected: str) -> Problem:
        """This fact breaks a rule."""
        return Problem(code, self.place, wrong, expected, self.entry)


@dataclass(frozen=True, slots=True)
class Reading:
    """Facts in the order in which they count, and what could not be read."""

    facts: list[Fact]
    problems: list[Problem]


def is_voucher_directive(entry: Entry) -> bool:
    """Whether the entry is ours to understand, or to refuse."""
    return isinstance(entry, Custom) and entry.type.startswith(PREFIX)


def is_party_id(text: str) -> bool:
    """Whether a text can be a party's id: a component of a Beancount account."""
    return _PARTY_ID.fullmatch(text) is not None


def voucher_named(entry: Custom) -> str | None:
    """The voucher that a directive is about, also if the rest of it is wrong."""
    if entry.type.removeprefix(PREFIX) not in EVENTS or not entry.values:
        return None
    value = entry.values[0].value
    return value if isinstance(value, str) and VOUCHER_ID.fullmatch(value) else None


def read(
    entries: Iterable[Entry],
    names: Names,
    conditions: Mapping[str, Condition],
    sources: Sources | None = None,
) -> Reading:
    """Read every voucher directive of a ledger.

    Args:
        entries: Beancount's entries, in any order.
        names: the ledger's root account names.
        conditions: the known settlement conditions by key.
        sources: the ledger's files, to tell a position that metadata replaced.

    Returns:
        The facts in the contract's order (date, kind, subject; then file and line), and a
        problem for each directive that is no fact.
    """
    reader = _Reader(names, conditions, sources or Sources())
    facts: list[Fact] = []
    problems: list[Problem] = []
    for entry in entries:
        if isinstance(entry, Custom) and entry.type.startswith(PREFIX):
            read_one = reader.read(entry)
            if isinstance(read_one, Fact):
                facts.append(read_one)
            else:
                problems.append(read_one)
    facts.sort(key=order)
    return Reading(facts, problems)


def order(fact: Fact) -> tuple[dt.date, int, tuple[str, ...], Place]:
    """The contract's order; file and line only tell apart what the contract calls duplicate."""
    return fact.date, RANK[fact.kind], fact.subject, fact.place


class _FormError(Exception):
    """Carries the code, what is wrong and what was expected, from the value to its entry."""


@dataclass(frozen=True, slots=True)
class _Reader:
    names: Names
    conditions: Mapping[str, Condition]
    sources: Sources

    def read(self, entry: Custom) -> Fact | Problem:
        try:
            return self._read(entry)
        except _FormError as error:
            code, wrong, expected = error.args
            return Problem(code, self.sources.place(entry.meta), wrong, expected, entry)

    def _read(self, entry: Custom) -> Fact:
        name = entry.type.removeprefix(PREFIX)
        directive = DIRECTIVES.get(name)
        if directive is None:
            raise _unknown_directive(entry.type, name)
        ids, amount = _values(entry, directive)
        _CHECKS[name](ids)
        place = self.sources.written(entry.meta) or self._place(entry.meta)
        terms = self._terms(entry, directive, ids)
        fact: Fact = new(Fact, (name, entry.date, ids, amount, terms, place, entry))
        return fact

    def _place(self, meta: Meta) -> Place:
        """Where a directive stands that metadata may have displaced."""
        replaced = self.sources.replaced(meta)
        if replaced:
            raise _FormError(
                "unknown-key",
                f"{replaced} is Beancount's own name for where a directive stands",
                "another name, such as note",
            )
        return self.sources.place(meta)

    def _terms(self, entry: Custom, directive: Directive, ids: tuple[str, ...]) -> dict[str, Any]:
        forms = _FORMS[directive.name]
        terms: dict[str, Any] = {}
        for key, value in entry.meta.items():
            fits = forms.get(key)
            if fits is None:
                if key in _SET_BY_PROGRAMS or not self._is_term(entry, key, value, directive, ids):
                    continue
            elif not fits(value):
                raise _misfit(key, value, directive.keys[key])
            terms[key] = value
        if directive.also == ACCOUNT_ROLES:
            self._check_accounts(ids[1], terms)
        for key in directive.required:
            if key not in terms:
                raise _FormError(
                    "missing-key", f"{key} is missing", f"{key}: {directive.keys[key]}"
                )
        if directive.name == "reconciled":
            _check_two_people(terms["prepared-by"], terms["reviewed-by"])
        return terms

    def _is_term(
        self, entry: Custom, key: str, value: object, directive: Directive, ids: tuple[str, ...]
    ) -> bool:
        """Whether a key that not every directive of the name has says something that counts.

        False for notes, and for what a plugin has set; an error for the rest.
        """
        if key.startswith(_SAYS_NOTHING):
            return False
        if key == "voucher" and SEEN in entry.meta and CLAIMED not in entry.meta:
            return False
        if directive.also == CONDITIONS and is_condition_key(key):
            self._check_condition(key, value)
        elif directive.also == ACCOUNT_ROLES and key in ROLES[ids[1]]:
            expected = template_fault(value, ids[1], key, self.names)
            if expected:
                raise _FormError("bad-value", f"{key} is {quoted(value)}", expected)
        else:
            raise _unknown_key(key, directive, ids)
        return True

    def _check_accounts(self, party_role: str, terms: Mapping[str, Any]) -> None:
        both = clash(party_role, terms, self.names)
        if both:
            raise _FormError(
                "bad-value",
                f"{both[0]} and {both[1]} are one account",
                f"an account of its own for {both[1]}",
            )

    def _check_condition(self, key: str, value: object) -> None:
        condition = self.conditions.get(key)
        if condition is None:
            raise _FormError(
                "condition-unknown",
                f"no settlement condition {key} is known",
                "one of " + ", ".join(sorted(self.conditions)),
            )
        expected = condition.expected(value)
        if expected:
            raise _FormError("bad-value", f"{key} is {quoted(value)}", f"{key}: {expected}")


def _unknown_directive(custom_type: str, name: str) -> _FormError:
    later = " in this version" if name in LATER else ""
    return _FormError(
        "unknown-directive",
        f'there is no directive "{custom_type}"{later}',
        f"voucher- and one of {', '.join(DIRECTIVES)}",
    )


def _values(entry: Custom, directive: Directive) -> tuple[tuple[str, ...], Money | None]:
    """The one or two leading strings and the amount of a directive, each of the right type."""
    given: Sequence[Any] = entry.values or ()  # Beancount has None for no values
    count, texts = len(given), directive.texts
    if not directive.fewest <= count <= directive.most:
        wrong = f"voucher-{directive.name} has {_counted(count)}"
        raise _FormError("bad-value", wrong, ", ".join(directive.slots))
    first = _text(given[0], directive.slots[0], directive)
    ids: tuple[str, ...] = (first,)
    if texts > 1:
        ids = first, _text(given[1], directive.slots[1], directive)
    if count == texts:
        return ids, None
    value = given[texts].value
    if not isinstance(value, Amount) or value.number is None:
        raise _wrong_value(value, directive.slots[texts], directive)
    return ids, Money(value.number, value.currency)


def _text(given: Any, slot: Slot, directive: Directive) -> str:  # noqa: ANN401
    value, dtype = given
    if isinstance(value, str) and (dtype is str or slot is Slot.ACCOUNT or not _is_account(dtype)):
        return value
    raise _wrong_value(value, slot, directive)


def _is_account(dtype: object) -> bool:
    """Equal, not identical: after a hit of Beancount's cache it is another object."""
    return isinstance(dtype, str) and dtype == account.TYPE


def _wrong_value(value: object, slot: Slot, directive: Directive) -> _FormError:
    wrong = f"{quoted(value)} stands for {slot}"
    return _FormError("bad-value", wrong, ", ".join(directive.slots))


def _check_voucher(ids: tuple[str, ...]) -> None:
    if not VOUCHER_ID.fullmatch(ids[0]):
        raise _FormError(
            "bad-id",
            f"{quoted(ids[0])} cannot be a voucher id",
            "1 to 35 of A-Z a-z 0-9 -, the first a capital or a digit",
        )


def _check_party(ids: tuple[str, ...]) -> None:
    party, role = ids
    if not is_party_id(party):
        raise _FormError(
            "bad-id",
            f"{quoted(party)} cannot be a party id",
            "a component of a Beancount account, such as FirstBank",
        )
    if role not in PARTY_ROLES:
        raise _FormError("bad-value", f"{quoted(role)} is no role", _quoted_list(PARTY_ROLES))


def _check_reconciled(ids: tuple[str, ...]) -> None:
    if not account.is_valid(ids[0]) or not ids[1]:
        raise _FormError(
            "bad-value",
            f"{quoted(ids[0])} {quoted(ids[1])} name no statement",
            'an account and the statement\'s id, such as Assets:LiMing:QingHe "2026-03"',
        )


def _check_exception(ids: tuple[str, ...]) -> None:
    if ids[1] not in RULES:
        raise _FormError("bad-value", f"{quoted(ids[1])} is no rule", _quoted_list(RULES))


def _check_close(ids: tuple[str, ...]) -> None:
    if not ids[0]:
        raise _FormError("bad-value", "the period has no name", 'a name such as "2026-03"')


def _check_nothing(_ids: tuple[str, ...]) -> None:
    """Parties of a credit line: whether they exist is for the life."""


def _check_option(ids: tuple[str, ...]) -> None:
    name, value = ids
    if name not in OPTIONS:
        raise _FormError(
            "unknown-option", f"there is no option {quoted(name)}", _quoted_list(OPTIONS)
        )
    if value not in OPTIONS[name]:
        raise _FormError("bad-value", f"{name} is {quoted(value)}", _quoted_list(OPTIONS[name]))


_CHECKS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "party": _check_party,
    "option": _check_option,
    "credit-line": _check_nothing,
    "repay": _check_nothing,
    "reconciled": _check_reconciled,
    "exception": _check_exception,
    "close": _check_close,
    **dict.fromkeys(EVENTS, _check_voucher),
}
"""What the leading values of each directive must be, beyond their type."""

_FORMS = {
    name: {key: FORMS[kind] for key, kind in directive.keys.items()}
    for name, directive in DIRECTIVES.items()
}
"""The form of each metadata key that every directive of a name may have."""


def _misfit(key: str, value: object, kind: Kind) -> _FormError:
    wrong = f"{key} is {quoted(value)}"
    if kind is Kind.REASON:
        return _FormError("bad-reason", wrong, _quoted_list(REASONS))
    return _FormError("bad-value", wrong, f"{key}: {kind}")


def _check_two_people(prepared: str, reviewed: str) -> None:
    for key, name in (("prepared-by", prepared), ("reviewed-by", reviewed)):
        if not name.strip():
            raise _FormError("bad-value", f"{key} is {quoted(name)}", f"{key}: a name")
    if same_person(prepared, reviewed):
        raise _FormError(
            "same-person",
            f"{quoted(reviewed)} reviewed what {quoted(prepared)} prepared",
            "another person",
        )


def _unknown_key(key: str, directive: Directive, ids: tuple[str, ...]) -> _FormError:
    known = list(directive.keys)
    if directive.also == CONDITIONS:
        known.append("requires-…")
    elif directive.also == ACCOUNT_ROLES:
        known += ROLES[ids[1]]
    if key == "voucher":
        wrong = "voucher is set by the plugin"
    else:
        wrong = f"voucher-{directive.name} knows no {key}"
    return _FormError("unknown-key", wrong, ", ".join([*known, "note…", "document…"]))


def _counted(number: int) -> str:
    return {0: "no values", 1: "one value"}.get(number, f"{number} values")


def _quoted_list(words: Iterable[str]) -> str:
    return "one of " + ", ".join(f'"{word}"' for word in words)

"""Text to facts: Beancount's ``custom`` entries become typed, well-formed facts.

Only the form is judged here (contract, section 2): the directive, its values, its
metadata. Whether a fact may happen is for ``life``.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import regex
from beancount.core import account
from beancount.core.amount import Amount
from beancount.core.data import Custom

from beancount_voucher.accounts import ROLES, Names, clash, template_fault
from beancount_voucher.conditions import is_condition_key
from beancount_voucher.directives import (
    ACCOUNT_ROLES,
    CHOICES,
    CONDITIONS,
    DIRECTIVES,
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
from beancount_voucher.positions import SEEN, Sources
from beancount_voucher.problems import Problem, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from beancount.core.data import Directive as Entry

    from beancount_voucher.conditions import Condition
    from beancount_voucher.directives import Directive
    from beancount_voucher.problems import Place

VOUCHER_ID = re.compile(r"[A-Z0-9][A-Za-z0-9-]{0,34}")
_PARTY_ID = regex.compile(account.ACC_COMP_NAME_RE)

_POSITION_KEYS = ("filename", "lineno")
_FREE = ("note", "document")


@dataclass(frozen=True, slots=True)
class Fact:
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
    directive = DIRECTIVES.get(entry.type.removeprefix(PREFIX))
    if directive is None or not directive.concerns_voucher or not entry.values:
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


def order(fact: Fact) -> tuple[dt.date, int, tuple[str, ...], str, int]:
    """The contract's order; file and line only tell apart what the contract calls duplicate."""
    return (
        fact.date,
        RANK[fact.kind],
        fact.subject,
        fact.place.filename,
        fact.place.lineno,
    )


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
            known = ", ".join(DIRECTIVES)
            later = " in this version" if name in LATER else ""
            raise _FormError(
                "unknown-directive",
                f'there is no directive "{entry.type}"{later}',
                f"voucher- and one of {known}",
            )
        ids, amount = _values(entry, directive)
        _check_ids(directive, ids)
        return Fact(
            kind=name,
            date=entry.date,
            ids=ids,
            amount=amount,
            terms=self._terms(entry, directive, ids),
            place=self.sources.place(entry.meta),
            entry=entry,
        )

    def _terms(self, entry: Custom, directive: Directive, ids: tuple[str, ...]) -> dict[str, Any]:
        replaced = self.sources.replaced(entry.meta)
        if replaced:
            raise _FormError(
                "unknown-key",
                f"{replaced} is Beancount's own name for where a directive stands",
                "another name, such as note",
            )
        terms: dict[str, Any] = {}
        for key, value in entry.meta.items():
            if (
                key in _POSITION_KEYS
                or key.startswith("__")
                or (key == "voucher" and SEEN in entry.meta)
            ):
                continue  # set by Beancount, or by the plugin before
            if self._is_term(key, value, directive, ids):
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

    def _is_term(self, key: str, value: object, directive: Directive, ids: tuple[str, ...]) -> bool:
        """Whether a key says something that counts; False for notes, an error for the rest."""
        if key in directive.keys:
            _check_kind(key, value, directive.keys[key])
        elif key.startswith(_FREE):
            return False
        elif directive.also == CONDITIONS and is_condition_key(key):
            self._check_condition(key, value)
        elif directive.also == ACCOUNT_ROLES and key in ROLES[ids[1]]:
            expected = template_fault(value, ids[1], key, self.names)
            if expected:
                raise _FormError("bad-value", f"{key} is {quoted(value)}", expected)
        else:
            raise _unknown_key(key, directive, ids)
        return True

    def _check_accounts(self, party_role: str, terms: Mapping[str, Any]) -> None:
        replaced = {key: value for key, value in terms.items() if key != "name"}
        both = clash(party_role, replaced, self.names)
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


def _values(entry: Custom, directive: Directive) -> tuple[tuple[str, ...], Money | None]:
    """The leading strings and the amount of a directive, each of the right type."""
    given = list(entry.values or ())  # Beancount has None for no values
    ids: list[str] = []
    amount: Money | None = None
    expected = ", ".join(directive.slots)
    optional = directive.slots[-1] is Slot.AMOUNT_OR_NOTHING
    if len(given) > len(directive.slots) or len(given) < len(directive.slots) - optional:
        raise _FormError(
            "bad-value", f"voucher-{directive.name} has {_counted(len(given))}", expected
        )
    for slot, (value, dtype) in zip(directive.slots, given, strict=False):
        if slot in (Slot.AMOUNT, Slot.AMOUNT_OR_NOTHING):
            if not isinstance(value, Amount) or value.number is None:
                raise _FormError("bad-value", f"{quoted(value)} stands for {slot}", expected)
            amount = Money(value.number, value.currency)
        elif not isinstance(value, str) or (_is_account(dtype) and slot is not Slot.ACCOUNT):
            raise _FormError("bad-value", f"{quoted(value)} stands for {slot}", expected)
        else:
            ids.append(value)
    return tuple(ids), amount


def _is_account(dtype: object) -> bool:
    """Equal, not identical: after a hit of Beancount's cache it is another object."""
    return isinstance(dtype, str) and dtype == account.TYPE


def _check_ids(directive: Directive, ids: tuple[str, ...]) -> None:
    if directive.concerns_voucher and not VOUCHER_ID.fullmatch(ids[0]):
        raise _FormError(
            "bad-id",
            f"{quoted(ids[0])} cannot be a voucher id",
            "1 to 35 of A-Z a-z 0-9 -, the first a capital or a digit",
        )
    if directive.name == "party":
        if not is_party_id(ids[0]):
            raise _FormError(
                "bad-id",
                f"{quoted(ids[0])} cannot be a party id",
                "a component of a Beancount account, such as FirstBank",
            )
        if ids[1] not in PARTY_ROLES:
            raise _FormError("bad-value", f"{quoted(ids[1])} is no role", _quoted_list(PARTY_ROLES))
    elif directive.name == "option":
        _check_option(*ids)
    elif directive.name == "reconciled":
        if not account.is_valid(ids[0]) or not ids[1]:
            raise _FormError(
                "bad-value",
                f"{quoted(ids[0])} {quoted(ids[1])} name no statement",
                'an account and the statement\'s id, such as Assets:LiMing:QingHe "2026-03"',
            )
    elif directive.name == "exception" and ids[1] not in RULES:
        raise _FormError("bad-value", f"{quoted(ids[1])} is no rule", _quoted_list(RULES))
    elif directive.name == "close" and not ids[0]:
        raise _FormError("bad-value", "the period has no name", 'a name such as "2026-03"')


def _check_option(name: str, value: str) -> None:
    if name not in OPTIONS:
        raise _FormError(
            "unknown-option", f"there is no option {quoted(name)}", _quoted_list(OPTIONS)
        )
    if value not in OPTIONS[name]:
        raise _FormError("bad-value", f"{name} is {quoted(value)}", _quoted_list(OPTIONS[name]))


def _check_kind(key: str, value: object, kind: Kind) -> None:
    # The type first: Beancount's Amount cannot even be compared with a text.
    if kind is Kind.DATE:
        right = isinstance(value, dt.date)
    elif kind in CHOICES:
        right = isinstance(value, str) and value in CHOICES[kind]
    elif kind is Kind.REASON:
        if not (isinstance(value, str) and value in REASONS):
            raise _FormError("bad-reason", f"{key} is {quoted(value)}", _quoted_list(REASONS))
        right = True
    elif kind in FORMS:
        right = FORMS[kind](value)
    else:
        right = isinstance(value, str) and value != ""
    if not right:
        raise _FormError("bad-value", f"{key} is {quoted(value)}", f"{key}: {kind}")


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

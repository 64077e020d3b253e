"""Text to facts: Beancount's ``custom`` entries become typed, well-formed facts.

Only the form is judged here (manual: directives): the directive, its values, its
metadata. Whether a fact may happen is for ``lifecycle.transitions``.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from beancount.core.amount import Amount
from beancount.core.data import Custom

from beancount_voucher.directives.account_roles import ROLES, Names, account_clash, template_fault
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact, Reading, order
from beancount_voucher.directives.money import is_amount
from beancount_voucher.directives.persons import same_person, shown_name
from beancount_voucher.directives.schema import (
    ACCOUNT_ROLES,
    ANY_CONDITION,
    CONDITION_PREFIX,
    DIRECTIVES,
    PREFIX,
    VOID_REASONS,
    Kind,
)
from beancount_voucher.directives.source_lines import CLAIMED, SEEN, Sources
from beancount_voucher.directives.values import (
    HAS_FORM,
    FormError,
    listed,
    message_named,
    values_of,
)
from beancount_voucher.directives.wording import one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

    from beancount_voucher.directives.schema import Directive, EvidenceKey
    from beancount_voucher.directives.source_lines import SourceLine

_SET_BY_PROGRAMS = ("filename", "lineno", SEEN)
MESSAGE = "message"
"""The key that names the message which has brought a fact: it proves, and says nothing."""

_SAYS_NOTHING = ("note", "document", "__")  # the last are of plugins


class ExpectsValue(Protocol):
    """What the reader asks of a settlement condition: the form of its value, and its evidence."""

    @property
    def evidence_keys(self) -> Mapping[str, EvidenceKey]:
        """The keys of an application that are its own."""
        ...

    def expected(self, value: object, /) -> str | None:
        """What the metadata value should have been, or None if it is as it should be."""
        ...


def read(
    entries: Iterable[Entry],
    names: Names,
    conditions: Mapping[str, ExpectsValue],
    sources: Sources | None = None,
) -> Reading:
    """Read every voucher directive of a ledger.

    Args:
        entries: Beancount's entries, in any order.
        names: the ledger's root account names.
        conditions: the known settlement conditions by key.
        sources: the ledger's files, to tell a position that metadata replaced.

    Returns:
        The facts in the order that counts (date, kind, subject; then file and line), and a
        problem for each directive that is no fact.
    """
    reader = Reader(names, conditions, sources or Sources(), evidence_of(conditions))
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


def reader(
    names: Names, conditions: Mapping[str, ExpectsValue]
) -> Callable[[Custom], Fact | Problem]:
    """What reads one voucher directive after another, of no ledger's files: as ``read`` does."""
    return Reader(names, conditions, Sources(), evidence_of(conditions)).read


def evidence_of(conditions: Mapping[str, ExpectsValue]) -> dict[str, EvidenceKey]:
    """The keys of an application that conditions ask for; of two the first condition's, by name."""
    found: dict[str, EvidenceKey] = {}
    for _, condition in sorted(conditions.items()):
        found = {**condition.evidence_keys, **found}
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401
    """A value of which two that say the same are equal, also amounts of another class."""
    if type(value) in _PLAIN or not is_amount(value):
        return value
    assert value.number is not None
    return Amount(value.number, value.currency)


_PLAIN = frozenset({str, bool, dt.date, Amount})


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one directive after the other; the arguments are those of ``read``."""

    names: Names
    conditions: Mapping[str, ExpectsValue]
    sources: Sources
    evidence: Mapping[str, EvidenceKey]

    def read(self, entry: Custom) -> Fact | Problem:
        """The fact that a voucher directive says, or why it is none."""
        try:
            return self._read(entry)
        except FormError as error:
            place = self.sources.place(entry.meta)
            return Problem(error.code, place, error.wrong, error.expected, entry)

    def _read(self, entry: Custom) -> Fact:
        name = entry.type.removeprefix(PREFIX)
        directive = DIRECTIVES.get(name)
        if directive is None:
            raise _unknown_directive(entry.type)
        ids, amount = values_of(entry, directive)
        place = self.sources.written(entry.meta) or self._place(entry.meta)
        terms = self._terms(entry, directive, ids)
        message = entry.meta.get(MESSAGE) if directive.travels else None
        return Fact(name, entry.date, ids, amount, terms, place, entry, message)

    def _place(self, meta: Meta) -> SourceLine:
        """Where a directive stands that metadata may have displaced."""
        replaced = self.sources.replaced(meta)
        if replaced:
            raise FormError(
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
            terms[key] = _plain(value)
        if directive.also == ACCOUNT_ROLES:
            self._check_accounts(ids[1], terms)
        for key in directive.required:
            if key not in terms:
                raise FormError("missing-key", f"{key} is missing", f"{key}: {directive.keys[key]}")
        check = _TOGETHER.get(directive.name)
        if check is not None:
            check(entry, terms)
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
        if key == MESSAGE and directive.travels:
            if message_named(value) is None:
                raise _misfit(key, value, Kind.MESSAGE)
            return False
        if directive.also == ANY_CONDITION and self._is_condition(key):
            self._check_condition(entry, key, value)
        elif directive.name == "apply" and key in self.evidence:
            kind = self.evidence[key].form
            if not HAS_FORM[kind](value):
                raise _misfit(key, value, kind)
        elif directive.also == ACCOUNT_ROLES and key in ROLES[ids[1]]:
            expected = template_fault(value, ids[1], key, self.names)
            if expected:
                raise FormError("bad-value", f"{key} is {quoted(value)}", expected)
        else:
            raise _unknown_key(key, directive, ids, self.evidence)
        return True

    def _check_accounts(self, party_role: str, terms: Mapping[str, Any]) -> None:
        both = account_clash(party_role, terms, self.names)
        if both:
            raise FormError(
                "bad-value",
                f"{both[0]} and {both[1]} are one account",
                f"an account of its own for {both[1]}",
            )

    def _is_condition(self, key: str) -> bool:
        """Whether a key is, or claims to be, a settlement condition."""
        return key.startswith(CONDITION_PREFIX) or key in self.conditions

    def _check_condition(self, entry: Custom, key: str, value: object) -> None:
        condition = self.conditions.get(key)
        if condition is None:
            if MESSAGE in entry.meta and value is not None:
                return  # it is for the issuer to judge, who has said it
            raise FormError(
                "condition-unknown",
                f"no settlement condition {key} is known",
                "one of " + ", ".join(sorted(self.conditions)),
            )
        expected = condition.expected(value)
        if expected:
            raise FormError("bad-value", f"{key} is {quoted(value)}", f"{key}: {expected}")


def _unknown_directive(custom_type: str) -> FormError:
    return FormError(
        "unknown-directive",
        f'there is no directive "{custom_type}"',
        f"voucher- and one of {', '.join(DIRECTIVES)}",
    )


_FORMS = {
    name: {key: HAS_FORM[kind] for key, kind in directive.keys.items()}
    for name, directive in DIRECTIVES.items()
}
"""The form of each metadata key that every directive of a name may have."""


def _misfit(key: str, value: object, kind: Kind) -> FormError:
    wrong = f"{key} is {quoted(value)}"
    if kind is Kind.REASON:
        return FormError("bad-reason", wrong, one_of(VOID_REASONS))
    return FormError("bad-value", wrong, f"{key}: {kind}")


def _check_two_people(_entry: Custom, terms: Mapping[str, Any]) -> None:
    prepared, reviewed = terms["prepared-by"], terms["reviewed-by"]
    for key, name in (("prepared-by", prepared), ("reviewed-by", reviewed)):
        if not shown_name(name):
            raise FormError("bad-value", f"{key} is {quoted(name)}", f"{key}: a name")
    if same_person(prepared, reviewed):
        raise FormError(
            "same-person",
            f"{quoted(reviewed)} reviewed what {quoted(prepared)} prepared",
            "another person",
        )


def _check_dropped(_entry: Custom, terms: Mapping[str, Any]) -> None:
    for key in listed(terms.get("drop", "")):
        if key in terms:
            raise FormError("bad-value", f"{key} is both set and dropped", "one of the two")


def _check_from(entry: Custom, terms: Mapping[str, Any]) -> None:
    since = terms.get("from")
    if since is not None and since > entry.date:
        raise FormError("bad-value", f"from is {since}", f"{entry.date} or earlier")


_TOGETHER: dict[str, Callable[[Custom, Mapping[str, Any]], None]] = {
    "reconciled": _check_two_people,
    "amend": _check_dropped,
    "refund": _check_from,
}
"""What the metadata of a directive must be, taken together."""


def _unknown_key(
    key: str, directive: Directive, ids: tuple[str, ...], evidence: Iterable[str]
) -> FormError:
    known = list(directive.keys)
    if directive.name == "apply":
        known += sorted(evidence)
    if directive.also == ANY_CONDITION:
        known.append("requires-…")
    elif directive.also == ACCOUNT_ROLES:
        known += ROLES[ids[1]]
    if directive.travels:
        known.append(MESSAGE)
    if key == "voucher":
        wrong = "voucher is set by the plugin"
    else:
        wrong = f"voucher-{directive.name} knows no {key}"
    return FormError("unknown-key", wrong, ", ".join([*known, "note…", "document…"]))

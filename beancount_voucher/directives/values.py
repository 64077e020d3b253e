"""The values of a directive, before and in its metadata: which have the right type and form.

Which ones a directive has says ``schema``; here one that is not of its form is told, and the
directive is refused (manual: directives).
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import account

from beancount_voucher.directives.facts import VOUCHER_ID, is_party_id
from beancount_voucher.directives.money import Money, is_amount
from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.directives.schema import (
    A_NUMBER,
    CALENDAR_DAYS,
    CHOICES,
    DIRECTIVES,
    EVENTS,
    NUMBERS,
    ONLY_IN_MESSAGES,
    OPTIONS,
    PARTY_ROLES,
    REVIEW_RULES,
    VOID_REASONS,
    HasAmount,
    Kind,
    Slot,
)
from beancount_voucher.directives.wording import one_of, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from beancount.core.data import Custom

    from beancount_voucher.directives.schema import Directive


class FormError(Exception):
    """What is wrong with the form of a directive, on its way from the value to the entry.

    Attributes:
        code: one of ``CODES``.
        wrong: what is wrong, and what was expected: halves of one sentence.
        expected: the other half.
    """

    def __init__(self, code: str, wrong: str, expected: str) -> None:
        super().__init__(code, wrong, expected)
        self.code, self.wrong, self.expected = code, wrong, expected


def values_of(entry: Custom, directive: Directive) -> tuple[tuple[str, ...], Money | None]:
    """The leading values, as texts, and the amount of a directive; a number as its digits.

    Raises:
        FormError: one is missing, too many, of another type, or cannot be what it stands for.
    """
    ids, amount = _typed(entry, directive)
    _CHECKS[directive.name](ids)
    return ids, amount


def _typed(entry: Custom, directive: Directive) -> tuple[tuple[str, ...], Money | None]:
    given: Sequence[Any] = entry.values or ()  # Beancount has None for no values
    slots = directive.slots
    count, texts = len(given), len(slots)
    if not directive.fewest <= count <= directive.most:
        wrong = f"voucher-{directive.name} has {_counted(count)}"
        raise FormError("bad-value", wrong, directive.shape)
    first = _text(given[0], slots[0], directive)
    ids: tuple[str, ...] = (first,)
    if texts > 1:
        ids = first, *(_value(given[at], slots[at], directive) for at in range(1, texts))
    if count == texts:
        return ids, None
    value = given[texts].value
    if not is_amount(value):
        raise _wrong_value(value, directive.amount, directive)
    assert value.number is not None
    return ids, Money(value.number, value.currency)


def _counted(number: int) -> str:
    return {0: "no values", 1: "one value"}.get(number, f"{number} values")


def _text(given: Any, slot: Slot, directive: Directive) -> str:  # noqa: ANN401
    value, dtype = given
    if isinstance(value, str) and (dtype is str or slot is Slot.ACCOUNT or not _is_account(dtype)):
        return value
    raise _wrong_value(value, slot, directive)


def _value(given: Any, slot: Slot, directive: Directive) -> str:  # noqa: ANN401
    least = _LEAST.get(slot)
    if least is None:
        return _text(given, slot, directive)
    value = given.value
    if isinstance(value, Decimal) and value == value.to_integral_value() and least <= value < _MOST:
        return str(int(value))
    raise _wrong_value(value, slot, directive)


_LEAST = {Slot.NUMBER: 1, Slot.COUNT: 0}
_MOST = 10**9
"""Below this the number of an amendment or a message stays."""

assert _LEAST.keys() == set(NUMBERS)


def _is_account(dtype: object) -> bool:
    """Equal, not identical: after a hit of Beancount's cache it is another object."""
    return isinstance(dtype, str) and dtype == account.TYPE


def _wrong_value(value: object, slot: Slot | HasAmount, directive: Directive) -> FormError:
    wrong = f"{quoted(value)} stands for {slot}"
    return FormError("bad-value", wrong, directive.shape)


def _check_voucher(ids: tuple[str, ...]) -> None:
    if not VOUCHER_ID.fullmatch(ids[0]):
        raise FormError(
            "bad-id",
            f"{quoted(ids[0])} cannot be a voucher id",
            "1 to 35 of A-Z a-z 0-9 -, the first a capital or a digit",
        )


def _check_party(ids: tuple[str, ...]) -> None:
    party, role = ids
    if not is_party_id(party):
        raise FormError(
            "bad-id",
            f"{quoted(party)} cannot be a party id",
            "a component of a Beancount account, such as FirstBank",
        )
    if role not in PARTY_ROLES:
        raise FormError("bad-value", f"{quoted(role)} is no role", one_of(PARTY_ROLES))


def _check_reconciled(ids: tuple[str, ...]) -> None:
    if not account.is_valid(ids[0]) or not ids[1]:
        raise FormError(
            "bad-value",
            f"{quoted(ids[0])} {quoted(ids[1])} name no statement",
            'an account and the statement\'s id, such as Assets:LiMing:QingHe "2026-03"',
        )


def _check_exception(ids: tuple[str, ...]) -> None:
    if ids[1] not in REVIEW_RULES:
        raise FormError("bad-value", f"{quoted(ids[1])} is no rule", one_of(REVIEW_RULES))


def _check_close(ids: tuple[str, ...]) -> None:
    if not ids[0]:
        raise FormError("bad-value", "the period has no name", 'a name such as "2026-03"')


def _check_nothing(_ids: tuple[str, ...]) -> None:
    """Parties of a credit line or of a message: whether they exist is for the life."""


def _check_option(ids: tuple[str, ...]) -> None:
    name, value = ids
    if name not in OPTIONS:
        raise FormError("unknown-option", f"there is no option {quoted(name)}", one_of(OPTIONS))
    if not is_choice(value, OPTIONS[name]):
        raise FormError("bad-value", f"{name} is {quoted(value)}", one_of(OPTIONS[name]))


def is_choice(value: str, choices: Collection[str]) -> bool:
    """Whether a value is one of those of an option."""
    if value in _NUMBERED:
        return False
    forms = (form for name, form in _NUMBERED.items() if name in choices)
    return value in choices or any(form.fullmatch(value) for form in forms)


_NUMBERED = {
    A_NUMBER: re.compile(r"[1-9][0-9]{0,3}"),
    CALENDAR_DAYS: re.compile(r"[1-9][0-9]?|[12][0-9]{2}|3[0-5][0-9]|36[0-6]"),
}
"""What stands among the values of an option for numbers, and these."""


def _check_key(ids: tuple[str, ...]) -> None:
    if fingerprint(ids[1]) is None:
        raise FormError(
            "bad-value",
            f"{quoted(ids[1])} is no public key",
            'a line of a .pub file of OpenSSH, such as "ssh-ed25519 AAAA… name"',
        )


def _check_fingerprint(ids: tuple[str, ...]) -> None:
    if not _FINGERPRINT.fullmatch(ids[1]):
        raise FormError(
            "bad-value", f"{quoted(ids[1])} is no fingerprint", '"SHA256:" and 43 characters'
        )


_FINGERPRINT = re.compile(r"SHA256:[A-Za-z0-9+/]{43}")


def _check_refusal(ids: tuple[str, ...]) -> None:
    _check_voucher(ids[2:])


_CHECKS: dict[str, Callable[[tuple[str, ...]], None]] = {
    "party": _check_party,
    "option": _check_option,
    "credit-line": _check_nothing,
    "repay": _check_nothing,
    "reconciled": _check_reconciled,
    "exception": _check_exception,
    "close": _check_close,
    "key": _check_key,
    "revoke": _check_fingerprint,
    "refusal": _check_refusal,
    "position": _check_voucher,
    **dict.fromkeys(("sent", "received", "resume", "message"), _check_nothing),
    **dict.fromkeys(EVENTS, _check_voucher),
}
"""What the leading values of each directive must be, beyond their type."""

assert _CHECKS.keys() == DIRECTIVES.keys() | ONLY_IN_MESSAGES.keys()


_SHA256 = re.compile(r"[0-9a-f]{64}")


_DATED = r"(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}) -?[0-9]+(?:\.[0-9]+)? [A-Z][A-Z0-9'._-]*"


_LISTED: dict[Kind, re.Pattern[str]] = {
    Kind.PROVEN: re.compile(rf"[A-Z0-9][A-Za-z0-9-]{{0,34}} {_DATED} [0-9a-f]{{16}}"),
    Kind.DATED: re.compile(_DATED),
}
"""One of the things that a text of this kind lists."""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _is_date(value: object) -> bool:
    return isinstance(value, dt.date)


def _is_count(value: object) -> bool:
    return isinstance(value, Decimal) and value >= 0 and value == value.to_integral_value()


def _is_digest(value: object) -> bool:
    return isinstance(value, str) and _SHA256.fullmatch(value) is not None


def _is_list_of(one: re.Pattern[str]) -> Callable[[object], bool]:
    return lambda value: (
        isinstance(value, str) and all(_is_listed(one, each.strip()) for each in value.split(";"))
    )


def _is_listed(one: re.Pattern[str], text: str) -> bool:
    found = one.fullmatch(text)
    try:
        return found is not None and bool(dt.date.fromisoformat(found["date"]))
    except ValueError:  # no such day
        return False


def _is_one_of(choices: Collection[str]) -> Callable[[object], bool]:
    """The type first: Beancount's Amount cannot even be compared with a text."""
    return lambda value: isinstance(value, str) and value in choices


_BASIS = re.compile(r"pro-rata|short-rate (?P<share>0\.[0-9]*[1-9][0-9]*|1(?:\.0+)?)")


def _is_basis(value: object) -> bool:
    return isinstance(value, str) and _BASIS.fullmatch(value) is not None


def share_of(basis: str) -> Decimal | None:
    """The share that a short rate gives back; None: all of it, pro rata.

    Args:
        basis: well-formed.
    """
    match = _BASIS.fullmatch(basis)
    return None if match is None or match["share"] is None else Decimal(match["share"])


def listed(text: str) -> tuple[str, ...]:
    """What a text names, with semicolons between."""
    return tuple(filter(None, (each.strip() for each in text.split(";"))))


def _is_conditions(value: object) -> bool:
    return isinstance(value, str) and bool(listed(value))


_MESSAGE = re.compile(r"(\S+) (\S+) ([1-9][0-9]{0,8})")


def message_named(text: object) -> tuple[str, str, int] | None:
    """Sender, receiver and number of a message, as ``message`` names it; None: it names none."""
    match = _MESSAGE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not (is_party_id(match[1]) and is_party_id(match[2])):
        return None
    return match[1], match[2], int(match[3])


_TRAVELLERS = frozenset(name for name, each in DIRECTIVES.items() if each.travels)


def _is_fact(value: object) -> bool:
    return isinstance(value, str) and value in _TRAVELLERS


def _are_facts(value: object) -> bool:
    return isinstance(value, str) and bool(value) and _TRAVELLERS.issuperset(value.split(" "))


HAS_FORM: dict[Kind, Callable[[Any], bool]] = {
    Kind.TEXT: _is_text,
    Kind.FLAG: lambda value: value is True,
    Kind.DATE: _is_date,
    Kind.REASON: _is_one_of(tuple(VOID_REASONS)),
    Kind.AMOUNT: is_amount,
    Kind.COUNT: _is_count,
    Kind.SHA256: _is_digest,
    Kind.BASIS: _is_basis,
    Kind.CONDITIONS: _is_conditions,
    Kind.MESSAGE: lambda value: message_named(value) is not None,
    Kind.FACT: _is_fact,
    Kind.FACTS: _are_facts,
    Kind.ANY: lambda _value: True,
    **{kind: _is_list_of(one) for kind, one in _LISTED.items()},
    **{kind: _is_one_of(choices) for kind, choices in CHOICES.items()},
}
"""Whether a value has the form of its kind."""

assert HAS_FORM.keys() == set(Kind)

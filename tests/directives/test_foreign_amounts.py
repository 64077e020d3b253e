"""Amounts of any class are read, as another loader may give them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Custom
from beancount.parser.grammar import ValueType

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.money import Money, is_amount
from beancount_voucher.directives.parser import read
from beancount_voucher.ledger.export import plain
from beancount_voucher.review.records import of_custom
from beancount_voucher_plugin import voucher_books
from tests.support import HAPPY, LINES, event, load

if TYPE_CHECKING:
    from beancount.core.data import Directive


@dataclass(frozen=True, eq=False)
class Foreign:
    """An amount of another loader: two of them are never equal."""

    number: Any
    currency: Any


REFUND = event("refund", "2026-03-10", "30.00 CNY", kept="5.00 CNY", reason='"agreed"')


def foreign(entry: Directive) -> Directive:
    """The same directive with amounts of the other class."""
    if not isinstance(entry, Custom):
        return entry

    def other(value: object) -> object:
        return Foreign(value.number, value.currency) if isinstance(value, Amount) else value

    values = [ValueType(other(value), Foreign) for value, _ in entry.values]
    values = [
        new if isinstance(new.value, Foreign) else old
        for new, old in zip(values, entry.values, strict=True)
    ]
    meta = {key: other(value) for key, value in entry.meta.items()}
    return entry._replace(values=values, meta=meta)


def test_a_ledger_with_amounts_of_another_class_comes_to_the_same() -> None:
    given = load(LINES + HAPPY + REFUND, plugin="")
    expected, errors = voucher_books(given.entries, given.options)
    found, others = voucher_books(list(map(foreign, given.entries)), given.options)
    assert errors == others == []
    assert [e for e in found if not isinstance(e, Custom)] == [
        e for e in expected if not isinstance(e, Custom)
    ]
    assert list(plain(found, given.options)) == list(plain(expected, given.options))


def test_two_that_say_the_same_are_one() -> None:
    """Said twice is a duplicate, and says nothing else."""
    given = load(HAPPY + REFUND + REFUND, plugin="")
    _, errors = voucher_books(list(map(foreign, given.entries)), given.options)
    [error] = errors
    assert "the same is said" in error.message


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Amount(Decimal("1.00"), "CNY"), True),
        (Money(Decimal("1.00"), "CNY"), True),
        (Foreign(Decimal("1.00"), "CNY"), True),
        (Foreign(None, "CNY"), False),
        (Foreign(1.0, "CNY"), False),
        (Foreign(Decimal("1.00"), None), False),
        (Decimal("1.00"), False),
        ("1.00 CNY", False),
        (None, False),
    ],
)
def test_what_is_an_amount(value: object, wanted: bool) -> None:
    assert is_amount(value) is wanted


@pytest.mark.parametrize("value", [Foreign(None, "CNY"), Foreign(1.0, "CNY"), "1.00 CNY"])
def test_what_is_none_is_refused(value: object) -> None:
    given = load(HAPPY, plugin="")
    [issue] = [e for e in given.entries if isinstance(e, Custom) and e.type == "voucher-issue"]
    wrong = issue._replace(values=[issue.values[0], ValueType(value, Foreign)])
    [problem] = read([wrong], Names(given.options), BUILT_IN).problems
    assert problem.code == "bad-value"


def test_what_is_on_record_has_its_amount() -> None:
    [refund] = [e for e in load(REFUND, plugin="").entries if isinstance(e, Custom)][-1:]
    told = foreign(refund)
    assert isinstance(told, Custom)
    assert of_custom(told).amount == Money(Decimal("30.00"), "CNY")

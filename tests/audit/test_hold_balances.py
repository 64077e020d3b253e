"""What accounts hold beside what vouchers say: figures that were reckoned by hand."""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.audit.hold_balances import hold_balances
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.account_roles import Names
from tests.support import ACCEPT, APPLY, LINES, SETTLE, event, issue, load


def _settled(voucher: str, amount: str) -> str:
    return "".join(
        [
            event("accept", "2026-03-03", voucher=voucher),
            event("apply", "2026-03-05", amount, voucher=voucher),
            event("settle", "2026-03-06", voucher=voucher),
        ]
    )


_CREDIT = '"credit"'
_TWO_BANKS = issue() + ACCEPT + APPLY + SETTLE  # cash, 100.00
_IN_PART = issue("V-2", funding=_CREDIT) + _settled("V-2", "60.00 CNY")
_ONE_BANK = issue("V-3", "30.00 CNY", acceptor=None, funding=_CREDIT) + _settled("V-3", "30.00 CNY")
_ONE_BANK_CASH = issue("V-4", "7.00 CNY", acceptor=None) + _settled("V-4", "7.00 CNY")
_OPEN = issue("V-5", "11.00 CNY")
_REPAID = '2026-03-08 custom "voucher-repay" "Ann" "Iss" 10.00 CNY\n'
_TEXT = LINES + _TWO_BANKS + _IN_PART + _ONE_BANK + _ONE_BANK_CASH + _OPEN + _REPAID

FIGURES = [
    ("line-drawn", "Ann", "Equity:Ann:Memo:CreditLine:Iss:Drawn", [(None, "-10.00"), ("V-2", "60.00"), ("V-3", "30.00")]),
    ("line-drawn", "Iss", "Equity:Iss:Memo:CreditLine:Ann:Drawn", [(None, "-10.00"), ("V-2", "60.00"), ("V-3", "30.00")]),
    ("interbank-payable", "Iss", "Liabilities:Iss:Interbank:Acc", [("V-1", "-100.00"), ("V-2", "-60.00")]),
    ("interbank-receivable", "Acc", "Assets:Acc:Interbank:Iss", [("V-1", "100.00"), ("V-2", "60.00")]),
    ("frozen", "Ann", "Assets:Ann:Iss:Frozen", [("V-1", "0.00"), ("V-4", "0.00"), ("V-5", "11.00")]),
    ("held", "Iss", "Liabilities:Iss:Held:Ann", [("V-1", "0.00"), ("V-4", "0.00"), ("V-5", "-11.00")]),
]  # fmt: skip


@pytest.mark.parametrize(("role", "book", "account", "parts"), FIGURES)
def test_each_figure_and_the_vouchers_that_make_it_up(
    role: str, book: str, account: str, parts: list[tuple[str | None, str]]
) -> None:
    ledger = load(_TEXT)
    assert ledger.errors == []
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), None)
    day = dt.date(2026, 3, 8)
    [found] = [
        each
        for each in hold_balances(ledger.evaluation, keeper, ledger.entries, day)
        if each.role == role and each.books == (book,)
    ]
    assert found.account == account
    assert [(part.voucher, str(part.expected)) for part in found.parts] == parts
    assert [(part.voucher, str(part.posted)) for part in found.parts] == parts
    assert found.difference == 0


def test_only_the_books_that_are_kept_have_figures() -> None:
    ledger = load(_TEXT, plugin='plugin "beancount_voucher_plugin" "Acc"\n')
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), ["Acc"])
    found = hold_balances(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 3, 8))
    assert [(each.role, each.account) for each in found] == [
        ("collection", "Equity:Acc:Memo:ForCollection:Ins"),
        ("interbank-receivable", "Assets:Acc:Interbank:Iss"),
    ]


def test_accounts_of_each_voucher_are_one_figure() -> None:
    option = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    ledger = load(option + issue() + _OPEN)
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), None)
    found = hold_balances(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 3, 8))
    assert [(each.account, str(each.held)) for each in found] == [
        ("Assets:Ann:Iss:Frozen", "111.00"),
        ("Liabilities:Iss:Held:Ann", "-111.00"),
    ]


def test_a_commodity_that_no_voucher_is_in_is_a_figure_of_its_own() -> None:
    """So that a reader sees what should not be there; of a voucher it is no part."""
    by_hand = "2026-03-07 *\n  Assets:Ann:Iss:Frozen  5 USD\n  Assets:Ann:Iss\n"
    ledger = load(_OPEN + by_hand)
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), ["Ann"])

    def shown(day: int, vouchers: set[str | None] | None = None) -> list[tuple[str, ...]]:
        date = dt.date(2026, 3, day)
        return [
            (
                each.account,
                each.currency,
                *map(str, (each.held, each.other, each.expected, each.difference)),
            )
            for each in hold_balances(ledger.evaluation, keeper, ledger.entries, date, vouchers)
        ]

    frozen = "Assets:Ann:Iss:Frozen"
    cny = (frozen, "CNY", "11.00", "0.00", "11.00", "0.00")
    assert shown(6) == [cny]
    assert shown(7) == [cny, (frozen, "USD", "5", "5", "0", "5")]
    assert shown(7, {"V-5"}) == [cny]


@pytest.mark.parametrize("hold_accounts", ["pooled", "per-voucher"])
def test_what_is_posted_below_a_hold_is_on_it(hold_accounts: str) -> None:
    """As in a balance; but whatever else is receivable may stand below what is."""
    option = f'2026-01-01 custom "voucher-option" "hold-accounts" "{hold_accounts}"\n'
    by_hand = (
        "2026-03-05 open Assets:Ann:Iss:Frozen:X:Y\n2026-03-05 open Assets:Ins:PremiumReceivable:Rent\n"
        "2026-03-07 *\n  Assets:Ann:Iss:Frozen:X:Y  5.00 CNY\n  Assets:Ann:Iss\n"
        "2026-03-07 *\n  Assets:Ins:PremiumReceivable:Rent  7.00 CNY\n  Equity:Opening\n"
    )
    ledger = load(option + _OPEN + event("accept", "2026-03-03", voucher="V-5") + by_hand)
    assert ledger.errors == []
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), ["Ann", "Ins"])
    found = hold_balances(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 3, 8))
    assert {each.role: (str(each.held), str(each.expected)) for each in found} == {
        "frozen": ("16.00", "11.00"),
        "payable": ("-11.00", "-11.00"),
        "receivable": ("11.00", "11.00"),
        "vouchers": ("11.00", "11.00"),
    }


def test_a_hold_account_without_vouchers_is_a_figure_if_it_holds_something() -> None:
    line = "Equity:Bob:Memo:CreditLine:Iss"
    by_hand = "".join(
        f"2026-03-05 open {account}\n"
        for account in ("Assets:Bob:Iss:Frozen", "Assets:Bob:Acc:Frozen", f"{line}:Limit")
    )
    by_hand += "2026-03-07 *\n  Assets:Bob:Iss:Frozen  5.00 CNY\n  Assets:Bob:Iss\n"
    ledger = load(by_hand)
    assert ledger.errors == []
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), None)
    [found] = hold_balances(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 3, 8))
    assert (found.account, found.books, found.role) == ("Assets:Bob:Iss:Frozen", ("Bob",), "frozen")
    assert (str(found.held), str(found.expected), str(found.difference)) == ("5.00", "0.00", "5.00")


def test_whose_an_account_is_that_a_voucher_will_tie_up() -> None:
    by_hand = (
        "2026-03-01 open Assets:Ann:Iss:Frozen\n"
        "2026-03-01 *\n  Assets:Ann:Iss:Frozen  5.00 CNY\n  Assets:Ann:Iss\n"
    )
    ledger = load(by_hand + issue())
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), None)
    [found] = hold_balances(ledger.evaluation, keeper, ledger.entries, dt.date(2026, 3, 1))
    assert (found.account, found.books) == ("Assets:Ann:Iss:Frozen", ("Ann",))
    assert (str(found.held), str(found.difference)) == ("5.00", "5.00")

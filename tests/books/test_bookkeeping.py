"""The posting table: every cell sums to zero, and hand-written books for every path.

The expected books are written from the manual's table, not printed from the program.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.data import Close, Custom, Open

from beancount_voucher.books.posting_table import BOOKS, POSTINGS, legs_by_book, legs_of
from beancount_voucher.directives.account_roles import ROLES
from tests.support import ACCEPT, ACCOUNTS, APPLY, LINES, PARTIES, event, issue, line_of, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.books.posting_table import Leg


_PARTS = {"X": ("S", "R"), "F": ("B", "L"), "G": ("B", "L", "K"), "U": ("B", "L", "K", "-A")}


def _sums(legs: Iterable[Leg]) -> dict[bool, dict[str, int]]:
    """What a cell comes to by commodity, with sums written as what they consist of."""
    sums: dict[bool, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for leg in legs:
        for part in _PARTS.get(leg.amount, leg.amount):
            sums[leg.memo][part.lstrip("-")] += -leg.sign if part.startswith("-") else leg.sign
    return sums


_WORDS = [
    frozenset({funding, *accepted, recognised, cover})
    for funding, accepted, recognised, cover in product(
        ("cash", "credit"),
        ((), ("accepted",)),
        ("recognised", "unrecognised"),
        ("advance", "covered"),
    )
]
_EVENTS = sorted({name for row in POSTINGS for name in row.events.split()})


@pytest.mark.parametrize("one_bank", [False, True])
@pytest.mark.parametrize("words", _WORDS, ids=lambda words: " ".join(sorted(words)))
@pytest.mark.parametrize("name", _EVENTS)
def test_every_cell_is_zero_by_commodity(name: str, words: frozenset[str], one_bank: bool) -> None:
    for book, legs in legs_by_book(name, words, one_bank=one_bank):
        for sums in _sums(legs).values():
            assert not any(sums.values()), book


def test_every_leg_names_an_account_of_its_book() -> None:
    party_role = {"issuer": "bank", "acceptor": "bank"}
    for row in POSTINGS:
        for book in BOOKS:
            for leg in legs_of(getattr(row, book)):
                role = ROLES[party_role.get(book, book)][leg.role]
                assert (role.other is None) == (leg.customer is not None)


def test_a_cell_that_is_no_posting_is_refused() -> None:
    with pytest.raises(ValueError, match="no leg of the posting table: bank X"):
        legs_of("bank X")


_CREDIT: dict[str, Any] = {"funding": '"credit"'}
_ONE_BANK: dict[str, Any] = {"acceptor": None}
_COVER: dict[str, Any] = {"cover_start": "2026-03-10"}
_LATER_COVER: dict[str, Any] = {"cover_start": "2026-03-20"}
_CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
_VOID = event("void", "2026-04-01", reason='"no-application"')
_PART = event("apply", "2026-03-05", "60.00 CNY")
_SETTLE_LATE = event("settle", "2026-03-12")
_SETTLE = event("settle", "2026-03-06")


def _option(name: str, value: str) -> str:
    return f'2026-01-01 custom "voucher-option" "{name}" "{value}"\n'


_ISSUE_CASH = """
2026-03-02 issue Ann: Assets:Ann:Iss -100.00 CNY, Assets:Ann:Iss:Frozen 100.00 CNY
2026-03-02 issue Iss: Liabilities:Iss:Deposits:Ann 100.00 CNY, Liabilities:Iss:Held:Ann -100.00 CNY
"""
_LINE_SET = """
2026-01-01 credit-line Ann: Equity:Ann:Memo:CreditLine:Iss:Available 1000.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Limit -1000.00 CNY.MEMO
2026-01-01 credit-line Iss: Equity:Iss:Memo:CreditLine:Ann:Available 1000.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Limit -1000.00 CNY.MEMO
"""
_ISSUE_CREDIT = """
2026-03-02 issue Ann: Equity:Ann:Memo:CreditLine:Iss:Available -100.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Frozen 100.00 CNY.MEMO
2026-03-02 issue Iss: Equity:Iss:Memo:CreditLine:Ann:Available -100.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Frozen 100.00 CNY.MEMO
"""
_ACCEPTED = """
2026-03-03 accept Acc: Equity:Acc:Memo:ForCollection:Ins 100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra -100.00 CNY.MEMO
2026-03-03 accept Ins: Equity:Ins:Memo:VouchersReceived:Acc 100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra -100.00 CNY.MEMO
"""
_ACCEPTED_ONE_BANK = """
2026-03-03 accept Iss: Equity:Iss:Memo:ForCollection:Ins 100.00 CNY.MEMO, Equity:Iss:Memo:ForCollectionContra -100.00 CNY.MEMO
2026-03-03 accept Ins: Equity:Ins:Memo:VouchersReceived:Iss 100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra -100.00 CNY.MEMO
"""


def _recognised(date: str) -> str:
    return f"""
{date} recognise Ann: Assets:Ann:PrepaidInsurance 100.00 CNY, Liabilities:Ann:PremiumPayable -100.00 CNY
{date} recognise Ins: Assets:Ins:PremiumReceivable 100.00 CNY, Liabilities:Ins:UnearnedPremium -100.00 CNY
"""


# Name -> ledger, expected books.
GOLDEN = {
    "cash, two banks, recognised at acceptance, settled": (
        issue() + ACCEPT + APPLY + _SETTLE,
        _ISSUE_CASH
        + _ACCEPTED
        + _recognised("2026-03-03")
        + """
2026-03-06 settle Ann: Assets:Ann:Iss:Frozen -100.00 CNY, Liabilities:Ann:PremiumPayable 100.00 CNY
2026-03-06 settle Iss: Liabilities:Iss:Held:Ann 100.00 CNY, Liabilities:Iss:Interbank:Acc -100.00 CNY
2026-03-06 settle Acc: Assets:Acc:Interbank:Iss 100.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -100.00 CNY
2026-03-06 settle Ins: Assets:Ins:Acc 100.00 CNY, Assets:Ins:PremiumReceivable -100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO
""",
    ),
    "credit, two banks, settled before cover, then cover starts": (
        LINES + issue(**_CREDIT, **_COVER) + ACCEPT + APPLY + _SETTLE + _CLOSE,
        _LINE_SET
        + _ISSUE_CREDIT
        + _ACCEPTED
        + """
2026-03-06 settle Ann: Assets:Ann:PrepaidInsurance 100.00 CNY, Equity:Ann:Memo:CreditLine:Iss:Drawn 100.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Frozen -100.00 CNY.MEMO, Liabilities:Ann:Iss:CreditLine -100.00 CNY
2026-03-06 settle Iss: Assets:Iss:Loans:Ann 100.00 CNY, Equity:Iss:Memo:CreditLine:Ann:Drawn 100.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Frozen -100.00 CNY.MEMO, Liabilities:Iss:Interbank:Acc -100.00 CNY
2026-03-06 settle Acc: Assets:Acc:Interbank:Iss 100.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -100.00 CNY
2026-03-06 settle Ins: Assets:Ins:Acc 100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:AdvancePremium -100.00 CNY
2026-03-10 cover Ins: Liabilities:Ins:AdvancePremium 100.00 CNY, Liabilities:Ins:UnearnedPremium -100.00 CNY
""",
    ),
    "cash, one bank, part of it settled after recognition": (
        issue(**_ONE_BANK) + ACCEPT + _PART + _SETTLE,
        _ISSUE_CASH
        + _ACCEPTED_ONE_BANK
        + _recognised("2026-03-03")
        + """
2026-03-06 settle Ann: Assets:Ann:Iss 40.00 CNY, Assets:Ann:Iss:Frozen -100.00 CNY, Assets:Ann:PrepaidInsurance -40.00 CNY, Liabilities:Ann:PremiumPayable 100.00 CNY
2026-03-06 settle Iss: Equity:Iss:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Iss:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Iss:Deposits:Ann -40.00 CNY, Liabilities:Iss:Deposits:Ins -60.00 CNY, Liabilities:Iss:Held:Ann 100.00 CNY
2026-03-06 settle Ins: Assets:Ins:Iss 60.00 CNY, Assets:Ins:PremiumReceivable -100.00 CNY, Equity:Ins:Memo:VouchersReceived:Iss -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:UnearnedPremium 40.00 CNY
""",
    ),
    "credit, one bank, part of it settled, nothing recognised before, then repaid": (
        LINES
        + _option("recognise-at", "settle")
        + issue(**_ONE_BANK, **_CREDIT)
        + ACCEPT
        + _PART
        + _SETTLE
        + '2026-03-07 custom "voucher-repay" "Ann" "Iss" 25.00 CNY\n',
        _LINE_SET
        + _ISSUE_CREDIT
        + _ACCEPTED_ONE_BANK
        + """
2026-03-06 settle Ann: Assets:Ann:PrepaidInsurance 60.00 CNY, Equity:Ann:Memo:CreditLine:Iss:Available 40.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Drawn 60.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Frozen -100.00 CNY.MEMO, Liabilities:Ann:Iss:CreditLine -60.00 CNY
2026-03-06 settle Iss: Assets:Iss:Loans:Ann 60.00 CNY, Equity:Iss:Memo:CreditLine:Ann:Available 40.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Drawn 60.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Frozen -100.00 CNY.MEMO, Equity:Iss:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Iss:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Iss:Deposits:Ins -60.00 CNY
2026-03-06 settle Ins: Assets:Ins:Iss 60.00 CNY, Equity:Ins:Memo:VouchersReceived:Iss -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:UnearnedPremium -60.00 CNY
2026-03-07 repay Ann: Assets:Ann:Iss -25.00 CNY, Equity:Ann:Memo:CreditLine:Iss:Available 25.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Drawn -25.00 CNY.MEMO, Liabilities:Ann:Iss:CreditLine 25.00 CNY
2026-03-07 repay Iss: Assets:Iss:Loans:Ann -25.00 CNY, Equity:Iss:Memo:CreditLine:Ann:Available 25.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Drawn -25.00 CNY.MEMO, Liabilities:Iss:Deposits:Ann 25.00 CNY
""",
    ),
    "recognised when cover starts, settled after it": (
        issue(**_COVER) + ACCEPT + APPLY + _SETTLE_LATE,
        _ISSUE_CASH
        + _ACCEPTED
        + _recognised("2026-03-10")
        + """
2026-03-12 settle Ann: Assets:Ann:Iss:Frozen -100.00 CNY, Liabilities:Ann:PremiumPayable 100.00 CNY
2026-03-12 settle Iss: Liabilities:Iss:Held:Ann 100.00 CNY, Liabilities:Iss:Interbank:Acc -100.00 CNY
2026-03-12 settle Acc: Assets:Acc:Interbank:Iss 100.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -100.00 CNY
2026-03-12 settle Ins: Assets:Ins:Acc 100.00 CNY, Assets:Ins:PremiumReceivable -100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO
""",
    ),
    "recognised at acceptance by option, settled before cover": (
        _option("recognise-at", "accept")
        + issue(**_LATER_COVER)
        + ACCEPT
        + APPLY
        + _SETTLE_LATE
        + _CLOSE,
        _ISSUE_CASH
        + _ACCEPTED
        + _recognised("2026-03-03")
        + """
2026-03-12 settle Ann: Assets:Ann:Iss:Frozen -100.00 CNY, Liabilities:Ann:PremiumPayable 100.00 CNY
2026-03-12 settle Iss: Liabilities:Iss:Held:Ann 100.00 CNY, Liabilities:Iss:Interbank:Acc -100.00 CNY
2026-03-12 settle Acc: Assets:Acc:Interbank:Iss 100.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -100.00 CNY
2026-03-12 settle Ins: Assets:Ins:Acc 100.00 CNY, Assets:Ins:PremiumReceivable -100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO
""",
    ),
    "no advance account: unearned from the payment on": (
        _option("advance-premium", "unearned")
        + issue(**_COVER)
        + ACCEPT
        + APPLY
        + _SETTLE
        + _CLOSE,
        _ISSUE_CASH
        + _ACCEPTED
        + """
2026-03-06 settle Ann: Assets:Ann:Iss:Frozen -100.00 CNY, Assets:Ann:PrepaidInsurance 100.00 CNY
2026-03-06 settle Iss: Liabilities:Iss:Held:Ann 100.00 CNY, Liabilities:Iss:Interbank:Acc -100.00 CNY
2026-03-06 settle Acc: Assets:Acc:Interbank:Iss 100.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -100.00 CNY
2026-03-06 settle Ins: Assets:Ins:Acc 100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:UnearnedPremium -100.00 CNY
""",
    ),
    "settled into advance under settle, part of it": (
        _option("recognise-at", "settle") + issue(**_COVER) + ACCEPT + _PART + _SETTLE + _CLOSE,
        _ISSUE_CASH
        + _ACCEPTED
        + """
2026-03-06 settle Ann: Assets:Ann:Iss 40.00 CNY, Assets:Ann:Iss:Frozen -100.00 CNY, Assets:Ann:PrepaidInsurance 60.00 CNY
2026-03-06 settle Iss: Liabilities:Iss:Deposits:Ann -40.00 CNY, Liabilities:Iss:Held:Ann 100.00 CNY, Liabilities:Iss:Interbank:Acc -60.00 CNY
2026-03-06 settle Acc: Assets:Acc:Interbank:Iss 60.00 CNY, Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO, Liabilities:Acc:Deposits:Ins -60.00 CNY
2026-03-06 settle Ins: Assets:Ins:Acc 60.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:AdvancePremium -60.00 CNY
2026-03-10 cover Ins: Liabilities:Ins:AdvancePremium 60.00 CNY, Liabilities:Ins:UnearnedPremium -60.00 CNY
""",
    ),
    "cash, rejected": (
        issue() + event("reject", "2026-03-03"),
        _ISSUE_CASH
        + """
2026-03-03 reject Ann: Assets:Ann:Iss 100.00 CNY, Assets:Ann:Iss:Frozen -100.00 CNY
2026-03-03 reject Iss: Liabilities:Iss:Deposits:Ann -100.00 CNY, Liabilities:Iss:Held:Ann 100.00 CNY
""",
    ),
    "credit, voided while issued": (
        LINES + issue(**_CREDIT) + event("void", "2026-03-06", reason='"not-accepted"'),
        _LINE_SET
        + _ISSUE_CREDIT
        + """
2026-03-06 void Ann: Equity:Ann:Memo:CreditLine:Iss:Available 100.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Frozen -100.00 CNY.MEMO
2026-03-06 void Iss: Equity:Iss:Memo:CreditLine:Ann:Available 100.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Frozen -100.00 CNY.MEMO
""",
    ),
    "cash, two banks, voided after recognition": (
        issue() + ACCEPT + _VOID,
        _ISSUE_CASH
        + _ACCEPTED
        + _recognised("2026-03-03")
        + """
2026-04-01 void Ann: Assets:Ann:Iss 100.00 CNY, Assets:Ann:Iss:Frozen -100.00 CNY, Assets:Ann:PrepaidInsurance -100.00 CNY, Liabilities:Ann:PremiumPayable 100.00 CNY
2026-04-01 void Iss: Liabilities:Iss:Deposits:Ann -100.00 CNY, Liabilities:Iss:Held:Ann 100.00 CNY
2026-04-01 void Acc: Equity:Acc:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Acc:Memo:ForCollectionContra 100.00 CNY.MEMO
2026-04-01 void Ins: Assets:Ins:PremiumReceivable -100.00 CNY, Equity:Ins:Memo:VouchersReceived:Acc -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO, Liabilities:Ins:UnearnedPremium 100.00 CNY
""",
    ),
    "credit, one bank, returned before cover, voided": (
        LINES
        + issue(**_CREDIT, **_ONE_BANK, **_COVER)
        + ACCEPT
        + event("return", "2026-03-09")
        + event("void", "2026-03-11", reason='"insurance-returned"'),
        _LINE_SET
        + _ISSUE_CREDIT
        + _ACCEPTED_ONE_BANK
        + """
2026-03-11 void Ann: Equity:Ann:Memo:CreditLine:Iss:Available 100.00 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Frozen -100.00 CNY.MEMO
2026-03-11 void Iss: Equity:Iss:Memo:CreditLine:Ann:Available 100.00 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Frozen -100.00 CNY.MEMO, Equity:Iss:Memo:ForCollection:Ins -100.00 CNY.MEMO, Equity:Iss:Memo:ForCollectionContra 100.00 CNY.MEMO
2026-03-11 void Ins: Equity:Ins:Memo:VouchersReceived:Iss -100.00 CNY.MEMO, Equity:Ins:Memo:VouchersReceivedContra 100.00 CNY.MEMO
""",
    ),
    "returned on the day cover starts: recognised first, and still open": (
        issue(**_COVER) + ACCEPT + event("return", "2026-03-10"),
        _ISSUE_CASH + _ACCEPTED + _recognised("2026-03-10"),
    ),
    "recognition waits for the horizon": (
        issue(**_COVER) + ACCEPT + event("apply", "2026-03-09"),
        _ISSUE_CASH + _ACCEPTED,
    ),
    "a close moves the horizon": (
        issue(**_COVER) + ACCEPT + '2026-03-10 custom "voucher-close" "decade"\n',
        _ISSUE_CASH + _ACCEPTED + _recognised("2026-03-10"),
    ),
    "an option's date does not move the horizon, nor does a directive in error": (
        issue(**_COVER)
        + ACCEPT
        + '2026-12-31 custom "voucher-option" "check-funds" "on"\n'
        + event("accept", "2026-12-31"),
        _ISSUE_CASH + _ACCEPTED,
    ),
    "a credit line that is raised, lowered, and left alone": (
        LINES
        + '2026-02-01 custom "voucher-credit-line" "Ann" "Iss" 1500.50 CNY\n'
        + '2026-02-02 custom "voucher-credit-line" "Ann" "Iss" 1500.50 CNY\n'
        + '2026-02-03 custom "voucher-credit-line" "Ann" "Iss" 0 CNY\n',
        _LINE_SET
        + """
2026-02-01 credit-line Ann: Equity:Ann:Memo:CreditLine:Iss:Available 500.50 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Limit -500.50 CNY.MEMO
2026-02-01 credit-line Iss: Equity:Iss:Memo:CreditLine:Ann:Available 500.50 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Limit -500.50 CNY.MEMO
2026-02-03 credit-line Ann: Equity:Ann:Memo:CreditLine:Iss:Available -1500.50 CNY.MEMO, Equity:Ann:Memo:CreditLine:Iss:Limit 1500.50 CNY.MEMO
2026-02-03 credit-line Iss: Equity:Iss:Memo:CreditLine:Ann:Available -1500.50 CNY.MEMO, Equity:Iss:Memo:CreditLine:Ann:Limit 1500.50 CNY.MEMO
""",
    ),
    "a request moves nothing": (issue(kind="request") + event("refuse", "2026-03-03"), ""),
    "exact to the last digit": (
        issue(amount="0.1234567890123 CNY") + event("void", "2026-03-02", reason='"cancelled"'),
        """
2026-03-02 issue Ann: Assets:Ann:Iss -0.1234567890123 CNY, Assets:Ann:Iss:Frozen 0.1234567890123 CNY
2026-03-02 issue Iss: Liabilities:Iss:Deposits:Ann 0.1234567890123 CNY, Liabilities:Iss:Held:Ann -0.1234567890123 CNY
2026-03-02 void Ann: Assets:Ann:Iss 0.1234567890123 CNY, Assets:Ann:Iss:Frozen -0.1234567890123 CNY
2026-03-02 void Iss: Liabilities:Iss:Deposits:Ann -0.1234567890123 CNY, Liabilities:Iss:Held:Ann 0.1234567890123 CNY
""",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_books(name: str) -> None:
    text, expected = GOLDEN[name]
    ledger = load(text)
    wanted = sorted(filter(None, expected.splitlines()))
    assert ledger.booked() == wanted
    assert set(ledger.codes) <= {"duplicate"}


def test_what_a_transaction_carries() -> None:
    text = (
        PARTIES.replace('"Ann" "policyholder"', '"Ann" "policyholder"\n  name: "安 Ann"').replace(
            '"Iss" "bank"', '"Iss" "bank"\n  name: "First \\"Bank\\""'
        )
        + ACCOUNTS
        + LINES
        + issue(amount="1234567.80 CNY", cover_start="2026-03-10")
        + event("accept", "2026-03-03")
        + event("apply", "2026-03-04", "1234567.00 CNY")
        + event("settle", "2026-03-05")
        + issue("V-2", "7 CNY", funding='"credit"')
        + event("accept", "2026-03-04", voucher="V-2")
        + event("return", "2026-03-05", voucher="V-2")
        + event("void", "2026-03-06", voucher="V-2", reason='"insurance-returned"')
        + issue("V-3", "8 CNY")
        + event("reject", "2026-03-04", voucher="V-3")
        + '2026-03-10 custom "voucher-close" "x"\n'
    )
    ledger = load(text, world="")
    found = {
        (entry.meta.get("voucher"), entry.meta["voucher-event"], entry.meta["voucher-book"]): entry
        for entry in ledger.generated
    }
    big, small = "1,234,567.80 CNY", "1,234,567.00 CNY"
    expected = {
        ("V-1", "issue", "Ann"): ('First "Bank"', f"V-1 issued: {big} frozen", '"voucher-issue" "V-1"'),
        ("V-1", "issue", "Iss"): ("安 Ann", f"V-1 issued: {big} frozen", '"voucher-issue" "V-1"'),
        ("V-1", "accept", "Acc"): ("Ins", f"V-1 accepted: {big} for collection", '"voucher-accept" "V-1"'),
        ("V-1", "accept", "Ins"): ("安 Ann", f"V-1 accepted: {big} for collection", '"voucher-accept" "V-1"'),
        ("V-1", "settle", "Ann"): ('First "Bank"', f"V-1 settled: {small} paid, 0.80 CNY released", '"voucher-settle"'),
        ("V-1", "settle", "Iss"): ("安 Ann", f"V-1 settled: {small} paid, 0.80 CNY released", '"voucher-settle"'),
        ("V-1", "settle", "Acc"): ("Ins", f"V-1 settled: {small} paid, 0.80 CNY released", '"voucher-settle"'),
        ("V-1", "settle", "Ins"): ("安 Ann", f"V-1 settled: {small} paid, 0.80 CNY released", '"voucher-settle"'),
        ("V-1", "cover", "Ins"): ("安 Ann", f"V-1 cover starts: {small} no longer in advance", '"voucher-issue" "V-1"'),
        ("V-2", "issue", "Ann"): ('First "Bank"', "V-2 issued: 7 CNY of credit line frozen", '"voucher-issue" "V-2"'),
        ("V-2", "recognise", "Ins"): ("安 Ann", "V-2 recognised: 7 CNY of premium", '"voucher-issue" "V-2"'),
        ("V-2", "void", "Acc"): ("Ins", "V-2 voided (insurance-returned): 7 CNY released", '"voucher-void"'),
        ("V-3", "reject", "Iss"): ("安 Ann", "V-3 rejected: 8 CNY released", '"voucher-reject"'),
        (None, "credit-line", "Ann"): ('First "Bank"', 'Credit line 安 Ann with First "Bank": limit 1,000.00 CNY', '"voucher-credit-line"'),
        (None, "credit-line", "Iss"): ("安 Ann", 'Credit line 安 Ann with First "Bank": limit 1,000.00 CNY', '"voucher-credit-line"'),
    }  # fmt: skip
    for key, (payee, narration, directive) in expected.items():
        entry = found[key]
        voucher, happened, book = key
        line = line_of(text, directive, world="")
        position = {"filename": "<string>", "lineno": line}
        assert (entry.payee, entry.narration, entry.flag) == (payee, narration, "*"), key
        assert entry.tags == {"voucher", f"voucher-{happened}"}
        assert entry.links == ({voucher} if voucher else set())
        shown = {name: value for name, value in entry.meta.items() if not name.startswith("__")}
        said = {"voucher": voucher} if voucher else {}
        said |= {"voucher-reason": "insurance-returned"} if happened == "void" else {}
        assert shown == position | said | {"voucher-event": happened, "voucher-book": book}
        assert [posting.meta for posting in entry.postings] == [position] * len(entry.postings)


def test_the_payee_in_the_book_of_one_bank() -> None:
    text = issue(acceptor=None) + ACCEPT + event("void", "2026-04-01", reason='"no-application"')
    payees = {
        entry.meta["voucher-event"]: entry.payee
        for entry in load(text).generated
        if entry.meta["voucher-book"] == "Iss"
    }
    assert payees == {"issue": "Ann", "accept": "Ins", "void": "Ann"}


def test_a_repayment_carries_the_tag_of_its_line() -> None:
    ledger = load(
        LINES + issue(**_CREDIT) + ACCEPT + APPLY + _SETTLE
        + '2026-03-07 custom "voucher-repay" "Ann" "Iss" 100.00 CNY\n'
    )  # fmt: skip
    repaid = [entry for entry in ledger.generated if entry.meta["voucher-event"] == "repay"]
    assert [entry.narration for entry in repaid] == [
        "Credit line Ann with Iss: 100.00 CNY repaid"
    ] * 2
    assert all(entry.tags == {"voucher", "voucher-credit-line"} for entry in repaid)
    assert all(not entry.links and "voucher" not in entry.meta for entry in repaid)


def test_every_voucher_directive_gets_its_voucher() -> None:
    ledger = load(issue(kind="request") + issue() + event("settle", "2026-03-03", colour='"red"'))
    customs = [entry for entry in ledger.entries if isinstance(entry, Custom)]
    named = [entry.meta.get("voucher") for entry in customs if "party" not in entry.type]
    assert named == ["V-1"] * 3
    assert not any("voucher" in entry.meta for entry in customs if "party" in entry.type)
    # Read again, it is no term: nobody has said it.
    voucher = ledger.evaluation.vouchers["V-1"]
    assert [event.fact.terms.get("voucher") for event in voucher.events] == [None, None]


@pytest.mark.parametrize("value", ['"v-1"', '""', "2026-03-02", "1.00 CNY"])
def test_a_directive_that_names_no_voucher_gets_none(value: str) -> None:
    ledger = load(f'2026-03-02 custom "voucher-settle" {value}\n')
    [settle] = [e for e in ledger.entries if isinstance(e, Custom) and e.type == "voucher-settle"]
    assert "voucher" not in settle.meta


# --- Accounts ---------------------------------------------------------------------------

_PER_VOUCHER = _option("hold-accounts", "per-voucher")


def _accounts(
    text: str, *, world: str = PARTIES + ACCOUNTS
) -> dict[str, tuple[dt.date, dt.date | None]]:
    """The accounts that the plugin opened, with their dates of opening and closing."""
    ledger = load(text, world=world)
    assert ledger.errors == []
    closed = {entry.account: entry.date for entry in ledger.entries if isinstance(entry, Close)}
    return {
        entry.account: (entry.date, closed.get(entry.account))
        for entry in ledger.entries
        if isinstance(entry, Open) and "__voucher__" in entry.meta
    }


def _march(day: int) -> dt.date:
    return dt.date(2026, 3, day)


def test_accounts_are_opened_at_first_use() -> None:
    accounts = _accounts(issue() + ACCEPT + APPLY + _SETTLE)
    assert accounts == {
        "Assets:Ann:Iss:Frozen": (_march(2), None),
        "Liabilities:Iss:Held:Ann": (_march(2), None),
        "Equity:Acc:Memo:ForCollection:Ins": (_march(3), None),
        "Equity:Acc:Memo:ForCollectionContra": (_march(3), None),
        "Equity:Ins:Memo:VouchersReceived:Acc": (_march(3), None),
        "Equity:Ins:Memo:VouchersReceivedContra": (_march(3), None),
        "Assets:Ann:PrepaidInsurance": (_march(3), None),
        "Liabilities:Ann:PremiumPayable": (_march(3), None),
        "Assets:Ins:PremiumReceivable": (_march(3), None),
        "Liabilities:Ins:UnearnedPremium": (_march(3), None),
        "Liabilities:Iss:Interbank:Acc": (_march(6), None),
        "Assets:Acc:Interbank:Iss": (_march(6), None),
    }


def test_leaves_of_a_voucher_are_closed_at_their_last_posting() -> None:
    accounts = _accounts(_PER_VOUCHER + issue(**_COVER) + ACCEPT + APPLY + _SETTLE + _CLOSE)
    leaves = {account: dates for account, dates in accounts.items() if account.endswith(":V-1")}
    assert leaves == {
        "Assets:Ann:Iss:Frozen:V-1": (_march(2), _march(6)),
        "Liabilities:Iss:Held:Ann:V-1": (_march(2), _march(6)),
        "Equity:Acc:Memo:ForCollection:Ins:V-1": (_march(3), _march(6)),
        "Equity:Ins:Memo:VouchersReceived:Acc:V-1": (_march(3), _march(6)),
        "Liabilities:Ins:AdvancePremium:V-1": (_march(6), _march(10)),
    }
    assert "Liabilities:Ins:UnearnedPremium" in accounts


def test_leaves_stay_open_while_something_is_on_them() -> None:
    open_voucher = _accounts(_PER_VOUCHER + issue() + ACCEPT)
    assert open_voucher["Assets:Ann:Iss:Frozen:V-1"] == (_march(2), None)
    assert open_voucher["Assets:Ins:PremiumReceivable:V-1"] == (_march(3), None)
    assert open_voucher["Liabilities:Ann:PremiumPayable:V-1"] == (_march(3), None)
    in_advance = _accounts(_PER_VOUCHER + issue(**_COVER) + ACCEPT + APPLY + _SETTLE)
    assert in_advance["Liabilities:Ins:AdvancePremium:V-1"] == (_march(6), None)
    credit = _accounts(_PER_VOUCHER + LINES + issue(**_CREDIT))
    assert credit["Equity:Ann:Memo:CreditLine:Iss:Frozen:V-1"] == (_march(2), None)
    assert "Equity:Ann:Memo:CreditLine:Iss:Available" in credit


def test_a_leaf_that_the_ledger_closes_is_not_closed_twice() -> None:
    leaf = "2026-03-06 close Assets:Ann:Iss:Frozen:V-1\n"
    accounts = _accounts(_PER_VOUCHER + issue() + ACCEPT + APPLY + _SETTLE + leaf)
    assert accounts["Assets:Ann:Iss:Frozen:V-1"] == (_march(2), _march(6))


def test_an_account_is_opened_before_the_ledger_itself_speaks_of_it() -> None:
    speaking = (
        "2026-01-05 balance Assets:Ann:Iss:Frozen  0 CNY\n"
        '2026-01-06 note Liabilities:Iss:Held:Ann "empty"\n'
        "2026-01-07 pad Assets:Ann:PrepaidInsurance Liabilities:Ann:PremiumPayable\n"
        "2026-01-09 balance Assets:Ann:PrepaidInsurance  1.00 CNY\n"
        "2026-01-08 *\n  Assets:Ins:PremiumReceivable  1.00 CNY\n  Equity:Opening\n"
        "2026-01-04 *\n  Assets:Ins:PremiumReceivable  1.00 CNY\n  Equity:Opening\n"
    )
    accounts = _accounts(speaking + issue() + ACCEPT)
    january = {account: date.day for account, (date, _) in accounts.items() if date.month == 1}
    assert january == {
        "Assets:Ann:Iss:Frozen": 5,
        "Liabilities:Iss:Held:Ann": 6,
        "Assets:Ann:PrepaidInsurance": 7,
        "Liabilities:Ann:PremiumPayable": 7,
        "Assets:Ins:PremiumReceivable": 4,
    }


def test_an_account_that_the_ledger_opens_is_left_alone() -> None:
    accounts = _accounts("2026-01-01 open Assets:Ann:Iss:Frozen\n" + issue())
    assert set(accounts) == {"Liabilities:Iss:Held:Ann"}


def test_accounts_can_be_replaced() -> None:
    parties = (
        PARTIES.replace('"Ann" "policyholder"', '"Ann" "policyholder"\n  bank: Assets:Wallet')
        .replace('"Iss" "bank"', '"Iss" "bank"\n  deposits: "Liabilities:{party}:Sight:{customer}"')
        .replace('"Ins" "insurer"', '"Ins" "insurer"\n  vouchers: "Equity:Off:{bank}:In"\n  bank: Assets:Till')
        .replace('"Acc" "bank"', '"Acc" "bank"\n  interbank-receivable: "Assets:Nostro:{bank}"')
    )  # fmt: skip
    opens = (
        "".join(
            f"2020-01-01 open {account}\n"
            for account in (
                "Assets:Wallet",
                "Assets:Till",
                "Liabilities:Iss:Sight:Ann",
                "Liabilities:Acc:Deposits:Ins",
                "Equity:Opening",
            )
        )
        + "2020-01-01 *\n  Assets:Wallet  100.00 CNY\n  Equity:Opening\n"
    )
    ledger = load(issue() + ACCEPT + APPLY + _SETTLE, world=parties + opens)
    assert ledger.errors == []
    used = {posting.account for entry in ledger.generated for posting in entry.postings}
    assert {
        "Assets:Wallet",
        "Assets:Wallet:Frozen",  # frozen follows bank
        "Assets:Till",
        "Liabilities:Iss:Sight:Ann",
        "Equity:Off:Acc:In",
        "Assets:Nostro:Iss",
    } <= used
    assert not used & {"Assets:Ann:Iss", "Assets:Ann:Iss:Frozen", "Assets:Ins:Acc"}


def test_an_advance_may_stand_with_the_unearned_premium() -> None:
    """Only what the invariants speak of needs an account of its own."""
    parties = PARTIES.replace(
        '"Ins" "insurer"', '"Ins" "insurer"\n  advance: "Liabilities:{party}:UnearnedPremium"'
    )
    ledger = load(issue(**_COVER) + ACCEPT + APPLY + _SETTLE + _CLOSE, world=parties + ACCOUNTS)
    assert ledger.errors == []


def test_accounts_follow_the_ledgers_root_names() -> None:
    roots = "".join(
        f'option "name_{kind}" "{name}"\n'
        for kind, name in (
            ("assets", "Vermögen"),
            ("liabilities", "Schulden"),
            ("equity", "Kapital"),
        )
    )
    world = PARTIES + (
        "2020-01-01 open Vermögen:Ann:Iss\n2020-01-01 open Schulden:Iss:Deposits:Ann\n"
        "2020-01-01 open Kapital:Opening\n"
        "2020-01-01 *\n  Vermögen:Ann:Iss  100.00 CNY\n  Kapital:Opening\n"
    )
    ledger = load(issue() + ACCEPT, world=roots + world)
    assert ledger.errors == []
    used = {posting.account for entry in ledger.generated for posting in entry.postings}
    assert {
        "Vermögen:Ann:Iss:Frozen",
        "Schulden:Iss:Held:Ann",
        "Kapital:Acc:Memo:ForCollectionContra",
    } <= used


def test_in_a_users_ledger_every_account_must_be_open() -> None:
    text = _option("open-accounts", "user") + issue()
    assert load(text).codes == ["account-not-open", "account-not-open"]
    opens = "2026-01-01 open Assets:Ann:Iss:Frozen\n2026-01-01 open Liabilities:Iss:Held:Ann\n"
    ledger = load(opens + text)
    assert ledger.errors == []
    assert not [
        entry for entry in ledger.entries if "__voucher__" in entry.meta and isinstance(entry, Open)
    ]


@pytest.mark.parametrize(
    ("name", "ledger", "account", "expected"),
    [
        ("never opened", "", "Assets:Ann:Iss", "expected an open directive on or before 2026-03-02"),
        ("opened later", "2026-03-04 open Assets:Ann:Iss\n", "Assets:Ann:Iss", "expected its open directive of 2026-03-04 on or before 2026-03-02"),
        ("closed before", "2026-01-01 open Assets:Ann:Iss\n2026-03-01 close Assets:Ann:Iss\n", "Assets:Ann:Iss", "expected its close directive of 2026-03-01 on or after 2026-03-02"),
        ("the plugin's account opened later", "2026-01-01 open Assets:Ann:Iss\n2026-03-04 open Assets:Ann:Iss:Frozen\n", "Assets:Ann:Iss:Frozen", "expected its open directive of 2026-03-04 on or before 2026-03-02"),
    ],
)  # fmt: skip
def test_accounts_that_are_not_open(name: str, ledger: str, account: str, expected: str) -> None:
    """One error; that book goes without the voucher, and all others keep it."""
    world = (
        PARTIES
        + "\n".join(
            line
            for line in ACCOUNTS.splitlines()
            if line.startswith("20") and "Ann:Iss" not in line
        ).replace('2020-01-01 * "Opening balances"', "")
        + "\n"
    )
    text = (
        '2026-01-01 custom "voucher-option" "check-funds" "off"\n'
        + ledger
        + issue()
        + ACCEPT
        + APPLY
        + _SETTLE
    )
    loaded = load(text, world=world)
    [error] = loaded.errors
    assert (
        f"{account} in the book of Ann, which is not open; {expected} [account-not-open]"
        in error.message
    ), name
    assert error.source["lineno"] == line_of(text, '"voucher-issue"', world=world)
    books = {entry.meta["voucher-book"] for entry in loaded.generated}
    assert books == {"Iss", "Acc", "Ins"}
    assert loaded.state() == "settled"


def test_a_posting_on_the_day_an_account_is_closed_is_in_time() -> None:
    ledger = load(issue() + "2026-03-02 close Assets:Ann:Iss\n")
    assert ledger.errors == []


def test_a_repayment_into_a_closed_account_is_no_end_of_the_line() -> None:
    text = (
        LINES + issue(**_CREDIT) + ACCEPT + APPLY + _SETTLE
        + '2026-03-07 custom "voucher-repay" "Ann" "Iss" 10.00 CNY\n'
        + "2026-03-06 close Assets:Ann:Iss\n"
        + '2026-03-08 custom "voucher-credit-line" "Ann" "Iss" 2000.00 CNY\n'
    )  # fmt: skip
    ledger = load(text)
    assert ledger.codes == ["account-not-open"]
    booked = {
        (entry.meta["voucher-event"], entry.meta["voucher-book"]) for entry in ledger.generated
    }
    assert ("repay", "Iss") in booked
    assert ("repay", "Ann") not in booked
    assert sum(entry.date == _march(8) for entry in ledger.generated) == 2


@pytest.mark.parametrize(
    ("issued", "codes"),
    [("2026-03-04", []), ("2026-03-05", []), ("2026-03-06", ["account-not-open"])],
)
def test_an_account_that_the_ledger_closes_between_two_vouchers(
    issued: str, codes: list[str]
) -> None:
    """Its last day is a good one; that it was open for another voucher is no help."""
    closes = "2026-03-05 close Liabilities:Iss:Deposits:Ann\n"
    later = issue("V-2", date=issued, accept_by="2026-03-09")
    assert load(issue() + later + closes).codes == codes


def test_an_account_is_open_on_its_first_day() -> None:
    opens = "2026-03-02 open Liabilities:Iss:Held:Ann\n"
    assert load(issue(date="2026-03-02") + opens).codes == []
    assert load(issue(date="2026-03-01") + opens).codes == ["account-not-open"]


@pytest.mark.parametrize("option", ["pooled", "per-voucher"])
def test_the_last_day_of_all_is_a_day_like_others(option: str) -> None:
    holds = f'2026-01-01 custom "voucher-option" "hold-accounts" "{option}"\n'
    last = issue(date="9999-12-31", accept_by="9999-12-31", apply_by="9999-12-31")
    assert load(holds + last).codes == []


@pytest.mark.parametrize(
    ("settled", "kinds"),
    [
        ("2026-03-09", ["advance", "cover"]),
        ("2026-03-10", ["unearned"]),
        ("2026-03-11", ["unearned"]),
    ],
)
def test_what_is_settled_on_the_day_cover_starts_is_no_advance(
    settled: str, kinds: list[str]
) -> None:
    """Within a day cover starts before a settlement (manual: directives)."""
    text = issue(cover_start="2026-03-10") + ACCEPT + APPLY + event("settle", settled)
    ledger = load(
        _option("recognise-at", "settle") + text + '2026-03-31 custom "voucher-close" "M"\n'
    )
    accounts = {
        "Liabilities:Ins:AdvancePremium": "advance",
        "Liabilities:Ins:UnearnedPremium": "unearned",
    }
    found = [
        "cover" if entry.meta["voucher-event"] == "cover" else accounts[posting.account]
        for entry in ledger.generated
        if entry.meta["voucher-event"] in ("settle", "cover")
        for posting in entry.postings
        if posting.account in accounts
    ]
    assert list(dict.fromkeys(found)) == kinds

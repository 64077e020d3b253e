"""Holds: booked less available balance, beside the frozen money that vouchers make up."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from beancount_voucher.lifecycle.business_days import WEEKDAYS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from beancount.core.data import Account

    from beancount_voucher.lifecycle.business_days import BusinessDays
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.reconciliation.ledger_side import BankAccount, BankBook
    from beancount_voucher.statements.statement import Statement

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class BankHold:
    """What is held on an account at the end of a statement.

    Attributes:
        date: the end of the statement.
        bank: booked less available balance.
        ledger: the ledger's frozen money.
        vouchers: what each open voucher holds of it.
        lag: how far the bank is behind with freezing and releasing, if that explains it.
    """

    account: Account
    currency: str
    date: dt.date
    bank: Decimal
    ledger: Decimal
    vouchers: Mapping[str, Decimal]
    lag: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether bank and ledger say the same of the day."""
        return self.bank == self.ledger


def hold(
    statement: Statement,
    bank: BankAccount,
    book: BankBook,
    vouchers: Mapping[str, Voucher],
    window: int,
    calendar: BusinessDays = WEEKDAYS,
) -> BankHold | None:
    """What is held at the end of a statement.

    Args:
        statement: the last statement of an account.
        bank: the account.
        book: what the ledger says of it.
        vouchers: every voucher.
        window: business days that the bank may be behind with freezing and releasing.
        calendar: which days these are.

    Returns:
        The hold; None where the statement names no available balance.
    """
    if statement.hold is None:
        return None
    mine = {
        name: voucher
        for name, voucher in sorted(vouchers.items())
        if voucher.terms is not None
        and voucher.terms.funding == "cash"
        and voucher.terms.amount.currency == statement.currency
        and (voucher.terms.policyholder, voucher.terms.issuer) in bank.holders
    }
    frozen = book.frozen(bank.account, statement.currency, statement.end + _DAY)
    now = _held(mine, statement.end)
    lag = None
    if frozen != statement.hold:
        missing = statement.hold - frozen + sum(now.values())
        lag = _lag(mine, now, statement.end, missing, calendar, window)
    return BankHold(
        bank.account, statement.currency, statement.end, statement.hold, frozen, now, lag
    )


def _lag(
    vouchers: Mapping[str, Voucher],
    now: Mapping[str, Decimal],
    date: dt.date,
    bank: Decimal | int,
    calendar: BusinessDays,
    window: int,
) -> str | None:
    """How far the bank is behind, if that alone explains what it holds."""
    day = date - _DAY
    while calendar.number(date) - calendar.number(day + _DAY) <= window:
        then = _held(vouchers, day)
        if sum(then.values()) == bank:
            return f"the bank's is that of {day}"
        if sum({**then, **now}.values()) == bank:
            return f"the bank has released nothing since {day}"
        day -= _DAY
    return None


def _held(vouchers: Mapping[str, Voucher], date: dt.date) -> dict[str, Decimal]:
    held = {name: voucher.as_of(date).held for name, voucher in vouchers.items()}
    return {name: number for name, number in held.items() if number}

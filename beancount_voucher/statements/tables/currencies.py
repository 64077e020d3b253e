"""Currencies by the names that banks write in their own language, and as a ledger has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.money import money_of
from beancount_voucher.statements.tables.number_forms import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

CURRENCY_NAMES: dict[str, tuple[str, ...]] = {
    "CNY": ("人民币", "人民币元", "人民幣", "RMB"),
    "HKD": ("港元", "港币", "港幣", "HK$"),
    "MOP": ("澳门元", "澳門元"),
    "TWD": ("新台币", "新臺幣", "新台幣", "NT$"),
    "USD": ("美元", "美金", "米ドル", "US$"),
    "EUR": ("欧元", "歐元", "ユーロ", "€"),
    "GBP": ("英镑", "英鎊", "£"),
    "JPY": ("日元", "日圆", "日圓", "日本円", "円"),
    "KRW": ("韩元", "韩国元", "韓元"),
    "SGD": ("新加坡元", "新加坡币"),
    "AUD": ("澳元", "澳大利亚元"),
    "CAD": ("加元", "加拿大元"),
    "NZD": ("新西兰元",),
    "CHF": ("瑞士法郎",),
    "THB": ("泰铢",),
    "INR": ("印度卢比", "RS", "RS.", "₹"),
}
"""ISO 4217 -> the names of a currency, in capitals; a map may name more."""

_BY_NAME = {name: code for code, names in CURRENCY_NAMES.items() for name in names}


def currency_of(text: str, more: Mapping[str, str]) -> str | None:
    """A currency as a ledger has it; None for what no ledger can have.

    Args:
        text: the name or the code of a currency, as a bank writes it.
        more: further names.
    """
    said = plain(text)
    code = more.get(text.strip()) or more.get(said) or _BY_NAME.get(said.upper()) or said.upper()
    money = money_of(f"1 {code}")
    return None if money is None else money.currency

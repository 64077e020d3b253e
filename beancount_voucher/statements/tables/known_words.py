"""Words by which banks and wallets call columns, sides and accounts, as ``map`` looks for them."""

from __future__ import annotations

import re

HEADINGS: dict[str, str] = {
    "date": (
        "日期 交易日期 记账日期 入账日期 交收日期 交易日 记账日 交易时间 记账时间 入账时间 "
        "发生时间 时间 日付 取引日 お取引日 年月日 日時 date booked bookingdate bookdate "
        "postingdate postdate posteddate transactiondate txndate transdate day time "
        "datetime transactiontime buchungstag buchungsdatum datum tag fecha data"
    ),
    "amount": (
        "金额 交易金额 发生额 交易额 清算金额 收支金额 金額 取引金額 amount "
        "transactionamount tradeamount net betrag umsatz importe montant"
    ),
    "debit": (
        "借方 借方发生额 借方金额 借方发生金额 支出 支出金额 付款金额 转出金额 记账金额支出 "
        "出金 出金額 支払金額 お支払金額 お引出し debit debits debitamount debitamt "
        "withdrawal withdrawals withdrawalamt withdrawalamount paidout moneyout out soll "
        "belastung lastschrift"
    ),
    "credit": (
        "贷方 贷方发生额 贷方金额 贷方发生金额 收入 收入金额 收款金额 转入金额 记账金额收入 "
        "入金 入金額 預り金額 お預り金額 お預入れ credit credits creditamount creditamt "
        "deposit deposits depositamt depositamount paidin moneyin in haben gutschrift"
    ),
    "balance": (
        "余额 账户余额 本次余额 资金本次余额 交易后余额 结余 账户结余 残高 差引残高 balance "
        "runningbalance runningbal closingbalance balanceafter saldo kontostand solde"
    ),
    "available": "可用余额 availablebalance available",
    "direction": (
        "借贷 借贷标志 借贷方向 收支 收支类型 收付 收付标志 入出金区分 drcr crdr "
        "debitcredit creditdebit inout sollhaben direction"
    ),
    "status": "状态 交易状态 当前状态 状態 status",
    "account": "账号 本方账号 资金账号 资金帐号 口座番号 account accountnumber accountno iban",
    "currency": "币种 币别 货币 交易货币 记账币种 通貨 currency ccy währung waehrung",
    "end-to-end": "端到端标识 endtoendid endtoendreference endtoend",
    "reference": (
        "凭证号 商户订单号 订单号 reference ref customerreference chqno chequeno chqrefno "
        "referenz kundenreferenz"
    ),
    "bank-reference": (
        "流水号 交易流水号 账务流水号 资金流水单号 交易订单号 交易单号 交易号 order orderid "
        "transactionid bankreference"
    ),
    "batch": "批次号 batch batchid",
}
"""The column -> its headings in small letters, without blanks and signs."""

TEXTS = (
    "摘要 用途 附言 备注 商品说明 业务类型 业务名称 对方户名 对方名称 对方单位名称 交易对方 "
    "お取引内容 取引内容 備考 text what description narration details memo particulars "
    "payee counterparty remarks purpose name verwendungszweck zweck empfänger"
)
"""Headings of what else a line says."""

SIDES: dict[str, str] = {
    "in": "贷 贷cr cr c credit crdt 收 收入 收款 入金 入 存入 转入 in moneyin haben h",
    "out": "借 借dr dr d debit dbit 支 支出 付 付款 出金 出 支取 转出 out moneyout soll s",
}
"""What a column of directions says, in small letters, without blanks and signs."""

_PAIRS = (
    ("贷", "借"), ("贷 Cr", "借 Dr"), ("收入", "支出"), ("收", "支"), ("收", "付"),
    ("入金", "出金"), ("Cr", "Dr"), ("CR", "DR"), ("C", "D"), ("Credit", "Debit"),
    ("CREDIT", "DEBIT"), ("CRDT", "DBIT"), ("in", "out"), ("In", "Out"), ("IN", "OUT"),
    ("H", "S"), ("Haben", "Soll"),
)  # fmt: skip

OPPOSITE: dict[str, str] = {
    one: other for pair in reversed(_PAIRS) for one, other in (pair, pair[::-1])
}
"""A word that says in or out -> the word of the other side."""

ACCOUNT = re.compile(
    r"(?P<words>.{0,40}?(?:账\s*号|帐\s*号|卡\s*号|口座番号|iban|account\s*(?:number|no\.?|#)?|konto(?:nummer)?))"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""Words above a table behind which the account's number stands."""

NUMBER = re.compile(r"[0-9A-Z*]*[0-9][0-9A-Z*]{3,}", re.IGNORECASE)
"""What an account's number looks like, in whole or in part."""

CURRENCY = re.compile(
    r"(?P<words>.{0,40}?(?:币\s*种|币\s*别|通貨|currency|ccy))(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
"""Words above a table behind which its currency stands."""

TOTALS = re.compile(
    r"(?:[^\W\d]{0,6}?(?:合计|总计|小计|共计)|sub-?total|total|sum\b|summe)", re.IGNORECASE
)
"""What rows of sums begin with."""

UNITS = ("¥", "元", "円", "$", "€", "£", "₹", "Rs.", "Rs", "CNY", "RMB", "USD", "EUR", "INR", "JPY")
"""What stands at numbers and names the currency only."""

NOTHING = ("-", "--", "—", "*")
"""What stands for nothing in a cell of numbers."""

AROUND = ("`", "'")
"""What some exports put before each value so that no spreadsheet takes it for a number."""

ENCODINGS = ("utf-8", "gb18030", "big5", "cp932", "cp1252")
"""How text is encoded that has no byte order mark."""

DELIMITERS = (",", ";", "\t", "|")

DATES = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%Y年%m月%d日", "%d.%m.%Y", "%d/%m/%Y",
    "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%d-%b-%Y", "%d %b %Y", "%d/%b/%Y", "%b %d, %Y",
    "%d %B %Y", "%B %d, %Y", "%EC%Ey年%m月%d日", "%EC%Ey.%m.%d", "%EC%Ey/%m/%d", "%d.%m.%y",
    "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%m-%d-%y", "%d-%b-%y", "%d %b %y", "%y/%m/%d",
    "%y-%m-%d", "%y.%m.%d", "%Ey/%m/%d", "%Ey.%m.%d", "%Ey-%m-%d", "serial",
)  # fmt: skip
"""Formats of dates; where several read all of a file as the same days, the first counts."""

NUMBERS = ((".", ","), (",", "."), (".", "'"), (",", " "), (".", " "), (",", "'"))
"""What stands before the decimals, and between thousands."""

_SIGNS = re.compile(r"[\W_]+")
_BRACKETS = re.compile(r"[\[(（].*?[\])）]")


def bare(text: str) -> str:
    """A heading or a word in small letters, without blanks and signs."""
    return _SIGNS.sub("", text.casefold())


def kinds_of(heading: str) -> set[str]:
    """The columns that a heading may be: as a whole, or without what stands in brackets."""
    whole, outside = bare(heading), bare(_BRACKETS.sub("", heading))
    for name in (whole, outside):
        found = {kind for kind, names in HEADINGS.items() if name and name in names.split()}
        found |= {"text"} if name and name in TEXTS.split() else set()
        if found:
            return found
    return set()


def side_of(word: str) -> str | None:
    """Whether a word says in or out; None if it is not known."""
    name = bare(word)
    return next((side for side, words in SIDES.items() if name and name in words.split()), None)

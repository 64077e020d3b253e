"""Exports of banks and wallets, kind by kind: what is read of each, and what refuses it.

All files here are written for these tests. An account opens with 1000.00 wherever the export
can say so; 300.00 come in for X-1, and 120.00 and 5.00 go out.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from beancount_voucher.statements.files import read
from beancount_voucher.statements.proof import prove
from beancount_voucher.statements.statement import Statement, StatementError

if TYPE_CHECKING:
    from pathlib import Path

SAME = 'account = "62001"\ncurrency = "CNY"\n'


class Kind(NamedTuple):
    """An export, its map, and what it must come to: account, currency, opening, lines."""

    text: str
    how: str
    account: str = "62001"
    currency: str = "CNY"
    opening: str | None = "1000.00"
    lines: tuple[str, ...] = ("300.00", "-120.00", "-5.00")
    encoding: str = "utf-8"
    name: str = "s.csv"


DIRECTION = Kind(
    "No,Day,Time,DC,Amount,Balance,Text\n"
    '1,2026-03-02,09:15,贷 Cr,300.00,"1,300.00",X-1\n'
    '2,2026-03-03,10:00,借 Dr,120.00,"1,180.00",X-2\n'
    '3,2026-03-03,10:01,借 Dr,5.00,"1,175.00",fee\n',
    SAME + '[columns]\ndate = "Day"\namount = "Amount"\ndirection = "DC"\nbalance = "Balance"\ntext = "Text"\n'
    '[direction]\nin = "贷 Cr"\nout = "借 Dr"\n',
)  # fmt: skip
SIDES = Kind(
    "明细\n\n日期,支出,收入,余额,摘要\n"
    '2026年03月02日,--,300.00元,"1,300.00元",X-1\n'
    '2026年03月03日,￥120.00,--,"￥1,180.00",X-2\n'
    '2026年03月03日,５．００,--,"1,175.00",fee\n'
    "合计,125.00,300.00,,\n",
    SAME + 'date-format = "%Y年%m月%d日"\nempty = "--"\nunits = ["¥", "元"]\ntotals = "合计"\n'
    '[columns]\ndate = "日期"\ndebit = "支出"\ncredit = "收入"\nbalance = "余额"\ntext = "摘要"\n',
)  # fmt: skip
ORDERS = Kind(
    "----\n导出信息：\n共5笔记录\n收入：1笔 300.00元\n支出：2笔 125.00元\n不计收支：2笔 9.00元\n"
    "时间  ,说明 ,收/支 ,金额  ,状态  ,单号 ,\n"
    "2026-03-03 10:01:00 ,fee ,支出 ,¥5.00 ,等待确认 ,N5\t,  ,\n"
    '2026-03-03 10:00:00 ,X-2 ,支出 ,"¥120.00"  ,交易成功 ,N4\t,  ,\n'
    "2026-03-02 10:00:00 ,X-3 ,不计收支 ,¥9.00 ,交易成功 ,N3\t,  ,\n"
    "2026-03-02 09:30:00 ,X-4 ,支出 ,¥9.00 ,交易关闭 ,N2\t,  ,\n"
    "2026-03-02 09:15:00 ,X-1 ,收入 ,¥300.00 ,交易成功 ,N1\t,  ,\n",
    SAME + 'newest-first = true\nunits = "¥"\n[columns]\ndate = "时间"\namount = "金额"\ndirection = "收/支"\n'
    'status = "状态"\nbank-reference = "单号"\ntext = "说明"\n[direction]\nin = "收入"\nout = "支出"\n'
    'neither = "不计收支"\n[status]\nbooked = ["交易成功", "等待确认"]\nnot-booked = "交易关闭"\n'
    '[file]\nrows = "共"\ncount-in = "收入："\nsum-in = "收入：*笔"\ncount-out = "支出："\nsum-out = "支出：*笔"\n',
    opening=None, encoding="gb18030",
)  # fmt: skip
WALLET = Kind(
    "#账务明细\n#账号：[62001]\n#起始日期：[2026年03月01日 00:00:00] 终止日期：[2026年04月01日 00:00:00]\n"
    "流水号,时间,收入（+元）,支出（-元）,余额\n"
    "3\t,2026-03-03 10:01:00,0.00,-5.00,1175.00\n"
    "2\t,2026-03-03 10:00:00,0.00,-120.00,1180.00\n"
    "1\t,2026-03-02 09:15:00,300.00,0.00,1300.00\n"
    "#支出合计：2笔，共-125.00元\n#收入合计：1笔，共300.00元\n",
    'currency = "CNY"\nnewest-first = true\nminus = "goes-out"\nend = "#"\n'
    'date-format = ["%Y-%m-%d", "%Y年%m月%d日"]\n'
    '[columns]\ndate = "时间"\ndebit = "支出（-元）"\ncredit = "收入（+元）"\nbalance = "余额"\n'
    'bank-reference = "流水号"\n[file]\naccount = "#账号："\nfrom = "#起始日期："\nto = "终止日期：["\n'
    'count-in = "#收入合计："\nsum-in = "#收入合计：*共"\ncount-out = "#支出合计："\nsum-out = "#支出合计：*共"\n',
    encoding="gb18030",
)  # fmt: skip
FLOW = Kind(
    "时间,单号,类型,金额(元),结余(元)\n"
    "`2026-03-02 09:15:00,`F1,`收入,`300.00,`1300.00\n"
    "`2026-03-03 10:00:00,`F2,`支出,`120.00,`1180.00\n"
    "`2026-03-03 10:01:00,`F3,`支出,`5.00,`1175.00\n"
    "总笔数,收入笔数,收入金额,支出笔数,支出金额\n`3,`1,`300.00,`2,`125.00\n",
    SAME + 'strip = "`"\nend = "总笔数"\n[columns]\ndate = "时间"\namount = "金额(元)"\ndirection = "类型"\n'
    'balance = "结余(元)"\nbank-reference = "单号"\n[direction]\nin = "收入"\nout = "支出"\n'
    '[file]\ncount = "总笔数"\ncount-in = "收入笔数"\nsum-in = "收入金额"\ncount-out = "支出笔数"\nsum-out = "支出金额"\n',
)  # fmt: skip
BILINGUAL = Kind(
    '账号[ Account ]\t62001\n笔数[ Number ]\t3\n期初[ Opening ]\t"1,000.00"\n期末[ Closing ]\t"1,175.00"\n'
    "范围[ Range ]\t20260301-20260331\n币种[ Currency ]\t人民币\n编号[ Id ]\t2026-3\n"
    "日期[ Day ]\t金额[ Amount ]\t余额[ Balance ]\n"
    '20260302\t+300.00\t"1,300.00"\n20260303\t-120.00\t"1,180.00"\n20260303\t-5.00\t"1,175.00"\n',
    'encoding = "utf-16"\ndelimiter = "\\t"\ndate-format = "%Y%m%d"\n'
    '[columns]\ndate = "日期[ Day ]"\namount = "金额[ Amount ]"\nbalance = "余额[ Balance ]"\n'
    '[file]\naccount = "账号[ Account ]"\ncount = "笔数["\nopening = "期初[ Opening ]"\nclosing = "期末[ Closing ]"\n'
    'from = "范围[ Range ]"\nto = "范围[ Range ]*-"\ncurrency = "币种[ Currency ]"\nid = "编号[ Id ]"\n',
    encoding="utf-16",
)  # fmt: skip
BILINGUAL = BILINGUAL._replace(
    text=BILINGUAL.text.replace("范围[ Range ]\t20260301-20260331", "范围[ Range ] 20260301-20260331"),
    how=BILINGUAL.how.replace('count = "笔数["', 'count = "笔数[ Number ]"'),
)  # fmt: skip
FORMULAS = Kind(
    '="日期"\t="业务"\t="金额"\t="余额"\t="币种"\t="账号"\t\n'
    '="20260302"\t="X-1"\t300.000\t1300.000\t="人民币"\t="62001"\t\n'
    '="20260303"\t="X ""2"""\t-120.000\t1180.000\t="人民币"\t="62001"\t\n'
    '="20260303"\t="fee"\t-5.000\t1175.000\t="人民币"\t="62001"\t\n',
    'encoding = "gb18030"\ndelimiter = "\\t"\ndate-format = "%Y%m%d"\n[columns]\ndate = "日期"\naccount = "账号"\n'
    'currency = "币种"\namount = "金额"\nbalance = "余额"\ntext = "业务"\n',
    encoding="gb18030", name="s.xls",
)  # fmt: skip
RED = Kind(
    "日期,借方,贷方,余额\n2026-03-02,0.00,300.00,1300.00\n2026-03-03,120.00,,1180.00\n"
    "2026-03-03,5.00,,1175.00\n2026-03-04,-5.00,,1180.00\n2026-03-05,,-300.00,880.00\n本月合计,120.00,0.00,\n",
    SAME + 'minus = "taken-back"\ntotals = "本月合计"\n'
    '[columns]\ndate = "日期"\ndebit = "借方"\ncredit = "贷方"\nbalance = "余额"\n',
    lines=("300.00", "-120.00", "-5.00", "5.00", "-300.00"),
)  # fmt: skip
INDIA = Kind(
    "Statement of account 62001 for 01/03/2026 to 31/03/2026\n\n"
    "Txn Date,Value Date,Narration,Chq No.,Withdrawal Amt.,Deposit Amt.,Closing Balance\n"
    '02/03/26,02/03/26,NEFT X-1,,,300.00,"12,34,867.00 Cr"\n'
    '03/03/26,03/03/26,UPI X-2,,120.00,,"12,34,747.00 Cr"\n'
    '03/03/26,03/03/26,CHARGES,,5.00,,"12,34,742.00 Cr"\n'
    "********,,,,,,\nSTATEMENT SUMMARY :-\nOpening Balance,Dr Count,Cr Count,Debits,Credits,Closing Bal\n"
    '"12,34,567.00",2,1,125.00,300.00,"12,34,742.00"\n',
    'currency = "INR"\ndate-format = ["%d/%m/%y", "%d/%m/%Y"]\nyear-from = "2000"\nend = "***"\n[columns]\n'
    'date = "Txn Date"\ndebit = "Withdrawal Amt."\ncredit = "Deposit Amt."\nbalance = "Closing Balance"\n'
    'text = "Narration"\n[direction]\nin = "Cr"\nout = "Dr"\n[file]\naccount = "Statement of account"\n'
    'from = "Statement of account*for"\nto = "Statement of account*to"\nopening = "Opening Balance"\n'
    'closing = "Closing Bal"\ncount-out = "Dr Count"\ncount-in = "Cr Count"\nsum-out = "Debits"\nsum-in = "Credits"\n',
    currency="INR", opening="1234567.00",
)  # fmt: skip
MARKS = Kind(
    "Date,Amount,Balance\n2026-03-02,300.00 Cr,700.00 Dr\n2026-03-03,120.00 Dr,820.00 Dr\n2026-03-03,5.00Dr,825.00Dr\n",
    SAME + '[columns]\ndate = "Date"\namount = "Amount"\nbalance = "Balance"\n[direction]\nin = "Cr"\nout = "Dr"\n',
    opening="-1000.00",
)  # fmt: skip
JAPAN = Kind(
    '日付,お支払金額,お預り金額,差引残高,摘要\nR8.3.2,,300,"1,300",X-1\nR8.3.3,120,,"1,180",X-2\nR8.3.3,5,,"1,175",手数料\n',
    'account = "62001"\ncurrency = "円"\nencoding = "cp932"\ndate-format = "%EC%Ey.%m.%d"\n'
    '[columns]\ndate = "日付"\ndebit = "お支払金額"\ncredit = "お預り金額"\nbalance = "差引残高"\ntext = "摘要"\n',
    currency="JPY", opening="1000", lines=("300", "-120", "-5"), encoding="cp932",
)  # fmt: skip
US = Kind(
    '"03/02/2026","300.00","*","","X-1"\n"03/03/2026","-120.00","*","","X-2"\n"03/03/2026","(5.00)","*","","FEE"\n',
    'account = "62001"\ncurrency = "USD"\nheading-rows = 0\ndate-format = "%m/%d/%Y"\nnegative = ["-5.00", "(5.00)"]\n'
    "[columns]\ndate = 1\namount = 2\ntext = 5\n",
    currency="USD", opening=None,
)  # fmt: skip
PENDING = Kind(
    "Date,Description,Amount,Status,Running Bal.\n2026-03-02,X-1,300.00,Posted,1300.00\n"
    "2026-03-03,X-2,-120.00,Posted,1180.00\n2026-03-03,fee,-5.00,Posted,1175.00\n2026-03-04,X-9,-7.00,Pending,\n",
    SAME + '[columns]\ndate = "Date"\namount = "Amount"\nstatus = "Status"\nbalance = "Running Bal."\n'
    'text = "Description"\n[status]\nbooked = "Posted"\npending = "Pending"\n',
)  # fmt: skip
PAGES = Kind(
    "Day,Out,In,Balance\n2026-03-01,,,1000.00\n2026-03-02,,300.00,\n小计,,300.00,\nDay,Out,In,Balance\n"
    "承前页,,,1300.00\n2026-03-03,120.00,,\n2026-03-03,5.00,,1175.00\n小计,125.00,0.00,\n合计,125.00,300.00,\n",
    SAME + 'totals = ["小计", "合计"]\nleave-out = "承前页"\n'
    '[columns]\ndate = "Day"\ndebit = "Out"\ncredit = "In"\nbalance = "Balance"\n',
)  # fmt: skip
MERGED = Kind(
    "Day,Amount,,Balance,Text\n,In,Out,,\n2026-03-02,300.00,,1300.00,X-1\n2026-03-03,,120.00,1180.00,X-2\n"
    "2026-03-03,,5.00,1175.00,fee\n",
    SAME + 'heading-rows = 2\n[columns]\ndate = "Day"\ndebit = "Amount Out"\ncredit = "Amount In"\n'
    'balance = "Balance"\ntext = "Text"\n',
)  # fmt: skip
EUROPE = Kind(
    "\ufeffDatum;Betrag;Saldo\n02.03.2026;300,00 €;1.300,00 €\n03.03.2026;120,00- €;1.180,00 €\n03.03.2026;5,00- €;1.175,00 €\n",
    'account = "62001"\ncurrency = "EUR"\ndelimiter = ";"\ndecimal = ","\nthousands = "."\ndate-format = "%d.%m.%Y"\n'
    'negative = "5.00-"\nunits = "€"\n[columns]\ndate = "Datum"\namount = "Betrag"\nbalance = "Saldo"\n',
    currency="EUR",
)  # fmt: skip
PRINTED = Kind(
    "Date,Amount,Balance\n2026-03-02,300.00,1300.00\n2026-03-03,\u2212120.00,1180.00\n2026-03-03,\u22125.00,1175.00\n",
    SAME + '[columns]\ndate = "Date"\namount = "Amount"\nbalance = "Balance"\n',
)  # fmt: skip
RAGGED = Kind(
    "Date,Amount,Balance,Ref,Text\n2026-03-02,300.00,1300.00,R1,X-1,,\n2026-03-03,-120.00,1180.00\n"
    '2026-03-03, "-5.00" , "1,175.00",R3\n',
    SAME + '[columns]\ndate = "Date"\namount = "Amount"\nbalance = "Balance"\nreference = "Ref"\ntext = "Text"\n',
)  # fmt: skip
OWN_BALANCES = Kind(
    "Account,62001\nBeginning balance,1000.00\nEnding balance,1175.00\n\nDate,Amount\n"
    "2026-03-02,300.00\n2026-03-03,-120.00\n2026-03-03,-5.00\n",
    'currency = "CNY"\n[columns]\ndate = "Date"\namount = "Amount"\n'
    '[file]\naccount = "Account"\nopening = "Beginning balance"\nclosing = "Ending balance"\n',
)  # fmt: skip

GROSS = Kind(
    "时间,类型,金额(元),结余(元)\n^2026-03-02 09:15:00^,收入,300.00,1300.00\n^2026-03-03 10:00:00^,支出,120.00,1180.00\n"
    "^2026-03-03 10:00:30^,不计,9.00,\n^2026-03-03 10:01:00^,支出,5.00,1175.00\n合计,,425.00,\n",
    SAME + 'strip = "^"\ntotals = "合计"\n[columns]\ndate = "时间"\namount = "金额(元)"\ndirection = "类型"\n'
    'balance = "结余(元)"\n[direction]\nin = "收入"\nout = "支出"\nneither = "不计"\n',
)  # fmt: skip

KINDS: dict[str, Kind] = {
    "a sum of both directions, marks on both sides": GROSS,
    "a column says in or out": DIRECTION,
    "units, placeholders, full width, totals": SIDES,
    "a list of orders": ORDERS,
    "a minus that goes out, lines around": WALLET,
    "backticks, and sums below with headings of their own": FLOW,
    "labels above in two languages": BILINGUAL,
    "formulas that quote, named .xls": FORMULAS,
    "a minus that takes back": RED,
    "lakhs, Cr behind the balance, a summary": INDIA,
    "Cr and Dr behind the amount": MARKS,
    "years of an era": JAPAN,
    "no headings": US,
    "a status that is pending": PENDING,
    "pages with sums, and balances carried forward": PAGES,
    "headings under merged cells": MERGED,
    "comma, minus behind, a unit": EUROPE,
    "the minus of print": PRINTED,
    "rows too short and too long, blanks around quotes": RAGGED,
    "balances above": OWN_BALANCES,
}


def one(folder: Path, kind: Kind) -> Statement:
    path = folder / kind.name
    path.write_bytes(kind.text.encode(kind.encoding))
    said = "" if "encoding" in kind.how else f'encoding = "{kind.encoding}"\n'
    path.with_suffix(".toml").write_text(said + kind.how, encoding="utf-8")
    [statement] = read(path)
    return statement


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_of_export(tmp_path: Path, name: str) -> None:
    kind = KINDS[name]
    statement = one(tmp_path, kind)
    assert (statement.account, statement.currency) == (kind.account, kind.currency)
    assert [line.amount for line in statement.lines] == [Decimal(each) for each in kind.lines]
    assert [line.position for line in statement.lines] == list(range(1, len(kind.lines) + 1))
    assert statement.lines[0].date == dt.date(2026, 3, 2)
    if kind.opening is None:
        assert (statement.opening, statement.closing) == (None, None)
        [flaw] = prove([statement]).flaws
        assert (flaw.code, "no opening and closing balance" in flaw.text) == ("unproven", True)
    else:
        assert statement.opening is not None
        assert statement.opening.number == Decimal(kind.opening)
        assert statement.is_proven
        assert prove([statement]).flaws == ()


def test_what_an_export_says_beside_its_amounts(tmp_path: Path) -> None:
    formulas = one(tmp_path, FORMULAS)
    assert [line.text for line in formulas.lines] == ["X-1", 'X "2"', "fee"]
    flow = one(tmp_path, FLOW)
    assert [line.bank_reference for line in flow.lines] == ["F1", "F2", "F3"]
    orders = one(tmp_path, ORDERS)
    assert [line.bank_reference for line in orders.lines] == ["N1", "N4", "N5"]
    ragged = one(tmp_path, RAGGED)
    assert [(line.references, line.text) for line in ragged.lines] == [
        (("R1",), "X-1"),
        ((), ""),
        (("R3",), ""),
    ]
    pending = one(tmp_path, PENDING)
    assert [(line.amount, line.text) for line in pending.pending] == [(Decimal("-7.00"), "X-9")]
    bilingual = one(tmp_path, BILINGUAL)
    assert bilingual.id == "2026-3"


@pytest.mark.parametrize(
    "name", ["labels above in two languages", "a minus that goes out, lines around"]
)
def test_the_period_is_the_file_s_own(tmp_path: Path, name: str) -> None:
    """A last moment at midnight is the end of the day before."""
    statement = one(tmp_path, KINDS[name])
    assert (statement.start, statement.end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))


def test_a_line_on_the_last_day_moves_its_end(tmp_path: Path) -> None:
    late = WALLET.text.replace("2026-03-03 10:01", "2026-04-01 00:00")
    assert one(tmp_path, WALLET._replace(text=late)).end == dt.date(2026, 4, 1)


def test_a_line_of_prose_is_cut_like_any_other(tmp_path: Path) -> None:
    """Its words may stand across cells, and a number may be cut at its thousands."""
    text = OWN_BALANCES.text.replace("balance,1", "balance, account 62001: 1,").replace(
        "Account,62001\n", ""
    )
    how = OWN_BALANCES.how.replace('balance"', 'balance, account*:"').replace(
        'account = "Account"', 'account = "account"'
    )
    assert "1,000.00" in text
    assert one(tmp_path, OWN_BALANCES._replace(text=text, how=how)).is_proven


@pytest.mark.parametrize(
    "written", ["5.00元-", "(5.00元)", "(5.00)", "5.00-", "元5.00-", "5.00-, in all"]
)
def test_what_makes_a_number_negative_may_stand_behind_its_unit(
    tmp_path: Path, written: str
) -> None:
    kind = OWN_BALANCES._replace(
        text=OWN_BALANCES.text.replace("balance,1000.00", f'balance,"{written}"').replace(
            "1175.00", "170.00"
        ),
        how='negative = ["-5.00", "5.00-", "(5.00)"]\nunits = "元"\n' + OWN_BALANCES.how,
    )
    statement = one(tmp_path, kind)
    assert statement.opening is not None
    assert statement.opening.number == Decimal("-5.00")
    assert statement.is_proven


EMPTY = Kind(
    "Account: 62001\nFrom: 2026-03-01 To: 2026-03-31\nOpening: 7.00\nClosing: 7.00\nDate,Amount\n没有记录\n",
    'currency = "CNY"\nend = "没有"\n[columns]\ndate = "Date"\namount = "Amount"\n[file]\naccount = "Account:"\n'
    'from = "From:"\nto = "To:"\nopening = "Opening:"\nclosing = "Closing:"\n',
)


def test_a_month_without_movement_is_a_statement(tmp_path: Path) -> None:
    statement = one(tmp_path, EMPTY)
    assert (statement.account, statement.currency, statement.lines) == ("62001", "CNY", ())
    assert (statement.start, statement.end) == (dt.date(2026, 3, 1), dt.date(2026, 3, 31))
    assert statement.is_proven


def test_a_file_without_movement_may_say_no_balances(tmp_path: Path) -> None:
    text = EMPTY.text.replace("Opening: 7.00\nClosing: 7.00\n", "")
    how = EMPTY.how.replace('opening = "Opening:"\nclosing = "Closing:"\n', "")
    statement = one(tmp_path, EMPTY._replace(text=text, how=how))
    assert (statement.opening, statement.closing, statement.available) == (None, None, None)


def test_the_balance_may_stand_on_the_last_row_of_a_day_only(tmp_path: Path) -> None:
    text = DIRECTION.text.replace(',"1,180.00",', ",,")
    assert one(tmp_path, DIRECTION._replace(text=text)).is_proven
    text = text.replace(',"1,300.00",', ",,")
    statement = one(tmp_path, DIRECTION._replace(text=text))
    assert statement.is_proven
    assert statement.opening is not None
    assert statement.opening.number == Decimal(1000)
    assert statement.opening.date == dt.date(2026, 3, 2)


def test_lines_behind_the_last_balance_are_not_proven(tmp_path: Path) -> None:
    text = DIRECTION.text.replace(',"1,175.00",', ",,")
    assert [flaw.code for flaw in prove([one(tmp_path, DIRECTION._replace(text=text))]).flaws] == [
        "unproven"
    ]


def test_several_accounts_with_sums_of_their_own(tmp_path: Path) -> None:
    text = (
        "Account,Ccy,Day,Out,In\n1,人民币,2026-03-02,,10.00\n1,美元,2026-03-02,,20.00\n2,人民币,2026-03-02,3.00,\n"
        "合计1,,,,10.00\n合计2,,,,20.00\n合计3,,,3.00,\n"
    )
    how = 'totals = "合计"\n[columns]\naccount = "Account"\ncurrency = "Ccy"\ndate = "Day"\ndebit = "Out"\ncredit = "In"\n'
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    path.with_suffix(".toml").write_text(how, encoding="utf-8")
    found = read(path)
    assert [(each.account, each.currency) for each in found] == [
        ("1", "CNY"),
        ("1", "USD"),
        ("2", "CNY"),
    ]


# --- What refuses a file ----------------------------------------------------------------


def changed(
    kind: Kind, *, text: tuple[str, str] | None = None, how: tuple[str, str] | None = None
) -> Kind:
    for pair, whole in ((text, kind.text), (how, kind.how)):
        assert pair is None or pair[0] in whole, pair
    return kind._replace(
        text=kind.text.replace(*text) if text else kind.text,
        how=kind.how.replace(*how) if how else kind.how,
    )


# kind -> what the error says, its code, and its line (None: the file as a whole)
REFUSED: dict[str, tuple[Kind, str, str, int | None]] = {
    "a direction that nobody listed": (
        changed(DIRECTION, text=("借 Dr,120", "冲 Rv,120")), 'the direction is "冲 Rv"; expected one of "贷 Cr", "借 Dr"', "unlisted-value", 3,
    ),
    "a direction that is empty": (changed(DIRECTION, text=("借 Dr,120", ",120")), 'the direction is ""', "unlisted-value", 3),
    "a status that nobody listed": (
        changed(ORDERS, text=("交易关闭", "已退款")), 'the status is "已退款"; expected one of "交易成功"', "unlisted-value", 11,
    ),
    "no word at the amount": (changed(MARKS, text=("5.00Dr,", "5.00,")), 'amount is "5.00"; expected one of "Cr", "Dr"', "unlisted-value", 4),
    "a minus and a word": (changed(MARKS, text=("5.00Dr,", "-5.00Dr,")), 'amount is "-5.00Dr"', "bad-amount", 4),
    "a word of the other side": (
        changed(INDIA, text=("03/03/26,CHARGES,,5.00", "03/03/26,CHARGES,,5.00 Cr")), 'debit is "5.00 Cr"; expected the word', "bad-amount", 6,
    ),
    "a sign beside a direction": (
        changed(DIRECTION, text=("120.00", "-120.00")), 'amount is "-120.00"; expected a number without a sign; or, in the map', "bad-amount", 3,
    ),
    "a plus beside a direction": (changed(DIRECTION, text=("120.00", "+120.00")), 'amount is "+120.00"', "bad-amount", 3),
    "a minus that nobody explained": (changed(WALLET, how=('minus = "goes-out"\n', "")), 'debit is "-5.00"; expected', "bad-amount", 5),
    "a minus that means something else": (
        changed(WALLET, how=('"goes-out"', '"taken-back"')), "the balance is 1180.00; expected 1420.00", "bad-csv", 6,
    ),
    "no minus where one goes out": (changed(WALLET, text=("-120.00,1180", "120.00,1180")), 'debit is "120.00"; expected a minus', "bad-amount", 6),
    "a minus in what comes in": (changed(WALLET, text=(",300.00,0.00", ",-300.00,0.00")), 'credit is "-300.00"', "bad-amount", 7),
    "both sides": (changed(WALLET, text=(",300.00,0.00", ",300.00,-1.00")), "the row has a debit and a credit", "bad-csv", 7),
    "a currency that no ledger has": (
        changed(FORMULAS, text=('"人民币"\t="62001"\t\n="20260303"\t="fee"', '"元 3"\t="62001"\t\n="20260303"\t="fee"')),
        'the currency is "元 3"; expected a code such as CNY; or, in the map under [currencies], "元 3" = "CNY"', "bad-currency", 3,
    ),
    "a currency that is empty": (
        changed(FORMULAS, text=('"人民币"\t="62001"\t\n="20260303"\t="fee"', '""\t="62001"\t\n="20260303"\t="fee"')),
        "there is no account or currency", "missing-field", 3,
    ),
    "an account in part": (
        changed(WALLET, text=("[62001]", "[62****01]")), 'the account is 62****01, a part of its number; expected account = "…" in the map', "missing-field", 5,
    ),
    "more decimals than the currency": (
        changed(PRINTED, text=("\u22125.00", "\u22125.001")), "expected at most 2 decimals, in an amount of CNY", "bad-amount", 4,
    ),
    "a comma under the map of a point": (
        changed(PRINTED, text=("300.00,", '"300,00",')), 'expected a number with decimal = "." and thousands = "," in the map', "bad-amount", 2,
    ),
    "two days of one date": (
        changed(US, how=('"%m/%d/%Y"', '["%m/%d/%Y", "%d/%m/%Y"]')), 'the date "03/02/2026" is 2 days', "bad-date", 1,
    ),
    "an era under the map of a century": (
        changed(JAPAN, how=('"%EC%Ey.%m.%d"', '"%y.%m.%d"\nyear-from = "2000"')), 'the date is "R8.3.2"', "bad-date", 2,
    ),
    "a sum of its own that differs": (
        changed(FLOW, text=("`125.00", "`124.00")), "the file's own sum-out is 124.00; expected -125.00 or 125.00, as its rows come to", "bad-csv", 5,
    ),
    "a count of its own that differs": (changed(WALLET, text=("2笔，共", "3笔，共")), "the file's own count-out is 3; expected 2", "bad-csv", 8),
    "a count of rows that differs": (changed(ORDERS, text=("共5笔", "共6笔")), "the file's own rows is 6; expected 5", "bad-csv", 3),
    "a row of sums that differs": (changed(SIDES, text=("合计,125.00", "合计,124.00")), "the file's own total of debit is 124.00", "bad-csv", 7),
    "an opening of its own that differs": (
        changed(BILINGUAL, text=('"1,000.00"', '"1,001.00"')), "the file's own opening is 1001.00; expected 1000.00", "bad-csv", 3,
    ),
    "words that stand nowhere": (changed(WALLET, text=("#账号：", "#帐号：")), '"#账号：" says nothing; expected the account of the file', "missing-field", None),
    "a last day that is none": (changed(WALLET, text=("2026年04月01日", "2026年04月31日")), '"终止日期：[" says nothing', "missing-field", None),
    "words with nothing behind them": (changed(WALLET, text=("[62001]", "")), '"#账号：" says nothing', "missing-field", None),
    "words that say two things": (
        changed(OWN_BALANCES, text=("Account,62001", "Account,62001\nAccount,62002")), '"Account" says two things', "missing-field", 1,
    ),
    "one opening of two accounts": (
        OWN_BALANCES._replace(
            text=OWN_BALANCES.text.replace("Amount\n", "Amount,C\n").replace("00\n2026-03-03,-1", "00,A\n2026-03-03,-1").replace("0\n2026-03-03,-5.00\n", "0,B\n2026-03-03,-5.00,B\n"),
            how=OWN_BALANCES.how.replace('amount = "Amount"', 'amount = "Amount"\naccount = "C"'),
        ),
        "the file has 2 accounts or currencies, and one opening or closing; expected a column of balances", "missing-field", None,
    ),
    "an entry behind the end": (
        changed(WALLET, text=("#支出合计", "#x\n0\t,2026-03-01 01:00:00,5.00,0.00,1.00\n#支出合计")), "an entry stands behind the end of the table", "bad-csv", 9,
    ),
    "the last day first": (changed(WALLET, how=("newest-first = true\n", "")), "as the last day stands first, newest-first = true in the map", "bad-csv", 6),
    "the last day last": (
        changed(DIRECTION, how=('currency = "CNY"', 'currency = "CNY"\nnewest-first = true')), "the balance is 1180.00; expected 1055.00", "bad-csv", 3,
    ),
    "a row without anything": (changed(PAGES, text=("2026-03-03,120.00,,", "2026-03-03,,,")), "the row has no amount and no balance", "missing-field", 7),
    "a balance in between that is another": (
        changed(PAGES, text=("承前页,,,1300.00", "2026-03-02,,,1301.00")), "the balance is 1301.00; expected 1300.00", "bad-csv", 6,
    ),
    "no balances but a balance's change": (
        changed(DIRECTION, text=("借 Dr,5.00", "不计,5.00"), how=('out = "借 Dr"', 'out = "借 Dr"\nneither = "不计"')), "the balance is 1175.00; expected 1180.00", "bad-csv", 4,
    ),
    "a cell beyond the headings": (changed(RAGGED, text=("R1,X-1,,", "R1,X-1,,Y")), "the row has 7 cells; expected 5", "bad-csv", 2),
    "a row that ends before its balance": (changed(RAGGED, text=("-120.00,1180.00", "-120.00")), "the row has 2 cells; expected 5", "bad-csv", 3),
    "a cell that is missing without headings": (changed(US, text=(',"-120.00","*","","X-2"', "")), "the row has 1 cell; expected 2", "bad-csv", 2),
    "headings that are not there": (
        changed(PRINTED, text=("Date,Amount", "Date,Sum")), 'there is no one column "Amount"; expected a column for each of the map; there are "Date", "Sum"', "bad-csv", 1,
    ),
    "nothing in it": (PRINTED._replace(text=" \n"), "there are no rows", "missing-field", None),
    "no movement, and no period": (
        EMPTY._replace(text="Date,Amount\n", how=SAME + '[columns]\ndate = "Date"\namount = "Amount"\n'),
        "there are no rows; expected one at least; or, by the map, account, currency, and from and to", "missing-field", None,
    ),
    "a quote that never ends": (changed(PRINTED, text=("300.00,", '"300.00,')), "unexpected end of data", "bad-csv", 4),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_refuses_a_file(tmp_path: Path, name: str) -> None:
    kind, told, code, line = REFUSED[name]
    with pytest.raises(StatementError, match=rf"\[{code}\]$") as caught:
        one(tmp_path, kind)
    assert told in str(caught.value)
    place = f"{tmp_path / kind.name}:{line}: " if line else f"{tmp_path / kind.name}: "
    assert str(caught.value).startswith(place)


# --- Which map --------------------------------------------------------------------------


def test_a_map_that_is_given_counts_whatever_the_name_ends_in(tmp_path: Path) -> None:
    path = tmp_path / "export.dat"
    path.write_bytes(PRINTED.text.encode())
    how = tmp_path / "how.toml"
    how.write_text(PRINTED.how, encoding="utf-8")
    assert read(path, how)[0].is_proven
    with pytest.raises(StatementError, match=r"bean-voucher map writes one\) \[unknown-format\]$"):
        read(path)
    how.rename(tmp_path / "export.toml")
    assert read(path)[0].is_proven
    (tmp_path / "export.toml").rename(tmp_path / "csv.toml")
    with pytest.raises(StatementError, match=r"\[unknown-format\]$"):
        read(path)
    path.rename(tmp_path / "export.TSV")
    assert read(tmp_path / "export.TSV")[0].is_proven

"""What banks send, written by us: builders of statements, and the marketplace's quarter.

The quarter is written by hand, as the two banks would book it; nothing here reads the
ledger. ``python -m tests.banks`` writes the files of ledgers/marketplace/statements.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from tests.support import LEDGERS

if TYPE_CHECKING:
    from collections.abc import Sequence

STATEMENTS = LEDGERS / "marketplace" / "statements"


@dataclass(frozen=True)
class Entry:
    """A booking: month-day, amount, end-to-end id, text."""

    day: str
    amount: str
    reference: str = ""
    text: str = ""
    status: str = "BOOK"
    extra: str = ""
    """Further elements of the camt entry, as XML."""

    @property
    def date(self) -> dt.date:
        return dt.date.fromisoformat(self.day if len(self.day) > 5 else f"2026-{self.day}")


@dataclass(frozen=True)
class Sheet:
    """A statement: its id, account, period, opening balance, entries and what is held."""

    id: str
    account: str
    start: str
    end: str
    opening: str
    entries: Sequence[Entry] = ()
    held: str | None = "0.00"
    closing: str | None = None
    currency: str = "CNY"
    extra: str = field(default="")

    @property
    def closes(self) -> Decimal:
        if self.closing is not None:
            return Decimal(self.closing)
        booked = [Decimal(each.amount) for each in self.entries if each.status == "BOOK"]
        return Decimal(self.opening) + sum(booked, Decimal(0))

    @property
    def available(self) -> Decimal | None:
        return None if self.held is None else self.closes - Decimal(self.held)


# --- camt -------------------------------------------------------------------------------

_MESSAGES = {
    "052": "BkToCstmrAcctRpt/Rpt",
    "053": "BkToCstmrStmt/Stmt",
    "054": "BkToCstmrDbtCdtNtfctn/Ntfctn",
}


def camt(
    *sheets: Sheet, kind: str = "053", version: str = "08", prefix: str = "", head: str = ""
) -> str:
    """A camt message; ``head`` stands before the document, ``prefix`` before each name."""
    outer, inner = _MESSAGES[kind].split("/")
    body = "".join(_camt_sheet(sheet, inner, version, balances=kind != "054") for sheet in sheets)
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.{kind}.001.{version}"
    text = (
        f'<Document xmlns="{space}">\n<{outer}>\n<GrpHdr><MsgId>M-{sheets[0].id if sheets else 0}</MsgId>'
        f"<CreDtTm>2026-04-01T06:00:00</CreDtTm></GrpHdr>\n{body}</{outer}>\n</Document>\n"
    )
    if prefix:
        text = text.replace("</", "\0").replace("<", f"<{prefix}:").replace("\0", f"</{prefix}:")
        text = text.replace("xmlns=", f"xmlns:{prefix}=")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{text}'


def _camt_sheet(sheet: Sheet, inner: str, version: str, *, balances: bool) -> str:
    found = []
    if balances:
        found = [("OPBD", Decimal(sheet.opening), sheet.start), ("CLBD", sheet.closes, sheet.end)]
        if sheet.available is not None:
            found.append(("CLAV", sheet.available, sheet.end))
    written = "".join(_camt_balance(sheet, *each) for each in found)
    entries = "".join(
        _camt_entry(sheet, each, number, version) for number, each in enumerate(sheet.entries, 1)
    )
    return (
        f"<{inner}>\n<Id>{sheet.id}</Id>\n<CreDtTm>2026-04-01T06:00:00</CreDtTm>\n"
        f"<FrToDt><FrDtTm>{sheet.start}T00:00:00</FrDtTm><ToDtTm>{sheet.end}T23:59:59</ToDtTm></FrToDt>\n"
        f"<Acct><Id><Othr><Id>{sheet.account}</Id></Othr></Id><Ccy>{sheet.currency}</Ccy></Acct>\n"
        f"{written}{entries}{sheet.extra}</{inner}>\n"
    )


def _mark(number: Decimal) -> str:
    return "DBIT" if number < 0 else "CRDT"


def _camt_balance(sheet: Sheet, code: str, number: Decimal, date: str) -> str:
    return (
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="{sheet.currency}">{abs(number)}</Amt>'
        f"<CdtDbtInd>{_mark(number)}</CdtDbtInd><Dt><Dt>{date}</Dt></Dt></Bal>\n"
    )


def _camt_entry(sheet: Sheet, entry: Entry, number: int, version: str) -> str:
    amount = Decimal(entry.amount)
    status = entry.status if version == "02" else f"<Cd>{entry.status}</Cd>"
    return (
        f'<Ntry><NtryRef>{number}</NtryRef><Amt Ccy="{sheet.currency}">{abs(amount)}</Amt>'
        f"<CdtDbtInd>{_mark(amount)}</CdtDbtInd><Sts>{status}</Sts><BookgDt><Dt>{entry.date}</Dt></BookgDt>"
        f"<ValDt><Dt>{entry.date}</Dt></ValDt><AcctSvcrRef>{sheet.id}-{number:03}</AcctSvcrRef>{entry.extra}"
        f"<NtryDtls><TxDtls><Refs><EndToEndId>{entry.reference or 'NOTPROVIDED'}</EndToEndId></Refs>"
        f"<RmtInf><Ustrd>{escape(entry.text)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n"
    )


# --- MT940 and MT942 --------------------------------------------------------------------


def mt940(*sheets: Sheet) -> str:
    return "".join(map(_mt940, sheets))


def _mt940(sheet: Sheet) -> str:
    opening, day = Decimal(sheet.opening), dt.timedelta(days=1)
    before = dt.date.fromisoformat(sheet.start) - day
    end = dt.date.fromisoformat(sheet.end)
    lines = [
        f":20:{sheet.id}",
        f":25:{sheet.account}",
        ":28C:1/1",
        f":60F:{_mt_balance(opening, before, sheet)}",
    ]
    for number, entry in enumerate(sheet.entries, 1):
        amount, date = Decimal(entry.amount), entry.date
        reference = (entry.reference or "NONREF")[:16]
        lines.append(
            f":61:{date:%y%m%d%m%d}{_mt_mark(amount)}{_mt_number(amount)}NTRF{reference}//B{number:05}"
        )
        details = (
            f"/EREF/{entry.reference}/REMI/{entry.text}"
            if entry.reference
            else f"/REMI/{entry.text}"
        )
        lines.append(":86:" + "\n".join(details[at : at + 65] for at in range(0, len(details), 65)))
    lines.append(f":62F:{_mt_balance(sheet.closes, end, sheet)}")
    if sheet.available is not None:
        lines.append(f":64:{_mt_balance(sheet.available, end, sheet)}")
    return "\n".join([*lines, "-", ""])


def _mt_mark(number: Decimal) -> str:
    return "D" if number < 0 else "C"


def _mt_number(number: Decimal) -> str:
    return f"{abs(number)}".replace(".", ",")


def _mt_balance(number: Decimal, date: dt.date, sheet: Sheet) -> str:
    return f"{_mt_mark(number)}{date:%y%m%d}{sheet.currency}{_mt_number(number)}"


# --- CSV --------------------------------------------------------------------------------

CSV_MAP = """\
# How Lantian Bank writes its CSV statements.
delimiter = ","
currency = "CNY"

[columns]
account = "账号"
date = "交易日期"
debit = "借方发生额"
credit = "贷方发生额"
balance = "余额"
available = "可用余额"
end-to-end = "凭证号"
bank-reference = "流水号"
text = ["摘要", "对方户名"]
"""


def csv(sheet: Sheet, other: str = "") -> str:
    rows = ["账号,交易日期,流水号,凭证号,借方发生额,贷方发生额,余额,可用余额,摘要,对方户名"]
    balance = Decimal(sheet.opening)
    before = dt.date.fromisoformat(sheet.start) - dt.timedelta(days=1)
    rows.append(f"{sheet.account},{before},,,,,{balance},,期初余额,")
    for number, entry in enumerate(sheet.entries, 1):
        amount = Decimal(entry.amount)
        balance += amount
        sides = f"{-amount}," if amount < 0 else f",{amount}"
        rows.append(
            f"{sheet.account},{entry.date},LT{number:06},{entry.reference},{sides},{balance},,{entry.text},{other}"
        )
    rows.append(f"{sheet.account},{sheet.end},,,,,{balance},{sheet.available},期末余额,")
    return "\n".join([*rows, ""])


# --- The marketplace's first quarter of 2026 ---------------------------------------------

LIMING, YUNSHANG, HENGXIN = "6228000000000001", "6228000000000002", "6228000000000003"
HENGXIN_LANTIAN, YUANHANG = "6229000000000011", "6229000000000012"

# Li Ming's account with Qinghe Bank, a statement each month. Settlements that are decided
# on the last day of March are booked on the first of April. On 31 March the bank holds
# CAR-003 4,990.00, RF-005 11.20, FA-004 350.00 and RF-006 13.40.
LI_MING = (
    Sheet("QH-1-2026-01", LIMING, "2026-01-01", "2026-01-31", "12000.00", (
        Entry("01-05", "-2800.00", text="Rent January"),
        Entry("01-16", "-12.50", "RF-001", "Premium return freight"),
        Entry("01-19", "-640.35", text="Card payments"),
        Entry("01-28", "8600.00", text="Salary"),
    ), "4860.00"),
    Sheet("QH-1-2026-02", LIMING, "2026-02-01", "2026-02-28", "17147.15", (
        Entry("02-05", "-2800.00", text="Rent February"),
        Entry("02-06", "-4860.00", "CAR-001", "Premium car"),
        Entry("02-10", "-320.00", text="Repayment of credit"),
        Entry("02-13", "-712.60", text="Card payments"),
        Entry("02-27", "8600.00", text="Salary"),
    )),
    Sheet("QH-1-2026-03", LIMING, "2026-03-01", "2026-03-31", "17054.55", (
        Entry("03-05", "-2800.00", text="Rent March"),
        Entry("03-13", "-299.00", "FA-005", "Premium flight accident"),
        Entry("03-16", "-588.05", text="Card payments"),
        Entry("03-27", "8600.00", text="Salary"),
    ), "5364.60"),
)  # fmt: skip

# Yunshang's account. The bank shows the credit of CG-001 as drawn and paid on. On 31 March
# it holds CG-005 7,700.00 and COD-005 2,050.00.
YUN_SHANG = (
    Sheet("QH-2-2026-01", YUNSHANG, "2026-01-01", "2026-01-31", "60000.00", (
        Entry("01-20", "25400.00", text="Platform payout"),
        Entry("01-22", "18000.00", "CG-001", "Credit drawn"),
        Entry("01-22", "-18000.00", "CG-001", "Premium cargo"),
        Entry("01-26", "-22000.00", text="Supplier"),
    )),
    Sheet("QH-2-2026-02", YUNSHANG, "2026-02-01", "2026-02-28", "63400.00", (
        Entry("02-20", "31250.00", text="Platform payout"),
        Entry("02-24", "-9600.00", "CG-004", "Premium cargo"),
        Entry("02-24", "-1000.00", "AS-004", "Premium after-sales, in part"),
        Entry("02-25", "-19800.00", text="Supplier"),
        Entry("02-26", "-10000.00", text="Repayment of credit"),
    )),
    Sheet("QH-2-2026-03", YUNSHANG, "2026-03-01", "2026-03-31", "54250.00", (
        Entry("03-11", "-21300.00", text="Supplier"),
        Entry("03-13", "28900.00", text="Platform payout"),
    ), "9750.00"),
)  # fmt: skip

YUAN_HANG = Sheet("LT-12-2026-Q1", YUANHANG, "2026-01-01", "2026-03-31", "800000.00", (
    Entry("01-21", "320.00", "FA-001", "保费 航意险"),
    Entry("01-23", "18000.00", "CG-001", "保费 货运险"),
    Entry("02-25", "9600.00", "CG-004", "保费 货运险"),
    Entry("03-06", "-36500.00", text="货运险赔款"),
    Entry("03-16", "299.00", "FA-005", "保费 航意险"),
))  # fmt: skip

HENG_XIN_LANTIAN = Sheet("LT-11-2026-Q1", HENGXIN_LANTIAN, "2026-01-01", "2026-03-31", "500000.00", (
    Entry("01-19", "12.50", "RF-001", "Premium return freight"),
    Entry("02-12", "-1240.00", text="Return freight claims"),
    Entry("02-25", "1000.00", "AS-004", "Premium after-sales, in part"),
))  # fmt: skip

HENG_XIN_QINGHE = Sheet("QH-3-2026-Q1", HENGXIN, "2026-01-01", "2026-03-31", "0.00", (
    Entry("02-06", "4860.00", "CAR-001", "Premium car"),
))  # fmt: skip

FILES: dict[str, str] = {
    "LiMing-QingHe-2026-Q1.xml": camt(*LI_MING),
    "YunShang-QingHe-2026-Q1.sta": mt940(*YUN_SHANG),
    "YuanHang-LanTian-2026-Q1.csv": csv(YUAN_HANG),
    "YuanHang-LanTian-2026-Q1.toml": CSV_MAP,
    "HengXin-LanTian-2026-Q1.xml": camt(HENG_XIN_LANTIAN, version="02"),
    "HengXin-QingHe-2026-Q1.sta": mt940(HENG_XIN_QINGHE),
}

if __name__ == "__main__":
    STATEMENTS.mkdir(exist_ok=True)
    for name, text in FILES.items():
        (STATEMENTS / name).write_text(text, encoding="utf-8")


def later(date: dt.date, days: int) -> dt.date:
    """A date so many business days on; weekends count with their Friday."""
    date -= dt.timedelta(days=max(date.weekday() - 4, 0))
    step = dt.timedelta(days=1 if days > 0 else -1)
    for _ in range(abs(days)):
        date += step
        while date.weekday() > 4:
            date += step
    return date

"""The story of ``demo --two-banks``: what two banks' clerks record in a month, and what is lost."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

FIRST, SECOND = "QingHe", "LanTian"
"""The policyholders' bank, which issues; and the insurer's, which accepts."""


class Clerk(NamedTuple):
    """What a bank's clerk writes into its ledger.

    Attributes:
        bank: whose.
        text: directives.
    """

    bank: str
    text: str


class Turn(NamedTuple):
    """A bank's turn: it receives, decides and sends.

    Attributes:
        bank: whose.
        lost: whether what it sends is lost on the way.
    """

    bank: str
    lost: bool = False


class Day(NamedTuple):
    """A day of the story.

    Attributes:
        date: the day.
        told: what happens, for the reader.
        steps: by whom, in their order.
    """

    date: dt.date
    told: str
    steps: tuple[Clerk | Turn, ...]


_BOTH = Turn(FIRST), Turn(SECOND)


def _issue(voucher: str, amount: str, holder: str, product: str, accept_by: int) -> str:
    return (
        f'custom "voucher-issue" "{voucher}" {amount} CNY\n'
        f'  policyholder: "{holder}"\n'
        f'  insurer: "HengXin"\n'
        f'  issuer: "{FIRST}"\n'
        f'  acceptor: "{SECOND}"\n'
        f'  product: "{product}"\n'
        f'  funding: "cash"\n'
        f"  accept-by: 2026-03-{accept_by:02}\n"
        f"  apply-by: 2026-03-31\n"
        f"  requires-policy: TRUE\n"
    )


def _event(kind: str, voucher: str, **terms: str) -> str:
    lines = "".join(f'  {key}: "{value}"\n' for key, value in terms.items())
    return f'custom "voucher-{kind}" "{voucher}"\n{lines}'


def _apply(voucher: str, amount: str, policy: str) -> str:
    return (
        f'custom "voucher-apply" "{voucher}" {amount} CNY\n  by: "HengXin"\n  policy: "{policy}"\n'
    )


def _day(day: int, told: str, *steps: tuple[str, ...] | Turn) -> Day:
    """A day of March; a clerk's step is the bank, and directives without their date."""
    date = dt.date(2026, 3, day)
    clerks = [
        each
        if isinstance(each, Turn)
        else Clerk(each[0], "".join(f"{date} {text}" for text in each[1:]))
        for each in steps
    ]
    return Day(date, told, tuple(clerks))


STORY: tuple[Day, ...] = (
    _day(2, "Qinghe issues four vouchers, and freezes the premiums. Lantian hears of them.",
         (FIRST, _issue("RF-101", "12.50", "LiMing", "return freight", 6),
          _issue("CG-102", "18500.00", "YunShang", "cargo", 6),
          _issue("FA-103", "320.00", "LiMing", "false advertising", 6),
          _issue("CAR-104", "4860.00", "LiMing", "car", 6)),
         *_BOTH),
    _day(3, "Lantian accepts two, and sends FA-103 back: the insurer does not take that risk.",
         (SECOND, _event("accept", "RF-101", by=SECOND), _event("accept", "CG-102", by=SECOND),
          _event("reject", "FA-103", by=SECOND)),
         Turn(SECOND), Turn(FIRST)),
    _day(6, "Lantian accepts CAR-104 on its last day. The message is lost.",
         (SECOND, _event("accept", "CAR-104", by=SECOND)),
         Turn(SECOND, lost=True), Turn(FIRST)),
    _day(9, "Qinghe has waited for two days more, and voids CAR-104: nobody has accepted it.",
         Turn(FIRST)),
    _day(10, "Lantian hears of it, and strikes its own acceptance; Qinghe's order holds.",
         Turn(SECOND), Turn(FIRST), Turn(SECOND)),
    _day(11, "Hengxin applies for RF-101 through Lantian. Qinghe pays; that message is lost.",
         (SECOND, _apply("RF-101", "12.50", "P-RF-2201")),
         Turn(SECOND), Turn(FIRST, lost=True), Turn(SECOND)),
    _day(12, "What nobody has acknowledged goes out again, byte for byte.",
         *_BOTH),
    _day(16, "Yunshang cancels. Qinghe asks for CG-102 back, Lantian gives it back; it is void.",
         (FIRST, _event("recall", "CG-102", reason="cancelled")),
         *_BOTH, *_BOTH),
    _day(18, "Qinghe issues another cargo voucher.",
         (FIRST, _issue("CG-106", "6000.00", "YunShang", "cargo", 20)),
         *_BOTH),
    _day(19, "Lantian accepts it.",
         (SECOND, _event("accept", "CG-106", by=SECOND)),
         Turn(SECOND), Turn(FIRST)),
    _day(24, "Hengxin applies for CG-106, and is paid.",
         (SECOND, _apply("CG-106", "6000.00", "P-CG-2206")),
         Turn(SECOND), Turn(FIRST), Turn(SECOND)),
    _day(31, "The month ends with one more turn on both sides.",
         *_BOTH),
)  # fmt: skip
"""March 2026, between two banks."""

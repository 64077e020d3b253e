"""Credit lines: what is frozen and drawn of them adds up, and what is given back is free."""

from __future__ import annotations

import pytest

from tests.support import event, issue, load


def _credit(voucher: str, amount: str, day: int) -> str:
    date, later = f"2026-04-{day:02}", "2026-04-30"
    return issue(
        voucher, amount, date, funding='"credit"', acceptor=None, accept_by=later, apply_by=later
    )


def _settled(voucher: str, day: int) -> str:
    kinds = ("accept", "apply", "settle")
    return "".join(event(kind, f"2026-04-{day:02}", voucher=voucher) for kind in kinds)


_LINE = '2026-04-01 custom "voucher-credit-line" "Ann" "Iss" 100.00 CNY\n'
_REPAID = '2026-04-{} custom "voucher-repay" "Ann" "Iss" {}.00 CNY\n'
_TWO = _LINE + _credit("L-1", "40.00 CNY", 2) + _credit("L-2", "50.00 CNY", 3)
_DRAWN = _TWO + _settled("L-1", 4) + _settled("L-2", 4)


def test_lines_in_two_currencies_may_start_on_one_day() -> None:
    assert load(_LINE + _LINE.replace("CNY", "USD")).codes == []


def test_a_line_changes_by_no_more_digits_than_are_kept() -> None:
    """Each limit is exact; the change, which is posted, would be rounded."""
    high = _LINE.replace("100.00", "1" + "0" * 20)
    assert load(high + _LINE.replace("04-01", "04-02")).codes == []
    low = _LINE.replace("04-01", "04-02").replace("100.00", "0.000000001")
    assert load(high + low).codes == ["bad-amount"]


@pytest.mark.parametrize(
    ("before", "free"),
    [
        (_LINE, 100),
        (_TWO, 10),
        (_TWO + _settled("L-1", 4), 10),
        (_DRAWN, 10),
        (_TWO + event("reject", "2026-04-04", voucher="L-1"), 50),
        (_TWO + event("void", "2026-04-04", voucher="L-2", reason='"cancelled"'), 60),
        (_DRAWN + _REPAID.format("05", 20), 30),
        (_DRAWN + _REPAID.format("05", 20) + _REPAID.format("06", 70), 100),
    ],
)
def test_what_is_free_of_a_credit_line(before: str, free: int) -> None:
    """What is frozen and drawn adds up; a release and a repayment give back just theirs."""
    assert load(before + _credit("L-9", f"{free}.00 CNY", 9)).codes == []
    assert load(before + _credit("L-9", f"{free}.01 CNY", 9)).codes == ["insufficient-credit"]


def _reference(number: int) -> str:
    return f'  reference: "T-{number}"\n'


_TODAY, _SAME_DAY = _REPAID.format("05", 20), _REPAID.format("05", 30)


@pytest.mark.parametrize(
    ("repayments", "codes", "free"),
    [
        (_TODAY + _SAME_DAY, ["duplicate", "duplicate"], 10),
        (_TODAY + _TODAY, ["duplicate"], 30),
        (_TODAY + _reference(1) + _SAME_DAY + _reference(1), ["duplicate", "duplicate"], 10),
        (_TODAY + _reference(1) + _TODAY + _reference(1), ["duplicate"], 30),
        (_TODAY + _reference(1) + _TODAY + _reference(2), [], 50),
        (_TODAY + _SAME_DAY + _reference(2), [], 60),
        (_SAME_DAY * 2 + _reference(2) + _TODAY + _reference(3), [], 90),
        (_SAME_DAY * 2 + _reference(2) + _SAME_DAY + _reference(3), [], 100),
        (_SAME_DAY + _SAME_DAY + _reference(2) + _REPAID.format("05", 31) + _reference(3), ["exceeds-drawn"], 70),
        (_TODAY + "  reference: 5\n", ["bad-value"], 10),
    ],
)  # fmt: skip
def test_repayments_of_one_day_are_told_apart_by_their_reference(
    repayments: str, codes: list[str], free: int
) -> None:
    before = _DRAWN + repayments
    assert load(before + _credit("L-9", f"{free}.00 CNY", 9)).codes == codes
    assert "insufficient-credit" in load(before + _credit("L-9", f"{free}.01 CNY", 9)).codes

"""What is not decided, recorded or written, however often one asks."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, HAPPY, PARTIES, SETTLE, WORLD, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

# --- A ledger whose top file does not load the plugin -------------------------------------

ASKED = (
    "run --as-of 2026-03-13",
    "settle V-1 --as-of 2026-03-13",
    "void V-1 --reason cancelled --as-of 2026-03-13",
    "accept V-1 --date 2026-03-04",
    'request V-2 "5.00 CNY" --policyholder Ann --insurer Ins --date 2026-03-04',
    "close 2026-03 --date 2026-03-31",
)


@pytest.mark.parametrize("asked", ASKED)
@pytest.mark.parametrize(("more", "status"), [("", 1), (" --write", 3), (" -o new.beancount", 3)])
def test_nothing_is_recorded_without_the_plugin(
    asked: str, more: str, status: int, clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(clerk.folder)
    clerk.write(issue() + ACCEPT + APPLY, plugin="")
    before = clerk.files()
    ran = clerk.run(*shlex.split(asked + more))
    assert (ran.status, ran.out) == (status, "")
    assert "[no-plugin]" in ran.err
    assert clerk.files() == before


def test_a_plugin_line_in_an_included_file_is_none(clerk: Clerk) -> None:
    (clerk.folder / "facts.beancount").write_text(
        'plugin "beancount_voucher_plugin"\n' + WORLD + issue()
    )
    clerk.write('include "facts.beancount"\n', world="", plugin="")
    ran = clerk.run("accept", "V-1", "--date", "2026-03-04", "--write")
    assert (ran.status, "[no-plugin]" in ran.err) == (3, True)


# --- Money that is not there ---------------------------------------------------------------

OPENS = """\
2020-01-01 open Assets:Ann:Iss
2020-01-01 open Assets:Ins:Acc
2020-01-01 open Liabilities:Iss:Deposits:Ann
2020-01-01 open Liabilities:Acc:Deposits:Ins
2020-01-01 open Equity:Opening
"""


def money(date: str, amount: str) -> str:
    """The same in the customer's book and in the bank's."""
    return (
        f"{date} *\n  Assets:Ann:Iss  {amount} CNY\n  Equity:Opening\n"
        f"{date} *\n  Liabilities:Iss:Deposits:Ann  -{amount} CNY\n  Equity:Opening\n"
    )


TWO = (
    issue("V-1", "60.00 CNY")
    + issue("V-2", "60.00 CNY")
    + "".join(
        event(kind, day, voucher=voucher)
        for voucher in ("V-1", "V-2")
        for kind, day in (("accept", "2026-03-03"), ("apply", "2026-03-05"))
    )
)

# Money, day -> the vouchers that run settles then.
COMES = [
    (money("2026-03-01", "120.00"), "2026-03-06", ["V-1", "V-2"]),
    (money("2026-03-01", "60.00"), "2026-03-06", ["V-1"]),
    (money("2026-03-01", "60.00") + money("2026-03-06", "59.99"), "2026-03-06", ["V-1"]),
    (money("2026-03-01", "60.00") + money("2026-03-06", "60.00"), "2026-03-06", ["V-1", "V-2"]),
    (money("2026-03-01", "60.00") + money("2026-03-07", "60.00"), "2026-03-06", ["V-1"]),
    (money("2026-03-06", "60.00"), "2026-03-06", ["V-1"]),
    ("", "2026-03-06", []),
    ('2026-01-01 custom "voucher-option" "check-funds" "off"\n', "2026-03-06", ["V-1", "V-2"]),
]  # fmt: skip


@pytest.mark.parametrize("kept", ["", "Ann", "Iss"])
@pytest.mark.parametrize(("came", "day", "settled"), COMES)
def test_what_is_not_there_is_not_paid(
    kept: str, came: str, day: str, settled: list[str], clerk: Clerk
) -> None:
    clerk.write(
        came + TWO, world=PARTIES + OPENS, plugin=f'plugin "beancount_voucher_plugin" "{kept}"\n'
    )
    ran = clerk.run("run", "--as-of", day, "--write")
    left = sorted({"V-1", "V-2"} - set(settled))
    assert ran.status == (3 if left else 1 if clerk.run("check").status else 0)
    written = clerk.path.read_text()
    assert [v for v in ("V-1", "V-2") if f'"voucher-settle" "{v}"' in written] == settled
    for voucher in left:
        assert f"refused: {voucher}: 60.00 CNY is frozen, but " in ran.err
        by_name = clerk.run("settle", voucher, "--as-of", day)
        assert (by_name.status, by_name.out) == (1, "")
        assert "[insufficient-funds]" in by_name.err


def test_a_person_may_void_it(clerk: Clerk) -> None:
    clerk.write(issue("V-1", "60.00 CNY"), world=PARTIES + OPENS)
    assert clerk.run("run", "--as-of", "2026-03-06", "--write").status == 3
    void = ("void", "V-1", "--reason", "cancelled", "--as-of", "2026-03-06", "--write")
    assert clerk.run(*void).status == 1  # written, and the ledger still tells of the shortfall
    assert '2026-03-06 custom "voucher-void" "V-1"' in clerk.path.read_text()


def test_a_repayment_that_overdraws_is_told(clerk: Clerk) -> None:
    credit = issue("V-1", "60.00 CNY", funding='"credit"') + ACCEPT + APPLY + SETTLE
    line = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 100.00 CNY\n'
    repaid = '2026-03-09 custom "voucher-repay" "Ann" "Iss" 60.00 CNY\n'
    clerk.write(money("2026-03-01", "59.99") + line + credit + repaid, world=PARTIES + OPENS)
    assert (
        "Ann: 60.00 CNY is repaid, but 59.99 CNY is free on Assets:Ann:Iss at the end of 2026-03-09; "
        "expected at least 60.00 CNY [insufficient-funds]"
    ) in clerk.run("check").out


# --- Two runs of one day --------------------------------------------------------------------

UNMET = issue(requires_event='"order=delivered"') + ACCEPT + APPLY


def test_what_is_recorded_later_on_a_day_makes_no_decision_of_it_wrong(clerk: Clerk) -> None:
    clerk.write(UNMET)
    on_the_day = clerk.run("run", "--as-of", "2026-03-05", "--write")
    assert (on_the_day.status, on_the_day.err.splitlines()) == (
        0,
        [
            "V-1: unmet, to be voided from 2026-03-06 on "
            '(requires-event: there is no event "order")',
            "Nothing to write.",
        ],
    )
    morning = clerk.run("run", "--as-of", "2026-03-06", "--write")
    assert morning.status == 0
    assert 'reason: "conditions-unmet"' in clerk.path.read_text()
    clerk.append('2026-03-06 event "order" "delivered"\n')
    assert clerk.run("check").status == 0
    evening = clerk.run("run", "--as-of", "2026-03-06", "--write")
    assert (evening.status, evening.err) == (0, "Nothing to write.\n")


def test_what_comes_in_time_is_paid(clerk: Clerk) -> None:
    clerk.write(UNMET + '2026-03-06 event "order" "delivered"\n')
    assert clerk.run("run", "--as-of", "2026-03-06", "--write").status == 0
    assert '2026-03-06 custom "voucher-settle" "V-1"' in clerk.path.read_text()


def test_a_return_of_the_day_of_a_settlement_comes_too_late(clerk: Clerk) -> None:
    """It would stand before the settlement, and make it wrong; so the command says so."""
    clerk.write(HAPPY)
    before = clerk.files()
    ran = clerk.run("return", "V-1", "--date", "2026-03-06", "--write")
    assert ran.status == 3
    assert "the insurance was returned on 2026-03-06" in ran.err
    assert clerk.files() == before

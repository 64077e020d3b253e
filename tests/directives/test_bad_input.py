"""Bad input: each gives its code at its line, and harms nothing else.

Every case stands in a ledger beside a sound voucher, whose books must be the same as
without it, and Beancount's own tools and Fava must go on working.
"""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import beanquery
import pytest
from beancount.core.data import Custom
from beancount.parser import printer
from fava.application import create_app

from beancount_voucher.directives.codes import CODES
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.ledger.plugin_results import captured
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    HAPPY,
    LINES,
    PARTIES,
    PLUGIN,
    SETTLE,
    WORLD,
    code_of,
    event,
    issue,
    line_of,
    load,
    load_path,
)

if TYPE_CHECKING:
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.source_lines import SourceLine

GOOD = "".join(
    part.replace('"V-1"', '"GOOD"') for part in (issue(requires_policy="TRUE"), ACCEPT)
) + event("apply", "2026-03-05", voucher="GOOD", policy='"P-1"')

_DAY = "2026-03-02"
_PARTY = f'{_DAY} custom "voucher-party"'
_LINE = f'{_DAY} custom "voucher-credit-line"'
_LONG = "V" * 36


def _issue(**changed: Any) -> str:
    return issue("BAD", **changed)


# What is written -> the codes of its errors, in the order of its lines.
CASES: dict[str, tuple[str, str]] = {
    # Directives and values.
    "unknown directive": (f'{_DAY} custom "voucher-isue" "BAD" 1.00 CNY\n', "unknown-directive"),
    "no name at all": (f'{_DAY} custom "voucher-" "BAD"\n', "unknown-directive"),
    "an amendment without a number": (f'{_DAY} custom "voucher-amend" "BAD"\n', "bad-value"),
    "an exception to no rule": (f'{_DAY} custom "voucher-exception" "BAD" "none"\n  reason: "r"\n  by: "b"\n', "bad-value"),
    "an exception without a reason": (f'{_DAY} custom "voucher-exception" "BAD" "new-error"\n  by: "b"\n', "missing-key"),
    "no values": (f'{_DAY} custom "voucher-settle"\n', "bad-value"),
    "no values, unknown": (f'{_DAY} custom "voucher-x"\n', "unknown-directive"),
    "a request without values": (f'{_DAY} custom "voucher-request"\n', "bad-value"),
    "no amount": (f'{_DAY} custom "voucher-issue" "BAD"\n', "bad-value"),
    "a number for an amount": (f'{_DAY} custom "voucher-issue" "BAD" 100.00\n', "bad-value"),
    "a string for an amount": (f'{_DAY} custom "voucher-issue" "BAD" "100.00 CNY"\n', "bad-value"),
    "two amounts": (f'{_DAY} custom "voucher-issue" "BAD" 1.00 CNY 2.00 USD\n', "bad-value"),
    "a date for an id": (f'{_DAY} custom "voucher-settle" 2026-01-01\n', "bad-value"),
    "an account for an id": (f'{_DAY} custom "voucher-settle" Assets:Ann:Iss\n', "bad-value"),
    "an amount for an id": (f'{_DAY} custom "voucher-settle" 5.00 CNY\n', "bad-value"),
    "a truth for an id": (f'{_DAY} custom "voucher-settle" TRUE\n', "bad-value"),
    "too many values": (event("accept", _DAY, '"now"', voucher="BAD"), "bad-value"),
    "an amount where there is none": (event("accept", _DAY, "1.00 CNY", voucher="BAD"), "bad-value"),
    "a string for an optional amount": (event("apply", _DAY, '"all"', voucher="BAD"), "bad-value"),
    # Ids.
    "an empty id": (event("settle", _DAY, voucher=""), "bad-id"),
    "a lower-case id": (event("settle", _DAY, voucher="v-1"), "bad-id"),
    "a Chinese id": (event("settle", _DAY, voucher="凭证-1"), "bad-id"),
    "an id with a hash": (event("settle", _DAY, voucher="V#1"), "bad-id"),
    "an id with a blank": (event("settle", _DAY, voucher="V 1"), "bad-id"),
    "an id with a slash": (event("settle", _DAY, voucher="V/1"), "bad-id"),
    "an id with a colon": (event("settle", _DAY, voucher="V:1"), "bad-id"),
    "an id with a newline": (event("settle", _DAY, voucher="V-1\n"), "bad-id"),
    "an id that starts with a hyphen": (event("settle", _DAY, voucher="-V"), "bad-id"),
    "an id of 36": (event("settle", _DAY, voucher=_LONG), "bad-id"),
    "an id that is markup": (event("settle", _DAY, voucher="<script>"), "bad-id"),
    "an id without an end": (event("settle", _DAY, voucher="V" * 10_000), "bad-id"),
    "a party that is no account component": (f'{_PARTY} "liming" "bank"\n', "bad-id"),
    "a Chinese party": (f'{_PARTY} "银行" "bank"\n', "bad-id"),
    "a party with a colon": (f'{_PARTY} "A:B" "bank"\n', "bad-id"),
    # Parties, roles, options.
    "a role that does not exist": (f'{_PARTY} "New" "broker"\n', "bad-value"),
    "a party twice": (f'{_PARTY} "Ann" "policyholder"\n', "duplicate"),
    "a party with two roles": (f'{_PARTY} "Ann" "bank"\n', "duplicate"),
    "a party with two roles on one day": (
        f'{_PARTY} "New" "bank"\n{_PARTY} "New" "insurer"\n',
        "duplicate duplicate",
    ),
    "a role of another book": (f'{_PARTY} "New" "bank"\n  prepaid: Assets:New:P\n', "unknown-key"),
    "an account that is none": (f'{_PARTY} "New" "bank"\n  held: "Held"\n', "bad-value"),
    "an account of an unknown root": (f'{_PARTY} "New" "bank"\n  held: "Debts:X"\n', "bad-value"),
    "a placeholder that is none": (f'{_PARTY} "New" "bank"\n  held: "Liabilities:{{x}}"\n', "bad-value"),
    "a placeholder of another account": (
        f'{_PARTY} "New" "bank"\n  held: "Liabilities:{{bank}}"\n',
        "bad-value",
    ),
    "a stray brace": (f'{_PARTY} "New" "bank"\n  held: "Liabilities:{{party"\n', "bad-value"),
    "a number for an account": (f'{_PARTY} "New" "bank"\n  held: 5\n', "bad-value"),
    "a hold on an account for something else": (
        f'{_PARTY} "New" "bank"\n  held: "Liabilities:{{party}}:Deposits:{{customer}}"\n',
        "bad-value",
    ),
    "two holds on one account": (
        f'{_PARTY} "New" "bank"\n  line-limit: Equity:New:L\n  line-drawn: Equity:New:L\n',
        "bad-value",
    ),
    "a name that is a date": (f'{_PARTY} "New" "bank"\n  name: 2026-01-01\n', "bad-value"),
    "an option that does not exist": (f'{_DAY} custom "voucher-option" "colour" "red"\n', "unknown-option"),
    "a value that does not exist": (f'{_DAY} custom "voucher-option" "recognise-at" "noon"\n', "bad-value"),
    "an option twice": (
        f'{_DAY} custom "voucher-option" "check-funds" "on"\n'
        '2026-05-02 custom "voucher-option" "check-funds" "on"\n',
        "duplicate",
    ),
    "an option with two values": (
        f'{_DAY} custom "voucher-option" "open-accounts" "user"\n'
        '2026-05-02 custom "voucher-option" "open-accounts" "plugin"\n',
        "duplicate duplicate",
    ),
    "an unknown policyholder": (_issue(policyholder='"Nobody"'), "unknown-party"),
    "a party that is declared later": (
        '2026-01-02 custom "voucher-request" "BAD" 1.00 CNY\n'
        '  policyholder: "New"\n  insurer: "Ins"\n'
        f'{_PARTY} "New" "policyholder"\n',
        "unknown-party",
    ),
    "an insurer for a bank": (_issue(acceptor='"Ins"'), "wrong-role"),
    "a bank for a policyholder": (_issue(policyholder='"Iss"'), "wrong-role"),
    # Metadata.
    "an unknown key": (_issue(colour='"red"'), "unknown-key"),
    "a key of another directive": (event("accept", "2026-03-03", voucher="GOOD", reason='"x"'), "unknown-key"),
    "a condition outside an issue": (event("accept", "2026-03-03", voucher="GOOD", requires_policy="TRUE"), "unknown-key"),
    "the key that the plugin sets": (_issue(voucher='"BAD"'), "unknown-key"),
    "a line number of one's own": (_issue(lineno="5"), "unknown-key"),
    "a file name of one's own": (_issue(filename="2026-01-01"), "unknown-key"),
    "a whole position of one's own": (_issue(lineno="5", filename="5.00 CNY"), "unknown-key"),
    "a string for a date": (_issue(accept_by='"2026-03-05"'), "bad-value"),
    "a number for a string": (_issue(product="5"), "bad-value"),
    "an empty string": (_issue(product='""'), "bad-value"),
    "an empty key": (_issue(product=""), "bad-value"),
    "a funding that does not exist": (_issue(funding='"barter"'), "bad-value"),
    "a funding that is an amount": (_issue(funding="100.00 CNY"), "bad-value"),
    "an outcome that does not exist": (_issue(on_unmet='"retry"'), "bad-value"),
    "somebody else asks": (issue("BAD", kind="request", requested_by='"bank"'), "bad-value"),
    "a request without a policyholder": (issue("BAD", kind="request", policyholder=None), "missing-key"),
    "no funding": (_issue(funding=None), "missing-key"),
    "no deadline": (_issue(apply_by=None), "missing-key"),
    "no reason": (event("void", "2026-03-04", voucher="GOOD"), "missing-key"),
    "a reason that does not exist": (event("void", "2026-03-04", voucher="GOOD", reason='"whim"'), "bad-reason"),
    "a reason that is an amount": (event("void", "2026-03-04", voucher="GOOD", reason="1.00 CNY"), "bad-reason"),
    "a reason that is a number": (event("void", "2026-03-04", voucher="GOOD", reason="1"), "bad-reason"),
    # Conditions.
    "an unknown condition": (_issue(requires_luck="TRUE"), "condition-unknown"),
    "a condition that is false": (_issue(requires_policy="FALSE"), "bad-value"),
    "a condition that is text": (_issue(requires_document='"yes"'), "bad-value"),
    "an amount that is about right": (_issue(requires_amount='"roughly"'), "bad-value"),
    "an amount that is an amount": (_issue(requires_amount="100.00 CNY"), "bad-value"),
    "an event without a value": (_issue(requires_event='"order-1"'), "bad-value"),
    "an event without a name": (_issue(requires_event='"=delivered"'), "bad-value"),
    "an event list that ends open": (_issue(requires_event='"a=b;"'), "bad-value"),
    "an event that is a number": (_issue(requires_event="7"), "bad-value"),
    "a code in the clear": (_issue(requires_code='"secret"'), "bad-value"),
    "a short hash": (_issue(requires_code='"sha256:abc"'), "bad-value"),
    "a text for a day": (_issue(not_before='"soon"'), "bad-value"),
    # Amounts.
    "nothing": (issue("BAD", "0.00 CNY"), "bad-amount"),
    "less than nothing": (issue("BAD", "-5.00 CNY"), "bad-amount"),
    "a premium in memo": (issue("BAD", "5.00 CNY.MEMO"), "bad-currency"),
    "more digits than can be computed": (issue("BAD", "12345678901234567890123456789.1 CNY"), "bad-amount"),
    # Credit.
    "a line for nobody": (f'{_LINE} "Nobody" "Iss" 5.00 CNY\n', "unknown-party"),
    "a line with an insurer": (f'{_LINE} "Ann" "Ins" 5.00 CNY\n', "wrong-role"),
    "a line below nothing": (f'{_LINE} "Ann" "Iss" -5.00 CNY\n', "bad-amount"),
    "a line in memo": (f'{_LINE} "Ann" "Iss" 5.00 CNY.MEMO\n', "bad-currency"),
    "two lines on one day": (f'{_LINE} "Ann" "Iss" 5.00 CNY\n{_LINE} "Ann" "Iss" 6.00 CNY\n', "duplicate duplicate"),
    "two repayments on one day for nobody": (
        f'{_DAY} custom "voucher-repay" "Nobody" "Iss" 5.00 CNY\n'
        f'{_DAY} custom "voucher-repay" "Nobody" "Iss" 6.00 CNY\n',
        "unknown-party unknown-party",
    ),
    "two lines on one day for nobody": (
        f'{_LINE} "Nobody" "Iss" 5.00 CNY\n{_LINE} "Nobody" "Iss" 6.00 CNY\n',
        "unknown-party unknown-party",
    ),
    "a line below what is frozen": (
        f'{_LINE} "Ann" "Iss" 500.00 CNY\n'
        + issue("C-1", "400.00 CNY", funding='"credit"')
        + '2026-03-04 custom "voucher-credit-line" "Ann" "Iss" 399.99 CNY\n',
        "insufficient-credit",
    ),
    "nothing to repay": (f'{_DAY} custom "voucher-repay" "Ann" "Iss" 5.00 CNY\n', "exceeds-drawn"),
    "repaying nothing": (f'{_DAY} custom "voucher-repay" "Ann" "Iss" 0.00 CNY\n', "bad-amount"),
    "a repayer who is no policyholder": (f'{_DAY} custom "voucher-repay" "Ins" "Iss" 5.00 CNY\n', "wrong-role"),
    # Life: the rest is in test_life.
    "a voucher that is not there": (event("settle", _DAY, voucher="BAD"), "not-found"),
    "an event before its issue": (event("accept", "2026-03-01", voucher="GOOD"), "not-found"),
    "periods": (
        '2026-03-03 custom "voucher-close" "2026-03"\n'
        '2026-03-04 custom "voucher-close" "2026-03"\n'
        '2026-03-05 custom "voucher-close" ""\n',
        "duplicate bad-value",
    ),
    "more than the account has": (issue("BAD", "100000.01 CNY"), "insufficient-funds"),
}  # fmt: skip


def _books_of_good(text: str) -> list[str]:
    ledger = load(text)
    return [
        f"{entry.date} {entry.meta['voucher-event']} {entry.meta['voucher-book']} "
        + ", ".join(f"{posting.account} {posting.units}" for posting in entry.postings)
        for entry in ledger.generated
        if entry.meta.get("voucher") == "GOOD"
    ]


@pytest.mark.parametrize("name", CASES)
def test_bad_input(name: str, tmp_path: Path) -> None:
    bad, expected = CASES[name]
    text = PLUGIN + WORLD + GOOD + bad
    path = tmp_path / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    ledger = load(GOOD + bad)
    codes = [code_of(error.message) for error in ledger.errors]
    assert codes == expected.split()
    first = (PLUGIN + WORLD + GOOD).count("\n") + 1
    for error in ledger.errors:
        assert isinstance(error.source["filename"], str)
        assert type(error.source["lineno"]) is int
        if "of one's own" not in name:
            assert error.source["filename"] == "<string>"
            assert error.source["lineno"] >= first
        assert "; expected " in error.message
    # All other books are untouched.
    assert _books_of_good(GOOD + bad) == _books_of_good(GOOD)
    # bean-check prints it, bean-query queries it, Fava shows it.
    printed = io.StringIO()
    printer.print_errors(ledger.errors, file=printed)  # type: ignore[no-untyped-call]
    assert expected.split()[0] in printed.getvalue()
    connection = beanquery.connect(
        "beancount:", entries=ledger.entries, errors=ledger.errors, options=ledger.options
    )
    rows = connection.execute("SELECT account, sum(position) GROUP BY account").fetchall()
    assert rows
    _fava_works(path, expected.split()[0])


def _fava_works(path: Path, code: str) -> None:
    client = create_app([str(path)], load=True, poll_watcher=True).test_client()
    with client.get("/") as response:
        home = response.headers["Location"].removesuffix("income_statement/")
    for page in ("journal/", "balance_sheet/", "errors/", "download-journal/"):
        with client.get(home + page, follow_redirects=True) as response:
            assert response.status_code == 200, page
    with client.get(home + "api/errors") as response:
        errors = response.get_json()["data"]
    assert any(f"[{code}]" in error["message"] for error in errors)


def test_there_are_enough_cases_and_every_code_is_known() -> None:
    assert len(CASES) >= 60
    assert {code for _, codes in CASES.values() for code in codes.split()} <= set(CODES)


def test_a_ledger_of_only_bad_customs_loads(tmp_path: Path) -> None:
    """Among them one without values, which alone would keep ``pad`` and Fava from starting."""
    ledger = load('2026-01-01 custom "voucher-settle"\n', world="")
    assert ledger.codes == ["bad-value"]
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + '2026-01-01 custom "voucher-settle"\n')
    _fava_works(path, "bad-value")


def test_an_empty_ledger_is_no_error() -> None:
    ledger = load("", world="")
    assert (ledger.entries, ledger.errors) == ([], [])
    assert load("").errors == []


def test_a_line_number_of_ones_own_is_kept_as_a_number() -> None:
    ledger = load(GOOD + issue("BAD", lineno="5"))
    [error] = ledger.errors
    assert error.source["lineno"] == 5
    assert type(error.source["lineno"]) is int
    assert all(type(entry.meta["lineno"]) is int for entry in ledger.entries)


def test_errors_say_where_the_other_directive_stands() -> None:
    text = HAPPY + event("settle", "2026-03-07")
    [error] = load(text).errors
    line = line_of(text, '2026-03-06 custom "voucher-settle"')
    assert error.message == (
        f"V-1: settle after it was settled on 2026-03-06 (line {line}); "
        "expected no further event [final]"
    )


def test_an_error_names_the_event_that_brought_the_voucher_where_it_is() -> None:
    """Not the notice of return, nor the recognition in between."""
    text = issue(cover_start="2026-03-04") + ACCEPT + event("return", "2026-03-05")
    [error] = load(text + event("settle", "2026-03-06")).errors
    line = line_of(text, '"voucher-accept"') + 0
    assert "settle of a voucher that is accepted since 2026-03-03" in error.message
    assert (
        f"(line {(PLUGIN + WORLD + issue(cover_start='2026-03-04')).count(chr(10)) + 1})"
        in error.message
    )
    assert line
    settled = issue(cover_start="2026-03-10") + ACCEPT + APPLY + event("settle", "2026-03-06")
    close = '2026-03-31 custom "voucher-close" "2026-03"\n'
    [error] = load(settled + close + event("return", "2026-04-01")).errors
    assert "return after it was settled on 2026-03-06" in error.message


def test_errors_name_another_file_from_where_they_stand(tmp_path: Path) -> None:
    (tmp_path / "facts").mkdir()
    (tmp_path / "late").mkdir()
    (tmp_path / "facts" / "a.beancount").write_text(PARTIES + ACCOUNTS + issue() + ACCEPT + APPLY)
    (tmp_path / "late" / "b.beancount").write_text(event("accept", "2026-03-04"))
    top = tmp_path / "top.beancount"
    top.write_text(PLUGIN + 'include "facts/a.beancount"\ninclude "late/b.beancount"\n')
    [error] = load_path(top).errors
    line = (PARTIES + ACCOUNTS + issue()).count("\n") + 1
    assert f"the first stands on 2026-03-03 (../facts/a.beancount:{line})" in error.message
    assert error.source == {"filename": str(tmp_path / "late" / "b.beancount"), "lineno": 1}


def test_long_and_unprintable_text_is_quoted_short() -> None:
    [error] = load(event("settle", "2026-03-01", voucher="\x07" + "x" * 500)).errors
    assert len(error.message) < 300
    assert "\x07" not in error.message


def test_what_is_left_of_a_premium_must_be_exact() -> None:
    """12 digits before the point and 27 behind it are more than Beancount computes with."""
    text = issue(amount="99999.00 CNY") + ACCEPT
    ledger = load(text + event("apply", "2026-03-05", f"0.{'1' * 27} CNY"))
    assert ledger.codes == ["bad-amount"]
    assert "expected at most 28 digits" in ledger.errors[0].message
    assert load(text + event("apply", "2026-03-05", f"0.{'1' * 23} CNY")).codes == []


@pytest.mark.parametrize(
    ("amount", "codes"),
    [
        ("9" * 28, []),
        ("9" * 29, ["bad-amount"]),
        (f"0.{'1' * 27}", []),
        (f"0.{'1' * 28}", ["bad-amount"]),
        (f"12.{'1' * 26}", []),
        (f"12.{'1' * 27}", ["bad-amount"]),
    ],
)
def test_the_longest_amount_has_28_digits(amount: str, codes: list[str]) -> None:
    off = '2026-01-01 custom "voucher-option" "check-funds" "off"\n'
    assert load(off + issue(amount=f"{amount} CNY")).codes == codes


@pytest.mark.parametrize(
    ("text", "longest"),
    [
        (f'2026-03-01 custom "voucher-{"x" * 5000}"\n', 1400),
        (f'2026-03-01 custom "voucher-settle" {"9" * 120} CNY\n', 200),
        (issue(product="9" * 120), 200),
        (issue(product=None) + f"  {'k' * 5000}: 1\n", 1400),
    ],
)
def test_no_message_is_a_wall_of_text(text: str, longest: int) -> None:
    [error] = load(text).errors
    assert len(error.message) < longest
    assert "…" in error.message


# --- What an error says -----------------------------------------------------------------

_CREDIT = {"funding": '"credit"'}
_LIMIT = '2026-03-09 custom "voucher-credit-line" "Ann" "Iss" %s CNY\n'
_DRAWN = (
    LINES
    + issue(amount="600.00 CNY", **_CREDIT)
    + ACCEPT
    + event("apply", "2026-03-03", "200.00 CNY")
    + event("settle", "2026-03-03")
)
_USED = _DRAWN + issue("V-2", amount="300.00 CNY", date="2026-03-04", **_CREDIT)


def _reconciled(prepared: str, reviewed: str) -> str:
    return (
        f'{_DAY} custom "voucher-reconciled" Assets:Ann:Iss "2026-03"\n  sha256: "{"0" * 64}"\n'
        "  period-start: 2026-03-01\n  closing: 1.00 CNY\n  lines: 1\n  matched: 1\n  differences: 0\n"
        f'  prepared-by: "{prepared}"\n  reviewed-by: "{reviewed}"\n'
    )


_ALL = (
    "party, key, revoke, resume, option, credit-line, repay, request, refuse, issue, amend, reject, accept, consent, "
    "decline, withdraw, apply, discrepancy, return, "
    "recall, surrender, refusal, settle, release, refund, void, close, reconciled, exception, sent, "
    "received"
)

# What is written -> all that is said of it; lines are counted from the first of the text.
SENTENCES: dict[str, tuple[str, str]] = {
    # The form alone: what stands in one directive.
    "no such directive": (
        f'{_DAY} custom "voucher-isue" "V-1" 1.00 CNY\n',
        f'there is no directive "voucher-isue"; expected voucher- and one of {_ALL} [unknown-directive]',
    ),
    "no values": (
        f'{_DAY} custom "voucher-settle"\n',
        "voucher-settle has no values; expected a voucher id, an amount, or nothing [bad-value]",
    ),
    "one value": (
        f'{_DAY} custom "voucher-issue" "V-1"\n',
        "voucher-issue has one value; expected a voucher id, an amount [bad-value]",
    ),
    "three values": (
        event("accept", _DAY, '"now"', '"then"'),
        "voucher-accept has 3 values; expected a voucher id [bad-value]",
    ),
    "a date for an id": (
        f'{_DAY} custom "voucher-settle" 2026-01-01\n',
        "2026-01-01 stands for a voucher id; expected a voucher id, an amount, or nothing [bad-value]",
    ),
    "an account for an id": (
        f'{_DAY} custom "voucher-accept" Assets:Ann:Iss\n',
        '"Assets:Ann:Iss" stands for a voucher id; expected a voucher id [bad-value]',
    ),
    "a number for a role": (
        f'{_PARTY} "New" 5\n',
        "5 stands for a role; expected a party id, a role [bad-value]",
    ),
    "a text for an amount": (
        f'{_DAY} custom "voucher-issue" "V-1" "100.00 CNY"\n',
        '"100.00 CNY" stands for an amount; expected a voucher id, an amount [bad-value]',
    ),
    "a text for an amount that may be left out": (
        event("apply", _DAY, '"all"'),
        '"all" stands for an amount, or nothing; expected a voucher id, an amount, or nothing [bad-value]',
    ),
    "no id of a voucher": (
        event("settle", _DAY, voucher="v-1"),
        '"v-1" cannot be a voucher id; expected 1 to 35 of A-Z a-z 0-9 -, the first a capital or a digit [bad-id]',
    ),
    "no id of a party": (
        f'{_PARTY} "liming" "bank"\n',
        '"liming" cannot be a party id; expected a component of a Beancount account, such as FirstBank [bad-id]',
    ),
    "no role": (
        f'{_PARTY} "New" "broker"\n',
        '"broker" is no role; expected one of "policyholder", "bank", "insurer" [bad-value]',
    ),
    "no option": (
        f'{_DAY} custom "voucher-option" "colour" "red"\n',
        'there is no option "colour"; expected one of "recognise-at", "advance-premium", "hold-accounts", "postings", "open-accounts", "check-funds", "acceptance-needs-instruction", "calendar", "earning", "examination-days", "give-back", "grace-days" [unknown-option]',
    ),
    "no value of an option": (
        f'{_DAY} custom "voucher-option" "recognise-at" "noon"\n',
        'recognise-at is "noon"; expected one of "coverage", "accept", "settle" [bad-value]',
    ),
    "the words for a number in place of it": (
        f'{_DAY} custom "voucher-option" "examination-days" "a number of business days, from 1 on"\n',
        'examination-days is "a number of business days, from 1 on"; expected one of "off", "a number of business days, from 1 on" [bad-value]',
    ),
    "a period without a name": (
        f'{_DAY} custom "voucher-close" ""\n',
        'the period has no name; expected a name such as "2026-03" [bad-value]',
    ),
    "an exception to no rule": (
        f'{_DAY} custom "voucher-exception" "V-1" "none"\n',
        '"none" is no rule; expected one of "edited-history", "segregation-of-duties", "closed-period", "rewritten-postings", "new-error", "unsigned-event" [bad-value]',
    ),
    "a statement of no account": (
        f'{_DAY} custom "voucher-reconciled" "Ann" "2026-03"\n',
        '"Ann" "2026-03" name no statement; expected an account and the statement\'s id, such as Assets:LiMing:QingHe "2026-03" [bad-value]',
    ),
    "a statement without an id": (
        f'{_DAY} custom "voucher-reconciled" Assets:Ann:Iss ""\n',
        '"Assets:Ann:Iss" "" name no statement; expected an account and the statement\'s id, such as Assets:LiMing:QingHe "2026-03" [bad-value]',
    ),
    "one person twice": (
        _reconciled("Lin", "LIN"),
        '"LIN" reviewed what "Lin" prepared; expected another person [same-person]',
    ),
    "prepared by nobody": (
        _reconciled(" ", "Lin"),
        'prepared-by is " "; expected prepared-by: a name [bad-value]',
    ),
    "reviewed by nobody": (
        _reconciled("Lin", "  "),
        'reviewed-by is "  "; expected reviewed-by: a name [bad-value]',
    ),
    "a value of another kind": (
        issue(funding='"barter"'),
        'funding is "barter"; expected funding: "cash" or "credit" [bad-value]',
    ),
    "no reason that there is": (
        event("void", _DAY, reason='"whim"'),
        'reason is "whim"; expected one of "not-accepted", "no-application", "conditions-unmet", "insurance-returned", "cancelled", "surrendered" [bad-reason]',
    ),
    "a key of another directive": (
        event("accept", _DAY, reason='"x"'),
        "voucher-accept knows no reason; expected by, instructed-by, message, note…, document… [unknown-key]",
    ),
    "a key that no issue has": (
        issue(colour='"red"'),
        "voucher-issue knows no colour; expected policyholder, insurer, issuer, acceptor, funding, accept-by, apply-by, cover-start, cover-end, product, on-unmet, draws, refund-by, requires-…, message, note…, document… [unknown-key]",
    ),
    "an account of another role": (
        f'{_PARTY} "New" "policyholder"\n  held: Liabilities:New:Held\n',
        "voucher-party knows no held; expected name, bank, frozen, loan, prepaid, payable, expense, line-limit, line-available, line-frozen, line-drawn, message, note…, document… [unknown-key]",
    ),
    "a key that the plugin sets": (
        event("accept", _DAY, voucher="V-1") + '  voucher: "V-1"\n',
        "voucher is set by the plugin; expected by, instructed-by, message, note…, document… [unknown-key]",
    ),
    "a key that the plugin sets, on an option": (
        f'{_DAY} custom "voucher-option" "check-funds" "off"\n  voucher: "V-1"\n',
        "voucher is set by the plugin; expected note…, document… [unknown-key]",
    ),
    "a line number of one's own": (
        issue(lineno="5"),
        "lineno is Beancount's own name for where a directive stands; expected another name, such as note [unknown-key]",
    ),
    "a condition that is not known": (
        issue(requires_luck="TRUE"),
        "no settlement condition requires-luck is known; expected one of not-before, requires-amount, requires-code, requires-document, requires-event, requires-policy [condition-unknown]",
    ),
    "a condition that is false": (
        issue(requires_policy="FALSE"),
        "requires-policy is FALSE; expected requires-policy: TRUE, or no such key [bad-value]",
    ),
    "an account that is none": (
        f'{_PARTY} "New" "bank"\n  held: "Held"\n',
        'held is "Held"; expected an account, or one in quotes with {party} or {customer} in it [bad-value]',
    ),
    "two holds on one account": (
        f'{_PARTY} "New" "bank"\n  line-limit: Equity:New:L\n  line-drawn: Equity:New:L\n',
        "line-limit and line-drawn are one account; expected an account of its own for line-drawn [bad-value]",
    ),
    # What depends on others.
    "a term is missing": (
        issue(funding=None),
        'V-1: funding is missing; expected funding: "cash" or "credit" [missing-key]',
    ),
    "cover without a start": (
        issue(cover_end="2026-04-01"),
        "V-1: cover-start is missing; expected cover-start: a date [missing-key]",
    ),
    "no such voucher": (
        event("settle", "2026-03-02"),
        "V-1: there is no such voucher on 2026-03-02; expected a voucher-issue or voucher-request on or before that date [not-found]",
    ),
    "final": (
        issue() + event("reject", "2026-03-03") + event("accept", "2026-03-04"),
        "V-1: accept after it was rejected on 2026-03-03 (line 9); expected no further event [final]",
    ),
    "a second of its kind": (
        issue() + ACCEPT + event("accept", "2026-03-04"),
        "V-1: a second accept; the first stands on 2026-03-03 (line 9); expected one only [duplicate]",
    ),
    "a second notice": (
        issue() + event("return", "2026-03-03") + event("return", "2026-03-04"),
        "V-1: a second return; the first stands on 2026-03-03 (line 9); expected one only [duplicate]",
    ),
    "not yet accepted": (
        issue() + event("apply", "2026-03-03"),
        "V-1: apply of a voucher that is issued since 2026-03-02 (line 1); expected one that is accepted [out-of-order]",
    ),
    "never issued": (
        issue(kind="request", date="2026-03-01")
        + event("void", "2026-03-02", reason='"insurance-returned"'),
        "V-1: void insurance-returned of a voucher that is requested since 2026-03-01 (line 1); expected one that is accepted or applied or issued [out-of-order]",
    ),
    "never requested": (
        issue() + event("refuse", "2026-03-03"),
        "V-1: refuse of a voucher that is issued since 2026-03-02 (line 1); expected one that is requested [out-of-order]",
    ),
    "accepted late": (
        issue() + event("accept", "2026-03-06"),
        "V-1: accepted on 2026-03-06, after its accept-by; expected 2026-03-05 at the latest (issued on 2026-03-02 (line 1)) [accept-late]",
    ),
    "applied for late": (
        issue() + ACCEPT + event("apply", "2026-04-01"),
        "V-1: applied for on 2026-04-01, after its apply-by; expected 2026-03-31 at the latest (issued on 2026-03-02 (line 1)) [apply-late]",
    ),
    "returned": (
        issue() + event("return", "2026-03-03") + event("accept", "2026-03-04"),
        'V-1: the insurance was returned on 2026-03-03 (line 9); expected only a void with reason "insurance-returned" [returned]',
    ),
    "no notice": (
        issue() + event("void", "2026-03-03", reason='"insurance-returned"'),
        "V-1: no notice says that the insurance was returned; expected a voucher-return [no-return-notice]",
    ),
    "accept-by has not passed": (
        issue() + event("void", "2026-03-05", reason='"not-accepted"'),
        "V-1: its accept-by has not passed on 2026-03-05; expected a date after 2026-03-05 (issued on 2026-03-02 (line 1)) [not-yet-expired]",
    ),
    "apply-by has not passed": (
        issue() + ACCEPT + event("void", "2026-03-05", reason='"no-application"'),
        "V-1: its apply-by has not passed on 2026-03-05; expected a date after 2026-03-31 (issued on 2026-03-02 (line 1)) [not-yet-expired]",
    ),
    "another amount than requested": (
        issue(kind="request", date="2026-03-01") + issue(amount="99.00 CNY"),
        "V-1: the amount is 99.00 CNY; expected 100.00 CNY, as requested (requested on 2026-03-01 (line 1)) [terms-differ]",
    ),
    "another term than requested": (
        issue(kind="request", date="2026-03-01") + issue(product='"x"', issuer='"Acc"'),
        'V-1: issuer is "Acc"; expected "Iss", as requested (requested on 2026-03-01 (line 1)) [terms-differ]',
    ),
    "accept-by before the issue": (
        issue(accept_by="2026-03-01"),
        "V-1: accept-by is 2026-03-01; expected the issue date 2026-03-02 or later [bad-deadlines]",
    ),
    "apply-by before accept-by": (
        issue(apply_by="2026-03-04"),
        "V-1: apply-by is 2026-03-04; expected accept-by or later [bad-deadlines]",
    ),
    "cover ends before it starts": (
        issue(cover_start="2026-03-09", cover_end="2026-03-08"),
        "V-1: cover-end is 2026-03-08; expected cover-start or later [bad-deadlines]",
    ),
    "nothing": (
        issue(amount="0.00 CNY"),
        "V-1: the amount is 0.00 CNY; expected more than zero [bad-amount]",
    ),
    "less than nothing, of a line": (
        _LIMIT % "-1.00",
        "the amount is -1.00 CNY; expected zero or more [bad-amount]",
    ),
    "too many digits": (
        issue(amount="12345678901234567890123456789.1 CNY"),
        "V-1: the amount is 12345678901234567890123456789.1 CNY; expected at most 28 digits [bad-amount]",
    ),
    "a memo commodity": (
        issue(amount="1.00 CNY.MEMO"),
        "V-1: CNY.MEMO is a memo commodity; expected a currency [bad-currency]",
    ),
    "a memo commodity, of a line": (
        (_LIMIT % "1.00").replace("CNY", "CNY.MEMO"),
        "CNY.MEMO is a memo commodity; expected a currency [bad-currency]",
    ),
    "another currency": (
        issue() + ACCEPT + event("apply", "2026-03-05", "1.00 USD"),
        "V-1: the amount is in USD; expected CNY (issued on 2026-03-02 (line 1)) [bad-currency]",
    ),
    "more than is held": (
        issue() + ACCEPT + event("apply", "2026-03-05", "100.01 CNY"),
        "V-1: 100.01 CNY is applied for; expected at most the 100.00 held (issued on 2026-03-02 (line 1)) [exceeds-held]",
    ),
    "more than is applied for": (
        issue()
        + ACCEPT
        + event("apply", "2026-03-05", "50.00 CNY")
        + event("settle", "2026-03-06", "50.01 CNY"),
        "V-1: 50.01 CNY is settled; expected at most the 50.00 applied for on 2026-03-05 (line 10) [exceeds-applied]",
    ),
    "more than the line": (
        _USED + issue("V-3", amount="500.01 CNY", date="2026-03-05", **_CREDIT),
        "V-3: 500.01 CNY is more than the free credit line of Ann with Iss; expected at most 500.00 CNY (limit 1000.00, frozen 300.00, drawn 200.00) [insufficient-credit]",
    ),
    "a limit below what is used": (
        _USED + _LIMIT % "499.99",
        "a limit of 499.99 CNY; expected at least what is frozen and drawn (limit 1000.00, frozen 300.00, drawn 200.00) [insufficient-credit]",
    ),
    "more than is drawn": (
        _DRAWN + '2026-03-09 custom "voucher-repay" "Ann" "Iss" 200.01 CNY\n',
        "200.01 CNY is repaid; expected at most what is drawn (limit 1000.00, frozen 0.00, drawn 200.00) [exceeds-drawn]",
    ),
    "nothing is repaid": (
        '2026-03-09 custom "voucher-repay" "Ann" "Iss" 0.00 CNY\n',
        "the amount is 0.00 CNY; expected more than zero [bad-amount]",
    ),
    "somebody else accepts": (
        issue() + event("accept", "2026-03-03", by='"Oth"'),
        'V-1: by is "Oth"; expected Acc [wrong-actor]',
    ),
    "somebody else instructs": (
        issue() + event("accept", "2026-03-03", instructed_by='"Oth"'),
        'V-1: instructed-by is "Oth"; expected Ins [wrong-actor]',
    ),
    "somebody else rejects": (
        issue() + event("reject", "2026-03-03", by='"Iss"'),
        'V-1: by is "Iss"; expected Acc or Ins [wrong-actor]',
    ),
    "somebody else applies": (
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Iss"'),
        'V-1: by is "Iss"; expected Ins or Ann [wrong-actor]',
    ),
    "unmet and waiting": (
        issue(requires_policy="TRUE", requires_document="TRUE", not_before="2026-03-09")
        + ACCEPT
        + APPLY
        + SETTLE,
        "V-1: requires-document is unmet: the application names no document; requires-policy is unmet: the application names no policy; not-before is waiting: not before 2026-03-09; expected every settlement condition to be met [condition-unmet]",
    ),
    "waiting": (
        issue(not_before="2026-03-09") + ACCEPT + APPLY + SETTLE,
        "V-1: not-before is waiting: not before 2026-03-09; expected a later date [condition-waiting]",
    ),
    "waiting, to be voided": (
        issue(not_before="2026-03-09")
        + ACCEPT
        + APPLY
        + event("void", "2026-03-06", reason='"conditions-unmet"'),
        "V-1: not-before is waiting: not before 2026-03-09; expected a condition to be unmet [condition-waiting]",
    ),
    "met, to be voided": (
        issue(not_before="2026-03-02", requires_amount='"exact"')
        + ACCEPT
        + APPLY
        + event("void", "2026-03-06", reason='"conditions-unmet"'),
        "V-1: not-before is met: 2026-03-02 is reached; requires-amount is met: the whole premium of 100.00 is applied for; expected a condition to be unmet [conditions-met]",
    ),
    "no condition": (
        issue() + ACCEPT + APPLY + event("void", "2026-03-06", reason='"conditions-unmet"'),
        "V-1: no condition is set; expected a condition to be unmet [conditions-met]",
    ),
    "an unknown party": (
        issue(issuer='"Nobody"'),
        'V-1: issuer is "Nobody", which is not declared by 2026-03-02; expected a voucher-party of role bank [unknown-party]',
    ),
    "a party of another role": (
        issue(acceptor='"Ins"'),
        'V-1: acceptor is "Ins", declared as insurer (a line of the world); expected a party of role bank [wrong-role]',
    ),
    "a line for an unknown party": (
        (_LIMIT % "1.00").replace("Ann", "Nobody"),
        'policyholder is "Nobody", which is not declared by 2026-03-09; expected a voucher-party of role policyholder [unknown-party]',
    ),
    "a line with no bank": (
        (_LIMIT % "1.00").replace("Iss", "Ins"),
        'bank is "Ins", declared as insurer (a line of the world); expected a party of role bank [wrong-role]',
    ),
    "the same twice on a day": (
        issue() + ACCEPT + ACCEPT,
        "V-1: the same is said on 2026-03-03 (line 9); expected one only [duplicate]",
    ),
    "the same twice on a day, but for a note": (
        issue() + ACCEPT + ACCEPT + '  note: "by telephone"\n',
        "V-1: the same is said on 2026-03-03 (line 9); expected one only [duplicate]",
    ),
    "one voucher in two currencies": (
        issue() + issue(amount="100.00 USD"),
        "V-1: something else is said on 2026-03-02 (line 9); expected one only [duplicate]\n"
        "V-1: something else is said on 2026-03-02 (line 1); expected one only [duplicate]",
    ),
    "two things on a day": (
        issue()
        + event("void", "2026-03-03", reason='"cancelled"')
        + event("void", "2026-03-03", reason='"not-accepted"'),
        "V-1: something else is said on 2026-03-03 (line 11); expected one only [duplicate]\n"
        "V-1: something else is said on 2026-03-03 (line 9); expected one only [duplicate]",
    ),
    "a party twice": (
        '2026-01-02 custom "voucher-party" "Ann" "policyholder"\n',
        'a second party "Ann"; the first stands at a line of the world; expected one only [duplicate]',
    ),
    "a statement twice": (
        _reconciled("Lin", "Wu") + _reconciled("Lin", "Wu").replace(_DAY, "2026-03-03"),
        'a second reconciliation of statement "2026-03"; the first stands at line 1; expected one only, or which it `replaces` [duplicate]',
    ),
    "a period twice": (
        '2026-03-03 custom "voucher-close" "2026-03"\n2026-03-04 custom "voucher-close" "2026-03"\n',
        'a second close of period "2026-03"; the first stands at line 1; expected one only [duplicate]',
    ),
    "an option twice": (
        '2026-01-01 custom "voucher-option" "check-funds" "off"\n2026-01-02 custom "voucher-option" "check-funds" "on"\n',
        "check-funds: something else is said on 2026-01-02 (line 2); expected one only [duplicate]\n"
        "check-funds: something else is said on 2026-01-01 (line 1); expected one only [duplicate]",
    ),
}


@pytest.mark.parametrize("name", [*CASES, *SENTENCES])
def test_whoever_reads_it_again_refuses_it_again(name: str) -> None:
    """As the page in Fava does, and the command after another plugin: from marked entries."""
    text, _ = (CASES | SENTENCES)[name]
    with captured() as heard:
        ledger = load(GOOD + text)
    [expansion] = heard
    assert expansion.found is not None
    first = expansion.found.evaluation
    second = Ledger.of(Path("<string>"), ledger.entries, ledger.errors, ledger.options).evaluation
    assert sorted(map(_refusal, second.problems)) == sorted(map(_refusal, first.problems))
    assert second.options == first.options
    assert second.ledger_state.lines.all() == first.ledger_state.lines.all()
    assert {name: voucher.status.state for name, voucher in second.vouchers.items()} == {
        name: voucher.status.state for name, voucher in first.vouchers.items()
    }


def _refusal(problem: Problem) -> tuple[SourceLine, str, str]:
    return problem.place, problem.wrong, problem.expected


@pytest.mark.parametrize("name", SENTENCES)
def test_what_an_error_says(name: str) -> None:
    text, expected = SENTENCES[name]
    before = (PLUGIN + WORLD).count("\n")

    def counted(match: re.Match[str]) -> str:
        line = int(match[1]) - before
        return f"line {line}" if line > 0 else "a line of the world"

    errors = load(text).errors
    said = [re.sub(r"line (\d+)", counted, error.message) for error in errors]
    assert "\n".join(said) == expected
    # Fava and the command show the directive itself, too.
    for error in errors:
        assert isinstance(error.entry, Custom)
        assert error.entry.meta["lineno"] == error.source["lineno"]

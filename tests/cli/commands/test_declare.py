"""What vouchers stand on, declared by commands: a party comes with the accounts that it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import PLUGIN, WORLD, issue, load_path

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

# plugin, arguments -> what is printed
DECLARED = {
    "a policyholder": (
        PLUGIN,
        "party Cai policyholder --name 蔡@明 --note by@telephone",
        "2026-02-01 open Assets:Cai:Acc\n2026-02-01 open Liabilities:Acc:Deposits:Cai\n"
        "2026-02-01 open Assets:Cai:Iss\n2026-02-01 open Liabilities:Iss:Deposits:Cai\n"
        '2026-02-01 custom "voucher-party" "Cai" "policyholder"\n  name: "蔡 明"\n'
        '  note: "by telephone"\n',
    ),
    "an insurer with one of the banks": (
        PLUGIN,
        "party Dao insurer --with Acc",
        "2026-02-01 open Assets:Dao:Acc\n2026-02-01 open Liabilities:Acc:Deposits:Dao\n"
        '2026-02-01 custom "voucher-party" "Dao" "insurer"\n',
    ),
    "a bank of two": (
        PLUGIN,
        "party Eng bank --with Ann --with Ins",
        "2026-02-01 open Assets:Ann:Eng\n2026-02-01 open Liabilities:Eng:Deposits:Ann\n"
        "2026-02-01 open Assets:Ins:Eng\n2026-02-01 open Liabilities:Eng:Deposits:Ins\n"
        '2026-02-01 custom "voucher-party" "Eng" "bank"\n',
    ),
    "in one party's book": (
        PLUGIN.rstrip("\n") + ' "Iss"\n',
        "party Cai policyholder",
        "2026-02-01 open Liabilities:Iss:Deposits:Cai\n"
        '2026-02-01 custom "voucher-party" "Cai" "policyholder"\n',
    ),
    "on an account that is there": (
        PLUGIN,
        "party Cai policyholder --with Iss --account bank=Assets:Ann:Iss",
        "2026-02-01 open Liabilities:Iss:Deposits:Cai\n"
        '2026-02-01 custom "voucher-party" "Cai" "policyholder"\n  bank: "Assets:Ann:Iss"\n',
    ),
    "an option": (PLUGIN, "option earning daily", '2026-02-01 custom "voucher-option" "earning" "daily"\n'),
    "a credit line": (
        PLUGIN,
        "credit-line Ann Iss 50,000.00 CNY",
        '2026-02-01 custom "voucher-credit-line" "Ann" "Iss" 50000.00 CNY\n',
    ),
    "an exception": (
        PLUGIN,
        "exception V-1 edited-history --reason mistyped --by Wang",
        '2026-02-01 custom "voucher-exception" "V-1" "edited-history"\n  reason: "mistyped"\n  by: "Wang"\n',
    ),
}  # fmt: skip


def words(arguments: str) -> list[str]:
    return [*(each.replace("@", " ") for each in arguments.split()), "--date", "2026-02-01"]


@pytest.mark.parametrize("name", DECLARED)
def test_what_is_declared_is_printed_written_and_said_once(clerk: Clerk, name: str) -> None:
    plugin, arguments, expected = DECLARED[name]
    clerk.write("", plugin=plugin)
    before = clerk.path.read_text(encoding="utf-8")
    ran = clerk.run(*words(arguments))
    assert (ran.status, ran.out, ran.err) == (0, expected, "")
    assert clerk.path.read_text(encoding="utf-8") == before
    assert clerk.run(*words(arguments), "--write").status == 0
    assert clerk.path.read_text(encoding="utf-8") == f"{before}\n{expected}"
    assert load_path(clerk.path).errors == []
    again = clerk.run(*words(arguments), "--write")
    assert again.status == 0
    assert "is recorded already (" in again.err
    assert clerk.path.read_text(encoding="utf-8") == f"{before}\n{expected}"


REFUSED = {
    "declared otherwise": ("party Ann insurer", 1, 'a second party "Ann"', "[duplicate]"),
    "no account of its role": ("party Cai insurer --account held=Assets:X", 2, 'insurer has no account "held"', ""),
    "nearly an account of its role": ("party Cai insurer --account advanced=Assets:X", 2, "did you mean advance?", ""),
    "no account": ("party Cai insurer --account bank", 2, '"bank" is no account, such as', ""),
    "an account twice": ("party Cai insurer --account bank=A --account bank=B", 2, "is no account, such as", ""),
    "an account that cannot be": ("party Cai insurer --account bank=A", 1, 'bank is "A"', "[bad-value]"),
    "no such bank": ("party Cai insurer --with Issa", 2, '--with "Issa" is no party; did you mean Iss?', ""),
    "no id": ("party cai insurer", 1, '"cai" cannot be a party id', "[bad-id]"),
    "no value of the option": ("option earning weekly", 1, "earning is", "[bad-value]"),
    "no amount": ("credit-line Ann Iss much", 2, 'an amount is such as "50000.00 CNY", not "much"', ""),
    "a line of nobody": ("credit-line Ann Ann 5 CNY", 1, "expected", "[wrong-role]"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_is_refused(clerk: Clerk, name: str) -> None:
    arguments, status, text, code = REFUSED[name]
    clerk.write("")
    before = clerk.files()
    ran = clerk.run(*words(arguments))
    assert (ran.status, ran.out) == (status, "")
    assert text in ran.err
    assert code in ran.err
    assert clerk.run(*words(arguments), "--write").status == (3 if status == 1 else 2)
    assert clerk.files() == before


PLACES = {
    "parties": ("party Cai policyholder", "parties"),
    "where there is no credit line yet": ("credit-line Ann Iss 5 CNY", "options"),
    "an option": ("option earning daily", "options"),
    "an exception stands with the vouchers": ("exception V-1 edited-history --reason a --by b", "vouchers"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLACES)
def test_it_stands_where_its_like_stands(clerk: Clerk, name: str) -> None:
    arguments, place = PLACES[name]
    option = '2026-01-01 custom "voucher-option" "check-funds" "off"\n'
    clerk.write("", world="")
    clerk.path.write_text(PLUGIN + "".join(f'include "{each}.beancount"\n' for each in ("parties", "options", "vouchers")))  # fmt: skip
    for each, text in (("parties", WORLD), ("options", option), ("vouchers", issue())):
        (clerk.folder / f"{each}.beancount").write_text(text)
    ran = clerk.run(*words(arguments), "--write")
    assert (ran.status, ran.err.endswith(f"{place}.beancount.\n")) == (0, True)


def test_a_new_partys_first_voucher_works(clerk: Clerk) -> None:
    clerk.write("")
    assert clerk.run(*words("party Cai policyholder --with Iss"), "--write").status == 0
    assert clerk.run(*words("credit-line Cai Iss 500.00 CNY"), "--write").status == 0
    clerk.append(issue(policyholder='"Cai"', funding='"credit"'))
    assert load_path(clerk.path).errors == []


CLOSED = '2026-01-31 custom "voucher-close" "2026-01"\n'

# arguments -> exit status, what is printed
IN_A_CLOSED_PERIOD = {
    "a line": ("credit-line Ann Iss 5 CNY --date 2026-01-20", 1, ""),
    "a line, dated after the close": (
        "credit-line Ann Iss 5 CNY --effective 2026-01-20",
        0,
        '2026-02-01 custom "voucher-credit-line" "Ann" "Iss" 5 CNY\n  note-effective: 2026-01-20\n',
    ),
    "a line, the period reopened": (
        "credit-line Ann Iss 5 CNY --date 2026-01-20 --reopen forgotten --note n",
        0,
        '2026-01-20 custom "voucher-credit-line" "Ann" "Iss" 5 CNY\n'
        '  note-reopened: "forgotten"\n  note: "n"\n',
    ),
    "a line that cannot decide": (
        "credit-line Ann Iss 5 CNY --effective 2026-01-20 --reopen forgotten",
        1,
        "",
    ),
    "a party, which moves nothing": (
        "party Cai policyholder --with Ann --date 2026-01-20",
        0,
        '2026-01-20 custom "voucher-party" "Cai" "policyholder"\n',
    ),
}


@pytest.mark.parametrize("name", IN_A_CLOSED_PERIOD)
def test_what_is_declared_in_a_closed_period(clerk: Clerk, name: str) -> None:
    arguments, status, expected = IN_A_CLOSED_PERIOD[name]
    ran = clerk.write(CLOSED).run(*arguments.split())
    assert (ran.status, ran.out) == (status, expected)
    assert ("refused: " in ran.err) is bool(status)

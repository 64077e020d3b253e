"""``check`` finds what double entry cannot: planted faults, and nothing where there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Posting, Transaction
from click.testing import CliRunner

from beancount_voucher.audit import invariants, source_checks
from beancount_voucher.audit.findings import FINDINGS, Finding
from beancount_voucher.cli import main
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.directives.wording import printable_name
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.ledger.loader import load as load_ledger
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
    event,
    issue,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CREDIT = issue("V-2", funding='"credit"', cover_start="2026-03-20")

# Something open and something closed in both fundings, one bank and two, in advance, in part.
EVERYTHING = (
    LINES
    + HAPPY
    + CREDIT
    + event("accept", "2026-03-03", voucher="V-2")
    + event("apply", "2026-03-04", "60.00 CNY", voucher="V-2")
    + event("settle", "2026-03-06", voucher="V-2")
    + issue("V-3", acceptor=None)
    + event("accept", "2026-03-04", voucher="V-3")
    + issue("V-4", acceptor=None, funding='"credit"')
    + event("reject", "2026-03-05", voucher="V-4")
    + '2026-03-08 custom "voucher-repay" "Ann" "Iss" 10.00 CNY\n'
    + '2026-03-31 custom "voucher-close" "2026-03"\n'
)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return write(tmp_path, EVERYTHING)


def write(folder: Path, text: str, *, plugin: str = PLUGIN, world: str = WORLD) -> Ledger:
    path = folder / "ledger.beancount"
    path.write_text(plugin + world + text, encoding="utf-8")
    return load_ledger(path)


def codes(ledger: Ledger) -> set[str]:
    return {finding.code for finding in invariants.findings(ledger)}


@pytest.mark.parametrize("hold_accounts", ["pooled", "per-voucher"])
@pytest.mark.parametrize("books", ["", ' "Ann"', ' "Iss"', ' "Acc"', ' "Ins"', ' "Ann Ins"'])
def test_a_sound_ledger_has_no_findings(tmp_path: Path, books: str, hold_accounts: str) -> None:
    option = f'2026-01-01 custom "voucher-option" "hold-accounts" "{hold_accounts}"\n'
    ledger = write(
        tmp_path, option + EVERYTHING, plugin=f'plugin "beancount_voucher_plugin"{books}\n'
    )
    assert ledger.errors == []
    assert list(invariants.findings(ledger)) == []


def _dropped(entry: Transaction) -> list[Transaction]:
    return [entry._replace(postings=entry.postings[1:])]


def _doubled(entry: Transaction) -> list[Transaction]:
    return [entry._replace(postings=[entry.postings[0], *entry.postings])]


def _moved(entry: Transaction) -> list[Transaction]:
    return [entry._replace(date=entry.date + dt.timedelta(days=1))]


def _of_another(entry: Transaction) -> list[Transaction]:
    other = "V-2" if entry.meta.get("voucher") == "V-1" else "V-1"
    return [entry._replace(meta={**entry.meta, "voucher": other})]


def _lost(_entry: Transaction) -> list[Transaction]:
    return []


def _twice(entry: Transaction) -> list[Transaction]:
    return [entry, entry]


def _on_another_account(entry: Transaction) -> list[Transaction]:
    first, *rest = entry.postings
    return [entry._replace(postings=[first._replace(account="Equity:Opening"), *rest])]


def _a_cent_more(entry: Transaction) -> list[Transaction]:
    postings = [
        posting._replace(
            units=Amount(posting.units.number * Decimal("1.01"), posting.units.currency)
        )
        for posting in entry.postings
        if posting.units is not None and posting.units.number is not None
    ]
    return [entry._replace(postings=postings)]


FAULTS = [_dropped, _doubled, _moved, _of_another, _lost, _twice, _on_another_account, _a_cent_more]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_every_planted_fault_is_found(
    ledger: Ledger, fault: Callable[[Transaction], list[Transaction]]
) -> None:
    """In every generated transaction of the ledger, one at a time."""
    planted = 0
    for index, entry in enumerate(ledger.entries):
        if isinstance(entry, Transaction) and "__voucher__" in entry.meta:
            entries = ledger.entries[:index] + fault(entry) + ledger.entries[index + 1 :]
            found = codes(replace(ledger, entries=entries))
            assert found & {"missing-entry", "foreign-entry"}, entry
            if fault in (_dropped, _doubled):
                assert "I0" in found
            planted += 1
    assert planted > 25


def _with(
    ledger: Ledger, event_name: str, book: str, fault: Callable[[Transaction], list[Transaction]]
) -> Ledger:
    """A ledger with a fault in what one event has posted in one book."""
    entries: list[Any] = []
    for entry in ledger.entries:
        hit = (
            isinstance(entry, Transaction)
            and entry.meta.get("voucher-event") == event_name
            and entry.meta.get("voucher-book") == book
        )
        entries += fault(entry) if hit and isinstance(entry, Transaction) else [entry]
    return replace(ledger, entries=entries)


def _planted(
    ledger: Ledger, event_name: str, book: str, fault: Callable[[Transaction], list[Transaction]]
) -> set[str]:
    found = codes(_with(ledger, event_name, book, fault))
    return found - {"missing-entry", "foreign-entry"}


def test_the_invariants_tell_what_kind_of_fault_it_is(tmp_path: Path) -> None:
    """By the invariants alone, which do not know the posting table."""
    cash = write(tmp_path, HAPPY)
    assert _planted(cash, "issue", "Ann", _lost) == {"I1", "I7"}
    assert _planted(cash, "issue", "Iss", _moved) == {"I1"}
    assert _planted(cash, "accept", "Acc", _lost) == {"I4", "I7"}
    assert _planted(cash, "accept", "Ins", _moved) == {"I4"}
    assert _planted(cash, "recognise", "Ins", _moved) == {"I5"}
    assert _planted(cash, "recognise", "Ann", _lost) == {"I5", "I7"}
    assert _planted(cash, "settle", "Acc", _moved) == {"I4", "I6"}
    assert _planted(cash, "settle", "Ann", _lost) == {"I1", "I5", "I7", "I8"}
    credit = write(tmp_path, LINES + CREDIT)
    assert _planted(credit, "issue", "Ann", _lost) == {"I2"}
    assert _planted(credit, "issue", "Iss", _twice) == {"I2"}
    assert _planted(credit, "credit-line", "Iss", _dropped) == {"I0", "I3"}
    assert _planted(credit, "credit-line", "Ann", _lost) == {"I3"}


def test_a_posting_without_units_is_no_money(ledger: Ledger) -> None:
    """Another plugin may leave one; then the entry is not what was written."""
    entries: list[Any] = []
    for entry in ledger.entries:
        if isinstance(entry, Transaction) and "voucher-event" in entry.meta:
            empty = [posting._replace(units=None) for posting in entry.postings]
            entries.append(entry._replace(postings=[*entry.postings, *empty]))
        else:
            entries.append(entry)
    assert codes(replace(ledger, entries=entries)) == {"missing-entry", "foreign-entry"}


def test_what_is_posted_for_a_voucher_on_anothers_account_is_found(tmp_path: Path) -> None:
    """Also where what it says of its own accounts is posted there, every cent of it."""
    bobs = issue("V-2", policyholder='"Bob"')
    sound = write(tmp_path, issue() + bobs)
    [freeze] = [
        entry
        for entry in sound.entries
        if isinstance(entry, Transaction) and entry.meta.get("voucher-book") == "Ann"
    ]
    units = Amount(Decimal("1.00"), "CNY")
    more = [
        freeze.postings[0]._replace(account=account, units=signed)
        for account, signed in (("Assets:Bob:Iss:Frozen", units), ("Equity:Opening", -units))
    ]
    tampered = freeze._replace(postings=[*freeze.postings, *more])
    entries = [tampered if entry is freeze else entry for entry in sound.entries]
    assert codes(replace(sound, entries=entries)) == {"I1", "missing-entry", "foreign-entry"}


@pytest.mark.parametrize(
    "account", ["Assets:Ann:Iss:Frozen", "Equity:Ann:Memo:CreditLine:Iss:Available"]
)
def test_a_posting_of_others_without_units_is_no_money_either(ledger: Ledger, account: str) -> None:
    meta, date = {"filename": "ledger.beancount", "lineno": 1}, ledger.entries[-1].date
    empty = Posting(account, None, None, None, None, {})
    entry = Transaction(meta, date, "*", None, "", frozenset(), frozenset(), [empty])
    assert codes(replace(ledger, entries=[*ledger.entries, entry])) == set()


def test_a_posting_by_hand_on_a_hold_is_found(tmp_path: Path) -> None:
    by_hand = '2026-03-04 * "Oops"\n  Assets:Ann:Iss:Frozen  -1.00 CNY\n  Assets:Ann:Iss\n'
    ledger = write(tmp_path, issue() + by_hand)
    assert ledger.errors == []
    [finding] = invariants.findings(ledger)
    assert finding.code == "I1"
    assert finding.place.lineno == (PLUGIN + WORLD + issue()).count("\n") + 1
    assert finding.text == (
        "Assets:Ann:Iss:Frozen holds 99.00 CNY on 2026-03-04; the vouchers say 100.00 CNY"
    )


_BANKS_LINE = "Equity:Iss:Memo:CreditLine:Ann"


@pytest.mark.parametrize(
    ("moved", "text"),
    [
        (("Available", "Limit"), "available 850.00 + frozen 0.00 + drawn 100.00 against a limit of 950.00; the directives say 100.00 drawn of 1000.00"),
        (("Drawn", "Available"), "available 950.00 + frozen 0.00 + drawn 50.00 against a limit of 1000.00; the directives say 100.00 drawn of 1000.00"),
    ],
)  # fmt: skip
def test_a_line_that_adds_up_to_what_nobody_has_granted_or_drawn_is_found(
    tmp_path: Path, moved: tuple[str, str], text: str
) -> None:
    one, other = (f"{_BANKS_LINE}:{leaf}" for leaf in moved)
    by_hand = f"2026-03-09 *\n  {one}  -50.00 CNY.MEMO\n  {other}  50.00 CNY.MEMO\n"
    settled = LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE
    ledger = write(tmp_path, settled + by_hand)
    assert ledger.errors == []
    [finding] = invariants.findings(ledger)
    assert finding.message == (
        f"credit line in the book of Iss on 2026-03-09: {text} CNY.MEMO [I3]"
    )
    assert finding.place.lineno == (PLUGIN + WORLD + settled).count("\n") + 1


def test_lines_of_several_books_that_share_an_account_are_proven_together(tmp_path: Path) -> None:
    world = WORLD
    for who in ("Ann", "Bob"):
        declared = f'"{who}" "policyholder"\n'
        world = world.replace(declared, declared + "  line-limit: Equity:Lines:Limit\n")
    lines = LINES + LINES.replace("Ann", "Bob")
    sound = write(tmp_path, lines + issue(funding='"credit"'), world=world)
    assert (sound.errors, codes(sound)) == ([], set())
    [finding] = [
        each
        for each in invariants.findings(_with(sound, "credit-line", "Bob", _dropped))
        if each.code == "I3"
    ]
    assert finding.text == (
        "credit line in the book of Ann and Bob on 2026-01-01: available 1000.00 + frozen 0 + "
        "drawn 0 against a limit of 2000.00 CNY.MEMO"
    )


def test_a_line_whose_entries_are_gone_is_found_at_its_directive(tmp_path: Path) -> None:
    ledger = write(tmp_path, LINES)
    [finding] = [
        each
        for each in invariants.findings(_with(ledger, "credit-line", "Iss", _lost))
        if each.code == "I3"
    ]
    assert finding.text == (
        "credit line in the book of Iss on 2026-01-01: available 0 + frozen 0 + drawn 0 against "
        "a limit of 0; the directives say 0 drawn of 1000.00 CNY.MEMO"
    )
    assert finding.place == SourceLine(str(ledger.path), (PLUGIN + WORLD).count("\n") + 1)


def test_an_overdrawn_line_is_found_in_leaves_too(tmp_path: Path) -> None:
    option = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    by_hand = (
        "2026-03-04 *\n  Equity:Ann:Memo:CreditLine:Iss:Available  -2000.00 CNY.MEMO\n"
        "  Equity:Ann:Memo:CreditLine:Iss:Limit  2000.00 CNY.MEMO\n"
    )
    ledger = write(tmp_path, option + LINES + CREDIT + by_hand)
    assert codes(ledger) == {"I3"}
    [finding] = invariants.findings(ledger)
    assert "available -1100.00 + frozen 100.00 + drawn 0" in finding.text


def test_what_else_stands_below_the_accounts_of_a_line_is_none_of_it(tmp_path: Path) -> None:
    """Where no voucher has an account of its own."""
    line = "Equity:Ann:Memo:CreditLine:Iss"
    by_hand = (
        f"2026-03-01 open {line}:Available:Own\n2026-03-01 open {line}:Limit:Own\n"
        f"2026-03-04 *\n  {line}:Available:Own  -2000.00 CNY.MEMO\n"
        f"  {line}:Limit:Own  2000.00 CNY.MEMO\n"
    )
    ledger = write(tmp_path, LINES + CREDIT + by_hand)
    assert (ledger.errors, codes(ledger)) == ([], set())


IN_ANOTHER = [
    ("Assets:Ann:Iss:Frozen", "USD", "I1", "Assets:Ann:Iss:Frozen holds 5 USD on 2026-03-04; the vouchers say 0 USD"),
    ("Liabilities:Iss:Held:Ann", "USD", "I1", "Liabilities:Iss:Held:Ann holds 5 USD on 2026-03-04; the vouchers say 0 USD"),
    ("Equity:Iss:Memo:CreditLine:Ann:Frozen", "CNY", "I2", "Equity:Iss:Memo:CreditLine:Ann:Frozen holds 5 CNY on 2026-03-04; the vouchers say 0 CNY"),
    ("Equity:Ann:Memo:CreditLine:Iss:Available", "USD.MEMO", "I3", "credit line in the book of Ann on 2026-03-04: available 5 + frozen 0 + drawn 0 against a limit of 0 USD.MEMO"),
    ("Equity:Iss:Memo:CreditLine:Ann:Limit", "CNY", "I3", "credit line in the book of Iss on 2026-03-04: available 0 + frozen 0 + drawn 0 against a limit of -5 CNY"),
    ("Equity:Acc:Memo:ForCollection:Ins", "CNY", "I4", "Equity:Acc:Memo:ForCollection:Ins holds 5 CNY on 2026-03-04; the vouchers say 0 CNY"),
    ("Assets:Ins:PremiumReceivable", "USD", "I5", "Assets:Ins:PremiumReceivable holds 5 USD on 2026-03-04; the vouchers say 0 USD"),
]  # fmt: skip


@pytest.mark.parametrize(("account", "commodity", "code", "text"), IN_ANOTHER)
def test_what_is_posted_in_a_commodity_of_no_voucher_is_found(
    tmp_path: Path, account: str, commodity: str, code: str, text: str
) -> None:
    by_hand = f"2026-03-04 *\n  {account}  5 {commodity}\n  Equity:Opening\n"
    sound = LINES + issue() + CREDIT + ACCEPT
    ledger = write(tmp_path, sound + by_hand)
    assert ledger.errors == []
    assert Finding(
        code,
        SourceLine(str(ledger.path), (PLUGIN + WORLD + sound).count("\n") + 1),
        text,
        dt.date(2026, 3, 4),
    ) in list(invariants.findings(ledger))
    assert codes(ledger) == {code} | ({"I3"} if code == "I2" else set())


SETTLED_CREDIT = (
    LINES
    + issue("C-1", "50.00 CNY", funding='"credit"')
    + event("accept", "2026-03-03", voucher="C-1")
    + event("apply", "2026-03-05", voucher="C-1")
    + event("settle", "2026-03-06", voucher="C-1")
)
# An account of another role below the account of a hold, by choice of its party.
NESTED = {
    "vouchers-contra below vouchers": ("Ins", "  vouchers: Equity:Ins:V\n  vouchers-contra: Equity:Ins:V:Contra\n"),
    "collection-contra below collection": ("Acc", "  collection: Equity:Acc:C\n  collection-contra: Equity:Acc:C:Contra\n"),
    "deposits below held": ("Iss", "  held: Liabilities:Iss:Deposits\n"),
    "a credit line below its frozen part": ("Ann", "  line-frozen: Equity:Ann:Memo:CreditLine:Iss\n"),
    "the bank account below frozen": ("Ann", "  frozen: Assets:Ann\n"),
    "prepaid below frozen": ("Ann", "  prepaid: Assets:Ann:Iss:Frozen:Prepaid\n"),
}  # fmt: skip


@pytest.mark.parametrize("name", NESTED)
def test_what_has_a_role_of_its_own_is_no_part_of_a_hold(tmp_path: Path, name: str) -> None:
    party, accounts = NESTED[name]
    start = f'custom "voucher-party" "{party}" '
    declared = next(line for line in WORLD.splitlines(keepends=True) if start in line)
    world = WORLD.replace(declared, declared + accounts)
    ledger = write(tmp_path, HAPPY + SETTLED_CREDIT, world=world)
    assert (ledger.errors, list(invariants.findings(ledger))) == ([], [])


# Accounts on which no voucher has a hold: what stands there, whose it may be, and what is found.
UNTIED = {
    "held for a customer without vouchers": ("", "Liabilities:Iss:Held:Bob", "CNY", "I1"),
    "frozen, where there is only credit": ("", "Assets:Ann:Iss:Frozen", "CNY", "I1"),
    "receivable before anything is recognised": ("", "Assets:Ins:PremiumReceivable", "CNY", "I5"),
    "drawn where there is no line": ("", "Equity:Bob:Memo:CreditLine:Iss:Drawn", "CNY.MEMO", "I3"),
    "a leaf of an account that was replaced": ("  held: Liabilities:Iss:Blocked\n", "Liabilities:Iss:Blocked:V-9", "CNY", "I1"),
    "an account that the replaced one would be": ("  held: Liabilities:Iss:Blocked\n", "Liabilities:Iss:Held:Bob", "CNY", None),
    "a customer where a bank should be": ("", "Assets:Ann:Bob:Frozen", "CNY", None),
    "one of several books that are kept": ("", "Liabilities:Iss:Held:Bob", "CNY", "I1"),
    "a book that is not kept": ("", "Assets:Bob:Acc:Frozen", "CNY", None),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTIED)
def test_a_hold_account_is_at_zero_before_any_voucher(tmp_path: Path, name: str) -> None:
    replaced, account, commodity, code = UNTIED[name]
    bank = '"Iss" "bank"\n'
    world = WORLD.replace(bank, bank + replaced)
    by_hand = (
        f"2026-01-01 open {account}\n2026-03-04 *\n  {account}  5 {commodity}\n  Equity:Opening\n"
    )
    one_of_several = "kept" in name
    plugin = PLUGIN.replace("\n", ' "Ann Iss Ins"\n') if one_of_several else PLUGIN
    credit = LINES + issue(funding='"credit"')
    ledger = write(tmp_path, credit + by_hand, world=world, plugin=plugin)
    assert ledger.errors == []
    said = f"{account} holds 5 {commodity} on 2026-03-04; the vouchers say 0 {commodity} [{code}]"
    assert [each.message for each in invariants.findings(ledger)] == ([said] if code else [])


def test_what_is_posted_to_the_parent_of_the_vouchers_accounts_is_found(tmp_path: Path) -> None:
    option = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    by_hand = (
        "2026-03-01 open Assets:Ann:Iss:Frozen\n"
        "2026-03-04 *\n  Assets:Ann:Iss:Frozen  5 CNY\n  Equity:Opening\n"
    )
    ledger = write(tmp_path, option + issue() + by_hand)
    assert ledger.errors == []
    [finding] = invariants.findings(ledger)
    assert finding.message == (
        "Assets:Ann:Iss:Frozen holds 5 CNY on 2026-03-04; the vouchers say 0 CNY [I1]"
    )


@pytest.mark.parametrize("hold_accounts", ["pooled", "per-voucher"])
def test_what_is_posted_below_a_hold_is_found(tmp_path: Path, hold_accounts: str) -> None:
    """A leaf that no voucher has; but whatever else is receivable may stand below what is."""
    option = f'2026-01-01 custom "voucher-option" "hold-accounts" "{hold_accounts}"\n'
    below = (
        "Assets:Ann:Iss:Frozen:V-9",
        "Assets:Ins:PremiumReceivable:Rent",
        "Assets:Ann:Iss:Else",
    )
    by_hand = "".join(
        f"2026-03-01 open {account}\n2026-03-04 *\n  {account}  5 CNY\n  Equity:Opening\n"
        for account in below
    )
    ledger = write(tmp_path, option + issue() + ACCEPT + by_hand)
    assert ledger.errors == []
    [finding] = invariants.findings(ledger)
    assert finding.message == (
        "Assets:Ann:Iss:Frozen:V-9 holds 5 CNY on 2026-03-04; the vouchers say 0 CNY [I1]"
    )


@pytest.mark.parametrize(
    ("key", "book"),
    [
        ('voucher-event: "settle"', "nobody"),
        ('voucher-book: "Ann"', "Ann"),
        ('voucher: "V-1"', None),
    ],
)
def test_what_is_written_as_if_the_plugin_had_is_found(
    tmp_path: Path, key: str, book: str | None
) -> None:
    """A line of ``print`` that somebody pasted; but a voucher may be of paper."""
    by_hand = f'2026-03-04 * "V-1 settled"\n  {key}\n  Assets:Ann:Iss  -5 CNY\n  Equity:Opening\n'
    ledger = write(tmp_path, issue() + by_hand)
    assert ledger.errors == []
    expected = [f'2026-03-04 "V-1 settled" in the book of {book} [foreign-entry]'] if book else []
    assert [finding.message for finding in invariants.findings(ledger)] == expected


def test_what_could_not_be_booked_is_a_finding(tmp_path: Path) -> None:
    world = PARTIES + ACCOUNTS.replace("2020-01-01 open Assets:Ins:Acc\n", "")
    ledger = write(tmp_path, HAPPY, world=world)
    assert [error.message[-18:] for error in ledger.errors] == ["[account-not-open]"]
    assert codes(ledger) == {"I4", "I5", "I7", "I8"}


# --- The command ------------------------------------------------------------------------

TAMPER = '''
"""A plugin that plants a fault, as a careless one would."""
import datetime
__plugins__ = ("tamper",)
def tamper(entries, options_map, config):
    out = []
    for entry in entries:
        if entry.meta.get("voucher-event") != "issue":
            out.append(entry)
        elif config == "dropped":
            out.append(entry._replace(postings=entry.postings[1:]))
        elif config == "doubled":
            out.append(entry._replace(postings=entry.postings + entry.postings))
        elif config == "moved":
            out.append(entry._replace(date=entry.date + datetime.timedelta(days=1)))
        else:
            out.append(entry._replace(meta={**entry.meta, "voucher": "V-9"}))
    return out, []
'''


@pytest.mark.parametrize("fault", ["dropped", "doubled", "moved", "another"])
def test_the_command_finds_planted_faults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    (tmp_path / "tamper_plugin.py").write_text(TAMPER)
    monkeypatch.syspath_prepend(tmp_path)
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + f'plugin "tamper_plugin" "{fault}"\n' + WORLD + HAPPY)
    result = CliRunner().invoke(main, ["-f", str(path), "check"])
    assert result.exit_code == 1
    assert "[missing-entry]" in result.stdout
    assert "[I1]" in result.stdout or fault == "doubled"


def check(path: Path, *options: str) -> tuple[int, list[str]]:
    result = CliRunner().invoke(main, ["-f", str(path), "check", *options])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stdout.splitlines()


def test_check_is_clean(tmp_path: Path) -> None:
    assert check(write(tmp_path, EVERYTHING).path) == (0, [])


def test_check_lists_ledger_errors_with_file_and_line(tmp_path: Path) -> None:
    path = write(tmp_path, HAPPY + event("settle", "2026-03-07") + "2026-03-09 balance X 1\n").path
    status, lines = check(path)
    assert status == 1
    number = (PLUGIN + WORLD + HAPPY).count("\n") + 1
    assert f"{path}:{number}: V-1: settle after it was settled" in "\n".join(lines)
    assert any("syntax error" in line for line in lines)


@pytest.mark.parametrize(
    ("as_of", "overdue"),
    [
        ("2026-03-05", []),
        ("2026-03-06", ["V-1: issued, past its accept-by 2026-03-05"]),
    ],
)
def test_check_tells_what_is_overdue(tmp_path: Path, as_of: str, overdue: list[str]) -> None:
    path = write(tmp_path, issue()).path
    status, lines = check(path, "--as-of", as_of)
    line = (PLUGIN + WORLD).count("\n") + 1
    assert lines == [f"{path}:{line}: {text} [overdue]" for text in overdue]
    assert status == bool(overdue)


def test_what_is_overdue_says_why_and_since_when(tmp_path: Path) -> None:
    more = event("accept", "2026-03-03", voucher="V-2") + event(
        "apply", "2026-03-05", voucher="V-2"
    )
    ledger = write(tmp_path, issue() + issue("V-2", requires_policy="TRUE") + more)
    line = (PLUGIN + WORLD).count("\n") + 1
    assert list(invariants.overdue_findings(ledger.evaluation, dt.date(2026, 3, 7))) == [
        Finding(
            "overdue",
            SourceLine(str(ledger.path), line),
            "V-1: issued, past its accept-by 2026-03-05",
            dt.date(2026, 3, 5),
        ),
        Finding(
            "overdue",
            SourceLine(str(ledger.path), line + issue().count("\n")),
            "V-2: applied for on 2026-03-05, its conditions are unmet; "
            "it could be voided since 2026-03-06",
            dt.date(2026, 3, 6),
        ),
    ]


def test_without_as_of_check_tells_nothing_of_time(tmp_path: Path) -> None:
    assert check(write(tmp_path, issue()).path) == (0, [])


def test_a_ledger_without_directives_is_never_overdue(tmp_path: Path) -> None:
    assert check(write(tmp_path, "", world=ACCOUNTS).path, "--as-of", "2026-01-01") == (0, [])


def test_directives_that_nothing_reads_are_reported(tmp_path: Path) -> None:
    facts = tmp_path / "facts.beancount"
    facts.write_text(PLUGIN + WORLD + HAPPY)
    path = tmp_path / "ledger.beancount"
    path.write_text('include "facts.beancount"\n')
    said = (
        'voucher directives, but the top file has no plugin "beancount_voucher_plugin" line '
        "(one in an included file does nothing)"
    )
    assert check(path) == (1, [f"{path}:1: {said} [no-plugin]"])


def test_a_repeated_key_is_reported_where_it_is_repeated(tmp_path: Path) -> None:
    text = issue() + '  product: "one"\n  ; product: "commented out"\n  product: "two"\n'
    path = write(tmp_path, text).path
    status, lines = check(path)
    first, line = (PLUGIN + WORLD).count("\n") + 1, (PLUGIN + WORLD + text).count("\n")
    said = f"product stands again in the directive of line {first}; Beancount keeps only the last"
    assert (status, lines) == (1, [f"{path}:{line}: {said} [repeated-key]"])


def test_a_key_inside_a_string_is_no_repetition(tmp_path: Path) -> None:
    text = issue() + '  note: "first\n  product: no\nflush left\n  "\n  product: "two"\n'
    assert check(write(tmp_path, text).path) == (0, [])
    status, lines = check(write(tmp_path, text + '  product: "three"\n').path)
    assert (status, len(lines)) == (1, 1)


def test_a_key_of_an_ordinary_directive_may_stand_twice(tmp_path: Path) -> None:
    ordinary = '2026-03-01 note Assets:Ann:Iss "x"\n  key: "one"\n  key: "two"\n'
    assert check(write(tmp_path, ordinary + issue()).path) == (0, [])


def test_a_position_that_a_directive_claims_for_itself(tmp_path: Path) -> None:
    for key in ("lineno: -100000", "lineno: 1.5", 'filename: "nofile"'):
        ledger = write(tmp_path, HAPPY + f"  {key}\n")
        [error] = ledger.errors
        assert error.message.endswith("[unknown-key]")
        assert error.source["filename"] == str(ledger.path)
        # The command reads what the plugin refused, and refuses it, too.
        assert str(ledger.evaluation.vouchers["V-1"].status.state) == "applied"
        assert check(ledger.path)[0] == 1


@pytest.mark.parametrize("plugin", ["", 'plugin "beancount_voucher_plugin"\n'])
@pytest.mark.parametrize(
    "key", ["filename: 5", "filename: TRUE", "lineno: 2.5", "filename: ", "filename: 5 CNY"]
)
def test_a_position_of_another_type_stops_nothing(tmp_path: Path, plugin: str, key: str) -> None:
    path = tmp_path / "odd.beancount"
    ann = '2026-01-01 custom "voucher-party" "Ann" "policyholder"\n  note: "a"\n  note: "b"\n'
    path.write_text(f"{plugin}{ann}  {key}\n")
    status, lines = check(path)
    assert (status, len(lines)) == (1, 1)
    assert lines[0].endswith("[unknown-key]" if plugin else "[no-plugin]")


OTHER_LINE = '2026-01-01 custom "voucher-credit-line" "Ann" "Acc" 300.00 CNY\n'
SHARED_LINES = (
    PARTIES.replace(
        '"Ann" "policyholder"', '"Ann" "policyholder"\n  line-available: Equity:Ann:Free'
    )
    + ACCOUNTS
    + LINES
    + OTHER_LINE
)
SHARED_CLEARING = (
    PARTIES.replace('"Iss" "bank"', '"Iss" "bank"\n  interbank-payable: Liabilities:Iss:Clearing')
    + '2026-01-01 custom "voucher-party" "Third" "bank"\n'
    + ACCOUNTS
    + "2020-01-01 open Liabilities:Third:Deposits:Ins\n2020-01-01 open Assets:Ins:Third\n"
)


def test_pairs_that_share_a_replaced_account_are_no_fault(tmp_path: Path) -> None:
    ledger = write(tmp_path, issue(funding='"credit"'), world=SHARED_LINES)
    assert (ledger.errors, codes(ledger)) == ([], set())
    other = "".join(part.replace("V-1", "V-2") for part in (ACCEPT, APPLY, SETTLE))
    text = HAPPY + issue("V-2", acceptor='"Third"') + other
    ledger = write(tmp_path, text, world=SHARED_CLEARING)
    assert (ledger.errors, codes(ledger)) == ([], set())
    assert _planted(ledger, "settle", "Third", _lost) >= {"I6"}


@pytest.mark.parametrize(
    "changed", [{"links": frozenset({"V-9"})}, {"tags": frozenset()}, {"flag": "!"}]
)
def test_how_an_entry_is_found_is_checked_too(ledger: Ledger, changed: dict[str, Any]) -> None:
    entries = [
        entry._replace(**changed) if isinstance(entry, Transaction) and entry.links else entry
        for entry in ledger.entries
    ]
    assert codes(replace(ledger, entries=entries)) == {"missing-entry", "foreign-entry"}


def test_entries_that_name_no_book_any_more_are_found(ledger: Ledger) -> None:
    entries = [
        entry._replace(meta={key: entry.meta[key] for key in entry.meta if key != "voucher-book"})
        if isinstance(entry, Transaction)
        else entry
        for entry in ledger.entries
    ]
    found = list(invariants.findings(replace(ledger, entries=entries)))
    assert {finding.code for finding in found} == {"missing-entry", "foreign-entry"}
    foreign = [finding.text for finding in found if finding.code == "foreign-entry"]
    assert all(text.endswith("in the book of nobody") for text in foreign)


def test_a_line_of_check_stays_one_line(tmp_path: Path) -> None:
    """Whatever a transaction calls its file."""
    names = ["/x\n/good.beancount:1: forged", "a\x1b[2Jb", "caf\udce9"]
    assert list(map(printable_name, names)) == [
        "/x�/good.beancount:1: forged",
        "a�[2Jb",
        "caf\udce9",
    ]
    frozen = "\n  Assets:Ann:Iss:Frozen  1.00 CNY\n  Assets:Ann:Iss\n"
    by_hand = f'2026-03-07 * "by hand"\n  filename: "{names[0]}"{frozen}'
    status, lines = check(write(tmp_path, issue() + by_hand).path)
    at = (PLUGIN + WORLD + issue()).count("\n") + 1
    said = "Assets:Ann:Iss:Frozen holds 101.00 CNY on 2026-03-07; the vouchers say 100.00 CNY [I1]"
    assert (status, lines) == (1, [f"/x�/good.beancount:1: forged:{at}: {said}"])


@pytest.mark.parametrize("key", ["voucher-book", "voucher-event"])
def test_what_an_entry_says_of_itself_is_checked_too(ledger: Ledger, key: str) -> None:
    entries = [
        entry._replace(meta={**entry.meta, key: "other"})
        if isinstance(entry, Transaction) and key in entry.meta
        else entry
        for entry in ledger.entries
    ]
    assert codes(replace(ledger, entries=entries)) == {"missing-entry", "foreign-entry"}


# --- What a finding says ----------------------------------------------------------------


def _thrice(entry: Transaction) -> list[Transaction]:
    return [entry, entry, entry]


TWO_BANKS = PLUGIN.rstrip() + ' "Iss Acc"\n'
_SHARED = SHARED_LINES[: SHARED_LINES.index(LINES)]

# The top of the ledger, the world and the text; in which event and book, what; all that is found:
# the line of the text, the day and the message.
FOUND: dict[str, tuple[str, str, str, str, str, Callable[[Transaction], list[Transaction]], str]] = {
    "a posting is missing": (PLUGIN, WORLD, HAPPY, "issue", "Ann", _dropped, """\
        1 2026-03-02 2026-03-02 "V-1 issued: 100.00 CNY frozen" is off by -100.00 CNY [I0]
        1 2026-03-02 Assets:Ann:Iss:Frozen holds 0 CNY on 2026-03-02; the vouchers say 100.00 CNY [I1]
        1 2026-03-02 V-1 has 0 CNY on Assets:Ann:Iss:Frozen on 2026-03-02; its life says 100.00 CNY [I1]
        11 2026-03-06 V-1 is settled, and leaves -100.00 CNY on Assets:Ann:Iss:Frozen [I7]
        1 2026-03-02 2026-03-02 "V-1 issued: 100.00 CNY frozen" in the book of Ann [missing-entry]
        1 2026-03-02 2026-03-02 "V-1 issued: 100.00 CNY frozen" in the book of Ann [foreign-entry]
    """),
    "an entry is late, and only the banks' books are kept": (TWO_BANKS, WORLD, HAPPY, "settle", "Acc", _moved, """\
        11 2026-03-06 Equity:Acc:Memo:ForCollection:Ins holds 100.00 CNY.MEMO on 2026-03-06; the vouchers say 0.00 CNY.MEMO [I4]
        11 2026-03-06 V-1 has 100.00 CNY.MEMO on Equity:Acc:Memo:ForCollection:Ins on 2026-03-06; its life says 0.00 CNY.MEMO [I4]
        11 2026-03-06 Liabilities:Iss:Interbank:Acc is at -100.00 CNY on 2026-03-06, and Assets:Acc:Interbank:Iss at 0 CNY [I6]
        11 2026-03-06 2026-03-06 "V-1 settled: 100.00 CNY paid" in the book of Acc [missing-entry]
        11 2026-03-07 2026-03-07 "V-1 settled: 100.00 CNY paid" in the book of Acc [foreign-entry]
    """),
    "the other bank's entry is late": (TWO_BANKS, WORLD, HAPPY, "settle", "Iss", _moved, """\
        11 2026-03-06 Liabilities:Iss:Held:Ann holds -100.00 CNY on 2026-03-06; the vouchers say 0.00 CNY [I1]
        11 2026-03-06 V-1 has -100.00 CNY on Liabilities:Iss:Held:Ann on 2026-03-06; its life says 0.00 CNY [I1]
        11 2026-03-06 Liabilities:Iss:Interbank:Acc is at 0 CNY on 2026-03-06, and Assets:Acc:Interbank:Iss at 100.00 CNY [I6]
        11 2026-03-06 2026-03-06 "V-1 settled: 100.00 CNY paid" in the book of Iss [missing-entry]
        11 2026-03-07 2026-03-07 "V-1 settled: 100.00 CNY paid" in the book of Iss [foreign-entry]
    """),
    "an entry of another voucher": (PLUGIN, WORLD, issue(), "issue", "Ann", _of_another, """\
        1 2026-03-02 V-1 has 0 CNY on Assets:Ann:Iss:Frozen on 2026-03-02; its life says 100.00 CNY [I1]
        1 2026-03-02 V-2 has 100.00 CNY on Assets:Ann:Iss:Frozen on 2026-03-02; its life says 0 CNY [I1]
        1 2026-03-02 2026-03-02 "V-1 issued: 100.00 CNY frozen" in the book of Ann [missing-entry]
        1 2026-03-02 2026-03-02 "V-1 issued: 100.00 CNY frozen" in the book of Ann [foreign-entry]
    """),
    "an entry is there three times": (PLUGIN, WORLD, LINES, "credit-line", "Iss", _thrice, """\
        1 2026-01-01 credit line in the book of Iss on 2026-01-01: available 3000.00 + frozen 0 + drawn 0 against a limit of 3000.00; the directives say 0 drawn of 1000.00 CNY.MEMO [I3]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Iss [foreign-entry]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Iss [foreign-entry]
    """),
    "a line is out of balance, and only the banks' books are kept": (TWO_BANKS, WORLD, LINES, "credit-line", "Iss", _dropped, """\
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" is off by -1000.00 CNY.MEMO [I0]
        1 2026-01-01 credit line in the book of Iss on 2026-01-01: available 0 + frozen 0 + drawn 0 against a limit of 1000.00 CNY.MEMO [I3]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Iss [missing-entry]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Iss [foreign-entry]
    """),
    "two lines that share an account": (PLUGIN, _SHARED, LINES + OTHER_LINE, "credit-line", "Ann", _dropped, """\
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" is off by -1000.00 CNY.MEMO [I0]
        2 2026-01-01 2026-01-01 "Credit line Ann with Acc: limit 300.00 CNY" is off by -300.00 CNY.MEMO [I0]
        1 2026-01-01 credit line in the book of Ann on 2026-01-01: available 0 + frozen 0 + drawn 0 against a limit of 1300.00 CNY.MEMO [I3]
        2 2026-01-01 2026-01-01 "Credit line Ann with Acc: limit 300.00 CNY" in the book of Ann [missing-entry]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Ann [missing-entry]
        1 2026-01-01 2026-01-01 "Credit line Ann with Iss: limit 1,000.00 CNY" in the book of Ann [foreign-entry]
        2 2026-01-01 2026-01-01 "Credit line Ann with Acc: limit 300.00 CNY" in the book of Ann [foreign-entry]
    """),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_a_finding_says(tmp_path: Path, name: str) -> None:
    plugin, world, text, event_name, book, fault, expected = FOUND[name]
    ledger = write(tmp_path, text, plugin=plugin, world=world)
    assert (ledger.errors, codes(ledger)) == ([], set())
    before = (plugin + world).count("\n")
    found = list(invariants.findings(_with(ledger, event_name, book, fault)))
    assert {finding.place.filename for finding in found} == {str(ledger.path)}
    assert [
        f"{finding.place.lineno - before} {finding.date} {finding.message}" for finding in found
    ] == [line.strip() for line in expected.splitlines() if line.strip()]


def test_a_file_that_is_gone_has_no_repeated_keys(tmp_path: Path) -> None:
    ledger = write(tmp_path, issue())
    ledger.path.unlink()
    assert list(source_checks.repeated_keys(ledger)) == []


@pytest.mark.parametrize(
    ("document", "found"),
    [("paper.txt", []), ("gone.txt", ["missing-document"]), ("x" * 300, ["missing-document"])],
)
def test_documents_are_looked_for_beside_the_file(
    tmp_path: Path, document: str, found: list[str]
) -> None:
    (tmp_path / "paper.txt").write_text("proof")
    text = issue(requires_document="TRUE") + ACCEPT
    ledger = write(tmp_path, text + event("apply", "2026-03-05", document=f'"{document}"'))
    assert [
        finding.code for finding in source_checks.missing_documents(ledger.reading.facts)
    ] == found


def test_the_document_of_a_message_is_its_senders(tmp_path: Path) -> None:
    apply = event("apply", "2026-03-05", document='"gone.txt"', message='"Acc Iss 2"')
    ledger = write(tmp_path, issue(requires_document="TRUE") + ACCEPT + apply)
    assert list(source_checks.missing_documents(ledger.reading.facts)) == []


def test_a_document_whose_name_no_file_can_have(tmp_path: Path) -> None:
    ledger = write(tmp_path, issue() + ACCEPT + APPLY + SETTLE)
    [apply] = [fact for fact in ledger.reading.facts if fact.kind == "apply"]
    impossible = apply._replace(terms={"document": "a\0b"})
    assert [f.code for f in source_checks.missing_documents([impossible])] == ["missing-document"]


def test_every_finding_is_explained() -> None:
    assert set(FINDINGS) >= {f"I{number}" for number in range(8)}
    assert {"missing-entry", "foreign-entry", "overdue", "no-plugin", "repeated-key"} <= set(
        FINDINGS
    )

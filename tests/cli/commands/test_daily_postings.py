"""With daily postings the command knows each voucher as before, and tells what is behind a batch."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from beancount import loader
from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.books.test_daily import both
from tests.reconciliation.test_reconcile import WHO, booked, reconcile, rows
from tests.reconciliation.test_reconcile import WORLD as BANKED
from tests.support import (
    ACCEPT,
    APPLY,
    DAILY,
    HAPPY,
    LEDGERS,
    PLUGIN,
    SETTLE,
    WORLD,
    event,
    issue,
    of_a_day,
)
from tests.support.bank_files import Entry
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Ran

BOB = '"Bob"'
LIVES = (
    both(HAPPY)
    + issue("V-3", "7.00 CNY", policyholder=BOB)
    + event("accept", "2026-03-03", voucher="V-3")
    + issue("V-4", "5.00 CNY", "2026-03-03", funding='"cash"', accept_by="2026-03-09")
)


def ids(ran: Ran) -> list[str]:
    assert ran.status == 0, ran.err
    return [line.partition(",")[0] for line in ran.out.splitlines()[1:]]


BEHIND: dict[str, tuple[str, list[str]]] = {
    "a batch": ("--event issue --date 2026-03-02 --book Ann", ["V-1", "V-2"]),
    "of another book": ("--event issue --date 2026-03-02 --book Iss", ["V-1", "V-2", "V-3"]),
    "of the insurer": ("--event recognise --date 2026-03-03 --book Ins", ["V-1", "V-2", "V-3"]),
    "of a book that the event does not touch": ("--event accept --date 2026-03-03 --book Ann", []),
    "of all books": ("--event accept --date 2026-03-03", ["V-1", "V-2", "V-3"]),
    "of another day": ("--event issue --date 2026-03-03", ["V-4"]),
    "all that a book has of a day": ("--book Ann --date 2026-03-03", ["V-1", "V-2", "V-4"]),
    "up to a day": ("--event issue --to 2026-03-03", ["V-1", "V-2", "V-3", "V-4"]),
    "of a period": ("--event issue --period 2026-03 --book Bob", ["V-3"]),
    "on any day": ("--event issue", ["V-1", "V-2", "V-3", "V-4"]),
    "of those in a state": ("--event issue --state issued", ["V-4"]),
    "what is posted nowhere": ("--event apply --date 2026-03-05", ["V-1", "V-2"]),
}


@pytest.mark.parametrize("option", ["\n", DAILY], ids=["each", "daily"])
@pytest.mark.parametrize("name", BEHIND)
def test_the_vouchers_behind_a_batch(clerk: Clerk, name: str, option: str) -> None:
    said, expected = BEHIND[name]
    clerk.write(option + LIVES)
    assert ids(clerk.run("list", *said.split(), "--format", "csv")) == expected


def test_a_book_that_a_voucher_is_not_in_does_not_name_it(clerk: Clerk) -> None:
    world = WORLD.replace("2020-01-01 open Assets:Bob:Iss\n", "")
    world = world.replace("  Assets:Bob:Iss   100000.00 CNY\n", "")
    clerk.write(DAILY + LIVES, world=world)
    for book, expected in (("Bob", []), ("Iss", ["V-1", "V-2", "V-3"])):
        words = f"list --event issue --date 2026-03-02 --book {book} --format csv".split()
        ran = clerk.run(*words)
        assert [line.partition(",")[0] for line in ran.out.splitlines()[1:]] == expected


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        ("--book Anne", 'there is no party "Anne" in the ledger; did you mean Ann?'),
        ("--event issued", "issued"),
    ],
)
def test_what_there_is_not_is_refused(clerk: Clerk, words: str, wrong: str) -> None:
    ran = clerk.write(LIVES).run("list", *words.split())
    assert ran.status == 2
    assert wrong in ran.err


# --- The same as without --------------------------------------------------------------------

MARKETPLACE = LEDGERS / "marketplace"
STATEMENTS = sorted(path.name for path in (MARKETPLACE / "statements").iterdir())


@pytest.fixture(scope="module")
def markets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The marketplace as it is, and with daily postings; they have the same lines."""
    made = []
    for name, line in (("each", "\n"), ("daily", DAILY)):
        folder = tmp_path_factory.mktemp(name) / "marketplace"
        shutil.copytree(MARKETPLACE, folder)
        with (folder / "all.beancount").open("a") as file:
            file.write(line)
        made.append(folder / "all.beancount")
    return made[0], made[1]


def said(path: Path, *words: str) -> tuple[int, str]:
    ran = CliRunner().invoke(main, ["-f", str(path), *words])
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    return ran.exit_code, ran.stdout.replace(str(path.parent), "")


SAME = [
    "list --as-of 2026-03-31 --format json",
    "list --period 2026-02 --format csv",
    "check --as-of 2026-04-12",
    "show CAR-001",
    "show RF-001 --as-of 2026-01-10",
    "print --voucher CAR-001",
    "lines --format json",
    "forecast --days 60 --as-of 2026-03-31",
    "run --as-of 2026-04-12",
    "blame CAR-001",
]


@pytest.mark.parametrize("words", SAME)
def test_what_is_told_of_vouchers_is_the_same(markets: tuple[Path, Path], words: str) -> None:
    each, daily = (said(path, *words.split()) for path in markets)
    assert daily == each


@pytest.mark.parametrize("table", ["SELECT * FROM #vouchers", "SELECT * FROM #voucher_events"])
def test_the_tables_of_vouchers_are_the_same(markets: tuple[Path, Path], table: str) -> None:
    question = ["query", table, "--as-of", "2026-03-31", "--format", "csv"]
    each, daily = (said(path, *question) for path in markets)
    assert daily == each
    assert each[1].count("\n") > 10


def test_bank_statements_are_matched_by_vouchers_and_not_by_batches(
    markets: tuple[Path, Path],
) -> None:
    files = [str(MARKETPLACE / "statements" / name) for name in STATEMENTS if ".toml" not in name]
    each, daily = (said(path, "reconcile", *files, "--format", "json") for path in markets)
    assert daily == each
    assert daily[0] == 0


@pytest.mark.parametrize("option", [";\n", DAILY], ids=["each", "daily"])
def test_a_line_of_the_bank_is_one_voucher_of_a_batch(clerk: Clerk, option: str) -> None:
    """Two settlements of a day are one transaction in the ledger, and two lines at the bank."""
    lines = booked(Entry("03-06", "-100.00", "V-1"), Entry("03-06", "-50.00", "V-2"))
    clerk.write(option + both(HAPPY), world=BANKED)
    ran = reconcile(clerk, lines, more=["--all", "--format", "csv"])
    assert ran.status == 0, ran.out + ran.err
    assert [row["status"] for row in rows(ran)].count("reference") == 4
    assert reconcile(clerk, lines, more=["--write", *WHO]).status == 0
    assert 'vouchers: "V-1 2026-03-06 -100.00 CNY' in clerk.path.read_text()
    assert clerk.run("check").status == 0
    changed = clerk.path.read_text().replace('"V-2" 50.00 CNY', '"V-2" 49.00 CNY')
    clerk.path.write_text(changed)
    assert "V-2 was reconciled at -50.00 CNY on 2026-03-06; Assets:Ann:Iss now has -49.00" in (
        clerk.run("check").out
    )


def test_what_is_printed_has_batches_and_loads_without_the_package(clerk: Clerk) -> None:
    ran = clerk.write(DAILY + LIVES).run("print")
    assert (
        '2026-03-02 * "Iss" "2 vouchers issued: 150.00 CNY frozen" #voucher #voucher-issue\n'
        in (ran.out)
    )
    assert "  voucher-count: 2\n" in ran.out
    assert '* "Iss" "V-1 issued' not in ran.out
    plain, errors, _ = loader.load_string(ran.out)
    assert errors == []
    whole, errors, _ = loader.load_string(PLUGIN + WORLD + DAILY + LIVES)
    assert of_a_day(plain) == of_a_day(whole)


# --- What is decided ------------------------------------------------------------------------

OTHER = "".join(part.replace("V-1", "V-2") for part in (issue(insurer='"Oth"'), ACCEPT, APPLY))
PROOF = "2026-03-21 balance Assets:Ins:Acc 0 CNY\n"
TAKES_NO_CNY = WORLD.replace("open Assets:Ins:Acc", "open Assets:Ins:Acc USD")
BARRED = {
    "a proven balance": (PROOF, WORLD, "refused: V-1: Balance failed for 'Assets:Ins:Acc'"),
    "an account's currency": (
        "",
        TAKES_NO_CNY,
        "refused: V-1: Invalid currency CNY for account 'Assets:Ins:Acc'",
    ),
}


@pytest.mark.parametrize("name", BARRED)
def test_only_the_voucher_that_brings_an_error_is_refused(clerk: Clerk, name: str) -> None:
    more, world, wrong = BARRED[name]
    repaid = '2026-03-08 custom "voucher-credit-line" "Bob" "Iss" 5.00 CNY\n'
    clerk.write(DAILY + repaid + HAPPY.replace(SETTLE, "") + OTHER + more, world=world)
    ran = clerk.run("settle", "--due", "--as-of", "2026-03-20")
    assert (ran.status, ran.out) == (1, '2026-03-20 custom "voucher-settle" "V-2"\n')
    assert wrong in ran.err


def test_a_decision_is_written(clerk: Clerk) -> None:
    clerk.write(DAILY + both(issue(), ACCEPT, APPLY))
    assert clerk.run("run", "--as-of", "2026-03-20", "--write").status == 0
    ran = clerk.run("list", "--event", "settle", "--book", "Ann", "--format", "csv")
    assert ids(ran) == ["V-1", "V-2"]
    assert clerk.run("check").status == 0


def test_another_id_is_given_with_what_proves_the_voucher(tmp_path: Path) -> None:
    """What is recorded as reconciled stays proven, also where the ledger holds batches."""
    texts = []
    for name, option in (("each", ";\n"), ("daily", DAILY)):
        (tmp_path / name).mkdir()
        clerk = Clerk(tmp_path / name).write(option + both(HAPPY))
        ran = clerk.run("renumber", "V-1", "V-7", "--write")
        assert ran.status == 0, ran.err
        texts.append(clerk.path.read_text().replace(option, ""))
    assert texts[0] == texts[1]
    assert '"V-7"' in texts[0]


# --- A new ledger ---------------------------------------------------------------------------

NEW = [
    "--policyholder",
    "Ann",
    "--issuer",
    "Iss",
    "--insurer",
    "Ins",
    "--acceptor",
    "Iss",
    "--currency",
    "CNY",
    "--credit-line",
    "0",
    "--date",
    "2026-01-01",
]


def test_a_new_ledger_with_daily_postings(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["init", str(tmp_path / "new"), *NEW, "--postings", "daily"])
    assert ran.exit_code == 0, ran.output
    text = (tmp_path / "new" / "parties.beancount").read_text()
    assert '2026-01-01 custom "voucher-option" "postings" "daily"\n' in text


def test_a_new_ledger_that_contradicts_itself_is_not_written(tmp_path: Path) -> None:
    more = ["--postings", "daily", "--hold-accounts", "per-voucher"]
    ran = CliRunner().invoke(main, ["init", str(tmp_path / "new"), *NEW, *more])
    assert ran.exit_code == 2
    assert "--postings daily goes with --hold-accounts pooled" in ran.stderr
    assert not (tmp_path / "new").exists()

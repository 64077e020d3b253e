"""Commands out of the index: to the byte what they say without one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import console, main, opened
from beancount_voucher.ledger import index, index_ledger
from beancount_voucher.ledger.index_part import Remembered
from beancount_voucher.ledger.index_store import GoneError, Store
from beancount_voucher.ledger.loader import LedgerError, load_facts
from beancount_voucher.views.remembered import Register
from tests.support import DUE, HAPPY, LINES, event, issue

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk

pytestmark = pytest.mark.usefixtures("cache")

SINCE = "Not checked"
ON = ("--as-of", "2026-03-20")
EVERYTHING = (
    DUE
    + HAPPY
    + issue("W-1", product='"freight"')
    + issue("W-2", funding='"credit"', policyholder='"Bob"')
    + event("accept", "2026-03-03", voucher="W-9")
)

COMMANDS = {
    "list": ("list", *ON),
    "list as CSV": ("list", *ON, "--format", "csv"),
    "list as JSON": ("list", *ON, "--format", "json"),
    "list as Markdown": ("list", *ON, "--format", "markdown"),
    "list, some": ("list", *ON, "--state", "issued", "--party", "Ann", "--overdue"),
    "list, of nobody": ("list", *ON, "--party", "Anna"),
    "list, columns": ("list", *ON, "--columns", "id,waits_until,held", "--format", "csv"),
    "list, columns for people": ("list", *ON, "--columns", "state,id"),
    "list, due": ("list", "--as-of", "2026-03-03", "--due-within", "7d"),
    "list, consents": ("list", *ON, "--consent-due"),
    "list, product": ("list", *ON, "--product", "freight"),
    "list, no product": ("list", *ON, "--product", "fright"),
    "list, of a period": ("list", "--period", "2026-03"),
    "list, of a period with columns": ("list", "--period", "2026-03", "--columns", "id"),
    "show": ("show", "V-1", *ON),
    "show, in error": ("show", "W-2", *ON),
    "show of none": ("show", "V-NONE", *ON),
    "forecast": ("forecast", *ON),
    "run": ("run", *ON),
    "run, early": ("run", "--as-of", "2026-03-03"),
    "settle": ("settle", "C-MET", *ON),
    "settle, misspelled": ("settle", "C-MER", *ON),
    "settle, due": ("settle", "--due", *ON),
    "void": ("void", "A-LATE", "--reason", "not-accepted", *ON),
}


def ran(clerk: Clerk, *arguments: str) -> tuple[int, str, list[str]]:
    result = CliRunner().invoke(main, ["-f", str(clerk.path), *arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    told = [line for line in result.stderr.splitlines() if not line.startswith(SINCE)]
    return result.exit_code, result.stdout, told


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
def test_the_same_before_with_and_without(
    clerk: Clerk, cache: Path, command: tuple[str, ...]
) -> None:
    clerk.write(EVERYTHING)
    without = ran(clerk, "--no-index", *command)
    assert list(cache.iterdir()) == []
    assert ran(clerk, *command) == without
    assert list(cache.glob("*.sqlite"))
    assert ran(clerk, *command) == without
    clerk.append(event("accept", "2026-03-04", voucher="A-LATE"))
    again = ran(clerk, *command)
    assert again == ran(clerk, *command) == ran(clerk, "--no-index", *command)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=list(COMMANDS))
@pytest.mark.parametrize("gone", [Remembered.parts, Remembered.part], ids=["parts", "a part"])
def test_the_same_where_another_has_written_meanwhile(
    clerk: Clerk,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    gone: object,
) -> None:
    without = ran(clerk.write(EVERYTHING), "--no-index", *command)
    assert ran(clerk, *command) == without

    def is_gone(*_args: object) -> None:
        raise GoneError

    monkeypatch.setattr(Remembered, gone.__name__, is_gone)  # type: ignore[attr-defined]
    assert ran(clerk, *command) == without


def test_rows_that_are_gone_while_they_are_printed(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = COMMANDS["list as CSV"]
    without = ran(clerk.write(EVERYTHING), "--no-index", *command)
    ran(clerk, *command)
    reading = Store.parts

    def is_gone(self: Store, digests: Iterable[str]) -> list[object]:
        found = reading(self, digests)
        if any(isinstance(each, str) for each in found):  # lines of CSV
            raise GoneError
        return found

    monkeypatch.setattr(Store, "parts", is_gone)
    assert ran(clerk, *command) == without


@pytest.mark.parametrize("option", ["--no-index", "--checked"])
@pytest.mark.parametrize("behind", [False, True])
def test_who_wants_none_reads_none(
    clerk: Clerk, cache: Path, monkeypatch: pytest.MonkeyPatch, option: str, behind: bool
) -> None:
    ran(clerk.write(HAPPY), "list", *ON)
    assert list(cache.glob("*.sqlite"))
    monkeypatch.setattr(index, "recall", None)
    command = ("list", *ON)
    assert ran(clerk, *((*command, option) if behind else (option, *command)))[0] == 0


def test_whoever_checked_just_these_bytes_knows_that_money_was_there(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then nobody adds up what stands on accounts, to decide what is due."""
    expected = ran(clerk.write(DUE), "--no-index", "run", *ON)
    ran(clerk, "list", *ON)
    assert ran(clerk, "check", *ON)[0] in (0, 1)
    recalled: list[object] = []
    recall = opened.recall

    def recalling(*args: Any) -> Any:
        recalled.append(args)
        return recall(*args)

    monkeypatch.setattr(opened, "recall", recalling)
    monkeypatch.setattr(opened, "open_facts", None)
    assert ran(clerk, "run", *ON) == expected
    assert len(recalled) == 1


@pytest.mark.parametrize(
    ("text", "looked", "again"),
    [
        (DUE, 1, 0),
        (HAPPY, 0, 0),  # nothing is due
        ('2026-01-01 custom "voucher-option" "check-funds" "off"\n' + DUE, 0, 0),
        (
            DUE + issue("Z-9", "99999999.00 CNY") + event("return", "2026-03-05", voucher="Z-9"),
            1,
            1,
        ),
    ],
)
def test_money_is_looked_for_once_somebody_decides(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, text: str, looked: int, again: int
) -> None:
    """And then never again for just these bytes, if it was there for all."""
    expected = ran(clerk.write(text), "--no-index", "run", *ON)
    ran(clerk, "list", *ON)
    seen: list[object] = []

    def counted(path: Path) -> Ledger:
        seen.append(path)
        return load_facts(path)

    monkeypatch.setattr(index_ledger, "load_facts", counted)
    monkeypatch.setattr(opened, "open_facts", None)
    assert ran(clerk, "run", *ON) == expected
    assert len(seen) == looked
    assert ran(clerk, "run", *ON) == expected
    assert len(seen) == looked + again


def test_what_was_not_enough_stays_remembered(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An amount is a matter of all vouchers; the rows of the register are still those."""
    expected = ran(clerk.write(DUE), "list", *ON)
    ran(clerk, "apply", "A-LATE", "1.00 CNY", "--date", "2026-03-09")
    monkeypatch.setattr(Register, "_renew", None)
    monkeypatch.setattr(opened, "open_facts", None)
    assert ran(clerk, "list", *ON) == expected


def test_nor_does_who_has_run_it_before(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ran(clerk.write(DUE), "run", *ON)
    monkeypatch.setattr(opened, "open_facts", None)
    assert ran(clerk, "run", *ON) == first
    assert ran(clerk, "settle", "C-MET", *ON)[0] == 0


def test_money_that_is_not_there_is_looked_for_each_time(clerk: Clerk) -> None:
    spent = '2026-02-01 * "x"\n  Assets:Ann:Iss  -99990.00 CNY\n  Equity:Opening\n'
    clerk.write(DUE + spent)
    first = ran(clerk, "run", *ON)
    assert "insufficient-funds" in "".join(first[2])
    assert ran(clerk, "run", *ON) == first == ran(clerk, "--no-index", "run", *ON)


@pytest.mark.parametrize("clause", ["", 'voucher-option" "check-funds" "off'])
def test_a_write_reads_the_ledger(clerk: Clerk, clause: str) -> None:
    clerk.write(issue() + (f'2026-01-01 custom "{clause}"\n' if clause else ""))
    assert ran(clerk, "list", *ON)[0] == 0
    assert ran(clerk, "accept", "V-1", "--date", "2026-03-03", "--write")[0] == 0
    assert ran(clerk, "void", "V-1", "--reason", "not-accepted", "--write")[0] == 3
    assert "accepted" in ran(clerk, "list", *ON)[1]


CLEAN = (
    LINES
    + issue("A-1", cover_start="2026-03-25")
    + event("accept", "2026-03-03", voucher="A-1")
    + issue("A-2", apply_by="2026-06-30")
    + event("accept", "2026-03-03", voucher="A-2")
    + event("apply", "2026-03-05", voucher="A-2")
    + issue("A-3", funding='"credit"')
    + issue("A-4", kind="request")
)
BY = ("--date", "2026-03-04", "--write")
# A write, and whether the index is enough for it.
WRITES = {
    "accept": (("accept", "A-3", *BY), True),
    "accept, refused": (("accept", "A-3", "--date", "2026-03-09", "--write"), True),
    "accept, of none": (("accept", "A-9", *BY), False),
    "accept, of one and none": (("accept", "A-3", "A-9", *BY), False),
    "accept, far away": (("accept", "A-3", "--date", "2036-03-04", "--write"), True),
    "apply, in more decimals": (("apply", "A-1", "10.001 CNY", *BY), False),
    "apply, in another currency": (("apply", "A-1", "10.00 USD", *BY), False),
    "return, beyond the start of cover": (
        ("return", "A-1", "--date", "2026-03-28", "--write"),
        True,
    ),
    "return, recorded again": (("return", "A-1", "A-2", *BY, "--by", "Ins"), True),
    "refuse": (("refuse", "A-4", *BY), True),
    "request": (("request", "A-5", "1.00 CNY", "--policyholder=Ann", "--insurer=Ins", *BY), False),
    "settle": (("settle", "A-2", "--as-of", "2026-03-06", "--write"), True),
    "void": (("void", "A-3", "--reason", "cancelled", "--as-of", "2026-03-06", "--write"), True),
    "run": (("run", "--as-of", "2026-03-20", "--write"), True),
    "run, shown": (("run", "--as-of", "2026-03-20", "--write", "--diff"), True),
}


@pytest.mark.parametrize(("command", "is_enough"), WRITES.values(), ids=list(WRITES))
def test_a_write_after_a_check_is_the_same(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], is_enough: bool
) -> None:
    before = clerk.write(CLEAN).path.read_bytes()
    without = ran(clerk, "--no-index", *command), clerk.path.read_bytes()
    clerk.path.write_bytes(before)
    ran(clerk, "list", *ON)
    assert ran(clerk, "--checked", "list", *ON)[0] == 0
    read: list[object] = []
    opening = console.open_facts

    def reading(*args: Any, **options: Any) -> Any:
        read.append(args)
        return opening(*args, **options)

    monkeypatch.setattr(opened, "open_facts", reading)
    assert (ran(clerk, *command), clerk.path.read_bytes()) == without
    assert (not read) == is_enough
    wanted = ("list", *ON, "--format", "csv")
    assert ran(clerk, *wanted)[1] == ran(clerk, "--no-index", *wanted)[1]


@pytest.mark.parametrize("option", ["--no-index", "--checked"])
def test_a_write_without_an_index(clerk: Clerk, option: str) -> None:
    clerk.write(CLEAN)
    ran(clerk, "list", *ON)
    assert ran(clerk, option, *WRITES["accept"][0])[0] == 0
    assert clerk.path.read_text().endswith('voucher-accept" "A-3"\n')


def test_what_vouchers_are_tried_with_where_parties_chose_their_accounts(clerk: Clerk) -> None:
    """An account that one of them names may be that of a voucher that is not looked at."""
    clerk.write(CLEAN)
    clerk.path.write_text(
        clerk.path.read_text().replace('"Ins" "insurer"', '"Ins" "insurer"\n  bank: Assets:Ins:Acc')
    )
    assert ran(clerk, "--checked", "list", *ON)[0] == 0
    ran(clerk, "list", *ON)
    assert ran(clerk, *WRITES["accept"][0])[0] == 0
    assert ran(clerk, "--checked", "list", *ON)[0] == 0


# --- Completion ---------------------------------------------------------------------------------


def completed(clerk: Clerk, words: str) -> str:
    environment = {
        "COMP_WORDS": f"bean-voucher -f {clerk.path} {words}",
        "COMP_CWORD": str(len(words.split()) + 3),
        "_BEAN_VOUCHER_COMPLETE": "zsh_complete",
    }
    before = {**os.environ}
    try:
        os.environ.update(environment)
        return CliRunner().invoke(main, prog_name="bean-voucher").stdout
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_completion(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(EVERYTHING)
    asked = ("show ", "list --party ", "--no-index show ")
    without = [completed(clerk, words) for words in asked]
    assert "W-1" in without[0]
    assert "W-9" not in without[0]
    assert "Ann" in without[1]
    ran(clerk, "list", *ON)
    assert [completed(clerk, words) for words in asked] == without

    def is_gone(*_args: object) -> None:
        raise GoneError

    monkeypatch.setattr(Remembered, "parts", is_gone)
    assert [completed(clerk, words) for words in asked] == without
    clerk.path.unlink()
    assert [completed(clerk, words) for words in asked] == ["\n"] * 3


def test_completion_of_what_beancount_cannot_load(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_args: object) -> None:
        raise LedgerError("no")

    monkeypatch.setattr("beancount_voucher.cli.complete.load_facts", failing)
    clerk.write(LINES)
    assert [completed(clerk, words) for words in ("show ", "list --party ")] == ["\n"] * 2

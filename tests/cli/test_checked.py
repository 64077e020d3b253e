"""Exit status and messages where only facts are read: what is known of just these bytes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import checked, console, main
from beancount_voucher.ledger.loader import load, load_facts
from tests.support import ACCEPT, APPLY, HAPPY, event, issue
from tests.support.clerk import UNCHECKED

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk, Ran

AT = dt.datetime(2026, 3, 9, 8, 5, tzinfo=dt.UTC)
SINCE = "Not checked since 2026-03-09 08:05; bean-voucher check does that.\n"
COUNT = "The ledger has {}; bean-voucher check lists them.\n"
UNBALANCED = "2026-03-20 balance Assets:Ann:Iss 1.00 CNY\n"
WRONG = event("accept", "2026-03-09")


@dataclass
class Store:
    """A store that keeps verdicts in memory."""

    verdicts: dict[str, int] = field(default_factory=dict)
    tops: dict[str, dt.datetime] = field(default_factory=dict)

    def get(self, digest: str) -> int | None:
        return self.verdicts.get(digest)

    def put(self, digest: str, errors: int, top: str, at: dt.datetime) -> None:
        assert at.tzinfo is not None
        self.verdicts[digest] = errors
        self.tops[top] = AT

    def last(self, top: str) -> dt.datetime | None:
        return self.tops.get(top)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    kept = Store()
    monkeypatch.setattr(checked, "store", lambda _top: kept)
    return kept


def ran(clerk: Clerk, *arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["-f", str(clerk.path), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


# What stands in the ledger; status and message before and after it was checked as a whole.
STATUS = {
    "nothing is wrong": (issue(), (0, UNCHECKED), (0, "")),
    "a fact": (issue() + ACCEPT + WRONG, (1, UNCHECKED + COUNT.format("1 error")), (1, COUNT.format("1 error"))),
    "what only the whole tells": (issue() + UNBALANCED, (0, UNCHECKED), (1, COUNT.format("1 error"))),
    "both": (issue() + ACCEPT + WRONG + UNBALANCED, (1, UNCHECKED + COUNT.format("1 error")), (1, COUNT.format("2 errors"))),
}  # fmt: skip


@pytest.mark.parametrize("command", [["list"], ["show", "V-1"], ["forecast"], ["run"]])
@pytest.mark.parametrize("name", STATUS)
def test_what_is_known_of_these_bytes(
    clerk: Clerk, store: Store, name: str, command: list[str]
) -> None:
    text, before, after = STATUS[name]
    clerk.write(text)
    asked = (*command, "--as-of", "2026-03-03")
    said = _last_lines(ran(clerk, *asked))
    assert said == before
    clerk.run("check")
    assert store.verdicts.keys() == {load(clerk.path).fingerprint.digest}  # type: ignore[union-attr]
    assert _last_lines(ran(clerk, *asked)) == after
    assert _last_lines(ran(clerk, "--checked", *asked)) == after
    assert _last_lines(ran(clerk, *asked, "--checked")) == after
    clerk.append(";; another\n")
    status, message = _last_lines(ran(clerk, *asked))
    assert (status, message.replace(SINCE, UNCHECKED)) == before
    assert message.startswith(SINCE)
    assert SINCE not in ran(clerk, "-q", *asked)[1]


def _last_lines(found: tuple[int, str]) -> tuple[int, str]:
    """Without what run says of its own."""
    status, err = found
    said = [line for line in err.splitlines(keepends=True) if line != "Nothing to write.\n"]
    return status, "".join(said)


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("checked_before", [True, False])
def test_a_write_carries_the_verdict_on(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, checked_before: bool
) -> None:
    clerk.write(issue() + ACCEPT + APPLY)
    if checked_before:
        clerk.run("check")
    opened: list[bool] = []

    def loading(path: Path, **options: object) -> Ledger:
        ledger = load_facts(path, **options)  # type: ignore[arg-type]
        opened.append(ledger.is_whole)
        return ledger

    monkeypatch.setattr(console, "load_facts", loading)
    assert ran(clerk, "run", "--as-of", "2026-03-06", "--write")[0] == 0
    assert ran(clerk, "list") == (0, "")
    assert ran(clerk, "void", "V-1", "--reason", "cancelled", "--write")[0] == 3
    assert ran(clerk, "list") == (0, "")
    assert opened == [not checked_before, False, False, False]


def test_a_write_that_the_whole_must_judge_carries_its_verdict_on(
    clerk: Clerk, store: Store
) -> None:
    clerk.write(HAPPY + UNBALANCED)
    issuing = ("issue", "V-2", "--like", "V-1", "--date", "2026-03-09", "--write")
    assert ran(clerk, *issuing)[0] == 1
    assert list(store.verdicts.values()) == [1, 1]
    assert ran(clerk, "list") == (1, COUNT.format("1 error"))


def test_a_ledger_that_must_be_loaded_as_a_whole_is_checked(clerk: Clerk, store: Store) -> None:
    clerk.write(issue(), plugin='plugin "beancount.plugins.auto_accounts"\n')
    status, err = ran(clerk, "list")
    assert (status, UNCHECKED in err) == (1, False)
    assert list(store.verdicts.values()) == [0]


def test_nothing_is_kept_as_long_as_there_is_no_store(clerk: Clerk) -> None:
    clerk.write(issue())
    assert clerk.run("check").status == 0
    assert ran(clerk, "list") == (0, UNCHECKED)


def test_an_option_of_all_commands(clerk: Clerk) -> None:
    said: Ran = clerk.write(issue()).run("list", "--help")
    assert "--checked" in said.out

"""Days as people type them, and where ``-f`` and ``--date`` may stand."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from beancount_voucher.cli import COMMANDS, days, main
from beancount_voucher.cli.days import DAY, day_of, written_day
from tests.support import ACCEPT, HAPPY, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk

TODAY = dt.date(2026, 3, 3)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in COMMANDS:  # a command that is imported meanwhile would keep this clock
        assert main.commands[name].name == name
    monkeypatch.setattr(days, "today", lambda: TODAY)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("2026-03-05", "2026-03-05"),
        ("today", "2026-03-03"),
        ("yesterday", "2026-03-02"),
        ("tomorrow", "2026-03-04"),
        ("+3d", "2026-03-06"),
        ("-2d", "2026-03-01"),
        ("+1w", "2026-03-10"),
        ("+0d", "2026-03-03"),
        ("2026-02-30", None),
        ("0000-01-01", None),
        ("20260305", None),
        ("2026-W10-4", None),
        ("-9999w", "1834-07-15"),
        ("+12345d", None),
        ("3d", None),
        ("Today", None),
        ("", None),
    ],
)
def test_what_a_day_may_be_typed_as(typed: str, day: str | None) -> None:
    assert day_of(typed) == (day and dt.date.fromisoformat(day))


def test_a_day_that_no_calendar_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(days, "today", lambda: dt.date.max)
    assert day_of("+1d") is None
    with pytest.raises(click.BadParameter, match=r'"\+1d" is no day; expected 2026-03-05, today'):
        DAY.convert("+1d", None, None)
    assert DAY.convert(TODAY, None, None) == TODAY


@pytest.mark.parametrize(
    ("arguments", "written"),
    [
        ("accept V-1 --date today", '2026-03-03 custom "voucher-accept" "V-1"\n'),
        ("accept V-1 --as-of +1d", '2026-03-04 custom "voucher-accept" "V-1"\n'),
        ("accept V-1 --date -1d", '2026-03-02 custom "voucher-accept" "V-1"\n'),
    ],
)
def test_days_from_today_on(clerk: Clerk, arguments: str, written: str) -> None:
    ran = clerk.write(issue()).run(*arguments.split())
    assert (ran.status, ran.out) == (0, written)


def test_a_day_to_look_at_is_called_either_way(clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT)
    assert "issued" in clerk.run("list", "--date", "yesterday").out
    assert "accepted" in clerk.run("list", "--as-of", "today").out
    assert (
        clerk.run("check", "--date", "+1w").out == clerk.run("check", "--as-of", "2026-03-10").out
    )


@pytest.mark.parametrize("arguments", ["list -f {}", "list --file {}", "-f nowhere list -f {}"])
def test_the_ledger_may_be_named_behind_the_command(clerk: Clerk, arguments: str) -> None:
    clerk.write(HAPPY)
    words = arguments.replace("{}", str(clerk.path)).split()
    ran = CliRunner().invoke(main, words, env={"BEANCOUNT_FILE": None})
    assert ran.exit_code == 0
    assert "V-1" in ran.stdout


@pytest.mark.parametrize("words", ["-q list", "list -q", "list --quiet", "-q list -q"])
def test_quiet_may_stand_behind_the_command(clerk: Clerk, words: str) -> None:
    clerk.write(issue() + 'plugin "no.such.plugin"\n')
    loud, quiet = clerk.run("list"), clerk.run(*words.split())
    assert "bean-voucher check lists them" in loud.err
    assert (quiet.status, quiet.out, quiet.err) == (loud.status, loud.out, "")


@pytest.mark.parametrize("behind", [False, True])
def test_what_a_shell_completes_of_the_ledger_named_there(
    clerk: Clerk, behind: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.shell_completion import ShellComplete  # noqa: PLC0415

    monkeypatch.delenv("BEANCOUNT_FILE", raising=False)
    clerk.write(HAPPY)
    named = ["-f", str(clerk.path)]
    typed = ["show", *named] if behind else [*named, "show"]
    shell = ShellComplete(main, {}, "bean-voucher", "_BEAN_VOUCHER_COMPLETE")
    assert [item.value for item in shell.get_completions(typed, "")] == ["V-1"]


def test_what_reads_no_ledger_takes_none(tmp_path: Path) -> None:
    ran = CliRunner().invoke(main, ["init", str(tmp_path / "new"), "-f", "x"])
    assert ran.exit_code == 2
    assert "No such option" in ran.stderr


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-05", dt.date(2026, 3, 5)),
        ("20260305", None),  # a reference, and no day
        ("2026-W10-4", None),
        ("2026-02-30", None),
        ("today", None),
    ],
)
def test_what_is_a_day_as_a_ledger_has_it(text: str, day: dt.date | None) -> None:
    assert written_day(text) == day

"""``bean-query voucher:LEDGER``: the tables of vouchers in Beancount's own command."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings
from typing import TYPE_CHECKING

import beanquery
import click
import pytest

from beancount_voucher.cli.query_source import attach
from tests.support import ACCEPT, LEDGERS, ROOT, event, issue
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from pathlib import Path

ALL = LEDGERS / "marketplace" / "all.beancount"
MARCH = f"voucher:{ALL}?as-of=2026-03-31"

# The wheel puts the module among beanquery's own; a checkout has it here.
BEAN_QUERY = f"""
import beanquery
beanquery.__path__.append({str(ROOT / "plugins" / "beanquery_part")!r})
from beanquery.shell import main
main()
"""

ASKED = {
    "vouchers": "SELECT id, state, reason, line FROM #vouchers ORDER BY id",
    "sums": "SELECT state, currency, count(id) AS n FROM #vouchers GROUP BY state, currency ORDER BY state",
    "events": "SELECT date, voucher, event, state FROM #voucher_events ORDER BY date, voucher, event, state",
    "postings": "SELECT any_meta('voucher') AS v, count(number) AS n GROUP BY v ORDER BY v",
}  # fmt: skip


def bean_query(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", BEAN_QUERY, *arguments],
        capture_output=True,
        encoding="utf-8",
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )


def cells(text: str) -> list[list[str]]:
    lines = text.removeprefix("\ufeff").splitlines()
    return [[cell.strip() for cell in line.split(",")] for line in lines]


@pytest.mark.parametrize("name", ASKED)
def test_bean_query_prints_what_the_command_prints(name: str) -> None:
    ran = bean_query("-f", "csv", MARCH, ASKED[name])
    assert (ran.returncode, ran.stderr) == (0, "")
    clerk = Clerk(ALL.parent)
    clerk.path = ALL
    ours = clerk.run("query", "--as-of", "2026-03-31", ASKED[name], "--format", "csv")
    assert cells(ran.stdout) == cells(ours.out)
    assert len(cells(ran.stdout)) > 5


# what stands behind voucher: -> the last line of what is said
REFUSED = {
    "none.beancount": "Error: there is no file {folder}/none.beancount",
    "": "Error: there is no file {folder}",
    "ledger.beancount?as-of=2026-02-30": 'Error: "as-of=2026-02-30" behind the ledger\'s name is not understood; expected as-of=DAY, a day being 2026-03-05, today, yesterday, or from today +3d or -2w',
    "ledger.beancount?day=today": 'Error: "day=today" behind the ledger\'s name is not understood; expected as-of=DAY, a day being 2026-03-05, today, yesterday, or from today +3d or -2w',
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_opened(name: str, clerk: Clerk) -> None:
    clerk.write(issue())
    with pytest.raises(click.UsageError) as raised:
        attach(beanquery.Connection(), f"voucher:{clerk.folder}/{name}")
    said = f"Error: {raised.value.format_message()}"
    assert said == REFUSED[name].format(folder=clerk.folder)


def test_bean_query_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    ran = bean_query(f"voucher:{tmp_path}/none.beancount", "SELECT 1")
    assert ran.returncode == 2
    assert ran.stderr.splitlines()[-1] == f"Error: there is no file {tmp_path}/none.beancount"


def test_a_ledger_that_beancount_gives_up_on(clerk: Clerk) -> None:
    clerk.write(event("close", "2026-01-01", '"x"', lineno='"x"'))
    with pytest.raises(click.ClickException, match="Beancount cannot load it"):
        attach(beanquery.Connection(), f"voucher:{clerk.path}")


# the day behind the ledger's name -> the voucher's state then
ON_A_DAY = {"as-of=2026-03-02": "issued", "as-of=2026-03-03": "accepted"}


@pytest.mark.parametrize("asked", ON_A_DAY)
def test_as_of_a_day(asked: str, clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT)
    connection = beanquery.Connection()
    attach(connection, f"voucher:{clerk.path}?{asked}")
    assert connection.execute("SELECT state FROM #vouchers").fetchall() == [(ON_A_DAY[asked],)]
    assert connection.execute("SELECT event FROM #voucher_events").fetchall()[0] == ("issue",)


def test_today_without_a_day_and_errors_are_told(clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT)
    connection = beanquery.Connection()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        attach(connection, f"voucher:{clerk.path}")
    [row] = connection.execute("SELECT id, state FROM #vouchers").fetchall()
    assert row[0] == "V-1"
    assert connection.errors == []
    clerk.append("2026-03-01 open Assets:Twice\n2026-03-01 open Assets:Twice\n")
    with pytest.warns(
        UserWarning, match=r"ledger\.beancount: errors \(1\); \.errors or bean-check"
    ):
        attach(connection, f"voucher:{clerk.path}")
    assert len(connection.errors) == 1

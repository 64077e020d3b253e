"""`list --from --to`, `--period` and `--roll-forward`: what happened, in every format."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli.periods import first_day
from tests.cli.commands.test_list import KEYS
from tests.support import HAPPY, LEDGERS, PLUGIN, WORLD, event, issue
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from pathlib import Path

MARKET = Clerk(LEDGERS / "marketplace")
MARKET.path = LEDGERS / "marketplace" / "all.beancount"
FEBRUARY = ("list", "--period", "2026-02")


@pytest.mark.parametrize(
    ("period", "expected"),
    [
        ("2026-09", "2026-09-01"), ("2026-Q1", "2026-01-01"), ("2026-Q4", "2026-10-01"),
        ("2026", "2026-01-01"), ("9999-12", "9999-12-01"), ("0000", None), ("spring", None),
    ],
)  # fmt: skip
def test_the_first_day_of_a_period(period: str, expected: str | None) -> None:
    assert first_day(period) == (expected and dt.date.fromisoformat(expected))


def test_what_happened_in_february() -> None:
    """By hand: CAR-001 4,860.00, CG-004 9,600.00 and 1,000.00 of AS-004; January is no part of it."""
    ran = MARKET.run(*FEBRUARY, "--state", "settled")
    assert ran.status == 0
    words = [line.split() for line in ran.out.splitlines()]
    assert [
        "CAR-001",
        "settled",
        "CNY",
        "cash",
        "LiMing",
        "HengXin",
        "4,860.00",
        "0.00",
        "4,860.00",
        "0.00",
        "0.00",
        "0.00",
    ] in words
    assert ["paid", "CNY", "3", "15,460.00"] in words
    assert ["released", "CNY", "1", "280.00"] in words
    assert (
        ran.out
        == MARKET.run(
            "list", "--from", "2026-02-01", "--to", "2026-02-28", "--state", "settled"
        ).out
    )


def test_as_data_it_has_all_that_the_register_has_and_the_period() -> None:
    whole = json.loads(MARKET.run("list", "--as-of", "2026-02-28", "--format", "json").out)
    found = json.loads(MARKET.run(*FEBRUARY, "--format", "json").out)
    known = {each["id"]: each for each in whole}
    for each in found:
        assert {key: each[key] for key in KEYS} == known[each["id"]]
        assert (each["period_from"], each["period_to"]) == ("2026-02-01", "2026-02-28")
    [paid] = [each for each in found if each["id"] == "AS-004"]
    assert (paid["period_opening"], paid["period_issued"], paid["period_paid"]) == (
        "0.00",
        "1280.00",
        "1000.00",
    )
    rows = list(
        csv.DictReader(io.StringIO(MARKET.run(*FEBRUARY, "--format", "csv").out.lstrip("\ufeff")))
    )
    assert [each["id"] for each in rows] == [each["id"] for each in found]
    assert list(rows[0]) == list(found[0])


def test_rare_figures_have_a_column_where_something_is_in_them(clerk: Clerk) -> None:
    refund = event("refund", "2026-03-20", "60.00 CNY", reason='"r"')
    heading = clerk.write(HAPPY + refund).run("list", "--period", "2026-03").out.splitlines()[0]
    assert heading.split()[6:] == [
        "opening",
        "issued",
        "paid",
        "released",
        "voided",
        "refunded",
        "closing",
    ]
    assert clerk.run("list", "--period", "2026-02").out == "Nothing happened.\n"


def test_the_roll_forward_adds_up() -> None:
    ran = MARKET.run(*FEBRUARY, "--roll-forward")
    assert [line.split() for line in ran.out.splitlines()[2:]] == [
        [
            "cash",
            "CNY",
            "4,860.00",
            "22,324.90",
            "0.00",
            "0.00",
            "15,460.00",
            "280.00",
            "11,444.90",
            "0.00",
        ],
        ["credit", "CNY", "0.00", "15,040.00", "0.00", "0.00", "0.00", "0.00", "15,040.00", "0.00"],
    ]
    cash = json.loads(MARKET.run(*FEBRUARY, "--roll-forward", "--format", "json").out)[0]
    assert (cash["opening_vouchers"], cash["paid"], cash["paid_vouchers"]) == (1, "15460.00", 3)


def test_without_days_it_is_of_all_of_them(clerk: Clerk) -> None:
    [row] = json.loads(
        clerk.write(HAPPY)
        .run("list", "--roll-forward", "--as-of", "2026-03-05", "--format", "json")
        .out
    )
    assert (row["from"], row["to"], row["opening"], row["closing"]) == (
        None,
        "2026-03-05",
        "0.00",
        "100.00",
    )
    assert (
        clerk.run("list", "--roll-forward", "--as-of", "2026-02-05").out == "Nothing was frozen.\n"
    )
    [row] = json.loads(clerk.run("list", "--to", "2026-03-05", "--format", "json").out)
    assert (row["period_from"], row["period_issued"], row["period_paid"]) == (
        None,
        "100.00",
        "0.00",
    )


# What is asked -> what is wrong.
SENSELESS = {
    "--period spring": '"spring" is no period; expected one such as 2026-02, 2026-Q1 or 2026',
    "--period 2026-02 --from 2026-02-03": "name a --period, or its days by --from and --to",
    "--period 2026-02 --as-of 2026-02-03": "name the last day by --as-of, or by --to or --period",
    "--to 2026-02-02 --as-of 2026-02-03": "name the last day by --as-of, or by --to or --period",
    "--from 2026-03-02 --to 2026-03-01": "there is no day from 2026-03-02 to 2026-03-01",
}  # fmt: skip


@pytest.mark.parametrize("asked", SENSELESS)
def test_what_is_no_period(asked: str, clerk: Clerk) -> None:
    ran = clerk.write(issue()).run("list", *asked.split())
    assert (ran.status, ran.out) == (2, "")
    assert SENSELESS[asked] in " ".join(ran.err.replace("\u2502", " ").split())


def test_a_filter_looks_at_the_end_of_the_period(tmp_path: Path) -> None:
    clerk = Clerk(tmp_path)
    clerk.write(HAPPY, world=WORLD, plugin=PLUGIN)
    for state, out in (("settled", 1), ("issued", 0)):
        asked = ("list", "--period", "2026-03", "--state", state, "--format", "json")
        assert len(json.loads(clerk.run(*asked).out)) == out

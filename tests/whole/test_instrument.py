"""The whole instrument: its hand-worked life, and random lives against the independent model."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from datetime import date
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random

import pytest
from beancount import loader
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.audit import invariants
from beancount_voucher.directives.codes import CODES
from beancount_voucher.ledger.loader import load as load_ledger
from beancount_voucher.lifecycle.days import month_end
from beancount_voucher.views.register import rows
from tests.support import LEDGERS
from tests.support.instrument_model import BUYER
from tests.support.instrument_probes import Probe, probes
from tests.support.instrument_stories import differences, story
from tests.support.lives import posted
from tests.support.profiles import effort


@pytest.mark.parametrize("probe", probes(), ids=lambda probe: probe.name)
def test_tables_model_and_plugin_agree(probe: Probe) -> None:
    """What is written by hand, and what each of the two makes of it."""
    said = [
        (f"{each.date} {each.kind} {each.number}", each.code or "counts")
        for each, wanted in zip(probe.story.whole.said, probe.expected, strict=True)
        if wanted
    ]
    wanted = [each if each in CODES else "counts" for each in probe.expected if each]
    assert [code for _, code in said] == wanted, said
    assert differences(probe.story) == []


@effort(400)
@given(st.integers(0, 2**32))
def test_random_lives_agree_with_the_model(seed: int) -> None:
    told = story(Random(seed))  # noqa: S311
    found = differences(told)
    assert not found, "\n".join([*found[:12], told.text()])


def test_seeds_of_random_lives_reach_everything() -> None:
    """What the lives are made of: each event allowed, and refused for most of its reasons."""
    seen = {
        (each.kind, each.code)
        for seed in range(150)
        for each in story(Random(seed)).whole.said  # noqa: S311
    }
    assert {kind for kind, code in seen if code is None} >= {
        "amend", "consent", "decline", "withdraw", "settle", "release", "refund", "void",
    }  # fmt: skip
    assert len({code for _, code in seen}) >= 15


def earned(text: str) -> dict[date, Decimal]:
    """The policyholder's expense at the end of each month."""
    sums: dict[date, Decimal] = defaultdict(Decimal)
    for (day, book, role), number in posted(loader.load_string(text)[0]).items():
        if (book, role) == (BUYER, "expense"):
            sums[month_end(day)] += number
    return dict(zip(sorted(sums), accumulate(sums[day] for day in sorted(sums)), strict=True))


@effort(80)
@given(st.integers(0, 2**32))
def test_monthly_and_daily_agree_at_every_months_end(seed: int) -> None:
    told = story(Random(seed))  # noqa: S311
    text, horizon = told.text(), max(each.date for each in told.whole.said)
    option = re.compile(r'"earning" "\w+"')
    monthly, daily = (
        earned(option.sub(f'"earning" "{policy}"', text)) for policy in ("monthly", "daily")
    )
    known = Decimal(0)
    for day in sorted(day for day in monthly.keys() | daily.keys() if day <= horizon):
        assert daily.get(day, known) == monthly.get(day, known), (day, text)
        known = daily.get(day, known)


@effort(40)
@given(st.integers(0, 2**32))
def test_the_invariants_hold_in_random_lives(seed: int) -> None:
    text = story(Random(seed)).text()  # noqa: S311
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.beancount"
        path.write_text(text)
        ledger = load_ledger(path)
        found = [each.message for each in invariants.findings(ledger)]
    assert not found, "\n".join([*found[:5], text])


def test_as_the_register_has_it() -> None:
    """The hand-worked life, at the end of some of its days, as ``list`` tells it."""
    ledger = load_ledger(LEDGERS / "instrument" / "ledger.beancount")
    told = {}
    for when in ("2026-03-26", "2026-03-31", "2026-04-10", "2026-05-01", "2026-07-29"):
        for row in rows(ledger.evaluation, date.fromisoformat(when)):
            status = row.status
            told[when, row.id] = " ".join(
                map(str, (row.state, row.amount, row.held, row.settled, status.released,
                          status.offered, *row.consent_due, status.refunded, status.kept,
                          status.earned, status.amendment))
            )  # fmt: skip
    for id_, insurer in (("V-CASH", "Sunrise"), ("V-CREDIT", "Harbour")):
        assert [line for (_, each), line in told.items() if each == id_] == [
            f"accepted 3650.00 3650.00 0.00 0.00 672.00 {insurer} 0.00 0.00 0.00 0",
            "accepted 3987.00 3987.00 0.00 0.00 0.00 0.00 0.00 313.00 2",
            "accepted 3987.00 487.00 3500.00 0.00 0.00 0.00 0.00 313.00 2",
            "settled 3987.00 0.00 3500.00 487.00 0.00 0.00 0.00 643.00 2",
            "settled 3987.00 0.00 3500.00 487.00 0.00 1818.52 202.06 1479.42 2",
        ]

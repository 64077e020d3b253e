"""A voucher's whole life written step by step: after each step plugin, model and audit agree.

A step says something more, on any day, or takes something back, or lets it be said of another
day. The invariants are looked at after every step.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from beancount_voucher.audit import invariants
from beancount_voucher.ledger.loader import load as load_ledger
from tests.support.daily import daily_differences
from tests.support.instrument_model import BANK, BUYER, INSURER, OTHER, Said, Whole
from tests.support.instrument_stories import CURRENCIES, Story, differences, subject

START = date(2027, 12, 20)  # with a leap year's February ahead
DAYS = st.integers(0, 120).map(lambda days: START + timedelta(days=days))
SOON = st.integers(0, 8)
# Mostly so many days after the last thing said; now and then on any day.
WHEN = st.one_of(SOON, SOON, SOON, SOON, DAYS)
When = int | date
PEOPLE = st.sampled_from([None, None, None, BUYER, INSURER, BANK, OTHER, "Oth", "Lin"])
SURELY = st.sampled_from([BUYER, INSURER])
# Of 100,000, the premium in its smallest units.
AMENDED = st.sampled_from([None, 0, 40_000, 80_001, 110_000, 133_333, 150_000])
DRAWN = st.sampled_from([None, None, 1, 20_000, 33_333, 60_000, 100_001])
GIVEN_BACK = st.sampled_from([1, 3_000, 3_333, 9_999, 30_000])
REASONS = ("not-accepted", "cancelled", "no-application", "conditions-unmet", "insurance-returned")


class InstrumentMachine(RuleBasedStateMachine):
    """One voucher."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.said: list[Said] = []
        self.world: dict[str, Any] = {}
        self.currency = "CNY"
        self.number = 0

    def teardown(self) -> None:
        self.folder.cleanup()

    # -- what is said

    def amount(self, units: int) -> Decimal:
        return Decimal(units).scaleb(-CURRENCIES[self.currency])

    def say(
        self, day: date, kind: str, amount: Decimal | None = None, number: int = 0, **meta: Any
    ) -> None:
        """Say it, unless something else of its kind is said on that day."""
        told = {key.replace("_", "-"): value for key, value in meta.items() if value is not None}
        said = Said(day, kind, amount, number, told)
        if subject(said) not in map(subject, self.said):
            self.said.append(said)

    @initialize(
        currency=st.sampled_from(list(CURRENCIES)),
        funding=st.sampled_from(["cash", "credit"]),
        one_bank=st.booleans(),
        recognise_at=st.sampled_from(["coverage", "accept", "settle"]),
        separate=st.booleans(),
        earning=st.sampled_from(["none", "monthly", "daily"]),
        start=st.one_of(st.none(), DAYS),
        days=st.sampled_from([None, 0, 1, 30, 70]),
        accepted=st.sampled_from([1, 3, 40]),
        terms=st.fixed_dictionaries(
            {
                "draws": st.sampled_from(["multiple", "multiple", "single"]),
                "requires_policy": st.sampled_from([None, None, True]),
                "on_unmet": st.sampled_from([None, "represent"]),
                "refund_by": st.one_of(st.none(), st.none(), DAYS),
            }
        ),
    )
    def issued(
        self,
        currency: str,
        start: date | None,
        days: int | None,
        accepted: int,
        terms: dict[str, Any],
        **world: Any,
    ) -> None:
        self.currency, self.world = currency, world
        end = None if start is None or days is None else start + timedelta(days=days)
        self.say(
            START, "issue", self.amount(100_000), accept_by=START + timedelta(days=30),
            apply_by=START + timedelta(days=60), cover_start=start, cover_end=end, **terms,
        )  # fmt: skip
        self.say(START + timedelta(days=accepted), "accept")

    def day(self, when: When) -> date:
        if isinstance(when, date):
            return when
        return max(each.date for each in self.said) + timedelta(days=when)

    @rule(
        when=WHEN,
        units=AMENDED,
        by=PEOPLE,
        answers=st.lists(st.tuples(st.integers(0, 9), SURELY, st.booleans()), max_size=3),
        terms=st.one_of(
            st.just({}),
            st.fixed_dictionaries({"cover_end": DAYS}),
            st.fixed_dictionaries({"apply_by": DAYS}),
            st.fixed_dictionaries(
                {},
                optional={
                    "cover_start": DAYS,
                    "cover_end": DAYS,
                    "draws": st.sampled_from(["single", "multiple"]),
                    "drop": st.just("requires-policy"),
                },
            ),
        ),
    )
    def amend(
        self,
        when: When,
        units: int | None,
        by: str | None,
        answers: list[tuple[int, str, bool]],
        terms: dict[str, Any],
    ) -> None:
        """The next amendment, mostly with its answers; at most eight."""
        if "cover-start" not in self.said[0].meta:  # without a start, that is a question of form
            terms = {key: value for key, value in terms.items() if key != "cover_end"}
        self.number = min(self.number + 1, 8)
        day = max([self.day(when), *(each.date for each in self.said if each.kind == "amend")])
        amount = None if units is None else self.amount(units)
        self.say(day, "amend", amount, self.number, requested_by=by, **terms)
        for later, who, agreed in answers:
            kind = "consent" if agreed else "decline"
            self.say(day + timedelta(days=later), kind, None, self.number, by=who)

    @rule(
        when=WHEN,
        units=DRAWN,
        policy=st.sampled_from([None, "P-1", "P-1"]),
        paid=DRAWN,
        after=st.integers(0, 5),
    )
    def draw(
        self, when: When, units: int | None, policy: str | None, paid: int | None, after: int
    ) -> None:
        day = self.day(when)
        amount = None if units is None else self.amount(units)
        self.say(day, "apply", amount, policy=policy)
        paid_amount = None if paid is None else self.amount(paid)
        self.say(day + timedelta(days=after), "settle", paid_amount)

    @rule(
        when=WHEN,
        kind=st.sampled_from(["withdraw", "discrepancy", "return", "release", "void", "accept"]),
        by=PEOPLE,
        reason=st.sampled_from(REASONS),
    )
    def rare(self, when: When, kind: str, by: str | None, reason: str) -> None:
        told: dict[str, Any] = {} if kind == "accept" else {"reason": reason}
        self.say(self.day(when), kind, by=by, **told)

    @rule(
        when=WHEN,
        units=GIVEN_BACK,
        kept=st.sampled_from([None, None, 0, 1, 3_000]),
        back=st.one_of(st.none(), st.integers(0, 40)),
        to=st.sampled_from([None, None, "bank", "loan"]),
        reference=st.sampled_from([None, "A"]),
    )
    def refund(
        self, when: When, units: int, kept: int | None, back: int | None, to: str | None,
        reference: str | None,
    ) -> None:  # fmt: skip
        day = self.day(when)
        since = None if back is None else day - timedelta(days=back)
        kept_amount = None if kept is None else self.amount(kept)
        meta: dict[str, Any] = {
            "kept": kept_amount,
            "to": to,
            "reference": reference,
            "from": since,
        }
        self.say(day, "refund", self.amount(units), reason="less risk", **meta)

    @precondition(lambda self: len(self.said) > 1)
    @rule(data=st.data(), day=st.one_of(st.none(), DAYS))
    def taken_back(self, data: st.DataObject, day: date | None) -> None:
        """For good, or to be said of another day."""
        said = self.said.pop(data.draw(st.integers(1, len(self.said) - 1)))
        since = said.meta.get("from")
        if day is not None and (since is None or since <= day):
            moved = replace(said, date=day, code=None)
            if subject(moved) not in map(subject, self.said):
                self.said.append(moved)

    # -- after every step

    @invariant()
    def agree(self) -> None:
        if not self.said:
            return
        said = [replace(each, code=None) for each in self.said]
        said.sort(key=lambda each: tuple(map(str, subject(each))))
        said.append(Said(max(each.date for each in said) + timedelta(days=40), "close"))
        told = Story(self.currency, Whole(said=said, limit=self.amount(180_000), **self.world))
        told.whole.live()
        found = differences(told)
        path = Path(self.folder.name) / "ledger.beancount"
        path.write_text(told.text())
        found += [each.message for each in invariants.findings(load_ledger(path))]
        found += daily_differences(path)
        assert not found, "\n".join([*found[:12], told.text()])

"""What people do: each looks at its own ledger, and records what may or may not hold there."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.lifecycle.events import State
from tests.support import event, issue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

    from beancount_voucher.lifecycle.vouchers import Voucher

    Terms = Mapping[str, str]

_DAY = dt.timedelta(days=1)
_OPEN = (State.ISSUED, State.ACCEPTED, State.APPLIED)


class Habit(NamedTuple):
    """What somebody does now and then.

    Attributes:
        side: whose fact it is.
        kind: of the directive.
        weight: how often, against the others.
        states: of the voucher, as the clerk sees it.
        say: its values and metadata.
        late: the most days by which it is dated back.
    """

    side: str
    kind: str
    weight: int
    states: tuple[State, ...]
    say: Callable[[Random, Voucher], tuple[tuple[str, ...], Terms]]
    late: int = 0


def _plain(_random: Random, _voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    return (), {}


def _amount(random: Random, most: object) -> str:
    return f"{random.choice([20, 50, 80, 100, 130])}.00 CNY" if most else "10.00 CNY"


def _apply(random: Random, voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    terms = {"policy": '"P-1"'} if random.random() < 0.7 else {}
    values = (_amount(random, voucher.status.held),) if random.random() < 0.4 else ()
    return values, terms


def _settle(random: Random, voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    return ((_amount(random, voucher.status.held),) if random.random() < 0.7 else ()), {}


def _refund(random: Random, _voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    kept = {"kept": "5.00 CNY"} if random.random() < 0.3 else {}
    return (f"{random.choice([10, 30, 60])}.00 CNY",), {"reason": '"returned"', **kept}


def _amend(random: Random, voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    number = str(voucher.status.numbered + 1)
    by = random.choice(["policyholder", "insurer", "issuer"])
    asked = {"requested-by": f'"{voucher.metadata[by]}"'}
    if random.random() < 0.6:
        return (number, _amount(random, most=True)), asked
    later = voucher.agreed.apply_by + random.choice([-3, 4, 9]) * _DAY
    return (number,), {**asked, "apply-by": str(later)}


def _open_number(_random: Random, voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    return (str(voucher.status.numbered or 1),), {}


def _recall(random: Random, _voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    reasons = ["no-application", "conditions-unmet", "insurance-returned", "not-accepted"]
    return (), {"reason": f'"{random.choice(reasons)}"'}


def _void(random: Random, _voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    reasons = ["cancelled", "cancelled", "surrendered", "not-accepted"]
    return (), {"reason": f'"{random.choice(reasons)}"'}


def _discrepancy(_random: Random, _voucher: Voucher) -> tuple[tuple[str, ...], Terms]:
    return (), {"reason": '"no policy"'}


_PAID = (State.ACCEPTED, State.APPLIED, State.SETTLED)

HABITS: tuple[Habit, ...] = (
    Habit("issuer", "void", 2, _OPEN, _void),
    Habit("issuer", "amend", 3, _OPEN, _amend),
    Habit("issuer", "discrepancy", 3, (State.APPLIED,), _discrepancy),
    Habit("issuer", "recall", 2, _OPEN, _recall),
    Habit("issuer", "settle", 3, (State.APPLIED,), _settle),
    Habit("issuer", "release", 1, _PAID, _plain),
    Habit("acceptor", "accept", 9, (State.ISSUED,), _plain, late=2),
    Habit("acceptor", "reject", 1, (State.ISSUED,), _plain),
    Habit("acceptor", "surrender", 1, (State.ACCEPTED, State.APPLIED), _plain),
    Habit("insurer", "apply", 9, (State.ACCEPTED, State.APPLIED), _apply, late=2),
    Habit("insurer", "withdraw", 1, (State.APPLIED,), _plain),
    Habit("insurer", "return", 1, _OPEN, _plain, late=1),
    Habit("insurer", "consent", 3, _OPEN, _open_number),
    Habit("insurer", "decline", 1, _OPEN, _open_number),
    Habit("insurer", "release", 2, _PAID, _plain),
    Habit("insurer", "refund", 4, _PAID, _refund),
    Habit("insurer", "reject", 1, (State.ISSUED,), _plain),
    Habit("policyholder", "return", 1, _OPEN, _plain, late=1),
    Habit("policyholder", "consent", 3, _OPEN, _open_number),
    Habit("policyholder", "decline", 1, _OPEN, _open_number),
    Habit("policyholder", "apply", 1, (State.ACCEPTED,), _apply),
)

_ALSO_BY_BANK = {"policyholder": "issuer", "insurer": "acceptor"}


def habits_of(voucher: Voucher, sides: tuple[str, ...]) -> list[Habit]:
    """What may be done about a voucher on some sides, as it seems to stand."""
    state = voucher.status.state
    return [
        habit
        for habit in HABITS
        if habit.side in sides
        and state in habit.states
        and (habit.kind not in ("consent", "decline") or voucher.status.open is not None)
    ]


def said(habit: Habit, random: Random, voucher: Voucher, day: dt.date, own_side: str) -> str:
    """The directive that a clerk of one side writes."""
    date = day - random.randint(0, habit.late) * _DAY
    values, terms = habit.say(random, voucher)
    named = {key.replace("-", "_"): value for key, value in terms.items()}
    by = str(voucher.metadata.get(habit.side))
    is_named = habit.kind in ("consent", "decline", "reject", "release")
    if own_side != habit.side or is_named or random.random() < 0.3:
        named["by"] = f'"{by}"'
    return event(habit.kind, str(date), *values, voucher=voucher.id, **named)


def new_issue(voucher: str, random: Random, day: dt.date, *, one_bank: bool, kind: str) -> str:
    """An issue, or a request, with terms drawn at random."""
    terms: dict[str, str | None] = {
        "funding": '"credit"' if random.random() < 0.3 else '"cash"',
        "accept_by": str(day + random.randint(2, 5) * _DAY),
        "apply_by": str(day + random.randint(6, 12) * _DAY),
    }
    if one_bank:
        terms["acceptor"] = None
    if random.random() < 0.4:
        terms["requires_policy"] = "TRUE"
        terms["on_unmet"] = '"represent"' if random.random() < 0.6 else '"void"'
    if random.random() < 0.4:
        terms["draws"] = '"multiple"'
    if random.random() < 0.3:
        terms["cover_start"] = str(day + random.randint(0, 9) * _DAY)
        terms["cover_end"] = str(day + random.randint(60, 300) * _DAY)
    if kind == "request":
        terms["requested_by"] = '"policyholder"'
    return issue(voucher, "100.00 CNY", str(day), kind=kind, **terms)

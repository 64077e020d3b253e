"""Reviews of facts alone, at random: where facts are said to be enough, a whole load tells the same."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from hypothesis import event as seen
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.review.diff import compare, compare_facts
from beancount_voucher.review.facts_enough import FactsOnly, Limit, judged
from beancount_voucher.review.snapshot import parse
from beancount_voucher.review.tree import Tree
from tests.support import LINES, PLUGIN, WORLD, event, issue, model
from tests.support.ledger_texts import one_file
from tests.support.profiles import effort
from tests.support.repository import TOP
from tests.support.strategies import DAY0, altered, odds, stories

if TYPE_CHECKING:
    from beancount_voucher.review.diff import Comparison
    from tests.support.model import Event
    from tests.support.strategies import Draw

CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
OPTION = '2026-01-01 custom "voucher-option" "{}" "{}"\n'

_AFTER_THE_ISSUE = {"refuse", "accept", "reject", "apply", "return", "settle", "void", "close"}
_ACCOUNTS = (
    *("Assets:PA", "Assets:PA:BA", "Assets:PB:BB", "Assets:PA:BA:Frozen", "Assets:IA:BA"),
    *("Liabilities:BA:Deposits:PA", "Liabilities:BA:Held:PA", "Liabilities:BA:Interbank:BB"),
    *("Assets:BA:Interbank:BB", "Liabilities:PA:BA:CreditLine", "Equity:World"),
    *("Assets:PA:PrepaidInsurance", "Liabilities:IA:UnearnedPremium"),
)


def in_order(events: list[Event]) -> list[Event]:
    """Without those that are in error, and those that are so without them, and so on."""
    codes = model.run(events).codes
    while any(codes):
        events = [each for each, code in zip(events, codes, strict=True) if code is None]
        codes = model.run(events).codes
    return events


@st.composite
def by_hand(draw: st.DrawFn) -> list[str]:
    """What people write beside vouchers: balances, money, accounts; closes of them, too."""
    lines = []
    for account in draw(st.lists(st.sampled_from(_ACCOUNTS), max_size=2)):
        day = DAY0 + dt.timedelta(days=draw(st.integers(0, 30)))
        opened = f"2020-01-01 open {account}"
        moved = f'{day} * "By hand"\n  {account}  {draw(st.sampled_from(["7", "-9.50"]))} CNY\n  Equity:World'
        asserted = f"{day} balance {account} {draw(st.sampled_from(['0', '100', '-60.00']))} CNY"
        lines += draw(
            st.sampled_from(
                [[opened, moved], [moved], [opened, asserted], [asserted], [opened], []]
            )
        )
        if odds(draw, 10):
            lines.append(f"{day} close {account}")
    return lines


def tree(text: str) -> Tree:
    return Tree("/", {TOP: TOP}, {}, frozenset(), lambda paths: [text.encode() for _ in paths])


def compared(before: str, after: str, *, whole: bool = False) -> Comparison | Limit:
    one = parse(tree(before), TOP)
    other = parse(tree(after), TOP, like=one)
    if whole:
        return compare(one.whole(), other.whole())
    found = judged(one, other)
    return compare_facts(found) if isinstance(found, FactsOnly) else found


def told_alike(before: str, after: str) -> None:
    """What facts tell of a change, where they are enough, a whole load tells."""
    facts = compared(before, after)
    if isinstance(facts, Limit):
        seen(facts)
        return
    seen(f"vouchers that differ: {len(facts.vouchers)}")
    whole = compared(before, after, whole=True)
    assert not isinstance(whole, Limit)
    assert repr(replace(facts, left=[])) == repr(replace(whole, left=[]))
    assert not Counter(map(repr, facts.left)) - Counter(map(repr, whole.left))


@effort(150)
@given(stories(), by_hand(), st.data())
def test_facts_tell_what_a_whole_load_tells(
    told: list[Event], others: list[str], data: st.DataObject
) -> None:
    """The last events of some vouchers, or their issues' amounts, are others on either side."""
    wanted = {"hold-accounts"} | ({"check-funds"} if data.draw(st.booleans()) else set())
    known = in_order([each for each in told if each.subject[0] not in wanted])
    held_back: list[Event] = []
    for voucher in sorted({each.subject[0] for each in known if each.kind in _AFTER_THE_ISSUE}):
        life = [
            each for each in known if each.subject[0] == voucher and each.kind in _AFTER_THE_ISSUE
        ]
        life.sort(key=lambda each: each.date)
        held_back += life[len(life) - data.draw(st.integers(0, len(life))) :]
    sides = []
    for _ in range(2):
        some = [each for each in held_back if data.draw(st.booleans())]
        events = in_order([each for each in known if each not in held_back or each in some])
        if data.draw(st.booleans()):
            events = in_order(
                [altered(data.draw, each) if odds(data.draw, 10) else each for each in events]
            )
        lines = [line for name in one_file(events).lines().values() for line in name]
        sides.append("\n".join([*lines, *(each for each in others if each not in lines), ""]))
    told_alike(*sides)


_CHOSEN = [
    *("prepaid: Assets:Ann:Iss", "payable: Liabilities:Owed", "expense: Assets:Ann:Iss:Frozen"),
    *("frozen: Assets:Ann:Hold", "loan: Liabilities:Loan", 'bank: "Assets:{party}:{bank}:Own"'),
]
_SET = ["postings daily", "recognise-at settle", "recognise-at accept", "advance-premium unearned",
        "check-funds off", "open-accounts user", "earning daily", "earning monthly"]  # fmt: skip
_BESIDE = [
    "", "", "", '2026-03-01 * "Out"\n  Assets:Ann:Iss  -99800 CNY\n  Equity:Opening\n',
    '2026-03-04 * "Drawn"\n  Liabilities:Ann:Iss:CreditLine  -5.00 CNY\n  Equity:Opening\n'
    "2020-01-01 open Liabilities:Ann:Iss:CreditLine\n",
    "2026-03-05 balance Assets:Ann:Iss 99900.00 CNY\n",
    "2026-04-30 balance Assets:Ann:Iss:Frozen 0 CNY\n2020-01-01 open Assets:Ann:Iss:Frozen\n",
    "2026-03-05 close Assets:Ins:Acc\n", '2026-03-05 note Assets:Ann:PrepaidInsurance "x"\n',
    '2026-03-02 * "Shares"\n  Assets:Ann:Iss  -10.00 CNY\n  Equity:Opening  1 SHR {10.00 CNY}\n',
]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> str:
    world = WORLD + LINES
    if odds(draw, 35):
        owner = f'"{draw(st.sampled_from(["Ann", "Bob"]))}" "policyholder"\n'
        world = world.replace(owner, f"{owner}  {draw(st.sampled_from(_CHOSEN))}\n")
    for each in draw(st.lists(st.sampled_from(_SET), max_size=2, unique=True)):
        world += OPTION.format(*each.split())
    return world + draw(st.sampled_from(_BESIDE)) + draw(st.sampled_from(_BESIDE))


def life(draw: Draw, voucher: str) -> list[str]:
    """An issue of a voucher, and what may follow, one after the other."""
    first = dt.date(2026, 3, draw(st.integers(1, 6)))
    covered = draw(st.sampled_from([{}, {}, {"cover_start": str(first + dt.timedelta(days=9))}]))
    if covered and odds(draw, 60):
        covered["cover_end"] = str(first + dt.timedelta(days=40))
    told = [
        issue(
            voucher,
            draw(st.sampled_from(["100.00 CNY", "100 CNY", "60.50 CNY", "700.00 CNY"])),
            str(first),
            policyholder=draw(st.sampled_from(['"Ann"', '"Ann"', '"Bob"'])),
            acceptor=draw(st.sampled_from(['"Acc"', '"Acc"', '"Iss"'])),
            funding=draw(st.sampled_from(['"cash"', '"cash"', '"credit"'])),
            accept_by=str(first + dt.timedelta(days=5)),
            **covered,
        )
    ]
    ends = [
        ["void"],
        ["accept", "apply", "settle"],
        ["accept", "return", "void"],
        ["accept", "apply", "settle"],
    ]
    for kind in draw(st.sampled_from(ends)):
        first += dt.timedelta(days=draw(st.integers(0, 3)))
        reason = {"reason": '"insurance-returned"' if len(told) > 1 else '"cancelled"'}
        value = ["60.00 CNY"] if kind == "settle" and odds(draw, 20) else []
        told.append(
            event(kind, str(first), *value, voucher=voucher, **(reason if kind == "void" else {}))
        )
    return told


@effort(250)
@given(worlds(), st.data())
def test_facts_tell_of_any_life_what_a_whole_load_tells(world: str, data: st.DataObject) -> None:
    """Lives that go on, are taken back, or become others, between people who share accounts."""
    sides = ["", ""]
    for voucher in ("V-1", "V-2", "V-3", "V-4"):
        told = life(data.draw, voucher)
        other = life(data.draw, voucher) if odds(data.draw, 15) else told
        reached = data.draw(st.integers(0, len(told)))
        then = data.draw(st.integers(0, len(other))) if odds(data.draw, 40) else reached
        for at, some in enumerate((told[:reached], other[:then])):
            sides[at] += "".join(some)
    if odds(data.draw, 15):
        sides[1] += CLOSE
    told_alike(*(PLUGIN + world + side for side in sides))

"""What a step of the state machine may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import strategies as st

from tests.support import model
from tests.support.model import DAY, ZERO, Event, Money, Outcome, Value, Voucher
from tests.support.strategies import AMOUNTS, LIMITS, Life, World, altered, day, malformed, odds

WIDE = World(("PA", "PB", "PC"), ("BA", "BB", "BC"), ("IA", "IB", "IC"), ("CNY", "USD", "JPY"))
IDS = ("V1", "V2", "V3", "V4", "A1", "Z-9", "7", "V10")
BEFORE = date(2026, 1, 1)
# Accounts that somebody may call otherwise, by party and role.
OWN_NAMES = {
    ("PA", "bank"): "Assets:{party}:Own:{bank}",
    ("PB", "frozen"): "Assets:{party}:Blocked:{bank}",
    ("PB", "payable"): "Liabilities:{party}:Insurers",
    ("PC", "loan"): "Liabilities:{party}:Loans:{bank}",
    ("PC", "line-available"): "Equity:{party}:Lines:{bank}:Free",
    ("BA", "held"): "Liabilities:{party}:Blocked:{customer}",
    ("BB", "deposits"): "Liabilities:{party}:Customers:{customer}",
    ("BC", "interbank-payable"): "Liabilities:{party}:Clearing:{bank}",
    ("BC", "interbank-receivable"): "Assets:{party}:Clearing:{bank}",
    ("IA", "unearned"): "Liabilities:{party}:Premium:Unearned",
    ("IB", "bank"): "Assets:{party}:Own:{bank}",
    ("IC", "vouchers"): "Equity:{party}:Received:{bank}",
}
OPTIONS = [(name, value) for name, values in model.CHOICES.items() for value in values]
WRONG_OPTIONS = [("recognise-at", "never"), ("colour", "red")]
DAYS = st.integers(-6, 36)
EVIDENCE: dict[str, Value] = {"policy": "P-1", "code": "4711", "document": "proof.pdf"}
# How much less than the most is asked for.
LESS = tuple(map(Decimal, (1, 1, 2, 2, 0, -1)))
GAPS = (0, 0, 0, 1, 1, 2, 3, 4)
STRAYS = ("refuse", "reject", "accept", "apply", "return", "settle", "void")
# Why a voucher of a state may be voided, if the insurance was not returned.
VOIDS = {
    "issued": ("not-accepted", "cancelled"),
    "accepted": ("no-application",),
    "applied": ("conditions-unmet",),
}
STUMBLES = {
    "issued": ("accept", "accept", "reject"),
    "accepted": ("apply",),
    "applied": ("settle", "apply"),
}
# What may well come next for a voucher in a state.
NEXT = {
    "requested": ("issue", "issue", "issue", "refuse"),
    "issued": ("accept", "accept", "accept", "accept", "reject", "return", "void"),
    "accepted": ("apply", "apply", "apply", "apply", "return", "void"),
    "applied": ("settle", "settle", "settle", "apply", "return", "void"),
}


# -- the world


@st.composite
def worlds(draw: st.DrawFn) -> list[Event]:
    """Nearly everybody, most credit lines, some options, and a voucher or two."""
    told = [event for name in IDS[: draw(st.integers(1, 4))] for event in draw(lives(name))]
    for party, role in WIDE.roles.items():
        if odds(draw, 1):
            continue
        named = [(key, name) for (who, key), name in OWN_NAMES.items() if who == party]
        own = tuple(each for each in named if odds(draw, 25))
        since = day(draw(st.integers(0, 5))) if odds(draw, 2) else BEFORE
        told.append(Event(since, "party", (party, role), None, own))
    for own_bank in WIDE.pairs:
        if not odds(draw, 20):
            limit = Money(draw(st.sampled_from(LIMITS)), own_bank[2])
            told.append(Event(BEFORE + DAY, "credit-line", own_bank[:2], limit))
    options = draw(st.lists(st.sampled_from(OPTIONS), max_size=3))
    return told + [Event(day(draw(DAYS)), "option", option) for option in options]


@st.composite
def options(draw: st.DrawFn) -> Event:
    said = draw(st.sampled_from(OPTIONS + WRONG_OPTIONS))
    return Event(day(draw(DAYS)), "option", said)


@st.composite
def parties(draw: st.DrawFn) -> Event:
    """Somebody late, or again, and perhaps as something else."""
    party = draw(st.sampled_from(tuple(WIDE.roles)))
    role = draw(st.sampled_from((WIDE.roles[party], "insurer", "broker")))
    meta: tuple[tuple[str, Value], ...] = ()
    if odds(draw, 20):
        meta = ((draw(st.sampled_from(("name", "note", "seat"))), "Somebody"),)
    when = draw(st.sampled_from((BEFORE, day(draw(DAYS)))))
    return Event(when, "party", (party, role), None, meta)


@st.composite
def credit_lines(draw: st.DrawFn) -> Event:
    own, bank, currency = draw(st.sampled_from(WIDE.pairs))
    number = draw(st.sampled_from((*LIMITS, *AMOUNTS, Decimal(0), Decimal(-1))))
    return Event(day(draw(DAYS)), "credit-line", (own, bank), Money(number, currency))


@st.composite
def repayments(draw: st.DrawFn, outcome: Outcome) -> Event:
    """Mostly of something that was drawn."""
    drawn = [v for v in outcome.vouchers.values() if v.settled and not v.cash]
    pairs = [(v.policyholder, v.issuer, v.currency) for v in drawn] or WIDE.pairs
    own, bank, currency = draw(st.sampled_from(pairs))
    number = Decimal(draw(st.sampled_from([1, 2, 3, 7, 60, 100, 0])))
    when = day(draw(DAYS))
    if drawn and not odds(draw, 20):
        settled = draw(st.sampled_from([v.closed for v in drawn if v.closed]))
        when = settled + timedelta(days=draw(st.integers(0, 9)))
    return Event(when, "repay", (own, bank), Money(number, currency))


@st.composite
def deposits(draw: st.DrawFn, outcome: Outcome) -> Event:
    """Money comes to, or leaves, an account out of which vouchers are frozen."""
    own, bank, currency = draw(st.sampled_from(WIDE.pairs))
    account = f"Assets:{own}:{bank}"
    if outcome.chart.parties.get(own) == "policyholder":
        account = outcome.chart.account(own, "bank", bank)
    number = Decimal(draw(st.sampled_from([1000, 100, 60, 160, -10, -60, 7])))
    return Event(day(draw(DAYS)), "money", (account,), Money(number, currency))


@st.composite
def happenings(draw: st.DrawFn) -> Event:
    """An order that some voucher waits for."""
    order = draw(st.sampled_from(["order-1", "order-2"]))
    value = draw(st.sampled_from(["delivered", "delivered", "lost"]))
    return Event(day(draw(DAYS)), "event", (order, value))


@st.composite
def closes(draw: st.DrawFn) -> Event:
    period = draw(st.sampled_from(["2026-03", "2026-04"]))
    return Event(day(draw(st.integers(10, 50))), "close", (period,))


# -- vouchers


@st.composite
def lives(draw: st.DrawFn, voucher: str) -> list[Event]:
    return Life(draw, voucher, WIDE).live(draw(st.integers(0, 12)))


@st.composite
def beginnings(draw: st.DrawFn, voucher: str, kind: str) -> Event:
    when = draw(st.integers(0, 15))
    terms = Life(draw, voucher, WIDE).terms(when)
    if kind == "request":
        terms = {
            key: value
            for key, value in terms.items()
            if key in {"policyholder", "insurer"} or not odds(draw, 40)
        }
    amount = Money(draw(st.sampled_from(AMOUNTS)), draw(st.sampled_from(WIDE.currencies)))
    if odds(draw, 6):
        amount = Money(ZERO, amount.currency)
    if odds(draw, 10) and {"accept-by", "apply-by"} <= set(terms):
        terms["accept-by"], terms["apply-by"] = terms["apply-by"], terms["accept-by"]
    return Event(day(when), kind, (voucher,), amount, tuple(terms.items()))


@st.composite
def sequels(draw: st.DrawFn, outcome: Outcome, events: list[Event]) -> Event:
    """What may well come next in the life of a voucher that has not ended."""
    going = [v for v in outcome.vouchers.values() if v.state in NEXT]
    voucher = draw(st.sampled_from(going))
    kind = draw(st.sampled_from(NEXT[voucher.state]))
    begun = [e.date for e in events if e.subject == (voucher.id,) and e.kind == "request"]
    last = voucher.applied or voucher.accepted or voucher.issued or min(begun)
    when = last + timedelta(days=draw(st.sampled_from(GAPS)))
    if kind == "issue":
        return _issue_of(draw, voucher, when)
    if kind == "void":
        return _void_of(draw, voucher, when)
    if not odds(draw, 20):
        when = _in_time(voucher, kind, when)
    meta = _said_of(draw, kind)
    return Event(when, kind, (voucher.id,), _part_of(draw, voucher, kind), tuple(meta.items()))


def _in_time(voucher: Voucher, kind: str, when: date) -> date:
    terms: dict[str, date] = voucher.terms
    if kind == "accept":
        return min(when, terms["accept-by"])
    if kind == "apply":
        return min(when, terms["apply-by"])
    if kind == "settle":
        return max(when, terms.get("not-before", when))
    return when


def _proper(voucher: Voucher, kind: str, when: date) -> Event:
    """The event as it should be."""
    meta = tuple(EVIDENCE.items()) if kind == "apply" else ()
    return Event(_in_time(voucher, kind, when), kind, (voucher.id,), None, meta)


def _said_of(draw: st.DrawFn, kind: str) -> dict[str, Value]:
    meta: dict[str, Value] = {}
    if kind == "apply":
        meta = {key: value for key, value in EVIDENCE.items() if not odds(draw, 8)}
    if kind in {"refuse", "reject"} and odds(draw, 30):
        meta["reason"] = "no cover"
    if kind != "refuse" and odds(draw, 20):
        meta["by"] = draw(st.sampled_from(tuple(WIDE.roles)))
    return meta


def _part_of(draw: st.DrawFn, voucher: Voucher, kind: str) -> Money | None:
    if kind not in {"apply", "settle"} or not odds(draw, 50):
        return None
    if odds(draw, 10):
        return Money(ZERO, voucher.currency)
    if odds(draw, 10):
        return Money(Decimal(1), draw(st.sampled_from(WIDE.currencies)))
    most = voucher.applied_for if kind == "settle" else voucher.held
    return Money(most - draw(st.sampled_from(LESS)), voucher.currency)


def _issue_of(draw: st.DrawFn, voucher: Voucher, when: date) -> Event:
    """An issue that mostly says what was requested."""
    terms = Life(draw, voucher.id, WIDE).terms((when - day(0)).days)
    asked = voucher.terms
    terms |= {key: asked[key] for key in asked if key in terms or not odds(draw, 70)}
    for key in asked:
        if not odds(draw, 60):
            terms.pop(key, None)
    amount = Money(voucher.number, voucher.currency)
    return Event(when, "issue", (voucher.id,), amount, tuple(terms.items()))


def _void_of(draw: st.DrawFn, voucher: Voucher, when: date) -> Event:
    """A void, mostly for a reason that there may be, and after the deadline that it needs."""
    likely = VOIDS[voucher.state] if voucher.returned is None else ("insurance-returned",)
    reason = draw(st.sampled_from((*likely * 4, "insurance-returned", *sorted(model.REASONS))))
    deadline = {"not-accepted": "accept-by", "no-application": "apply-by"}.get(reason)
    if deadline and not odds(draw, 40):
        when = max(when, voucher.terms[deadline] + DAY)
    return Event(when, "void", (voucher.id,), None, (("reason", reason),))


@st.composite
def stumbles(draw: st.DrawFn, outcome: Outcome) -> list[Event]:
    """What would come next, but for one rule that it breaks."""
    voucher = draw(st.sampled_from([v for v in outcome.vouchers.values() if v.state in STUMBLES]))
    kind = draw(st.sampled_from(STUMBLES[voucher.state]))
    when = voucher.applied or voucher.accepted or voucher.issued
    assert when
    late = {"accept": "accept-by", "apply": "apply-by"}
    event = _proper(voucher, kind, when)
    returned = Event(when, "return", (voucher.id,))
    reason = "insurance-returned" if odds(draw, 40) else draw(st.sampled_from(VOIDS[voucher.state]))
    by = ("by", draw(st.sampled_from(tuple(WIDE.roles))))
    choices = [
        [replace(event, meta=(*event.meta, by))],
        [returned, event],
        [replace(event, kind="void", meta=(("reason", reason),))],
        [replace(event, kind="void", meta=(("reason", reason), by))],
        [replace(returned, meta=(by,))],
    ]
    if voucher.state == "issued":
        choices.append([replace(event, kind=each) for each in ("reject", "accept")])
    if kind in late:
        choices.append([replace(event, date=voucher.terms[late[kind]] + DAY)])
    if kind in {"apply", "settle"}:
        most = voucher.applied_for if kind == "settle" else voucher.held
        others = [currency for currency in WIDE.currencies if currency != voucher.currency]
        choices += [
            [replace(event, amount=Money(ZERO, voucher.currency))],
            [replace(event, amount=Money(most + 1, voucher.currency))],
            [replace(event, amount=Money(Decimal(1), draw(st.sampled_from(others))))],
        ]
    return draw(st.sampled_from(choices))


@st.composite
def strays(draw: st.DrawFn, voucher: str) -> Event:
    """Anything, on any day, about a voucher that may be anywhere in its life."""
    kind = draw(st.sampled_from(STRAYS))
    meta: tuple[tuple[str, Value], ...] = ()
    if kind == "void":
        meta = (("reason", draw(st.sampled_from(sorted(model.REASONS)))),)
    return Event(day(draw(DAYS)), kind, (voucher,), None, meta)


# -- the same again


@st.composite
def repetitions(draw: st.DrawFn, event: Event) -> Event:
    """The same, or something else of the same day, or something wrong, or another day."""
    how = draw(st.sampled_from(["same", "altered", "malformed", "moved"]))
    if how == "altered":
        return altered(draw, event)
    if how == "malformed":
        return malformed(draw, event)
    return draw(moves(event)) if how == "moved" else event


@st.composite
def moves(draw: st.DrawFn, event: Event) -> Event:
    return replace(event, date=event.date + timedelta(days=draw(st.integers(-4, 4))))

"""A second opinion on the whole instrument: one voucher lived day by day with plain dicts.

Written from the manual's topic ``instrument`` alone, without tables of rules and without layers:
what a premium earns is spread over days, one number a day. Nothing of the product is imported.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

DAY = timedelta(days=1)
ORDER = (
    "repaid", "issue", "other", "amend", "reject", "accept", "consent", "decline", "cover", "withdraw",
    "apply", "discrepancy", "return", "recall", "surrender", "earn", "settle", "release", "refund", "void", "close",
)  # fmt: skip
"""Earning stands after cover; what lies between moves no premium, but a notice of return ends it."""
OPEN = ("issued", "accepted", "applied")
BUYER, BANK, OTHER, INSURER = "Ann", "Iss", "Acc", "Ins"
STRANGERS = {"Bob": "policyholder", "Oth": "insurer"}
FINAL = ("voided", "settled", "rejected")
ENDED_BY: dict[str, tuple[str, ...]] = {
    "not-accepted": ("issued",),
    "cancelled": ("issued",),
    "no-application": ("accepted",),
    "conditions-unmet": ("applied",),
    "insurance-returned": OPEN,
    "surrendered": ("accepted", "applied"),
}
"""The reasons of a void, and the states in which each holds."""
ZERO = Decimal(0)


@dataclass
class Said:
    """One directive about the voucher."""

    date: date
    kind: str
    amount: Decimal | None = None
    number: int = 0
    meta: dict[str, Any] = field(default_factory=dict)
    code: str | None = None
    currency: str | None = None


class RuleError(Exception):
    """The event breaks a rule; the argument is the error's code."""


@dataclass
class Whole:
    """The one voucher of a ledger, its four books and the credit line."""

    funding: str
    one_bank: bool
    recognise_at: str
    separate: bool
    earning: str
    limit: Decimal
    said: list[Said]
    grace: int | None = None
    state: str = "–"
    terms: dict[str, Any] = field(default_factory=dict)
    notices: list[Any] = field(default_factory=list)
    amount: Decimal = ZERO
    held: Decimal = ZERO
    offered: Decimal = ZERO
    settled: Decimal = ZERO
    released: Decimal = ZERO
    refunded: Decimal = ZERO
    kept: Decimal = ZERO
    earned: Decimal = ZERO
    in_advance: Decimal = ZERO
    due: Decimal = ZERO
    recognised: bool = False
    reason: str | None = None
    accepted: date | None = None
    applied: date | None = None
    applied_for: Decimal = ZERO
    policy: object = None
    happened: set[str] = field(default_factory=set)
    returned: date | None = None
    recalled: date | None = None
    surrendered: bool = False
    frozen: Decimal = ZERO
    freed: dict[date, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    drawn: Decimal = ZERO
    last: int = 0
    amendment: int = 0
    offer: Said | None = None
    consents: set[str] = field(default_factory=set)
    earns: dict[date, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    layered: Fraction = Fraction(0)
    began: bool = False
    posted_on: date | None = None
    posts_from: date = date.max
    places: list[tuple[date, int]] = field(default_factory=list)
    posted: dict[tuple[date, str, str], Decimal] = field(
        default_factory=lambda: defaultdict(Decimal)
    )

    def live(self) -> Whole:
        horizon = max(each.date for each in self.said)
        day = min(each.date for each in self.said)
        while day <= horizon:
            for kind in ORDER:
                if kind == "cover":
                    self.cover(day)
                if kind == "earn" and self.is_posting_day(day):
                    self.earn(day, day)
                for each in [s for s in self.said if (s.date, s.kind) == (day, kind)]:
                    try:
                        getattr(self, kind)(each)
                    except RuleError as error:
                        each.code = str(error)
                    else:
                        self.happened.add(kind)
                        numbers = (each.amount, each.meta.get("kept"))
                        self.places += [(day, places(n)) for n in numbers if n is not None]
            day += DAY
        return self

    # -- books

    def post(self, day: date, book: str, **moves: Decimal) -> None:
        for role, number in moves.items():
            if number:
                self.posted[day, book, role.replace("_", "-")] += number

    def freeze(self, day: date, more: Decimal) -> None:
        if self.funding == "cash":
            self.post(day, BUYER, frozen=more, bank=-more)
            self.post(day, BANK, deposits=more, held=-more)
        else:
            self.frozen += more
            for book in (BUYER, BANK):
                self.post(day, book, line_frozen=more, line_available=-more)

    def collect(self, day: date, more: Decimal) -> None:
        self.post(day, self.acceptor, collection=more, collection_contra=-more)
        self.post(day, INSURER, vouchers=more, vouchers_contra=-more)

    def owe(self, day: date, more: Decimal) -> None:
        self.due += more
        self.post(day, BUYER, prepaid=more, payable=-more)
        self.post(day, INSURER, receivable=more, unearned=-more)

    @property
    def acceptor(self) -> str:
        return BANK if self.one_bank else OTHER

    # -- time

    @property
    def starts(self) -> date | None:
        start: date | None = self.terms.get("cover-start", self.accepted)
        return start

    def cover(self, day: date) -> None:
        if self.accepted is None or self.starts is None:
            return
        if self.in_advance and self.starts <= day:
            self.post(day, INSURER, advance=self.in_advance, unearned=-self.in_advance)
            self.in_advance = ZERO
        since = self.accepted if self.recognise_at == "accept" else max(self.starts, self.accepted)
        wanted = self.recognise_at != "settle" and self.state in OPEN and not self.returned
        if wanted and not self.recognised and since <= day:
            self.recognised = self.began = True
            self.posts_from = min(self.posts_from, day)
            self.owe(day, self.held)

    @property
    def in_force(self) -> Decimal:
        return self.amount - self.released - self.refunded - self.kept

    def is_posting_day(self, day: date) -> bool:
        if self.earning == "daily":
            return True
        last = monthrange(day.year, day.month)[1]
        return self.earning == "monthly" and (day.day == last or day == self.terms.get("cover-end"))

    def earned_by(self, day: date) -> Decimal:
        stop = min(day, self.returned - DAY) if self.returned else day
        exact = sum((n for d, n in self.earns.items() if d <= stop), Fraction(0))
        number = min(exact, Fraction(self.in_force))
        decimals = max((n for d, n in self.places if d <= day), default=0)
        return Decimal(int(number * 10**decimals + Fraction(1, 2))).scaleb(-decimals)

    def earn(self, until: date, dated: date) -> None:
        if self.earning == "none" or not self.began or "cover-end" not in self.terms:
            return
        self.post_earned(dated, self.earned_by(until) - self.earned)
        self.posted_on = until

    def post_earned(self, day: date, more: Decimal) -> None:
        self.earned += more
        self.post(day, BUYER, expense=more, prepaid=-more)
        self.post(day, INSURER, unearned=more, income=-more)

    def spread(self, more: Decimal | Fraction, day: date) -> None:
        self.layered += Fraction(more)
        start, end = self.terms.get("cover-start"), self.terms.get("cover-end")
        if start is None or end is None:
            return
        first = max(day, start)
        if first > end:
            self.earns[first] += Fraction(more)
        days = (end - first).days + 1
        while first <= end:
            self.earns[first] += Fraction(more) / days
            first += DAY

    def no_more_than_in_force(self, day: date, most: Decimal | None = None) -> None:
        above = self.earned - (self.in_force if most is None else most)
        if above > 0:
            self.post_earned(day, -above)

    # -- the life

    def issue(self, each: Said) -> None:
        self.terms = dict(each.meta)
        assert each.amount is not None
        if self.funding == "credit" and each.amount > self.limit:
            raise RuleError("insufficient-credit")
        self.state, self.amount, self.held = "issued", each.amount, each.amount
        self.freeze(each.date, self.held)
        self.spread(self.held, each.date)

    def repaid(self, each: Said) -> None:
        """Drawn credit is repaid."""
        assert each.amount is not None
        if each.amount > self.drawn:
            raise RuleError("exceeds-drawn")
        self.drawn -= each.amount

    def other(self, each: Said) -> None:
        """Another voucher takes its part of the line."""
        assert each.amount is not None
        if each.amount > self.limit - self.frozen - self.drawn:
            raise RuleError("insufficient-credit")
        self.frozen += each.amount
        for book in (BUYER, BANK):
            self.post(each.date, book, line_frozen=each.amount, line_available=-each.amount)

    def in_state(self, *states: str, kind: str = "") -> None:
        if self.state == "–":
            raise RuleError("not-found")
        if self.state in FINAL and self.state not in states:
            raise RuleError("final")
        if self.state not in states:
            raise RuleError("duplicate" if kind in self.happened else "out-of-order")

    def by(self, each: Said, *allowed: str) -> None:
        """Whoever is named must be one of these."""
        if each.meta.get("by", allowed[0]) not in allowed:
            raise RuleError("wrong-actor")

    def by_party(self, each: Said, *allowed: str) -> None:
        """The same, but a name that is no party's is a person's."""
        if each.meta.get("by") in {BUYER, BANK, OTHER, INSURER, *STRANGERS}:
            self.by(each, *allowed)

    def not_given_back(self) -> None:
        if self.surrendered and self.state in OPEN:
            raise RuleError("surrendered")

    def not_recalled(self) -> None:
        if self.recalled:
            raise RuleError("recalled")

    def given_back_in_time(self, day: date) -> None:
        """Where a void must be a return: days of grace after a recall, if not surrendered."""
        asked = self.grace is not None and self.accepted and not self.one_bank
        if not asked or self.surrendered:
            return
        assert self.grace is not None
        if self.recalled is None or (day - self.recalled).days < self.grace:
            raise RuleError("not-surrendered")

    def not_returned(self) -> None:
        if self.returned:
            raise RuleError("returned")

    def same_currency(self, each: Said) -> None:
        """A currency is named only where it is another."""
        if each.currency is not None:
            raise RuleError("bad-currency")

    def more_than_nothing(self, amount: Decimal) -> None:
        if amount <= 0:
            raise RuleError("bad-amount")

    # -- conditions: a policy, and a day that must have come

    def unmet(self) -> bool:
        return bool(self.terms.get("requires-policy")) and self.policy is None

    def waiting(self, day: date) -> bool:
        until: date | None = self.terms.get("not-before")
        return until is not None and until > day

    def must_be_unmet(self, day: date) -> None:
        """By what was known on the evening before, and never on the day of the application."""
        if self.applied == day:
            raise RuleError("condition-waiting")
        if not self.unmet():
            raise RuleError("condition-waiting" if self.waiting(day - DAY) else "conditions-met")

    def past_apply_by(self, day: date) -> None:
        if day <= self.terms["apply-by"]:
            raise RuleError("not-yet-expired")

    def past_apply_by_if_represented(self, day: date) -> None:
        if self.terms.get("on-unmet") == "represent":
            self.past_apply_by(day)

    def reject(self, each: Said) -> None:
        self.in_state("issued")
        self.by(each, self.acceptor, INSURER)
        if self.offer:
            self.lapse(each.date)
        self.let_go(each.date)
        self.state = "rejected"

    def accept(self, each: Said) -> None:
        self.in_state("issued", kind="accept")
        self.by(each, self.acceptor)
        if each.date > self.terms["accept-by"]:
            raise RuleError("accept-late")
        self.not_returned()
        self.not_recalled()
        self.state, self.accepted = "accepted", each.date
        self.collect(each.date, self.held)

    def amend(self, each: Said) -> None:
        if self.state == "–":
            raise RuleError("not-found")
        new, dropped = terms_of(each), dropped_by(each)
        amount = self.amount if each.amount is None else each.amount
        usual = {"draws": "single", "on-unmet": "void"} | self.terms
        same = not dropped and all(usual.get(k) == v for k, v in new.items())
        if dropped - set(self.terms) or (amount == self.amount and same):
            raise RuleError("bad-value")
        self.in_state(*OPEN)
        self.not_given_back()
        if self.offer or each.number != self.last + 1:
            raise RuleError("out-of-order")
        if each.meta.get("requested-by", BUYER) not in (BUYER, BANK, self.acceptor, INSURER):
            raise RuleError("wrong-actor")
        self.by_party(each, BANK)
        self.check_dates(each.date, new)
        after = self.terms | new
        if after["apply-by"] < after["accept-by"]:
            raise RuleError("bad-deadlines")
        if amount < 0:
            raise RuleError("bad-amount")
        self.same_currency(each)
        if amount < self.settled + self.applied_for:
            raise RuleError("below-settled")
        more = max(amount - self.amount, ZERO)
        free = self.limit - self.frozen - self.drawn - self.freed[each.date]
        if self.funding == "credit" and more > max(free, ZERO):
            raise RuleError("insufficient-credit")
        if self.returned:
            raise RuleError("returned")
        self.offer, self.last, self.consents, self.offered = each, each.number, set(), more
        self.freeze(each.date, more)
        self.maybe_effective(each.date)

    def check_dates(self, day: date, new: dict[str, Any]) -> None:
        for key, value in new.items():
            deadline = isinstance(value, date) and key != "not-before"
            if deadline and value != self.terms.get(key) and value < day:
                raise RuleError("bad-deadlines")
        after = self.terms | new
        start, end = after.get("cover-start"), after.get("cover-end")
        if start and end and end < start:
            raise RuleError("bad-deadlines")
        if start != self.terms.get("cover-start") and self.starts and self.starts <= day:
            raise RuleError("bad-deadlines")

    def due_from(self) -> list[str]:
        if self.offer is None:
            return []
        asked = [BUYER, INSURER] if self.accepted else [BUYER]
        done = {self.offer.meta.get("requested-by", BUYER), *self.consents}
        return [each for each in asked if each not in done]

    def maybe_effective(self, day: date) -> None:
        if self.due_from():
            return
        assert self.offer is not None
        new, dropped = terms_of(self.offer), dropped_by(self.offer)
        more = (self.amount if self.offer.amount is None else self.offer.amount) - self.amount
        self.amendment, self.offer, self.offered = self.offer.number, None, ZERO
        cover = self.terms.get("cover-start"), self.terms.get("cover-end")
        self.terms = {k: v for k, v in self.terms.items() if k not in dropped} | new
        if cover != (self.terms.get("cover-start"), self.terms.get("cover-end")):
            before = sum((n for d, n in self.earns.items() if d < day), Fraction(0))
            left, self.layered = self.layered - before, before
            for later in [d for d in self.earns if d >= day]:
                del self.earns[later]
            self.spread(left, day)
        self.spread(more, day)
        self.amount += more
        self.held += more
        if more < 0:
            self.freeze(day, more)
            self.freed[day] -= more  # usable on the next day
        if self.accepted:
            self.collect(day, more)
        if self.recognised:
            self.owe(day, more)
        self.no_more_than_in_force(day)
        if not self.held:
            self.state = "settled" if self.settled else "voided"
            self.reason = None if self.settled else "agreed"

    def is_open(self, each: Said) -> None:
        if self.offer is None or self.offer.number != each.number:
            raise RuleError("out-of-order")
        if each.meta["by"] not in self.due_from():
            raise RuleError("wrong-actor")

    def consent(self, each: Said) -> None:
        self.in_state("issued", "accepted")
        self.not_given_back()
        self.is_open(each)
        assert self.offer is not None
        if each.date > self.terms["apply-by"]:
            raise RuleError("consent-late")
        if self.due_from() == [each.meta["by"]]:
            new = {k: v for k, v in self.offer.meta.items() if k.startswith("cover")}
            self.check_dates(each.date, new)
            if self.offer.amount is not None and self.offer.amount < self.settled:
                raise RuleError("below-settled")
        if self.returned:
            raise RuleError("returned")
        self.consents.add(each.meta["by"])
        self.maybe_effective(each.date)

    def decline(self, each: Said) -> None:
        self.in_state(*OPEN)
        self.not_given_back()
        self.is_open(each)
        self.lapse(each.date)

    def lapse(self, day: date) -> None:
        self.freeze(day, -self.offered)
        self.offer, self.offered = None, ZERO

    def withdraw(self, each: Said) -> None:
        self.in_state("applied", kind="withdraw")
        self.not_given_back()
        self.by(each, INSURER, BUYER)
        self.no_application()

    def no_application(self) -> None:
        self.state, self.applied, self.applied_for = "accepted", None, ZERO

    def apply(self, each: Said) -> None:
        again = self.terms.get("on-unmet") == "represent"
        self.in_state("accepted", *["applied"] * again, kind="apply")
        self.not_given_back()
        self.by(each, INSURER, BUYER)
        if each.date > self.terms["apply-by"]:
            raise RuleError("apply-late")
        amount = self.held if each.amount is None else each.amount
        self.more_than_nothing(amount)
        self.same_currency(each)
        if amount > self.held:
            raise RuleError("exceeds-held")
        self.not_returned()
        self.not_recalled()
        self.state, self.applied, self.applied_for = "applied", each.date, amount
        self.policy = each.meta.get("policy")

    def discrepancy(self, each: Said) -> None:
        self.in_state("applied", kind="discrepancy")
        self.not_given_back()
        if self.terms.get("on-unmet") != "represent":
            raise RuleError("out-of-order")
        if each.meta.get("application", self.applied) != self.applied:
            raise RuleError("out-of-order")
        self.by(each, BANK)
        self.must_be_unmet(each.date)
        self.no_application()
        self.recalled = None

    def settle(self, each: Said) -> None:
        self.in_state("applied", kind="settle")
        self.not_given_back()
        self.by_party(each, BANK)
        paid = self.applied_for if each.amount is None else each.amount
        self.more_than_nothing(paid)
        self.same_currency(each)
        if paid > self.applied_for:
            raise RuleError("exceeds-applied")
        self.not_returned()
        if self.unmet():
            raise RuleError("condition-unmet")
        if self.waiting(each.date):
            raise RuleError("condition-waiting")
        rest = ZERO if self.terms.get("draws") == "multiple" else self.held - paid
        last = paid + rest == self.held
        if last and self.offer:
            self.lapse(each.date)
        self.freeze(each.date, -paid - rest)
        self.collect(each.date, -paid - rest)
        if self.funding == "cash":
            self.post(each.date, BUYER, bank=-paid)
            self.post(each.date, BANK, deposits=paid)
        else:
            self.drawn += paid
            for book in (BUYER, BANK):
                self.post(each.date, book, line_drawn=paid, line_available=-paid)
            self.post(each.date, BUYER, loan=-paid)
            self.post(each.date, BANK, loans=paid)
        self.paid_over(each.date, paid)
        if self.recognised:
            self.owe(each.date, -rest)
            self.due -= paid
            self.post(each.date, BUYER, payable=paid)
            self.post(each.date, INSURER, bank=paid, receivable=-paid)
        else:
            self.post(each.date, BUYER, prepaid=paid)
            before = self.starts is not None and each.date < self.starts
            role = "advance" if self.separate and before else "unearned"
            self.post(each.date, INSURER, bank=paid, **{role: -paid})
            if role == "advance":
                self.in_advance += paid
        self.began = True
        self.posts_from = min(self.posts_from, each.date + DAY)
        self.settled += paid
        self.held -= paid + rest
        self.less(each.date, rest)
        self.no_application()
        if last:
            self.state = "settled"
        else:
            self.recalled = None

    def paid_over(self, day: date, paid: Decimal) -> None:
        if self.one_bank:
            self.post(day, BANK, deposits_insurer=-paid)
        else:
            self.post(day, BANK, interbank_payable=-paid)
            self.post(day, OTHER, interbank_receivable=paid, deposits_insurer=-paid)

    def less(self, day: date, rest: Decimal) -> None:
        self.released += rest
        self.spread(-rest, day)
        self.no_more_than_in_force(day)

    def release(self, each: Said) -> None:
        self.in_state("accepted", "applied", kind="release")
        if not self.settled:
            raise RuleError("out-of-order")
        if self.state == "accepted":
            self.by_party(each, INSURER, BANK)
            ended = self.returned or self.surrendered
            if not ended and each.meta.get("by") != INSURER:
                self.past_apply_by(each.date)
        else:
            self.by_party(each, BANK)
            if not (self.returned or self.surrendered):
                self.past_apply_by_if_represented(each.date)
                self.must_be_unmet(each.date)
        self.given_back_in_time(each.date)
        if self.offer:
            self.lapse(each.date)
        self.let_go(each.date)
        self.state = "settled"

    def let_go(self, day: date) -> None:
        self.freeze(day, -self.held)
        if self.accepted:
            self.collect(day, -self.held)
        if self.recognised:
            self.owe(day, -self.held)
        rest, self.held = self.held, ZERO
        self.less(day, rest)
        self.no_application()

    def void(self, each: Said) -> None:
        self.in_state(*OPEN)
        reason = each.meta["reason"]
        if self.settled or self.state not in ENDED_BY[reason]:
            raise RuleError("out-of-order")
        self.by_party(each, BANK, *[BUYER] * (reason == "cancelled"))
        self.may_be_void(reason, each.date)
        if reason not in ("not-accepted", "cancelled", "surrendered"):
            self.given_back_in_time(each.date)
        if self.offer:
            self.lapse(each.date)
        self.let_go(each.date)
        self.state, self.reason = "voided", reason

    def may_be_void(self, reason: str, day: date) -> None:
        if reason == "not-accepted" and day <= self.terms["accept-by"]:
            raise RuleError("not-yet-expired")
        if reason == "no-application":
            self.past_apply_by(day)
        if reason == "conditions-unmet":
            self.past_apply_by_if_represented(day)
            self.must_be_unmet(day)
        if reason == "insurance-returned" and not self.returned:
            raise RuleError("no-return-notice")
        if reason == "surrendered" and not self.surrendered:
            raise RuleError("not-surrendered")

    def recall(self, each: Said) -> None:
        """The issuer asks for it back, for a reason that stands or that was overtaken."""
        if self.recalled and self.state in OPEN:
            raise RuleError("duplicate")
        self.in_state(*OPEN)
        self.not_given_back()
        self.by(each, BANK)
        reason = each.meta["reason"]
        takes = ENDED_BY[reason]
        if self.settled and takes == ("issued",):
            raise RuleError("out-of-order")
        overtaken = all(OPEN.index(state) < OPEN.index(self.state) for state in takes)
        if self.state not in takes and not overtaken:
            raise RuleError("out-of-order")
        self.may_be_void(reason, each.date)
        self.recalled = each.date

    def surrender(self, each: Said) -> None:
        if self.surrendered and self.state in OPEN:
            raise RuleError("duplicate")
        self.in_state("accepted", "applied")
        self.by(each, self.acceptor)
        self.surrendered = True

    def refund(self, each: Said) -> None:
        self.in_state(*OPEN, "settled")
        if self.state == "issued":
            raise RuleError("out-of-order")
        self.not_given_back()
        if not self.settled:
            raise RuleError("out-of-order")
        limit = self.terms.get("refund-by")
        if limit and each.date > limit:
            raise RuleError("refund-late")
        assert each.amount is not None
        kept = each.meta.get("kept", ZERO)
        whole, since = each.amount + kept, each.meta.get("from", each.date)
        if each.amount <= 0 or kept < 0:
            raise RuleError("bad-amount")
        self.same_currency(each)
        left = self.settled - self.refunded - self.kept
        if whole > left:
            raise RuleError("exceeds-settled")
        if self.earning != "none" and whole > left - self.earned_by(since - DAY):
            raise RuleError("exceeds-unearned")
        if each.meta.get("to") == "loan" and each.amount > self.drawn:
            raise RuleError("exceeds-drawn")
        before = each.date - DAY
        if before >= self.posts_from and not (self.posted_on and self.posted_on >= before):
            self.earn(before, before)
        self.pay_back(each, kept)
        self.refunded += each.amount
        self.kept += kept
        self.spread(-whole, since)
        self.places += [(each.date, places(number)) for number in (each.amount, kept)]
        if self.posted_on:
            most = min(self.earned_by(self.posted_on), self.in_force)
            self.no_more_than_in_force(each.date, most)

    def pay_back(self, each: Said, kept: Decimal) -> None:
        assert each.amount is not None
        day, whole = each.date, each.amount + kept
        to = each.meta.get("to", "loan" if self.funding == "credit" else "bank")
        loan = min(each.amount, self.drawn) if to == "loan" else ZERO
        bank = each.amount - loan
        advance = min(whole, self.in_advance)
        self.in_advance -= advance
        self.drawn -= loan
        for book in (BUYER, BANK):
            self.post(day, book, line_available=loan, line_drawn=-loan)
        self.post(day, BUYER, bank=bank, loan=loan, expense=kept, prepaid=-whole)
        self.post(day, BANK, deposits=-bank, loans=-loan)
        self.paid_over(day, -each.amount)
        self.post(
            day, INSURER, advance=advance, unearned=whole - advance, charges=-kept,
            bank=-each.amount,
        )  # fmt: skip

    # "return" is a word of Python.
    def take_notice(self, each: Said) -> None:
        self.notices = [*self.notices, each.meta.get("by")]
        both = sorted(map(str, self.notices)) == sorted((INSURER, BUYER))
        if self.returned and self.state in OPEN and not both:
            self.notices.pop()
            raise RuleError("duplicate")
        self.in_state(*OPEN)
        self.by_party(each, INSURER, BUYER)
        self.returned = self.returned or each.date

    def close(self, each: Said) -> None:
        """The ledger goes on until here."""


setattr(Whole, "return", Whole.take_notice)


def terms_of(each: Said) -> dict[str, Any]:
    """The terms that an amendment sets."""
    others = ("requested-by", "reason", "by", "drop")
    return {key: value for key, value in each.meta.items() if key not in others}


def dropped_by(each: Said) -> set[str]:
    return {name.strip() for name in each.meta.get("drop", "").split(";") if name.strip()}


def places(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0

"""A second opinion on the manual: vouchers replayed day by day with plain dicts.

Written from the manual's text alone, without tables of rules, so that it and the plugin share
no mistake. Nothing of the product is imported here.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Collection

DAY_ORDER = (
    "party",
    "option",
    "credit-line",
    "repay",
    "request",
    "refuse",
    "issue",
    "reject",
    "accept",
    "cover",
    "apply",
    "return",
    "settle",
    "void",
    "close",
)
FINAL = {"refused", "rejected", "settled", "voided"}
OPEN = {"issued", "accepted", "applied"}
# What is there beside the facts, and the options, which hold whatever their date.
NO_FACTS = {"event", "money", "option"}
PAIR_KINDS = {"credit-line", "repay"}
BOOK_KINDS = {"party", "option", "close"}
REASONS = {
    "not-accepted",
    "no-application",
    "conditions-unmet",
    "insurance-returned",
    "cancelled",
    "surrendered",
}
CONDITIONS = {
    "requires-policy",
    "requires-amount",
    "requires-document",
    "requires-event",
    "requires-code",
    "not-before",
}
MUST = ("policyholder", "insurer", "issuer", "funding", "accept-by", "apply-by")
TERMS = {
    *MUST,
    *CONDITIONS,
    "acceptor",
    "cover-start",
    "cover-end",
    "product",
    "on-unmet",
}
KNOWN_KEYS = {
    "request": TERMS | {"requested-by"},
    "refuse": {"reason"},
    "issue": TERMS,
    "accept": {"by", "instructed-by"},
    "reject": {"reason", "by"},
    "apply": {"by", "policy", "code", "document"},
    "return": {"reason", "by"},
    "settle": {"by"},
    "void": {"reason", "by"},
}
CHOICES = {
    "recognise-at": ("coverage", "accept", "settle"),
    "advance-premium": ("separate", "unearned"),
    "hold-accounts": ("pooled", "per-voucher"),
    "open-accounts": ("plugin", "user"),
    "check-funds": ("on", "off"),
}
LINE_PARTS = ("Limit", "Available", "Frozen", "Drawn")
LINE = "Equity:{party}:Memo:CreditLine:{other}"
# What each book's accounts are called, unless its party says otherwise.
ACCOUNTS = {
    "policyholder": {
        "bank": "Assets:{party}:{other}",
        "loan": "Liabilities:{party}:{other}:CreditLine",
        "prepaid": "Assets:{party}:PrepaidInsurance",
        "payable": "Liabilities:{party}:PremiumPayable",
        "expense": "Expenses:{party}:Insurance",
        **{f"line-{part.lower()}": f"{LINE}:{part}" for part in LINE_PARTS},
    },
    "bank": {
        "deposits": "Liabilities:{party}:Deposits:{other}",
        "held": "Liabilities:{party}:Held:{other}",
        "loans": "Assets:{party}:Loans:{other}",
        "interbank-payable": "Liabilities:{party}:Interbank:{other}",
        "interbank-receivable": "Assets:{party}:Interbank:{other}",
        "collection": "Equity:{party}:Memo:ForCollection:{other}",
        "collection-contra": "Equity:{party}:Memo:ForCollectionContra",
        **{f"line-{part.lower()}": f"{LINE}:{part}" for part in LINE_PARTS},
    },
    "insurer": {
        "bank": "Assets:{party}:{other}",
        "receivable": "Assets:{party}:PremiumReceivable",
        "advance": "Liabilities:{party}:AdvancePremium",
        "unearned": "Liabilities:{party}:UnearnedPremium",
        "income": "Income:{party}:Premium",
        "charges": "Income:{party}:CancellationCharges",
        "vouchers": "Equity:{party}:Memo:VouchersReceived:{other}",
        "vouchers-contra": "Equity:{party}:Memo:VouchersReceivedContra",
    },
}
ROLES = {role: set(names) for role, names in ACCOUNTS.items()}
ROLES["policyholder"].add("frozen")
# Those of which each voucher has its own under hold-accounts "per-voucher".
HOLDS = {
    "frozen",
    "held",
    "line-frozen",
    "receivable",
    "payable",
    "advance",
    "collection",
    "vouchers",
}
ZERO = Decimal(0)
DAY = timedelta(days=1)


class Money(NamedTuple):
    number: Decimal
    currency: str


Value = str | date | bool


@dataclass(frozen=True)
class Event:
    """One dated line: a voucher directive, a Beancount event, or some money that comes in.

    Its place in the list of events stands for its file and line.
    """

    date: date
    kind: str
    subject: tuple[str, ...]
    amount: Money | None = None
    meta: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True)
class Options:
    """What the ledger's voucher-option directives choose."""

    recognise_at: str = "coverage"
    separate_advance: bool = True
    per_voucher: bool = False
    user_opens: bool = False
    check_funds: bool = True


@dataclass
class Line:
    limit: Decimal = ZERO
    frozen: Decimal = ZERO
    drawn: Decimal = ZERO

    @property
    def free(self) -> Decimal:
        return self.limit - self.frozen - self.drawn


@dataclass
class Voucher:
    id: str
    state: str
    number: Decimal
    currency: str
    terms: dict[str, Any]
    # What the request gave, if there was one: a later issue may leave that out.
    asked: dict[str, Any] | None = None
    issued: date | None = None
    accepted: date | None = None
    applied: date | None = None
    returned: date | None = None
    notices: list[Any] = field(default_factory=list)
    closed: date | None = None
    reason: str | None = None
    applied_for: Decimal = ZERO
    evidence: dict[str, Any] = field(default_factory=dict)
    held: Decimal = ZERO
    settled: Decimal = ZERO
    released: Decimal = ZERO
    recognised: Decimal = ZERO
    in_advance: Decimal = ZERO
    cover_done: bool = False
    overdue: bool = False

    @property
    def cash(self) -> bool:
        return bool(self.terms["funding"] == "cash")

    @property
    def policyholder(self) -> str:
        return str(self.terms["policyholder"])

    @property
    def insurer(self) -> str:
        return str(self.terms["insurer"])

    @property
    def issuer(self) -> str:
        return str(self.terms["issuer"])

    @property
    def acceptor(self) -> str:
        return str(self.terms.get("acceptor", self.terms["issuer"]))

    @property
    def represent(self) -> bool:
        return bool(self.terms.get("on-unmet") == "represent")

    @property
    def cover_from(self) -> date | None:
        """The first covered day: of a voucher without one, that of its acceptance."""
        start: date | None = self.terms.get("cover-start", self.accepted)
        return start


class Posting(NamedTuple):
    date: date
    book: str
    event: str
    voucher: str
    account: str
    currency: str
    number: Decimal


class RuleError(Exception):
    """The event breaks a rule; the argument is the error's code."""


Balances = dict[tuple[str, str], Decimal]


@dataclass
class Chart:
    """What the parties' accounts are called."""

    parties: dict[str, str] = field(default_factory=dict)
    # The accounts that a party calls otherwise, by party and role.
    own: dict[tuple[str, str], str] = field(default_factory=dict)

    def account(self, book: str, role: str, other: str) -> str:
        name = self.own.get((book, role))
        if name is None and role == "frozen":
            return self.account(book, "bank", other) + ":Frozen"
        name = name or ACCOUNTS[self.parties[book]][role]
        for placeholder in ("other", "bank", "customer"):
            name = name.replace("{" + placeholder + "}", other)
        return name.replace("{party}", book)


class Claim(NamedTuple):
    at: int
    date: date
    account: str
    currency: str
    posted: Decimal
    sign: int


def _bank_order(claim: tuple[str, int]) -> tuple[bool, str]:
    """Repayments are named by two parties and a day."""
    return " " not in claim[0], claim[0]


@dataclass
class Outcome:
    codes: list[str | None]
    vouchers: dict[str, Voucher]
    postings: list[Posting]
    horizon: date | None
    options: Options
    chart: Chart
    # Where in the list of events each voucher's issue stands.
    issues: dict[str, int]
    # Where each repayment stands, by "policyholder bank day".
    repaid: dict[str, int]
    # The parties whose books the ledger keeps; None: all.
    keeps: frozenset[str] | None = None

    def kept(self, parties: Collection[str]) -> Outcome:
        """What a ledger that keeps only these parties' books has of it: all, if none is named."""
        if not parties:
            return self
        books = [p for p in self.postings if p.book in parties]
        return replace(self, postings=books, keeps=frozenset(parties))

    def reported_short(self, deposits: list[Posting]) -> Outcome:
        """The same with an error at each issue whose hold no longer fitted."""
        codes = list(self.codes)
        for index in self.short_of_funds(deposits):
            assert codes[index] is None
            codes[index] = "insufficient-funds"
        return replace(self, codes=codes)

    def short_of_funds(self, deposits: list[Posting]) -> set[int]:
        """The holds and repayments that no longer fitted, given what else moved the accounts."""
        if not self.options.check_funds:
            return set()
        result = set()
        claims = self._claims()
        for day in sorted({claim.date for claim in claims}):
            free: Balances = defaultdict(Decimal)
            for posting in [*deposits, *self.postings]:
                if posting.date <= day:
                    free[posting.account, posting.currency] += posting.number
            today = [claim for claim in claims if claim.date == day and claim.posted]
            # A bank account is in debit, what a bank owes its customer in credit.
            for claim in today:
                free[claim.account, claim.currency] -= claim.posted
            for claim in today:
                after = free[claim.account, claim.currency] + claim.posted
                if after * claim.sign < 0:
                    result.add(claim.at)
                else:
                    free[claim.account, claim.currency] = after
        return result

    def _claims(self) -> list[Claim]:
        """What each repayment, then each issue by voucher id, has taken by the day's end."""
        claims = []
        for name, index in sorted([*self.repaid.items(), *self.issues.items()], key=_bank_order):
            voucher = self.vouchers.get(name)
            if voucher is not None and not voucher.cash:
                continue
            own, bank = (voucher.policyholder, voucher.issuer) if voucher else name.split(" ")[:2]
            at_home = self.keeps is None or own in self.keeps
            account = self.chart.account(
                own if at_home else bank, *(("bank", bank) if at_home else ("deposits", own))
            )
            moved = [
                p
                for p in self.postings
                if p.account == account
                and p.book == (own if at_home else bank)
                and p.voucher == (name if voucher else "")
                and (p.event == "repay") == (voucher is None)
                and (voucher is not None or [p.date.isoformat(), p.currency] == name.split(" ")[2:])
            ]
            begun = [p for p in moved if p.event in ("issue", "repay")]
            if begun:
                day = begun[0].date
                same = [
                    p.number for p in moved if p.date == day and p.currency == begun[0].currency
                ]
                claims.append(
                    Claim(
                        index,
                        day,
                        account,
                        begun[0].currency,
                        sum(same, Decimal(0)),
                        1 if at_home else -1,
                    )
                )
        return claims

    def balances(self) -> dict[date, Balances]:
        """Every non-zero balance at the end of every day on which something was posted."""
        running: Balances = defaultdict(Decimal)
        result: dict[date, Balances] = {}
        for posting in sorted(self.postings, key=lambda p: p.date):
            running[posting.account, posting.currency] += posting.number
            result[posting.date] = {key: number for key, number in running.items() if number}
        return result


def run(events: list[Event], kept: Collection[str] = ()) -> Outcome:
    """Live through all events and keep the books of some parties, or of all."""
    deposits = [_deposit(event) for event in events if event.kind == "money"]
    return _World(events).run().kept(kept).reported_short(deposits)


def _deposit(event: Event) -> Posting:
    assert event.amount is not None
    return Posting(
        event.date, "", "", "", event.subject[0], event.amount.currency, event.amount.number
    )


def as_of(events: list[Event], day: date) -> dict[str, Voucher]:
    """Every voucher as the books say on the earlier of the day and the horizon."""
    horizon = run(events).horizon
    if horizon is None:
        return {}
    until = min(day, horizon)
    # The date of an option has no effect: those of the future count, too.
    world = _World([e for e in events if e.date <= until or e.kind == "option"], until=until)
    vouchers = world.run().vouchers
    world.events = [e for e in events if e.date <= day]
    for voucher in vouchers.values():
        voucher.overdue = world.is_overdue(voucher, day)
    return vouchers


def _chosen(events: list[Event], codes: list[str | None]) -> Options:
    """What the options choose; each stands once in a ledger, and its date has no effect."""
    said: dict[str, list[int]] = defaultdict(list)
    for index, event in enumerate(events):
        if event.kind == "option":
            name, value = event.subject
            if name not in CHOICES:
                codes[index] = "unknown-option"
            elif value not in CHOICES[name]:
                codes[index] = "bad-value"
            else:
                said[name].append(index)
    chosen = {name: values[0] for name, values in CHOICES.items()}
    for name, indexes in said.items():
        values = {events[i].subject[1] for i in indexes}
        first = None
        if len(values) == 1:
            chosen[name] = values.pop()
            first = min(indexes, key=lambda i: (events[i].date, i))
        for index in indexes:
            if index != first:
                codes[index] = "duplicate"
    return Options(
        chosen["recognise-at"],
        chosen["advance-premium"] == "separate",
        chosen["hold-accounts"] == "per-voucher",
        chosen["open-accounts"] == "user",
        chosen["check-funds"] == "on",
    )


def _form(event: Event) -> None:
    """What can be said of the directive by itself."""
    if event.kind in PAIR_KINDS or event.kind in BOOK_KINDS:
        if event.kind == "party":
            _party_form(event)
        return
    if event.subject[0][0].islower():
        raise RuleError("bad-id")
    for key, value in event.meta:
        _key(event.kind, key, value)
    meta = dict(event.meta)
    if event.kind == "void":
        if "reason" not in meta:
            raise RuleError("missing-key")
        if meta["reason"] not in REASONS:
            raise RuleError("bad-reason")
    if event.kind == "request" and not {"policyholder", "insurer"} <= set(meta):
        raise RuleError("missing-key")


def _party_form(event: Event) -> None:
    role = event.subject[1]
    if role not in ACCOUNTS:
        raise RuleError("bad-value")
    for key, _ in event.meta:
        known = {"name", *ROLES[role]}
        if not key.startswith(("note", "document")) and key not in known:
            raise RuleError("unknown-key")


def _key(kind: str, key: str, value: Value) -> None:
    if key.startswith("requires-") and key not in CONDITIONS:
        raise RuleError("condition-unknown")
    if not key.startswith(("note", "document")) and key not in KNOWN_KEYS[kind]:
        raise RuleError("unknown-key")
    if value is False:
        raise RuleError("bad-value")


def _content(event: Event) -> tuple[tuple[str, ...], Money | None, dict[str, Value]]:
    """What the directive says; a note is a remark and says nothing."""
    said = {key: value for key, value in event.meta if not key.startswith("note")}
    return (event.subject, event.amount, said)


class _World:
    def __init__(self, events: list[Event], *, until: date | None = None) -> None:
        self.events = events
        self.codes: list[str | None] = [None] * len(events)
        self.options = _chosen(events, self.codes)
        self.chart = Chart()
        self.lines: dict[tuple[str, str, str], Line] = defaultdict(Line)
        self.vouchers: dict[str, Voucher] = {}
        self.postings: list[Posting] = []
        self.closes: set[str] = set()
        self.issues: dict[str, int] = {}
        self.repaid: dict[str, int] = {}
        self.horizon: date | None = None
        # Cover may start on a day on which nothing is said.
        self.until = until
        self.last_day = until or max((e.date for e in events), default=date.min)

    # -- the calendar

    def run(self) -> Outcome:
        days: dict[date, list[int]] = defaultdict(list)
        for index, event in enumerate(self.events):
            if event.kind not in NO_FACTS:
                days[event.date].append(index)
        if self.events:
            day = min(e.date for e in self.events)
            while day <= self.last_day:
                self._live(day, days[day])
                day += DAY
        # Nothing valid was said after the horizon, so nothing rests on what is taken away here.
        end = self.until or self.horizon or date.min
        kept = [p for p in self.postings if p.date <= end]
        return Outcome(
            self.codes, self.vouchers, kept, self.horizon, self.options, self.chart, self.issues,
            self.repaid,
        )  # fmt: skip

    def _live(self, day: date, indexes: list[int]) -> None:
        todo: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for index in indexes:
            event = self.events[index]
            todo[event.kind, self._subject(event)].append(index)
        for kind in DAY_ORDER:
            if kind == "cover":
                self._cover_starts(day)
            for _, subject in sorted(key for key in todo if key[0] == kind):
                self._group(todo[kind, subject])

    def _subject(self, event: Event) -> tuple[str, ...]:
        """Whom or what the directive is about, for the rule on duplicates."""
        if event.kind in PAIR_KINDS:
            assert event.amount is not None
            return (*event.subject, event.amount.currency)
        if event.kind == "return":
            return event.subject[0], str(dict(event.meta).get("by", ""))
        return event.subject[:1]

    def _group(self, indexes: list[int]) -> None:
        """Directives of one kind about one subject on one date."""
        sound: list[int] = []
        for index in indexes:
            try:
                _form(self.events[index])
            except RuleError as error:
                self.codes[index] = str(error)
            else:
                sound.append(index)
        same = all(self._meant(i) == self._meant(sound[0]) for i in sound)
        # All are looked at before any of them counts: none comes after another.
        for place, index in enumerate(sound):
            try:
                self._found(self.events[index])
            except RuleError as error:
                self.codes[index] = str(error)
            else:
                if len(sound) > 1 and (place > 0 or not same):
                    self.codes[index] = "duplicate"
        for index in sound:
            if self.codes[index] is None:
                self._judge(index)

    def _meant(self, index: int) -> object:
        """What a directive says, with what it leaves out and means all the same."""
        event = self.events[index]
        subject, amount, said = _content(event)
        voucher = self.vouchers.get(subject[0]) if event.kind not in PAIR_KINDS else None
        if event.kind in {"request", "issue"}:
            asked = (voucher.asked if voucher and event.kind == "issue" else None) or {}
            usual = {"on-unmet": "void"}
            if event.kind == "request":
                usual["requested-by"] = "policyholder"
            said = usual | asked | said
            if "issuer" in said:
                said = {"acceptor": said["issuer"]} | said
        if voucher and not amount and event.kind in {"apply", "settle"}:
            whole = voucher.held if event.kind == "apply" else voucher.applied_for
            amount = Money(whole, voucher.currency)
        return subject, amount, said

    def _judge(self, index: int) -> None:
        event = self.events[index]
        try:
            getattr(self, "_" + event.kind.replace("-", "_"))(event, dict(event.meta))
        except RuleError as error:
            self.codes[index] = str(error)
        else:
            if event.kind == "issue":
                self.issues[event.subject[0]] = index
            if event.kind == "repay":
                assert event.amount is not None
                where = (*event.subject, event.date.isoformat(), event.amount.currency)
                self.repaid[" ".join(where)] = index
            self.horizon = event.date

    # -- who and what is there

    def _party_is(self, party: str, role: str) -> None:
        if party not in self.chart.parties:
            raise RuleError("unknown-party")
        if self.chart.parties[party] != role:
            raise RuleError("wrong-role")

    def _found(self, event: Event) -> None:
        """Voucher and parties are there, and the voucher is not final."""
        if event.kind in BOOK_KINDS:
            return
        if event.kind in PAIR_KINDS:
            self._party_is(event.subject[0], "policyholder")
            self._party_is(event.subject[1], "bank")
            return
        voucher = self.vouchers.get(event.subject[0])
        if event.kind in {"request", "issue"}:
            meta = dict(event.meta)
            given = meta | ((voucher and voucher.asked) or {})
            must = {*MUST, "cover-start"} if "cover-end" in given else set(MUST)
            if event.kind == "issue" and not must <= set(given):
                raise RuleError("missing-key")
            for key in ("policyholder", "insurer", "issuer", "acceptor"):
                if key in meta:
                    role = "bank" if key in {"issuer", "acceptor"} else key
                    self._party_is(str(meta[key]), role)
        elif voucher is None:
            raise RuleError("not-found")
        if voucher and voucher.state in FINAL:
            raise RuleError("final")

    # -- parties, options, lines, periods

    def _party(self, event: Event, meta: dict[str, Any]) -> None:
        party, role = event.subject
        if party in self.chart.parties:
            raise RuleError("duplicate")
        self.chart.parties[party] = role
        self.chart.own |= {(party, key): name for key, name in meta.items() if key in ROLES[role]}

    def _close(self, event: Event, _: dict[str, Any]) -> None:
        if event.subject[0] in self.closes:
            raise RuleError("duplicate")
        self.closes.add(event.subject[0])

    def _credit_line(self, event: Event, _: dict[str, Any]) -> None:
        policyholder, bank = event.subject
        assert event.amount is not None
        number, currency = event.amount
        line = self.lines[policyholder, bank, currency]
        if number < 0:
            raise RuleError("bad-amount")
        if number < line.frozen + line.drawn:
            raise RuleError("insufficient-credit")
        more = number - line.limit
        line.limit = number
        for book in (policyholder, bank):
            self._memo_line(
                event.date, book, "credit-line", "", (policyholder, bank, currency),
                available=more, limit=-more,
            )  # fmt: skip

    def _repay(self, event: Event, _: dict[str, Any]) -> None:
        policyholder, bank = event.subject
        assert event.amount is not None
        number, currency = event.amount
        line = self.lines[policyholder, bank, currency]
        if number <= 0:
            raise RuleError("bad-amount")
        if number > line.drawn:
            raise RuleError("exceeds-drawn")
        line.drawn -= number
        for book in (policyholder, bank):
            self._memo_line(
                event.date, book, "repay", "", (policyholder, bank, currency),
                available=number, drawn=-number,
            )  # fmt: skip
        own, customer = (policyholder, event.date, "repay", ""), (bank, event.date, "repay", "")
        self._post(own, "loan", bank, currency, number)
        self._post(own, "bank", bank, currency, -number)
        self._post(customer, "deposits", policyholder, currency, number)
        self._post(customer, "loans", policyholder, currency, -number)

    # -- before the voucher is issued

    def _request(self, event: Event, meta: dict[str, Any]) -> None:
        voucher_id = event.subject[0]
        voucher = self.vouchers.get(voucher_id)
        if voucher:
            raise RuleError("duplicate" if voucher.asked is not None else "out-of-order")
        assert event.amount is not None
        if event.amount.number <= 0:
            raise RuleError("bad-amount")
        terms = {key: value for key, value in meta.items() if key in TERMS}
        self.vouchers[voucher_id] = Voucher(
            voucher_id, "requested", event.amount.number, event.amount.currency, terms, terms
        )

    def _refuse(self, event: Event, meta: dict[str, Any]) -> None:
        voucher = self._in_state(event, "requested")
        voucher.state, voucher.closed, voucher.reason = "refused", event.date, meta.get("reason")

    def _issue(self, event: Event, meta: dict[str, Any]) -> None:
        assert event.amount is not None
        voucher = self.vouchers.get(event.subject[0])
        if voucher and voucher.state != "requested":
            raise RuleError("duplicate")
        terms = {key: value for key, value in meta.items() if key in TERMS}
        if voucher:
            if event.amount != (voucher.number, voucher.currency) or any(
                terms.get(key, value) != value for key, value in voucher.terms.items()
            ):
                raise RuleError("terms-differ")
            terms = voucher.terms | terms
        self._issue_dates(event.date, terms)
        number, currency = event.amount
        if number <= 0:
            raise RuleError("bad-amount")
        line = self.lines[terms["policyholder"], terms["issuer"], currency]
        if terms["funding"] == "credit":
            if number > line.free:
                raise RuleError("insufficient-credit")
            line.frozen += number
        issued = voucher or Voucher(event.subject[0], "", number, currency, {})
        issued.terms, issued.state = terms, "issued"
        issued.issued, issued.held = event.date, number
        self.vouchers[issued.id] = issued
        self._freeze(event.date, "issue", issued, number)

    def _issue_dates(self, day: date, terms: dict[str, Any]) -> None:
        if "cover-end" in terms and terms["cover-end"] < terms["cover-start"]:
            raise RuleError("bad-deadlines")
        if not day <= terms["accept-by"] <= terms["apply-by"]:
            raise RuleError("bad-deadlines")

    # -- the life of an issued voucher

    def _in_state(self, event: Event, *states: str, done: bool = False) -> Voucher:
        voucher = self.vouchers[event.subject[0]]
        if voucher.state not in states:
            raise RuleError("duplicate" if done else "out-of-order")
        return voucher

    def _reject(self, event: Event, meta: dict[str, Any]) -> None:
        voucher = self._in_state(event, "issued")
        if meta.get("by", voucher.acceptor) not in {voucher.acceptor, voucher.insurer}:
            raise RuleError("wrong-actor")
        self._freeze(event.date, "reject", voucher, -voucher.held)
        voucher.reason = meta.get("reason")
        self._end(event.date, voucher, "rejected", ZERO)

    def _accept(self, event: Event, meta: dict[str, Any]) -> None:
        seen = self.vouchers[event.subject[0]]
        voucher = self._in_state(event, "issued", done=seen.accepted is not None)
        if meta.get("by", voucher.acceptor) != voucher.acceptor:
            raise RuleError("wrong-actor")
        if meta.get("instructed-by", voucher.insurer) != voucher.insurer:
            raise RuleError("wrong-actor")
        if event.date > voucher.terms["accept-by"]:
            raise RuleError("accept-late")
        if voucher.returned:
            raise RuleError("returned")
        voucher.state, voucher.accepted = "accepted", event.date
        self._collect(event.date, "accept", voucher, voucher.held)
        if self.options.recognise_at == "accept":
            self._recognise(event.date, voucher)

    def _apply(self, event: Event, meta: dict[str, Any]) -> None:
        seen = self.vouchers[event.subject[0]]
        states = ("accepted", "applied") if seen.represent else ("accepted",)
        voucher = self._in_state(event, *states, done=seen.applied is not None)
        if meta.get("by", voucher.insurer) not in {voucher.insurer, voucher.policyholder}:
            raise RuleError("wrong-actor")
        if event.date > voucher.terms["apply-by"]:
            raise RuleError("apply-late")
        asked = self._asked(event, voucher, voucher.held, "exceeds-held")
        if voucher.returned:
            raise RuleError("returned")
        voucher.state, voucher.applied = "applied", event.date
        voucher.applied_for, voucher.evidence = asked, meta

    def _asked(self, event: Event, voucher: Voucher, most: Decimal, code: str) -> Decimal:
        number, currency = event.amount or (most, voucher.currency)
        if number <= 0:
            raise RuleError("bad-amount")
        if currency != voucher.currency:
            raise RuleError("bad-currency")
        if number > most:
            raise RuleError(code)
        return number

    def _return(self, event: Event, meta: dict[str, Any]) -> None:
        seen = self.vouchers[event.subject[0]]
        voucher = self._in_state(event, *OPEN)
        if seen.returned and not self._is_the_others(meta, voucher):
            raise RuleError("duplicate")
        self._is_not_for_others(meta, voucher.insurer, voucher.policyholder)
        voucher.notices.append(meta.get("by"))
        voucher.returned = voucher.returned or event.date

    def _is_the_others(self, meta: dict[str, Any], voucher: Voucher) -> bool:
        """One customer gives notice after the other has: two facts, and the first counts."""
        said = [*voucher.notices, meta.get("by")]
        return set(said) == {voucher.insurer, voucher.policyholder} and len(said) == len(set(said))

    def _is_not_for_others(self, meta: dict[str, Any], *parties: str) -> None:
        """A party that is none of these does not do it; any other text is a person's name."""
        if meta.get("by") in self.chart.parties.keys() - set(parties):
            raise RuleError("wrong-actor")

    def _settle(self, event: Event, meta: dict[str, Any]) -> None:
        voucher = self._in_state(event, "applied")
        self._is_not_for_others(meta, voucher.issuer)
        paid = self._asked(event, voucher, voucher.applied_for, "exceeds-applied")
        if voucher.returned:
            raise RuleError("returned")
        unmet, waiting = self._conditions(voucher, event.date, paid)
        if unmet:
            raise RuleError("condition-unmet")
        if waiting:
            raise RuleError("condition-waiting")
        self._pay(event.date, voucher, paid)
        self._end(event.date, voucher, "settled", paid)

    def _void(self, event: Event, meta: dict[str, Any]) -> None:
        reason = meta["reason"]
        takes = {
            "not-accepted": ("issued",),
            "cancelled": ("issued",),
            "no-application": ("accepted",),
            "conditions-unmet": ("applied",),
            "insurance-returned": ("issued", "accepted", "applied"),
            "surrendered": ("accepted", "applied"),
        }[reason]
        voucher = self._in_state(event, *takes)
        others = (voucher.policyholder,) if reason == "cancelled" else ()
        self._is_not_for_others(meta, voucher.issuer, *others)
        self._void_date(event.date, voucher, reason)
        if reason == "insurance-returned" and not voucher.returned:
            raise RuleError("no-return-notice")
        if reason == "surrendered":  # nobody surrenders in these stories
            raise RuleError("not-surrendered")
        if reason == "conditions-unmet":
            # What somebody records later on the day can make no void wrong.
            if voucher.applied == event.date:
                raise RuleError("condition-waiting")
            unmet, waiting = self._conditions(voucher, event.date - DAY, voucher.applied_for)
            if not unmet:
                raise RuleError("condition-waiting" if waiting else "conditions-met")
        self._freeze(event.date, "void", voucher, -voucher.held)
        if voucher.state != "issued":
            self._collect(event.date, "void", voucher, -voucher.held)
        self._recognised(event.date, "void", voucher, -voucher.recognised)
        voucher.reason = reason
        self._end(event.date, voucher, "voided", ZERO)

    def _void_date(self, day: date, voucher: Voucher, reason: str) -> None:
        deadline = None
        if reason == "not-accepted":
            deadline = voucher.terms["accept-by"]
        if reason == "no-application" or (reason == "conditions-unmet" and voucher.represent):
            deadline = voucher.terms["apply-by"]
        if deadline and day <= deadline:
            raise RuleError("not-yet-expired")

    def _end(self, day: date, voucher: Voucher, state: str, paid: Decimal) -> None:
        voucher.state, voucher.closed = state, day
        voucher.settled, voucher.released = paid, voucher.held - paid
        voucher.held = ZERO
        if voucher.recognised:
            voucher.recognised = paid

    # -- conditions

    def _conditions(self, voucher: Voucher, day: date, paid: Decimal) -> tuple[bool, bool]:
        """Whether some condition is unmet, and whether some waits."""
        terms, evidence = voucher.terms, voucher.evidence
        unmet = False
        if "requires-policy" in terms:
            unmet |= "policy" not in evidence
        if "requires-document" in terms:
            unmet |= "document" not in evidence
        if "requires-amount" in terms:
            unmet |= not voucher.number == voucher.applied_for == paid
        if "requires-code" in terms:
            digest = hashlib.sha256(str(evidence.get("code", "")).encode()).hexdigest()
            unmet |= "code" not in evidence or terms["requires-code"] != "sha256:" + digest
        if "requires-event" in terms:
            for part in terms["requires-event"].split(";"):
                name, wanted = part.strip().split("=")
                unmet |= self._latest(name, day) != wanted
        return unmet, "not-before" in terms and day < terms["not-before"]

    def _latest(self, name: str, day: date) -> str | None:
        found = [
            (e.date, e.subject[1])
            for e in self.events
            if e.kind == "event" and e.subject[0] == name and e.date <= day
        ]
        last = {value for date, value in found if date == max(found)[0]}
        # The order of lines decides nothing: who says two things on one day says neither.
        return last.pop() if len(last) == 1 else None

    # -- time

    def _could_be_decided(self, voucher: Voucher, day: date) -> bool:
        """Whether somebody may settle it on a day, or void it for what is unmet."""
        assert voucher.applied
        if day < voucher.applied:
            return False
        unmet, waiting = self._conditions(voucher, day, voucher.applied_for)
        if not unmet and not waiting:
            return True
        if day == voucher.applied or (voucher.represent and day <= voucher.terms["apply-by"]):
            return False
        return self._conditions(voucher, day - DAY, voucher.applied_for)[0]

    def is_overdue(self, voucher: Voucher, day: date) -> bool:
        """Whether somebody should have acted by now."""
        if voucher.state not in OPEN:
            return False
        if voucher.returned and voucher.returned < day:
            return True
        if voucher.state == "applied":
            return self._could_be_decided(voucher, day - DAY)
        deadline: date = voucher.terms["accept-by" if voucher.state == "issued" else "apply-by"]
        return day > deadline

    def _cover_starts(self, day: date) -> None:
        for _, voucher in sorted(self.vouchers.items()):
            if voucher.cover_done or not voucher.accepted:
                continue
            start = voucher.cover_from
            if start is None or start > day:
                continue
            voucher.cover_done = True
            if voucher.state in OPEN:
                if self.options.recognise_at == "coverage" and not voucher.returned:
                    self._recognise(day, voucher)
            elif voucher.in_advance:
                who = (voucher.insurer, day, "cover", voucher.id)
                moved, voucher.in_advance = voucher.in_advance, ZERO
                self._post(who, "advance", voucher.acceptor, voucher.currency, moved)
                self._post(who, "unearned", voucher.acceptor, voucher.currency, -moved)

    # -- the books

    def _post(
        self,
        where: tuple[str, date, str, str],
        role: str,
        other: str,
        currency: str,
        number: Decimal,
    ) -> None:
        """Post to the account that a book has for a role, and that names the other side."""
        book, day, event, voucher = where
        if number:
            account = self.chart.account(book, role, other)
            if self.options.per_voucher and role in HOLDS:
                account += ":" + voucher
            self.postings.append(Posting(day, book, event, voucher, account, currency, number))

    def _memo_line(
        self,
        day: date,
        book: str,
        event: str,
        voucher: str,
        key: tuple[str, str, str],
        **moves: Decimal,
    ) -> None:
        policyholder, bank, currency = key
        other = bank if book == policyholder else policyholder
        for part, number in moves.items():
            where = (book, day, event, voucher)
            self._post(where, "line-" + part, other, currency + ".MEMO", number)

    def _freeze(self, day: date, event: str, voucher: Voucher, number: Decimal) -> None:
        """Freeze the number; a negative one is unfrozen."""
        own, bank, currency = voucher.policyholder, voucher.issuer, voucher.currency
        if voucher.cash:
            where = (own, day, event, voucher.id)
            self._post(where, "frozen", bank, currency, number)
            self._post(where, "bank", bank, currency, -number)
            where = (bank, day, event, voucher.id)
            self._post(where, "deposits", own, currency, number)
            self._post(where, "held", own, currency, -number)
            return
        # A freeze changed the line where it was judged; what is unfrozen is free again.
        if number < 0:
            self.lines[own, bank, currency].frozen += number
        for book in (own, bank):
            self._memo_line(
                day, book, event, voucher.id, (own, bank, currency),
                frozen=number, available=-number,
            )  # fmt: skip

    def _collect(self, day: date, event: str, voucher: Voucher, number: Decimal) -> None:
        bank, insurer, memo = voucher.acceptor, voucher.insurer, voucher.currency + ".MEMO"
        where = (bank, day, event, voucher.id)
        self._post(where, "collection", insurer, memo, number)
        self._post(where, "collection-contra", insurer, memo, -number)
        where = (insurer, day, event, voucher.id)
        self._post(where, "vouchers", bank, memo, number)
        self._post(where, "vouchers-contra", bank, memo, -number)

    def _recognise(self, day: date, voucher: Voucher) -> None:
        voucher.recognised = voucher.held
        self._recognised(day, "recognise", voucher, voucher.held)

    def _recognised(self, day: date, event: str, voucher: Voucher, number: Decimal) -> None:
        currency = voucher.currency
        where = (voucher.policyholder, day, event, voucher.id)
        self._post(where, "prepaid", voucher.issuer, currency, number)
        self._post(where, "payable", voucher.issuer, currency, -number)
        where = (voucher.insurer, day, event, voucher.id)
        self._post(where, "receivable", voucher.acceptor, currency, number)
        self._post(where, "unearned", voucher.acceptor, currency, -number)

    def _pay(self, day: date, voucher: Voucher, paid: Decimal) -> None:
        """Pay a part of the hold and let the rest go home."""
        own, bank, currency = voucher.policyholder, voucher.issuer, voucher.currency
        acceptor, insurer = voucher.acceptor, voucher.insurer
        at_home = (own, day, "settle", voucher.id)
        at_issuer = (bank, day, "settle", voucher.id)
        at_acceptor = (acceptor, day, "settle", voucher.id)
        at_insurer = (insurer, day, "settle", voucher.id)
        rest = voucher.held - paid
        recognised = voucher.recognised > 0

        # Back to where the freeze came from, all of it, and then out again what is paid.
        self._freeze(day, "settle", voucher, -voucher.held)
        if voucher.cash:
            self._post(at_home, "bank", bank, currency, -paid)
            self._post(at_issuer, "deposits", own, currency, paid)
        else:
            self.lines[own, bank, currency].drawn += paid
            for book in (own, bank):
                self._memo_line(
                    day, book, "settle", voucher.id, (own, bank, currency),
                    drawn=paid, available=-paid,
                )  # fmt: skip
            self._post(at_home, "loan", bank, currency, -paid)
            self._post(at_issuer, "loans", own, currency, paid)

        # What the policyholder and the insurer hold for the money.
        if recognised:
            self._post(at_home, "payable", bank, currency, paid)
            target = "receivable"
            self._recognised(day, "settle", voucher, -rest)
        else:
            self._post(at_home, "prepaid", bank, currency, paid)
            target = "unearned"
            if self.options.separate_advance and not voucher.cover_done:
                target = "advance"
                voucher.in_advance = paid
        self._post(at_insurer, "bank", acceptor, currency, paid)
        self._post(at_insurer, target, acceptor, currency, -paid)

        # Between the banks, and the memo pairs back.
        if bank != acceptor:
            self._post(at_issuer, "interbank-payable", acceptor, currency, -paid)
            self._post(at_acceptor, "interbank-receivable", bank, currency, paid)
        self._post(at_acceptor, "deposits", insurer, currency, -paid)
        self._collect(day, "settle", voucher, -voucher.held)

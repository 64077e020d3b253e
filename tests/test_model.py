"""The plugin and the command against the independent model of tests/model.py."""

from __future__ import annotations

import json
import re
import tempfile
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import product
from pathlib import Path
from typing import Any

from beancount import loader
from beancount.core.data import Close, Custom, Open, Transaction
from click.testing import CliRunner
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from beancount_voucher.cli import main
from tests import model
from tests.model import Event, Money, Options, Value

DAY0 = date(2026, 3, 1)
POLICYHOLDERS = ("PA", "PB")
BANKS = ("BA", "BB")
INSURERS = ("IA", "IB")
PARTIES = {
    **dict.fromkeys(POLICYHOLDERS, "policyholder"),
    **dict.fromkeys(BANKS, "bank"),
    **dict.fromkeys(INSURERS, "insurer"),
}
CURRENCIES = ("CNY", "USD")
IDS = ("V1", "V2", "V3", "V4")
# Issued with another on one day, before or after it, out of the same pocket.
TWINS = ("A1", "Z1")
AMOUNTS = tuple(map(Decimal, ("100", "60", "25.50", "7", "100.00")))
CODES = ("4711", "0815")
LIMITS = tuple(map(Decimal, ("1000", "160", "1000", "100", "90")))
SMALLEST = Decimal(1)
MAIN = "main.beancount"
PLUGIN = 'plugin "beancount_voucher_plugin"'


# -- ledgers out of thin air


@dataclass(frozen=True)
class Story:
    """A ledger to be written: what the model needs and nothing of the text."""

    events: list[Event]
    options: Options


def day(offset: int) -> date:
    return DAY0 + timedelta(days=offset)


def odds(draw: st.DrawFn, percent: int) -> bool:
    # Drawn upside down, so that shrinking takes the surprises out.
    return draw(st.integers(0, 99)) >= 100 - percent


@st.composite
def option_sets(draw: st.DrawFn) -> tuple[Options, list[Event]]:
    recognise = draw(st.sampled_from(["coverage", "coverage", "accept", "settle"]))
    separate = not odds(draw, 30)
    leaves = odds(draw, 40)
    own = frozenset({"PA"}) if odds(draw, 25) else frozenset[str]()
    said = {"check-funds": "off"}
    if recognise != "coverage" or odds(draw, 20):
        said["recognise-at"] = recognise
    if not separate:
        said["advance-premium"] = "unearned"
    if leaves:
        said["hold-accounts"] = "per-voucher"
    # Its date has no effect, so it may be the ledger's last.
    when = day(draw(st.integers(-5, 40)))
    directives = [Event(when, "option", pair) for pair in said.items()]
    return Options(recognise, separate, leaves, own), directives


def party_events(draw: st.DrawFn, own_bank: frozenset[str]) -> list[Event]:
    late = day(draw(st.integers(0, 8))) if odds(draw, 6) else None
    result = []
    for party, role in PARTIES.items():
        meta: tuple[tuple[str, Value], ...] = ()
        if party in own_bank:
            meta = (("bank", "Assets:{party}:Own:{bank}"),)
        since = late if late and party == "IB" else date(2026, 1, 1)
        result.append(Event(since, "party", (party, role), None, meta))
    return result


def line_events(draw: st.DrawFn) -> list[Event]:
    result = []
    for policyholder, bank, currency in product(POLICYHOLDERS, BANKS, CURRENCIES):
        pair = (policyholder, bank)
        if odds(draw, 8):
            continue
        limit = Money(draw(st.sampled_from(LIMITS)), currency)
        result.append(Event(date(2026, 1, 2), "credit-line", pair, limit))
        if odds(draw, 12):
            limit = Money(draw(st.sampled_from([*LIMITS, Decimal(0), Decimal(-1)])), currency)
            result.append(Event(day(draw(st.integers(0, 25))), "credit-line", pair, limit))
        if odds(draw, 5):
            repaid = Money(draw(st.sampled_from([*AMOUNTS, Decimal(0)])), currency)
            result.append(Event(day(draw(st.integers(5, 28))), "repay", pair, repaid))
    return result


def shop_events(draw: st.DrawFn) -> list[Event]:
    """What the orders of requires-event went through; one thing a day."""
    result = []
    for name in ("order-1", "order-2"):
        first = draw(st.integers(0, 9))
        for offset in (first, *draw(st.sets(st.integers(10, 20), max_size=1))):
            value = draw(st.sampled_from(["delivered"] * 6 + ["lost"]))
            result.append(Event(day(offset), "event", (name, value)))
    return result


def conditions(draw: st.DrawFn, issued: int) -> dict[str, Value]:
    result: dict[str, Value] = {}
    if odds(draw, 35):
        result["requires-policy"] = True
    if odds(draw, 15):
        result["requires-amount"] = "exact"
    if odds(draw, 10):
        result["requires-document"] = True
    if odds(draw, 30):
        wanted = ["order-1=delivered"] * 3 + [
            "order-1=delivered; order-2=delivered",
            "order-2=lost",
        ]
        result["requires-event"] = draw(st.sampled_from(wanted))
    if odds(draw, 15):
        result["requires-code"] = "sha256:" + sha256(CODES[0].encode()).hexdigest()
    if odds(draw, 20):
        result["not-before"] = day(issued + draw(st.integers(2, 12)))
    return result


@dataclass
class Life:
    """The most likely life of one voucher, with the odd stumble."""

    draw: st.DrawFn
    id: str
    events: list[Event] = field(default_factory=list)

    def gap(self, most: int = 4) -> int:
        return self.draw(st.integers(0, most))

    def say(
        self,
        when: int,
        kind: str,
        amount: Money | None = None,
        **meta: Value | None,
    ) -> None:
        said = tuple((k.replace("_", "-"), v) for k, v in meta.items() if v is not None)
        self.events.append(Event(day(when), kind, (self.id,), amount, said))

    def terms(self, issued: int) -> dict[str, Value]:
        draw = self.draw
        self.accept_by = issued + self.gap()
        self.apply_by = self.accept_by + self.gap(6)
        result: dict[str, Value] = {
            "policyholder": draw(st.sampled_from(POLICYHOLDERS)),
            "insurer": draw(st.sampled_from(INSURERS)),
            "issuer": draw(st.sampled_from(BANKS)),
            "funding": draw(st.sampled_from(["cash", "credit"])),
            "accept-by": day(self.accept_by),
            "apply-by": day(self.apply_by),
        }
        if not odds(draw, 25):
            other = BANKS[result["issuer"] == BANKS[0]]
            result["acceptor"] = draw(st.sampled_from([other, other, other, *BANKS]))
        if not odds(draw, 35):
            result["cover-start"] = start = day(
                issued + draw(st.sampled_from([12, 9, 8, 7, 5, 4, 2, 0, -1]))
            )
            if odds(draw, 15):
                result["cover-end"] = start + timedelta(days=draw(st.integers(-1, 30)))
        if odds(draw, 30):
            result["on-unmet"] = draw(st.sampled_from(["represent", "void"]))
        result |= conditions(draw, issued)
        self.bank = str(result.get("acceptor", result["issuer"]))
        self.insurer = str(result["insurer"])
        self.policyholder = str(result["policyholder"])
        self.issuer = str(result["issuer"])
        self.credit = result["funding"] == "credit"
        self.represent = result.get("on-unmet") == "represent"
        return result

    def by(self, *right: str) -> str | None:
        if not odds(self.draw, 20):
            return None
        return self.draw(st.sampled_from(right * 8 + tuple(PARTIES)))

    def live(self) -> list[Event]:
        draw = self.draw
        when = draw(st.integers(0, 12))
        currency = draw(st.sampled_from(["CNY", "CNY", "USD"]))
        self.amount = Money(draw(st.sampled_from(AMOUNTS)), currency)
        terms = self.terms(when)
        if odds(draw, 30) and not self.requested(when, terms):
            return self.events
        self.events.append(Event(day(when), "issue", (self.id,), self.amount, tuple(terms.items())))
        self.crowded(when, terms)
        self.accepted(when)
        return self.events

    def crowded(self, when: int, terms: dict[str, Value]) -> None:
        """Now and then others want the same line, or the bank takes a part of it away."""
        draw = self.draw
        for twin in TWINS:
            if odds(draw, 8):
                meta = tuple(terms.items())
                self.events.append(Event(day(when), "issue", (twin,), self.amount, meta))
        if self.credit and odds(draw, 12):
            pair = (self.policyholder, self.issuer)
            limit = Money(draw(st.sampled_from(AMOUNTS)), self.amount.currency)
            self.events.append(Event(day(when + self.gap()), "credit-line", pair, limit))

    def requested(self, when: int, terms: dict[str, Value]) -> bool:
        """Ask for the voucher; some terms are then left to the request alone."""
        asked = {k: v for k, v in terms.items() if k in {"policyholder", "insurer"}}
        asked |= {k: v for k, v in terms.items() if k not in asked and odds(self.draw, 30)}
        if odds(self.draw, 15):
            asked["product"] = "tea"
        meta = tuple(asked.items())
        self.events.append(Event(day(when - self.gap(2)), "request", (self.id,), self.amount, meta))
        if odds(self.draw, 12):
            self.say(when, "refuse")
            return odds(self.draw, 30)
        for key in asked:
            if odds(self.draw, 60):
                terms.pop(key, None)
        return True

    def accepted(self, when: int) -> None:
        draw = self.draw
        if odds(draw, 4):
            self.say(when + self.gap(), "return")
        fate = draw(st.sampled_from(["accept"] * 20 + ["reject", "cancelled", "late", "open"]))
        if fate == "accept":
            when = min(when + self.gap(), self.accept_by + odds(draw, 5))
            instructed = self.insurer if odds(draw, 15) else None
            self.say(when, "accept", by=self.by(self.bank), instructed_by=instructed)
            self.applied(when)
        elif fate == "reject":
            self.say(when + self.gap(), "reject", by=self.by(self.bank, self.insurer))
        elif fate == "cancelled":
            self.say(when + self.gap(), "void", reason="cancelled")
        elif fate == "late":
            self.say(self.accept_by + self.gap(3), "void", reason="not-accepted")

    def applied(self, when: int) -> None:
        draw = self.draw
        if odds(draw, 10):
            returned = when + self.gap(8)
            self.say(returned, "return")
            if odds(draw, 70):
                self.say(returned + self.gap(), "void", reason="insurance-returned")
        fate = draw(st.sampled_from(["apply"] * 14 + ["late", "open"]))
        if fate == "late":
            self.say(self.apply_by + self.gap(3), "void", reason="no-application")
        if fate != "apply":
            return
        when = self.application(when)
        if odds(draw, 40 if self.represent else 4):
            when = self.application(when)
        fate = draw(st.sampled_from(["settle"] * 12 + ["void", "open"]))
        if fate == "void" or odds(draw, 10):
            self.say(when + self.gap(8), "void", reason="conditions-unmet")
        if fate == "settle":
            when += self.gap(6)
            self.say(when, "settle", self.part(30))
            if self.credit and odds(draw, 50):
                repaid = Money(min(self.amount.number, Decimal(7)), self.amount.currency)
                pair = (self.policyholder, self.issuer)
                self.events.append(Event(day(when + self.gap()), "repay", pair, repaid))

    def application(self, when: int) -> int:
        draw = self.draw
        when = min(when + self.gap(), self.apply_by + odds(draw, 5))
        self.say(
            when,
            "apply",
            self.part(30),
            policy=None if odds(draw, 10) else "P-1",
            code=None if odds(draw, 10) else draw(st.sampled_from([CODES[0]] * 8 + [CODES[1]])),
            document=None if odds(draw, 10) else "proof.pdf",
            by=self.by(self.insurer, self.policyholder),
        )
        return when

    def part(self, percent: int) -> Money | None:
        """Some of the premium, seldom more than there is."""
        if not odds(self.draw, percent):
            return None
        number, currency = self.amount
        choice = self.draw(st.integers(0, 19))
        if choice < 17:
            return Money(SMALLEST * (choice % 5 + 1), currency)
        if choice == 19:
            return Money(Decimal(0), currency)
        if choice == 18:
            return Money(number, "USD" if currency == "CNY" else "CNY")
        return Money(number * 2, currency)


def altered(draw: st.DrawFn, event: Event) -> Event:
    """The same directive on the same day that says something else."""
    meta = dict(event.meta)
    change = draw(st.integers(0, 3))
    if change == 0 or event.kind not in model.KNOWN_KEYS:
        return event
    if event.amount and change == 1:
        number, currency = event.amount
        return replace(event, amount=Money(number - SMALLEST, currency))
    if event.amount and event.kind in {"apply", "settle"} and change == 2:
        return replace(event, amount=None)
    meta["note-more" if change == 3 else "by"] = draw(st.sampled_from(tuple(PARTIES)))
    return replace(event, meta=tuple(meta.items()))


def malformed(draw: st.DrawFn, event: Event) -> Event:
    meta = dict(event.meta)
    change = draw(st.integers(0, 4))
    if event.kind not in model.KNOWN_KEYS:
        return event
    if change == 0:
        return replace(event, subject=("v9",))
    if change == 1:
        meta["foo"] = "x"
    elif change == 2 and event.kind == "void":
        meta["reason"] = "weather"
    elif change == 3 and event.kind in {"issue", "request"}:
        meta["policyholder"] = draw(st.sampled_from(["PX", "IA"]))
    elif change == 4 and event.kind == "issue":
        meta["requires-policy"] = False
    else:
        meta.pop("reason" if event.kind == "void" else "insurer", None)
    return replace(event, meta=tuple(meta.items()))


def disturbed(draw: st.DrawFn, events: list[Event]) -> list[Event]:
    """Leave out, repeat, change and move some."""
    result: list[Event] = []
    for event in events:
        what = draw(st.integers(0, 99))
        moved = replace(event, date=event.date + timedelta(days=draw(st.integers(-3, 3))))
        if what < 90:
            result.append(event)
        elif what < 92:
            result += [event, event]
        elif what < 94:
            result += [event, altered(draw, event)]
        elif what < 96:
            result.append(moved)
        elif what < 97:
            result += [event, moved]
        elif what < 98:
            result.append(malformed(draw, event))
        elif what < 99:
            result += [malformed(draw, event), event]
    return result


def stray(draw: st.DrawFn) -> Event:
    """Anything, about anyone."""
    kind = draw(st.sampled_from(["refuse", "reject", "accept", "apply", "return", "settle"]))
    when = day(draw(st.integers(0, 25)))
    if odds(draw, 30):
        reason = draw(st.sampled_from(sorted(model.REASONS)))
        return Event(when, "void", (draw(st.sampled_from(IDS)),), None, (("reason", reason),))
    return Event(when, kind, (draw(st.sampled_from(IDS)),))


@st.composite
def stories(draw: st.DrawFn) -> Story:
    options, directives = draw(option_sets())
    events = directives + party_events(draw, options.own_bank)
    told = line_events(draw)
    for voucher in IDS[: draw(st.sampled_from([3, 4, 2, 1, 4, 3]))]:
        told += Life(draw, voucher).live()
    if odds(draw, 12):
        told += Life(draw, draw(st.sampled_from(IDS))).live()
    told += [stray(draw) for _ in range(draw(st.sampled_from([0, 0, 1, 2])))]
    if not odds(draw, 40):
        told.append(Event(day(draw(st.integers(20, 32))), "close", ("2026-03",)))
    events += disturbed(draw, told) + shop_events(draw)
    return Story(draw(st.permutations(events)), options)


# -- text


def written(event: Event) -> list[str]:
    if event.kind == "event":
        name, value = event.subject
        return [f'{event.date} event "{name}" "{value}"']
    head = f'{event.date} custom "voucher-{event.kind}"'
    head += "".join(f' "{part}"' for part in event.subject)
    if event.amount:
        head += f" {event.amount.number} {event.amount.currency}"
    return [head, *(f"  {key}: {_value(value)}" for key, value in event.meta)]


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return f'"{value}"' if isinstance(value, str) else str(value)


def opens(options: Options) -> list[str]:
    """The accounts that people own: nothing else is opened here."""
    accounts = []
    for bank in BANKS:
        for customer in (*POLICYHOLDERS, *INSURERS):
            own = ":Own" if customer in options.own_bank else ""
            accounts += [
                f"Assets:{customer}{own}:{bank}",
                f"Liabilities:{bank}:Deposits:{customer}",
            ]
    return [f"2020-01-01 open {account}" for account in accounts]


@dataclass
class Text:
    """Ledger files by name, and where in them each event stands."""

    files: dict[str, list[str]]
    places: list[tuple[str, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, name: str, event: Event) -> None:
        self.events.append(event)
        self.places.append((name, len(self.files[name]) + 1))
        self.files[name] += written(event)

    def show(self) -> str:
        return "\n".join(
            f";; {name}\n" + "\n".join(lines) + "\n" for name, lines in self.files.items()
        )

    def write(self, folder: Path) -> str:
        for name, lines in self.files.items():
            (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
        return str(folder / MAIN)


def one_file(story: Story, lines: list[str] | None = None) -> Text:
    text = Text({MAIN: [PLUGIN, *opens(story.options), *(lines or [])]})
    for event in story.events:
        text.add(MAIN, event)
    return text


def several_files(story: Story, choices: list[int]) -> Text:
    """The story over included files; the events then count by file, line."""
    names = ["a.beancount", MAIN, "z.beancount"]
    includes = [f'include "{name}"' for name in names if name != MAIN]
    text = Text({name: [] for name in names})
    text.files[MAIN] = [PLUGIN, *opens(story.options), *includes]
    for name in names:
        for event, choice in zip(story.events, choices, strict=True):
            if names[choice] == name:
                text.add(name, event)
    return text


# -- what the product makes of it


@dataclass
class Loaded:
    entries: list[Any]
    codes: dict[tuple[str, int], str]

    @property
    def generated(self) -> list[Transaction]:
        return [e for e in self.entries if isinstance(e, Transaction) and "voucher-book" in e.meta]


def load_file(path: str) -> Loaded:
    entries, errors, _ = loader.load_file(path)
    return read(entries, errors)


def load_text(text: Text) -> Loaded:
    entries, errors, _ = loader.load_string("\n".join(text.files[MAIN]) + "\n")
    return read(entries, errors)


def place_of(meta: dict[str, Any]) -> tuple[str, int]:
    name = Path(meta["filename"]).name
    return (MAIN if name == "<string>" else name, meta["lineno"])


def read(entries: list[Any], errors: list[Any]) -> Loaded:
    codes: dict[tuple[str, int], str] = {}
    for error in errors:
        place = place_of(error.source)
        found = re.search(r"\[([a-z-]+)\]$", error.message)
        assert found, error.message
        assert place not in codes, f"two errors at {place}: {error.message}"
        codes[place] = found[1]
    return Loaded(entries, codes)


def register(path: str, day: date) -> dict[str, dict[str, Any]]:
    command = ["-f", path, "list", "--format", "json", "--as-of", day.isoformat()]
    answer = CliRunner().invoke(main, command)
    assert answer.exit_code in {0, 1}, answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.output
    return {row["id"]: row for row in json.loads(answer.stdout)}


Key = tuple[date, str, str, str]
Sums = dict[tuple[str, str], Decimal]


def by_event(rows: list[model.Posting]) -> dict[Key, Sums]:
    """Postings by day, book, event and voucher, without what comes to nothing."""
    sums: dict[Key, Sums] = defaultdict(lambda: defaultdict(Decimal))
    for row in rows:
        key = (row.date, row.book, row.event, row.voucher)
        sums[key][row.account, row.currency] += row.number
    found = {key: {k: n for k, n in accounts.items() if n} for key, accounts in sums.items()}
    return {key: accounts for key, accounts in found.items() if accounts}


def rows_of(transactions: list[Transaction]) -> list[model.Posting]:
    return [
        model.Posting(
            t.date,
            t.meta["voucher-book"],
            t.meta["voucher-event"],
            t.meta.get("voucher", ""),
            p.account,
            p.units.currency,
            p.units.number,
        )
        for t in transactions
        for p in t.postings
        if p.units and p.units.number is not None
    ]


# -- comparing


def compare_codes(text: Text, outcome: model.Outcome, loaded: Loaded) -> None:
    expected = {place: code for place, code in zip(text.places, outcome.codes, strict=True) if code}
    wrong = {
        f"{name}:{line}": (loaded.codes.get((name, line)), expected.get((name, line)))
        for name, line in text.places
        if loaded.codes.get((name, line)) != expected.get((name, line))
    }
    assert not wrong, f"(plugin, model): {wrong}"
    assert loaded.codes == expected


def compare_books(outcome: model.Outcome, loaded: Loaded) -> None:
    rows = rows_of(loaded.generated)
    assert by_event(rows) == by_event(outcome.postings)
    # Written out once more as balances, which is what the contract is about.
    touched: Sums = defaultdict(Decimal)
    balances = outcome.balances()
    for today in sorted({r.date for r in rows} | set(balances)):
        for row in rows:
            if row.date == today:
                touched[row.account, row.currency] += row.number
        assert {key: n for key, n in touched.items() if n} == balances.get(today)
    once = Counter(
        (t.meta["voucher"], t.meta["voucher-event"], t.meta["voucher-book"])
        for t in loaded.generated
        if "voucher" in t.meta
    )
    assert not [key for key, count in once.items() if count > 1]


def compare_register(path: str, text: Text, options: Options, when: date) -> None:
    found = register(path, when)
    expected = model.as_of(text.events, options, when)
    assert set(found) == set(expected)
    for name, voucher in expected.items():
        row = found[name]
        assert {key: row[key] for key in ("state", "currency", "reason")} == {
            "state": voucher.state,
            "currency": voucher.currency,
            "reason": voucher.reason,
        }, row
        for key in ("held", "settled", "released", "recognised"):
            assert Decimal(row[key] or 0) == getattr(voucher, key), (key, row)
        assert Decimal(row["amount"]) == voucher.number, row
        for key in ("issued", "accepted", "applied", "returned", "closed"):
            assert row[key] == iso(getattr(voucher, key)), (key, row)
        assert row["overdue"] == voucher.overdue, row
        for key in ("policyholder", "issuer", "insurer", "funding"):
            assert row[key] == voucher.terms.get(key), (key, row)


def iso(value: date | None) -> str | None:
    return value.isoformat() if value else None


def check(text: Text, options: Options, when: date) -> None:
    note(text.show())
    outcome = model.run(text.events, options)
    with tempfile.TemporaryDirectory() as folder:
        path = text.write(Path(folder))
        loaded = load_file(path)
        compare_codes(text, outcome, loaded)
        compare_books(outcome, loaded)
        compare_register(path, text, options, when)


def profile(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


AS_OF = st.one_of(st.just(day(60)), st.integers(0, 30).map(day))


@profile(400)
@given(stories(), AS_OF)
def test_the_plugin_agrees_with_the_model(story: Story, when: date) -> None:
    check(one_file(story), story.options, when)


@profile(300)
@given(stories(), AS_OF, st.data())
def test_included_files_mean_the_same(story: Story, when: date, data: st.DataObject) -> None:
    count = len(story.events)
    choices = data.draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    check(several_files(story, choices), story.options, when)


# -- one party's book


def only(text: Text, plugin: str) -> Loaded:
    lines = [plugin, *text.files[MAIN][1:]]
    return load_text(Text({MAIN: lines}))


@profile(150)
@given(stories())
def test_each_party_keeps_its_part_of_all_books(story: Story) -> None:
    text = one_file(story)
    note(text.show())
    everything = load_text(text)
    kept = []
    for party in PARTIES:
        own = only(text, f'{PLUGIN} "{party}"')
        mine = [t for t in everything.generated if t.meta["voucher-book"] == party]
        assert own.generated == mine
        # The facts decide, not the ledger that includes them.
        assert own.codes == everything.codes
        kept += own.generated
    assert sorted(map(repr, kept)) == sorted(map(repr, everything.generated))


@profile(80)
@given(stories())
def test_the_plugin_twice_is_the_plugin_once(story: Story) -> None:
    text = one_file(story)
    note(text.show())
    once = load_text(text)
    text.files[MAIN].append(PLUGIN)
    twice = load_text(text)
    assert twice.entries == once.entries
    assert twice.codes == once.codes


# -- invariants, from the directives that carry no error and from nothing else


@dataclass
class Fact:
    """What one voucher's valid directives say."""

    terms: dict[str, Any]
    amount: Money
    issued: date
    accepted: date = date.max
    closed: date = date.max
    recognised: date = date.max

    @property
    def payers(self) -> tuple[str, str, str]:
        return (self.terms["policyholder"], self.terms["issuer"], self.amount.currency)

    @property
    def payees(self) -> tuple[str, str, str]:
        acceptor = self.terms.get("acceptor", self.terms["issuer"])
        return (acceptor, self.terms["insurer"], self.amount.currency)

    @property
    def ends(self) -> tuple[str, str, str]:
        return (self.terms["policyholder"], self.terms["insurer"], self.amount.currency)


def valid(loaded: Loaded) -> list[Custom]:
    return [
        e for e in loaded.entries if isinstance(e, Custom) and place_of(e.meta) not in loaded.codes
    ]


def facts(loaded: Loaded) -> dict[str, Fact]:
    said = {kind: [e for e in valid(loaded) if e.type == f"voucher-{kind}"] for kind in LIVED}
    asked = {e.values[0].value: e.meta for e in said["request"]}
    result: dict[str, Fact] = {}
    for issue in said["issue"]:
        name, amount = (v.value for v in issue.values)
        terms = asked.get(name, {}) | issue.meta
        result[name] = Fact(terms, Money(amount.number, amount.currency), issue.date)
    for entry in said["accept"]:
        result[entry.values[0].value].accepted = entry.date
    for kind in ("reject", "settle", "void"):
        for entry in said[kind]:
            result[entry.values[0].value].closed = entry.date
    for transaction in loaded.generated:
        if transaction.meta["voucher-event"] == "recognise":
            result[transaction.meta["voucher"]].recognised = transaction.date
    return result


LIVED = ("request", "issue", "accept", "reject", "settle", "void")


class Snapshot:
    """All generated postings up to the end of a day, summed as an invariant needs them."""

    def __init__(self, loaded: Loaded, known: dict[str, Fact], today: date) -> None:
        self.rows = [r for r in rows_of(loaded.generated) if r.date <= today]
        self.open = {n: f for n, f in known.items() if f.issued <= today < f.closed}
        self.final = {n: f for n, f in known.items() if f.closed <= today}
        self.today = today

    def sum(self, account: str, currency: str) -> Decimal:
        """The account with its sub-accounts."""
        inside = (account, account + ":")
        return sum(
            (
                r.number
                for r in self.rows
                if r.currency == currency
                and (r.account == inside[0] or r.account.startswith(inside[1]))
            ),
            Decimal(0),
        )

    def premiums(self, attribute: str, pair: tuple[str, str, str], funding: str = "") -> Decimal:
        return sum(
            (
                f.amount.number
                for f in self.open.values()
                if getattr(f, attribute) == pair and funding in {"", f.terms["funding"]}
            ),
            Decimal(0),
        )


def frozen_is_held(now: Snapshot, own_bank: frozenset[str]) -> None:
    """I1 and I2."""
    for own, bank, currency in product(POLICYHOLDERS, BANKS, CURRENCIES):
        pair, memo = (own, bank, currency), currency + ".MEMO"
        home = f"Assets:{own}:Own:{bank}" if own in own_bank else f"Assets:{own}:{bank}"
        cash = now.premiums("payers", pair, "cash")
        assert now.sum(f"{home}:Frozen", currency) == cash
        assert now.sum(f"Liabilities:{bank}:Held:{own}", currency) == -cash
        credit = now.premiums("payers", pair, "credit")
        for book, other in ((own, bank), (bank, own)):
            assert now.sum(f"Equity:{book}:Memo:CreditLine:{other}:Frozen", memo) == credit


def lines_are_whole(now: Snapshot, limits: list[Custom]) -> None:
    """I3."""
    for own, bank, currency in product(POLICYHOLDERS, BANKS, CURRENCIES):
        limit = Decimal(0)
        for entry in limits:
            said = [v.value for v in entry.values]
            if said[:2] == [own, bank] and said[2].currency == currency and entry.date <= now.today:
                limit = said[2].number
        for book, other in ((own, bank), (bank, own)):
            line = f"Equity:{book}:Memo:CreditLine:{other}"
            parts = [
                now.sum(f"{line}:{part}", currency + ".MEMO")
                for part in ("Available", "Frozen", "Drawn")
            ]
            assert min(parts) >= 0
            assert sum(parts) == limit == -now.sum(f"{line}:Limit", currency + ".MEMO")


def accepted_is_for_collection(now: Snapshot) -> None:
    """I4."""
    now.open = {n: f for n, f in now.open.items() if f.accepted <= now.today}
    for bank, insurer, currency in product(BANKS, INSURERS, CURRENCIES):
        total, memo = now.premiums("payees", (bank, insurer, currency)), currency + ".MEMO"
        assert now.sum(f"Equity:{bank}:Memo:ForCollection:{insurer}", memo) == total
        assert now.sum(f"Equity:{insurer}:Memo:VouchersReceived:{bank}", memo) == total


def recognised_is_receivable(now: Snapshot, known: dict[str, Fact]) -> None:
    """I5."""
    now.open = {n: f for n, f in now.open.items() if f.recognised <= now.today}
    rows = now.rows
    for own, insurer, currency in product(POLICYHOLDERS, INSURERS, CURRENCIES):
        pair = (own, insurer, currency)
        total = now.premiums("ends", pair)
        # Both accounts are shared by all partners: only the voucher tells the pair.
        now.rows = [r for r in rows if r.voucher and known[r.voucher].ends == pair]
        assert now.sum(f"Assets:{insurer}:PremiumReceivable", currency) == total
        assert now.sum(f"Liabilities:{own}:PremiumPayable", currency) == -total
    now.rows = rows


def interbank_is_opposite(now: Snapshot) -> None:
    """I6."""
    for payer, payee in product(BANKS, BANKS):
        for currency in CURRENCIES:
            owed = now.sum(f"Liabilities:{payer}:Interbank:{payee}", currency)
            assert owed == -now.sum(f"Assets:{payee}:Interbank:{payer}", currency)


TRANSIENT = re.compile(
    r":Frozen\b|:Held:|:ForCollection:|:VouchersReceived:|:PremiumReceivable\b|:PremiumPayable\b"
)


def final_leaves_nothing(now: Snapshot) -> None:
    """I7."""
    left: Sums = defaultdict(Decimal)
    for row in now.rows:
        if row.voucher in now.final and TRANSIENT.search(row.account):
            left[row.voucher, row.account] += row.number
    assert not any(left.values())


def leaves_are_closed(loaded: Loaded) -> None:
    """An account of one voucher alone is closed when, and only when, nothing is left on it."""
    left: Sums = defaultdict(Decimal)
    for row in rows_of(loaded.generated):
        if row.account.rpartition(":")[2] in IDS + TWINS:
            left[row.account, ""] += row.number
    opened = Counter(e.account for e in loaded.entries if isinstance(e, Open))
    closed = Counter(e.account for e in loaded.entries if isinstance(e, Close))
    assert closed == {account: 1 for (account, _), number in left.items() if not number}
    assert set(opened.values()) <= {1}


@profile(200)
@given(stories())
def test_the_invariants_hold_on_every_day(story: Story) -> None:
    text = one_file(story)
    note(text.show())
    loaded = load_text(text)
    for transaction in loaded.generated:
        commodities: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows_of([transaction]):
            commodities[row.currency] += row.number
        assert not any(commodities.values()), "I0"
    known = facts(loaded)
    limits = [e for e in valid(loaded) if e.type == "voucher-credit-line"]
    for today in sorted({t.date for t in loaded.generated}):
        now = Snapshot(loaded, known, today)
        frozen_is_held(now, story.options.own_bank)
        lines_are_whole(now, limits)
        interbank_is_opposite(now)
        final_leaves_nothing(now)
        recognised_is_receivable(Snapshot(loaded, known, today), known)
        accepted_is_for_collection(now)
    leaves_are_closed(loaded)


# -- free funds


@st.composite
def deposits(draw: st.DrawFn) -> list[model.Posting]:
    """Now and then some money comes to, or goes from, a policyholder's bank account."""
    result = []
    for own, bank, currency in product(POLICYHOLDERS, BANKS, CURRENCIES):
        for _ in range(draw(st.integers(0, 3))):
            number = Decimal(draw(st.sampled_from([100, 60, 160, 25, 30, -10, -60, 7])))
            when = day(draw(st.integers(-10, 15)))
            account = f"Assets:{own}:{bank}"
            result.append(model.Posting(when, own, "", "", account, currency, number))
    return result


@profile(250)
@given(stories(), deposits())
def test_holds_that_do_not_fit_are_reported(story: Story, money: list[model.Posting]) -> None:
    # The account's own name is of no interest here.
    options = replace(story.options, own_bank=frozenset())
    events = [replace(e, meta=()) if e.kind == "party" else e for e in story.events]
    events = [e for e in events if e.subject != ("check-funds", "off")]
    lines = ["2020-01-01 open Equity:World"]
    for row in money:
        lines.append(f'{row.date} * "money"')
        lines.append(f"  {row.account}  {row.number} {row.currency}")
        lines.append("  Equity:World")
    text = one_file(Story(events, options), lines)
    note(text.show())
    loaded = load_text(text)
    outcome = model.run(events, options)
    for index in outcome.short_of_funds(events, money):
        assert outcome.codes[index] is None
        outcome.codes[index] = "insufficient-funds"
    compare_codes(text, outcome, loaded)
    # It reports, and undoes nothing.
    compare_books(outcome, loaded)
    # Who does not keep the policyholder's book cannot know.
    insurer = only(text, f'{PLUGIN} "IA"')
    assert "insufficient-funds" not in insurer.codes.values()

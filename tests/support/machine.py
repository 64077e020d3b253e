"""A state machine that writes a ledger step by step and never lets it out of sight.

A step says something more, anywhere in time and in any file, or takes it back, or says it
again, or lays the same directives out otherwise. After each, the whole ledger is loaded by
Beancount and held against the model and all invariants.
"""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from beancount_voucher.audit import invariants
from beancount_voucher.cli.tables import in_format
from beancount_voucher.ledger.loader import Ledger
from beancount_voucher.views import register
from beancount_voucher.views.columns import columns_of, values_of
from tests.support import model, steps
from tests.support.agreement import (
    DisagreementError,
    Loaded,
    differences,
    load_file,
    register_differences,
    require,
    rows_of,
)
from tests.support.daily import daily_differences
from tests.support.invariants import broken
from tests.support.ledger_texts import FILES, Text, several_files
from tests.support.strategies import day, odds

if TYPE_CHECKING:
    from tests.support.model import Event

FAR = day(90)
BEGINNINGS = ("issue", "issue", "request")
SURROUNDINGS = st.one_of(
    steps.options(),
    steps.parties(),
    steps.credit_lines(),
    steps.happenings(),
    steps.closes(),
)


class LedgerMachine(RuleBasedStateMachine):
    """One ledger."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.files: dict[str, list[Event]] = {name: [] for name in FILES}
        self.kept: tuple[str, ...] = ()
        self.outcome = model.run([])

    def teardown(self) -> None:
        self.folder.cleanup()

    # -- what stands in the ledger

    @property
    def events(self) -> list[Event]:
        return [event for name in FILES for event in self.files[name]]

    def write(self, data: st.DataObject, *events: Event) -> None:
        """Write down events, each anywhere in any file."""
        places = st.tuples(st.sampled_from(FILES), st.integers(0, 99))
        count = len(events)
        drawn = data.draw(st.lists(places, min_size=count, max_size=count))
        for event, (name, place) in zip(events, drawn, strict=True):
            file = self.files[name]
            file.insert(place * (len(file) + 1) // 100, event)

    def one_of_them(self, data: st.DataObject) -> tuple[str, int]:
        """Where some event stands, mostly one in a voucher's life."""
        places = [(name, at) for name in FILES for at in range(len(self.files[name]))]
        lived = [(n, at) for n, at in places if self.files[n][at].kind in model.KNOWN_KEYS]
        if lived and not odds(data.draw, 20):
            places = lived
        return data.draw(st.sampled_from(places))

    def text(self) -> Text:
        # A ledger that opens all accounts itself opens those that the model needs.
        outcome = model.run(self.events)
        opened = {p.account for p in outcome.postings} if outcome.options.user_opens else ()
        return several_files(self.files, kept=self.kept, opened=opened)

    def some_may_go_on(self) -> bool:
        return any(v.state in steps.NEXT for v in self.outcome.vouchers.values())

    def some_may_stumble(self) -> bool:
        return any(v.state in steps.STUMBLES for v in self.outcome.vouchers.values())

    # -- more is said

    @initialize(data=st.data())
    def world(self, data: st.DataObject) -> None:
        self.write(data, *data.draw(steps.worlds()))

    @rule(data=st.data(), event=SURROUNDINGS)
    def surroundings(self, data: st.DataObject, event: Event) -> None:
        """An option, a party, a credit line, an order's event, the end of a period."""
        self.write(data, event)

    @rule(data=st.data())
    def repay(self, data: st.DataObject) -> None:
        self.write(data, data.draw(steps.repayments(self.outcome)))

    @rule(data=st.data())
    def money(self, data: st.DataObject) -> None:
        self.write(data, data.draw(steps.deposits(self.outcome)))

    @rule(data=st.data(), events=st.sampled_from(steps.IDS).flatmap(steps.lives))
    def whole_life(self, data: st.DataObject, events: list[Event]) -> None:
        """What mostly is the whole life of one voucher, out of order over all files."""
        self.write(data, *events)

    @rule(data=st.data(), voucher=st.sampled_from(steps.IDS), kind=st.sampled_from(BEGINNINGS))
    def beginning(self, data: st.DataObject, voucher: str, kind: str) -> None:
        self.write(data, data.draw(steps.beginnings(voucher, kind)))

    @precondition(lambda self: self.some_may_go_on())
    @rule(data=st.data())
    def sequel(self, data: st.DataObject) -> None:
        self.write(data, data.draw(steps.sequels(self.outcome, self.events)))

    @precondition(lambda self: self.some_may_go_on())
    @rule(data=st.data(), most=st.integers(2, 6))
    def sequels(self, data: st.DataObject, most: int) -> None:
        """One thing after the other."""
        for _ in range(most):
            self.write(data, data.draw(steps.sequels(self.outcome, self.events)))
            self.outcome = model.run(self.events)
            if not self.some_may_go_on():
                return

    @precondition(lambda self: self.some_may_stumble())
    @rule(data=st.data())
    def stumble(self, data: st.DataObject) -> None:
        self.write(data, *data.draw(steps.stumbles(self.outcome)))

    @rule(data=st.data(), event=st.sampled_from(steps.IDS).flatmap(steps.strays))
    def stray(self, data: st.DataObject, event: Event) -> None:
        self.write(data, event)

    # -- what is said, again or no more

    @precondition(lambda self: self.events)
    @rule(data=st.data())
    def again(self, data: st.DataObject) -> None:
        name, at = self.one_of_them(data)
        self.write(data, data.draw(steps.repetitions(self.files[name][at])))

    @precondition(lambda self: self.events)
    @rule(data=st.data(), anew=st.booleans())
    def taken_back(self, data: st.DataObject, *, anew: bool) -> None:
        """For good, or to be said of another day."""
        name, at = self.one_of_them(data)
        event = self.files[name].pop(at)
        if anew:
            self.write(data, data.draw(steps.moves(event)))

    # -- the same otherwise

    @rule(data=st.data())
    def laid_out_otherwise(self, data: st.DataObject) -> None:
        """The same directives in another order, and in other files, come to the same."""
        before = self.seen()
        events = data.draw(st.permutations(self.events))
        names = st.sampled_from(FILES)
        choices = data.draw(st.lists(names, min_size=len(events), max_size=len(events)))
        self.files = {name: [] for name in FILES}
        for event, name in zip(events, choices, strict=True):
            self.files[name].append(event)
        if self.seen() != before:
            raise DisagreementError(self.text(), ["another order of lines comes to other books"])

    def seen(self) -> tuple[object, ...]:
        """What the plugin makes of the ledger, but for lines."""
        text = self.text()
        loaded = self.load(text)
        event_at = dict(zip(text.places, text.events, strict=True))
        errors = Counter(
            (event_at[place].date, event_at[place].kind, event_at[place].subject, code)
            for place, code in loaded.codes.items()
        )
        told = [(t.date, t.narration, t.payee, rows_of([t])) for t in loaded.generated]
        return errors, sorted(told, key=repr)

    @rule(data=st.data())
    def books_kept(self, data: st.DataObject) -> None:
        """The ledger keeps the books of all, or of one or two."""
        one = st.sampled_from(sorted(steps.WIDE.roles))
        self.kept = tuple(data.draw(st.lists(one, max_size=2, unique=True)))

    # -- after every step

    @invariant()
    def agrees(self) -> None:
        declared = model.run(self.events).chart.parties
        self.kept = tuple(party for party in self.kept if party in declared)
        text = self.text()
        self.outcome = model.run(text.events, self.kept)
        loaded = self.load(text)
        require(text, differences(text, self.outcome, loaded))
        require(text, broken(loaded, self.outcome, self.kept))
        require(text, self.audited(loaded, text))
        require(text, daily_differences(Path(self.folder.name) / "main.beancount"))

    def load(self, text: Text) -> Loaded:
        try:
            return load_file(text.write(Path(self.folder.name)))
        except Exception as error:
            raise DisagreementError(text, [f"it does not load: {error!r}"]) from error

    def audited(self, loaded: Loaded, text: Text) -> list[str]:
        """What the product's own check finds, and its register on two days."""
        path = Path(self.folder.name) / "main.beancount"
        ledger = Ledger.of(path, loaded.entries, loaded.errors, loaded.options)
        columns = columns_of(register.REGISTER, "data")
        found = [f"check finds: {finding.message}" for finding in invariants.findings(ledger)]
        for when in (FAR, text.events[-1].date if text.events else FAR):
            rows = values_of(columns, register.rows(ledger.evaluation, when))
            listed = json.loads(in_format("json", [each.key for each in columns], rows, ()))
            by_id: dict[str, dict[str, Any]] = {row["id"]: row for row in listed}
            found += register_differences(by_id, text.events, when)
        return found

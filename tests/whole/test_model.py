"""The plugin and the command against the independent model of tests/model.py."""

from __future__ import annotations

import json
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.cli import main
from tests.support import model
from tests.support.agreement import (
    Loaded,
    code_differences,
    differences,
    load_file,
    load_text,
    register_differences,
    require,
)
from tests.support.invariants import broken
from tests.support.ledger_texts import (
    FILES,
    MAIN,
    PLUGIN,
    Text,
    one_file,
    plugin_line,
    several_files,
)
from tests.support.model import Event, Money
from tests.support.profiles import effort
from tests.support.strategies import SMALL, day, stories

if TYPE_CHECKING:
    from datetime import date


def check(text: Text, when: date) -> None:
    outcome = model.run(text.events)
    with tempfile.TemporaryDirectory() as folder:
        path = text.write(Path(folder))
        require(text, differences(text, outcome, load_file(path)))
        require(text, register_differences(register(path, when), text.events, when))


def register(path: str, day: date) -> dict[str, dict[str, Any]]:
    command = ["-f", path, "list", "--format", "json", "--as-of", day.isoformat()]
    answer = CliRunner().invoke(main, command)
    assert answer.exit_code in {0, 1}, answer.output
    assert answer.exception is None or isinstance(answer.exception, SystemExit), answer.output
    return {row["id"]: row for row in json.loads(answer.stdout)}


AS_OF = st.one_of(st.just(day(60)), st.integers(0, 30).map(day))


@effort(400)
@given(stories(), AS_OF)
def test_the_plugin_agrees_with_the_model(events: list[Event], when: date) -> None:
    check(one_file(events), when)


@effort(300)
@given(stories(), AS_OF, st.data())
def test_included_files_mean_the_same(events: list[Event], when: date, data: st.DataObject) -> None:
    names = st.sampled_from(FILES)
    files: dict[str, list[Event]] = {name: [] for name in FILES}
    for event in events:
        files[data.draw(names)].append(event)
    check(several_files(files), when)


# -- one party's book


def only(text: Text, kept: str) -> Loaded:
    return load_text(Text({MAIN: [plugin_line([kept]), *text.files[MAIN][1:]]}))


@effort(150)
@given(stories())
def test_each_party_keeps_its_part_of_all_books(events: list[Event]) -> None:
    text = one_file(events)
    everything = load_text(text)
    kept = []
    found = []
    for party in SMALL.roles:
        own = only(text, party)
        mine = [t for t in everything.generated if t.meta["voucher-book"] == party]
        if own.generated != mine:
            found.append(f"{party} alone keeps something else than {party} among all")
        # The facts decide, not the ledger that includes them.
        if own.codes != everything.codes:
            found.append(f"{party} alone has other errors than all have")
        kept += own.generated
    if sorted(map(repr, kept)) != sorted(map(repr, everything.generated)):
        found.append("the parties' books are not all books")
    require(text, found)


@effort(80)
@given(stories())
def test_the_plugin_twice_is_the_plugin_once(events: list[Event]) -> None:
    text = one_file(events)
    once = load_text(text)
    text.files[MAIN].append(PLUGIN)
    twice = load_text(text)
    same = twice.entries == once.entries and twice.codes == once.codes
    require(text, [] if same else ["the second plugin line changes something"])


@effort(200)
@given(stories())
def test_the_invariants_hold_on_every_day(events: list[Event]) -> None:
    text = one_file(events)
    require(text, broken(load_text(text), model.run(events)))


# -- free funds


@st.composite
def deposits(draw: st.DrawFn) -> list[Event]:
    """Now and then some money comes to, or goes from, a policyholder's bank account."""
    result = []
    for own, bank, currency in SMALL.pairs:
        for _ in range(draw(st.integers(0, 3))):
            number = Decimal(draw(st.sampled_from([100, 60, 160, 25, 30, -10, -60, 7])))
            when = day(draw(st.integers(-10, 15)))
            money = Money(number, currency)
            result.append(Event(when, "money", (f"Assets:{own}:{bank}",), money))
    return result


@effort(250)
@given(stories(), deposits())
def test_holds_that_do_not_fit_are_reported(events: list[Event], money: list[Event]) -> None:
    checked = [event for event in events if event.subject != ("check-funds", "off")]
    text = one_file(checked + money)
    # It reports, and undoes nothing.
    require(text, differences(text, model.run(text.events), load_text(text)))
    # Who does not keep the policyholder's book cannot know.
    insurer = only(text, "IA")
    assert "insufficient-funds" not in insurer.codes.values()
    require(text, code_differences(text, model.run(text.events, ["IA"]), insurer))

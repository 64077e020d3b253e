"""The state machine of tests/machine.py at work, and proof that it and the model would notice."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Transaction
from hypothesis import Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.support import broken_rules, model
from tests.support.agreement import DisagreementError, differences, load_file, require
from tests.support.instrument_machine import InstrumentMachine
from tests.support.instrument_probes import probes
from tests.support.instrument_stories import differences as differences_of_story
from tests.support.ledger_texts import HEAD, Text, one_file, shown
from tests.support.machine import LedgerMachine
from tests.support.planted_faults import Fault, faults, planted
from tests.support.profiles import effort

if TYPE_CHECKING:
    from pathlib import Path

TestLedger = LedgerMachine.TestCase
TestLedger.settings = effort(20)
TestInstrument = InstrumentMachine.TestCase
TestInstrument.settings = effort(40)


# -- what the comparison finds


@dataclass(frozen=True)
class Case:
    """A ledger, and what the model says of it."""

    text: Text
    outcome: model.Outcome

    def check(self, folder: Path) -> None:
        require(self.text, self.found(folder, self.text))

    def found(self, folder: Path, text: Text) -> list[str]:
        """What differs in a text, whoever wrote it, from what the model says of this one."""
        return list(differences(self.text, self.outcome, load_file(text.write(folder))))


PROBES = probes()
CASES = [Case(one_file(events), model.run(events)) for events in broken_rules.ledgers()]


@pytest.mark.parametrize("case", CASES, ids=[str(number) for number, _ in enumerate(CASES)])
def test_the_plugin_agrees_with_the_model_on_every_probe(case: Case, tmp_path: Path) -> None:
    case.check(tmp_path)


def test_the_probes_break_nearly_every_rule() -> None:
    codes = {code for case in CASES for code in case.outcome.codes if code}
    assert codes == {
        "accept-late", "apply-late", "bad-amount", "bad-currency", "bad-deadlines",
        "condition-unmet", "condition-waiting", "conditions-met", "duplicate", "exceeds-applied", "exceeds-drawn",
        "exceeds-held", "final", "insufficient-credit", "no-return-notice", "not-yet-expired",
        "out-of-order", "returned", "terms-differ", "wrong-actor",
    }  # fmt: skip


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.name)
def test_each_planted_fault_is_found_and_its_failure_shows_a_ledger_that_has_it(
    fault: Fault, tmp_path: Path
) -> None:
    with planted(fault):
        failure = first_failure(tmp_path)
        if failure is None:  # of the whole instrument, of which this model knows nothing
            assert any(differences_of_story(probe.story) for probe in PROBES)
            return
        case, error = failure
        # Nothing but the message is needed to see the same again: it shows the very text.
        again = shown(str(error))
        assert again.lines() == case.text.lines()
        assert error.found != []
    assert case.found(tmp_path, again) == []


def first_failure(folder: Path) -> tuple[Case, DisagreementError] | None:
    for case in CASES:
        try:
            case.check(folder)
        except DisagreementError as error:
            return case, error
    return None


def test_a_wrong_model_is_found_and_the_ledger_shown_has_what_the_plugin_has(
    tmp_path: Path,
) -> None:
    case = CASES[0]
    lost = case.outcome.postings[5]
    wrong = replace(
        case.outcome,
        postings=[posting for posting in case.outcome.postings if posting is not lost],
        codes=[None for _ in case.outcome.codes],
    )
    with pytest.raises(DisagreementError) as failure:
        Case(case.text, wrong).check(tmp_path)
    message = str(failure.value)
    loaded = load_file(shown(message).write(tmp_path))
    errors = re.findall(
        r"^(\S+):(\d+): the plugin has (\S+), the model says no error", message, re.MULTILINE
    )
    assert {(name, int(line)): code for name, line, code in errors} == loaded.codes
    balance = re.compile(
        r"^([\d-]+) (\S+): the plugin has (\S+) (\S+), the model says", re.MULTILINE
    )
    days = balance.findall(message)
    assert {account for _, account, _, _ in days} == {lost.account}
    for day, account, number, currency in days:
        posted = [
            posting.units.number
            for entry in loaded.entries
            if isinstance(entry, Transaction) and entry.date <= date.fromisoformat(day)
            for posting in entry.postings
            if posting.account == account and posting.units
            if posting.units.currency == currency and posting.units.number is not None
        ]
        assert sum(posted, Decimal(0)) == Decimal(number)


def test_a_ledger_is_read_out_of_a_report_that_sets_it_in() -> None:
    text = Text({"a.beancount": ["; one", "  two: 2"], "sub/n.beancount": []})
    report = "\n".join(f"E    {line}" for line in ["something differs", *text.show().splitlines()])
    assert shown(report + "\nE   state.teardown()").files == text.files


# -- what the machine finds

# Always the same ledgers, and no time spent on making them smaller.
FIXED = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    stateful_step_count=25,
    phases=[Phase.generate],
    suppress_health_check=effort(1).suppress_health_check,
)
FIXED_LIVES = settings(FIXED, max_examples=300)
# Found within ten ledgers with every seed that was tried.
COMMON = (
    "a recognition lost",
    "an error a line too far",
    "issue cash: policyholder without bank -X",
    "accept without in_time_to_accept",
)


@pytest.mark.parametrize(
    "fault", [each for each in faults() if each.name in COMMON], ids=lambda fault: fault.name
)
def test_the_machine_finds_a_planted_fault(fault: Fault) -> None:
    with planted(fault), pytest.raises(DisagreementError) as failure:
        run_state_machine_as_test(LedgerMachine, settings=FIXED)
    assert HEAD + "main.beancount" in str(failure.value)


# Each of another step: an offer, a draw, an effect, a refund, what is earned.
OF_THE_INSTRUMENT = (
    "amend cash: policyholder without bank -D",
    "an effect lost",
    "earned a day late",
    "refund without within_settled",
)


@pytest.mark.parametrize(
    "fault",
    [each for each in faults() if each.name in OF_THE_INSTRUMENT],
    ids=lambda fault: fault.name,
)
def test_the_machine_of_the_instrument_finds_a_planted_fault(fault: Fault) -> None:
    with planted(fault), pytest.raises(AssertionError) as failure:
        run_state_machine_as_test(InstrumentMachine, settings=FIXED_LIVES)
    assert '"voucher-issue" "V-1"' in str(failure.value)


def test_these_faults_are_planted() -> None:
    assert {each.name for each in faults()} >= {*COMMON, *OF_THE_INSTRUMENT}

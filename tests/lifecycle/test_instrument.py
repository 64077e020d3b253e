"""The whole instrument: one line per event, with the state that follows or the error's code.

``issue`` has the terms of ``support.TERMS``, and draws are multiple: issued on 2 March, accept-by
5 March, apply-by 31 March, 100.00 CNY, cash, two banks.
"""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.directives.codes import CODES
from beancount_voucher.lifecycle.amendments import consent_due
from tests.support import LINES, PLUGIN, WORLD, code_of, issue, load
from tests.support.instrument_tables import CREDIT, SCENARIOS, TERMED
from tests.support.lives import Line, directives, lines


def _lived(told: list[Line], funding: str, given: str) -> list[str]:
    """Each line of a scenario with what has become of it."""
    text = LINES + given
    places = []
    for line in told:
        places.append((PLUGIN + WORLD + text).count("\n") + 1)
        text += line.directive(funding)
    ledger = load(text)
    found = []
    for line, place in zip(told, places, strict=True):
        codes = [code_of(each.message) for each in ledger.errors if each.source["lineno"] == place]
        kind = "issue" if line.kind == "other" else line.kind
        events = [
            each
            for voucher in ledger.evaluation.vouchers.values()
            for each in voucher.events
            if each.place.lineno == place and each.kind in (kind, "effect")
        ]
        assert line.kind == "repaid" or bool(codes) != bool(events)
        state = events[-1].state if events else "–"
        found.append(f"{line.said} -> {codes[0] if codes else state}")
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_life(name: str) -> None:
    told = lines(SCENARIOS[name])
    assert _lived(told, "cash", issue(draws='"multiple"')) == [
        f"{line.said} -> {line.becomes}" for line in told
    ]


@pytest.mark.parametrize("name", CREDIT)
def test_life_by_credit(name: str) -> None:
    told = lines(CREDIT[name])
    given = issue(draws='"multiple"', funding='"credit"')
    assert _lived(told, "credit", given) == [f"{line.said} -> {line.becomes}" for line in told]


@pytest.mark.parametrize("name", TERMED)
def test_life_by_terms(name: str) -> None:
    terms, options, text = TERMED[name]
    told = lines(text)
    given = "".join(
        f'2026-01-01 custom "voucher-option" "{option}" "{value}"\n'
        for option, value in options.items()
    )
    given += issue(**{"draws": '"multiple"', **terms})
    assert _lived(told, "cash", given) == [f"{line.said} -> {line.becomes}" for line in told]


def test_whose_consent_is_due_on_which_day() -> None:
    told = """
        03-02 amend 1 120.00 CNY requested-by="Iss"
        03-04 accept
        03-05 consent 1 by="Ann"
        03-06 consent 1 by="Ins"
        03-07 amend 2 110.00 CNY requested-by="Ins"
        03-08 decline 2 by="Ann"
    """
    voucher = load(issue() + directives(told)).evaluation.vouchers["V-1"]
    days = {day: voucher.as_of(dt.date(2026, 3, day)) for day in range(2, 9)}
    assert {day: consent_due(voucher.agreed, status) for day, status in days.items()} == {
        2: ("Ann",),
        3: ("Ann",),
        4: ("Ann", "Ins"),
        5: ("Ins",),
        6: (),
        7: ("Ann",),
        8: (),
    }


def test_what_was_only_requested_is_not_amended() -> None:
    ledger = load(issue(kind="request") + directives("03-03 amend 1 120.00 CNY\n03-04 release"))
    assert ledger.codes == ["out-of-order", "out-of-order"]


def test_there_are_many_kinds_of_bad_input() -> None:
    wanted = [
        line.becomes
        for text in (*SCENARIOS.values(), *CREDIT.values(), *(each[2] for each in TERMED.values()))
        for line in lines(text)
        if line.becomes in CODES
    ]
    assert len(wanted) >= 150

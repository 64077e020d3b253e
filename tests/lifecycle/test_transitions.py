"""Every row of the life: one line per event, with the state that follows or the error's code.

Each scenario is loaded through Beancount. ``issue`` has the terms of ``support.TERMS``:
issued on 2 March, accept-by 5 March, apply-by 31 March, 100.00 CNY, cash, two banks.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from beancount_voucher.directives.codes import CODES
from beancount_voucher.lifecycle.events import FINAL, State
from tests.support import LINES, PLUGIN, WORLD, Loaded, code_of, event, issue, load

# Each line: day of March, directive, amount or metadata -> state or code. "issue k=v …"
# changes the terms; "!" before the day means April.
SCENARIOS = {
    "request, refuse": """
        01 request                                  -> requested
        02 refuse reason="no"                       -> refused
    """,
    "refuse without a request": """
        02 refuse                                   -> not-found
        02 issue                                    -> issued
        03 refuse                                   -> out-of-order
    """,
    "request, issue": """
        01 request                                  -> requested
        02 issue                                    -> issued
        03 request                                  -> duplicate
    """,
    "a request after the issue": """
        02 issue                                    -> issued
        03 request                                  -> out-of-order
    """,
    "a second request": """
        01 request                                  -> requested
        02 request                                  -> duplicate
    """,
    "a second issue": """
        02 issue                                    -> issued
        03 issue                                    -> duplicate
    """,
    "an issue after a refusal": """
        01 request                                  -> requested
        01 refuse                                   -> refused
        02 issue                                    -> final
        03 request                                  -> final
        03 refuse                                   -> final
    """,
    "the whole flow": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        05 apply                                    -> applied
        06 settle                                   -> settled
    """,
    "nothing after a settlement": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        05 apply                                    -> applied
        06 settle                                   -> settled
        07 issue                                    -> final
        07 request                                  -> final
        07 refuse                                   -> final
        07 reject                                   -> final
        07 accept                                   -> final
        07 apply                                    -> final
        07 return                                   -> final
        07 settle                                   -> final
        07 void reason="insurance-returned"         -> final
    """,
    "deadlines include their last day": """
        02 issue                                    -> issued
        05 accept                                   -> accepted
        31 apply                                    -> applied
        !02 settle                                  -> settled
    """,
    "accepted a day late": """
        02 issue                                    -> issued
        06 accept                                   -> accept-late
    """,
    "applied for a day late": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        !01 apply                                   -> apply-late
    """,
    "issued and accepted on the last day of both": """
        02 issue accept-by=2026-03-02 apply-by=2026-03-02 -> issued
        02 accept                                   -> accepted
        02 apply                                    -> applied
        02 settle                                   -> settled
    """,
    "rejected by the acceptor": """
        02 issue                                    -> issued
        03 reject by="Acc"                          -> rejected
        03 accept                                   -> final
    """,
    "rejected by the insurer": """
        02 issue                                    -> issued
        03 reject by="Ins"                          -> rejected
    """,
    "rejected by somebody else": """
        02 issue                                    -> issued
        03 reject by="Iss"                          -> wrong-actor
    """,
    "rejected after acceptance": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 reject                                   -> out-of-order
    """,
    "who accepts": """
        02 issue                                    -> issued
        03 accept by="Ins"                          -> wrong-actor
        04 accept instructed-by="Ann"               -> wrong-actor
        05 accept by="Acc" instructed-by="Ins"      -> accepted
    """,
    "accepted twice": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 accept                                   -> duplicate
        05 apply                                    -> applied
        06 accept                                   -> duplicate
    """,
    "applied for before acceptance": """
        02 issue                                    -> issued
        03 apply                                    -> out-of-order
    """,
    "who applies": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply by="Iss"                           -> wrong-actor
        05 apply by="Ann"                           -> applied
    """,
    "applied for twice": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 apply                                    -> duplicate
    """,
    "applied for twice under represent": """
        02 issue on-unmet="represent"               -> issued
        03 accept                                   -> accepted
        04 apply 40.00 CNY                          -> applied
        05 apply 60.00 CNY                          -> applied
        !01 apply                                   -> apply-late
        !02 settle                                  -> settled
    """,
    "a second application is still in time and within the hold": """
        02 issue on-unmet="represent"               -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 apply 100.01 CNY                         -> exceeds-held
        06 apply by="Acc"                           -> wrong-actor
        07 return                                   -> applied
        08 apply                                    -> returned
    """,
    "the amounts of an application": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply 100.01 CNY                         -> exceeds-held
        05 apply 0 CNY                              -> bad-amount
        06 apply -1 CNY                             -> bad-amount
        07 apply 100.00 USD                         -> bad-currency
        08 apply 99.99 CNY                          -> applied
        09 settle 100.00 CNY                        -> exceeds-applied
        10 settle 0.00 CNY                          -> bad-amount
        11 settle 1.00 USD                          -> bad-currency
        12 settle 0.01 CNY                          -> settled
    """,
    "settled before the application": """
        02 issue                                    -> issued
        03 settle                                   -> out-of-order
        04 accept                                   -> accepted
        05 settle                                   -> out-of-order
    """,
    "returned while issued": """
        02 issue                                    -> issued
        03 return                                   -> issued
        04 accept                                   -> returned
        05 return                                   -> duplicate
        06 void reason="insurance-returned"         -> voided
        07 return                                   -> final
    """,
    "returned while accepted": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 return                                   -> accepted
        05 apply                                    -> returned
        05 void reason="insurance-returned"         -> voided
    """,
    "returned while applied": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 return                                   -> applied
        06 settle                                   -> returned
        06 void reason="insurance-returned"         -> voided
    """,
    "a return needs an issue": """
        01 request                                  -> requested
        02 return                                   -> out-of-order
        03 void reason="insurance-returned"         -> out-of-order
    """,
    "voided as returned without a notice": """
        02 issue                                    -> issued
        03 void reason="insurance-returned"         -> no-return-notice
    """,
    "not accepted": """
        02 issue                                    -> issued
        05 void reason="not-accepted"               -> not-yet-expired
        06 void reason="not-accepted"               -> voided
    """,
    "cancelled": """
        02 issue                                    -> issued
        02 void reason="cancelled"                  -> voided
    """,
    "cancelled too late": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 void reason="cancelled"                  -> out-of-order
        06 void reason="not-accepted"               -> out-of-order
    """,
    "no application": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        31 void reason="no-application"             -> not-yet-expired
        !01 void reason="no-application"            -> voided
    """,
    "no application, but there is one": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        !01 void reason="no-application"            -> out-of-order
    """,
    "unmet": """
        02 issue requires-policy=TRUE               -> issued
        03 accept                                   -> accepted
        03 void reason="conditions-unmet"           -> out-of-order
        04 apply                                    -> applied
        05 settle                                   -> condition-unmet
        06 void reason="conditions-unmet"           -> voided
    """,
    "unmet, but it may come again": """
        02 issue requires-policy=TRUE on-unmet="represent" -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        31 void reason="conditions-unmet"           -> not-yet-expired
        !01 void reason="conditions-unmet"          -> voided
    """,
    "met": """
        02 issue requires-policy=TRUE               -> issued
        03 accept                                   -> accepted
        04 apply policy="P-1"                       -> applied
        05 void reason="conditions-unmet"           -> conditions-met
        06 settle                                   -> settled
    """,
    "no condition is always met": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 void reason="conditions-unmet"           -> conditions-met
    """,
    "waiting": """
        02 issue not-before=2026-03-20              -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        19 settle                                   -> condition-waiting
        19 void reason="conditions-unmet"           -> condition-waiting
        20 settle                                   -> settled
    """,
    "waiting and unmet is unmet": """
        02 issue not-before=2026-03-20 requires-policy=TRUE -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 settle                                   -> condition-unmet
        06 void reason="conditions-unmet"           -> voided
    """,
    "the settlement, too, is for the whole premium": """
        02 issue requires-amount="exact"            -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 settle 99.99 CNY                         -> condition-unmet
        06 settle                                   -> settled
    """,
    "credit": """
        02 issue 1000.01 CNY funding="credit"       -> insufficient-credit
        03 issue 1000.00 CNY funding="credit" accept-by=2026-03-09 -> issued
        04 accept                                   -> accepted
        05 apply 400.00 CNY                         -> applied
        06 settle                                   -> settled
    """,
    "credit without a line in that currency": """
        02 issue 1.00 USD funding="credit"          -> insufficient-credit
    """,
    "credit without a line with that bank": """
        02 issue 1.00 CNY funding="credit" issuer="Acc" -> insufficient-credit
    """,
    # A second directive of a kind on one day: the rule of section 2, not of the state.
    "the same is said twice": """
        02 issue                                    -> issued
        02 issue                                    -> duplicate
        03 accept                                   -> accepted
        03 accept                                   -> duplicate
        04 apply                                    -> applied
        05 settle                                   -> settled
        05 settle                                   -> duplicate
        06 settle                                   -> final
        06 settle                                   -> final
    """,
    "notes do not make it something else": """
        02 issue note="one"                         -> issued
        02 issue note="two"                         -> duplicate
    """,
    "two things are said": """
        02 issue                                    -> duplicate
        02 issue 99.00 CNY                          -> duplicate
        03 accept                                   -> not-found
        04 issue                                    -> issued
        05 accept by="Acc"                          -> duplicate
        05 accept                                   -> duplicate
        05 void reason="cancelled"                  -> duplicate
        05 void reason="insurance-returned"         -> duplicate
        06 void reason="cancelled"                  -> voided
        07 void reason="cancelled"                  -> final
        07 void reason="insurance-returned"         -> final
    """,
    # On one day the order of the manual's table counts, not that of the lines.
    "upside down on one day": """
        05 settle                                   -> settled
        05 apply                                    -> applied
        05 accept                                   -> accepted
        05 issue                                    -> issued
        05 request                                  -> requested
    """,
    "reject comes before accept": """
        02 issue                                    -> issued
        03 accept                                   -> final
        03 reject                                   -> rejected
    """,
    "apply comes before return, return before settle": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 return                                   -> applied
        04 settle                                   -> returned
        04 apply                                    -> applied
        04 void reason="insurance-returned"         -> voided
    """,
    "settle comes before void": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 void reason="conditions-unmet"           -> final
        05 settle                                   -> settled
    """,
    # The order of the checks where more than one rule is broken.
    "form before everything": """
        02 settle colour="red"                      -> unknown-key
        02 void reason="whim"                       -> bad-reason
        02 void                                     -> missing-key
    """,
    "not found before amount": """
        02 settle -1 CNY                            -> not-found
    """,
    "unknown party before duplicate": """
        02 issue                                    -> issued
        03 issue policyholder="Nobody"              -> unknown-party
    """,
    "wrong role before deadlines": """
        02 issue insurer="Acc" apply-by=2026-03-01  -> wrong-role
    """,
    "final before state": """
        02 issue                                    -> issued
        02 void reason="cancelled"                  -> voided
        03 apply by="Nobody"                        -> final
    """,
    "state before actor": """
        02 issue                                    -> issued
        03 apply by="Nobody"                        -> out-of-order
    """,
    "actor before date": """
        02 issue                                    -> issued
        06 accept by="Nobody"                       -> wrong-actor
    """,
    "date before amount": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        !01 apply 200.00 CNY                        -> apply-late
    """,
    "date before amount in an issue": """
        02 issue -1.00 CNY apply-by=2026-03-01      -> bad-deadlines
        03 issue -1.00 CNY                          -> bad-amount
    """,
    "amount before return notice": """
        02 issue                                    -> issued
        03 accept                                   -> accepted
        04 return                                   -> accepted
        05 apply 200.00 CNY                         -> exceeds-held
        06 apply                                    -> returned
    """,
    "date before return notice": """
        02 issue                                    -> issued
        03 return                                   -> issued
        06 accept                                   -> accept-late
    """,
    "return notice before conditions": """
        02 issue requires-policy=TRUE               -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        05 return                                   -> applied
        06 settle                                   -> returned
    """,
    # Request and issue.
    "the issue leaves out what the request said": """
        01 request requires-policy=TRUE             -> requested
        02 issue policyholder= issuer= acceptor= insurer= funding= accept-by= apply-by= -> issued
        03 accept by="Acc"                          -> accepted
        04 apply                                    -> applied
        05 settle                                   -> condition-unmet
    """,
    "the issue contradicts the request": """
        01 request                                  -> requested
        02 issue 99.00 CNY                          -> terms-differ
        03 issue insurer="Oth"                      -> terms-differ
        04 issue apply-by=2026-03-30                -> terms-differ
        05 issue                                    -> issued
    """,
    "a term that nobody gave": """
        01 request issuer=                          -> requested
        02 issue issuer=                            -> missing-key
        03 issue                                    -> issued
    """,
    "a second issue cannot lean on the first": """
        02 issue                                    -> issued
        03 issue policyholder=                      -> missing-key
    """,
    "cover needs a start": """
        01 issue cover-end=2026-04-01               -> missing-key
        02 issue cover-start=2026-04-02 cover-end=2026-04-01 -> bad-deadlines
        03 issue cover-start=2026-04-01 cover-end=2026-04-01 -> issued
    """,
    "deadlines": """
        02 issue accept-by=2026-03-01               -> bad-deadlines
        03 issue apply-by=2026-03-04                -> bad-deadlines
        05 issue apply-by=2026-03-05                -> issued
    """,
}

_LINE = re.compile(r"(!?)(\d\d) (\S+)\s*(.*?)\s*-> (\S+)")


def _directive(april: str, day: str, kind: str, rest: str) -> str:
    date = f"2026-{'04' if april else '03'}-{day}"
    amount = re.match(r"-?[\d.]+ [A-Z]+", rest)
    values = amount[0] if amount else ""
    metadata = dict(re.findall(r"([a-z-]+)=(\S*)", rest))
    if kind in ("issue", "request"):
        changed: dict[str, Any] = {
            key.replace("-", "_"): value or None for key, value in metadata.items()
        }
        return issue("V-1", values or "100.00 CNY", date, kind=kind, **changed)
    return event(kind, date, *([values] if values else []), **metadata)


def _cases() -> list[tuple[str, list[tuple[str, str]]]]:
    cases = []
    for name, text in SCENARIOS.items():
        lines = [_LINE.fullmatch(line.strip()) for line in text.strip().splitlines()]
        cases.append((name, [(_directive(*m.groups()[:4]), m[5]) for m in lines if m]))
        assert all(lines), name
    return cases


def outcome(ledger: Loaded, line: int) -> str:
    """What became of the directive at a line: the state after it, or the code of its error."""
    codes = [code_of(error.message) for error in ledger.errors if error.source["lineno"] == line]
    events = [
        each
        for voucher in ledger.evaluation.vouchers.values()
        for each in voucher.events
        if each.place.lineno == line and each.kind not in ("recognise", "cover")
    ]
    assert len(codes) + len(events) == 1
    return codes[0] if codes else str(events[0].state)


@pytest.mark.parametrize("name", SCENARIOS)
def test_life(name: str) -> None:
    text, lines = LINES, []
    for directive, wanted in dict(_cases())[name]:
        line = (PLUGIN + WORLD + text).count("\n") + 1
        lines.append((line, directive.splitlines()[0], wanted))
        text += directive
    ledger = load(text)
    expected = [f"{head} -> {wanted}" for _, head, wanted in lines]
    assert [f"{head} -> {outcome(ledger, line)}" for line, head, _ in lines] == expected


def test_the_world_of_the_tests_is_sound() -> None:
    assert load(LINES).errors == []


def test_every_state_and_every_code_of_the_life_is_in_the_table() -> None:
    seen = {wanted for _, lines in _cases() for _, wanted in lines}
    assert {state.value for state in State if state is not State.NONE} <= seen
    assert seen - {state.value for state in State} <= set(CODES)
    assert {state.value for state in FINAL} == {"refused", "rejected", "settled", "voided"}


def test_what_events_move_and_release() -> None:
    """A request moves what is asked for; only a settlement leaves something to release."""
    text = (
        issue(kind="request", date="2026-03-01")
        + issue()
        + event("accept", "2026-03-03")
        + event("apply", "2026-03-05", "60.00 CNY")
        + event("settle", "2026-03-06")
    )
    events = load(text).evaluation.vouchers["V-1"].events
    assert [(each.kind, str(each.amount), str(each.released)) for each in events] == [
        ("request", "100.00", "0.00"),
        ("issue", "100.00", "0.00"),
        ("accept", "100.00", "0.00"),
        ("recognise", "100.00", "0"),
        ("apply", "60.00", "0.00"),
        ("settle", "60.00", "40.00"),
    ]


def test_an_option_said_again_behind_another_is_a_duplicate() -> None:
    said = '2026-0{}-01 custom "voucher-option" "{}" "{}"\n'
    text = (
        said.format(1, "hold-accounts", "per-voucher")
        + said.format(2, "check-funds", "on")
        + said.format(3, "hold-accounts", "per-voucher")
    )
    assert load(text).codes == ["duplicate"]


def test_an_exception_says_nothing_to_the_books() -> None:
    excused = (
        '2027-01-01 custom "voucher-exception" "V-1" "closed-period"\n  reason: "r"\n  by: "b"\n'
    )
    ledger = load(issue() + excused)
    assert ledger.errors == []
    assert str(ledger.evaluation.horizon) == "2026-03-02"


def test_a_second_application_without_an_amount_is_for_all_that_is_held() -> None:
    text = issue(on_unmet='"represent"') + event("accept", "2026-03-03")
    text += event("apply", "2026-03-04", "60.00 CNY") + event("apply", "2026-03-05")
    assert load(text + event("settle", "2026-03-06", "100.00 CNY")).state() == "settled"


@pytest.mark.parametrize(("policy", "recognised"), [("accept", "100.00"), ("settle", "0.00")])
def test_a_settlement_is_the_end_also_where_cover_starts_later(
    policy: str, recognised: str
) -> None:
    option = f'2026-01-01 custom "voucher-option" "recognise-at" "{policy}"\n'
    text = issue(cover_start="2026-03-20") + event("accept", "2026-03-03")
    text += event("apply", "2026-03-05") + event("settle", "2026-03-06")
    ledger = load(option + text + '2026-03-31 custom "voucher-close" "2026-03"\n')
    standing = ledger.evaluation.vouchers["V-1"].status
    assert (standing.state, str(standing.closed)) == ("settled", "2026-03-06")
    amounts = (standing.held, standing.settled, standing.released, standing.recognised)
    assert [str(each) for each in amounts] == ["0.00", "100.00", "0.00", recognised]
    assert str(standing.advance) == "0.00"


def test_a_voucher_stands_at_its_issue() -> None:
    ledger = load(issue(kind="request", date="2026-03-01") + issue())
    place = ledger.evaluation.vouchers["V-1"].place
    requested, issued = WORLD.count("\n") + 2, issue(kind="request").count("\n")
    assert place.lineno == requested + issued


@pytest.mark.parametrize(
    ("option", "more", "codes"),
    [
        ("on", {}, ["missing-key"]),
        ("on", {"instructed_by": '"Ins"'}, []),
        ("on", {"instructed_by": '"Ann"'}, ["wrong-actor"]),
        ("off", {}, []),
    ],
)
def test_an_acceptance_may_need_the_insurers_instruction(
    option: str, more: dict[str, str], codes: list[str]
) -> None:
    asked = f'2026-01-01 custom "voucher-option" "acceptance-needs-instruction" "{option}"\n'
    ledger = load(asked + issue() + event("accept", "2026-03-03", **more))
    assert ledger.codes == codes
    assert ledger.state() == ("issued" if codes else "accepted")

"""The whole instrument: one line per event, with the state that follows or the error's code.

``issue`` has the terms of ``support.TERMS``, and draws are multiple: issued on 2 March, accept-by
5 March, apply-by 31 March, 100.00 CNY, cash, two banks.
"""

from __future__ import annotations

import re

import pytest

from beancount_voucher.directives.codes import CODES
from tests.support import LINES, PLUGIN, WORLD, code_of, event, issue, load

# Beancount reads "1 -1.00 CNY" as the amount 0.00 CNY, so an amendment below zero has no number.
# Each line: day, directive, number, amount, metadata -> state or code.
SCENARIOS = {
    "an amendment that needs consent": """
        03-03 accept                                            -> accepted
        03-04 amend 1 120.00 CNY                                -> accepted
        03-05 consent 1 by="Ann"                                -> wrong-actor
        03-05 consent 1 by="Acc"                                -> wrong-actor
        03-05 consent 2 by="Ins"                                -> out-of-order
        03-06 consent 1 by="Ins"                                -> accepted
        03-07 consent 1 by="Ins"                                -> out-of-order
        03-08 amend 3 130.00 CNY                                -> out-of-order
        03-09 amend 1 130.00 CNY                                -> out-of-order
        03-10 amend 2 130.00 CNY requested-by="Ins"             -> accepted
        03-11 amend 3 140.00 CNY                                -> out-of-order
        03-12 consent 2 by="Ins"                                -> wrong-actor
        03-13 decline 2 by="Iss"                                -> wrong-actor
        03-13 decline 1 by="Ann"                                -> out-of-order
        03-14 decline 2 by="Ann"                                -> accepted
        03-15 decline 2 by="Ann"                                -> out-of-order
        03-15 consent 2 by="Ann"                                -> out-of-order
        03-16 amend 3 140.00 CNY requested-by="Acc"             -> accepted
        03-17 consent 3 by="Ins"                                -> accepted
        03-18 consent 3 by="Ins"                                -> wrong-actor
        03-19 consent 3 by="Ann"                                -> accepted
        03-20 apply 140.00 CNY                                  -> applied
    """,
    "nobody's consent is due": """
        03-03 amend 1 120.00 CNY                                -> issued
        03-03 accept                                            -> accepted
        03-04 apply 120.00 CNY                                  -> applied
    """,
    "accepted between offer and consent": """
        03-03 amend 1 120.00 CNY requested-by="Iss"             -> issued
        03-04 accept                                            -> accepted
        03-05 consent 1 by="Ann"                                -> accepted
        03-06 apply 110.00 CNY                                  -> exceeds-held
        03-07 consent 1 by="Ins"                                -> accepted
        03-08 apply 110.00 CNY                                  -> applied
    """,
    "two amendments of one day": """
        03-03 amend 1 120.00 CNY                                -> issued
        03-03 amend 2 130.00 CNY                                -> issued
        03-03 accept                                            -> accepted
        03-04 apply 130.00 CNY                                  -> applied
    """,
    "two amendments of one number and day": """
        03-03 amend 1 120.00 CNY                                -> duplicate
        03-03 amend 1 130.00 CNY                                -> duplicate
    """,
    "what is no amendment": """
        03-03 amend 1 100.00 CNY                                -> bad-value
        03-03 amend 2 apply-by=2026-03-31                       -> bad-value
        03-03 amend 3 draws="multiple"                          -> bad-value
        03-03 amend 4 drop="requires-policy"                    -> bad-value
        03-03 amend 5 drop="requires-policy" requires-policy=TRUE -> bad-value
        03-03 amend 6 cover-end=2026-04-30                      -> missing-key
        03-03 amend 7 funding="credit"                          -> unknown-key
        03-03 amend 8 policyholder="Bob"                        -> unknown-key
        03-03 amend 9 acceptor="Iss"                            -> unknown-key
        03-03 amend 0 120.00 CNY                                -> bad-value
        03-03 amend 1.5 120.00 CNY                              -> bad-value
        03-03 amend -1 120.00 CNY                               -> bad-value
        03-03 amend 120.00 CNY                                  -> bad-value
        03-03 amend 1000000000 120.00 CNY                       -> bad-value
        03-03 consent 1                                         -> missing-key
        03-03 decline 1                                         -> missing-key
        03-03 amend 10 draws="three"                            -> bad-value
        03-03 amend 11 requires-weather=TRUE                    -> condition-unknown
        03-03 amend 12 drop=";"                                 -> bad-value
    """,
    "amounts and dates of an amendment": """
        03-03 accept                                            -> accepted
        03-04 amend 1 -1.00 CNY                                 -> bad-value
        03-04 amend 2 120.00 CNY                                -> out-of-order
        03-05 amend 1 120.00 USD                                -> bad-currency
        03-06 amend 1 apply-by=2026-03-05                       -> bad-deadlines
        03-07 amend 1 apply-by=2026-03-04                       -> bad-deadlines
        03-08 amend 1 cover-start=2026-03-10                    -> bad-deadlines
        03-09 amend 1 refund-by=2026-03-08                      -> bad-deadlines
        03-10 amend 1 requested-by="Oth" 120.00 CNY             -> wrong-actor
        03-11 amend 1 12345678901234567890123456789.00 CNY      -> bad-amount
        03-12 amend 1 120.00 CNY by="Ins"                       -> wrong-actor
        03-13 amend 1 120.00 CNY by="Iss"                       -> accepted
        04-01 consent 1 by="Ins"                                -> consent-late
        04-01 decline 1 by="Ins"                                -> accepted
    """,
    "deadlines that an amendment moves": """
        03-03 accept                                            -> accepted
        03-04 amend 1 apply-by=2026-04-10                       -> accepted
        03-05 consent 1 by="Ins"                                -> accepted
        04-10 apply                                             -> applied
    """,
    "judged by the old terms while it is open": """
        03-03 accept                                            -> accepted
        03-04 amend 1 apply-by=2026-04-10                       -> accepted
        04-01 apply                                             -> apply-late
    """,
    "below what is settled and applied for": """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle                                            -> accepted
        03-06 amend 1 59.99 CNY                                 -> below-settled
        03-07 apply 30.00 CNY                                   -> applied
        03-08 amend 1 89.99 CNY                                 -> below-settled
        03-09 amend 1 90.00 CNY                                 -> applied
        03-10 consent 1 by="Ins"                                -> out-of-order
        03-11 settle                                            -> accepted
        03-12 consent 1 by="Ins"                                -> settled
        03-13 refund 90.00 CNY reason="r"                       -> settled
        03-14 amend 2 80.00 CNY                                 -> final
    """,
    "drawn between offer and consent": """
        03-03 accept                                            -> accepted
        03-04 amend 1 50.00 CNY                                 -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 consent 1 by="Ins"                                -> below-settled
        03-08 release by="Ins"                                  -> settled
        03-09 consent 1 by="Ins"                                -> final
    """,
    "amended to zero": """
        03-03 accept                                            -> accepted
        03-04 amend 1 0.00 CNY                                  -> accepted
        03-05 consent 1 by="Ins"                                -> voided
        03-06 apply                                             -> final
        03-07 refund 1.00 CNY reason="r"                        -> final
    """,
    "amended to zero before acceptance": """
        03-03 amend 1 0.00 CNY                                  -> voided
    """,
    "no directive states the reason agreed": """
        03-03 void reason="agreed"                              -> bad-reason
    """,
    "conditions set and dropped": """
        03-02 amend 1 requires-policy=TRUE                      -> issued
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 settle                                            -> condition-unmet
        03-06 withdraw                                          -> accepted
        03-07 amend 2 drop="requires-policy"                    -> accepted
        03-08 consent 2 by="Ins"                                -> accepted
        03-09 apply                                             -> applied
        03-10 settle                                            -> settled
    """,
    "returned": """
        03-03 accept                                            -> accepted
        03-04 amend 1 120.00 CNY                                -> accepted
        03-05 return                                            -> accepted
        03-06 consent 1 by="Ins"                                -> returned
        03-07 decline 1 by="Ins"                                -> accepted
        03-08 amend 2 120.00 CNY                                -> returned
        03-09 void reason="insurance-returned"                  -> voided
    """,
    "withdrawn": """
        03-03 accept                                            -> accepted
        03-04 withdraw                                          -> out-of-order
        03-05 apply                                             -> applied
        03-06 withdraw by="Iss"                                 -> wrong-actor
        03-07 withdraw by="Ann"                                 -> accepted
        03-08 withdraw                                          -> duplicate
        04-01 void reason="no-application"                      -> voided
    """,
    "discrepancy of one that is voided instead": """
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 discrepancy reason="r"                            -> out-of-order
        03-05 discrepancy                                       -> missing-key
    """,
    "discrepancies": """
        03-02 amend 1 on-unmet="represent" requires-policy=TRUE -> issued
        03-03 accept                                            -> accepted
        03-04 discrepancy reason="r"                            -> out-of-order
        03-05 apply                                             -> applied
        03-05 discrepancy reason="r"                            -> condition-waiting
        03-06 discrepancy reason="r" application=2026-03-04     -> out-of-order
        03-07 discrepancy reason="r" by="Ins"                   -> wrong-actor
        03-08 discrepancy reason="no policy" application=2026-03-05 -> accepted
        03-09 apply policy="P-1"                                -> applied
        03-10 discrepancy reason="r"                            -> conditions-met
        03-11 settle                                            -> settled
    """,
    "several draws, and a release": """
        03-03 accept                                            -> accepted
        03-04 release                                           -> out-of-order
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle 40.00 CNY                                  -> accepted
        03-07 settle                                            -> duplicate
        03-07 apply 60.01 CNY                                   -> exceeds-held
        03-08 apply 10.00 CNY                                   -> applied
        03-09 settle                                            -> accepted
        03-10 void reason="no-application"                      -> out-of-order
        03-11 void reason="insurance-returned"                  -> out-of-order
        03-12 void reason="cancelled"                           -> out-of-order
        03-13 release                                           -> not-yet-expired
        03-14 release by="Ann"                                  -> wrong-actor
        04-01 release                                           -> settled
        04-02 apply                                             -> final
        04-02 release                                           -> final
    """,
    "release of what is applied for": """
        03-03 accept                                            -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 apply                                             -> applied
        03-08 release                                           -> conditions-met
        03-09 release by="Ins"                                  -> wrong-actor
        03-10 return                                            -> applied
        03-11 release by="Iss"                                  -> settled
    """,
    "the last draw settles": """
        03-03 accept                                            -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 apply                                             -> applied
        03-08 settle                                            -> settled
    """,
    "refunds": """
        03-03 refund 1.00 CNY reason="r"                        -> out-of-order
        03-03 accept                                            -> accepted
        03-04 refund 1.00 CNY reason="r"                        -> out-of-order
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 refund 30.00 CNY                                  -> missing-key
        03-07 refund 0.00 CNY reason="r"                        -> bad-amount
        03-08 refund -1.00 CNY reason="r"                       -> bad-amount
        03-09 refund 1.00 USD reason="r"                        -> bad-currency
        03-10 refund 1.00 CNY reason="r" kept=-1.00 CNY         -> bad-amount
        03-11 refund 1.00 CNY reason="r" kept=1.00 USD          -> bad-currency
        03-12 refund 1.00 CNY reason="r" from=2026-03-13        -> bad-value
        03-13 refund 1.00 CNY reason="r" to="friend"            -> bad-value
        03-14 refund 1.00 CNY reason="r" basis="about half"     -> bad-value
        03-14 refund 1.00 CNY reason="r" basis="short-rate 1.5" -> bad-value
        03-15 refund 1.00 CNY reason="r" basis="pro-rata"       -> missing-key
        03-16 refund 60.01 CNY reason="r"                       -> exceeds-settled
        03-17 refund 40.00 CNY reason="r" kept=10.00 CNY        -> accepted
        03-18 refund 10.01 CNY reason="r"                       -> exceeds-settled
        03-18 refund 5.00 CNY reason="r" to="loan"              -> exceeds-drawn
        03-19 refund 5.00 CNY reason="r" reference="A"          -> accepted
        03-19 refund 5.00 CNY reason="r" reference="B"          -> accepted
        04-01 release                                           -> settled
        04-02 refund 0.01 CNY reason="r"                        -> exceeds-settled
    """,
    "a refund in time": """
        03-02 amend 1 refund-by=2026-04-02                      -> issued
        03-03 accept                                            -> accepted
        03-05 apply                                             -> applied
        03-06 settle                                            -> settled
        04-03 refund 1.00 CNY reason="r"                        -> refund-late
        04-02 refund 1.00 CNY reason="r"                        -> settled
    """,
    "nothing of a voucher that is not there": """
        03-01 amend 1 120.00 CNY                                -> not-found
        03-01 consent 1 by="Ins"                                -> not-found
        03-01 decline 1 by="Ins"                                -> not-found
        03-01 withdraw                                          -> not-found
        03-01 discrepancy reason="r"                            -> not-found
        03-01 release                                           -> not-found
        03-01 refund 1.00 CNY reason="r"                        -> not-found
    """,
}
CREDIT = {
    "an increase on a line": """
        03-03 accept                                            -> accepted
        03-04 amend 1 1000.01 CNY                               -> insufficient-credit
        03-05 amend 1 1000.00 CNY                               -> accepted
        03-06 consent 1 by="Ins"                                -> accepted
        03-07 amend 2 10.00 CNY                                 -> accepted
        03-08 consent 2 by="Ins"                                -> accepted
        03-09 amend 3 1000.00 CNY                               -> accepted
        03-10 decline 3 by="Ins"                                -> accepted
        03-11 apply                                             -> applied
        03-12 settle                                            -> settled
        03-13 refund 10.00 CNY reason="r" to="loan"             -> settled
    """,
    "a line that another voucher took meanwhile": """
        03-03 accept                                            -> accepted
        03-04 amend 1 20.00 CNY requested-by="Ins"              -> accepted
        03-05 other 900.00 CNY                                  -> issued
        03-06 consent 1 by="Ann"                                -> accepted
        03-07 amend 2 101.00 CNY                                -> insufficient-credit
    """,
}
_LINE = re.compile(r"(\d\d-\d\d) (\S+)\s*((?:-?[\d.]+(?= |$)(?! [A-Z]{3}))?)\s*(.*?)\s*-> (\S+)")


def _directive(day: str, kind: str, number: str, rest: str, funding: str) -> str:
    amount = re.search(r"(?:^| )(-?[\d.]+ [A-Z]{3})(?= |$)", rest)
    metadata = dict(re.findall(r'([a-z-]+)=("[^"]*"|-?[\d.]+ [A-Z]{3}|\S+)', rest))
    values = [number] if number else []
    if kind == "other":
        assert amount
        return issue(
            "V-2", amount[1], f"2026-{day}", funding=f'"{funding}"', accept_by="2026-03-20"
        )
    if amount:
        values.append(amount[1])
    return event(kind, f"2026-{day}", *values, **metadata)


def _cases(scenarios: dict[str, str]) -> dict[str, list[tuple[tuple[str, ...], str]]]:
    cases = {}
    for name, text in scenarios.items():
        lines = [_LINE.fullmatch(line.strip()) for line in text.strip().splitlines()]
        assert all(lines), name
        cases[name] = [(m.groups()[:4], m[5]) for m in lines if m]
    return cases


def _lived(lines: list[tuple[tuple[str, ...], str]], funding: str) -> list[str]:
    """Each line of a scenario with what has become of it."""
    text = LINES + issue(draws='"multiple"', funding=f'"{funding}"')
    places = []
    for said, _ in lines:
        places.append((PLUGIN + WORLD + text).count("\n") + 1)
        text += _directive(*said, funding)  # type: ignore[call-arg]
    ledger = load(text)
    found = []
    for (said, _), line in zip(lines, places, strict=True):
        codes = [code_of(each.message) for each in ledger.errors if each.source["lineno"] == line]
        kind = "issue" if said[1] == "other" else said[1]
        events = [
            each
            for voucher in ledger.evaluation.vouchers.values()
            for each in voucher.events
            if each.place.lineno == line and each.kind in (kind, "effect")
        ]
        assert bool(codes) != bool(events)
        found.append(f"{' '.join(said)} -> {codes[0] if codes else events[-1].state}")
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_life(name: str) -> None:
    lines = _cases(SCENARIOS)[name]
    assert _lived(lines, "cash") == [f"{' '.join(said)} -> {wanted}" for said, wanted in lines]


@pytest.mark.parametrize("name", CREDIT)
def test_life_by_credit(name: str) -> None:
    lines = _cases(CREDIT)[name]
    assert _lived(lines, "credit") == [f"{' '.join(said)} -> {wanted}" for said, wanted in lines]


def test_there_are_many_kinds_of_bad_input() -> None:
    wanted = [
        wanted
        for lines in (_cases(SCENARIOS) | _cases(CREDIT)).values()
        for _, wanted in lines
        if wanted in CODES
    ]
    assert len(wanted) >= 60

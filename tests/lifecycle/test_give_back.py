"""Recall and surrender: one line per event, with the state that follows or the error's code.

``issue`` has the terms of ``support.TERMS``: issued on 2 March, accept-by 5 March, apply-by
31 March, 100.00 CNY, cash, two banks.
"""

from __future__ import annotations

import re

import pytest

from beancount_voucher.lifecycle.decisions import Decisions, next_steps
from beancount_voucher.lifecycle.vouchers import DERIVED
from tests.support import PLUGIN, WORLD, code_of, event, issue, load

_STATED = """\
2026-01-01 custom "voucher-option" "give-back" "stated"
2026-01-01 custom "voucher-option" "grace-days" "3"
"""

# Each line: day of March ("!" before it: April), directive, amount or metadata -> state or code.
IMPLIED = {
    "as before": """
        03 accept                                   -> accepted
        !01 void reason="no-application"            -> voided
    """,
    "given back unasked": """
        02 surrender                                -> out-of-order
        03 accept                                   -> accepted
        04 void reason="surrendered"                -> not-surrendered
        05 surrender by="Iss"                       -> wrong-actor
        06 surrender by="Acc"                       -> accepted
        07 surrender                                -> duplicate
        08 apply                                    -> surrendered
        09 recall reason="surrendered"              -> surrendered
        10 amend 1 120.00 CNY                       -> surrendered
        11 void reason="surrendered" by="Acc"       -> wrong-actor
        12 void reason="surrendered"                -> voided
        13 surrender                                -> final
    """,
    "after a surrender": """
        03 amend 1 120.00 CNY                       -> issued
        03 accept                                   -> accepted
        04 apply 10.00 CNY                          -> applied
        05 surrender                                -> applied
        06 consent 1 by="Ins"                       -> out-of-order
        07 decline 1 by="Ins"                       -> surrendered
        08 withdraw                                 -> surrendered
        09 discrepancy reason="r"                   -> surrendered
        10 settle                                   -> surrendered
        11 refund 1.00 CNY reason="r"               -> surrendered
        12 return                                   -> applied
        13 void reason="insurance-returned"         -> voided
    """,
    "given back on the day of the void": """
        03 accept                                   -> accepted
        04 surrender                                -> accepted
        04 void reason="surrendered"                -> voided
    """,
    "asked for before acceptance": """
        02 recall                                   -> missing-key
        02 recall reason="whim"                     -> bad-reason
        02 recall reason="cancelled" by="Acc"       -> wrong-actor
        03 recall reason="not-accepted"             -> not-yet-expired
        04 recall reason="no-application"           -> out-of-order
        05 recall reason="cancelled" by="Iss"       -> issued
        06 recall reason="cancelled"                -> duplicate
        07 void reason="cancelled"                  -> voided
    """,
    "accepted on the day of the recall": """
        04 accept                                   -> accepted
        04 return                                   -> accepted
        04 recall reason="insurance-returned"       -> accepted
    """,
    "overtaken by an acceptance, and by an application": """
        04 accept                                   -> accepted
        04 recall reason="cancelled"                -> accepted
        05 recall reason="cancelled"                -> duplicate
        06 apply                                    -> recalled
        !01 void reason="no-application"            -> voided
    """,
    "a recall that nothing could have overtaken": """
        04 recall reason="no-application"           -> out-of-order
        05 accept                                   -> accepted
        06 recall reason="conditions-unmet"         -> out-of-order
    """,
    "accepted after the recall": """
        04 recall reason="cancelled"                -> issued
        05 accept                                   -> recalled
    """,
    "applied for on the day of the recall, and again after it": """
        01 issue on-unmet="represent" requires-policy=TRUE apply-by=2026-03-06 -> issued
        03 accept                                   -> accepted
        05 apply                                    -> applied
        !07 recall reason="conditions-unmet"        -> applied
        !08 settle                                  -> condition-unmet
        !09 void reason="conditions-unmet"          -> voided
    """,
}
STATED = {
    "neither given back nor asked for": """
        03 accept                                   -> accepted
        !01 void reason="no-application"            -> not-surrendered
        !02 surrender                               -> accepted
        !02 void reason="no-application"            -> voided
    """,
    "asked for, and the days of grace": """
        03 accept                                   -> accepted
        30 recall reason="no-application"           -> not-yet-expired
        !01 recall reason="no-application"          -> accepted
        !03 void reason="no-application"            -> not-surrendered
        !04 void reason="no-application"            -> voided
    """,
    "not accepted: nothing to give back": """
        06 void reason="not-accepted"               -> voided
    """,
    "returned before acceptance": """
        03 return                                   -> issued
        03 void reason="insurance-returned"         -> voided
    """,
    "one bank is asked for neither": """
        01 issue acceptor="Iss"                     -> issued
        03 accept                                   -> accepted
        !01 void reason="no-application"            -> voided
    """,
    "a recall is spent by a discrepancy": """
        01 issue on-unmet="represent" requires-policy=TRUE -> issued
        03 accept                                   -> accepted
        04 apply                                    -> applied
        !01 recall reason="conditions-unmet"        -> applied
        !02 discrepancy reason="no policy"          -> accepted
        !03 recall reason="no-application"          -> accepted
        !06 void reason="no-application"            -> voided
    """,
    "a release needs it, too": """
        01 issue draws="multiple"                   -> issued
        03 accept                                   -> accepted
        04 apply 60.00 CNY                          -> applied
        05 recall reason="no-application"           -> not-yet-expired
        05 settle                                   -> accepted
        06 release by="Ins"                         -> not-surrendered
        !01 release                                 -> not-surrendered
        !02 recall reason="no-application"          -> accepted
        !05 release                                 -> settled
    """,
    "a draw spends a recall": """
        01 issue draws="multiple"                   -> issued
        03 accept                                   -> accepted
        04 apply 20.00 CNY                          -> applied
        05 settle                                   -> accepted
        06 apply 20.00 CNY                          -> applied
        07 return                                   -> applied
        08 recall reason="insurance-returned"       -> applied
        09 surrender                                -> applied
        10 release                                  -> settled
        11 refund 1.00 CNY reason="r"               -> settled
    """,
    "released as given back": """
        01 issue draws="multiple"                   -> issued
        03 accept                                   -> accepted
        04 apply 20.00 CNY                          -> applied
        05 settle                                   -> accepted
        06 surrender                                -> accepted
        07 void reason="surrendered"                -> out-of-order
        08 release                                  -> settled
    """,
}
_LINE = re.compile(r"(!?)(\d\d) (\S+)\s*(.*?)\s*-> (\S+)")
_ISSUED = {"acceptor": '"Acc"'}


def _text(line: re.Match[str]) -> str:
    april, day, kind, rest, _ = line.groups()
    date = f"2026-0{4 if april else 3}-{day}"
    metadata = dict(re.findall(r'([a-z-]+)=("[^"]*"|\S+)', rest))
    if kind == "issue":
        return issue(date="2026-03-02", **{key.replace("-", "_"): v for key, v in metadata.items()})
    values = [each for each in re.split(r"\s*[a-z-]+=(?:\"[^\"]*\"|\S+)\s*", rest) if each]
    return event(kind, date, *values, **metadata)


def _lived(text: str, options: str) -> list[str]:
    lines = [_LINE.fullmatch(each.strip()) for each in text.strip().splitlines()]
    assert all(lines)
    said = options
    if lines[0] is not None and lines[0][3] != "issue":
        said += issue()
    places = []
    for line in lines:
        assert line is not None
        places.append((PLUGIN + WORLD + said).count("\n") + 1)
        said += _text(line)
    ledger = load(said)
    codes = {error.source["lineno"]: code_of(error.message) for error in ledger.errors}
    events = ledger.evaluation.vouchers["V-1"].events
    states = {each.place.lineno: str(each.state) for each in events if each.kind not in DERIVED}
    return [codes.get(place) or states[place] for place in places]


@pytest.mark.parametrize("name", IMPLIED)
def test_recall_and_surrender(name: str) -> None:
    expected = re.findall(r"-> (\S+)", IMPLIED[name])
    assert _lived(IMPLIED[name], "") == expected


@pytest.mark.parametrize("name", STATED)
def test_where_it_is_to_be_given_back(name: str) -> None:
    expected = re.findall(r"-> (\S+)", STATED[name])
    assert _lived(STATED[name], _STATED) == expected


_SURRENDERED = issue() + event("accept", "2026-03-03") + event("surrender", "2026-03-04")


def test_what_was_given_back_unasked_is_voided() -> None:
    ledger = load(_SURRENDERED)
    [(decision, bar)] = Decisions(ledger.evaluation, ledger.evaluation.horizon or 0).due()  # type: ignore[arg-type]
    assert bar is None
    assert (decision.fact.kind, decision.fact.terms) == ("void", {"reason": "surrendered"})
    assert decision.because == "given back by the acceptor on 2026-03-04"


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        (issue(), []),
        (issue() + event("accept", "2026-03-03"), []),
        (issue() + event("recall", "2026-03-03", reason='"cancelled"'), []),
        (
            issue()
            + event("accept", "2026-03-03")
            + event("return", "2026-03-03")
            + event("recall", "2026-03-03", reason='"insurance-returned"'),
            ["surrender"],
        ),
        (_SURRENDERED, ["void surrendered"]),
    ],
)
def test_what_is_offered_of_it(text: str, offered: list[str]) -> None:
    found = load(text).evaluation
    assert found.horizon is not None
    steps = [name for name, _ in next_steps(found, found.vouchers["V-1"], found.horizon)]
    about = [name for name in steps if name in ("recall", "surrender", "void surrendered")]
    assert about == offered


@pytest.mark.parametrize(
    ("days", "holds"), [("0", True), ("366", True), ("07", False), ("367", False), ("-1", False)]
)
def test_days_of_grace(days: str, holds: bool) -> None:
    codes = load(f'2026-01-01 custom "voucher-option" "grace-days" "{days}"\n').codes
    assert codes == ([] if holds else ["bad-value"])

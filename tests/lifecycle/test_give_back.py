"""Recall and surrender, by the tables of ``support.give_back_tables``."""

from __future__ import annotations

import pytest

from beancount_voucher.lifecycle.decisions import Decisions
from beancount_voucher.lifecycle.events import DERIVED
from beancount_voucher.lifecycle.next_steps import next_steps
from tests.support import PLUGIN, WORLD, code_of, event, issue, load
from tests.support.give_back_tables import GRACE, IMPLIED, STATED
from tests.support.lives import lines

_STATED = f"""\
2026-01-01 custom "voucher-option" "give-back" "stated"
2026-01-01 custom "voucher-option" "grace-days" "{GRACE}"
"""


def _lived(terms: dict[str, str], text: str, options: str) -> list[str]:
    said = options + issue(**{key.replace("-", "_"): value for key, value in terms.items()})
    places = []
    for line in lines(text):
        places.append((PLUGIN + WORLD + said).count("\n") + 1)
        said += line.directive("cash")
    ledger = load(said)
    codes = {error.source["lineno"]: code_of(error.message) for error in ledger.errors}
    events = ledger.evaluation.vouchers["V-1"].events
    states = {each.place.lineno: str(each.state) for each in events if each.kind not in DERIVED}
    return [codes.get(place) or states[place] for place in places]


@pytest.mark.parametrize("name", IMPLIED)
def test_recall_and_surrender(name: str) -> None:
    terms, text = IMPLIED[name]
    assert _lived(terms, text, "") == [line.becomes for line in lines(text)]


@pytest.mark.parametrize("name", STATED)
def test_where_it_is_to_be_given_back(name: str) -> None:
    terms, text = STATED[name]
    assert _lived(terms, text, _STATED) == [line.becomes for line in lines(text)]


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

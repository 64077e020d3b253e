"""Settlement conditions: built in, from other packages, and from bad packages."""

from __future__ import annotations

import datetime as dt
import hashlib
from decimal import Decimal
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.amount import Amount
from beancount.core.data import Custom, Event

from beancount_voucher import conditions
from beancount_voucher.cli import main
from beancount_voucher.cli.commands import record
from beancount_voucher.conditions import (
    BUILT_IN,
    Case,
    EventDirectives,
    EvidenceKey,
    ThirdPartyCondition,
    Verdict,
    installed,
)
from beancount_voucher.directives.parser import evidence_of
from beancount_voucher.directives.schema import DIRECTIVES, Kind
from beancount_voucher.lifecycle.overdue import overdue
from beancount_voucher.views import register
from tests.support import ACCEPT, APPLY, SETTLE, event, issue, load

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.conditions import Outcome
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from tests.support.clerk import Clerk

DAY = dt.date(2026, 3, 5)
SECRET = hashlib.sha256("密码".encode()).hexdigest()


def case(**changed: Any) -> Case:
    known: dict[str, Any] = {
        "date": DAY,
        "premium": Decimal(100),
        "applied": Decimal(100),
        "settling": Decimal(100),
        "evidence": {},
        "signals": EventDirectives(),
    }
    return Case(**known | changed)


@pytest.mark.parametrize(
    ("key", "value", "given", "outcome", "reason"),
    [
        ("requires-policy", True, {"evidence": {"policy": "P-1"}}, "met", "the application names policy P-1"),
        ("requires-policy", True, {"evidence": {"code": "P-1"}}, "unmet", "the application names no policy"),
        ("requires-policy", True, {"applied": None}, "unmet", "there is no application"),
        ("requires-document", True, {"evidence": {"document": "a.pdf"}}, "met", "the application names document a.pdf"),
        ("requires-document", True, {}, "unmet", "the application names no document"),
        ("requires-amount", "exact", {}, "met", "the whole premium of 100 is applied for"),
        ("requires-amount", "exact", {"applied": Decimal(99)}, "unmet", "99 of 100 is applied for"),
        ("requires-amount", "exact", {"settling": Decimal(99)}, "unmet", "99 of 100 is to be settled"),
        ("requires-amount", "exact", {"applied": None, "settling": None}, "unmet", "there is no application"),
        ("requires-code", f"sha256:{SECRET}", {"evidence": {"code": "密码"}}, "met", "the code of the application is the required one"),
        ("requires-code", f"sha256:{SECRET.upper()}", {"evidence": {"code": "密码"}}, "met", "the code of the application is the required one"),
        ("requires-code", f"sha256:{SECRET}", {"evidence": {"code": "guess"}}, "unmet", "the code of the application is not the required one"),
        ("requires-code", f"sha256:{SECRET}", {}, "unmet", "the application names no code"),
        ("not-before", DAY, {}, "met", "2026-03-05 is reached"),
        ("not-before", dt.date(2026, 3, 6), {}, "waiting", "not before 2026-03-06"),
    ],
)  # fmt: skip
def test_verdicts(
    key: str, value: object, given: dict[str, Any], outcome: str, reason: str
) -> None:
    assert BUILT_IN[key].expected(value) is None
    assert BUILT_IN[key].judge(value, case(**given)) == Verdict(outcome, reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("requires-policy", False, "TRUE, or no such key"),
        ("requires-policy", Amount(Decimal(1), "CNY"), "TRUE, or no such key"),
        ("requires-document", "yes", "TRUE, or no such key"),
        ("requires-amount", "roughly", '"exact"'),
        ("requires-event", "order-1", '"name=value", or several with semicolons between'),
        ("requires-code", "secret", '"sha256:" and 64 hexadecimal digits'),
        ("not-before", "soon", "a date"),
    ],
)
def test_what_a_value_should_have_been(key: str, value: object, expected: str) -> None:
    assert BUILT_IN[key].expected(value) == expected


EVENTS = """\
2026-03-01 event "order-1" "shipped"
2026-03-03 event "order-1" "delivered"
2026-03-05 event "order-1" "returned"
2026-03-03 event "order-2" "delivered"
2026-03-04 event "order-3" "delivered"
2026-03-04 event "order-3" "lost"
2026-03-04 event "order-4" "delivered"
2026-03-04 event "order-4" "delivered"
"""


@pytest.mark.parametrize(
    ("value", "day", "outcome", "reason"),
    [
        ("order-1=delivered", 2, "unmet", 'event "order-1" is "shipped" since 2026-03-01, not "delivered"'),
        ("order-1=delivered", 3, "met", '"order-1" is "delivered" since 2026-03-03'),
        ("order-1=delivered", 4, "met", '"order-1" is "delivered" since 2026-03-03'),
        ("order-1=delivered", 5, "unmet", 'event "order-1" is "returned" since 2026-03-05, not "delivered"'),
        ("order-2=delivered", 2, "unmet", 'there is no event "order-2"'),
        ("nothing=ever", 5, "unmet", 'there is no event "nothing"'),
        ("order-1=delivered; order-2=delivered", 4, "met", '"order-1" is "delivered" since 2026-03-03, "order-2" is "delivered" since 2026-03-03'),
        ("order-1=delivered;order-9=delivered", 4, "unmet", 'there is no event "order-9"'),
        ("order-8=delivered; order-9=delivered", 4, "unmet", 'there is no event "order-8", there is no event "order-9"'),
        # The ledger says two things on one day; the order of its lines decides nothing.
        ("order-3=delivered", 4, "unmet", 'event "order-3" is "delivered" and "lost" since 2026-03-04, not "delivered"'),
        ("order-4=delivered", 4, "met", '"order-4" is "delivered" since 2026-03-04'),
    ],
)  # fmt: skip
def test_events(value: str, day: int, outcome: str, reason: str) -> None:
    for text in (EVENTS, "\n".join(reversed(EVENTS.splitlines())) + "\n"):
        signals = EventDirectives(load(text, world="").entries)
        verdict = BUILT_IN["requires-event"].judge(
            value, case(date=dt.date(2026, 3, day), signals=signals)
        )
        assert verdict == Verdict(outcome, reason)  # type: ignore[arg-type]


def test_a_value_with_an_equals_sign() -> None:
    signals = EventDirectives(load('2026-03-01 event "a" "b=c"\n', world="").entries)
    assert BUILT_IN["requires-event"].judge("a=b=c", case(signals=signals)).outcome == "met"


class _Weather:
    """A condition of another package."""

    def expected(self, value: object) -> str | None:
        if isinstance(value, Amount):
            return None
        if value == "crash":
            raise RuntimeError("no such sky")
        known = ("sun", "rain", "cloud", "storm", "nonsense", "silence", "yes")
        return None if value in known else '"sun" or "rain"'

    def judge(self, value: str, case: Case) -> Verdict:
        if value == "storm":
            raise RuntimeError("lightning")
        if value in ("silence", "yes"):
            return {"silence": None, "yes": "met"}[value]  # type: ignore[return-value]
        if value == "nonsense":
            return Verdict("perhaps", "who knows")  # type: ignore[arg-type]
        outcome: Outcome = {"sun": "met", "cloud": "waiting"}.get(value, "unmet")  # type: ignore[assignment]
        return Verdict(outcome, f"{case.date}: {value}")


@pytest.fixture
def other_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Point(EntryPoint):
        def load(self) -> Any:
            if self.value == "broken":
                raise ImportError("broken package")
            return _Weather()

    points = [
        _Point(name=name, value=value, group=conditions.ENTRY_POINTS)
        for name, value in (
            ("requires-broken", "broken"),  # first: what comes after it is there all the same
            ("requires-weather", "good"),
            ("requires-policy", "good"),
            ("weather", "good"),
        )
    ]
    monkeypatch.setattr(
        conditions, "entry_points", lambda group: points if group == conditions.ENTRY_POINTS else []
    )
    installed.cache_clear()


@pytest.fixture(autouse=True)
def _afresh() -> Iterator[None]:
    yield
    installed.cache_clear()


@pytest.mark.usefixtures("other_packages")
def test_other_packages_add_conditions() -> None:
    known = installed()
    assert set(known) == {*BUILT_IN, "requires-weather"}
    assert known["requires-policy"] is BUILT_IN["requires-policy"]
    assert isinstance(known["requires-weather"], ThirdPartyCondition)


_MET = "expected every settlement condition to be met [condition-unmet]"


@pytest.mark.usefixtures("other_packages")
@pytest.mark.parametrize(
    ("weather", "messages"),
    [
        ("sun", []),
        ("rain", [f"V-1: requires-weather is unmet: 2026-03-06: rain; {_MET}"]),
        ("cloud", ["V-1: requires-weather is waiting: 2026-03-06: cloud; expected a later date [condition-waiting]"]),
        ("storm", [f"V-1: requires-weather is unmet: it could not be judged (RuntimeError: lightning); {_MET}"]),
        ("nonsense", [f"V-1: requires-weather is unmet: it was answered with Verdict(outcome='perhaps', reason='who knows'); {_MET}"]),
        ("silence", [f"V-1: requires-weather is unmet: it was answered with None; {_MET}"]),
        ("yes", [f"V-1: requires-weather is unmet: it was answered with 'met'; {_MET}"]),
    ],
)  # fmt: skip
def test_they_never_raise_into_the_books(weather: str, messages: list[str]) -> None:
    ledger = load(issue(requires_weather=f'"{weather}"') + ACCEPT + APPLY + SETTLE)
    assert [error.message for error in ledger.errors] == messages


@pytest.mark.usefixtures("other_packages")
@pytest.mark.parametrize(
    ("weather", "expected"),
    [
        ("fog", '"sun" or "rain"'),
        ("crash", "a value that requires-weather can read (RuntimeError: no such sky)"),
    ],
)
def test_a_value_that_they_do_not_take(weather: str, expected: str) -> None:
    [error] = load(issue(requires_weather=f'"{weather}"')).errors
    assert error.message == (
        f'requires-weather is "{weather}"; expected requires-weather: {expected} [bad-value]'
    )


@pytest.mark.usefixtures("other_packages")
@pytest.mark.parametrize(
    ("decision", "judged", "expected"),
    [
        (SETTLE, "2026-03-06", "a later date"),
        # What is unmet is judged by the end of the day before.
        (event("void", "2026-03-06", reason='"conditions-unmet"'), "2026-03-05", "a condition to be unmet"),
    ],
)  # fmt: skip
def test_several_may_wait(decision: str, judged: str, expected: str) -> None:
    waiting = issue(requires_weather='"cloud"', not_before="2026-03-09")
    [error] = load(waiting + ACCEPT + APPLY + decision).errors
    assert error.message == (
        "V-1: not-before is waiting: not before 2026-03-09; "
        f"requires-weather is waiting: {judged}: cloud; expected {expected} [condition-waiting]"
    )


class _Silent:
    """As little as another package can have."""

    def expected(self, value: object) -> str | None: ...

    def judge(self, value: object, case: Case) -> Verdict:
        return Verdict("met", f"{value} on {case.date}")


class _Talking(_Silent):
    meaning = "Condition: the sun shines."
    form = Kind.FLAG

    def evidence(self, value: object, case: Case) -> list[object]:
        return [*case.signals.recorded("sky", case.date), "no directive", value]

    def events(self, _value: object) -> list[str]:
        return ["sky"]


class _Broken(_Silent):
    form = "no kind"

    def evidence(self, _value: object, _case: Case) -> list[object]:
        raise RuntimeError("dark")

    def events(self, _value: object) -> None: ...


_SKY = Event({}, DAY, "sky", "blue")
_APPLIED = Custom({}, DAY, "voucher-apply", [])


@pytest.mark.parametrize(
    ("other", "meaning", "form", "evidence", "names"),
    [
        (_Silent(), "Condition of another package: TRUE, a day, or a text.", Kind.ANY, [_APPLIED], []),
        (_Talking(), "Condition: the sun shines.", Kind.FLAG, [_SKY], ["sky"]),
        (_Broken(), "Condition of another package: TRUE, a day, or a text.", Kind.ANY, [_APPLIED], []),
    ],
)  # fmt: skip
def test_what_another_package_may_leave_out(
    other: object, meaning: str, form: Kind, evidence: list[Any], names: list[str]
) -> None:
    condition = ThirdPartyCondition("requires-sun", other)
    judged = case(signals=EventDirectives([_SKY]), application=_APPLIED)
    assert (condition.key, condition.meaning, condition.form) == ("requires-sun", meaning, form)
    assert list(condition.evidence(True, judged)) == evidence
    assert list(condition.events(True)) == names


_EVENTS_TOLD = [
    Event({}, dt.date(2026, 3, day), name, value)
    for day, name, value in [(4, "a", "1"), (2, "b", "1"), (4, "a", "2"), (6, "a", "3")]
]


@pytest.mark.parametrize(
    ("key", "value", "application", "evidence", "names"),
    [
        ("requires-policy", True, _APPLIED, [_APPLIED], []),
        ("requires-code", "sha256:" + SECRET, _APPLIED, [_APPLIED], []),
        ("requires-amount", "exact", None, [], []),
        ("not-before", DAY, _APPLIED, [], []),
        ("requires-event", "a=1;c=1; b=1;a=2", _APPLIED, [_EVENTS_TOLD[1], _EVENTS_TOLD[2]], ["a", "c", "b"]),
    ],
)  # fmt: skip
def test_what_a_condition_is_judged_by(
    key: str, value: object, application: Custom | None, evidence: list[object], names: list[str]
) -> None:
    judged = case(signals=EventDirectives(_EVENTS_TOLD), application=application)
    assert list(BUILT_IN[key].evidence(value, judged)) == evidence
    assert list(BUILT_IN[key].events(value)) == names


@pytest.mark.usefixtures("other_packages")
def test_a_package_that_does_not_load_leaves_its_key_unknown() -> None:
    assert load(issue(requires_broken="TRUE")).codes == ["condition-unknown"]


@pytest.mark.usefixtures("other_packages")
def test_their_values_may_be_of_different_types(clerk: Clerk) -> None:
    """Beancount's Amount raises where it is compared with a text."""
    asked = issue(kind="request", date="2026-03-01", requires_weather="12.50 CNY")
    assert load(asked + issue(requires_weather='"sun"')).codes == ["terms-differ"]
    assert load(asked + issue(requires_weather="12.5 CNY")).codes == []
    assert load(asked + issue(requires_weather="13.00 CNY")).codes == ["terms-differ"]
    twice = issue(requires_weather="12.50 CNY") + issue(requires_weather='"sun"')
    assert load(twice).codes == ["duplicate", "duplicate"]
    clerk.write(issue(requires_weather="12.50 CNY"))
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02")
    assert "  requires-weather: 12.50 CNY\n" in ran.out


@pytest.mark.usefixtures("other_packages")
def test_nobody_knows_when_a_condition_of_another_package_changes() -> None:
    """So each day is asked: under the sun it could be settled on every one of them."""
    text = issue(requires_weather='"sun"') + ACCEPT + APPLY
    evaluation = load(text).evaluation
    voucher = evaluation.vouchers["V-1"]
    why = overdue(evaluation.ledger_state, voucher.terms, voucher.status, dt.date(2026, 3, 9))
    assert why is not None
    assert why.since == dt.date(2026, 3, 5)


@pytest.mark.usefixtures("other_packages")
def test_nobody_knows_until_when_a_condition_of_another_package_waits(clerk: Clerk) -> None:
    text = issue(requires_weather='"cloud"', not_before="2026-03-20") + ACCEPT + APPLY
    ran = clerk.write(text).run("run", "--as-of", "2026-03-09")
    assert ran.err.splitlines() == [
        "V-1: waiting for its conditions (not-before: not before 2026-03-20; "
        "requires-weather: 2026-03-09: cloud)",
        "Nothing to write.",
    ]


def test_there_is_no_day_after_the_last() -> None:
    last = "9999-12-31"
    text = issue(accept_by=last, apply_by=last, requires_event='"a=b"') + ACCEPT + APPLY
    evaluation = load(text + f'{last} event "a" "c"\n').evaluation
    voucher = evaluation.vouchers["V-1"]
    why = overdue(evaluation.ledger_state, voucher.terms, voucher.status, dt.date.max)
    assert why is not None
    assert why.since == dt.date(2026, 3, 6)
    changed = evaluation_of_last_day(text)
    [waits] = [row.waiting for row in register.rows(changed, dt.date.max)]
    assert waits is not None
    assert (waits.kind, waits.until) == ("void", dt.date.max)


def evaluation_of_last_day(text: str) -> Evaluation:
    """Met all the time, and unmet from the last day on, on which nobody can void it any more."""
    events = '2026-03-01 event "a" "b"\n9999-12-31 event "a" "c"\n'
    close = '9999-12-31 custom "voucher-close" "the end"\n'
    return load(text + events + close).evaluation


# --- Conditions that see the voucher, and ask for evidence of their own --------------------


class _RequiresService:
    """Paid if the car was within the agreed distance."""

    meaning = "Condition: not driven further than this."
    form = Kind.COUNT
    evidence_keys = {  # noqa: RUF012  as another package would write it
        "km-stand": EvidenceKey(Kind.COUNT, "Kilometres on the clock."),
        "seen-on": EvidenceKey(Kind.DATE, "When it was read."),
        "fee": EvidenceKey(Kind.AMOUNT, "What the reading cost."),
        "policy": EvidenceKey(Kind.COUNT, "Not its own."),
        "note-km": EvidenceKey(Kind.TEXT, "A note of everybody's."),
        "requires-km": EvidenceKey(Kind.TEXT, "A condition."),
        "Km": EvidenceKey(Kind.TEXT, "No key."),
        "amount": EvidenceKey(Kind.AMOUNT, "An argument of the command."),
        "funded": EvidenceKey(Kind.FUNDING, "A kind of the program's own."),
        "km": "no evidence key",
        7: EvidenceKey(Kind.TEXT, "No text."),
    }

    def expected(self, value: object) -> str | None:
        return None if isinstance(value, Decimal) else "a number"

    def judge(self, value: Decimal, case: Case) -> Verdict:
        stand = case.evidence.get("km-stand")
        seen = f"{case.voucher} {case.product} {case.currency} {case.parties['insurer']}"
        seen += f" {case.parties['issuer']} {case.premium} {case.cover_start} {case.cover_end}"
        if stand is None or stand > value:
            return Verdict("unmet", f"{stand} km: {seen}")
        return Verdict("met", f"{stand} km: {seen}")


@pytest.fixture
def _service(monkeypatch: pytest.MonkeyPatch) -> None:
    class _Point(EntryPoint):
        def load(self) -> Any:
            return _RequiresService() if self.value == "service" else _Silent()

    points = [
        _Point(name=f"requires-{name}", value=name, group=conditions.ENTRY_POINTS)
        for name in ("service", "old")
    ]
    monkeypatch.setattr(conditions, "entry_points", lambda **_: points)
    installed.cache_clear()


_CAR = issue(
    requires_service="15000", product='"car"', cover_start="2026-03-10", cover_end="2027-03-09"
)
_SEEN = "V-1 car CNY Ins Iss 100.00 2026-03-10 2027-03-09"


@pytest.mark.usefixtures("_service")
@pytest.mark.parametrize(
    ("evidence", "messages"),
    [
        ({"km-stand": "12", "seen-on": "2026-03-04", "fee": "1.50 CNY"}, []),
        ({"km-stand": "15001"}, [f"V-1: requires-service is unmet: 15001 km: {_SEEN}; {_MET}"]),
        ({"km-stand": '"12"'}, ['km-stand is "12"; expected km-stand: a whole number, zero or more [bad-value]']),
        ({"seen-on": '"today"'}, ['seen-on is "today"; expected seen-on: a date [bad-value]']),
        ({"km": "12"}, ["voucher-apply knows no km; expected by, policy, code, document, fee, km-stand, seen-on, message, note…, document… [unknown-key]"]),
    ],
)  # fmt: skip
def test_another_package_asks_for_evidence_of_its_own(
    evidence: dict[str, str], messages: list[str]
) -> None:
    applied = event("apply", "2026-03-05", **{k.replace("-", "_"): v for k, v in evidence.items()})
    ledger = load(_CAR + ACCEPT + applied + SETTLE)
    assert [error.message for error in ledger.errors][: len(messages) or 1] == messages


@pytest.mark.usefixtures("_service")
def test_only_an_application_names_it_and_only_where_the_package_is_installed() -> None:
    accepted = event("accept", "2026-03-03", km_stand="12")
    assert load(_CAR + accepted).codes == ["unknown-key"]
    assert evidence_of(installed()).keys() == {"fee", "km-stand", "seen-on"}
    assert installed()["requires-old"].evidence_keys == {}
    assert evidence_of(BUILT_IN) == {}


@pytest.mark.usefixtures("_service")
def test_apply_takes_it_as_an_option(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    clerk.write(_CAR + ACCEPT)
    apply = record._command(DIRECTIVES["apply"], "Record an application for settlement.")
    monkeypatch.setitem(main.commands, "apply", apply)
    given = ("--km-stand", "12", "--seen-on", "2026-03-04", "--fee", "1.50 CNY")
    ran = clerk.run("apply", "V-1", "--date", "2026-03-05", *given, "--write")
    assert (ran.status, ran.err.splitlines()[-1].startswith("Wrote")) == (0, True)
    said = "  fee: 1.50 CNY\n  km-stand: 12\n  seen-on: 2026-03-04\n"
    assert said in clerk.path.read_text()
    assert "fee 1.50 CNY  km-stand 12  seen-on 2026-03-04" in clerk.run("show", "V-1").out
    assert clerk.run("settle", "V-1", "--as-of", "2026-03-06").status == 0
    wrong = clerk.run("apply", "V-1", "--km-stand", "many")
    assert (wrong.status, "expected a whole number, zero or more" in wrong.err) == (2, True)
    file = clerk.folder / "batch.csv"
    file.write_text("id,date,km_stand\nV-1,2026-03-05,12\n")
    assert clerk.write(_CAR + ACCEPT).run("apply", "--batch", str(file)).out.endswith(": 12\n")

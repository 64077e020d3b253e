"""The whole instrument in a review: amendments by what they change, and who may consent."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import ACCEPT, APPLY, LINES, event, issue
from tests.support.repository import LIN, WANG, Repository, rules, states

ISSUED = issue(draws='"multiple"', apply_by="2026-06-30", on_unmet='"represent"')
ACCEPTED = ISSUED + ACCEPT
AMEND = event("amend", "2026-03-10", "1", "120.00 CNY", apply_by="2026-07-31", reason='"longer"')
ASKED = event("amend", "2026-03-10", "1", "120.00 CNY", requested_by='"Iss"')
CONSENT = event("consent", "2026-03-12", "1", by='"Ins"')
BOTH = event("consent", "2026-03-12", "1", by='"Ann"') + CONSENT
DECLINE = event("decline", "2026-03-12", "1", by='"Ins"')
TO_ZERO = event("amend", "2026-03-10", "1", "0 CNY")
DRAWN = ACCEPTED + event("apply", "2026-03-15", "60.00 CNY") + event("settle", "2026-03-16")
EARNING = '2026-01-01 custom "voucher-option" "earning" "monthly"\n'
INSURED = issue(cover_start="2026-03-10", cover_end="2026-06-30") + ACCEPT + APPLY
PAID = event("settle", "2026-03-06")


def close(day: str) -> str:
    return f'{day} custom "voucher-close" "{day[:7]}"\n'


def changed(repository: Repository, before: str, after: str) -> dict[str, Any]:
    repository.commit(before)
    repository.commit(after, WANG)
    return repository.review("HEAD~1..HEAD")


# before, after -> number, state before and after, consented, due, terms.
AMENDMENTS: dict[str, tuple[str, str, list[tuple[Any, ...]]]] = {
    "offered": (
        ACCEPTED, ACCEPTED + AMEND,
        [(1, None, "open", [], ["Ins"], ["amount 100.00 CNY 120.00 CNY", "apply-by 2026-06-30 2026-07-31"])],
    ),
    "offered before acceptance": (ISSUED, ISSUED + ASKED, [(1, None, "open", [], ["Ann"], ["amount 100.00 CNY 120.00 CNY"])]),
    "offered, and one has consented": (
        ACCEPTED, ACCEPTED + ASKED + CONSENT, [(1, None, "open", ["Ins"], ["Ann"], ["amount 100.00 CNY 120.00 CNY"])],
    ),
    "consented by the last": (
        ACCEPTED + AMEND, ACCEPTED + AMEND + CONSENT,
        [(1, "open", "effective", ["Ins"], [], ["amount 100.00 CNY 120.00 CNY", "apply-by 2026-06-30 2026-07-31"])],
    ),
    "both on one day": (
        ACCEPTED + ASKED, ACCEPTED + ASKED + BOTH, [(1, "open", "effective", ["Ann", "Ins"], [], ["amount 100.00 CNY 120.00 CNY"])],
    ),
    "at once, as nobody's consent is due": (ISSUED, ISSUED + AMEND, [(1, None, "effective", [], [], ["amount 100.00 CNY 120.00 CNY", "apply-by 2026-06-30 2026-07-31"])]),
    "declined": (
        ACCEPTED + AMEND, ACCEPTED + AMEND + DECLINE,
        [(1, "open", "declined", [], [], ["amount 100.00 CNY 120.00 CNY", "apply-by 2026-06-30 2026-07-31"])],
    ),
    "lapsed with the voucher": (
        ISSUED + ASKED, ISSUED + ASKED + event("void", "2026-03-12", reason='"cancelled"'),
        [(1, "open", "lapsed", [], [], ["amount 100.00 CNY 120.00 CNY"])],
    ),
    "the second, of what the first has changed": (
        ISSUED + AMEND, ISSUED + AMEND + event("amend", "2026-03-11", "2", "130.00 CNY", not_before="2026-04-01"),
        [(2, None, "effective", [], [], ["amount 120.00 CNY 130.00 CNY", "not-before None 2026-04-01"])],
    ),
    "a condition that falls away": (
        ISSUED.replace("policyholder:", "requires-policy: TRUE\n  policyholder:"),
        ISSUED.replace("policyholder:", "requires-policy: TRUE\n  policyholder:") + event("amend", "2026-03-10", "1", drop='"requires-policy"'),
        [(1, None, "effective", [], [], ["requires-policy TRUE None"])],
    ),
    "it is gone": (ISSUED + AMEND, ISSUED, [(1, "effective", None, [], [], ["amount 100.00 CNY 120.00 CNY", "apply-by 2026-06-30 2026-07-31"])]),
    "as before, but moved": (ISSUED + ASKED, "\n" + ISSUED + ASKED, []),
}  # fmt: skip


@pytest.mark.parametrize("name", AMENDMENTS)
def test_an_amendment_is_what_it_changes(repository: Repository, name: str) -> None:
    before, after, expected = AMENDMENTS[name]
    found = changed(repository, before, after)
    amendments = [each for voucher in found["vouchers"] for each in voucher["amendments"]]
    assert [
        (
            each["number"], each["before"], each["after"], each["consented"], each["consent_due"],
            [f"{term['name']} {term['before']} {term['after']}" for term in each["terms"]],
        )
        for each in amendments
    ] == expected  # fmt: skip


# before, after -> the states, the events, and what else has changed of held, offered, refunded, kept, earned.
LIFE: dict[str, tuple[str, str, tuple[str, str], list[str], dict[str, str]]] = {
    "an increase is frozen at the offer": (
        ACCEPTED, ACCEPTED + AMEND, ("accepted", "accepted"), ["+amend 1"], {"offered": "0.00 20.00"},
    ),
    "and held at its effect": (
        ACCEPTED + AMEND, ACCEPTED + AMEND + CONSENT, ("accepted", "accepted"),
        ["+consent 1 by Ins", "+effect 1"], {"held": "100.00 120.00", "offered": "20.00 0.00"},
    ),
    "two consents of one day": (
        ACCEPTED + ASKED + event("consent", "2026-03-12", "1", by='"Ann"'), ACCEPTED + ASKED + BOTH, ("accepted", "accepted"),
        ["+consent 1 by Ins", "+effect 1"], {"held": "100.00 120.00", "offered": "20.00 0.00"},
    ),
    "and released by a decline": (
        ACCEPTED + AMEND, ACCEPTED + AMEND + DECLINE, ("accepted", "accepted"), ["+decline 1 by Ins"], {"offered": "20.00 0.00"},
    ),
    "and as it lapses": (
        ISSUED + ASKED, ISSUED + ASKED + event("void", "2026-03-12", reason='"cancelled"'), ("issued", "voided"),
        ["+lapse 1", "+void"], {"held": "100.00 0.00", "offered": "20.00 0.00"},
    ),
    "agreed to zero": (
        ISSUED, ISSUED + TO_ZERO, ("issued", "voided"), ["+amend 1", "+effect 1"], {"held": "100.00 0.00"},
    ),
    "taken back": (
        ACCEPTED + event("apply", "2026-03-15"), ACCEPTED + event("apply", "2026-03-15") + event("withdraw", "2026-03-16"),
        ("applied", "accepted"), ["+withdraw"], {},
    ),
    "one draw of several": (
        ACCEPTED + event("apply", "2026-03-15", "60.00 CNY"), DRAWN, ("applied", "accepted"), ["+settle"], {"held": "100.00 40.00"},
    ),
    "what is left goes home": (
        DRAWN, DRAWN + event("release", "2026-03-20", by='"Ins"'), ("accepted", "settled"), ["+release"], {"held": "40.00 0.00"},
    ),
    "a refund": (
        DRAWN, DRAWN + event("refund", "2026-03-20", "10.00 CNY", reason='"x"', kept="1.00 CNY"), ("accepted", "accepted"),
        ["+refund kept 1.00"], {"refunded": "0.00 10.00", "kept": "0.00 1.00"},
    ),
    "a refund to the loan": (
        LINES + DRAWN.replace('"cash"', '"credit"'), LINES + DRAWN.replace('"cash"', '"credit"') + event("refund", "2026-03-20", "10.00 CNY", reason='"x"'),
        ("accepted", "accepted"), ["+refund to the loan 10.00"], {"refunded": "0.00 10.00"},
    ),
    "what is earned": (
        EARNING + INSURED + PAID, EARNING + INSURED + PAID + close("2026-05-31"), ("settled", "settled"),
        ["+cover", "+earn", "+earn", "+earn"], {"earned": "0.00 73.45"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIFE)
def test_an_event_is_its_consequence(repository: Repository, name: str) -> None:
    before, after, both, steps, sums = LIFE[name]
    found = changed(repository, before, after)
    [voucher] = found["vouchers"]
    assert states(found) == {"V-1": both}
    signs = {"added": "+", "removed": "-"}
    assert [
        f"{signs[each['change']]}{each['event']} {each['detail']}".rstrip()
        for each in voucher["events"]
    ] == steps
    names = ("held", "offered", "refunded", "kept", "earned")
    told = {each: f"{voucher[f'{each}_before']} {voucher[f'{each}_after']}" for each in names}
    assert {each: pair for each, pair in told.items() if len(set(pair.split())) == 2} == sums
    assert voucher["reason"] == {"lapse": "cancelled"}.get(steps[0][1:6], "agreed" if name == "agreed to zero" else None)  # fmt: skip
    headline = repository.run("review", "HEAD~1..HEAD", "--stat").out.splitlines()[0]
    for each, pair in sums.items():
        was, now = pair.split()
        assert f"  {each} {was} → {now} CNY" in headline


def test_a_person_reads_it(repository: Repository) -> None:
    repository.commit(ACCEPTED)
    repository.commit(ACCEPTED + ASKED + CONSENT, WANG)
    out = repository.run("review", "HEAD~1..HEAD").out.splitlines()
    assert out[2:8] == [
        "V-1  accepted  events +2  offered 0.00 → 20.00 CNY",
        "  amendment 1: none → open, requested by Iss, consented by Ins, consent due from Ann",
        "    amount 100.00 CNY → 120.00 CNY",
        "  + 2026-03-10 amend 1   20.00 CNY  vouchers.beancount:12",
        "  + 2026-03-12 consent 1 by Ins vouchers.beancount:14",
        "  Ann  Assets:Ann:Iss                -20.00 CNY",
    ]
    repository.commit(ACCEPTED)
    assert "  amendment 1: open → none, requested by Iss" in repository.run("review", "HEAD~1").out
    repository.commit(ISSUED)
    repository.commit(ISSUED + TO_ZERO)
    text = repository.run("review", "HEAD~1..HEAD").out
    assert "V-1  issued → voided (agreed)  events +2  held 100.00 → 0.00 CNY  1 term" in text


def test_what_is_earned_is_told_in_a_line(repository: Repository) -> None:
    repository.commit(EARNING + INSURED + PAID)
    repository.commit(EARNING + INSURED + PAID + close("2026-06-30"), WANG)
    out = repository.run("review", "HEAD~1..HEAD").out
    assert "  + 2026-03-31 earn, 4 times until 2026-06-30 100.00 CNY  vouchers.beancount:2\n" in out


# --- Who may consent --------------------------------------------------------------------

# before, after, who has committed the first and the second -> rules that are broken.
DUTIES: dict[str, tuple[str, str, str, str, list[str]]] = {
    "consented by another": (ACCEPTED + AMEND, CONSENT, LIN, WANG, []),
    "consented by who asked": (ACCEPTED + AMEND, CONSENT, WANG, WANG, ["segregation-of-duties"]),
    "asked and consented in one commit": (ACCEPTED, AMEND + CONSENT, LIN, WANG, ["segregation-of-duties"]),
    "both consents by who asked": (ACCEPTED + ASKED, BOTH, WANG, WANG, ["segregation-of-duties"] * 2),
    "declined by who asked": (ACCEPTED + AMEND, DECLINE, WANG, WANG, []),
    "released by who applied": (
        DRAWN, event("release", "2026-03-20", by='"Ins"'), WANG, WANG, ["segregation-of-duties"],
    ),
    "turned down by who applied": (
        ISSUED.replace("policyholder:", "requires-policy: TRUE\n  policyholder:") + ACCEPT + event("apply", "2026-03-15"),
        event("discrepancy", "2026-03-16", reason='"no policy"'), WANG, WANG, ["segregation-of-duties"],
    ),
    "taken back by who applied": (ACCEPTED + event("apply", "2026-03-15"), event("withdraw", "2026-03-16"), WANG, WANG, []),
}  # fmt: skip


@pytest.mark.parametrize("name", DUTIES)
def test_who_asks_does_not_consent(repository: Repository, name: str) -> None:
    before, added, first, second, broken = DUTIES[name]
    repository.commit(before, first)
    repository.commit(before + added, second)
    found = repository.review("HEAD~1..HEAD")
    assert rules(found) == broken
    for each in found["violations"]:
        assert each["text"].endswith("are both committed by Wang <wang@example.org>")


def test_the_amendment_is_named(repository: Repository) -> None:
    repository.commit(ACCEPTED + AMEND)
    repository.commit(ACCEPTED + AMEND + CONSENT)
    [violation] = repository.review("HEAD~1..HEAD")["violations"]
    assert violation["text"].startswith(
        "V-1: consent 1 of 2026-03-12 and its amendment of 2026-03-10 are both committed by Lin"
    )


# --- Edited -----------------------------------------------------------------------------

EDITS: dict[str, tuple[str, str, list[str]]] = {
    "an amendment's amount": (
        ACCEPTED + AMEND, ACCEPTED + AMEND.replace("120", "130"), ["V-1: amend 1 of 2026-03-10: amount 120.00 CNY → 130.00 CNY"],
    ),
    "who consents": (
        ACCEPTED + ASKED + BOTH, ACCEPTED + ASKED + CONSENT, ["V-1: consent 1 of 2026-03-12: it is gone"],
    ),
    "one of two refunds of a day": (
        DRAWN + event("refund", "2026-03-20", "10.00 CNY", reason='"x"', reference='"a"') + event("refund", "2026-03-20", "9.00 CNY", reason='"x"', reference='"b"'),
        DRAWN + event("refund", "2026-03-20", "10.00 CNY", reason='"x"', reference='"a"') + event("refund", "2026-03-20", "8.00 CNY", reason='"x"', reference='"b"'),
        ["V-1: refund of 2026-03-20: amount 9.00 CNY → 8.00 CNY"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_history_is_edited_by_subject(repository: Repository, name: str) -> None:
    before, after, expected = EDITS[name]
    found = changed(repository, before, after)
    assert [each["text"] for each in found["violations"]] == expected


def test_blame_tells_of_every_event(repository: Repository) -> None:
    refund = event("refund", "2026-03-20", "10.00 CNY", reason='"x"')
    repository.commit(DRAWN.replace(ACCEPT, ACCEPT + ASKED + BOTH))
    repository.commit(DRAWN.replace(ACCEPT, ACCEPT + ASKED + BOTH) + refund, WANG)
    rows = repository.run("blame", "V-1", "--format", "csv").out.splitlines()[1:]
    assert [(row.split(",")[1], row.split(",")[3].split(" ")[0]) for row in rows] == [
        ("issue", "Lin"), ("accept", "Lin"), ("amend 1", "Lin"), ("consent 1 by Ann", "Lin"), ("consent 1 by Ins", "Lin"),
        ("apply", "Lin"), ("settle", "Lin"), ("refund", "Wang"),
    ]  # fmt: skip

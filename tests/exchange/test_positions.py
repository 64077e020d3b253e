"""Lists of open vouchers: said in full, and held against the ledger of whoever hears them."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.conditions import installed
from beancount_voucher.directives.money import Money
from beancount_voucher.exchange import message as messages
from beancount_voucher.exchange.message import text_of
from beancount_voucher.exchange.positions import (
    Comparison,
    Position,
    PositionList,
    latest_list,
    positions_with,
    said_positions,
)
from beancount_voucher.exchange.reader import read_message
from beancount_voucher.exchange.sending import Spoken
from tests.support import ACCEPT, event, issue
from tests.support.banks import ISSUED, Bank, Pair
from tests.support.talk import DAY, book, head

if TYPE_CHECKING:
    from beancount_voucher.exchange.message import Message


def held(state: str, amount: str = "100.00") -> Position:
    return Position(state, Money(Decimal(amount), "CNY"))


# --- Whose vouchers stand in a list -----------------------------------------------------

_VOID = event("void", "2026-03-05", voucher="V-2", reason='"cancelled"')
_OURS = issue() + ACCEPT + issue("V-2") + issue("V-3", acceptor=None) + _VOID

WITH = {
    "the other bank": ("Iss", "Acc", "2026-03-04", {"V-1": "accepted", "V-2": "issued"}),
    "the other bank, later": ("Iss", "Acc", "2026-03-05", {"V-1": "accepted"}),
    "the other bank, before": ("Iss", "Acc", "2026-03-01", {}),
    "its customer": ("Iss", "Ann", "2026-03-05", {"V-1": "accepted", "V-3": "issued"}),
    "both banks are one": ("Iss", "Ins", "2026-03-05", {"V-3": "issued"}),
    "its own bank": ("Ins", "Acc", "2026-03-05", {"V-1": "accepted"}),
    "who does not talk to it": ("Ann", "Ins", "2026-03-05", {}),
    "itself": ("Iss", "Iss", "2026-03-05", {}),
}


@pytest.mark.parametrize("name", WITH)
def test_the_open_vouchers_with_a_party(name: str) -> None:
    we, party, day, expected = WITH[name]
    found = positions_with(book(we, _OURS), party, dt.date.fromisoformat(day))
    assert found == {id_: held(state) for id_, state in expected.items()}


def test_a_request_is_no_voucher_yet() -> None:
    assert positions_with(book("Iss", issue(kind="request")), "Acc", DAY) == {}


# --- Which list is the latest -----------------------------------------------------------


def _message(number: int, *said: str, seen: int = 0) -> Message:
    name = "Iss", "Acc", number
    text = head(*name, seen=seen) + "".join(said)
    return read_message(text.encode(), name, installed()).message


def _line(voucher: str, state: str = "issued", as_of: str = "2026-03-09", more: str = "") -> str:
    return (
        f'2026-03-10 custom "voucher-position" "{voucher}" 100.00 CNY\n'
        f'  as-of: {as_of}\n  state: "{state}"\n{f"  more: {more}" if more else ""}'
        + "\n"
        * bool(more)
    )


_MORE = {"more": "TRUE"}
LISTS = {
    "none": ([_message(1, issue(funding=None))], None),
    "one": ([_message(1, _line("V-1"))], (1, ["V-1"])),
    "with something behind it": ([_message(1, _line("V-1")), _message(2)], (1, ["V-1"])),
    "of two": ([_message(1, _line("V-1", **_MORE), _line("V-2"))], (1, ["V-1", "V-2"])),
    "in two messages": ([_message(1, _line("V-1", **_MORE)), _message(2, _line("V-2"))], (2, ["V-1", "V-2"])),
    "not in full": ([_message(1, _line("V-1", **_MORE))], None),
    "the last in full": ([_message(1, _line("V-1")), _message(2, _line("V-2", **_MORE))], (1, ["V-1"])),
    "of another day": ([_message(1, _line("V-1", **_MORE)), _message(2, _line("V-2", as_of="2026-03-08"))], (2, ["V-2"])),
    "begun anew": ([_message(1, _line("V-1", **_MORE), _line("V-1"))], (1, ["V-1"])),
    "the later of two": ([_message(1, _line("V-1")), _message(2, _line("V-2"))], (2, ["V-2"])),
}  # fmt: skip


@pytest.mark.parametrize("name", LISTS)
def test_the_latest_list_that_is_whole(name: str) -> None:
    said, expected = LISTS[name]
    found = latest_list(said)
    assert (None if found is None else (found.number, sorted(found.positions))) == expected


def test_a_list_is_said_so_that_its_end_is_known() -> None:
    positions = {"V-1": held("issued"), "V-2": held("applied", "50.00")}
    said = list(said_positions(positions, DAY, DAY))
    assert [each.fact.terms.get("more") for each in said] == [True, None]
    text = text_of(messages.Message(_message(1).header, tuple(reversed(said))))
    found = latest_list([read_message(text.encode(), ("Iss", "Acc", 1), installed()).message])
    assert found is not None
    assert (found.as_of, found.positions) == (DAY, positions)
    assert list(said_positions({}, DAY, DAY)) == []


# --- Held against the ledger ------------------------------------------------------------

_HEARD = issue(funding=None) + '  message: "Iss Acc 1"\n'
_LATER = issue(funding=None) + '  message: "Iss Acc 4"\n'
_REFUSAL = '2026-03-10 custom "voucher-refusal" "{}" 1 "V-1"\n  of: "accept"\n  on: 2026-03-03\n  code: "{}"\n'
_SENT: dict[tuple[str, ...], int] = {("accept", "V-1", "acceptor", "2026-03-03"): 2}

# What we have recorded, what we have said, what the issuer lists -> what differs. The list came
# in message 3, which had seen our message 1.
COMPARED: dict[str, tuple[str, dict[tuple[str, ...], int], dict[str, Position], list[str]]] = {
    "the same": (_HEARD, {}, {"V-1": held("issued")}, []),
    "another state": (_HEARD, {}, {"V-1": held("applied")}, ["V-1: applied, 100.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
    "another amount": (_HEARD, {}, {"V-1": held("issued", "90.00")}, ["V-1: issued, 90.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
    "missing there": (_HEARD, {}, {}, ["V-1: not open at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
    "missing here": ("", {}, {"V-1": held("issued")}, ["V-1: issued, 100.00 CNY held at Iss on 2026-03-09, and not open here"]),
    "a state of its own": (_HEARD, {}, {"V-1": held("lost\n[x]")}, ['V-1: "lost\ufffd[x]", 100.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here']),
    "what we have not said yet": (_HEARD + ACCEPT, {}, {"V-1": held("issued")}, []),
    "what it had not seen": (_HEARD + ACCEPT, _SENT, {"V-1": held("issued")}, []),
    "what it had seen": (_HEARD + ACCEPT, dict.fromkeys(_SENT, 1), {"V-1": held("issued")}, ["V-1: issued, 100.00 CNY held at Iss on 2026-03-09, and accepted, 100.00 CNY held here"]),
    "what it has said after it": (_LATER, {}, {}, []),
    "what came after the day": (_HEARD + event("accept", "2026-03-10"), {}, {"V-1": held("applied")}, ["V-1: applied, 100.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
    "what it has refused after it": (_HEARD + ACCEPT + _REFUSAL.format("Acc", "final") + '  message: "Iss Acc 4"\n', dict.fromkeys(_SENT, 1), {"V-1": held("accepted")}, []),
    "what it has refused before": (_HEARD + ACCEPT + _REFUSAL.format("Acc", "final") + '  message: "Iss Acc 3"\n', dict.fromkeys(_SENT, 1), {"V-1": held("accepted")}, ["V-1: accepted, 100.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
    "what we have refused and not said": (_HEARD + _REFUSAL.format("Iss", "final"), {}, {"V-1": held("accepted")}, []),
    "what somebody else has refused": (_HEARD + _REFUSAL.format("Ins", "final"), {}, {"V-1": held("accepted")}, ["V-1: accepted, 100.00 CNY held at Iss on 2026-03-09, and issued, 100.00 CNY held here"]),
}  # fmt: skip


@pytest.mark.parametrize("name", COMPARED)
def test_what_a_list_says_otherwise(name: str) -> None:
    own, sent, positions, expected = COMPARED[name]
    said = PositionList(dt.date(2026, 3, 9), 3, 1, positions)
    compared = Comparison(book("Acc", own), "Iss", said, Spoken(sent))
    assert [f"{each.voucher}: {each.text}" for each in compared.differs()] == expected


def test_whether_both_agree_about_one() -> None:
    said = PositionList(dt.date(2026, 3, 9), 3, 1, {"V-1": held("issued")})
    compared = Comparison(book("Acc", _HEARD + _LATER.replace("V-1", "V-2")), "Iss", said, Spoken())
    assert [compared.agrees(each) for each in ("V-1", "V-2", "V-3")] == [True, False, True]


# --- The command ------------------------------------------------------------------------


def _confirm(bank: Bank, party: str, as_of: str, date: str) -> tuple[int, str]:
    ran = bank.run(
        *("confirm", party, "--as-of", as_of, "--out", str(bank.carried), "--key", str(bank.key)),
        date=date,
    )
    return ran.status, ran.err


def test_a_list_goes_out_behind_what_else_there_is_to_say(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED + ISSUED.replace("V-1", "V-2"))
    assert _confirm(first, "Acc", "2026-03-02", "2026-03-03") == (
        0,
        "Iss Acc 1: said\n2 open vouchers with Acc on 2026-03-02\n",
    )
    text = (first.carried / "Iss_Acc_000001.beancount").read_text()
    assert text.endswith(
        '2026-03-03 custom "voucher-position" "V-1" 100.00 CNY\n'
        '  as-of: 2026-03-02\n  state: "issued"\n  more: TRUE\n'
        '2026-03-03 custom "voucher-position" "V-2" 100.00 CNY\n'
        '  as-of: 2026-03-02\n  state: "issued"\n'
    )
    ran = second.turn("2026-03-03")
    assert (ran.status, "position" in ran.err) == (0, False)
    assert "position" not in second.path.read_text()
    assert second.state("V-2") == "issued"


def test_the_same_list_is_said_once(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED)
    _confirm(first, "Acc", "2026-03-02", "2026-03-03")
    before = first.path.read_bytes()
    assert _confirm(first, "Acc", "2026-03-02", "2026-03-03") == (
        0,
        "1 open voucher with Acc on 2026-03-02\n",
    )
    assert first.path.read_bytes() == before
    second.turn("2026-03-03")
    first.turn("2026-03-03")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    _confirm(first, "Acc", "2026-03-02", "2026-03-03")  # the same, and has seen more
    assert [each for each in first.facts("sent") if "Acc" in each] == [
        "2026-03-03 sent Iss Acc 1",
        "2026-03-03 sent Iss Acc 2",
        "2026-03-03 sent Iss Acc 3",
    ]


def test_who_hears_a_list_is_told_what_differs(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    first.turn("2026-03-02")
    text = second.path.read_text()
    second.path.write_text(text.replace('issue" "V-1" 100.00', 'issue" "V-1" 120.00'))
    _confirm(first, "Acc", "2026-03-03", "2026-03-03")
    ran = second.receive("2026-03-03")
    assert (
        "V-1: issued, 100.00 CNY held at Iss on 2026-03-03, and issued, 120.00 CNY held here "
        "[position-differs]"
    ) in ran.err
    assert ran.status == 1


def test_lists_that_are_too_long_go_in_several(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages.in_messages, "__defaults__", (2,))
    first, second = pair
    first.say("".join(issue(f"V-{number}") for number in range(5)))
    _confirm(first, "Acc", "2026-03-02", "2026-03-02")
    assert first.facts("sent")[-1] == "2026-03-02 sent Iss Acc 6"
    ran = second.turn("2026-03-02")
    assert (ran.status, "position-differs" in ran.err) == (0, False)


WRONG = {
    "nobody": (["Nobody", "--as-of", "2026-03-02"], 2, '"Nobody" is no party of the ledger'),
    "tomorrow": (["Acc", "--as-of", "2026-03-04"], 2, "--as-of 2026-03-04 is after 2026-03-03"),
    "nothing is open": (["Acc"], 0, "no voucher with Acc is open on 2026-03-03"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_not_confirmed(name: str, pair: Pair) -> None:
    arguments, status, told = WRONG[name]
    first = pair[0]
    ran = first.run("confirm", *arguments, "--out", str(first.carried), date="2026-03-03")
    assert (ran.status, told in ran.err) == (status, True)


def test_a_list_of_what_is_held_back_waits(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    first.path.write_text(first.path.read_text().replace("100.00 CNY", "120.00 CNY"))
    assert _confirm(first, "Acc", "2026-03-03", "2026-03-03")[0] == 1

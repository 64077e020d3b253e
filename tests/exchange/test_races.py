"""Each race of two servers, with two folders: what the outcome must be (manual: exchange)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.simulator.faults import Operations, counted
from tests.support import event, issue
from tests.support.banks import ISSUED, Bank, Pair, banks

if TYPE_CHECKING:
    from pathlib import Path


def test_a_whole_life(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED)
    assert first.turn("2026-03-02").status == 0
    assert second.turn("2026-03-02").status == 0
    assert second.state() == "issued"
    second.say(event("accept", "2026-03-03"))
    second.turn("2026-03-03")
    first.turn("2026-03-03")
    assert (first.state(), second.state()) == ("accepted", "accepted")
    second.say(event("apply", "2026-03-05", by='"Ins"'))
    second.turn("2026-03-05")
    first.turn("2026-03-05")
    second.turn("2026-03-05")
    assert (first.state(), second.state()) == ("settled", "settled")
    before = first.path.read_bytes(), second.path.read_bytes()
    for bank in (first, second, first, second):
        assert bank.turn("2026-03-06").status == 0
    at_rest = first.path.read_bytes(), second.path.read_bytes()
    for bank in (first, second, first, second):
        assert bank.turn("2026-03-06").status == 0
    assert at_rest == (first.path.read_bytes(), second.path.read_bytes())
    assert len(before[0]) <= len(at_rest[0])
    assert (first.ledger().errors, second.ledger().errors) == ([], [])


# --- 1 to 3: the channel ----------------------------------------------------------------


def _carried(pair: Pair, name: str) -> Path:
    return pair[0].carried / f"{name}.beancount"


def _move_away(path: Path, to: Path) -> None:
    """A message and its signature."""
    to.mkdir(exist_ok=True)
    for each in (path, path.with_name(path.name + ".sig")):
        each.rename(to / each.name)


def test_1_a_message_that_comes_twice_is_known_and_our_latest_goes_out_again(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    ours = _carried(pair, "Acc_Iss_000001")
    before = ours.read_bytes(), second.path.read_bytes()
    ours.unlink()
    assert second.turn("2026-03-03").status == 0
    assert (ours.read_bytes(), second.path.read_bytes()) == before


def test_2_another_text_of_a_number_stops_the_channel(pair: Pair, tmp_path: Path) -> None:
    first, second = pair
    backup = first.path.read_text()
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    # The first bank's clerk puts an old ledger back, and says something else.
    first.path.write_text(backup)
    (first.folder / "messages").rename(tmp_path / "lost")
    first.say(ISSUED.replace("V-1", "V-2"))
    _move_away(_carried(pair, "Acc_Iss_000001"), tmp_path / "later")
    first.turn("2026-03-03")
    ran = second.turn("2026-03-03")
    assert ran.status == 1
    assert "another text of Iss Acc 1 is recorded [equivocation]" in ran.err
    assert second.state("V-2") == "–"
    kept = second.folder / "messages/Iss/Acc"
    [rival] = [
        each for each in kept.iterdir() if len(each.name.split(".")) == 3 and each.suffix != ".sig"
    ]
    assert rival.read_bytes() == _carried(pair, "Iss_Acc_000001").read_bytes()
    # Whatever comes next waits until a person has said which text counts.
    first.say(event("void", "2026-03-04", voucher="V-2", reason='"cancelled"')).turn("2026-03-04")
    assert "there are two texts of Iss Acc 1 [equivocation]" in second.turn("2026-03-04").err


def test_3_a_message_before_another_waits_for_it(pair: Pair, tmp_path: Path) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    away = tmp_path / "late"
    _move_away(_carried(pair, "Iss_Acc_000001"), away)
    first.say(ISSUED.replace("V-1", "V-2"))
    first.turn("2026-03-02")
    _carried(pair, "Iss_Acc_000001").unlink()
    ran = second.turn("2026-03-02")
    assert "Iss Acc 2: number 1 has not come yet [gap]" in ran.err
    assert (ran.status, second.state("V-2")) == (1, "–")
    (away / "Iss_Acc_000001.beancount").rename(_carried(pair, "Iss_Acc_000001"))
    assert second.turn("2026-03-02").status == 0
    assert second.facts("received") == [
        "2026-03-02 received Iss Acc 1",
        "2026-03-02 received Iss Acc 2",
    ]
    assert (second.state("V-1"), second.state("V-2")) == ("issued", "issued")


# --- 4 to 8: who was first --------------------------------------------------------------


def test_4_an_acceptance_that_comes_late_counts_if_nothing_was_decided(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    first.turn("2026-03-02")
    second.say(event("accept", "2026-03-05")).turn("2026-03-05")
    assert first.receive("2026-03-07").status == 0
    assert first.state() == "accepted"


def test_5_what_was_voided_before_the_acceptance_came_stays_void(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    first.turn("2026-03-02")
    # The acceptance is made in time, and is on its way; the issuer has heard nothing by then.
    second.say(event("accept", "2026-03-05")).send("2026-03-05")
    first.say(event("void", "2026-03-06", reason='"not-accepted"'))
    ran = first.turn("2026-03-07")
    assert "accept of 2026-03-05" in ran.err
    assert "[final]" in ran.err
    second.turn("2026-03-07")
    assert (first.state(), second.state()) == ("voided", "voided")
    assert "2026-03-06 void V-1" in second.facts("void")
    assert second.ledger().errors == []
    posted = [
        each
        for each in second.ledger().entries
        if "voucher-refusal" in (getattr(each, "tags", None) or ())
    ]
    assert [str(each.date) for each in posted] == ["2026-03-07"]
    _at_rest(pair, "2026-03-08")


def test_6_an_application_on_its_way_is_judged_and_the_recall_is_spent(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc", options=_STATED)
    first, second = pair = found["Iss"], found["Acc"]
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    second.say(event("apply", "2026-03-31", by='"Ins"')).send("2026-03-31")
    first.say(event("recall", "2026-04-01", reason='"no-application"')).turn("2026-04-01")
    assert first.facts("settle") == ["2026-04-01 settle V-1"]
    second.turn("2026-04-01")
    assert (first.state(), second.state()) == ("settled", "settled")
    _at_rest(pair, "2026-04-02")


def test_7_who_has_surrendered_does_not_apply(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03") + event("surrender", "2026-03-04"))
    second.say(event("apply", "2026-03-05"))
    assert [error.message[-13:] for error in second.ledger().errors] == ["[surrendered]"]


def test_8_a_return_after_the_settlement_is_struck(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03") + event("apply", "2026-03-04", by='"Ins"'))
    second.turn("2026-03-04")
    second.say(event("return", "2026-03-05", by='"Ins"'))
    first.turn("2026-03-05")  # settles, and has not heard of the return
    assert first.state() == "settled"
    second.turn("2026-03-06")
    first.turn("2026-03-06")
    second.turn("2026-03-06")
    assert (first.state(), second.state()) == ("settled", "settled")
    assert second.ledger().errors == []
    assert any("refusal" in each for each in second.facts("refusal"))
    _at_rest(pair, "2026-03-07")


# --- 9 to 17: what goes wrong -----------------------------------------------------------


def test_9_what_is_lost_goes_out_again_byte_for_byte(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    lost = _carried(pair, "Iss_Acc_000001")
    text = lost.read_bytes()
    lost.unlink()
    first.turn("2026-03-03")
    assert lost.read_bytes() == text
    second.turn("2026-03-03")
    assert second.state() == "issued"


def test_10_who_was_restored_from_a_backup_says_nothing_before_it_has_heard(
    pair: Pair, tmp_path: Path
) -> None:
    first, second = pair
    backup = first.path.read_text()
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    _restore(first, backup, tmp_path)
    first.say(ISSUED.replace("V-1", "V-2"))
    text = (
        "Acc Iss 1: Acc has recorded message 1 of ours, and we know 0: this ledger was restored, "
        "and has lost messages [gap]"
    )
    ran = first.turn("2026-03-03")
    assert (ran.status, text in ran.err) == (1, True)
    assert "Acc: this ledger was restored, and nothing has come of Acc since" in ran.err
    assert first.facts("sent", "received") == []
    # What it has lost is read of the folder from now on, once the other side has put it there.
    _return(second, first.carried)
    ran = first.turn("2026-03-04")
    assert "record it first [missing-key]" in ran.err  # how it is funded no message to Acc tells
    assert (ran.status, first.facts("sent")) == (1, [])
    first.say(ISSUED)
    ran = first.turn("2026-03-05")
    assert (ran.status, first.facts("sent", "received", "issue")) == (
        0,
        [
            "2026-03-02 issue V-1",
            "2026-03-02 issue V-2",
            "2026-03-05 sent Iss Acc 1",
            "2026-03-05 sent Iss Acc 2",
            "2026-03-05 received Acc Iss 1",
        ],
    )
    second.turn("2026-03-05")
    assert (second.state("V-1"), second.state("V-2")) == ("issued", "issued")
    assert not (first.folder / "messages/restored").exists()
    _at_rest(pair, "2026-03-06")


def _restore(bank: Bank, backup: str, tmp_path: Path) -> None:
    """An older ledger is put back, and there are no messages any more, nor in the folder."""
    bank.path.write_text(backup)
    (bank.folder / "messages").rename(tmp_path / "lost")
    for path in bank.carried.glob(f"{bank.party}_*"):
        path.unlink()


def _return(bank: Bank, folder: Path) -> None:
    """Put all messages that were kept into the folder."""
    for path in (bank.folder / "messages").glob("*/*/*"):
        (folder / path.name).write_bytes(path.read_bytes())


def test_10_the_acceptor_takes_back_what_it_has_said(pair: Pair, tmp_path: Path) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    backup, kept = second.path.read_text(), tmp_path / "kept"
    shutil.copytree(second.folder / "messages", kept)
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    second.say(event("apply", "2026-03-05", by='"Ins"')).turn("2026-03-05")
    first.turn("2026-03-05")
    second.turn("2026-03-05")
    assert (first.state(), second.state()) == ("settled", "settled")
    _restore(second, backup, tmp_path)
    kept.rename(second.folder / "messages")
    ran = second.run(
        *("exchange", "--in", str(second.carried), "--out", str(second.carried)),
        *("--key", str(second.key), "--restored"),
        date="2026-03-06",
    )
    assert "Iss Acc 2: Iss has recorded message 2 of ours, and we know 1" in ran.err
    assert second.facts("accept", "apply") == []
    _return(first, first.carried)
    assert second.turn("2026-03-06").status == 0
    assert (second.state(), second.ledger().errors) == ("settled", [])
    text = second.path.read_text()
    assert 'note-restored: "message Acc Iss 2"' in text
    assert 'message: "Iss Acc 3"' in text
    _at_rest(pair, "2026-03-07")


def test_10_without_write_it_is_only_told(pair: Pair) -> None:
    first, _ = pair
    first.say(ISSUED)
    result = CliRunner().invoke(
        main,
        [
            *("-f", str(first.path), "send", "--out", str(first.carried), "--restored"),
            *("--date", "2026-03-02", "--key", str(first.key)),
        ],
    )
    assert (result.exit_code, result.stdout) == (1, "")
    assert "nothing has come of Acc since" in result.stderr
    assert not (first.folder / "messages").exists()


def test_11_an_expired_key_signs_nothing_whatever_date_it_claims(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    text = second.path.read_text()
    second.path.write_text(
        text.replace(f'"Iss" "{first.public}"\n', f'"Iss" "{first.public}"\n  until: 2026-03-31\n')
    )
    first.say(ISSUED).turn("2026-03-02")
    ran = second.receive("2026-05-02")
    assert (ran.status, "[key-expired]" in ran.err, second.state()) == (1, True, "–")


def test_12_a_message_for_another_bank(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    path = _carried(pair, "Iss_Acc_000001")
    ran = first.receive("2026-03-02", path)
    assert (ran.status, ran.err) == (0, "")  # its own, known
    second.turn("2026-03-02")
    text = first.path.read_text()
    ran = first.receive("2026-03-02", second.folder / "messages/Iss/Acc/Iss_Acc_000001.beancount")
    assert (ran.status, first.path.read_text()) == (0, text)
    first.run(
        *("send", "--out", str(first.carried), "--key", str(first.key), "--to", "Ann"),
        date="2026-03-02",
    )
    before = second.path.read_text()
    ran = second.receive("2026-03-02", _carried(pair, "Iss_Ann_000001"))
    assert (ran.status, ran.err) == (1, "Iss Ann 1: it is for Ann [not-addressed]\n")
    assert second.path.read_text() == before


def test_13_two_clerks_at_once_take_one_turn(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    program = "from beancount_voucher.cli import program; program()"
    carried = str(first.carried)
    clerks = [
        subprocess.Popen(
            [
                *(sys.executable, "-c", program, "-f", str(first.path), "exchange"),
                *("--in", carried, "--out", carried, "--key", str(first.key)),
                *("--date", "2026-03-03", "--write"),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    waits = "Another command writes; waiting …\n"
    told = sorted(clerk.communicate(timeout=60)[1].replace(waits, "") for clerk in clerks)
    assert [clerk.returncode for clerk in clerks] == [0, 0, 0]
    turn = "Acc Iss 1: 0 recorded\nAcc Iss 2: 1 recorded\nIss Acc 2: said\n"
    assert told in (
        ["", "", turn],
        ["", "", turn.replace("Acc Iss 1: 0 recorded\n", "")],
    )
    assert first.facts("sent", "accept") == [
        "2026-03-02 sent Iss Acc 1",
        "2026-03-03 accept V-1",
        "2026-03-03 sent Iss Acc 2",
    ]
    assert first.ledger().errors == []


def test_13_two_clerks_take_a_turn_at_once(pair: Pair) -> None:
    """One takes it, the other waits for the lock and finds nothing to do."""
    first, second = pair
    first.say(ISSUED)
    folders = ("--in", str(first.carried), "--out", str(first.carried), "--key", str(first.key))
    command = [
        *(sys.executable, "-m", "beancount_voucher", "-f", str(first.path), "exchange"),
        *(*folders, "--date", "2026-03-02", "--write"),
    ]
    clerks = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    told = [(*clerk.communicate(), clerk.returncode) for clerk in clerks]
    assert [status for _, _, status in told] == [0, 0, 0]
    assert sorted("Iss Acc 1: said" in (err or "") for _, err, _ in told) == [False, False, True]
    assert first.facts("sent") == ["2026-03-02 sent Iss Acc 1"]
    assert second.turn("2026-03-02").status == 0
    assert second.state() == "issued"


def test_14_a_full_disk_leaves_nothing_half_said(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED)
    before = first.path.read_bytes()
    said: set[bytes] = set()
    statuses: list[int] = []
    for step in range(40):
        with counted(Operations(full_at=step)):
            ran = first.turn("2026-03-02")
        said |= {path.read_bytes() for path in first.carried.glob("Iss_Acc_*.beancount")}
        assert ran.status in (0, 3)
        assert first.path.read_bytes().startswith(before)
        assert first.ledger().errors == []
        statuses.append(int(ran.status))
    assert statuses[0] == 3
    assert statuses[-1] == 0
    assert first.turn("2026-03-02").status == 0
    said |= {path.read_bytes() for path in first.carried.glob("Iss_Acc_*.beancount")}
    assert len(said) == 1
    assert second.turn("2026-03-02").status == 0
    assert second.state() == "issued"


def test_15_what_was_said_and_is_changed_is_held_back(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    first.path.write_text(first.path.read_text().replace("100.00 CNY", "120.00 CNY"))
    first.say(event("void", "2026-03-03", reason='"cancelled"'))
    ran = first.turn("2026-03-03")
    assert (
        "V-1: issue of 2026-03-02 says something else in the ledger now [fact-differs]" in ran.err
    )
    second.turn("2026-03-03")
    assert (ran.status, second.state()) == (1, "issued")


EDITED = {  # what was heard, and what somebody has made of it; what is told
    "another amount": ('"V-1" 100.00', '"V-1" 120.00', "issue of 2026-03-02 says something else than"),
    "another day": ('2026-03-02 custom "voucher-issue" "V-1"', '2026-03-01 custom "voucher-issue" "V-1"', "issue of 2026-03-01 is of"),
    "nothing": ("accept", "accept", None),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITED)
def test_15_what_was_heard_and_is_changed_is_held_back(name: str, pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED + ISSUED.replace("V-1", "V-2")).turn("2026-03-02")
    second.turn("2026-03-02")
    before, after, text = EDITED[name]
    second.path.write_text(second.path.read_text().replace(before, after))
    second.say(event("accept", "2026-03-03") + event("accept", "2026-03-03", voucher="V-2"))
    ran = second.turn("2026-03-03")
    first.turn("2026-03-03")
    held_back = text is not None
    assert (ran.status, f"V-1: {text}" in ran.err) == (int(held_back), held_back)
    assert (first.state(), first.state("V-2")) == (
        "issued" if held_back else "accepted",
        "accepted",
    )
    second.path.write_text(second.path.read_text().replace(after, before))
    assert second.turn("2026-03-04").status == 0
    first.turn("2026-03-04")
    assert first.state() == "accepted"


def test_16_what_a_clerk_has_entered_by_hand_is_known(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED + event("accept", "2026-03-04")).turn("2026-03-04")
    second.receive("2026-03-04")
    second.say(event("accept", "2026-03-03", by='"Acc"')).send("2026-03-04")
    ran = first.receive("2026-03-04")
    assert ran.status == 1
    assert "V-1: accept of 2026-03-04 here, and of 2026-03-03 there [fact-differs]" in ran.err
    assert first.facts("accept", "refusal") == ["2026-03-04 accept V-1"]
    # It stands, and nothing of the voucher is held back for it.
    assert first.say(event("return", "2026-03-05", by='"Ann"')).send("2026-03-05").status == 0
    second.receive("2026-03-05")
    assert second.facts("return") == ["2026-03-05 return V-1"]


def test_16_a_second_application_is_not_the_first_one_again(pair: Pair) -> None:
    """Both are for as much; the second one comes when the issuer has released what was left."""
    first, second = pair
    first.say(issue(draws='"multiple"', apply_by="2026-03-06")).turn("2026-03-02")
    second.turn("2026-03-02")
    applications = [
        event("apply", date, "50.00 CNY", by='"Ins"') for date in ("2026-03-04", "2026-03-06")
    ]
    second.say(event("accept", "2026-03-03") + applications[0]).turn("2026-03-04")
    first.turn("2026-03-05")
    second.turn("2026-03-05")
    first.say(event("release", "2026-03-07")).receive("2026-03-08")
    second.say(applications[1]).send("2026-03-08")
    ran = first.turn("2026-03-08")
    assert (ran.status, "apply of 2026-03-06" in ran.err, "[final]" in ran.err) == (1, True, True)
    second.turn("2026-03-09")
    for bank in pair:
        voucher = bank.ledger().evaluation.vouchers["V-1"]
        applied = [event.date.day for event in voucher.events if event.kind == "apply"]
        assert (str(voucher.status.state), applied) == ("settled", [4])
    _at_rest(pair, "2026-03-10")


def test_17_what_is_dated_in_a_closed_period_is_recorded_and_told(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.say('2026-03-31 custom "voucher-close" "2026-03"\n')
    ran = second.receive("2026-04-01")
    assert "issue of 2026-03-02 is dated in a period that is closed" in ran.err
    assert 'note-reopened: "message Iss Acc 1"' in second.path.read_text()
    assert second.facts("issue") == ["2026-03-02 issue V-1"]


_STATED = """\
2026-01-01 custom "voucher-option" "give-back" "stated"
2026-01-01 custom "voucher-option" "grace-days" "3"
"""


@pytest.mark.parametrize("answers", [True, False])
def test_a_voucher_is_asked_back_and_given_back_or_not(answers: bool, tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc", options=_STATED)
    first, second = pair = found["Iss"], found["Acc"]
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-04-02")  # nothing was heard of the acceptor beyond the deadline
    assert first.facts("recall") == []
    first.turn("2026-04-04")
    assert first.facts("recall") == ["2026-04-04 recall V-1"]
    if answers:
        assert "V-1: surrendered on 2026-04-04" in second.turn("2026-04-04").err
        assert second.facts("surrender") == ["2026-04-04 surrender V-1"]
    first.turn("2026-04-05")
    assert (first.state() == "voided") is answers
    first.turn("2026-04-07")
    void = [fact for fact in first.ledger().reading.facts if fact.kind == "void"]
    assert [each.terms["reason"] for each in void] == ["no-application"]
    second.turn("2026-04-07")
    assert (first.state(), second.state()) == ("voided", "voided")
    _at_rest(pair, "2026-04-08")


def _at_rest(pair: Pair, date: str) -> None:
    """After some turns nothing is written any more, by either."""
    for bank in pair * 2:
        bank.turn(date)
    before = [bank.path.read_bytes() for bank in pair]
    for bank in pair * 2:
        assert bank.turn(date).status in (0, 1)
    assert [bank.path.read_bytes() for bank in pair] == before

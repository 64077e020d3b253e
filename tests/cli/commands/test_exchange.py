"""``send``, ``receive``, ``exchange`` and ``key``: what they print, refuse and wait for."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.cli.commands import desk
from beancount_voucher.ledger import locks
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NewErrorError,
    NotUndoneError,
    WriteRefusedError,
)
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import ACCEPT, event, issue
from tests.support.banks import ISSUED, Bank, Pair, banks, give_key

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk


def test_without_write_both_only_show(pair: Pair, clerk: Clerk) -> None:
    first, second = pair
    first.say(ISSUED)
    before = first.path.read_bytes()
    told = _shown(first, clerk, "send", "--out", str(first.carried), "--key", str(first.key))
    assert told.startswith('2026-03-02 custom "voucher-sent" "Iss" "Acc" 1\n')
    assert (first.path.read_bytes(), list(first.carried.iterdir())) == (before, [])
    first.turn("2026-03-02")
    told = _shown(second, clerk, "receive", str(second.carried))
    assert '2026-03-02 custom "voucher-issue" "V-1" 100.00 CNY\n' in told
    assert '  message: "Iss Acc 1"\n' in told
    assert (second.state(), (second.folder / "messages").exists()) == ("–", False)


def _shown(bank: Bank, clerk: Clerk, *arguments: str) -> str:
    clerk.path.unlink(missing_ok=True)
    clerk.path.symlink_to(bank.path)
    ran = clerk.run(*arguments, "--date", "2026-03-02")
    assert ran.status == 0
    return ran.out


KEYS = {
    "a line": (["key", "Iss", KEY], f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n'),
    "with all that it may have": (
        ["key", "Iss", KEY, "--until", "2026-12-31", "--kinds", "accept apply", "--limit", "5000.00 CNY", "--by", "Li", "--introduced-by", "Iss Acc 3"],
        f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n  until: 2026-12-31\n  kinds: "accept apply"\n  limit: 5000.00 CNY\n  by: "Li"\n  introduced-by: "Iss Acc 3"\n',
    ),
    "with a limit": (
        ["key", "Iss", KEY, "--limit", "50000.00 CNY"],
        f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n  limit: 50000.00 CNY\n',
    ),
    "revoked": (
        ["key", "Iss", FINGERPRINT, "--revoke", "lost"],
        f'2026-03-02 custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n',
    ),
    "revoked by its line": (
        ["key", "Iss", KEY, "--revoke", "lost"],
        f'2026-03-02 custom "voucher-revoke" "Iss" "{FINGERPRINT}"\n  reason: "lost"\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_the_directive_of_a_key(name: str, clerk: Clerk) -> None:
    arguments, expected = KEYS[name]
    clerk.write(issue())
    ran = clerk.run(*arguments, "--date", "2026-03-02")
    assert (ran.status, ran.out) == (0, expected)
    assert FINGERPRINT in ran.err


@pytest.mark.parametrize("limit", ["50000", "much"])
def test_a_limit_that_is_none(limit: str, clerk: Clerk) -> None:
    clerk.write(issue())
    ran = clerk.run("key", "Iss", KEY, "--limit", limit)
    assert (ran.status, "is no amount above zero" in ran.err) == (2, True)


@pytest.mark.parametrize(
    ("first", "again", "is_known"),
    [
        (["Iss", KEY], ["Iss", KEY], True),
        (["Iss", KEY], ["Iss", " ".join(KEY.split(" ")[:2]), "--by", "Li"], True),
        (["Iss", KEY], ["Iss", KEY, "--until", "2026-12-31"], False),
        (["Iss", KEY, "--limit", "5 CNY"], ["Iss", KEY, "--limit", "5.00 CNY"], True),
        (["Iss", KEY], ["Acc", KEY], False),
        (["Iss", KEY, "--revoke", "lost"], ["Iss", FINGERPRINT, "--revoke", "stolen"], True),
    ],
)
def test_a_key_is_recorded_once(
    first: list[str], again: list[str], is_known: bool, clerk: Clerk
) -> None:
    clerk.write(issue())
    assert clerk.run("key", *first, "--date", "2026-03-02", "--write").status == 0
    before = clerk.path.read_text()
    ran = clerk.run("key", *again, "--date", "2026-03-05", "--write")
    assert ran.status == 0, ran.err
    assert ("is recorded already" in ran.err) is is_known
    assert (clerk.path.read_text() == before) is is_known


def test_a_key_is_introduced_by_the_one_before(pair: Pair, tmp_path: Path) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    folder = tmp_path / "new"
    folder.mkdir()
    line = give_key(folder, "new")
    assert first.run("key", "Iss", line, date="2026-03-03").status == 0
    first.turn("2026-03-03")
    ran = second.turn("2026-03-03")
    command = ran.err.partition("to record it: bean-voucher ")[2].splitlines()[0]
    assert "--introduced-by 'Iss Acc 2'" in command
    result = CliRunner().invoke(main, ["-f", str(second.path), *shlex.split(command)])
    assert result.exit_code == 0, result.stderr
    assert 'introduced-by: "Iss Acc 2"' in second.path.read_text()
    second.turn("2026-03-03")
    # From now on the new one signs, and the old one is given up.
    for name in ("key", "key.pub"):
        (first.folder / name).write_bytes((folder / name).read_bytes())
    first.say(ACCEPT.replace("accept", "void") + '  reason: "cancelled"\n')
    assert first.turn("2026-03-04").status == 0
    assert second.turn("2026-03-04").status == 0
    assert second.state() == "voided"


def test_a_key_from_its_file(clerk: Clerk) -> None:
    clerk.write(issue())
    path = clerk.folder / "key.pub"
    path.write_text(KEY + "\n")
    ran = clerk.run("key", "Iss", str(path), "--date", "2026-03-02")
    assert ran.out == f'2026-03-02 custom "voucher-key" "Iss" "{KEY}"\n'
    ran = clerk.run("key", "Iss", "ssh-ed25519 AAAA", "--date", "2026-03-02")
    assert (ran.status, "[bad-value]" in ran.err) == (1, True)


@pytest.mark.parametrize(
    ("more", "text"),
    [([], "which party are we?"), (["--as", "Nobody"], "--as Nobody is no party of the ledger")],
)
def test_who_we_are(more: list[str], text: str, clerk: Clerk) -> None:
    clerk.write(issue())
    ran = clerk.run("receive", str(clerk.folder), *more)
    assert (ran.status, text in ran.err) == (2, True)


def test_nobody_speaks_for_whose_book_is_kept_elsewhere(pair: Pair) -> None:
    first, _ = pair
    ran = first.run("receive", str(first.carried), "--as", "Acc", date="2026-03-02")
    assert ran.status == 2
    assert "--as Acc: the ledger keeps the books of Iss" in ran.err


NO_MESSAGE = "there is no message: expected FirstBank_SecondBank_000042.beancount"
SENDING = ("--out", "{folder}", "--key", "ours")
# name: arguments, what is told
WRONG_USAGE = {
    "nothing to receive": (["receive"], "Missing argument"),
    "a folder that is not there": (["receive", "{folder}/inn"], "inn' does not exist"),
    "no message": (["receive", "{folder}/ledger.beancount"], NO_MESSAGE),
    "verify what is not there": (["verify", "{folder}/inn"], "inn' does not exist"),
    "say to nobody": (["send", "--to", "Acq", *SENDING], '"Acq" is no party of the ledger'),
    "say to us": (["send", "--to", "Iss", *SENDING], '"Iss" is whom we speak for'),
    "serve nobody": (["server", "--in", "{folder}", "--to", "Acq", *SENDING], '"Acq" is no party'),
    "confirm to us": (["confirm", "Iss", *SENDING], '"Iss" is whom we speak for'),
    "a key that never counts": (
        ["key", "Iss", KEY, "--until", "2026-03-01"],
        "--until 2026-03-01 is before 2026-03-02: the key would never count",
    ),
}


@pytest.mark.parametrize("name", WRONG_USAGE)
def test_wrong_usage_is_told_and_not_taken_for_a_turn_in_which_nothing_came(
    name: str, clerk: Clerk
) -> None:
    clerk.write(issue())
    arguments, text = WRONG_USAGE[name]
    words = [each.format(folder=clerk.folder) for each in arguments]
    we = [] if words[0] == "key" else ["--as", "Iss"]
    ran = clerk.run(*words, *we, "--date", "2026-03-02")
    assert (ran.status, text in ran.err) == (2, True)


def test_one_of_several_books(clerk: Clerk) -> None:
    clerk.write(issue())
    ran = clerk.run("receive", str(clerk.folder), "--as", "Acc")
    assert (ran.status, ran.out) == (0, "")


def test_what_cannot_be_decided_is_told(pair: Pair) -> None:
    first, second = pair
    first.say(issue("V-1", "200000.00 CNY") + ACCEPT + event("apply", "2026-03-04"))
    ran = first.turn("2026-03-05")
    assert ran.status == 1
    assert "refused: " in ran.err
    assert "[insufficient-funds]" in ran.err
    assert second.state() == "–"


PROVEN = "2026-03-31 balance Liabilities:Acc:Deposits:Ins 0.00 CNY\n"
DEPOSITS = "2020-01-01 open Liabilities:Acc:Deposits:Ins"
# name: what of our ledger is otherwise, and how; what is told
DOES_NOT_FIT = {
    "an account that is not open": (DEPOSITS, "; later", "which is not open"),
    "another currency": (DEPOSITS, DEPOSITS + " USD", "Invalid currency CNY for account"),
    "a balance": (DEPOSITS, PROVEN + DEPOSITS, "Balance failed for 'Liabilities:Acc:Deposits:Ins'"),
}


@pytest.mark.parametrize("name", DOES_NOT_FIT)
def test_what_our_ledger_does_not_take_waits_and_does_not_stop_the_rest(
    name: str, tmp_path: Path
) -> None:
    parties = banks(tmp_path, "Iss", "Acc", "Ins")
    first, second, insurer = parties["Iss"], parties["Acc"], parties["Ins"]
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03") + event("apply", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    there, instead, text = DOES_NOT_FIT[name]
    second.path.write_text(second.path.read_text().replace(there, instead))
    insurer.say(issue("V-7", kind="request", requested_by='"insurer"')).send("2026-03-03")
    ran = second.turn("2026-03-04")
    waits = "Iss Acc 2: it waits, as the ledger would have a new error: "
    assert ran.status == 1
    assert [text in line for line in ran.err.splitlines() if waits in line] == [True]
    assert (second.state(), second.state("V-7")) == ("applied", "requested")
    assert second.ledger().errors == []
    second.path.write_text(second.path.read_text().replace(instead, there))
    assert second.turn("2026-03-04").status == 0
    assert second.state() == "settled"


@pytest.mark.parametrize(
    ("error", "status", "text"),
    [
        (WriteRefusedError("disk full"), 3, "disk full; nothing was written"),
        (NotUndoneError("half of it"), 3, "half of it"),
        (NewErrorError("a new error"), 3, "a new error; nothing was written"),
        (ChangedMeanwhileError("changed"), 3, "changed again and again"),
    ],
)
def test_what_cannot_be_written(
    error: Exception, status: int, text: str, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = pair
    first.say(ISSUED)

    def refuse(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(desk, "submit", refuse)
    monkeypatch.setattr(desk, "_TRIES", 2)
    ran = first.turn("2026-03-02")
    assert (ran.status, text in ran.err) == (status, True)


def test_a_ledger_that_cannot_be_locked(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> None:
        raise WriteRefusedError("no locks here")

    monkeypatch.setattr(locks, "locked", refuse)
    ran = pair[0].turn("2026-03-02")
    assert (ran.status, "no locks here; nothing was written" in ran.err) == (3, True)


def test_what_is_said_to_one(pair: Pair) -> None:
    first, _ = pair
    first.say(ISSUED)
    ran = first.run(
        *("send", "--to", "Ann", "--out", str(first.carried), "--key", str(first.key)),
        date="2026-03-02",
    )
    assert ran.status == 0
    assert sorted(path.name for path in first.carried.iterdir()) == [
        "Iss_Ann_000001.beancount",
        "Iss_Ann_000001.beancount.sig",
    ]


def test_two_messages_of_one_turn_and_one_that_waits(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    first.say(event("void", "2026-03-03", reason='"cancelled"')).turn("2026-03-03")
    (first.carried / "Iss_Acc_000002.beancount.sig").unlink()
    ran = second.turn("2026-03-03")
    assert ran.status == 1
    assert "Iss Acc 2: there is no signature beside it [unsigned]" in ran.err
    assert second.state() == "issued"


def test_what_both_say_of_one_day_is_known_without_a_word(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    first.say(ACCEPT)
    second.say(ACCEPT).send("2026-03-03")
    ran = first.receive("2026-03-03")
    assert (ran.status, ran.err) == (0, "Acc Iss 1: 0 recorded\nAcc Iss 2: 0 recorded, 1 known\n")


def test_a_ledger_that_nobody_judges(clerk: Clerk) -> None:
    clerk.write(issue(), plugin="")
    for more, status in ([], 1), (["--write"], 3):
        ran = clerk.run("receive", str(clerk.folder), "--as", "Acc", *more)
        assert (ran.status, "[no-plugin]" in ran.err) == (status, True)


def test_a_whole_turn_is_shown(pair: Pair, clerk: Clerk) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(ACCEPT + event("apply", "2026-03-04", by='"Ins"')).turn("2026-03-04")
    before, carried = first.path.read_bytes(), str(first.carried)
    clerk.path.unlink(missing_ok=True)
    result = CliRunner().invoke(
        main,
        [
            *("-f", str(first.path), "exchange", "--in", carried, "--out", carried),
            *("--key", str(first.key), "--date", "2026-03-05"),
        ],
    )
    assert result.exit_code == 0, result.stderr
    kinds = [line.split('"')[1] for line in result.stdout.splitlines() if " custom " in line]
    assert [kind for kind in kinds if kind != "voucher-received"] == [
        "voucher-accept",
        "voucher-apply",
        "voucher-settle",
        "voucher-sent",
    ]
    assert (first.path.read_bytes(), first.state()) == (before, "issued")


def test_what_is_due_is_decided_where_there_is_nobody_to_tell(clerk: Clerk) -> None:
    clerk.write(issue(acceptor='"Iss"'))
    ran = clerk.run(
        *("exchange", "--in", str(clerk.folder), "--out", str(clerk.folder), "--as", "Iss"),
        *("--date", "2026-03-09", "--write"),
    )
    assert (ran.status, "V-1: void (not-accepted)" in ran.err) == (0, True)
    assert 'custom "voucher-void" "V-1"' in clerk.path.read_text()

"""``verify``: every message against signature, key, chain and ledger; and what proves it alone."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.exchange.store import Store
from tests.support import event
from tests.support.banks import ISSUED, Bank, banks, give_key
from tests.support.clerk import Ran

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = ("Iss", "Acc", 1)


@pytest.fixture
def bank(tmp_path: Path) -> Bank:
    """The acceptor, after two messages of the issuer and one of its own."""
    found = banks(tmp_path, "Iss", "Acc")
    found["Iss"].say(ISSUED).turn("2026-03-02")
    found["Acc"].turn("2026-03-02")
    found["Acc"].say(event("accept", "2026-03-03")).turn("2026-03-03")
    found["Iss"].turn("2026-03-03")
    found["Acc"].turn("2026-03-03")
    return found["Acc"]


def _verified(bank: Bank, *more: str) -> Ran:
    result = CliRunner().invoke(main, ["-f", str(bank.path), "verify", *more])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def test_ssh_keygen_alone_proves_every_message(bank: Bank) -> None:
    ran = _verified(bank)
    assert (ran.status, ran.err) == (0, "0 findings.\n")
    lines = ran.out.splitlines()
    assert [line.split()[6] for line in lines].count("Iss") == 2
    (bank.folder / "allowed_signers").write_text(_verified(bank, "--allowed-signers").out)
    for line in lines:
        done = _alone(line, bank)
        assert done.returncode == 0, done.stderr
    wrong = lines[0].replace("verify-time=2026", "verify-time=2025")
    assert _alone(wrong, bank).returncode != 0


def _alone(line: str, bank: Bank) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["sh", "-c", line], cwd=bank.folder, check=False, capture_output=True)  # noqa: S607


def test_how_the_file_of_keys_is_called(bank: Bank) -> None:
    assert "-f 'our keys' -I Acc" in _verified(bank, "--keys", "our keys").out


def _append(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


HARMS: dict[str, tuple[Callable[[Bank], object], str]] = {
    "a text is gone": (lambda bank: Store(bank.path).path(NAME).unlink(), "Iss Acc 1: its text is not kept [message-missing]"),
    "a text was changed": (lambda bank: _append(Store(bank.path).path(NAME)), "Iss Acc 1: its text is another than was recorded [message-changed]"),
    "a signature is gone": (lambda bank: Store(bank.path).path(NAME).with_name("Iss_Acc_000001.beancount.sig").unlink(), "[bad-signature]"),
    "a key was not there then": (lambda bank: bank.path.write_text(bank.path.read_text().replace('2026-01-02 custom "voucher-key" "Iss"', '2026-03-03 custom "voucher-key" "Iss"')), "[unknown-key]"),
    "what we said is gone": (lambda bank: bank.path.write_text(bank.path.read_text().replace(event("accept", "2026-03-03"), "")), "Acc Iss 2: V-1: accept of 2026-03-03 is not there in the ledger now [fact-differs]"),
    "of ours": (lambda bank: Store(bank.path).path(("Acc", "Iss", 1)).unlink(), "Acc Iss 1: its text is not kept [message-missing]"),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMS)
def test_what_is_not_as_it_was(name: str, bank: Bank) -> None:
    harm, text = HARMS[name]
    harm(bank)
    ran = _verified(bank)
    assert ran.status == 1
    assert text in ran.err


def test_a_ledger_that_records_another_message_before(bank: Bank) -> None:
    sha = next(
        fact.terms["sha256"] for fact in bank.ledger().reading.facts if fact.kind == "received"
    )
    store, text = Store(bank.path), b"; hello\n"
    from beancount_voucher.exchange.message import digest  # noqa: PLC0415
    from beancount_voucher.exchange.verifiers import signed  # noqa: PLC0415

    other = bank.folder.parent / "Iss"
    store.keep(NAME, text, signed(text, str(other / "key")))
    bank.path.write_text(bank.path.read_text().replace(sha, digest(text)))
    ran = _verified(bank)
    assert "Iss Acc 2: the message before it is another than was recorded [fork]" in ran.err


def test_keys_with_their_ends(bank: Bank, tmp_path: Path) -> None:
    folder = tmp_path / "another"
    folder.mkdir()
    line = give_key(folder, "another")
    key = f'2026-02-01 custom "voucher-key" "Ins" "{line}"\n  until: 2026-06-30\n'
    bank.say(key)
    [told] = [
        each
        for each in _verified(bank, "--allowed-signers").out.splitlines()
        if each.startswith("Ins ")
    ]
    bare = " ".join(line.split()[:2])
    assert (
        told
        == f'Ins valid-after="20260201000000Z",valid-before="20260701000000Z",namespaces="message@beancount-voucher" {bare}'
    )


# --- Without a ledger -------------------------------------------------------------------


@pytest.fixture
def evidence(bank: Bank, tmp_path: Path) -> Path:
    """What an auditor is given: messages, their signatures, and the file of keys."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    for path in (bank.folder / "messages").glob("*/*/*.beancount*"):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "keys").write_text(_verified(bank, "--allowed-signers").out)
    return folder


def _alone_verified(folder: Path, *more: str, keys: str = "keys") -> Ran:
    result = CliRunner(env={"BEANCOUNT_FILE": None}).invoke(
        main, ["verify", "--keys", str(folder / keys), *(more or (str(folder),))]
    )
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def test_without_a_ledger(evidence: Path, bank: Bank) -> None:
    ran = _alone_verified(evidence)
    assert (ran.status, ran.err) == (0, "0 findings.\n")
    lines = ran.out.splitlines()
    assert len(lines) == 4
    for line in lines:
        done = _alone(line, bank)
        assert done.returncode == 0, done.stderr
    one = _alone_verified(evidence, str(evidence / "Iss_Acc_000002.beancount"))
    assert one.out.splitlines() == [each for each in lines if "Iss_Acc_000002" in each]


def _sign(folder: Path, text: bytes) -> None:
    from beancount_voucher.exchange.verifiers import signed  # noqa: PLC0415

    (folder / _FIRST).write_bytes(text)
    signature = signed(text, str(folder.parent / "Iss" / "key"))
    (folder / f"{_FIRST}.sig").write_bytes(signature)


_FIRST = "Iss_Acc_000001.beancount"
ALONE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a text was changed": (lambda folder: _append(folder / _FIRST), "Iss Acc 1: its signature is none of this text [bad-signature]"),
    "and so the next one does not fit": (lambda folder: _append(folder / _FIRST), "Iss Acc 2: the message before it is another than it says [fork]"),
    "nor what has seen it": (lambda folder: _append(folder / _FIRST), "Acc Iss 1: message Iss Acc 1 is another than it has seen [fork]"),
    "a signature is gone": (lambda folder: (folder / f"{_FIRST}.sig").unlink(), "Iss Acc 1: there is no signature beside it [unsigned]"),
    "no message": (lambda folder: _sign(folder, b"hello\n"), "Iss Acc 1: line 1 is none of a message [malformed]"),
    "no key": (lambda folder: (folder / "keys").write_text(""), "[unknown-key]"),
    "keys that have ended": (lambda folder: (folder / "keys").write_text((folder / "keys").read_text().replace('",names', '",valid-before="20260302000000Z",names')), "[key-expired]"),
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_what_is_not_proven_without_a_ledger(name: str, evidence: Path) -> None:
    harm, text = ALONE[name]
    harm(evidence)
    ran = _alone_verified(evidence)
    assert (ran.status, text in ran.err) == (1, True)


def test_when_the_keys_must_count(evidence: Path) -> None:
    assert (
        _alone_verified(evidence, str(evidence), "--date", "2025-12-31").err.count("[unknown-key]")
        == 4
    )
    ran = _alone_verified(evidence, str(evidence), "--date", "2026-04-05")
    assert (ran.status, ran.out.count("verify-time=20260405120000Z")) == (0, 4)


def test_what_is_asked_of_whoever_has_no_ledger(evidence: Path, tmp_path: Path) -> None:
    ran = _alone_verified(evidence, keys="nothing")
    assert (ran.status, "No such file or directory" in ran.err) == (2, True)
    (evidence / "keys").write_text("* ssh-ed25519 AAAA\n")
    ran = _alone_verified(evidence)
    assert (ran.status, "line 1 names no party and public key" in ran.err) == (2, True)
    (evidence / "keys").write_text("")
    ran = _alone_verified(evidence, str(tmp_path / "nothing"))
    assert (ran.status, "nothing' does not exist" in ran.err) == (2, True)
    (tmp_path / "nothing").mkdir()
    ran = _alone_verified(evidence, str(tmp_path / "nothing"))
    assert (ran.status, "there is no message" in ran.err) == (2, True)


def test_some_messages_held_against_the_ledger(evidence: Path, bank: Bank) -> None:
    ran = _verified(bank, str(evidence / _FIRST))
    assert (ran.status, ran.err, ran.out.count("\n")) == (0, "0 findings.\n", 1)
    assert str(evidence / _FIRST) in ran.out
    _append(evidence / _FIRST)
    ran = _verified(bank, str(evidence / _FIRST))
    assert (ran.status, "[message-changed]" in ran.err) == (1, True)
    other = evidence / "Iss_Acc_000007.beancount"
    other.write_text("")
    ran = _verified(bank, str(other))
    assert (ran.status, "Iss Acc 7: the ledger has not recorded it" in ran.err) == (1, True)


def test_ssh_keygen_alone_proves_every_message_of_a_month(tmp_path: Path) -> None:
    """In each of four ledgers, with keys that were changed in between."""
    found = banks(tmp_path, "Ann", "Iss", "Acc", "Ins")
    happens = {
        2: ("Iss", ISSUED),
        3: ("Acc", event("accept", "2026-03-03")),
        5: ("Ins", event("apply", "2026-03-05", "40.00 CNY")),
        12: ("Iss", ISSUED.replace("V-1", "V-2").replace("03-02", "03-12").replace("03-05", "03-15")),
        14: ("Ann", event("return", "2026-03-14", voucher="V-2")),
    }  # fmt: skip
    for day in (2, 3, 5, 8, 12, 14, 20, 31):
        who, text = happens.get(day, ("Iss", ""))
        found[who].say(text)
        if day == 8:
            line = give_key(found["Iss"].folder, "next")
            for bank in found.values():
                bank.say(f'2026-03-08 custom "voucher-key" "Iss" "{line}"\n')
        for bank in (*found.values(), *found.values()):
            assert bank.turn(f"2026-03-{day:02}").status == 0
    for bank in found.values():
        ran = _verified(bank)
        (bank.folder / "allowed_signers").write_text(_verified(bank, "--allowed-signers").out)
        lines = ran.out.splitlines()
        assert ran.status == 0
        assert len(lines) == len(list(bank.folder.glob("messages/*/*/*.beancount"))) > 5
        for line in lines:
            assert _alone(line, bank).returncode == 0, line

"""Files, and turns that are cut short: nothing is lost, and nothing is said twice otherwise."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.exchange import store as stores
from beancount_voucher.exchange import turn as turns
from beancount_voucher.exchange.authenticity import Incoming, Refused
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.message import digest
from beancount_voucher.exchange.store import Store, incoming
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verification import differing, proofs
from beancount_voucher.exchange.verifiers import checked
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from tests.support import ACCEPT, event, issue
from tests.support.banks import ISSUED, Bank, Pair, give_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NAME = ("Iss", "Acc", 1)


class KilledError(BaseException):
    """The process is gone."""


def _killed_at(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process end before its nth new file."""
    left = iter(range(step))
    write = atomic_files.write_new

    def write_new(path: Path, content: str | bytes) -> None:
        if next(left, None) is None:
            raise KilledError
        write(path, content)

    monkeypatch.setattr(atomic_files, "write_new", write_new)


@pytest.mark.parametrize("step", range(8))
def test_14_a_turn_that_was_killed_is_completed_by_the_next(
    step: int, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    first.say(ISSUED)
    with monkeypatch.context() as patch:
        _killed_at(step, patch)
        with suppress(KilledError):  # of its first five: attributes, two kept, two put out
            first.turn("2026-03-02")
    seen = {path.name: path.read_bytes() for path in first.carried.iterdir()}
    assert first.turn("2026-03-03").status == 0
    for name, content in seen.items():
        assert (first.carried / name).read_bytes() == content
    with monkeypatch.context() as patch:
        _killed_at(step, patch)
        with suppress(KilledError):
            second.turn("2026-03-03")
    second.turn("2026-03-04")
    assert second.state() == "issued"
    assert second.facts("received") in (
        ["2026-03-03 received Iss Acc 1"],
        ["2026-03-04 received Iss Acc 1"],
    )


def test_13_a_second_turn_finds_nothing_to_do(pair: Pair) -> None:
    first, _ = pair
    first.say(ISSUED).turn("2026-03-02")
    before = first.path.read_bytes()
    assert first.turn("2026-03-02").err == ""
    assert first.path.read_bytes() == before


@pytest.mark.parametrize(
    ("harm", "code"),
    [
        (lambda path: path.unlink(), "message-missing"),
        (lambda path: path.write_bytes(path.read_bytes() + b"\n"), "message-changed"),
    ],
)
def test_what_is_not_kept_as_it_was_is_told(
    pair: Pair, harm: Callable[[Path], None], code: str
) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    harm(Store(second.path).path(NAME))
    ran = second.send("2026-03-03")
    assert (ran.status, f"[{code}]" in ran.err) == (1, True)
    first.say(event("void", "2026-03-03", reason='"cancelled"')).turn("2026-03-03")
    ran = second.receive("2026-03-03")
    assert (ran.status, f"[{code}]" in ran.err) == (3, True)


def test_a_malformed_message_is_recorded_so_that_numbers_go_on(pair: Pair) -> None:
    first, second = pair
    _say_by_hand(first, b"; hello\n")
    ran = second.turn("2026-03-02")
    assert "Iss Acc 1: 0 recorded" in ran.err
    assert "  it is malformed: line 1 is none of a message [malformed]" in ran.err
    assert ran.status == 1
    ledger = second.ledger()
    book = book_of(ledger, "Acc")
    conversation = Conversation(
        book, channels_of(book.evaluation.exchanged), Store(second.path).text
    )
    assert conversation.message(NAME) is None
    assert (conversation.spoken("Iss").seen, conversation.last_date("Iss")) == (0, None)


def _say_by_hand(bank: Bank, text: bytes) -> None:
    from beancount_voucher.exchange.verifiers import signed  # noqa: PLC0415

    path = bank.carried / "Iss_Acc_000001.beancount"
    path.write_bytes(text)
    path.with_name(path.name + ".sig").write_bytes(signed(text, str(bank.key)))


def test_only_what_is_named_as_a_message_to_us_is_read(pair: Pair, tmp_path: Path) -> None:
    first, _ = pair
    first.say(ISSUED).turn("2026-03-02")
    (first.carried / "README").write_text("hello")
    (first.carried / "Acc_Iss_000001.beancount").mkdir()
    os.mkfifo(first.carried / "Acc_Iss_000002.beancount")
    assert [each.name for each in incoming([first.carried], "Acc")] == [NAME]
    assert list(incoming([first.carried], "Iss")) == []
    assert list(incoming([tmp_path / "nowhere"], "Acc")) == []


def test_a_folder_that_cannot_be_read_has_nothing(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = pair
    first.say(ISSUED).turn("2026-03-02")

    def refuse(*_arguments: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(type(first.carried), "iterdir", refuse)
        assert list(incoming([first.carried], "Acc")) == []
    with monkeypatch.context() as patch:
        patch.setattr(os, "open", refuse)
        assert list(incoming([first.carried], "Acc")) == []


def test_what_is_not_kept_is_not_put_out(pair: Pair) -> None:
    first, _ = pair
    with pytest.raises(WriteRefusedError, match="message-missing"):
        Store(first.path).put_out(NAME, first.carried)


def test_where_nothing_can_be_kept(pair: Pair) -> None:
    first, _ = pair
    (first.folder / stores.FOLDER).write_text("in the way")
    with pytest.raises(WriteRefusedError, match="Not a directory"):
        Store(first.path).keep(NAME, b"", b"")
    assert Store(first.path).rivals() == {}


PAPERS = {
    "a.txt": hashlib.sha256(b"paper").hexdigest(),
    "gone.txt": None,
    "folder": None,
    "pipe": None,
    "a\0b": None,
}


@pytest.mark.parametrize("document", PAPERS)
def test_the_digest_of_a_document(document: str, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"paper")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    ledger = str(tmp_path / "ledger.beancount")
    assert stores.document_digest(ledger, document) == PAPERS[document]


def test_a_document_goes_with_its_digest(pair: Pair) -> None:
    first, second = pair
    (first.folder / "a.txt").write_bytes(b"paper")
    first.say(issue(document='"a.txt"')).send("2026-03-02")
    assert second.receive("2026-03-02").status == 0
    assert f'document-sha256: "{PAPERS["a.txt"]}"' in second.path.read_text()
    assert "document-sha256" not in first.path.read_text()


def test_names_of_rivals(pair: Pair) -> None:
    store = Store(pair[0].path)
    store.keep(NAME, b"one\n", b"s")
    store.keep_rival(Incoming(NAME, b"other\n", b"s"))
    (store.path(NAME).parent / "other.beancount.0123456789ab").write_text("")
    assert store.rivals() == {NAME: {digest(b"other\n")[:12]}}
    assert (store.folder / ".gitattributes").read_text() == "* -text\n"


def test_a_text_that_another_key_of_nobody_has_signed_is_kept_nowhere(pair: Pair) -> None:
    first, second = pair
    came = turns.Came(Incoming(NAME, b"", b""), Refused("equivocation", "two texts"))
    turns.keep(Store(second.path), turns.Received(book_of(second.ledger(), "Acc"), [came]))
    assert not Store(second.path).folder.exists()
    with pytest.raises(LostError):
        raise LostError(first.party)


def test_what_was_removed_from_the_ledger_is_held_back(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(ACCEPT).turn("2026-03-03")
    second.path.write_text(second.path.read_text().replace(ACCEPT, ""))
    ran = second.send("2026-03-04")
    assert "V-1: accept of 2026-03-03 is not there in the ledger now [fact-differs]" in ran.err


def test_each_sends_with_its_own_key(pair: Pair) -> None:
    first, second = pair
    first.say(ISSUED)
    ran = first.run(
        "send", "--out", str(first.carried), "--key", str(second.key), date="2026-03-02"
    )
    assert ran.status == 3
    assert "is no key of Iss on 2026-03-02" in ran.err
    assert "[unknown-key]" in ran.err
    ran = first.run("send", "--out", str(first.carried), date="2026-03-02")
    assert (ran.status, "no key: name one by --key" in ran.err) == (3, True)
    assert list(first.carried.iterdir()) == []
    assert issue() in first.path.read_text()


@pytest.mark.parametrize("taken_away", [True, False])
def test_what_was_signed_with_a_key_that_counts_no_more_goes_out_with_the_next(
    taken_away: bool, pair: Pair
) -> None:
    first, second = pair
    first.say(ISSUED).turn("2026-03-02")
    name = "Iss_Acc_000001.beancount"
    kept = first.folder / "messages/Iss/Acc" / f"{name}.sig"
    before = kept.read_bytes()
    if taken_away:
        (first.carried / name).unlink()
    line = give_key(first.folder, "next")
    mark = fingerprint(give_key(second.folder, "Iss"))
    give_key(second.folder, "Acc")
    for bank in pair:
        bank.say(f'2026-03-03 custom "voucher-key" "Iss" "{line}"\n')
        bank.say(f'2026-03-03 custom "voucher-revoke" "Iss" "{mark}"\n  reason: "lost"\n')
    assert "[key-revoked]" in second.receive("2026-03-03").err or taken_away
    first.turn("2026-03-03")
    assert (first.carried / f"{name}.sig").read_bytes() != before == kept.read_bytes()
    at = (first.carried / f"{name}.sig").stat().st_mtime_ns
    first.turn("2026-03-03")
    assert (first.carried / f"{name}.sig").stat().st_mtime_ns == at
    assert second.turn("2026-03-03").status == 0
    assert second.state() == "issued"
    store = Store(first.path)
    proven = proofs(book_of(first.ledger(), "Iss"), store.text, store.signature, checked)
    assert {each.code for each in proven} == {""}


LIMITS = {
    "an amount": "limit: 50.00 CNY",
    "a kind": 'kinds: "accept"',
}


@pytest.mark.parametrize("term", LIMITS.values(), ids=LIMITS)
def test_what_a_key_may_not_sign_waits_for_another(pair: Pair, tmp_path: Path, term: str) -> None:
    first, second = pair
    narrow = f'"{first.public}"\n'
    text = first.path.read_text().replace(narrow, f"{narrow}  {term}\n")
    first.path.write_text(text)
    small = ISSUED.replace("V-1", "V-2").replace("100.00", "20.00")
    mark = fingerprint(first.public)
    ran = first.say(ISSUED + small).turn("2026-03-02")
    assert ran.status == 1
    assert f"V-1: {mark} may not sign issue of 2026-03-02: it waits for another key" in ran.err
    second.turn("2026-03-02")
    assert (second.state("V-1"), second.state("V-2") == "issued") == ("–", "limit" in term)
    # Two people come, with a key that may.
    (tmp_path / "both").mkdir()
    public = give_key(tmp_path / "both", "both")
    for bank in pair:
        bank.say(f'2026-03-01 custom "voucher-key" "Iss" "{public}"\n')
    for name in ("key", "key.pub"):
        (tmp_path / "both" / name).replace(first.folder / name)
    assert first.turn("2026-03-03").status == 0
    second.turn("2026-03-03")
    assert (second.state("V-1"), second.state("V-2")) == ("issued", "issued")


def test_a_restored_ledger_is_noted(pair: Pair) -> None:
    store = Store(pair[0].path)
    assert store.restored() is None
    store.mark_restored({"Acc": 3, "Ann": 0})
    assert store.restored() == {"Acc": 3, "Ann": 0}
    (store.folder / "restored").write_text("Acc 3\nhello\nAnn x\n")
    assert store.restored() == {"Acc": 3}
    store.unmark_restored()
    store.unmark_restored()
    assert store.restored() is None
    (store.folder / "restored").mkdir()
    with pytest.raises(WriteRefusedError, match="restored: "):
        store.unmark_restored()


def test_two_refusals_of_one_message_are_told_apart(pair: Pair) -> None:
    first, second = pair
    line = f'"Acc" "{second.public}"\n'
    first.path.write_text(first.path.read_text().replace(line, f'{line}  kinds: "apply"\n'))
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(ACCEPT + event("surrender", "2026-03-03")).turn("2026-03-03")
    ran = first.turn("2026-03-04")
    assert ran.err.count("[key-not-allowed]") == 2
    second.turn("2026-03-04")
    book = book_of(second.ledger(), "Acc")
    assert len(book.evaluation.struck) == 2
    assert list(differing(book, Store(second.path).text)) == []

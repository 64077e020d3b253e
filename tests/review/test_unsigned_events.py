"""What a change brings of others, and nobody has signed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.exchange.message import digest
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.verifiers import signed
from tests.directives.test_public_keys import KEY
from tests.support import event, issue
from tests.support.banks import ISSUED, Bank, Pair, banks, copied, give_key
from tests.support.repository import TOP, Repository

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[Bank, Bank], object]

LAST = ("Iss", "Acc", 3)
"""The message that the change brings, with an issue."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The acceptor's ledger under git, and a second issue on its way to it."""
    folder = tmp_path_factory.mktemp("story")
    found = banks(folder, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    first.say(issue("V-2", date="2026-03-03")).turn("2026-03-03")
    repository = Repository(second.folder)
    repository.git("config", "beanvoucher.signs", "true")
    repository.commit()
    return folder


@pytest.fixture
def pair(story: Path, tmp_path: Path) -> Pair:
    return copied(story, tmp_path / "story")


def reviewed(bank: Bank) -> dict[str, Any]:
    return Repository.at(bank.folder).review("HEAD")


def told(bank: Bank, rule: str = "unsigned-event") -> list[str]:
    found = reviewed(bank)["violations"]
    return [each["text"] for each in found if each["rule"] == rule]


# --- What a change does -----------------------------------------------------------------


def received(first: Bank, second: Bank) -> None:
    """A turn brings what the issuer has said."""
    assert second.turn("2026-03-04").status == 0
    assert second.facts("issue") == ["2026-03-02 issue V-1", "2026-03-03 issue V-2"]
    assert first.party == "Iss"


def then(harm: Change) -> Change:
    def change(first: Bank, second: Bank) -> None:
        received(first, second)
        harm(first, second)

    return change


def add(text: str) -> Change:
    return lambda _first, second: second.say(text)


def edit(what: str, by: str) -> Change:
    def change(_first: Bank, second: Bank) -> None:
        text = second.path.read_text()
        assert re.search(what, text), what
        second.path.write_text(re.sub(what, by, text))

    return change


def stored(second: Bank, suffix: str = "") -> Path:
    return Path(f"{Store(second.path).path(LAST)}{suffix}")


def longer(_first: Bank, second: Bank) -> None:
    stored(second).write_bytes(stored(second).read_bytes() + b"\n")


def huge(_first: Bank, second: Bank) -> None:
    stored(second).write_bytes(b" " * (8 * 1024 * 1024 + 1))


def unlink(suffix: str = "") -> Change:
    return lambda _first, second: stored(second, suffix).unlink()


def said_anew(text: bytes, bank: str = "Iss") -> Change:
    """Another text of the number, signed by somebody, and recorded as if it had come."""

    def change(first: Bank, second: Bank) -> None:
        before = stored(second).read_bytes()
        now = text or before
        stored(second).write_bytes(now)
        key = {"Iss": first, "Acc": second}[bank].key
        stored(second, ".sig").write_bytes(signed(now, str(key)))
        edit(digest(before), digest(now))(first, second)

    return change


def own_key(_first: Bank, second: Bank) -> None:
    """Who writes the branch declares a key of his own as the issuer's."""
    folder = second.folder / "own"
    folder.mkdir()
    line = give_key(folder, "own")
    stored(second, ".sig").write_bytes(signed(stored(second).read_bytes(), str(folder / "key")))
    shutil.rmtree(folder)
    second.say(f'2026-01-03 custom "voucher-key" "Iss" "{line}"\n')


def _of_v2(text: str) -> list[str]:
    return [f"V-2: issue of 2026-03-03: message Iss Acc 3{text}"]


_BROUGHT = event("void", "2026-03-04", reason='"surrendered"') + '  message: "{}"\n'
_BACK = event("surrender", "2026-03-04")
_OF_ISS = ["V-1: void of 2026-03-04: it is for Iss to say, and no message has brought it"]
_OTHER = '2026-03-04 custom "voucher-key" "Ann" "{}"\n'

CHANGES: dict[str, tuple[Change, list[str]]] = {
    "what a turn has brought": (received, []),
    "what is ours": (add(_BACK), []),
    "what is our customer's": (add(event("apply", "2026-03-05", by='"Ins"')), []),
    "what is the issuer's": (add(_BACK + _BROUGHT.replace('  message: "{}"\n', "")), _OF_ISS),
    "what was known before its message came": (then(edit(r'(custom "voucher-issue" "V-2"(?:.*\n)+?)  message: "Iss Acc 3"\n', r"\1")), []),
    "by a message that is not recorded": (add(_BACK + _BROUGHT.format("Iss Acc 9")), ["V-1: void of 2026-03-04: message Iss Acc 9: it is not recorded"]),
    "by a message for somebody else": (add(_BACK + _BROUGHT.format("Iss Ann 1")), ["V-1: void of 2026-03-04: message Iss Ann 1 is for somebody else"]),
    "by one that does not say so": (add(_BACK + _BROUGHT.format("Iss Acc 1")), ["V-1: void of 2026-03-04: message Iss Acc 1 does not say so"]),
    "edited after it came": (then(edit('"voucher-issue" "V-2" 100.00', '"voucher-issue" "V-2" 120.00')), _of_v2(" does not say so")),
    "without the text": (then(unlink()), _of_v2(": its text is not kept")),
    "with another text": (then(longer), _of_v2(": its text is another than was recorded")),
    "with a huge one": (then(huge), _of_v2(": its text is not kept")),
    "without the signature": (then(unlink(".sig")), _of_v2(": its signature is none of this text")),
    "signed by somebody else": (then(said_anew(b"", "Acc")), ["*unknown-key"]),
    "signed with a key that the branch declares": (then(own_key), ["*unknown-key"]),
    "signed, and malformed": (then(said_anew(b"hello")), _of_v2(": it is malformed")),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_what_arrives_unsigned(name: str, pair: tuple[Bank, Bank]) -> None:
    change, expected = CHANGES[name]
    change(*pair)
    found = told(pair[1])
    if expected == ["*unknown-key"]:
        [text] = found
        assert text.startswith("V-2: issue of 2026-03-03: message Iss Acc 3: signed with SHA256:")
        assert text.endswith(", by the keys of the base unknown-key")
    else:
        assert found == expected


def test_15_what_is_edited_after_it_was_sent_or_received_is_edited_history(
    pair: tuple[Bank, Bank],
) -> None:
    _, second = pair
    edit('"voucher-issue" "V-1" 100.00', '"voucher-issue" "V-1" 120.00')(*pair)
    edit(event("accept", "2026-03-03"), event("accept", "2026-03-04"))(*pair)
    assert told(second, "edited-history") == [
        "V-1: issue of 2026-03-02: amount 100.00 CNY → 120.00 CNY",
        "V-1: accept of 2026-03-03: date 2026-03-03 → 2026-03-04",
    ]
    assert told(second) == ["V-1: issue of 2026-03-02: message Iss Acc 1 does not say so"]


def test_keys_go_through_review(pair: tuple[Bank, Bank]) -> None:
    _, second = pair
    second.say(_OTHER.format(KEY))
    found = reviewed(second)
    assert [(each["kind"], each["values"][0]) for each in found["recorded"]] == [("key", "Ann")]
    assert found["violations"] == []
    edit(r'.*"voucher-key" "Iss" .*\n', "")(*pair)
    [gone] = told(second, "edited-history")
    assert (gone.startswith("Iss: key ssh-ed25519"), gone.endswith(": it is gone")) == (True, True)


def test_a_ledger_that_is_new_has_nobody_who_could_say_who_may_sign(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    found["Iss"].say(ISSUED).turn("2026-03-02")
    found["Acc"].turn("2026-03-02")
    repository = Repository(found["Acc"].folder)
    text = found["Acc"].path.read_text()
    repository.commit({TOP: "", "key": "", "key.pub": ""})
    found["Acc"].path.write_text(text)
    assert told(found["Acc"]) == []


def test_who_keeps_several_books_and_begins_to_exchange(tmp_path: Path) -> None:
    acc = banks(tmp_path, "Acc")["Acc"]
    acc.path.write_text(acc.path.read_text().replace(' "Acc"\n', "\n", 1))
    repository = Repository(acc.folder)
    repository.commit()
    acc.say(event("accept", "2026-03-03", voucher="V-9"))  # of no voucher: an error, no event
    acc.say(ISSUED + '  message: "Iss Acc 1"\n')
    assert told(acc) == ["V-1: issue of 2026-03-02: message Iss Acc 1: it is not recorded"]

"""What ``check`` finds of an exchange: each planted and found, and not found where all is right."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.exchange.heard import speakers
from beancount_voucher.exchange.message import digest
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.verifiers import signed
from tests.support import event, issue
from tests.support.banks import Bank, Pair, banks, copied, give_key
from tests.support.talk import book

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from beancount_voucher.exchange.message import Name
    from tests.support.clerk import Clerk

    Harm = Callable[[Bank, Bank], object]

EARLY = "early.beancount"
"""The second bank's ledger before the last turns."""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two banks that have exchanged two vouchers, one of which is settled."""
    folder = tmp_path_factory.mktemp("story")
    found = banks(folder, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    first.say(issue() + issue("V-2")).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03") + event("accept", "2026-03-03", voucher="V-2"))
    second.turn("2026-03-03")
    first.turn("2026-03-03")
    shutil.copy(second.path, second.folder / EARLY)
    second.say(event("apply", "2026-03-05", by='"Ins"')).turn("2026-03-05")
    first.turn("2026-03-05")
    second.turn("2026-03-05")
    first.turn("2026-03-05")
    return folder


@pytest.fixture
def pair(story: Path, tmp_path: Path) -> Pair:
    return copied(story, tmp_path / "story")


def check(bank: Bank, *arguments: str) -> list[dict[str, Any]]:
    """What it finds, errors among it."""
    given = ["-f", str(bank.path), "check", "--format", "json", *arguments]
    ran = CliRunner().invoke(main, given, catch_exceptions=False)
    found: list[dict[str, Any]] = json.loads(ran.stdout)
    assert ran.exit_code == bool(found)
    return found


def told(bank: Bank, found: Iterable[dict[str, Any]]) -> list[str]:
    """Code, what is wrong, and the line that is to be looked at."""
    lines = bank.path.read_text().split("\n")
    return [
        f"{each['code']} | {each['message']} | {_short(lines[each['line'] - 1])}" for each in found
    ]


def _short(line: str) -> str:
    return re.sub(r' "\S{40,}.*"', "", line.replace(" custom ", " ").replace('"', ""))


# --- What is done to a ledger, or to its messages ---------------------------------------


def edit(what: str, by: str) -> Harm:
    def harm(bank: Bank, _other: Bank) -> None:
        text = bank.path.read_text()
        assert text.count(what) == 1, what
        bank.path.write_text(text.replace(what, by))

    return harm


def add(text: str) -> Harm:
    return lambda bank, _other: bank.say(text)


def path_of(bank: Bank, name: Name) -> Path:
    return Store(bank.path).path(name)


def unlink(name: Name, suffix: str = "") -> Harm:
    return lambda bank, _other: Path(f"{path_of(bank, name)}{suffix}").unlink()


def longer(bank: Bank, _other: Bank) -> None:
    path = path_of(bank, SAID)
    path.write_bytes(path.read_bytes() + b"\n")


def another_signature(bank: Bank, _other: Bank) -> None:
    one, other = (f"{path_of(bank, (*SAID[:2], number))}.sig" for number in (1, 2))
    shutil.copy(one, other)


def another_key(bank: Bank, _other: Bank) -> None:
    folder = bank.folder / "another"
    folder.mkdir()
    give_key(folder, "another")
    path = path_of(bank, SAID)
    Path(f"{path}.sig").write_bytes(signed(path.read_bytes(), str(folder / "key")))


def say_anew(name: Name, what: str, by: str, *, more: str = "") -> Harm:
    """As if the other side had said something else in a message that is recorded."""

    def harm(bank: Bank, other: Bank) -> None:
        path = path_of(bank, name)
        before = path.read_bytes()
        now = re.sub(what, by, before.decode()).encode()
        assert now != before
        path.write_bytes(now)
        Path(f"{path}.sig").write_bytes(signed(now, str(other.key)))
        edit(digest(before), digest(now))(bank, other)
        bank.say(more.format(digest(now)))

    return harm


def rival(more: str = "") -> Harm:
    def harm(bank: Bank, _other: Bank) -> None:
        path = path_of(bank, SAID)
        path.with_name(f"{path.name}.0123456789ab").write_bytes(b"another")
        bank.say(more.format(digest(path.read_bytes())))

    return harm


def early(bank: Bank, _other: Bank) -> None:
    shutil.copy(bank.folder / EARLY, bank.path)


def without_sent(bank: Bank, _other: Bank) -> None:
    text = re.sub(r'.* "voucher-sent" "Acc" "Iss" [34]\n(  .*\n)*', "", bank.path.read_text())
    bank.path.write_text(text)


def refused(bank: Bank, _other: Bank) -> None:
    found = r'("voucher-received" "Iss" "Acc" 3\n(?:  .*\n)*?  facts: )[0-9]+\n'
    bank.path.write_text(re.sub(found, r"\g<1>9\n  refused: 1\n", bank.path.read_text()))


def listed(bank: Bank, other: Bank) -> None:
    """The other side says its list, and it is received."""
    given = ("--out", str(other.carried), "--key", str(other.key))
    assert other.run("confirm", bank.party, *given, date="2026-03-06").status == 0
    bank.receive("2026-03-06")


def both(*harms: Harm) -> Harm:
    def harm(bank: Bank, other: Bank) -> None:
        for each in harms:
            each(bank, other)

    return harm


SAID: Name = ("Iss", "Acc", 2)
"""A message without facts."""

LAST: Name = ("Iss", "Acc", 3)
"""The last one, with the settlement."""

_RESUME = (
    '2026-03-06 custom "voucher-resume" "Iss" "Acc" {} \n  sha256: "{{}}"\n  reason: "agreed"\n'
)
_RETURN = event("return", "2026-03-05", voucher="V-2", by='"Ins"')
_KEY = '2026-03-{} custom "voucher-key" "Ann" "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJVhSdkxNTU5HNhbAyW5lkPdb8d1O0+PX3Lu1w1UG3Fk"\n'
_REFUSAL = '2026-03-05 custom "voucher-refusal" "Iss" 1 "V-2"\n  of: "issue"\n  on: 2026-03-02\n  code: "{}"\n'
_BROUGHT = '2026-03-05 custom "voucher-return" "V-2"\n  by: "Ins"\n  message: "{}"\n'
_ACCEPTED = '2026-03-{} custom "voucher-accept" "V-2"\n  message: "Acc Iss 2"\n'
_LINE = '2026-03-05 custom "voucher-credit-line" "Ann" "Iss" 5.00 CNY\n'
_OF_V2 = _ACCEPTED.format("03")

# Whose ledger, what is done to it or its messages, and what is found.
FOUND: dict[str, tuple[str, Harm, list[str]]] = {
    "nothing, at the issuer": ("Iss", add(""), []),
    "nothing, at the acceptor": ("Acc", add(""), []),
    "a text that is gone": ("Acc", unlink(SAID), ["message-missing | message Iss Acc 2: its text is not kept | 2026-03-05 voucher-received Iss Acc 2"]),
    "a text of ours that is gone": ("Iss", unlink(SAID), ["message-missing | message Iss Acc 2: its text is not kept | 2026-03-03 voucher-sent Iss Acc 2"]),
    "another text": ("Acc", longer, ["message-changed | message Iss Acc 2: its text is another than was recorded | 2026-03-05 voucher-received Iss Acc 2"]),
    "no signature": ("Acc", unlink(SAID, ".sig"), ["bad-signature | message Iss Acc 2: its signature is none of this text | 2026-03-05 voucher-received Iss Acc 2"]),
    "another's signature": ("Acc", another_signature, ["bad-signature | message Iss Acc 2: its signature is none of this text | 2026-03-05 voucher-received Iss Acc 2"]),
    "a fact that was heard, edited": ("Acc", edit('"voucher-issue" "V-2" 100.00', '"voucher-issue" "V-2" 120.00'), ["fact-differs | V-2: issue of 2026-03-02 says something else than Iss Acc 1 | 2026-03-02 voucher-issue V-2 120.00 CNY"]),
    "a fact that was heard, gone": ("Iss", edit(_OF_V2, ""), ["fact-differs | V-2: accept of 2026-03-03, of Acc Iss 2, is not in the ledger | 2026-03-03 voucher-received Acc Iss 2"]),
    "a fact that was heard, on another day": ("Iss", edit(_OF_V2, _ACCEPTED.format("04")), ["fact-differs | V-2: accept of 2026-03-04 is of 2026-03-03 in Acc Iss 2 | 2026-03-04 voucher-accept V-2"]),
    "a fact that was heard and entered by hand": ("Iss", edit(_OF_V2, event("accept", "2026-03-03", voucher="V-2")), []),
    "the same on another day": ("Iss", edit(_OF_V2, event("accept", "2026-03-04", voucher="V-2")), ["fact-differs | V-2: accept of 2026-03-04 is of 2026-03-03 in Acc Iss 2 | 2026-03-04 voucher-accept V-2"]),
    "a fact that names what does not say it": ("Iss", add(_BROUGHT.format("Acc Iss 2")), ["fact-differs | V-2: return of 2026-03-05 is not in Acc Iss 2, which it names | 2026-03-05 voucher-return V-2"]),
    "a fact that names what is not recorded": ("Iss", add(_BROUGHT.format("Acc Iss 9")), ["message-missing | V-2: return of 2026-03-05 names Acc Iss 9, which is not recorded | 2026-03-05 voucher-return V-2"]),
    "a fact that was said, edited": ("Iss", edit('"voucher-issue" "V-2" 100.00', '"voucher-issue" "V-2" 120.00'), ["fact-differs | V-2: issue of 2026-03-02 says something else in the ledger now; it was said in Iss Acc 1 | 2026-03-02 voucher-issue V-2 120.00 CNY"]),
    "a fact that was said, gone": ("Acc", edit(event("accept", "2026-03-03", voucher="V-2"), ""), ["fact-differs | V-2: accept of 2026-03-03 is not there in the ledger now; it was said in Acc Iss 2 | 2026-03-03 voucher-sent Acc Iss 2"]),
    "a credit line that was refused": ("Acc", both(say_anew(LAST, r"\n$", "\n" + _LINE), refused), []),
    "a credit line that is gone": ("Acc", say_anew(LAST, r"\n$", "\n" + _LINE), ["fact-differs | Ann: credit-line of 2026-03-05, of Iss Acc 3, is not in the ledger | 2026-03-05 voucher-received Iss Acc 3"]),
    "a refusal that was known": ("Acc", say_anew(LAST, r"\n$", "\n" + _REFUSAL.format("final")), []),
    "an event of the insurer's": ("Iss", add(_RETURN), ["unsigned-fact | V-2: return of 2026-03-05 is for Acc to say, and no message has brought it | 2026-03-05 voucher-return V-2"]),
    "an event of the issuer's": ("Acc", add(event("void", "2026-03-04", voucher="V-2", reason='"surrendered"') + event("surrender", "2026-03-04", voucher="V-2")), ["unsigned-fact | V-2: void of 2026-03-04 is for Iss to say, and no message has brought it | 2026-03-04 voucher-void V-2"]),
    "an event of a customer's without a key": ("Iss", add(event("return", "2026-03-05", voucher="V-2", by='"Ann"')), []),
    "and with one": ("Iss", add(event("return", "2026-03-05", voucher="V-2", by='"Ann"') + _KEY.format("05")), ["unsigned-fact | V-2: return of 2026-03-05 is for Ann to say, and no message has brought it | 2026-03-05 voucher-return V-2"]),
    "before it had one": ("Iss", add(event("return", "2026-03-05", voucher="V-2", by='"Ann"') + _KEY.format("06")), []),
    "an older ledger": ("Acc", early, ["gap | message Acc Iss 4 is kept, and the ledger records 2 | 2026-03-03 voucher-sent Acc Iss 2", "gap | message Iss Acc 3 is kept, and the ledger records 1 | 2026-03-02 voucher-received Iss Acc 1"]),
    "one that lacks what was said": ("Acc", without_sent, ["gap | message Iss Acc 3: Iss has recorded message 3 of ours, and the ledger 2 | 2026-03-05 voucher-received Iss Acc 3", "gap | message Acc Iss 4 is kept, and the ledger records 2 | 2026-03-03 voucher-sent Acc Iss 2"]),
    "another text before it": ("Acc", say_anew(("Iss", "Acc", 3), r'previous: "\w+"', f'previous: "{"ab" * 32}"'), ["fork | message Iss Acc 3: the message before it is another than was recorded | 2026-03-05 voucher-received Iss Acc 3"]),
    "another text of ours": ("Acc", say_anew(("Iss", "Acc", 3), r'seen-sha256: "\w+"', f'seen-sha256: "{"ab" * 32}"'), ["fork | message Iss Acc 3: our message 3 is not the one that Iss has recorded | 2026-03-05 voucher-received Iss Acc 3"]),
    "a fork that somebody has ended": ("Acc", say_anew(("Iss", "Acc", 3), r'(previous|seen-sha256): "\w+"', rf'\1: "{"ab" * 32}"', more=_RESUME.format(3)), []),
    "a second text": ("Acc", rival(), ["equivocation | another text of message Iss Acc 2 is kept, with a signature | 2026-03-05 voucher-received Iss Acc 2"]),
    "one about which somebody has decided": ("Acc", rival(_RESUME.format(2)), []),
    "a refusal of what stands here": ("Iss", both(say_anew(("Acc", "Iss", 4), r"\n$", "\n" + _REFUSAL.format("final")), add(_REFUSAL.format("final") + '  message: "Acc Iss 4"\n')), ["refused-by-other | V-2: Acc has refused issue of 2026-03-02 [final], and it stands here | 2026-03-05 voucher-refusal Iss 1 V-2"]),
    "a list that agrees": ("Acc", listed, []),
    "a list that does not": ("Acc", both(listed, edit('"voucher-issue" "V-2" 100.00', '"voucher-issue" "V-2" 120.00')), [
        "fact-differs | V-2: issue of 2026-03-02 says something else than Iss Acc 1 | 2026-03-02 voucher-issue V-2 120.00 CNY",
        "position-differs | V-2: accepted, 100.00 CNY held at Iss on 2026-03-06, and accepted, 120.00 CNY held here | 2026-03-02 voucher-issue V-2 120.00 CNY",
    ]),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_is_planted_is_found(name: str, pair: tuple[Bank, Bank]) -> None:
    whose, harm, expected = FOUND[name]
    bank, other = pair if whose == "Iss" else pair[::-1]
    harm(bank, other)
    found = check(bank)
    assert {each["kind"] for each in found} <= {"finding"}, found
    assert told(bank, found) == expected


# --- What takes a day -------------------------------------------------------------------

UNACKNOWLEDGED = {
    "on the day": ("2026-03-06", 0),
    "a day later": ("2026-03-07", 0),
    "more than a day later": ("2026-03-08", 1),
    "no day": ("", 0),
}


@pytest.mark.parametrize("name", UNACKNOWLEDGED)
def test_what_nobody_has_told_to_have_recorded(name: str, pair: tuple[Bank, Bank]) -> None:
    day, expected = UNACKNOWLEDGED[name]
    _, second = pair
    second.say(event("surrender", "2026-03-06", voucher="V-2")).send("2026-03-06")
    ran = check(second, *(["--as-of", day] if day else []))  # the insurer has no key
    found = [each for each in ran if each["code"] != "overdue"]
    assert (
        told(second, found)
        == [
            "unacknowledged | message Acc Iss 5 of 2026-03-06 is not acknowledged | "
            "2026-03-06 voucher-sent Acc Iss 5"
        ][:expected]
    )


# --- Whose ledger it is, and what it costs ----------------------------------------------

_OTHER = '2026-03-02 custom "voucher-sent" "Acc" "Ins" 1\n  sha256: "{}"\n  facts: 1\n'.format(
    "ab" * 32
)
_SENT = '2026-03-02 custom "voucher-sent" "Iss" "Acc" 1\n  sha256: "{0}"\n  facts: 1\n'
_RECEIVED = '2026-03-02 custom "voucher-received" "Iss" "Ins" 1\n  sha256: "{0}"\n  key: "SHA256:x"\n  facts: 1\n'

SPEAKERS = {
    "one book": ("", ["Acc"], ["Acc"]),
    "several": ("", ["Acc", "Iss"], []),
    "all": ("", None, []),
    "who has sent": (_SENT, None, ["Iss"]),
    "who has received": (_RECEIVED, None, ["Ins"]),
    "all of them": (_SENT + _RECEIVED, ["Acc"], ["Acc", "Ins", "Iss"]),
}  # fmt: skip


@pytest.mark.parametrize("name", SPEAKERS)
def test_for_whom_a_ledger_exchanges(name: str) -> None:
    text, kept, expected = SPEAKERS[name]
    evaluation = book("Iss", text.format("ab" * 32)).evaluation
    assert speakers(evaluation, kept) == expected


def test_who_keeps_several_books_is_told_once(pair: tuple[Bank, Bank]) -> None:
    first, _ = pair
    first.say(_RECEIVED.format("ab" * 32) + _OTHER)
    found = check(first)
    assert [each["message"] for each in found] == [
        "message Acc Ins 1: its text is not kept",
        "message Iss Ins 1: its text is not kept",
    ]


def test_who_has_no_key_but_its_own_and_what_is_of_no_voucher(tmp_path: Path) -> None:
    first = banks(tmp_path, "Iss")["Iss"]
    first.say(issue() + event("accept", "2026-03-03"))
    assert check(first) == []
    first.say(_KEY.format("01").replace("Ann", "Acc").replace("2026-03", "2026-01"))
    first.say(event("accept", "2026-03-03", voucher="V-9"))
    first.say(issue("V-2") + event("accept", "2026-03-03", voucher="V-2", by='"Ins"'))
    assert sorted(each["code"] for each in check(first)) == [
        "not-found",
        "unsigned-fact",
        "wrong-actor",
    ]


def test_what_was_said_to_several_is_told_once(tmp_path: Path) -> None:
    first = banks(tmp_path, "Iss", "Acc", "Ann")["Iss"]
    first.say(issue()).turn("2026-03-02")
    assert len(first.facts("sent")) == 2
    edit('"voucher-issue" "V-1" 100.00', '"voucher-issue" "V-1" 120.00')(first, first)
    assert [each["code"] for each in check(first)] == ["fact-differs"]


def test_a_malformed_message_says_nothing(tmp_path: Path) -> None:
    found = banks(tmp_path, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    path = first.carried / "Iss_Acc_000001.beancount"
    path.write_bytes(b"hello")
    Path(f"{path}.sig").write_bytes(signed(b"hello", str(first.key)))
    second.receive("2026-03-02")
    assert check(second) == []


def test_a_ledger_without_messages_does_not_load_what_reads_them(clerk: Clerk) -> None:
    clerk.write(issue())
    program = (
        "import sys; from beancount_voucher.cli import main\n"
        f"main(['-f', {str(clerk.path)!r}, 'check'], standalone_mode=False)\n"
        "sys.exit(any(name.startswith('beancount_voucher.exchange') for name in sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    assert (ran.returncode, ran.stdout) == (0, b"")

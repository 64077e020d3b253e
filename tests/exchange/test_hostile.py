"""Messages that mean harm: refused whole with one code, nothing recorded, and the rest goes on."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.exchange.message import MOST_BYTES
from beancount_voucher.exchange.verifiers import signed
from tests.directives.test_public_keys import FINGERPRINT
from tests.support import event, issue
from tests.support.banks import ISSUED, Bank, banks

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.support.clerk import Ran

    Trio = tuple[Bank, Bank, Bank]

HEAD = '2026-03-02 custom "voucher-message" "Iss" "Acc" 1\n  format: 1\n  seen: 0\n'
_ACCEPT = event("accept", "2026-03-02")
_ISSUE = issue(funding=None)
_FAR = "9" * 60

# Signed by the issuer, and no message at all: recorded so that numbers go on, and nothing of it.
MALFORMED: dict[str, str | bytes] = {
    "an option": HEAD + 'option "title" "mine"\n',
    "an include": HEAD + 'include "/etc/passwd"\n',
    "a plugin": HEAD + 'plugin "os" "touch run"\n',
    "a transaction": HEAD + '2026-03-02 * "x"\n  Assets:A  1 CNY\n  Equity:B\n',
    "another custom directive": HEAD + '2026-03-02 custom "fava-option" "language" "zh"\n',
    "an option of vouchers": HEAD + '2026-03-02 custom "voucher-option" "check-funds" "off"\n',
    "a close": HEAD + '2026-03-31 custom "voucher-close" "2026-03"\n',
    "an exception": HEAD + '2026-03-02 custom "voucher-exception" "new-error"\n  reason: "r"\n',
    "a resume": HEAD + '2026-03-02 custom "voucher-resume" "Iss" "Acc" 1\n',
    "tags that nest": HEAD + "pushtag #x\n" * 1000,
    "metadata that nests": HEAD + "pushmeta x: 5\n",
    "a sum of sums": HEAD + event("apply", "2026-03-02", "(" * 5000 + "1" + ")" * 5000 + " CNY"),
    "a number of many digits": HEAD + event("apply", "2026-03-02", f"{_FAR} CNY"),
    "a power": HEAD + event("apply", "2026-03-02", "1E999999999 CNY"),
    "a text that does not end": HEAD + _ACCEPT + '  by: "' + "x" * 100_000,
    "a directive in a text": HEAD + _ACCEPT + '  by: "x\n2026-03-02 open Assets:Mine\n"\n',
    "no text": HEAD.encode() + b"\x00\n",
    "another encoding": HEAD.encode("utf-16"),
    "half a letter": HEAD.encode() + b"\xe6\x9d\n",
    "lines of another system": HEAD.replace("\n", "\r\n"),
    "a separator of lines": HEAD + _ACCEPT + '  by: "x"\x0b\x0c\u2028\n',
    "another direction": HEAD + "\u202e" + _ACCEPT,
    "a second header": HEAD + HEAD,
    "a header of another": HEAD.replace('"Iss" "Acc"', '"Ins" "Acc"'),
    "a number of another": HEAD.replace('"Acc" 1', '"Acc" 2'),
    "10,001 facts": HEAD + _ACCEPT * 10_001,
    "a year that there is not": HEAD.replace("2026-03-02", "0000-03-02"),
    "nothing": b"",
}  # fmt: skip

# Each is refused for itself, with a code; the issue beside it holds.
ONE_FACT: dict[str, tuple[str, str]] = {
    "other people's facts": (_ACCEPT, "not-yours"),
    "an issue in our name": (issue("V-9", issuer='"Acc"', funding=None), "not-yours"),
    "an issue for others": (issue("V-9", acceptor='"Iss"', funding=None), "not-addressed"),
    "a request in a customer's name": (issue("V-9", kind="request"), "not-yours"),
    "a key of ours": ('2026-03-02 custom "voucher-key" "Acc" "ssh-ed25519 AAAA"\n', "bad-value"),
    "a revocation of our key": (f'2026-03-02 custom "voucher-revoke" "Acc" "{FINGERPRINT}"\n  reason: "r"\n', "not-yours"),
    "a credit line with us": ('2026-03-02 custom "voucher-credit-line" "Ann" "Acc" 5.00 CNY\n', "not-yours"),
    "a party with accounts": ('2026-01-01 custom "voucher-party" "Neu" "bank"\n  bank: "Assets:Mine"\n', "unknown-key"),
    "a party with another role": ('2026-01-01 custom "voucher-party" "Ann" "bank"\n', "wrong-role"),
    "a voucher that is no account": (issue("V_1/../x", funding=None), "bad-id"),
    "a refusal in a third party's name": ('2026-03-02 custom "voucher-refusal" "Ins" 1 "V-1"\n  of: "apply"\n  on: 2026-03-02\n  code: "final"\n', "not-addressed"),
    "an amount of many digits": (issue("V-9", "1" * 30 + ".00 CNY", funding=None), "bad-amount"),
    "less than nothing": (issue("V-9", "-5.00 CNY", funding=None), "bad-amount"),
    "an unknown key": (issue("V-9", funding=None, colour='"red"'), "unknown-key"),
}  # fmt: skip


@pytest.fixture
def trio(tmp_path: Path) -> Trio:
    found = banks(tmp_path, "Iss", "Acc", "Ins")
    return found["Iss"], found["Acc"], found["Ins"]


def _put(bank: Bank, name: str, text: str | bytes) -> Path:
    """Something that a bank's own key has signed."""
    content = text.encode() if isinstance(text, str) else text
    path = bank.carried / name
    path.write_bytes(content)
    path.with_name(f"{name}.sig").write_bytes(signed(content, str(bank.key)))
    return path


def _with_the_rest(trio: Trio) -> Ran:
    """Receive what there is, and a message of somebody else, which must come through."""
    _, second, other = trio
    other.say(issue("V-7", kind="request", requested_by='"insurer"'))
    other.send("2026-03-02")
    ran = second.receive("2026-03-02")
    assert second.facts("request") == ["2026-03-02 request V-7"]
    assert second.ledger().errors == []
    return ran


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_message_is_refused_whole(name: str, trio: Trio, tmp_path: Path) -> None:
    first, second, _ = trio
    _put(first, "Iss_Acc_000001.beancount", MALFORMED[name])
    ran = _with_the_rest(trio)
    assert "Iss Acc 1: 0 recorded" in ran.err
    assert "it is malformed: " in ran.err
    assert second.facts("received", "issue", "accept", "party")[-2:] == [
        "2026-03-02 received Ins Acc 1",
        "2026-03-02 received Iss Acc 1",
    ]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ONE_FACT)
def test_what_is_nobodys_to_say_is_refused_for_itself(name: str, trio: Trio) -> None:
    first, second, _ = trio
    text, code = ONE_FACT[name]
    _put(first, "Iss_Acc_000001.beancount", HEAD + _ISSUE + text)
    before = second.facts("party")
    ran = _with_the_rest(trio)
    codes = [line.rpartition("[")[2] for line in ran.err.splitlines() if line.endswith("]")]
    assert (codes, ran.status) == ([f"{code}]"], 1)
    assert second.facts("issue", "accept", "key", "revoke", "credit-line") == [
        *second.facts("key"),
        "2026-03-02 issue V-1",
    ]
    assert second.facts("party") == before


def test_what_is_too_large_is_not_even_looked_at(trio: Trio) -> None:
    first, second, _ = trio
    path = _put(first, "Iss_Acc_000001.beancount", HEAD)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a file of a terabyte, with nothing in it
    ran = _with_the_rest(trio)
    assert f"it has {MOST_BYTES + 1} bytes [too-large]" in ran.err
    assert second.facts("received") == ["2026-03-02 received Ins Acc 1"]


SIGNATURES: dict[str, Callable[[bytes], bytes]] = {
    "text after its end": lambda found: found + b"and more\n",
    "text before it": lambda found: b"hello\n" + found,
    "two of them": lambda found: found * 2,
    "lines of another system": lambda found: found.replace(b"\n", b"\r\n"),
    "half of it": lambda found: found[:100],
    "a number for a length that is too great": lambda _: b"-----BEGIN SSH SIGNATURE-----\nU1NIU0lHAAAAAf////8=\n-----END SSH SIGNATURE-----\n",
    "nothing": lambda _: b"",
    "much": lambda found: found + b"\n" * 100_000,
    "no letters": lambda found: b"\xff" * len(found),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_a_signature_that_is_none(name: str, trio: Trio) -> None:
    first, second, _ = trio
    path = _put(first, "Iss_Acc_000001.beancount", HEAD + _ISSUE)
    beside = path.with_name(f"{path.name}.sig")
    beside.write_bytes(SIGNATURES[name](beside.read_bytes()))
    ran = _with_the_rest(trio)
    assert "its signature is none of this text [bad-signature]" in ran.err
    assert second.facts("issue") == []
    assert not (second.folder / "messages/Iss").exists()


# What may stand in a folder under a name; whether anything of it is read as a message to us.
NAMES: dict[str, bool] = {
    ".._Acc_000001.beancount": True,
    "._Acc_000001.beancount": True,
    "Iss_Acc_1.beancount": False,
    "Iss_Acc_0000001.beancount": False,
    "Iss_Acc_-00001.beancount": False,
    "Iss_Acc_٠٠٠٠٠١.beancount": False,
    "Iss_Acc_9999999999.beancount": False,
    "Iss_Acc_999999999.beancount": True,
    "Iss_Acc_000000.beancount": False,
    "Iss_Iss_Acc_000001.beancount": False,
    "Iss_ACC_000001.beancount": False,
    "Iss_Acc\n_000001.beancount": False,
    "Nobody_Acc_000001.beancount": True,
    "$(touch run)_Acc_000001.beancount": True,
    "-rf_Acc_000001.beancount": True,
    "李明_Acc_000001.beancount": True,
    "x" * 200 + "_Acc_000001.beancount": True,
    "Iss_Acc_000001.beancount.swp": False,
    ".Iss_Acc_000001.beancount": True,
    "Acc_Acc_000001.beancount": True,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_with_anything_in_it(name: str, trio: Trio, tmp_path: Path) -> None:
    first, second, _ = trio
    _put(first, name, HEAD + _ISSUE)
    ran = _with_the_rest(trio)
    codes = [line.rpartition("[")[2] for line in ran.err.splitlines() if line.endswith("]")]
    code = "gap]" if name.startswith("Iss") else "unknown-key]"
    assert codes == [code] * NAMES[name]
    assert second.facts("received") == ["2026-03-02 received Ins Acc 1"]
    written = {path.relative_to(second.folder).parts[0] for path in second.folder.iterdir()}
    assert written <= {"ledger.beancount", ".ledger.beancount.lock", "key", "key.pub", "messages"}
    assert sorted(each.name for each in (second.folder / "messages").iterdir()) == [
        ".gitattributes",
        "Ins",
    ]
    assert not (tmp_path / "run").exists()


OTHERS: dict[str, Callable[[Path], object]] = {
    "a folder": lambda path: path.mkdir(),
    "a pipe": os.mkfifo,
    "a link to nothing": lambda path: path.symlink_to("nowhere"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a link to a device": lambda path: path.symlink_to("/dev/zero"),
    "a link to a secret": lambda path: path.symlink_to("../Iss/key"),
}


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.parametrize("name", OTHERS)
def test_what_is_named_as_a_message_and_is_no_file(name: str, beside: bool, trio: Trio) -> None:
    first, second, _ = trio
    path = _put(first, "Iss_Acc_000001.beancount", HEAD + _ISSUE)
    replaced = path.with_name(f"{path.name}.sig") if beside else path
    replaced.unlink()
    OTHERS[name](replaced)
    ran = _with_the_rest(trio)
    assert ("[unsigned]" in ran.err or "[bad-signature]" in ran.err) is (beside or "secret" in name)
    assert second.facts("issue") == []


def test_files_that_change_while_they_are_read(trio: Trio, monkeypatch: pytest.MonkeyPatch) -> None:
    """The text that was verified is the one that is recorded, whatever stands there by then."""
    from beancount_voucher.exchange import store  # noqa: PLC0415

    first, second, _ = trio
    first.say(ISSUED).send("2026-03-02")
    path = first.carried / "Iss_Acc_000001.beancount"
    real = store._read
    good = path.read_bytes()

    def read(each: Path, *most: int) -> bytes | None:
        found = real(each, *most)
        if each == path:
            path.write_bytes(good.replace(b"100.00", b"900.00"))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(store, "_read", read)
        assert second.receive("2026-03-02").status == 0
    assert str(second.ledger().evaluation.vouchers["V-1"].amount.number) == "100.00"
    assert (second.folder / "messages/Iss/Acc" / path.name).read_bytes() == good

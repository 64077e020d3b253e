"""Signatures: ssh-keygen and AsyncSSH, held against each other and against our own reading."""

from __future__ import annotations

import base64
import errno
import struct
import subprocess
import tempfile
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.exchange import verifiers
from beancount_voucher.exchange.message import NAMESPACE
from beancount_voucher.exchange.signatures import signature_of
from beancount_voucher.exchange.verifiers import (
    SigningError,
    by_asyncssh,
    by_ssh_keygen,
    checked,
    checked_by,
    signed,
)

if TYPE_CHECKING:
    from pathlib import Path

TEXT = b'2026-03-02 custom "voucher-message" "Iss" "Acc" 1\n  format: 1\n  seen: 0\n'
KINDS = {"ed25519": [], "ecdsa": ["-b", "256"], "rsa": ["-b", "2048"]}
VERIFIERS = [by_ssh_keygen, *([by_asyncssh] if find_spec("asyncssh") else [])]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    for kind, more in KINDS.items():
        command = [
            "ssh-keygen",
            "-q",
            "-t",
            kind,
            *more,
            "-N",
            "",
            "-C",
            "of a bank",
            "-f",
            str(folder / kind),
        ]
        subprocess.run(command, check=True)
    return {kind: folder / kind for kind in KINDS}


def _fingerprint(key: Path) -> str:
    ran = subprocess.run(["ssh-keygen", "-lf", f"{key}.pub"], check=True, capture_output=True)  # noqa: S607
    return ran.stdout.decode().split()[1]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("verify", VERIFIERS)
def test_what_is_signed_is_verified(
    kind: str, verify: verifiers.Verifier, keys: dict[str, Path]
) -> None:
    signature = signed(TEXT, str(keys[kind]))
    check = checked_by(verify)
    assert check(TEXT, signature) == _fingerprint(keys[kind])
    assert check(TEXT + b"x", signature) is None
    assert check(TEXT.replace(b"\n", b"\r\n"), signature) is None


def _blob(signature: bytes) -> bytes:
    return base64.b64decode(b"".join(signature.splitlines()[1:-1]))


def _armoured(blob: bytes) -> bytes:
    text = base64.b64encode(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    return b"\n".join(
        [b"-----BEGIN SSH SIGNATURE-----", *lines, b"-----END SSH SIGNATURE-----", b""]
    )


def _in_namespace(name: str, key: Path) -> bytes:
    command = ["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", name]
    return subprocess.run(command, input=TEXT, check=True, capture_output=True).stdout


def _with_field(blob: bytes, at: int, value: bytes) -> bytes:
    """A signature with another value in one of its five fields."""
    head, rest, fields = blob[:10], blob[10:], []
    while rest:
        (length,) = struct.unpack(">I", rest[:4])
        fields.append(rest[4 : 4 + length])
        rest = rest[4 + length :]
    fields[at] = value
    return head + b"".join(struct.pack(">I", len(each)) + each for each in fields)


_CORPUS = {
    "as it is": (lambda s, _key: s, True),
    "without a last newline": (lambda s, _key: s.rstrip(b"\n"), True),
    "text behind": (lambda s, _key: s + b"more\n", False),
    "text before": (lambda s, _key: b"more\n" + s, False),
    "two signatures": (lambda s, _key: s + s, False),
    "lines of another system": (lambda s, _key: s.replace(b"\n", b"\r\n"), False),
    "nothing": (lambda _s, _key: b"", False),
    "no base64": (lambda s, _key: s.replace(b"U1NIU0lH", b"U1NIU0l="), False),
    "no base64 at all": (
        lambda _s, _key: b"-----BEGIN SSH SIGNATURE-----\nA\n-----END SSH SIGNATURE-----\n",
        False,
    ),
    "another magic": (lambda s, _key: _armoured(b"X" + _blob(s)[1:]), False),
    "another version": (lambda s, _key: _armoured(_blob(s)[:9] + b"\2" + _blob(s)[10:]), False),
    "cut off": (lambda s, _key: _armoured(_blob(s)[:-1]), False),
    "cut off in a length": (lambda s, _key: _armoured(_blob(s)[:12]), False),
    "something after it": (lambda s, _key: _armoured(_blob(s) + b"x"), False),
    "something reserved": (lambda s, _key: _armoured(_with_field(_blob(s), 2, b"x")), False),
    "another hash": (lambda s, _key: _armoured(_with_field(_blob(s), 3, b"md5")), False),
    "a hash that was not used": (lambda s, _key: _armoured(_with_field(_blob(s), 3, b"sha256")), False),
    "another namespace": (lambda _s, key: _in_namespace("file", key), False),
    "a namespace that was not signed": (lambda s, _key: _armoured(_with_field(_blob(s), 1, b"file")), False),
    "a namespace beyond ASCII": (lambda s, _key: _armoured(_with_field(_blob(s), 1, b"\xff")), False),
    "a key of an unknown kind": (lambda s, _key: _armoured(_with_field(_blob(s), 0, b"\0\0\0\1x")), False),
    "a key that is none": (lambda s, _key: _armoured(_with_field(_blob(s), 0, b"x")), False),
    "a key that is not as long as it says": (lambda s, _key: _armoured(_with_field(_blob(s), 0, b"\0\0\0\x0bssh-ed25519")), False),
    "another signature": (lambda s, _key: _armoured(_with_field(_blob(s), 4, b"\0\0\0\x0bssh-ed25519\0\0\0\x40" + b"\0" * 64)), False),
    "a signature that is none": (lambda s, _key: _armoured(_with_field(_blob(s), 4, b"")), False),
}  # fmt: skip


@pytest.mark.parametrize("name", _CORPUS)
def test_both_agree_over_a_corpus(name: str, keys: dict[str, Path]) -> None:
    change, holds = _CORPUS[name]
    signature = change(signed(TEXT, str(keys["ed25519"])), keys["ed25519"])  # type: ignore[no-untyped-call]
    expected = _fingerprint(keys["ed25519"]) if holds else None
    assert [checked_by(verify)(TEXT, signature) for verify in VERIFIERS] == [expected] * len(
        VERIFIERS
    )
    assert checked(TEXT, signature) == expected


def test_what_a_signature_says(keys: dict[str, Path]) -> None:
    said = signature_of(signed(TEXT, str(keys["ed25519"])))
    assert said is not None
    assert keys["ed25519"].with_suffix(".pub").read_text().startswith(said.key + " ")
    assert (said.fingerprint, said.namespace) == (_fingerprint(keys["ed25519"]), NAMESPACE)


def test_without_asyncssh_it_is_ssh_keygen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifiers, "find_spec", lambda _name: None)
    assert verifiers.verifier() is by_ssh_keygen
    monkeypatch.setattr(verifiers, "find_spec", lambda name: name)
    assert verifiers.verifier() is by_asyncssh


def test_what_keeps_it_from_being_signed(
    tmp_path: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SigningError, match=r"did not sign: .*No such file"):
        signed(TEXT, str(tmp_path / "none"))
    silent = tmp_path / "ssh-keygen"
    silent.write_text("#!/bin/sh\nexit 1\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(SigningError, match="no reason given"):
        signed(TEXT, str(keys["rsa"]))
    silent.write_text("#!/bin/sh\nsleep 5\n")
    monkeypatch.setattr(verifiers, "_LONGEST", 0.05)
    with pytest.raises(SigningError, match="did not answer"):
        signed(TEXT, str(keys["rsa"]))
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    with pytest.raises(SigningError, match="not installed"):
        signed(TEXT, str(keys["rsa"]))


def test_what_asyncssh_cannot_take_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncssh = pytest.importorskip("asyncssh")

    def fail(*_arguments: object) -> bool:
        raise ValueError

    monkeypatch.setattr(asyncssh, "validate_sshsig", fail)
    assert not by_asyncssh(TEXT, b"", "ssh-ed25519 AAAA")


def test_a_verifier_that_cannot_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_options: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", refuse)
    with pytest.raises(SigningError, match="could not be asked: No space left on device"):
        by_ssh_keygen(b"", b"", "")

"""Signing and verifying at the edge: ``ssh-keygen`` signs, and it or AsyncSSH verifies.

Signing is always by ``ssh-keygen``, which knows agents, hardware keys and PKCS#11. Of both
verifiers only the bare signature is asked: whose key it is, on which day it counts and what it
may sign are judged by ``keys``.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.exchange.message import NAMESPACE
from beancount_voucher.exchange.signatures import signature_of

if TYPE_CHECKING:
    from collections.abc import Callable

    Verifier = Callable[[bytes, bytes, str], bool]
    """Given a text, a signature and the line of its key: whether it is one of the text."""

_PRINCIPAL = "signer"
_LONGEST = 120
"""Seconds: a hardware key waits for a touch."""


class SigningError(Exception):
    """Nothing was signed, and why."""


def checked(content: bytes, signature: bytes) -> str | None:
    """The fingerprint of the key that has signed a text; None: the signature is none of it."""
    return _checked(content, signature, verifier())


def checked_by(verify: Verifier) -> Callable[[bytes, bytes], str | None]:
    """The same by one of the verifiers."""
    return lambda content, signature: _checked(content, signature, verify)


def _checked(content: bytes, signature: bytes, verify: Verifier) -> str | None:
    said = signature_of(signature)
    if said is None or said.namespace != NAMESPACE:
        return None
    return said.fingerprint if verify(content, signature, said.key) else None


def verifier() -> Verifier:
    """The one that is there: AsyncSSH, which verifies 1,000 while ``ssh-keygen`` does 10."""
    return by_asyncssh if find_spec("asyncssh") is not None else by_ssh_keygen


def by_ssh_keygen(content: bytes, signature: bytes, key: str) -> bool:
    """Whether ``ssh-keygen -Y verify`` takes a signature by a key.

    Raises:
        SigningError: it cannot be asked.
    """
    try:
        return _by_ssh_keygen(content, signature, key)
    except OSError as error:  # such as a full disk
        raise SigningError(f"ssh-keygen could not be asked: {error.strerror}") from error


def _by_ssh_keygen(content: bytes, signature: bytes, key: str) -> bool:
    with tempfile.TemporaryDirectory(prefix="bean-voucher-") as folder:
        allowed, signed = Path(folder) / "allowed_signers", Path(folder) / "signature"
        allowed.write_text(f'{_PRINCIPAL} namespaces="{NAMESPACE}" {key}\n', encoding="utf-8")
        signed.write_bytes(signature)
        ran = _ran(
            *("-Y", "verify", "-f", str(allowed), "-I", _PRINCIPAL),
            *("-n", NAMESPACE, "-s", str(signed)),
            given=content,
        )
    return ran.returncode == 0


def by_asyncssh(content: bytes, signature: bytes, key: str) -> bool:
    """Whether AsyncSSH takes it."""
    from asyncssh import validate_sshsig  # noqa: PLC0415  takes long to import

    line = f'{_PRINCIPAL} namespaces="{NAMESPACE}" {key}\n'
    try:
        return bool(validate_sshsig(content, signature, _PRINCIPAL, line.encode()))
    except ValueError:  # a kind of key or hash that it does not know
        return False


def signed(content: bytes, key: str) -> bytes:
    """The signature of a text, as ``ssh-keygen`` makes it.

    Args:
        content: the text.
        key: the file of a private key, or of a public one whose private half an agent holds.

    Raises:
        SigningError: it made none.
    """
    ran = _ran("-Y", "sign", "-f", key, "-n", NAMESPACE, given=content)
    said = signature_of(ran.stdout) if ran.returncode == 0 else None
    if said is None:
        lines = ran.stderr.decode(errors="replace").strip().splitlines()
        raise SigningError(f"ssh-keygen did not sign: {lines[-1] if lines else 'no reason given'}")
    return ran.stdout


def _ran(*arguments: str, given: bytes) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("ssh-keygen")
    if program is None:
        raise SigningError("ssh-keygen of OpenSSH is not installed here")
    try:
        return subprocess.run(  # noqa: S603
            [program, *arguments], input=given, capture_output=True, timeout=_LONGEST, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise SigningError("ssh-keygen did not answer") from error

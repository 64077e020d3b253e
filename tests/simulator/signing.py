"""Keys of parties, and signatures without a process: as ``ssh-keygen`` makes them, byte for byte."""

from __future__ import annotations

import hashlib
from functools import cache

from asyncssh import SSHKey, create_sshsig, import_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from beancount_voucher.exchange.message import NAMESPACE


@cache
def key_pair(name: str) -> tuple[str, str]:
    """A key that its name decides: the private key, and the line of the public one."""
    seed = hashlib.sha256(name.encode()).digest()
    private = Ed25519PrivateKey.from_private_bytes(seed).private_bytes(
        Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()
    )
    public = import_private_key(private).export_public_key().decode().split()
    return private.decode(), f"{public[0]} {public[1]} {name}"


def sign_here(content: bytes, key: str) -> bytes:
    """What ``verifiers.signed`` does, for a key in a file."""
    with open(key, encoding="utf-8") as file:  # noqa: PTH123
        return create_sshsig(_private(file.read()), content, namespace=NAMESPACE)


@cache
def _private(text: str) -> SSHKey:
    return import_private_key(text)

"""Signatures as ``ssh-keygen -Y sign`` writes them: what one says, before it is verified.

Read strictly: one block and nothing around it, so that what OpenSSH passes over (text after
the end mark) is no signature here, and neither is what it refuses (CRLF).
"""

from __future__ import annotations

import base64
import re
import struct
from typing import NamedTuple

from beancount_voucher.directives.public_keys import TYPES, fingerprint

_BLOCK = re.compile(
    rb"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]{1,76}\n){1,200})"
    rb"-----END SSH SIGNATURE-----\n?"
)
_MAGIC = b"SSHSIG"
_VERSION = 1
_HASHES = (b"sha256", b"sha512")
_NUMBER = struct.Struct(">I")


class Signature(NamedTuple):
    """What a signature says of itself.

    Attributes:
        key: the public key, as a line of OpenSSH.
        fingerprint: of the key.
        namespace: what it is for.
    """

    key: str
    fingerprint: str
    namespace: str


def signature_of(content: bytes) -> Signature | None:
    """Read the content of a ``.sig``; None: it is no signature of a plain key."""
    fields = _fields(_blob(content))
    if fields is None:
        return None
    key, namespace, reserved, hashed, _ = fields
    if reserved or hashed not in _HASHES or not namespace.isascii():
        return None
    line = _line(key)
    mark = None if line is None else fingerprint(line)
    if line is None or mark is None:
        return None
    return Signature(line, mark, namespace.decode())


def _blob(content: bytes) -> bytes:
    """What stands behind magic and version; nothing where either does not stand there."""
    block = _BLOCK.fullmatch(content)
    try:
        blob = b"" if block is None else base64.b64decode(block[1].replace(b"\n", b""))
    except ValueError:
        return b""
    head = _MAGIC + _NUMBER.pack(_VERSION)
    return blob.removeprefix(head) if blob.startswith(head) else b""


def _fields(blob: bytes) -> tuple[bytes, ...] | None:
    """The five fields behind the version, and nothing after them."""
    found, at = [], 0
    for _ in range(5):
        if len(blob) < at + _NUMBER.size:
            return None
        (length,) = _NUMBER.unpack_from(blob, at)
        at += _NUMBER.size
        if len(blob) < at + length:
            return None
        found.append(blob[at : at + length])
        at += length
    return tuple(found) if at == len(blob) else None


def _line(key: bytes) -> str | None:
    """A public key as OpenSSH writes it."""
    if len(key) < _NUMBER.size:
        return None
    (length,) = _NUMBER.unpack_from(key)
    name = key[_NUMBER.size : _NUMBER.size + length]
    if name.decode("latin-1") not in TYPES:
        return None
    return f"{name.decode()} {base64.b64encode(key).decode()}"

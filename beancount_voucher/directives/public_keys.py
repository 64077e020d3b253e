"""Public keys of OpenSSH: their form, and the fingerprint by which people compare them."""

from __future__ import annotations

import base64
import hashlib
import struct

TYPES = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
)
"""What signs: no DSA, and no certificates."""

_LENGTH = struct.Struct(">I")


def fingerprint(line: str) -> str | None:
    """What ``ssh-keygen -l`` calls a key, such as ``SHA256:…``; None: the line is no public key.

    Args:
        line: as in a ``.pub`` file: the type, the key in base64, and a comment or none.
    """
    blob = _blob(line)
    if blob is None:
        return None
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return "SHA256:" + digest.rstrip("=")


def bare(line: str) -> str:
    """A well-formed line without its comment: what two lines of one key have in common."""
    return " ".join(line.split(" ")[:2])


def _blob(line: str) -> bytes | None:
    """The key itself, if it is of the type that stands before it."""
    words = line.split(" ")
    if len(words) == 1 or words[0] not in TYPES or not line.isprintable():
        return None
    try:
        blob = base64.b64decode(words[1], validate=True)
    except ValueError:
        return None
    name = words[0].encode()
    return blob if blob.startswith(_LENGTH.pack(len(name)) + name) else None

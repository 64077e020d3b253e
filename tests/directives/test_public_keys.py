"""Public keys: which lines are one, and what ssh-keygen calls it."""

from __future__ import annotations

import base64

import pytest

from beancount_voucher.directives.public_keys import bare, fingerprint

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEs8pRy+LeIo3tm9F/upJH0HHhLJypN7Me4zNVjF7fw2 first bank"
FINGERPRINT = "SHA256:FRzZFSBhBdHElYSlEIzy35K8zXM1dFvkO9a2PmerWnM"
_BLOB = KEY.split()[1]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (KEY, FINGERPRINT),
        (bare(KEY), FINGERPRINT),
        ("", None),
        ("ssh-ed25519", None),
        (f"ssh-dss {_BLOB}", None),
        (f"ssh-rsa {_BLOB}", None),
        (f"ssh-ed25519 {_BLOB[:-1]}", None),
        (f"ssh-ed25519 {_BLOB}!", None),
        (f"ssh-ed25519 {_BLOB}\n", None),
        (f"ssh-ed25519  {_BLOB}", None),
        (f"ssh-ed25519 {base64.b64encode(b'ssh-ed25519').decode()}", None),
    ],
)
def test_a_public_key(line: str, expected: str | None) -> None:
    assert fingerprint(line) == expected

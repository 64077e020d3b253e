"""Whether a commit is signed, by whom, and whether that can be told.

git's one-letter verdicts do not: a commit whose SSH signature nobody can check, since no
signers are configured, is ``N`` as one without any, and one by a key that may sign files
but no commits is ``B`` as one that was altered. So a signature is looked for in the commit
itself, and what the programs say of it (``git verify-commit --raw``) is read here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.wording import in_a_line
from beancount_voucher.review.commits import headers

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.review.git_command import Objects, Ran

NOT_SIGNED = "not signed"
GOOD = "good signature"
REVOKED = "good signature by a revoked key"
BAD = "BAD signature"
NO_SIGNERS = "not checked: no signers are configured"
OF_NOBODY = "signed by a key of no configured signer"
OUT_OF_DATE = "signed by a key that was not valid then"
NOT_FOR_GIT = "signed by a key that is not allowed to sign commits"
OTHER_PURPOSE = "signed for another purpose than a commit"
UNCHECKED = "signature that cannot be checked"

_GPG = {
    "GOODSIG": GOOD,
    "EXPSIG": "good signature that has expired",
    "EXPKEYSIG": "good signature by an expired key",
    "REVKEYSIG": REVOKED,
    "BADSIG": BAD,
    "ERRSIG": UNCHECKED,
}
"""What GnuPG's status lines mean (its ``doc/DETAILS``); each signature has one of them."""

UNKNOWN_VALIDITY = f"{GOOD} of unknown validity"

_UNTRUSTED = ("TRUST_UNDEFINED", "TRUST_NEVER")

_SSH_GOOD = re.compile(r'Good "git" signature for (.+) with \S+ key \S+')
_SSH = (
    ("incorrect signature", BAD),
    ("not permitted for use in signature namespace", NOT_FOR_GIT),
    ("namespace does not match", OTHER_PURPOSE),
    ("key has expired", OUT_OF_DATE),
    ("key is not yet valid", OUT_OF_DATE),
    ('Good "git" signature with', OF_NOBODY),
)
"""What ``ssh-keygen`` says (OpenSSH 8.9 to 9.9), the first that is there; else it is unknown."""


VERDICTS = tuple(
    dict.fromkeys(
        (
            *(NOT_SIGNED, NO_SIGNERS, OF_NOBODY, UNKNOWN_VALIDITY),
            *_GPG.values(),
            *(said for _, said in _SSH),
        )
    )
)
"""All that is said of a signature; behind :data:`UNCHECKED` may stand what a program said."""


class Verdict(NamedTuple):
    """What became of a signature, and who signed as far as that is known."""

    said: str
    signer: str = ""


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose SSH keys are trusted: files as ``ssh-keygen`` has them.

    Attributes:
        allowed: the keys that may sign; a file without any where none is configured.
        revoked: the keys that may no longer; None for no such file.
        is_configured: whether anybody has said who may sign.
    """

    allowed: Path
    revoked: Path | None
    is_configured: bool


def verdict(objects: Objects, oid: str, raw: bytes, signers: Signers) -> Verdict:
    """What is to be said of a commit's signature.

    Args:
        objects: where the commit is.
        oid: its id.
        raw: the object.
        signers: whose SSH keys are trusted; GnuPG has its own keyring.
    """
    header = b"gpgsig" if objects.object_format == "sha1" else b"gpgsig-sha256"
    signature = headers(raw).get(header)
    if signature is None:
        return Verdict(NOT_SIGNED)
    if signature.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        return _ssh(objects, oid, signers)
    return _gpg(_verified(objects, oid))


def _verified(objects: Objects, oid: str, *settings: str) -> Ran:
    options = [each for setting in settings for each in ("-c", setting)]
    return objects.attempt(*options, "verify-commit", "--raw", oid)


def _gpg(ran: Ran) -> Verdict:
    lines = [line.split(" ", 3) for line in ran.err.splitlines()]
    status = [line[1:] for line in lines if line[0] == "[GNUPG:]" and len(line) > 1]
    found = [line for line in status if line[0] in _GPG]
    if len(found) != 1:  # none, or more than one signature
        return _unknown(ran)
    keyword, _key, *rest = [*found[0], ""]
    signer = rest[0] if keyword != "ERRSIG" else ""
    if keyword == "GOODSIG" and any(line[0] in _UNTRUSTED for line in status):
        return Verdict(UNKNOWN_VALIDITY, signer)
    return Verdict(_GPG[keyword], signer)


def _ssh(objects: Objects, oid: str, signers: Signers) -> Verdict:
    allowed = f"gpg.ssh.allowedSignersFile={signers.allowed}"
    ran = _verified(objects, oid, allowed)
    good = _SSH_GOOD.match(ran.err)
    if ran.status == 0 and good:
        # A revoked key is refused without a word, so it is asked for by itself.
        revoked = signers.revoked and f"gpg.ssh.revocationFile={signers.revoked}"
        is_revoked = revoked and _verified(objects, oid, allowed, revoked).status != 0
        return Verdict(REVOKED if is_revoked else GOOD, good[1])
    said = next((said for part, said in _SSH if part in ran.err), None)
    if said == OF_NOBODY and not signers.is_configured:
        return Verdict(NO_SIGNERS)
    return _unknown(ran) if said is None else Verdict(said)


def _unknown(ran: Ran) -> Verdict:
    """What cannot be told, with what the program said to it."""
    lines = [line.removeprefix("error: ") for line in ran.err.splitlines()]
    said = [
        line for line in lines if line and not line.startswith(("[GNUPG:]", "Could not verify"))
    ]
    return Verdict(f"{UNCHECKED}: {in_a_line(said[0])}" if said else UNCHECKED)

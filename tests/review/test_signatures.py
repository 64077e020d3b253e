"""Signatures: signed or not, by whom, and whether that can be told are different things."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.review import signatures
from beancount_voucher.review.git_command import Ran
from tests.support import ACCEPT, SETTLE, issue
from tests.support.repository import APPLIED, WANG, Repository

if TYPE_CHECKING:
    from collections.abc import Callable

# --- SSH --------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> Callable[[str], Path]:
    """Makes a key of a name."""

    def made(name: str) -> Path:
        path = tmp_path / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-C", name, "-N", "", "-f", str(path)]
        subprocess.run(command, check=True)
        return path

    return made


@pytest.fixture
def signing(repository: Repository, key: Callable[[str], Path]) -> Repository:
    """Lin signs what is committed from now on."""
    lin = key("lin")
    for name, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(lin),
        "gpg.ssh.allowedSignersFile": str(signers(lin)),
        "commit.gpgSign": "true",
    }.items():
        repository.git("config", name, value)
    return repository


def signers(key: Path, options: str = "", name: str = "lin@example.org") -> Path:
    """A file of allowed signers that has this key."""
    path = key.with_name(f"signers-{key.name}-{len(options)}")
    path.write_text(f"{name} {options} {key.with_suffix('.pub').read_text()}")
    return path


def told(repository: Repository, span: str = "HEAD~1..HEAD") -> list[tuple[str, str | None]]:
    found = repository.review(span, "--signatures")
    return [(each["signature"], each["signer"]) for each in found["commits"]]


def altered(repository: Repository, before: str, after: str) -> str:
    """The commit that is checked out with another text in it, under the same signature."""
    content = repository.git("cat-file", "commit", "HEAD").replace(before, after) + "\n"
    command = ["git", "-C", str(repository.folder), "hash-object", "-t", "commit", "-w", "--stdin"]
    made = subprocess.run(command, input=content, text=True, capture_output=True, check=True)
    repository.git("reset", "--quiet", "--hard", made.stdout.strip())
    return made.stdout.strip()


def test_who_signed_what(signing: Repository) -> None:
    signing.git("config", "commit.gpgSign", "false")
    signing.commit(issue())
    signing.commit(issue() + ACCEPT, WANG)
    signing.git("config", "commit.gpgSign", "true")
    signing.commit(APPLIED)
    signing.commit({"other.txt": "no ledger"})
    found = signing.review("HEAD~3..HEAD", "--signatures")
    assert [(each["author"], each["signature"], each["signer"]) for each in found["commits"]] == [
        ("Lin", "good signature", "lin@example.org"),
        ("Wang", "not signed", None),
    ]
    out = signing.run("review", "HEAD~3..HEAD", "--signatures").out
    assert "Wang <wang@example.org>: not signed\n" in out
    assert "Lin <lin@example.org>: good signature by lin@example.org\n" in out
    found = signing.review("HEAD~3", "--signatures")
    assert len(found["commits"]) == 2
    blamed = signing.run("blame", "V-1", "--format", "csv").out.splitlines()
    assert [line.split(",")[5] for line in blamed[1:]] == [
        "not signed", "not signed", "good signature by lin@example.org",
    ]  # fmt: skip


# Options of the one key that is allowed -> what is said of what it signed.
OPTIONS = {
    "": ("good signature", "lin@example.org"),
    'namespaces="git,file"': ("good signature", "lin@example.org"),
    'namespaces="file"': ("signed by a key that is not allowed to sign commits", None),
    'valid-before="20200101"': ("signed by a key that was not valid then", None),
    'valid-after="21000101"': ("signed by a key that was not valid then", None),
}


@pytest.mark.parametrize("options", OPTIONS)
def test_what_the_signers_file_allows(signing: Repository, options: str) -> None:
    signing.commit(issue())
    signing.commit(issue() + ACCEPT)
    lin = Path(signing.git("config", "user.signingKey"))
    signing.git("config", "gpg.ssh.allowedSignersFile", str(signers(lin, options)))
    assert told(signing) == [OPTIONS[options]]


def test_a_key_that_nobody_has_named(signing: Repository, key: Callable[[str], Path]) -> None:
    signing.commit(issue())
    signing.git("config", "user.signingKey", str(key("stranger")))
    signing.commit(issue() + ACCEPT)
    assert told(signing) == [("signed by a key of no configured signer", None)]


def test_nobody_has_said_who_may_sign(signing: Repository) -> None:
    """git's own letter is N, as for a commit without any signature."""
    signing.commit(issue())
    signing.commit(issue() + ACCEPT)
    for value in ("/none/such", None):
        if value is None:
            signing.git("config", "--unset", "gpg.ssh.allowedSignersFile")
        else:
            signing.git("config", "gpg.ssh.allowedSignersFile", value)
        assert told(signing) == [("not checked: no signers are configured", None)]
        assert "no signers are configured" in signing.run("blame", "V-1").out
    altered(signing, "change", "other")
    assert told(signing) == [("BAD signature", None)]


def test_a_commit_that_was_altered(signing: Repository) -> None:
    signing.commit(issue())
    signing.commit(issue() + ACCEPT)
    altered(signing, "\n\nchange", "\n\nother")
    assert told(signing) == [("BAD signature", None)]


def test_a_signature_that_is_none(signing: Repository) -> None:
    signing.commit(issue())
    signing.commit(issue() + ACCEPT)
    first = (
        signing.git("cat-file", "commit", "HEAD").partition("SIGNATURE-----\n ")[2].split("\n")[0]
    )
    altered(signing, first, "abcd")
    [(said, signer)] = told(signing)
    assert (said.startswith("signature that cannot be checked: "), signer) == (True, None)
    altered(signing, "-----BEGIN SSH SIGNATURE-----", "nonsense")
    [(said, signer)] = told(signing)
    assert said.startswith("signature that cannot be checked: fatal: bad/incompatible signature")


def test_what_was_signed_for_another_purpose(signing: Repository, tmp_path: Path) -> None:
    """A signature of the same bytes and the same key, as of a file."""
    signing.commit(issue())
    signing.git("config", "commit.gpgSign", "false")
    signing.commit(issue() + ACCEPT)
    payload = tmp_path / "payload"
    payload.write_text(signing.git("cat-file", "commit", "HEAD") + "\n")
    lin = signing.git("config", "user.signingKey")
    command = ["ssh-keygen", "-q", "-Y", "sign", "-n", "file", "-f", lin, str(payload)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    signature = payload.with_suffix(".sig").read_text().strip().replace("\n", "\n ")
    altered(signing, "\n\nchange", f"\ngpgsig {signature}\n\nchange")
    assert told(signing) == [("signed for another purpose than a commit", None)]


def test_a_key_that_was_revoked(signing: Repository, tmp_path: Path) -> None:
    signing.commit(issue())
    signing.commit(issue() + ACCEPT)
    lin = Path(signing.git("config", "user.signingKey"))
    revoked, other = tmp_path / "revoked", tmp_path / "other"
    other.write_text("")
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", revoked, lin.with_suffix(".pub")], check=True)  # noqa: S607
    signing.git("config", "gpg.ssh.revocationFile", str(revoked))
    assert told(signing) == [("good signature by a revoked key", "lin@example.org")]
    signing.git("config", "gpg.ssh.revocationFile", str(other))
    assert told(signing) == [("good signature", "lin@example.org")]


@pytest.mark.parametrize("zone", ["UTC0", "Asia/Shanghai", "XXX-14", "XXX12"])
def test_the_reader_may_live_anywhere(
    signing: Repository, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    """Whether a key was valid on its last evening does not depend on the reader's clock."""
    signing.commit(issue())
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-03-02T23:30:00Z")
    signing.commit(issue() + ACCEPT)
    monkeypatch.setenv("TZ", zone)
    lin = Path(signing.git("config", "user.signingKey"))
    for last, said in (("20260303", "good signature"), ("20260302", "signed by a key that was not valid then")):  # fmt: skip
        valid = signers(lin, f'valid-before="{last}"', f"lin{last}@example.org")
        signing.git("config", "gpg.ssh.allowedSignersFile", str(valid))
        assert [each[0] for each in told(signing)] == [said]


def test_a_branch_does_not_say_who_may_sign_it(
    signing: Repository, key: Callable[[str], Path]
) -> None:
    """A file of signers in the repository is read from the base, as the policy is."""
    lin, wang = Path(signing.git("config", "user.signingKey")), key("wang")
    signing.git("config", "gpg.ssh.allowedSignersFile", "keys/signers")
    signing.write({"keys/signers": signers(lin).read_text()}).commit(issue())
    signing.branch("branch")
    signing.git("config", "user.signingKey", str(wang))
    signing.write({"keys/signers": signers(wang).read_text()}).commit(issue() + ACCEPT)
    for span in ("main..branch", "main"):
        assert told(signing, span) == [("signed by a key of no configured signer", None)]
    assert "key of no configured signer" in signing.run("blame", "V-1").out
    assert told(signing, "branch..branch") == []
    signing.git("config", "user.signingKey", str(lin))
    signing.commit(APPLIED)
    assert told(signing, "main..branch")[0] == ("good signature", "lin@example.org")
    assert told(signing, "branch~1..branch") == [("signed by a key of no configured signer", None)]
    signing.git("branch", "--move", "main", "trunk")  # and no main branch to believe
    assert "no signers are configured" in signing.run("blame", "V-1").out
    (signing.folder / "link").symlink_to("keys/signers")
    outside = signing.folder.parent / "outside"
    outside.symlink_to(signing.folder / "keys" / "signers")
    signing.git("config", "gpg.ssh.allowedSignersFile", str(outside))
    assert told(signing, "trunk..branch")[0] == ("good signature", "lin@example.org")
    signing.git("config", "gpg.ssh.allowedSignersFile", "link")
    assert told(signing, "trunk..branch")[0] == ("not checked: no signers are configured", None)


# --- GnuPG ------------------------------------------------------------------------------

# What GnuPG says, as its documentation has it -> the verdict, and who signed.
GPG = {
    "good": ("NEWSIG\nGOODSIG 12 Lin <lin@x>\nVALIDSIG 34 2026-03-02\nTRUST_ULTIMATE 0 pgp", ("good signature", "Lin <lin@x>")),
    "good, of somebody": ("GOODSIG 12 Lin\nTRUST_UNDEFINED 0 pgp", ("good signature of unknown validity", "Lin")),
    "good, of somebody distrusted": ("GOODSIG 12 Lin\nTRUST_NEVER 0 pgp", ("good signature of unknown validity", "Lin")),
    "altered": ("BADSIG 12 Lin <lin@x>", ("BAD signature", "Lin <lin@x>")),
    "of a key that is not there": ("ERRSIG 12 1 8 00 1772539200 9\nNO_PUBKEY 12", ("signature that cannot be checked", "")),
    "out of date": ("EXPSIG 12 Lin", ("good signature that has expired", "Lin")),
    "of a key out of date": ("EXPKEYSIG 12 Lin", ("good signature by an expired key", "Lin")),
    "of a key revoked": ("REVKEYSIG 12 Lin", ("good signature by a revoked key", "Lin")),
    "two at once": ("GOODSIG 12 Lin\nGOODSIG 34 Wang", ("signature that cannot be checked", "")),
    "a key without a name": ("GOODSIG 12", ("good signature", "")),
    "nothing": ("", ("signature that cannot be checked", "")),
}  # fmt: skip


@pytest.mark.parametrize("name", GPG)
def test_what_gnupg_says(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    status, (said, signer) = GPG[name]
    program = tmp_path / "bin" / "gpg"
    program.parent.mkdir()
    lines = "".join(f"echo '[GNUPG:] {line}'\n" for line in status.splitlines())
    program.write_text(f"#!/bin/sh\ncat >/dev/null\necho gpg: in words >&2\n{lines}exit 1\n")
    program.chmod(0o755)
    repository.commit(issue())
    repository.commit(issue() + ACCEPT)
    altered(repository, "\n\nchange", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n \n iQEz\n -----END PGP SIGNATURE-----\n\nchange")  # fmt: skip
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert told(repository) == [(said, signer or None)]


def test_a_signature_without_the_program_that_checks_it(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    repository.commit(issue())
    repository.commit(issue() + ACCEPT)
    altered(repository, "\n\nchange", "\ngpgsig -----BEGIN SIGNED MESSAGE-----\n iQEz\n -----END SIGNED MESSAGE-----\n\nchange")  # fmt: skip
    git = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout  # noqa: S607
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git.strip())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    [(said, signer)] = told(repository)
    assert (said.startswith("signature that cannot be checked: "), signer) == (True, None)
    assert "gpgsm" in said


def test_lines_that_are_no_status_are_none() -> None:
    said = signatures._gpg(Ran(1, b"", "[GNUPG:]\ngpg: Good signature\nGOODSIG 12 Lin\n"))
    assert said == ("signature that cannot be checked: gpg: Good signature", "")


def test_a_signer_is_no_way_into_a_terminal(signing: Repository) -> None:
    signing.commit(issue())
    signing.commit(issue() + ACCEPT + SETTLE)
    lin = Path(signing.git("config", "user.signingKey"))
    signing.git("config", "gpg.ssh.allowedSignersFile", str(signers(lin, "", "l\x1b[31m@x")))
    out = signing.run("review", "HEAD~1..HEAD", "--signatures").out
    assert "\x1b" not in out
    assert "good signature by l�[31m@x" in out

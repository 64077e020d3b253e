"""The page of a voucher names the commits behind its events, as far as git tells."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from fava.core import FavaLedger

import fava_voucher
from beancount_voucher.review import git, git_command, signatures
from fava_voucher import history
from tests.support import ACCEPT, APPLY, PLUGIN, WORLD, event, issue
from tests.support.reader import EXTENSION, Reader
from tests.support.repository import INCLUDE, LIN, TOP, VOUCHERS, WANG, Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ISSUE = issue(cover_start="2026-03-10").rstrip("\n") + "\n"
MORE = ISSUE + '  note: "more"\n'
FILES = {TOP: PLUGIN + EXTENSION + WORLD + INCLUDE, VOUCHERS: ISSUE}


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fava_voucher, "_today", lambda: dt.date(2026, 3, 5))


def commits(reader: Reader, **query: str) -> list[list[str]]:
    """What the page says of each event's commits, the days apart from it."""
    seen = reader.see(view="voucher", voucher="V-1", **query)
    assert seen.status == 200
    return [
        [
            " ".join(each.text_content().split())
            for each in moment.xpath("./p[contains(@class, 'commit')]")
        ]
        for moment in seen.all(".//ol[@class='life']/li")
    ]


def committed(repository: Repository) -> Reader:
    """Lin has issued, Wang has accepted and changed the issue, the application is not committed."""
    repository.commit(FILES)
    repository.commit({VOUCHERS: MORE + ACCEPT}, WANG)
    repository.write({VOUCHERS: MORE + ACCEPT + APPLY})
    return Reader(repository.folder / TOP)


def said(repository: Repository, revision: str, author: str, signature: str) -> str:
    short, day = repository.git("log", "-1", "--format=%H %as", revision).split()
    return f"commit {short[:10]}, {day}, {author}, {signature}"


# --- What git tells ---------------------------------------------------------------------


def test_who_brought_and_who_changed_each_event(repository: Repository) -> None:
    reader = committed(repository)
    lin = said(repository, "HEAD~1", LIN, "not signed")
    wang = said(repository, "HEAD", WANG, "not signed")
    assert commits(reader) == [[lin, f"changed by {wang}"], [wang], ["not committed"]]
    assert commits(reader, time="2026-03-02") == [[lin, f"changed by {wang}"]]
    assert commits(reader, time="2026-02") == []
    assert 'class="quiet commit"' not in reader.see(view="register").text


def test_in_chinese(repository: Repository) -> None:
    committed(repository)
    (repository.folder / TOP).write_text(
        FILES[TOP] + '2026-01-01 custom "fava-option" "language" "zh"\n', encoding="utf-8"
    )
    found = commits(Reader(repository.folder / TOP))
    assert [each[-1].split()[0] for each in found] == ["由提交", "提交", "尚未提交"]
    assert found[1][0].endswith("Wang <wang@example.org>, 未签名")


def test_a_change_that_is_not_committed(repository: Repository) -> None:
    committed(repository)
    repository.write({VOUCHERS: ISSUE + '  note: "other"\n' + ACCEPT})
    [issued, _] = commits(Reader(repository.folder / TOP))
    assert issued[1:] == ["changed since, not committed"]


def test_a_commit_is_seen_without_another_load(repository: Repository) -> None:
    reader = committed(repository)
    assert commits(reader)[2] == ["not committed"]
    repository.commit(author=WANG)
    assert commits(reader)[2] == [said(repository, "HEAD", WANG, "not signed")]


def test_git_is_asked_once_as_long_as_nothing_changes(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, asked = committed(repository), []
    monkeypatch.setattr(history, "_REMEMBERED", 2)
    blame = git.Repository.blame

    def counted(*arguments: object) -> object:
        asked.append(arguments)
        return blame(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(git.Repository, "blame", counted)
    first = commits(reader)
    assert (commits(reader), len(asked)) == (first, 1)
    for day in ("2026-03-02", "2026-03-04"):  # one more than is remembered
        commits(reader, time=day)
    assert (commits(reader), len(asked)) == (first, 4)


def test_the_end_of_a_shallow_clone(repository: Repository) -> None:
    committed(repository)
    repository.commit()
    folder = repository.folder.with_name("clone")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.folder}", str(folder))
    assert [" or earlier, " in each for [each] in commits(Reader(folder / TOP))] == [True] * 3


def test_ends_of_lines_and_symlinks_are_no_change(repository: Repository) -> None:
    committed(repository)
    path = repository.folder / VOUCHERS
    path.write_bytes((MORE + ACCEPT).replace("\n", "\r\n").encode())
    link = repository.folder.with_name("link")
    link.symlink_to(repository.folder)
    assert [each[-1].split(",")[2] for each in commits(Reader(link / TOP))] == [f" {WANG}"] * 2


# --- Signatures -------------------------------------------------------------------------

# What became of the signature, who signed -> what the page says.
SIGNATURES = {
    "a good one": (("good signature", "lin@example.org"), "good signature by lin@example.org"),
    "with a sign in it": (("good signature", "l\x1b[31m@x"), "good signature by l�[31m@x"),
    "with a colon": (("not checked: no signers are configured", ""), "not checked: no signers are configured"),
    "with what the program said": (("signature that cannot be checked: no <b>gpgsm</b>\u202e", ""), "signature that cannot be checked: no <b>gpgsm</b>�"),
}  # fmt: skip


@pytest.mark.parametrize("name", SIGNATURES)
def test_what_became_of_a_signature(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    verdict, expected = SIGNATURES[name]
    reader = committed(repository)
    monkeypatch.setattr(signatures, "verdict", lambda *_: verdict)
    assert commits(reader)[1] == [said(repository, "HEAD", WANG, expected)]


def test_a_signature_that_is_one(repository: Repository, tmp_path: Path) -> None:
    key = tmp_path / "lin"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)]
    subprocess.run(command, check=True)
    signers = tmp_path / "signers"
    signers.write_text(f"lin@example.org {key.with_suffix('.pub').read_text()}")
    settings = {"gpg.format": "ssh", "user.signingKey": key, "commit.gpgSign": "true"}
    for setting, value in {**settings, "gpg.ssh.allowedSignersFile": signers}.items():
        repository.git("config", setting, str(value))
    found = commits(committed(repository))
    assert found[1][0].endswith(", good signature by lin@example.org")


def test_a_commit_without_a_date_and_with_a_hostile_author(repository: Repository) -> None:
    committed(repository)
    raw = repository.git("cat-file", "commit", "HEAD").splitlines()
    hostile = [
        "author Li\u202en <a<script>b> when" if line.startswith("author ") else line for line in raw
    ]
    command = [
        "git",
        "-C",
        str(repository.folder),
        "hash-object",
        "-t",
        "commit",
        "-w",
        "--stdin",
        "--literally",
    ]
    made = subprocess.run(command, input="\n".join(hostile), text=True, capture_output=True, check=True).stdout.strip()  # fmt: skip
    repository.git("update-ref", "HEAD", made)
    [_, [accepted], _] = commits(Reader(repository.folder / TOP))
    assert accepted == f"commit {made[:10]}, Li�n <a<script>, not signed"


# --- What git does not tell -------------------------------------------------------------


def no_repository(repository: Repository, _: pytest.MonkeyPatch) -> None:
    (repository.folder / ".git").rename(repository.folder / "git")


def no_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository.folder / "nowhere"))


def no_commit(repository: Repository, _: pytest.MonkeyPatch) -> None:
    repository.git("update-ref", "-d", "HEAD")


def broken_head(repository: Repository, _: pytest.MonkeyPatch) -> None:
    (repository.folder / ".git" / "HEAD").write_bytes(b"\xff\0")


def no_objects(repository: Repository, _: pytest.MonkeyPatch) -> None:
    """Not even whether a file is committed can be told, and so it is not said to be none."""
    folder, tree = (
        repository.folder / ".git" / "objects",
        repository.git("rev-parse", "HEAD^{tree}"),
    )
    (folder / tree[:2] / tree[2:]).unlink()


def broken_shallow(repository: Repository, _: pytest.MonkeyPatch) -> None:
    (repository.folder / ".git" / "shallow").write_bytes(b"\xff\xfe")


def no_right(_: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "denied")

    monkeypatch.setattr(subprocess, "run", refused)


def no_time(_: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "PATIENCE", -1.0)


def slow_git(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    """The program never ends; the page does."""
    program = repository.folder.with_name("bin") / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(history, "PATIENCE", 0.2)


@pytest.mark.parametrize(
    "wrong",
    [no_repository, no_git, no_commit, broken_head, no_objects, broken_shallow, no_right, no_time, slow_git],
)  # fmt: skip
def test_what_is_wrong_shows_nothing_and_breaks_nothing(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    wrong: Callable[[Repository, pytest.MonkeyPatch], None],
) -> None:
    reader = committed(repository)
    wrong(repository, monkeypatch)
    assert commits(reader) == [[], [], []]


def test_what_went_wrong_is_not_tried_again(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, asked = committed(repository), []

    def slow(*_: object) -> None:
        asked.append(1)
        raise git_command.GitTooLongError

    monkeypatch.setattr(git.Repository, "blame", slow)
    assert (commits(reader), commits(reader), asked) == ([[], [], []], [[], [], []], [1])


# What a repository can bring that makes git run a program.
PLANTED = (
    "core.fsmonitor", "core.pager", "diff.external", "diff.evil.textconv", "diff.evil.command",
    "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "gpg.program",
    "gpg.ssh.program", "gpg.ssh.defaultKeyCommand", "pager.blame", "alias.blame", "alias.ls-tree",
)  # fmt: skip


def test_nothing_that_a_repository_brings_is_run(repository: Repository) -> None:
    reader = committed(repository)
    expected = commits(reader)
    repository.write({".gitattributes": "* filter=evil diff=evil merge=evil\n"})
    program = repository.folder.with_name("evil")
    program.write_text(f"#!/bin/sh\ntouch {program}-was-run\n")
    program.chmod(0o755)
    for name in PLANTED:
        repository.git("config", name, f"!{program}" if name.startswith("alias.") else str(program))
    repository.git("config", "blame.ignoreRevsFile", "/nowhere")
    hook = repository.folder / ".git" / "hooks" / "post-index-change"
    hook.parent.mkdir(exist_ok=True)
    hook.symlink_to(program)
    assert commits(Reader(repository.folder / TOP)) == expected
    assert not program.with_name("evil-was-run").exists()
    repository.git("add", VOUCHERS, status=128)  # so that it is seen to be planted
    assert program.with_name("evil-was-run").exists()


# A file of another's repository, or of none, is not said to be uncommitted here.
ELSEWHERE = ("../outside.beancount", "inner/vouchers.beancount")


@pytest.mark.parametrize("path", ELSEWHERE)
def test_files_of_elsewhere(repository: Repository, path: str) -> None:
    repository.commit(FILES)
    place = repository.folder / path
    if path.startswith("inner"):
        Repository(place.parent).commit({place.name: ACCEPT})
    place.write_text(ACCEPT, encoding="utf-8")
    repository.commit({TOP: f'{FILES[TOP]}include "{path}"\n'})
    issued, accepted = commits(Reader(repository.folder / TOP))
    assert (len(issued), accepted) == (1, [])


# What the file has now at the line of the acceptance, or the line that the acceptance names.
MOVED = {
    "another line": "; " + ACCEPT,
    "another day": ACCEPT.replace("2026-03-03", "2026-03-04"),
    "another event": event("void", "2026-03-03"),
    "another voucher": ACCEPT.replace("V-1", "V-2"),
    "fewer lines": "",
}


@pytest.mark.parametrize("name", MOVED)
def test_a_line_that_is_another_by_now(
    repository: Repository, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    repository.commit(FILES)
    repository.commit({VOUCHERS: ISSUE + ACCEPT})
    reader = Reader(repository.folder / TOP)
    monkeypatch.setattr(FavaLedger, "changed", lambda _: False)
    (repository.folder / VOUCHERS).write_text(ISSUE + MOVED[name], encoding="utf-8")
    assert [len(each) for each in commits(reader)] == [1, 0]


def test_a_file_that_is_gone(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = committed(repository)
    monkeypatch.setattr(FavaLedger, "changed", lambda _: False)
    (repository.folder / VOUCHERS).unlink()
    assert commits(reader) == [[], [], []]


def test_a_directive_does_not_say_that_it_is_anothers(repository: Repository) -> None:
    """Its metadata replaces its line; no other's author stands for it."""
    repository.commit(FILES)
    repository.commit({VOUCHERS: ISSUE + event("accept", "2026-03-03", lineno="1")}, WANG)
    found = commits(Reader(repository.folder / TOP))
    assert found == [[said(repository, "HEAD~1", LIN, "not signed")], []]


def test_an_event_by_the_terms_has_no_commit_of_its_own(repository: Repository) -> None:
    repository.commit({**FILES, VOUCHERS: issue() + ACCEPT})
    reader = Reader(repository.folder / TOP)
    assert [len(each) for each in commits(reader)] == [1, 1, 0]

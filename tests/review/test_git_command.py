"""Nothing that a reader's git is told changes what is read from it, and none of it is run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.review.git_command import GitError, Objects
from tests.support import ACCEPT, APPLY, SETTLE, event, issue
from tests.support.repository import APPLIED, TOP, VOUCHERS, WANG, Repository

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

RAN = "ran-by-git"

# --- What is planted --------------------------------------------------------------------

# A branch can bring these: they name what only a configuration can define.
FROM_THE_BRANCH = {
    ".gitattributes": "* filter=evil diff=evil merge=evil text eol=crlf ident -blame whitespace=cr-at-eol export-ignore\n",
    ".mailmap": "Wang <wang@example.org> <lin@example.org>\nLin <lin@example.org> <wang@example.org>\n",
    ".git-blame-ignore-revs": "{change}\n",
    ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::{run}\n\tupdate = !{run}\n',
    ".lfsconfig": "[lfs]\n\turl = ext::{run}\n",
}  # fmt: skip

# Keys that git runs as a program.
PROGRAMS = (
    "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass", "core.gitProxy",
    "core.alternateRefsCommand", "credential.helper", "diff.external", "diff.evil.textconv", "diff.evil.command",
    "filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "merge.evil.driver", "merge.default",
    "gpg.program", "gpg.openpgp.program", "gpg.ssh.program", "gpg.x509.program", "gpg.ssh.defaultKeyCommand",
    "interactive.diffFilter", "sequence.editor", "uploadpack.packObjectsHook", "remote.origin.uploadpack",
    "pager.blame", "pager.log", "pager.rev-list", "pager.ls-files", "pager.cat-file", "trailer.x.command",
    "alias.blame", "alias.rev-parse", "alias.ls-files", "browser.x.cmd", "difftool.x.cmd",
)  # fmt: skip

# Keys that change what git says.
SAYINGS = {
    "core.attributesFile": "{folder}/attributes", "core.excludesFile": "{folder}/excludes", "core.hooksPath": "{folder}/hooks",
    "core.worktree": "{folder}/elsewhere", "core.bare": "false", "core.autocrlf": "true", "core.eol": "crlf", "core.safecrlf": "true",
    "core.quotePath": "true", "core.ignoreCase": "true", "core.abbrev": "4", "core.symlinks": "false", "core.fileMode": "false",
    "core.whitespace": "cr-at-eol", "core.useReplaceRefs": "true", "core.notesRef": "refs/notes/x", "core.untrackedCache": "true",
    "core.warnAmbiguousRefs": "true", "core.precomposeUnicode": "true", "core.logAllRefUpdates": "always", "core.splitIndex": "true",
    "core.preloadIndex": "true", "core.bigFileThreshold": "1", "core.checkStat": "minimal", "core.commitGraph": "true",
    "blame.ignoreRevsFile": ".git-blame-ignore-revs", "blame.markIgnoredLines": "true", "blame.markUnblamableLines": "true",
    "blame.showEmail": "true", "blame.blankBoundary": "true", "blame.coloring": "highlightRecent", "blame.date": "relative",
    "log.showSignature": "true", "log.mailmap": "true", "log.date": "relative", "log.decorate": "full", "log.follow": "true",
    "log.showRoot": "false", "log.abbrevCommit": "true", "log.excludeDecoration": "refs/*", "log.initialDecorationSet": "all",
    "mailmap.file": "{root}/.mailmap", "mailmap.blob": "HEAD:.mailmap", "format.pretty": "oneline", "format.notes": "true",
    "i18n.commitEncoding": "UTF-16", "i18n.logOutputEncoding": "UTF-16", "notes.displayRef": "refs/notes/*",
    "color.ui": "always", "color.diff": "always", "color.blame.highlightRecent": "red", "column.ui": "always",
    "diff.algorithm": "patience", "diff.renames": "false", "diff.renameLimit": "1", "diff.orderFile": "{folder}/order",
    "diff.noprefix": "true", "diff.mnemonicPrefix": "true", "diff.relative": "true", "diff.ignoreSubmodules": "all",
    "diff.submodule": "log", "diff.colorMoved": "zebra", "diff.indentHeuristic": "false", "diff.suppressBlankEmpty": "true",
    "diff.evil.binary": "true", "diff.evil.xfuncname": ".", "filter.evil.required": "true", "submodule.recurse": "true",
    "status.showUntrackedFiles": "no", "status.relativePaths": "true", "ui.x": "y", "push.default": "nothing",
    "gpg.format": "x509", "gpg.minTrustLevel": "ultimate", "trace2.normalTarget": "2", "trace2.configParams": "*",
    "advice.graftFileDeprecated": "true", "remote.origin.url": "ext::{run}", "remote.origin.promisor": "true",
    "remote.origin.fetch": "+refs/*:refs/*", "remote.origin.vcs": "evil", "extensions.partialClone": "origin",
    "extensions.worktreeConfig": "true", "protocol.allow": "always", "protocol.ext.allow": "always",
    "protocol.file.allow": "always", "fetch.recurseSubmodules": "true", "gc.auto": "1", "maintenance.auto": "true",
    "index.threads": "4", "feature.manyFiles": "true", "rerere.enabled": "true", "url.ext::x.insteadOf": "/",
}  # fmt: skip

# The environment of a hook, or of somebody who has set a lot.
ENVIRONMENT = {
    "GIT_DIR": "{folder}/elsewhere/.git", "GIT_WORK_TREE": "{folder}/elsewhere", "GIT_INDEX_FILE": "{folder}/none",
    "GIT_OBJECT_DIRECTORY": "{folder}/none", "GIT_ALTERNATE_OBJECT_DIRECTORIES": "{folder}/none", "GIT_COMMON_DIR": "{folder}/none",
    "GIT_NAMESPACE": "x", "GIT_GRAFT_FILE": "{folder}/grafts", "GIT_SHALLOW_FILE": "{folder}/shallow",
    "GIT_REPLACE_REF_BASE": "refs/replace/", "GIT_CEILING_DIRECTORIES": "{root}", "GIT_EXEC_PATH": "{folder}/none",
    "GIT_TEMPLATE_DIR": "{folder}/none", "GIT_EXTERNAL_DIFF": "{run}", "GIT_DIFF_OPTS": "-u9", "GIT_PAGER": "{run}", "GIT_EDITOR": "{run}",
    "GIT_SEQUENCE_EDITOR": "{run}", "GIT_SSH": "{run}", "GIT_SSH_COMMAND": "{run}", "GIT_ASKPASS": "{run}", "GIT_PROXY_COMMAND": "{run}",
    "GIT_TRACE": "1", "GIT_TRACE_SETUP": "1", "GIT_TRACE2": "1", "GIT_TRACE_PACKET": "1", "GIT_ICASE_PATHSPECS": "1",
    "GIT_ATTR_SOURCE": "HEAD", "GIT_DEFAULT_HASH": "sha256", "GIT_ALLOW_PROTOCOL": "ext:file", "GIT_NOTES_REF": "refs/notes/x",
    "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.fsmonitor", "GIT_CONFIG_VALUE_0": "{run}",
    "GIT_CONFIG_PARAMETERS": "'blame.ignoreRevsFile=.git-blame-ignore-revs'", "GIT_CONFIG": "{folder}/none",
    "PAGER": "{run}", "EDITOR": "{run}", "VISUAL": "{run}", "SSH_ASKPASS": "{run}", "LESSOPEN": "|{run} %s", "LESS": "-R",
    "LANGUAGE": "zh_CN", "LC_ALL": "ja_JP.eucJP", "TZ": "Asia/Shanghai", "XDG_CONFIG_HOME": "{folder}/xdg", "HOME": "{folder}/home",
}  # fmt: skip


class Plants:
    """A repository, and what somebody plants beside it."""

    def __init__(self, repository: Repository) -> None:
        self.repository = repository
        self.folder = repository.folder.parent / "planted"
        self.folder.mkdir()
        self.run = self.folder / "run"
        self.run.write_text(f"#!/bin/sh\ntouch '{self.folder / RAN}'\ncat\n")
        self.run.chmod(0o755)

    def filled(self, said: str, **more: str) -> str:
        places = {"folder": self.folder, "run": self.run, "root": self.repository.folder}
        return said.format(**{**places, **more})

    def plant(self, change: str) -> None:
        """Everything but what a branch brings and what is in the environment."""
        root = self.repository.folder
        Repository(self.folder / "elsewhere").commit({TOP: ";\n"})
        hooks = self.folder / "hooks"
        hooks.mkdir()
        for name in ("post-index-change", "reference-transaction", "fsmonitor-watchman", "post-checkout"):  # fmt: skip
            (hooks / name).symlink_to(self.run)
            (root / ".git" / "hooks" / name).symlink_to(self.run)
        (self.folder / "attributes").write_text("* filter=evil diff=evil\n")
        (root / ".git" / "info" / "attributes").write_text(
            "* filter=evil diff=evil text eol=crlf\n"
        )
        (self.folder / "excludes").write_text("*.beancount\n")
        (root / ".git" / "info" / "exclude").write_text("*.beancount\n")
        (self.folder / "order").write_text("z*\n")
        first = self.repository.git("rev-list", "--max-parents=0", "HEAD")
        (root / ".git" / "info" / "grafts").write_text(f"{change}\n")
        (self.folder / "grafts").write_text(f"{change}\n")
        (self.folder / "shallow").write_text(f"{change}\n")
        self.repository.git("replace", change, first)
        self.repository.git("notes", "--ref", "x", "add", "-m", "note", "HEAD")
        for key in PROGRAMS:
            self.repository.git("config", key, str(self.run))
        settings = {key: self.filled(said) for key, said in SAYINGS.items()}
        for name in ("home/.gitconfig", "xdg/git/config"):
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            for key, value in settings.items():
                if key not in ("core.worktree", "core.bare"):
                    subprocess.run(["git", "config", "--file", path, key, value], check=True)  # noqa: S607
        (self.folder / "xdg" / "git" / "attributes").write_text("* filter=evil\n")
        (self.folder / "xdg" / "git" / "ignore").write_text("*.beancount\n")
        worktree = settings.pop("core.worktree")
        for key, value in settings.items():
            self.repository.git("config", key, value)
        subprocess.run(  # the last, since git itself believes it
            ["git", "config", "--file", root / ".git" / "config", "core.worktree", worktree],  # noqa: S607
            check=True,
        )

    def environment(self) -> dict[str, str]:
        return {key: self.filled(said) for key, said in ENVIRONMENT.items()}

    def ran(self) -> bool:
        return (self.folder / RAN).exists()


QUESTIONS = (
    ["review", "main..branch"],
    ["review", "main..branch", "--format", "json", "--signatures"],
    ["review", "main"],
    ["review"],
    ["review", "main...branch", "--format", "markdown", "--signatures"],
    ["blame", "V-1"],
    ["blame", "V-1", "--rev", "branch~1", "--format", "json"],
    ["blame", "V-2"],
    ["check"],
)


def answers(repository: Repository, environment: Mapping[str, str]) -> Iterator[tuple[object, ...]]:
    """What the real command says to each question, with nothing but these variables set."""
    command = Path(sys.executable).with_name("bean-voucher")
    base = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    for question in QUESTIONS:
        ran = subprocess.run(
            [command, "-f", TOP, *question],
            cwd=repository.folder,
            env={**base, **environment},
            capture_output=True,
            check=False,
        )
        yield question, ran.returncode, ran.stdout.decode(), ran.stderr.decode()


def books(repository: Repository, plants: Plants) -> str:
    """A branch on which Lin applies and settles, and a work tree with a file that is new.

    Returns:
        the commit that settles.
    """
    repository.commit(issue() + ACCEPT)
    repository.branch("branch")
    repository.commit({VOUCHERS: APPLIED + "; settle\n"}, WANG)
    change = repository.commit({VOUCHERS: APPLIED + SETTLE}, WANG)
    brought = {name: plants.filled(text, change=change) for name, text in FROM_THE_BRANCH.items()}
    repository.write(brought)
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "formatting", "--author", WANG)
    more = repository.folder / TOP
    more.write_text(more.read_text() + 'include "*.bean"\n')
    (repository.folder / "new.bean").write_text(issue("V-2") + "\r\n")
    return change


def test_nothing_that_is_planted_is_run_or_changes_what_is_said(repository: Repository) -> None:
    plants = Plants(repository)
    change = books(repository, plants)
    before = list(answers(repository, {}))
    assert [each[1] for each in before] == [1, 1, 1, 1, 1, 0, 0, 0, 0], before
    assert "segregation-of-duties" in str(before[0][2])
    plants.plant(change)
    (plants.folder / RAN).unlink(missing_ok=True)  # git itself has run some of it by now
    found = list(answers(repository, plants.environment()))
    for one, other in zip(before, found, strict=True):
        assert one == other
    assert not plants.ran()
    subprocess.run(["git", "-C", repository.folder, "status"], capture_output=True, check=False)  # noqa: S607
    assert plants.ran(), "the traps do go off"


def test_what_git_would_have_run_for_the_work_tree(repository: Repository) -> None:
    """The filter that a branch names, and the reader has defined for other files."""
    plants = Plants(repository)
    repository.commit(issue() + ACCEPT)
    repository.git("config", "filter.evil.clean", str(plants.run))
    repository.write({".gitattributes": "*.beancount filter=evil\n", VOUCHERS: APPLIED})
    assert "(not committed)" in repository.run("blame", "V-1").out
    assert repository.run("review", "HEAD").status == 0
    assert not plants.ran()
    repository.git("blame", VOUCHERS)
    assert plants.ran()


# --- Where a repository is --------------------------------------------------------------


def test_a_linked_work_tree_and_a_git_file(repository: Repository) -> None:
    """What stands in ``.git`` may be a file that names the folder."""
    repository.commit(issue())
    linked = Repository.at(repository.folder.parent / "linked")
    repository.git("worktree", "add", "--quiet", "-b", "work", str(linked.folder))
    linked.write(issue() + ACCEPT)
    for span in ([], ["main"], ["HEAD"]):
        assert linked.review(*span)["vouchers"][0]["after"] == "accepted"
    assert "(not committed)" in linked.run("blame", "V-1").out
    linked.commit({}, WANG)
    assert linked.review("main..work", "--signatures")["commits"][0]["author"] == "Wang"


def test_a_repository_of_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    repository = Repository(tmp_path / "books")
    repository.commit(issue())
    base = repository.commit(issue() + ACCEPT, WANG)
    assert len(base) == 64
    repository.write(APPLIED)
    assert "Wang" in repository.run("blame", "V-1").out
    assert (
        repository.review("HEAD~1..HEAD", "--signatures")["commits"][0]["signature"] == "not signed"
    )


def test_a_folder_git_that_is_no_repository(repository: Repository) -> None:
    """git goes on above it, where other files are called by the same names."""
    inner = repository.folder / "inner"
    (inner / ".git").mkdir(parents=True)
    repository.commit({"inner/ledger.beancount": ";\n"})
    assert repository.run("review", "HEAD", top="inner/ledger.beancount").status == 0
    (inner / ".git" / "HEAD").write_text("nonsense")
    ran = repository.run("review", "HEAD", top="inner/ledger.beancount")
    assert (ran.status, ran.out) == (2, "")
    assert "git rev-parse: fatal: not a git repository" in ran.err


def test_a_bare_repository_has_no_ledger_to_review(tmp_path: Path) -> None:
    folder = tmp_path / "bare.git"
    subprocess.run(["git", "init", "--quiet", "--bare", folder], check=True)  # noqa: S607
    ran = Repository.at(folder).run("review", "HEAD")
    assert (ran.status, ran.out) == (2, "")
    assert "must be run in a work tree" in ran.err
    subprocess.run(["git", "-C", folder, "config", "core.bare", "false"], check=True)  # noqa: S607
    subprocess.run(["git", "-C", folder, "config", "core.worktree", tmp_path], check=True)  # noqa: S607
    ran = Repository.at(folder).run("review", "HEAD")
    assert (ran.status, ran.err) == (2, f"{folder} is in no git repository\n")


def test_the_repository_of_our_own_is_gone_with_what_asks_it(tmp_path: Path) -> None:
    objects = Objects(tmp_path, "sha1")
    folder = objects.folder
    assert (folder / "HEAD").is_file()
    with pytest.raises(GitError, match=r"^git cat-file: "):
        objects.run("cat-file", "commit", "0" * 40)
    del objects
    assert not folder.exists()


def test_nothing_is_left_behind(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the command ends at once, with an error, or in the middle."""
    repository.commit(issue())
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    for question in (["review", "HEAD"], ["review", "nowhere"], ["blame", "V-1"], ["blame", "V-2"]):
        subprocess.run(
            [Path(sys.executable).with_name("bean-voucher"), "-f", TOP, *question],
            cwd=repository.folder,
            env={**os.environ, "TMPDIR": str(temporary)},
            capture_output=True,
            check=False,
        )
        assert list(temporary.iterdir()) == []
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    ran = repository.run("review", "HEAD")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == "no folder for temporary files: No such file or directory\n"


# --- Names ------------------------------------------------------------------------------


def test_a_name_that_means_two_commits_is_refused(repository: Repository) -> None:
    """git takes the tag: whoever may push one would decide what is compared."""
    first = repository.commit(issue())
    repository.branch("branch")
    repository.commit(issue() + ACCEPT + APPLY + SETTLE)
    repository.git("tag", "main", "branch")
    assert repository.git("rev-parse", "main") != first
    for span in ("main..branch", "main~0..branch", "main^0", "main...branch"):
        ran = repository.run("review", span)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == "main is ambiguous: refs/heads/main or refs/tags/main\n"
    assert repository.review("refs/heads/main..branch")["vouchers"]
    assert repository.review()["base"] == f"{first[:10]} (merge base with main)"
    repository.git("tag", "--force", "main", "refs/heads/main")  # which says the same
    assert repository.review("main..branch")["vouchers"]


def test_a_name_that_is_the_beginning_of_an_id(repository: Repository) -> None:
    first = repository.commit(issue())
    repository.commit(issue() + event("accept", "2026-03-03"))
    repository.git("tag", first[:7], "HEAD")
    ran = repository.run("review", first[:7])
    assert ran.err == f"{first[:7]} is ambiguous: refs/tags/{first[:7]} or {first}\n"
    repository.git("tag", "deadbeef", "HEAD")
    assert repository.review("deadbeef")["vouchers"] == []
    assert repository.review(first[:9])["vouchers"] != []


# --- Where the objects are --------------------------------------------------------------


def test_objects_that_another_repository_has(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit(issue() + ACCEPT, WANG)
    clone = Repository.at(repository.folder.parent / "clone")
    repository.git("clone", "--quiet", "--shared", str(repository.folder), str(clone.folder))
    assert (clone.folder / ".git" / "objects" / "info" / "alternates").is_file()
    assert clone.review("HEAD~1..HEAD")["vouchers"][0]["after"] == "accepted"
    assert "Wang" in clone.run("blame", "V-1").out


def test_what_a_partial_clone_lacks_is_not_fetched(repository: Repository) -> None:
    """Neither for names nor for files: fetching may run what the configuration says."""
    plants = Plants(repository)
    first = repository.commit(issue())
    repository.commit(issue() + ACCEPT, WANG)
    repository.git("config", "uploadpack.allowFilter", "true")
    clone = Repository.at(repository.folder.parent / "clone")
    origin = f"file://{repository.folder}"
    repository.git("clone", "--quiet", "--filter=blob:none", origin, str(clone.folder))
    plants.run.write_text(f"#!/bin/sh\ntouch '{plants.folder / RAN}'\n")
    clone.git("config", "remote.origin.uploadpack", str(plants.run))
    blob = repository.git("rev-parse", f"{first}:{VOUCHERS}")
    ran = clone.run("review", "HEAD~1..HEAD")
    assert (ran.status, ran.out) == (2, "")
    assert ran.err == f"object {blob} is missing: the clone is not complete\n"
    ran = clone.run("review", f"{'1' * 40}..HEAD")
    assert (ran.status, ran.err) == (2, f"there is no commit {'1' * 40}\n")
    assert not plants.ran()
    clone.git("cat-file", "-e", blob, status=128)
    assert plants.ran(), "git does fetch it"

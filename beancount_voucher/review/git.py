"""The command ``git``, asked for objects and history; it never touches work tree or index.

Whatever could make git run something else is switched off: hooks, the file-system
monitor, pagers, external diffs, text conversions, and fetching what a partial clone lacks.
Of the environment only who somebody is and which configuration is theirs is passed on, so
that a hook's own ``GIT_DIR`` or ``GIT_INDEX_FILE`` does not point to another repository.
"""

from __future__ import annotations

import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.directives.wording import printable
from beancount_voucher.review.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SAFE = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.quotePath=false"),
    *("-c", "protocol.allow=never"),
)
_PASSED_ON = (
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)
_SET = {
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}
_MAIN = ("refs/remotes/origin/HEAD", "origin/main", "origin/master", "main", "master")
_LINK, _MODULE = "120000", "160000"


class GitError(Exception):
    """What git could not do, in a line."""


@dataclass(frozen=True, slots=True)
class Commit:
    """One commit.

    Attributes:
        id: its full object id; empty for what is not committed yet.
        author: the author's name, as the commit has it.
        email: the author's address; no ``.mailmap`` is asked, since a branch may bring one.
        date: the author's date, ISO 8601.
        subject: the first line of its message.
        signature: git's one-letter verdict (``%G?``), where it was asked for.
        signer: who signed, as git has it.
    """

    id: str
    author: str
    email: str
    date: str
    subject: str
    signature: str = ""
    signer: str = ""

    @property
    def short(self) -> str:
        """The id as people write it."""
        return self.id[:10] or "(not committed)"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository with its work tree at ``root``."""

    root: Path

    @classmethod
    def around(cls, path: Path) -> Repository:
        """The repository that a path is in.

        Raises:
            GitError: it is in none, or git is missing.
        """
        folder = next(each for each in path.absolute().parents if each.is_dir())
        top = _run(folder, ["rev-parse", "--show-toplevel"])
        return cls(Path(os.fsdecode(top.removesuffix(b"\n"))))

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git prints.

        Raises:
            GitError: it ended with an error.
        """
        return _run(self.root, arguments, given)

    def asked(self, *arguments: str) -> str | None:
        """What git answers in a line; None for no."""
        try:
            return os.fsdecode(self.run(*arguments)).strip()
        except GitError:
            return None

    # --- Revisions ----------------------------------------------------------------------

    def commit(self, name: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            GitError: there is none.
        """
        found = self.asked("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")
        if not found:
            raise GitError(f"there is no commit {printable(name)}{self._shallow_hint()}")
        return found

    def head(self) -> str | None:
        """The commit that is checked out; None on a branch without any."""
        return self.asked("rev-parse", "--verify", "-q", "HEAD^{commit}")

    def main_branch(self) -> str:
        """What a branch will be merged into, as far as anybody can tell.

        Raises:
            GitError: there is no branch of the usual names.
        """
        for name in _MAIN:
            if self.asked("rev-parse", "--verify", "-q", f"{name}^{{commit}}"):
                return name.removeprefix("refs/remotes/")
        raise GitError("there is no branch main or master to compare with: name BASE")

    def merge_base(self, one: str, other: str) -> str:
        """The commit at which two revisions parted.

        Raises:
            GitError: they have none in common.
        """
        found = self.asked("merge-base", self.commit(one), self.commit(other))
        if not found:
            raise GitError(
                f"{printable(one)} and {printable(other)} have no commit in common"
                f"{self._shallow_hint()}"
            )
        return found

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether a commit is in the history of another."""
        return self.asked("merge-base", "--is-ancestor", one, other) is not None

    def _shallow_hint(self) -> str:
        if not self.cut_off():
            return ""
        return "; the clone is shallow: fetch more of it (git fetch --unshallow), or name BASE"

    def cut_off(self) -> frozenset[str]:
        """The commits of a shallow clone before which it knows nothing."""
        path = self.root / (self.asked("rev-parse", "--git-path", "shallow") or "")
        return frozenset(path.read_text().split() if path.is_file() else ())

    # --- Files --------------------------------------------------------------------------

    def tree(self, commit: str | None) -> Tree:
        """The files of a commit, read from git's objects; none for None."""
        listed = self.run("ls-tree", "-r", "-z", "--full-tree", commit) if commit else b""
        files, links, modules = dict[str, str](), list[tuple[str, str]](), set[str]()
        for line in _split(listed):
            said, _, path = line.partition("\t")
            mode, _, oid = said.split()
            if mode == _MODULE:
                modules.add(path)
            elif mode == _LINK:
                links.append((path, oid))
            else:
                files[path] = oid
        targets = self._objects([oid for _, oid in links])
        return Tree(
            root=str(self.root),
            files=files,
            links={path: os.fsdecode(to) for (path, _), to in zip(links, targets, strict=True)},
            modules=frozenset(modules),
            fetch=self._objects,
        )

    def work_tree(self) -> Tree:
        """The files that are checked out, or new and not ignored, as they are on the disk."""
        modules, paths = set[str](), set[str]()
        for line in _split(self.run("ls-files", "-z", "--stage", "--full-name")):
            said, _, path = line.partition("\t")
            (modules if said.startswith(_MODULE) else paths).add(path)
        for path in _split(self.run("ls-files", "-z", "--others", "--exclude-standard")):
            (modules if path.endswith("/") else paths).add(path.removesuffix("/"))
        files, links = dict[str, str](), dict[str, str]()
        for path in paths:
            place = self.root / path
            if os.path.realpath(place.parent) != str(place.parent):
                continue  # a folder of it was replaced by a symlink: git would not follow it
            mode = place.lstat().st_mode if os.path.lexists(place) else 0
            if stat.S_ISLNK(mode):
                links[path] = str(place.readlink())
            elif stat.S_ISREG(mode):
                files[path] = str(place)
        return Tree(str(self.root), files, links, frozenset(modules), _from_disk)

    def _objects(self, oids: Sequence[str]) -> list[bytes]:
        """The contents of blobs, in one call."""
        if not oids:
            return []
        given = "".join(f"{oid}\n" for oid in oids).encode()
        out, contents, at = self.run("cat-file", "--batch", given=given), [], 0
        for oid in oids:
            end = out.index(b"\n", at)
            said = out[at:end].split()
            if len(said) != 3:  # noqa: PLR2004
                raise GitError(f"object {oid} is missing: the clone is not complete")
            start, size = end + 1, int(said[2])
            contents.append(out[start : start + size])
            at = start + size + 1
        return contents

    def renamed(self, base: str, head: str | None) -> dict[str, str]:
        """New path to old path of the files that were renamed.

        Args:
            base: a commit.
            head: another; None for what is staged.
        """
        sides = ["diff-tree", "-r", base, head] if head else ["diff-index", "--cached", base]
        listed = iter(_split(self.run(*sides, "-M", "-z", "--no-ext-diff", "--no-textconv")))
        pairs = {}
        for said in listed:
            old = next(listed)
            if said.split()[-1].startswith("R"):
                pairs[next(listed)] = old
        return pairs

    # --- History ------------------------------------------------------------------------

    def commits(self, ids: Sequence[str], *, signatures: bool = False) -> dict[str, Commit]:
        """What is known of commits, by id. ``signatures`` asks git to verify them."""
        if not ids:
            return {}
        found = self._log(["--no-walk=unsorted", "--stdin"], signatures, "\n".join(ids).encode())
        return {each.id: each for each in found}

    def between(self, base: str | None, head: str, paths: Sequence[str]) -> list[Commit]:
        """The commits after ``base`` up to ``head`` that touch any of the paths, signatures asked.

        Newest first. With None, all up to ``head``.
        """
        span = [head] if base is None else [head, f"^{base}"]
        return list(self._log([*span, "--", *paths], signatures=True))

    def _log(
        self, arguments: Sequence[str], signatures: bool, given: bytes = b""
    ) -> Iterator[Commit]:
        asked = "%H%x1f%an%x1f%ae%x1f%aI%x1f%s" + ("%x1f%G?%x1f%GS" if signatures else "")
        out = self.run("log", "-z", "--no-mailmap", f"--format={asked}", *arguments, given=given)
        return (Commit(*line.split("\x1f")) for line in _split(out))

    def blame(self, revision: str | None, path: str, lines: Sequence[int]) -> dict[int, str]:
        """The commit that brought each line, through moves within and between files.

        Args:
            revision: a commit; None for the work tree.
            path: the file.
            lines: the numbers of the lines.

        Returns:
            By line, the commit's id; empty for what is not committed yet.
        """
        ranges = [f"-L{line},{line}" for line in sorted(set(lines))]
        # A directive of one line has some 25 letters and digits: git asks for 40 to see a
        # line that moved between files, for 20 within one.
        options = ["--porcelain", "--root", "--no-textconv", "-w", "-M20", "-C20", "-C20"]
        side = [] if revision is None else [revision]
        if revision is None and not self.asked("rev-parse", "--verify", "-q", f"HEAD:{path}"):
            return dict.fromkeys(lines, "")  # a file that git does not know yet
        out = self.run("blame", *options, *ranges, *side, "--", path)
        found = {}
        for line in out.split(b"\n"):
            said = line.split()
            if not line.startswith(b"\t") and len(said) in (3, 4) and len(said[0]) >= 40:  # noqa: PLR2004
                oid = said[0].decode()
                found[int(said[2])] = oid if oid.strip("0") else ""
        return found

    def myself(self) -> Commit:
        """Who would be the author of what is not committed yet."""
        said = self.asked("var", "GIT_AUTHOR_IDENT") or ""
        name, _, rest = said.partition(" <")
        return Commit("", name, rest.partition(">")[0], "", "not committed yet")


def _run(folder: Path, arguments: Sequence[str], given: bytes = b"") -> bytes:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    environment |= {key: os.environ[key] for key in _PASSED_ON if key in os.environ} | _SET
    command = ["git", *_SAFE, "-C", str(folder), *arguments]
    try:
        ran = subprocess.run(  # noqa: S603
            command, input=given, capture_output=True, env=environment, check=False
        )
    except FileNotFoundError as error:
        raise GitError("the command git is not installed") from error
    if ran.returncode:
        said = os.fsdecode(ran.stderr).strip().splitlines() or [f"exit status {ran.returncode}"]
        raise GitError(f"git {arguments[0]}: {printable(said[0])}")
    return ran.stdout


def _split(out: bytes) -> Iterator[str]:
    """What stands between NULs; a path that is not UTF-8 keeps its bytes as surrogates."""
    return (os.fsdecode(each) for each in out.split(b"\0") if each)


def _from_disk(places: Sequence[str]) -> list[bytes]:
    return [Path(place).read_bytes() for place in places]

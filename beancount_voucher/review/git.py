"""A repository: its revisions, files and history; its work tree and index are never touched.

Objects and history are read in an empty repository beside it, so that neither a branch nor
the reader's settings decide what git says (see :mod:`~beancount_voucher.review.git_command`).
"""

from __future__ import annotations

import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from beancount_voucher.directives.wording import printable
from beancount_voucher.review import signatures
from beancount_voucher.review.commits import Commit, commit
from beancount_voucher.review.git_command import GitError, Objects, split
from beancount_voucher.review.tree import Tree, TreeError
from beancount_voucher.review.work_tree import WorkTree

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from beancount_voucher.review.signatures import Signers

_MAIN = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)
_PREFIXES = ("refs/heads/", "refs/tags/", "refs/remotes/")
_NAME = re.compile(r"(?:(?!@\{)[^~^:])+")
"""What of a revision is a name: ``main`` of ``main~2``."""
_SHORT_ID = re.compile(r"[0-9a-f]{4,}")

_LINK, _MODULE = "120000", "160000"
_NOT_CHECKED_OUT = "S"
"""git's letter for a file that a sparse checkout leaves out."""


class FileChange(NamedTuple):
    """A file that is another: the objects before and after, None where there is none.

    ``is_no_file`` tells of a symlink or a submodule on either side.
    """

    path: str
    before: str | None
    after: str | None
    is_no_file: bool


@dataclass(frozen=True, slots=True)
class Repository(WorkTree):
    """A repository with its work tree.

    Attributes:
        objects: what has ever been committed.
    """

    objects: Objects

    @classmethod
    def around(cls, path: Path) -> Repository:
        """The repository that a path is in.

        Raises:
            GitError: it is in none, or git is missing.
        """
        place = WorkTree.around(path)
        [common] = place.run("rev-parse", "--path-format=absolute", "--git-common-dir").splitlines()
        object_format = place.run("rev-parse", "--show-object-format").decode().strip()
        try:
            objects = Objects(Path(os.fsdecode(common)), object_format)
        except OSError as error:
            raise GitError(f"no folder for temporary files: {error.strerror}") from error
        return cls(place.root, place.git_folder, objects)

    def __enter__(self) -> Self:
        """To be asked, and then closed."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove what was made to ask it."""
        self.objects.close()

    # --- Revisions ----------------------------------------------------------------------

    def commit(self, name: str) -> str:
        """The id of the commit that a revision names.

        Raises:
            GitError: there is none, or the name means two.
        """
        found = self._named(name)
        if not found:
            raise GitError(f"there is no commit {printable(name)}{self._shallow_hint()}")
        self._refuse_ambiguous(name)
        return found

    def _named(self, name: str) -> str | None:
        return self.asked("rev-parse", "--verify", "-q", "--end-of-options", f"{name}^{{commit}}")

    def _refuse_ambiguous(self, name: str) -> None:
        """A tag may have a branch's name, and git takes the tag.

        So whoever may push a tag would decide what a review compares with.

        Raises:
            GitError: it is so.
        """
        match = _NAME.match(name)
        short = match[0] if match else ""
        wanted = [f"{prefix}{short}" for prefix in _PREFIXES]
        listed = self.asked("for-each-ref", "--format=%(refname)", *wanted) or ""
        refs = [each for each in listed.splitlines() if each in wanted]
        meant = {self._named(each) for each in refs}
        if refs and _SHORT_ID.fullmatch(short):
            said = self.objects.run("rev-parse", f"--disambiguate={short}").split()
            refs += map(os.fsdecode, said)
            meant |= set(refs[-len(said) :]) if said else set()
        if len(meant) > 1:
            raise GitError(f"{printable(short)} is ambiguous: {printable(' or '.join(refs))}")

    def head(self) -> str | None:
        """The commit that is checked out; None on a branch without any."""
        return self._named("HEAD")

    def main_branch(self) -> str:
        """What a branch will be merged into, as far as anybody can tell: a ref's full name.

        Raises:
            GitError: there is no branch of the usual names.
        """
        for name in _MAIN:
            if self._named(name):
                return name
        raise GitError("there is no branch main or master to compare with: name BASE")

    def merge_base(self, one: str, other: str) -> str:
        """The commit at which two revisions parted.

        Raises:
            GitError: they have none in common.
        """
        ran = self.objects.attempt("merge-base", self.commit(one), self.commit(other))
        if ran.status:
            raise GitError(
                f"{printable(one)} and {printable(other)} have no commit in common"
                f"{self._shallow_hint()}"
            )
        return os.fsdecode(ran.out).strip()

    def is_ancestor(self, one: str, other: str) -> bool:
        """Whether a commit is in the history of another."""
        return self.objects.attempt("merge-base", "--is-ancestor", one, other).status == 0

    def _shallow_hint(self) -> str:
        if not self.cut_off():
            return ""
        return "; the clone is shallow: fetch more of it (git fetch --unshallow), or name BASE"

    def cut_off(self) -> frozenset[str]:
        """The commits of a shallow clone before which it knows nothing."""
        path = self.objects.common / "shallow"
        return frozenset(path.read_text().split() if path.is_file() else ())

    # --- Files --------------------------------------------------------------------------

    def tree(self, commit: str | None) -> Tree:
        """The files of a commit, read from git's objects; none for None."""
        if commit is None:
            return self._tree(())
        listed = split(self.objects.run("ls-tree", "-r", "-z", "--full-tree", commit))
        parts = (line.partition("\t") for line in listed)
        return self._tree((*_mode_and_id(said), path) for said, _, path in parts)

    def work_tree(self) -> Tree:
        """The files that are checked out, or new and not ignored, as they are on the disk.

        What a sparse checkout leaves out is as it is in the index. What is ignored is told by
        the files ``.gitignore``, which are the same for everybody.
        """
        modules, paths, left_out = set[str](), set[str](), list[tuple[str, str, str]]()
        for line in split(self.run("ls-files", "-z", "--stage", "-t", "--full-name")):
            said, _, path = line.partition("\t")
            letter, mode, oid, _ = said.split()
            if letter == _NOT_CHECKED_OUT and not os.path.lexists(self.root / path):
                left_out.append((mode, oid, path))
            else:
                (modules if mode == _MODULE else paths).add(path)
        new = ("ls-files", "-z", "--others", "--exclude-per-directory=.gitignore")
        for path in split(self.run(*new)):
            (modules if path.endswith("/") else paths).add(path.removesuffix("/"))
        tree = self._tree(left_out)
        files, links = dict(tree.files), dict(tree.links)
        for path in paths:
            place = self.root / path
            if os.path.realpath(place.parent) != str(place.parent):
                continue  # a folder of it was replaced by a symlink: git would not follow it
            mode_here = place.lstat().st_mode if os.path.lexists(place) else 0
            if stat.S_ISLNK(mode_here):
                links[path] = str(place.readlink())
            elif stat.S_ISREG(mode_here):
                files[path] = str(place)
        return Tree(str(self.root), files, links, tree.modules | modules, self.contents)

    def _tree(self, listed: Iterable[tuple[str, str, str]]) -> Tree:
        """A tree of objects, each with its mode, its id and its path."""
        files, links, modules = dict[str, str](), dict[str, str](), set[str]()
        for mode, oid, path in listed:
            if mode == _MODULE:
                modules.add(path)
            else:
                (links if mode == _LINK else files)[path] = oid
        targets = self.objects.read(list(links.values()))
        led = dict(zip(links, map(os.fsdecode, targets), strict=True))
        return Tree(str(self.root), files, led, frozenset(modules), self.contents)

    def contents(self, places: Sequence[str]) -> list[bytes]:
        """The contents of files, each an absolute path on the disk or the id of an object."""
        oids = [each for each in places if not Path(each).is_absolute()]
        found = dict(zip(oids, self.objects.read(oids), strict=True))
        return [found[each] if each in found else Path(each).read_bytes() for each in places]

    def renamed(self, base: str, head: str | None) -> dict[str, str]:
        """New path to old path of the files that were renamed.

        Args:
            base: a commit.
            head: another; None for what is staged.
        """
        if head is None:
            index = self.run("ls-files", "-z", "--stage", "--full-name")
            out = self.objects.diff_index(index, base)
        else:
            out = self.objects.run("diff-tree", "-r", "-M", "-z", base, head)
        listed = iter(split(out))
        pairs = {}
        for said in listed:
            old = next(listed)
            if said.split()[-1].startswith("R"):
                pairs[next(listed)] = old
        return pairs

    # --- History ------------------------------------------------------------------------

    def commits(self, ids: Sequence[str], signers: Signers | None = None) -> dict[str, Commit]:
        """What is known of commits, by id; with ``signers``, their signatures are verified."""
        found = {}
        for oid, raw in zip(ids, self.objects.read(ids), strict=True):
            verdict: Sequence[str] = ()
            if signers is not None:
                verdict = signatures.verdict(self.objects, oid, raw, signers)
            found[oid] = commit(oid, raw, *verdict)
        return found

    def between(
        self, base: str | None, head: str, paths: Sequence[str], signers: Signers
    ) -> list[Commit]:
        """The commits after ``base`` up to ``head`` that touch any of the paths, newest first.

        With None, all up to ``head``. Their signatures are verified.
        """
        span = [head] if base is None else [head, f"^{base}"]
        ids = os.fsdecode(self.objects.run("rev-list", *span, "--", *paths)).split()
        return list(self.commits(ids, signers).values())

    def parents(self, base: str | None, head: str) -> dict[str, list[str]]:
        """The commits after ``base`` up to ``head``, newest first, each with its parents.

        With None, all up to ``head``. Those before the end of a shallow clone are not known.
        """
        span = [head] if base is None else [head, f"^{base}"]
        lines = os.fsdecode(self.objects.run("rev-list", "--parents", *span)).splitlines()
        return {oid: parents for oid, *parents in map(str.split, lines)}

    def changed(self, before: str | None, after: str) -> list[FileChange]:
        """The files that differ between two commits; with None, all that the other has."""
        pair = [before, after] if before is not None else ["--root", "--no-commit-id", after]
        out = self.objects.run("diff-tree", "-r", "-z", "--no-renames", *pair)
        listed = iter(split(out))
        return [_file_change(said, path) for said, path in zip(listed, listed, strict=True)]

    def blame(
        self, revision: str | None, path: str, lines: Sequence[int], content: bytes
    ) -> dict[int, str]:
        """The commit that brought each line, through moves within and between files.

        Args:
            revision: a commit; None for the work tree.
            path: the file.
            lines: the numbers of the lines.
            content: what is in the file.

        Returns:
            By line, the commit's id; empty for what is not committed yet.
        """
        # A directive of one line has some 25 letters and digits: git asks for 40 to see a
        # line that moved between files, for 20 within one.
        options = ["--porcelain", "--root", "--no-textconv", "-w", "-M20", "-C20", "-C20"]
        options += [f"-L{line},{line}" for line in sorted(set(lines))]
        if revision is None:
            head = self.head()
            # What is not there is told from what cannot be read: that is an error.
            if not head or not self.objects.run("ls-tree", "-z", "--full-tree", head, "--", path):
                return dict.fromkeys(lines, "")  # a file that git does not know yet
            merged = self.git_folder / "MERGE_HEAD"
            self.objects.check_out(head, merged.read_bytes() if merged.is_file() else b"")
            # git would run its filters on a file of the work tree, but has none for this one.
            out = self.objects.run("blame", *options, "--contents=-", "--", path, given=content)
        else:
            out = self.objects.run("blame", *options, revision, "--", path)
        return _blamed(out)

    def myself(self) -> Commit:
        """Who would be the author of what is not committed yet."""
        said = self.asked("var", "GIT_AUTHOR_IDENT") or ""
        name, _, rest = said.partition(" <")
        return Commit("", name, rest.partition(">")[0], "", "not committed yet")

    def signers(self, trusted: str | None) -> Signers:
        """Whose SSH keys the reader trusts, by the configuration of git.

        Args:
            trusted: the commit whose files are to be believed; None for none. Where the
                configuration names a file of the work tree, it is read from that commit, or a
                branch could say who may sign it.
        """
        allowed, revoked = (
            self._key_file(name, trusted) for name in ("allowedSignersFile", "revocationFile")
        )
        none = self.objects.keep("nobody", b"")
        return signatures.Signers(allowed or none, revoked, is_configured=allowed is not None)

    def _key_file(self, name: str, trusted: str | None) -> Path | None:
        said = self.asked("config", "--type=path", "--get", f"gpg.ssh.{name}")
        if not said:
            return None
        place = Path(os.path.normpath(self.root / said))
        inside = next(
            (each for each in (place, place.resolve()) if each.is_relative_to(self.root)), None
        )
        if inside is None:
            return place if place.is_file() else None
        path = inside.relative_to(self.root).as_posix()
        try:
            content = self.tree(trusted).read([path])[path]
        except TreeError:
            return None
        return self.objects.keep(name, content)


def _mode_and_id(said: str) -> tuple[str, str]:
    """Of ``100644 blob 1234…`` the first and the last."""
    mode, _, oid = said.split()
    return mode, oid


def _file_change(said: str, path: str) -> FileChange:
    """A line of ``git diff-tree``: ``:100644 100644 1234… 5678… M``."""
    one, other, before, after, _ = said.removeprefix(":").split()
    was, now = (oid if oid.strip("0") else None for oid in (before, after))
    return FileChange(path, was, now, is_no_file=bool({one, other} & {_LINK, _MODULE}))


def _blamed(out: bytes) -> dict[int, str]:
    """What ``git blame --porcelain`` says: the commit of each line."""
    found = {}
    for line in out.split(b"\n"):
        said = line.split()
        if not line.startswith(b"\t") and len(said) in (3, 4) and len(said[0]) >= 40:  # noqa: PLR2004
            oid = said[0].decode()
            found[int(said[2])] = oid if oid.strip("0") else ""
    return found

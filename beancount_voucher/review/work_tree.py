"""Where a repository is checked out, and what git can only say there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from beancount_voucher.directives.wording import printable
from beancount_voucher.review.git_command import GitError, run


@dataclass(frozen=True, slots=True)
class WorkTree:
    """A work tree and its folder ``.git``.

    Attributes:
        root: the folder that has ``.git``, whatever ``core.worktree`` says.
        git_folder: the folder ``.git`` of this work tree.
    """

    root: Path
    git_folder: Path

    @classmethod
    def around(cls, path: Path) -> WorkTree:
        """The work tree that a path is in.

        Raises:
            GitError: it is in none, or git is missing.
        """
        folders = [each for each in path.absolute().parents if each.is_dir()]
        found = next((each for each in folders if _is_root(each)), None)
        if found is None:
            run(folders[0], ["rev-parse", "--show-toplevel"])
            raise GitError(f"{printable(str(folders[0]))} is in no git repository")
        root = Path(os.path.realpath(found))
        # Of this folder, and not of one above where this one is no repository after all.
        here = {"GIT_WORK_TREE": str(root), "GIT_CEILING_DIRECTORIES": str(root.parent)}
        out = run(root, ["rev-parse", "--absolute-git-dir"], environment=here)
        return WorkTree(root, Path(os.fsdecode(out.removesuffix(b"\n"))))

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git prints of what only this repository knows: names, index, who the reader is.

        Raises:
            GitError: it ended with an error.
        """
        here = {"GIT_DIR": str(self.git_folder), "GIT_WORK_TREE": str(self.root)}
        return run(self.root, arguments, given, here)

    def asked(self, *arguments: str) -> str | None:
        """What git answers in a line; None for no."""
        try:
            return os.fsdecode(self.run(*arguments)).strip()
        except GitError:
            return None


def _is_root(folder: Path) -> bool:
    return (folder / ".git").is_file() or (folder / ".git" / "HEAD").is_file()

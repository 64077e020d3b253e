"""Which working copy of a ledger in git signs messages: one alone (manual: exchange).

Two that sign would say a number twice, each with a text of its own, and neither could tell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.work_tree import WorkTree

if TYPE_CHECKING:
    from pathlib import Path

NAME = "beanvoucher.signs"
"""What the configuration of that working copy has; true in no other."""


def bar(ledger: Path) -> str | None:
    """Why a working copy does not sign; None: it does, or the ledger is in no git.

    The working copy's own configuration is asked, and not the user's, which all of them share.

    Args:
        ledger: the top file.
    """
    if not any((folder / ".git").exists() for folder in ledger.absolute().parents):
        return None
    try:
        tree = WorkTree.around(ledger)
    except GitError as error:
        return f"git cannot tell whether this working copy signs: {error}"
    if tree.asked("ls-files", "--error-unmatch", "--", str(ledger.resolve())) is None:
        return None
    said = tree.asked("config", "--worktree", "--type=bool", "--get", NAME)
    if said == "true":
        return None
    return (
        f"this working copy does not sign: of a ledger in git one does, or a number would be said "
        f"twice. If it is to be this one, and no other is: git config --worktree {NAME} true"
    )

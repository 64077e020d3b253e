"""The user's cache folder, and whether it is fit to be used.

What stands in it is told back as an answer about money. So it is used only where nobody else
can have written to it, and never where a ledger, and with it somebody's commit, may bring it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path

import platformdirs

ENVIRONMENT = "BEAN_VOUCHER_CACHE"
"""The environment variable that names another folder."""

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def named() -> Path | None:
    """The folder: as the environment names it, or where the platform has caches of a user.

    None where it is to be none: the environment names an empty text, or no absolute path.
    """
    given = os.environ.get(ENVIRONMENT)
    path = platformdirs.user_cache_path("bean-voucher", False) if given is None else Path(given)
    return path if path.is_absolute() else None


def usable(top: Path) -> Path | None:
    """The folder, made if it is not there; None where it is not fit for a ledger.

    Args:
        top: the ledger's top file.
    """
    folder = named()
    if folder is None:
        return None
    try:
        if not is_apart(folder.resolve(), top):
            return None  # nor is it made there
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        where = folder.resolve(strict=True)
        fit = _is_ours_alone(folder) and is_apart(where, top)
    except (OSError, ValueError, RuntimeError):  # a name too long, a NUL, links in a circle
        return None
    return where if fit else None


def is_apart(folder: Path, file: Path) -> bool:
    """Whether a folder lies somewhere else than a file of a ledger.

    Args:
        folder: it, without links.
        file: the file.

    Raises:
        OSError: it is not there.
    """
    return not folder.is_relative_to(file.resolve(strict=True).parent)


def _is_ours_alone(folder: Path) -> bool:
    """Whether it is a folder of this user, and no link, that nobody else may look into.

    Where a system has no such owners, nobody can tell.
    """
    found = folder.lstat()
    return hasattr(os, "geteuid") and (
        stat.S_ISDIR(found.st_mode)
        and found.st_uid == os.geteuid()
        and not stat.S_IMODE(found.st_mode) & _OTHERS
    )

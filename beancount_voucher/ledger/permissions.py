"""Who may read and write a file: its owner, group and mode, and its POSIX access control list."""

from __future__ import annotations

import errno
import os
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

with suppress(ImportError):  # not everywhere: where it is not, nothing is written
    import grp

if TYPE_CHECKING:
    from pathlib import Path

# The access control list, as Linux names it among a file's extended attributes.
_ACL = "system.posix_acl_access"
_NONE = (errno.ENODATA, errno.ENOTSUP)


def given(place: int | Path, found: os.stat_result) -> os.stat_result:
    """Give a file the owner and the group of another, as far as we may, and tell whose it is.

    Only root gives files away; but whoever is in a group may give them to that.
    """
    for owner in (found.st_uid, -1):
        with suppress(OSError):
            os.chown(place, owner, found.st_gid)
            break
    return os.stat(place)  # noqa: PTH116  a handle, too


def differ(old: os.stat_result, new: os.stat_result, acl: bytes) -> bool:
    """Whether anybody may do more or less with a new file of the same mode and list.

    Who is not the owner any more is one of the group then, and who is in another group is one
    of all others.
    """
    owner, group, others = (old.st_mode >> shift & 0o6 for shift in (6, 3, 0))
    group &= _of_group(acl)
    return (new.st_uid != old.st_uid and owner != group) or (
        new.st_gid != old.st_gid and group != others
    )


def group_name(number: int) -> str:
    """A group by its name, if it has one."""
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def acl_of(path: Path) -> bytes:
    """A file's POSIX access control list, as Linux hands it out; empty if its mode says all."""
    if not hasattr(os, "getxattr"):  # anywhere but on Linux
        return b""
    try:
        return os.getxattr(path, _ACL)
    except OSError as error:
        if error.errno in _NONE:
            return b""
        raise


def set_acl(path: Path, acl: bytes) -> None:
    """Give a file this access control list and no other, such as its folder's default."""
    if acl:
        os.setxattr(path, _ACL, acl)
    elif acl_of(path):
        os.removexattr(path, _ACL)


def _of_group(acl: bytes) -> int:
    """What a list allows the file's group. The mode's bits for it are only the most for anybody.

    After four bytes of a version each entry is a kind (4 is the group), a right, and a number.
    """
    entries = struct.iter_unpack("<HHI", acl[4:])
    return next((int(allowed) for kind, allowed, _ in entries if kind == 4), 0o7)  # noqa: PLR2004


def keep_attributes(path: Path, copy: Path) -> None:
    """Copy what people have noted on a file, where that is possible; no right depends on it."""
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(path):
                if name.startswith("user."):
                    os.setxattr(copy, name, os.getxattr(path, name))

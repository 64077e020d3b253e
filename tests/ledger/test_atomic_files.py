"""Files: whole, or not at all, and nobody's change lost."""

from __future__ import annotations

import errno
import fcntl
import grp
import os
import stat
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.ledger import permissions
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    WriteRefusedError,
    appended,
    difference,
    digest,
    read,
    remove,
    replace,
    tidy,
    write_new,
)
from beancount_voucher.ledger.locks import locked
from tests.support.file_modes import MODES, mode_of, umask

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.mark.parametrize(("mask", "mode"), MODES)
def test_a_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    path = tmp_path / "new.beancount"
    with umask(mask):
        write_new(path, "凭证\n")
    assert path.read_bytes() == "凭证\n".encode()
    assert mode_of(path) == mode
    assert list(tmp_path.iterdir()) == [path]
    remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_exists_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "old.beancount"
    path.write_text("old")
    with pytest.raises(WriteRefusedError, match="exists already"):
        write_new(path, "new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteRefusedError, match="No such file or directory"):
        write_new(tmp_path / "no" / "new.beancount", "new")


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    old = tmp_path / "old"
    old.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteRefusedError, match="No space left on device"):
        write_new(tmp_path / "new.beancount", "new")
    with pytest.raises(WriteRefusedError, match="No space left on device"):
        replace(old, digest(b"old"), b"new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("old", "old")]


def _refusing(call: Any, number: int, refused: Callable[..., bool]) -> Any:
    def refusing(*args: Any, **options: Any) -> Any:
        if refused(*args):
            raise OSError(number, os.strerror(number))
        return call(*args, **options)

    return refusing


def _is_folder(handle: int) -> bool:
    return stat.S_ISDIR(os.fstat(handle).st_mode)


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_file_system_that_cannot_sync_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "new"
    monkeypatch.setattr(os, "fsync", _refusing(os.fsync, number, _is_folder))
    write_new(path, "new")
    replace(path, digest(b"new"), b"newer")
    assert path.read_text() == "newer"
    remove(path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_fails_keeps_no_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", _refusing(os.fsync, errno.EIO, _is_folder))
    with pytest.raises(WriteRefusedError, match="Input/output error"):
        write_new(tmp_path / "new", "new")
    assert list(tmp_path.iterdir()) == []


NO_LINKS = [errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK]


@pytest.mark.parametrize("number", NO_LINKS)
def test_a_file_system_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    path = tmp_path / "new"
    monkeypatch.setattr(os, "link", _refusing(os.link, number, lambda *_: True))
    write_new(path, "new")
    with pytest.raises(WriteRefusedError, match="exists already"):
        write_new(path, "newer")
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_name_that_cannot_be_given_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _refusing(os.link, errno.ENOSPC, lambda *_: True))
    with pytest.raises(WriteRefusedError, match="No space left on device"):
        write_new(tmp_path / "new", "new")
    assert list(tmp_path.iterdir()) == []


# --- What killed writers leave ----------------------------------------------------------

OLD = 100.0
"""Seconds since a killed writer was at it."""


def _temporary(path: Path, *, age: float = OLD) -> Path:
    path.write_text("half")
    os.utime(path, (time.time() - age, time.time() - age))
    return path


def test_the_next_writer_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    path = tmp_path / "new"
    left = _temporary(tmp_path / ".new.ab_c1234.new")
    others = [
        _temporary(tmp_path / name)
        for name in (".other.abcd1234.new", ".new.abcd1234.newer", ".new.ABCD1234.new", "new.new")
    ]
    fresh = _temporary(tmp_path / ".new.fresh123.new", age=0)
    folder = tmp_path / ".new.folder12.new"
    folder.mkdir()
    link = tmp_path / ".new.link1234.new"
    link.symlink_to(others[0])
    write_new(path, "new")
    assert not left.exists()
    assert sorted(tmp_path.iterdir()) == sorted([path, *others, fresh, folder, link])


def test_a_writer_that_lives_keeps_its_own(tmp_path: Path) -> None:
    left = _temporary(tmp_path / ".new.abcd1234.new")
    with left.open("r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        tidy(tmp_path / "new")
        assert left.exists()
    tidy(tmp_path / "new")
    assert not left.exists()


def test_somebody_elses_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = _temporary(tmp_path / ".new.abcd1234.new")
    monkeypatch.setattr(os, "geteuid", lambda: left.stat().st_uid + 1)
    tidy(tmp_path / "new")
    assert left.exists()


def test_where_nothing_can_be_locked_nothing_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = _temporary(tmp_path / ".new.abcd1234.new")
    monkeypatch.setitem(sys.modules, "fcntl", None)
    tidy(tmp_path / "new")
    assert left.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b"text\n"),
        (b"one\n", b"one\n\ntext\n"),
        (b"one", b"one\n\ntext\n"),
        (b"one\n\n", b"one\n\ntext\n"),
        (b"one\r\n", b"one\r\n\r\ntext\r\n"),
        (b"one\r\ntwo", b"one\r\ntwo\r\n\r\ntext\r\n"),
        (b"one\r\n\r\n", b"one\r\n\r\ntext\r\n"),
        (b"\n", b"\ntext\n"),
        ("凭证\n".encode(), "凭证\n\ntext\n".encode()),
    ],
)
def test_appended_text_starts_on_a_line_of_its_own(before: bytes, after: bytes) -> None:
    assert appended(before, "text\n") == after


def test_nothing_is_appended_to_what_is_not_utf8() -> None:
    with pytest.raises(WriteRefusedError, match=r"it is not UTF-8 \(byte 1\)"):
        appended(b"a\xff", "text\n")


def test_replacing_keeps_themode_of(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"new"
    assert mode_of(path) == 0o640
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("may_keep", "tried"),
    [
        (("owner", "group"), ["owner"]),
        (("group",), ["owner", "group"]),
        ((), ["owner", "group"]),
    ],
)
def test_owner_and_group_are_kept_or_at_least_the_group(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, may_keep: tuple[str, ...], tried: list[str]
) -> None:
    """Only root gives files away; whoever is in a group may give a file to that."""
    path = tmp_path / "old"
    path.write_bytes(b"old")
    found, calls = path.stat(), []

    def chown(_place: object, owner: int, group: int) -> None:
        assert group == found.st_gid
        assert owner in (found.st_uid, -1)
        calls.append("group" if owner == -1 else "owner")
        if calls[-1] not in may_keep:
            raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "chown", chown)
    replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"new"
    assert calls == tried
    calls.clear()
    with locked(path):
        assert calls == tried


# Whose the file was and becomes, its mode, and whether anybody's rights change.
CHANGES_HANDS = [
    ((1, 2), (1, 2), 0o640, False),
    ((1, 2), (3, 2), 0o664, False),  # a colleague of the same group writes
    ((1, 2), (3, 2), 0o644, True),  # the owner could not write any more
    ((1, 2), (1, 3), 0o644, False),  # the group can do what all others can
    ((1, 2), (1, 3), 0o754, False),
    ((1, 2), (1, 3), 0o664, True),
    ((1, 2), (1, 3), 0o640, True),  # whoever reads by the group could not any more
    ((1, 2), (1, 3), 0o604, True),  # the others' group could
    ((1, 2), (3, 4), 0o666, False),
    ((1, 2), (3, 4), 0o664, True),
    ((1, 2), (3, 4), 0o644, True),
    ((1, 2), (1, 3), 0o600, False),
]


@pytest.mark.parametrize(("old", "new", "mode", "refused"), CHANGES_HANDS)
def test_nobodys_rights_change_in_silence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    old: tuple[int, int],
    new: tuple[int, int],
    mode: int,
    refused: bool,
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(mode)
    stat = os.stat

    def owned(place: Any, **options: Any) -> os.stat_result:
        found = list(stat(place, **options))
        found[4:6] = old if place == path else new
        return os.stat_result(found)

    monkeypatch.setattr(os, "stat", owned)
    monkeypatch.setattr(os, "chown", lambda *_: None)
    monkeypatch.setattr(os, "access", lambda *_: True)
    if refused:
        said = r": you cannot keep its owner and its group \(.+\), and with others, who may read or write it would change$"
        with pytest.raises(WriteRefusedError, match=said):
            replace(path, digest(b"old"), b"new")
    else:
        replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == (b"old" if refused else b"new")
    assert mode_of(path) == mode
    assert list(tmp_path.iterdir()) == [path]


def test_the_group_that_cannot_be_kept_is_named() -> None:
    known = grp.getgrall()[0]
    assert permissions.group_name(known.gr_gid) == known.gr_name
    assert permissions.group_name(2**31 - 7) == "2147483641"


def test_what_a_killed_writer_leaves_is_hidden_beside_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the same disk, where no ``include "*.beancount"`` finds it, and told from other files."""
    path = tmp_path / "books.beancount"
    path.write_bytes(b"old")
    left: list[Path] = []
    monkeypatch.setattr(os, "replace", lambda temporary, _target: left.append(temporary))
    replace(path, digest(b"old"), b"new")
    [temporary] = left
    assert temporary.parent == tmp_path
    assert temporary.match(".books.beancount.*.new")


def test_replacing_keeps_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "file", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with locked(link):
        replace(link, digest(b"old"), b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"
    assert (tmp_path / "real" / ".file.lock").exists()


def test_somebody_elses_change_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"theirs")
    with pytest.raises(ChangedMeanwhileError, match="was changed meanwhile"):
        replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"theirs"


def test_a_read_only_file_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)  # root may write all
    with pytest.raises(WriteRefusedError, match="is read-only"):
        replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"old"


def test_a_file_that_is_gone_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(WriteRefusedError, match="No such file"):
        read(tmp_path / "gone")


# --- Access control lists ----------------------------------------------------------------


_ANYBODY = 0xFFFFFFFF
_ACCESS, _DEFAULT = "system.posix_acl_access", "system.posix_acl_default"


def _list_of(group: int, mask: int, *, named: int = 6, others: int = 0) -> bytes:
    """What getfacl would print as ``user::rw- user:12345:… group::… mask::… other::…``."""
    entries = [
        (0x01, 6, _ANYBODY),
        (0x02, named, 12345),
        (0x04, group, _ANYBODY),
        (0x10, mask, _ANYBODY),
        (0x20, others, _ANYBODY),
    ]
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def _set(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value)
    except (AttributeError, OSError) as error:
        pytest.skip(f"NOT TESTED: {path} can have no {name}: {error}")


def _attributes(path: Path) -> dict[str, bytes]:
    return {name: os.getxattr(path, name) for name in os.listxattr(path)}


def test_replacing_keeps_the_access_control_list(tmp_path: Path) -> None:
    """Otherwise 12345 could not write any more, and the group could."""
    path = tmp_path / "old"
    path.write_bytes(b"old")
    _set(path, _ACCESS, _list_of(group=4, mask=6))
    assert mode_of(path) == 0o660
    replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"new"
    assert _attributes(path)[_ACCESS] == _list_of(group=4, mask=6)
    assert mode_of(path) == 0o660
    with locked(path):  # 12345 is among all others here
        assert mode_of(tmp_path / ".old.lock") == 0o664


def test_a_file_without_a_list_does_not_get_its_folders_default(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o664)
    _set(tmp_path, _DEFAULT, _list_of(group=4, mask=6))
    replace(path, digest(b"old"), b"new")
    assert _ACCESS not in _attributes(path)
    assert mode_of(path) == 0o664


@pytest.mark.parametrize("of_file", [_list_of(group=4, mask=6), b""])
def test_a_list_that_cannot_be_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, of_file: bytes
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")

    def refusing(place: Path, name: str, *_value: bytes) -> None:
        assert (place.parent, name) == (tmp_path, _ACCESS)
        raise OSError(95, "Operation not supported")

    of_folder = _list_of(group=6, mask=6)
    monkeypatch.setattr(os, "getxattr", lambda of, _: of_file if of == path else of_folder)
    monkeypatch.setattr(os, "setxattr", refusing)
    monkeypatch.setattr(os, "removexattr", refusing)
    with pytest.raises(WriteRefusedError) as refused:
        replace(path, digest(b"old"), b"new")
    assert str(refused.value) == (
        f"{path}: its access control list cannot be kept (Operation not supported), "
        "and with another, who may read or write it would change"
    )
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("number", [61, 95])
def test_where_there_are_no_lists_none_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """On a file system, or (Linux apart) at all."""
    path = tmp_path / "old"
    path.write_bytes(b"old")

    def refusing(*_args: object) -> bytes:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        for name in ("getxattr", "setxattr", "listxattr", "removexattr"):
            patched.setattr(os, name, refusing)
        replace(path, digest(b"old"), b"new")
        for name in ("getxattr", "setxattr", "listxattr", "removexattr"):
            patched.delattr(os, name)
        replace(path, digest(b"new"), b"newer")
    assert path.read_bytes() == b"newer"


def test_a_list_that_cannot_be_read_is_not_taken_for_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")

    def failing(*_args: object) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "getxattr", failing)
    with pytest.raises(WriteRefusedError, match=f"^{path}: Input/output error$"):
        replace(path, digest(b"old"), b"new")
    with locked(path):
        assert path.read_bytes() == b"old"


# What the list allows the group, whose the file becomes, and whether anybody's rights change.
LISTED_HANDS = [
    (6, (1, 2), False),
    (6, (3, 2), False),  # a colleague of the same group
    (4, (1, 2), False),
    (4, (3, 2), True),  # the mode says that the group may write; only 12345 may
    (6, (1, 3), True),
    (4, (1, 3), False),  # whoever reads by the group can do so as one of all others
    (0, (1, 3), True),
]


@pytest.mark.parametrize(("group", "new", "differ"), LISTED_HANDS)
def test_a_lists_group_counts_and_not_its_mask(
    group: int, new: tuple[int, int], differ: bool
) -> None:
    old, now = (os.stat_result([0o100664, 0, 0, 1, *owner, 0, 0, 0, 0]) for owner in ((1, 2), new))
    acl = _list_of(group, mask=6, others=4)
    assert permissions.differ(old, now, acl) is differ


def test_replacing_keeps_what_people_have_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    _set(path, "user.origin", b"bank")
    replace(path, digest(b"old"), b"new")
    assert _attributes(path)["user.origin"] == b"bank"
    asked: list[str] = []

    def other(_path: Path, name: str) -> bytes:
        asked.append(name)
        raise OSError(61, "No data available")

    monkeypatch.setattr(os, "listxattr", lambda _: ["security.selinux", "user.origin", "user.b"])
    monkeypatch.setattr(os, "getxattr", other)
    replace(path, digest(b"new"), b"newer")
    assert asked == [_ACCESS, _ACCESS, "user.origin"]
    assert path.read_bytes() == b"newer"


def test_differences() -> None:
    assert difference("f", b"a\n", b"a\nb\n") == "--- a/f\n+++ b/f\n@@ -1 +1,2 @@\n a\n+b\n"
    assert difference("f", None, b"b\n") == "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+b\n"
    assert "\\ No newline at end of file\n" in difference("f", b"a", b"a\nb\n")
    assert difference("f", b"caf\xe9\n", b"").endswith(
        "@@ -1 +0,0 @@\n-caf\N{REPLACEMENT CHARACTER}\n"
    )


# A process that is killed at the n-th call into the operating system while it replaces a file.
KILLED = """
import os, signal, sys
from pathlib import Path
from beancount_voucher.ledger import atomic_files, locks

step, count = int(sys.argv[2]), 0
atomic_files._YOUNG = -1  # what is left is removed at once

def killing(call):
    def killed(*args, **kwargs):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **kwargs)
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return killed

for name in ("open", "fdopen", "fchmod", "fsync", "replace", "close"):
    setattr(os, name, killing(getattr(os, name)))
path = Path(sys.argv[1])
with locks.locked(path):
    atomic_files.replace(path, atomic_files.digest(b"old" * 5000), b"new" * 9000)
print(count)
"""


def test_a_writer_killed_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen = set()
    for step in range(1, 80):
        path.write_bytes(b"old" * 5000)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, path, str(step)], capture_output=True, check=False
        )
        content = path.read_bytes()
        assert content in (b"old" * 5000, b"new" * 9000), step
        seen.add((done.returncode, content[:3]))
        if done.returncode == 0:
            break
        assert len(list(tmp_path.glob(".file.*.new"))) <= 1
        # Whoever comes next is not held up by what the dead one left.
        with locked(path):
            replace(path, digest(content), content)
    assert seen == {(-9, b"old"), (-9, b"new"), (0, b"new")}
    assert sorted(each.name for each in tmp_path.iterdir()) == [".file.lock", "file"]


# One of several processes that append lines, each under the lock.
APPENDING = """
import sys
from pathlib import Path
from beancount_voucher.ledger import atomic_files, locks

path, name = Path(sys.argv[1]), sys.argv[2]
for number in range(25):
    with locks.locked(path):
        before = atomic_files.read(path)
        after = atomic_files.appended(before, f"{name}-{number}\\n")
        atomic_files.replace(path, atomic_files.digest(before), after)
"""


def test_eight_writers_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    writers = [
        subprocess.Popen([sys.executable, "-c", APPENDING, path, f"w{number}"])
        for number in range(8)
    ]
    assert [writer.wait() for writer in writers] == [0] * 8
    lines = [line for line in path.read_text().splitlines() if line]
    assert sorted(lines) == sorted(f"w{w}-{n}" for w in range(8) for n in range(25))


# One of several people, in groups or in none, who append a line under the lock. What is to be
# run is loaded first: not everybody may be able to read it.
ONE_LINE = """
import os, sys
from pathlib import Path
from beancount_voucher.ledger import atomic_files, locks

path, user, groups = Path(sys.argv[1]), int(sys.argv[2]), map(int, sys.argv[3:])
os.umask(0o022)
os.setgroups(list(groups))
os.setgid(user)
os.setuid(user)
try:
    with locks.locked(path):
        before = atomic_files.read(path)
        atomic_files.replace(path, atomic_files.digest(before), before + f"{user}\\n".encode())
except atomic_files.WriteRefusedError as error:
    sys.exit(str(error))
"""


def _append(path: Path, *user_and_groups: int) -> tuple[int, str]:
    command = [sys.executable, "-c", ONE_LINE, str(path), *map(str, user_and_groups)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.returncode, ran.stderr


@pytest.fixture
def shared() -> Iterator[Path]:
    """A file of user 64001 and group 64000, in a folder that the group may write to."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "books"
        path.write_bytes(b"")
        for place, mode in ((Path(folder), 0o775), (path, 0o664)):
            try:
                os.chown(place, 64001, 64000)
            except PermissionError:
                pytest.skip("only root can be several people")
            place.chmod(mode)
        yield path


def test_colleagues_write_one_file_in_turns(shared: Path) -> None:
    for user in (64001, 64002, 64001, 64003, 64002):
        assert _append(shared, user, 64000) == (0, "")
        found = shared.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (user, 64000, 0o664)
    assert len(shared.read_text().splitlines()) == 5
    found = (shared.parent / ".books.lock").stat()
    assert (found.st_gid, found.st_mode & 0o777) == (64000, 0o664)


def test_who_is_not_in_the_group_changes_nothing_and_is_in_nobodys_way(shared: Path) -> None:
    shared.chmod(0o660)
    assert _append(shared, 64001) == (
        1,
        f"{shared}: you cannot keep its owner and its group (64000), "
        "and with others, who may read or write it would change\n",
    )
    assert shared.read_bytes() == b""
    assert _append(shared, 64002, 64000) == (0, "")
    assert shared.stat().st_gid == 64000


def test_a_lock_of_an_older_version_beside_a_write_protected_file(shared: Path) -> None:
    lock = shared.parent / ".books.lock"
    lock.touch()
    os.chown(lock, 64001, 64001)
    lock.chmod(0o444)
    for user in (64002, 64001):
        assert _append(shared, user, 64000) == (0, "")
    found = lock.stat()
    assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (64001, 64000, 0o664)

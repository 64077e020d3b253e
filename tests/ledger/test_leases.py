"""Leases: who has a file open is told where that is told, and others wait for a moment."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.ledger import leases
from beancount_voucher.ledger.leases import alone, is_being_written

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file on which leases are granted."""
    made = tmp_path / "ledger"
    made.write_text("one\n")
    if is_being_written(made) is None:
        pytest.skip(f"NOT TESTED: no leases are granted on {made}")
    return made


@pytest.fixture
def handle(path: Path) -> Iterator[int]:
    opened = os.open(path, os.O_RDWR | os.O_APPEND)
    yield opened
    os.close(opened)


def test_who_has_a_file_open_for_writing_is_seen(path: Path) -> None:
    assert is_being_written(path) is False
    with path.open():
        assert is_being_written(path) is False
    with path.open("a"):
        assert is_being_written(path) is True
    assert is_being_written(path) is False


def test_who_holds_a_lease_is_seen_too(path: Path, handle: int) -> None:
    with alone(handle) as granted:
        assert granted
        assert is_being_written(path) is True


def test_of_a_file_that_is_not_there_nothing_is_told(tmp_path: Path) -> None:
    assert is_being_written(tmp_path / "none") is None


@pytest.mark.parametrize("kind", ["nfs4", "fuse.sshfs", ""])
def test_a_network_refuses_without_telling_why(
    path: Path, handle: int, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    assert handle
    monkeypatch.setattr(leases, "_file_system", lambda _: kind)
    assert is_being_written(path) is None


# One who appends a line, and says when it is done.
APPENDING = "import sys; open(sys.argv[1], 'a').write('two\\n'); print('done')"


def test_whoever_opens_the_file_waits(path: Path, handle: int) -> None:
    """And that somebody waits does not end us."""
    with alone(handle) as granted:
        assert granted
        other = subprocess.Popen([sys.executable, "-c", APPENDING, path], stdout=subprocess.PIPE)
        with pytest.raises(subprocess.TimeoutExpired):
            other.wait(0.4)
        os.write(handle, b"ours\n")
    assert other.communicate()[0] == b"done\n"
    assert path.read_text() == "one\nours\ntwo\n"


def test_somebody_who_reads_gets_some_time(
    path: Path, handle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_PATIENCE", 30)
    reading = path.open()
    timer = threading.Timer(0.05, reading.close)
    timer.start()
    with alone(handle) as granted:
        assert granted
        assert reading.closed
    timer.join()


def test_somebody_who_reads_on_and_on_is_not_waited_for(
    path: Path, handle: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_PATIENCE", 0.02)
    with path.open(), alone(handle) as granted:
        assert not granted


def _without(monkeypatch: pytest.MonkeyPatch, what: str) -> int:
    def refused(*_args: object) -> None:
        raise OSError(errno.EINVAL, "Invalid argument")

    if what == "fcntl":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    elif what == "leases":
        monkeypatch.delattr(fcntl, "F_SETLEASE")
    else:
        monkeypatch.setattr(fcntl, "fcntl", refused)
    return errno.EINVAL if what == "this file system's" else errno.ENOSYS


@pytest.mark.parametrize("what", ["fcntl", "leases", "this file system's"])
def test_where_there_are_none_nothing_is_told_and_nobody_waits(
    path: Path, handle: int, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    expected = _without(monkeypatch, what)
    assert leases._ask(handle, "F_WRLCK") == expected
    assert is_being_written(path) is None
    with alone(handle) as granted, path.open("a") as other:
        assert not granted
        other.write("two\n")


MOUNTS = """\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:40 / /home/my\\040books rw shared:5 master:1 - nfs4 server:/x rw
31 22 0:41 / /srv rw - ext4 /dev/sdb rw
32 22 0:42 / /srv rw - tmpfs tmpfs rw
"""

FILES = [
    ("/ledger", "ext4"),
    ("/home/ledger", "ext4"),
    ("/home/my books/2026/ledger", "nfs4"),
    ("/srv/ledger", "tmpfs"),
]


@pytest.mark.parametrize(("path", "kind"), FILES)
def test_the_file_system_is_that_of_the_nearest_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, kind: str
) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    monkeypatch.setattr(leases, "_MOUNTS", mounts)
    real: Any = lambda name: name  # noqa: E731
    monkeypatch.setattr(os.path, "realpath", real)
    assert leases._file_system(Path(path)) == kind


def test_a_system_that_does_not_tell_its_file_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leases, "_MOUNTS", tmp_path / "none")
    assert leases._file_system(tmp_path) == ""

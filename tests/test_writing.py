"""Files: whole, or not at all, and nobody's change lost."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.writing import (
    ChangedMeanwhileError,
    WriteRefusedError,
    appended,
    difference,
    digest,
    locked,
    read,
    remove,
    replace,
    write_new,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def _umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


def _mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


MODES = [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)]


@pytest.mark.parametrize(("mask", "mode"), MODES)
def test_a_new_file(tmp_path: Path, mask: int, mode: int) -> None:
    path = tmp_path / "new.beancount"
    with _umask(mask):
        write_new(path, "凭证\n")
    assert path.read_bytes() == "凭证\n".encode()
    assert _mode(path) == mode
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


def test_replacing_keeps_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "old"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"new"
    assert _mode(path) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_of_somebody_else_may_become_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is not root cannot give it back; the content matters more."""

    def refused(*_args: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    path = tmp_path / "old"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "chown", refused)
    replace(path, digest(b"old"), b"new")
    assert path.read_bytes() == b"new"


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


def test_a_lock_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WriteRefusedError, match="No such file"), locked(tmp_path / "no" / "file"):
        pass


@pytest.mark.parametrize(("mask", "mode"), MODES)
def test_a_lock_for_a_new_file_is_for_whoever_may_make_one(
    tmp_path: Path, mask: int, mode: int
) -> None:
    with _umask(mask), locked(tmp_path / "new"):
        assert _mode(tmp_path / ".new.lock") == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_a_lock_is_for_whoever_may_write_the_file(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"")
    path.chmod(mode)
    with locked(path):
        assert _mode(tmp_path / ".file.lock") == mode


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
from beancount_voucher import writing

step, count = int(sys.argv[2]), 0

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
with writing.locked(path):
    writing.replace(path, writing.digest(b"old" * 5000), b"new" * 9000)
print(count)
"""


def test_a_writer_killed_at_any_step_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "file"
    seen = set()
    for step in range(1, 40):
        path.write_bytes(b"old" * 5000)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, path, str(step)], capture_output=True, check=False
        )
        content = path.read_bytes()
        assert content in (b"old" * 5000, b"new" * 9000), step
        seen.add((done.returncode, content[:3]))
        if done.returncode == 0:
            break
        # Whoever comes next is not held up by what the dead one left.
        with locked(path):
            replace(path, digest(content), content)
    assert seen == {(-9, b"old"), (-9, b"new"), (0, b"new")}


# One of several processes that append lines, each under the lock.
APPENDING = """
import sys
from pathlib import Path
from beancount_voucher import writing

path, name = Path(sys.argv[1]), sys.argv[2]
for number in range(25):
    with writing.locked(path):
        before = writing.read(path)
        after = writing.appended(before, f"{name}-{number}\\n")
        writing.replace(path, writing.digest(before), after)
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
